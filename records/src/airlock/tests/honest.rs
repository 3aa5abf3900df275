//! Airlock tests: what several tablets write while they edit one document at random passes.

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ROOT};

use super::super::{Past, Reading, rehearse, walk};
use super::editing::edited;

#[test]
fn every_change_that_honest_tablets_write_passes_the_walk_and_stands_on_its_past() {
    let mut count = 0;
    for seed in 0..24 {
        let (document, changes) = edited(seed, 130);
        let mut past = Past::default();
        assert!(past.is_empty());
        for (place, change) in changes.iter().enumerate() {
            let walked = walk(change.raw_bytes())
                .unwrap_or_else(|fault| panic!("seed {seed}, change {place}: {fault:?}"));
            past.add(&walked, &()).unwrap_or_else(|fault| panic!("seed {seed}, change {place}: {fault:?}"));
            assert_eq!(past.add(&walked, &()), Ok(()), "once more changes nothing");
            assert!(past.contains(&walked.header().hash) && !past.is_empty());
            assert_eq!(past.len(), place + 1);
            let header = walked.header();
            assert_eq!(header.hash.as_bytes(), &change.hash().0);
            assert_eq!(walked.actor().as_bytes(), change.actor_id().to_bytes());
            assert_eq!((header.seq, header.start_op), (change.seq(), change.start_op().get()));
            assert_eq!((walked.ops(), walked.max_op()), (change.len() as u64, change.max_op()));
            let front = super::super::read(change.raw_bytes()).expect("a whole chunk");
            assert_eq!(front, Reading::Readable(header.clone()));
            count += 1;
        }
        let mut read = Past::of(&document).expect("an honest document");
        assert_eq!(read.len(), past.len());
        for change in changes.iter().step_by(7) {
            let walked = walk(change.raw_bytes()).expect("it passed before");
            assert_eq!(read.check(&walked, &document), Ok(()), "seed {seed}, read from the document");
        }
    }
    assert!(count >= 2_000, "only {count} changes were made");
}

#[test]
fn an_honest_history_rehearses_in_one_go_and_comes_back_with_the_same_heads() {
    for seed in 100..104 {
        let (document, changes) = edited(seed, 60);
        let walked: Vec<_> = changes.iter().map(|change| walk(change.raw_bytes()).expect("honest")).collect();
        let all: Vec<_> = walked.iter().collect();
        let mut rehearsed = rehearse(&Automerge::new(), &all).expect("honest changes rehearse");
        assert_eq!(rehearsed.document.get_heads(), document.get_heads());
        rehearsed.document.set_actor(ActorId::from([7; 16]));
        assert!(rehearsed.document.transact(|tx| tx.put(ROOT, "later", 1)).is_ok());
    }
}
