//! Parties whose stores are journals on simulated disks.

use std::collections::BTreeMap;

use khettara_core::store::{
    Disk, Group, JournalStore, MemoryIndex, MemoryStore, Op, Options, SimulatedDisk, Store,
};
use khettara_tests::{Chance, Node, World};

/// The world, and the disk under everybody in it.
pub(crate) struct People {
    pub(crate) world: World,
    pub(crate) disks: BTreeMap<String, SimulatedDisk>,
}

/// A journal store on `disk`, with an index that is built anew.
fn open(disk: &SimulatedDisk, chance: &mut Chance) -> Box<dyn Store> {
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || {
        let mut id = [0; 16];
        id.copy_from_slice(&ids.seed()[..16]);
        id
    });
    // Small files, so that a life sees many of them.
    let options = Options { file_bytes_max: 32_768 };
    let (store, _) =
        JournalStore::open(disk.clone(), MemoryIndex::new(), fresh, options).expect("what is whole opens");
    Box::new(store)
}

/// Copies the files as they are seen now, durably, to another disk.
pub(crate) fn copy_of(disk: &SimulatedDisk) -> SimulatedDisk {
    let mut copy = SimulatedDisk::new();
    for name in disk.list().expect("lists") {
        let bytes = disk.read(&name, 0, usize::MAX).expect("reads");
        copy.create(&name).expect("a new disk takes it");
        copy.append(&name, &bytes).expect("a new disk takes it");
        copy.sync(&name).expect("a new disk takes it");
    }
    copy.sync_dir().expect("a new disk takes it");
    copy
}

impl People {
    /// A founded world with these tablets, everybody moved to a disk of their own.
    pub(crate) fn settle(seed: u64, feeds: &[&str], tablets: &[&str], chance: &mut Chance) -> Self {
        let mut world = World::with_feeds(seed, feeds);
        for tablet in tablets {
            world.tablet(tablet);
        }
        assert!(world.meet("headquarters", "relay").settled);
        let mut people = Self { world, disks: BTreeMap::new() };
        for name in people.world.names().into_iter().filter(|name| name != "root") {
            let node = people.world.take(&name);
            let rows = node.copied_store().scan(&[], &[], usize::MAX).expect("memory reads");
            let disk = SimulatedDisk::new();
            let mut store = open(&disk, chance);
            let ops = rows.into_iter().map(|(key, value)| Op::Put(key, value)).collect();
            store.commit(vec![Group { expect: vec![], ops }]).expect("a new disk takes it");
            people.disks.insert(name, disk);
            people.world.put(node.reopened(chance.seed(), store));
        }
        people
    }

    /// The process of `name` ends and another begins on `disk`, which is the same or a copy.
    pub(crate) fn reopen(&mut self, name: &str, disk: SimulatedDisk, chance: &mut Chance) {
        // The store lets go of the old disk before the new process opens it.
        let node = self.world.take(name).reopened(chance.seed(), Box::new(MemoryStore::new()));
        let store = open(&disk, chance);
        self.world.put(node.reopened(chance.seed(), store));
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
        let (kind, identity) = (self.world.node(name).kind, self.world.node(name).identity.clone());
        let store = open(&disk, chance);
        let node = Node::start(clone, kind, self.world.org, identity, chance.seed(), store);
        self.world.put(node);
        self.disks.insert(clone.into(), disk);
    }

    pub(crate) fn disk(&self, name: &str) -> SimulatedDisk {
        self.disks.get(name).cloned().unwrap_or_else(|| panic!("{name} has no disk"))
    }
}
