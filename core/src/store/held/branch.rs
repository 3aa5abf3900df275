//! A branch as later segments of it may point at it: which Change stands at which position.
//!
//! Own changes are noted when they are cut, in the same group. What others wrote is noted by whoever reads it,
//! in derived rows: they are a function of the segment and those before it, so they are never wrong, only absent.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::id::{ActorId, ChangeHash, DocumentId, KeyId, LogId, SegmentId};
use crate::log::{Cut, Earlier, Pointed};
use crate::store::held::keys;
use crate::store::held::logs::{meta_of, row};
use crate::store::{Op, Store, StoreError};

/// What is noted of a Change.
#[derive(Serialize, Deserialize)]
struct ChangeRow {
    document: DocumentId,
    hash: ChangeHash,
    actor: ActorId,
    last_op: u64,
}

impl ChangeRow {
    fn bytes(change: &Pointed) -> Vec<u8> {
        let Pointed { document, hash, actor, last_op } = *change;
        encoding::to_bytes(&Self { document, hash, actor, last_op })
    }
}

/// The writes that note what one's own segment holds.
pub(super) fn own_changes(cut: &Cut) -> Vec<Op> {
    let (log, id) = (cut.segment.body().log, cut.segment.id());
    let mut ops = Vec::with_capacity(cut.changes.len() * 2);
    for (n, change) in &cut.changes {
        ops.push(Op::Put(keys::own_change(&id, *n), ChangeRow::bytes(change)));
        ops.push(Op::Put(keys::latest(&log, &change.document), encoding::to_bytes(n)));
    }
    ops
}

/// The derived row that notes a Change of a segment that was read.
#[must_use]
pub fn read_change(segment: &SegmentId, n: u64, change: &Pointed) -> Op {
    Op::Put(keys::read_change(segment, n), ChangeRow::bytes(change))
}

/// Changes by the segment that holds them and their position.
pub type ReadChanges = BTreeMap<(SegmentId, u64), Pointed>;

/// A branch up to one of its segments, read from the store as it is asked for.
pub struct Branch<'a> {
    store: &'a dyn Store,
    log: LogId,
    /// Writers point only at what is sealed with this key.
    key: Option<KeyId>,
    /// Changes that were read and are not in the store yet.
    fresh: Option<&'a ReadChanges>,
    /// Segments walked so far, from the end back: first position, name, key.
    walked: RefCell<Vec<(u64, SegmentId, KeyId)>>,
    /// Where the walk goes on: last position and name; `None` at the log's beginning.
    next: RefCell<Option<(u64, SegmentId)>>,
    fault: RefCell<Option<StoreError>>,
}

impl<'a> Branch<'a> {
    /// The branch of `log` that ends with the segment `tip` at position `n`; empty where `n` is 0.
    #[must_use]
    pub fn up_to(store: &'a dyn Store, log: LogId, n: u64, tip: SegmentId) -> Self {
        let next = (n > 0).then_some((n, tip));
        Self {
            store,
            log,
            key: None,
            fresh: None,
            walked: RefCell::default(),
            next: RefCell::new(next),
            fault: RefCell::default(),
        }
    }

    /// The same for a writer, who points only at what is sealed with the key that it seals with.
    #[must_use]
    pub fn sealed_with(self, key: Option<KeyId>) -> Self {
        Self { key, ..self }
    }

    /// The same with changes that were read and are not in the store yet.
    #[must_use]
    pub fn with(self, fresh: &'a ReadChanges) -> Self {
        Self { fresh: Some(fresh), ..self }
    }

    /// What went wrong while it was read.
    ///
    /// # Errors
    /// The first [`StoreError`] met; then what was not found may be there.
    pub fn finish(self) -> Result<(), StoreError> {
        self.fault.into_inner().map_or(Ok(()), Err)
    }

    /// The segment of the branch that holds position `n`.
    fn segment_with(&self, n: u64) -> Result<Option<(SegmentId, KeyId)>, StoreError> {
        let mut walked = self.walked.borrow_mut();
        let place = walked.partition_point(|(first, _, _)| *first > n);
        if let Some((_, id, key)) = walked.get(place) {
            return Ok(Some((*id, *key)));
        }
        let mut next = self.next.borrow_mut();
        if walked.is_empty() && next.is_some_and(|(last, _)| n > last) {
            return Ok(None);
        }
        while let Some((last, id)) = *next {
            let Some(meta) = meta_of(self.store, &self.log, last, &id)? else { return Ok(None) };
            walked.push((meta.first, id, meta.key));
            *next = meta.first.checked_sub(1).filter(|last| *last > 0).map(|last| (last, meta.back));
            if meta.first <= n {
                return Ok(Some((id, meta.key)));
            }
        }
        Ok(None)
    }

    fn read(&self, n: u64) -> Result<Option<Pointed>, StoreError> {
        let Some((id, _)) = self.segment_with(n)? else { return Ok(None) };
        if let Some(change) = self.fresh.and_then(|fresh| fresh.get(&(id, n))) {
            return Ok(Some(*change));
        }
        let own = self.store.get(&keys::own_change(&id, n))?;
        let found = match own {
            Some(bytes) => Some(row::<ChangeRow>(&bytes)?),
            // A derived row that does not read is none.
            None => {
                let derived = self.store.get(&keys::read_change(&id, n))?;
                derived.and_then(|bytes| encoding::from_bytes::<ChangeRow>(&bytes).ok())
            }
        };
        let found = found.map(|ChangeRow { document, hash, actor, last_op }| Pointed {
            document,
            hash,
            actor,
            last_op,
        });
        Ok(found)
    }

    fn find(&self, document: &DocumentId) -> Result<Option<u64>, StoreError> {
        let Some(bytes) = self.store.get(&keys::latest(&self.log, document))? else { return Ok(None) };
        let n: u64 = row(&bytes)?;
        let segment = self.segment_with(n)?;
        Ok(segment.filter(|(_, key)| self.key.is_none_or(|with| with == *key)).map(|_| n))
    }

    fn noted<T>(&self, read: Result<Option<T>, StoreError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            self.fault.borrow_mut().get_or_insert(error);
            None
        })
    }
}

impl Earlier for Branch<'_> {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.noted(self.read(n))
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.noted(self.find(document))
    }
}
