//! A tablet got its feed keys, wrote with them, and was set back to a backup from before it had them; the relay that held
//! them for it lost its disk. One call of headquarters later the tablet reads and writes again.

use khettara_core::store::MemoryStore;
use khettara_tests::{Node, World};

/// Amina has written, and headquarters has read it. With her, what a backup from before she had her keys brings back.
fn amina_has_written(world: &mut World) -> Node {
    world.invited_tablet("amina");
    let backup = world.node("amina").cloned("amina", [1; 32], Box::new(MemoryStore::new()));
    assert!(world.meet("headquarters", "relay").settled);
    assert!(world.meet("amina", "relay").settled);
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"before").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.node("headquarters").notes(&feed), vec![b"before".to_vec()]);
    backup
}

#[test]
fn one_call_of_headquarters_gives_a_relay_what_it_lost_of_whom_it_bound() {
    let mut world = World::whose_relay_was_told(51, &["08.201.11.07"]);
    let feed = world.feeds[0].clone();
    let backup = amina_has_written(&mut world);
    world.put(backup);
    let relay = world.take("relay").reopened([2; 32], Box::new(MemoryStore::new()));
    world.put(relay);

    assert!(world.meet("headquarters", "relay").settled);
    assert!(world.meet("amina", "relay").settled);
    world.node_mut("amina").note(&feed, b"after").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    let both = vec![b"after".to_vec(), b"before".to_vec()];
    assert_eq!(world.node("headquarters").notes(&feed), both, "what she wrote before is nobody's to lose");
    assert_eq!(world.node("amina").notes(&feed), both, "and hers to read");
}
