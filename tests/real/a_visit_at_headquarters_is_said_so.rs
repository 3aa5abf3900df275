//! Saved, Delivered, At headquarters: each word is said when it is true, and never a moment earlier.

use khettara_device::{Device, DeviceError, ErrorKind, VisitCounts, WaitsFor, Whereabouts};
use khettara_node::quic::DialError;

use crate::town::{Town, household, id, save, sync, visit};

/// What the tablet says of its one visit, in every place where it says it.
fn word(device: &Device) -> Whereabouts {
    let visits = device.own_visits().expect("reads");
    assert_eq!(visits.len(), 1);
    let word = visits[0].whereabouts;
    let own = device.household(&id()).expect("reads").own_visits;
    assert_eq!(
        own.iter().map(|own| (own.visit.id, own.visit.whereabouts)).collect::<Vec<_>>(),
        [(visits[0].id, word)]
    );
    let status = device.status().expect("reads");
    assert_eq!(status.visits, VisitCounts::of(&visits));
    assert_eq!(status.at_headquarters.visits, u64::from(word == Whereabouts::Headquarters));
    word
}

fn waits_for(device: &Device) -> Vec<WaitsFor> {
    device.status().expect("reads").waiting.iter().map(|waiting| waiting.what).collect()
}

#[test]
fn the_words_follow_the_work_and_never_run_ahead_of_it() {
    let mut town = Town::found();
    let amina = town.tablet("amina");
    town.stop_relay();
    save(&amina, &[household(), visit(3)]);
    assert_eq!(word(&amina), Whereabouts::Saved);

    let error = sync(&amina).expect_err("nobody answers");
    assert_eq!((error.kind(), error.retryable()), (ErrorKind::Retry, true), "{error}");
    assert!(
        matches!(error, DeviceError::Dial(DialError::Down)),
        "nobody waits out a whole patience: {error}"
    );
    let again = sync(&amina).expect_err("still nobody");
    assert!(matches!(again, DeviceError::Dial(DialError::Down)), "{again}");
    assert_eq!(word(&amina), Whereabouts::Saved, "a relay that is down delivers nothing");
    assert_eq!(waits_for(&amina), [WaitsFor::Relay]);

    town.start_relay();
    assert_eq!(word(&amina), Whereabouts::Saved, "a relay that is up has not got it either");
    let report = sync(&amina).expect("syncs");
    assert_eq!((report.sent, report.delivered, report.left), (1, 1, 0));
    assert_eq!(word(&amina), Whereabouts::Delivered);
    assert_eq!(waits_for(&amina), [WaitsFor::Headquarters]);
    let report = sync(&amina).expect("syncs");
    assert_eq!(report.at_headquarters.visits, 0);
    assert_eq!(word(&amina), Whereabouts::Delivered, "headquarters has not pulled");

    assert_eq!(town.pull(), 1);
    assert_eq!(word(&amina), Whereabouts::Delivered, "it is there, and nobody has proved it here");
    let report = sync(&amina).expect("syncs");
    assert_eq!((report.sent, report.at_headquarters.visits, report.at_headquarters.of), (0, 1, 1));
    assert_eq!(
        report.at_headquarters.up_to.map(|at| at.to_string()).as_deref(),
        Some("2026-11-03T09:30:00Z")
    );
    assert_eq!(word(&amina), Whereabouts::Headquarters);
    assert!(waits_for(&amina).is_empty());
}

#[test]
fn the_word_is_said_of_what_was_there_and_not_of_what_came_after() {
    let mut town = Town::found();
    let amina = town.tablet("amina");
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    town.pull();
    save(&amina, &[visit(4)]);
    // This sync brings the receipt for the first visit and takes the second.
    let report = sync(&amina).expect("syncs");
    assert_eq!((report.sent, report.at_headquarters.visits, report.at_headquarters.of), (1, 1, 2));
    let words: Vec<_> = amina.own_visits().expect("reads").iter().map(|visit| visit.whereabouts).collect();
    assert_eq!(words, [Whereabouts::Headquarters, Whereabouts::Delivered]);
    drop(amina);
    let (amina, sentences) = Device::open(&town.dir("amina")).expect("opens");
    assert!(sentences.is_empty(), "{sentences:?}");
    let again: Vec<_> = amina.own_visits().expect("reads").iter().map(|visit| visit.whereabouts).collect();
    assert_eq!(again, words, "what was proved outlives the process");
}

#[test]
fn a_colleague_who_holds_a_visit_is_neither_the_relay_nor_headquarters() {
    let mut town = Town::found();
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    let report = sync(&fatima).expect("syncs");
    assert_eq!((report.received, report.delivered), (1, 0), "hers is none of this");
    assert!(fatima.own_visits().expect("reads").is_empty());
    assert_eq!(fatima.status().expect("reads").visits_readable, 1);
}
