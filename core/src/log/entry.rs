//! Entries and the chain of heads over them.

use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::hash;
use crate::id::{ChangeHash, DocumentId, EntryHash, Head, LogId, StartNonce};
use crate::limits;

/// Begins each process's work in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Random; the process's actors come from it.
    pub nonce: StartNonce,
    /// Name and version of the software: ASCII, at most [`limits::SOFTWARE_BYTES_MAX`] bytes.
    pub software: String,
    /// Schema generation it writes.
    pub schema: u32,
}

/// An entry as the chain hashes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Kind 0.
    Start(Start),
    /// Kind 1: a change, by document and hash.
    Change {
        /// The document.
        document: DocumentId,
        /// The change.
        hash: ChangeHash,
    },
    /// Kind 3: the branch ends.
    Final,
    /// Kind 5: an item of the roster.
    Roster {
        /// Its number.
        item: u8,
        /// Its version.
        version: u8,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A kind that newer software writes: hashed, held, not read.
    Unknown {
        /// The kind's number.
        kind: u8,
    },
}

/// The head holds, but this entry's body is not what its kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the entry's body is malformed")]
pub struct EntryFault;

impl Entry {
    /// Number of a Start.
    pub const START: u8 = 0;
    /// Number of a Change.
    pub const CHANGE: u8 = 1;
    /// Number of a Final.
    pub const FINAL: u8 = 3;
    /// Number of a Roster entry.
    pub const ROSTER: u8 = 5;

    /// Reads an entry from its hashed form.
    ///
    /// # Errors
    /// [`EntryFault`] where a known kind's body does not decode canonically.
    pub fn decode(kind: u8, body: &[u8]) -> Result<Self, EntryFault> {
        match kind {
            Self::START => {
                let start: Start = encoding::from_bytes(body).map_err(|_| EntryFault)?;
                let sound = start.software.is_ascii() && start.software.len() <= limits::SOFTWARE_BYTES_MAX;
                if sound { Ok(Self::Start(start)) } else { Err(EntryFault) }
            }
            Self::CHANGE => {
                let (document, hash) = encoding::from_bytes(body).map_err(|_| EntryFault)?;
                Ok(Self::Change { document, hash })
            }
            Self::FINAL if body.is_empty() => Ok(Self::Final),
            Self::FINAL => Err(EntryFault),
            Self::ROSTER => {
                let (item, version, bytes) = encoding::from_bytes(body).map_err(|_| EntryFault)?;
                Ok(Self::Roster { item, version, bytes })
            }
            kind => Ok(Self::Unknown { kind }),
        }
    }

    /// The entry's hashed form: kind and body. `None` for kinds this software cannot write.
    #[must_use]
    pub fn encode(&self) -> Option<(u8, Vec<u8>)> {
        match self {
            Self::Start(start) => Some((Self::START, encoding::to_bytes(start))),
            Self::Change { document, hash } => Some((Self::CHANGE, encoding::to_bytes(&(document, hash)))),
            Self::Final => Some((Self::FINAL, Vec::new())),
            Self::Roster { item, version, bytes } => {
                Some((Self::ROSTER, encoding::to_bytes(&(item, version, bytes))))
            }
            Self::Unknown { .. } => None,
        }
    }
}

/// `D("entry", kind ‖ body)`.
#[must_use]
pub fn entry_hash(kind: u8, body: &[u8]) -> EntryHash {
    EntryHash(hash::derive("entry", &[&[kind], body]))
}

/// `head(0) = D("head 0", LogId)`.
#[must_use]
pub fn first_head(log: &LogId) -> Head {
    Head(hash::derive("head 0", &[&log.0]))
}

/// `head(n) = D("head", head(n-1) ‖ n ‖ entry_hash(n))`.
#[must_use]
pub fn chain_head(before: &Head, n: u64, entry: &EntryHash) -> Head {
    Head(hash::derive("head", &[&before.0, &n.to_le_bytes(), &entry.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_back() {
        let entries = [
            Entry::Start(Start { nonce: StartNonce([1; 16]), software: "khettara 0.1".into(), schema: 1 }),
            Entry::Change { document: DocumentId([2; 16]), hash: ChangeHash([3; 32]) },
            Entry::Final,
            Entry::Roster { item: 22, version: 1, bytes: vec![7] },
        ];
        for entry in entries {
            let (kind, body) = entry.encode().expect("a known kind");
            assert_eq!(Entry::decode(kind, &body), Ok(entry));
            let mut longer = body.clone();
            longer.push(0);
            assert_eq!(Entry::decode(kind, &longer), Err(EntryFault));
        }
        assert_eq!(Entry::decode(2, b"anything"), Ok(Entry::Unknown { kind: 2 }));
    }

    #[test]
    fn a_software_name_is_short_ascii() {
        let with = |software: String| {
            let start = Start { nonce: StartNonce::ZERO, software, schema: 1 };
            Entry::decode(Entry::START, &encoding::to_bytes(&start)).is_ok()
        };
        assert!(with("a".repeat(32)));
        assert!(!with("a".repeat(33)));
        assert!(!with("خطارة".into()));
    }
}
