//! A tablet is closed while it has work that nobody holds. It brings it; it is held, counted and shown; its author is
//! told which visits and why, and goes on from what is accepted; a person releases it, and everybody has it.

use khettara_core::id::Pattern;
use khettara_core::identity::Mode;
use khettara_device::{Device, DeviceError, Enrolment, EntryName, Freed, HeldError, WaitsFor, Whereabouts};
use khettara_hq::{CloseReason, Ending};

use crate::town::{COMMUNE, Town, household, id, save, sync, visit};

const CLOSED: u8 = 4;

fn close(town: &mut Town, serial: u32, mode: Mode) {
    let feeds = if mode == Mode::CUT { Vec::new() } else { vec![Pattern::new(COMMUNE).expect("a pattern")] };
    let ending = Ending { serial, mode, feeds, reason: CloseReason::ScopeMoved, keeps: true };
    let closed = town.headquarters.close(&ending).expect("closes");
    assert_eq!(closed.devices, 1, "{closed:?}");
    town.pull();
}

fn serial(device: &Device) -> u32 {
    device.status().expect("reads").serial.expect("enrolled")
}

fn words(device: &Device) -> Vec<Whereabouts> {
    device.own_visits().expect("reads").iter().map(|visit| visit.whereabouts).collect()
}

/// Visits of the household as a tablet shows them.
fn shown(device: &Device) -> usize {
    device.household(&id()).expect("reads").view.visits.len()
}

/// The name of the last entry of a tablet's that is held back at headquarters.
fn last_held(town: &Town) -> EntryName {
    let all = town.headquarters.quarantine().expect("reads");
    let last = all.iter().max_by_key(|here| here.entry.n).expect("something is held back");
    last.entry.name().parse().expect("a name")
}

#[test]
fn what_a_closed_tablet_brings_is_held_its_author_is_told_and_a_release_brings_it_in_everywhere() {
    let mut town = Town::found();
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    assert_eq!(town.pull(), 1);
    save(&amina, &[visit(4), visit(5)]);
    let number = serial(&amina);
    close(&mut town, number, Mode::CUT);

    let report = sync(&amina).expect("a closed tablet still brings its own");
    assert_eq!((report.sent, report.left), (2, 0), "{report:?}");
    assert_eq!(amina.status().expect("reads").enrolment, Enrolment::Closed);
    assert_eq!(shown(&amina), 1, "it goes on from what is accepted");
    assert_eq!(town.pull(), 0, "held, not merged");
    assert_eq!(town.table("visits.csv").len(), 1);
    let manifest = town.headquarters.export(&town.dir("again")).expect("exports");
    assert_eq!(manifest.not_merged.set_aside, 2, "the dataset says what it lacks: {:?}", manifest.not_merged);

    sync(&amina).expect("syncs");
    let aside = Whereabouts::SetAside(CLOSED);
    assert_eq!(words(&amina), [Whereabouts::Headquarters, aside, aside]);
    let status = amina.status().expect("reads");
    assert_eq!(status.visits.set_aside, 2);
    let waits: Vec<_> = status.waiting.iter().map(|waiting| (waiting.what, waiting.visits)).collect();
    assert_eq!(waits, [(WaitsFor::Supervisor(CLOSED), 2)]);
    sync(&fatima).expect("syncs");
    assert_eq!(shown(&fatima), 1);

    let name = last_held(&town);
    let (_, held, whose) = town.headquarters.held_entry(&name).expect("is there");
    assert_eq!(whose, Some(serial(&amina)));
    let kind = held.says.iter().find(|one| one.field == "kind").expect("a visit says of which kind it is");
    assert_eq!(kind.value, "follow_up");
    let released = town.headquarters.release(&name, Freed::Line).expect("releases");
    assert_eq!((released.entries, released.waiting), (2, 0));
    assert!(town.headquarters.quarantine().expect("reads").is_empty());
    town.pull();
    for tablet in [&amina, &fatima] {
        sync(tablet).expect("syncs");
        assert_eq!(shown(tablet), 3);
    }
    assert_eq!(words(&amina), [Whereabouts::Headquarters; 3]);
    assert_eq!(town.table("visits.csv").len(), 3);
}

#[test]
fn what_was_written_before_a_drain_was_heard_stands_and_a_supervisor_releases_the_rest() {
    let mut town = Town::found();
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    let brahim = town.supervisor("brahim");
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    town.pull();
    save(&amina, &[visit(4)]);
    let number = serial(&amina);
    close(&mut town, number, Mode::DRAIN);
    sync(&amina).expect("syncs");
    assert_eq!(shown(&amina), 2, "an honest tablet's work from before it heard");
    assert_eq!(amina.status().expect("reads").enrolment, Enrolment::Enrolled, "it has its other communes");
    save(&amina, &[visit(5)]);
    sync(&amina).expect("syncs");
    assert_eq!(shown(&amina), 2, "what came after is set aside here too");
    assert_eq!(town.pull(), 1);
    sync(&amina).expect("syncs");
    let there = Whereabouts::Headquarters;
    assert_eq!(words(&amina), [there, there, Whereabouts::SetAside(CLOSED)]);

    for tablet in [&fatima, &brahim] {
        sync(tablet).expect("syncs");
        assert_eq!(shown(tablet), 2);
    }
    let held = brahim.quarantine().expect("reads");
    assert_eq!(held.len(), 1);
    assert!(held[0].can_be_released && !held[0].waits && held[0].reason == CLOSED);
    let name: EntryName = held[0].name.parse().expect("a name");
    let refused = |device: &Device| match device.release(&name, Freed::Change) {
        Err(DeviceError::Held(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(&fatima), HeldError::NoSupervisor), "a worker frees nothing");
    assert!(matches!(refused(&amina), HeldError::Own), "nobody frees their own");
    let (_, entry) = brahim.held_entry(&name).expect("is there");
    assert!(
        entry.says.iter().any(|one| one.field == "at" && one.value == "2026-11-05T09:30:00Z"),
        "{entry:?}"
    );
    let released = brahim.release(&name, Freed::Change).expect("releases");
    assert_eq!((released.entries, shown(&brahim)), (1, 3));
    assert!(matches!(refused(&brahim), HeldError::NoSuchEntry), "it is in");
    sync(&brahim).expect("syncs");
    assert_eq!(town.pull(), 1);
    for tablet in [&amina, &fatima] {
        sync(tablet).expect("syncs");
    }
    assert_eq!(shown(&fatima), 3);
    assert_eq!(words(&amina), [there; 3]);
    // The release stands in a log of the commune, which is not given to a tablet that it was taken from.
    assert_eq!(shown(&amina), 2);
}
