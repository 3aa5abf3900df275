//! The store on a disk: the journal is the truth, the index answers, and any doubt rebuilds the index.

use crate::limits::{INDEX_BATCH_BYTES_MAX, INDEX_BATCH_CALLS_MAX, JOURNAL_FILE_BYTES_MAX};
use crate::store::disk::Disk;
use crate::store::index::{Batch, Index, IndexError};
use crate::store::journal::{FileId, Fresh, Journal, Position};
use crate::store::memory::decide;
use crate::store::ops;
use crate::store::port::{
    Answer, Damage, Group, Op, Row, Rows, Store, StoreError, check_derived, check_groups,
};
use crate::store::rows::{self, Body, MARK_KEY, row_key};
use crate::store::shelf::{Derived, Health, Room, Shelf};
use std::cell::RefCell;

/// While replaying, the index gets batches of about this many bytes.
const REPLAY_BATCH_BYTES: usize = 1_048_576;

/// Why an index was set aside and built anew. The edge tells the person in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There was none, though the journal has records.
    Missing,
    /// It does not open, or a check in it fails.
    Damaged,
    /// It speaks of records that the journal does not have: the journal was set back, or lost its end.
    Ahead,
    /// It belongs to another store.
    OtherStore,
    /// It had grown far beyond what it holds.
    Bloated,
    /// The disk has no space for one: it is held in memory until the next opening.
    NoSpace,
}

/// What opening found, for the log and the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opened {
    /// The index was built anew, and why.
    pub rebuilt: Option<Reason>,
    /// Bytes of a record that a crash tore; they were never acknowledged.
    pub torn_bytes: u64,
    /// The last journal file could not be synced and was copied into a new one: the disk may be failing.
    /// The index is then built anew too, as one that is ahead.
    pub carried_over: bool,
}

/// How a [`JournalStore`] works.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// A journal file is closed, and the next begun, at this size.
    pub file_bytes_max: u64,
    /// The index is given what waits for it at this many bytes; 0: with every call.
    pub index_batch_bytes_max: usize,
    /// The same, after this many commits and derivations.
    pub index_batch_calls_max: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            file_bytes_max: JOURNAL_FILE_BYTES_MAX,
            index_batch_bytes_max: INDEX_BATCH_BYTES_MAX,
            index_batch_calls_max: INDEX_BATCH_CALLS_MAX,
        }
    }
}

/// A [`Store`] of a journal on a [`Disk`] and an [`Index`].
///
/// The index gets rows many at a time: those that wait are answered from memory, and are given to it at the latest
/// when the store is dropped. A process that ends otherwise leaves an index that is behind.
pub struct JournalStore<D, I: Index> {
    inner: RefCell<Inner<D, I>>,
}

struct Inner<D, I: Index> {
    journal: Journal<D>,
    shelf: Shelf<I>,
    /// Why the index was built anew since somebody last asked.
    mended: Option<Reason>,
}

/// Why a read failed: the index, which can be rebuilt, or what lies beneath it.
enum Trouble {
    Index,
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<IndexError> for Trouble {
    fn from(_: IndexError) -> Self {
        Self::Index
    }
}

impl<D: Disk, I: Index> JournalStore<D, I> {
    /// Opens the store: recovers the journal, and brings the index up to it or builds it anew.
    ///
    /// `fresh` draws 16 bytes that nobody drew before; the ids of the store and of journal files come from
    /// it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] where confirmed records are no longer there: nothing was changed. Else what
    /// the disk says: nothing is lost, and opening may be tried again.
    pub fn open(disk: D, index: I, fresh: Fresh, options: Options) -> Result<(Self, Opened), StoreError> {
        let mark = index.get(MARK_KEY).map(|row| row.map(|row| rows::read_mark(&row)));
        let known = mark.ok().flatten().flatten().map(|(_, position)| position);
        let (journal, found) = Journal::open(disk, fresh, options.file_bytes_max, known.as_ref())?;
        let room = Room { bytes: options.index_batch_bytes_max, calls: options.index_batch_calls_max };
        let mut inner = Inner { journal, shelf: Shelf::new(index, room), mended: None };
        let rebuilt = inner.settle()?;
        // Nobody has read of it yet.
        inner.shelf.derived = Derived::Sound;
        let opened = Opened { rebuilt, torn_bytes: found.torn_bytes, carried_over: found.carried_over };
        Ok((Self { inner: RefCell::new(inner) }, opened))
    }

