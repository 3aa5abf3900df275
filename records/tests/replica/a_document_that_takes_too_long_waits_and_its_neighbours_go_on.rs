//! A tablet whose changes are each within the limits, and together make a household slow: the household waits as it
//! is, everything else goes on, and it is tried again when the program starts again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use automerge::transaction::Transactable;
use automerge::{ObjType, ROOT, ReadDoc};
use khettara_core::id::DocumentId;
use khettara_core::limits::REHEARSAL_OPS_HERE_MAX;
use khettara_core::log::Written;
use khettara_records::airlock::{RehearsalFault, Stage};
use khettara_records::model::HouseholdDocument;
use khettara_records::replica::Replica;
use khettara_records::verdict::{EntryState, Waiting};

use crate::station::{Forger, ORG, Parcel, Station, feed, form, household, uuid, visit};

/// Letters of a text that one change brings: as many operations.
const LETTERS: usize = 4_000;
const CHANGES: usize = REHEARSAL_OPS_HERE_MAX as usize / LETTERS + 1;
const RETRY: EntryState = EntryState::Waiting(Waiting::Retry);

fn id(number: u8) -> DocumentId {
    DocumentId(*uuid::Uuid::parse_str(&uuid(number)).unwrap().as_bytes())
}

/// A household that is told about at length, and another.
fn a_long_story() -> Parcel {
    let mut forger = Forger::new(40);
    let actor = forger.actor(5);
    let mut document = HouseholdDocument::new(id(1));
    let family = document.record(actor, 2, &form(&household(1, ""))).unwrap();
    let mut written = vec![Forger::start(5), Written::change(&id(1), &family.chunk)];
    let mut draft = document.automerge().clone().with_actor(actor.as_bytes().as_slice().into());
    let mut transaction = draft.transaction();
    let text = transaction.put_object(ROOT, "story", ObjType::Text).unwrap();
    let mut hash = transaction.commit().0.unwrap();
    for n in 0..=CHANGES {
        let change = draft.get_change_by_hash(&hash).unwrap();
        written.push(Written::change(&id(1), change.raw_bytes()));
        let mut transaction = draft.transaction();
        transaction.splice_text(&text, n * LETTERS, 0, &"a".repeat(LETTERS)).unwrap();
        hash = transaction.commit().0.unwrap();
    }
    let mut other = HouseholdDocument::new(id(2));
    let family = other.record(actor, written.len() as u64 + 1, &form(&household(2, ""))).unwrap();
    written.push(Written::change(&id(2), &family.chunk));
    forger.cut(&written)
}

/// A tablet on which large documents take too long, and how often one was tried.
fn slow_tablet() -> (Station, Arc<AtomicU32>) {
    let mut station = Station::new(1);
    let tried = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tried);
    let stage = Stage::with(Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Err(RehearsalFault::TooLong)
    }));
    station.replica = Replica::new(ORG, 1 << 20, stage);
    (station, tried)
}

#[test]
fn a_household_that_is_too_slow_waits_and_the_others_do_not() {
    let (mut slow, tried) = slow_tablet();
    assert!(slow.take(&a_long_story()));
    let heard = slow.catch_up();
    let waiting = CHANGES as u64 + 2;
    assert_eq!((heard.merged, heard.waiting, heard.quarantined), (1, waiting, 0));
    assert!(slow.held_back().iter().all(|one| one.state == RETRY));
    assert_eq!(tried.load(Ordering::Relaxed), 1, "what takes too long is not tried twice in a row");
    let mut of = |number| slow.replica.household(&slow.store, &feed(), &id(number)).unwrap();
    assert!(of(1).is_none() && of(2).is_some());
    assert_eq!(slow.catch_up(), Default::default(), "and not again with each meeting");
}

#[test]
fn when_there_is_room_for_it_the_household_is_read_and_nothing_is_missing() {
    let (mut slow, _) = slow_tablet();
    assert!(slow.take(&a_long_story()));
    slow.catch_up();
    slow.replica = Replica::new(ORG, 1 << 20, Stage::here());
    let tried_again = slow.catch_up();
    assert_eq!(tried_again.merged, CHANGES as u64 + 2);
    assert!(slow.held_back().is_empty());
    assert_eq!(slow.catch_up(), Default::default());

    let mut quick = Station::new(2);
    assert!(quick.take(&a_long_story()));
    quick.catch_up();
    assert_eq!(slow.digest(), quick.digest());
    for station in [&mut slow, &mut quick] {
        station.write(&visit(1, "work goes on"));
        station.check_against_rules();
    }
}

#[test]
fn a_bad_neighbour_is_found_among_many_without_trying_each_alone() {
    // Ancestors missing: offered together they fail, and so does each part that has one of them.
    let mut document = HouseholdDocument::new(id(1));
    let actor = Forger::new(40).actor(5);
    let mut chunks = vec![document.record(actor, 2, &form(&household(1, ""))).unwrap().chunk];
    for n in 0..63 {
        chunks.push(document.record(actor, 3 + n, &form(&visit(1, "again"))).unwrap().chunk);
    }
    let walked: Vec<_> = chunks.iter().map(|chunk| khettara_records::airlock::walk(chunk).unwrap()).collect();
    let but_one: Vec<_> = walked.iter().enumerate().filter(|(n, _)| *n != 40).map(|(_, one)| one).collect();
    let empty = HouseholdDocument::new(id(1));
    let each = Stage::here().rehearse_each(empty.automerge(), &but_one);
    let passed = each.results.iter().take_while(|result| result.is_ok()).count();
    assert_eq!(passed, 40);
    assert!(each.results[40..].iter().all(|result| *result == Err(RehearsalFault::MissingAncestor)));
    assert_eq!(each.adopted.unwrap().document.get_changes_meta(&[]).len(), 40 + 1, "and the constant");
}
