//! A tablet began at 1970, another is an hour off since Ramadan. The relay signs for what they send, and by its clock
//! the times are found: beside what the tablets said, which nobody rewrites.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{SystemTime, UNIX_EPOCH};

use khettara_device::{Clock, Device, SyncEnd};

use crate::world::{COMMUNE, World, household, sync};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
const LIVE: &str = r#"{"record":"visit","household":"HOUSEHOLD","agent":"AS-7","kind":"first"}"#;

fn live() -> String {
    LIVE.replace("HOUSEHOLD", HOUSEHOLD)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_millis()).expect("a time")
}

fn id() -> uuid::Uuid {
    HOUSEHOLD.parse().expect("a uuid")
}

/// A time in seconds from now, and what was found later with its error.
type Told = (i64, Option<(i64, Option<u32>)>);

/// The time of each visit as it was said and as it was found, in the order of the list.
fn times(device: &Device) -> Vec<Told> {
    let view = device.household(&id()).expect("reads").view;
    let now_s = now_ms() / 1_000;
    let visits = view.visits_in_order().into_iter().map(|visit| {
        let from_now = |at: khettara_records::model::Instant| at.seconds() - now_s;
        let found = visit.anchored_at.map(|at| (from_now(at), visit.anchored_error_s));
        (from_now(visit.at.expect("every visit has a time")), found)
    });
    visits.collect()
}

fn is_now(seconds: i64) -> bool {
    (-300..=5).contains(&seconds)
}

#[test]
fn a_tablet_that_began_at_1970_learns_when_its_visits_were() {
    let world = World::new();
    // It was switched on two days ago, as it believes.
    let since_1970 = Clock::start().ahead_by_ms(2 * 86_400_000 - now_ms());
    let device = Device::init_with(&world.dir("amina"), since_1970).expect("a tablet");
    device.enroll(&world.ticket().to_text()).expect("a good code");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&live()).expect("saves");
    let said = device.household(&id()).expect("reads").view.visits[0].clone();
    assert!(said.at.expect("stamped").to_string().starts_with("1970-01-03T"), "{:?}", said.at);
    assert_eq!((said.time_source.as_deref(), said.error_s), (Some("device"), None));
    assert!(said.offset_min.is_some());
    let row = &device.households(None, 1).expect("reads")[0].row;
    assert_eq!(
        (row.visits, row.last_visit.as_deref()),
        (1, None),
        "a clock never set says nothing to a list"
    );

    let report = sync(&device).expect("syncs");
    assert_eq!((report.ended, report.times_found, report.left), (SyncEnd::Complete, 1, 0), "{report:?}");
    let found = device.household(&id()).expect("reads").view.visits[0].clone();
    assert_eq!(found.at, said.at, "what the tablet said stays");
    assert_eq!(found.anchored_by.as_deref(), Some("relay"));
    assert!(is_now(times(&device)[0].1.expect("found").0), "{:?}", times(&device));
    let row = &device.households(None, 1).expect("reads")[0].row;
    assert!(row.last_visit.is_some());
    // It went with the same sync, and is found once.
    let held = world.relay_holds();
    let report = sync(&device).expect("syncs");
    assert_eq!((report.times_found, world.relay_holds()), (0, held));

    // A colleague sees both, and the list in an order that makes sense.
    let colleague = world.tablet("fatima");
    assert!(is_now(times(&colleague)[0].1.expect("found").0));
}

#[test]
fn an_hour_put_back_by_hand_in_ramadan_is_seen_at_the_next_sync() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&live()).expect("saves");
    let report = sync(&device).expect("syncs");
    assert_eq!((report.times_found, report.left), (0, 0), "a clock that is right costs nothing");
    drop(device);

    let hour_back = Clock::start().ahead_by_ms(-3_600_000);
    let (device, _) = Device::open_with(&world.dir("amina"), hour_back).expect("opens");
    device.record_line(&live()).expect("saves");
    let said = times(&device);
    assert!(said.iter().any(|(at, found)| is_now(*at + 3_600) && found.is_none()), "{said:?}");
    let report = sync(&device).expect("syncs");
    assert_eq!(report.times_found, 1);
    let times = times(&device);
    let [(_, None), (at, Some((found, Some(error_s))))] = times[..] else { panic!("{times:?}") };
    assert!(is_now(at + 3_600) && is_now(found), "{times:?}");
    assert!((3_600..4_000).contains(&error_s), "it may have been right then: {error_s}");
}

