//! What a tablet can say of itself: where its work provably is, what waits, and for whom.

use std::collections::BTreeMap;

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::identity::Admission;
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::{Engine, Whereabouts};
use khettara_records::model::Instant;
use khettara_records::replica::Stats;
use serde::Serialize;

use crate::visits::OwnVisit;

/// How far the enrolment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Enrolment {
    /// No code was given.
    None,
    /// A code was given; the relay has not confirmed it.
    Waiting,
    /// Confirmed.
    Enrolled,
    /// Headquarters closed this tablet. It keeps and delivers its own work.
    Closed,
}

/// Own visits by where they provably are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VisitCounts {
    /// All of them.
    pub all: u64,
    /// On this tablet only.
    pub saved: u64,
    /// On a colleague's tablet too.
    pub with_a_colleague: u64,
    /// At a relay.
    pub delivered: u64,
    /// At headquarters, merged.
    pub at_headquarters: u64,
    /// At headquarters, set aside.
    pub set_aside: u64,
}

impl VisitCounts {
    /// Counts visits.
    #[must_use]
    pub fn of(visits: &[OwnVisit]) -> Self {
        let mut counts = Self::default();
        for visit in visits {
            counts.all += 1;
            *match visit.whereabouts {
                Whereabouts::Saved => &mut counts.saved,
                Whereabouts::Colleague => &mut counts.with_a_colleague,
                Whereabouts::Delivered => &mut counts.delivered,
                Whereabouts::SetAside(_) => &mut counts.set_aside,
                Whereabouts::Headquarters => &mut counts.at_headquarters,
            } += 1;
        }
        counts
    }

    /// Those that a relay or headquarters holds.
    #[must_use]
    pub const fn left_the_tablet(&self) -> u64 {
        self.delivered + self.at_headquarters + self.set_aside
    }
}

/// Own visits that wait, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The commune.
    #[serde(serialize_with = "as_text")]
    pub feed: Feed,
    /// How many visits.
    pub visits: u64,
    /// What has to happen.
    pub what: WaitsFor,
}

/// What own visits wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// A relay.
    Relay,
    /// Headquarters has to give this tablet the commune's key.
    Key,
    /// Headquarters has to grant the commune to this tablet.
    Grant,
    /// Headquarters to fetch them from the relay.
    Headquarters,
    /// A supervisor, for this reason (see [`crate::reason_words`]).
    Supervisor(u8),
}

/// Up to where own work is at headquarters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AtHeadquarters {
    /// Own visits at headquarters.
    pub visits: u64,
    /// Of so many.
    pub of: u64,
    /// All own visits up to this moment are there, by the order in which they were saved; absent where the
    /// first is not.
    pub up_to: Option<Instant>,
}

impl AtHeadquarters {
    /// What is proved of these visits, given in the order in which they were saved.
    #[must_use]
    pub fn of(visits: &[OwnVisit]) -> Self {
        let is_there = |visit: &&OwnVisit| visit.whereabouts == Whereabouts::Headquarters;
        let credible = |visit: &OwnVisit| visit.at.filter(|at| at.is_credible());
        // Where one clock was wrong, a visit there may say a later time than one that waits.
        let mut waits_from: BTreeMap<&Feed, Instant> = BTreeMap::new();
        for visit in visits.iter().filter(|visit| !is_there(visit)) {
            if let Some(at) = credible(visit) {
                let first = waits_from.entry(&visit.feed).or_insert(at);
                *first = at.min(*first);
            }
        }
        let mut by_feed: BTreeMap<&Feed, (Option<Instant>, bool)> = BTreeMap::new();
        for visit in visits {
            let (last, open) = by_feed.entry(&visit.feed).or_insert((None, true));
            *open &= is_there(&visit);
            let is_before = |at: &Instant| waits_from.get(&visit.feed).is_none_or(|first| at <= first);
            if *open {
                *last = credible(visit).filter(is_before).max(*last);
            }
        }
        // Where communes stand at different moments, the earliest is what may be said of all.
        let behind = by_feed.values().filter(|(_, open)| !open).map(|(last, _)| *last);
        let all = by_feed.values().map(|(last, _)| *last);
        let up_to = behind.min().unwrap_or_else(|| all.max().flatten());
        let there = visits.iter().filter(is_there).count() as u64;
        Self { visits: there, of: visits.len() as u64, up_to }
    }
}

/// One own visit, where it provably is, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitStatus {
    /// The visit and where it is.
    pub visit: OwnVisit,
    /// What it waits for; `None`: nothing, it is at headquarters.
    pub waits_for: Option<WaitsFor>,
}

/// What each of these visits waits for.
pub(crate) fn statuses(
    engine: &Engine,
    store: &dyn Store,
    visits: Vec<OwnVisit>,
) -> Result<Vec<VisitStatus>, StoreError> {
    let (roster, me) = (engine.roster(), engine.party().key());
    let is_new = roster.admission(&me) == Admission::Unknown;
    let mut feeds: BTreeMap<Feed, (bool, bool)> = BTreeMap::new();
    for visit in &visits {
        if !feeds.contains_key(&visit.feed) {
            let has_key = held::newest_feed_key(store, &visit.feed)?.is_some();
            feeds.insert(visit.feed.clone(), (is_new || roster.may_write(&me, &visit.feed), has_key));
        }
    }
    let status = |visit: OwnVisit| {
        let (granted, has_key) = feeds.get(&visit.feed).copied().unwrap_or_default();
        VisitStatus { waits_for: waits_for(&visit, granted, has_key), visit }
    };
    Ok(visits.into_iter().map(status).collect())
}

