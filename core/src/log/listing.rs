//! Which held segments count: a function of what is held and of the roster, whatever the order of arrival.
//!
//! A hostile or broken owner could make logs and branches without end; beyond these numbers they stay stored
//! and are shown to a person, outside vectors, digests and verdicts.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::Set;
use crate::id::{Head, LogId, SegmentId};
use crate::log::vector::Line;

/// What listing needs of a held segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentMeta {
    /// Its name.
    pub id: SegmentId,
    /// The segment it goes on from.
    pub back: SegmentId,
    /// Position of its last entry.
    pub last: u64,
    /// Its declared head.
    pub head: Head,
}

/// What the roster says about logs: named points, finished logs, numbers. The default for `@roster` itself.
pub type Named = crate::identity::RosterNames;

fn is_named(named: &Named, log: &LogId) -> bool {
    named.finished.contains_key(log)
        || named.points.range((*log, 0, Head::ZERO)..).next().is_some_and(|(point, _, _)| point == log)
}

/// The listed segments of one log, and its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Listed segments.
    pub segments: BTreeSet<SegmentId>,
    /// Listed segments from which no listed one goes on.
    pub lines: Set<Line>,
}

/// Lists the logs of one device in one feed. `logs` holds every held segment, each with its ground held too.
#[must_use]
pub fn list(logs: &BTreeMap<LogId, Vec<SegmentMeta>>, named: &Named) -> BTreeMap<LogId, Listing> {
    let smallest: BTreeSet<&LogId> =
        logs.keys().filter(|log| !named.finished.contains_key(log)).take(named.logs_max).collect();
    let listed = |log: &LogId, metas: &Vec<SegmentMeta>| {
        let tree = Tree::new(metas);
        let mut segments = tree.with_ground(tree.named(log, named));
        if is_named(named, log) || smallest.contains(log) {
            segments.extend(tree.with_ground(tree.smallest_leaves(named.branches_max)));
        }
        let lines = tree.lines(*log, &segments);
        Listing { segments, lines }
    };
    logs.iter().map(|(log, metas)| (*log, listed(log, metas))).collect()
}

/// The segments of one log as the tree that `back` makes of them.
struct Tree<'a> {
    by_id: BTreeMap<SegmentId, &'a SegmentMeta>,
    children: BTreeMap<SegmentId, BTreeSet<SegmentId>>,
}

impl<'a> Tree<'a> {
    fn new(metas: &'a [SegmentMeta]) -> Self {
        let by_id = metas.iter().map(|meta| (meta.id, meta)).collect();
        let mut children: BTreeMap<SegmentId, BTreeSet<SegmentId>> = BTreeMap::new();
        for meta in metas {
            children.entry(meta.back).or_default().insert(meta.id);
        }
        Self { by_id, children }
    }

    fn named(&self, log: &LogId, named: &Named) -> Vec<SegmentId> {
        let at_point = |meta: &&SegmentMeta| named.points.contains(&(*log, meta.last, meta.head));
        let tips = named.finished.get(log).into_iter().flatten();
        self.by_id
            .values()
            .copied()
            .filter(at_point)
            .map(|meta| meta.id)
            .chain(tips.copied().filter(|tip| self.by_id.contains_key(tip)))
            .collect()
    }

    /// Branches compare as lists of ids from the root; walking children in ascending order visits them so.
    fn smallest_leaves(&self, count: usize) -> Vec<SegmentId> {
        let mut leaves = Vec::new();
        let mut ahead: Vec<SegmentId> = self.below(&SegmentId::ZERO).rev().copied().collect();
        while let Some(id) = ahead.pop() {
            if leaves.len() == count {
                break;
            }
            let before = ahead.len();
            ahead.extend(self.below(&id).rev().copied());
            if ahead.len() == before {
                leaves.push(id);
            }
        }
        leaves
    }

    fn below(&self, id: &SegmentId) -> impl DoubleEndedIterator<Item = &SegmentId> {
        self.children.get(id).into_iter().flatten()
    }

