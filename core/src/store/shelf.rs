//! The index as the store uses it: with a sheet of rows laid over it that it has not taken yet.

use crate::limits::INDEX_PENDING_BYTES_MAX;
use crate::store::index::{Batch, Index, IndexError};
use crate::store::merge;
use crate::store::port::{DERIVED, Rows};
use crate::store::rows::ROWS;

/// How far the index can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It reflects the whole journal.
    Current,
    /// It took no batch since an error; what it lacks is pending in memory.
    Lagging,
    /// It lacks what is nowhere but in the journal: nothing is read before it caught up.
    Lost,
}

/// Whether derived rows are those that were written, as far as the last caller of `derive` may believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derived {
    Sound,
    /// Some are gone, and later ones may speak of them.
    Torn,
    /// All are gone.
    Gone,
}

/// An index, and what it has not taken yet.
pub(crate) struct Shelf<I> {
    pub(crate) index: I,
    pub(crate) health: Health,
    pub(crate) derived: Derived,
    pending: Batch,
    pending_bytes: usize,
    /// Commits until a lagging index is tried again, and how many it was the last time.
    patience: (u32, u32),
}

impl<I: Index> Shelf<I> {
    /// An index of which nothing is known yet.
    pub(crate) fn new(index: I) -> Self {
        Self {
            index,
            health: Health::Lost,
            derived: Derived::Sound,
            pending: Batch::new(),
            pending_bytes: 0,
            patience: (1, 1),
        }
    }

    pub(crate) fn row(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        match self.pending.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.index.get(key),
        }
    }

    pub(crate) fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError> {
        merge::scan(&self.pending, prefix, from, limit, |from, limit| self.index.scan(prefix, from, limit))
    }

    pub(crate) fn scan_back(
        &self,
        prefix: &[u8],
        below: Option<&[u8]>,
        limit: usize,
    ) -> Result<Rows, IndexError> {
        let fetch = |below: Option<&[u8]>, limit| self.index.scan_back(prefix, below, limit);
        merge::scan_back(&self.pending, prefix, below, limit, fetch)
    }

    /// Gives the index a batch; where it does not take it, the batch waits in memory.
    pub(crate) fn take(&mut self, batch: Batch) {
        match self.health {
            Health::Current if self.index.apply(&batch).is_ok() => self.patience = (1, 1),
            // The journal has it, and the index will catch up from there.
            Health::Lost => self.note_dropped(&batch),
            Health::Current | Health::Lagging => self.keep(batch),
        }
    }

    fn keep(&mut self, batch: Batch) {
        self.health = Health::Lagging;
        let bytes = |(key, row): (&Vec<u8>, &Option<Vec<u8>>)| key.len() + row.as_ref().map_or(0, Vec::len);
        self.pending_bytes += batch.iter().map(bytes).sum::<usize>();
        self.pending.extend(batch);
        if self.pending_bytes > INDEX_PENDING_BYTES_MAX {
            self.forget();
        }
    }

    /// The journal has no derived rows: those that are dropped are gone.
    fn note_dropped(&mut self, batch: &Batch) {
        if batch.keys().any(|key| key.starts_with(&[ROWS, DERIVED])) {
            self.derived = Derived::Torn;
        }
    }

    /// Whether a lagging index should be tried again now: after 1, 2, 4, … commits, since opening it again
    /// costs more than a commit.
    pub(crate) fn is_due(&mut self) -> bool {
        if self.health != Health::Lagging {
            return false;
        }
        self.patience.0 = self.patience.0.saturating_sub(1);
        if self.patience.0 > 0 {
            return false;
        }
        let longer = self.patience.1.saturating_mul(2);
        self.patience = (longer, longer);
        true
    }

    /// Offers the index what is pending, once more.
    pub(crate) fn take_pending(&mut self) -> Result<(), IndexError> {
        self.index.apply(&self.pending)?;
        self.pending = Batch::new();
        self.pending_bytes = 0;
        self.health = Health::Current;
        Ok(())
    }

    /// Throws away what is pending: the index has to catch up from the journal.
    pub(crate) fn forget(&mut self) {
        self.health = Health::Lost;
        let pending = std::mem::take(&mut self.pending);
        self.note_dropped(&pending);
        self.pending_bytes = 0;
    }
}
