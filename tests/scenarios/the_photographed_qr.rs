//! Somebody photographed the QR code: the first claim wins, the second is refused, the winner stays.

use khettara_core::id::Feed;
use khettara_core::identity::{Item, Withdraw};
use khettara_core::sync::Notice;
use khettara_core::wire::Refusal;
use khettara_hq::organisation::write_items;
use khettara_tests::{Report, World};

fn refused(report: &Report, reason: Refusal) -> bool {
    report.notices.contains(&Notice::Refused { reason })
}

#[test]
fn the_second_claim_is_refused_and_the_first_tablet_works_on() {
    let mut world = World::new(32);
    let (serial, secret) = world.invited_tablet("amina");
    let registrar = world.node("relay").key();
    world.blank_tablet("thief");
    world.node_mut("thief").take_invitation(serial, &secret, registrar);
    assert!(world.meet("headquarters", "relay").settled);
    let saved_claim = world.node("amina").engine.party().claim.clone();
    assert!(world.meet("amina", "relay").settled);
    let report = world.meet("thief", "relay");
    assert!(refused(&report, Refusal::ALREADY_USED) && !report.settled, "{report:#?}");
    let feed = world.feeds[0].clone();
    assert!(
        !world
            .node("thief")
            .engine
            .roster()
            .rights(&world.node("thief").key(), &feed)
            .includes(khettara_core::identity::Rights::READ)
    );

    // The answer was lost: the same tablet asks again and gets the same.
    world.node_mut("amina").engine.party_mut().claim = saved_claim;
    let again = world.meet("amina", "relay");
    assert!(again.settled && again.notices.contains(&Notice::Enrolled), "{again:#?}");
    world.node_mut("amina").note(&feed, b"still enrolled").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.node("headquarters").notes(&feed).len(), 1);
}

#[test]
fn a_withdrawn_invitation_binds_nobody() {
    let mut world = World::new(33);
    let (serial, _) = world.invited_tablet("amina");
    let hq = world.node_mut("headquarters");
    let items = [Item::Withdraw(Withdraw { serial })];
    write_items(&mut hq.engine, &mut *hq.store, &Feed::roster(), &items).expect("writes");
    assert!(world.meet("headquarters", "relay").settled);
    let report = world.meet("amina", "relay");
    assert!(refused(&report, Refusal::WITHDRAWN), "{report:#?}");
}
