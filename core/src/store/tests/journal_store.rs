//! What the store promises when the index is behind, ahead, foreign, damaged, full or gone.

use super::{FlakyIndex, ids, open, open_waiting};
use crate::store::conformance;
use crate::store::{
    Answer, DiskError, Expect, Fault, Group, JournalStore, MemoryIndex, Op, Options, Reason, SimulatedDisk,
    Store, StoreError,
};

fn put(key: &[u8], value: &[u8]) -> Vec<Group> {
    vec![Group { expect: vec![], ops: vec![Op::Put(key.to_vec(), value.to_vec())] }]
}

/// A store with the rows a, b, c (c too large for the index) and the derived row ~d.
fn filled(disk: &SimulatedDisk, index: &FlakyIndex) {
    let (mut store, _) = open(disk, index, 1).expect("opens");
    for (key, value) in [(b"a", vec![1]), (b"b", vec![2]), (b"c", vec![3; 9_000])] {
        assert_eq!(store.commit(put(key, &value)), Ok(vec![Answer::Committed]));
    }
    store.derive(vec![Op::Put(b"~d".to_vec(), vec![4; 9_000])]).expect("derived");
}

fn assert_filled(store: &dyn Store) {
    for (key, value) in [(b"a", vec![1]), (b"b", vec![2]), (b"c", vec![3; 9_000])] {
        assert!(store.get(key) == Ok(Some(value)));
    }
    assert_eq!(store.scan(b"", b"", 3).map(|rows| rows.len()), Ok(3));
}

#[test]
fn the_store_on_a_disk_does_what_every_store_does() {
    conformance::check(&mut || {
        let options = Options { file_bytes_max: 10_000, ..Options::default() };
        let (store, opened) = JournalStore::open(SimulatedDisk::new(), MemoryIndex::new(), ids(1), options)
            .expect("an empty disk opens");
        assert_eq!(opened, crate::store::Opened::default());
        Box::new(store)
    });
}

#[test]
fn an_index_that_never_takes_a_batch_changes_no_answer() {
    conformance::check(&mut || {
        let index = FlakyIndex::default();
        index.set(|shared| shared.refuses_batches = true);
        Box::new(open(&SimulatedDisk::new(), &index, 1).expect("opens").0)
    });
}

#[test]
fn an_index_up_to_date_or_behind_is_used_as_it_is() {
    for kept in 1..5 {
        let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
        filled(&disk, &index);
        // The first is flushed.
        index.crash(kept - 1);
        let (store, opened) = open(&disk, &index, 2).expect("opens");
        assert_eq!(opened.rebuilt, None, "{kept} batches kept");
        assert_filled(&store);
        let derived = if kept == 4 { Some(vec![4; 9_000]) } else { None };
        assert!(store.get(b"~d") == Ok(derived));
    }
}

#[test]
fn an_index_that_is_gone_is_built_anew_and_said_to_be() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    filled(&disk, &index);
    let other = FlakyIndex::default();
    let (store, opened) = open_waiting(&disk, &other, 2, MUCH).expect("opens");
    assert_eq!(opened.rebuilt, Some(Reason::Missing));
    assert_filled(&store);
    assert_eq!(store.get(b"~d"), Ok(None), "what was derived is derived anew");
    assert_eq!(other.0.borrow().batches.len(), 1, "the whole journal, which is short, in one");
    assert_eq!(format!("{store:?}"), "JournalStore(index Current)", "and nothing of what is in it");
}

#[test]
fn a_long_journal_is_replayed_a_megabyte_at_a_time() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open(&disk, &index, 1).expect("opens");
    for n in 0..5 {
        store.commit(put(&[n], &[n; 300_000])).expect("committed");
    }
    drop(store);
    let other = FlakyIndex::default();
    open(&disk, &other, 2).expect("opens");
    let rows: Vec<usize> = other.0.borrow().batches.iter().map(|batch| batch.len()).collect();
    assert_eq!(rows, [4 + 2, 1 + 2], "and with each its number and the mark");
}

#[test]
fn an_index_that_was_behind_has_everything_once_the_store_is_open() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
    for n in 1..=3 {
        follow(&mut store, n);
    }
    std::mem::forget(store);
    assert!(!index.0.borrow().rows.contains_key(&vec![1, b'a', 3]), "it waits in a process that is killed");
    let (store, _) = open_waiting(&disk, &index, 2, MUCH).expect("opens");
    assert!(index.0.borrow().rows.contains_key(&vec![1, b'a', 3]));
    drop(store);
}

