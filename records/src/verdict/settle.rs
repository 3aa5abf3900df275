//! Verdicts: the changes of one document, ancestors first. What the airlock makes of them, and what waits.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::ChangeHash;
use khettara_core::planted::Fault;

use super::state::{EntryState, Reason};
use crate::airlock::{AirlockFault, Chunks, Constants, Past, PastFault, Walked, walk};

/// The constants this software and the roster know, with their bytes.
#[derive(Debug, Clone, Default)]
pub struct Known {
    constants: Constants,
    chunks: BTreeMap<ChangeHash, Vec<u8>>,
}

impl Known {
    /// Adds a constant.
    ///
    /// # Errors
    /// [`AirlockFault`] where its bytes do not pass the walk; then it counts for nothing.
    pub fn add(&mut self, chunk: &[u8]) -> Result<(), AirlockFault> {
        let walked = walk(chunk)?;
        self.constants.add(&walked);
        self.chunks.insert(walked.header().hash, chunk.to_vec());
        Ok(())
    }

    /// The hashes known, ascending.
    pub fn hashes(&self) -> impl Iterator<Item = &ChangeHash> {
        self.chunks.keys()
    }
}

/// A change that its author may have written.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Its name.
    pub hash: ChangeHash,
    /// Its bytes.
    pub chunk: &'a [u8],
    /// The state that holds it back though the airlock lets it pass.
    pub otherwise: Option<EntryState>,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It can be merged, or is.
    Passed,
    /// It is held back.
    Held(EntryState),
    /// Something it builds on is not in the document: ask again when that is.
    Missing(ChangeHash),
    /// Nothing can be said now: ask again when the document is touched.
    Retry,
}

/// What became of all.
pub struct Settlement<'a> {
    /// One for each candidate, in the order given.
    pub outcomes: Vec<Outcome>,
    /// What is new to the document, ancestors first; with the candidate's place, none for a constant.
    pub passed: Vec<(Option<usize>, Walked<'a>)>,
}

/// Settles a document's new candidates on its past. What passes is added to the past; what of the past was not
/// needed before is read from `chunks`.
///
/// The outcome does not depend on the candidates' order: what passes is the least set in which every change
/// stands on changes that passed.
#[must_use]
pub fn settle<'a>(
    past: &mut Past,
    chunks: &dyn Chunks,
    known: &'a Known,
    candidates: &[Candidate<'a>],
) -> Settlement<'a> {
    let mut work = Work {
        past,
        chunks: Sources { known, document: chunks },
        known,
        outcomes: vec![Outcome::Held(EntryState::Quarantined(Reason::Airlock)); candidates.len()],
        passed: Vec::new(),
        waiting: BTreeMap::new(),
    };
    if Fault::BatchRefusedForOneBadChange.is_on() && candidates.iter().any(|one| walk(one.chunk).is_err()) {
        return Settlement { outcomes: work.outcomes, passed: work.passed };
    }
    for (place, candidate) in candidates.iter().enumerate() {
        if let Ok(walked) = walk(candidate.chunk)
            && known.constants.check(&walked).is_ok()
        {
            work.offer(Some(place), candidate.otherwise, walked);
        }
    }
    for (hash, waiting) in work.waiting {
        for (place, _, _) in waiting {
            if let Some(place) = place {
                work.outcomes[place] = Outcome::Missing(hash);
            }
        }
    }
    Settlement { outcomes: work.outcomes, passed: work.passed }
}

type Offered<'a> = (Option<usize>, Option<EntryState>, Walked<'a>);

/// Constants are at hand; everything else is in the document.
struct Sources<'w> {
    known: &'w Known,
    document: &'w dyn Chunks,
}

impl Chunks for Sources<'_> {
    fn chunks(&self, wanted: &BTreeSet<ChangeHash>) -> Vec<Vec<u8>> {
        let (constants, others): (BTreeSet<ChangeHash>, BTreeSet<ChangeHash>) =
            wanted.iter().partition(|hash| self.known.chunks.contains_key(hash));
        let constants = constants.iter().filter_map(|hash| self.known.chunks.get(hash).cloned());
        let mut found: Vec<Vec<u8>> = constants.collect();
        if !others.is_empty() {
            found.extend(self.document.chunks(&others));
        }
        found
    }
}

struct Work<'w, 'a> {
    past: &'w mut Past,
    chunks: Sources<'w>,
    known: &'a Known,
    outcomes: Vec<Outcome>,
    passed: Vec<(Option<usize>, Walked<'a>)>,
    waiting: BTreeMap<ChangeHash, Vec<Offered<'a>>>,
}

impl<'a> Work<'_, 'a> {
    fn offer(&mut self, place: Option<usize>, otherwise: Option<EntryState>, walked: Walked<'a>) {
        let mut ready = vec![(place, otherwise, walked)];
        while let Some((place, otherwise, walked)) = ready.pop() {
            let missing = walked.header().deps.iter().find(|dep| !self.past.contains(dep)).copied();
            if let Some(hash) = missing {
                let constant = self.known.chunks.get(&hash).filter(|_| !self.waiting.contains_key(&hash));
                let constant = constant.and_then(|chunk| walk(chunk).ok());
                self.waiting.entry(hash).or_default().push((place, otherwise, walked));
                ready.extend(constant.map(|constant| (None, None, constant)));
                continue;
            }
            let (outcome, woken) = self.pass(place, otherwise, walked);
            if let Some(place) = place {
                self.outcomes[place] = outcome;
            }
            ready.extend(woken);
        }
    }

    /// Judges a change whose ancestors are all here; gives what waited for it.
    fn pass(
        &mut self,
        place: Option<usize>,
        otherwise: Option<EntryState>,
        walked: Walked<'a>,
    ) -> (Outcome, Vec<Offered<'a>>) {
        let hash = walked.header().hash;
        let is_new = !self.past.contains(&hash);
        let judged = match otherwise {
            Some(_) if !is_new => Ok(()),
            Some(_) => self.past.check(&walked, &self.chunks),
            None => self.past.add(&walked, &self.chunks),
        };
        match (judged, otherwise) {
            (Err(PastFault::Airlock(_)), _) => {
                (Outcome::Held(EntryState::Quarantined(Reason::Airlock)), Vec::new())
            }
            (Err(PastFault::MissingAncestor), _) => (Outcome::Missing(hash), Vec::new()),
            (Err(PastFault::Unreadable), _) => (Outcome::Retry, Vec::new()),
            (Ok(()), Some(state)) => (Outcome::Held(state), Vec::new()),
            (Ok(()), None) => {
                if is_new {
                    self.passed.push((place, walked));
                }
                (Outcome::Passed, self.waiting.remove(&hash).unwrap_or_default())
            }
        }
    }
}
