//! The `Store` trait: ordered keys and values, groups committed under conditions, one flush per commit.

use crate::error::ErrorKind;
use crate::limits::STORE_KEY_BYTES_MAX;

/// First byte of the keys of derived rows.
pub const DERIVED: u8 = b'~';

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);
/// Keys with their values, in the order asked for.
pub type Rows = Vec<Row>;

/// What exactly is damaged in a store whose files cannot all be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A file with records has no whole header.
    #[error("a journal file has lost its beginning")]
    Header,
    /// A file is of a version that this software does not know.
    #[error("a journal file is of a version that this software does not know, so it may only need an update")]
    Version,
    /// Files of two stores lie together.
    #[error("files of two stores lie together")]
    OtherStore,
    /// A file names a predecessor that is not there, or two files have one id.
    #[error("a journal file is missing, or is there twice")]
    Chain,
    /// Two files with records go on from the same file.
    #[error("two journal files go on from the same one")]
    TwoSuccessors,
    /// A record that a sync had confirmed is no longer whole.
    #[error("a saved record is no longer whole")]
    Record,
    /// A record is whole and is not what this software writes.
    #[error("a record is not what this software writes")]
    Content,
}

/// Why the store did not do what it was asked. Names what happened, never whose data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No space is left. What was committed before is safe.
    #[error(
        "the disk is full; this was not saved, what was saved before is safe; free space, then try again"
    )]
    Full,
    /// The disk refused, with the operating system's number.
    #[error(
        "the disk failed (code {0}); what was saved before is safe; try again, and change the disk if it stays so"
    )]
    Disk(i32),
    /// Confirmed bytes are no longer what they were.
    #[error(
        "the store is damaged: {0}; nothing was changed; write no more, keep the folder as it is and ask for help"
    )]
    Damaged(Damage),
    /// The index neither answers nor can be built anew. The journal is whole.
    #[error("the index cannot be read or rebuilt now; what was saved is safe; free space, then try again")]
    Index,
    /// One commit is larger than a journal record may be.
    #[error("one commit is larger than a record may be")]
    TooLarge,
    /// A key is empty, too long, or on the wrong side of the wall between committed and derived rows.
    #[error("a key is not one that this call takes")]
    Misuse,
}

impl StoreError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Full => ErrorKind::Full,
            Self::Disk(_) | Self::Index => ErrorKind::Retry,
            Self::Damaged(_) => ErrorKind::Corrupt,
            Self::TooLarge => ErrorKind::Invalid,
            Self::Misuse => ErrorKind::Bug,
        }
    }
}

/// One write.
#[derive(Clone, PartialEq, Eq)]
pub enum Op {
    /// This key has this value from now on.
    Put(Vec<u8>, Vec<u8>),
    /// This key has none.
    Delete(Vec<u8>),
}

impl Op {
    /// The key that is written.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put(key, _) | Self::Delete(key) => key,
        }
    }

    pub(crate) fn into_change(self) -> (Vec<u8>, Option<Vec<u8>>) {
        match self {
            Self::Put(key, value) => (key, Some(value)),
            Self::Delete(key) => (key, None),
        }
    }
}

impl std::fmt::Debug for Op {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Put(key, value) => write!(f, "Put({} B, {} B)", key.len(), value.len()),
            Self::Delete(key) => write!(f, "Delete({} B)", key.len()),
        }
    }
}

/// What a group takes for granted.
#[derive(Clone, PartialEq, Eq)]
pub enum Expect {
    /// The key has no value; else the group answers [`Answer::Present`].
    Absent(Vec<u8>),
    /// The key has exactly this value; else the group answers [`Answer::Behind`].
    Is(Vec<u8>, Vec<u8>),
}

impl Expect {
    /// The key that is looked at.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Absent(key) | Self::Is(key, _) => key,
        }
    }

    pub(crate) fn judge(&self, found: Option<&[u8]>) -> Answer {
        match (self, found) {
            (Self::Absent(_), Some(_)) => Answer::Present,
            (Self::Absent(_), None) => Answer::Committed,
            (Self::Is(_, value), Some(found)) if value == found => Answer::Committed,
            (Self::Is(..), _) => Answer::Behind,
        }
    }
}

impl std::fmt::Debug for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Absent(key) => write!(f, "Absent({} B)", key.len()),
            Self::Is(key, value) => write!(f, "Is({} B, {} B)", key.len(), value.len()),
        }
    }
}

/// Writes that stand or fall together, and what they take for granted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Judged in this order; the first that fails gives the answer.
    pub expect: Vec<Expect>,
    /// Done in this order.
    pub ops: Vec<Op>,
}

/// What became of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Durable.
    Committed,
    /// Nothing done: a key expected absent is there.
    Present,
    /// Nothing done: a key has not the value expected.
    Behind,
}

/// An ordered map that survives.
pub trait Store {
    /// The value of `key`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keys ≥ `from` that begin with `prefix`, ascending, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError>;

    /// Keys < `below` (all, if `None`) that begin with `prefix`, descending, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError>;

    /// The greatest key that begins with `prefix`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    fn last(&self, prefix: &[u8]) -> Result<Option<Row>, StoreError> {
        Ok(self.scan_back(prefix, None, 1)?.pop())
    }

    /// Commits all groups with one flush. Each is all or nothing, has its own answer, and sees those before
    /// it. When this returns `Ok`, what was committed is durable. After an error nothing of the call is in
    /// effect and the caller may go on; if the process ends before its next commit, the next one may find
    /// the groups of the failed call done, all of them.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] for a derived key, [`StoreError::TooLarge`], or what the disk says.
    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError>;

    /// Writes derived rows (keys beginning with [`DERIVED`]): all or none, without a flush. A crash may lose
    /// the last calls, never one in the middle. They vanish when the index is rebuilt: whoever derives them
    /// keeps a mark among them that says how far they go, and derives again from there.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] for a key that is not derived; [`StoreError::Index`], once, after rows were lost
    /// while the store was open: read the mark again and go on from there; or what the index says.
    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError>;
}

impl<S: Store + ?Sized> Store for &mut S {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(key)
    }
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        (**self).scan(prefix, from, limit)
    }
    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        (**self).scan_back(prefix, below, limit)
    }
    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        (**self).commit(groups)
    }
    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        (**self).derive(ops)
    }
}

impl<S: Store + ?Sized> Store for Box<S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(key)
    }
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        (**self).scan(prefix, from, limit)
    }
    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        (**self).scan_back(prefix, below, limit)
    }
    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        (**self).commit(groups)
    }
    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        (**self).derive(ops)
    }
}

/// Refuses groups that [`Store::commit`] does not take.
pub(crate) fn check_groups(groups: &[Group]) -> Result<(), StoreError> {
    let expected = groups.iter().flat_map(|group| &group.expect).map(Expect::key);
    let written = groups.iter().flat_map(|group| &group.ops).map(Op::key);
    check_keys(expected.chain(written), false)
}

/// Refuses writes that [`Store::derive`] does not take.
pub(crate) fn check_derived(ops: &[Op]) -> Result<(), StoreError> {
    check_keys(ops.iter().map(Op::key), true)
}

fn check_keys<'a>(keys: impl Iterator<Item = &'a [u8]>, derived: bool) -> Result<(), StoreError> {
    for key in keys {
        let first = *key.first().ok_or(StoreError::Misuse)?;
        if (first == DERIVED) != derived || key.len() > STORE_KEY_BYTES_MAX {
            return Err(StoreError::Misuse);
        }
    }
    Ok(())
}
