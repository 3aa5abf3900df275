//! Export: where files are written until they are whole, and how they take the place of older ones.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::HqError;

/// The file that makes a folder an export. It is written last.
pub(super) const MANIFEST: &str = "manifest.json";

/// A folder being filled, and the place it will take.
pub(super) struct Landing {
    place: PathBuf,
    fresh: PathBuf,
    old: PathBuf,
}

impl Landing {
    /// Makes an empty folder beside `place`. What an interrupted export left is put right first.
    pub(super) fn prepare(place: &Path) -> Result<Self, HqError> {
        let named = |ending: &str| {
            // Names that nobody else gives: what is left under them is removed.
            let mut name = std::ffi::OsString::from(".");
            name.push(place.file_name().unwrap_or_default());
            name.push(ending);
            place.with_file_name(name)
        };
        if place.file_name().is_none() {
            return Err(HqError::NotAnExport);
        }
        let (fresh, old) = (named(".khettara-new"), named(".khettara-old"));
        // Killed between its two renames, an export has left the old one aside.
        if !place.exists() && old.join(MANIFEST).is_file() {
            fs::rename(&old, place)?;
        }
        for left in [&fresh, &old] {
            if left.exists() {
                fs::remove_dir_all(left)?;
            }
        }
        if !may_be_replaced(place)? {
            return Err(HqError::NotAnExport);
        }
        fs::create_dir_all(&fresh)?;
        Ok(Self { place: place.to_path_buf(), fresh, old })
    }

    /// The folder to write into.
    pub(super) fn folder(&self) -> &Path {
        &self.fresh
    }

    /// Takes the place.
    pub(super) fn land(self) -> Result<(), HqError> {
        sync(&self.fresh)?;
        if self.place.exists() {
            fs::rename(&self.place, &self.old)?;
        }
        fs::rename(&self.fresh, &self.place)?;
        let beside = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync(beside.unwrap_or(Path::new(".")))?;
        if self.old.exists() {
            fs::remove_dir_all(&self.old)?;
        }
        Ok(())
    }
}

/// Nothing there, an empty folder, or an export.
fn may_be_replaced(place: &Path) -> Result<bool, HqError> {
    if !place.exists() {
        return Ok(true);
    }
    Ok(place.is_dir() && (place.join(MANIFEST).is_file() || fs::read_dir(place)?.next().is_none()))
}

fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(landing: &Landing, text: &str) {
        fs::write(landing.folder().join(MANIFEST), text).expect("writes");
    }

    #[test]
    fn the_old_export_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().expect("the disk works");
        let place = folder.path().join("lake");
        let first = Landing::prepare(&place).expect("prepares");
        fill(&first, "one");
        first.land().expect("lands");
        let second = Landing::prepare(&place).expect("prepares");
        fill(&second, "two");
        assert_eq!(fs::read_to_string(place.join(MANIFEST)).expect("reads"), "one");
        second.land().expect("lands");
        assert_eq!(fs::read_to_string(place.join(MANIFEST)).expect("reads"), "two");
        assert_eq!(fs::read_dir(folder.path()).expect("reads").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn an_export_killed_between_its_renames_is_put_right() {
        let folder = tempfile::tempdir().expect("the disk works");
        let (place, old) = (folder.path().join("lake"), folder.path().join(".lake.khettara-old"));
        fs::create_dir(&old).expect("makes");
        fs::write(old.join(MANIFEST), "one").expect("writes");
        drop(Landing::prepare(&place).expect("prepares"));
        assert_eq!(fs::read_to_string(place.join(MANIFEST)).expect("reads"), "one");
    }

    #[test]
    fn a_folder_with_other_files_is_never_replaced() {
        let folder = tempfile::tempdir().expect("the disk works");
        fs::write(folder.path().join("thesis.odt"), "years of work").expect("writes");
        assert!(matches!(Landing::prepare(folder.path()), Err(HqError::NotAnExport)));
        assert!(folder.path().join("thesis.odt").is_file());
    }
}
