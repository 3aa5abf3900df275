//! Journals on disks that lose power, and disks that are watched.

use std::cell::Cell;
use std::rc::Rc;

use khettara_core::store::{
    Disk, DiskError, JournalStore, MemoryIndex, Options, SimulatedDisk, Store, StoreError,
};

use crate::chance::Chance;

/// A journal store on `disk`, with an index that is built anew.
///
/// # Panics
/// Where the journal does not open.
#[must_use]
pub fn journal_on(disk: &SimulatedDisk, chance: &mut Chance) -> Box<dyn Store> {
    try_journal_on(disk, chance).expect("what is whole opens")
}

/// The same, on a disk that may have lost what it confirmed.
///
/// # Errors
/// [`StoreError`] where the journal does not open.
pub fn try_journal_on(disk: &SimulatedDisk, chance: &mut Chance) -> Result<Box<dyn Store>, StoreError> {
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || {
        let mut id = [0; 16];
        id.copy_from_slice(&ids.seed()[..16]);
        id
    });
    // Small files, so that a life sees many of them.
    let options = Options { file_bytes_max: 32_768, ..Options::default() };
    let (store, _) = JournalStore::open(disk.clone(), MemoryIndex::new(), fresh, options)?;
    Ok(Box::new(store))
}

/// Copies the files as they are seen now, durably, to another disk.
///
/// # Panics
/// Where the disk cannot be read.
#[must_use]
pub fn copy_of(disk: &SimulatedDisk) -> SimulatedDisk {
    let mut copy = SimulatedDisk::new();
    for name in disk.list().expect("lists") {
        let bytes = disk.read(&name, 0, usize::MAX).expect("reads");
        copy.create(&name).expect("a new disk takes it");
        copy.append(&name, &bytes).expect("a new disk takes it");
        copy.sync(&name).expect("a new disk takes it");
    }
    copy.sync_dir().expect("a new disk takes it");
    copy
}

/// How often a watched disk was asked to make something durable.
#[derive(Debug, Clone, Default)]
pub struct Flushes(Rc<Cell<u64>>);

impl Flushes {
    /// How many times so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.get()
    }
}

/// A disk whose flushes are counted.
#[derive(Debug)]
pub struct WatchedDisk<D> {
    disk: D,
    flushes: Flushes,
    does_flush: bool,
}

impl<D: Disk> WatchedDisk<D> {
    /// Watches `disk`.
    pub fn new(disk: D) -> (Self, Flushes) {
        let flushes = Flushes::default();
        (Self { disk, flushes: flushes.clone(), does_flush: true }, flushes)
    }

    /// Counts its flushes and does none of them: to measure everything else.
    pub fn without_flushing(disk: D) -> (Self, Flushes) {
        let (watched, flushes) = Self::new(disk);
        (Self { does_flush: false, ..watched }, flushes)
    }

    fn flush(&mut self, flush: impl FnOnce(&mut D) -> Result<(), DiskError>) -> Result<(), DiskError> {
        self.flushes.0.set(self.flushes.count() + 1);
        if self.does_flush { flush(&mut self.disk) } else { Ok(()) }
    }
}

impl<D: Disk> Disk for WatchedDisk<D> {
    fn create(&mut self, name: &str) -> Result<(), DiskError> {
        self.disk.create(name)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.append(name, bytes)
    }

    fn read(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, DiskError> {
        self.disk.read(name, offset, len)
    }

    fn len(&self, name: &str) -> Result<u64, DiskError> {
        self.disk.len(name)
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        self.flush(|disk| disk.sync(name))
    }

    fn sync_dir(&mut self) -> Result<(), DiskError> {
        self.flush(D::sync_dir)
    }

    fn truncate(&mut self, name: &str, len: u64) -> Result<(), DiskError> {
        self.disk.truncate(name, len)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        self.disk.rename(from, to)
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.disk.remove(name)
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        self.disk.list()
    }
}
