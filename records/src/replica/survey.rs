//! Replica: what of a feed is new since its marks, or that everything must be read anew.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{DeviceKey, Digest, Feed, LogId, SegmentId};
use khettara_core::log::{Named, first_head};
use khettara_core::store::held::{self, OwnLog, SegmentRow};
use khettara_core::store::{Store, StoreError};

use super::keys;
use super::rows::{self, LogMark};

/// What is held of one log.
pub(super) struct LogView {
    pub log: LogId,
    pub device: Option<DeviceKey>,
    pub ends: Vec<(u64, SegmentId)>,
    pub own: Option<OwnLog>,
    /// For a log with several branches, or one that is over: the digest of all that is held of it.
    pub whole: Option<Digest>,
}

/// What is held of a feed, and the digest over it.
pub(super) struct Survey {
    pub logs: Vec<LogView>,
    pub digest: Digest,
}

/// The new part of a log.
pub(super) enum News {
    /// More of the one branch, from the mark on.
    Run { log: LogId, mark: LogMark, segments: Vec<(SegmentId, SegmentRow)>, own: Option<OwnLog> },
    /// All of it.
    Whole { log: LogId, digest: Digest, segments: Vec<(SegmentId, SegmentRow, bool)>, own: Option<OwnLog> },
}

/// What is held, from the vector's lines.
pub(super) fn survey(store: &dyn Store, feed: &Feed) -> Result<Survey, StoreError> {
    let mut lines: BTreeMap<LogId, Vec<(u64, SegmentId)>> = BTreeMap::new();
    for (log, n, tip) in held::vector_of(store, [feed])?.lines(feed) {
        lines.entry(*log).or_default().push((*n, *tip));
    }
    let mut own: BTreeMap<LogId, OwnLog> =
        held::own_logs(store, feed)?.into_iter().map(|own| (own.log, own)).collect();
    let mut logs = Vec::new();
    for (device, log) in held::logs_in(store, feed)? {
        let ends = lines.remove(&log).unwrap_or_default();
        let own = own.remove(&log);
        let whole = if ends.len() == 1 { None } else { Some(whole_digest(store, &log, own.as_ref())?) };
        logs.push(LogView { log, device: Some(device), ends, own, whole });
    }
    logs.extend(own.into_iter().map(|(log, own)| LogView {
        log,
        device: None,
        ends: Vec::new(),
        own: Some(own),
        whole: None,
    }));
    let digest = survey_digest(&logs);
    Ok(Survey { logs, digest })
}

fn whole_digest(store: &dyn Store, log: &LogId, own: Option<&OwnLog>) -> Result<Digest, StoreError> {
    let mut bytes = Vec::new();
    for (id, _) in held::segments_of(store, log)? {
        bytes.extend_from_slice(&id.0);
    }
    let own = encoding::to_bytes(&own.map(|own| (own.n, own.head)));
    Ok(Digest(hash::first(&hash::derive("replica whole", &[&bytes, &own]))))
}

fn survey_digest(logs: &[LogView]) -> Digest {
    let mut bytes = Vec::new();
    for view in logs {
        let own = view.own.as_ref().map(|own| (own.n, own.head));
        bytes.extend(encoding::to_bytes(&(view.log, &view.ends, own, view.whole)));
    }
    Digest(hash::first(&hash::derive("replica survey", &[&bytes])))
}

/// What is new; `None` where the marks no longer lie on what is held.
pub(super) fn news(
    store: &dyn Store,
    feed: &Feed,
    survey: &Survey,
    named: &Named,
) -> Result<Option<Vec<News>>, StoreError> {
    let mut found = Vec::new();
    for view in &survey.logs {
        let mark: Option<LogMark> = rows::read(store, &keys::log_mark(feed, &view.log))?;
        match (view.whole, mark) {
            (Some(digest), Some(mark)) if mark.whole == Some(digest) => {}
            (Some(digest), None) => found.push(whole(store, feed, view, digest, named)?),
            (None, mark) if mark.as_ref().is_none_or(|mark| mark.whole.is_none()) => {
                match run(store, view, mark)? {
                    Some(run) => found.extend(run),
                    None => return Ok(None),
                }
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(found))
}

fn whole(
    store: &dyn Store,
    feed: &Feed,
    view: &LogView,
    digest: Digest,
    named: &Named,
) -> Result<News, StoreError> {
    let listed: BTreeSet<SegmentId> = match &view.device {
        Some(device) => held::listing_of(store, feed, device, named)?
            .remove(&view.log)
            .map(|listing| listing.segments)
            .unwrap_or_default(),
        None => BTreeSet::new(),
    };
    let segments = held::segments_of(store, &view.log)?.into_iter();
    let segments = segments.map(|(id, row)| (id, row, listed.contains(&id))).collect();
    Ok(News::Whole { log: view.log, digest, segments, own: view.own.clone() })
}

/// The run behind a mark: nothing, some, or `None` where the mark lies elsewhere.
fn run(store: &dyn Store, view: &LogView, mark: Option<LogMark>) -> Result<Option<Vec<News>>, StoreError> {
    let start = first_head(&view.log);
    let mark = mark.unwrap_or(LogMark {
        n: 0,
        head: start,
        cut: 0,
        segment: SegmentId::ZERO,
        cut_head: start,
        last_unit: 0,
        ended: false,
        whole: None,
    });
    let end = view.ends.first().copied().unwrap_or((0, SegmentId::ZERO));
    let held_to = view.own.as_ref().map_or(end.0, |own| own.n.max(end.0));
    if held_to < mark.n || end.0 < mark.cut {
        return Ok(None);
    }
    if end == (mark.cut, mark.segment) && held_to == mark.n {
        return Ok(Some(Vec::new()));
    }
    let ground: &[(u64, SegmentId)] = if mark.cut == 0 { &[] } else { &[(mark.cut, mark.segment)] };
    let segments = held::above(store, &view.log, &view.ends, ground)?;
    let joins = match segments.first() {
        Some((_, row)) => row.back == mark.segment && row.first == mark.cut + 1,
        None => end == (mark.cut, mark.segment),
    };
    if !joins {
        return Ok(None);
    }
    Ok(Some(vec![News::Run { log: view.log, mark, segments, own: view.own.clone() }]))
}
