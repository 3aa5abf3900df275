//! Replica: catching up. What is newly held is read in rounds; each round's rows carry the marks it came to.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{ActorId, Digest, DocumentId, Feed, LogId, SegmentId};
use khettara_core::limits::CATCH_UP_ROUND_BYTES;
use khettara_core::log::{Dictionaries, Entry, OpenedEntry, Unit};
use khettara_core::planted::Fault;
use khettara_core::store::held::{self, OwnLog, ReadChanges, SegmentRow};
use khettara_core::store::{Damage, Op, Store, StoreError};

use super::Replica;
use super::absorb::Trouble;
use super::keys;
use super::rows::{self, FeedMark, HeldRow, ListRow, LogMark, SeqRow, UnitRow};
use super::segments::{Opener, head_before, pending_entries, pending_name};
use super::standing::{Law, Ruled, is_read_under, pending};
use super::survey::{News, Survey, news, survey};
use crate::airlock::{self, Reading as Front};
use crate::verdict::{
    EntryState, Fold, HeldLog, HeldSegment, Point, RULE_SET, Reading, Rulings, Waiting, judge_log, unit_state,
};

/// How rows are written. Rows of another layout are derived anew.
const ROWS_LAYOUT: u8 = 5;
/// Times that a feed is read in one call: anew where the marks do not lie on what is held, and again where it holds
/// releases that were not known.
const READINGS_MAX: u32 = 4;
/// Rows deleted in one call while forgetting.
const FORGET_ROWS: usize = 4_096;

/// What catching up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Changes that are now in their documents and were not before.
    pub merged: u64,
    /// Visits that documents gained.
    pub visits: u64,
    /// Entries that were read and wait; of a feed read anew, those more than before.
    pub waiting: u64,
    /// Entries that were read and are kept aside; likewise.
    pub quarantined: u64,
    /// Documents that may read otherwise than before.
    pub touched: BTreeSet<DocumentId>,
}

impl CaughtUp {
    pub(super) fn count(&mut self, state: EntryState, entries: u32) {
        match state {
            EntryState::Merged => {}
            EntryState::Waiting(_) => self.waiting += u64::from(entries),
            EntryState::Quarantined(_) => self.quarantined += u64::from(entries),
        }
    }

    fn add(&mut self, other: Self) {
        self.merged += other.merged;
        self.visits += other.visits;
        self.waiting += other.waiting;
        self.quarantined += other.quarantined;
        self.touched.extend(other.touched);
    }

    /// What is more than there was before.
    fn beyond(self, before: &Self) -> Self {
        Self {
            merged: self.merged.saturating_sub(before.merged),
            visits: self.visits.saturating_sub(before.visits),
            waiting: self.waiting.saturating_sub(before.waiting),
            quarantined: self.quarantined.saturating_sub(before.quarantined),
            touched: self.touched,
        }
    }
}

/// What one round read: readings, and the rows that are true once they are settled.
#[derive(Default)]
pub(super) struct Round {
    pub readings: Vec<Reading>,
    pub ops: Vec<Op>,
    marks: BTreeMap<LogId, LogMark>,
    actors: BTreeMap<ActorId, LogId>,
    /// What later segments may point at.
    changes: ReadChanges,
    bytes: usize,
    /// Whether a release was among what was read, in this round or before.
    has_releases: bool,
}

impl Replica {
    /// Turns what is newly held of these feeds, and one's own entries that are not read yet, into documents
    /// and rows. Costs what is new; nothing where nothing is.
    ///
    /// `rulings` is what is ruled. Where it says otherwise than before of what was read, a key has arrived or a
    /// branch has appeared, the feed is read anew. [`Replica::catch_up_by`] finds the rulings itself.
    ///
    /// # Errors
    /// [`StoreError`]; what was derived before stays, and the next call goes on from there.
    pub fn catch_up(
        &mut self,
        store: &mut dyn Store,
        feeds: &[Feed],
        dictionaries: &dyn Dictionaries,
        rulings: &Rulings,
    ) -> Result<CaughtUp, StoreError> {
        self.catch_up_under(store, feeds, dictionaries, Law::Given(rulings))
    }

