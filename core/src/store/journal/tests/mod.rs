//! Stories of the journal: each sentence of its page, on a disk that can fail.

mod files;

use super::format::{HEADER_BYTES, Header, name_of, record};
use super::{Fresh, Journal, Position};
use crate::limits::JOURNAL_RECORD_BYTES_MAX;
use crate::store::disk::{Disk, DiskError};
use crate::store::port::{Damage, StoreError};
use crate::store::simulated_disk::{Fault, SimulatedDisk};

/// Ids that count up, starting where the process number says.
pub(crate) fn ids(process: u8) -> Fresh {
    let mut next = 0u64;
    Box::new(move || {
        next += 1;
        let mut id = [process; 16];
        id[8..].copy_from_slice(&next.to_be_bytes());
        id
    })
}

fn open(disk: &SimulatedDisk, process: u8) -> Journal<SimulatedDisk> {
    try_open(disk, process).expect("the journal opens")
}

fn try_open(disk: &SimulatedDisk, process: u8) -> Result<Journal<SimulatedDisk>, StoreError> {
    Journal::open(disk.clone(), ids(process), 1_000_000, None).map(|(journal, _)| journal)
}

fn contents(journal: &Journal<SimulatedDisk>) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let each = |_: Position, record: &super::Record<'_>| {
        all.push(record.content.to_vec());
        Ok(())
    };
    journal.replay(None, each).expect("the journal reads");
    all
}

/// Puts a file on the disk as if some process had written and synced it.
fn plant(disk: &SimulatedDisk, header: Header, records: &[&[u8]]) -> u64 {
    let mut disk = disk.clone();
    let name = name_of(&header.file);
    disk.create(&name).expect("a new file");
    disk.append(&name, &header.to_bytes()).expect("appended");
    let mut at = HEADER_BYTES;
    for content in records {
        let (bytes, _) = record(&header.file, at, content);
        disk.append(&name, &bytes).expect("appended");
        at += bytes.len() as u64;
    }
    disk.sync(&name).expect("synced");
    disk.sync_dir().expect("synced");
    at
}

fn header(file: u8, predecessor: u8, confirmed: u64) -> Header {
    Header { store: [9; 16], file: [file; 16], predecessor: [predecessor; 16], confirmed }
}

#[test]
fn header_and_record_are_what_the_page_says() {
    let bytes = header(1, 0, 7).to_bytes();
    let mut expected = b"khettara journal\0\x01".to_vec();
    expected.extend([[9u8; 16], [1; 16], [0; 16]].concat());
    expected.extend(7u64.to_le_bytes());
    expected.extend(&crate::hash::derive("file", &[&expected])[..16]);
    assert_eq!(bytes, expected);
    assert_eq!(bytes.len() as u64, HEADER_BYTES);
    let (bytes, check) = record(&[1; 16], 90, b"abc");
    let hashed = [&[1u8; 16][..], &90u64.to_le_bytes(), &[0], b"abc"].concat();
    assert_eq!(check, crate::hash::derive("record", &[&hashed])[..16]);
    assert_eq!(bytes, [&3u32.to_le_bytes()[..], &[0], b"abc", &check].concat());
}

#[test]
fn one_commit_is_one_append_and_one_sync() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    journal.append(b"first").expect("appended");
    let before = disk.calls();
    journal.append(b"second").expect("appended");
    assert_eq!(disk.calls() - before, 2);
}

#[test]
fn what_was_appended_is_there_after_a_power_cut() {
    let mut disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    journal.append(b"one").expect("appended");
    journal.append(b"two").expect("appended");
    disk.crash(&mut |_| 1);
    assert_eq!(contents(&open(&disk, 2)), [b"one", b"two"]);
}

#[test]
fn a_torn_tail_is_cut_and_the_file_goes_on() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    journal.append(b"one").expect("appended");
    let name = disk.list().expect("listed").remove(0);
    let mut hand = disk.clone();
    let whole = hand.len(&name).expect("a length");
    hand.append(&name, &[20, 0, 0, 0, 0, 7]).expect("appended");
    let (mut journal, found) = Journal::open(disk.clone(), ids(2), 1_000_000, None).expect("opens");
    assert_eq!(found.torn_bytes, 6);
    assert_eq!(hand.len(&name), Ok(whole));
    journal.append(b"two").expect("appended");
    assert_eq!(disk.list().expect("listed").len(), 1);
    assert_eq!(contents(&open(&disk, 3)), [b"one", b"two"]);
}

