//! The index as the store uses it: with a sheet of rows laid over it that it has not taken yet.
//!
//! A batch costs the index far more than a row does, and the journal has every committed row already. So rows wait
//! on the sheet, the derived among them in their place, and go to the index many at a time, in one batch: what rests
//! on a commit is never there without it.

use crate::limits::INDEX_PENDING_BYTES_MAX;
use crate::store::index::{Batch, Index, IndexError};
use crate::store::merge;
use crate::store::port::{DERIVED, Rows};
use crate::store::rows::{self, BATCH_KEY, ROWS};

/// How far the index can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// With the sheet laid over it, it reflects the whole journal.
    Current,
    /// The same, but it took no batch since an error.
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

/// How much waits on the sheet at most while the index is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) bytes: usize,
    pub(crate) calls: u32,
}

/// An index, and what it has not taken yet.
pub(crate) struct Shelf<I: Index> {
    pub(crate) index: I,
    pub(crate) health: Health,
    pub(crate) derived: Derived,
    room: Room,
    pending: Batch,
    pending_bytes: usize,
    pending_calls: u32,
    /// The number of the last batch that the index took; 0: none.
    taken: u64,
    /// Commits until a lagging index is tried again, and how many it was the last time.
    patience: (u32, u32),
}

impl<I: Index> Shelf<I> {
    /// An index of which nothing is known yet.
    pub(crate) fn new(index: I, room: Room) -> Self {
        let taken = number_in(&index);
        Self {
            index,
            health: Health::Lost,
            derived: Derived::Sound,
            room,
            pending: Batch::new(),
            pending_bytes: 0,
            pending_calls: 0,
            taken,
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

    /// Lays a batch on the sheet, and gives the index what waits there where that is much.
    pub(crate) fn take(&mut self, batch: Batch) {
        match self.health {
            // The journal has it, and the index will catch up from there.
            Health::Lost => self.note_dropped(&batch),
            Health::Current => {
                self.lay(batch);
                if self.is_full() {
                    // Where it takes nothing it lags, and everything waits on.
                    let _ = self.hand_over();
                }
            }
            Health::Lagging => self.lay(batch),
        }
        if self.pending_bytes > INDEX_PENDING_BYTES_MAX {
            self.forget();
        }
    }

    fn lay(&mut self, batch: Batch) {
        let bytes = |row: &Option<Vec<u8>>| row.as_ref().map_or(0, Vec::len);
        self.pending_calls += 1;
        if self.pending.is_empty() {
            self.pending_bytes = batch.iter().map(|(key, row)| key.len() + bytes(row)).sum();
            self.pending = batch;
            return;
        }
        for (key, row) in batch {
            let (key_bytes, new_bytes) = (key.len(), bytes(&row));
            let old_bytes = self.pending.insert(key, row).map(|old| key_bytes + bytes(&old));
            self.pending_bytes = self.pending_bytes + key_bytes + new_bytes - old_bytes.unwrap_or(0);
        }
    }

    /// An index that has nothing yet takes its first batch at once.
    fn is_full(&self) -> bool {
        self.taken == 0 || self.pending_bytes >= self.room.bytes || self.pending_calls >= self.room.calls
    }

    /// Gives the index all that waits, in one batch.
    pub(crate) fn hand_over(&mut self) -> Result<(), IndexError> {
        if !self.pending.is_empty() {
            let number = self.taken + 1;
            self.pending.insert(BATCH_KEY.to_vec(), Some(rows::batch_number(number)));
            self.health = Health::Lagging;
            self.index.apply(&self.pending)?;
            self.taken = number;
            self.clear();
            if number == 1 {
                // It looks lost until its mark is on the disk, and where that fails only that is the harm.
                let _ = self.index.flush();
            }
        }
        self.health = Health::Current;
        self.patience = (1, 1);
        Ok(())
    }

    /// Whether the index, opened again, still has every batch it took.
    pub(crate) fn kept_all(&self) -> bool {
        number_in(&self.index) == self.taken
    }

    fn clear(&mut self) {
        self.pending.clear();
        (self.pending_bytes, self.pending_calls) = (0, 0);
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

    /// Throws away what is pending: the index has to catch up from the journal, from where it is now.
    pub(crate) fn forget(&mut self) {
        self.health = Health::Lost;
        let pending = std::mem::take(&mut self.pending);
        self.note_dropped(&pending);
        if !self.kept_all() {
            // Nobody can say what was in the batches that it lost.
            self.derived = Derived::Torn;
        }
        self.clear();
        self.taken = number_in(&self.index);
    }

    /// Sets the index aside and begins with an empty one.
    pub(crate) fn wipe(&mut self) -> Result<(), IndexError> {
        self.index.wipe()?;
        self.taken = 0;
        self.derived = Derived::Gone;
        Ok(())
    }
}

/// A shelf that is left in order leaves nothing waiting. One that is not, of a process that was killed, leaves an
/// index that is behind.
impl<I: Index> Drop for Shelf<I> {
    fn drop(&mut self) {
        if self.health != Health::Lost {
            let _ = self.hand_over();
        }
    }
}

/// The number of the last batch in an index; a row that cannot be read counts as none.
fn number_in(index: &impl Index) -> u64 {
    let row = index.get(BATCH_KEY).ok().flatten();
    row.and_then(|row| rows::read_batch_number(&row)).unwrap_or(0)
}
