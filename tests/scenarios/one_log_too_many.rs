//! The 17th log of a device in a feed is over, and so is the fifth branch: outside vectors, and the device
//! keeps saving.

use khettara_core::encoding;
use khettara_core::id::{Feed, Head, LogId, Pattern};
use khettara_core::identity::{Closing, Item, Kind, Mode, Signed};
use khettara_core::store::held;
use khettara_hq::organisation::write_items;
use khettara_records::verdict::{EntryState, Reason};
use khettara_tests::World;

#[test]
fn a_device_with_seventeen_logs_keeps_saving_and_falls_silent() {
    let mut world = World::new(36);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    for number in 0..20u8 {
        let node = world.node_mut("amina");
        node.note(&feed, &[number; 5]).expect("a device always saves");
        node.engine_cut();
        let log = held::own_logs(&*node.store, &feed).expect("reads").last().expect("one").log;
        let ended = held::end_log(&*node.store, &feed, &log).expect("reads").expect("goes on");
        node.store.commit(vec![ended]).expect("commits");
    }
    let amina = world.node("amina");
    let lines = held::vector_of(&*amina.store, [&feed]).expect("reads").lines(&feed).len();
    assert_eq!(lines, 16);
    for name in ["amina", "headquarters", "amina", "amina"] {
        let report = world.meet(name, "relay");
        assert!(report.settled, "{name}: {report:#?}");
    }
    assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed));
    assert_eq!(world.meet("amina", "relay").frames.len(), 2);
}

#[test]
fn of_five_branches_four_are_listed_alike_everywhere() {
    let mut world = World::new(37);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"common").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    let names = ["one", "two", "three", "four", "five", "six"];
    for name in names {
        let clone = world.copy("amina", name);
        world.put(clone);
    }
    for name in names {
        world.node_mut(name).note(&feed, name.as_bytes()).expect("saved");
        assert!(world.meet(name, "relay").settled, "{name}");
    }
    for name in names.iter().chain(&["headquarters", "amina"]).chain(&names) {
        let report = world.meet(name, "relay");
        assert!(report.settled, "{name}: {report:#?}");
    }
    let lines = held::vector_of(&*world.node("relay").store, [&feed]).expect("reads").lines(&feed).len();
    assert_eq!(lines, 4);
    for name in names.iter().chain(&["headquarters", "amina"]) {
        assert_eq!(world.digest(name, &feed), world.digest("relay", &feed), "{name}");
        world.node_mut(name).note(&feed, b"goes on").expect("a device always saves");
    }
    // What is not listed stays where it was written, and that tablet says so.
    let listed = world.node("relay").notes_with_keys_of(&feed, &*world.node("headquarters").store);
    let unlisted = names.into_iter().filter(|name| !listed.contains(&name.as_bytes().to_vec()));
    let unlisted: Vec<_> = unlisted.collect();
    assert_eq!(unlisted.len(), names.len() - 4);
    for name in unlisted {
        let node = world.node_mut(name);
        node.catch_up(&feed).expect("reads");
        let held_back = node.replica.held_back(&*node.store, &feed).expect("reads");
        assert!(held_back.iter().any(|entry| entry.state == EntryState::Quarantined(Reason::Over)), "{name}");
    }
}

/// Headquarters closes a device and keeps what it had written up to these points.
fn keep(world: &mut World, name: &str, points: &[(LogId, u64, Head)]) {
    let closing = Closing {
        serial: 1,
        mode: Mode::CUT,
        devices: [world.node(name).key()].into_iter().collect(),
        feeds: [Pattern::exactly(&world.feeds[0])].into_iter().collect(),
        keep: points.iter().copied().collect(),
        reason: 1,
    };
    let org = world.org;
    let hq = world.node_mut("headquarters");
    let signed = Signed::make(&org, &hq.identity.signing, Kind::Closing, encoding::to_bytes(&closing));
    let items = [Item::Closing(signed.as_signed().clone(), closing)];
    write_items(&mut hq.engine, &mut *hq.store, &Feed::roster(), &items).expect("writes");
}

#[test]
fn a_branch_that_headquarters_names_is_listed_at_headquarters_too() {
    let mut world = World::new(38);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"common").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    let names = ["one", "two", "three", "four", "five", "six"];
    for name in names {
        let clone = world.copy("amina", name);
        world.put(clone);
    }
    for name in names {
        world.node_mut(name).note(&feed, name.as_bytes()).expect("saved");
        for other in ["headquarters", "relay"] {
            assert!(world.meet(name, other).settled, "{name} and {other}");
        }
    }
    let lines = |world: &World, name: &str| {
        held::vector_of(&*world.node(name).store, [&feed]).expect("reads").lines(&feed).len()
    };
    assert_eq!((lines(&world, "headquarters"), lines(&world, "relay")), (4, 4));
    let ends = names.map(|name| {
        let own = held::own_logs(&*world.node(name).store, &feed).expect("reads").remove(0);
        (own.log, own.cut, own.cut_head)
    });
    keep(&mut world, "amina", &ends);
    assert_eq!(lines(&world, "headquarters"), 6, "its own word counts at once");
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.digest("headquarters", &feed), world.digest("relay", &feed));
}
