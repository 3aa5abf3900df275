//! A peer offers work that the relay's roster does not grant, more than the relay stages, and then some: the
//! relay stays, and says what it refuses.

use khettara_core::limits::STAGED_BYTES_PER_SESSION_MAX;
use khettara_core::sync::CloseReason;
use khettara_core::wire::{Frame, Refusal, Settled};
use khettara_tests::{Node, Raw, World};

/// What amina says to a relay that is set back to before it knew brahim, whose work she brings: the relay as it was
/// before that meeting, the frames of hers that name logs, without brahim's credential, and the streams.
fn brahims_work_at_a_relay_that_does_not_know_him(
    world: &mut World,
    bytes: usize,
) -> (Node, Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let feed = world.feeds[0].clone();
    world.tablet("amina");
    let relay = world.copy("relay", "relay");
    let before = world.copy("relay", "relay");
    world.tablet("brahim");
    for name in ["brahim", "amina"] {
        for _ in 0..8 {
            let words = (0..if name == "brahim" { bytes / 8 } else { 1 }).map(|_| world.chance().word());
            let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
            world.node_mut(name).note(&feed, &bytes).expect("saved");
            world.node_mut(name).engine_cut();
        }
        assert!(world.meet(name, "relay").settled);
    }
    world.put(before);
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    let up = report.said.into_iter().filter(|(dialler, ..)| *dialler);
    let (streams, frames): (Vec<_>, Vec<_>) = up.partition(|(_, stream, _)| *stream);
    let frames = frames.into_iter().map(|(.., bytes)| bytes).filter(|bytes| matches!(bytes[0], 2 | 8 | 12));
    (relay, frames.collect(), streams.into_iter().map(|(.., bytes)| bytes).collect())
}

fn asked(raw: &Raw<'_>) -> usize {
    raw.heard.iter().filter(|frame| matches!(frame, Frame::Ends(_))).count()
}

fn refused(raw: &Raw<'_>) -> usize {
    let refused = |frame: &&Frame| matches!(frame, Frame::Refused(it) if it.reason == Refusal::NOT_GRANTED);
    raw.heard.iter().filter(refused).count()
}

#[test]
fn a_relay_outlives_more_than_it_stages() {
    let mut world = World::new(45);
    let (mut relay, frames, streams) = brahims_work_at_a_relay_that_does_not_know_him(&mut world, 72_000);
    let rounds = STAGED_BYTES_PER_SESSION_MAX / streams.iter().map(Vec::len).sum::<usize>() + 2;
    let amina = world.node("amina").key();
    let mut raw = Raw::reaches(&mut relay, amina, true);
    for bytes in frames {
        raw.say_bytes(bytes);
    }
    for _ in 0..2 {
        for bytes in (0..rounds).flat_map(|_| &streams) {
            raw.send(bytes.clone());
        }
        let segments = u32::try_from(streams.len() * rounds).expect("few");
        // What the relay asks for is answered with nothing, until it asks no more.
        let mut answered = None;
        while answered != Some(asked(&raw)) {
            answered = Some(asked(&raw));
            let answered = u32::try_from(asked(&raw)).expect("few");
            raw.say(&Frame::Settled(Settled { segments, answered }));
        }
    }
    assert!(refused(&raw) > 0, "it says what it refuses");
    assert_eq!(raw.closed, Some(CloseReason::Done), "nothing comes of waiting, and nobody is blamed");
    raw.hang_up();
    let feed = world.feeds[0].clone();
    let brahims = world.node("brahim").notes(&feed);
    assert!(
        relay.notes_with_keys_of(&feed, &*world.node("amina").store).iter().all(|it| !brahims.contains(it))
    );
}

#[test]
fn what_no_answer_can_grant_is_refused_while_the_relay_asks() {
    let mut world = World::new(46);
    let (relay, frames, streams) = brahims_work_at_a_relay_that_does_not_know_him(&mut world, 16);
    let amina = world.node("amina").key();
    let mut both = 0;
    for without in 0..streams.len() {
        let mut relay = relay.cloned("relay", [9; 32], Box::new(relay.copied_store()));
        let mut raw = Raw::reaches(&mut relay, amina, true);
        for bytes in &frames {
            raw.say_bytes(bytes.clone());
        }
        for (_, bytes) in streams.iter().enumerate().filter(|(place, _)| *place != without) {
            raw.send(bytes.clone());
        }
        assert_eq!((asked(&raw), refused(&raw)), (0, 0), "the rest may be on its way");
        let segments = u32::try_from(streams.len() - 1).expect("few");
        raw.say(&Frame::Settled(Settled { segments, answered: 0 }));
        both += usize::from(asked(&raw) == 1 && refused(&raw) == 1);
        raw.hang_up();
    }
    assert_eq!(
        both, 8,
        "whatever of her own did not come is asked for, and brahim's refused in the same breath"
    );
}