    pub(super) fn catch_up_under(
        &mut self,
        store: &mut dyn Store,
        feeds: &[Feed],
        dictionaries: &dyn Dictionaries,
        law: Law<'_>,
    ) -> Result<CaughtUp, StoreError> {
        let mut report = CaughtUp::default();
        for feed in feeds {
            let caught = self.catch_up_feed(store, feed, dictionaries, law);
            // A loaded document must not be ahead of its row: what is in it already is not saved again.
            report.add(caught.inspect_err(|_| self.cache.clear())?);
        }
        Ok(report)
    }

    fn catch_up_feed(
        &mut self,
        store: &mut dyn Store,
        feed: &Feed,
        dictionaries: &dyn Dictionaries,
        law: Law<'_>,
    ) -> Result<CaughtUp, StoreError> {
        let survey = survey(store, feed)?;
        let org = self.org;
        let opener = Opener::new(store, &org, feed, dictionaries)?;
        let (mut report, mut before) = (CaughtUp::default(), CaughtUp::default());
        let (mut anew, mut has_releases) = (opens_now(store, &opener)?, false);
        match self.retry(store, feed, &mut report) {
            Ok(()) => {}
            Err(Trouble::Store(error)) => return Err(error),
            Err(Trouble::Anew) => anew = true,
        }
        for _ in 0..READINGS_MAX {
            let ruled = self.ruled(store, &opener, &survey, law, has_releases)?;
            let rules = self.rules(&survey, &ruled.rulings);
            let mark: Option<FeedMark> = rows::read(store, &keys::feed_mark(feed))?;
            let is_current = mark.as_ref().is_none_or(|mark| mark.rules == rules);
            let stays = mark.is_some() && Fault::ProjectionNotRebuiltAfterRelease.is_on();
            let is_ruled_anew = !is_current || !is_read_under(store, feed, mark.as_ref(), &ruled.row)?;
            if anew || (is_ruled_anew && !stays) {
                before = self.forget(store, feed)?;
            } else if mark.is_some_and(|mark| mark.vector == survey.digest) {
                remember(store, feed, &ruled, &[])?;
                return Ok(report);
            }
            match self.read_news(store, &opener, rules, &survey, &ruled) {
                Ok((read, found_releases)) => {
                    report.add(read.beyond(&std::mem::take(&mut before)));
                    if !found_releases || ruled.row.standing.has_releases || matches!(law, Law::Given(_)) {
                        return Ok(report);
                    }
                    (anew, has_releases) = (false, true);
                }
                Err(Trouble::Store(error)) => return Err(error),
                Err(Trouble::Anew) => anew = true,
            }
        }
        Err(StoreError::Damaged(Damage::Content))
    }

    /// What was read rests on this, and on the verdicts of closings.
    fn rules(&self, survey: &Survey, rulings: &Rulings) -> Digest {
        let named = &rulings.named;
        // What is named chooses between branches: it changes nothing in a log that has one, nor in other feeds' logs.
        let forked = survey.logs.iter().filter(|view| view.whole.is_some());
        let logs: BTreeSet<LogId> = forked.map(|view| view.log).collect();
        let constants: Vec<_> = self.known.hashes().collect();
        let finished: Vec<_> = named.finished.iter().filter(|(log, _)| logs.contains(log)).collect();
        let here = |points: &BTreeSet<Point>| -> Vec<Point> {
            points.iter().filter(|(log, _, _)| logs.contains(log)).copied().collect()
        };
        let listing = (here(&named.points), finished, named.logs_max as u64, named.branches_max as u64);
        let ruled = (here(&rulings.chosen), &rulings.released);
        let all = (RULE_SET, ROWS_LAYOUT, constants, listing, ruled);
        Digest(hash::first(&hash::derive("replica rules", &[&encoding::to_bytes(&all)])))
    }

