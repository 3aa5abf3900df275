//! A meeting has an order: who opens greets, who is reached answers, each once. What breaks it ends that meeting and
//! nothing else.

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::limits::{SUBSCRIBED_FEEDS_MAX, VECTOR_LINES_MAX};
use khettara_core::log::base_id;
use khettara_core::store::held::{Side, bases};
use khettara_core::sync::CloseReason;
use khettara_core::wire::{Frame, Hello, HelloAck, LogEnds, LogRef, NeedVectors, VERSION, Vectors};
use khettara_tests::{Raw, World};

/// Amina, enrolled, and what she said first and the relay answered when they met last.
fn world() -> (World, DeviceKey, Hello, HelloAck) {
    let mut world = World::new(46);
    world.tablet("amina");
    let report = world.meet("amina", "relay");
    let frame = |up: bool| {
        let said = report.said.iter().find(|(dialler, stream, _)| *dialler == up && !stream);
        Frame::from_bytes(&said.expect("both say something").2).expect("a frame")
    };
    let (Frame::Hello(hello), Frame::HelloAck(answer)) = (frame(true), frame(false)) else {
        panic!("a greeting and its answer")
    };
    let amina = world.node("amina").key();
    (world, amina, hello, answer)
}

/// How a meeting ends in which Amina says this to the relay, if it does.
fn ends(world: &mut World, amina: DeviceKey, frames: &[Frame]) -> Option<CloseReason> {
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    frames.iter().for_each(|frame| raw.say(frame));
    let closed = raw.closed;
    raw.hang_up();
    closed
}

/// The lines of a vector, said in as many frames as it takes, the last of them saying whether there are more.
fn lines(count: usize, more: bool) -> Vec<Frame> {
    let line = |n: usize| LogEnds { log: LogRef::Short(n.to_le_bytes()), ends: vec![] };
    let all: Vec<LogEnds> = (0..count).map(line).collect();
    let mut chunks = all.chunks(5_000).peekable();
    let mut frames = Vec::new();
    while let Some(chunk) = chunks.next() {
        let (feeds, more) = (vec![(0, chunk.to_vec())], more || chunks.peek().is_some());
        frames.push(Frame::Vectors(Vectors { subscription: None, feeds, numbering: 0, more }));
    }
    frames
}

fn subscribing(feeds: Vec<Feed>) -> Frame {
    Frame::Vectors(Vectors { subscription: Some(feeds), feeds: vec![], numbering: 0, more: false })
}

#[test]
fn who_speaks_another_version_is_told_so() {
    let (mut world, amina, hello, _) = world();
    for (versions, expected) in [
        ((VERSION, VERSION), None),
        ((0, VERSION + 7), None),
        ((VERSION + 1, VERSION + 7), Some(CloseReason::Version)),
        ((0, VERSION - 1), Some(CloseReason::Version)),
    ] {
        let said = [Frame::Hello(Hello { versions, ..hello.clone() })];
        assert_eq!(ends(&mut world, amina, &said), expected, "{versions:?}");
    }
    assert!(world.meet("amina", "relay").settled);
}

#[test]
fn who_opens_does_not_answer_and_who_is_reached_does_not_greet() {
    let (mut world, amina, hello, answer) = world();
    let greeting = || Frame::Hello(hello.clone());
    let vectors = || lines(1, false).remove(0);
    let wrong = [
        vec![Frame::HelloAck(answer.clone())],
        vec![Frame::NeedVectors(NeedVectors { digests: None })],
        vec![vectors()],
        vec![greeting(), vectors()],
    ];
    for said in wrong {
        assert_eq!(ends(&mut world, amina, &said), Some(CloseReason::Misbehaved), "{said:?}");
    }
    assert_eq!(ends(&mut world, amina, &[greeting(), greeting()]), None, "once more is a new round");

    let relay = world.node("relay").key();
    for wrong in
        [vec![greeting()], vec![vectors()], vec![Frame::HelloAck(HelloAck { more: true, ..answer }); 2]]
    {
        let mut raw = Raw::is_reached(world.node_mut("amina"), relay);
        assert!(matches!(raw.heard[..], [Frame::Hello(_), ..]));
        wrong.iter().for_each(|frame| raw.say(frame));
        assert_eq!(raw.closed, Some(CloseReason::Misbehaved), "{wrong:?}");
        raw.hang_up();
    }
    assert!(world.meet("amina", "relay").settled);
}