#[test]
fn a_file_takes_records_only_after_its_header_and_entry_are_synced() {
    for call in 0..4 {
        let mut disk = SimulatedDisk::new();
        let mut journal = open(&disk, 1);
        // create, append, sync, sync_dir: whichever fails, no record was written.
        disk.fail(call, Fault::Partly(DiskError::Failed(5), 1_000));
        assert_eq!(journal.append(b"never"), Err(StoreError::Disk(5)), "call {call}");
        assert!(
            disk.list()
                .expect("listed")
                .iter()
                .all(|name| disk.len(name).is_ok_and(|len| len <= HEADER_BYTES))
        );
        journal.append(b"one").expect("the caller goes on");
        disk.crash(&mut |_| 1);
        assert_eq!(contents(&open(&disk, 2)), [b"one"]);
    }
}

#[test]
fn a_failed_record_found_whole_does_not_count() {
    for (call, fault) in [
        (0, Fault::Partly(DiskError::Failed(5), usize::MAX)),
        (0, Fault::Partly(DiskError::Full, 9)),
        (1, Fault::Nothing(DiskError::Failed(5))),
        (1, Fault::Partly(DiskError::Failed(5), 0)),
    ] {
        let mut disk = SimulatedDisk::new();
        let mut journal = open(&disk, 1);
        journal.append(b"one").expect("appended");
        disk.fail(call, fault);
        // Cutting the tail fails too: only the next file's header speaks.
        disk.fail(call + 1, Fault::Nothing(DiskError::Failed(5)));
        assert!(journal.append(b"never").is_err());
        let position = journal.position().expect("a position");
        journal.append(b"two").expect("the caller goes on");
        assert_eq!(disk.list().expect("listed").len(), 2, "the failed file is closed for ever");
        assert!(journal.has(&position).expect("read"));
        assert_eq!(contents(&journal), [b"one", b"two"]);
        disk.crash(&mut |_| 0);
        assert_eq!(contents(&open(&disk, 2)), [b"one", b"two"]);
    }
}

#[test]
fn a_file_whose_first_record_failed_is_named_with_nothing_confirmed_but_its_header() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    disk.fail(5, Fault::Partly(DiskError::Failed(5), 0));
    disk.fail(6, Fault::Nothing(DiskError::Failed(5)));
    assert!(journal.append(b"never").is_err());
    journal.append(b"one").expect("appended");
    disk.restart();
    let mut journal = open(&disk, 2);
    assert_eq!(contents(&journal), [b"one"]);
    journal.append(b"two").expect("appended");
    assert_eq!(contents(&open(&disk, 3)), [b"one", b"two"]);
}

#[test]
fn a_successor_that_could_not_be_made_still_keeps_its_predecessor_closed() {
    let disk = SimulatedDisk::new();
    let (mut journal, _) = Journal::open(disk.clone(), ids(1), 160, None).expect("opens");
    journal.append(b"one").expect("appended");
    // The file is full; its successor gets a whole header that no sync confirms and that stays.
    disk.fail(3, Fault::Partly(DiskError::Failed(5), 0));
    disk.fail(4, Fault::Nothing(DiskError::Failed(5)));
    assert!(journal.append(&[7; 60]).is_err());
    journal.append(b"2").expect("small enough for the old file, and not written there");
    assert_eq!(contents(&open(&disk, 2)), [b"one".to_vec(), b"2".to_vec()]);
}

#[test]
fn a_full_file_is_followed_by_the_next() {
    let disk = SimulatedDisk::new();
    let (mut journal, _) = Journal::open(disk.clone(), ids(1), 300, None).expect("opens");
    let all: Vec<Vec<u8>> = (0..20u8).map(|n| vec![n; 50]).collect();
    for content in &all {
        journal.append(content).expect("appended");
    }
    assert!(disk.list().expect("listed").iter().all(|name| disk.len(name).is_ok_and(|len| len <= 300)));
    assert!(disk.list().expect("listed").len() > 5);
    assert_eq!(contents(&open(&disk, 2)), all);
}

#[test]
fn a_file_is_filled_to_its_last_byte_and_one_record_may_be_larger_than_a_file() {
    let (two, files) =
        (HEADER_BYTES + 2 * (9 + 21), |disk: &SimulatedDisk| disk.list().expect("listed").len());
    let disk = SimulatedDisk::new();
    let (mut journal, _) = Journal::open(disk.clone(), ids(1), two, None).expect("opens");
    let counts = [[7; 9], [8; 9], [9; 9]].map(|content| {
        journal.append(&content).expect("appended");
        files(&disk)
    });
    assert_eq!(counts, [1, 1, 2]);
    // The next record fails, and its file is followed at once by one that has none yet.
    disk.fail(0, Fault::Nothing(DiskError::Full));
    assert!(journal.append(&[1; 9]).is_err());
    assert_eq!(files(&disk), 3);
    journal.append(&[2; 500]).expect("appended");
    assert_eq!((files(&disk), contents(&open(&disk, 2)).len()), (3, 4));
}

