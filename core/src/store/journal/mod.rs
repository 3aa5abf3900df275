//! The journal: append-only files, each record checked, synced before anybody is told. It is the truth.
//!
//! A file takes records only after a sync confirmed its header and its directory entry. After a failed
//! append or sync it is closed for ever; the next file names it and how far it was confirmed, and what lies
//! behind that does not count, even if whole.

mod chain;
mod format;
mod opening;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use format::FileId;
pub(crate) use records::Record;

use crate::limits::JOURNAL_RECORD_BYTES_MAX;
use crate::planted::Fault;
use crate::store::disk::{Disk, DiskError};
use crate::store::port::{Damage, StoreError};
use format::{HEADER_BYTES, Header, RECORD_PREFIX_BYTES, name_of, record, record_bytes};
use records::{Records, read_exact};

/// Draws 16 bytes that nobody drew before.
pub type Fresh = Box<dyn FnMut() -> [u8; 16] + Send>;

/// A place between two records: the file, the offset, and the check that ends there, which no other
/// journal has at that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) file: FileId,
    pub(crate) offset: u64,
    pub(crate) check: [u8; 16],
}

/// One file of the journal and the offset up to which it counts.
#[derive(Debug, Clone, Copy)]
struct Link {
    file: FileId,
    end: u64,
}

/// What becomes of the next record.
#[derive(Debug, Clone, Copy)]
enum Tip {
    /// The last link takes it.
    Open,
    /// A new file does, which closes this one at this offset.
    Closed { predecessor: FileId, confirmed: u64 },
}

/// An open journal.
pub(crate) struct Journal<D> {
    disk: D,
    fresh: Fresh,
    file_bytes_max: u64,
    store: Option<FileId>,
    links: Vec<Link>,
    tip: Tip,
    last_check: [u8; 16],
}

impl<D: Disk> Journal<D> {
    /// The store's id; `None` before its first file.
    pub(crate) fn store(&self) -> Option<FileId> {
        self.store
    }

    /// The place behind the last record; `None` while there is none.
    pub(crate) fn position(&self) -> Option<Position> {
        let last = self.links.last()?;
        Some(Position { file: last.file, offset: last.end, check: self.last_check })
    }

    /// Appends one record and syncs it. Gives the file and the offset of its content.
    pub(crate) fn append(&mut self, content: &[u8]) -> Result<(FileId, u64), StoreError> {
        if content.len() > JOURNAL_RECORD_BYTES_MAX {
            return Err(StoreError::TooLarge);
        }
        let size = record_bytes(content.len());
        self.close_if_full(size);
        self.begin_if_closed()?;
        let Some(last) = self.links.last_mut() else { return Err(StoreError::Misuse) };
        let (file, at) = (last.file, last.end);
        let (bytes, check) = record(&file, at, content);
        let name = name_of(&file);
        let mut written = self.disk.append(&name, &bytes);
        if !Fault::SentBeforeSynced.is_on() {
            written = written.and_then(|()| self.disk.sync(&name));
        }
        if let Err(error) = written {
            self.close_after_failure(file, at);
            return Err(error.into());
        }
        last.end += size;
        self.last_check = check;
        Ok((file, at + RECORD_PREFIX_BYTES as u64))
    }

    /// A full file is closed before its successor is tried: once a file naming it may exist, it must not
    /// grow.
    fn close_if_full(&mut self, size: u64) {
        if let (Tip::Open, Some(last)) = (self.tip, self.links.last())
            && last.end > HEADER_BYTES
            && last.end + size > self.file_bytes_max
        {
            self.tip = Tip::Closed { predecessor: last.file, confirmed: last.end };
        }
    }

    /// Closes a file for ever. The successor that says so is begun at once if the disk allows it, so that a
    /// failed record is not found whole by the next process; the cut gives a full disk its bytes back.
    fn close_after_failure(&mut self, file: FileId, confirmed: u64) {
        self.tip = Tip::Closed { predecessor: file, confirmed };
        let cut = self.disk.truncate(&name_of(&file), confirmed);
        let begun = self.begin_if_closed();
        // Neither is needed: what lies behind `confirmed` does not count, and the next append begins again.
        let _ = (cut, begun);
    }

    fn begin_if_closed(&mut self) -> Result<(), StoreError> {
        let Tip::Closed { predecessor, confirmed } = self.tip else { return Ok(()) };
        let store = *self.store.get_or_insert_with(|| (self.fresh)());
        let header = Header { store, file: (self.fresh)(), predecessor, confirmed };
        let bytes = header.to_bytes();
        let name = name_of(&header.file);
        self.disk.create(&name)?;
        let made = self.disk.append(&name, &bytes).and_then(|()| self.disk.sync(&name));
        if let Err(error) = made.and_then(|()| self.disk.sync_dir()) {
            // It is never named, and takes no record, whether it can be removed or not.
            let _ = self.disk.remove(&name);
            return Err(error.into());
        }
        self.links.push(Link { file: header.file, end: HEADER_BYTES });
        self.last_check.copy_from_slice(&bytes[bytes.len() - 16..]);
        self.tip = Tip::Open;
        Ok(())
    }

    /// Whether `position` is a place in this journal.
    pub(crate) fn has(&self, position: &Position) -> Result<bool, StoreError> {
        let link = self.links.iter().find(|link| link.file == position.file);
        match link {
            Some(link) if (HEADER_BYTES..=link.end).contains(&position.offset) => {
                let at = position.offset - 16;
                Ok(read_exact(&self.disk, &name_of(&link.file), at, 16)? == position.check)
            }
            _ => Ok(false),
        }
    }

    /// Gives every record behind `from` (all, if `None`) in order, with the position behind it.
    pub(crate) fn replay(
        &self,
        from: Option<&Position>,
        mut each: impl FnMut(Position, &Record<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let start = from.map_or(Some(0), |from| self.links.iter().position(|link| link.file == from.file));
        let start = start.ok_or(StoreError::Damaged(Damage::Chain))?;
        let mut offset = from.map_or(HEADER_BYTES, |from| from.offset);
        for link in self.links.iter().skip(start) {
            let mut records = Records::new(&self.disk, link.file, offset, link.end);
            while let Some(record) = records.next()? {
                let position = Position { file: link.file, offset: record.end, check: record.check };
                each(position, &record)?;
            }
            if records.offset() != link.end {
                return Err(StoreError::Damaged(Damage::Record));
            }
            offset = HEADER_BYTES;
        }
        Ok(())
    }

    /// Bytes of a file of the journal, by the offset an earlier append or replay gave.
    pub(crate) fn read(&self, file: &FileId, at: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        match self.disk.read(&name_of(file), at, len) {
            Err(DiskError::NotFound) => Err(StoreError::Damaged(Damage::Chain)),
            read => Ok(read?),
        }
    }
}
