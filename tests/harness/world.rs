//! A founded organisation: the root in its safe, headquarters, one relay, and tablets as the story needs them.

use std::collections::BTreeMap;

use khettara_core::id::{Feed, KemKey, OrgId, Pattern};
use khettara_core::identity::{Identity, InviteSecret, Kind, Rights, Role, SigningKey};
use khettara_core::store::held;
use khettara_core::store::{Group, MemoryStore, Op, SimulatedDisk, Store};
use khettara_hq::organisation::{
    Founding, Invited, Place, carry_feed, delegate, found, invite, publish_feed_key,
};

use crate::chance::Chance;
use crate::disk::journal_on;
use crate::meeting::{Link, Meeting, Report};
use crate::party::{Node, NodeKind};

/// What one meeting takes.
const MEETING_MS: u64 = 60_000;

/// Everybody, by name. `root`, `headquarters` and `relay` are there from the start.
pub struct World {
    /// The organisation.
    pub org: OrgId,
    /// The feeds that headquarters published keys for.
    pub feeds: Vec<Feed>,
    nodes: BTreeMap<String, Node>,
    chance: Chance,
    sessions: u64,
    /// Milliseconds since the world began.
    now_ms: u64,
}

impl World {
    /// A world with this seed and one feed, `08.201.11.07`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_feeds(seed, &["08.201.11.07"])
    }

    /// A world whose headquarters published keys for these feeds and whose relay knows the roster.
    ///
    /// # Panics
    /// Where founding fails: then no story can be told.
    #[must_use]
    pub fn with_feeds(seed: u64, feeds: &[&str]) -> Self {
        Self::founded(seed, feeds, Self::carry_roster)
    }

    /// The same, whose relay began with the organisation's public file and learned the roster over the line, as
    /// relays do: it wrote receipts for it.
    #[must_use]
    pub fn whose_relay_was_told(seed: u64, feeds: &[&str]) -> Self {
        Self::founded(seed, feeds, Self::carry_organisation_file)
    }

    fn founded(seed: u64, feeds: &[&str], to_relay: fn(&mut Self, &str, &str)) -> Self {
        let mut chance = Chance::new(seed);
        let root_keys = Identity::from_seeds(&chance.seed(), &chance.seed());
        let next = SigningKey::from_seed(&chance.seed());
        let recovery = Identity::from_seeds(&chance.seed(), &chance.seed()).kem.public();
        let founding = Founding { root: root_keys.key(), next_root: next.public(), recovery };
        let org = founding.org();
        let mut world =
            Self { org, feeds: Vec::new(), nodes: BTreeMap::new(), chance, sessions: 0, now_ms: 0 };
        let headquarters = world.fresh_node("headquarters", NodeKind::Headquarters);
        let relay = world.fresh_node("relay", NodeKind::Relay);
        let mut root = world.node_of("root", NodeKind::Headquarters, root_keys.clone());
        found(&mut root.engine, &mut *root.store, &founding, &root_keys.signing).expect("founds");
        let all = [Pattern::new("*").expect("pattern")];
        let (hq, rel) = (headquarters.key(), relay.key());
        delegate(&mut root.engine, &mut *root.store, hq, Role::HEADQUARTERS, &all).expect("delegates");
        delegate(&mut root.engine, &mut *root.store, rel, Role::RELAY, &all).expect("delegates");
        for node in [root, headquarters, relay] {
            world.nodes.insert(node.name.clone(), node);
        }
        world.carry_roster("root", "headquarters");
        to_relay(&mut world, "root", "relay");
        for feed in feeds {
            world.publish_feed_key(feed);
        }
        let report = world.meet("headquarters", "relay");
        assert!(report.settled, "headquarters and relay meet: {report:?}");
        world
    }

    /// One more relay, which the root delegated, and to which headquarters told the roster.
    ///
    /// # Panics
    /// Where it cannot be delegated, or told.
    pub fn second_relay(&mut self, name: &str) {
        let node = self.fresh_node(name, NodeKind::Relay);
        let key = node.key();
        self.put(node);
        let all = [Pattern::new("*").expect("pattern")];
        let root = self.node_mut("root");
        delegate(&mut root.engine, &mut *root.store, key, Role::RELAY, &all).expect("delegates");
        self.carry_roster("root", "headquarters");
        self.carry_organisation_file("root", name);
        assert!(self.meet("headquarters", name).settled, "headquarters and {name} meet");
    }

    /// A recovery key nobody needs in stories.
    #[must_use]
    pub fn no_recovery() -> KemKey {
        KemKey([9; 32])
    }

    fn node_of(&mut self, name: &str, kind: NodeKind, identity: Identity) -> Node {
        let seed = self.chance.seed();
        Node::start(name, kind, self.org, identity, seed, Box::new(MemoryStore::new()))
    }

    fn fresh_node(&mut self, name: &str, kind: NodeKind) -> Node {
        let identity = Identity::from_seeds(&self.chance.seed(), &self.chance.seed());
        self.node_of(name, kind, identity)
    }

    /// The world's chance, for stories that throw dice.
    pub const fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// A party.
    ///
    /// # Panics
    /// Where nobody has that name.
    #[must_use]
    pub fn node(&self, name: &str) -> &Node {
        self.nodes.get(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// A party, to act with.
    ///
    /// # Panics
    /// Where nobody has that name.
    pub fn node_mut(&mut self, name: &str) -> &mut Node {
        self.nodes.get_mut(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// Takes a party out of the world: it is lost, or will be put back otherwise.
    ///
    /// # Panics
    /// Where nobody has that name.
    pub fn take(&mut self, name: &str) -> Node {
        self.nodes.remove(name).unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// A second process with a party's keys and a copy of its store: a clone, or a backup to be put back.
    pub fn copy(&mut self, name: &str, as_name: &str) -> Node {
        let seed = self.chance.seed();
        let node = self.node(name);
        let (kind, keys) = (node.kind, node.identity.clone());
        Node::start(as_name, kind, self.org, keys, seed, Box::new(node.copied_store()))
    }

    /// Moves a party's store to a journal on a disk that loses power.
    ///
    /// # Panics
    /// Where a new disk does not take it.
    pub fn move_to_disk(&mut self, name: &str) -> SimulatedDisk {
        let node = self.take(name);
        let disk = SimulatedDisk::new();
        let mut store = journal_on(&disk, &mut self.chance);
        let rows = node.store_without_rows().scan(&[], &[], usize::MAX).expect("memory reads");
        let ops = rows.into_iter().map(|(key, value)| Op::Put(key, value)).collect();
        store.commit(vec![Group { expect: vec![], ops }]).expect("a new disk takes it");
        let seed = self.chance.seed();
        self.put(node.reopened(seed, store));
        disk
    }

    /// Puts a party in the world.
    pub fn put(&mut self, node: Node) {
        self.nodes.insert(node.name.clone(), node);
    }

    /// Everybody's names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.nodes.keys().cloned().collect()
    }

    /// Ends a party's process and starts another over the same store.
    pub fn restart(&mut self, name: &str) {
        let node = self.take(name);
        let seed = self.chance.seed();
        self.put(node.restart(seed));
    }

    /// Gives a party what an organisation's public file holds: its genesis.
    ///
    /// # Panics
    /// Where a store fails.
    fn carry_organisation_file(&mut self, from: &str, to: &str) {
        let items = held::alone_items(&*self.node(from).store).expect("reads");
        let to = self.node_mut(to);
        for genesis in items.iter().filter(|item| item.kind == Kind::Genesis as u8) {
            let group = held::keep_alone(&*to.store, genesis).expect("reads").expect("new");
            to.store.commit(vec![group]).expect("commits");
        }
        to.engine.refresh(&*to.store).expect("reads");
    }

    /// Carries the roster by hand, as a stick would.
    ///
    /// # Panics
    /// Where a store fails.
    pub fn carry_roster(&mut self, from: &str, to: &str) {
        let from = self.take(from);
        let org = self.org;
        let to = self.node_mut(to);
        carry_feed(&*from.store, &mut *to.store, org, &Feed::roster()).expect("carries");
        to.engine.refresh(&*to.store).expect("reads");
        self.put(from);
    }

    /// Headquarters publishes a key for one more feed, which invitations name from here on.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn publish_feed_key(&mut self, feed: &str) -> Feed {
        let feed = Feed::new(feed).expect("feed");
        let node = self.node_mut("headquarters");
        publish_feed_key(&mut node.engine, &mut *node.store, &feed).expect("publishes");
        self.feeds.push(feed.clone());
        feed
    }

    /// Headquarters invites a worker for the world's feeds.
    ///
    /// # Panics
    /// Where the invitation cannot be written.
    pub fn invite(&mut self) -> Invited {
        let grants = self.feeds.iter().map(|feed| (Pattern::exactly(feed), Rights::READ.with(Rights::WRITE)));
        let grants = grants.collect();
        let registrar = self.node("relay").key();
        let hq = self.node_mut("headquarters");
        let place = Place { role: Role::WORKER, grants, registrar };
        invite(&mut hq.engine, &mut *hq.store, &place).expect("invites")
    }

    /// A tablet that was never enrolled.
    pub fn blank_tablet(&mut self, name: &str) {
        let node = self.fresh_node(name, NodeKind::Tablet);
        self.put(node);
    }

    /// A tablet that holds an invitation and has met nobody yet.
    pub fn invited_tablet(&mut self, name: &str) -> (u32, InviteSecret) {
        let invited = self.invite();
        let registrar = self.node("relay").key();
        self.blank_tablet(name);
        self.node_mut(name).take_invitation(invited.serial, &invited.secret, registrar);
        (invited.serial, invited.secret)
    }

    /// A tablet that is enrolled and has met the relay once.
    ///
    /// # Panics
    /// Where the enrolment fails.
    pub fn tablet(&mut self, name: &str) {
        self.invited_tablet(name);
        assert!(self.meet("headquarters", "relay").settled);
        let report = self.meet(name, "relay");
        assert!(report.settled, "{name} enrols: {report:?}");
    }

    /// `dialler` reaches `other` over a good link.
    pub fn meet(&mut self, dialler: &str, other: &str) -> Report {
        self.meet_over(dialler, other, Link::default())
    }

    /// `dialler` reaches `other` over this link.
    pub fn meet_over(&mut self, dialler: &str, other: &str, link: Link) -> Report {
        self.sessions += 1;
        let mut here = self.take(dialler);
        let mut there = self.take(other);
        let report = Meeting::new(&mut here, &mut there, (self.sessions, self.now_ms), link).run();
        self.pass(MEETING_MS);
        self.put(here);
        self.put(there);
        report
    }

    /// Time passes.
    pub const fn pass(&mut self, span_ms: u64) {
        self.now_ms += span_ms;
    }

    /// Milliseconds since the world began.
    #[must_use]
    pub const fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The digest of what a party holds of a feed.
    ///
    /// # Panics
    /// Where its store cannot be read.
    #[must_use]
    pub fn digest(&self, name: &str, feed: &Feed) -> khettara_core::id::Digest {
        let store: &dyn Store = &*self.node(name).store;
        held::vector_of(store, [feed]).expect("reads").feed_digest(feed)
    }
}
