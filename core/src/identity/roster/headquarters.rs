//! Headquarters' log: which one it is, where it ends, and what it says: positions, closings, keys, limits.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding;
use crate::id::{DeviceKey, Feed, Head, LogId};
use crate::identity::{Constant, FeedKeyItem, Item, Limits, Release, Role, Signed};

use super::branches::{HeldLog, Point, Step, agreed};
use super::proof::Proofs;
use super::root::Delegations;
use super::view::{ClosingView, ReleaseView, RosterNames, RosterPosition};

/// What headquarters says, and the closings and releases that travelled otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    pub(super) position: Option<RosterPosition>,
    /// Serial → smallest position of its Withdraw.
    pub(super) withdrawn: BTreeMap<u32, u64>,
    pub(super) feed_keys: BTreeMap<Feed, Vec<FeedKeyItem>>,
    pub(super) limits: BTreeMap<u8, u64>,
    pub(super) constants: Vec<Constant>,
    pub(super) closings: Vec<ClosingView>,
    pub(super) releases: Vec<ReleaseView>,
    pub(super) names: RosterNames,
    /// Where a forked headquarters ends; none where its logs share nothing.
    pub(super) forked: Option<Option<Point>>,
}

/// An entry that counts, and its position in the roster.
struct Placed<'a> {
    position: u64,
    step: Step<'a>,
}

/// Headquarters' logs, epoch by epoch.
struct Epochs<'h, 'a> {
    logs: Vec<Vec<&'h HeldLog<'a>>>,
}

/// Finds headquarters' log and reads it.
pub(super) fn fold(
    held: &BTreeMap<LogId, HeldLog<'_>>,
    alone: &[Item],
    delegations: &Delegations,
    proofs: &mut Proofs<'_>,
) -> Ledger {
    let epochs = Epochs::find(held, delegations);
    let (path, parted) = epochs.path(delegations);
    let mut ledger = Ledger { position: epochs.position(&path), ..Ledger::default() };
    ledger.forked = parted.then(|| path.last().map(|at| (at.step.log, at.step.n, at.step.head)));
    for placed in &path {
        ledger.note(placed);
    }
    for keys in ledger.feed_keys.values_mut() {
        keys.sort_by_key(|key| key.ordinal);
    }
    ledger.closings = closings(&epochs, alone, delegations, proofs);
    ledger.releases = Releases { delegations, found: BTreeMap::new() }.gather(held, alone, &path, proofs);
    let kept = ledger.closings.iter().flat_map(|view| view.closing.keep.iter());
    let in_roster = ledger.releases.iter().filter(|view| view.is_in_roster);
    ledger.names.points = kept.chain(in_roster.flat_map(|view| view.release.lines.iter())).copied().collect();
    ledger
}

impl Ledger {
    /// Entries come in ascending position.
    fn note(&mut self, placed: &Placed<'_>) {
        match placed.step.item {
            Some(Item::Withdraw(body)) => {
                self.withdrawn.entry(body.serial).or_insert(placed.position);
            }
            Some(Item::FeedKey(body)) => {
                let keys = self.feed_keys.entry(body.feed.clone()).or_default();
                if !keys.contains(body) {
                    keys.push(body.clone());
                }
            }
            Some(Item::Finished(body)) => {
                self.names.finished.entry(body.log).or_default().insert(body.tip);
            }
            Some(Item::Limits(body)) => body.limits.iter().for_each(|limit| self.limit(*limit)),
            Some(Item::Constant(body)) if self.constants.iter().all(|known| known.chunk != body.chunk) => {
                self.constants.push(body.clone());
            }
            _ => {}
        }
    }

    fn limit(&mut self, (name, value): (u8, u64)) {
        // What is listed never becomes fewer: a smaller number would take back what others built on.
        let listed = match name {
            Limits::LOGS => Some(&mut self.names.logs_max),
            Limits::BRANCHES => Some(&mut self.names.branches_max),
            _ => None,
        };
        match listed {
            Some(most) => {
                *most = (*most).max(usize::try_from(value).unwrap_or(usize::MAX));
                self.limits.insert(name, *most as u64);
            }
            None => {
                self.limits.insert(name, value);
            }
        }
    }
}

impl<'h, 'a> Epochs<'h, 'a> {
    fn find(held: &'h BTreeMap<LogId, HeldLog<'a>>, delegations: &Delegations) -> Self {
        let of_epoch = |(key, continues): &(DeviceKey, Option<Point>)| {
            held.values()
                .filter(|log| log.feed.as_str() == Feed::ROSTER)
                .filter(|log| log.device == *key && log.continues == *continues)
                .filter(|log| delegations.ever_had(&log.device, Role::HEADQUARTERS))
                .collect()
        };
        Self { logs: delegations.epochs.iter().map(of_epoch).collect() }
    }

    /// The entries that count, in order; whether headquarters forked after them.
    fn path(&self, delegations: &Delegations) -> (Vec<Placed<'a>>, bool) {
        let Some((epoch, (_, continues))) = delegations.epochs.iter().enumerate().next_back() else {
            return (Vec::new(), false);
        };
        let mut path = self.ground(*continues, epoch);
        let branches: Vec<Vec<Step<'a>>> =
            self.logs[epoch].iter().flat_map(|log| log.branches.iter().cloned()).collect();
        let (shared, parted) = agreed(&branches);
        path.extend(shared.into_iter().map(|step| place(epoch, step)));
        (path, parted)
    }

