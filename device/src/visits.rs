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
use khettara_records::projection::{event_begun, visits_begun};
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

/// A derived row: the visits that one own entry began, or the referral or protection case.
#[derive(Serialize, Deserialize)]
struct BegunRow {
    document: DocumentId,
    visits: Vec<([u8; 16], Option<i64>)>,
    /// The time of the referral or case that the document is about.
    event: Option<i64>,
}

/// How far an own log was counted: position and head there.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Mark(u64, Head);

/// Of the rows of an own log: the letter of what its entries began.
const BEGUN: u8 = b'v';
/// The letter of its mark. Another than before there were referrals in the rows, so that those are made.
const MARK: u8 = b'i';

/// `~D feed 0 log …`
fn log_key(feed: &Feed, log: &LogId, letter: u8) -> Vec<u8> {
    let mut key = vec![DERIVED, b'D'];
    key.extend_from_slice(feed.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(&log.0);
    key.push(letter);
    key
}

/// `~H feed 0 household …`: the same rows once more, for one household.
fn household_key(feed: &Feed, household: &DocumentId) -> Vec<u8> {
    let mut key = vec![DERIVED, b'H'];
    key.extend_from_slice(feed.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(&household.0);
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
            let mark: Option<Mark> = read(store, &log_key(&feed, &own.log, MARK))?;
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
        let event = if visits.is_empty() { event_begun(chunk).map(Instant::seconds) } else { None };
        if !visits.is_empty() || event.is_some() {
            let row = encoding::to_bytes(&BegunRow { document, visits, event });
            let by_log = log_key(feed, &own.log, BEGUN);
            let by_household = [household_key(feed, &document), own.log.0.to_vec()].concat();
            for mut key in [by_log, by_household] {
                key.extend_from_slice(&n.to_be_bytes());
                ops.push(Op::Put(key, row.clone()));
            }
        }
    };
    let segments = own_segments(store, own, from)?;
    let mut before = match segments.first() {
        Some((_, row)) if row.first > 1 => {
            let ground = held::meta_of(store, &own.log, row.first - 1, &row.back)?;
            ground.ok_or(StoreError::Damaged(Damage::Content))?.head
        }
        _ => first_head(&own.log),
    };
    for (id, row) in segments {
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
        before = row.head;
    }
    for (n, written) in held::pending(store, &own.log)? {
        take(n, &written);
    }
    let mark = Mark(own.n, own.head);
    ops.push(Op::Put(log_key(feed, &own.log, MARK), encoding::to_bytes(&mark)));
    Ok(ops)
}

/// The segments of the own branch that end above a position, in order.
fn own_segments(
    store: &dyn Store,
    own: &OwnLog,
    above: u64,
) -> Result<Vec<(SegmentId, held::SegmentRow)>, StoreError> {
    let (mut n, mut id) = (own.cut, own.tip);
    let mut found = Vec::new();
    while n > above {
        let Some(row) = held::meta_of(store, &own.log, n, &id)? else { break };
        let below = (row.first - 1, row.back);
        found.push((id, row));
        (n, id) = below;
    }
    found.reverse();
    Ok(found)
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
            each(store, &log_key(feed, &own.log, BEGUN), &mut |_, n, row| {
                found.extend(visits_of(row, feed, reach.at(n)));
            })?;
        }
    }
    Ok(found)
}

/// How many own entries are with nobody but this tablet and colleagues: visits, and whatever else was saved.
pub(crate) fn entries_left(store: &dyn Store, roster: &Roster, feeds: &[Feed]) -> Result<u64, StoreError> {
    let mut left = 0;
    for feed in feeds {
        for own in held::own_logs(store, feed)? {
            let reach = reach_of(store, roster, feed, &own)?;
            let is_here = |n: &u64| matches!(reach.at(*n), Whereabouts::Saved | Whereabouts::Colleague);
            left += (1..=own.n).filter(is_here).count() as u64;
        }
    }
    Ok(left)
}

