//! Stories of the journal's files: which of them count, in which order, and which are nothing.

use super::{Journal, contents, header, open, plant, try_open};
use crate::store::disk::{Disk, DiskError};
use crate::store::journal::format::{HEADER_BYTES, Header, name_of};
use crate::store::port::{Damage, StoreError};
use crate::store::simulated_disk::{Fault, SimulatedDisk};

/// The header of the file that took the last record.
fn last_header(disk: &SimulatedDisk, journal: &Journal<SimulatedDisk>) -> Header {
    let last = journal.position().expect("a position").file;
    let bytes = disk.read(&name_of(&last), 0, 90).expect("read");
    Header::read(&bytes).expect("known").expect("whole")
}

#[test]
fn every_whole_header_closes_the_file_it_names_records_or_not() {
    let disk = SimulatedDisk::new();
    let (one, two): (&[u8], &[u8]) = (b"one", b"two");
    let end = plant(&disk, header(1, 0, 0), &[one]);
    plant(&disk, header(2, 1, HEADER_BYTES), &[]);
    assert_eq!(contents(&open(&disk, 3)), Vec::<Vec<u8>>::new(), "one lies behind what is confirmed");
    let disk = SimulatedDisk::new();
    plant(&disk, header(1, 0, 0), &[one, two]);
    plant(&disk, header(2, 1, end), &[]);
    assert_eq!(contents(&open(&disk, 3)), [one]);
}

#[test]
fn a_file_without_a_record_takes_none_after_a_reopening() {
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, header(2, 1, end), &[]);
    let mut journal = open(&disk, 3);
    let before = journal.position().expect("behind the first record");
    assert_eq!((before.file, before.offset, journal.has(&before)), ([1; 16], end, Ok(true)));
    journal.append(b"two").expect("appended");
    assert_eq!(contents(&open(&disk, 4)), [b"one", b"two"]);
    let written = last_header(&disk, &journal);
    assert_ne!(written.file, [2; 16]);
    assert_eq!((written.predecessor, written.confirmed), ([1; 16], end));
}

#[test]
fn a_file_without_a_record_that_cannot_be_synced_is_passed_over() {
    let mut disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, header(2, 1, end), &[]);
    disk.fail(0, Fault::Nothing(DiskError::Failed(5)));
    let mut journal = open(&disk, 3);
    journal.append(b"two").expect("appended");
    let written = last_header(&disk, &journal);
    assert_eq!((written.predecessor, written.confirmed), ([1; 16], end));
    disk.crash(&mut |_| 1);
    assert_eq!(contents(&open(&disk, 4)), [b"one", b"two"]);
}

#[test]
fn of_files_naming_one_predecessor_the_one_with_a_record_counts_and_two_are_damage() {
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, header(2, 1, end), &[]);
    plant(&disk, header(3, 1, end), &[b"two"]);
    plant(&disk, header(4, 1, end), &[]);
    assert_eq!(contents(&open(&disk, 5)), [b"one", b"two"]);
    plant(&disk, header(5, 1, end), &[b"other"]);
    assert_eq!(try_open(&disk, 6).map(drop), Err(StoreError::Damaged(Damage::TwoSuccessors)));
}

#[test]
fn a_header_torn_at_birth_is_nothing_and_one_before_records_is_damage() {
    let disk = SimulatedDisk::new();
    plant(&disk, header(1, 0, 0), &[b"one"]);
    let mut hand = disk.clone();
    hand.create(&name_of(&[2; 16])).expect("created");
    hand.append(&name_of(&[2; 16]), &header(2, 1, 90).to_bytes()[..50]).expect("appended");
    assert_eq!(contents(&open(&disk, 3)), [b"one"]);
    disk.flip(&name_of(&[1; 16]), 30, 3).expect("flipped");
    assert_eq!(try_open(&disk, 4).map(drop), Err(StoreError::Damaged(Damage::Header)));
}

#[test]
fn a_file_under_another_files_name_is_damage_and_a_header_that_never_was_whole_is_not() {
    let disk = SimulatedDisk::new();
    plant(&disk, header(1, 0, 0), &[b"one"]);
    let mut hand = disk.clone();
    hand.create(&name_of(&[2; 16])).expect("created");
    hand.append(&name_of(&[2; 16]), &[7; HEADER_BYTES as usize]).expect("appended");
    assert_eq!(contents(&open(&disk, 3)), [b"one"], "as long as a header, and none");
    hand.create(&name_of(&[4; 16])).expect("created");
    hand.append(&name_of(&[4; 16]), &header(1, 0, 0).to_bytes()).expect("appended");
    assert_eq!(try_open(&disk, 5).map(drop), Err(StoreError::Damaged(Damage::Chain)));
}

#[test]
fn missing_and_foreign_files_are_damage() {
    let disk = SimulatedDisk::new();
    plant(&disk, header(2, 1, 120), &[b"two"]);
    assert_eq!(try_open(&disk, 3).map(drop), Err(StoreError::Damaged(Damage::Chain)));
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, Header { store: [8; 16], ..header(2, 1, end) }, &[b"two"]);
    assert_eq!(try_open(&disk, 3).map(drop), Err(StoreError::Damaged(Damage::OtherStore)));
    let disk = SimulatedDisk::new();
    let end = plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, header(2, 1, end + 1), &[b"two"]);
    assert_eq!(try_open(&disk, 3).map(drop), Err(StoreError::Damaged(Damage::Record)));
}

#[test]
fn a_first_file_that_was_taken_away_and_comes_back_is_nothing() {
    let other = |file| Header { store: [8; 16], ..header(file, 0, 0) };
    let one: &[&[u8]] = &[b"one"];
    for (first, second) in [(&[][..], &[][..]), (one, &[]), (&[], one)] {
        let disk = SimulatedDisk::new();
        plant(&disk, header(2, 0, 0), first);
        plant(&disk, other(1), second);
        let mut journal = try_open(&disk, 3).expect("neither of the two has taken a record, or one alone");
        let before = first.len() + second.len();
        assert_eq!((contents(&journal).len(), disk.list().expect("listed").len()), (before, 1));
        journal.append(b"next").expect("appended");
        assert_eq!(contents(&open(&disk, 4)).len(), before + 1);
    }
    let disk = SimulatedDisk::new();
    plant(&disk, header(1, 0, 0), &[b"one"]);
    plant(&disk, other(2), &[b"two"]);
    assert_eq!(try_open(&disk, 3).map(drop), Err(StoreError::Damaged(Damage::OtherStore)));
}

#[test]
fn a_dead_process_leaves_no_draft_for_long_and_what_is_not_the_journals_stays() {
    for call in 1..6 {
        let mut disk = SimulatedDisk::new();
        open(&disk, 1).append(b"one").expect("appended");
        for name in ["notes", "a journal-"] {
            disk.create(name).expect("created");
            disk.append(name, &[7; 100]).expect("appended");
        }
        disk.restart();
        disk.fail(0, Fault::Nothing(DiskError::Failed(5)));
        disk.fail(call, Fault::Nothing(DiskError::Failed(5)));
        assert_eq!(try_open(&disk, 2).map(drop), Err(StoreError::Disk(5)), "call {call}");
        disk.restart();
        assert_eq!(contents(&open(&disk, 3)), [b"one"]);
        let mut left = disk.list().expect("listed");
        left.retain(|name| !name.starts_with("journal-"));
        assert_eq!(left, ["a journal-", "notes"], "call {call}");
    }
}
