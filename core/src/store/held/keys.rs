//! The layout of keys: one letter for the kind of row, then what is looked up by, most general first.

use crate::id::{DeviceKey, DocumentId, Feed, LogId, SegmentId};
use crate::store::DERIVED;

/// A key under construction.
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new(kind: u8) -> Self {
        Self(vec![kind])
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Feed names hold no zero byte, so a zero ends them and no name is a prefix of another.
    pub(super) fn feed(self, feed: &Feed) -> Self {
        self.bytes(feed.as_str().as_bytes()).bytes(&[0])
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(super) fn done(self) -> Vec<u8> {
        self.0
    }
}

/// `d log` → descriptor.
pub(super) fn descriptor(log: &LogId) -> Vec<u8> {
    Key::new(b'd').bytes(&log.0).done()
}

/// Prefix of [`descriptor`] for logs whose id begins so.
pub(super) fn descriptors_from(short: &[u8; 8]) -> Vec<u8> {
    Key::new(b'd').bytes(short).done()
}

/// `g feed device log` → nothing: the logs of a device in a feed.
pub(super) fn log_of(feed: &Feed, device: &DeviceKey, log: &LogId) -> Vec<u8> {
    Key::new(b'g').feed(feed).bytes(&device.0).bytes(&log.0).done()
}

/// Prefix of [`log_of`] for one device in one feed.
pub(super) fn logs_of(feed: &Feed, device: &DeviceKey) -> Vec<u8> {
    Key::new(b'g').feed(feed).bytes(&device.0).done()
}

/// Prefix of [`log_of`] for one feed.
pub(super) fn logs_in(feed: &Feed) -> Vec<u8> {
    Key::new(b'g').feed(feed).done()
}

/// `s segment` → envelope and sealed bytes.
pub(super) fn segment(id: &SegmentId) -> Vec<u8> {
    Key::new(b's').bytes(&id.0).done()
}

/// `e log last segment` → row: segments by where they end.
pub(super) fn end(log: &LogId, last: u64, id: &SegmentId) -> Vec<u8> {
    Key::new(b'e').bytes(&log.0).number(last).bytes(&id.0).done()
}

/// Prefix of [`end`] for one position.
pub(super) fn ends_at(log: &LogId, last: u64) -> Vec<u8> {
    Key::new(b'e').bytes(&log.0).number(last).done()
}

/// Prefix of [`end`] for one log.
pub(super) fn ends_of(log: &LogId) -> Vec<u8> {
    Key::new(b'e').bytes(&log.0).done()
}

/// `c log back segment` → last position: what goes on from a segment.
pub(super) fn child(log: &LogId, back: &SegmentId, id: &SegmentId) -> Vec<u8> {
    Key::new(b'c').bytes(&log.0).bytes(&back.0).bytes(&id.0).done()
}

/// Prefix of [`child`] for one segment.
pub(super) fn children(log: &LogId, back: &SegmentId) -> Vec<u8> {
    Key::new(b'c').bytes(&log.0).bytes(&back.0).done()
}

/// `v feed log` → the log's lines.
pub(super) fn lines(feed: &Feed, log: &LogId) -> Vec<u8> {
    Key::new(b'v').feed(feed).bytes(&log.0).done()
}

/// Prefix of [`lines`] for one feed.
pub(super) fn lines_in(feed: &Feed) -> Vec<u8> {
    Key::new(b'v').feed(feed).done()
}

/// `w feed` → one's own logs in the feed.
pub(super) fn own(feed: &Feed) -> Vec<u8> {
    Key::new(b'w').feed(feed).done()
}

/// `q log position` → an own entry that is saved and not cut.
pub(super) fn pending(log: &LogId, n: u64) -> Vec<u8> {
    Key::new(b'q').bytes(&log.0).number(n).done()
}

/// Prefix of [`pending`] for one log.
pub(super) fn pending_of(log: &LogId) -> Vec<u8> {
    Key::new(b'q').bytes(&log.0).done()
}

/// `x segment position` → Changes of one's own segment from there on, for later ones to point at.
pub(super) fn own_changes(segment: &SegmentId, n: u64) -> Vec<u8> {
    Key::new(b'x').bytes(&segment.0).number(n).done()
}

/// `y log document` → position of the last Change of a document that was cut in one's own log.
pub(super) fn latest(log: &LogId, document: &DocumentId) -> Vec<u8> {
    Key::new(b'y').bytes(&log.0).bytes(&document.0).done()
}

/// `~x segment position` → Changes of a segment that was read, from there on.
pub(super) fn read_changes(segment: &SegmentId, n: u64) -> Vec<u8> {
    Key::new(DERIVED).bytes(b"x").bytes(&segment.0).number(n).done()
}

/// `r feed device issuer` → a receipt.
pub(super) fn receipt(feed: &Feed, device: &DeviceKey, issuer: &DeviceKey) -> Vec<u8> {
    Key::new(b'r').feed(feed).bytes(&device.0).bytes(&issuer.0).done()
}

/// Prefix of [`receipt`] for one feed.
pub(super) fn receipts_in(feed: &Feed) -> Vec<u8> {
    Key::new(b'r').feed(feed).done()
}

/// Prefix of [`receipt`] for one author in one feed.
pub(super) fn receipts_of(feed: &Feed, device: &DeviceKey) -> Vec<u8> {
    Key::new(b'r').feed(feed).bytes(&device.0).done()
}

/// `a name` → a signed item that travelled alone.
pub(super) fn alone(name: &[u8; 32]) -> Vec<u8> {
    Key::new(b'a').bytes(name).done()
}

/// `m serial name` → a key grant waiting for its serial.
pub(super) fn mail(serial: u32, name: &[u8; 32]) -> Vec<u8> {
    Key::new(b'm').bytes(&serial.to_be_bytes()).bytes(name).done()
}

/// Prefix of [`mail`] for one serial.
pub(super) fn mailbox(serial: u32) -> Vec<u8> {
    Key::new(b'm').bytes(&serial.to_be_bytes()).done()
}

/// `k feed ordinal` → a feed key.
pub(super) fn feed_key(feed: &Feed, ordinal: u32) -> Vec<u8> {
    Key::new(b'k').feed(feed).bytes(&ordinal.to_be_bytes()).done()
}

/// Prefix of [`feed_key`] for one feed.
pub(super) fn feed_keys(feed: &Feed) -> Vec<u8> {
    Key::new(b'k').feed(feed).done()
}

/// `b peer side` → the last two bases of a peer.
pub(super) fn bases(peer: &DeviceKey, side: u8) -> Vec<u8> {
    Key::new(b'b').bytes(&peer.0).bytes(&[side]).done()
}

/// `p peer` → what is remembered of a peer.
pub(super) fn peer(peer: &DeviceKey) -> Vec<u8> {
    Key::new(b'p').bytes(&peer.0).done()
}
