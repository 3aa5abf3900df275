//! What the index holds: rows that carry their length and a check over key and value, because no embedded
//! database does that well enough (a flipped bit gave silent wrong values in three of them).
//!
//! Row: `len u32 ‖ D("index row", key length ‖ key ‖ body)[..16] ‖ body`. Body: a kind, then the value itself,
//! or where it stands in the journal, or in how many parts it is kept.

use crate::encoding::take_array;
use crate::hash::{derive, first};
use crate::limits::INDEX_VALUE_BYTES_MAX;
use crate::store::journal::{FileId, Position};

const ROW_HEAD_BYTES: usize = 20;
const INLINE_BYTES_MAX: usize = INDEX_VALUE_BYTES_MAX - ROW_HEAD_BYTES - 1;

const INLINE: u8 = 0;
const IN_JOURNAL: u8 = 1;
const IN_PARTS: u8 = 2;

/// The row that says which journal, and how much of it, the index reflects.
pub(crate) const MARK_KEY: &[u8] = &[0];
/// What the keys of rows begin with, before the store's own key.
pub(crate) const ROWS: u8 = 1;
const PARTS: u8 = 2;
/// The row that says how many batches the index took.
pub(crate) const BATCH_KEY: &[u8] = &[3];

/// The index's key for a key of the store.
pub(crate) fn row_key(key: &[u8]) -> Vec<u8> {
    [&[ROWS], key].concat()
}

/// The index's key for one part of a large derived value.
pub(crate) fn part_key(key: &[u8], part: u32) -> Vec<u8> {
    [&[PARTS], &derive("part", &[key])[..16], &part.to_be_bytes()].concat()
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    Inline(&'a [u8]),
    InJournal { file: FileId, at: u64, len: u32, hash: [u8; 16] },
    InParts { count: u32, len: u32, hash: [u8; 16] },
}

/// Whether a value of this size is kept in its row.
pub(crate) const fn fits(len: usize) -> bool {
    len <= INLINE_BYTES_MAX
}

/// Parts of a value too large for its row.
pub(crate) fn parts(value: &[u8]) -> std::slice::Chunks<'_, u8> {
    value.chunks(INDEX_VALUE_BYTES_MAX)
}

/// The hash a row carries of a value that is elsewhere.
pub(crate) fn value_hash(value: &[u8]) -> [u8; 16] {
    first(&derive("index value", &[value]))
}

impl Body<'_> {
    /// The row of this body under `key` (the index's key).
    pub(crate) fn to_row(self, key: &[u8]) -> Vec<u8> {
        let body = self.to_bytes();
        let mut row = Vec::with_capacity(ROW_HEAD_BYTES + body.len());
        let len = u32::try_from(body.len()).expect("a body is at most INDEX_VALUE_BYTES_MAX long");
        row.extend_from_slice(&len.to_le_bytes());
        row.extend_from_slice(&check(key, &body));
        row.extend_from_slice(&body);
        row
    }

    fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Inline(value) => [&[INLINE], value].concat(),
            Self::InJournal { file, at, len, hash } => {
                [&[IN_JOURNAL], &file[..], &at.to_le_bytes(), &len.to_le_bytes(), &hash].concat()
            }
            Self::InParts { count, len, hash } => {
                [&[IN_PARTS][..], &count.to_le_bytes(), &len.to_le_bytes(), &hash].concat()
            }
        }
    }
}

fn check(key: &[u8], body: &[u8]) -> [u8; 16] {
    first(&derive("index row", &[&(key.len() as u64).to_le_bytes(), key, body]))
}

/// The body of a row, if the row is what was written under this key.
pub(crate) fn body<'a>(key: &[u8], row: &'a [u8]) -> Option<Body<'a>> {
    let (len, rest) = take_array(row).ok()?;
    let (found, body) = take_array::<16>(rest).ok()?;
    if u32::from_le_bytes(len) as usize != body.len() || found != check(key, body) {
        return None;
    }
    let (kind, rest) = body.split_first()?;
    match *kind {
        INLINE => Some(Body::Inline(rest)),
        IN_JOURNAL => {
            let (file, rest) = take_array(rest).ok()?;
            let (at, rest) = take_array(rest).ok()?;
            let (len, hash) = len_and_hash(rest)?;
            Some(Body::InJournal { file, at: u64::from_le_bytes(at), len, hash })
        }
        IN_PARTS => {
            let (count, rest) = take_array(rest).ok()?;
            let (len, hash) = len_and_hash(rest)?;
            Some(Body::InParts { count: u32::from_le_bytes(count), len, hash })
        }
        _ => None,
    }
}

fn len_and_hash(bytes: &[u8]) -> Option<(u32, [u8; 16])> {
    let (len, hash) = take_array(bytes).ok()?;
    Some((u32::from_le_bytes(len), hash.try_into().ok()?))
}

/// The value of the mark: store, file, offset, check.
pub(crate) fn mark(store: &FileId, position: &Position) -> Vec<u8> {
    let bytes = [&store[..], &position.file, &position.offset.to_le_bytes(), &position.check].concat();
    Body::Inline(&bytes).to_row(MARK_KEY)
}

/// The value of the row at [`BATCH_KEY`].
pub(crate) fn batch_number(number: u64) -> Vec<u8> {
    Body::Inline(&number.to_le_bytes()).to_row(BATCH_KEY)
}

/// Reads the number of a batch.
pub(crate) fn read_batch_number(row: &[u8]) -> Option<u64> {
    let Some(Body::Inline(bytes)) = body(BATCH_KEY, row) else { return None };
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// Reads a mark.
pub(crate) fn read_mark(row: &[u8]) -> Option<(FileId, Position)> {
    let Some(Body::Inline(bytes)) = body(MARK_KEY, row) else { return None };
    let (store, rest) = take_array(bytes).ok()?;
    let (file, rest) = take_array(rest).ok()?;
    let (offset, check) = take_array(rest).ok()?;
    let position = Position { file, offset: u64::from_le_bytes(offset), check: check.try_into().ok()? };
    Some((store, position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_one_bit_changed_or_under_another_key_is_not_believed() {
        let hash = value_hash(b"v");
        for wrote in [
            Body::Inline(b"value"),
            Body::InJournal { file: [7; 16], at: 9, len: 1, hash },
            Body::InParts { count: 2, len: 8_000, hash },
        ] {
            let row = wrote.to_row(b"key");
            assert_eq!(body(b"key", &row), Some(wrote));
            assert_eq!(body(b"kez", &row), None);
            for bit in 0..row.len() * 8 {
                let mut flipped = row.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(body(b"key", &flipped), None);
            }
        }
    }
}
