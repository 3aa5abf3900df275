//! What readers make of what they hold: documents, rows, and what is held back. All with the same entries and the
//! same roster agree on it, and what headquarters calls merged can be read there.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{DocumentId, Feed, Head, LogId};
use khettara_core::log::{HeldBack, Place};
use khettara_records::model::RecordKind;
use khettara_records::replica::{ListRow, Saved};
use khettara_records::verdict::{EntryState, Reason, Waiting};
use khettara_tests::{Node, World};

/// One saved visit, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    feed: Feed,
    log: LogId,
    position: u64,
    document: DocumentId,
    visit: [u8; 16],
}

/// Visits that were answered as saved: never overwritten, so each must be read wherever it is merged.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    told: BTreeMap<Told, Vec<u8>>,
    /// Entries of a kind that nobody here reads: held everywhere, merged nowhere.
    unread: BTreeSet<(Feed, LogId, u64)>,
    /// What headquarters said to a tablet: as far as this, but for these.
    at_headquarters: BTreeSet<(Feed, LogId, u64, Vec<HeldBack>)>,
}

impl Readings {
    /// A form was saved as this entry.
    pub(crate) fn told(&mut self, feed: &Feed, saved: &Saved, bytes: &[u8]) {
        for record in saved.records.iter().filter(|record| record.kind == RecordKind::Visit) {
            let (log, position, document) = (saved.log, saved.position, saved.document);
            let visit = *record.id.as_bytes();
            self.told.insert(Told { feed: feed.clone(), log, position, document, visit }, bytes.to_vec());
        }
    }

    /// A note was saved as the last entry of this log.
    pub(crate) fn noted(&mut self, feed: &Feed, log: LogId, n: u64) {
        self.unread.insert((feed.clone(), log, n));
    }

    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.told.len() as u64
    }

    /// Takes note of what headquarters told a tablet.
    pub(crate) fn believe(&mut self, node: &Node, feed: &Feed) {
        for (log, n, _, held_back) in node.receipt_lines(feed, Place::HEADQUARTERS) {
            self.at_headquarters.insert((feed.clone(), log, n, held_back.into_vec()));
        }
    }

    /// Whether headquarters told a tablet that this entry is merged.
    fn was_called_merged(&self, feed: &Feed, log: &LogId, position: u64) -> bool {
        let of_log = self.at_headquarters.iter().filter(|(of, said, ..)| of == feed && said == log);
        let mut reaching = of_log.filter(|(_, _, n, _)| position <= *n);
        reaching.any(|(.., held_back)| {
            !held_back
                .iter()
                .any(|(first, count, _)| (*first..*first + u64::from(*count)).contains(&position))
        })
    }

    /// Whatever headquarters called merged is to be read there, now and for ever after; a log that two copies wrote in
    /// has two entries at one position, and is left out.
    pub(crate) fn check_at_headquarters(
        &self,
        headquarters: &mut Node,
        forked: &BTreeSet<LogId>,
        may_change: bool,
    ) {
        let feeds: BTreeSet<&Feed> = self.told.keys().map(|told| &told.feed).collect();
        let aside: BTreeSet<(LogId, u64)> = feeds
            .into_iter()
            .filter(|_| may_change)
            .flat_map(|feed| held_back(headquarters, feed))
            .filter(|(_, state)| is_ruled(*state))
            .map(|((log, n, ..), _)| (log, n))
            .collect();
        for (told, _) in self.told.iter().filter(|(told, _)| !forked.contains(&told.log)) {
            let is_aside = aside.contains(&(told.log, told.position));
            if !is_aside && self.was_called_merged(&told.feed, &told.log, told.position) {
                assert!(is_read(headquarters, told), "At headquarters, and not to be read there");
            }
        }
        for (feed, log, n) in self.unread.iter().filter(|(_, log, _)| !forked.contains(log)) {
            let said = self.was_called_merged(feed, log, *n);
            assert!(!said, "called merged at headquarters, where nobody can read it");
        }
    }

    /// Every visit that is not gone is read by this party, unless it builds on something that is held back.
    pub(crate) fn check_read(&self, node: &mut Node, feed: &Feed, gone: &BTreeSet<(Feed, Vec<u8>)>) {
        let waits: BTreeSet<(LogId, u64)> = held_back(node, feed)
            .into_iter()
            .filter(|(_, state)| is_ruled(*state))
            .map(|((log, n, ..), _)| (log, n))
            .collect();
        let told = self.told.iter().filter(|(told, _)| told.feed == *feed);
        for (told, _) in told.filter(|(_, bytes)| !gone.contains(&(feed.clone(), (*bytes).clone()))) {
            let waits = waits.contains(&(told.log, told.position));
            assert!(waits || is_read(node, told), "{} does not read a saved visit", node.name);
        }
    }
}

/// Whether somebody ruled that an entry is not merged, or that what it builds on is not.
fn is_ruled(state: EntryState) -> bool {
    matches!(
        state,
        EntryState::Waiting(Waiting::Ancestor | Waiting::Roster) | EntryState::Quarantined(Reason::Closed)
    )
}

fn is_read(node: &mut Node, told: &Told) -> bool {
    let view = node.replica.household(&*node.store, &told.feed, &told.document).expect("reads");
    view.is_some_and(|view| view.visits.iter().any(|visit| *visit.id.as_bytes() == told.visit))
}

/// Where entries stand: log, position, how many, and the head, since two branches have entries at one position.
type Position = (LogId, u64, u32, Head);

/// What a party holds and has not merged, and why.
pub(crate) fn held_back(node: &Node, feed: &Feed) -> BTreeMap<Position, EntryState> {
    let all = node.replica.held_back(&*node.store, feed).expect("reads");
    all.into_iter().map(|entry| ((entry.log, entry.n, entry.count, entry.head), entry.state)).collect()
}

/// All that readers who hold the same must agree on.
#[derive(Debug, PartialEq)]
pub(crate) struct Agreed {
    digest: [u8; 32],
    rows: Vec<ListRow>,
    held_back: BTreeMap<Position, EntryState>,
}

impl Agreed {
    /// What a party reads in a feed.
    pub(crate) fn by(node: &mut Node, feed: &Feed) -> Self {
        let digest = node.replica.digest(&*node.store, feed).expect("reads");
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = node.replica.rows(&*node.store, feed, after, usize::MAX).expect("reads");
            let Some(last) = page.last() else { break };
            after = Some(last.document);
            rows.extend(page);
        }
        Self { digest, rows, held_back: held_back(node, feed) }
    }
}

/// A party's copy is what it would be if it were read anew from what is held.
pub(crate) fn check_rebuilt(world: &World, name: &str, feed: &Feed) {
    let node = world.node(name);
    let mut anew = node.cloned(name, [1; 32], Box::new(node.store_without_rows()));
    anew.catch_up(feed).expect("memory reads");
    let mut copy = node.cloned(name, [1; 32], Box::new(node.copied_store()));
    copy.catch_up(feed).expect("memory reads");
    assert_eq!(
        Agreed::by(&mut copy, feed),
        Agreed::by(&mut anew, feed),
        "{name}'s rows are not what is held"
    );
}
