//! Headquarters invites a worker, and its call to the relay breaks off between the invitation and the keys laid in the
//! worker's mailbox. The relay binds him without keys: they come with a later call, and what he saved meanwhile is
//! not stranded.

use khettara_tests::{Link, World};

#[test]
fn a_worker_bound_without_keys_claims_again_until_he_has_them() {
    let mut without_keys = 0;
    for cut in (0..).step_by(20) {
        let mut world = World::whose_relay_was_told(46, &["08.201.11.07"]);
        let feed = world.feeds[0].clone();
        world.invited_tablet("brahim");
        let broken = Link { cut_after_bytes: Some(cut), ..Link::default() };
        let report = world.meet_over("headquarters", "relay", broken);
        if report.settled {
            break;
        }

        let bound = world.meet("brahim", "relay").settled;
        world.node_mut("brahim").note(&feed, b"a visit").expect("saved");
        let _ = world.meet("brahim", "relay");
        without_keys += u32::from(bound && !world.node("brahim").pending_notes(&feed).is_empty());

        assert!(world.meet("headquarters", "relay").settled);
        for _ in 0..2 {
            assert!(world.meet("brahim", "relay").settled);
        }
        assert!(world.node("brahim").pending_notes(&feed).is_empty(), "cut at {cut}");
        assert!(world.meet("headquarters", "relay").settled);
        assert_eq!(world.node("headquarters").notes(&feed), vec![b"a visit".to_vec()]);
        assert!(world.meet("brahim", "relay").settled);
        let report = world.meet("brahim", "relay");
        assert_eq!(report.frames.len(), 2, "claimed no more: {report:#?}");
        let report = world.meet("headquarters", "relay");
        assert!(report.frames.iter().all(|(_, kind, _)| *kind != 16), "and offered no more: {report:#?}");
    }
    assert!(without_keys > 0, "the story was told");
}
