//! Every stream arrives twice: one digest, one copy.

use khettara_tests::{Link, World};

#[test]
fn delivered_twice_is_delivered_once() {
    let mut world = World::new(15);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"a visit").expect("saved");
    let twice = || Link { twice: true, ..Link::default() };
    world.meet_over("amina", "relay", twice());
    let once = world.digest("relay", &feed);
    assert_eq!(once, world.digest("amina", &feed));
    world.meet_over("brahim", "relay", twice());
    world.meet_over("headquarters", "relay", twice());
    world.meet_over("amina", "relay", twice());
    assert_eq!(world.digest("relay", &feed), once);
    for name in ["brahim", "headquarters"] {
        assert_eq!(world.digest(name, &feed), once);
        assert_eq!(world.node(name).notes(&feed), vec![b"a visit".to_vec()]);
    }
}
