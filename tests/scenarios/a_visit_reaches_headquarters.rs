//! A note written on an enrolled tablet reaches the relay, then headquarters, in one flight each.

use khettara_tests::World;

#[test]
fn a_note_travels_from_tablet_to_headquarters() {
    let mut world = World::new(1);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"a visit").expect("saved");
    let report = world.meet("amina", "relay");
    assert!(report.settled, "{report:#?}");
    assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed));
    let report = world.meet("headquarters", "relay");
    assert!(report.settled, "{report:#?}");
    assert_eq!(world.node("headquarters").notes(&feed), vec![b"a visit".to_vec()]);
    for _ in 0..2 {
        let again = world.meet("amina", "relay");
        assert!(again.settled, "{again:#?}");
    }
    let again = world.meet("amina", "relay");
    assert_eq!((again.segments_up, again.segments_down), (0, 0), "{again:#?}");
    assert_eq!(again.frames.len(), 2, "one Hello, one answer: {again:#?}");
    assert!(again.bytes_up <= 64 && again.bytes_down <= 64, "{again:#?}");
}
