//! Taking segments in: what a holder accepts, and what that does to the listing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::encoding::{self, Set};
use crate::id::{DeviceKey, Feed, Head, KeyId, LogId, SegmentId};
use crate::log::{Descriptor, Named, Segment, SegmentMeta};
use crate::planted::Fault;
use crate::store::held::keys;
use crate::store::held::logs::{descriptor, listing_of, meta_of, row, segments_ending_at};
use crate::store::{Expect, Group, Op, Store, StoreError};

/// What is kept of a held segment beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Position of its first entry.
    pub first: u64,
    /// Number of entries.
    pub count: u32,
    /// The segment it goes on from.
    pub back: SegmentId,
    /// Its declared head.
    pub head: Head,
    /// The key it names.
    pub key: KeyId,
    /// Its author's roster position.
    pub roster_seen: u64,
}

impl SegmentRow {
    /// Position of its last entry.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    /// As listing wants it.
    #[must_use]
    pub const fn meta(&self, id: SegmentId) -> SegmentMeta {
        SegmentMeta { id, back: self.back, last: self.last(), head: self.head }
    }
}

/// What became of a segment that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// Commit this group and it is held.
    Accepted {
        /// The writes.
        group: Group,
        /// The feed it belongs to.
        feed: Feed,
        /// Whether another segment goes on from the same one: two branches are proved.
        fork: bool,
    },
    /// It is held already.
    Present,
    /// The log is not known here: its descriptor must come first.
    UnknownLog,
    /// The one it goes on from is not held yet.
    Gap,
    /// Not granted by the roster held here, which speaks of now only.
    NotGranted,
    /// It breaks a rule that no later news can mend.
    Forbidden,
}

/// Decides on a segment whose signature and sealed bytes are good. `may_write` answers whether a device has,
/// or ever had, write for a feed.
///
/// # Errors
/// [`StoreError`] where the store cannot be read.
pub fn accept(
    store: &dyn Store,
    segment: &Segment,
    new_log: Option<&Descriptor>,
    named: &Named,
    may_write: &dyn Fn(&DeviceKey, &Feed) -> bool,
) -> Result<Acceptance, StoreError> {
    let body = segment.body();
    let known = descriptor(store, &body.log)?;
    let Some(owner) = known.as_ref().or(new_log) else { return Ok(Acceptance::UnknownLog) };
    if owner.device != segment.header().signer() || owner.feed.is_clear() != (body.key == KeyId::ZERO) {
        return Ok(Acceptance::Forbidden);
    }
    if store.get(&keys::segment(&segment.id()))?.is_some() {
        return Ok(Acceptance::Present);
    }
    if !may_write(&owner.device, &owner.feed) {
        return Ok(Acceptance::NotGranted);
    }
    if body.first > 1 {
        match back_row(store, &body.log, &body.back, body.first - 1)? {
            Ground::Held => {}
            Ground::Missing if Fault::SegmentGapAccepted.is_on() => {}
            Ground::Missing => return Ok(Acceptance::Gap),
            Ground::EndsElsewhere => return Ok(Acceptance::Forbidden),
        }
    }
    let fork = !store.scan(&keys::children(&body.log, &body.back), &[], 1)?.is_empty();
    let mut group = hold(segment, owner, known.is_none());
    group.ops.extend(new_lines(store, segment, owner, named, fork, known.is_none())?);
    Ok(Acceptance::Accepted { group, feed: owner.feed.clone(), fork })
}

enum Ground {
    Held,
    Missing,
    EndsElsewhere,
}

fn back_row(store: &dyn Store, log: &LogId, back: &SegmentId, last: u64) -> Result<Ground, StoreError> {
    if meta_of(store, log, last, back)?.is_some() {
        return Ok(Ground::Held);
    }
    let held = store.get(&keys::segment(back))?.is_some();
    Ok(if held { Ground::EndsElsewhere } else { Ground::Missing })
}

fn hold(segment: &Segment, owner: &Descriptor, new: bool) -> Group {
    let (body, id) = (segment.body(), segment.id());
    let row = SegmentRow {
        first: body.first,
        count: body.count,
        back: body.back,
        head: body.head,
        key: body.key,
        roster_seen: body.roster_seen,
    };
    let mut ops = vec![
        Op::Put(keys::segment(&id), segment.to_bytes()),
        Op::Put(keys::end(&body.log, body.last(), &id), encoding::to_bytes(&row)),
        Op::Put(keys::child(&body.log, &body.back, &id), encoding::to_bytes(&body.last())),
    ];
    if new {
        ops.push(Op::Put(keys::descriptor(&body.log), encoding::to_bytes(owner)));
        ops.push(Op::Put(keys::log_of(&owner.feed, &owner.device, &body.log), Vec::new()));
    }
    Group { expect: vec![Expect::Absent(keys::segment(&id))], ops }
}

