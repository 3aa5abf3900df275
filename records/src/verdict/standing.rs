//! Verdicts: closings and releases. Which entries of a feed stand though a closing touches their log, and which not.
//!
//! *Standing* is the least set with every entry that each closing touching it lets pass, every released entry, and
//! every ancestor of a standing entry that has no other quarantine and is of a device which no closing touching the
//! ancestor names: an honest colleague had built on it. What is left is held back, everywhere alike.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding;
use khettara_core::id::{ChangeHash, DeviceKey, DocumentId, Feed, LogId, OrgId, SegmentId};
use khettara_core::identity::{ClosingView, Item, Mode, ReleaseView, Roster};
use khettara_core::log::{Entry, OpenedEntry, Unit};
use serde::{Deserialize, Serialize};

use super::fold::Opinion;
use super::forks::{HeldLog, HeldSegment, Point, Reading, Rulings, judge_log};
use super::judge::candidate;
use super::settle::{Candidate, Known, Outcome, settle};
use super::state::{EntryState, Reason, Waiting};
use crate::airlock::{self, Past, Reading as Front};

/// What closings and releases come to in one feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The lines of releases that count.
    pub lines: BTreeSet<Point>,
    /// As [`Rulings::closed`].
    pub closed: BTreeMap<Point, EntryState>,
    /// As [`Rulings::released`].
    pub released: BTreeSet<Point>,
    /// The documents with changes that closings do not let pass, whether something else lets them stand or not.
    pub documents: BTreeSet<DocumentId>,
    /// Whether logs of the feed hold releases.
    pub has_releases: bool,
}

impl Standing {
    /// All that is ruled in the feed: these, and what the roster itself names.
    #[must_use]
    pub fn rulings(self, roster: &Roster) -> Rulings {
        let Self { lines, closed, released, .. } = self;
        let mut chosen = lines;
        chosen.extend(roster.closings().iter().flat_map(|view| view.closing.keep.iter()));
        Rulings { named: roster.named().clone(), chosen, closed, released }
    }
}

/// Judges closings and releases over what is held of a feed. Changes of documents that no log touched by a closing
/// holds may be left out of `logs`, unless several branches are held of their log.
#[must_use]
pub fn standing(org: &OrgId, feed: &Feed, logs: &[HeldLog], roster: &Roster, known: &Known) -> Standing {
    let scene = Scene::of(feed, logs, roster);
    let releases = Releases::counting(&scene, org);
    let freed = |entry: &Fact| releases.frees(entry);
    let is_behind = |fact: &&Fact| scene.ends.get(&fact.point.0).is_some_and(|end| fact.point.1 > *end);
    let behind = scene.facts.values().filter(is_behind);
    let released = behind.filter(|fact| freed(fact)).map(|fact| fact.point).collect();
    let in_doubt: Vec<(&Fact, EntryState)> =
        scene.facts.values().filter_map(|fact| Some((fact, scene.ruled(fact)?))).collect();
    let documents = in_doubt.iter().filter_map(|(fact, _)| Some(fact.change?.0)).collect();
    let closed = in_doubt.iter().filter(|(fact, _)| !freed(fact));
    let mut standing = Standing {
        closed: closed.map(|(fact, state)| (fact.point, *state)).collect(),
        has_releases: !scene.releases.is_empty(),
        lines: releases.lines.clone(),
        released,
        documents,
    };
    if !standing.closed.is_empty() {
        let rulings = Standing { closed: BTreeMap::new(), ..standing.clone() }.rulings(roster);
        let readings: Vec<Reading> =
            logs.iter().flat_map(|log| judge_log(org, feed, log.clone(), &rulings)).collect();
        scene.stand_for_others(&mut standing.closed, &sound(&readings, known));
    }
    standing
}

/// Whether some closing touches a log of one of these devices in the feed.
pub(crate) fn touches_a_log(feed: &Feed, device: &DeviceKey, roster: &Roster) -> bool {
    roster.closings().iter().any(|view| view.touches(device, feed))
}

