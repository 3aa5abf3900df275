//! Verdicts: a whole log, with all its branches. Where two branches go on under one Start, neither is believed.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{ChangeHash, DeviceKey, DocumentId, Feed, Head, LogId, OrgId, SegmentId, StartNonce};
use khettara_core::log::{Named, OpenedEntry, Unit};

use super::fold::{Fold, Later, Opinion};
use super::state::{EntryState, Reason, Waiting};

/// An entry's place: its log, its position, the head there.
pub type Point = (LogId, u64, Head);

/// A held segment, opened where it could be.
#[derive(Debug, Clone)]
pub struct HeldSegment {
    /// Its name.
    pub id: SegmentId,
    /// The segment it goes on from; zeros for the first.
    pub back: SegmentId,
    /// Position of its first entry.
    pub first: u64,
    /// Number of its entries.
    pub count: u32,
    /// Its declared head.
    pub head: Head,
    /// Its author's roster position when it was cut; the largest number for entries that are not cut yet, which were
    /// written under the roster that is held.
    pub roster_seen: u64,
    /// Whether it is listed; what is not listed is over, and its unit is not looked at.
    pub listed: bool,
    /// What it holds.
    pub unit: Unit,
}

impl HeldSegment {
    /// Position of its last entry.
    pub(super) const fn last(&self) -> u64 {
        self.first + self.count as u64 - 1
    }
}

/// Everything held of one log.
#[derive(Debug, Clone)]
pub struct HeldLog {
    /// The log.
    pub log: LogId,
    /// Whose it is.
    pub device: Option<DeviceKey>,
    /// Its segments, in any order.
    pub segments: Vec<HeldSegment>,
}

/// What the roster says about entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rulings {
    /// What it names of logs, for listing.
    pub named: Named,
    /// Positions named by a closing's keep or by the line of a release that counts: of equivocating branches they
    /// choose one.
    pub chosen: BTreeSet<Point>,
    /// Entries that closings hold back: `Quarantined(closed)`, or `Waiting(roster)` where the closing's own
    /// place is not known yet.
    pub closed: BTreeMap<Point, EntryState>,
    /// Entries behind the end of their branch that a release frees.
    pub released: BTreeSet<Point>,
}

impl Rulings {
    /// What is ruled of one entry, forks left out.
    #[must_use]
    pub fn of(&self, point: &Point) -> Later {
        Later { released: self.released.contains(point), held: self.closed.get(point).copied() }
    }
}

/// One entry as it stands in one segment, or a whole segment that is held as one unit.
#[derive(Clone, PartialEq, Eq)]
pub struct Reading {
    /// The log.
    pub log: LogId,
    /// The segment; zeros for one's own entries that are not cut yet.
    pub segment: SegmentId,
    /// Its position; of a unit that of its first entry.
    pub n: u64,
    /// 1; of a unit the number of its entries.
    pub count: u32,
    /// The head at it; of a unit at its last entry.
    pub head: Head,
    /// Whether it is a whole unit.
    pub of_unit: bool,
    /// What is thought of it.
    pub opinion: Opinion,
    /// For a change: document, hash.
    pub change: Option<(DocumentId, ChangeHash)>,
    /// For a change that the airlock decides on: `document ‖ chunk`, else empty.
    pub written: Vec<u8>,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reading({:?}, {}, {:?}, {:?})", self.log, self.n, self.opinion, self.change)
    }
}

impl Reading {
    /// An entry of which `opinion` is held.
    #[must_use]
    pub fn of_entry(log: LogId, segment: SegmentId, entry: OpenedEntry, opinion: Opinion) -> Self {
        let change = entry.change().map(|(document, hash, _)| (document, hash));
        let asks = matches!(opinion, Opinion::Change { .. });
        let written = if asks { entry.written.bytes } else { Vec::new() };
        Self {
            log,
            segment,
            n: entry.n,
            count: 1,
            head: entry.head,
            of_unit: false,
            opinion,
            change,
            written,
        }
    }

    /// A unit in `state`.
    #[must_use]
    pub const fn of_unit(
        log: LogId,
        segment: SegmentId,
        (n, count): (u64, u32),
        head: Head,
        state: EntryState,
    ) -> Self {
        let opinion = Opinion::Settled(state);
        Self { log, segment, n, count, head, of_unit: true, opinion, change: None, written: Vec::new() }
    }

    /// The change's bytes; empty where the airlock is not asked.
    #[must_use]
    pub fn chunk(&self) -> &[u8] {
        self.written.get(DocumentId::LEN..).unwrap_or_default()
    }
}

/// The state of a unit that gave no entries; `None` where it gave some.
#[must_use]
pub(crate) const fn unit_state(unit: &Unit) -> Option<EntryState> {
    match unit {
        Unit::Entries(_) => None,
        Unit::WaitingKey => Some(EntryState::Waiting(Waiting::Key)),
        Unit::WaitingSoftware => Some(EntryState::Waiting(Waiting::Software)),
        Unit::WaitingAncestor => Some(EntryState::Waiting(Waiting::Ancestor)),
        Unit::Broken => Some(EntryState::Quarantined(Reason::Content)),
    }
}

