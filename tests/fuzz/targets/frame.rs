//! Frames and the headers of segment streams: what reads back is spelt in one way.

use khettara_core::wire::{Frame, SegmentHeader};

use super::reached;

pub(super) fn run(bytes: &[u8]) {
    if let Ok(frame) = Frame::from_bytes(bytes)
        && frame != Frame::Ignored
    {
        assert_eq!(frame.to_bytes(), bytes);
        assert_eq!(Frame::from_bytes(&frame.to_bytes()), Ok(frame));
        reached();
    }
    if let Ok((header, rest)) = SegmentHeader::take(bytes) {
        assert_eq!([&header.to_bytes(), rest].concat(), bytes);
    }
}
