//! Segments: read as they stand, with a header that is signed here, and with a payload that is sealed here under the head
//! that its content gives.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{Head, SegmentId, StartNonce};
use khettara_core::identity::{Kind, Signed};
use khettara_core::limits::SEGMENT_RAW_BYTES_MAX;
use khettara_core::log::{
    Codec, Content, Cutter, RosterSeen, Segment, SegmentBody, Shaped, Slim as _, Tip, Unit, Written,
    chain_head, first_head, open, open_on, pack, unpack,
};
use khettara_records::content::{Shipped, SlimChanges};

use super::{Before, ORG, feed_key, ground, log, number, reached, signing};

pub(super) fn run(mut bytes: &[u8]) {
    match number(&mut bytes) % 4 {
        0 => as_it_stands(bytes),
        1 => with_a_signed_header(bytes),
        mode => behind_the_seal(bytes, mode == 2),
    }
}

fn as_it_stands(bytes: &[u8]) {
    for segment in [Segment::from_bytes(&ORG, bytes), Segment::of_store(bytes)].into_iter().flatten() {
        assert_eq!(segment.to_bytes(), bytes);
    }
    if let Ok((signed, rest)) = Signed::take(bytes) {
        assert_eq!([&signed.to_bytes(), rest].concat(), bytes);
    }
}

/// The bytes are a header's body and what is sealed.
fn with_a_signed_header(bytes: &[u8]) {
    let Ok((mut body, sealed)) = encoding::take::<SegmentBody>(bytes) else { return };
    body.sealed_len = u32::try_from(sealed.len()).unwrap_or(0);
    body.sealed_hash = hash::derive("sealed", &[sealed]);
    if let Ok(segment) = signed(&body, sealed) {
        assert_eq!(segment.body(), &body);
        assert_eq!(Segment::from_bytes(&ORG, &segment.to_bytes()).as_ref(), Ok(&segment));
        let opened = open_on(&ORG, &segment, (&Head::ZERO, &Before), false, Some(&feed_key()), &Shipped);
        assert_eq!(opened, Unit::Broken, "nobody sealed this with the key");
        let waits = open_on(&ORG, &segment, (&Head::ZERO, &Before), false, None, &Shipped);
        assert_eq!(waits, Unit::WaitingKey);
        drop(open_on(&ORG, &segment, (&Head::ZERO, &Before), true, None, &Shipped));
    }
}

fn signed(body: &SegmentBody, sealed: &[u8]) -> Result<Segment, khettara_core::log::SegmentError> {
    let header = Signed::make(&ORG, &signing(), Kind::Segment, encoding::to_bytes(body));
    Segment::check(&ORG, header.as_signed().clone(), sealed.to_vec())
}

/// The bytes are a payload, or a content that is packed here.
fn behind_the_seal(mut bytes: &[u8], is_payload: bool) {
    let (count, codec) = (u32::from(number(&mut bytes)), number(&mut bytes));
    let payload = if is_payload {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(32), 0);
        Ok(padded)
    } else {
        let codec = match codec % 3 {
            0 => Codec::Plain,
            1 => Codec::Zstd { dictionary: 1 },
            _ => Codec::Slim { dictionary: 2 },
        };
        pack(bytes, codec, 1, &Shipped)
    };
    let Ok(payload) = payload else { return };
    let Ok(raw) = unpack(&payload, &Shipped) else { return };
    assert!(raw.len() as u64 <= SEGMENT_RAW_BYTES_MAX);
    let Ok(Content { start_nonce, items }) = Content::from_bytes(&raw, count) else { return };
    let first = if start_nonce == StartNonce::ZERO { 1 } else { 100 };
    let items = match payload[0] {
        2 => SlimChanges.widen(&ground(first, log(), start_nonce), items),
        _ => Ok(items.into_iter().map(|written| Shaped { written, last_op: 0 }).collect()),
    };
    let Ok(items) = items else { return };
    let items: Vec<Written> = items.into_iter().map(|shaped| shaped.written).collect();
    under_its_head(&payload, first, &items);
    if first == 1 {
        cut_anew(&items);
    }
}

/// Under the head that the items give, they come out as they are, unless a Start breaks a rule.
fn under_its_head(payload: &[u8], first: u64, items: &[Written]) {
    let before = if first == 1 { first_head(&log()) } else { Head([9; 32]) };
    let mut head = before;
    for (n, item) in (first..).zip(items) {
        let Ok(hash) = item.hash() else { return };
        head = chain_head(&head, n, &hash);
    }
    let back = if first == 1 { SegmentId::ZERO } else { SegmentId([8; 32]) };
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let (log, key) = (log(), feed_key());
    let (sealed_len, sealed_hash) = (0, [0; 32]);
    let mut body =
        SegmentBody { log, first, count, back, head, key: key.id(), roster_seen: 0, sealed_len, sealed_hash };
    let sealed = key.seal(&body.aad(&ORG, 1), payload);
    body.sealed_len = u32::try_from(sealed.len()).unwrap_or(u32::MAX);
    body.sealed_hash = hash::derive("sealed", &[&sealed]);
    let Ok(segment) = signed(&body, &sealed) else { return };
    match open_on(&ORG, &segment, (&before, &Before), false, Some(&key), &Shipped) {
        Unit::Entries(entries) => {
            assert!(entries.into_iter().map(|entry| entry.written).eq(items.iter().cloned()));
            reached();
        }
        unit => assert_eq!(unit, Unit::Broken, "only a Start may be wrong with it"),
    }
}

/// What can be cut comes out of its segments as it was.
fn cut_anew(items: &[Written]) {
    let (log, key, signing) = (log(), feed_key(), signing());
    let cutter = Cutter {
        org: &ORG,
        signing: &signing,
        log,
        key: Some(&key),
        codec: Codec::Slim { dictionary: 2 },
        level: 1,
        dictionaries: &Shipped,
        roster_seen: RosterSeen::Position(0),
    };
    let Ok((segments, _)) = cutter.cut(Tip::start(&log), items) else { return };
    let (mut before, mut out) = (first_head(&log), Vec::new());
    for segment in segments {
        let Unit::Entries(entries) = open(&ORG, &segment, &before, false, Some(&key), &Shipped) else {
            // Cut without asking what a Start may be: whoever opens it asks.
            return;
        };
        before = segment.body().head;
        out.extend(entries.into_iter().map(|entry| entry.written));
    }
    assert_eq!(out, items);
}
