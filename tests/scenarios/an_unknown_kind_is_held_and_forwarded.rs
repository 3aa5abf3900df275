//! Entries of a kind that nobody's software knows travel like any other.

use khettara_core::log::Written;
use khettara_tests::World;

#[test]
fn an_entry_of_the_future_reaches_everybody() {
    let mut world = World::new(30);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    for (kind, bytes) in [(77, b"known to no one".to_vec()), (200, vec![]), (255, vec![0; 300])] {
        world.node_mut("amina").write(&feed, &Written { kind, bytes }).expect("saved");
        world.node_mut("amina").note(&feed, b"a neighbour").expect("saved");
    }
    for (name, other) in [("amina", "relay"), ("headquarters", "relay"), ("brahim", "relay")] {
        assert!(world.meet(name, other).settled);
    }
    for name in ["brahim", "headquarters"] {
        assert_eq!(world.digest(name, &feed), world.digest("amina", &feed));
        assert_eq!(world.node(name).notes(&feed), world.node("amina").notes(&feed));
    }
    assert_eq!(world.node("brahim").notes(&feed).len(), 6);
}
