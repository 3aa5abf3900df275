//! Export: a file whose bytes are counted and digested on their way to the disk.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::error::HqError;

/// What a manifest says of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// Its name.
    pub name: String,
    /// Its rows, a header aside; none in a file that is no table.
    pub rows: u64,
    /// SHA-256 over its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

/// A file that counts and digests what goes into it.
pub(super) struct Counted {
    file: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Counted {
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self, HqError> {
        let file = BufWriter::new(File::create(folder.join(name))?);
        Ok(Self { file, digest: Sha256::new(), bytes: 0 })
    }

    /// Makes the file durable and tells what is in it.
    pub(super) fn finish(&mut self, name: String, rows: u64) -> Result<FileRow, HqError> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        let sha256 = HEXLOWER.encode(&self.digest.clone().finalize());
        Ok(FileRow { name, rows, sha256, bytes: self.bytes })
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a value as JSON for people to read, its lines ended as on Unix.
pub(super) fn write_json<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<FileRow, HqError> {
    let mut file = Counted::create(folder, name)?;
    serde_json::to_writer_pretty(&mut file, value)?;
    file.write_all(b"\n")?;
    file.finish(name.into(), 0)
}
