//! The 17th log of a device in a feed is over, and so is the fifth branch: outside vectors, and the device
//! keeps saving.

use khettara_core::store::held;
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
}
