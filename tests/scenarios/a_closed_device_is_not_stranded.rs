//! A device is closed: its sessions, resumed too, get the roster and its own receipts and push its own logs.

use khettara_core::encoding;
use khettara_core::id::{Feed, Pattern};
use khettara_core::identity::{Closing, Item, Kind, Mode, Signed};
use khettara_core::log::Place;
use khettara_hq::organisation::write_items;
use khettara_tests::{Link, World};

fn close(world: &mut World, name: &str) {
    let closing = Closing {
        serial: 1,
        mode: Mode::CUT,
        devices: [world.node(name).key()].into_iter().collect(),
        feeds: [Pattern::new("*").expect("pattern")].into_iter().collect(),
        keep: [].into_iter().collect(),
        reason: 1,
    };
    let org = world.org;
    let hq = world.node_mut("headquarters");
    let body = encoding::to_bytes(&closing);
    let signed = Signed::make(&org, &hq.identity.signing, Kind::Closing, body).as_signed().clone();
    let items = [Item::Closing(signed, closing)];
    write_items(&mut hq.engine, &mut *hq.store, &Feed::roster(), &items).expect("writes");
}

#[test]
fn a_closed_device_brings_its_own_work_and_gets_nobody_elses() {
    for early in [false, true] {
        let mut world = World::new(28);
        world.tablet("amina");
        world.tablet("brahim");
        let feed = world.feeds[0].clone();
        world.node_mut("amina").note(&feed, b"before").expect("saved");
        for name in ["amina", "brahim", "brahim", "amina"] {
            assert!(world.meet(name, "relay").settled);
        }
        close(&mut world, "amina");
        assert!(world.meet("headquarters", "relay").settled);
        world.node_mut("brahim").note(&feed, b"not for amina").expect("saved");
        assert!(world.meet("brahim", "relay").settled);
        world.node_mut("amina").note(&feed, b"honest work").expect("saved");
        for _ in 0..2 {
            let link = || Link { early, ..Link::default() };
            let report = world.meet_over("amina", "relay", link());
            assert!(report.settled, "{report:#?}");
        }
        let amina = world.node("amina");
        assert_eq!(amina.notes(&feed), vec![b"before".to_vec(), b"honest work".to_vec()]);
        assert!(amina.engine.roster().is_closed_in(&amina.key(), &feed), "it is told");
        assert_eq!(amina.receipted(&feed, Place::RELAY).len(), 1, "and its work is delivered");
        let again = world.meet("amina", "relay");
        assert_eq!((again.segments_up, again.segments_down), (0, 0), "nothing is sent twice: {again:#?}");
        assert_eq!(
            again.frames.len(),
            2,
            "not even receipts of others' work, which amina's tablet has: {again:#?}"
        );
        assert!(world.meet("headquarters", "relay").settled);
        assert_eq!(world.node("headquarters").notes(&feed).len(), 3, "held; readers judge");
    }
}

#[test]
fn a_closed_device_brings_nobody_elses_logs() {
    let mut world = World::new(29);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    close(&mut world, "amina");
    assert!(world.meet("headquarters", "relay").settled);
    world.node_mut("brahim").note(&feed, b"by way of amina").expect("saved");
    assert!(world.meet("brahim", "amina").settled);
    assert_eq!(world.node("amina").notes(&feed).len(), 1, "amina's tablet has not heard yet");
    let before = world.digest("relay", &feed);
    assert!(world.meet("amina", "relay").settled);
    assert_eq!(world.digest("relay", &feed), before);
}
