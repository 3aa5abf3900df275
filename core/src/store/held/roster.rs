//! From held clear segments to the roster's meaning.

use std::collections::BTreeMap;

use crate::id::{Feed, LogId, OrgId, SegmentId};
use crate::identity::{Item, Roster, RosterBranch, RosterEntry, RosterLog};
use crate::log::{Entry, NoDictionaries, Segment, Unit, first_head, open};
use crate::store::held::alone::alone_items;
use crate::store::held::logs::{descriptor, segment_bytes, segments_from, vector_of};
use crate::store::held::segments::above;
use crate::store::{Damage, Store, StoreError};

/// The meaning of everything held of the roster. `before` spares verifying again what it has verified.
///
/// # Errors
/// [`StoreError`].
pub fn fold_roster(store: &dyn Store, org: OrgId, before: Option<&Roster>) -> Result<Roster, StoreError> {
    let feeds = [Feed::roster(), Feed::people(), Feed::bindings()];
    let vector = vector_of(store, &feeds)?;
    let mut logs = Vec::new();
    for feed in &feeds {
        let mut tips: BTreeMap<LogId, Vec<(u64, SegmentId)>> = BTreeMap::new();
        for (log, n, tip) in vector.lines(feed) {
            tips.entry(*log).or_default().push((*n, *tip));
        }
        for (log, tips) in tips {
            let owner = descriptor(store, &log)?.ok_or(StoreError::Damaged(Damage::Content))?;
            let branches = tips
                .into_iter()
                .map(|tip| branch(store, &org, &log, tip))
                .collect::<Result<Vec<_>, StoreError>>()?;
            logs.push(RosterLog {
                id: log,
                feed: owner.feed,
                device: owner.device,
                continues: owner.continues,
                branches,
            });
        }
    }
    let alone = alone_items(store)?;
    Ok(match before {
        Some(before) => before.fold_again(&logs, &alone),
        None => Roster::fold(org, &logs, &alone),
    })
}

/// The roster position as a Hello says it: its number, and the first 4 bytes of the smallest listed segment
/// that holds it; zeros while nothing of the named log is held.
///
/// # Errors
/// [`StoreError`].
pub fn roster_position(store: &dyn Store, roster: &Roster) -> Result<(u64, [u8; 4]), StoreError> {
    let Some(position) = roster.position() else { return Ok((0, [0; 4])) };
    if !position.is_of_named_log {
        return Ok((position.value, [0; 4]));
    }
    let ending = segments_from(store, &position.log, position.n)?;
    let tip = ending.into_iter().filter(|(_, row)| row.first <= position.n).map(|(id, _)| id).min();
    let short = |id: SegmentId| id.0.first_chunk::<4>().copied().unwrap_or_default();
    Ok((position.value, tip.map_or([0; 4], short)))
}

fn branch(
    store: &dyn Store,
    org: &OrgId,
    log: &LogId,
    tip: (u64, SegmentId),
) -> Result<RosterBranch, StoreError> {
    let damaged = StoreError::Damaged(Damage::Content);
    let mut before = first_head(log);
    let mut entries = Vec::new();
    for (id, row) in above(store, log, &[tip], &[])? {
        let bytes = segment_bytes(store, &id)?.ok_or(damaged)?;
        let segment = Segment::of_store(&bytes).map_err(|_| damaged)?;
        match open(org, &segment, &before, true, None, &NoDictionaries) {
            Unit::Entries(opened) => entries.extend(opened.iter().map(|entry| RosterEntry {
                n: entry.n,
                head: entry.head,
                item: entry.entry.as_ref().ok().and_then(item_of),
            })),
            // Held as one: its positions exist, what they say counts for nothing.
            _ => entries.extend((row.first..=row.last()).map(|n| RosterEntry {
                n,
                head: if n == row.last() { row.head } else { crate::id::Head::ZERO },
                item: None,
            })),
        }
        before = row.head;
    }
    Ok(RosterBranch { entries })
}

fn item_of(entry: &Entry) -> Option<Item> {
    match entry {
        Entry::Roster { item, version, bytes } => Item::decode(*item, *version, bytes).ok(),
        _ => None,
    }
}
