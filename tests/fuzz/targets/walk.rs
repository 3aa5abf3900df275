//! A change's content, closed with a right length and checksum: what passes the walk is what automerge reads, and what
//! stands on its past comes back from a document as it went in.

use std::cell::RefCell;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, Change, ObjType, ROOT, ReadDoc as _, ScalarValue};
use khettara_core::id::ChangeHash;
use khettara_core::limits::CHANGE_BYTES_MAX;
use khettara_records::airlock::{Past, Reading, change_hash, read, rehearse, walk};

use super::{may_rehearse, reached};
use crate::press::close;

thread_local! {
    static GROUND: RefCell<(Automerge, Past)> = RefCell::new(past());
}

pub(super) fn run(bytes: &[u8]) {
    if let Ok(walked) = walk(bytes) {
        assert!(change_hash(bytes) == Ok(walked.header().hash), "unclosed bytes that pass have their hash");
    }
    let chunk = close(1, bytes);
    let name = change_hash(&chunk).expect("it was closed");
    let reading = read(&chunk).expect("it was closed");
    let Ok(walked) = walk(&chunk) else { return };
    assert!(chunk.len() <= CHANGE_BYTES_MAX);
    assert_eq!(reading, Reading::Readable(walked.header().clone()));
    let change = Change::from_bytes(chunk.clone()).expect("what is walked is read");
    assert_eq!(ChangeHash(change.hash().0), name);
    let header = walked.header();
    assert_eq!((header.seq, header.start_op), (change.seq(), change.start_op().get()));
    assert_eq!((walked.ops(), walked.max_op()), (change.len() as u64, change.max_op()));
    GROUND.with_borrow_mut(|(document, past)| {
        if past.check(&walked, &()).is_err() {
            return;
        }
        reached();
        if may_rehearse() {
            let rehearsed = rehearse(document, &[&walked]);
            if is_second_of_its_number(document, &change) {
                assert!(rehearsed.is_err(), "an author has one change of a number");
                return;
            }
            let rehearsed = rehearsed.expect("what stands on its past is taken");
            let again = Automerge::load(&rehearsed.saved).expect("it was loaded before");
            let back = again.get_change_by_hash(&change.hash()).expect("it is in the document");
            assert_eq!(back.raw_bytes(), chunk);
        }
    });
}

/// Whether its author has another change of this number in the document. Whose it is, the log says, not the airlock.
fn is_second_of_its_number(document: &Automerge, change: &Change) -> bool {
    let all = document.get_changes_meta(&[]);
    let mut same = all.iter().filter(|one| *one.actor == *change.actor_id() && one.seq == change.seq());
    same.any(|one| one.hash != change.hash())
}

/// A document with something of everything, by two authors who wrote side by side.
fn document() -> Automerge {
    let options = || CommitOptions::default().with_time(0);
    let mut first = Automerge::new().with_actor(ActorId::from([0x11; 16]));
    let mut write = first.transaction();
    let list = write.put_object(ROOT, "list", ObjType::List).expect("puts");
    let text = write.put_object(ROOT, "text", ObjType::Text).expect("puts");
    write.put_object(ROOT, "map", ObjType::Map).expect("puts");
    write.insert(&list, 0, 1).expect("inserts");
    write.insert(&list, 1, "two").expect("inserts");
    write.splice_text(&text, 0, 0, "خطارة").expect("splices");
    write.put(ROOT, "count", ScalarValue::counter(5)).expect("puts");
    write.commit_with(options());
    let mut second = first.fork().with_actor(ActorId::from([0x22; 16]));
    for (copy, value) in [(&mut first, "left"), (&mut second, "right")] {
        let mut write = copy.transaction();
        write.put(ROOT, "name", value).expect("puts");
        write.increment(ROOT, "count", 3).expect("counts");
        write.delete(&list, 0).expect("deletes");
        write.commit_with(options());
    }
    first.merge(&mut second).expect("merges");
    first
}

/// The changes of that document, and two that go on from it.
#[cfg(test)]
pub(crate) fn examples() -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let chunks = |changes: Vec<Change>| changes.iter().map(|change| change.raw_bytes().to_vec()).collect();
    let mut later = document().with_actor(ActorId::from([0x33; 16]));
    let before = later.get_heads();
    for value in ["one", "two"] {
        let mut write = later.transaction();
        write.put(ROOT, "name", value).expect("puts");
        write.increment(ROOT, "count", -2).expect("counts");
        write.put_object(ROOT, "more", ObjType::List).expect("puts");
        write.commit_with(CommitOptions::default().with_time(0));
    }
    (chunks(document().get_changes(&[])), chunks(later.get_changes(&before)))
}

fn past() -> (Automerge, Past) {
    let (document, mut past) = (document(), Past::default());
    for change in document.get_changes(&[]) {
        past.add(&walk(change.raw_bytes()).expect("honest"), &()).expect("honest");
    }
    (document, past)
}
