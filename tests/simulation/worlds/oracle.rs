//! What a plain map knows: everything that was ever answered Saved, and every receipt ever believed.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{DeviceKey, Feed, Head, LogId};
use khettara_core::log::Entry;
use khettara_core::store::{Store, held};
use khettara_records::replica::Saved;
use khettara_tests::{Node, NodeKind, World};

use super::mischief::is_hostile;
use super::reading::{Agreed, Readings, check_rebuilt};

/// Beside the world; never told what the engines think.
#[derive(Default)]
pub(crate) struct Oracle {
    /// Everything answered Saved, with the feed it was saved in.
    saved: BTreeSet<(Feed, Vec<u8>)>,
    /// Lost with the only disk that held it.
    gone: BTreeSet<(Feed, Vec<u8>)>,
    /// Lines that a tablet believed, and whose word that was: where its work is.
    delivered: BTreeSet<(String, LogId, u64, Head)>,
    readings: Readings,
    /// Devices of which two copies wrote.
    pub(crate) forked: BTreeSet<DeviceKey>,
    /// Devices that headquarters closed: they get nobody else's work any more.
    pub(crate) closed: BTreeSet<DeviceKey>,
    /// The hostile device, which draws what it likes.
    pub(crate) hostile: Option<DeviceKey>,
    /// Relays that lost what they had said to hold.
    pub(crate) set_back: BTreeSet<DeviceKey>,
}

/// Notes that a party has, cut or not. A relay has no keys and none of its own.
fn notes(node: &Node, feed: &Feed) -> BTreeSet<Vec<u8>> {
    node.notes(feed).into_iter().chain(node.pending_notes(feed)).collect()
}

