//! The file with a device's two secrets. Written once, whole or not at all; read at every start.
//!
//! `"khettara keys 1\n" ‖ signing [32] ‖ kem [32] ‖ D("key file", all before)[..16]`

use crate::files::meaning_of;
use crate::new_file::write_new;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use khettara_core::store::DiskError;
use khettara_core::{error, hash};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

const MAGIC: &[u8; 16] = b"khettara keys 1\n";
const CHECKED_BYTES: usize = 16 + 32 + 32;
const FILE_BYTES: usize = CHECKED_BYTES + 16;

/// A device's two secrets. Overwritten when dropped, and never shown.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seeds {
    /// The Ed25519 seed: signatures and TLS.
    pub signing: [u8; 32],
    /// The X25519 key material: receives sealed keys.
    pub kem: [u8; 32],
}

impl fmt::Debug for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seeds(…)")
    }
}

/// Why the secrets could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is a file already; it is never replaced, for without its keys the device is nobody.
    #[error("there is a key file already, and it is never replaced: open it, or choose an empty folder")]
    Exists,
    /// There is no such file.
    #[error("there is no key file here: choose the right folder, or put the file back from a copy")]
    Missing,
    /// The file is shorter or longer than a key file.
    #[error(
        "the key file has {found} bytes instead of {FILE_BYTES}; nothing was changed: put a copy of it back, or \
         keep the folder as it is and enrol anew in another"
    )]
    WrongLength {
        /// Its length, as far as it was read.
        found: u64,
    },
    /// The file is none of ours, or of a version not known here.
    #[error("this is no key file that this version can read: choose the right folder, or update")]
    NotOurs,
    /// Some of its bytes are not what was written.
    #[error(
        "the key file is damaged; nothing was changed: put a copy of it back, or keep the folder as it is and \
         enrol anew in another"
    )]
    Damaged,
    /// The operating system refused.
    #[error("the key file could not be read or written: {0}; is the disk full, or the folder protected?")]
    Io(#[from] io::Error),
}

/// Where a device's secrets lie.
#[derive(Debug)]
pub struct KeyFile;

impl KeyFileError {
    /// What the caller should do.
    #[must_use]
    pub fn kind(&self) -> error::ErrorKind {
        match self {
            Self::WrongLength { .. } | Self::Damaged => error::ErrorKind::Corrupt,
            Self::Exists | Self::Missing | Self::NotOurs => error::ErrorKind::Invalid,
            Self::Io(error) => match meaning_of(error) {
                DiskError::Full => error::ErrorKind::Full,
                _ => error::ErrorKind::Retry,
            },
        }
    }
}

impl KeyFile {
    /// Writes the secrets, readable by this user only. When it returns they survive a power cut; where it
    /// fails, or the power does, there is no file at `path`. One process at a time (the store's lock).
    ///
    /// # Errors
    /// [`KeyFileError::Exists`], or [`KeyFileError::Io`].
    pub fn create(path: &Path, seeds: &Seeds) -> Result<(), KeyFileError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(KeyFileError::Exists);
        }
        let fresh = fresh_name(path);
        match fs::remove_file(&fresh) {
            // Left by a power cut before anybody was told of these keys.
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let written = write_new(&fresh, &encode(seeds)).and_then(|()| fs::rename(&fresh, path));
        if let Err(error) = written {
            // What is left behind is removed at the next attempt.
            let _ = fs::remove_file(&fresh);
            return Err(error.into());
        }
        sync_folder(path)?;
        Ok(())
    }

    /// Reads the secrets. The process that kept them may have been killed before the file's name was durable; when
    /// this returns it is, for what is done with these secrets must not outlive them.
    ///
    /// # Errors
    /// [`KeyFileError`] says which: missing, too short or long, not ours, damaged, or not readable.
    pub fn open(path: &Path) -> Result<Seeds, KeyFileError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeyFileError::Missing,
            _ => KeyFileError::Io(error),
        })?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES + 1));
        file.take(FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        let seeds = decode(&bytes)?;
        sync_folder(path)?;
        Ok(seeds)
    }
}

fn encode(seeds: &Seeds) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&seeds.signing);
    bytes.extend_from_slice(&seeds.kem);
    let check = check(&bytes);
    bytes.extend_from_slice(&check);
    bytes
}

fn decode(bytes: &[u8]) -> Result<Seeds, KeyFileError> {
    if !bytes.starts_with(MAGIC) && bytes.len() >= MAGIC.len() {
        return Err(KeyFileError::NotOurs);
    }
    let wrong_length = KeyFileError::WrongLength { found: bytes.len() as u64 };
    let bytes: &[u8; FILE_BYTES] = bytes.try_into().map_err(|_| wrong_length)?;
    let (checked, found) = bytes.split_at(CHECKED_BYTES);
    if found != check(checked) {
        return Err(KeyFileError::Damaged);
    }
    let mut seeds = Seeds { signing: [0; 32], kem: [0; 32] };
    seeds.signing.copy_from_slice(&checked[16..48]);
    seeds.kem.copy_from_slice(&checked[48..]);
    Ok(seeds)
}

fn check(checked: &[u8]) -> [u8; 16] {
    hash::first(&hash::derive("key file", &[checked]))
}

fn fresh_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Makes the name itself durable, where the operating system has a way to ask for it.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> Seeds {
        Seeds { signing: [7; 32], kem: [9; 32] }
    }

    #[test]
    fn secrets_come_back_as_they_were_kept() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("keys");
        KeyFile::create(&path, &seeds()).expect("the disk works");
        assert!(KeyFile::open(&path).expect("the disk works") == seeds());
        assert_eq!(fs::read_dir(folder.path()).expect("the disk works").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("keys");
        KeyFile::create(&path, &seeds()).expect("the disk works");
        assert_eq!(fs::metadata(&path).expect("the disk works").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_file_is_never_replaced() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("keys");
        KeyFile::create(&path, &seeds()).expect("the disk works");
        let other = Seeds { signing: [1; 32], kem: [2; 32] };
        assert!(matches!(KeyFile::create(&path, &other), Err(KeyFileError::Exists)));
        assert!(KeyFile::open(&path).expect("the disk works") == seeds());
    }

    #[test]
    fn what_a_power_cut_left_half_written_is_no_obstacle() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("keys");
        fs::write(fresh_name(&path), b"half").expect("the disk works");
        assert!(matches!(KeyFile::open(&path), Err(KeyFileError::Missing)));
        KeyFile::create(&path, &seeds()).expect("the disk works");
        assert!(KeyFile::open(&path).expect("the disk works") == seeds());
    }

    #[test]
    fn every_damaged_byte_and_every_wrong_length_is_noticed() {
        let whole = encode(&seeds());
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x10;
            let error = decode(&damaged).expect_err("damage is noticed");
            let expected = if place < MAGIC.len() {
                matches!(error, KeyFileError::NotOurs)
            } else {
                matches!(error, KeyFileError::Damaged)
            };
            assert!(expected, "byte {place}: {error}");
            assert!(
                matches!(decode(&whole[..place]), Err(KeyFileError::WrongLength { found }) if found == place as u64)
            );
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(matches!(decode(&longer), Err(KeyFileError::WrongLength { .. })));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", seeds()), "Seeds(…)");
    }
}
