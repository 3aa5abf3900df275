//! However many households are read and written, loaded documents keep within their bytes, and lists load none.

use khettara_core::id::DocumentId;
use khettara_records::airlock::Stage;
use khettara_records::replica::Replica;
use uuid::Uuid;

use crate::station::{ORG, Station, feed, household, uuid, visit};

const HOUSEHOLDS: u8 = 60;
const CACHE_BYTES: usize = 512 * 1_024;

fn document(number: u8) -> DocumentId {
    DocumentId(*Uuid::parse_str(&uuid(number)).unwrap().as_bytes())
}

/// A station with many households, and a copy that may keep few of them loaded.
fn village(cache_bytes: usize) -> Station {
    let mut station = Station::new(1);
    for number in 0..HOUSEHOLDS {
        station.write(&household(number, r#""water":"well""#));
        station.write(&visit(number, "البئر جفت منذ الصيف"));
    }
    station.replica = Replica::new(ORG, cache_bytes, Stage::here());
    station
}

#[test]
fn however_many_households_are_read_and_written() {
    let mut station = village(CACHE_BYTES);
    let mut most = 0;
    for round in 0..3 {
        for number in 0..HOUSEHOLDS {
            let view = station.replica.household(&station.store, &feed(), &document(number)).unwrap();
            assert_eq!(view.unwrap().visits.len(), 1 + round);
            station.write(&visit(number, "once more"));
            let bytes = station.replica.loaded_bytes();
            assert!(bytes <= CACHE_BYTES, "{bytes} bytes after household {number}");
            most = most.max(bytes);
        }
    }
    assert!(most > CACHE_BYTES / 2, "the room is used: {most} bytes");
    let loads = station.replica.loads();
    let last = document(HOUSEHOLDS - 1);
    station.replica.household(&station.store, &feed(), &last).unwrap();
    assert_eq!(station.replica.loads(), loads, "what was used last is still loaded");
    station.replica.household(&station.store, &feed(), &document(0)).unwrap();
    assert_eq!(station.replica.loads(), loads + 1, "what was not used for longest had to go");
}

#[test]
fn what_arrives_from_others_stays_within_it_too() {
    let (colleague, mut station) = (village(CACHE_BYTES), village(CACHE_BYTES));
    let mut colleague = colleague;
    colleague.cut();
    for number in 0..HOUSEHOLDS {
        station.replica.household(&station.store, &feed(), &document(number)).unwrap();
    }
    // Another device's parcels about the same households.
    let mut other = Station::new(2);
    other.hear(&colleague);
    for number in 0..HOUSEHOLDS {
        other.write(&visit(number, "a colleague was here"));
    }
    other.cut();
    station.cut();
    let caught = station.hear(&other);
    assert_eq!(caught.touched.len(), usize::from(HOUSEHOLDS));
    let bytes = station.replica.loaded_bytes();
    assert!(bytes <= CACHE_BYTES, "{bytes} bytes");
}

#[test]
fn a_document_larger_than_all_of_it_is_read_and_not_kept() {
    let mut station = village(1_000);
    for _ in 0..2 {
        assert!(station.replica.household(&station.store, &feed(), &document(0)).unwrap().is_some());
        assert_eq!(station.replica.loaded_bytes(), 0);
    }
    assert_eq!(station.replica.loads(), 2);
}

#[test]
fn lists_and_counts_load_nothing() {
    let station = village(CACHE_BYTES);
    let rows = station.replica.rows(&station.store, &feed(), None, 50).unwrap();
    assert_eq!(rows.len(), 50);
    assert!(rows.iter().all(|row| row.visits == 1 && row.last_visit.is_some()));
    let stats = station.replica.stats(&station.store, &[feed()]).unwrap();
    assert_eq!((stats.households, stats.visits), (u64::from(HOUSEHOLDS), u64::from(HOUSEHOLDS)));
    assert_eq!(station.replica.loads(), 0);
}
