//! A flush fails, the tablet goes on: the next save is by another actor, and nothing acknowledged is missing.

use khettara_core::store::{DiskError, Fault};
use khettara_tests::World;

#[test]
fn after_a_failed_flush_the_next_save_has_a_new_actor_and_all_arrives() {
    for call in 0..6 {
        let mut world = World::new(13);
        world.tablet("amina");
        let feed = world.feeds[0].clone();
        let disk = world.move_to_disk("amina");
        world.node_mut("amina").note(&feed, b"before").expect("saved");
        let actor = |world: &mut World| {
            let node = world.node_mut("amina");
            node.engine.pen().slot(&*node.store, &feed).expect("reads").actor()
        };
        let first = actor(&mut world);
        disk.fail(call, Fault::Nothing(DiskError::Failed(5)));
        let mut saved = vec![b"before".to_vec()];
        let mut failures = 0;
        for note in [b"first try".to_vec(), b"second try".to_vec(), b"third try".to_vec()] {
            match world.node_mut("amina").note(&feed, &note) {
                Ok(()) => saved.push(note),
                Err(_) => {
                    failures += 1;
                    assert_ne!(actor(&mut world), first, "the old actor ended with the failed commit");
                }
            }
        }
        assert!(call > 1 || failures == 1, "a save appends, then syncs");
        assert!(world.meet("amina", "relay").settled);
        assert!(world.meet("headquarters", "relay").settled);
        saved.sort();
        assert_eq!(world.node("headquarters").notes(&feed), saved);
    }
}
