//! A relay holds what its author signed for this organisation, to the bit, or nothing.

use std::collections::BTreeSet;

use khettara_core::encoding;
use khettara_core::id::SegmentId;
use khettara_core::identity::{Kind, Signed};
use khettara_core::sync::CloseReason;
use khettara_core::wire::{Frame, SegmentHeader};
use khettara_tests::{Node, Raw, World};

type Said = Vec<(bool, bool, Vec<u8>)>;

/// What a tablet says to bring one note, and the world before the relay heard it.
fn heard(seed: u64) -> (World, Said) {
    let mut world = World::new(seed);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"the first note").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    world.node_mut("amina").note(&feed, b"the second note").expect("saved");
    let before = world.copy("relay", "relay");
    let report = world.meet("amina", "relay");
    assert!(report.settled && report.segments_up == 1);
    let relay = world.take("relay");
    world.put(Node { name: "relay that heard".into(), ..relay });
    world.put(before);
    (world, report.said.into_iter().filter(|(dialler, ..)| *dialler).collect())
}

fn held_by(node: &Node) -> BTreeSet<SegmentId> {
    let rows = node.store.scan(b"s", &[], usize::MAX).expect("reads");
    rows.into_iter().map(|(key, _)| SegmentId(*key.last_chunk().expect("a segment's name"))).collect()
}

#[test]
fn every_flipped_byte_is_refused_or_changes_nothing() {
    let (mut world, said) = heard(21);
    let honest = held_by(world.node("relay that heard"));
    let before = held_by(world.node("relay"));
    let peer = world.node("amina").key();
    let mut refused = 0;
    for place in 0..said.len() {
        // Frames whose bytes are mostly signatures are sampled; the stream is flipped everywhere.
        for at in (0..said[place].2.len()).step_by(if said[place].1 { 1 } else { 3 }) {
            let mut flipped = said.clone();
            flipped[place].2[at] ^= 1 << (at % 8);
            let mut relay = world.copy("relay", "copy");
            let mut raw = Raw::reaches(&mut relay, peer, true);
            raw.repeat(&flipped);
            let closed = raw.closed;
            raw.hang_up();
            let now = held_by(&relay);
            assert!(now.is_subset(&honest), "flip at {at} of {place} made the relay hold something else");
            refused += u32::from(now == before || closed == Some(CloseReason::Misbehaved));
        }
    }
    assert!(refused > 100, "flips of a signed segment are refused: {refused}");
}

#[test]
fn another_authors_signature_is_refused() {
    let (mut world, said) = heard(22);
    let org = world.org;
    let (amina, brahim) = (world.node("amina").key(), world.node("brahim").identity.signing.clone());
    let relay = world.copy("relay that heard", "reader");
    let rows = relay.store.scan(b"s", &[], usize::MAX).expect("reads");
    let segments =
        rows.iter().map(|(_, bytes)| khettara_core::log::Segment::from_bytes(&org, bytes).expect("good"));
    let last = segments.filter(|segment| segment.header().signer() == amina).max_by_key(|s| s.body().first);
    let last = last.expect("amina wrote");
    let forged = Signed::make(&org, &brahim, Kind::Segment, encoding::to_bytes(last.body()));
    let mut forged_said = said.clone();
    let stream = forged_said.iter_mut().find(|(_, stream, _)| *stream).expect("a stream");
    let (mut header, sealed) = SegmentHeader::take(&stream.2).expect("a header");
    header.sig = forged.as_signed().sig;
    stream.2 = [header.to_bytes(), sealed.to_vec()].concat();
    let before = held_by(world.node("relay"));
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    raw.repeat(&forged_said);
    raw.hang_up();
    assert_eq!(held_by(world.node("relay")), before);
}

#[test]
fn another_organisations_segment_is_refused() {
    let (_, said) = heard(23);
    let mut world = World::new(24);
    world.tablet("amina");
    let amina = world.node("amina").key();
    let before = held_by(world.node("relay"));
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    raw.repeat(&said);
    raw.hang_up();
    assert_eq!(held_by(world.node("relay")), before);
}

#[test]
fn bytes_with_something_left_over_are_no_frame() {
    let (mut world, said) = heard(25);
    let peer = world.node("amina").key();
    for (_, stream, bytes) in said.iter().filter(|(_, stream, _)| !*stream) {
        assert!(!stream && Frame::from_bytes(bytes).is_ok());
        let mut raw = Raw::reaches(world.node_mut("relay"), peer, true);
        raw.say_bytes([bytes.as_slice(), &[0]].concat());
        assert_eq!(raw.closed, Some(CloseReason::Misbehaved));
        raw.hang_up();
    }
}