    /// Forgets a feed's rows, and gives what was known. A crash in between leaves a mark that says so.
    fn forget(&mut self, store: &mut dyn Store, feed: &Feed) -> Result<CaughtUp, StoreError> {
        let mut before = CaughtUp::default();
        for (_, row) in rows::scan::<HeldRow>(store, &keys::all_held_back(feed))? {
            before.count(row.state, row.count);
        }
        for prefix in [keys::list_rows(feed), keys::register_rows(feed)] {
            for (_, row) in rows::scan::<ListRow>(store, &prefix)? {
                before.merged += row.changes;
                before.visits += u64::from(row.visits);
            }
        }
        let forgetting = FeedMark { rules: Digest::ZERO, vector: Digest::ZERO };
        let mark_key = keys::feed_mark(feed);
        store.derive(vec![Op::Put(mark_key.clone(), encoding::to_bytes(&forgetting))])?;
        self.cache.forget(feed);
        let prefix = keys::feed(feed);
        loop {
            let page = store.scan(&prefix, &prefix, FORGET_ROWS)?;
            let gone: Vec<Op> = page
                .into_iter()
                .filter(|(key, _)| *key != mark_key)
                .map(|(key, _)| Op::Delete(key))
                .collect();
            if gone.is_empty() {
                break;
            }
            store.derive(gone)?;
        }
        store.derive(vec![Op::Delete(mark_key)])?;
        Ok(before)
    }

    fn read_news(
        &mut self,
        store: &mut dyn Store,
        opener: &Opener<'_>,
        rules: Digest,
        survey: &Survey,
        ruled: &Ruled,
    ) -> Result<(CaughtUp, bool), Trouble> {
        let mut report = CaughtUp::default();
        let feed = opener.feed;
        let rulings = &ruled.rulings;
        let news = news(store, feed, survey, &rulings.named)?.ok_or(Trouble::Anew)?;
        let feed_mark =
            |vector| Op::Put(keys::feed_mark(feed), encoding::to_bytes(&FeedMark { rules, vector }));
        remember(store, feed, ruled, &[feed_mark(Digest::ZERO)])?;
        let mut round = Round::default();
        for part in news {
            match part {
                News::Run { log, mark, segments, own } => {
                    let mut run = Run { opener, log, mark, fold: Fold::default(), rulings };
                    run.fold.last_unit = run.mark.last_unit;
                    run.fold.ended = run.mark.ended;
                    for (id, row) in segments {
                        run.segment(store, &mut round, &id, &row)?;
                        if round.bytes > CATCH_UP_ROUND_BYTES {
                            self.absorb(store, feed, round.close(feed), &mut report)?;
                        }
                    }
                    run.pending(store, &mut round, own.as_ref())?;
                }
                News::Whole { log, digest, segments, own } => {
                    read_whole(store, opener, &mut round, (log, digest), segments, own.as_ref(), rulings)?;
                }
            }
            if round.bytes > CATCH_UP_ROUND_BYTES {
                self.absorb(store, feed, round.close(feed), &mut report)?;
            }
        }
        round.ops.push(feed_mark(survey.digest));
        let has_releases = round.has_releases;
        self.absorb(store, feed, round.close(feed), &mut report)?;
        Ok((report, has_releases))
    }
}

/// Writes down under which verdicts of closings a feed is read, before anything of it is.
fn remember(store: &mut dyn Store, feed: &Feed, ruled: &Ruled, ops: &[Op]) -> Result<(), StoreError> {
    let mut ops = ops.to_vec();
    ops.extend(ruled.row.remember(store, feed)?);
    if ops.is_empty() { Ok(()) } else { store.derive(ops) }
}

