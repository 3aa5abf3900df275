//! One log's branches as what was *written*: entries with equal heads are one entry, whichever segment holds them.

use std::collections::BTreeMap;

use crate::id::{DeviceKey, Feed, Head, LogId};
use crate::identity::Item;

use super::input::{RosterBranch, RosterLog};

/// A position in a log, with the head that says on which branch.
pub(super) type Point = (LogId, u64, Head);

/// One entry.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) log: LogId,
    pub(super) n: u64,
    pub(super) head: Head,
    pub(super) item: Option<&'a Item>,
}

/// One log. No branch is the beginning of another.
pub(super) struct HeldLog<'a> {
    pub(super) id: LogId,
    pub(super) feed: &'a Feed,
    pub(super) device: DeviceKey,
    pub(super) continues: Option<Point>,
    pub(super) branches: Vec<Vec<Step<'a>>>,
}

impl<'a> HeldLog<'a> {
    /// The entries up to the one at `n` with `head`, if that one is held.
    pub(super) fn through(&self, n: u64, head: &Head) -> Option<&[Step<'a>]> {
        let count = usize::try_from(n).ok()?;
        let at = |branch: &&Vec<Step<'a>>| {
            *head != Head::ZERO && count > 0 && branch.get(count - 1).is_some_and(|step| step.head == *head)
        };
        self.branches.iter().find(at).map(|branch| &branch[..count])
    }

    /// Every entry of every branch; what branches share comes several times.
    pub(super) fn steps(&self) -> impl Iterator<Item = Step<'a>> {
        self.branches.iter().flatten().copied()
    }
}

/// How many first entries two paths share. Heads are chained: where they are equal, all before is.
pub(super) fn common(one: &[Step<'_>], other: &[Step<'_>]) -> usize {
    let same = |(a, b): (&Step<'_>, &Step<'_>)| a.head == b.head && a.head != Head::ZERO && a.log == b.log;
    one.iter().zip(other).rposition(same).map_or(0, |place| place + 1)
}

/// What all paths share, and whether they part.
pub(super) fn agreed<'a>(paths: &[Vec<Step<'a>>]) -> (Vec<Step<'a>>, bool) {
    let Some((first, others)) = paths.split_first() else { return (Vec::new(), false) };
    let shared = others.iter().map(|other| common(first, other)).min();
    let end = shared.unwrap_or(first.len());
    (first[..end].to_vec(), shared.is_some())
}

/// The logs that hold anything, by name.
pub(super) fn read(logs: &[RosterLog]) -> BTreeMap<LogId, HeldLog<'_>> {
    let mut held: BTreeMap<LogId, HeldLog<'_>> = BTreeMap::new();
    for log in logs {
        let entry = held.entry(log.id).or_insert_with(|| HeldLog {
            id: log.id,
            feed: &log.feed,
            device: log.device,
            continues: log.continues,
            branches: Vec::new(),
        });
        entry.branches.extend(log.branches.iter().map(|branch| steps(log.id, branch)));
    }
    for log in held.values_mut() {
        log.branches = joined(std::mem::take(&mut log.branches));
    }
    held.retain(|_, log| !log.branches.is_empty());
    held
}

fn steps(log: LogId, branch: &RosterBranch) -> Vec<Step<'_>> {
    (1..)
        .zip(&branch.entries)
        .take_while(|(n, entry)| entry.n == *n)
        .map(|(n, entry)| Step { log, n, head: entry.head, item: entry.item.as_ref() })
        .collect()
}

/// Fills in what a twin segment shows, and drops branches that another contains.
fn joined(branches: Vec<Vec<Step<'_>>>) -> Vec<Vec<Step<'_>>> {
    let mut by_length: Vec<Vec<Step<'_>>> =
        branches.iter().map(|branch| filled(branch.clone(), &branches)).collect();
    let mut kept: Vec<Vec<Step<'_>>> = Vec::new();
    by_length.sort_by_key(|branch| std::cmp::Reverse(branch.len()));
    for branch in by_length {
        if !branch.is_empty() && kept.iter().all(|longer| common(longer, &branch) < branch.len()) {
            kept.push(branch);
        }
    }
    kept
}

fn filled<'a>(mut branch: Vec<Step<'a>>, all: &[Vec<Step<'a>>]) -> Vec<Step<'a>> {
    for other in all {
        let shared = common(&branch, other);
        for (step, twin) in branch.iter_mut().zip(&other[..shared]) {
            step.item = step.item.or(twin.item);
            if step.head == Head::ZERO {
                step.head = twin.head;
            }
        }
    }
    branch
}