    /// Gives the index all that waits for it, and flushes it, so that the next opening need not replay. At a clean
    /// close and at quiet moments.
    ///
    /// # Errors
    /// [`StoreError::Index`]; nothing is lost by it.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        let inner = self.inner.get_mut();
        if inner.shelf.health != Health::Lost {
            inner.heal();
        }
        inner.shelf.index.flush().map_err(|_| StoreError::Index)
    }

    /// Why the index was built anew since opening, or since this was last asked; for the log and the person.
    pub fn take_mended(&mut self) -> Option<Reason> {
        self.inner.get_mut().mended.take()
    }

    /// Reads; if the index is to blame for a failure it is repaired, then rebuilt, and the read tried again.
    fn read<T>(&self, what: impl Fn(&Inner<D, I>) -> Result<T, Trouble>) -> Result<T, StoreError> {
        if self.inner.borrow().shelf.health == Health::Lost {
            self.inner.borrow_mut().catch_up()?;
        }
        let found = what(&self.inner.borrow());
        match found {
            Ok(value) => Ok(value),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Index) => {
                self.inner.borrow_mut().rebuild()?;
                self.inner.borrow_mut().mended = Some(Reason::Damaged);
                what(&self.inner.borrow()).map_err(|trouble| match trouble {
                    Trouble::Store(error) => error,
                    Trouble::Index => StoreError::Index,
                })
            }
        }
    }
}

impl<D, I: Index> std::fmt::Debug for JournalStore<D, I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JournalStore(index {:?})", self.inner.borrow().shelf.health)
    }
}

impl<D: Disk, I: Index> Store for JournalStore<D, I> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|inner| inner.get(key))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        self.read(|inner| inner.scan(prefix, from, limit))
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        self.read(|inner| inner.scan_back(prefix, below, limit))
    }

    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        check_groups(&groups)?;
        let (answers, ops) = decide(groups, |key| self.get(key))?;
        if !ops.is_empty() {
            self.inner.get_mut().write(&ops)?;
        }
        Ok(answers)
    }

    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        check_derived(&ops)?;
        self.inner.get_mut().refuse_after_loss()?;
        let mut batch = Batch::new();
        for op in ops {
            self.read(|inner| inner.derived_rows(&op, &batch)).map(|rows| batch.extend(rows))?;
        }
        self.inner.get_mut().shelf.take(batch);
        Ok(())
    }
}

