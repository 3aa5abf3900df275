//! All that core asks of a disk: flat files, appended, synced, renamed. `node` does it with real files.

use crate::store::StoreError;

/// Why a disk did not do what it was asked. Carries no names and no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiskError {
    /// No space is left.
    #[error("the disk is full")]
    Full,
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// A file of that name is there already.
    #[error("the file exists already")]
    Exists,
    /// Anything else, with the operating system's number for it (0 where it gives none).
    #[error("the disk failed (code {0})")]
    Failed(i32),
}

impl From<DiskError> for StoreError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Full => Self::Full,
            DiskError::Failed(code) => Self::Disk(code),
            DiskError::NotFound | DiskError::Exists => Self::Disk(0),
        }
    }
}

/// One directory of files with flat names (no separators).
///
/// Nothing is durable before a sync says so: bytes after [`Disk::sync`] of their file, the existence and
/// the name of a file after [`Disk::sync_dir`]. A call that failed may have done its work in part.
pub trait Disk {
    /// Makes an empty file.
    ///
    /// # Errors
    /// [`DiskError::Exists`] if there is one of that name.
    fn create(&mut self, name: &str) -> Result<(), DiskError>;

    /// Adds bytes behind the last one.
    ///
    /// # Errors
    /// [`DiskError`]; some of the bytes may be there.
    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError>;

    /// Up to `len` bytes from `offset`; fewer only where the file ends.
    ///
    /// # Errors
    /// [`DiskError`].
    fn read(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, DiskError>;

    /// The file's length in bytes.
    ///
    /// # Errors
    /// [`DiskError`].
    fn len(&self, name: &str) -> Result<u64, DiskError>;

    /// Returns when the file's bytes and length are durable. After a failure nobody knows, for ever.
    ///
    /// # Errors
    /// [`DiskError`].
    fn sync(&mut self, name: &str) -> Result<(), DiskError>;

    /// Returns when every creation, renaming and removal is durable.
    ///
    /// # Errors
    /// [`DiskError`].
    fn sync_dir(&mut self) -> Result<(), DiskError>;

    /// Cuts the file to `len` bytes, which is not more than it has.
    ///
    /// # Errors
    /// [`DiskError`].
    fn truncate(&mut self, name: &str, len: u64) -> Result<(), DiskError>;

    /// Gives a file another name, replacing the file that had it.
    ///
    /// # Errors
    /// [`DiskError`].
    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes a file.
    ///
    /// # Errors
    /// [`DiskError`].
    fn remove(&mut self, name: &str) -> Result<(), DiskError>;

    /// The names of all files, ascending.
    ///
    /// # Errors
    /// [`DiskError`].
    fn list(&self) -> Result<Vec<String>, DiskError>;
}
