//! A disk that loses power, fills up and fails: what a sync has not confirmed may be there, or not, or torn.
//!
//! Everything follows from what the caller asks and the numbers it gives, so a failing run can be repeated.

use crate::store::disk::{Disk, DiskError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has done nothing.
    Nothing(DiskError),
    /// It fails and has done all of it, or, for an append, this many bytes of it.
    Partly(DiskError, usize),
}

#[derive(Debug, Default)]
struct File {
    /// What a reader sees.
    seen: Vec<u8>,
    /// What is on the plate for sure.
    durable: Vec<u8>,
    /// A sync failed: what was unsynced then is clean in memory, and no later sync writes it.
    lost: bool,
}

#[derive(Debug, Clone)]
enum Entry {
    Created(String, u64),
    Renamed(String, String),
    Removed(String),
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<u64, File>,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// Changes of names since the last confirmed sync of the directory.
    entries: Vec<Entry>,
    next_file: u64,
    calls: u64,
    /// Calls with these numbers fail.
    faults: BTreeMap<u64, Fault>,
    /// Every change fails, until told otherwise.
    broken: Option<DiskError>,
    /// Reads give at most this many bytes, whatever was asked.
    read_bytes_max: Option<usize>,
}

/// A [`Disk`] in memory. Clones are handles on the same disk.
#[derive(Debug, Clone, Default)]
pub struct SimulatedDisk {
    state: Rc<RefCell<State>>,
}

impl SimulatedDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The changing calls (create, append, sync, sync_dir, truncate, rename, remove) so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state.borrow().calls
    }

    /// Lets the `n`-th changing call from now on (0: the next) go wrong.
    pub fn fail(&self, n: u64, fault: Fault) {
        let mut state = self.state.borrow_mut();
        let call = state.calls + n;
        state.faults.insert(call, fault);
    }

    /// Lets every changing call fail from now on, or none any more. Removing and cutting still work on a
    /// full disk.
    pub fn fail_always(&self, error: Option<DiskError>) {
        self.state.borrow_mut().broken = error;
    }

    /// Lets reads give at most this many bytes.
    pub fn shorten_reads(&self, bytes_max: Option<usize>) {
        self.state.borrow_mut().read_bytes_max = bytes_max;
    }

    /// Turns one bit of a file over, on the plate and for every reader.
    ///
    /// # Errors
    /// [`DiskError::NotFound`] where there is no such byte.
    pub fn flip(&self, name: &str, offset: u64, bit: u8) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let file = state.file_mut(name)?;
        let at = usize::try_from(offset).map_err(|_| DiskError::NotFound)?;
        *file.seen.get_mut(at).ok_or(DiskError::NotFound)? ^= 1 << (bit % 8);
        if let Some(byte) = file.durable.get_mut(at) {
            *byte ^= 1 << (bit % 8);
        }
        Ok(())
    }

    /// The process dies, the machine does not: what was written is seen, and the next sync confirms it.
    pub fn restart(&self) {
        let mut state = self.state.borrow_mut();
        state.faults.clear();
        state.files.values_mut().for_each(|file| file.lost = false);
    }

    /// The power goes. Of what no sync confirmed, `chance(n)` (a number below `n`) decides what is left:
    /// names each for itself, bytes block by block.
    pub fn crash(&mut self, chance: &mut dyn FnMut(u64) -> u64) {
        let mut state = self.state.borrow_mut();
        state.faults.clear();
        let mut names = state.durable_names.clone();
        let keep_all = chance(3);
        for entry in std::mem::take(&mut state.entries) {
            if keep_all == 0 || (keep_all == 1 && chance(2) == 0) {
                apply(&mut names, entry);
            }
        }
        state.names.clone_from(&names);
        state.durable_names = names;
        for file in state.files.values_mut() {
            file.crash(chance);
        }
    }
}

const BLOCK_BYTES: usize = 64;

impl File {
    fn crash(&mut self, chance: &mut dyn FnMut(u64) -> u64) {
        self.lost = false;
        if self.seen != self.durable {
            let torn = match chance(3) {
                0 => self.seen.clone(),
                1 => self.durable.clone(),
                _ => self.torn(chance),
            };
            self.durable = torn;
        }
        self.seen.clone_from(&self.durable);
    }

