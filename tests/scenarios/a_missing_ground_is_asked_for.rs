//! A segment arrives before the one it goes on from: it waits, and the gap is asked for.

use khettara_core::wire::{Frame, Settled};
use khettara_tests::{Raw, World};

#[test]
fn a_segment_without_ground_waits_and_is_taken_when_the_ground_comes() {
    let mut world = World::new(31);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    for note in 0..3u8 {
        world.node_mut("amina").note(&feed, &[note; 9]).expect("saved");
        world.node_mut("amina").engine_cut();
    }
    let before = world.copy("relay", "relay");
    let report = world.meet("amina", "relay");
    assert!(report.settled && report.segments_up == 3);
    let whole = world.digest("relay", &feed);
    world.take("relay");
    world.put(before);
    let up = report.said.iter().filter(|(dialler, ..)| *dialler);
    let (streams, frames): (Vec<_>, Vec<_>) = up.partition(|(_, stream, _)| *stream);
    let amina = world.node("amina").key();
    let nothing = world.digest("relay", &feed);
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    for (.., bytes) in frames.iter().filter(|(.., bytes)| matches!(bytes[0], 2 | 8 | 12 | 16)) {
        raw.say_bytes(bytes.clone());
    }
    raw.send(streams[2].2.clone());
    raw.send(streams[1].2.clone());
    raw.say(&Frame::Settled(Settled { segments: 2, answered: 0 }));
    let asked = raw.heard.iter().filter(|frame| matches!(frame, Frame::Ends(_))).count();
    assert!(asked >= 1, "{:?}", raw.heard);
    raw.send(streams[0].2.clone());
    raw.hang_up();
    assert_ne!(whole, nothing);
    assert_eq!(world.digest("relay", &feed), whole);
}
