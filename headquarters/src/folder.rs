//! Where headquarters keeps what, in its folder: its own keys and store, and beside them what belongs on an
//! offline disk.
//!
//! ```text
//! organisation.json   public: give it to relays and tablets
//! keys                headquarters' keys
//! store/              what headquarters holds
//! root/               the root: to be moved to an offline disk once the relays are named
//!     keys next recovery store/
//! ```

use std::path::{Path, PathBuf};

/// A folder of headquarters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path. Nothing is made.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self(dir.to_path_buf())
    }

    /// The folder itself.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }

    /// The public organisation file.
    #[must_use]
    pub fn organisation(&self) -> PathBuf {
        self.0.join("organisation.json")
    }

    /// Headquarters' keys.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Headquarters' store.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// What belongs on an offline disk.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    pub(crate) fn root_keys(&self) -> PathBuf {
        self.root().join("keys")
    }

    pub(crate) fn next_root(&self) -> PathBuf {
        self.root().join("next")
    }

    pub(crate) fn recovery(&self) -> PathBuf {
        self.root().join("recovery")
    }

    pub(crate) fn root_store(&self) -> PathBuf {
        self.root().join("store")
    }
}
