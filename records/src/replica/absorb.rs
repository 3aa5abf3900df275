//! Replica: a round's readings become documents and rows. Each document is loaded once, rehearsed once, saved once.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding;
use khettara_core::id::{ChangeHash, DocumentId, Feed, LogId, SegmentId};
use khettara_core::limits::CATCH_UP_BATCH_BYTES;
use khettara_core::store::{Op, Store, StoreError};

use super::Replica;
use super::cache::{Loaded, NotLoaded};
use super::catch_up::{CaughtUp, Round};
use super::keys;
use super::rows::{self, HeldRow, ListRow, WaitingRow};
use crate::airlock::{Past, RehearsalFault, RehearsedEach, Stage, Walked};
use crate::model::HouseholdDocument;
use crate::verdict::{
    Candidate, EntryState, Known, Opinion, Outcome, Reading, Settlement, Stated, candidate, final_state,
    latest, settle,
};

/// Why a round ended early.
#[derive(Debug)]
pub(super) enum Trouble {
    Store(StoreError),
    /// Derived rows are not what they should be: forget them, read anew.
    Anew,
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<NotLoaded> for Trouble {
    fn from(error: NotLoaded) -> Self {
        match error {
            NotLoaded::Store(error) => Self::Store(error),
            NotLoaded::Damaged => Self::Anew,
        }
    }
}

/// Where an entry stands.
type Place = (LogId, u64, SegmentId);

/// A change that waited and may go on now.
struct Woken {
    place: Place,
    missing: ChangeHash,
    row: WaitingRow,
}

impl Woken {
    fn candidate(&self) -> Candidate<'_> {
        let chunk = self.row.written.get(DocumentId::LEN..).unwrap_or_default();
        Candidate { hash: self.row.hash, chunk, otherwise: self.row.otherwise }
    }
}

impl Replica {
    /// Settles a round and writes its rows, its marks last.
    pub(super) fn absorb(
        &mut self,
        store: &mut dyn Store,
        feed: &Feed,
        round: Round,
        report: &mut CaughtUp,
    ) -> Result<(), Trouble> {
        let mut documents: BTreeMap<DocumentId, Vec<usize>> = BTreeMap::new();
        let mut states: Vec<EntryState> = Vec::with_capacity(round.readings.len());
        for (place, reading) in round.readings.iter().enumerate() {
            if let (Opinion::Change { .. }, Some((document, _))) = (reading.opinion, reading.change) {
                documents.entry(document).or_default().push(place);
            }
            states.push(match reading.opinion {
                Opinion::Settled(state) => state,
                Opinion::Change { .. } => EntryState::Merged,
            });
        }
        // Of a document only its own readings make something wait, so one look at the feed is enough.
        let all = keys::all_waiting(feed);
        let something_waits = !store.scan(&all, &all, 1)?.is_empty();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for (id, places) in &documents {
            let readings: Vec<&Reading> = places.iter().map(|place| &round.readings[*place]).collect();
            let mut absorbed = self.absorb_document(store, feed, id, &readings, something_waits)?;
            for (place, state) in places.iter().zip(&absorbed.states) {
                states[*place] = *state;
            }
            bytes += absorbed.bytes;
            batch.append(&mut absorbed.ops);
            absorbed.tell(id, report);
            if bytes > CATCH_UP_BATCH_BYTES {
                store.derive(std::mem::take(&mut batch))?;
                bytes = 0;
            }
        }
        let stated = round.readings.iter().zip(states).map(|(reading, state)| Stated::new(reading, state));
        for one in latest(stated.collect()) {
            batch.extend(held_back_row(feed, &one));
            report.count(one.state, one.count);
        }
        batch.extend(round.ops);
        Ok(store.derive(batch)?)
    }

    /// Tries again, once in the life of this copy, what a document was too slow or too large for: another day, or
    /// another machine, may have room for it.
    pub(super) fn retry(
        &mut self,
        store: &mut dyn Store,
        feed: &Feed,
        report: &mut CaughtUp,
    ) -> Result<(), Trouble> {
        if self.retried.contains(feed) {
            return Ok(());
        }
        let all = keys::all_waiting(feed);
        let mut from = all.clone();
        while let Some((key, _)) = store.scan(&all, &from, 1)?.pop() {
            let Some((id, rest)) = key.get(all.len()..).and_then(<[u8]>::split_first_chunk) else { break };
            let id = DocumentId(*id);
            from = keys::behind_waiting_in(feed, &id);
            // What is to be tried again stands before what waits for a change.
            if !rest.starts_with(&ChangeHash::ZERO.0) {
                continue;
            }
            let absorbed = self.absorb_document(store, feed, &id, &[], true)?;
            absorbed.tell(&id, report);
            store.derive(absorbed.ops)?;
        }
        self.retried.insert(feed.clone());
        Ok(())
    }

