//! Who has nothing to bring hears all there is: what comes behind an answer is waited for, though nothing else is said.

use khettara_tests::World;

#[test]
fn a_tablet_that_reaches_another_leaves_with_what_the_other_wrote() {
    let mut world = World::new(47);
    let feed = world.feeds[0].clone();
    world.tablet("amina");
    world.tablet("brahim");
    assert!(world.meet("amina", "relay").settled);
    for note in 0..3u8 {
        // Nobody has signed for this yet: it comes alone.
        world.node_mut("brahim").note(&feed, &[note]).expect("saved");
        let report = world.meet("amina", "brahim");
        assert!(report.settled, "{report:#?}");
        assert_eq!(world.node("amina").notes(&feed).len(), usize::from(note) + 1, "{report:#?}");
    }
}