#[test]
fn a_subscription_has_an_order_and_an_end() {
    let (mut world, amina, hello, _) = world();
    let unknown = Frame::Hello(Hello { subscription: [9; 8], ..hello });
    let feeds = |count: usize| -> Vec<Feed> {
        (0..count).map(|n| Feed::new(format!("09.{n:05}")).expect("a feed")).collect()
    };
    let mut turned = feeds(2);
    turned.reverse();
    let twice = [feeds(1), feeds(1)].concat();
    for (subscription, expected) in [
        (feeds(SUBSCRIBED_FEEDS_MAX), None),
        (feeds(SUBSCRIBED_FEEDS_MAX + 1), Some(CloseReason::Misbehaved)),
        (turned, Some(CloseReason::Misbehaved)),
        (twice, Some(CloseReason::Misbehaved)),
    ] {
        let said = [unknown.clone(), subscribing(subscription)];
        assert_eq!(ends(&mut world, amina, &said), expected);
    }
    assert!(world.meet("amina", "relay").settled);
}

#[test]
fn a_vector_has_an_end() {
    let (mut world, amina, hello, _) = world();
    let unknown = Frame::Hello(Hello { base: [9; 8], ..hello });
    let mut said = [vec![unknown], lines(VECTOR_LINES_MAX, true)].concat();
    assert_eq!(ends(&mut world, amina, &said), None);
    said.extend(lines(1, true));
    assert_eq!(ends(&mut world, amina, &said), Some(CloseReason::Misbehaved));
    assert!(world.meet("amina", "relay").settled);
}

#[test]
fn a_greeting_that_does_not_say_all_is_asked_for_the_rest() {
    let (mut world, amina, hello, _) = world();
    let said = |base: [u8; 8], whole: bool| Frame::Hello(Hello { base, whole, ..hello.clone() });
    for (base, whole, is_asked) in
        [(hello.base, true, false), (hello.base, false, true), ([9; 8], true, true)]
    {
        let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
        raw.say(&said(base, whole));
        let asked = raw.heard.iter().any(|frame| matches!(frame, Frame::NeedVectors(_)));
        let answered = raw.heard.iter().any(|frame| matches!(frame, Frame::HelloAck(_)));
        assert_eq!((asked, answered, raw.closed), (is_asked, !is_asked, None), "{base:?}, {whole}");
        raw.hang_up();
    }
}

#[test]
fn a_base_is_kept_where_both_sides_said_the_same_and_nowhere_else() {
    let (mut world, amina, _, _) = world();
    let relay = world.node("relay").key();
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"news").expect("saved");
    let kept = |world: &World, side| {
        let (name, peer) = if side == Side::Said { ("amina", relay) } else { ("relay", amina) };
        bases(&*world.node(name).store, &peer, side).expect("reads").into_iter().next().map(|base| base.id)
    };
    let before = [Side::Said, Side::Heard].map(|side| kept(&world, side));

    let mut raw = Raw::is_reached(world.node_mut("amina"), relay);
    let Frame::Hello(hello) = raw.heard[0].clone() else { panic!("it greets") };
    let said = base_id(&hello.digest);
    raw.say(&Frame::BaseKept([9; 8]));
    raw.hang_up();
    assert_eq!(kept(&world, Side::Said), before[0], "of another vector");
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, true);
    raw.say(&Frame::BaseKept(said));
    raw.hang_up();
    assert_eq!(kept(&world, Side::Heard), before[1], "who is reached says that, not who opens");

    let mut raw = Raw::is_reached(world.node_mut("amina"), relay);
    raw.say(&Frame::BaseKept(said));
    raw.hang_up();
    assert_eq!(kept(&world, Side::Said), Some(said));
    assert_ne!(before[0], Some(said));
}
