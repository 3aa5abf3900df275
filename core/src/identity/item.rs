//! What stands in the roster: the items' bodies, as structures. Their meaning together is the roster's fold.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::encoding::{self, DecodeError, Set, Sig};
use crate::hash;
use crate::id::{DeviceKey, Feed, Head, KemKey, KeyId, LogId, OrgId, Pattern, SegmentId};
use crate::identity::invite::Claim;
use crate::identity::signed::{Kind, Signed};
use crate::limits;

/// What a party does. Unknown numbers stay unknown and give nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Role(pub u8);

impl Role {
    /// Records visits.
    pub const WORKER: Self = Self(1);
    /// Also releases, resolves, links duplicates.
    pub const SUPERVISOR: Self = Self(2);
    /// Carries parcels.
    pub const COURIER: Self = Self(3);
    /// Stores and forwards; registrar of the invitations that name it.
    pub const RELAY: Self = Self(4);
    /// Reads, merges, signs the roster.
    pub const HEADQUARTERS: Self = Self(5);
    /// A process of headquarters that signs no roster.
    pub const READER: Self = Self(6);
}

/// What may be done in a feed: a union of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Rights(pub u8);

impl Rights {
    /// Open what is sealed.
    pub const READ: Self = Self(1);
    /// Have logs in the feed.
    pub const WRITE: Self = Self(2);
    /// Release held-back work.
    pub const SUPERVISE: Self = Self(4);
    /// Store and forward sealed bytes.
    pub const CARRY: Self = Self(8);

    /// Whether every bit of `other` is here.
    #[must_use]
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What a Delegate of `role` gives in its feeds.
    #[must_use]
    pub const fn of_delegate(role: Role) -> Self {
        match role {
            Role::HEADQUARTERS => Self(Self::READ.0 | Self::WRITE.0 | Self::SUPERVISE.0),
            Role::READER => Self::READ,
            Role::RELAY => Self::CARRY,
            _ => Self(0),
        }
    }
}

/// How a closing ends a device's logs. An unknown number is a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mode(pub u8);

impl Mode {
    /// Revoked: nothing above `keep` stands by itself.
    pub const CUT: Self = Self(1);
    /// Scope moved away from an honest device: what was written before it heard still stands.
    pub const DRAIN: Self = Self(2);
}

/// Rights over the feeds of a pattern.
pub type Grant = (Pattern, Rights);

/// Item 1: who the root is. Its hash is the organisation's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// The root's key.
    pub root: DeviceKey,
    /// `D("next root", next root key)`: announced, not yet shown.
    pub next: [u8; 32],
    /// Headquarters' recovery key: opens what was wrapped for the day a key is lost.
    pub recovery: KemKey,
}

/// `D("org", root ‖ D("next root", next) ‖ recovery)`; it stays that of the genesis after every rotation.
#[must_use]
pub fn organisation_id(genesis: &Genesis) -> OrgId {
    OrgId(hash::derive("org", &[&genesis.root.0, &genesis.next, &genesis.recovery.0]))
}

/// Item 6: a serial's keys, role and grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// The device's number in the roster.
    pub serial: u32,
    /// The higher edition gives the present rights.
    pub edition: u32,
    /// Its signing key.
    pub device: DeviceKey,
    /// Its receiving key.
    pub kem: KemKey,
    /// Its role.
    pub role: Role,
    /// What it may do, where; unique by pattern.
    pub grants: Set<Grant>,
}

/// Item 7: a serial waiting for its tablet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The serial.
    pub serial: u32,
    /// The role it will have.
    pub role: Role,
    /// The grants it will have; unique by pattern.
    pub grants: Set<Grant>,
    /// Public half of the claim pair.
    pub claim: DeviceKey,
    /// Public half of the open pair.
    pub open: KemKey,
    /// The one registrar that may bind it.
    pub registrar: DeviceKey,
}

/// Item 13: the end of a device, in some feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// For the screen.
    pub serial: u32,
    /// Cut or drain.
    pub mode: Mode,
    /// Whose logs.
    pub devices: Set<DeviceKey>,
    /// In which feeds.
    pub feeds: Set<Pattern>,
    /// Per log, the last position and head known: what is at or below stands.
    pub keep: Set<(LogId, u64, Head)>,
    /// Why, as a number.
    pub reason: u8,
}

/// Item 14: held-back work set free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Branches, up to a position.
    pub lines: Set<(LogId, u64, Head)>,
    /// Single changes.
    pub changes: Set<[u8; 32]>,
}

/// Item 15: who was first to claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The claim, inline.
    pub claim: Claim,
    /// Signature of kind 8 by the device key.
    pub by_device: Sig,
    /// Signature of kind 9 by the claim key.
    pub by_secret: Sig,
    /// The registrar's roster position when it bound.
    pub roster_seen: u64,
}

