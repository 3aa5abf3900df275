//! Codec 2: changes without what their reader can rebuild. The form itself looks into changes, so whoever knows
//! them brings it ([`Slim`]); here is what core gives it to stand on.

use crate::id::{ActorId, ChangeHash, DocumentId, LogId, StartNonce};
use crate::log::content::Written;

/// What a later entry of the branch may point at: an earlier Change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pointed {
    /// Its document.
    pub document: DocumentId,
    /// Its change.
    pub hash: ChangeHash,
    /// The actor that its place in the log gives it.
    pub actor: ActorId,
    /// The counter of its last operation, where it travelled in the slim form itself; else 0.
    pub last_op: u64,
}

/// The entries of a branch before a segment.
pub trait Earlier {
    /// The Change at position `n`; `None` where it is not here, cannot be read, or is no Change.
    fn at(&self, n: u64) -> Option<Pointed>;

    /// For a writer: the position of the last Change of a document that may be pointed at.
    fn latest(&self, document: &DocumentId) -> Option<u64>;
}

/// Nothing before: every reference beyond the segment is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEarlier;

impl Earlier for NoEarlier {
    fn at(&self, _n: u64) -> Option<Pointed> {
        None
    }
    fn latest(&self, _document: &DocumentId) -> Option<u64> {
        None
    }
}

/// Where the items of a content stand.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Their log.
    pub log: LogId,
    /// Position of the first.
    pub first: u64,
    /// The content's start nonce.
    pub nonce: StartNonce,
    /// What the branch holds before them.
    pub earlier: &'a dyn Earlier,
}

/// An item in one of its forms, and what later ones need to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shaped {
    /// The item.
    pub written: Written,
    /// As [`Pointed::last_op`]; 0 where it is no Change.
    pub last_op: u64,
}

/// Why slim items give no changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlimFault {
    /// They break a rule of the form: the unit is not what its header declares.
    #[error("the slim form is malformed")]
    Malformed,
    /// They point at an entry of the branch whose change is not here: the unit waits.
    #[error("an entry that is pointed at is not readable here")]
    Ancestor,
    /// They name a constant that newer software ships.
    #[error("the slim form names what newer software knows")]
    Software,
}

/// The slim form of changes, both ways. What it does is frozen with codec 2.
pub trait Slim {
    /// Gives every Change its slim form, or its whole one behind a mark; other items stay. One for each item.
    fn narrow(&self, ground: &Ground<'_>, items: &[Written]) -> Vec<Shaped>;

    /// Gives every Change its whole form again. Memory is bounded by
    /// [`SEGMENT_RAW_BYTES_MAX`](crate::limits::SEGMENT_RAW_BYTES_MAX), whatever the items claim.
    ///
    /// # Errors
    /// [`SlimFault`].
    fn widen(&self, ground: &Ground<'_>, items: Vec<Written>) -> Result<Vec<Shaped>, SlimFault>;
}