#[test]
fn what_is_derived_is_kept_in_rows_that_the_index_takes_well() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open(&disk, &index, 1).expect("opens");
    let sizes = [0, 1, 4_000, 4_075, 4_076, 4_096, 9_000];
    for (n, size) in (0u8..).zip(sizes) {
        store.derive(vec![Op::Put(vec![b'~', n], vec![n; size])]).expect("derived");
        assert_eq!(store.get(&[b'~', n]), Ok(Some(vec![n; size])));
    }
    let shared = index.0.borrow();
    assert!(shared.rows.values().all(|row| row.len() <= crate::limits::INDEX_VALUE_BYTES_MAX));
    let parts = shared.rows.keys().filter(|key| key[0] == 2).count();
    assert_eq!(parts, 1 + 1 + 3, "of the last three alone");
}

#[test]
fn an_index_ahead_or_of_another_store_is_set_aside() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    filled(&disk, &index);
    let (other_disk, other_index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut other, _) = open(&other_disk, &other_index, 7).expect("opens");
    other.commit(put(b"z", b"z")).expect("committed");
    let (store, opened) = open(&disk, &other_index, 2).expect("opens");
    assert_eq!(opened.rebuilt, Some(Reason::OtherStore));
    assert_filled(&store);
    assert_eq!(store.get(b"z"), Ok(None));
    let (mut store, _) = open(&disk, &index, 3).expect("opens");
    disk.fail(1, Fault::Nothing(DiskError::Failed(5)));
    assert!(store.commit(put(b"e", b"e")).is_err());
    store.commit(put(b"f", b"f")).expect("committed");
    let mut older = SimulatedDisk::new();
    copy_but_the_last(&disk, &mut older);
    let (store, opened) = open(&older, &index, 4).expect("opens");
    assert_eq!(opened.rebuilt, Some(Reason::Ahead));
    assert_filled(&store);
    assert_eq!(store.get(b"f"), Ok(None));
}

/// A disk set back to before its youngest file.
fn copy_but_the_last(from: &SimulatedDisk, to: &mut SimulatedDisk) {
    use crate::store::Disk;
    let names = from.list().expect("listed");
    for name in names.iter().filter(|name| !name.starts_with("journal-0303")) {
        to.create(name).expect("created");
        let bytes = from.read(name, 0, usize::MAX).expect("read");
        to.append(name, &bytes).expect("appended");
    }
}

#[test]
fn a_damaged_row_is_never_answered_with() {
    for row in 0..9 {
        for byte in [0, 5, 20, 21] {
            let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
            filled(&disk, &index);
            let (store, _) = open(&disk, &index, 2).expect("opens");
            index.flip(row, byte);
            assert_filled(&store);
            let derived = store.get(b"~d").expect("read");
            assert!(derived.is_none_or(|value| value == vec![4; 9_000]), "right or vanished");
            let (store, _) = open(&disk, &index, 3).expect("opens");
            assert_filled(&store);
        }
    }
}

#[test]
fn commits_go_on_while_the_index_is_full_and_it_catches_up_later() {
    for sticky in [false, true] {
        let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
        filled(&disk, &index);
        let (mut store, _) = open(&disk, &index, 2).expect("opens");
        index.set(|shared| (shared.refuses_batches, shared.sticky) = (true, sticky));
        for n in 0..10u8 {
            assert_eq!(store.commit(put(b"b", &[n])), Ok(vec![Answer::Committed]));
            assert_eq!(store.get(b"b"), Ok(Some(vec![n])));
            assert_eq!(store.scan(b"b", b"", 9), Ok(vec![(b"b".to_vec(), vec![n])]));
        }
        index.set(|shared| shared.refuses_batches = false);
        for n in 0..20u8 {
            store.commit(put(b"b", &[n])).expect("committed");
        }
        store.checkpoint().expect("flushed");
        drop(store);
        let (store, opened) = open(&disk, &index, 3).expect("opens");
        assert_eq!((opened.rebuilt, store.get(b"b")), (None, Ok(Some(vec![19]))));
    }
}

