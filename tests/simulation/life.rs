//! One life: saves and meetings in a random order, with the faults that its seed turned on; then peace.

use std::hash::{DefaultHasher, Hash, Hasher};

use khettara_core::id::Feed;
use khettara_core::store::{DiskError, Fault, SimulatedDisk};
use khettara_tests::{Chance, Link, Report, copy_of};

use crate::oracle::Oracle;
use crate::people::People;

const STEPS: u64 = 40;
/// Rounds of clean meetings after which everybody must agree.
const ROUNDS: usize = 6;
const TABLETS: [&str; 3] = ["amina", "brahim", "chama"];
const ITEM: u8 = 16;
const HIRED: [&str; 2] = ["dounia", "elham"];

/// What a life was, for comparing two of one seed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lived {
    pub(crate) sessions: u64,
    pub(crate) trace: u64,
}

/// Which faults a seed turns on.
#[derive(Debug)]
struct Swarm {
    cuts: bool,
    shuffles: bool,
    early: bool,
    batched: bool,
    twice: bool,
    power: bool,
    full: bool,
    failing: bool,
    set_back: bool,
    wiped_relay: bool,
    clones: bool,
    restored_tablets: bool,
    tablets_meet: bool,
    wrong_clocks: bool,
    hires: bool,
}

impl Swarm {
    fn of(chance: &mut Chance) -> Self {
        let mut on = |percent| chance.percent(percent);
        Self {
            cuts: on(60),
            shuffles: on(60),
            early: on(50),
            batched: on(50),
            twice: on(30),
            power: on(60),
            full: on(30),
            failing: on(40),
            set_back: on(30),
            wiped_relay: on(20),
            clones: on(30),
            restored_tablets: on(20),
            tablets_meet: on(60),
            wrong_clocks: on(50),
            hires: on(50),
        }
    }
}

pub(crate) struct Life {
    chance: Chance,
    swarm: Swarm,
    people: People,
    tablets: Vec<String>,
    backups: Vec<(String, SimulatedDisk)>,
    oracle: Oracle,
    sessions: u64,
    notes: u64,
    trace: DefaultHasher,
}

