//! The index on sled 0.34.7. The only file that names sled, and it trusts it with nothing.
//!
//! As released, sled lost acknowledged writes in most power cuts, may panic or refuse to open on damaged
//! files, and stays stuck after a full disk until opened again: so the journal is the truth, every call is
//! caught, and every row is checked by the caller.

use crate::files::meaning_of;
use khettara_core::limits::{
    INDEX_BLOAT_BYTES_MIN, INDEX_BLOAT_MAX, INDEX_CACHE_BYTES_MAX, INDEX_OPEN_MS_MAX,
};
use khettara_core::store::{Batch, DiskError, Index, IndexError, Rows, end_of_prefix};
use sled::Db;
use std::fs;
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// A tree beside the rows, with notes about the index itself; they go when it goes.
const NOTES: &[u8] = b"notes";
/// Its size on disk, in bytes, when it was last found sound.
const SOUND_AT: &[u8] = b"sound at";

/// An [`Index`] in a directory that belongs to it alone.
pub struct SledIndex {
    dir: PathBuf,
    /// None after it failed to open; only [`Index::reopen`] and [`Index::wipe`] help then.
    db: Option<Db>,
    /// Made in a directory that was not there, and nothing written since: nothing to set aside.
    fresh: bool,
}

impl SledIndex {
    /// Opens the index in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// [`IndexError`] where sled refuses, panics, or takes longer than [`INDEX_OPEN_MS_MAX`].
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        let fresh = !dir.exists();
        Ok(Self { dir: dir.to_owned(), db: Some(open_db(dir)?), fresh })
    }

    /// Whether it takes far more space than what it holds. To know, all of it is read: so it is asked again only
    /// when it has grown by half since it was last found sound.
    ///
    /// # Errors
    /// [`IndexError`] where that cannot be read.
    pub fn is_bloated(&self) -> Result<bool, IndexError> {
        self.with(|db| {
            let size = db.size_on_disk()?;
            let notes = db.open_tree(NOTES)?;
            let sound_at =
                notes.get(SOUND_AT)?.and_then(|bytes| Some(u64::from_le_bytes(*bytes.first_chunk()?)));
            if !is_doubtful(size, sound_at) {
                return Ok(false);
            }
            let mut live = 0u64;
            for row in db.iter() {
                let (key, value) = row?;
                live += (key.len() + value.len()) as u64;
            }
            let bloated = size > live.saturating_mul(INDEX_BLOAT_MAX);
            if !bloated {
                notes.insert(SOUND_AT, &size.to_le_bytes())?;
            }
            Ok(bloated)
        })
    }

    /// Removes everything and begins empty, keeping nothing aside.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn discard(&mut self) -> Result<(), IndexError> {
        self.close();
        fs::remove_dir_all(&self.dir).map_err(|error| told(&sled::Error::Io(error)))?;
        self.db = Some(open_db(&self.dir)?);
        self.fresh = true;
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&Db) -> sled::Result<T>) -> Result<T, IndexError> {
        let db = self.db.as_ref().ok_or(IndexError::Failed)?;
        let done = catch_unwind(AssertUnwindSafe(|| work(db)));
        done.map_err(|_| IndexError::Failed)?.map_err(|error| told(&error))
    }

    fn close(&mut self) {
        let db = self.db.take();
        // sled writes while it is dropped, and may panic there as anywhere; the journal has everything.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(db)));
    }
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for SledIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SledIndex(open: {})", self.db.is_some())
    }
}

/// Opens sled on a thread of its own: it may panic, and it may never return.
fn open_db(dir: &Path) -> Result<Db, IndexError> {
    // A snapshot that a dying process left half written would be taken for the newest.
    remove_half_written(dir).map_err(|error| told(&sled::Error::Io(error)))?;
    let config = sled::Config::new().path(dir).cache_capacity(INDEX_CACHE_BYTES_MAX);
    let (answer, opened) = mpsc::channel();
    let open = move || {
        // Where nobody waits any more, the database is dropped with the message.
        let _ = answer.send(open_unlocked(&config));
    };
    let spawned = thread::Builder::new().name("open index".into()).spawn(open);
    spawned.map_err(|error| told(&sled::Error::Io(error)))?;
    match opened.recv_timeout(Duration::from_millis(INDEX_OPEN_MS_MAX)) {
        Ok(opened) => opened.map_err(|error| told(&error)),
        Err(_) => Err(IndexError::Failed),
    }
}

