//! A worker who has written nothing yet acknowledges what a colleague gave him in person. Others hear of him first by
//! that receipt: it is believed, and nobody offers it again.

use khettara_tests::World;

#[test]
fn a_receipt_of_somebody_unknown_is_believed_and_said_once() {
    let mut world = World::whose_relay_was_told(47, &["08.201.11.07"]);
    let feed = world.feeds[0].clone();
    for name in ["amina", "brahim", "chama"] {
        world.tablet(name);
    }
    world.node_mut("amina").note(&feed, b"a visit").expect("saved");
    assert!(world.meet("amina", "brahim").settled);
    for name in ["amina", "brahim", "chama", "headquarters", "amina", "chama"] {
        assert!(world.meet(name, "relay").settled, "{name}");
    }
    for name in ["amina", "brahim", "chama", "headquarters"] {
        assert!(world.meet(name, "relay").settled, "{name}");
        let report = world.meet(name, "relay");
        let frames = report.frames.iter().filter(|(_, kind, _)| name != "headquarters" || *kind != 16);
        assert_eq!(frames.count(), 2, "{name}: {report:#?}");
    }
}
