//! Roster news in a meeting widens what a tablet keeps: it greets again, in the same meeting.

use khettara_core::id::Pattern;
use khettara_core::identity::{Rights, Role};
use khettara_hq::organisation::{Place, invite};
use khettara_tests::World;

#[test]
fn a_feed_published_meanwhile_is_pulled_in_the_same_meeting() {
    let mut world = World::new(41);
    let registrar = world.node("relay").key();
    let all = [(Pattern::new("08.201.*").expect("pattern"), Rights::READ.with(Rights::WRITE))];
    let hq = world.node_mut("headquarters");
    let place = Place { role: Role::WORKER, grants: all.into_iter().collect(), registrar };
    let invited = invite(&mut hq.engine, &mut *hq.store, &place).expect("invites");
    world.blank_tablet("amina");
    world.node_mut("amina").take_invitation(invited.serial, &invited.secret, registrar);
    assert!(world.meet("headquarters", "relay").settled);
    assert!(world.meet("amina", "relay").settled);

    let second = world.publish_feed_key("08.201.11.09");
    world.tablet("brahim");
    world.node_mut("brahim").note(&second, b"in the new feed").expect("saved");
    assert!(world.meet("brahim", "relay").settled);
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    let greetings = report.frames.iter().filter(|(up, kind, _)| *up && *kind == 2).count();
    assert_eq!(greetings, 2, "{report:#?}");
    assert_eq!(world.digest("amina", &second), world.digest("relay", &second), "{report:#?}");
    assert!(world.meet("amina", "relay").settled);
    let report = world.meet("amina", "relay");
    assert_eq!(report.frames.len(), 2, "{report:#?}");
}
