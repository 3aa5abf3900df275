//! Space kept back for the last visit: a file that is given up when the disk is full.

use crate::files::sync_dir;
use khettara_core::limits::RESERVE_BYTES;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

const NAME: &str = "reserve";
static PIECE: [u8; 65_536] = [0; 65_536];

/// Makes sure the reserve of the store in `dir` is there. Zeros are written one by one: a hole in a file
/// keeps nothing back.
///
/// # Errors
/// What the system says; then no reserve is left half made.
pub fn fill_reserve(dir: &Path) -> io::Result<()> {
    if has_reserve(dir) {
        return Ok(());
    }
    let path = dir.join(NAME);
    let made = write_reserve(&path);
    if made.is_err() {
        // On a full disk the store needs every byte; that there is none to remove is no news.
        let _ = fs::remove_file(&path);
    }
    made
}

fn write_reserve(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut left = RESERVE_BYTES as usize;
    while left > 0 {
        let piece = &PIECE[..left.min(PIECE.len())];
        file.write_all(piece)?;
        left -= piece.len();
    }
    file.sync_all()
}

/// Whether the reserve of the store in `dir` is there, whole.
#[must_use]
pub fn has_reserve(dir: &Path) -> bool {
    fs::metadata(dir.join(NAME)).is_ok_and(|metadata| metadata.len() >= RESERVE_BYTES)
}

/// Gives the reserve up. After `StoreError::Full` for a visit: release, commit again, and tell the person to
/// free space. False if it was given up before.
///
/// # Errors
/// What the system says.
pub fn release_reserve(dir: &Path) -> io::Result<bool> {
    match fs::remove_file(dir.join(NAME)) {
        Ok(()) => sync_dir(dir).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