/// The documents of changes in these logs that closings do not let pass, releases left out.
pub(crate) fn in_question(feed: &Feed, logs: &[HeldLog], roster: &Roster) -> BTreeSet<DocumentId> {
    let scene = Scene::of(feed, logs, roster);
    let held = scene.facts.values().filter(|fact| scene.ruled(fact).is_some());
    held.filter_map(|fact| Some(fact.change?.0)).collect()
}

/// What standing needs to know of an entry.
struct Fact {
    point: Point,
    device: Option<DeviceKey>,
    /// The smallest of the segments that hold it.
    roster_seen: u64,
    change: Option<(DocumentId, ChangeHash)>,
    deps: Vec<ChangeHash>,
}

struct Scene<'a> {
    feed: &'a Feed,
    roster: &'a Roster,
    facts: BTreeMap<Point, Fact>,
    /// Of each log: its listed segments, by name.
    trees: BTreeMap<LogId, BTreeMap<SegmentId, &'a HeldSegment>>,
    devices: BTreeMap<LogId, DeviceKey>,
    /// What the keeps of each closing that touches a log reach, by the closing's place.
    kept: BTreeMap<usize, BTreeSet<Point>>,
    /// The first end of a branch in each log.
    ends: BTreeMap<LogId, u64>,
    /// Releases written in the feed's logs, and where.
    releases: Vec<(Point, &'a OpenedEntry)>,
}

impl<'a> Scene<'a> {
    fn of(feed: &'a Feed, logs: &'a [HeldLog], roster: &'a Roster) -> Self {
        let mut scene = Self {
            feed,
            roster,
            facts: BTreeMap::new(),
            trees: BTreeMap::new(),
            devices: BTreeMap::new(),
            kept: BTreeMap::new(),
            ends: BTreeMap::new(),
            releases: Vec::new(),
        };
        for held in logs {
            scene.devices.extend(held.device.map(|device| (held.log, device)));
            let listed = held.segments.iter().filter(|segment| segment.listed);
            for segment in listed {
                scene.trees.entry(held.log).or_default().insert(segment.id, segment);
                if let Unit::Entries(entries) = &segment.unit {
                    entries.iter().for_each(|entry| scene.note(held, segment, entry));
                }
            }
        }
        for (place, view) in roster.closings().iter().enumerate() {
            let kept = view.closing.keep.iter().flat_map(|line| scene.up_to(line)).collect();
            scene.kept.insert(place, kept);
        }
        scene
    }

    fn note(&mut self, held: &HeldLog, segment: &HeldSegment, entry: &'a OpenedEntry) {
        let point = (held.log, entry.n, entry.head);
        match &entry.entry {
            Ok(Entry::Final) => {
                let end = self.ends.entry(held.log).or_insert(entry.n);
                *end = entry.n.min(*end);
            }
            Ok(Entry::Roster { item, .. }) if *item == RELEASE => self.releases.push((point, entry)),
            _ => {}
        }
        let fact = self.facts.entry(point).or_insert_with(|| {
            let change = entry.change();
            let front = change.map(|(_, hash, chunk)| airlock::read_front(chunk, hash));
            let deps = match front {
                Some(Front::Readable(header)) => header.deps,
                _ => Vec::new(),
            };
            let change = change.map(|(document, hash, _)| (document, hash));
            Fact { point, device: held.device, roster_seen: u64::MAX, change, deps }
        });
        fact.roster_seen = fact.roster_seen.min(segment.roster_seen);
    }

    /// The entries held at or below a point, on the branches through it.
    fn up_to(&self, (log, n, head): &Point) -> BTreeSet<Point> {
        let mut found = BTreeSet::new();
        let Some(tree) = self.trees.get(log) else { return found };
        let is_inside = |unit: &Unit| match unit {
            Unit::Entries(entries) => entries.iter().any(|entry| (entry.n, entry.head) == (*n, *head)),
            _ => false,
        };
        let holds = |segment: &&HeldSegment| {
            (segment.last(), segment.head) == (*n, *head) || is_inside(&segment.unit)
        };
        let mut seen = BTreeSet::new();
        for segment in tree.values().copied().filter(holds) {
            let mut at = Some(segment);
            while let Some(segment) = at.filter(|segment| seen.insert(segment.id)) {
                if let Unit::Entries(entries) = &segment.unit {
                    let below = entries.iter().filter(|entry| entry.n <= *n);
                    found.extend(below.map(|entry| (*log, entry.n, entry.head)));
                }
                at = tree.get(&segment.back).copied();
            }
        }
        found
    }