/// Whether a unit that waited for a key or for software can be opened now.
fn opens_now(store: &dyn Store, opener: &Opener<'_>) -> Result<bool, StoreError> {
    for (key, row) in rows::scan::<UnitRow>(store, &keys::units(opener.feed))? {
        let opens = match (row.key, key.last_chunk::<32>()) {
            (Some(key), _) => opener.keys.contains_key(&key),
            (None, Some(id)) => {
                let unit = opener.open(store, &SegmentId(*id), &row.before, &ReadChanges::new())?;
                unit != Unit::WaitingSoftware
            }
            (None, None) => false,
        };
        if opens {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Round {
    /// Takes what was read, with its marks; what is left is the next round.
    fn close(&mut self, feed: &Feed) -> Self {
        let mut closed = std::mem::take(self);
        self.has_releases = closed.has_releases;
        for (segment, changes) in std::mem::take(&mut closed.changes) {
            closed.ops.extend(held::read_changes(&segment, &changes));
        }
        for (log, mark) in std::mem::take(&mut closed.marks) {
            closed.ops.push(Op::Put(keys::log_mark(feed, &log), encoding::to_bytes(&mark)));
        }
        for (actor, log) in std::mem::take(&mut closed.actors) {
            closed.ops.push(Op::Put(keys::actor(feed, &actor), encoding::to_bytes(&log)));
        }
        closed
    }

    /// Notes what a segment holds for those that point at it.
    fn note(&mut self, log: &LogId, segment: &SegmentId, unit: &Unit) {
        let Unit::Entries(entries) = unit else { return };
        self.note_releases(entries);
        let changes = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(log)?)));
        self.changes.insert(*segment, changes.collect());
    }

    fn note_releases(&mut self, entries: &[OpenedEntry]) {
        let is_item = |entry: &OpenedEntry| matches!(entry.entry, Ok(Entry::Roster { .. }));
        self.has_releases |= entries.iter().any(is_item);
    }

    fn push_unit(&mut self, opener: &Opener<'_>, reading: Reading, row: UnitRow) {
        let waits = |what| reading.opinion == crate::verdict::Opinion::Settled(EntryState::Waiting(what));
        if waits(Waiting::Key) || waits(Waiting::Software) {
            let key = keys::unit(opener.feed, &reading.log, &reading.segment);
            let row = UnitRow { key: row.key.filter(|_| waits(Waiting::Key)), ..row };
            self.ops.push(Op::Put(key, encoding::to_bytes(&row)));
        }
        self.readings.push(reading);
    }

    fn push_entry(&mut self, reading: Reading) {
        self.bytes += reading.written.len() + 256;
        self.readings.push(reading);
    }
}

/// One log with one branch, read on from its mark.
struct Run<'a> {
    opener: &'a Opener<'a>,
    log: LogId,
    mark: LogMark,
    fold: Fold,
    rulings: &'a Rulings,
}

impl Run<'_> {
    fn segment(
        &mut self,
        store: &dyn Store,
        round: &mut Round,
        id: &SegmentId,
        row: &SegmentRow,
    ) -> Result<(), Trouble> {
        let before = self.mark.cut_head;
        (self.mark.cut, self.mark.segment, self.mark.cut_head) = (row.last(), *id, row.head);
        // Entries read while they were pending have left since: the same ones, if the head says so.
        if row.last() < self.mark.n {
            round.marks.insert(self.log, self.mark.clone());
            return Ok(());
        }
        if row.last() == self.mark.n {
            round.marks.insert(self.log, self.mark.clone());
            return if row.head == self.mark.head { Ok(()) } else { Err(Trouble::Anew) };
        }
        let unit = self.opener.open(store, id, &before, &round.changes)?;
        round.note(&self.log, id, &unit);
        if let Some(state) = unit_state(&unit) {
            self.fold.unit(row.last());
            let reading = Reading::of_unit(self.log, *id, (row.first, row.count), row.head, state);
            round.push_unit(self.opener, reading, UnitRow { key: Some(row.key), before });
            self.mark.last_unit = row.last();
        } else if let Unit::Entries(entries) = unit {
            self.entries(store, round, id, entries)?;
        }
        (self.mark.n, self.mark.head) = (row.last(), row.head);
        round.marks.insert(self.log, self.mark.clone());
        Ok(())
    }

    /// Own entries behind the last cut.
    fn pending(&mut self, store: &dyn Store, round: &mut Round, own: Option<&OwnLog>) -> Result<(), Trouble> {
        let Some(own) = own.filter(|own| own.n > self.mark.n) else { return Ok(()) };
        let entries = pending_entries(own, held::pending(store, &self.log)?);
        round.note_releases(&entries);
        self.entries(store, round, &pending_name(&self.log), entries)?;
        (self.mark.n, self.mark.head) = (own.n, own.head);
        round.marks.insert(self.log, self.mark.clone());
        Ok(())
    }

    fn entries(
        &mut self,
        store: &dyn Store,
        round: &mut Round,
        segment: &SegmentId,
        entries: Vec<OpenedEntry>,
    ) -> Result<(), Trouble> {
        for entry in entries {
            if entry.n <= self.mark.n {
                if entry.n == self.mark.n && entry.head != self.mark.head {
                    return Err(Trouble::Anew);
                }
                continue;
            }
            let place = self.recall(store, &entry)?;
            let later = self.rulings.of(&(self.log, entry.n, entry.head));
            let (org, feed) = (self.opener.org, self.opener.feed);
            let opinion = self.fold.entry(org, feed, &self.log, &entry, later);
            if let Some((actor, document)) = place
                && let Some((seq, n, hash)) = self.fold.seqs.get(&(actor, document)).copied()
            {
                let key = keys::seq(feed, &self.log, &actor, &document);
                round.ops.push(Op::Put(key, encoding::to_bytes(&SeqRow { seq, n, hash })));
                round.actors.entry(actor).or_insert(self.log);
            }
            round.push_entry(Reading::of_entry(self.log, *segment, entry, opinion));
        }
        self.mark.last_unit = self.fold.last_unit;
        self.mark.ended = self.fold.ended;
        Ok(())
    }

    /// Recalls the last change of an entry's actor in its document, unless this run has met it.
    fn recall(
        &mut self,
        store: &dyn Store,
        entry: &OpenedEntry,
    ) -> Result<Option<(ActorId, DocumentId)>, StoreError> {
        let Some((document, hash, chunk)) = entry.change() else { return Ok(None) };
        let Front::Readable(header) = airlock::read_front(chunk, hash) else { return Ok(None) };
        let Some(actor) = header.actor else { return Ok(None) };
        if !self.fold.seqs.contains_key(&(actor, document)) {
            let key = keys::seq(self.opener.feed, &self.log, &actor, &document);
            if let Some(row) = rows::read::<SeqRow>(store, &key)? {
                self.fold.seqs.insert((actor, document), (row.seq, row.n, row.hash));
            }
        }
        Ok(Some((actor, document)))
    }
}