fn relays(world: &World) -> impl Iterator<Item = &Node> {
    let names = world.names().into_iter();
    names.map(|name| world.node(&name)).filter(|node| node.kind == NodeKind::Relay)
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

impl Oracle {
    fn saved(&mut self, feed: &Feed, note: &[u8]) {
        self.saved.insert((feed.clone(), note.to_vec()));
    }

    /// A note was answered as saved: as the last entry of the last log.
    pub(crate) fn noted(&mut self, node: &Node, feed: &Feed, note: &[u8]) {
        let own = held::own_logs(&*node.store, feed).expect("reads");
        let log = own.last().expect("saved, and in no log");
        self.readings.noted(feed, log.log, log.n);
        self.saved(feed, note);
    }

    /// A form was answered as saved: what its entry holds is to be kept, and its visit to be read.
    pub(crate) fn recorded(&mut self, node: &Node, feed: &Feed, saved: &Saved) {
        let pending = held::pending(&*node.store, &saved.log).expect("reads");
        let (_, written) = pending.iter().find(|(n, _)| *n == saved.position).expect("saved, and not there");
        self.saved(feed, &written.bytes);
        self.readings.told(feed, saved, &written.bytes);
    }

    /// Visits that were answered as saved.
    pub(crate) fn visits(&self) -> u64 {
        self.readings.count()
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
                let found = if node.kind == NodeKind::Relay {
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
            for relay in relays(world) {
                for (log, n, head) in world.node(name).receipted_by(feed, &relay.key()) {
                    self.delivered.insert((relay.name.clone(), log, n, head));
                }
            }
            self.readings.believe(world.node(name), feed);
        }
    }

    /// What a tablet believes to be at a relay is there; for ever, unless the relay was set back.
    pub(crate) fn check_delivered(&self, world: &World) {
        for (relay, log, n, head) in &self.delivered {
            let relay = world.node(relay);
            if self.set_back.contains(&relay.key()) {
                continue;
            }
            let relay = &*relay.store;
            let ending = held::segments_ending_at(relay, log, *n).expect("reads");
            let there = ending.iter().find(|(_, row)| row.head == *head);
            let (tip, _) = there.expect("Delivered, and not at the relay");
            let all = held::above(relay, log, &[(*n, *tip)], &[]).expect("reads");
            let entries: u64 = all.iter().map(|(_, row)| u64::from(row.count)).sum();
            assert_eq!(entries, *n, "Delivered, and something before it is not at the relay");
        }
    }

    /// What headquarters called merged is to be read there.
    pub(crate) fn check_at_headquarters(&self, world: &mut World) {
        let store = &*world.node("headquarters").store;
        let logs = world.feeds.iter().flat_map(|feed| held::logs_in(store, feed).expect("reads"));
        let forked = logs.filter(|(device, _)| self.forked.contains(device)).map(|(_, log)| log).collect();
        // What was merged may be set aside since, by a closing or a second branch; then that is what is said of it.
        let may_change = !self.closed.is_empty() || self.hostile.is_some();
        self.readings.check_at_headquarters(world.node_mut("headquarters"), &forked, may_change);
    }

    /// Everybody's copy is what is held, read anew.
    pub(crate) fn check_copies(&self, world: &World, tablets: &[String]) {
        for feed in &world.feeds {
            for name in tablets.iter().filter(|name| !is_hostile(name)) {
                check_rebuilt(world, name, feed);
            }
        }
    }

    /// Those who get everything: tablets that are not closed, and headquarters.
    fn readers(&self, world: &World, parties: &[String]) -> Vec<String> {
        let reads = |name: &&String| {
            let node = world.node(name);
            node.kind != NodeKind::Relay && !is_hostile(name) && !self.closed.contains(&node.key())
        };
        parties.iter().filter(reads).cloned().collect()
    }

    /// Everybody reads the same, and every visit.
    fn check_read(&self, world: &mut World, parties: &[String], feed: &Feed) {
        let waits = self.waits_for_a_key(world, parties, feed).into_iter().map(|note| (feed.clone(), note));
        let elsewhere = self.gone.iter().cloned().chain(waits).collect();
        let wanted = Agreed::by(world.node_mut("headquarters"), feed);
        // What the hostile tablet makes of its own work before others see it is its own affair.
        for name in self.readers(world, parties) {
            let read = Agreed::by(world.node_mut(&name), feed);
            assert_eq!(read, wanted, "{name} reads something else than headquarters");
            self.readings.check_read(world.node_mut(&name), feed, &elsewhere);
        }
        check_rebuilt(world, "headquarters", feed);
    }

    /// What cannot leave: its tablet was closed before it was given a key to seal it with. It is kept there.
    fn waits_for_a_key(&self, world: &World, parties: &[String], feed: &Feed) -> BTreeSet<Vec<u8>> {
        let nodes = parties.iter().map(|name| world.node(name));
        let closed = nodes.filter(|node| self.closed.contains(&node.key()));
        let without =
            closed.filter(|node| held::newest_feed_key(&*node.store, feed).expect("reads").is_none());
        without.flat_map(|node| node.pending_notes(feed)).collect()
    }

    /// After the faults have stopped and everybody has met.
    pub(crate) fn check_end(&self, world: &mut World, parties: &[String]) {
        for feed in &world.feeds.clone() {
            self.check_read(world, parties, feed);
            let at_relay = world.digest("relay", feed);
            for name in parties.iter().filter(|name| !self.closed.contains(&world.node(name).key())) {
                assert_eq!(world.digest(name, feed), at_relay, "{name} differs from the relay");
            }
            let waits = self.waits_for_a_key(world, parties, feed);
            let wanted: BTreeSet<_> = self
                .saved
                .difference(&self.gone)
                .filter(|(of, note)| of == feed && !waits.contains(note))
                .map(|(_, note)| note)
                .collect();
            for node in
                parties.iter().map(|name| world.node(name)).filter(|node| node.kind != NodeKind::Relay)
            {
                let name = &node.name;
                if !self.closed.contains(&node.key()) {
                    let has = notes(node, feed);
                    let missing = wanted.iter().filter(|note| !has.contains(**note)).count();
                    assert_eq!(missing, 0, "{name} lacks something saved");
                }
                let own = node.pending_notes(feed);
                assert!(own.iter().all(|note| waits.contains(note)), "{name} kept something to itself");
                // Twins with one seed begin one log twice, each with what the other wrote in it at hand.
                if !is_hostile(name) {
                    check_pen(node, feed);
                }
            }
            self.check_heads(world, feed);
            self.check_nonces(world.node("headquarters"), feed);
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

    /// No two processes ever drew one nonce: a Start is at one place of one log, in twins too. Whoever is hostile may.
    fn check_nonces(&self, node: &Node, feed: &Feed) {
        let mut places = BTreeMap::new();
        let logs = held::logs_in(&*node.store, feed).expect("reads").into_iter();
        let free: BTreeSet<LogId> =
            logs.filter(|(device, _)| Some(*device) == self.hostile).map(|(_, log)| log).collect();
        for (log, entry) in node.entries(feed, &*node.store) {
            if let Ok(Entry::Start(start)) = entry.entry {
                let place = (log, entry.n, entry.head);
                let first = *places.entry(start.nonce).or_insert(place);
                assert!(first == place || free.contains(&log), "one nonce, two processes");
            }
        }
    }
}
