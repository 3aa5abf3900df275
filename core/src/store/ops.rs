//! The content of one journal record: the writes of one commit, as postcard of a list of `Op`.
//!
//! Written by hand because the index must know where in the record each value stands.

use crate::encoding::{DecodeError, push_varint, take_slice, take_varint};
use crate::store::port::Op;
use std::ops::Range;

const PUT: u64 = 0;
const DELETE: u64 = 1;

/// One write of a record; the value by its place in the record's content.
pub(crate) struct Written<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: Option<Range<usize>>,
}

/// The content of the record of these writes.
pub(crate) fn to_content(ops: &[Op]) -> Vec<u8> {
    let mut out = Vec::new();
    push_varint(&mut out, ops.len() as u64);
    for op in ops {
        push_varint(&mut out, if matches!(op, Op::Put(..)) { PUT } else { DELETE });
        push_bytes(&mut out, op.key());
        if let Op::Put(_, value) = op {
            push_bytes(&mut out, value);
        }
    }
    out
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads the writes of a record's content.
pub(crate) fn from_content(content: &[u8]) -> Result<Vec<Written<'_>>, DecodeError> {
    let (count, mut rest) = take_varint(content)?;
    let mut all = Vec::new();
    for _ in 0..count {
        let (tag, after) = take_varint(rest)?;
        let (key, after) = take_bytes(after)?;
        rest = after;
        let value = match tag {
            PUT => {
                let (value, after) = take_bytes(rest)?;
                rest = after;
                let end = content.len() - rest.len();
                Some(end - value.len()..end)
            }
            DELETE => None,
            _ => return Err(DecodeError::Malformed),
        };
        all.push(Written { key, value });
    }
    if rest.is_empty() { Ok(all) } else { Err(DecodeError::Trailing) }
}

fn take_bytes(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (len, rest) = take_varint(bytes)?;
    take_slice(rest, usize::try_from(len).map_err(|_| DecodeError::Malformed)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_postcard_of_a_list_of_ops() {
        #[derive(serde::Serialize)]
        enum Plain {
            Put(Vec<u8>, Vec<u8>),
            Delete(Vec<u8>),
        }
        let plain =
            vec![Plain::Put(vec![1; 200], vec![2; 3]), Plain::Delete(vec![3]), Plain::Put(vec![4], vec![])];
        let ops = vec![Op::Put(vec![1; 200], vec![2; 3]), Op::Delete(vec![3]), Op::Put(vec![4], vec![])];
        let content = to_content(&ops);
        assert_eq!(content, crate::encoding::to_bytes(&plain));
        let read = from_content(&content).expect("what was written is read");
        let again: Vec<Op> = read
            .into_iter()
            .map(|written| match written.value {
                Some(value) => Op::Put(written.key.to_vec(), content[value].to_vec()),
                None => Op::Delete(written.key.to_vec()),
            })
            .collect();
        assert_eq!(again, ops);
    }

    #[test]
    fn content_cut_short_or_too_long_is_refused() {
        let content = to_content(&[Op::Put(vec![1], vec![2; 9]), Op::Delete(vec![3])]);
        for end in 0..content.len() {
            assert!(from_content(&content[..end]).is_err());
        }
        assert!(from_content(&[content, vec![0]].concat()).is_err());
    }
}