#[test]
fn an_index_that_cannot_be_read_is_rebuilt_and_if_that_fails_nothing_wrong_is_said() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    filled(&disk, &index);
    let (mut store, _) = open(&disk, &index, 2).expect("opens");
    index.set(|shared| shared.refuses_reads = true);
    assert_filled(&store);
    assert_eq!((store.take_mended(), store.take_mended()), (Some(Reason::Damaged), None));
    index.set(|shared| (shared.refuses_reads, shared.refuses_wipe) = (true, true));
    assert_eq!(store.get(b"a"), Err(StoreError::Index));
    assert_eq!(store.commit(put(b"x", b"y")), Ok(vec![Answer::Committed]), "the journal needs no index");
    let conditional = Group { expect: vec![Expect::Absent(b"x".to_vec())], ops: vec![] };
    assert_eq!(store.commit(vec![conditional]), Err(StoreError::Index));
    index.set(|shared| shared.refuses_wipe = false);
    assert_eq!(store.get(b"x"), Ok(Some(b"y".to_vec())));
    assert_filled(&store);
}

#[test]
fn after_a_failed_commit_nothing_of_it_is_in_effect_and_the_caller_goes_on() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open(&disk, &index, 1).expect("opens");
    store.commit(put(b"a", b"1")).expect("committed");
    disk.fail_always(Some(DiskError::Full));
    assert_eq!(store.commit(put(b"a", b"2")), Err(StoreError::Full));
    assert_eq!(store.get(b"a"), Ok(Some(b"1".to_vec())));
    disk.fail_always(None);
    let next = Group {
        expect: vec![Expect::Is(b"a".to_vec(), b"1".to_vec())],
        ops: vec![Op::Put(b"a".to_vec(), b"3".to_vec())],
    };
    assert_eq!(store.commit(vec![next]), Ok(vec![Answer::Committed]));
    let (store, _) = open(&disk, &index, 2).expect("opens");
    assert_eq!(store.get(b"a"), Ok(Some(b"3".to_vec())));
}

#[test]
fn a_commit_larger_than_a_record_is_refused() {
    let (mut store, _) = open(&SimulatedDisk::new(), &FlakyIndex::default(), 1).expect("opens");
    let value = vec![0; crate::limits::JOURNAL_RECORD_BYTES_MAX];
    assert_eq!(store.commit(put(b"a", &value)), Err(StoreError::TooLarge));
    assert_eq!(store.commit(put(b"a", b"1")), Ok(vec![Answer::Committed]));
}

#[test]
fn a_large_value_changed_in_the_journal_is_told_and_not_given() {
    use crate::store::Disk;
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open(&disk, &index, 1).expect("opens");
    store.commit(put(b"c", &[3; 9_000])).expect("committed");
    disk.flip(&disk.list().expect("listed")[0], 5_000, 1).expect("flipped");
    assert!(matches!(store.get(b"c"), Err(StoreError::Damaged(_))));
}

const MUCH: usize = 1 << 20;

#[test]
fn a_store_whose_index_waits_does_what_every_store_does() {
    conformance::check(&mut || {
        Box::new(open_waiting(&SimulatedDisk::new(), &FlakyIndex::default(), 1, MUCH).expect("opens").0)
    });
}

/// Derives the row `n`, which says that the commit `n` was seen, and the mark.
fn follow(store: &mut dyn Store, n: u8) {
    store.commit(put(&[b'a', n], &[n])).expect("committed");
    let rows = vec![Op::Put(vec![b'~', n], vec![n]), Op::Put(b"~mark".to_vec(), vec![n])];
    store.derive(rows).expect("derived");
}

/// How far the mark says that rows are derived; all of them are there.
fn followed(store: &dyn Store) -> u8 {
    let mark = store.get(b"~mark").expect("reads").map_or(0, |mark| mark[0]);
    for n in 1..=mark {
        assert_eq!(store.get(&[b'~', n]), Ok(Some(vec![n])));
    }
    mark
}