    fn torn(&self, chance: &mut dyn FnMut(u64) -> u64) -> Vec<u8> {
        let (short, long) = if self.seen.len() < self.durable.len() {
            (self.seen.len(), self.durable.len())
        } else {
            (self.durable.len(), self.seen.len())
        };
        let len = short + chance((long - short) as u64 + 1) as usize;
        let mut out = vec![0; len];
        for (block, place) in out.chunks_mut(BLOCK_BYTES).zip((0..).step_by(BLOCK_BYTES)) {
            let written = chance(2) == 0;
            for (byte, at) in block.iter_mut().zip(place..) {
                let (seen, durable) = (self.seen.get(at), self.durable.get(at));
                *byte = if written { seen.or(durable) } else { durable }.copied().unwrap_or(0);
            }
        }
        out
    }
}

fn apply(names: &mut BTreeMap<String, u64>, entry: Entry) {
    match entry {
        Entry::Created(name, file) => drop(names.insert(name, file)),
        Entry::Removed(name) => drop(names.remove(&name)),
        Entry::Renamed(from, to) => {
            if let Some(file) = names.remove(&from) {
                names.insert(to, file);
            }
        }
    }
}

impl State {
    fn file_mut(&mut self, name: &str) -> Result<&mut File, DiskError> {
        let file = self.names.get(name).ok_or(DiskError::NotFound)?;
        self.files.get_mut(file).ok_or(DiskError::NotFound)
    }

    fn file(&self, name: &str) -> Result<&File, DiskError> {
        let file = self.names.get(name).ok_or(DiskError::NotFound)?;
        self.files.get(file).ok_or(DiskError::NotFound)
    }

    /// Counts a changing call and says how it goes wrong, if it does.
    fn next_fault(&mut self) -> Option<Fault> {
        let fault = self.faults.remove(&self.calls);
        self.calls += 1;
        fault.or(self.broken.map(Fault::Nothing))
    }

    fn rename_entry(&mut self, entry: Entry) {
        apply(&mut self.names, entry.clone());
        self.entries.push(entry);
    }
}

/// Does `work` unless the fault forbids it; the fault's error comes either way.
fn through<T>(fault: Option<Fault>, work: impl FnOnce() -> Result<T, DiskError>) -> Result<T, DiskError> {
    match fault {
        None => work(),
        Some(Fault::Nothing(error)) => Err(error),
        Some(Fault::Partly(error, _)) => work().and(Err(error)),
    }
}

impl Disk for SimulatedDisk {
    fn create(&mut self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault();
        through(fault, || {
            if state.names.contains_key(name) {
                return Err(DiskError::Exists);
            }
            let file = state.next_file;
            state.next_file += 1;
            state.files.insert(file, File::default());
            state.rename_entry(Entry::Created(name.to_owned(), file));
            Ok(())
        })
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault();
        let bytes = match fault {
            Some(Fault::Partly(_, most)) => &bytes[..most.min(bytes.len())],
            _ => bytes,
        };
        through(fault, || {
            state.file_mut(name)?.seen.extend_from_slice(bytes);
            Ok(())
        })
    }

    fn read(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, DiskError> {
        let state = self.state.borrow();
        let len = state.read_bytes_max.map_or(len, |most| len.min(most));
        let seen = &state.file(name)?.seen;
        let start = usize::try_from(offset).map_or(seen.len(), |offset| offset.min(seen.len()));
        let end = start.saturating_add(len).min(seen.len());
        Ok(seen[start..end].to_vec())
    }

    fn len(&self, name: &str) -> Result<u64, DiskError> {
        Ok(self.state.borrow().file(name)?.seen.len() as u64)
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault();
        let file = state.file_mut(name)?;
        if fault.is_some() {
            file.lost = true;
        }
        through(fault, || {
            if !file.lost {
                file.durable.clone_from(&file.seen);
            }
            Ok(())
        })
    }

    fn sync_dir(&mut self) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault();
        through(fault, || {
            state.durable_names = state.names.clone();
            state.entries.clear();
            Ok(())
        })
    }

    fn truncate(&mut self, name: &str, len: u64) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault().filter(|fault| *fault != Fault::Nothing(DiskError::Full));
        let len = usize::try_from(len).map_err(|_| DiskError::NotFound)?;
        through(fault, || {
            state.file_mut(name)?.seen.truncate(len);
            Ok(())
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault();
        through(fault, || {
            state.file(from)?;
            state.rename_entry(Entry::Renamed(from.to_owned(), to.to_owned()));
            Ok(())
        })
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state.borrow_mut();
        let fault = state.next_fault().filter(|fault| *fault != Fault::Nothing(DiskError::Full));
        through(fault, || {
            state.file(name)?;
            state.rename_entry(Entry::Removed(name.to_owned()));
            Ok(())
        })
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        Ok(self.state.borrow().names.keys().cloned().collect())
    }
}
