//! A relay asks headquarters for the key grants of whoever it is to bind or bound, where it does not hold them, and for
//! no others; headquarters gives them to it alone.

use khettara_core::encoding::Set;
use khettara_core::id::{DeviceKey, Feed, Pattern};
use khettara_core::identity::{BindingState, Closing, Identity, Item, Kind, Mode, Role, Withdraw};
use khettara_core::limits::GRANTS_ASKED_PER_SESSION_MAX;
use khettara_core::store::{MemoryStore, held};
use khettara_core::sync::CloseReason;
use khettara_core::wire::Frame;
use khettara_hq::organisation::{close, delegate, write_items};
use khettara_tests::{Raw, Report, World};

const ITEM: u8 = 16;
const NEED_GRANTS: u8 = 19;

fn count(report: &Report, of_type: u8) -> usize {
    report.frames.iter().filter(|(_, kind, _)| *kind == of_type).count()
}

/// How many key grants a relay holds for each serial.
fn mail<const N: usize>(world: &World, serials: [u32; N]) -> [usize; N] {
    serials.map(|serial| held::mail_of(&*world.node("relay").store, serial).expect("reads").len())
}

fn lose_the_relays_disk(world: &mut World) {
    let relay = world.take("relay").reopened([7; 32], Box::new(MemoryStore::new()));
    world.put(relay);
}

/// How many key grants a party says to `peer`, which it reached and which asks for those of `serials`, in two frames.
fn given(world: &mut World, by: &str, peer: DeviceKey, serials: [&[u32]; 2]) -> usize {
    let mut raw = Raw::is_reached(world.node_mut(by), peer);
    for serials in serials {
        raw.say(&Frame::NeedGrants(serials.iter().copied().collect()));
    }
    assert_eq!(raw.closed, None, "asking is no offence");
    let is_grant = |frame: &&Frame| matches!(frame, Frame::Item(item) if item.kind == Kind::KeyGrant as u8);
    let count = raw.heard.iter().filter(is_grant).count();
    raw.hang_up();
    count
}

#[test]
fn what_is_new_is_asked_for_once() {
    let mut world = World::new(52);
    world.invited_tablet("amina");
    world.invited_tablet("brahim");
    let report = world.meet("headquarters", "relay");
    assert!(report.settled);
    assert_eq!((count(&report, ITEM), mail(&world, [1, 2])), (2, [1, 1]), "{report:#?}");
    assert!(world.meet("amina", "relay").settled);
    let report = world.meet("headquarters", "relay");
    let again = count(&report, NEED_GRANTS) + count(&report, ITEM);
    assert_eq!((report.settled, again), (true, 0), "{report:#?}");
    assert_eq!(world.meet("headquarters", "relay").frames.len(), 2, "though brahim has not come yet");
}

#[test]
fn what_was_lost_is_asked_for_wherever_the_call_is_cut() {
    for cut in (40..4_000).step_by(40) {
        let mut world = World::new(54);
        world.tablet("amina");
        world.invited_tablet("brahim");
        assert!(world.meet("headquarters", "relay").settled);
        lose_the_relays_disk(&mut world);
        let link = khettara_tests::Link { cut_after_bytes: Some(cut), ..Default::default() };
        world.meet_over("headquarters", "relay", link);
        assert!(world.meet("headquarters", "relay").settled, "cut after {cut}");
        assert!(world.meet("amina", "relay").settled, "cut after {cut}");
        assert!(world.meet("headquarters", "relay").settled, "cut after {cut}");
        assert_eq!(mail(&world, [1, 2]), [1, 1], "cut after {cut}");
    }
}

