//! The header in front of a segment's sealed bytes on its stream: what the receiver cannot know.

use crate::encoding::{self, DecodeError, Sig};
use crate::id::{DeviceKey, Head, KeyId, LogId, SegmentId};
use crate::identity::{Kind, Signed};
use crate::log::{Segment, SegmentBody};
use crate::wire::frame::LogRef;

/// How the segment it goes on from is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackRef {
    /// The one segment that the receiver holds, or is being sent, that ends just before; zeros for the first.
    Elided,
    /// Whole, where more than one fits.
    Whole(SegmentId),
}

/// A segment without what the receiver has: signer, log, sealed length and hash, and mostly `back`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The log.
    pub log: LogRef,
    /// Version of the segment's format.
    pub version: u8,
    /// Position of the first entry.
    pub first: u64,
    /// Number of entries.
    pub count: u32,
    /// The segment it goes on from.
    pub back: BackRef,
    /// The declared head.
    pub head: Head,
    /// The key's name; zeros in clear feeds.
    pub key: KeyId,
    /// The author's roster position.
    pub roster_seen: u64,
    /// The signature over the canonical body.
    pub sig: Sig,
}

const FLAG_SHORT: u8 = 1;
const FLAG_BACK: u8 = 2;
const FLAG_CLEAR: u8 = 4;
const FLAG_VERSION: u8 = 8;
const FLAGS: u8 = FLAG_SHORT | FLAG_BACK | FLAG_CLEAR | FLAG_VERSION;

impl SegmentHeader {
    /// The header of `segment`, for a receiver that knows the log as `log`.
    #[must_use]
    pub fn of(segment: &Segment, log: LogRef, back: BackRef) -> Self {
        let (body, header) = (segment.body(), segment.header());
        Self {
            log,
            version: header.version(),
            first: body.first,
            count: body.count,
            back,
            head: body.head,
            key: body.key,
            roster_seen: body.roster_seen,
            sig: header.sig(),
        }
    }

