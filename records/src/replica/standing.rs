//! Replica: what the roster rules in a feed. Where no closing touches a log of it and nothing was released, that costs
//! nothing; else it is judged from what is held, and kept until something arrives that bears on it.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{DeviceKey, Digest, DocumentId, Feed, LogId, SegmentId};
use khettara_core::identity::{ReleaseView, Roster};
use khettara_core::log::{Dictionaries, Entry, Named, OpenedEntry, Unit};
use khettara_core::store::held::{self, OwnLog, ReadChanges, SegmentRow};
use khettara_core::store::{Op, Store, StoreError};
use serde::{Deserialize, Serialize};

use super::Replica;
use super::catch_up::CaughtUp;
use super::keys;
use super::rows::{self, FeedMark, LogMark};
use super::segments::{Opener, head_before, pending_entries, pending_name};
use super::survey::{LogView, News, Survey, news};
use crate::airlock::{self, Reading as Front};
use crate::verdict::{
    EntryState, HeldLog, HeldSegment, Point, Rulings, Standing, in_question, standing, touches_a_log,
};

/// Where rulings come from.
#[derive(Clone, Copy)]
pub(super) enum Law<'a> {
    /// They are known.
    Given(&'a Rulings),
    /// From the roster and what is held.
    Roster(&'a Roster),
}

/// Rulings of one feed, and the row that remembers them.
pub(super) struct Ruled {
    pub rulings: Rulings,
    pub row: StandingRow,
}

/// What closings and releases came to, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StandingRow {
    /// Digest of what the roster says, and of the keys and constants at hand.
    pub inputs: Digest,
    /// Digest of what was held.
    pub vector: Digest,
    pub standing: Standing,
}

impl StandingRow {
    /// The write that remembers it, where something else is remembered. Nothing is not written down.
    pub(super) fn remember(&self, store: &dyn Store, feed: &Feed) -> Result<Option<Op>, StoreError> {
        let key = keys::standing(feed);
        let is_nothing = self.inputs == Digest::ZERO && self.standing == Standing::default();
        let row = if is_nothing { None } else { Some(encoding::to_bytes(self)) };
        if store.get(&key)? == row {
            return Ok(None);
        }
        Ok(Some(row.map_or_else(|| Op::Delete(key.clone()), |row| Op::Put(key.clone(), row))))
    }
}

/// What bears on a feed.
struct Bearing<'a> {
    roster: &'a Roster,
    /// Logs that closings touch.
    touched: BTreeSet<LogId>,
    /// Releases of the roster that may speak of the feed's logs.
    releases: Vec<&'a ReleaseView>,
    /// Whether logs of the feed hold releases, as far as is known.
    holds_releases: bool,
}

impl<'a> Bearing<'a> {
    fn find(
        store: &dyn Store,
        feed: &Feed,
        survey: &Survey,
        roster: &'a Roster,
        holds_releases: bool,
    ) -> Result<Self, StoreError> {
        let is_touched =
            |view: &&LogView| owner(view).is_some_and(|device| touches_a_log(feed, &device, roster));
        let touched: BTreeSet<LogId> = survey.logs.iter().filter(is_touched).map(|view| view.log).collect();
        let mut has_ended = false;
        if touched.is_empty() && !roster.releases().is_empty() {
            for view in &survey.logs {
                let mark: Option<LogMark> = rows::read(store, &keys::log_mark(feed, &view.log))?;
                has_ended |= mark.is_some_and(|mark| mark.ended || mark.whole.is_some());
            }
        }
        let logs: BTreeSet<LogId> = survey.logs.iter().map(|view| view.log).collect();
        let may_free = !touched.is_empty() || has_ended;
        let speaks = |view: &&ReleaseView| {
            let by_hash = may_free && !view.release.changes.is_empty();
            by_hash || view.release.lines.iter().any(|(log, _, _)| logs.contains(log))
        };
        let releases = roster.releases().iter().filter(speaks).collect();
        Ok(Self { roster, touched, releases, holds_releases })
    }