#[test]
fn an_invitation_that_ended_and_a_tablet_that_is_closed_need_none() {
    let mut world = World::new(53);
    world.tablet("amina");
    world.invited_tablet("brahim");
    world.invited_tablet("chama");
    assert!(world.meet("headquarters", "relay").settled);
    let closing = Closing {
        serial: 1,
        mode: Mode::CUT,
        devices: [world.node("amina").key()].into_iter().collect(),
        feeds: [Pattern::new("*").expect("a pattern")].into_iter().collect(),
        keep: Set::default(),
        reason: 1,
    };
    let hq = world.node_mut("headquarters");
    close(&mut hq.engine, &mut *hq.store, closing).expect("closes");
    let ended = [Item::Withdraw(Withdraw { serial: 2 })];
    write_items(&mut hq.engine, &mut *hq.store, &Feed::roster(), &ended).expect("writes");
    assert!(world.meet("headquarters", "relay").settled);
    lose_the_relays_disk(&mut world);
    for _ in 0..2 {
        assert!(world.meet("headquarters", "relay").settled);
        assert_eq!(mail(&world, [1, 2, 3]), [0, 0, 1]);
    }
    let report = world.meet("headquarters", "relay");
    assert_eq!((report.settled, count(&report, NEED_GRANTS)), (true, 0), "{report:#?}");
    let relay = world.node("relay").key();
    assert_eq!(
        given(&mut world, "headquarters", relay, [&[1, 2], &[]]),
        0,
        "whatever a relay has heard of it"
    );
}

#[test]
fn of_two_who_were_bound_neither_is_given_keys() {
    let mut world = World::new(55);
    let (serial, secret) = world.invited_tablet("amina");
    let relay = world.node("relay").key();
    world.blank_tablet("thief");
    world.node_mut("thief").take_invitation(serial, &secret, relay);
    assert!(world.meet("headquarters", "relay").settled);
    let clone = world.copy("relay", "clone");
    world.put(clone);
    for (name, relay) in
        [("amina", "relay"), ("thief", "clone"), ("headquarters", "relay"), ("headquarters", "clone")]
    {
        assert!(world.meet(name, relay).settled, "{name} and the {relay}");
    }
    let state = world.node("headquarters").engine.roster().binding(serial);
    assert!(matches!(state, BindingState::Forked), "{state:?}");
    assert_eq!(given(&mut world, "headquarters", relay, [&[serial], &[]]), 0);
}

#[test]
fn headquarters_gives_to_the_registrar_alone_and_once_in_a_meeting() {
    let mut world = World::new(56);
    world.tablet("amina");
    world.invited_tablet("brahim");
    let other = Identity::from_seeds(&[1; 32], &[2; 32]).key();
    let root = world.node_mut("root");
    let all = [Pattern::new("*").expect("a pattern")];
    delegate(&mut root.engine, &mut *root.store, other, Role::RELAY, &all).expect("delegates");
    world.carry_roster("root", "headquarters");
    let (relay, amina) = (world.node("relay").key(), world.node("amina").key());
    let hq = "headquarters";
    assert_eq!(given(&mut world, hq, relay, [&[1, 2], &[]]), 2, "bound or not");
    assert_eq!(given(&mut world, hq, relay, [&[1], &[1, 2]]), 2, "each once");
    assert_eq!(given(&mut world, hq, relay, [&[3, 90], &[]]), 0, "nobody was invited so");
    assert_eq!(given(&mut world, hq, other, [&[1, 2], &[]]), 0, "they are not that relay's to give");
    assert_eq!(given(&mut world, hq, amina, [&[1, 2], &[]]), 0);
    assert!(world.meet(hq, "relay").settled);
    assert_eq!(given(&mut world, "relay", relay, [&[1, 2], &[]]), 0, "and nobody but headquarters gives");
}

#[test]
fn asking_has_an_end() {
    let mut world = World::new(57);
    let relay = world.node("relay").key();
    let most = u32::try_from(GRANTS_ASKED_PER_SESSION_MAX).expect("a number of serials");
    let mut raw = Raw::is_reached(world.node_mut("headquarters"), relay);
    raw.say(&Frame::NeedGrants((1..=most).collect()));
    assert_eq!(raw.closed, None);
    raw.say(&Frame::NeedGrants([most + 1].into_iter().collect()));
    assert_eq!(raw.closed, Some(CloseReason::Misbehaved));
    raw.hang_up();
}