/// sled's own lock can outlive the database for a moment: in a thread of its pool, or in a child between fork
/// and exec. Nobody else has the directory, for we hold the store's lock.
fn open_unlocked(config: &sled::Config) -> sled::Result<Db> {
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if error.kind() == io::ErrorKind::Other => thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
    }
    config.open()
}

/// Whether an index of this size has to be read to know what it holds.
fn is_doubtful(size: u64, sound_at: Option<u64>) -> bool {
    size >= INDEX_BLOAT_BYTES_MIN && sound_at.is_none_or(|sound| size > sound.saturating_add(sound / 2))
}

fn remove_half_written(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Moves an index directory out of the way as `<dir>.damaged-N`, and removes those set aside before it.
///
/// # Errors
/// What the system says; then nothing stands in the way of an index that was not moved.
pub(crate) fn set_aside(dir: &Path) -> io::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    let older = aside(dir)?;
    let number = older.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    let mut target = dir.as_os_str().to_owned();
    target.push(format!(".damaged-{number}"));
    fs::rename(dir, target)?;
    for (_, path) in older {
        // What cannot be removed takes space and does no other harm.
        let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    }
    Ok(())
}

/// What was set aside before, with its numbers.
fn aside(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name().and_then(|name| name.to_str())) else {
        return Ok(Vec::new());
    };
    let prefix = format!("{name}.damaged-");
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.strip_prefix(&prefix)?.parse().ok());
        found.extend(number.map(|number| (number, entry.path())));
    }
    Ok(found)
}

fn told(error: &sled::Error) -> IndexError {
    match error {
        sled::Error::Io(error) => match meaning_of(error) {
            DiskError::Full => IndexError::Full,
            _ => IndexError::Failed,
        },
        _ => IndexError::Failed,
    }
}

type Ends = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The two ends of a range, or none where it is empty: sled panics on ends in the wrong order.
fn ends(start: &[u8], end: Option<Vec<u8>>) -> Option<Ends> {
    match end {
        Some(end) if end.as_slice() <= start => None,
        Some(end) => Some((Bound::Included(start.to_vec()), Bound::Excluded(end))),
        None => Some((Bound::Included(start.to_vec()), Bound::Unbounded)),
    }
}

fn own(row: sled::Result<(sled::IVec, sled::IVec)>) -> sled::Result<(Vec<u8>, Vec<u8>)> {
    row.map(|(key, value)| (key.to_vec(), value.to_vec()))
}

impl Index for SledIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        self.with(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, IndexError> {
        let Some(ends) = ends(from.max(prefix), end_of_prefix(prefix, None)) else { return Ok(Rows::new()) };
        self.with(|db| db.range(ends).take(limit).map(own).collect())
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, IndexError> {
        let Some(ends) = ends(prefix, end_of_prefix(prefix, below)) else { return Ok(Rows::new()) };
        self.with(|db| db.range(ends).rev().take(limit).map(own).collect())
    }

    fn apply(&mut self, batch: &Batch) -> Result<(), IndexError> {
        self.fresh = false;
        let mut writes = sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(key.as_slice(), value.as_slice()),
                None => writes.remove(key.as_slice()),
            }
        }
        self.with(|db| db.apply_batch(writes))
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        self.with(|db| db.flush().map(drop))
    }

    fn reopen(&mut self) -> Result<(), IndexError> {
        self.close();
        self.db = Some(open_db(&self.dir)?);
        Ok(())
    }

    fn wipe(&mut self) -> Result<(), IndexError> {
        if self.fresh && self.db.is_some() {
            return Ok(());
        }
        self.close();
        set_aside(&self.dir).map_err(|error| told(&sled::Error::Io(error)))?;
        self.db = Some(open_db(&self.dir)?);
        self.fresh = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_read_for_bloat_only_when_it_has_grown_by_half() {
        let min = INDEX_BLOAT_BYTES_MIN;
        assert!(!is_doubtful(min - 1, None), "a small one never");
        assert!(is_doubtful(min, None));
        assert!(!is_doubtful(min, Some(min)));
        assert!(!is_doubtful(min + min / 2, Some(min)));
        assert!(is_doubtful(min + min / 2 + 1, Some(min)));
        assert!(is_doubtful(u64::MAX, Some(min)) && !is_doubtful(u64::MAX, Some(u64::MAX)));
    }
}
