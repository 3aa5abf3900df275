//! One process per store: a lock the system takes away when the process ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Why a store could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error("another process has this store open; wait until it ends, then try again")]
    Held,
    /// The lock file cannot be made or locked.
    #[error("the lock file of the store cannot be used: {0}; free space, or make the folder writable")]
    Io(#[from] io::Error),
}

/// An exclusive lock, held until dropped.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
}

impl StoreLock {
    /// Locks the file at `path`, which is made if it is not there and stays.
    ///
    /// # Errors
    /// [`LockError::Held`] while another holder lives.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        lock(&file)?;
        Ok(Self { file })
    }
}

/// Said, and not left to the file's end: a process that another thread is just starting has this file open, too, and
/// with it the lock, until it is itself.
impl Drop for StoreLock {
    fn drop(&mut self) {
        // Where the system refuses, the file's end gives it free.
        let _ = unlock(&self.file);
    }
}

/// Not std's own `File::try_lock`: on Android that fails always, up to Rust 1.97. One way for every Unix, so
/// that what tablets run is what is tested.
#[cfg(unix)]
fn lock(file: &File) -> Result<(), LockError> {
    match rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held),
        Err(error) => Err(LockError::Io(error.into())),
    }
}

#[cfg(unix)]
fn unlock(file: &File) -> io::Result<()> {
    Ok(rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock)?)
}

#[cfg(not(unix))]
fn unlock(file: &File) -> io::Result<()> {
    file.unlock()
}

#[cfg(not(unix))]
fn lock(file: &File) -> Result<(), LockError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(std::fs::TryLockError::WouldBlock) => Err(LockError::Held),
        Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_dropped_is_free_though_a_copy_of_its_file_lives() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("lock");
        let first = StoreLock::take(&path).expect("free");
        // What a process that is being started holds for a moment.
        let inherited = first.file.try_clone().expect("a descriptor");
        assert!(matches!(StoreLock::take(&path), Err(LockError::Held)));
        drop(first);
        let second = StoreLock::take(&path);
        drop(inherited);
        assert!(second.is_ok(), "{second:?}");
        assert!(matches!(StoreLock::take(&path), Err(LockError::Held)), "the end of the copy frees nothing");
    }
}
