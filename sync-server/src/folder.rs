//! A relay's folder: which file lies where, and whole files written in one step.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A relay's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `dir`; nothing is made or read.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self(dir.to_owned())
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Which organisation the relay serves.
    #[must_use]
    pub fn organisation(&self) -> PathBuf {
        self.0.join("organisation.json")
    }

    /// What the operator sets.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.0.join("relay.toml")
    }

    /// The relay's secrets.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The store, at `name` within the folder or wherever an absolute path says.
    #[must_use]
    pub fn store(&self, name: &Path) -> PathBuf {
        self.0.join(name)
    }

    /// How it is going.
    #[must_use]
    pub fn status(&self) -> PathBuf {
        self.0.join("status.json")
    }
}

/// Writes a file whole or not at all; one that is there is replaced.
pub(crate) fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, path)
}

/// Bytes of all files in a folder and below it; what cannot be read counts as nothing.
pub(crate) fn bytes_below(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    let bytes_of = |entry: fs::DirEntry| match entry.metadata() {
        // A link to a folder is no folder here, so this ends.
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(bytes_of).sum()
}
