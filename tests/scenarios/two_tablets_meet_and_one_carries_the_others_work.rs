//! Two tablets meet far from any network: the word is *With a colleague*; later one of them delivers for both.

use khettara_core::log::Place;
use khettara_core::store::held;
use khettara_tests::World;

#[test]
fn work_left_with_a_colleague_is_delivered_by_her() {
    let mut world = World::new(2);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"a family in a far ksar").expect("saved");
    let report = world.meet("amina", "brahim");
    assert!(report.settled, "{report:?}");

    let (amina, brahim) = (world.node("amina").key(), world.node("brahim").key());
    let receipt = held::receipt_of(&*world.node("amina").store, &feed, &amina, &brahim).expect("reads");
    assert_eq!(receipt.expect("brahim signed for it").body.place, Place::COLLEAGUE);

    assert!(world.meet("brahim", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.node("headquarters").notes(&feed), vec![b"a family in a far ksar".to_vec()]);
    assert_eq!(world.digest("relay", &feed), world.digest("brahim", &feed));
}