    fn absorb_document(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
        readings: &[&Reading],
        something_waits: bool,
    ) -> Result<Absorbed, Trouble> {
        let woken = if something_waits { wake(store, feed, id, readings)? } else { Vec::new() };
        let is_at_hand = self.cache.holds(feed, id);
        let loaded = self.cache.take(store, feed, id)?;
        let candidates: Vec<Candidate<'_>> = readings
            .iter()
            .filter_map(|reading| candidate(reading))
            .chain(woken.iter().map(Woken::candidate))
            .collect();
        let (mut loaded, judged) = match merge_at_once(&self.known, &mut self.stage, loaded, &candidates) {
            Ok(merged) => merged,
            Err(Refused(fault)) => {
                let loaded = self.cache.take(store, feed, id)?;
                merge(&self.known, &mut self.stage, loaded, &candidates, fault)
            }
        };
        let mut absorbed = Absorbed {
            states: candidates
                .iter()
                .zip(&judged.outcomes)
                .map(|(one, what)| final_state(one, *what))
                .collect(),
            ..Absorbed::default()
        };
        absorbed.merged = judged.merged.len() as u64;
        for (number, reading) in readings.iter().enumerate() {
            if let Some(missing) = judged.waits_for(number) {
                absorbed.ops.push(waiting_row(feed, id, &missing, reading, candidates[number].otherwise));
            }
        }
        for (number, one) in woken.iter().enumerate() {
            let number = readings.len() + number;
            let (state, missing) = (absorbed.states[number], judged.waits_for(number));
            absorbed.ops.extend(woken_rows(store, feed, id, one, state, missing)?);
        }
        if let Some(saved) = &judged.saved {
            let row = self.cache.pack(saved);
            loaded.saved_bytes = row.len();
            absorbed.document_rows(store, feed, &loaded.document, row)?;
        }
        absorbed.states.truncate(readings.len());
        // Of thousands passing through none is likely to be looked at next: what was at hand before stays.
        if is_at_hand {
            self.cache.put(feed, loaded);
        }
        Ok(absorbed)
    }
}

/// What a document's readings came to, and the rows that say so.
#[derive(Default)]
struct Absorbed {
    states: Vec<EntryState>,
    ops: Vec<Op>,
    bytes: usize,
    merged: u64,
    visits: u64,
}

impl Absorbed {
    /// Adds to the report what became of this document.
    fn tell(&self, id: &DocumentId, report: &mut CaughtUp) {
        report.merged += self.merged;
        report.visits += self.visits;
        if self.bytes > 0 {
            report.touched.insert(*id);
        }
    }

    fn document_rows(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        document: &HouseholdDocument,
        packed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let id = document.id();
        let old = rows::row_of(store, feed, &id)?;
        let (visits, changes) = old.as_ref().map_or((0, 0), |row| (row.visits, row.changes));
        let row = ListRow::of(document, changes + self.merged);
        self.visits = u64::from(row.visits.saturating_sub(visits));
        self.bytes = packed.len() + 512;
        self.ops.push(Op::Put(keys::document(feed, &id), packed));
        self.ops.extend(rows::put_row(feed, old.as_ref(), &row));
        Ok(())
    }
}

/// What merging came to.
struct Judged {
    outcomes: Vec<Outcome>,
    /// Candidates that are new to the document.
    merged: Vec<usize>,
    /// The document's bytes, where it changed.
    saved: Option<Vec<u8>>,
}

impl Judged {
    /// What a candidate waits for; zeros: for the document to be touched.
    fn waits_for(&self, candidate: usize) -> Option<ChangeHash> {
        match self.outcomes[candidate] {
            Outcome::Retry => Some(ChangeHash::ZERO),
            Outcome::Missing(hash) => Some(hash),
            Outcome::Passed | Outcome::Held(_) => None,
        }
    }
}

/// Why merging at once came to nothing: the document is gone. With the rehearsal's fault, where one was begun.
struct Refused(Option<RehearsalFault>);