/// Everything a tablet says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The organisation's name, where it is known.
    pub organisation: Option<String>,
    /// How far the enrolment is.
    pub enrolment: Enrolment,
    /// Its number, once it is known.
    pub serial: Option<u32>,
    /// Its key.
    #[serde(serialize_with = "as_text")]
    pub device: DeviceKey,
    /// Own visits by where they are.
    pub visits: VisitCounts,
    /// Up to where they are at headquarters.
    pub at_headquarters: AtHeadquarters,
    /// What waits, and for whom.
    pub waiting: Vec<Waiting>,
    /// Everything readable on this tablet, others' work included.
    pub households: u64,
    /// Visits readable on this tablet.
    pub visits_readable: u64,
    /// Fields with several answers.
    pub conflicts: u64,
    /// Entries of others that are held here and not merged.
    pub set_aside_here: u64,
}

impl Status {
    pub(crate) fn with_stats(mut self, stats: Stats) -> Self {
        self.households = stats.households;
        self.visits_readable = stats.visits;
        self.conflicts = stats.conflicts;
        self
    }
}

/// Groups what waits.
pub(crate) fn waiting(statuses: &[VisitStatus]) -> Vec<Waiting> {
    let mut counts: BTreeMap<(Feed, WaitsFor), u64> = BTreeMap::new();
    for status in statuses {
        if let Some(what) = status.waits_for {
            *counts.entry((status.visit.feed.clone(), what)).or_default() += 1;
        }
    }
    counts.into_iter().map(|((feed, what), visits)| Waiting { feed, visits, what }).collect()
}

/// What one visit waits for; `None`: it is at headquarters, merged.
const fn waits_for(visit: &OwnVisit, granted: bool, has_key: bool) -> Option<WaitsFor> {
    Some(match visit.whereabouts {
        Whereabouts::Headquarters => return None,
        Whereabouts::SetAside(reason) => WaitsFor::Supervisor(reason),
        Whereabouts::Delivered => WaitsFor::Headquarters,
        Whereabouts::Saved | Whereabouts::Colleague if !granted => WaitsFor::Grant,
        Whereabouts::Saved if !has_key => WaitsFor::Key,
        Whereabouts::Saved | Whereabouts::Colleague => WaitsFor::Relay,
    })
}

fn as_text<T: std::fmt::Display, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(second: i64) -> Option<Instant> {
        Instant::of_seconds(1_764_000_000 + second).ok()
    }

    fn visit(feed: &str, second: i64, whereabouts: Whereabouts) -> OwnVisit {
        OwnVisit {
            id: Uuid::nil(),
            household: Uuid::nil(),
            feed: Feed::new(feed).expect("feed"),
            at: at(second),
            whereabouts,
        }
    }

    #[test]
    fn at_headquarters_is_said_up_to_the_first_visit_that_is_not_there() {
        use Whereabouts::{Delivered, Headquarters};
        let visits = [visit("a", 10, Headquarters), visit("a", 20, Delivered), visit("a", 30, Headquarters)];
        let said = AtHeadquarters::of(&visits);
        assert_eq!((said.visits, said.of, said.up_to), (2, 3, at(10)));
        let visits = [visit("a", 10, Headquarters), visit("b", 5, Delivered)];
        assert_eq!(AtHeadquarters::of(&visits).up_to, None, "nothing of b is there");
        let visits = [visit("a", 10, Headquarters), visit("b", 50, Headquarters)];
        assert_eq!(AtHeadquarters::of(&visits).up_to, at(50));
        let clock_not_set = OwnVisit { at: Instant::of_seconds(9).ok(), ..visit("a", 0, Headquarters) };
        assert_eq!(AtHeadquarters::of(&[visit("a", 10, Headquarters), clock_not_set]).up_to, at(10));
        let years_ahead = visit("a", 99_999_999, Headquarters);
        let visits = [visit("a", 10, Headquarters), years_ahead, visit("a", 20, Delivered)];
        assert_eq!(AtHeadquarters::of(&visits).up_to, at(10), "not up to what a wrong clock said");
        assert_eq!(AtHeadquarters::of(&[]), AtHeadquarters::default());
    }

    #[test]
    fn what_waits_says_for_whom() {
        let visits = [
            visit("a", 1, Whereabouts::Saved),
            visit("a", 2, Whereabouts::Delivered),
            visit("a", 3, Whereabouts::Headquarters),
            visit("b", 4, Whereabouts::Saved),
            visit("c", 5, Whereabouts::Saved),
        ];
        let status = |visit: OwnVisit| {
            let (granted, has_key) = (visit.feed.as_str() != "b", visit.feed.as_str() != "c");
            VisitStatus { waits_for: waits_for(&visit, granted, has_key), visit }
        };
        let waiting = waiting(&visits.map(status));
        let said: Vec<_> = waiting.iter().map(|one| (one.feed.as_str(), one.what, one.visits)).collect();
        let expected = vec![
            ("a", WaitsFor::Relay, 1),
            ("a", WaitsFor::Headquarters, 1),
            ("b", WaitsFor::Grant, 1),
            ("c", WaitsFor::Key, 1),
        ];
        assert_eq!(said, expected);
    }
}