    fn with_ground(&self, tips: Vec<SegmentId>) -> BTreeSet<SegmentId> {
        let mut out = BTreeSet::new();
        for tip in tips {
            let mut at = tip;
            while let Some(meta) = self.by_id.get(&at) {
                if !out.insert(at) {
                    break;
                }
                at = meta.back;
            }
        }
        out
    }

    fn lines(&self, log: LogId, listed: &BTreeSet<SegmentId>) -> Set<Line> {
        let is_end = |id: &&SegmentId| !self.below(id).any(|child| listed.contains(child));
        listed.iter().filter(is_end).filter_map(|id| Some((log, self.by_id.get(id)?.last, *id))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(id: u8, back: u8, last: u64) -> SegmentMeta {
        SegmentMeta { id: SegmentId([id; 32]), back: SegmentId([back; 32]), last, head: Head([id; 32]) }
    }

    fn one(metas: Vec<SegmentMeta>, named: &Named) -> Listing {
        let log = LogId([1; 32]);
        list(&BTreeMap::from([(log, metas)]), named).remove(&log).expect("listed")
    }

    #[test]
    fn a_plain_log_has_one_line() {
        let listing = one(vec![meta(5, 0, 3), meta(2, 5, 7), meta(9, 2, 8)], &Named::default());
        assert_eq!(listing.segments.len(), 3);
        assert_eq!(listing.lines.as_slice(), &[(LogId([1; 32]), 8, SegmentId([9; 32]))]);
    }

    #[test]
    fn the_four_smallest_branches_are_listed_and_order_of_arrival_changes_nothing() {
        let mut metas = vec![meta(100, 0, 1)];
        metas.extend((1..=6).map(|id| meta(id, 100, 2)));
        let forward = one(metas.clone(), &Named::default());
        metas.reverse();
        assert_eq!(one(metas, &Named::default()), forward);
        let tips: Vec<u8> = forward.lines.iter().map(|(_, _, tip)| tip.0[0]).collect();
        assert_eq!(tips, vec![1, 2, 3, 4]);
    }

    #[test]
    fn what_the_roster_names_is_listed_with_all_it_goes_on_from() {
        let mut metas = vec![meta(100, 0, 1)];
        metas.extend((1..=6).map(|id| meta(id, 100, 2)));
        let mut named = Named::default();
        named.points.insert((LogId([1; 32]), 2, Head([6; 32])));
        let tips: Vec<u8> = one(metas, &named).lines.iter().map(|(_, _, tip)| tip.0[0]).collect();
        assert_eq!(tips, vec![1, 2, 3, 4, 6]);
    }

    #[test]
    fn a_seventeenth_log_is_over_and_a_finished_one_makes_room() {
        let logs: BTreeMap<LogId, Vec<SegmentMeta>> =
            (1..=17).map(|log| (LogId([log; 32]), vec![meta(log, 0, 1)])).collect();
        let count = |named: &Named| list(&logs, named).values().filter(|l| !l.lines.is_empty()).count();
        assert_eq!(count(&Named::default()), 16);
        let mut named = Named::default();
        named.finished.insert(LogId([3; 32]), BTreeSet::from([SegmentId([3; 32])]));
        assert_eq!(count(&named), 17);
    }

    #[test]
    fn a_log_that_the_roster_names_has_its_branches_listed_though_there_is_no_room_for_another() {
        let branches = || vec![meta(100, 0, 1), meta(1, 100, 2), meta(2, 100, 2)];
        let logs: BTreeMap<LogId, Vec<SegmentMeta>> =
            (1..=18).map(|log| (LogId([log; 32]), branches())).collect();
        let lines = |named: &Named, log| list(&logs, named)[&LogId([log; 32])].lines.len();
        assert_eq!([16, 17, 18].map(|log| lines(&Named::default(), log)), [2, 0, 0]);
        let mut named = Named::default();
        named.points.insert((LogId([18; 32]), 2, Head([2; 32])));
        assert_eq!([16, 17, 18].map(|log| lines(&named, log)), [2, 0, 2], "not the one before it");
        let mut named = Named::default();
        named.finished.insert(LogId([17; 32]), BTreeSet::from([SegmentId([2; 32])]));
        assert_eq!([16, 17, 18].map(|log| lines(&named, log)), [2, 2, 0]);
    }
}
