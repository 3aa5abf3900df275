//! A relay bound a tablet, and the call broke off before the roster came with which the tablet could show who it is; then
//! the relay was set back and forgot. The tablet, still running, claims again instead of greeting as somebody unknown.

use khettara_tests::{Link, World};

#[test]
fn wherever_the_call_broke_off_the_next_one_enrols() {
    let mut bound = 0;
    for cut in (200..).step_by(20) {
        let mut world = World::whose_relay_was_told(58, &["08.201.11.07"]);
        world.invited_tablet("amina");
        assert!(world.meet("headquarters", "relay").settled);
        let backup = world.copy("relay", "relay");
        let report =
            world.meet_over("amina", "relay", Link { cut_after_bytes: Some(cut), ..Link::default() });
        if report.settled {
            break;
        }
        let (serials, key) =
            (world.node("relay").engine.roster().serials().count(), world.node("amina").key());
        bound += u32::from(world.node("relay").engine.roster().serial_of(&key).is_some());
        assert_eq!(serials, 1);
        world.put(backup);
        let again = world.meet("amina", "relay");
        assert!(again.settled, "cut after {cut} bytes: {again:#?}");
        assert_eq!(world.meet("amina", "relay").frames.len(), 2, "and claims no more, cut after {cut} bytes");
    }
    assert!(bound > 10, "the story was told");
}

#[test]
fn who_waits_for_keys_asks_the_registrar_alone_for_them() {
    let mut without_keys = 0;
    for cut in (0..).step_by(20) {
        let mut world = World::whose_relay_was_told(59, &["08.201.11.07"]);
        world.second_relay("station");
        world.invited_tablet("brahim");
        let broken = Link { cut_after_bytes: Some(cut), ..Link::default() };
        if world.meet_over("headquarters", "relay", broken).settled {
            break;
        }
        let is_bound = world.meet("brahim", "relay").settled;
        if !is_bound || world.node("brahim").engine.party().claim.is_none() {
            continue;
        }
        without_keys += 1;
        assert!(world.meet("headquarters", "station").settled);
        let report = world.meet("brahim", "station");
        assert!(report.settled, "cut after {cut} bytes: {report:#?}");
        assert!(world.meet("headquarters", "relay").settled);
        assert!(world.meet("brahim", "relay").settled);
        assert!(
            world.node("brahim").engine.party().claim.is_none(),
            "and has his keys, cut after {cut} bytes"
        );
    }
    assert!(without_keys > 0, "the story was told");
}
