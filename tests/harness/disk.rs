//! Journals on disks that lose power.

use khettara_core::store::{Disk, JournalStore, MemoryIndex, Options, SimulatedDisk, Store};

use crate::chance::Chance;

/// A journal store on `disk`, with an index that is built anew.
///
/// # Panics
/// Where the journal does not open.
#[must_use]
pub fn journal_on(disk: &SimulatedDisk, chance: &mut Chance) -> Box<dyn Store> {
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || {
        let mut id = [0; 16];
        id.copy_from_slice(&ids.seed()[..16]);
        id
    });
    // Small files, so that a life sees many of them.
    let options = Options { file_bytes_max: 32_768 };
    let (store, _) =
        JournalStore::open(disk.clone(), MemoryIndex::new(), fresh, options).expect("what is whole opens");
    Box::new(store)
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
