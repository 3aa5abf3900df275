//! A tablet works for a week without a network, started anew each morning; one meeting brings it all.

use khettara_tests::World;

#[test]
fn a_week_offline_takes_one_meeting() {
    let mut world = World::new(11);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    let mut written = Vec::new();
    for day in 0..7u8 {
        world.restart("amina");
        for visit in 0..12u8 {
            let note = vec![day, visit, 7, 7];
            world.node_mut("amina").note(&feed, &note).expect("saved");
            written.push(note);
        }
    }
    assert!(world.node("amina").notes(&feed).is_empty(), "nothing is cut before somebody is met");
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    assert_eq!(report.segments_up, 1, "a week is one segment");
    assert!(world.meet("headquarters", "relay").settled);
    written.sort();
    assert_eq!(world.node("headquarters").notes(&feed), written);
    assert_eq!(world.digest("headquarters", &feed), world.digest("amina", &feed));
}
