//! The journal on a disk that loses power, fails and is damaged: without damage everything that was answered is there
//! and nothing else; with damage no value is another than one that was written.

use std::collections::BTreeMap;

use khettara_core::hash;
use khettara_core::store::{
    Disk as _, DiskError, Fault, Group, JournalStore, MemoryIndex, Op, Options, SimulatedDisk, Store,
};

use super::{number, reached};

type Journal = JournalStore<SimulatedDisk, MemoryIndex>;

pub(super) fn run(mut bytes: &[u8]) {
    if number(&mut bytes).is_multiple_of(2) { a_life(bytes) } else { files_of_a_stranger(bytes) }
}

fn open(disk: &SimulatedDisk, process: u8) -> Result<Journal, khettara_core::store::StoreError> {
    let mut next = 0u64;
    let fresh = Box::new(move || {
        next += 1;
        let mut id = [process; 16];
        id[8..].copy_from_slice(&next.to_be_bytes());
        id
    });
    // Small files, so that a short life sees many of them.
    let options = Options { file_bytes_max: 700, ..Options::default() };
    JournalStore::open(disk.clone(), MemoryIndex::new(), fresh, options).map(|(store, _)| store)
}

/// Keys and what they have, as far as it was answered; and everything that was ever to be written.
#[derive(Default)]
struct Truth {
    answered: BTreeMap<Vec<u8>, Vec<u8>>,
    ever: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    /// What failed since something was answered: one of them may turn up, whole, in the next process.
    unsure: Vec<Vec<Op>>,
    damaged: bool,
}

/// Keys and values once these are written.
fn with(mut rows: BTreeMap<Vec<u8>, Vec<u8>>, ops: &[Op]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    for op in ops {
        match op {
            Op::Put(key, value) => drop(rows.insert(key.clone(), value.clone())),
            Op::Delete(key) => drop(rows.remove(key)),
        }
    }
    rows
}

impl Truth {
    /// Looks at a store that was just opened, and finds out which of the unsure commits is there.
    fn find_out(&mut self, store: &dyn Store) {
        let rows: BTreeMap<Vec<u8>, Vec<u8>> =
            store.scan(&[], &[], usize::MAX).expect("an open store reads").into_iter().collect();
        let mut tried = self.unsure.iter().map(|ops| with(self.answered.clone(), ops));
        if rows != self.answered
            && let Some(there) = tried.find(|tried| *tried == rows)
        {
            self.answered = there;
        }
        self.unsure.clear();
        self.check(store);
    }

    fn check(&self, store: &dyn Store) {
        let rows = store.scan(&[], &[], usize::MAX).expect("an open store reads");
        let rows: BTreeMap<Vec<u8>, Vec<u8>> = rows.into_iter().collect();
        if self.damaged {
            let known = |(key, value): (&Vec<u8>, &Vec<u8>)| {
                self.ever.get(key).is_some_and(|ever| ever.contains(value))
            };
            assert!(rows.iter().all(known), "a value that nobody wrote");
        } else {
            assert_eq!(rows, self.answered);
        }
    }
}

/// Commits, power cuts, failures and damage, as the bytes say.
fn a_life(mut bytes: &[u8]) {
    let (mut disk, mut truth, mut process) = (SimulatedDisk::new(), Truth::default(), 1);
    let Ok(mut store) = open(&disk, process) else { panic!("an empty disk opens") };
    while !bytes.is_empty() && process < 30 {
        match number(&mut bytes) % 8 {
            0..=2 => commit(&mut store, &mut truth, &mut bytes),
            3 => {
                let fault = match number(&mut bytes) {
                    kind if kind % 3 == 0 => Fault::Nothing(DiskError::Failed(5)),
                    kind if kind % 3 == 1 => Fault::Partly(DiskError::Full, usize::from(kind)),
                    kind => Fault::Partly(DiskError::Failed(5), usize::from(kind) * 4),
                };
                disk.fail(u64::from(number(&mut bytes) % 8), fault);
                continue;
            }
            4 if !truth.damaged => {
                let mut draw = |below: u64| u64::from(number(&mut bytes)) % below.max(1);
                drop(store);
                disk.crash(&mut draw);
                store = again(&disk, &mut process, &mut truth);
            }
            5 => {
                drop(store);
                disk.restart();
                let Some(opened) = reopened(&disk, &mut process, &mut truth) else { return };
                store = opened;
            }
            6 => {
                damage(&mut disk, &mut bytes);
                truth.damaged = true;
                drop(store);
                disk.restart();
                let Some(opened) = reopened(&disk, &mut process, &mut truth) else { return };
                store = opened;
            }
            _ => truth.check(&store),
        }
    }
    truth.check(&store);
    reached();
}