    fn touching(&self, device: Option<DeviceKey>) -> impl Iterator<Item = (usize, &'a ClosingView)> {
        let closings = self.roster.closings().iter().enumerate();
        let feed = self.feed;
        closings.filter(move |(_, view)| device.is_some_and(|device| view.touches(&device, feed)))
    }

    /// What the closings that touch an entry make of it, before anything else is asked; `None`: they let it pass.
    fn ruled(&self, fact: &Fact) -> Option<EntryState> {
        let mut held = None;
        for (place, view) in self.touching(fact.device) {
            if self.kept[&place].contains(&fact.point) {
                continue;
            }
            match view.position {
                _ if view.closing.mode != Mode::DRAIN => {
                    return Some(EntryState::Quarantined(Reason::Closed));
                }
                Some(position) if fact.roster_seen >= position => {
                    return Some(EntryState::Quarantined(Reason::Closed));
                }
                Some(_) => {}
                None => held = Some(EntryState::Waiting(Waiting::Roster)),
            }
        }
        held
    }

    /// Whether no closing that touches the logs of `whose` names `builder`.
    fn is_named_by_none(&self, whose: Option<DeviceKey>, builder: DeviceKey) -> bool {
        self.touching(whose).all(|(_, view)| !view.closing.devices.contains(&builder))
    }

    /// Takes out of `closed` what others had built on. `sound` are the changes without another quarantine.
    fn stand_for_others(&self, closed: &mut BTreeMap<Point, EntryState>, sound: &BTreeSet<Point>) {
        let mut places: BTreeMap<(DocumentId, ChangeHash), Vec<&Fact>> = BTreeMap::new();
        for fact in self.facts.values() {
            if let Some(change) = fact.change {
                places.entry(change).or_default().push(fact);
            }
        }
        let in_question: BTreeSet<DocumentId> =
            closed.keys().filter_map(|point| Some(self.facts.get(point)?.change?.0)).collect();
        let builds = |fact: &&Fact| fact.change.is_some_and(|(document, _)| in_question.contains(&document));
        let mut open: Vec<&Fact> = self.facts.values().filter(builds).collect();
        open.retain(|fact| sound.contains(&fact.point) && !closed.contains_key(&fact.point));
        let mut seen: BTreeSet<(DeviceKey, DocumentId, ChangeHash)> = BTreeSet::new();
        while let Some(fact) = open.pop() {
            let (Some(builder), Some((document, _))) = (fact.device, fact.change) else { continue };
            let mut below: Vec<ChangeHash> = fact.deps.clone();
            while let Some(hash) = below.pop() {
                if !seen.insert((builder, document, hash)) {
                    continue;
                }
                for ancestor in places.get(&(document, hash)).into_iter().flatten() {
                    below.extend_from_slice(&ancestor.deps);
                    let stands = self.is_named_by_none(ancestor.device, builder);
                    if stands && closed.remove(&ancestor.point).is_some() && sound.contains(&ancestor.point) {
                        open.push(ancestor);
                    }
                }
            }
        }
    }
}

/// Item 14.
const RELEASE: u8 = 14;

/// The releases that count here.
#[derive(Default)]
struct Releases {
    /// Lines, each with what it reaches.
    lines: BTreeSet<Point>,
    points: BTreeSet<Point>,
    /// Hashes, each with whoever released it.
    changes: BTreeSet<(ChangeHash, DeviceKey)>,
}

