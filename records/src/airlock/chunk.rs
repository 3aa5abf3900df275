//! Airlock: a change chunk's envelope and header, read without automerge.

use khettara_core::encoding::take_varint;
use khettara_core::id::{ActorId, ChangeHash};
use sha2::{Digest as _, Sha256};

use super::bytes::Reader;
use super::fault::AirlockFault;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// A single, uncompressed change; documents, compressed changes and bundles never come in.
const KIND_CHANGE: u8 = 1;
/// Magic and checksum; what follows is hashed.
const HASHED_FROM: usize = 8;

/// The bytes are not one whole change chunk, so the content they stand in does not give its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one whole automerge change chunk with its checksum")]
pub struct NoHash;

/// The hash of a change chunk: SHA-256 over everything behind the checksum field.
///
/// # Errors
/// [`NoHash`] where magic, kind (1 only), length (minimal, exactly the rest) or checksum is wrong.
pub fn change_hash(chunk: &[u8]) -> Result<ChangeHash, NoHash> {
    let (hash, _) = open(chunk)?;
    Ok(hash)
}

/// The hash of a chunk and the content behind its length field.
pub(super) fn open(chunk: &[u8]) -> Result<(ChangeHash, &[u8]), NoHash> {
    let (envelope, hashed) = chunk.split_at_checked(HASHED_FROM).ok_or(NoHash)?;
    let (&kind, rest) = hashed.split_first().ok_or(NoHash)?;
    let (length, content) = take_varint(rest).map_err(|_| NoHash)?;
    if envelope[..4] != MAGIC || kind != KIND_CHANGE || length != content.len() as u64 {
        return Err(NoHash);
    }
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if envelope[4..] != hash[..4] {
        return Err(NoHash);
    }
    Ok((ChangeHash(hash), content))
}

/// The front of a change: which it is, what it stands on, who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeHeader {
    /// The change's own hash.
    pub hash: ChangeHash,
    /// What it depends on, as written.
    pub deps: Vec<ChangeHash>,
    /// Who wrote it; `None` where the actor is not 16 bytes long, which no actor of ours is.
    pub actor: Option<ActorId>,
    /// Its number among the actor's changes of the document, from 1; as written, so it may be 0.
    pub seq: u64,
    /// The counter of its first operation, at least 1.
    pub start_op: u64,
}

/// What reading a chunk's front gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It parses through dependencies, actor, seq and `start_op`.
    Readable(ChangeHeader),
    /// It does not: `Quarantined(airlock)`, and for seq it counts as a unit held as one.
    Unreadable(ChangeHash),
}

/// Reads a chunk's front. A number that is not minimal does not parse.
///
/// # Errors
/// [`NoHash`] as [`change_hash`].
pub fn read(chunk: &[u8]) -> Result<Reading, NoHash> {
    let (hash, content) = open(chunk)?;
    Ok(match header(hash, &mut Reader::new(content)) {
        Ok(header) => Reading::Readable(header),
        Err(_) => Reading::Unreadable(hash),
    })
}

/// Reads the front of a chunk whose hash is known already: an entry's, which is checked when it is opened.
#[must_use]
pub fn read_front(chunk: &[u8], hash: ChangeHash) -> Reading {
    let content = chunk.get(HASHED_FROM + 1..).and_then(|rest| take_varint(rest).ok());
    let header = content.map(|(_, content)| header(hash, &mut Reader::new(content)));
    match header {
        Some(Ok(header)) => Reading::Readable(header),
        _ => Reading::Unreadable(hash),
    }
}

/// Reads the header from the front of the content and leaves the reader behind `start_op`.
pub(super) fn header(hash: ChangeHash, content: &mut Reader<'_>) -> Result<ChangeHeader, AirlockFault> {
    let count = content.unsigned()?;
    let length = count.checked_mul(ChangeHash::LEN as u64).ok_or(AirlockFault::Cut)?;
    let (deps, _) = content.bytes(length)?.as_chunks::<{ ChangeHash::LEN }>();
    let deps = deps.iter().copied().map(ChangeHash).collect();
    let length = content.unsigned()?;
    let actor = content.bytes(length)?.try_into().ok().map(ActorId);
    let seq = content.unsigned()?;
    let start_op = content.unsigned()?;
    if start_op == 0 {
        return Err(AirlockFault::BadCounter);
    }
    Ok(ChangeHeader { hash, deps, actor, seq, start_op })
}