#[test]
fn a_file_is_read_whole_however_long_it_is() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    let all: Vec<Vec<u8>> =
        (0..60u8).map(|n| vec![n; 1 + 211 * usize::from(n) * usize::from(n) % 30_000]).collect();
    for content in &all {
        journal.append(content).expect("appended");
    }
    let name = disk.list().expect("listed").remove(0);
    assert!(disk.len(&name).expect("a length") > 700_000, "more than is read at a time");
    assert_eq!(contents(&open(&disk, 2)), all);
    // What a crash may leave behind is cut, and what it cannot is told, as far away as it may be.
    let mut hand = disk.clone();
    hand.append(&name, &[&[40, 0, 0, 0], &[0; 600_000][..]].concat()).expect("appended");
    assert_eq!(contents(&open(&disk, 3)), all);
    hand.append(&name, &[&[40, 0, 0, 0], &[0; 600_000][..], &[1]].concat()).expect("appended");
    assert_eq!(try_open(&disk, 4).map(drop), Err(StoreError::Damaged(Damage::Record)));
}

#[test]
fn a_record_is_as_large_as_one_may_be_and_no_larger() {
    let mut journal = open(&SimulatedDisk::new(), 1);
    let most = vec![7; JOURNAL_RECORD_BYTES_MAX + 1];
    assert_eq!(journal.append(&most), Err(StoreError::TooLarge));
    journal.append(&most[1..]).expect("appended");
    assert_eq!(contents(&journal), [&most[1..]]);
}

#[test]
fn a_changed_bit_in_confirmed_records_is_told() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    for content in [b"one", b"two"] {
        journal.append(content).expect("appended");
    }
    let name = disk.list().expect("listed").remove(0);
    disk.flip(&name, HEADER_BYTES + 6, 0).expect("flipped");
    assert_eq!(try_open(&disk, 2).map(drop), Err(StoreError::Damaged(Damage::Record)));
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, header(2, 1, end), &[b"two"]);
    disk.flip(&name_of(&[1; 16]), end - 1, 0).expect("flipped");
    let journal = open(&disk, 2);
    assert_eq!(journal.replay(None, |_, _| Ok(())), Err(StoreError::Damaged(Damage::Record)));
}

#[test]
fn a_changed_length_is_told_and_nothing_is_cut() {
    let (long, end) = ([7; 300], HEADER_BYTES + 300 + 21);
    // A length too great for any record, for this file, and too small; and what follows a codec that is none.
    for (byte, bit) in [(3, 7), (1, 7), (0, 2), (4, 6)] {
        let disk = SimulatedDisk::new();
        let mut journal = open(&disk, 1);
        for content in [&long[..], b"two", b"three"] {
            journal.append(content).expect("appended");
        }
        let name = disk.list().expect("listed").remove(0);
        let len = disk.len(&name).expect("a length");
        for at in [HEADER_BYTES, end] {
            disk.flip(&name, at + byte, bit).expect("flipped");
            assert_eq!(
                try_open(&disk, 2).map(drop),
                Err(StoreError::Damaged(Damage::Record)),
                "{at} + {byte}"
            );
            assert_eq!(disk.len(&name), Ok(len));
            disk.flip(&name, at + byte, bit).expect("flipped back");
        }
    }
}

#[test]
fn damage_that_reaches_into_the_last_record_is_told_and_a_torn_one_is_not() {
    let appended = |first: usize, torn: &[u8]| {
        let mut disk = SimulatedDisk::new();
        open(&disk, 1).append(&vec![7; first]).expect("appended");
        let name = disk.list().expect("listed").remove(0);
        let end = disk.len(&name).expect("a length");
        disk.append(&name, torn).expect("appended");
        (disk, name, end)
    };
    let torn = |length: [u8; 4], content: u8| [&length[..], &[0], &[content; 90]].concat();
    let outcome = |disk: &SimulatedDisk| try_open(disk, 2).map(|journal| contents(&journal).len());
    let told = Err(StoreError::Damaged(Damage::Record));

    // Bytes behind a record that is whole but for a sector: only a later record can have left them.
    let (disk, name, end) = appended(300, &torn([40, 0, 0, 0], 9));
    assert_eq!((outcome(&disk), disk.len(&name)), (told, Ok(end + 95)));
    // Zeros, and the length of a record that was never written, are what a crash leaves.
    assert_eq!(outcome(&appended(300, &torn([40, 0, 0, 0], 0)).0), Ok(1));
    assert_eq!(outcome(&appended(300, &torn([0, 0, 0, 0], 9)).0), Ok(1));
    assert_eq!(outcome(&appended(300, &torn([74, 0, 0, 0], 9)).0), Ok(1), "nothing is behind it");
    // So may half a length be, where it lies in two sectors: the first begins at 90, the second at 90 + 21 + 79.
    let (disk, _, end) = appended(79, &torn([0, 40, 0, 0], 9));
    assert_eq!((outcome(&disk), end % 64), (Ok(1), 62));
    // One that lies in one sector to its last byte is whole, one that does not may be two halves of nothing.
    let (within, _, end) = appended(13, &torn([40, 0, 0, 0], 9));
    assert_eq!((outcome(&within), end % 64), (told, 60));
    for (first, place) in [(14, 61), (15, 62), (16, 63)] {
        let (across, _, end) = appended(first, &torn([40, 0, 0, 0], 9));
        assert_eq!((outcome(&across), end % 64), (Ok(1), place));
    }
}

