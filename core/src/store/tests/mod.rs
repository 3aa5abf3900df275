//! Stories of the store on a journal and an index, each of which can fail.

mod journal_store;
mod random_lives;

use crate::store::merge::{ascending, descending};
use crate::store::{Batch, Fresh, Index, IndexError, JournalStore, Opened, Options, Rows};
use crate::store::{SimulatedDisk, StoreError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Ids that count up, starting where the process number says.
fn ids(process: u8) -> Fresh {
    let mut next = 0u64;
    Box::new(move || {
        next += 1;
        let mut id = [process; 16];
        id[8..].copy_from_slice(&next.to_be_bytes());
        id
    })
}

type Opening = Result<(JournalStore<SimulatedDisk, FlakyIndex>, Opened), StoreError>;

/// A store whose index gets every batch at once.
fn open(disk: &SimulatedDisk, index: &FlakyIndex, process: u8) -> Opening {
    open_waiting(disk, index, process, 0)
}

/// A store whose index gets what waits for it at this many bytes.
fn open_waiting(disk: &SimulatedDisk, index: &FlakyIndex, process: u8, bytes: usize) -> Opening {
    let options = Options { file_bytes_max: 2_000, index_batch_bytes_max: bytes, index_batch_calls_max: 20 };
    JournalStore::open(disk.clone(), index.clone(), ids(process), options)
}

#[derive(Default)]
struct Shared {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Every batch since the last wipe; a crash keeps some of the first.
    batches: Vec<Batch>,
    /// Batches that a flush made durable.
    durable: usize,
    refuses_batches: bool,
    /// Having refused one, refuses all until opened again, as sled does when the disk was full.
    sticky: bool,
    stuck: bool,
    refuses_reads: bool,
    refuses_wipe: bool,
}

/// An index that keeps what it holds beyond its process, and fails when told to. Clones are handles.
#[derive(Clone, Default)]
struct FlakyIndex(Rc<RefCell<Shared>>);

impl FlakyIndex {
    fn set(&self, change: impl FnOnce(&mut Shared)) {
        change(&mut self.0.borrow_mut());
    }

    /// Only the durable batches and `more` of those behind them survive.
    fn crash(&self, more: usize) {
        let mut shared = self.0.borrow_mut();
        let kept = (shared.durable + more).min(shared.batches.len());
        shared.batches.truncate(kept);
        let batches = std::mem::take(&mut shared.batches);
        shared.rows.clear();
        batches.iter().for_each(|batch| shared.put(batch));
        shared.batches = batches;
        shared.stuck = false;
    }

    /// Turns over a bit in the `n`-th row (modulo how many there are).
    fn flip(&self, n: usize, byte: usize) {
        let mut shared = self.0.borrow_mut();
        let count = shared.rows.len().max(1);
        if let Some(row) = shared.rows.values_mut().nth(n % count) {
            let at = byte % row.len();
            row[at] ^= 1;
        }
    }
}

impl Shared {
    fn put(&mut self, batch: &Batch) {
        for (key, value) in batch {
            match value {
                Some(value) => self.rows.insert(key.clone(), value.clone()),
                None => self.rows.remove(key),
            };
        }
    }

    fn readable(&self) -> Result<(), IndexError> {
        if self.refuses_reads { Err(IndexError::Failed) } else { Ok(()) }
    }
}

impl Index for FlakyIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let shared = self.0.borrow();
        shared.readable().map(|()| shared.rows.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError> {
        let shared = self.0.borrow();
        shared.readable()?;
        let found = ascending(&shared.rows, prefix, from).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, IndexError> {
        let shared = self.0.borrow();
        shared.readable()?;
        let found = descending(&shared.rows, prefix, below).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&mut self, batch: &Batch) -> Result<(), IndexError> {
        let mut shared = self.0.borrow_mut();
        if shared.refuses_batches || shared.stuck {
            shared.stuck = shared.sticky;
            return Err(IndexError::Full);
        }
        shared.put(batch);
        shared.batches.push(batch.clone());
        Ok(())
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        let mut shared = self.0.borrow_mut();
        shared.durable = shared.batches.len();
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), IndexError> {
        // Closed without a flush: the last batch may be gone.
        let behind = self.0.borrow().batches.len() - self.0.borrow().durable;
        self.crash(behind.saturating_sub(1));
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), IndexError> {
        let mut shared = self.0.borrow_mut();
        if shared.refuses_wipe {
            return Err(IndexError::Failed);
        }
        shared.rows.clear();
        shared.batches.clear();
        shared.durable = 0;
        shared.stuck = false;
        shared.refuses_reads = false;
        Ok(())
    }
}