#[test]
fn what_a_person_said_and_what_was_imported_is_left_as_it_is() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&live()).expect("saves");
    sync(&device).expect("syncs");
    let person = live().replace('}', r#","at":"2026-03-01T09:30:00Z","time_source":"person"}"#);
    device.record_line(&person).expect("saves");
    let device_of_old = live().replace('}', r#","at":"2025-11-01T09:30:00Z","time_source":"device"}"#);
    device.import(device_of_old.as_bytes(), &mut |_| {}).expect("saves");
    device.record_line(&live()).expect("saves");
    let report = sync(&device).expect("syncs");
    assert_eq!((report.times_found, report.left), (0, 0));
    assert!(times(&device).iter().all(|(_, found)| found.is_none()));
    assert_eq!(times(&device).len(), 4);
}

#[test]
fn an_import_that_was_killed_does_not_keep_later_times_from_being_found() {
    let world = World::new();
    let device = world.tablet("amina");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    sync(&device).expect("syncs");
    let line = live().replace('}', r#","at":"2025-11-01T09:30:00Z","time_source":"device"}"#) + "\n";
    let killed = catch_unwind(AssertUnwindSafe(|| {
        let rest = std::io::BufReader::new(Killed);
        device.import(std::io::Read::chain(line.as_bytes(), rest), &mut |_| {})
    }));
    assert!(killed.is_err());
    drop(device);
    let hour_back = Clock::start().ahead_by_ms(-3_600_000);
    let (device, _) = Device::open_with(&world.dir("amina"), hour_back).expect("opens");
    device.record_line(&live()).expect("saves");
    assert_eq!(sync(&device).expect("syncs").times_found, 1);
}

/// The process ends while it reads.
struct Killed;

impl std::io::Read for Killed {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        std::panic::resume_unwind(Box::new("killed"))
    }
}

#[test]
fn a_referral_has_a_time_too() {
    let world = World::new();
    let year_ahead = Clock::start().ahead_by_ms(365 * 86_400_000);
    let device = Device::init_with(&world.dir("amina"), year_ahead).expect("a tablet");
    world.open_feed("08.201/referrals");
    device.enroll(&world.ticket_for(&[COMMUNE, "08.201/referrals"]).to_text()).expect("a good code");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    let referral = format!(
        r#"{{"record":"referral","household":"{HOUSEHOLD}","commune":"{COMMUNE}","category":"health","urgency":"high","to":"Hopital","agent":"AS-7"}}"#
    );
    device.record_line(&referral).expect("saves");
    let report = sync(&device).expect("syncs");
    assert_eq!((report.times_found, report.left), (1, 0));
    let listed = device.register().expect("reads").remove(0);
    let view = device.household(&uuid::Uuid::from_bytes(listed.row.document.0)).expect("reads").view;
    let referral = view.of_kind(khettara_device::RecordKind::Referral).next().expect("a referral").clone();
    assert_eq!(referral.text("anchored_by"), Some("relay"));
    assert!(referral.text("at") > referral.text("anchored_at"));
}

/// Who found the time of each visit, in the order in which they were made, and with which error.
fn found_by(device: &Device) -> Vec<(String, Option<u32>)> {
    let view = device.household(&id()).expect("reads").view;
    let all = view.visits_in_order().into_iter();
    all.map(|visit| (visit.anchored_by.clone().unwrap_or_default(), visit.anchored_error_s)).collect()
}

#[test]
fn far_from_any_relay_a_colleagues_clock_finds_the_times_and_a_relays_goes_before_it_later() {
    let world = World::new();
    // The colleague's is half an hour ahead, which nobody knows yet.
    let colleague = world.colleague(Clock::start().ahead_by_ms(1_800_000));
    let hour_back = Clock::start().ahead_by_ms(-3_600_000);
    let device = Device::init_with(&world.dir("amina"), hour_back).expect("a tablet");
    let ticket = world.ticket();
    let code = ticket.secret.typed();
    device.enroll_typed(ticket.serial, &code, world.file_with(&colleague)).expect("a good code");
    assert!(sync(&device).expect("syncs").enrolled);

    world.relay_goes();
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&live()).expect("saves");
    let report = sync(&device).expect("the colleague answers");
    assert_eq!((report.ended, report.times_found), (SyncEnd::Complete, 1));
    assert_eq!((report.delivered, report.left), (0, 1), "a colleague is no relay");
    assert_eq!(device.status().expect("reads").visits.with_a_colleague, 1);
    let [(at, Some((found, _)))] = times(&device)[..] else { panic!("{:?}", times(&device)) };
    assert!(is_now(at + 3_600) && is_now(found - 1_800), "{at} {found}");
    assert_eq!(found_by(&device)[0].0, "colleague");

    colleague.goes();
    world.relay_comes_back();
    device.record_line(&live()).expect("saves");
    let report = sync(&device).expect("the relay answers");
    assert_eq!((report.ended, report.times_found, report.left), (SyncEnd::Complete, 2, 0));
    let all = times(&device);
    assert!(all.iter().all(|(at, found)| is_now(at + 3_600) && found.is_some_and(|(at, _)| is_now(at))));
    assert!(found_by(&device).iter().all(|(by, error_s)| by == "relay" && error_s.is_some()), "{all:?}");
}
