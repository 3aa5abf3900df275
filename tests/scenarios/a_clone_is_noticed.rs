//! Two tablets from one store write equally much: both notice, nothing is taken for delivered that is not, and
//! both branches reach everybody.

use khettara_core::id::Feed;
use khettara_core::log::Place;
use khettara_core::store::held;
use khettara_core::sync::Notice;
use khettara_tests::{Chance, Link, Report, World};

fn told_of_fork(report: &Report) -> bool {
    report.notices.iter().any(|notice| matches!(notice, Notice::Fork { own: true, .. }))
}

fn logs(world: &World, name: &str, feed: &Feed) -> usize {
    held::own_logs(&*world.node(name).store, feed).expect("reads").len()
}

#[test]
fn a_clone_with_equal_counts_is_noticed_and_both_branches_arrive() {
    let mut world = World::new(18);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"common").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    let clone = world.copy("amina", "clone");
    world.put(clone);
    world.node_mut("amina").note(&feed, b"by amina").expect("saved");
    world.node_mut("clone").note(&feed, b"by clone").expect("saved");
    assert!(world.meet("amina", "relay").settled);

    // The relay's receipt speaks of amina's branch; the clone has as many entries and is not fooled.
    let before = world.node("clone").receipted(&feed, Place::RELAY);
    let report = world.meet("clone", "relay");
    assert!(report.settled && told_of_fork(&report), "{report:#?}");
    assert_eq!(before.len(), 1, "only the common beginning");
    let report = world.meet("amina", "relay");
    assert!(report.settled && told_of_fork(&report), "{report:#?}");

    // Each ends the forked log; what is written next begins one with a fresh incarnation.
    for name in ["amina", "clone"] {
        assert_eq!(logs(&world, name, &feed), 1);
        world.node_mut(name).note(&feed, format!("{name} again").as_bytes()).expect("saved");
        assert_eq!(logs(&world, name, &feed), 2);
    }
    for name in ["amina", "clone", "amina", "clone", "headquarters"] {
        let report = world.meet(name, "relay");
        assert!(report.settled, "{report:#?}");
    }
    let all = ["amina again", "by amina", "by clone", "clone again", "common"];
    let all: Vec<Vec<u8>> = all.iter().map(|note| note.as_bytes().to_vec()).collect();
    for name in ["amina", "headquarters"] {
        assert_eq!(world.digest(name, &feed), world.digest("relay", &feed));
        assert_eq!(world.node(name).notes(&feed), all);
    }
    assert_eq!(world.digest("clone", &feed), world.digest("relay", &feed));
}

#[test]
fn a_clone_that_has_not_met_the_relay_believes_no_receipt_of_the_other_branch() {
    let mut world = World::new(19);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    let clone = world.copy("amina", "clone");
    world.put(clone);
    world.node_mut("amina").note(&feed, b"by amina").expect("saved");
    world.node_mut("clone").note(&feed, b"by clone").expect("saved");
    world.node_mut("clone").engine_cut();
    assert!(world.meet("amina", "relay").settled);
    let (amina, relay) = (world.node("amina").key(), world.node("relay").key());
    let receipt = held::receipt_of(&*world.node("relay").store, &feed, &amina, &relay);
    let receipt = receipt.expect("reads").expect("given").signed;
    let mut peer = khettara_tests::Raw::is_reached(world.node_mut("clone"), relay);
    peer.say(&khettara_core::wire::Frame::Receipt(receipt));
    peer.hang_up();
    assert!(world.node("clone").receipted(&feed, Place::RELAY).is_empty(), "the head is not its own");
    assert!(!world.node("amina").receipted(&feed, Place::RELAY).is_empty());
    assert!(world.meet("clone", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.node("headquarters").notes(&feed).len(), 2, "its own branch arrived all the same");
}

#[test]
fn a_copy_made_before_the_keys_came_has_cut_what_the_other_cut_and_goes_on() {
    for order in 0..20 {
        let mut world = World::new(20);
        world.invited_tablet("amina");
        assert!(world.meet("headquarters", "relay").settled);
        let feed = world.feeds[0].clone();
        world.node_mut("amina").note(&feed, b"before the keys").expect("saved");
        let store = Box::new(world.node("amina").copied_store());
        let seed = world.chance().seed();
        let clone = world.node("amina").cloned("clone", seed, store);
        world.put(clone);
        assert!(world.meet("amina", "relay").settled);

        // What the other cut arrives, perhaps before the keys with which the copy would cut the same.
        let shuffle = Some(Chance::new(order));
        let report = world.meet_over("clone", "relay", Link { shuffle, ..Link::default() });
        assert!(report.errors.is_empty(), "{:?}", report.errors);
        for name in ["clone", "amina"] {
            let report = world.meet(name, "relay");
            assert!(report.settled && report.errors.is_empty(), "{name}: {report:#?}");
            assert_eq!(world.digest(name, &feed), world.digest("relay", &feed));
            assert!(world.node(name).pending_notes(&feed).is_empty());
        }
        world.node_mut("clone").note(&feed, b"afterwards").expect("saved");
        for name in ["clone", "amina"] {
            assert!(world.meet(name, "relay").settled);
            let notes = world.node(name).notes(&feed);
            assert_eq!(notes, [b"afterwards".to_vec(), b"before the keys".to_vec()]);
        }
    }
}