/// Item 20: the root gives a key a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegate {
    /// Whose.
    pub key: DeviceKey,
    /// Which role.
    pub role: Role,
    /// In which feeds; none ends it.
    pub feeds: Set<Pattern>,
    /// For headquarters: the log it follows on from.
    pub continues: Option<(LogId, u64, Head)>,
}

/// Item 21: the announced root takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateRoot {
    /// The key whose hash was announced.
    pub key: DeviceKey,
    /// The next announcement.
    pub next: [u8; 32],
}

/// Item 22: an invitation's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdraw {
    /// Which serial.
    pub serial: u32,
}

/// Item 23: a feed's key is published by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedKeyItem {
    /// Which feed.
    pub feed: Feed,
    /// Counting from 1; for people and for order.
    pub ordinal: u32,
    /// The key's name.
    pub key_id: KeyId,
    /// The key before it, sealed under it; none for ordinal 1. 72 bytes.
    pub link: Option<LinkBytes>,
}

/// The 72 bytes of a link, raw.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkBytes(pub [u8; 72]);

impl std::fmt::Debug for LinkBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkBytes(…)")
    }
}

impl Serialize for LinkBytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, rest) = self.0.split_first_chunk::<32>().expect("72 bytes");
        let (high, last) = rest.split_first_chunk::<32>().expect("40 bytes");
        let last: [u8; 8] = last.try_into().expect("8 bytes");
        (low, high, last).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LinkBytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (low, high, last) = <([u8; 32], [u8; 32], [u8; 8])>::deserialize(deserializer)?;
        let mut all = [0; 72];
        all[..32].copy_from_slice(&low);
        all[32..64].copy_from_slice(&high);
        all[64..].copy_from_slice(&last);
        Ok(Self(all))
    }
}

/// Item 24: a log that has ended, and its tip.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finished {
    /// The log.
    pub log: LogId,
    /// Its last segment.
    pub tip: SegmentId,
}

/// One named limit and its value.
pub type LimitItem = (u8, u64);

/// Item 25: limits, unique by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Name and value.
    pub limits: Set<LimitItem>,
}

impl Limits {
    /// Name of the number of logs listed per device and feed.
    pub const LOGS: u8 = 1;
    /// Name of the number of branches listed per log.
    pub const BRANCHES: u8 = 2;
}

/// Item 27: a genesis or schema constant published before software writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constant {
    /// Its number.
    pub number: u32,
    /// One change chunk, at most [`limits::CONSTANT_BYTES_MAX`].
    pub chunk: Vec<u8>,
}

impl std::fmt::Debug for Constant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Constant({}, {} B)", self.number, self.chunk.len())
    }
}

/// A roster item, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// 1, with its envelope.
    Genesis(Signed, Genesis),
    /// 6, with its envelope.
    Credential(Signed, Credential),
    /// 7, with its envelope.
    Invitation(Signed, Invitation),
    /// 13, with its envelope.
    Closing(Signed, Closing),
    /// 14, with its envelope.
    Release(Signed, Release),
    /// 15, with its envelope.
    Binding(Signed, Binding),
    /// 20.
    Delegate(Delegate),
    /// 21.
    RotateRoot(RotateRoot),
    /// 22.
    Withdraw(Withdraw),
    /// 23.
    FeedKey(FeedKeyItem),
    /// 24.
    Finished(Finished),
    /// 25.
    Limits(Limits),
    /// 27.
    Constant(Constant),
}

/// Why an item does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// A number or version this software does not know: held, and read when it does.
    #[error("this roster item is newer than this software")]
    Unknown,
    /// The bytes are not what the item's number says.
    #[error("this roster item is malformed")]
    Malformed,
}

impl From<DecodeError> for ItemError {
    fn from(_: DecodeError) -> Self {
        Self::Malformed
    }
}

impl Item {
    /// Reads an item of a Roster entry. Envelopes inside are *not* verified here: that needs the organisation.
    ///
    /// # Errors
    /// [`ItemError::Unknown`] for numbers and versions of other software, else [`ItemError::Malformed`].
    pub fn decode(item: u8, version: u8, bytes: &[u8]) -> Result<Self, ItemError> {
        match item {
            1 => envelope(item, version, bytes, Self::Genesis),
            6 => envelope(item, version, bytes, Self::Credential),
            7 => envelope(item, version, bytes, Self::Invitation),
            13 => envelope(item, version, bytes, Self::Closing),
            14 => envelope(item, version, bytes, Self::Release),
            15 => envelope(item, version, bytes, Self::Binding),
            20..=25 | 27 if version != 1 => Err(ItemError::Unknown),
            20 => Ok(Self::Delegate(encoding::from_bytes(bytes)?)),
            21 => Ok(Self::RotateRoot(encoding::from_bytes(bytes)?)),
            22 => Ok(Self::Withdraw(encoding::from_bytes(bytes)?)),
            23 => Ok(Self::FeedKey(encoding::from_bytes(bytes)?)),
            24 => Ok(Self::Finished(encoding::from_bytes(bytes)?)),
            25 => Ok(Self::Limits(encoding::from_bytes(bytes)?)),
            27 => Ok(Self::Constant(encoding::from_bytes(bytes)?)),
            _ => Err(ItemError::Unknown),
        }
        .and_then(Self::checked)
    }

