//! What the roster answers with.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::Set;
use crate::id::{DeviceKey, Feed, Head, KemKey, LogId, SegmentId};
use crate::identity::{Binding, Closing, Grant, Release, Role, Signed};
use crate::limits;

/// The last entry of headquarters' log that counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterPosition {
    /// `epoch · 2^32 + n`.
    pub value: u64,
    /// The log that holds it.
    pub log: LogId,
    /// Its position there.
    pub n: u64,
    /// The head there: says on which branch.
    pub head: Head,
    /// Whether `log` is the one that the root names now. While nothing of that one is held, a roster position
    /// is said with a tip of zeros.
    pub is_of_named_log: bool,
}

/// How a session of some key is to be treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Nothing held here names the key.
    Unknown,
    /// Served within its rights.
    Admitted {
        /// Its role; [`Role`] 0 where a credential claims a role that only a delegation gives.
        role: Role,
        /// Its serial, where a credential gives one.
        serial: Option<u32>,
    },
    /// Gets the roster and its own receipts, and pushes its own logs: a closing ended it, or what made it known
    /// counts for the acceptance of segments alone.
    Closed,
}

/// A serial's keys, role and grants, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialView {
    /// Its number in the roster.
    pub serial: u32,
    /// 0 where invitation and binding together are the credential.
    pub edition: u32,
    /// Its signing key.
    pub device: DeviceKey,
    /// Its receiving key.
    pub kem: KemKey,
    /// Its role, as said; see [`Roster::issuer_role`](super::Roster::issuer_role) for what it is worth.
    pub role: Role,
    /// Its grants.
    pub grants: Set<Grant>,
}

/// Whether a serial was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindingState<'a> {
    /// By nobody, as far as known here.
    None,
    /// By one device.
    Bound(&'a Binding, &'a Signed),
    /// By two: the registrar forked. Both may have their segments accepted; a person has to decide.
    Forked,
}

/// A closing and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingView {
    /// What it says.
    pub closing: Closing,
    /// The smallest position at which headquarters' log holds it; none while it is known alone.
    pub position: Option<u64>,
    /// Its envelope.
    pub signed: Signed,
}

impl ClosingView {
    /// Whether it touches the logs of `device` in `feed`. It never touches `@roster` or what is below it.
    #[must_use]
    pub fn touches(&self, device: &DeviceKey, feed: &Feed) -> bool {
        !feed.is_clear()
            && self.closing.devices.contains(device)
            && self.closing.feeds.iter().any(|pattern| pattern.covers(feed))
    }
}

/// A release whose signature is good. Whether it counts is asked line by line:
/// [`Roster::release_counts`](super::Roster::release_counts).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseView {
    /// What it says.
    pub release: Release,
    /// Its envelope; the signer stands in it.
    pub signed: Signed,
    /// Whether it counts as headquarters' word.
    pub by_headquarters: bool,
    /// Whether headquarters' log holds it: its lines name segments then.
    pub is_in_roster: bool,
    /// Where its signer's own logs hold it: `(log, n, head)`.
    pub stands: BTreeSet<(LogId, u64, Head)>,
}

/// What the roster says about which logs and branches are listed, in feeds other than `@roster`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterNames {
    /// Positions named by a closing's keep, or by a line of a release in headquarters' log.
    pub points: BTreeSet<(LogId, u64, Head)>,
    /// Finished logs and their tips.
    pub finished: BTreeMap<LogId, BTreeSet<SegmentId>>,
    /// Logs listed per device and feed: the largest number ever given.
    pub logs_max: usize,
    /// Branches listed per log: the largest number ever given.
    pub branches_max: usize,
}

impl Default for RosterNames {
    fn default() -> Self {
        Self {
            points: BTreeSet::new(),
            finished: BTreeMap::new(),
            logs_max: limits::LOGS_LISTED_PER_DEVICE_AND_FEED,
            branches_max: limits::BRANCHES_LISTED_PER_LOG,
        }
    }
}

/// A writer whose word the whole organisation follows has said two things. The roster ends at the last position
/// both share until the root settles it; only closings count beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// The root forked: its key or its machine was copied. A rotation settles it.
    RootForked {
        /// The last common `(log, n, head)`; none where two logs share nothing.
        at: Option<(LogId, u64, Head)>,
    },
    /// Headquarters forked. A delegation by the root that continues from one branch settles it.
    HeadquartersForked {
        /// The last common `(log, n, head)`; none where two logs share nothing.
        at: Option<(LogId, u64, Head)>,
    },
}
