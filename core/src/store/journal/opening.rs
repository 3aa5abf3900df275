//! Opening a journal: which files count, how far the last one does, and what takes the next record.

use crate::store::disk::{Disk, DiskError};
use crate::store::journal::chain;
use crate::store::journal::format::{FileId, HEADER_BYTES, Header, NOTHING, draft_name_of, name_of, record};
use crate::store::journal::records::{Records, read_exact};
use crate::store::journal::{Fresh, Journal, Link, Position, Tip};
use crate::store::port::{Damage, StoreError};
use std::ops::Range;

/// Records are carried over in appends of about this size.
const COPY_BYTES: usize = 1_048_576;

struct Copied {
    bytes: Vec<u8>,
    end: u64,
    last_check: [u8; 16],
}

/// What was found at the end of the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Bytes of a torn tail.
    pub(crate) torn_bytes: u64,
    /// The last file could not be synced and was copied into a new one.
    pub(crate) carried_over: bool,
}

impl<D: Disk> Journal<D> {
    /// Opens the journal in `disk`. If `known` is a place in the last file, reading begins there.
    pub(crate) fn open(
        disk: D,
        fresh: Fresh,
        file_bytes_max: u64,
        known: Option<&Position>,
    ) -> Result<(Self, Found), StoreError> {
        let chain = chain::read(&disk)?;
        let tip = Tip::Closed { predecessor: NOTHING, confirmed: 0 };
        let store = chain.headers.first().map(|header| header.store);
        let links = Vec::with_capacity(chain.headers.len());
        let mut journal = Self { disk, fresh, file_bytes_max, store, links, tip, last_check: [0; 16] };
        let mut found = Found::default();
        if let Some((last, before)) = chain.headers.split_last() {
            let ends = chain.headers.iter().skip(1).map(|header| header.confirmed);
            journal
                .links
                .extend(before.iter().zip(ends).map(|(header, end)| Link { file: header.file, end }));
            found = journal.open_last(last, known)?;
        }
        // Litter that cannot be swept does no harm: it stays litter.
        let _ = chain::sweep(&mut journal.disk, &chain.litter);
        Ok((journal, found))
    }

    /// The last file may have been read from the memory of a machine whose process died before its sync:
    /// it is synced before anything read from it is used.
    fn open_last(&mut self, last: &Header, known: Option<&Position>) -> Result<Found, StoreError> {
        let name = name_of(&last.file);
        let synced = self.disk.sync(&name).and_then(|()| self.disk.sync_dir());
        let known = if synced.is_ok() { known } else { None };
        let (end, check) = self.find_end(last, known)?;
        let mut found = Found { torn_bytes: self.disk.len(&name)? - end, carried_over: synced.is_err() };
        if synced.is_err() {
            self.carry_over(last, end)?;
            found.torn_bytes = 0;
        } else if end == HEADER_BYTES {
            self.tip = Tip::Closed { predecessor: last.predecessor, confirmed: last.confirmed };
            self.last_check = self.check_before_last()?;
        } else {
            self.links.push(Link { file: last.file, end });
            self.last_check = check;
            self.tip = match self.cut_tail(&name, end, found.torn_bytes) {
                Ok(()) => Tip::Open,
                Err(_) => Tip::Closed { predecessor: last.file, confirmed: end },
            };
        }
        Ok(found)
    }

    fn cut_tail(&mut self, name: &str, end: u64, torn_bytes: u64) -> Result<(), DiskError> {
        if torn_bytes == 0 {
            return Ok(());
        }
        self.disk.truncate(name, end)?;
        self.disk.sync(name)
    }

    /// The end of the last whole record and its check.
    fn find_end(&self, last: &Header, known: Option<&Position>) -> Result<(u64, [u8; 16]), StoreError> {
        let name = name_of(&last.file);
        let len = self.disk.len(&name)?;
        let mut start = (HEADER_BYTES, [0; 16]);
        if let Some(known) = known
            && known.file == last.file
            && (HEADER_BYTES..=len).contains(&known.offset)
            && read_exact(&self.disk, &name, known.offset - 16, 16)? == known.check
        {
            start = (known.offset, known.check);
        }
        let mut records = Records::new(&self.disk, last.file, start.0, len);
        let mut check = start.1;
        while let Some(record) = records.next()? {
            check = record.check;
        }
        let end = records.offset();
        if records.stopped_before_another()? {
            return Err(StoreError::Damaged(Damage::Record));
        }
        Ok((end, check))
    }

    fn check_before_last(&self) -> Result<[u8; 16], StoreError> {
        let Some(last) = self.links.last() else { return Ok([0; 16]) };
        let bytes = read_exact(&self.disk, &name_of(&last.file), last.end - 16, 16)?;
        bytes.try_into().map_err(|_| StoreError::Damaged(Damage::Record))
    }

    /// Replaces a last file that cannot be synced: whether its records are durable nobody can know any
    /// more, so they are written again, to a draft that becomes a journal file only when it is durable.
    /// A crash on the way leaves the old file as it was.
    fn carry_over(&mut self, last: &Header, end: u64) -> Result<(), StoreError> {
        let (predecessor, confirmed) =
            if end > HEADER_BYTES { (last.file, HEADER_BYTES) } else { (last.predecessor, last.confirmed) };
        let header = Header { store: last.store, file: (self.fresh)(), predecessor, confirmed };
        let draft = draft_name_of(&header.file);
        let head = header.to_bytes();
        self.disk.create(&draft)?;
        self.disk.append(&draft, &head)?;
        let mut at = HEADER_BYTES;
        let mut last_check: [u8; 16] = head[74..].try_into().expect("a header is 90 bytes");
        while at < end {
            let copied = self.copied(&last.file, at..end, &header.file)?;
            self.disk.append(&draft, &copied.bytes)?;
            (at, last_check) = (copied.end, copied.last_check);
        }
        self.disk.sync(&draft)?;
        self.disk.rename(&draft, &name_of(&header.file))?;
        self.disk.sync_dir()?;
        self.links.push(Link { file: header.file, end });
        self.last_check = last_check;
        self.tip = Tip::Open;
        Ok(())
    }

    /// The next records of `from`, about [`COPY_BYTES`] of them, as they stand in `to`.
    fn copied(&self, from: &FileId, range: Range<u64>, to: &FileId) -> Result<Copied, StoreError> {
        let mut copied = Copied { bytes: Vec::new(), end: range.start, last_check: [0; 16] };
        let mut records = Records::new(&self.disk, *from, range.start, range.end);
        while copied.end < range.end && copied.bytes.len() < COPY_BYTES {
            let Some(whole) = records.next()? else { return Err(StoreError::Damaged(Damage::Record)) };
            let (bytes, check) = record(to, copied.end, whole.content);
            copied.bytes.extend_from_slice(&bytes);
            (copied.end, copied.last_check) = (whole.end, check);
        }
        Ok(copied)
    }
}
