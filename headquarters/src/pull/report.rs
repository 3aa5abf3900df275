//! Pulling: what it tells while it works, and at its end.

use std::collections::BTreeMap;

use khettara_core::error::ErrorKind;
use khettara_core::id::{DeviceKey, Feed};
use khettara_records::verdict::EntryState;

use super::meeting::Met;
use super::merging::Merged;

/// What a pull is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A relay is dialled.
    Meeting {
        /// Its key.
        relay: DeviceKey,
    },
    /// Entries are held now, all feeds together.
    Held {
        /// How many.
        entries: u64,
    },
    /// A feed was read.
    Merged {
        /// Which.
        feed: Feed,
        /// Visits its households gained.
        visits: u64,
        /// Feeds read so far.
        done: usize,
        /// Feeds in all.
        of: usize,
    },
    /// Receipts were signed.
    Receipts {
        /// How many say something new.
        new: u64,
    },
}

/// How it stands with one relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayReport {
    /// Its key.
    pub relay: DeviceKey,
    /// Whether everything was said in the last meeting.
    pub settled: bool,
    /// Whether it was reached at all.
    pub reached: bool,
    /// Why it was not, in a sentence.
    pub reason: Option<String>,
    /// What to do where it was not reached.
    pub kind: Option<ErrorKind>,
}

/// How a pull went, as an exit code says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Everything that any relay reported is here.
    Complete,
    /// Some relay was not met to the end, or some feed is behind.
    Partial,
}

/// What a pull did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullReport {
    /// Each relay.
    pub relays: Vec<RelayReport>,
    /// Entries that are held now and were not before, all feeds together.
    pub pulled: u64,
    /// Changes that were merged.
    pub merged: u64,
    /// Visits that households gained.
    pub visits: u64,
    /// Receipts that said something new.
    pub receipts: u64,
    /// Everything held and not merged, by state: how many entries.
    pub held_back: BTreeMap<EntryState, u64>,
    /// Feeds of which a relay's receipts name entries that are not here, and how many.
    pub behind: BTreeMap<Feed, u64>,
}

impl PullReport {
    pub(super) fn met(&mut self, relay: DeviceKey, met: Met) {
        let reason = match &met {
            Met::Unreached(reason) => Some(reason.to_string()),
            Met::BrokeOff(why) => Some((*why).into()),
            Met::Settled => None,
        };
        let reached = !matches!(met, Met::Unreached(_));
        let kind = match &met {
            Met::Unreached(reason) => Some(reason.kind()),
            Met::BrokeOff(_) | Met::Settled => None,
        };
        let report = RelayReport { relay, settled: met == Met::Settled, reached, reason, kind };
        match self.relays.iter_mut().find(|known| known.relay == relay) {
            Some(known) => {
                let reached = known.reached || report.reached;
                *known = RelayReport { reached, ..report };
            }
            None => self.relays.push(report),
        }
    }

    pub(super) fn add(&mut self, merged: &Merged) {
        self.merged += merged.changes;
        self.visits += merged.visits;
    }

    /// Why no relay was reached, where none was.
    pub(super) fn unreached(&self) -> Option<(String, ErrorKind)> {
        if self.relays.iter().any(|relay| relay.reached) {
            return None;
        }
        // Where one of several may answer later, trying again helps.
        let kinds = self.relays.iter().filter_map(|relay| relay.kind);
        let kind = kinds.reduce(|one, other| if one.retryable() { one } else { other });
        let reason =
            self.relays.iter().find(|relay| relay.kind == kind).and_then(|relay| relay.reason.clone());
        let none = "none is named yet; name one with `khettara-hq relay add`";
        Some((reason.unwrap_or_else(|| none.into()), kind.unwrap_or(ErrorKind::Invalid)))
    }

    /// Entries that wait for something.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let waits = |state: &EntryState| matches!(state, EntryState::Waiting(_));
        self.held_back.iter().filter(|(state, _)| waits(state)).map(|(_, count)| count).sum()
    }

    /// Entries that are kept aside.
    #[must_use]
    pub fn set_aside(&self) -> u64 {
        self.held_back.values().sum::<u64>() - self.waiting()
    }

    /// How it went.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let all_met = self.relays.iter().all(|relay| relay.settled);
        if all_met && self.behind.is_empty() { Outcome::Complete } else { Outcome::Partial }
    }
}
