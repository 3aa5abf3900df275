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
