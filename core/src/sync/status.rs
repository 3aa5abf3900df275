//! Where own work is: what receipts prove of one's own log, and nothing more than they prove.

use std::collections::BTreeMap;

use crate::id::{Head, LogId};
use crate::identity::Role;
use crate::log::{HeldBack, Place, ReceiptBody};

/// Where one entry provably is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whereabouts {
    /// Durable on this device.
    Saved,
    /// A colleague's device holds it too.
    Colleague,
    /// A relay holds it.
    Delivered,
    /// Headquarters holds it and has not merged it, for this reason (the numbers of a receipt's held back runs).
    SetAside(u8),
    /// Headquarters holds it, merged.
    Headquarters,
}

/// How far receipts reach in one own log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    colleague: u64,
    relay: u64,
    headquarters: Vec<(u64, Vec<HeldBack>)>,
}

impl Reach {
    /// What `receipts` prove of `log`, of which `heads` are the own heads at the ends of segments. Each comes
    /// with its issuer's role, as the roster says now.
    ///
    /// A line counts where its head is the own head at its position, and its issuer may say its place. A line
    /// of another branch, of another log or from somebody else proves nothing.
    #[must_use]
    pub fn of<'r>(
        log: &LogId,
        heads: &BTreeMap<u64, Head>,
        receipts: impl IntoIterator<Item = (Option<Role>, &'r ReceiptBody)>,
    ) -> Self {
        let mut reach = Self::default();
        for (role, body) in receipts {
            if !body.place.may_be_said_by(role) {
                continue;
            }
            for (_, n, head, held_back) in body.lines.iter().filter(|(line, ..)| line == log) {
                if heads.get(n) == Some(head) {
                    reach.take(body.place, *n, held_back.as_slice());
                }
            }
        }
        reach
    }

    fn take(&mut self, place: Place, n: u64, held_back: &[HeldBack]) {
        match place {
            Place::COLLEAGUE => self.colleague = self.colleague.max(n),
            Place::RELAY => self.relay = self.relay.max(n),
            Place::HEADQUARTERS => self.headquarters.push((n, held_back.to_vec())),
            // A place this software does not know is no place it can promise.
            _ => {}
        }
    }

    /// Where the entry at position `n` is.
    #[must_use]
    pub fn at(&self, n: u64) -> Whereabouts {
        let covering = self.headquarters.iter().filter(|(end, _)| n <= *end);
        let said = covering.map(|(_, runs)| match reason_at(runs, n) {
            Some(reason) => Whereabouts::SetAside(reason),
            None => Whereabouts::Headquarters,
        });
        said.max().unwrap_or(if n <= self.relay {
            Whereabouts::Delivered
        } else if n <= self.colleague {
            Whereabouts::Colleague
        } else {
            Whereabouts::Saved
        })
    }
}

fn reason_at(runs: &[HeldBack], n: u64) -> Option<u8> {
    let run = runs.iter().find(|(first, count, _)| *first <= n && n - first < u64::from(*count));
    run.map(|(_, _, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DeviceKey, Feed};

    const LOG: LogId = LogId([1; 32]);

    fn heads() -> BTreeMap<u64, Head> {
        BTreeMap::from([(3, Head([3; 32])), (7, Head([7; 32])), (9, Head([9; 32]))])
    }

    fn receipt(place: Place, log: LogId, n: u64, head: u8, held_back: &[HeldBack]) -> ReceiptBody {
        ReceiptBody {
            place,
            feed: Feed::new("08.201.11.07").expect("feed"),
            device: DeviceKey([5; 32]),
            ordinal: 1,
            lines: [(log, n, Head([head; 32]), held_back.iter().copied().collect())].into_iter().collect(),
            cut: None,
            shown_time: 0,
        }
    }

    fn reach(receipts: &[(Option<Role>, ReceiptBody)]) -> Reach {
        Reach::of(&LOG, &heads(), receipts.iter().map(|(role, body)| (*role, body)))
    }

    #[test]
    fn what_no_receipt_covers_is_saved_and_no_more() {
        assert_eq!(reach(&[]).at(1), Whereabouts::Saved);
        let relay = reach(&[(Some(Role::RELAY), receipt(Place::RELAY, LOG, 7, 7, &[]))]);
        assert_eq!((relay.at(7), relay.at(8)), (Whereabouts::Delivered, Whereabouts::Saved));
    }

    #[test]
    fn a_receipt_with_a_foreign_head_is_ignored() {
        let foreign = reach(&[(Some(Role::RELAY), receipt(Place::RELAY, LOG, 7, 8, &[]))]);
        assert_eq!(foreign, Reach::default());
        let nowhere = reach(&[(Some(Role::RELAY), receipt(Place::RELAY, LOG, 8, 8, &[]))]);
        assert_eq!(nowhere, Reach::default());
        let other = reach(&[(Some(Role::RELAY), receipt(Place::RELAY, LogId([2; 32]), 7, 7, &[]))]);
        assert_eq!(other, Reach::default());
    }

    #[test]
    fn a_place_is_believed_only_from_whoever_is_there() {
        let headquarters = receipt(Place::HEADQUARTERS, LOG, 9, 9, &[]);
        for role in [None, Some(Role::RELAY), Some(Role::WORKER), Some(Role(0))] {
            assert_eq!(reach(&[(role, headquarters.clone())]).at(1), Whereabouts::Saved, "{role:?}");
        }
        for role in [Role::HEADQUARTERS, Role::READER] {
            assert_eq!(reach(&[(Some(role), headquarters.clone())]).at(9), Whereabouts::Headquarters);
        }
        let relay = receipt(Place::RELAY, LOG, 9, 9, &[]);
        assert_eq!(reach(&[(Some(Role::WORKER), relay)]).at(1), Whereabouts::Saved);
        let colleague = receipt(Place::COLLEAGUE, LOG, 3, 3, &[]);
        assert_eq!(reach(&[(Some(Role::WORKER), colleague)]).at(3), Whereabouts::Colleague);
    }

    #[test]
    fn the_best_place_wins_and_what_is_set_aside_says_so() {
        let reach = reach(&[
            (Some(Role::WORKER), receipt(Place::COLLEAGUE, LOG, 9, 9, &[])),
            (Some(Role::RELAY), receipt(Place::RELAY, LOG, 7, 7, &[])),
            (Some(Role::HEADQUARTERS), receipt(Place::HEADQUARTERS, LOG, 3, 3, &[(2, 1, 4)])),
        ]);
        let expected = [
            (1, Whereabouts::Headquarters),
            (2, Whereabouts::SetAside(4)),
            (3, Whereabouts::Headquarters),
            (4, Whereabouts::Delivered),
            (8, Whereabouts::Colleague),
            (10, Whereabouts::Saved),
        ];
        for (n, whereabouts) in expected {
            assert_eq!(reach.at(n), whereabouts, "entry {n}");
        }
    }

    #[test]
    fn of_two_processes_of_headquarters_the_one_that_merged_it_is_believed() {
        let reach = reach(&[
            (Some(Role::HEADQUARTERS), receipt(Place::HEADQUARTERS, LOG, 9, 9, &[(2, 3, 1)])),
            (Some(Role::READER), receipt(Place::HEADQUARTERS, LOG, 3, 3, &[])),
        ]);
        assert_eq!((reach.at(2), reach.at(4)), (Whereabouts::Headquarters, Whereabouts::SetAside(1)));
    }
}