    fn is_nothing(&self) -> bool {
        self.touched.is_empty() && self.releases.is_empty() && !self.holds_releases
    }
}

impl Replica {
    /// Turns what is newly held of these feeds into documents and rows, under what the roster says now: its closings and
    /// releases are judged here, and the constants it publishes learned.
    ///
    /// # Errors
    /// As [`Replica::catch_up`].
    pub fn catch_up_by(
        &mut self,
        store: &mut dyn Store,
        feeds: &[Feed],
        dictionaries: &dyn Dictionaries,
        roster: &Roster,
    ) -> Result<CaughtUp, StoreError> {
        for constant in roster.constants() {
            // One that does not pass the walk counts for nothing.
            let _ = self.add_constant(&constant.chunk);
        }
        self.catch_up_under(store, feeds, dictionaries, Law::Roster(roster))
    }

    /// What is ruled in a feed now. `anew`: judge, though what is remembered may seem to hold.
    pub(super) fn ruled(
        &self,
        store: &dyn Store,
        opener: &Opener<'_>,
        survey: &Survey,
        law: Law<'_>,
        anew: bool,
    ) -> Result<Ruled, StoreError> {
        let roster = match law {
            Law::Given(rulings) => return Ok(Ruled { rulings: rulings.clone(), row: given(rulings) }),
            Law::Roster(roster) => roster,
        };
        let feed = opener.feed;
        let known: Option<StandingRow> = rows::read(store, &keys::standing(feed))?;
        let holds_releases = anew || known.as_ref().is_some_and(|row| row.standing.has_releases);
        let bearing = Bearing::find(store, feed, survey, roster, holds_releases)?;
        let is_quiet = bearing.is_nothing();
        let inputs = if is_quiet { Digest::ZERO } else { self.inputs(opener, survey, &bearing) };
        let standing = if is_quiet {
            Standing::default()
        } else {
            let holds = |known: &StandingRow| -> Result<bool, StoreError> {
                let is_same = known.vector == survey.digest;
                Ok(is_same || !bears_on(store, opener, survey, &bearing, &known.standing)?)
            };
            match known.filter(|known| known.inputs == inputs && !anew) {
                Some(known) if holds(&known)? => known.standing,
                _ => self.judge_standing(store, opener, survey, &bearing)?,
            }
        };
        let vector = if is_quiet { Digest::ZERO } else { survey.digest };
        let rulings = standing.clone().rulings(roster);
        Ok(Ruled { rulings, row: StandingRow { inputs, vector, standing } })
    }

    fn judge_standing(
        &self,
        store: &dyn Store,
        opener: &Opener<'_>,
        survey: &Survey,
        bearing: &Bearing<'_>,
    ) -> Result<Standing, StoreError> {
        let Bearing { roster, touched, releases, holds_releases } = bearing;
        let feed = opener.feed;
        let gather = |wanted: &dyn Fn(&LogId) -> bool, keep: &BTreeSet<DocumentId>| {
            let is_whole = |view: &LogView| view.whole.is_some() || wanted_whole(&view.log, bearing);
            let views = survey.logs.iter().filter(|view| wanted(&view.log));
            let opened = views.map(|view| {
                let keep = if is_whole(view) { None } else { Some(keep) };
                held_log(store, opener, view, roster.named(), keep)
            });
            opened.collect::<Result<Vec<HeldLog>, StoreError>>()
        };
        let none = BTreeSet::new();
        let documents = in_question(feed, &gather(&|log| touched.contains(log), &none)?, roster);
        // Who else wrote matters where something is in question, where the feed's own logs hold releases, and where one
        // speaks of changes by their hashes.
        let by_hash = releases.iter().any(|view| !view.release.changes.is_empty());
        let all = !documents.is_empty() || *holds_releases || by_hash;
        let logs = gather(&|log| all || wanted_whole(log, bearing), &documents)?;
        Ok(standing(opener.org, feed, &logs, roster, &self.known))
    }