    /// `flags ‖ log ‖ version? ‖ first ‖ count ‖ back? ‖ head ‖ key? ‖ roster_seen ‖ sig`; sealed bytes follow.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut flags = 0;
        flags |= if matches!(self.log, LogRef::Short(_)) { FLAG_SHORT } else { 0 };
        flags |= if matches!(self.back, BackRef::Whole(_)) { FLAG_BACK } else { 0 };
        flags |= if self.key == KeyId::ZERO { FLAG_CLEAR } else { 0 };
        flags |= if self.version == 1 { 0 } else { FLAG_VERSION };
        let mut out = vec![flags];
        match self.log {
            LogRef::Index(index) => encoding::push_varint(&mut out, u64::from(index)),
            LogRef::Short(short) => out.extend_from_slice(&short),
        }
        if self.version != 1 {
            out.push(self.version);
        }
        encoding::push_varint(&mut out, self.first);
        encoding::push_varint(&mut out, u64::from(self.count));
        if let BackRef::Whole(back) = self.back {
            out.extend_from_slice(&back.0);
        }
        out.extend_from_slice(&self.head.0);
        if self.key != KeyId::ZERO {
            out.extend_from_slice(&self.key.0);
        }
        encoding::push_varint(&mut out, self.roster_seen);
        out.extend_from_slice(&self.sig.0);
        out
    }

    /// Reads a header and gives back the sealed bytes behind it.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn take(bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let ([flags], rest) = encoding::take_array::<1>(bytes)?;
        if flags & !FLAGS != 0 {
            return Err(DecodeError::Malformed);
        }
        let (log, rest) = if flags & FLAG_SHORT == 0 {
            let (index, rest) = encoding::take_varint(rest)?;
            (LogRef::Index(u32::try_from(index).map_err(|_| DecodeError::Malformed)?), rest)
        } else {
            let (short, rest) = encoding::take_array(rest)?;
            (LogRef::Short(short), rest)
        };
        let ([version], rest) =
            if flags & FLAG_VERSION == 0 { ([1], rest) } else { encoding::take_array::<1>(rest)? };
        let (first, rest) = encoding::take_varint(rest)?;
        let (count, rest) = encoding::take_varint(rest)?;
        let count = u32::try_from(count).map_err(|_| DecodeError::Malformed)?;
        let (back, rest) = if flags & FLAG_BACK == 0 {
            (BackRef::Elided, rest)
        } else {
            let (back, rest) = encoding::take_array(rest)?;
            (BackRef::Whole(SegmentId(back)), rest)
        };
        let (head, rest) = encoding::take_array(rest)?;
        let (key, rest) = if flags & FLAG_CLEAR == 0 { encoding::take_array(rest)? } else { ([0; 8], rest) };
        let (roster_seen, rest) = encoding::take_varint(rest)?;
        let (sig, rest) = encoding::take_array(rest)?;
        let (head, key, sig) = (Head(head), KeyId(key), Sig(sig));
        // What a flag leaves out is not spelt out as well.
        if (flags & FLAG_VERSION != 0 && version == 1) || (flags & FLAG_CLEAR == 0 && key == KeyId::ZERO) {
            return Err(DecodeError::NotCanonical);
        }
        Ok((Self { log, version, first, count, back, head, key, roster_seen, sig }, rest))
    }

    /// Puts back what was left out: the envelope over the canonical body, still to be checked.
    #[must_use]
    pub fn restore(&self, log: LogId, signer: DeviceKey, back: SegmentId, sealed: &[u8]) -> Signed {
        let body = SegmentBody {
            log,
            first: self.first,
            count: self.count,
            back,
            head: self.head,
            key: self.key,
            roster_seen: self.roster_seen,
            sealed_len: u32::try_from(sealed.len()).unwrap_or(u32::MAX),
            sealed_hash: crate::hash::derive("sealed", &[sealed]),
        };
        Signed {
            kind: Kind::Segment as u8,
            version: self.version,
            signer,
            body: encoding::to_bytes(&body),
            sig: self.sig,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_flag_leaves_out_is_not_spelt_out_as_well() {
        let header = SegmentHeader {
            log: LogRef::Index(0),
            version: 1,
            first: 1,
            count: 1,
            back: BackRef::Elided,
            head: Head([1; 32]),
            key: KeyId::ZERO,
            roster_seen: 0,
            sig: Sig([3; 64]),
        };
        let bytes = header.to_bytes();
        let mut version = bytes.clone();
        version[0] |= FLAG_VERSION;
        version.insert(2, 1);
        assert_eq!(SegmentHeader::take(&version), Err(DecodeError::NotCanonical));
        let mut key = bytes.clone();
        key[0] &= !FLAG_CLEAR;
        drop(key.splice(4 + 32..4 + 32, [0; 8]));
        assert_eq!(SegmentHeader::take(&key), Err(DecodeError::NotCanonical));
        assert_eq!(SegmentHeader::take(&bytes), Ok((header, &[][..])));
    }

    #[test]
    fn a_header_reads_back_and_reserved_flags_are_refused() {
        let header = SegmentHeader {
            log: LogRef::Index(300),
            version: 1,
            first: 9,
            count: 4,
            back: BackRef::Elided,
            head: Head([1; 32]),
            key: KeyId([2; 8]),
            roster_seen: 77,
            sig: Sig([3; 64]),
        };
        let whole = SegmentHeader {
            log: LogRef::Short([7; 8]),
            version: 2,
            back: BackRef::Whole(SegmentId([8; 32])),
            key: KeyId::ZERO,
            ..header.clone()
        };
        for header in [header, whole] {
            let mut bytes = header.to_bytes();
            bytes.extend_from_slice(b"sealed");
            assert_eq!(SegmentHeader::take(&bytes), Ok((header, &b"sealed"[..])));
            bytes[0] |= 0x80;
            assert!(SegmentHeader::take(&bytes).is_err());
        }
    }
}
