//! Parties whose stores are journals on simulated disks.

use std::collections::BTreeMap;

use khettara_core::store::{MemoryStore, SimulatedDisk};
use khettara_tests::{Chance, World, copy_of, journal_on};

/// The world, and the disk under everybody in it.
pub(crate) struct People {
    pub(crate) world: World,
    pub(crate) disks: BTreeMap<String, SimulatedDisk>,
}

impl People {
    /// A founded world with these tablets, everybody moved to a disk of their own.
    pub(crate) fn settle(seed: u64, feeds: &[&str], tablets: &[&str]) -> Self {
        let mut world = World::whose_relay_was_told(seed, feeds);
        for tablet in tablets {
            world.tablet(tablet);
        }
        assert!(world.meet("headquarters", "relay").settled);
        let mut people = Self { world, disks: BTreeMap::new() };
        for name in people.world.names().into_iter().filter(|name| name != "root") {
            let disk = people.world.move_to_disk(&name);
            people.disks.insert(name, disk);
        }
        people
    }

    /// A tablet that holds an invitation and an empty disk, and has met nobody.
    pub(crate) fn invite(&mut self, name: &str, chance: &mut Chance) {
        self.world.invited_tablet(name);
        self.reopen(name, SimulatedDisk::new(), chance);
    }

    /// The process of `name` ends and another begins on `disk`, which is the same or a copy.
    pub(crate) fn reopen(&mut self, name: &str, disk: SimulatedDisk, chance: &mut Chance) {
        let seed = chance.seed();
        self.open(name, disk, seed, chance);
    }

    /// The process of `name` ends and another with this seed begins on the same disk: of two with one seed each draws
    /// what the other draws.
    pub(crate) fn reopen_as(&mut self, name: &str, seed: [u8; 32], chance: &mut Chance) {
        let disk = self.disk(name);
        disk.restart();
        self.open(name, disk, seed, chance);
    }

    fn open(&mut self, name: &str, disk: SimulatedDisk, seed: [u8; 32], chance: &mut Chance) {
        // The store lets go of the old disk before the new process opens it.
        let node = self.world.take(name).reopened(seed, Box::new(MemoryStore::new()));
        let store = journal_on(&disk, chance);
        self.world.put(node.reopened(seed, store));
        self.disks.insert(name.into(), disk);
    }

    /// The process dies, the machine does not.
    pub(crate) fn restart(&mut self, name: &str, chance: &mut Chance) {
        let disk = self.disk(name);
        disk.restart();
        self.reopen(name, disk, chance);
    }

    /// The power goes, and comes back.
    pub(crate) fn crash(&mut self, name: &str, chance: &mut Chance) {
        let mut disk = self.disk(name);
        disk.fail_always(None);
        disk.crash(&mut |end| chance.below(end));
        self.reopen(name, disk, chance);
    }

    /// A second tablet with the first one's keys and a copy of its disk.
    pub(crate) fn clone_of(&mut self, name: &str, clone: &str, chance: &mut Chance) {
        let disk = copy_of(&self.disk(name));
        let store = journal_on(&disk, chance);
        let node = self.world.node(name).cloned(clone, chance.seed(), store);
        self.world.put(node);
        self.disks.insert(clone.into(), disk);
    }

    pub(crate) fn disk(&self, name: &str) -> SimulatedDisk {
        self.disks.get(name).cloned().unwrap_or_else(|| panic!("{name} has no disk"))
    }
}
