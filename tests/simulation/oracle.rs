//! What a plain map knows: everything that was ever answered Saved, and every receipt ever believed.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{DeviceKey, Feed, Head, LogId};
use khettara_core::log::{Entry, Place};
use khettara_core::store::{Store, held};
use khettara_tests::{Node, World};

/// Beside the world; never told what the engines think.
#[derive(Default)]
pub(crate) struct Oracle {
    /// Everything answered Saved, with the feed it was saved in.
    saved: BTreeSet<(Feed, Vec<u8>)>,
    /// Lost with the only disk that held it.
    gone: BTreeSet<(Feed, Vec<u8>)>,
    /// Lines that a tablet believed: where its work is.
    delivered: BTreeSet<(Feed, LogId, u64, Head)>,
    /// Devices of which two copies wrote.
    pub(crate) forked: BTreeSet<DeviceKey>,
    /// A relay lost what it had said to hold.
    pub(crate) relay_set_back: bool,
}

/// Notes that a party has, cut or not. A relay has no keys and none of its own.
fn notes(node: &Node, feed: &Feed) -> BTreeSet<Vec<u8>> {
    node.notes(feed).into_iter().chain(node.pending_notes(feed)).collect()
}

/// Nobody goes on writing in a log of which another branch arrived.
fn check_pen(node: &Node, feed: &Feed) {
    for own in
        held::own_logs(&*node.store, feed).expect("reads").iter().filter(|own| !own.ended && own.cut > 0)
    {
        let lines = held::lines_of(&*node.store, feed, &own.log).expect("reads");
        assert_eq!(lines, vec![(own.cut, own.tip)], "a log that somebody else writes in is still open");
    }
}

/// No two processes ever drew one nonce: a Start is at one place of one log, in twins too.
fn check_nonces(node: &Node, feed: &Feed) {
    let mut places = BTreeMap::new();
    for (log, entry) in node.entries(feed, &*node.store) {
        if let Ok(Entry::Start(start)) = entry.entry {
            let place = (log, entry.n, entry.head);
            assert_eq!(*places.entry(start.nonce).or_insert(place), place, "one nonce, two processes");
        }
    }
}

impl Oracle {
    pub(crate) fn saved(&mut self, feed: &Feed, note: &[u8]) {
        self.saved.insert((feed.clone(), note.to_vec()));
    }

    pub(crate) fn count(&self) -> usize {
        self.saved.len()
    }

    /// All that is still somewhere. A sealed segment at the relay counts if somebody with keys can be asked.
    pub(crate) fn somewhere(&self, world: &World, keys: &str) -> BTreeSet<(Feed, Vec<u8>)> {
        let mut all = BTreeSet::new();
        for name in world.names().into_iter().filter(|name| name != "root") {
            for feed in &world.feeds {
                let node = world.node(&name);
                let found = if node.kind == khettara_tests::NodeKind::Relay {
                    node.notes_with_keys_of(feed, &*world.node(keys).store).into_iter().collect()
                } else {
                    notes(node, feed)
                };
                all.extend(found.into_iter().map(|note| (feed.clone(), note)));
            }
        }
        all
    }

    /// A disk was destroyed: what was saved, and is nowhere now, is gone.
    pub(crate) fn destroyed(&mut self, world: &World) {
        let left = self.somewhere(world, "headquarters");
        self.gone.extend(self.saved.difference(&left).cloned());
    }

    /// Everything saved is still on some disk.
    pub(crate) fn check_kept(&self, world: &World) {
        let left = self.somewhere(world, "headquarters");
        let lost = self.saved.iter().filter(|saved| !self.gone.contains(*saved) && !left.contains(*saved));
        assert_eq!(lost.count(), 0, "something saved is on no disk any more");
    }

    /// Takes note of what a tablet believes now.
    pub(crate) fn believe(&mut self, world: &World, name: &str) {
        for feed in &world.feeds {
            for (log, n, head) in world.node(name).receipted(feed, Place::RELAY) {
                self.delivered.insert((feed.clone(), log, n, head));
            }
        }
    }

    /// What a tablet believes to be at the relay is there; for ever, unless the relay was set back.
    pub(crate) fn check_delivered(&self, world: &World) {
        if self.relay_set_back {
            return;
        }
        let relay = &*world.node("relay").store;
        for (_, log, n, head) in &self.delivered {
            let ending = held::segments_ending_at(relay, log, *n).expect("reads");
            let there = ending.iter().find(|(_, row)| row.head == *head);
            let (tip, _) = there.expect("Delivered, and not at the relay");
            let all = held::above(relay, log, &[(*n, *tip)], &[]).expect("reads");
            let entries: u64 = all.iter().map(|(_, row)| u64::from(row.count)).sum();
            assert_eq!(entries, *n, "Delivered, and something before it is not at the relay");
        }
    }

    /// After the faults have stopped and everybody has met.
    pub(crate) fn check_end(&self, world: &World, parties: &[String]) {
        for feed in &world.feeds {
            let at_relay = world.digest("relay", feed);
            for name in parties {
                assert_eq!(world.digest(name, feed), at_relay, "{name} differs from the relay");
            }
            let wanted: BTreeSet<_> =
                self.saved.difference(&self.gone).filter(|(of, _)| of == feed).map(|(_, n)| n).collect();
            for name in parties.iter().filter(|name| *name != "relay") {
                let has = notes(world.node(name), feed);
                let missing = wanted.iter().filter(|note| !has.contains(**note)).count();
                assert_eq!(missing, 0, "{name} lacks something saved");
                assert!(world.node(name).pending_notes(feed).is_empty(), "{name} kept something to itself");
                check_pen(world.node(name), feed);
            }
            self.check_heads(world, feed);
            check_nonces(world.node("headquarters"), feed);
        }
    }

    /// One position has one head, except in logs that two copies wrote in.
    fn check_heads(&self, world: &World, feed: &Feed) {
        let relay: &dyn Store = &*world.node("relay").store;
        for (device, log) in held::logs_in(relay, feed).expect("reads") {
            if self.forked.contains(&device) {
                continue;
            }
            let mut heads: BTreeMap<u64, Head> = BTreeMap::new();
            let tips = held::lines_of(relay, feed, &log).expect("reads");
            for (_, row) in held::above(relay, &log, &tips, &[]).expect("reads") {
                let before = heads.insert(row.last(), row.head);
                assert!(before.is_none_or(|head| head == row.head), "two heads and no fork");
            }
        }
    }
}
