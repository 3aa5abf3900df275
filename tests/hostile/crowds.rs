//! Changes that each keep every limit, and together would make a document of any size: it grows as far as a document
//! may, in memory that is bounded, and then stays as it is.

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT};
use khettara_core::limits::{CHANGE_OPS_MAX, REHEARSAL_OPS_MAX};
use khettara_records::airlock::{RehearsalFault, Rehearsed, Stage, Walked, walk};

use crate::{MEMORY, alone};

/// What the largest rehearsal may take: document, copy and what comes back.
const LARGEST_BYTES_MAX: usize = 256 * 1_048_576;

/// Changes that write a text of so many letters, an operation for each.
fn letters(count: u64) -> Vec<Vec<u8>> {
    let mut draft = Automerge::new().with_actor([7; 16].as_slice().into());
    let mut transaction = draft.transaction();
    let text = transaction.put_object(ROOT, "text", ObjType::Text).unwrap();
    transaction.commit();
    let mut written = 1;
    while written < count {
        let now = (count - written).min(CHANGE_OPS_MAX - 1);
        let mut transaction = draft.transaction();
        transaction.splice_text(&text, 0, 0, &"a".repeat(now as usize)).unwrap();
        transaction.commit();
        written += now;
    }
    draft.get_changes(&[]).iter().map(|change| change.raw_bytes().to_vec()).collect()
}

#[test]
fn a_document_grows_as_far_as_one_may_in_bounded_memory_and_then_stays_as_it_is() {
    let _alone = alone();
    let chunks = letters(REHEARSAL_OPS_MAX + 1);
    let walked: Vec<Walked<'_>> =
        chunks.iter().map(|chunk| walk(chunk).expect("each keeps the limits")).collect();
    let (one_more, all) = walked.split_last().unwrap();
    let all: Vec<&Walked<'_>> = all.iter().collect();

    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let Rehearsed { document, .. } =
        Stage::here().rehearse(Automerge::new(), &all).expect("as large as may be");
    let bytes = MEMORY.peak_usage().saturating_sub(before);
    println!("{REHEARSAL_OPS_MAX} operations at most: {} MiB", bytes >> 20);
    assert!(bytes <= LARGEST_BYTES_MAX, "{bytes} bytes");

    let fault = Stage::here().rehearse(document, &[one_more]).expect_err("one operation too many");
    assert_eq!(fault, RehearsalFault::TooMany);
}
