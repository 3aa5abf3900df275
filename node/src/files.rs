//! The disk of `core::store`, on real files in one directory.

use crate::store_lock::StoreLock;
use khettara_core::store::{Disk, DiskError};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Open files kept at hand; a journal is read in few of its files at a time.
const HANDLES_MAX: usize = 16;

/// A [`Disk`] in a directory of its own.
#[derive(Debug)]
pub struct FileDisk {
    dir: PathBuf,
    handles: RefCell<BTreeMap<String, File>>,
    /// Files whose sync failed once. The system reports that once and then calls the pages clean, so every
    /// later sync of such a file fails here.
    unsyncable: BTreeSet<String>,
    _lock: Option<StoreLock>,
}

impl FileDisk {
    /// The disk in `dir`, which is made if it is not there.
    ///
    /// # Errors
    /// [`DiskError`].
    pub fn open(dir: &Path) -> Result<Self, DiskError> {
        make_dir(dir).map_err(told)?;
        let handles = RefCell::new(BTreeMap::new());
        Ok(Self { dir: dir.to_owned(), handles, unsyncable: BTreeSet::new(), _lock: None })
    }

    /// Keeps `lock` for as long as this disk is used.
    #[must_use]
    pub fn holding(mut self, lock: StoreLock) -> Self {
        self._lock = Some(lock);
        self
    }

    fn path(&self, name: &str) -> Result<PathBuf, DiskError> {
        let flat = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
        if flat { Ok(self.dir.join(name)) } else { Err(DiskError::Failed(0)) }
    }

    /// Does `work` on the open file; the handle is kept for the next time.
    fn with<T>(&self, name: &str, work: impl FnOnce(&mut File) -> io::Result<T>) -> Result<T, DiskError> {
        let mut handles = self.handles.borrow_mut();
        if !handles.contains_key(name) {
            let file = OpenOptions::new().read(true).append(true).open(self.path(name)?).map_err(told)?;
            if handles.len() >= HANDLES_MAX {
                handles.pop_first();
            }
            handles.insert(name.to_owned(), file);
        }
        let file = handles.get_mut(name).ok_or(DiskError::NotFound)?;
        work(file).map_err(told)
    }
}

impl Disk for FileDisk {
    fn create(&mut self, name: &str) -> Result<(), DiskError> {
        let path = self.path(name)?;
        OpenOptions::new().write(true).create_new(true).open(path).map_err(told)?;
        Ok(())
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.with(name, |file| file.write_all(bytes))
    }

    fn read(&self, name: &str, offset: u64, len: usize) -> Result<Vec<u8>, DiskError> {
        self.with(name, |file| {
            file.seek(SeekFrom::Start(offset))?;
            let mut bytes = Vec::new();
            file.take(len as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }

    fn len(&self, name: &str) -> Result<u64, DiskError> {
        fs::metadata(self.path(name)?).map(|metadata| metadata.len()).map_err(told)
    }

    fn sync(&mut self, name: &str) -> Result<(), DiskError> {
        if self.unsyncable.contains(name) {
            return Err(DiskError::Failed(0));
        }
        let synced = self.with(name, |file| file.sync_data());
        if synced.is_err() {
            self.unsyncable.insert(name.to_owned());
        }
        synced
    }

    fn sync_dir(&mut self) -> Result<(), DiskError> {
        sync_dir(&self.dir).map_err(told)
    }

    fn truncate(&mut self, name: &str, len: u64) -> Result<(), DiskError> {
        self.with(name, |file| file.set_len(len))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), DiskError> {
        let (old, new) = (self.path(from)?, self.path(to)?);
        self.handles.get_mut().retain(|name, _| name != from && name != to);
        fs::rename(old, new).map_err(told)
    }

    fn remove(&mut self, name: &str) -> Result<(), DiskError> {
        self.handles.get_mut().remove(name);
        fs::remove_file(self.path(name)?).map_err(told)
    }

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(told)? {
            // A name that is not text is none of ours.
            if let Ok(name) = entry.map_err(told)?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Makes a directory and its parents, durably. What is there already may be the work of a process that was killed
/// before it had synced the name: that is done again, for the directory and the one it lies in.
pub(crate) fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return dir.ancestors().skip(1).take(2).try_for_each(sync_names_in);
    }
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_dir(parent)?;
    }
    match fs::create_dir(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_dir(parent.unwrap_or(Path::new(".")))
}

/// Makes creations, renamings and removals in `dir` durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    // Elsewhere directories cannot be opened, and their entries are durable with the files.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// As [`sync_dir`], where this process may read the directory. Where it may not it has made no name in it either.
fn sync_names_in(dir: &Path) -> io::Result<()> {
    let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    match sync_dir(here) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// What core is told of an error of the system: no names, only what it means.
pub(crate) fn told(error: io::Error) -> DiskError {
    meaning_of(&error)
}

/// What an error of the system means.
pub(crate) fn meaning_of(error: &io::Error) -> DiskError {
    match error.kind() {
        // A file that may not grow any further is as good as a full disk: what helps is the same.
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => DiskError::Full,
        ErrorKind::NotFound => DiskError::NotFound,
        ErrorKind::AlreadyExists => DiskError::Exists,
        _ => DiskError::Failed(error.raw_os_error().unwrap_or(0)),
    }
}
