//! Syncing: weeks offline, two tablets and one field, receipts, a relay that is away.

use khettara_device::{
    Cancel, Choice, Device, DeviceError, ErrorKind, FieldPath, SyncEnd, WaitsFor, Whereabouts,
};

use crate::world::{World, household, sync, visit};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

fn id() -> uuid::Uuid {
    HOUSEHOLD.parse().expect("a uuid")
}

#[test]
fn a_week_without_network_from_the_first_day_on_reaches_headquarters() {
    let world = World::new();
    let device = world.blank("amina");
    device.enroll(&world.ticket().to_text()).expect("a good code");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    drop(device);
    for day in 1..=7 {
        let (device, _) = Device::open(&world.dir("amina")).expect("opens");
        device.record_line(&visit(HOUSEHOLD, day)).expect("saves");
    }
    let (device, _) = Device::open(&world.dir("amina")).expect("opens");
    let status = device.status().expect("reads");
    assert_eq!((status.visits.all, status.visits.saved), (7, 7));
    let mut seen = Vec::new();
    let report = device.sync(&Cancel::default(), &mut |progress| seen.push(*progress)).expect("syncs");
    assert_eq!((report.ended, report.sent, report.left), (SyncEnd::Complete, 7, 0), "{report:?}");
    assert!(report.enrolled && report.bytes_up > 0 && report.bytes_down > 0);
    assert_eq!((report.at_headquarters.visits, report.at_headquarters.up_to), (0, None));
    assert_eq!(seen.last().map(|last| (last.sent, last.to_send)), Some((7, 7)));
    let waiting = device.status().expect("reads").waiting;
    assert_eq!(
        waiting.iter().map(|one| (one.visits, one.what)).collect::<Vec<_>>(),
        [(7, WaitsFor::Headquarters)]
    );

    // Headquarters fetches; its receipt reaches the relay at its next visit, and the tablet at the tablet's.
    world.headquarters_meets_relay();
    world.headquarters_meets_relay();
    let report = sync(&device).expect("syncs");
    assert_eq!((report.sent, report.at_headquarters.visits, report.at_headquarters.of), (0, 7, 7));
    let up_to = report.at_headquarters.up_to.map(|at| at.to_string());
    assert_eq!(up_to.as_deref(), Some("2026-11-07T09:30:00Z"));
    let visits = device.own_visits().expect("reads");
    assert!(visits.iter().all(|visit| visit.whereabouts == Whereabouts::Headquarters));
    let held = world.relay_holds();
    sync(&device).expect("syncs");
    assert_eq!(world.relay_holds(), held, "nothing is sent twice");
}

#[test]
fn two_tablets_edit_one_field_and_the_decision_reaches_both() {
    let world = World::new();
    let (amina, fatima) = (world.tablet("amina"), world.tablet("fatima"));
    amina.record_line(&household(HOUSEHOLD)).expect("saves");
    sync(&amina).expect("syncs");
    let report = sync(&fatima).expect("syncs");
    assert_eq!(report.received, 0, "a household, and no visit yet");
    for (device, water) in [(&amina, "fountain"), (&fatima, "running")] {
        let line = format!(r#"{{"record":"household","id":"{HOUSEHOLD}","water":"{water}"}}"#);
        device.record_line(&line).expect("saves");
    }
    amina.record_line(&visit(HOUSEHOLD, 4)).expect("saves");
    sync(&amina).expect("syncs");
    assert_eq!(sync(&fatima).expect("syncs").received, 1);
    sync(&amina).expect("syncs");

    let path: FieldPath = "household.water".parse().expect("a path");
    let serials: Vec<_> = [&amina, &fatima].map(|device| device.status().expect("reads").serial).into();
    for (device, mine) in [(&amina, 0), (&fatima, 1)] {
        let conflicts = device.conflicts().expect("reads");
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0].conflict.path, path);
        let mut written: Vec<_> = conflicts[0].writers.iter().map(|writer| writer.serial).collect();
        written.sort_unstable();
        assert_eq!(written, serials);
        let me = conflicts[0].writers.iter().find(|writer| writer.is_me).expect("one side is mine");
        assert_eq!(me.serial, serials[mine]);
    }
    let conflicts = fatima.household(&id()).expect("reads").conflicts;
    let chosen = conflicts[0].conflict.sides.iter().position(|side| side.text == "running").expect("a side");
    assert!(matches!(fatima.resolve(&id(), &path, Choice::Side(9)), Err(DeviceError::NoSuchSide)));
    fatima.resolve(&id(), &path, Choice::Side(chosen)).expect("decides");
    assert!(matches!(fatima.resolve(&id(), &path, Choice::Side(0)), Err(DeviceError::NoSuchConflict)));
    sync(&fatima).expect("syncs");
    sync(&amina).expect("syncs");
    for device in [&amina, &fatima] {
        assert!(device.conflicts().expect("reads").is_empty());
        let water = device.household(&id()).expect("reads").view.household.water;
        assert_eq!(water.as_deref(), Some("running"));
    }
}

#[test]
fn without_a_network_nothing_is_lost_and_it_may_be_tried_again() {
    let world = World::new();
    let mut ticket = world.ticket();
    ticket.addresses = vec!["no-such-relay.invalid:4433".into()];
    let device = world.blank("amina");
    device.enroll(&ticket.to_text()).expect("reads");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    let error = sync(&device).expect_err("nobody answers");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Retry, true), "{error}");
    assert_eq!(device.status().expect("reads").households, 1);
}

#[test]
fn a_relay_that_answered_before_and_is_gone_is_said_to_be_unreachable() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    world.relay_goes();
    for _ in 0..2 {
        let error = sync(&device).expect_err("nobody answers");
        assert_eq!(error.kind(), ErrorKind::Retry, "{error}");
        assert!(["no_answer", "relay_down"].contains(&error.code()), "{error}");
    }
    world.relay_comes_back();
    assert_eq!(sync(&device).expect("syncs").ended, SyncEnd::Complete);
}

#[test]
fn a_cancelled_sync_ends_and_the_next_one_delivers() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&visit(HOUSEHOLD, 1)).expect("saves");
    let cancel = Cancel::default();
    let at_first = cancel.clone();
    let report = device.sync(&cancel, &mut |_| at_first.cancel()).expect("ends");
    assert_ne!(report.ended, SyncEnd::Partial);
    // Cancelled before it began, it says so, and not that there is no network.
    assert_eq!(device.sync(&cancel, &mut |_| {}).expect("ends").ended, SyncEnd::Cancelled);
    let report = sync(&device).expect("syncs");
    assert_eq!((report.ended, report.delivered), (SyncEnd::Complete, 1));
}

#[test]
fn a_tablet_without_its_index_knows_as_much_as_before() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&visit(HOUSEHOLD, 1)).expect("saves");
    assert_eq!(sync(&device).expect("syncs").sent, 1);
    drop(device);
    let index = world.dir("amina").join("store").join("index");
    std::fs::remove_dir_all(index).expect("the index may go");
    let (device, sentences) = Device::open(&world.dir("amina")).expect("opens");
    assert_eq!(sentences.len(), 1, "{sentences:?}");
    let status = device.status().expect("reads");
    assert_eq!((status.visits.all, status.visits.delivered, status.households), (1, 1, 1));
}
