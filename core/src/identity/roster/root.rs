//! The root: which log is its own, through rotations and forks, and whom it delegates.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::Set;
use crate::hash;
use crate::id::{DeviceKey, Feed, LogId, Pattern};
use crate::identity::{Delegate, Genesis, Item, Role, organisation_id};

use super::branches::{HeldLog, Point, Step, agreed};
use super::proof::Proofs;

/// What the root's log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    pub(super) genesis: Option<Genesis>,
    /// Keys that are or were the root.
    pub(super) keys: BTreeSet<DeviceKey>,
    /// Hashes of the keys that may come next.
    pub(super) announced: BTreeSet<[u8; 32]>,
    pub(super) delegations: Delegations,
    /// Where a forked root ends; none where its logs share nothing.
    pub(super) forked: Option<Option<Point>>,
}

/// Whom the root gave which role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Delegations {
    /// The last word on each key, role 5 aside. Roles that nobody may be delegated to are not kept.
    pub(super) by_key: BTreeMap<DeviceKey, (Role, Set<Pattern>)>,
    /// The last word on role 5; its feeds are empty where it was ended.
    pub(super) headquarters: Option<(DeviceKey, Set<Pattern>)>,
    /// Everything ever given.
    pub(super) ever: BTreeMap<DeviceKey, BTreeSet<(Role, Set<Pattern>)>>,
    /// Headquarters' (key, continues), one for each epoch.
    pub(super) epochs: Vec<(DeviceKey, Option<Point>)>,
}

impl Delegations {
    fn note(&mut self, delegate: &Delegate) {
        let Delegate { key, role, feeds, continues } = delegate;
        if *role == Role::HEADQUARTERS {
            let epoch = (*key, *continues);
            if self.epochs.last() != Some(&epoch) {
                if self.epochs.contains(&epoch) {
                    // What was replaced does not come back: its log may have gone on in the meantime.
                    return;
                }
                self.epochs.push(epoch);
            }
            self.headquarters = Some((*key, feeds.clone()));
        } else if feeds.is_empty() || !matches!(*role, Role::RELAY | Role::READER) {
            self.by_key.remove(key);
        } else {
            self.by_key.insert(*key, (*role, feeds.clone()));
        }
        if !feeds.is_empty() {
            self.ever.entry(*key).or_default().insert((*role, feeds.clone()));
        }
    }

    /// The key that is headquarters now.
    pub(super) fn headquarters_now(&self) -> Option<DeviceKey> {
        self.headquarters.as_ref().filter(|(_, feeds)| !feeds.is_empty()).map(|(key, _)| *key)
    }

    /// Whether `key` has, or ever had, `role`.
    pub(super) fn ever_had(&self, key: &DeviceKey, role: Role) -> bool {
        self.ever.get(key).is_some_and(|given| given.iter().any(|(other, _)| *other == role))
    }
}

/// A log that may be the root's: the announced key's, beginning as it must.
struct Candidate<'h, 'a> {
    log: &'h HeldLog<'a>,
    /// The announced hash its key answers; none for the genesis key.
    answers: Option<[u8; 32]>,
    /// What it goes on from, in older logs.
    ground: Vec<Step<'a>>,
}

/// Follows the root from its genesis through its rotations.
pub(super) fn fold(held: &BTreeMap<LogId, HeldLog<'_>>, alone: &[Item], proofs: &mut Proofs<'_>) -> Root {
    let mut genesis = alone.iter().find_map(|item| genuine(item, proofs)).cloned();
    let mut keys: BTreeSet<DeviceKey> = genesis.iter().map(|genesis| genesis.root).collect();
    let mut level = first(held, proofs);
    if let Some(found) = level.first().and_then(|candidate| genesis_in(candidate.log, proofs)) {
        genesis = Some(found);
    }
    keys.extend(level.iter().map(|candidate| candidate.log.device));
    // Every rotation is a log of its own, so there are never more of them than logs.
    for _ in 0..held.len() {
        let next = rotated(held, &level, proofs);
        if next.is_empty() {
            break;
        }
        keys.extend(next.iter().map(|candidate| candidate.log.device));
        level = next;
    }
    let mut paths = Vec::new();
    let mut announced: BTreeSet<[u8; 32]> = genesis.iter().map(|genesis| genesis.next).collect();
    for candidate in &level {
        for branch in &candidate.log.branches {
            announced.extend(announcement(candidate.log, candidate.answers, branch, proofs));
            paths.push([candidate.ground.as_slice(), branch].concat());
        }
    }
    let (path, parted) = agreed(&paths);
    let mut delegations = Delegations::default();
    for step in &path {
        if let Some(Item::Delegate(delegate)) = step.item {
            delegations.note(delegate);
        }
    }
    let forked = parted.then(|| path.last().map(|step| (step.log, step.n, step.head)));
    Root { genesis, keys, announced, delegations, forked }
}

