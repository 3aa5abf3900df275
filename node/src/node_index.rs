//! The index of a store on files: on the disk, or in memory while the disk has no space for one.

use khettara_core::store::{Batch, Index, IndexError, MemoryIndex, Rows};

use crate::sled_index::SledIndex;

/// Where the index is. One in memory is rebuilt from the journal at the next opening, on the disk where there is space
/// then: so on a full disk everything can still be read.
#[derive(Debug)]
pub enum NodeIndex {
    /// On the disk.
    OnDisk(SledIndex),
    /// In memory: as large as the rows of the store.
    InMemory(MemoryIndex),
}

impl NodeIndex {
    /// An empty one in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::InMemory(MemoryIndex::new())
    }

    fn held(&self) -> &dyn Index {
        match self {
            Self::OnDisk(index) => index,
            Self::InMemory(index) => index,
        }
    }

    fn held_mut(&mut self) -> &mut dyn Index {
        match self {
            Self::OnDisk(index) => index,
            Self::InMemory(index) => index,
        }
    }
}

impl Index for NodeIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        self.held().get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError> {
        self.held().scan(prefix, from, limit)
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, IndexError> {
        self.held().scan_back(prefix, below, limit)
    }

    fn apply(&mut self, batch: &Batch) -> Result<(), IndexError> {
        self.held_mut().apply(batch)
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        self.held_mut().flush()
    }

    fn reopen(&mut self) -> Result<(), IndexError> {
        self.held_mut().reopen()
    }

    fn wipe(&mut self) -> Result<(), IndexError> {
        match self.held_mut().wipe() {
            // What was there is set aside; the journal fills this one.
            Err(IndexError::Full) => {
                *self = Self::in_memory();
                Ok(())
            }
            done => done,
        }
    }
}