/// The own visits to one household, likewise, without looking at any others.
pub(crate) fn own_visits_to(
    store: &dyn Store,
    roster: &Roster,
    feed: &Feed,
    household: &DocumentId,
) -> Result<Vec<OwnVisit>, StoreError> {
    let mut rows: BTreeMap<LogId, Vec<(u64, BegunRow)>> = BTreeMap::new();
    each(store, &household_key(feed, household), &mut |rest, n, row| {
        if let Some(log) = rest.first_chunk() {
            rows.entry(LogId(*log)).or_default().push((n, row));
        }
    })?;
    let mut found = Vec::new();
    if rows.is_empty() {
        return Ok(found);
    }
    for own in held::own_logs(store, feed)? {
        let Some(rows) = rows.remove(&own.log) else { continue };
        let reach = reach_of(store, roster, feed, &own)?;
        found.extend(rows.into_iter().flat_map(|(n, row)| visits_of(row, feed, reach.at(n))));
    }
    Ok(found)
}

/// What own entries of a log behind a position began, by document: visits, or the event under the document's own id,
/// with the time that each was given. In the order of positions.
pub(crate) fn begun_behind(
    store: &dyn Store,
    feed: &Feed,
    log: &LogId,
    position: u64,
) -> Result<Vec<Begun>, StoreError> {
    let mut found = Vec::new();
    each(store, &log_key(feed, log, BEGUN), &mut |_, n, row| {
        if n <= position {
            return;
        }
        let event = row.event.map(|at| (row.document.0, Some(at)));
        let moments = row.visits.into_iter().chain(event).filter_map(|(id, at)| {
            let at = Instant::of_seconds(at?).ok()?;
            Some((Uuid::from_bytes(id), at))
        });
        found.push((n, row.document, moments.collect()));
    })?;
    Ok(found)
}

/// A position, the document, and of what was begun in it there the ids and times.
pub(crate) type Begun = (u64, DocumentId, Vec<(Uuid, Instant)>);

fn visits_of(row: BegunRow, feed: &Feed, whereabouts: Whereabouts) -> impl Iterator<Item = OwnVisit> {
    let household = Uuid::from_bytes(row.document.0);
    let feed = feed.clone();
    row.visits.into_iter().map(move |(id, at)| OwnVisit {
        id: Uuid::from_bytes(id),
        household,
        feed: feed.clone(),
        at: at.and_then(|seconds| Instant::of_seconds(seconds).ok()),
        whereabouts,
    })
}

/// Visits rows of what entries began: the part of the key behind the prefix, the entry's position, the row.
fn each(
    store: &dyn Store,
    prefix: &[u8],
    visit: &mut dyn FnMut(&[u8], u64, BegunRow),
) -> Result<(), StoreError> {
    let mut from = prefix.to_vec();
    loop {
        let page = store.scan(prefix, &from, PAGE)?;
        for (key, value) in &page {
            let n = key.last_chunk::<8>().map(|n| u64::from_be_bytes(*n));
            if let (Some(n), Ok(row)) = (n, encoding::from_bytes(value)) {
                visit(&key[prefix.len()..], n, row);
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

/// Where one's own entries are. The own branch is walked down to the lowest position that a receipt speaks of.
fn reach_of(store: &dyn Store, roster: &Roster, feed: &Feed, own: &OwnLog) -> Result<Reach, StoreError> {
    let receipts = held::receipts_in(store, feed, Some(&own.descriptor.device))?;
    let lines = receipts.iter().flat_map(|held| held.body.lines.iter());
    let named = lines.filter(|(log, ..)| *log == own.log).map(|(_, n, ..)| *n);
    let heads: BTreeMap<u64, Head> = match named.min() {
        Some(lowest) => {
            let segments = own_segments(store, own, lowest.saturating_sub(1))?;
            segments.into_iter().map(|(_, row)| (row.last(), row.head)).collect()
        }
        None => BTreeMap::new(),
    };
    let said = receipts.iter().map(|held| (roster.issuer_role(&held.signed.signer), &held.body));
    Ok(Reach::of(&own.log, &heads, said))
}