/// Reads all of a log, branch by branch.
#[must_use]
pub fn judge_log(org: &OrgId, feed: &Feed, held: HeldLog, rulings: &Rulings) -> Vec<Reading> {
    let HeldLog { log, segments, .. } = held;
    let (listed, over): (Vec<_>, Vec<_>) = segments.into_iter().partition(|segment| segment.listed);
    let doubted = equivocating(&log, &listed, &rulings.chosen);
    let mut readings: Vec<Reading> = over
        .iter()
        .map(|segment| {
            let state = EntryState::Quarantined(Reason::Over);
            Reading::of_unit(log, segment.id, (segment.first, segment.count), segment.head, state)
        })
        .collect();
    let mut below: BTreeMap<SegmentId, Vec<HeldSegment>> = BTreeMap::new();
    for segment in listed {
        below.entry(segment.back).or_default().push(segment);
    }
    let mut open = vec![(SegmentId::ZERO, Fold::default())];
    while let Some((ground, fold)) = open.pop() {
        for segment in below.remove(&ground).unwrap_or_default() {
            let mut fold = fold.clone();
            let id = segment.id;
            let later = |n: u64, head: Head, is_change: bool| {
                let doubt = is_change && doubted.contains(&(id, n));
                let doubt = doubt.then_some(EntryState::Quarantined(Reason::Equivocation));
                let ruled = rulings.of(&(log, n, head));
                Later { held: doubt.or(ruled.held), ..ruled }
            };
            readings.extend(judge_segment(org, feed, &log, segment, &mut fold, &later));
            open.push((id, fold));
        }
    }
    readings
}

fn judge_segment(
    org: &OrgId,
    feed: &Feed,
    log: &LogId,
    segment: HeldSegment,
    fold: &mut Fold,
    later: &dyn Fn(u64, Head, bool) -> Later,
) -> Vec<Reading> {
    let last = segment.last();
    if let Some(state) = unit_state(&segment.unit) {
        fold.unit(last);
        let place = (segment.first, segment.count);
        return vec![Reading::of_unit(*log, segment.id, place, segment.head, state)];
    }
    let Unit::Entries(entries) = segment.unit else { return Vec::new() };
    let read = |entry: OpenedEntry| {
        let later = later(entry.n, entry.head, entry.change().is_some());
        let opinion = fold.entry(org, feed, log, &entry, later);
        Reading::of_entry(*log, segment.id, entry, opinion)
    };
    entries.into_iter().map(read).collect()
}

/// A branch: its segments from the first on, and the heads known on it.
struct Branch<'a> {
    segments: Vec<&'a HeldSegment>,
    heads: BTreeMap<u64, Head>,
}

impl Branch<'_> {
    fn changes_beyond(&self, p: u64) -> impl Iterator<Item = (SegmentId, u64, StartNonce)> {
        self.segments.iter().flat_map(move |segment| {
            let entries = if let Unit::Entries(entries) = &segment.unit { entries.as_slice() } else { &[] };
            let changes = entries.iter().filter(move |entry| entry.n > p && entry.change().is_some());
            changes.map(|entry| (segment.id, entry.n, entry.nonce))
        })
    }

    fn is_chosen(&self, log: &LogId, p: u64, chosen: &BTreeSet<Point>) -> bool {
        self.heads.range(p + 1..).any(|(n, head)| chosen.contains(&(*log, *n, *head)))
    }
}

fn branches(listed: &[HeldSegment]) -> Vec<Branch<'_>> {
    let by_id: BTreeMap<SegmentId, &HeldSegment> =
        listed.iter().map(|segment| (segment.id, segment)).collect();
    let grounds: BTreeSet<SegmentId> = listed.iter().map(|segment| segment.back).collect();
    let leaves = by_id.values().filter(|segment| !grounds.contains(&segment.id));
    leaves
        .map(|leaf| {
            let mut segments = vec![*leaf];
            while let Some(ground) = segments.last().and_then(|segment| by_id.get(&segment.back)) {
                segments.push(*ground);
            }
            segments.reverse();
            let mut heads = BTreeMap::new();
            for segment in &segments {
                if let Unit::Entries(entries) = &segment.unit {
                    heads.extend(entries.iter().map(|entry| (entry.n, entry.head)));
                }
                heads.insert(segment.last(), segment.head);
            }
            Branch { segments, heads }
        })
        .collect()
}

/// The changes, by segment and position, that two branches wrote under one nonce beyond their last common head.
fn equivocating(log: &LogId, listed: &[HeldSegment], chosen: &BTreeSet<Point>) -> BTreeSet<(SegmentId, u64)> {
    let branches = branches(listed);
    let mut doubted = BTreeSet::new();
    for (place, one) in branches.iter().enumerate() {
        for other in &branches[place + 1..] {
            let common = one.heads.iter().rev().find(|(n, head)| other.heads.get(n) == Some(head));
            let p = common.map_or(0, |(n, _)| *n);
            let nonces = |branch: &Branch<'_>| -> BTreeSet<StartNonce> {
                branch.changes_beyond(p).map(|(_, _, nonce)| nonce).collect()
            };
            let both: BTreeSet<StartNonce> = nonces(one).intersection(&nonces(other)).copied().collect();
            if both.is_empty() {
                continue;
            }
            let named = [one.is_chosen(log, p, chosen), other.is_chosen(log, p, chosen)];
            for (branch, stands) in [(one, named == [true, false]), (other, named == [false, true])] {
                let changes =
                    branch.changes_beyond(p).filter(|(_, _, nonce)| !stands && both.contains(nonce));
                doubted.extend(changes.map(|(segment, n, _)| (segment, n)));
            }
        }
    }
    doubted
}
