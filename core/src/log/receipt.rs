//! Receipts: what an issuer durably holds of one device in one feed. Signed state, the higher ordinal replacing.

use serde::{Deserialize, Serialize};

use crate::encoding::{self, Set};
use crate::hash;
use crate::id::{DeviceKey, Feed, Head, LogId};
use crate::identity::Role;
use crate::limits;

/// Where the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place(pub u8);

impl Place {
    /// On a colleague's tablet.
    pub const COLLEAGUE: Self = Self(1);
    /// At a relay: Delivered.
    pub const RELAY: Self = Self(2);
    /// At headquarters, merged.
    pub const HEADQUARTERS: Self = Self(3);

    /// Whether an issuer of `role` may say this place.
    #[must_use]
    pub const fn may_be_said_by(self, role: Option<Role>) -> bool {
        match (self, role) {
            (Self::HEADQUARTERS, Some(role)) => matches!(role, Role::HEADQUARTERS | Role::READER),
            (Self::RELAY, Some(role)) => matches!(role, Role::RELAY),
            (Self::COLLEAGUE, Some(_)) => true,
            _ => false,
        }
    }
}

/// A run of entries that are held and not merged: `(first, count, reason)`.
pub type HeldBack = (u64, u32, u8);

/// One log in a receipt: `(log, n, head, held_back)`.
pub type ReceiptLine = (LogId, u64, Head, Set<HeldBack>);

/// Body of kind 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReceiptBody {
    /// Where the issuer holds it.
    pub place: Place,
    /// The feed.
    pub feed: Feed,
    /// The author.
    pub device: DeviceKey,
    /// Of one issuer the higher replaces.
    pub ordinal: u64,
    /// The author's logs; each `n` is the end of a held segment.
    pub lines: Set<ReceiptLine>,
    /// The cut it was said of; empty until cuts are frozen.
    pub cut: Option<[u8; 16]>,
    /// Milliseconds since 1970-01-01 UTC as the issuer's clock showed; 0 unknown. For the screen only.
    pub shown_time: u64,
}

impl ReceiptBody {
    /// Whether the body keeps the rules that no signature shows.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let headquarters = self.place == Place::HEADQUARTERS;
        (headquarters || self.cut.is_none())
            && self.lines.iter().all(|(_, n, _, runs)| {
                (headquarters || runs.is_empty()) && runs_are_sound(*n, runs.as_slice())
            })
    }
}

/// Runs within `1..=n`, ascending, not overlapping, each as long as it can be, not too many.
fn runs_are_sound(n: u64, runs: &[HeldBack]) -> bool {
    let within = |(first, count, _): &HeldBack| {
        *count >= 1 && *first >= 1 && first.checked_add(u64::from(*count) - 1).is_some_and(|last| last <= n)
    };
    let apart = |pair: &[HeldBack]| {
        let ((first, count, reason), (next, _, other)) = (pair[0], pair[1]);
        let end = first + u64::from(count);
        end < next || (end == next && reason != other)
    };
    runs.len() <= limits::RECEIPT_HELD_BACK_RUNS_MAX && runs.iter().all(within) && runs.windows(2).all(apart)
}

/// A receipt's name among those held: `(issuer, feed, device, ordinal, D("receipt", body)[..8])`.
pub type ReceiptName = (DeviceKey, Feed, DeviceKey, u64, [u8; 8]);

impl ReceiptBody {
    /// The receipt's name.
    #[must_use]
    pub fn name(&self, issuer: DeviceKey) -> ReceiptName {
        let short = hash::first(&hash::derive("receipt", &[&encoding::to_bytes(self)]));
        (issuer, self.feed.clone(), self.device, self.ordinal, short)
    }
}

/// `D("receipts", set<(issuer, feed, device, ordinal, D("receipt", body)[..8])>)[..8]`.
#[must_use]
pub fn receipts_digest(held: impl IntoIterator<Item = ReceiptName>) -> [u8; 8] {
    let all: Set<ReceiptName> = held.into_iter().collect();
    hash::first(&hash::derive("receipts", &[&encoding::to_bytes(&all)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(place: Place, runs: Vec<HeldBack>) -> ReceiptBody {
        ReceiptBody {
            place,
            feed: Feed::new("08.201.11.07").expect("feed"),
            device: DeviceKey([1; 32]),
            ordinal: 1,
            lines: [(LogId([2; 32]), 20, Head([3; 32]), runs.into_iter().collect())].into_iter().collect(),
            cut: None,
            shown_time: 0,
        }
    }

    #[test]
    fn only_headquarters_speaks_of_held_back_entries() {
        assert!(body(Place::HEADQUARTERS, vec![(3, 2, 1), (5, 1, 5), (9, 12, 1)]).is_sound());
        assert!(!body(Place::RELAY, vec![(3, 2, 1)]).is_sound());
        assert!(body(Place::RELAY, vec![]).is_sound());
    }

    #[test]
    fn runs_are_as_long_as_they_can_be_and_do_not_overlap() {
        for runs in [
            vec![(3, 2, 1), (5, 1, 1)],
            vec![(3, 2, 1), (4, 1, 2)],
            vec![(20, 2, 1)],
            vec![(0, 1, 1)],
            vec![(3, 0, 1)],
        ] {
            assert!(!body(Place::HEADQUARTERS, runs.clone()).is_sound(), "{runs:?}");
        }
    }

    #[test]
    fn a_place_is_believed_from_whoever_is_there() {
        assert!(Place::HEADQUARTERS.may_be_said_by(Some(Role::READER)));
        assert!(!Place::HEADQUARTERS.may_be_said_by(Some(Role::RELAY)));
        assert!(!Place::RELAY.may_be_said_by(Some(Role::WORKER)));
        assert!(Place::COLLEAGUE.may_be_said_by(Some(Role::WORKER)));
        assert!(!Place::COLLEAGUE.may_be_said_by(None));
    }

    #[test]
    fn what_is_held_of_receipts_has_one_digest() {
        let name = |ordinal| ReceiptBody { ordinal, ..body(Place::RELAY, vec![]) }.name(DeviceKey([7; 32]));
        assert_eq!(receipts_digest([name(1), name(2)]), receipts_digest([name(2), name(1)]));
        assert_ne!(receipts_digest([name(1), name(2)]), receipts_digest([name(1)]));
        assert_ne!(receipts_digest([name(1)]), receipts_digest([name(2)]));
    }
}
