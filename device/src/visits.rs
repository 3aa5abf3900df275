//! Own work counted in visits: which entry began which visit, derived once from own entries and kept beside them.

use std::collections::BTreeMap;

use khettara_core::encoding;
use khettara_core::id::{DocumentId, Feed, Head, LogId, OrgId, SegmentId};
use khettara_core::identity::Roster;
use khettara_core::log::{Dictionaries, Segment, Unit, Written, first_head, open_on};
use khettara_core::store::held::{self, OwnLog};
use khettara_core::store::{DERIVED, Damage, Op, Store, StoreError};
use khettara_core::sync::{Reach, Whereabouts};
use khettara_records::model::Instant;
use khettara_records::projection::visits_begun;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows fetched in one go while scanning.
const PAGE: usize = 1_024;

/// One own visit, and where it provably is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnVisit {
    /// The visit.
    pub id: Uuid,
    /// Its household.
    pub household: Uuid,
    /// Its feed.
    pub feed: Feed,
    /// When it was, as its clock said.
    pub at: Option<Instant>,
    /// Where it is.
    pub whereabouts: Whereabouts,
}

/// A derived row: the visits that one own entry began.
#[derive(Serialize, Deserialize)]
struct BegunRow {
    document: DocumentId,
    visits: Vec<([u8; 16], Option<i64>)>,
}

/// How far an own log was counted: position and head there.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Mark(u64, Head);

/// `~D feed 0 log …`
fn log_key(feed: &Feed, log: &LogId, letter: u8) -> Vec<u8> {
    let mut key = vec![DERIVED, b'D'];
    key.extend_from_slice(feed.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(&log.0);
    key.push(letter);
    key
}

fn read<T: serde::de::DeserializeOwned + Serialize>(
    store: &dyn Store,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    // A derived row that does not read is none: it is derived again.
    Ok(store.get(key)?.and_then(|bytes| encoding::from_bytes(&bytes).ok()))
}

/// Counts what own logs gained since they were last counted.
pub(crate) fn count(
    store: &mut dyn Store,
    org: &OrgId,
    dictionaries: &dyn Dictionaries,
) -> Result<(), StoreError> {
    for feed in held::own_feeds(store)? {
        if feed.is_clear() {
            continue;
        }
        for own in held::own_logs(store, &feed)? {
            let mark: Option<Mark> = read(store, &log_key(&feed, &own.log, b'm'))?;
            let from = mark.map_or(0, |Mark(n, _)| n);
            if from < own.n {
                let ops = begun_since(store, org, &feed, &own, from, dictionaries)?;
                store.derive(ops)?;
            }
        }
    }
    Ok(())
}

fn begun_since(
    store: &dyn Store,
    org: &OrgId,
    feed: &Feed,
    own: &OwnLog,
    from: u64,
    dictionaries: &dyn Dictionaries,
) -> Result<Vec<Op>, StoreError> {
    let mut ops = Vec::new();
    let mut take = |n: u64, written: &Written| {
        if n <= from {
            return;
        }
        let Ok((document, chunk, _)) = written.split_change() else { return };
        let visits: Vec<_> = visits_begun(chunk)
            .into_iter()
            .map(|visit| (*visit.id.as_bytes(), visit.at.map(Instant::seconds)))
            .collect();
        if !visits.is_empty() {
            let mut key = log_key(feed, &own.log, b'v');
            key.extend_from_slice(&n.to_be_bytes());
            ops.push(Op::Put(key, encoding::to_bytes(&BegunRow { document, visits })));
        }
    };
    let mut before = first_head(&own.log);
    for (id, row) in own_segments(store, own)? {
        if row.last() > from {
            let damaged = StoreError::Damaged(Damage::Content);
            let bytes = held::segment_bytes(store, &id)?.ok_or(damaged)?;
            let segment = Segment::from_bytes(org, &bytes).map_err(|_| damaged)?;
            let key = held::feed_key(store, feed, &row.key)?;
            let earlier = held::Branch::up_to(store, own.log, row.first - 1, row.back);
            let unit = open_on(org, &segment, (&before, &earlier), false, key.as_ref(), dictionaries);
            earlier.finish()?;
            if let Unit::Entries(entries) = unit {
                entries.iter().for_each(|entry| take(entry.n, &entry.written));
            }
        }
        before = row.head;
    }
    for (n, written) in held::pending(store, &own.log)? {
        take(n, &written);
    }
    let mark = Mark(own.n, own.head);
    ops.push(Op::Put(log_key(feed, &own.log, b'm'), encoding::to_bytes(&mark)));
    Ok(ops)
}

/// The segments of the own branch, in order.
fn own_segments(store: &dyn Store, own: &OwnLog) -> Result<Vec<(SegmentId, held::SegmentRow)>, StoreError> {
    if own.cut == 0 { Ok(Vec::new()) } else { held::above(store, &own.log, &[(own.cut, own.tip)], &[]) }
}

/// All own visits of these feeds in the order of their logs, each with where it provably is. `count` went
/// before.
pub(crate) fn own_visits(
    store: &dyn Store,
    roster: &Roster,
    feeds: &[Feed],
) -> Result<Vec<OwnVisit>, StoreError> {
    let mut found = Vec::new();
    for feed in feeds {
        for own in held::own_logs(store, feed)? {
            let reach = reach_of(store, roster, feed, &own)?;
            let prefix = log_key(feed, &own.log, b'v');
            each(store, &prefix, &mut |n, row| {
                for (id, at) in row.visits {
                    found.push(OwnVisit {
                        id: Uuid::from_bytes(id),
                        household: Uuid::from_bytes(row.document.0),
                        feed: feed.clone(),
                        at: at.and_then(|seconds| Instant::of_seconds(seconds).ok()),
                        whereabouts: reach.at(n),
                    });
                }
            })?;
        }
    }
    Ok(found)
}

fn each(store: &dyn Store, prefix: &[u8], visit: &mut dyn FnMut(u64, BegunRow)) -> Result<(), StoreError> {
    let mut from = prefix.to_vec();
    loop {
        let page = store.scan(prefix, &from, PAGE)?;
        for (key, value) in &page {
            let n = key.last_chunk::<8>().map(|n| u64::from_be_bytes(*n));
            if let (Some(n), Ok(row)) = (n, encoding::from_bytes(value)) {
                visit(n, row);
            }
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => {
                from.clone_from(key);
                from.push(0);
            }
            _ => return Ok(()),
        }
    }
}

fn reach_of(store: &dyn Store, roster: &Roster, feed: &Feed, own: &OwnLog) -> Result<Reach, StoreError> {
    let heads: BTreeMap<u64, Head> =
        own_segments(store, own)?.into_iter().map(|(_, row)| (row.last(), row.head)).collect();
    let receipts = held::receipts_in(store, feed, Some(&own.descriptor.device))?;
    let said = receipts.iter().map(|held| (roster.issuer_role(&held.signed.signer), &held.body));
    Ok(Reach::of(&own.log, &heads, said))
}