fn genuine<'i>(item: &'i Item, proofs: &mut Proofs<'_>) -> Option<&'i Genesis> {
    let Item::Genesis(signed, body) = item else { return None };
    let ours = organisation_id(body) == proofs.org() && signed.signer == body.root;
    (ours && proofs.is_signed(signed)).then_some(body)
}

fn genesis_in(log: &HeldLog<'_>, proofs: &mut Proofs<'_>) -> Option<Genesis> {
    let second = |branch: &Vec<Step<'_>>| branch.get(1).and_then(|step| step.item.cloned());
    log.branches.iter().filter_map(second).find_map(|item| genuine(&item, proofs).cloned())
}

fn first<'h, 'a>(held: &'h BTreeMap<LogId, HeldLog<'a>>, proofs: &mut Proofs<'_>) -> Vec<Candidate<'h, 'a>> {
    in_roster(held)
        .filter(|log| log.branches.iter().any(|branch| announcement(log, None, branch, proofs).is_some()))
        .map(|log| Candidate { log, answers: None, ground: Vec::new() })
        .collect()
}

/// Logs by which an announced key takes over from one of `level`. They settle a fork: what the older log
/// holds beyond the position they go on from counts for nothing.
fn rotated<'h, 'a>(
    held: &'h BTreeMap<LogId, HeldLog<'a>>,
    level: &[Candidate<'h, 'a>],
    proofs: &mut Proofs<'_>,
) -> Vec<Candidate<'h, 'a>> {
    let mut out = Vec::new();
    for log in in_roster(held) {
        let Some((before, n, head)) = log.continues else { continue };
        let Some(older) = level.iter().find(|candidate| candidate.log.id == before) else { continue };
        let Some(ground) = older.log.through(n, &head) else { continue };
        let Some(answers) = announcement(older.log, older.answers, ground, proofs) else { continue };
        let takes_over = |branch: &Vec<Step<'a>>| rotation(log, answers, branch).is_some();
        if log.branches.iter().any(takes_over) {
            out.push(Candidate {
                log,
                answers: Some(answers),
                ground: [older.ground.as_slice(), ground].concat(),
            });
        }
    }
    out
}

fn in_roster<'h, 'a>(held: &'h BTreeMap<LogId, HeldLog<'a>>) -> impl Iterator<Item = &'h HeldLog<'a>> {
    held.values().filter(|log| log.feed.as_str() == Feed::ROSTER)
}

/// The hash that a root's log announces in its second entry, where that entry is what it must be.
fn announcement(
    log: &HeldLog<'_>,
    answers: Option<[u8; 32]>,
    branch: &[Step<'_>],
    proofs: &mut Proofs<'_>,
) -> Option<[u8; 32]> {
    match answers {
        Some(answers) => rotation(log, answers, branch),
        None => {
            let genesis = genuine(branch.get(1)?.item?, proofs)?;
            (genesis.root == log.device).then_some(genesis.next)
        }
    }
}

fn rotation(log: &HeldLog<'_>, answers: [u8; 32], branch: &[Step<'_>]) -> Option<[u8; 32]> {
    match branch.get(1)?.item? {
        Item::RotateRoot(body) if body.key == log.device && next_root(&body.key) == answers => {
            Some(body.next)
        }
        _ => None,
    }
}

/// `D("next root", key)`: how a root announces the key that follows it.
pub(super) fn next_root(key: &DeviceKey) -> [u8; 32] {
    hash::derive("next root", &[&key.0])
}
