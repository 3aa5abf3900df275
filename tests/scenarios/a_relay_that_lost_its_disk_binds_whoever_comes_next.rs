//! A relay loses its disk, and the call in which headquarters gives it the roster again is cut, wherever it may be. The
//! next call brings all of it, so that a new worker is let in.

use khettara_core::store::MemoryStore;
use khettara_tests::{Link, World};

#[test]
fn one_whole_call_of_headquarters_is_enough() {
    for cut in (40..4_000).step_by(40) {
        let mut world = World::new(50);
        world.tablet("amina");
        assert!(world.meet("headquarters", "relay").settled);
        let relay = world.take("relay").reopened([3; 32], Box::new(MemoryStore::new()));
        world.put(relay);
        world.invited_tablet("brahim");
        world.meet_over("headquarters", "relay", Link { cut_after_bytes: Some(cut), ..Link::default() });
        assert!(world.meet("headquarters", "relay").settled, "cut after {cut}");
        let report = world.meet("brahim", "relay");
        assert!(report.settled, "cut after {cut}: {:?}", report.notices);
    }
}
