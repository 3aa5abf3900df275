//! Airlock tests: how large a rehearsal may be, where it is carried out, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc};
use khettara_core::limits::{REHEARSAL_OPS_HERE_MAX, REHEARSAL_OPS_MAX};

use super::super::{Rehearsal, RehearsalFault, Stage, walk};

/// A document with so many operations: a text, and a letter for each of the others.
fn text_of(ops: u64) -> Automerge {
    let mut document = Automerge::new().with_actor(ActorId::from([7; 16]));
    let write = |tx: &mut automerge::transaction::Transaction<'_>| {
        let text = tx.put_object(ROOT, "text", ObjType::Text)?;
        tx.splice_text(&text, 0, 0, &"a".repeat(ops as usize - 1))
    };
    document.transact(write).expect("a text");
    document
}

/// A change of so many operations that stands on all of `document`.
fn change_on(document: &Automerge, ops: usize) -> Vec<u8> {
    let mut other = document.clone().with_actor(ActorId::from([8; 16]));
    let write = |tx: &mut automerge::transaction::Transaction<'_>| {
        (0..ops).try_for_each(|number| tx.put(ROOT, format!("key {number}"), "private"))
    };
    other.transact(write).expect("a change");
    other.get_last_local_change().expect("it was made").raw_bytes().to_vec()
}

/// A stage whose performer counts how often it is called, and does what it is told.
fn counting(answer: Option<RehearsalFault>) -> (Stage, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let performer = move |rehearsal: Rehearsal| {
        counted.fetch_add(1, Ordering::Relaxed);
        answer.map_or_else(|| rehearsal.perform(), Err)
    };
    (Stage::with(Box::new(performer)), calls)
}

#[test]
fn what_is_small_is_rehearsed_here_and_what_is_larger_where_the_program_says() {
    let document = text_of(REHEARSAL_OPS_HERE_MAX - 4);
    for (ops, expected) in [(1, 0), (4, 0), (5, 1)] {
        let (mut stage, calls) = counting(None);
        let chunk = change_on(&document, ops);
        let rehearsed = stage.rehearse(document.clone(), &[&walk(&chunk).expect("sound")]);
        assert_eq!(rehearsed.expect("it takes the change").document.stats().num_changes, 2);
        assert_eq!(calls.load(Ordering::Relaxed), expected, "a change of {ops}");
    }
}

#[test]
fn a_document_takes_changes_up_to_so_many_operations_and_none_beyond() {
    let document = text_of(REHEARSAL_OPS_MAX - 1);
    for (ops, expected) in [(1, None), (2, Some(RehearsalFault::TooMany))] {
        let chunk = change_on(&document, ops);
        let rehearsed = Stage::here().rehearse(document.clone(), &[&walk(&chunk).expect("sound")]);
        assert_eq!(rehearsed.err(), expected, "a change of {ops}");
    }
}

#[test]
fn a_document_that_takes_too_long_is_tried_once_however_many_changes_wait() {
    let document = text_of(REHEARSAL_OPS_HERE_MAX);
    let chunks: Vec<_> = (1..6).map(|ops| change_on(&document, ops)).collect();
    let walked: Vec<_> = chunks.iter().map(|chunk| walk(chunk).expect("sound")).collect();
    let (mut stage, calls) = counting(Some(RehearsalFault::TooLong));
    let each = stage.rehearse_each(&document, &walked.iter().collect::<Vec<_>>());
    assert_eq!(each.results, vec![Err(RehearsalFault::TooLong); 5]);
    assert!(each.adopted.is_none());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn nothing_of_what_is_rehearsed_is_printed() {
    let document = text_of(3);
    let chunk = change_on(&document, 1);
    let walked = walk(&chunk).expect("sound");
    let rehearsed = Stage::here().rehearse(document.clone(), &[&walked]).expect("sound");
    assert_eq!(format!("{rehearsed:?}"), format!("Rehearsed({} B)", rehearsed.saved.len()));
    assert_eq!(format!("{:?}", Rehearsal::of(document, &[&walked])), "Rehearsal(1 changes)");
    assert_eq!(format!("{:?}", Stage::here()), "Stage { .. }");
    let shown = format!("{walked:?}");
    assert!(shown.starts_with("Walked { header: ") && !shown.contains("private") && !shown.contains("key 0"));
}
