//! Control frames: `type u8 ‖ body`, the body canonical. Even types are critical, odd ones may be ignored.

use serde::{Deserialize, Serialize};

use crate::encoding::{self, DecodeError, Set, Sig};
use crate::id::{Digest, Feed, SegmentId};
use crate::identity::{Claim, Signed};
use crate::limits;
use crate::log::Descriptor;

/// A log, named as briefly as both sides allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogRef {
    /// Its rank in the base; beyond the base's length, the order in which the sender spelled it this session.
    Index(u32),
    /// The first 8 bytes of its id: a log both may know.
    Short([u8; 8]),
}

/// An end `(n, first 4 bytes of the segment's id)`.
pub type ShortEnd = (u64, [u8; 4]);

/// Shortens an end for the wire.
#[must_use]
pub fn short_end(n: u64, tip: &SegmentId) -> ShortEnd {
    let mut short = [0; 4];
    short.copy_from_slice(&tip.0[..4]);
    (n, short)
}

/// A log and some of its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEnds {
    /// The log.
    pub log: LogRef,
    /// The ends; none says that nothing of it is held.
    pub ends: Vec<ShortEnd>,
}

/// 2: the opener's first frame. Its own new segments follow right behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Lowest and highest protocol version spoken.
    pub versions: (u8, u8),
    /// Hash of the subscription.
    pub subscription: [u8; 8],
    /// The base that `changes` start from; zeros: from nothing.
    pub base: [u8; 8],
    /// Logs whose lines are others than in the base, with all their lines.
    pub changes: Vec<LogEnds>,
    /// Whether base and changes together are the whole vector. False where it would not fit.
    pub whole: bool,
    /// Digest of the subscribed feeds' vector, the segments right behind included.
    pub digest: Digest,
    /// Roster position: its number and the first 4 bytes of the segment that holds it; zeros for none.
    pub roster: (u64, [u8; 4]),
    /// Digest of the receipts held of the subscribed feeds.
    pub receipts: [u8; 8],
}

/// 4: the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAck {
    /// The version chosen.
    pub version: u8,
    /// The answerer's own digest of the subscribed feeds, before anything that followed the Hello.
    pub digest: Digest,
    /// Digest of the receipts it holds of them.
    pub receipts: [u8; 8],
    /// Its durable lines of the opener's own logs, where they are not those the Hello said.
    pub tips: Vec<LogEnds>,
    /// Whether the Hello's vector is kept as a base now.
    pub base_kept: bool,
    /// Whether more follows: then a Settled ends it.
    pub more: bool,
}

/// 6: the Hello's vector could not be rebuilt. The answerer's digest of each subscribed feed, in the
/// subscription's order; `None` where the subscription itself is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedVectors {
    /// The digests.
    pub digests: Option<Vec<Digest>>,
}

/// 8: the lines of the feeds that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vectors {
    /// The subscription, where it was asked for.
    pub subscription: Option<Vec<Feed>>,
    /// Per feed, by its place in the subscription, all lines. Feeds not named are equal.
    pub feeds: Vec<(u32, Vec<LogEnds>)>,
    /// The number of the next log that the opener will spell; all numbers below mean nothing from here on.
    pub numbering: u32,
    /// Whether another Vectors frame continues this one.
    pub more: bool,
}

/// 10: what the sender holds of a log: its lines and a ladder of ends below. Asks for what goes on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// The log and the ends.
    pub held: LogEnds,
}

/// 12: a log spelled: it takes the sender's next index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFrame {
    /// The log.
    pub descriptor: Descriptor,
}

/// 18: a tablet claims its serial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimFrame {
    /// The claim.
    pub claim: Claim,
    /// Kind 8.
    pub by_device: Sig,
    /// Kind 9.
    pub by_secret: Sig,
}

/// 20: the claim won. Genesis, Invitation, Binding and key grants follow as Items, before this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundAnswer {
    /// The serial.
    pub serial: u32,
    /// The organisation's name, for the screen.
    pub organisation: String,
}

/// Why something was not taken. Numbers are for ever; unknown ones read as [`Refusal::OTHER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Refusal(pub u8);

impl Refusal {
    /// Something this software does not know.
    pub const OTHER: Self = Self(0);
    /// Not granted by the roster held there, which speaks of now only: keep it and offer it again.
    pub const NOT_GRANTED: Self = Self(1);
    /// Another device claimed this serial first.
    pub const ALREADY_USED: Self = Self(2);
    /// The invitation was withdrawn.
    pub const WITHDRAWN: Self = Self(3);
    /// No such invitation, or its signatures are not good.
    pub const NO_INVITATION: Self = Self(4);
    /// The invitation names another registrar.
    pub const OTHER_REGISTRAR: Self = Self(5);
    /// The peer is not known: it should show its credential and the roster.
    pub const STRANGER: Self = Self(6);
}

/// 22: a refusal, of a log or of the whole request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The log concerned, if one is.
    pub log: Option<LogRef>,
    /// Why.
    pub reason: Refusal,
}

/// 26: nothing more will be sent until something new is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Segments sent in this session.
    pub segments: u32,
    /// Ends and Shown frames answered in this session.
    pub answered: u32,
}