impl Releases {
    /// Those of whoever is entitled. Where a closing touches the signer's log, the release counts as a standing entry of
    /// that log alone; another release may make it stand.
    fn counting(scene: &Scene<'_>, org: &OrgId) -> Self {
        let mut waiting = views(scene, org);
        waiting.retain(|view| scene.roster.release_counts(view, scene.feed));
        let mut counting = Self::default();
        loop {
            let before = waiting.len();
            let mut left = Vec::new();
            for view in waiting {
                if counting.stands(scene, &view) { counting.take(scene, &view) } else { left.push(view) }
            }
            if left.len() == before {
                return counting;
            }
            waiting = left;
        }
    }

    fn stands(&self, scene: &Scene<'_>, view: &ReleaseView) -> bool {
        let is_touched =
            !view.by_headquarters && touches_a_log(scene.feed, &view.signed.signer, scene.roster);
        let passes = |point: &Point| {
            let fact = scene.facts.get(point);
            fact.is_some_and(|fact| scene.ruled(fact).is_none() || self.points.contains(point))
        };
        !is_touched || view.stands.iter().any(passes)
    }

    fn take(&mut self, scene: &Scene<'_>, view: &ReleaseView) {
        let signer = view.signed.signer;
        for line in view.release.lines.iter() {
            if scene.devices.get(&line.0).is_some_and(|device| *device != signer) {
                self.points.extend(scene.up_to(line));
                self.lines.insert(*line);
            }
        }
        self.changes.extend(view.release.changes.iter().map(|hash| (ChangeHash(*hash), signer)));
    }

    fn frees(&self, fact: &Fact) -> bool {
        let by_hash = |(_, hash): (DocumentId, ChangeHash)| {
            let signers = self.changes.range((hash, DeviceKey([0; 32]))..=(hash, DeviceKey([255; 32])));
            signers.into_iter().any(|(_, signer)| fact.device != Some(*signer))
        };
        self.points.contains(&fact.point) || fact.change.is_some_and(by_hash)
    }
}

/// Every release that the roster knows and every one written in the feed's logs, each once.
fn views(scene: &Scene<'_>, org: &OrgId) -> Vec<ReleaseView> {
    let mut all: BTreeMap<(DeviceKey, Vec<u8>), ReleaseView> = BTreeMap::new();
    let name = |view: &ReleaseView| (view.signed.signer, encoding::to_bytes(&view.release));
    for view in scene.roster.releases() {
        all.insert(name(view), view.clone());
    }
    for (point, entry) in &scene.releases {
        let Ok(Entry::Roster { item, version, bytes }) = &entry.entry else { continue };
        let Ok(Item::Release(signed, release)) = Item::decode(*item, *version, bytes) else { continue };
        if signed.clone().verify(org).is_err() {
            continue;
        }
        let by_headquarters = scene.roster.headquarters() == Some(signed.signer);
        let is_own = scene.devices.get(&point.0) == Some(&signed.signer);
        let stands = BTreeSet::new();
        let view = ReleaseView { release, signed, by_headquarters, is_in_roster: false, stands };
        let known = all.entry(name(&view)).or_insert(view);
        if is_own {
            known.stands.insert(*point);
        }
    }
    all.into_values().collect()
}

/// The changes that nothing else holds back: neither a rule of the log nor the airlock.
fn sound(readings: &[Reading], known: &Known) -> BTreeSet<Point> {
    let mut documents: BTreeMap<DocumentId, Vec<&Reading>> = BTreeMap::new();
    for reading in readings {
        if let (Opinion::Change { .. }, Some((document, _))) = (reading.opinion, reading.change) {
            documents.entry(document).or_default().push(reading);
        }
    }
    let mut sound = BTreeSet::new();
    for readings in documents.values() {
        let candidates: Vec<Candidate<'_>> = readings.iter().filter_map(|one| candidate(one)).collect();
        let settlement = settle(&mut Past::default(), &(), known, &candidates);
        for ((reading, candidate), outcome) in readings.iter().zip(&candidates).zip(settlement.outcomes) {
            let is_held = matches!(outcome, Outcome::Held(EntryState::Quarantined(_)))
                || matches!(candidate.otherwise, Some(EntryState::Quarantined(_)));
            if !is_held {
                sound.insert((reading.log, reading.n, reading.head));
            }
        }
    }
    sound
}