    /// The item's number and bytes, as a Roster entry carries them. Version 1.
    #[must_use]
    pub fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Genesis(signed, _)
            | Self::Credential(signed, _)
            | Self::Invitation(signed, _)
            | Self::Closing(signed, _)
            | Self::Release(signed, _)
            | Self::Binding(signed, _) => (signed.kind, signed.to_bytes()),
            Self::Delegate(body) => (20, encoding::to_bytes(body)),
            Self::RotateRoot(body) => (21, encoding::to_bytes(body)),
            Self::Withdraw(body) => (22, encoding::to_bytes(body)),
            Self::FeedKey(body) => (23, encoding::to_bytes(body)),
            Self::Finished(body) => (24, encoding::to_bytes(body)),
            Self::Limits(body) => (25, encoding::to_bytes(body)),
            Self::Constant(body) => (27, encoding::to_bytes(body)),
        }
    }

    fn checked(self) -> Result<Self, ItemError> {
        let sound = match &self {
            Self::Credential(_, body) => grants_are_sound(body.grants.as_slice()),
            Self::Invitation(_, body) => grants_are_sound(body.grants.as_slice()),
            Self::Limits(body) => unique_by_first(body.limits.as_slice()),
            Self::Constant(body) => body.chunk.len() <= limits::CONSTANT_BYTES_MAX,
            Self::FeedKey(body) => body.ordinal >= 1 && body.link.is_none() == (body.ordinal == 1),
            _ => true,
        };
        if sound { Ok(self) } else { Err(ItemError::Malformed) }
    }
}

/// Unique by pattern, and never `*`: only the root's delegates and closings speak of all feeds.
fn grants_are_sound(grants: &[Grant]) -> bool {
    unique_by_first(grants) && grants.iter().all(|(pattern, _)| pattern.as_str() != "*")
}

fn unique_by_first<A: PartialEq, B>(sorted: &[(A, B)]) -> bool {
    sorted.windows(2).all(|pair| pair[0].0 != pair[1].0)
}

fn envelope<T: DeserializeOwned + Serialize>(
    item: u8,
    version: u8,
    bytes: &[u8],
    wrap: impl FnOnce(Signed, T) -> Item,
) -> Result<Item, ItemError> {
    let signed = Signed::from_bytes(bytes)?;
    if signed.kind != item || signed.version != version {
        return Err(ItemError::Malformed);
    }
    // A closing must stay readable for ever: it keeps its body in every version.
    if version != 1 && item != Kind::Closing as u8 {
        return Err(ItemError::Unknown);
    }
    let body = encoding::from_bytes(&signed.body)?;
    Ok(wrap(signed, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_read_back_and_doubtful_ones_are_refused() {
        let delegate = Item::Delegate(Delegate {
            key: DeviceKey([1; 32]),
            role: Role::RELAY,
            feeds: [Pattern::new("08.201.*").expect("pattern")].into_iter().collect(),
            continues: None,
        });
        let (number, bytes) = delegate.encode();
        assert_eq!(Item::decode(number, 1, &bytes), Ok(delegate));
        assert_eq!(Item::decode(number, 2, &bytes), Err(ItemError::Unknown));
        assert_eq!(Item::decode(99, 1, &bytes), Err(ItemError::Unknown));
        assert_eq!(Item::decode(number, 1, &bytes[1..]), Err(ItemError::Malformed));

        let twice = Item::Limits(Limits { limits: [(1, 20), (1, 30)].into_iter().collect() });
        let (number, bytes) = twice.encode();
        assert_eq!(Item::decode(number, 1, &bytes), Err(ItemError::Malformed), "one name, two values");
    }

    #[test]
    fn a_grant_never_covers_all_feeds() {
        let grant = |pattern: &str| (Pattern::new(pattern).expect("pattern"), Rights::READ);
        assert!(grants_are_sound(&[grant("08.201.*"), grant("08.201/referrals")]));
        assert!(!grants_are_sound(&[grant("*")]));
        assert!(!grants_are_sound(&[grant("08.201.*"), grant("08.201.*")]));
    }

    #[test]
    fn an_unknown_right_or_role_never_refuses_a_body() {
        let item = Item::Delegate(Delegate {
            key: DeviceKey([1; 32]),
            role: Role(77),
            feeds: [Pattern::new("*").expect("pattern")].into_iter().collect(),
            continues: None,
        });
        let (number, bytes) = item.encode();
        assert!(Item::decode(number, 1, &bytes).is_ok());
        assert_eq!(Rights::of_delegate(Role(77)), Rights(0));
    }
}
