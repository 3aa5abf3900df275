//! Parties whose stores are journals on simulated disks.

use std::collections::BTreeMap;

use khettara_core::store::{Disk, MemoryStore, SimulatedDisk};
use khettara_tests::{Chance, World, copy_of, journal_on, try_journal_on};

/// The second relay of some worlds: it binds nobody.
pub(crate) const STATION: &str = "station";

/// The world, and the disk under everybody in it.
pub(crate) struct People {
    pub(crate) world: World,
    pub(crate) disks: BTreeMap<String, SimulatedDisk>,
    /// Who runs software of schema 1.
    pub(crate) old: Option<String>,
    /// The relay's disk rots: where it does not open any more, another is put in.
    rots: bool,
    /// What a disk held may be lost: it was exchanged, or what rotted was taken for an end that the power had torn.
    is_wiped: bool,
}

impl People {
    /// A founded world with these tablets, with a second relay or without, everybody moved to a disk of their own.
    pub(crate) fn settle(seed: u64, feeds: &[&str], tablets: &[&str], has_station: bool) -> Self {
        let mut world = World::whose_relay_was_told(seed, feeds);
        for tablet in tablets {
            world.tablet(tablet);
        }
        assert!(world.meet("headquarters", "relay").settled);
        if has_station {
            world.second_relay(STATION);
        }
        let disks = BTreeMap::new();
        let mut people = Self { world, disks, old: None, rots: false, is_wiped: false };
        for name in people.world.names().into_iter().filter(|name| name != "root") {
            people.world.node_mut(&name).write_slim();
            let disk = people.world.move_to_disk(&name);
            people.disks.insert(name, disk);
        }
        people
    }

    /// A tablet that holds an invitation and an empty disk, and has met nobody.
    pub(crate) fn invite(&mut self, name: &str, chance: &mut Chance) {
        self.world.invited_tablet(name);
        self.world.node_mut(name).write_slim();
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

    /// A bit turns over somewhere on a disk whose process has ended, and is met by the next.
    pub(crate) fn rot(&mut self, name: &str, chance: &mut Chance) {
        (self.rots, self.is_wiped) = (true, true);
        let disk = self.disk(name);
        let files = disk.list().expect("lists");
        let Some(file) = files.get(chance.below(files.len() as u64) as usize) else { return };
        let offset = chance.below(disk.len(file).expect("reads"));
        // An empty file has no bits.
        let _ = disk.flip(file, offset, chance.below(8) as u8);
        self.restart(name, chance);
    }

    /// Whether that has happened since somebody last asked.
    pub(crate) fn take_wiped(&mut self) -> bool {
        std::mem::take(&mut self.is_wiped)
    }

    fn open(&mut self, name: &str, disk: SimulatedDisk, seed: [u8; 32], chance: &mut Chance) {
        // The store lets go of the old disk before the new process opens it.
        let node = self.world.take(name).reopened(seed, Box::new(MemoryStore::new()));
        let (store, disk) = match try_journal_on(&disk, chance) {
            Ok(store) => (store, disk),
            Err(_) if self.rots && name == "relay" => {
                self.is_wiped = true;
                let disk = SimulatedDisk::new();
                (journal_on(&disk, chance), disk)
            }
            Err(error) => panic!("what is whole opens: {error:?}"),
        };
        let mut node = node.reopened(seed, store);
        if self.old.as_deref() == Some(name) {
            node.age(1);
        }
        self.world.put(node);
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
