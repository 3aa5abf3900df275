//! Bytes before the handshake is complete may be somebody's repetition: they bind no claim and move no base.

use khettara_core::identity::BindingState;
use khettara_core::store::held::{Side, bases};
use khettara_core::wire::Frame;
use khettara_tests::{Link, Raw, World};

/// Invites Amina, and the relay hears of it; gives the serial.
fn invited(world: &mut World) -> u32 {
    let (serial, _) = world.invited_tablet("amina");
    assert!(world.meet("headquarters", "relay").settled);
    serial
}

/// Amina's claim reaches the relay before the handshake is complete there.
fn claims_early(world: &mut World) -> Raw<'_> {
    let claim = world.node("amina").engine.party().claim.clone().expect("has one");
    let amina = world.node("amina").key();
    let mut raw = Raw::reaches(world.node_mut("relay"), amina, false);
    raw.say(&Frame::Claim(claim));
    raw
}

#[test]
fn an_early_claim_binds_nothing_and_waits_for_the_handshake() {
    let mut world = World::new(42);
    let serial = invited(&mut world);
    let raw = claims_early(&mut world);
    assert_eq!((raw.closed, raw.heard.len()), (None, 0));
    raw.hang_up();
    assert_eq!(world.node("relay").engine.roster().binding(serial), BindingState::None);
    let report = world.meet_over("amina", "relay", Link { early: true, ..Link::default() });
    assert!(report.settled, "a tablet waits with its claim: {report:#?}");
}

#[test]
fn a_claim_that_overtakes_the_end_of_the_handshake_is_heard_when_that_comes() {
    let mut world = World::new(44);
    let serial = invited(&mut world);
    let mut raw = claims_early(&mut world);
    raw.confirm();
    assert!(raw.heard.iter().any(|frame| matches!(frame, Frame::Bound(_))), "{:?}", raw.closed);
    assert_eq!(raw.closed, None);
    raw.hang_up();
    assert_ne!(world.node("relay").engine.roster().binding(serial), BindingState::None);
    assert!(world.meet("amina", "relay").settled, "who did not hear the answer claims again");
}

#[test]
fn a_hello_said_again_by_somebody_moves_no_base() {
    let mut world = World::new(43);
    invited(&mut world);
    let feed = world.feeds[0].clone();
    let amina = world.node("amina").key();
    let mut hellos = Vec::new();
    for note in 0..4u8 {
        let report = world.meet("amina", "relay");
        assert!(report.settled);
        let said = report.said.into_iter().filter(|(up, stream, _)| *up && !stream).map(|(.., bytes)| bytes);
        hellos.extend(said.filter(|bytes| matches!(Frame::from_bytes(bytes), Ok(Frame::Hello(_)))));
        world.node_mut("amina").note(&feed, &[note]).expect("saved");
    }
    assert!(world.meet("amina", "relay").settled);
    let from_nothing =
        |bytes: &Vec<u8>| matches!(Frame::from_bytes(bytes), Ok(Frame::Hello(it)) if it.base == [0; 8]);
    assert!(hellos.iter().any(from_nothing), "which anybody can be told again, whatever came since");
    let known = |world: &World| bases(&*world.node("relay").store, &amina, Side::Heard).expect("reads");
    let before = known(&world);
    for hello in hellos {
        let mut raw = Raw::reaches(world.node_mut("relay"), amina, false);
        raw.say_bytes(hello);
        raw.hang_up();
    }
    assert_eq!(known(&world), before);
    let report = world.meet_over("amina", "relay", Link { early: true, ..Link::default() });
    assert!(report.settled);
    let report = world.meet("amina", "relay");
    assert_eq!(report.frames.len(), 2, "{report:#?}");
}
