//! Streams arrive in any order among themselves and among frames: every meeting settles, everybody agrees.

use khettara_core::store::{Group, Op};
use khettara_tests::{Chance, Link, World};

#[test]
fn in_whatever_order_streams_arrive_all_is_told() {
    for seed in 0..60u64 {
        let mut world = World::with_feeds(44, &["08.201.11.07", "08.201.11.09"]);
        let names = ["amina", "brahim"];
        for name in names {
            world.tablet(name);
        }
        let mut chance = Chance::new(seed);
        for round in 0..4u8 {
            for name in names {
                for feed in world.feeds.clone() {
                    for note in 0..=chance.below(2) as u8 {
                        world.node_mut(name).note(&feed, &[round, note]).expect("saved");
                        world.node_mut(name).engine_cut();
                    }
                }
                if chance.percent(30) {
                    let node = world.node_mut("relay");
                    let bases = node.store.scan(b"b", &[], usize::MAX).expect("reads");
                    let ops = bases.into_iter().map(|(key, _)| Op::Delete(key)).collect();
                    node.store.commit(vec![Group { expect: vec![], ops }]).expect("commits");
                }
                let link = Link { shuffle: Some(Chance::new(chance.word())), ..Link::default() };
                let report = world.meet_over(name, "relay", link);
                assert!(report.settled, "seed {seed}, {name}: {report:#?}");
            }
        }
        for name in names {
            assert!(world.meet(name, "relay").settled, "seed {seed}");
        }
        assert!(world.meet("amina", "relay").settled);
        for feed in world.feeds.clone() {
            assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed), "seed {seed}");
            assert_eq!(world.digest("brahim", &feed), world.digest("relay", &feed), "seed {seed}");
        }
    }
}
