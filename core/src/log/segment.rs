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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SigningKey;

    const ORG: OrgId = OrgId([1; 32]);

    fn body(first: u64, count: u32, back: u8, sealed: &[u8]) -> SegmentBody {
        SegmentBody {
            log: LogId([2; 32]),
            first,
            count,
            back: SegmentId([back; 32]),
            head: Head([4; 32]),
            key: KeyId([5; 8]),
            roster_seen: 6,
            sealed_len: sealed.len() as u32,
            sealed_hash: sealed_hash(sealed),
        }
    }

    fn signed(kind: Kind, body: &SegmentBody) -> Signed {
        let signing = SigningKey::from_seed(&[3; 32]);
        Signed::make(&ORG, &signing, kind, encoding::to_bytes(body)).as_signed().clone()
    }

    fn checked(body: &SegmentBody, sealed: &[u8]) -> Result<Segment, SegmentError> {
        Segment::check(&ORG, signed(Kind::Segment, body), sealed.to_vec())
    }

    #[test]
    fn positions_lengths_and_what_it_goes_on_from_keep_the_rules() {
        let (one, several) = (limits::SEGMENT_SINGLE_SEALED_BYTES_MAX, limits::SEGMENT_SEALED_BYTES_MAX);
        for (first, count, back, len) in
            [(1, 1, 0, one), (1, 2, 0, several), (2, 1, 9, one), (7, 3, 9, several), (u64::MAX - 1, 1, 9, 0)]
        {
            let sealed = vec![7; len];
            let body = body(first, count, back, &sealed);
            let segment = checked(&body, &sealed).expect("keeps the rules");
            assert_eq!(segment.body().last(), first + u64::from(count - 1));
            assert_eq!((segment.id(), segment.sealed()), (body.id(segment.header().version()), &sealed[..]));
        }
        for (first, count, back, len) in [
            (1, 1, 0, one + 1),
            (1, 2, 0, several + 1),
            (1, 0, 0, 0),
            (0, 1, 0, 0),
            (0, 1, 9, 0),
            (1, 1, 9, 0),
            (2, 1, 0, 0),
            (u64::MAX, 1, 9, 0),
        ] {
            let sealed = vec![7; len];
            let broken = checked(&body(first, count, back, &sealed), &sealed);
            assert_eq!(broken, Err(SegmentError::Header), "{first} {count} {back} {len}");
        }
    }

    #[test]
    fn the_sealed_bytes_are_those_that_were_signed() {
        let (good, sealed) = (body(1, 1, 0, b"sealed"), b"sealed");
        let segment = checked(&good, sealed).expect("good");
        assert_eq!(checked(&good, b"Sealed"), Err(SegmentError::Sealed));
        assert_eq!(
            checked(&SegmentBody { sealed_len: 5, ..good.clone() }, sealed),
            Err(SegmentError::Sealed)
        );
        let other = Segment::check(&ORG, signed(Kind::Receipt, &good), sealed.to_vec());
        assert_eq!(other, Err(SegmentError::OtherKind));
        let bytes = segment.to_bytes();
        assert_eq!(Segment::from_bytes(&ORG, &bytes), Ok(segment.clone()));
        assert_eq!(Segment::of_store(&bytes), Ok(segment));
        let mut changed = bytes.clone();
        *changed.last_mut().expect("bytes") ^= 1;
        assert_eq!(Segment::from_bytes(&ORG, &changed), Err(SegmentError::Sealed));
        assert_eq!(Segment::of_store(&changed), Err(SegmentError::Sealed));
        assert!(matches!(Segment::from_bytes(&OrgId([9; 32]), &bytes), Err(SegmentError::Signed(_))));
    }

    #[test]
    fn the_seal_is_bound_to_all_that_is_known_before_it() {
        let good = body(7, 3, 9, b"sealed");
        let bound = good.aad(&ORG, 1);
        assert_eq!(bound.len(), 32 + 1 + 32 + 8 + 4 + 32 + 32 + 8 + 8);
        let after = SegmentBody { sealed_len: 1, sealed_hash: [0; 32], ..good.clone() };
        assert_eq!(after.aad(&ORG, 1), bound, "not to what sealing gives");
        for other in [
            SegmentBody { log: LogId([0; 32]), ..good.clone() },
            SegmentBody { first: 8, ..good.clone() },
            SegmentBody { count: 4, ..good.clone() },
            SegmentBody { back: SegmentId([0; 32]), ..good.clone() },
            SegmentBody { head: Head([0; 32]), ..good.clone() },
            SegmentBody { key: KeyId([0; 8]), ..good.clone() },
            SegmentBody { roster_seen: 0, ..good.clone() },
        ] {
            assert_ne!(other.aad(&ORG, 1), bound);
        }
        assert_ne!(good.aad(&OrgId([9; 32]), 1), bound);
        assert_ne!(good.aad(&ORG, 2), bound);
    }
}
