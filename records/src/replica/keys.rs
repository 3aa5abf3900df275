//! Replica: the layout of its derived rows. `~R feed 0 letter …`, so that a feed's rows are forgotten by one prefix.

use khettara_core::id::{ActorId, ChangeHash, DocumentId, Feed, LogId, SegmentId};
use khettara_core::store::DERIVED;

/// Every derived row of a feed.
pub(super) fn feed(feed: &Feed) -> Vec<u8> {
    let mut key = vec![DERIVED, b'R'];
    key.extend_from_slice(feed.as_str().as_bytes());
    key.push(0);
    key
}

fn of(name: &Feed, letter: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = feed(name);
    key.push(letter);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

/// What the feed's rows were derived under.
pub(super) fn feed_mark(feed: &Feed) -> Vec<u8> {
    of(feed, b'f', &[])
}

/// What closings and releases came to.
pub(super) fn standing(feed: &Feed) -> Vec<u8> {
    of(feed, b's', &[])
}

/// How far a log was read.
pub(super) fn log_mark(feed: &Feed, log: &LogId) -> Vec<u8> {
    of(feed, b'm', &[&log.0])
}

/// A saved document.
pub(super) fn document(feed: &Feed, id: &DocumentId) -> Vec<u8> {
    of(feed, b'd', &[&id.0])
}

/// Prefix of all [`document`]s.
pub(super) fn documents(feed: &Feed) -> Vec<u8> {
    of(feed, b'd', &[])
}

/// A row of the list.
pub(super) fn list_row(feed: &Feed, id: &DocumentId) -> Vec<u8> {
    of(feed, b'l', &[&id.0])
}

/// Prefix of all [`list_row`]s.
pub(super) fn list_rows(feed: &Feed) -> Vec<u8> {
    of(feed, b'l', &[])
}

/// A row of the register: a document about anything but a household.
pub(super) fn register_row(feed: &Feed, id: &DocumentId) -> Vec<u8> {
    of(feed, b'g', &[&id.0])
}

/// Prefix of all [`register_row`]s.
pub(super) fn register_rows(feed: &Feed) -> Vec<u8> {
    of(feed, b'g', &[])
}

/// The records that a document's links name, where it has links.
pub(super) fn link_row(feed: &Feed, id: &DocumentId) -> Vec<u8> {
    of(feed, b'k', &[&id.0])
}

/// Prefix of all [`link_row`]s.
pub(super) fn link_rows(feed: &Feed) -> Vec<u8> {
    of(feed, b'k', &[])
}

/// The last readable change of an actor in a document, on a log.
pub(super) fn seq(feed: &Feed, log: &LogId, actor: &ActorId, document: &DocumentId) -> Vec<u8> {
    of(feed, b'q', &[&log.0, &actor.0, &document.0])
}

/// The log an actor writes in.
pub(super) fn actor(feed: &Feed, actor: &ActorId) -> Vec<u8> {
    of(feed, b'a', &[&actor.0])
}

/// An entry, or a unit, that is not merged.
pub(super) fn held_back(feed: &Feed, log: &LogId, n: u64, segment: &SegmentId) -> Vec<u8> {
    of(feed, b'h', &[&log.0, &n.to_be_bytes(), &segment.0])
}

/// Prefix of [`held_back`] for one position.
pub(super) fn held_back_at(feed: &Feed, log: &LogId, n: u64) -> Vec<u8> {
    of(feed, b'h', &[&log.0, &n.to_be_bytes()])
}

/// Prefix of [`held_back`] for one log.
pub(super) fn held_back_of(feed: &Feed, log: &LogId) -> Vec<u8> {
    of(feed, b'h', &[&log.0])
}

/// Prefix of all [`held_back`].
pub(super) fn all_held_back(feed: &Feed) -> Vec<u8> {
    of(feed, b'h', &[])
}

/// A change that waits for another of its document.
pub(super) fn waiting(
    feed: &Feed,
    document: &DocumentId,
    missing: &ChangeHash,
    (log, n, segment): (&LogId, u64, &SegmentId),
) -> Vec<u8> {
    of(feed, b'w', &[&document.0, &missing.0, &log.0, &n.to_be_bytes(), &segment.0])
}

/// Prefix of [`waiting`] for what waits for one change.
pub(super) fn waiting_for(feed: &Feed, document: &DocumentId, missing: &ChangeHash) -> Vec<u8> {
    of(feed, b'w', &[&document.0, &missing.0])
}

/// Prefix of all [`waiting`].
pub(super) fn all_waiting(feed: &Feed) -> Vec<u8> {
    of(feed, b'w', &[])
}

/// Prefix of [`waiting`] for one document.
pub(super) fn waiting_in(feed: &Feed, document: &DocumentId) -> Vec<u8> {
    of(feed, b'w', &[&document.0])
}

/// Behind all keys of [`waiting_in`] for one document, and before the next one's.
pub(super) fn behind_waiting_in(feed: &Feed, document: &DocumentId) -> Vec<u8> {
    let tail = [0xff; ChangeHash::LEN + LogId::LEN + 8 + SegmentId::LEN + 1];
    of(feed, b'w', &[&document.0, &tail])
}

/// A unit that waits for a key or for software.
pub(super) fn unit(feed: &Feed, log: &LogId, segment: &SegmentId) -> Vec<u8> {
    of(feed, b'u', &[&log.0, &segment.0])
}

/// Prefix of all [`unit`]s.
pub(super) fn units(feed: &Feed) -> Vec<u8> {
    of(feed, b'u', &[])
}