impl Life {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let feeds = ["08.201.11.07", "08.201.11.09"];
        let feeds = &feeds[..=chance.below(2) as usize];
        let tablets = &TABLETS[..=chance.below(3) as usize];
        let people = People::settle(chance.word(), feeds, tablets);
        Self {
            swarm: Swarm::of(&mut chance),
            people,
            tablets: tablets.iter().map(|name| (*name).into()).collect(),
            backups: Vec::new(),
            oracle: Oracle::default(),
            sessions: 0,
            notes: 0,
            trace: DefaultHasher::new(),
            chance,
        }
    }

    pub(crate) fn run(mut self) -> Lived {
        for _ in 0..STEPS {
            self.step();
            self.oracle.check_delivered(&self.people.world);
        }
        self.make_peace();
        Lived { sessions: self.sessions, trace: self.trace.finish() }
    }

    fn step(&mut self) {
        match self.chance.below(16) {
            0..6 => self.save(),
            6..11 => self.meet_relay(),
            11 => self.pull(),
            12 => self.meet_each_other(),
            13 => self.back_up(),
            14 => self.restart(),
            15 if self.swarm.hires && self.chance.percent(40) => self.hire(),
            _ => self.disaster(),
        }
    }

    fn a_tablet(&mut self) -> String {
        let place = self.chance.below(self.tablets.len() as u64) as usize;
        self.tablets[place].clone()
    }

    /// One more worker: the ticket is written, and the tablet is sent out with it before the relay has heard.
    fn hire(&mut self) {
        let Some(name) = HIRED.iter().find(|name| !self.tablets.iter().any(|known| known == **name)) else {
            return;
        };
        self.restart_one("headquarters");
        self.people.invite(name, &mut self.chance);
        self.tablets.push((*name).into());
    }

    /// Whether a party waits to be bound: a relay that has not heard of its ticket sends it away.
    fn waits_to_be_bound(&self, name: &str) -> bool {
        self.people.world.node(name).engine.party().claim.is_some()
    }

    fn a_feed(&mut self) -> Feed {
        let feeds = &self.people.world.feeds;
        feeds[self.chance.below(feeds.len() as u64) as usize].clone()
    }

    fn save(&mut self) {
        let (name, feed) = (self.a_tablet(), self.a_feed());
        for _ in 0..=self.chance.below(3) {
            self.notes += 1;
            let mut note = self.notes.to_be_bytes().to_vec();
            // Mostly small; sometimes so large that segments are many.
            let size = [16, 200, 9_000][self.chance.below(3) as usize];
            note.extend((0..size / 8).flat_map(|_| self.chance.word().to_le_bytes()));
            self.trouble(&name);
            match self.people.world.node_mut(&name).note(&feed, &note) {
                Ok(()) => self.oracle.saved(&feed, &note),
                Err(_) => self.after_error(&name),
            }
        }
    }

    /// Lets one of the disk's next calls go wrong.
    fn trouble(&mut self, name: &str) {
        if self.swarm.failing && self.chance.percent(15) {
            let call = self.chance.below(6);
            let error = if self.chance.percent(30) { DiskError::Full } else { DiskError::Failed(5) };
            let partly = Fault::Partly(error, self.chance.below(300) as usize);
            let fault = if self.chance.percent(50) { partly } else { Fault::Nothing(error) };
            self.people.disk(name).fail(call, fault);
        }
        if self.swarm.full {
            let full = self.chance.percent(15);
            self.people.disk(name).fail_always(full.then_some(DiskError::Full));
        }
    }

    /// A store said no: the process goes on, ends, or the power had gone.
    fn after_error(&mut self, name: &str) {
        match self.chance.below(3) {
            0 => {}
            1 => self.restart_one(name),
            _ => self.people.crash(name, &mut self.chance),
        }
    }

    fn restart_one(&mut self, name: &str) {
        self.people.disk(name).fail_always(None);
        self.people.restart(name, &mut self.chance);
    }

    fn link(&mut self) -> Link {
        let swarm = &self.swarm;
        let chance = &mut self.chance;
        Link {
            cut_after_bytes: (swarm.cuts && chance.percent(40)).then(|| chance.below(12_000)),
            shuffle: swarm.shuffles.then(|| Chance::new(chance.word())),
            early: swarm.early && chance.percent(50),
            batched: swarm.batched && chance.percent(70),
            twice: swarm.twice && chance.percent(30),
            power_cut: (swarm.power && chance.percent(30)).then(|| (chance.percent(50), chance.below(20))),
            dies_with_its_disk: chance.percent(50),
            shown_times: if swarm.wrong_clocks { (chance.word(), chance.word()) } else { (0, 0) },
        }
    }

    fn meet_relay(&mut self) {
        let name = self.a_tablet();
        self.meet(&name, "relay");
    }

    fn pull(&mut self) {
        self.meet("headquarters", "relay");
    }

    fn meet_each_other(&mut self) {
        let (one, other) = (self.a_tablet(), self.a_tablet());
        let key = |name: &str| self.people.world.node(name).key();
        if self.swarm.tablets_meet && key(&one) != key(&other) {
            self.meet(&one, &other);
        }
    }

    fn meet(&mut self, dialler: &str, other: &str) {
        let link = self.link();
        for name in [dialler, other] {
            self.trouble(name);
        }
        let dies = link.dies_with_its_disk;
        let good = link.cut_after_bytes.is_none() && link.power_cut.is_none() && !link.twice;
        let report = self.record(dialler, other, link);
        for (side, name) in [(true, dialler), (false, other)] {
            if report.dark == Some(side) {
                self.people.crash(name, &mut self.chance);
            }
        }
        let whole = good && report.errors.is_empty() && !self.waits_to_be_bound(dialler);
        assert!(report.settled || !whole, "{dialler} and {other} part without having settled: {report:#?}");
        if !report.errors.is_empty() && !dies {
            for name in [dialler, other] {
                self.after_error(name);
            }
        }
        self.believe();
    }

    fn record(&mut self, dialler: &str, other: &str, link: Link) -> Report {
        self.sessions += 1;
        let report = self.people.world.meet_over(dialler, other, link);
        (dialler, other, &report.said, report.settled, report.lost).hash(&mut self.trace);
        report
    }

    fn believe(&mut self) {
        for name in self.tablets.clone() {
            self.oracle.believe(&self.people.world, &name);
        }
    }

    fn back_up(&mut self) {
        let name = if self.chance.percent(50) { "relay".into() } else { self.a_tablet() };
        let disk = copy_of(&self.people.disk(&name));
        self.backups.push((name, disk));
    }

    fn restart(&mut self) {
        let name = match self.chance.below(4) {
            0 => "relay".into(),
            1 => "headquarters".into(),
            _ => self.a_tablet(),
        };
        if self.swarm.power && self.chance.percent(50) {
            self.people.crash(&name, &mut self.chance);
        } else {
            self.restart_one(&name);
        }
        self.oracle.check_kept(&self.people.world);
    }

    fn disaster(&mut self) {
        if self.swarm.clones && self.tablets.len() < 5 && self.chance.percent(50) {
            let name = self.a_tablet();
            let clone = format!("{name}'");
            if !self.tablets.contains(&clone) && clone.len() < 12 {
                self.people.clone_of(&name, &clone, &mut self.chance);
                self.oracle.forked.insert(self.people.world.node(&name).key());
                self.tablets.push(clone);
                return;
            }
        }
        if self.swarm.wiped_relay && self.chance.percent(30) {
            self.people.reopen("relay", SimulatedDisk::new(), &mut self.chance);
            self.oracle.relay_set_back = true;
            self.oracle.destroyed(&self.people.world);
            return;
        }
        if self.backups.is_empty() {
            return;
        }
        let place = self.chance.below(self.backups.len() as u64) as usize;
        let (name, disk) = self.backups[place].clone();
        let relay = name == "relay";
        if (relay && self.swarm.set_back) || (!relay && self.swarm.restored_tablets) {
            self.people.reopen(&name, copy_of(&disk), &mut self.chance);
            self.oracle.relay_set_back |= relay;
            if !relay {
                self.oracle.forked.insert(self.people.world.node(&name).key());
            }
            self.oracle.destroyed(&self.people.world);
        }
    }

    /// The faults stop: a few rounds of clean meetings, then everybody agrees and nobody has more to say.
    fn make_peace(&mut self) {
        let mut parties = vec!["headquarters".into(), "relay".into()];
        parties.extend(self.tablets.clone());
        for name in &parties {
            self.people.disk(name).fail_always(None);
            self.people.restart(name, &mut self.chance);
        }
        self.oracle.check_kept(&self.people.world);
        for _ in 0..ROUNDS {
            for name in parties.clone().iter().filter(|name| *name != "relay") {
                let report = self.record(name, "relay", Link::default());
                assert!(report.settled, "{name} and the relay part without having settled: {report:#?}");
            }
        }
        self.oracle.relay_set_back = false;
        self.believe();
        self.oracle.check_end(&self.people.world, &parties);
        for name in parties.iter().filter(|name| *name != "relay") {
            let report = self.record(name, "relay", Link::default());
            // Headquarters offers the keys of whoever has not written yet, until he has.
            let frames = report.frames.iter().filter(|(_, kind, _)| name != "headquarters" || *kind != ITEM);
            let quiet = frames.count() == 2 && report.segments_up + report.segments_down == 0;
            assert!(quiet, "{name} has more to say: {:?}", report.frames);
        }
        assert!(self.oracle.count() > 0 || self.notes == 0 || self.swarm.failing || self.swarm.full);
    }
}