    /// What the log of `epoch` goes on from, through all older ones, as far as it is held.
    fn ground(&self, continues: Option<Point>, epoch: usize) -> Vec<Placed<'a>> {
        let mut links = Vec::new();
        let (mut at, mut below) = (continues, epoch);
        while let Some((log, n, head)) = at {
            let older = (0..below)
                .rev()
                .find_map(|epoch| Some((epoch, self.logs[epoch].iter().find(|held| held.id == log)?)));
            let Some((epoch, held)) = older else { break };
            let Some(steps) = held.through(n, &head) else { break };
            links.push((epoch, steps));
            (at, below) = (held.continues, epoch);
        }
        links
            .into_iter()
            .rev()
            .flat_map(|(epoch, steps)| steps.iter().map(move |step| place(epoch, *step)))
            .collect()
    }

    fn position(&self, path: &[Placed<'a>]) -> Option<RosterPosition> {
        let Placed { position, step } = path.last()?;
        let is_of_named_log = self.logs.last()?.iter().any(|log| log.id == step.log);
        Some(RosterPosition { value: *position, log: step.log, n: step.n, head: step.head, is_of_named_log })
    }

    /// Every entry of every log that is or was headquarters', whatever became of it.
    fn all(&self) -> impl Iterator<Item = Placed<'a>> {
        let epochs = self.logs.iter().enumerate();
        epochs.flat_map(|(epoch, logs)| {
            logs.iter().flat_map(move |log| log.steps().map(move |step| place(epoch, step)))
        })
    }
}

const fn place(epoch: usize, step: Step<'_>) -> Placed<'_> {
    let base = (epoch as u64).saturating_mul(1 << 32);
    Placed { position: base.saturating_add(step.n), step }
}

/// Closings by body: from every log that was ever headquarters', forked or replaced, and alone. What was closed
/// stays closed, so even a doubtful log's closings count.
fn closings(
    epochs: &Epochs<'_, '_>,
    alone: &[Item],
    delegations: &Delegations,
    proofs: &mut Proofs<'_>,
) -> Vec<ClosingView> {
    let mut found: BTreeMap<Vec<u8>, ClosingView> = BTreeMap::new();
    let placed = epochs.all().filter_map(|placed| Some((Some(placed.position), placed.step.item?)));
    for (position, item) in placed.chain(alone.iter().map(|item| (None, item))) {
        let Item::Closing(signed, closing) = item else { continue };
        let entitled = delegations.ever_had(&signed.signer, Role::HEADQUARTERS);
        if !entitled || !proofs.is_signed(signed) {
            continue;
        }
        let view = found.entry(encoding::to_bytes(closing)).or_insert_with(|| ClosingView {
            closing: closing.clone(),
            position: None,
            signed: signed.clone(),
        });
        view.position = [view.position, position].into_iter().flatten().min();
        keep_smaller(&mut view.signed, signed);
    }
    found.into_values().collect()
}

/// Of several good envelopes of one body any is as good: all holders show the same one.
pub(super) fn keep_smaller(kept: &mut Signed, other: &Signed) {
    if other < kept {
        kept.clone_from(other);
    }
}

/// Releases by signer and body.
struct Releases<'d> {
    delegations: &'d Delegations,
    found: BTreeMap<(DeviceKey, Vec<u8>), ReleaseView>,
}

impl Releases<'_> {
    fn gather(
        mut self,
        held: &BTreeMap<LogId, HeldLog<'_>>,
        alone: &[Item],
        path: &[Placed<'_>],
        proofs: &mut Proofs<'_>,
    ) -> Vec<ReleaseView> {
        for placed in path {
            let writer = held.get(&placed.step.log).map(|log| log.device);
            let Some((view, signed)) = placed.step.item.and_then(|item| self.note(item, proofs)) else {
                continue;
            };
            view.is_in_roster = true;
            // A replaced headquarters' word counts from its own log, up to where the next one took over.
            view.by_headquarters |= writer == Some(signed.signer);
        }
        for log in held.values().filter(|log| !log.feed.is_clear()) {
            for step in log.steps() {
                let Some((view, signed)) = step.item.and_then(|item| self.note(item, proofs)) else {
                    continue;
                };
                if signed.signer == log.device && step.head != Head::ZERO {
                    view.stands.insert((step.log, step.n, step.head));
                }
            }
        }
        for item in alone {
            self.note(item, proofs);
        }
        self.found.into_values().collect()
    }

    fn note<'i>(
        &mut self,
        item: &'i Item,
        proofs: &mut Proofs<'_>,
    ) -> Option<(&mut ReleaseView, &'i Signed)> {
        let Item::Release(signed, release) = item else { return None };
        if !proofs.is_signed(signed) {
            return None;
        }
        let by_headquarters = self.delegations.headquarters_now() == Some(signed.signer);
        let view = self.found.entry(name(signed, release)).or_insert_with(|| ReleaseView {
            release: release.clone(),
            signed: signed.clone(),
            by_headquarters,
            is_in_roster: false,
            stands: BTreeSet::new(),
        });
        keep_smaller(&mut view.signed, signed);
        Some((view, signed))
    }
}

fn name(signed: &Signed, release: &Release) -> (DeviceKey, Vec<u8>) {
    (signed.signer, encoding::to_bytes(release))
}
