//! Both sides start anew: they still know what was said, and have nothing to say in 64 bytes. A base that one
//! side lost costs one more round trip, once.

use khettara_core::store::{Group, Op};
use khettara_tests::{Report, World};

fn quiet(report: &Report) -> bool {
    report.settled && report.frames.len() == 2 && report.frames.iter().all(|(.., bytes)| *bytes <= 64)
}

fn busy() -> World {
    let mut world = World::with_feeds(34, &["08.201.11.07", "08.201.11.09"]);
    world.tablet("amina");
    for feed in world.feeds.clone() {
        world.node_mut("amina").note(&feed, b"a visit").expect("saved");
    }
    for _ in 0..3 {
        assert!(world.meet("amina", "relay").settled);
    }
    world
}

#[test]
fn after_restarts_on_both_sides_nothing_to_say_takes_two_short_frames() {
    let mut world = busy();
    for who in [&["relay"][..], &["amina"], &["relay", "amina"]] {
        for name in who {
            world.restart(name);
        }
        let report = world.meet("amina", "relay");
        assert!(quiet(&report), "{report:#?}");
    }
}

#[test]
fn a_lost_base_costs_one_more_round_trip() {
    for loser in ["relay", "amina"] {
        let mut world = busy();
        let feed = world.feeds[1].clone();
        let node = world.node_mut(loser);
        let bases = node.store.scan(b"b", &[], usize::MAX).expect("reads");
        assert!(!bases.is_empty());
        let ops = bases.into_iter().map(|(key, _)| Op::Delete(key)).collect();
        node.store.commit(vec![Group { expect: vec![], ops }]).expect("commits");
        world.node_mut("amina").note(&feed, b"and one more").expect("saved");
        let report = world.meet("amina", "relay");
        assert!(report.settled && report.turns <= 4, "{report:#?}");
        assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed));
        assert!(world.meet("amina", "relay").settled);
        let report = world.meet("amina", "relay");
        assert!(quiet(&report), "a base is there again: {report:#?}");
    }
}
