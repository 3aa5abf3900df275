//! Verdicts: everything held of a feed, judged at once. What a replica comes to piece by piece must equal this.

use std::collections::BTreeMap;

use khettara_core::id::{DocumentId, Feed, Head, LogId, OrgId, SegmentId};

use super::fold::Opinion;
use super::forks::{HeldLog, Reading, Rulings, judge_log};
use super::settle::{Candidate, Known, Outcome, settle};
use super::state::{EntryState, Waiting};
use crate::airlock::Past;

/// A reading and the state it came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stated {
    /// The log.
    pub log: LogId,
    /// The position; of a unit that of its first entry.
    pub n: u64,
    /// The segment it was read in; zeros for entries not cut yet.
    pub segment: SegmentId,
    /// 1; of a unit the number of its entries.
    pub count: u32,
    /// The head at it; of a unit at its last entry.
    pub head: Head,
    /// Whether it is a whole unit.
    pub of_unit: bool,
    /// For a change, its document.
    pub document: Option<DocumentId>,
    /// The state.
    pub state: EntryState,
}

impl Stated {
    /// A reading with its final state.
    #[must_use]
    pub fn new(reading: &Reading, state: EntryState) -> Self {
        Self {
            log: reading.log,
            n: reading.n,
            segment: reading.segment,
            count: reading.count,
            head: reading.head,
            of_unit: reading.of_unit,
            document: reading.change.map(|(document, _)| document),
            state,
        }
    }
}

/// Judges everything held of a feed. Documents are judged on the genesis and their changes alone.
#[must_use]
pub fn judge(org: &OrgId, feed: &Feed, logs: Vec<HeldLog>, rulings: &Rulings, known: &Known) -> Vec<Stated> {
    let readings: Vec<Reading> =
        logs.into_iter().flat_map(|log| judge_log(org, feed, log, rulings)).collect();
    let mut states: Vec<EntryState> = vec![EntryState::Merged; readings.len()];
    let mut documents: BTreeMap<DocumentId, Vec<usize>> = BTreeMap::new();
    for (place, reading) in readings.iter().enumerate() {
        match (reading.opinion, reading.change) {
            (Opinion::Change { .. }, Some((document, _))) => {
                documents.entry(document).or_default().push(place);
            }
            (Opinion::Settled(state), _) => states[place] = state,
            (Opinion::Change { .. }, None) => {}
        }
    }
    for places in documents.values() {
        let candidates: Vec<Candidate<'_>> =
            places.iter().filter_map(|place| candidate(&readings[*place])).collect();
        let settlement = settle(&mut Past::default(), &(), known, &candidates);
        for ((place, candidate), outcome) in places.iter().zip(&candidates).zip(settlement.outcomes) {
            states[*place] = final_state(candidate, outcome);
        }
    }
    latest(readings.iter().zip(states).map(|(reading, state)| Stated::new(reading, state)).collect())
}

/// The candidate that a reading is, where the airlock decides on it.
#[must_use]
pub(crate) fn candidate(reading: &Reading) -> Option<Candidate<'_>> {
    match (reading.opinion, reading.change) {
        (Opinion::Change { otherwise }, Some((_, hash))) => {
            Some(Candidate { hash, chunk: reading.chunk(), otherwise })
        }
        _ => None,
    }
}

/// The state that an outcome means.
#[must_use]
pub(crate) fn final_state(candidate: &Candidate<'_>, outcome: Outcome) -> EntryState {
    match outcome {
        Outcome::Passed => EntryState::Merged,
        Outcome::Held(state) => state,
        Outcome::Missing(_) => candidate.otherwise.unwrap_or(EntryState::Waiting(Waiting::Ancestor)),
        Outcome::Retry => candidate.otherwise.unwrap_or(EntryState::Waiting(Waiting::Retry)),
    }
}

/// Gives equal entries, held in several segments, the latest of their states. Sorted.
#[must_use]
pub fn latest(mut stated: Vec<Stated>) -> Vec<Stated> {
    stated.sort();
    let mut best: BTreeMap<(LogId, u64, Head), EntryState> = BTreeMap::new();
    for one in stated.iter().filter(|one| !one.of_unit) {
        let state = best.entry((one.log, one.n, one.head)).or_insert(one.state);
        if one.state.order(false) > state.order(false) {
            *state = one.state;
        }
    }
    // A unit that ends where readable entries end is those entries, as far as they are known.
    stated.retain(|one| {
        !one.of_unit || !best.contains_key(&(one.log, one.n + u64::from(one.count) - 1, one.head))
    });
    for one in stated.iter_mut().filter(|one| !one.of_unit) {
        if let Some(state) = best.get(&(one.log, one.n, one.head)) {
            one.state = *state;
        }
    }
    stated
}
