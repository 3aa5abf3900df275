//! The journal's bytes: file header and record (docs/PROTOCOL.md, "Journal"). Nothing here touches a disk.

use crate::encoding::{take_array, take_slice};
use crate::hash::{derive, first};
use crate::limits::JOURNAL_RECORD_BYTES_MAX;
use crate::store::port::Damage;

/// Names a file, a store, or (zeros) nothing.
pub(crate) type FileId = [u8; 16];

/// The predecessor of a file that has none.
pub(crate) const NOTHING: FileId = [0; 16];
/// Bytes of a file's header; its last 16 are its check.
pub(crate) const HEADER_BYTES: u64 = 90;
/// Bytes of a record's length, which it begins with.
pub(crate) const LENGTH_BYTES: u64 = 4;
/// Bytes of a record before its content.
pub(crate) const RECORD_PREFIX_BYTES: usize = 5;
/// Bytes of a check.
pub(crate) const CHECK_BYTES: usize = 16;

const MAGIC: &[u8; 17] = b"khettara journal\0";
const VERSION: u8 = 1;
const CODEC_PLAIN: u8 = 0;
const NAME_PREFIX: &str = "journal-";

/// The first bytes of a journal file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) store: FileId,
    pub(crate) file: FileId,
    pub(crate) predecessor: FileId,
    /// The offset up to which the predecessor counts.
    pub(crate) confirmed: u64,
}

impl Header {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(90);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&self.store);
        out.extend_from_slice(&self.file);
        out.extend_from_slice(&self.predecessor);
        out.extend_from_slice(&self.confirmed.to_le_bytes());
        let check: [u8; 16] = first(&derive("file", &[&out]));
        out.extend_from_slice(&check);
        out
    }

    /// The header, if it is whole.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Damage> {
        let Some((head, check)) = bytes.split_at_checked(74) else { return Ok(None) };
        if check.get(..16) != Some(&derive("file", &[head])[..16]) {
            return Ok(None);
        }
        Self::fields(head).ok_or(Damage::Version).map(Some)
    }

    fn fields(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
        let (store, rest) = take_array(rest).ok()?;
        let (file, rest) = take_array(rest).ok()?;
        let (predecessor, rest) = take_array(rest).ok()?;
        let (confirmed, _) = take_array(rest).ok()?;
        Some(Self { store, file, predecessor, confirmed: u64::from_le_bytes(confirmed) })
    }
}

/// The name of the file with this id.
pub(crate) fn name_of(file: &FileId) -> String {
    format!("{NAME_PREFIX}{}", data_encoding::HEXLOWER.encode(file))
}

/// The name of a file that is being made and is no journal file yet.
pub(crate) fn draft_name_of(file: &FileId) -> String {
    format!("draft-{}", name_of(file))
}

/// Whether a name is one of a journal file.
pub(crate) fn is_journal(name: &str) -> bool {
    name.starts_with(NAME_PREFIX)
}

/// Whether a name is one of a file that a dead process was making.
pub(crate) fn is_draft(name: &str) -> bool {
    name.strip_prefix("draft-").is_some_and(is_journal)
}

/// A record's size on disk, for content of `len` bytes.
pub(crate) const fn record_bytes(len: usize) -> u64 {
    (RECORD_PREFIX_BYTES + len + CHECK_BYTES) as u64
}

/// A plain record as it stands at `offset` of `file`, and its check.
pub(crate) fn record(file: &FileId, offset: u64, content: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let check = check_of(file, offset, CODEC_PLAIN, content);
    let mut out = Vec::with_capacity(RECORD_PREFIX_BYTES + content.len() + CHECK_BYTES);
    let len = u32::try_from(content.len()).expect("the caller holds records to their limit");
    out.extend_from_slice(&len.to_le_bytes());
    out.push(CODEC_PLAIN);
    out.extend_from_slice(content);
    out.extend_from_slice(&check);
    (out, check)
}

fn check_of(file: &FileId, offset: u64, codec: u8, content: &[u8]) -> [u8; 16] {
    first(&derive("record", &[file, &offset.to_le_bytes(), &[codec], content]))
}

/// The length of the content behind a record's first bytes, if a record may be that long.
pub(crate) fn content_len(prefix: &[u8]) -> Option<usize> {
    let (len, _) = take_array(prefix).ok()?;
    let len = usize::try_from(u32::from_le_bytes(len)).ok()?;
    (len <= JOURNAL_RECORD_BYTES_MAX).then_some(len)
}

/// The size of the plain record that may begin with these bytes. None is without content.
pub(crate) fn plain_record_size(prefix: &[u8]) -> Option<usize> {
    let len = content_len(prefix).filter(|len| *len > 0)?;
    (prefix.get(4) == Some(&CODEC_PLAIN)).then_some(RECORD_PREFIX_BYTES + len + CHECK_BYTES)
}

/// The content of a whole record, and its check.
pub(crate) type Whole<'a> = (&'a [u8], [u8; 16]);

/// The content and check of the record that `bytes` are, if it is whole.
pub(crate) fn content<'a>(file: &FileId, offset: u64, bytes: &'a [u8]) -> Result<Option<Whole<'a>>, Damage> {
    let parts = || {
        let len = content_len(bytes)?;
        let (codec, rest) = bytes.get(4..)?.split_first()?;
        let (content, check) = take_slice(rest, len).ok()?;
        Some((*codec, content, <[u8; 16]>::try_from(check).ok()?))
    };
    match parts() {
        Some((codec, content, check)) if check == check_of(file, offset, codec, content) => {
            if codec == CODEC_PLAIN { Ok(Some((content, check))) } else { Err(Damage::Version) }
        }
        _ => Ok(None),
    }
}
