//! The power goes at any call of the disk during a save: what was answered Saved is there, and the next process
//! is another actor.

use khettara_core::store::{DiskError, Fault};
use khettara_tests::{Chance, World, journal_on};

#[test]
fn what_was_answered_saved_survives_and_the_next_actor_is_new() {
    for call in 0..12u64 {
        let mut world = World::new(12);
        world.tablet("amina");
        let feed = world.feeds[0].clone();
        let mut disk = world.move_to_disk("amina");
        world.node_mut("amina").note(&feed, b"saved before").expect("saved");
        let node = world.node_mut("amina");
        let first_actor = node.engine.pen().slot(&*node.store, &feed).expect("reads").actor();
        disk.fail(call, Fault::Partly(DiskError::Failed(5), 40 * call as usize));
        let mut saved = vec![b"saved before".to_vec()];
        for note in [b"one".to_vec(), b"two".to_vec(), b"three".to_vec()] {
            match world.node_mut("amina").note(&feed, &note) {
                Ok(()) => saved.push(note),
                Err(_) => break,
            }
        }
        let mut chance = Chance::new(call);
        disk.crash(&mut |end| chance.below(end));
        let node = world.take("amina").reopened(chance.seed(), journal_on(&disk, &mut chance));
        world.put(node);
        let found = world.node("amina").pending_notes(&feed);
        assert!(saved.iter().all(|note| found.contains(note)), "call {call}: {saved:?} of {found:?}");
        let node = world.node_mut("amina");
        let actor = node.engine.pen().slot(&*node.store, &feed).expect("reads").actor();
        assert_ne!(actor, first_actor, "an actor lives no longer than its process");
        assert!(world.meet("amina", "relay").settled);
        assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed));
    }
}
