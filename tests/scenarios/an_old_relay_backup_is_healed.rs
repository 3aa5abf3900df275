//! A relay is put back from an old backup: tablets push what any of them holds, also what others wrote.

use khettara_core::log::Place;
use khettara_core::store::held;
use khettara_tests::World;

#[test]
fn a_tablet_that_never_wrote_heals_the_relay_too() {
    let mut world = World::new(17);
    for name in ["amina", "brahim"] {
        world.tablet(name);
    }
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"before the backup").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    let backup = world.copy("relay", "relay");
    for note in [&b"after"[..], b"long after"] {
        world.node_mut("amina").note(&feed, note).expect("saved");
        assert!(world.meet("amina", "relay").settled);
    }
    let whole = world.digest("relay", &feed);
    assert!(world.meet("brahim", "relay").settled);
    assert_eq!(world.digest("brahim", &feed), whole);
    world.take("relay");
    world.put(backup);
    assert_ne!(world.digest("relay", &feed), whole);
    // Amina's tablet is lost; the other one never wrote a word.
    let amina = world.take("amina").key();
    let report = world.meet("brahim", "relay");
    assert!(report.settled, "{report:#?}");
    assert_eq!(world.digest("relay", &feed), whole);
    assert_eq!(world.node("brahim").notes(&feed).len(), 3);
    let relay = world.node("relay");
    let receipt = held::receipt_of(&*relay.store, &feed, &amina, &relay.key()).expect("reads").expect("held");
    assert_eq!(receipt.body.place, Place::RELAY);
    assert!(receipt.body.ordinal > 3, "it read its own receipts back before it said a newer one");
}
