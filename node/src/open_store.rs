//! Opening a store: lock, reserve, journal, index.
//!
//! ```text
//! <store>/lock                 one process at a time
//! <store>/owner                whose it is: a tablet's, a relay's or headquarters'
//! <store>/journal/             the truth
//! <store>/index/               may be deleted whenever no process has the store open
//! <store>/index.damaged-N/     the last index that was set aside
//! <store>/reserve              space for the last visit
//! ```

use crate::files::{FileDisk, make_dir, told};
use crate::node_index::NodeIndex;
use crate::reserve::fill_reserve;
use crate::sled_index::{SledIndex, set_aside};
use crate::store_lock::{LockError, StoreLock};
use khettara_core::error::ErrorKind;
use khettara_core::hash::{derive, first};
use khettara_core::store::{DiskError, Fresh, IndexError, JournalStore, Opened, Options, Reason, StoreError};
use std::path::Path;

/// The store of a tablet, and of a relay without PostgreSQL.
pub type NodeStore = JournalStore<FileDisk, NodeIndex>;

/// Whose a store is. Each program opens its own alone: with another's keys it would write what nobody can make sense of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A tablet's.
    Tablet,
    /// A relay's.
    Relay,
    /// That of headquarters, or of the root.
    Headquarters,
}

impl Owner {
    const ALL: [Self; 3] = [Self::Tablet, Self::Relay, Self::Headquarters];

    const fn word(self) -> &'static str {
        match self {
            Self::Tablet => "tablet",
            Self::Relay => "relay",
            Self::Headquarters => "headquarters",
        }
    }

    /// Whose the store in `dir` is; `None` where nobody's yet.
    #[must_use]
    pub fn of(dir: &Path) -> Option<Self> {
        let word = std::fs::read_to_string(dir.join("owner")).ok()?;
        Self::ALL.into_iter().find(|owner| owner.word() == word.trim())
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tablet => "a tablet",
            Self::Relay => "a relay",
            Self::Headquarters => "headquarters",
        })
    }
}

/// Why a store did not open. Nothing is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, or the lock file cannot be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// It is another program's.
    #[error(
        "this folder is that of {0}, and nothing in it was touched; name your own folder, or an empty one"
    )]
    Other(Owner),
    /// Its directories cannot be made.
    #[error("the directory of the store cannot be used: {0}; free space, or make the folder writable")]
    Disk(#[from] DiskError),
    /// No new index can be made beside the journal.
    #[error("no index can be made beside the journal: {0}; nothing is lost; free space, then try again")]
    Index(#[from] IndexError),
    /// The journal is damaged or the disk fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers; start it anew, then try again")]
    Chance,
}

impl OpenError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Other(_) => ErrorKind::Refused,
            Self::Disk(DiskError::Full) | Self::Index(IndexError::Full) => ErrorKind::Full,
            Self::Lock(_) | Self::Disk(_) | Self::Index(_) | Self::Chance => ErrorKind::Retry,
        }
    }
}

/// Opens the store in `dir`, making it if there is none, and tells what had to be mended.
///
/// # Errors
/// [`OpenError`]; [`LockError::Held`] while another process has it open; [`OpenError::Other`] where it is not `owner`'s.
pub fn open_store(dir: &Path, owner: Owner) -> Result<(NodeStore, Opened), OpenError> {
    match Owner::of(dir) {
        Some(other) if other != owner => return Err(OpenError::Other(other)),
        _ => {}
    }
    make_dir(dir).map_err(told)?;
    let lock = StoreLock::take(&dir.join("lock"))?;
    if Owner::of(dir).is_none() {
        // A store that cannot be marked, as on a full disk, is opened all the same and marked another time.
        let _ = std::fs::write(dir.join("owner"), owner.word());
    }
    // Without a reserve the store works as well until the disk is full.
    let _ = fill_reserve(dir);
    let disk = FileDisk::open(&dir.join("journal"))?.holding(lock);
    let (index, reason) = open_index(dir)?;
    let (store, mut opened) = JournalStore::open(disk, index, fresh()?, Options::default())?;
    opened.rebuilt = reason.or(opened.rebuilt);
    Ok((store, opened))
}

/// Opens the index, or an empty one in its place and the reason.
fn open_index(dir: &Path) -> Result<(NodeIndex, Option<Reason>), OpenError> {
    let path = dir.join("index");
    match SledIndex::open(&path) {
        Ok(mut index) => match index.is_bloated() {
            Ok(false) => return Ok((NodeIndex::OnDisk(index), None)),
            Ok(true) => {
                let discarded = index.discard();
                return on_disk_or_in_memory(discarded.map(|()| index), Reason::Bloated);
            }
            // It is closed before it is moved.
            Err(_) => drop(index),
        },
        // It may be sound: it stays where it is.
        Err(IndexError::Full) => return on_disk_or_in_memory(Err(IndexError::Full), Reason::NoSpace),
        Err(IndexError::Failed) => {}
    }
    set_aside(&path).map_err(told)?;
    on_disk_or_in_memory(SledIndex::open(&path), Reason::Damaged)
}

/// What is kept back on the disk is for the last visit: an index can do without it.
fn on_disk_or_in_memory(
    opened: Result<SledIndex, IndexError>,
    reason: Reason,
) -> Result<(NodeIndex, Option<Reason>), OpenError> {
    match opened {
        Ok(index) => Ok((NodeIndex::OnDisk(index), Some(reason))),
        Err(IndexError::Full) => Ok((NodeIndex::in_memory(), Some(Reason::NoSpace))),
        Err(IndexError::Failed) => Err(IndexError::Failed.into()),
    }
}

/// Ids of journal files: from 32 random bytes of this process and a counter.
fn fresh() -> Result<Fresh, OpenError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| OpenError::Chance)?;
    let mut counter = 0u64;
    Ok(Box::new(move || {
        let id = first(&derive("fresh", &[&seed, &counter.to_le_bytes()]));
        counter += 1;
        id
    }))
}

/// What opening the store had to mend, for the operator.
#[must_use]
pub fn what_was_mended(opened: &Opened) -> Vec<String> {
    let why = opened.rebuilt.map(|reason| match reason {
        Reason::Missing => "was missing",
        Reason::Damaged => "was damaged",
        Reason::Ahead => "spoke of records that the journal does not have",
        Reason::OtherStore => "belonged to another store",
        Reason::Bloated => "had grown far beyond what it holds",
        Reason::NoSpace => "found no space on the disk and is held in memory until there is: it",
    });
    let rebuilt =
        why.map(|why| format!("the index {why} and was built anew from the journal; nothing was lost"));
    let torn = (opened.torn_bytes > 0).then(|| {
        let bytes = opened.torn_bytes;
        format!(
            "{bytes} bytes at the journal's end were torn by a crash and were never acknowledged; cut off"
        )
    });
    let carried = opened.carried_over.then(|| {
        "the last journal file could not be synced and was copied into a new one: check the disk".to_owned()
    });
    [rebuilt, torn, carried].into_iter().flatten().collect()
}