/// Reads all of a log that has several branches, or is over.
fn read_whole(
    store: &dyn Store,
    opener: &Opener<'_>,
    round: &mut Round,
    (log, digest): (LogId, Digest),
    segments: Vec<(SegmentId, SegmentRow, bool)>,
    own: Option<&OwnLog>,
    rulings: &Rulings,
) -> Result<(), Trouble> {
    let mut held = Vec::with_capacity(segments.len());
    let mut rows = BTreeMap::new();
    let mut last = 0;
    for (id, row, listed) in segments {
        let before = head_before(store, &log, &row)?;
        let unit = if listed { opener.open(store, &id, &before, &round.changes)? } else { Unit::WaitingKey };
        round.note(&log, &id, &unit);
        last = last.max(row.last());
        rows.insert(id, UnitRow { key: Some(row.key), before });
        let SegmentRow { first, count, head, roster_seen, back, .. } = row;
        held.push(HeldSegment { id, back, first, count, head, roster_seen, listed, unit });
    }
    if let Some(own) = own.filter(|own| own.n > own.cut) {
        let listed = own.cut == 0 || held.iter().any(|segment| segment.id == own.tip && segment.listed);
        let entries = pending_entries(own, held::pending(store, &log)?);
        round.note_releases(&entries);
        held.push(HeldSegment { listed, ..pending(own, Unit::Entries(entries)) });
        last = last.max(own.n);
    }
    for reading in judge_log(opener.org, opener.feed, HeldLog { log, device: None, segments: held }, rulings)
    {
        if let Some(Ok(Front::Readable(header))) =
            (!reading.chunk().is_empty()).then(|| airlock::read(reading.chunk()))
        {
            round.actors.extend(header.actor.map(|actor| (actor, log)));
        }
        match rows.get(&reading.segment).filter(|_| reading.of_unit) {
            Some(row) => round.push_unit(opener, reading, row.clone()),
            None => round.push_entry(reading),
        }
    }
    let zero = khettara_core::id::Head::ZERO;
    let mark = LogMark {
        n: last,
        head: zero,
        cut: last,
        segment: SegmentId::ZERO,
        cut_head: zero,
        last_unit: 0,
        ended: false,
        whole: Some(digest),
    };
    round.marks.insert(log, mark);
    Ok(())
}
