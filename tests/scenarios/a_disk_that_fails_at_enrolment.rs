//! The tablet's disk fails while the answer to its claim arrives: it claims again and gets the same answer.

use khettara_core::store::{DiskError, Fault};
use khettara_tests::{Link, World};

#[test]
fn a_claim_outlives_a_failed_commit() {
    let mut failures = 0;
    for (call, batched) in (0..12).flat_map(|call| [(call, false), (call, true)]) {
        let mut world = World::new(46);
        world.invited_tablet("amina");
        assert!(world.meet("headquarters", "relay").settled);
        let feed = world.feeds[0].clone();
        let disk = world.move_to_disk("amina");
        disk.fail(call, Fault::Nothing(DiskError::Failed(5)));
        let report = world.meet_over("amina", "relay", Link { batched, ..Link::default() });
        failures += usize::from(!report.errors.is_empty());
        assert!(report.settled || !report.errors.is_empty(), "{report:#?}");
        disk.restart();
        let report = world.meet("amina", "relay");
        assert!(report.settled, "call {call}: {report:#?}");
        world.node_mut("amina").note(&feed, b"enrolled after all").expect("saved");
        assert!(world.meet("amina", "relay").settled);
        assert!(world.meet("headquarters", "relay").settled);
        assert_eq!(world.node("headquarters").notes(&feed).len(), 1, "call {call}: it has the feed's key");
    }
    assert!(failures >= 4, "the disk failed at different moments: {failures}");
}
