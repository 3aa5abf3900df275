//! An opener may greet twice in one meeting. What it asked before the second time is still counted, so it still waits
//! for the word that says how many of its questions were answered.

use khettara_core::wire::{Ends, Frame, LogEnds, LogRef, Settled};
use khettara_tests::{Raw, World};

#[test]
fn a_second_answer_is_followed_by_an_end_though_nothing_is_new() {
    let mut world = World::new(48);
    world.tablet("amina");
    let amina = world.node("amina").key();
    let report = world.meet("amina", "relay");
    let hello = report.said.into_iter().find(|(up, stream, _)| *up && !stream).expect("she greets").2;
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    let ended = |raw: &Raw<'_>| {
        let ends = |frame: &&Frame| matches!(frame, Frame::Settled(Settled { answered: 1, .. }));
        raw.heard.iter().filter(ends).count()
    };
    raw.say_bytes(hello.clone());
    let announced = |raw: &Raw<'_>| match raw.heard.last() {
        Some(Frame::HelloAck(answer)) => answer.more,
        other => panic!("no answer but {other:?}"),
    };
    assert!(!announced(&raw), "there is nothing to say");
    let held = LogEnds { log: LogRef::Short([7; 8]), ends: vec![] };
    raw.say(&Frame::Ends(Ends { held }));
    assert_eq!(ended(&raw), 1, "nothing is known of that log, and that is an answer");
    raw.say_bytes(hello);
    assert_eq!(ended(&raw), 2, "{:?}", raw.heard);
    assert_eq!(raw.closed, None);
    raw.hang_up();
}
