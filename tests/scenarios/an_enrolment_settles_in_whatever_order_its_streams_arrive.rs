//! A first meeting has two rounds: the claim and the roster, then what the roster gives a right to. Receipts of the
//! first that overtake the roster are believed only later; the second round says so and ends, all the same.

use khettara_core::id::Pattern;
use khettara_core::identity::{Rights, Role};
use khettara_hq::organisation::{Place, invite};
use khettara_tests::{Chance, Link, World};

#[test]
fn each_ends_with_all_said_and_the_next_has_nothing_to_do() {
    for seed in 0..200u64 {
        let mut chance = Chance::new(seed);
        let mut world = World::whose_relay_was_told(45, &["08.201.11.07"]);
        let registrar = world.node("relay").key();
        let feed = world.feeds[0].clone();
        world.tablet("brahim");
        world.node_mut("brahim").note(&feed, b"a colleague's").expect("saved");
        assert!(world.meet("brahim", "relay").settled);

        let all = [(Pattern::new("08.201.*").expect("pattern"), Rights::READ.with(Rights::WRITE))];
        let hq = world.node_mut("headquarters");
        let place = Place { role: Role::WORKER, grants: all.into_iter().collect(), registrar };
        let invited = invite(&mut hq.engine, &mut *hq.store, &place).expect("invites");
        assert!(world.meet("headquarters", "relay").settled);
        world.blank_tablet("amina");
        world.node_mut("amina").take_invitation(invited.serial, &invited.secret, registrar);
        let link = Link {
            shuffle: Some(Chance::new(chance.word())),
            batched: chance.percent(50),
            ..Link::default()
        };
        let report = world.meet_over("amina", "relay", link);
        assert!(report.settled, "seed {seed}: {report:#?}");
        assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed), "seed {seed}");
        assert!(world.meet("amina", "relay").settled, "seed {seed}");
        let report = world.meet("amina", "relay");
        assert_eq!(report.frames.len(), 2, "seed {seed}: {report:#?}");
    }
}
