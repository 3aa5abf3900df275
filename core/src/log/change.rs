//! A change chunk's name: automerge's hash, computed without automerge.

use sha2::{Digest as _, Sha256};

use crate::encoding;
use crate::id::ChangeHash;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const CHANGE_CHUNK: u8 = 1;

/// The bytes are no uncompressed change chunk of exactly their length, so they have no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one uncompressed change chunk")]
pub struct ChunkFault;

/// SHA-256 from the type byte on; its first four bytes must be the chunk's checksum field.
///
/// # Errors
/// [`ChunkFault`] for another magic or type, a length that is not the rest or not minimal, or a wrong checksum.
pub fn change_hash(chunk: &[u8]) -> Result<ChangeHash, ChunkFault> {
    let (magic, rest) = encoding::take_array::<4>(chunk).map_err(|_| ChunkFault)?;
    let (checksum, hashed) = encoding::take_array::<4>(rest).map_err(|_| ChunkFault)?;
    let ([kind], rest) = encoding::take_array::<1>(hashed).map_err(|_| ChunkFault)?;
    let (length, rest) = encoding::take_varint(rest).map_err(|_| ChunkFault)?;
    if magic != MAGIC || kind != CHANGE_CHUNK || length != rest.len() as u64 {
        return Err(ChunkFault);
    }
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if hash[..4] == checksum { Ok(ChangeHash(hash)) } else { Err(ChunkFault) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(magic: [u8; 4], kind: u8, length: u8, content: &[u8]) -> Vec<u8> {
        let hashed = [&[kind, length], content].concat();
        let checksum = &Sha256::digest(&hashed)[..4];
        [&magic, checksum, &hashed].concat()
    }

    #[test]
    fn a_chunk_has_a_name_where_each_of_its_parts_is_right() {
        let good = chunk(MAGIC, CHANGE_CHUNK, 3, b"abc");
        assert_eq!(change_hash(&good).map(|hash| hash.0), Ok(Sha256::digest(&good[8..]).into()));
        for wrong in [
            chunk([0x85, 0x6f, 0x4a, 0x84], CHANGE_CHUNK, 3, b"abc"),
            chunk(MAGIC, 2, 3, b"abc"),
            chunk(MAGIC, CHANGE_CHUNK, 2, b"abc"),
            chunk(MAGIC, CHANGE_CHUNK, 4, b"abc"),
            good[..good.len() - 1].to_vec(),
        ] {
            assert_eq!(change_hash(&wrong), Err(ChunkFault));
        }
        for byte in 4..good.len() {
            let mut wrong = good.clone();
            wrong[byte] ^= 1;
            assert_eq!(change_hash(&wrong), Err(ChunkFault), "byte {byte}");
        }
    }
}
