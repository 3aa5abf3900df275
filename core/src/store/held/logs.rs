//! Reading what is held: descriptors, segments, lines, vectors.

use std::collections::BTreeMap;

use crate::encoding::{self, Set};
use crate::id::{DeviceKey, Feed, LogId, SegmentId};
use crate::limits;
use crate::log::{Descriptor, Line, Listing, Named, Vector, list};
use crate::store::held::keys;
use crate::store::held::segments::SegmentRow;
use crate::store::{Damage, Store, StoreError};

/// Rows fetched in one go while scanning.
pub(super) const PAGE: usize = 1_024;

/// A row of ours that does not decode is damage, never input.
pub(super) fn row<T: serde::de::DeserializeOwned + serde::Serialize>(bytes: &[u8]) -> Result<T, StoreError> {
    encoding::from_bytes(bytes).map_err(|_| StoreError::Damaged(Damage::Content))
}

/// All rows under a prefix, page by page.
pub(super) fn for_each(
    store: &dyn Store,
    prefix: &[u8],
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut from = prefix.to_vec();
    loop {
        let page = store.scan(prefix, &from, PAGE)?;
        for (key, value) in &page {
            visit(key, value)?;
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

/// The last `N` bytes of a key of ours.
pub(super) fn tail<const N: usize>(key: &[u8]) -> Result<[u8; N], StoreError> {
    key.last_chunk::<N>().copied().ok_or(StoreError::Damaged(Damage::Content))
}

/// What a log is, where it is known.
///
/// # Errors
/// [`StoreError`].
pub fn descriptor(store: &dyn Store, log: &LogId) -> Result<Option<Descriptor>, StoreError> {
    store.get(&keys::descriptor(log))?.map(|bytes| row(&bytes)).transpose()
}

/// The log whose id begins with these 8 bytes; `None` where none or several are known.
///
/// # Errors
/// [`StoreError`].
pub fn log_by_short_name(store: &dyn Store, short: &[u8; 8]) -> Result<Option<LogId>, StoreError> {
    let found = store.scan(&keys::descriptors_from(short), &[], 2)?;
    match found.as_slice() {
        [(key, _)] => Ok(Some(LogId(tail(key)?))),
        _ => Ok(None),
    }
}

/// A held segment's stored bytes: envelope, then sealed bytes.
///
/// # Errors
/// [`StoreError`].
pub fn segment_bytes(store: &dyn Store, id: &SegmentId) -> Result<Option<Vec<u8>>, StoreError> {
    store.get(&keys::segment(id))
}

/// The held segments of a log that end at a position.
///
/// # Errors
/// [`StoreError`].
pub fn segments_ending_at(
    store: &dyn Store,
    log: &LogId,
    last: u64,
) -> Result<Vec<(SegmentId, SegmentRow)>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::ends_at(log, last), |key, value| {
        found.push((SegmentId(tail(key)?), row(value)?));
        Ok(())
    })?;
    Ok(found)
}

/// Every held segment of a log, listed or not, by where it ends.
///
/// # Errors
/// [`StoreError`].
pub fn segments_of(store: &dyn Store, log: &LogId) -> Result<Vec<(SegmentId, SegmentRow)>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::ends_of(log), |key, value| {
        found.push((SegmentId(tail(key)?), row(value)?));
        Ok(())
    })?;
    Ok(found)
}

/// The first few held segments of a log that end at a position or after it, by where they end: those that may
/// hold that position.
pub(super) fn segments_from(
    store: &dyn Store,
    log: &LogId,
    n: u64,
) -> Result<Vec<(SegmentId, SegmentRow)>, StoreError> {
    let few = limits::BRANCHES_LISTED_PER_LOG * 2;
    let found = store.scan(&keys::ends_of(log), &keys::ends_at(log, n), few)?;
    found.iter().map(|(key, value)| Ok((SegmentId(tail(key)?), row(value)?))).collect()
}

/// A held segment's row, where its end is known.
///
/// # Errors
/// [`StoreError`].
pub fn meta_of(
    store: &dyn Store,
    log: &LogId,
    last: u64,
    id: &SegmentId,
) -> Result<Option<SegmentRow>, StoreError> {
    store.get(&keys::end(log, last, id))?.map(|bytes| row(&bytes)).transpose()
}

/// The logs known in a feed, by device.
///
/// # Errors
/// [`StoreError`].
pub fn logs_in(store: &dyn Store, feed: &Feed) -> Result<Vec<(DeviceKey, LogId)>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::logs_in(feed), |key, _| {
        let both: [u8; 64] = tail(key)?;
        let (device, log) = both.split_at(32);
        let array = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).expect("half of 64");
        found.push((DeviceKey(array(device)), LogId(array(log))));
        Ok(())
    })?;
    Ok(found)
}

/// The listed ends of one log.
///
/// # Errors
/// [`StoreError`].
pub fn lines_of(store: &dyn Store, feed: &Feed, log: &LogId) -> Result<Vec<(u64, SegmentId)>, StoreError> {
    let lines: Option<Set<(u64, SegmentId)>> =
        store.get(&keys::lines(feed, log))?.map(|bytes| row(&bytes)).transpose()?;
    Ok(lines.unwrap_or_default().into_vec())
}

/// The vector over these feeds.
///
/// # Errors
/// [`StoreError`].
pub fn vector_of<'a>(
    store: &dyn Store,
    feeds: impl IntoIterator<Item = &'a Feed>,
) -> Result<Vector, StoreError> {
    let mut vector = Vector::default();
    for feed in feeds {
        let mut lines: Vec<Line> = Vec::new();
        for_each(store, &keys::lines_in(feed), |key, value| {
            let log = LogId(tail(key)?);
            let ends: Set<(u64, SegmentId)> = row(value)?;
            lines.extend(ends.iter().map(|(n, tip)| (log, *n, *tip)));
            Ok(())
        })?;
        vector.set(feed.clone(), lines.into_iter().collect());
    }
    Ok(vector)
}

/// The listing of one device's logs in one feed, from everything held.
///
/// # Errors
/// [`StoreError`].
pub fn listing_of(
    store: &dyn Store,
    feed: &Feed,
    device: &DeviceKey,
    named: &Named,
) -> Result<BTreeMap<LogId, Listing>, StoreError> {
    let mut logs = BTreeMap::new();
    let mut known = Vec::new();
    for_each(store, &keys::logs_of(feed, device), |key, _| {
        known.push(LogId(tail(key)?));
        Ok(())
    })?;
    for log in known {
        let mut metas = Vec::new();
        for_each(store, &keys::ends_of(&log), |key, value| {
            metas.push(row::<SegmentRow>(value)?.meta(SegmentId(tail(key)?)));
            Ok(())
        })?;
        logs.insert(log, metas);
    }
    Ok(list(&logs, named))
}