#[test]
fn the_last_file_is_synced_before_anything_read_from_it_is_used() {
    let mut disk = SimulatedDisk::new();
    let name = name_of(&[1; 16]);
    disk.create(&name).expect("created");
    disk.append(&name, &header(1, 0, 0).to_bytes()).expect("appended");
    disk.append(&name, &record(&[1; 16], HEADER_BYTES, b"one").0).expect("appended");
    assert_eq!(contents(&open(&disk, 2)), [b"one"], "read from memory");
    disk.crash(&mut |_| 1);
    assert_eq!(contents(&open(&disk, 3)), [b"one"], "and durable since");
}

#[test]
fn a_last_file_that_cannot_be_synced_is_closed_and_its_records_are_carried_over() {
    for fails_as_well in [None, Some(1), Some(2), Some(3), Some(4), Some(5), Some(6)] {
        let mut disk = SimulatedDisk::new();
        let mut journal = open(&disk, 1);
        for content in [b"one", b"two"] {
            journal.append(content).expect("appended");
        }
        disk.restart();
        disk.fail(0, Fault::Nothing(DiskError::Failed(5)));
        if let Some(call) = fails_as_well {
            disk.fail(call, Fault::Nothing(DiskError::Failed(5)));
        }
        match Journal::open(disk.clone(), ids(2), 1_000_000, None) {
            Ok((mut journal, found)) => {
                assert!(found.carried_over && fails_as_well.is_none());
                journal.append(b"six").expect("appended");
                disk.crash(&mut |_| 1);
                assert_eq!(contents(&open(&disk, 3)), [b"one", b"two", b"six"]);
            }
            Err(error) => {
                assert_eq!(error, StoreError::Disk(5));
                disk.crash(&mut |_| 0);
                assert_eq!(contents(&open(&disk, 3)), [b"one", b"two"], "nothing is lost on the way");
            }
        }
    }
}

#[test]
fn a_read_that_gives_too_little_is_an_error_and_cuts_nothing() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    for content in [&[1; 200], &[2; 200]] {
        journal.append(content).expect("appended");
    }
    disk.shorten_reads(Some(100));
    assert_eq!(try_open(&disk, 2).map(drop), Err(StoreError::Disk(0)));
    disk.shorten_reads(None);
    assert_eq!(contents(&open(&disk, 3)), [[1; 200], [2; 200]]);
}

#[test]
fn opening_at_a_known_place_reads_only_what_follows() {
    let disk = SimulatedDisk::new();
    let mut journal = open(&disk, 1);
    journal.append(b"one").expect("appended");
    let known = journal.position().expect("a position");
    journal.append(b"two").expect("appended");
    // If the first record were read again, this bit would be told.
    let name = disk.list().expect("listed").remove(0);
    disk.flip(&name, HEADER_BYTES + 6, 0).expect("flipped");
    let (journal, _) = Journal::open(disk.clone(), ids(2), 1_000_000, Some(&known)).expect("opens");
    let mut all = Vec::new();
    let each = |_: Position, record: &super::Record<'_>| {
        all.push(record.content.to_vec());
        Ok(())
    };
    journal.replay(Some(&known), each).expect("the journal reads");
    assert_eq!(all, [b"two"]);
    let elsewhere = Position { check: [0; 16], ..known };
    assert!(!journal.has(&elsewhere).expect("read"));
    assert!(Journal::open(disk, ids(3), 1_000_000, Some(&elsewhere)).is_err(), "not believed unchecked");
}

#[test]
fn an_unknown_version_or_codec_is_told_and_nothing_is_cut() {
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    let mut sealed = record(&[1; 16], end, b"two").0;
    let hashed = [&[1u8; 16][..], &end.to_le_bytes(), &[1], b"two"].concat();
    sealed[4] = 1;
    sealed.truncate(8);
    sealed.extend(&crate::hash::derive("record", &[&hashed])[..16]);
    let mut hand = disk.clone();
    hand.append(&name_of(&[1; 16]), &sealed).expect("appended");
    assert_eq!(try_open(&disk, 2).map(drop), Err(StoreError::Damaged(Damage::Version)));
    assert_eq!(hand.len(&name_of(&[1; 16])), Ok(end + sealed.len() as u64));
}