/// Settles candidates and rehearses what passes on the document itself, which spares a copy. Where anything fails
/// the document is gone, and is loaded again for [`merge`].
fn merge_at_once(
    known: &Known,
    stage: &mut Stage,
    loaded: Loaded,
    candidates: &[Candidate<'_>],
) -> Result<(Loaded, Judged), Refused> {
    let Loaded { document, past, saved_bytes, is_stored } = loaded;
    let past = past.map_or_else(|| Past::of(document.automerge()).ok(), Some);
    let mut past = past.ok_or(Refused(None))?;
    let Settlement { outcomes, passed } = settle(&mut past, document.automerge(), known, candidates);
    if passed.is_empty() {
        let judged = Judged { outcomes, merged: Vec::new(), saved: None };
        return Ok((Loaded { document, past: Some(past), saved_bytes, is_stored }, judged));
    }
    let id = document.id();
    let changes: Vec<&Walked<'_>> = passed.iter().map(|(_, walked)| walked).collect();
    let rehearsed =
        stage.rehearse(document.into_automerge(), &changes).map_err(|fault| Refused(Some(fault)))?;
    let (document, saved) = HouseholdDocument::of_rehearsal(id, rehearsed);
    let merged = passed.iter().filter_map(|(place, _)| *place).collect();
    let judged = Judged { outcomes, merged, saved: Some(saved) };
    Ok((Loaded { document, past: Some(past), saved_bytes, is_stored: true }, judged))
}

/// Settles candidates on a document and adopts what the rehearsal gives, in parts where they fail together: as they
/// did `before`. Where the document was too much for them, that is not tried again.
fn merge(
    known: &Known,
    stage: &mut Stage,
    loaded: Loaded,
    candidates: &[Candidate<'_>],
    before: Option<RehearsalFault>,
) -> (Loaded, Judged) {
    let Loaded { mut document, past, saved_bytes, is_stored } = loaded;
    let past = past.map_or_else(|| Past::of(document.automerge()).ok(), Some);
    let Some(mut past) = past else {
        // The document holds a change that cannot be read again: nothing is built on it.
        let judged =
            Judged { outcomes: vec![Outcome::Retry; candidates.len()], merged: Vec::new(), saved: None };
        return (Loaded { document, past: None, saved_bytes, is_stored }, judged);
    };
    let Settlement { mut outcomes, passed } = settle(&mut past, document.automerge(), known, candidates);
    let mut judged = Judged { outcomes: Vec::new(), merged: Vec::new(), saved: None };
    let changes: Vec<&Walked<'_>> = passed.iter().map(|(_, walked)| walked).collect();
    if changes.is_empty() {
        judged.outcomes = outcomes;
        return (Loaded { document, past: Some(past), saved_bytes, is_stored }, judged);
    }
    let rehearsed = match before.filter(|fault| fault.is_of_document()) {
        Some(fault) => RehearsedEach::failed(fault, changes.len()),
        None => stage.rehearse_each(document.automerge(), &changes),
    };
    let mut all_taken = true;
    for ((place, _), result) in passed.iter().zip(&rehearsed.results) {
        all_taken &= result.is_ok();
        let Some(place) = *place else { continue };
        match result {
            Ok(()) => judged.merged.push(place),
            // Its ancestor passed and was not taken: both are tried again when the document is touched.
            Err(RehearsalFault::MissingAncestor) => outcomes[place] = Outcome::Missing(ChangeHash::ZERO),
            Err(_) => outcomes[place] = Outcome::Retry,
        }
    }
    judged.outcomes = outcomes;
    let past = all_taken.then_some(past);
    let Some(adopted) = rehearsed.adopted else {
        return (Loaded { document, past, saved_bytes, is_stored }, judged);
    };
    judged.saved = Some(document.adopt(adopted));
    (Loaded { document, past, saved_bytes, is_stored: true }, judged)
}

/// What waits in a document for any of these changes, or to be tried again, and for what that brings in turn.
fn wake(
    store: &dyn Store,
    feed: &Feed,
    id: &DocumentId,
    readings: &[&Reading],
) -> Result<Vec<Woken>, StoreError> {
    let mut woken = Vec::new();
    let all = keys::waiting_in(feed, id);
    if store.scan(&all, &all, 1)?.is_empty() {
        return Ok(woken);
    }
    let mut seen: BTreeSet<ChangeHash> = BTreeSet::new();
    let mut open: Vec<ChangeHash> = readings.iter().filter_map(|reading| Some(reading.change?.1)).collect();
    open.push(ChangeHash::ZERO);
    while let Some(missing) = open.pop() {
        if !seen.insert(missing) {
            continue;
        }
        for (key, row) in rows::scan::<WaitingRow>(store, &keys::waiting_for(feed, id, &missing))? {
            let (Some(log), Some(n), Some(segment)) =
                (key.first_chunk::<32>(), key.get(32..40), key.last_chunk::<32>())
            else {
                continue;
            };
            let n = u64::from_be_bytes(n.try_into().unwrap_or_default());
            open.push(row.hash);
            woken.push(Woken { place: (LogId(*log), n, SegmentId(*segment)), missing, row });
        }
    }
    Ok(woken)
}

fn waiting_row(
    feed: &Feed,
    id: &DocumentId,
    missing: &ChangeHash,
    reading: &Reading,
    otherwise: Option<EntryState>,
) -> Op {
    let key = keys::waiting(feed, id, missing, (&reading.log, reading.n, &reading.segment));
    let hash = reading.change.map_or(ChangeHash::ZERO, |(_, hash)| hash);
    let row = WaitingRow { hash, head: reading.head, otherwise, written: reading.written.clone() };
    Op::Put(key, encoding::to_bytes(&row))
}

/// The rows of a change that waited: gone where it is merged, moved where it waits for something else.
fn woken_rows(
    store: &dyn Store,
    feed: &Feed,
    id: &DocumentId,
    woken: &Woken,
    state: EntryState,
    missing: Option<ChangeHash>,
) -> Result<Vec<Op>, StoreError> {
    let (log, n, segment) = woken.place;
    let key = |missing: ChangeHash| keys::waiting(feed, id, &missing, (&log, n, &segment));
    let mut ops = Vec::new();
    if missing != Some(woken.missing) {
        ops.push(Op::Delete(key(woken.missing)));
        ops.extend(missing.map(|missing| Op::Put(key(missing), encoding::to_bytes(&woken.row))));
    }
    for (rest, mut row) in rows::scan::<HeldRow>(store, &keys::held_back_at(feed, &log, n))? {
        let Some(segment) = rest.last_chunk::<32>().filter(|_| row.head == woken.row.head && !row.of_unit)
        else {
            continue;
        };
        let key = keys::held_back(feed, &log, n, &SegmentId(*segment));
        row.state = state;
        let merged = state == EntryState::Merged;
        ops.push(if merged { Op::Delete(key) } else { Op::Put(key, encoding::to_bytes(&row)) });
    }
    Ok(ops)
}

fn held_back_row(feed: &Feed, one: &Stated) -> Option<Op> {
    if one.state == EntryState::Merged {
        return None;
    }
    let Stated { state, count, head, of_unit, document, .. } = *one;
    let row = HeldRow { state, count, head, of_unit, document };
    Some(Op::Put(keys::held_back(feed, &one.log, one.n, &one.segment), encoding::to_bytes(&row)))
}

#[cfg(test)]
mod tests {
    use khettara_core::id::ActorId;

    use super::*;
    use crate::model::{constants, parse_line};

    const FAMILY: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

    fn empty() -> Loaded {
        let id = DocumentId(*uuid::Uuid::parse_str(FAMILY).expect("an id").as_bytes());
        Loaded { document: HouseholdDocument::new(id), past: None, saved_bytes: 0, is_stored: false }
    }

    #[test]
    fn on_the_document_itself_or_on_a_copy_merging_comes_to_the_same() {
        let mut known = Known::default();
        constants().iter().for_each(|constant| known.add(constant.chunk).expect("a constant of ours"));
        let mut writer = empty().document;
        let lines = [
            r#""record":"household","commune":"08.201.11.07","status":"sedentary","id":"#,
            r#""record":"visit","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first","household":"#,
            r#""record":"household","note":"later","id":"#,
        ];
        let chunks = lines.iter().zip(2..).map(|(line, position)| {
            let form = parse_line(1, &format!(r#"{{{line}"{FAMILY}"}}"#)).expect("a line of ours");
            let recorded = writer.record(ActorId([7; 16]), position, &form).expect("records");
            (recorded.hash, recorded.chunk)
        });
        let mut written: Vec<(ChangeHash, Vec<u8>)> = chunks.collect();
        written.push((ChangeHash([9; 32]), b"no change".to_vec()));
        // Ancestors last, one missing, one that is nothing.
        for places in [vec![2, 1, 0], vec![2, 0], vec![3, 1, 0], vec![3]] {
            let candidate = |place: usize| Candidate {
                hash: written[place].0,
                chunk: &written[place].1,
                otherwise: None,
            };
            let candidates: Vec<Candidate<'_>> = places.iter().map(|place| candidate(*place)).collect();
            let stage = &mut Stage::here();
            let at_once = merge_at_once(&known, stage, empty(), &candidates);
            let Ok((at_once, judged)) = at_once else { panic!("nothing fails") };
            let (copied, judged_on_copy) = merge(&known, stage, empty(), &candidates, None);
            assert_eq!(at_once.document.digest(), copied.document.digest());
            assert_eq!(judged.outcomes, judged_on_copy.outcomes);
            assert_eq!(judged.merged, judged_on_copy.merged);
            assert_eq!(judged.saved, judged_on_copy.saved);
            assert_eq!(
                (at_once.is_stored, at_once.past.is_some()),
                (copied.is_stored, copied.past.is_some())
            );
        }
    }
}
