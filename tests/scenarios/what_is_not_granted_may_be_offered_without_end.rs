//! A peer offers work that the relay's roster does not grant, more than the relay stages, and then some: the
//! relay stays, and says what it refuses.

use khettara_core::limits::STAGED_BYTES_PER_SESSION_MAX;
use khettara_core::sync::CloseReason;
use khettara_core::wire::{Frame, Refusal, Settled};
use khettara_tests::{Raw, World};

#[test]
fn a_relay_outlives_more_than_it_stages() {
    let mut world = World::new(45);
    let feed = world.feeds[0].clone();
    world.tablet("amina");
    // The relay as it was before it knew brahim.
    let mut relay = world.copy("relay", "relay");
    let before = world.copy("relay", "relay");
    world.tablet("brahim");
    for _ in 0..8 {
        let bytes: Vec<u8> = (0..9_000).flat_map(|_| world.chance().word().to_le_bytes()).collect();
        world.node_mut("brahim").note(&feed, &bytes).expect("saved");
    }
    for name in ["brahim", "amina"] {
        assert!(world.meet(name, "relay").settled);
    }
    world.put(before);
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    let up: Vec<_> = report.said.into_iter().filter(|(dialler, ..)| *dialler).collect();
    let streams: Vec<_> = up.iter().filter(|(_, stream, _)| *stream).map(|(.., bytes)| bytes).collect();
    let rounds = STAGED_BYTES_PER_SESSION_MAX / streams.iter().map(|bytes| bytes.len()).sum::<usize>() + 2;

    // All that amina said, but for brahim's credential.
    let amina = world.node("amina").key();
    let mut raw = Raw::reaches(&mut relay, amina, true);
    for (.., bytes) in up.iter().filter(|(_, stream, bytes)| !*stream && matches!(bytes[0], 2 | 8 | 12)) {
        raw.say_bytes(bytes.clone());
    }
    for _ in 0..2 {
        for bytes in (0..rounds).flat_map(|_| &streams) {
            raw.send((*bytes).clone());
        }
        let segments = u32::try_from(streams.len() * rounds).expect("few");
        // What the relay asks for is answered with nothing, until it asks no more.
        let asked = |raw: &Raw<'_>| raw.heard.iter().filter(|frame| matches!(frame, Frame::Ends(_))).count();
        let mut answered = None;
        while answered != Some(asked(&raw)) {
            answered = Some(asked(&raw));
            let answered = u32::try_from(asked(&raw)).expect("few");
            raw.say(&Frame::Settled(Settled { segments, answered }));
        }
    }
    let granted = |frame: &Frame| !matches!(frame, Frame::Refused(it) if it.reason == Refusal::NOT_GRANTED);
    assert!(!raw.heard.iter().all(granted), "it says what it refuses");
    assert_eq!(raw.closed, Some(CloseReason::Done), "nothing comes of waiting, and nobody is blamed");
    raw.hang_up();
    assert!(relay.notes_with_keys_of(&feed, &*world.node("amina").store).is_empty());
}
