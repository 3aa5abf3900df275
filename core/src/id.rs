//! Names of things: fixed-length ids, feeds and patterns. Ids are bytes; how they are derived stands with what they name.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize};

use crate::limits;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident [$len:literal];)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;
            /// All zeros: "none" where a format says so.
            pub const ZERO: Self = Self([0; $len]);

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Lowercase hexadecimal, all of it.
            #[must_use]
            pub fn to_hex(&self) -> String {
                HEXLOWER.encode(&self.0)
            }

            /// Reads the hexadecimal form, lower or upper case.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
                Some(Self(bytes.try_into().ok()?))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({}…)", stringify!($name), HEXLOWER.encode(&self.0[..4]))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }
    )*};
}

ids! {
    /// The organisation: hash of its genesis. In every signature and every log id.
    OrgId[32];
    /// An Ed25519 public key: a device, a relay, headquarters, the root. It is the TLS identity too.
    DeviceKey[32];
    /// An X25519 public key that receives sealed keys.
    KemKey[32];
    /// One log: device, feed, incarnation.
    LogId[32];
    /// A segment's signed body, hashed. Names what is *held*.
    SegmentId[32];
    /// The chain value after some entries. Names what was *written*.
    Head[32];
    /// One entry, hashed.
    EntryHash[32];
    /// automerge's own: SHA-256 of a change chunk from its type byte on.
    ChangeHash[32];
    /// A feed key's name.
    KeyId[8];
    /// A document: one household, for ever in one feed.
    DocumentId[16];
    /// An automerge actor: one process writing in one log.
    ActorId[16];
    /// What makes two logs of one device in one feed different.
    Incarnation[16];
    /// A Start entry's random value.
    StartNonce[16];
    /// 16 bytes over a vector: equal digests mean equal segments.
    Digest[16];
}

/// Why a feed name or pattern was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a feed name: 1 to 64 of 0-9 a-z . _ - / @, no empty part, at most one slash")]
pub struct BadFeed;

/// A feed's exact name, such as `08.201.11.07` or `@roster/people`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Feed(String);

impl Feed {
    /// The clear feed of delegations, closings and key ids, held by all.
    pub const ROSTER: &'static str = "@roster";
    /// Credentials and invitations, held by headquarters and registrars.
    pub const PEOPLE: &'static str = "@roster/people";
    /// Bindings, held by headquarters and registrars.
    pub const BINDINGS: &'static str = "@roster/bindings";

    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`BadFeed`] where the name breaks a rule of `docs/PROTOCOL.md`.
    pub fn new(name: impl Into<String>) -> Result<Self, BadFeed> {
        let name = name.into();
        if is_feed_name(&name) { Ok(Self(name)) } else { Err(BadFeed) }
    }

    /// `@roster`.
    #[must_use]
    pub fn roster() -> Self {
        Self(Self::ROSTER.into())
    }

    /// `@roster/people`.
    #[must_use]
    pub fn people() -> Self {
        Self(Self::PEOPLE.into())
    }

    /// `@roster/bindings`.
    #[must_use]
    pub fn bindings() -> Self {
        Self(Self::BINDINGS.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether segments of this feed travel clear: `@roster` and everything under `@roster/`.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.0 == Self::ROSTER || self.0.starts_with("@roster/")
    }

    /// The name preceded by its length as u64 little endian, as concatenations want it.
    #[must_use]
    pub fn prefixed(&self) -> Vec<u8> {
        let mut out = (self.0.len() as u64).to_le_bytes().to_vec();
        out.extend_from_slice(self.0.as_bytes());
        out
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Feed({})", self.0)
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Feed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// Which feeds a right covers: one feed, `a.b.*`, or `*` for all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Pattern(String);

impl Pattern {
    /// Checks and takes a pattern.
    ///
    /// # Errors
    /// [`BadFeed`] where it is neither a feed name, nor one without slash followed by `.*`, nor `*`.
    pub fn new(text: impl Into<String>) -> Result<Self, BadFeed> {
        let text = text.into();
        let good = text.len() <= limits::FEED_NAME_BYTES_MAX
            && match text.strip_suffix(".*") {
                Some(stem) => is_feed_name(stem) && !stem.contains('/'),
                None => text == "*" || is_feed_name(&text),
            };
        if good { Ok(Self(text)) } else { Err(BadFeed) }
    }

    /// The pattern that names exactly one feed.
    #[must_use]
    pub fn exactly(feed: &Feed) -> Self {
        Self(feed.0.clone())
    }

    /// Whether this pattern covers `feed`. A feed with a slash is covered by its exact name or `*` only.
    #[must_use]
    pub fn covers(&self, feed: &Feed) -> bool {
        if self.0 == "*" || self.0 == feed.0 {
            return true;
        }
        let Some(stem) = self.0.strip_suffix(".*") else { return false };
        if feed.0.contains('/') {
            return false;
        }
        feed.0 == stem || feed.0.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({})", self.0)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

fn is_feed_name(name: &str) -> bool {
    // An `@` begins a part, and something of that part follows it.
    let at_signs_lead =
        name.split(['.', '/']).all(|part| part.rfind('@').is_none_or(|at| at == 0 && part != "@"));
    !name.is_empty()
        && name.len() <= limits::FEED_NAME_BYTES_MAX
        && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'z' | b'.' | b'_' | b'-' | b'/' | b'@'))
        && name.bytes().filter(|b| *b == b'/').count() <= 1
        && at_signs_lead
        && name.split(['.', '/']).all(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feed_names_follow_the_rules() {
        for good in ["08.201.11.07", "@roster", "@roster/people", "08.201/referrals", "a", "@reference/08.@x"]
        {
            assert!(Feed::new(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in ["", ".", "a..b", "a.", "/a", "a/", "a/b/c", "A", "a b", "a@b", "08.*", "*", long.as_str()]
        {
            assert!(Feed::new(bad).is_err(), "{bad}");
        }
        for bare in ["@", "a.@", "@.a", "a/@", "@@a"] {
            assert!(Feed::new(bare).is_err(), "{bare}: an @ stands before something");
        }
    }

    #[test]
    fn patterns_cover_what_they_say() {
        let covers = |pattern: &str, feed: &str| {
            Pattern::new(pattern).expect("pattern").covers(&Feed::new(feed).expect("feed"))
        };
        assert!(covers("08.201.*", "08.201.11.07"));
        assert!(covers("08.201.*", "08.201"));
        assert!(!covers("08.201.*", "08.2011"));
        assert!(!covers("08.201.*", "08.201/referrals"));
        assert!(covers("08.201/referrals", "08.201/referrals"));
        assert!(covers("*", "08.201/referrals"));
        assert!(!covers("08.201.11.07", "08.201.11.09"));
        assert!(Pattern::new("08.201/x.*").is_err());
        assert!(Pattern::new(".*").is_err());
    }
}
