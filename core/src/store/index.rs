//! The index: an embedded key-value store that answers quickly and is never believed unchecked.

use crate::store::merge::{ascending, descending, upper_bound};
use crate::store::port::Rows;
use std::collections::BTreeMap;

/// Writes by key: a value, or `None` to delete. One batch, each key once.
pub type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Why an index did not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// No space is left.
    #[error("no space is left for the index")]
    Full,
    /// Anything else; the index is rebuilt sooner or later.
    #[error("the index failed")]
    Failed,
}

/// An ordered map on disk that may lose its last batches, refuse to open, or be wiped at any time.
///
/// What it must keep: a batch is there whole or not at all, and if one is there, so are all before it. Rows
/// carry their own checks and the journal position they reflect; the index knows nothing of either.
pub trait Index {
    /// The value of `key`.
    ///
    /// # Errors
    /// [`IndexError`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError>;

    /// Keys ≥ `from` that begin with `prefix`, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`IndexError`].
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError>;

    /// Keys < `below` that begin with `prefix`, descending, at most `limit`.
    ///
    /// # Errors
    /// [`IndexError`].
    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, IndexError>;

    /// Applies a batch, whole or not at all, without a flush.
    ///
    /// # Errors
    /// [`IndexError`]; nothing of the batch is in effect.
    fn apply(&mut self, batch: &Batch) -> Result<(), IndexError>;

    /// Writes what is in memory to the disk; when this returns, opening again is quick.
    ///
    /// # Errors
    /// [`IndexError`].
    fn flush(&mut self) -> Result<(), IndexError>;

    /// Closes and opens again, after an error. The last batches may be gone.
    ///
    /// # Errors
    /// [`IndexError`]; then [`Index::wipe`] is next.
    fn reopen(&mut self) -> Result<(), IndexError>;

    /// Sets everything aside and begins empty.
    ///
    /// # Errors
    /// [`IndexError`].
    fn wipe(&mut self) -> Result<(), IndexError>;
}

/// The least key above every key with `prefix` that is also not above `below`; `None` if there is no such
/// bound. For backends whose ranges are given by two ends.
#[must_use]
pub fn end_of_prefix(prefix: &[u8], below: Option<&[u8]>) -> Option<Vec<u8>> {
    upper_bound(prefix, below)
}

/// An [`Index`] in memory: rebuilt from the journal at every opening.
#[derive(Clone, Default)]
pub struct MemoryIndex {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryIndex {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for MemoryIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryIndex({} rows)", self.rows.len())
    }
}

impl Index for MemoryIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError> {
        let found = ascending(&self.rows, prefix, from).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, IndexError> {
        let found = descending(&self.rows, prefix, below).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&mut self, batch: &Batch) -> Result<(), IndexError> {
        for (key, value) in batch {
            match value {
                Some(value) => self.rows.insert(key.clone(), value.clone()),
                None => self.rows.remove(key),
            };
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), IndexError> {
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), IndexError> {
        self.rows.clear();
        Ok(())
    }
}