impl<D: Disk, I: Index> Inner<D, I> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let key = row_key(key);
        match self.shelf.row(&key)? {
            Some(row) => self.value(&key, &row).map(Some),
            None => Ok(None),
        }
    }

    /// The value a row stands for, checked.
    fn value(&self, key: &[u8], row: &[u8]) -> Result<Vec<u8>, Trouble> {
        match rows::body(key, row).ok_or(Trouble::Index)? {
            Body::Inline(value) => Ok(value.to_vec()),
            Body::InJournal { file, at, len, hash } => {
                let value = self.journal.read(&file, at, len as usize)?;
                if rows::value_hash(&value) == hash {
                    Ok(value)
                } else {
                    Err(StoreError::Damaged(Damage::Record).into())
                }
            }
            Body::InParts { count, len, hash } => {
                let mut value = Vec::new();
                for part in 0..count {
                    value.extend(self.shelf.row(&rows::part_key(key, part))?.ok_or(Trouble::Index)?);
                }
                let whole = value.len() == len as usize && rows::value_hash(&value) == hash;
                if whole { Ok(value) } else { Err(Trouble::Index) }
            }
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, Trouble> {
        self.values(self.shelf.scan(&row_key(prefix), &row_key(from), limit)?)
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, Trouble> {
        self.values(self.shelf.scan_back(&row_key(prefix), below.map(row_key).as_deref(), limit)?)
    }

    fn values(&self, found: Rows) -> Result<Rows, Trouble> {
        let own = |(mut key, row): Row| {
            let value = self.value(&key, &row)?;
            key.drain(..1);
            Ok((key, value))
        };
        found.into_iter().map(own).collect()
    }

    /// The rows of one derived write; `before` are those of the writes before it in the same call.
    fn derived_rows(&self, op: &Op, before: &Batch) -> Result<Batch, Trouble> {
        let key = row_key(op.key());
        let old = match before.get(&key) {
            Some(change) => change.clone(),
            None => self.shelf.row(&key)?,
        };
        let mut batch = Batch::new();
        if let Some(row) = old {
            // A row that fails its check is an index to be rebuilt.
            if let Body::InParts { count, .. } = rows::body(&key, &row).ok_or(Trouble::Index)? {
                batch.extend((0..count).map(|part| (rows::part_key(&key, part), None)));
            }
        }
        let row = match op {
            Op::Delete(_) => None,
            Op::Put(_, value) if rows::fits(value.len()) => Some(Body::Inline(value).to_row(&key)),
            Op::Put(_, value) => {
                let len = u32::try_from(value.len()).map_err(|_| StoreError::TooLarge)?;
                let parts = (0..).zip(rows::parts(value));
                batch.extend(parts.map(|(part, bytes)| (rows::part_key(&key, part), Some(bytes.to_vec()))));
                let count = rows::parts(value).len() as u32;
                Some(Body::InParts { count, len, hash: rows::value_hash(value) }.to_row(&key))
            }
        };
        batch.insert(key, row);
        Ok(batch)
    }

    /// Makes writes durable, then lets the index know. From the append on, nothing can fail.
    fn write(&mut self, ops: &[Op]) -> Result<(), StoreError> {
        let content = ops::to_content(ops);
        let (file, at) = self.journal.append(&content)?;
        if self.shelf.is_due() {
            self.heal();
        }
        let mut batch = Batch::new();
        // What was encoded just now decodes.
        if add_rows(&mut batch, &content, &file, at).is_ok() {
            self.take_marked(batch, self.journal.position());
        }
        Ok(())
    }

    fn take_marked(&mut self, batch: Batch, position: Option<Position>) {
        let batch = marked(batch, self.journal.store(), position);
        self.shelf.take(batch);
    }

    /// Lets the index catch up with what is pending: as it is, else opened again.
    fn heal(&mut self) {
        if self.shelf.hand_over().is_ok() || self.shelf.index.reopen().is_err() {
            return;
        }
        // Where either fails, the next commits or reads try again.
        if self.shelf.kept_all() {
            let _ = self.shelf.hand_over();
        } else {
            // What it lost in being opened again is not on the sheet.
            let _ = self.catch_up();
        }
    }

    fn catch_up(&mut self) -> Result<(), StoreError> {
        let rebuilt = self.settle()?;
        self.mended = rebuilt.or(self.mended);
        Ok(())
    }

    /// Brings the index up to the journal from wherever it is, or builds it anew and says why.
    fn settle(&mut self) -> Result<Option<Reason>, StoreError> {
        self.shelf.forget();
        let (from, reason) = match self.index_position()? {
            Ok(position) => (Some(position), None),
            Err(reason) => {
                self.wipe()?;
                (None, Some(reason))
            }
        };
        self.replay(from.as_ref())?;
        // An empty journal has nothing to tell.
        Ok(reason.filter(|reason| *reason != Reason::Missing || self.journal.position().is_some()))
    }

    fn rebuild(&mut self) -> Result<(), StoreError> {
        self.shelf.forget();
        self.wipe()?;
        self.replay(None)
    }

    fn wipe(&mut self) -> Result<(), StoreError> {
        self.shelf.wipe().map_err(|_| StoreError::Index)
    }

    /// A caller that works on derived rows of before a loss is told once: what it writes now could say that rows
    /// are there which are gone. After that it begins with none.
    fn refuse_after_loss(&mut self) -> Result<(), StoreError> {
        match self.shelf.derived {
            Derived::Sound => return Ok(()),
            Derived::Torn => self.rebuild()?,
            Derived::Gone => {}
        }
        self.shelf.derived = Derived::Sound;
        Err(StoreError::Index)
    }

    /// The position the index reflects, or why it cannot be used.
    fn index_position(&self) -> Result<Result<Position, Reason>, StoreError> {
        let index = &self.shelf.index;
        let Ok(row) = index.get(MARK_KEY) else { return Ok(Err(Reason::Damaged)) };
        let Some(row) = row else {
            // With an empty index before an empty journal, nothing is missing: see `settle`.
            return Ok(Err(Reason::Missing));
        };
        let Some((store, position)) = rows::read_mark(&row) else { return Ok(Err(Reason::Damaged)) };
        if self.journal.store().is_some_and(|own| own != store) {
            return Ok(Err(Reason::OtherStore));
        }
        Ok(if self.journal.has(&position)? { Ok(position) } else { Err(Reason::Ahead) })
    }

    fn replay(&mut self, from: Option<&Position>) -> Result<(), StoreError> {
        let Self { journal, shelf, .. } = self;
        shelf.health = Health::Current;
        let (mut batch, mut bytes) = (Batch::new(), 0);
        let store = journal.store();
        let replayed = journal.replay(from, |position, record| {
            add_rows(&mut batch, record.content, &position.file, record.content_at)?;
            bytes += record.content.len();
            if bytes >= REPLAY_BATCH_BYTES {
                shelf.take(marked(std::mem::take(&mut batch), store, Some(position)));
                bytes = 0;
            }
            Ok(())
        });
        if replayed.is_err() {
            shelf.forget();
        } else if !batch.is_empty() {
            shelf.take(marked(batch, store, journal.position()));
        }
        replayed?;
        if shelf.health == Health::Current {
            // An index that lags after this takes it later.
            let _ = shelf.hand_over();
        }
        if shelf.health == Health::Lost { Err(StoreError::Index) } else { Ok(()) }
    }
}

/// A batch that also says how far the index reflects the journal once it has it.
fn marked(mut batch: Batch, store: Option<FileId>, position: Option<Position>) -> Batch {
    if let (Some(store), Some(position)) = (store, position) {
        batch.insert(MARK_KEY.to_vec(), Some(rows::mark(&store, &position)));
    }
    batch
}

/// Adds the rows of one record, whose content stands at `at` of `file`.
fn add_rows(batch: &mut Batch, content: &[u8], file: &FileId, at: u64) -> Result<(), StoreError> {
    let damaged = StoreError::Damaged(Damage::Content);
    for written in ops::from_content(content).map_err(|_| damaged)? {
        let key = row_key(written.key);
        let row = match written.value {
            None => None,
            Some(range) => {
                let value = content.get(range.clone()).ok_or(damaged)?;
                let body = if rows::fits(value.len()) {
                    Body::Inline(value)
                } else {
                    let len = u32::try_from(value.len()).map_err(|_| damaged)?;
                    let hash = rows::value_hash(value);
                    Body::InJournal { file: *file, at: at + range.start as u64, len, hash }
                };
                Some(body.to_row(&key))
            }
        };
        batch.insert(key, row);
    }
    Ok(())
}
