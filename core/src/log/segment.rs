//! A run of one log, sealed once and signed once: what relays store and everybody forwards.

use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::hash;
use crate::id::{Head, KeyId, LogId, OrgId, SegmentId};
use crate::identity::{Kind, Signed, SignedError, Verified};
use crate::limits;

/// Body of kind 2: the header that is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentBody {
    /// The log.
    pub log: LogId,
    /// Position of the first entry, from 1.
    pub first: u64,
    /// Number of entries, from 1.
    pub count: u32,
    /// The segment it goes on from; zeros if and only if `first` is 1.
    pub back: SegmentId,
    /// `head(first + count - 1)`, as declared.
    pub head: Head,
    /// Name of the key it is sealed with; zeros in clear feeds.
    pub key: KeyId,
    /// The author's roster position when it cut; 0 for none.
    pub roster_seen: u64,
    /// Length of the sealed bytes.
    pub sealed_len: u32,
    /// `D("sealed", sealed)`.
    pub sealed_hash: [u8; 32],
}

impl SegmentBody {
    /// Position of the last entry.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }

    /// `D("segment", version ‖ body)`.
    #[must_use]
    pub fn id(&self, version: u8) -> SegmentId {
        SegmentId(hash::derive("segment", &[&[version], &encoding::to_bytes(self)]))
    }

    /// What the seal is bound to.
    #[must_use]
    pub fn aad(&self, org: &OrgId, version: u8) -> Vec<u8> {
        let mut aad = Vec::with_capacity(32 * 4 + 1 + 8 + 4 + 8 + 8);
        aad.extend_from_slice(&org.0);
        aad.push(version);
        aad.extend_from_slice(&self.log.0);
        aad.extend_from_slice(&self.first.to_le_bytes());
        aad.extend_from_slice(&self.count.to_le_bytes());
        aad.extend_from_slice(&self.back.0);
        aad.extend_from_slice(&self.head.0);
        aad.extend_from_slice(&self.key.0);
        aad.extend_from_slice(&self.roster_seen.to_le_bytes());
        aad
    }

    fn is_sound(&self) -> bool {
        let limit = match self.count {
            0 => return false,
            1 => limits::SEGMENT_SINGLE_SEALED_BYTES_MAX,
            _ => limits::SEGMENT_SEALED_BYTES_MAX,
        };
        self.first >= 1
            && self.first.checked_add(u64::from(self.count)).is_some()
            && (self.back == SegmentId::ZERO) == (self.first == 1)
            && self.sealed_len as usize <= limit
    }
}

/// `D("sealed", sealed)`.
pub(super) fn sealed_hash(sealed: &[u8]) -> [u8; 32] {
    hash::derive("sealed", &[sealed])
}

/// Why bytes are no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// The envelope or signature is not good.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// Signed, but of another kind.
    #[error("not a segment")]
    OtherKind,
    /// Positions, lengths or the segment it goes on from break a rule.
    #[error("the segment's header breaks a rule")]
    Header,
    /// The sealed bytes are not those that were signed.
    #[error("the sealed bytes are not those that were signed")]
    Sealed,
}

/// A segment whose signature and sealed bytes are good. Who may write where is asked elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    header: Verified,
    body: SegmentBody,
    id: SegmentId,
    sealed: Vec<u8>,
}

impl Segment {
    /// Checks an envelope from outside, with the sealed bytes that came behind it.
    ///
    /// # Errors
    /// [`SegmentError`] naming the first thing that is wrong.
    pub fn check(org: &OrgId, header: Signed, sealed: Vec<u8>) -> Result<Self, SegmentError> {
        Self::of_verified(header.verify(org)?, sealed)
    }

    fn of_verified(header: Verified, sealed: Vec<u8>) -> Result<Self, SegmentError> {
        if header.kind() != Kind::Segment {
            return Err(SegmentError::OtherKind);
        }
        let body: SegmentBody = header.read()?;
        if !body.is_sound() {
            return Err(SegmentError::Header);
        }
        if body.sealed_len as usize != sealed.len() || body.sealed_hash != sealed_hash(&sealed) {
            return Err(SegmentError::Sealed);
        }
        let id = body.id(header.version());
        Ok(Self { header, body, id, sealed })
    }

    /// The signed header.
    #[must_use]
    pub const fn header(&self) -> &Verified {
        &self.header
    }

    /// The header's fields.
    #[must_use]
    pub const fn body(&self) -> &SegmentBody {
        &self.body
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> SegmentId {
        self.id
    }

    /// The sealed bytes.
    #[must_use]
    pub fn sealed(&self) -> &[u8] {
        &self.sealed
    }

    /// As stored: the envelope, then the sealed bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.header.to_bytes();
        out.extend_from_slice(&self.sealed);
        out
    }

    /// Reads what [`Segment::to_bytes`] made, from a place that is not our store: checks everything again.
    ///
    /// # Errors
    /// [`SegmentError`].
    pub fn from_bytes(org: &OrgId, bytes: &[u8]) -> Result<Self, SegmentError> {
        let (header, sealed) = Signed::take(bytes).map_err(SignedError::from)?;
        Self::check(org, header, sealed.to_vec())
    }

    /// Reads a segment that our own store held: it was checked before it was stored. The hash of its sealed
    /// bytes is compared again, its signature is not.
    ///
    /// # Errors
    /// [`SegmentError`] where the store gave other bytes than were stored.
    pub fn of_store(bytes: &[u8]) -> Result<Self, SegmentError> {
        let (header, sealed) = Signed::take(bytes).map_err(SignedError::from)?;
        Self::of_verified(Verified::of_store(header)?, sealed.to_vec())
    }
}
