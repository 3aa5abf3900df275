//! A relay comes back with nothing but its key: tablets show it the roster and who they are.

use khettara_core::store::MemoryStore;
use khettara_tests::World;

#[test]
fn an_empty_relay_learns_roster_credentials_and_work_from_a_tablet() {
    let mut world = World::new(35);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    for name in ["amina", "brahim"] {
        world.node_mut(name).note(&feed, name.as_bytes()).expect("saved");
        assert!(world.meet(name, "relay").settled);
    }
    assert!(world.meet("amina", "relay").settled);
    let whole = world.digest("relay", &feed);
    let seed = world.chance().seed();
    let relay = world.take("relay").reopened(seed, Box::new(MemoryStore::new()));
    world.put(relay);
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    assert_eq!(world.digest("relay", &feed), whole, "amina brought brahim's work and credential too");
    for name in ["brahim", "headquarters", "brahim"] {
        let report = world.meet(name, "relay");
        assert!(report.settled, "{name}: {report:#?}");
    }
    for name in ["relay", "brahim", "headquarters"] {
        assert_eq!(world.digest(name, &feed), whole, "{name}");
    }
    let report = world.meet("brahim", "relay");
    assert_eq!(report.frames.len(), 2, "{report:#?}");
}