/// The lines after this segment. A log with one line that this segment extends needs no listing; a fork, or
/// a log that may be one too many, is listed from everything held.
fn new_lines(
    store: &dyn Store,
    segment: &Segment,
    owner: &Descriptor,
    named: &Named,
    fork: bool,
    new: bool,
) -> Result<Vec<Op>, StoreError> {
    let body = segment.body();
    let key = keys::lines(&owner.feed, &body.log);
    let lines: Set<(u64, SegmentId)> = match store.get(&key)? {
        Some(bytes) => row(&bytes)?,
        None => Set::default(),
    };
    let extends = lines.as_slice() == [(body.first - 1, body.back)];
    let siblings = store.scan(&keys::logs_of(&owner.feed, &owner.device), &[], named.logs_max + 1)?.len();
    let room = siblings + usize::from(new) <= named.logs_max;
    if !fork && (extends || (new && room)) {
        let one: Set<(u64, SegmentId)> = [(body.last(), segment.id())].into_iter().collect();
        return Ok(vec![Op::Put(key, encoding::to_bytes(&one))]);
    }
    let mut scratch = crate::store::Overlay::new(store);
    scratch.commit(vec![hold(segment, owner, new)])?;
    relist(&scratch, &owner.feed, &owner.device, named)
}

/// The writes that make the lines of one device in one feed what [`listing_of`] says. Needed when the roster
/// names other logs or limits than before.
///
/// # Errors
/// [`StoreError`].
pub fn relist(
    store: &dyn Store,
    feed: &Feed,
    device: &DeviceKey,
    named: &Named,
) -> Result<Vec<Op>, StoreError> {
    let mut ops = Vec::new();
    for (log, listing) in listing_of(store, feed, device, named)? {
        let key = keys::lines(feed, &log);
        let ends: Set<(u64, SegmentId)> = listing.lines.iter().map(|(_, n, tip)| (*n, *tip)).collect();
        ops.push(if ends.is_empty() { Op::Delete(key) } else { Op::Put(key, encoding::to_bytes(&ends)) });
    }
    Ok(ops)
}

/// Segments at or below `tips` and not at or below `ground`, in an order in which each follows the one it
/// goes on from. `tips` and `ground` are ends `(n, segment)` held here.
///
/// # Errors
/// [`StoreError`].
pub fn above(
    store: &dyn Store,
    log: &LogId,
    tips: &[(u64, SegmentId)],
    ground: &[(u64, SegmentId)],
) -> Result<Vec<(SegmentId, SegmentRow)>, StoreError> {
    let floor = ground_of(store, log, tips, ground)?;
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for (n, tip) in tips {
        let (mut n, mut id) = (*n, *tip);
        while n > 0 && !floor.contains(&id) && seen.insert(id) {
            let Some(row) = meta_of(store, log, n, &id)? else { break };
            (n, id) = (row.first - 1, {
                let back = row.back;
                found.push((id, row));
                back
            });
        }
    }
    found.sort_by_key(|(id, row)| (row.first, *id));
    Ok(found)
}

/// The ground itself, and where several ends are given, all they go on from down to the lowest of them:
/// branches meet somewhere below their ends.
fn ground_of(
    store: &dyn Store,
    log: &LogId,
    tips: &[(u64, SegmentId)],
    ground: &[(u64, SegmentId)],
) -> Result<BTreeSet<SegmentId>, StoreError> {
    let mut floor: BTreeSet<SegmentId> = ground.iter().map(|(_, id)| *id).collect();
    let forked = tips.len() > 1 || tips.iter().any(|(n, _)| ground.iter().any(|(below, _)| below > n));
    if !forked {
        return Ok(floor);
    }
    for (n, id) in ground {
        let (mut n, mut id) = (*n, *id);
        while n > 0 {
            let Some(row) = meta_of(store, log, n, &id)? else { break };
            (n, id) = (row.first - 1, row.back);
            if n > 0 && !floor.insert(id) {
                break;
            }
        }
    }
    Ok(floor)
}

/// Ends a peer can find common ground by: the listed tips, then below each the 1st, 2nd, 4th, 8th … end,
/// then the first.
///
/// # Errors
/// [`StoreError`].
pub fn ends_ladder(
    store: &dyn Store,
    log: &LogId,
    tips: &[(u64, SegmentId)],
) -> Result<Vec<(u64, SegmentId)>, StoreError> {
    let mut ladder: BTreeSet<(u64, SegmentId)> = tips.iter().copied().collect();
    for (n, tip) in tips {
        let (mut n, mut id, mut step) = (*n, *tip, 0u64);
        while let Some(row) = meta_of(store, log, n, &id)? {
            if step.is_power_of_two() || row.first == 1 {
                ladder.insert((n, id));
            }
            if row.first == 1 {
                break;
            }
            (n, id, step) = (row.first - 1, row.back, step + 1);
        }
    }
    Ok(ladder.into_iter().rev().collect())
}

/// Of short ends `(n, first 4 bytes)` those that are held, whole; `None` where none or several fit.
///
/// # Errors
/// [`StoreError`].
pub fn resolve_ends(
    store: &dyn Store,
    log: &LogId,
    ends: &[(u64, [u8; 4])],
) -> Result<Vec<Option<SegmentId>>, StoreError> {
    ends.iter()
        .map(|(n, short)| {
            let held = segments_ending_at(store, log, *n)?;
            let mut fits = held
                .into_iter()
                .map(|(id, _)| id)
                .filter(|id| id.0[..4] == *short || Fault::HeadIgnoredInVectors.is_on());
            Ok(match (fits.next(), fits.next()) {
                (Some(one), None) => Some(one),
                _ => None,
            })
        })
        .collect()
}
