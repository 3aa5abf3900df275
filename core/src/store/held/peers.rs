//! What peers said: their last two bases, and what else saves a word at the next meeting.

use serde::{Deserialize, Serialize};

use crate::encoding::{self, Set};
use crate::id::{DeviceKey, Feed, LogId, SegmentId};
use crate::log::{ReceiptName, Vector, base_id};
use crate::store::held::keys;
use crate::store::held::logs::row;
use crate::store::{Op, Store, StoreError};

/// A vector that an opener said in a Hello, and that the other side rebuilt, found equal, and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its name: the first 8 bytes of its digest.
    pub id: [u8; 8],
    /// The vector.
    pub vector: Vector,
}

/// Which side of a meeting a base was said on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Side {
    /// We opened and said it.
    Said = 0,
    /// The peer opened and said it.
    Heard = 1,
}

type VectorRow = Vec<(Feed, Set<(LogId, u64, SegmentId)>)>;

fn to_row(vector: &Vector) -> VectorRow {
    vector.iter().map(|(feed, lines)| (feed.clone(), lines.clone())).collect()
}

fn from_row(rows: VectorRow) -> Vector {
    let mut vector = Vector::default();
    for (feed, lines) in rows {
        vector.set(feed, lines);
    }
    vector
}

/// The last two bases of a peer, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn bases(store: &dyn Store, peer: &DeviceKey, side: Side) -> Result<Vec<Base>, StoreError> {
    let Some(bytes) = store.get(&keys::bases(peer, side as u8))? else { return Ok(Vec::new()) };
    let rows: Vec<VectorRow> = row(&bytes)?;
    Ok(rows.into_iter().map(from_row).map(|vector| Base { id: base_id(&vector.digest()), vector }).collect())
}

/// The write that keeps a new base in front of the one before it. `None` where it is the newest already.
///
/// # Errors
/// [`StoreError`].
pub fn keep_base(
    store: &dyn Store,
    peer: &DeviceKey,
    side: Side,
    vector: &Vector,
) -> Result<Option<Op>, StoreError> {
    let held = bases(store, peer, side)?;
    if held.first().is_some_and(|newest| newest.vector == *vector) {
        return Ok(None);
    }
    let rows: Vec<VectorRow> =
        std::iter::once(to_row(vector)).chain(held.first().map(|base| to_row(&base.vector))).collect();
    Ok(Some(Op::Put(keys::bases(peer, side as u8), encoding::to_bytes(&rows))))
}

/// What is remembered of a peer between meetings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The feeds it last said it subscribes to.
    pub subscription: Vec<Feed>,
    /// The receipts it was last known to hold: by name.
    pub receipts: Vec<ReceiptName>,
    /// The receipts it will hold if all arrived that were sent since.
    pub receipts_sent: Vec<ReceiptName>,
    /// Whether its digest told nothing at the last meeting, and nothing was sent.
    pub puzzled: bool,
}

/// What is remembered of a peer.
///
/// # Errors
/// [`StoreError`].
pub fn memory_of(store: &dyn Store, peer: &DeviceKey) -> Result<Memory, StoreError> {
    Ok(store.get(&keys::peer(peer))?.map(|bytes| row(&bytes)).transpose()?.unwrap_or_default())
}

/// The write that remembers.
#[must_use]
pub fn remember(peer: &DeviceKey, memory: &Memory) -> Op {
    Op::Put(keys::peer(peer), encoding::to_bytes(memory))
}