fn again(disk: &SimulatedDisk, process: &mut u8, truth: &mut Truth) -> Journal {
    *process += 1;
    let store = open(disk, *process).expect("what is whole opens");
    truth.find_out(&store);
    store
}

/// Opens again; only what is damaged may not open.
fn reopened(disk: &SimulatedDisk, process: &mut u8, truth: &mut Truth) -> Option<Journal> {
    if !truth.damaged {
        return Some(again(disk, process, truth));
    }
    *process += 1;
    let store = open(disk, *process).ok()?;
    truth.check(&store);
    Some(store)
}

fn commit(store: &mut Journal, truth: &mut Truth, bytes: &mut &[u8]) {
    let mut ops = Vec::new();
    for _ in 0..=number(bytes) % 3 {
        let (key, length) = (vec![b'a' + number(bytes) % 6], usize::from(number(bytes)));
        if length == 0 {
            ops.push(Op::Delete(key));
            continue;
        }
        let value = vec![number(bytes); length * 2];
        truth.ever.entry(key.clone()).or_default().push(value.clone());
        ops.push(Op::Put(key, value));
    }
    if store.commit(vec![Group { expect: vec![], ops: ops.clone() }]).is_ok() {
        truth.answered = with(std::mem::take(&mut truth.answered), &ops);
        truth.unsure.clear();
    } else {
        truth.unsure.push(ops);
    }
}

/// A bit turned, a file cut off, or a file gone.
fn damage(disk: &mut SimulatedDisk, bytes: &mut &[u8]) {
    let names = disk.list().expect("it lists");
    if names.is_empty() {
        return;
    }
    let name = &names[usize::from(number(bytes)) % names.len()];
    let length = disk.len(name).expect("it is there");
    let at = u64::from(u16::from_le_bytes([number(bytes), number(bytes)])) % length.max(1);
    let _ = match number(bytes) % 4 {
        0 | 1 => disk.flip(name, at, number(bytes)),
        2 => disk.truncate(name, at),
        _ => disk.remove(name),
    };
}

/// Files whose headers and records are closed here, with whatever the bytes put into them.
fn files_of_a_stranger(mut bytes: &[u8]) {
    let mut disk = SimulatedDisk::new();
    for _ in 0..=number(&mut bytes) % 3 {
        plant(&mut disk, &mut bytes);
    }
    let Ok(mut store) = open(&disk, 200) else { return };
    let ops = vec![Op::Put(b"later".to_vec(), b"value".to_vec())];
    if store.commit(vec![Group { expect: vec![], ops }]).is_ok() {
        let rows = store.scan(&[], &[], usize::MAX).expect("it reads");
        drop(store);
        let store = open(&disk, 201).expect("what took a commit opens");
        assert_eq!(store.scan(&[], &[], usize::MAX).expect("it reads"), rows);
    }
}

fn plant(disk: &mut SimulatedDisk, bytes: &mut &[u8]) {
    let (file, predecessor) = ([1 + number(bytes) % 3; 16], [number(bytes) % 4; 16]);
    let confirmed = u64::from(u16::from_le_bytes([number(bytes), number(bytes)]));
    let mut head = b"khettara journal\0\x01".to_vec();
    for part in [&[9; 16], &file, &predecessor] {
        head.extend_from_slice(part);
    }
    head.extend(confirmed.to_le_bytes());
    let check = hash::derive("file", &[&head]);
    let mut whole = [&head[..], &check[..16]].concat();
    for _ in 0..number(bytes) % 5 {
        let length = usize::from(number(bytes)).min(bytes.len());
        let (content, rest) = bytes.split_at(length);
        *bytes = rest;
        whole.extend(record(&file, whole.len() as u64, content));
    }
    let torn = usize::from(number(bytes) % 40).min(bytes.len());
    let (tail, rest) = bytes.split_at(torn);
    *bytes = rest;
    whole.extend_from_slice(tail);
    let name = format!("journal-{}", file.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    if disk.create(&name).is_ok() {
        disk.append(&name, &whole).expect("a new disk takes it");
        disk.sync(&name).expect("a new disk takes it");
        disk.sync_dir().expect("a new disk takes it");
    }
}

fn record(file: &[u8; 16], at: u64, content: &[u8]) -> Vec<u8> {
    let check = hash::derive("record", &[file, &at.to_le_bytes(), &[0], content]);
    let length = u32::try_from(content.len()).expect("it is short");
    [&length.to_le_bytes()[..], &[0], content, &check[..16]].concat()
}
