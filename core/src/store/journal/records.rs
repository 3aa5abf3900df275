//! Reading the records of one journal file in order, through a window.

use crate::store::disk::{Disk, DiskError};
use crate::store::journal::format::{
    CHECK_BYTES, FileId, LENGTH_BYTES, RECORD_PREFIX_BYTES, content, content_len, name_of, plain_record_size,
};
use crate::store::port::{Damage, StoreError};

const WINDOW_BYTES: usize = 256 * 1024;
/// Bytes that are checked at most in the search for a whole record behind a torn one: a torn record of any length that
/// is not made for it needs a fraction.
const SEARCH_BYTES_MAX: usize = 64 * 1_048_576;
/// Bytes that are on a disk together or not at all, wherever they begin at a multiple of it: fewer than any sector has.
const INDIVISIBLE_BYTES: u64 = 64;

/// One whole record.
pub(crate) struct Record<'a> {
    /// Offset of the content in its file.
    pub(crate) content_at: u64,
    pub(crate) content: &'a [u8],
    /// Offset behind the record.
    pub(crate) end: u64,
    pub(crate) check: [u8; 16],
}

/// The records of one file, from `offset` to `end` at most.
pub(crate) struct Records<'d, D> {
    disk: &'d D,
    file: FileId,
    name: String,
    offset: u64,
    end: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'d, D: Disk> Records<'d, D> {
    pub(crate) fn new(disk: &'d D, file: FileId, offset: u64, end: u64) -> Self {
        Self { disk, file, name: name_of(&file), offset, end, window: Vec::new(), window_at: offset }
    }

    /// Offset behind the last record given.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record; `None` at the first that is not whole.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, StoreError> {
        let at = self.offset;
        let Some(size) = self.size_at(at)? else { return Ok(None) };
        let Some(check) = self.check_of_whole(at, size)? else { return Ok(None) };
        let end = at + size as u64;
        self.offset = end;
        let content_at = at + RECORD_PREFIX_BYTES as u64;
        let content = self.bytes(content_at, size - RECORD_PREFIX_BYTES - CHECK_BYTES)?;
        Ok(content.map(|content| Record { content_at, content, end, check }))
    }

    /// Whether anything was written behind the record at which reading stopped. An append is synced before the next
    /// one begins, so no crash leaves that: confirmed bytes have changed. Where the damage hit a length nobody
    /// knows where the next record begins, so a whole one is looked for at every place, as far as [`SEARCH_BYTES_MAX`]
    /// goes.
    pub(crate) fn stopped_before_another(&mut self) -> Result<bool, StoreError> {
        if let Some(size) = self.size_at(self.offset)? {
            let next = self.offset + size as u64;
            if let Some(size) = self.size_at(next)?
                && self.check_of_whole(next, size)?.is_some()
            {
                return Ok(true);
            }
            if self.is_length_whole(size) && self.is_written_from(next)? {
                return Ok(true);
            }
        }
        let mut searched = 0;
        for at in self.offset + 1..self.end {
            let Some(prefix) = self.bytes(at, RECORD_PREFIX_BYTES)? else { break };
            let Some(size) = plain_record_size(prefix) else { continue };
            if at + size as u64 > self.end {
                continue;
            }
            searched += size;
            if searched > SEARCH_BYTES_MAX {
                break;
            }
            if self.check_of_whole(at, size)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the length that says this size was not torn itself: it is there, and no part of it can be missing.
    fn is_length_whole(&self, size: usize) -> bool {
        let (first, last) = (self.offset, self.offset + LENGTH_BYTES - 1);
        size > RECORD_PREFIX_BYTES + CHECK_BYTES && first / INDIVISIBLE_BYTES == last / INDIVISIBLE_BYTES
    }

    /// Whether the file has anything but zeros from here on.
    fn is_written_from(&mut self, mut at: u64) -> Result<bool, StoreError> {
        while at < self.end {
            let len = usize::try_from(self.end - at).unwrap_or(usize::MAX).min(WINDOW_BYTES);
            if self.bytes(at, len)?.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)) {
                return Ok(true);
            }
            at += len as u64;
        }
        Ok(false)
    }

    fn size_at(&mut self, at: u64) -> Result<Option<usize>, StoreError> {
        let prefix = self.bytes(at, RECORD_PREFIX_BYTES)?;
        let len = prefix.and_then(content_len);
        Ok(len.map(|len| RECORD_PREFIX_BYTES + len + CHECK_BYTES))
    }

    /// The check of the record there, if it is whole.
    fn check_of_whole(&mut self, at: u64, size: usize) -> Result<Option<[u8; 16]>, StoreError> {
        let file = self.file;
        let Some(bytes) = self.bytes(at, size)? else { return Ok(None) };
        let whole = content(&file, at, bytes).map_err(StoreError::Damaged)?;
        Ok(whole.map(|(_, check)| check))
    }

    /// `len` bytes from `at`; `None` where the file ends before.
    fn bytes(&mut self, at: u64, len: usize) -> Result<Option<&[u8]>, StoreError> {
        let wanted_end = at.checked_add(len as u64).ok_or(StoreError::Damaged(Damage::Record))?;
        if wanted_end > self.end {
            return Ok(None);
        }
        let window_end = self.window_at + self.window.len() as u64;
        if at < self.window_at || wanted_end > window_end {
            let left = usize::try_from(self.end - at).unwrap_or(usize::MAX);
            let want = len.max(WINDOW_BYTES).min(left);
            self.window = read_exact(self.disk, &self.name, at, want)?;
            self.window_at = at;
        }
        let start = (at - self.window_at) as usize;
        Ok(self.window.get(start..start + len))
    }
}

/// `len` bytes that the file is known to have. A disk that gives fewer must not make a record look torn.
pub(crate) fn read_exact<D: Disk>(disk: &D, name: &str, at: u64, len: usize) -> Result<Vec<u8>, DiskError> {
    let bytes = disk.read(name, at, len)?;
    if bytes.len() == len { Ok(bytes) } else { Err(DiskError::Failed(0)) }
}