/// Everything that can be said on the control stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// 2.
    Hello(Hello),
    /// 4.
    HelloAck(HelloAck),
    /// 6.
    NeedVectors(NeedVectors),
    /// 8.
    Vectors(Vectors),
    /// 10.
    Ends(Ends),
    /// 12.
    Log(LogFrame),
    /// 14: a receipt.
    Receipt(Signed),
    /// 16: a signed item that travels alone.
    Item(Signed),
    /// 18.
    Claim(ClaimFrame),
    /// 20.
    Bound(BoundAnswer),
    /// 22.
    Refused(Refused),
    /// 24: the sender's durable lines of logs it took segments of.
    Taken(Vec<LogEnds>),
    /// 26.
    Settled(Settled),
    /// 28: the stranger has shown what it has.
    Shown,
    /// 17: the vector said in this session is kept as a base.
    BaseKept([u8; 8]),
    /// 19: serials whose key grants a registrar should hold and does not.
    NeedGrants(Set<u32>),
    /// An odd type this software does not know: ignored.
    Ignored,
}

/// Why bytes are no frame. All of it costs the peer the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The body is not what its type says.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An even type that this software does not know.
    #[error("a critical frame of unknown type")]
    Unknown,
}

impl Frame {
    /// `type u8 ‖ body`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, body) = match self {
            Self::Hello(body) => (2, encoding::to_bytes(body)),
            Self::HelloAck(body) => (4, encoding::to_bytes(body)),
            Self::NeedVectors(body) => (6, encoding::to_bytes(body)),
            Self::Vectors(body) => (8, encoding::to_bytes(body)),
            Self::Ends(body) => (10, encoding::to_bytes(body)),
            Self::Log(body) => (12, encoding::to_bytes(body)),
            Self::Receipt(signed) => (14, signed.to_bytes()),
            Self::Item(signed) => (16, signed.to_bytes()),
            Self::Claim(body) => (18, encoding::to_bytes(body)),
            Self::Bound(body) => (20, encoding::to_bytes(body)),
            Self::Refused(body) => (22, encoding::to_bytes(body)),
            Self::Taken(lines) => (24, encoding::to_bytes(lines)),
            Self::Settled(body) => (26, encoding::to_bytes(body)),
            Self::Shown => (28, Vec::new()),
            Self::BaseKept(id) => (17, encoding::to_bytes(id)),
            Self::NeedGrants(serials) => (19, encoding::to_bytes(serials)),
            Self::Ignored => (1, Vec::new()),
        };
        let mut out = vec![kind];
        out.extend_from_slice(&body);
        out
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrameError> {
        let (kind, body) = bytes.split_first().ok_or(DecodeError::Malformed)?;
        if bytes.len() > limits::FRAME_BYTES_MAX {
            return Err(DecodeError::TooLarge.into());
        }
        Ok(match kind {
            2 => Self::Hello(encoding::from_bytes(body)?),
            4 => Self::HelloAck(encoding::from_bytes(body)?),
            6 => Self::NeedVectors(encoding::from_bytes(body)?),
            8 => Self::Vectors(encoding::from_bytes(body)?),
            10 => Self::Ends(encoding::from_bytes(body)?),
            12 => Self::Log(encoding::from_bytes(body)?),
            14 => Self::Receipt(Signed::from_bytes(body)?),
            16 => Self::Item(Signed::from_bytes(body)?),
            18 => Self::Claim(encoding::from_bytes(body)?),
            20 => Self::Bound(encoding::from_bytes(body)?),
            22 => Self::Refused(encoding::from_bytes(body)?),
            24 => Self::Taken(encoding::from_bytes(body)?),
            26 => Self::Settled(encoding::from_bytes(body)?),
            28 if body.is_empty() => Self::Shown,
            28 => return Err(DecodeError::Trailing.into()),
            17 => Self::BaseKept(encoding::from_bytes(body)?),
            19 => Self::NeedGrants(encoding::from_bytes(body)?),
            odd if odd % 2 == 1 => Self::Ignored,
            _ => return Err(FrameError::Unknown),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_odd_types_are_ignored_and_unknown_even_types_are_not() {
        assert_eq!(Frame::from_bytes(&[99, 1, 2]), Ok(Frame::Ignored));
        assert_eq!(Frame::from_bytes(&[98, 1, 2]), Err(FrameError::Unknown));
        assert!(Frame::from_bytes(&[]).is_err());
    }

    #[test]
    fn with_nothing_to_say_a_hello_and_its_answer_stay_under_64_bytes() {
        let hello = Frame::Hello(Hello {
            versions: (1, 1),
            subscription: [1; 8],
            base: [2; 8],
            changes: vec![],
            whole: true,
            digest: Digest([3; 16]),
            roster: (u64::from(u32::MAX), [4; 4]),
            receipts: [5; 8],
        });
        let ack = Frame::HelloAck(HelloAck {
            version: 1,
            digest: Digest([3; 16]),
            receipts: [5; 8],
            tips: vec![],
            base_kept: true,
            more: false,
        });
        for frame in [hello, ack] {
            let bytes = frame.to_bytes();
            assert!(bytes.len() < 64, "{}", bytes.len());
            assert_eq!(Frame::from_bytes(&bytes), Ok(frame));
        }
    }
}