#[test]
fn what_waits_is_answered_from_memory_and_is_in_the_index_when_the_store_is_closed() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
    for n in 1..=6 {
        follow(&mut store, n);
    }
    assert_eq!(followed(&store), 6);
    assert_eq!(index.0.borrow().batches.len(), 1, "the first commit, so that the index has a mark");
    drop(store);
    assert_eq!(index.0.borrow().batches.len(), 2, "everything behind it");
    let (store, opened) = open_waiting(&disk, &index, 2, MUCH).expect("opens");
    assert_eq!((opened.rebuilt, followed(&store)), (None, 6));
}

#[test]
fn a_checkpoint_gives_the_index_what_waits_and_makes_it_durable() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
    for n in 1..=6 {
        follow(&mut store, n);
    }
    store.checkpoint().expect("flushed");
    std::mem::forget(store);
    index.crash(0);
    assert_eq!(index.0.borrow().batches.len(), 2, "the first commit, and everything behind it");
    let (store, opened) = open_waiting(&disk, &index, 2, MUCH).expect("opens");
    assert_eq!((opened.rebuilt, followed(&store)), (None, 6));
}

#[test]
fn the_index_is_given_what_waits_when_it_is_much_by_bytes_or_by_calls() {
    for (bytes, calls, batches) in [(MUCH, 50u8, 3), (3_000, 4, 2), (3_000, 3, 1)] {
        let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
        let (mut store, _) = open_waiting(&disk, &index, 1, bytes).expect("opens");
        for n in 0..calls {
            store.commit(put(&[n], &[n; 1_000])).expect("committed");
        }
        assert_eq!(index.0.borrow().batches.len(), batches, "{bytes} bytes, {calls} calls");
        std::mem::forget(store);
    }
}

#[test]
fn a_process_killed_while_rows_waited_leaves_an_index_that_is_only_behind() {
    for calls in 1..50 {
        for kept in 0..4 {
            let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
            let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
            for n in 1..=calls {
                follow(&mut store, n);
            }
            std::mem::forget(store);
            index.crash(kept);
            // A derived row is never there without the commit it rests on.
            let rows = index.0.borrow().rows.clone();
            for n in 1..=calls {
                assert!(!rows.contains_key(&vec![1, b'~', n]) || rows.contains_key(&vec![1, b'a', n]));
            }
            let (store, opened) = open_waiting(&disk, &index, 2, MUCH).expect("opens");
            assert_eq!(opened.rebuilt, None, "the first batch, with the mark, is flushed");
            assert_eq!(store.scan(b"a", b"", 99).map(|rows| rows.len()), Ok(usize::from(calls)));
            assert!(followed(&store) <= calls);
        }
    }
}

#[test]
fn an_index_opened_again_that_kept_everything_gets_what_waits_and_nothing_is_derived_anew() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
    follow(&mut store, 1);
    store.checkpoint().expect("flushed");
    index.set(|shared| (shared.refuses_batches, shared.sticky) = (true, true));
    for n in 2..=40 {
        follow(&mut store, n);
    }
    index.set(|shared| shared.refuses_batches = false);
    store.checkpoint().expect("healed by opening again");
    follow(&mut store, 41);
    assert_eq!((followed(&store), store.take_mended()), (41, None));
}

#[test]
fn whoever_derives_is_told_that_rows_went_with_a_batch_that_the_index_lost() {
    let (disk, index) = (SimulatedDisk::new(), FlakyIndex::default());
    let (mut store, _) = open_waiting(&disk, &index, 1, MUCH).expect("opens");
    store.commit(put(b"b", &[0])).expect("committed");
    for n in 1..=20 {
        follow(&mut store, n);
    }
    assert_eq!(index.0.borrow().batches.len(), 3, "nothing waits now, and the last batch is not flushed");
    index.set(|shared| (shared.refuses_batches, shared.sticky) = (true, true));
    for n in 0..60u8 {
        store.commit(put(b"b", &[n])).expect("committed");
    }
    index.set(|shared| shared.refuses_batches = false);
    store.checkpoint().expect("healed by opening again, which lost a batch");
    let rows = vec![Op::Put(vec![b'~', 21], vec![21]), Op::Put(b"~mark".to_vec(), vec![21])];
    assert_eq!(store.derive(rows), Err(StoreError::Index), "said from a mark that is gone");
    let again = followed(&store);
    assert!(again < 20);
    for n in again + 1..=22 {
        follow(&mut store, n);
    }
    assert_eq!((followed(&store), store.get(b"b")), (22, Ok(Some(vec![59]))));
}