    fn inputs(&self, opener: &Opener<'_>, survey: &Survey, bearing: &Bearing<'_>) -> Digest {
        let (feed, roster) = (opener.feed, bearing.roster);
        let devices: BTreeSet<DeviceKey> = survey.logs.iter().filter_map(owner).collect();
        let touching = roster.closings().iter().filter(|view| {
            let signers = roster.releases().iter().map(|release| &release.signed.signer);
            devices.iter().chain(signers).any(|device| view.touches(device, feed))
        });
        let closings: Vec<_> = touching.map(|view| (&view.closing, view.position)).collect();
        let logs: BTreeSet<LogId> = survey.logs.iter().map(|view| view.log).collect();
        let kept = roster.closings().iter().flat_map(|view| view.closing.keep.iter());
        let kept: Vec<_> = kept.filter(|(log, _, _)| logs.contains(log)).collect();
        let counts = |view: &&&ReleaseView| roster.release_counts(view, feed);
        let releases: Vec<_> = bearing
            .releases
            .iter()
            .filter(counts)
            .map(|view| (view.signed.signer, &view.release, view.by_headquarters))
            .collect();
        let supervisors: Vec<_> =
            devices.iter().filter(|device| roster.ever_supervised(device, feed)).collect();
        let keys: Vec<_> = opener.keys.keys().collect();
        let constants: Vec<_> = self.known.hashes().collect();
        let all = (closings, kept, releases, (supervisors, roster.headquarters(), keys, constants));
        Digest(hash::first(&hash::derive("replica standing", &[&encoding::to_bytes(&all)])))
    }
}

/// Logs that are read with all they hold: those that closings touch, and those that a release names.
fn wanted_whole(log: &LogId, bearing: &Bearing<'_>) -> bool {
    let names = |view: &&ReleaseView| view.release.lines.iter().any(|(named, _, _)| named == log);
    bearing.touched.contains(log) || bearing.releases.iter().any(names)
}

/// The row of rulings that were given.
fn given(rulings: &Rulings) -> StandingRow {
    let standing = Standing { closed: rulings.closed.clone(), ..Standing::default() };
    StandingRow { inputs: Digest::ZERO, vector: Digest::ZERO, standing }
}

/// Whether what was read of a feed was read under the same verdicts of closings as hold now. Entries that are not read
/// yet may get what verdicts they will.
pub(super) fn is_read_under(
    store: &dyn Store,
    feed: &Feed,
    mark: Option<&FeedMark>,
    now: &StandingRow,
) -> Result<bool, StoreError> {
    let before: Option<StandingRow> = rows::read(store, &keys::standing(feed))?;
    let before = before.map(|row| row.standing.closed).unwrap_or_default();
    let (before, now) = (&before, &now.standing.closed);
    if before == now {
        return Ok(true);
    }
    // Reading broke off: documents may be ahead of the marks.
    if mark.is_some_and(|mark| mark.vector == Digest::ZERO) {
        return Ok(false);
    }
    let differs = |one: &BTreeMap<Point, EntryState>, other: &BTreeMap<Point, EntryState>| {
        let points = one.iter().filter(|(point, state)| other.get(*point) != Some(*state));
        points.map(|(point, _)| *point).collect::<Vec<Point>>()
    };
    for (log, n, _) in differs(before, now).into_iter().chain(differs(now, before)) {
        let read: Option<LogMark> = rows::read(store, &keys::log_mark(feed, &log))?;
        if read.is_some_and(|mark| n <= mark.n) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn owner(view: &LogView) -> Option<DeviceKey> {
    view.device.or_else(|| view.own.as_ref().map(|own| own.descriptor.device))
}

/// Whether what is new may change what closings and releases came to: it stands in a log that a closing touches, in a
/// document with something held back, or releases something.
fn bears_on(
    store: &dyn Store,
    opener: &Opener<'_>,
    survey: &Survey,
    bearing: &Bearing<'_>,
    known: &Standing,
) -> Result<bool, StoreError> {
    // What is recorded here counts as read at once.
    if survey.logs.iter().any(|view| view.own.is_some() && bearing.touched.contains(&view.log)) {
        return Ok(true);
    }
    let Some(news) = news(store, opener.feed, survey, bearing.roster.named())? else { return Ok(true) };
    let bears = |entry: &OpenedEntry| match &entry.entry {
        Ok(Entry::Roster { .. } | Entry::Final) => true,
        _ => entry.change().is_some_and(|(document, _, _)| known.documents.contains(&document)),
    };
    let mut fresh = ReadChanges::new();
    for part in news {
        let News::Run { log, mark, segments, own } = part else { return Ok(true) };
        let is_new = mark.n == 0;
        if bearing.touched.contains(&log) || is_new {
            return Ok(true);
        }
        let mut before = mark.cut_head;
        for (id, row) in segments {
            let unit = opener.open(store, &id, &before, &fresh)?;
            before = row.head;
            if let Unit::Entries(entries) = unit {
                if entries.iter().any(bears) {
                    return Ok(true);
                }
                let changes = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(&log)?)));
                fresh.insert(id, changes.collect());
            }
        }
        if let Some(own) = own
            && pending_entries(&own, held::pending(store, &log)?).iter().any(bears)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All of a log, opened. Of changes in other documents than `keep` nothing stays in memory, where that is said.
fn held_log(
    store: &dyn Store,
    opener: &Opener<'_>,
    view: &LogView,
    named: &Named,
    keep: Option<&BTreeSet<DocumentId>>,
) -> Result<HeldLog, StoreError> {
    let log = view.log;
    let listed = match &view.device {
        Some(device) => held::listing_of(store, opener.feed, device, named)?.remove(&log),
        None => None,
    };
    let listed = listed.map(|listing| listing.segments).unwrap_or_default();
    let (mut segments, mut fresh, mut ended) = (Vec::new(), ReadChanges::new(), false);
    for (id, row) in held::segments_of(store, &log)? {
        if !listed.contains(&id) {
            continue;
        }
        let unit = opener.open(store, &id, &head_before(store, &log, &row)?, &fresh)?;
        if let Unit::Entries(entries) = &unit {
            let changes = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(&log)?)));
            fresh.insert(id, changes.collect());
        }
        segments.push(segment((id, &row), kept(unit, keep, &mut ended)));
    }
    if let Some(own) = view.own.as_ref().filter(|own| own.n > own.cut) {
        let entries = Unit::Entries(pending_entries(own, held::pending(store, &log)?));
        segments.push(pending(own, kept(entries, keep, &mut ended)));
    }
    Ok(HeldLog { log, device: owner(view), segments })
}

fn segment((id, row): (SegmentId, &SegmentRow), unit: Unit) -> HeldSegment {
    HeldSegment {
        id,
        back: row.back,
        first: row.first,
        count: row.count,
        head: row.head,
        roster_seen: row.roster_seen,
        listed: true,
        unit,
    }
}

/// One's own entries that are not cut yet, as a segment.
pub(super) fn pending(own: &OwnLog, unit: Unit) -> HeldSegment {
    HeldSegment {
        id: pending_name(&own.log),
        back: own.tip,
        first: own.cut + 1,
        count: u32::try_from(own.n - own.cut).unwrap_or(u32::MAX),
        head: own.head,
        roster_seen: u64::MAX,
        listed: true,
        unit,
    }
}

/// What a segment's entries come to without the changes that nothing is asked of. `ended`: whether the log's end was met.
fn kept(unit: Unit, keep: Option<&BTreeSet<DocumentId>>, ended: &mut bool) -> Unit {
    let Some(keep) = keep else { return unit };
    let Unit::Entries(mut entries) = unit else { return unit };
    entries.retain(|entry| {
        *ended |= matches!(entry.entry, Ok(Entry::Final));
        match entry.change() {
            // What stands behind the end may be released; what is not readable lets any later number pass.
            Some((document, hash, chunk)) => {
                *ended
                    || keep.contains(&document)
                    || matches!(airlock::read_front(chunk, hash), Front::Unreadable(_))
            }
            None => true,
        }
    });
    Unit::Entries(entries)
}
