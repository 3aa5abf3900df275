//! One life: saves and meetings in a random order, with the faults that its seed turned on; then peace.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::store::{DiskError, Fault, SimulatedDisk, StoreError};
use khettara_core::sync::CloseReason;
use khettara_hq::pull::answer_authors;
use khettara_tests::{Chance, Link, Report, copy_of};

use super::mischief::{self, MALLORY, TWIN, is_hostile};
use super::oracle::Oracle;
use super::people::{People, STATION};
use super::ruling;
use super::swarm::Swarm;
use super::writing::Writing;

/// What happens before the faults stop.
const STEPS: u64 = 40;
const TABLETS: [&str; 3] = ["amina", "brahim", "chama"];
const HIRED: [&str; 2] = ["dounia", "elham"];
/// Clones and restored backups of one tablet: with itself as many as branches of a log are listed. Of more, the scenarios tell.
const COPIES_MAX: u32 = 3;
/// Worlds with a second relay.
const STATIONS_PERCENT: u64 = 30;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// What a life was, for comparing two of one seed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Lived {
    pub(crate) sessions: u64,
    pub(crate) visits: u64,
    pub(crate) trace: u64,
}

pub(crate) struct Life {
    pub(super) chance: Chance,
    pub(super) swarm: Swarm,
    pub(super) people: People,
    pub(super) tablets: Vec<String>,
    /// The relays: one, or two.
    pub(super) relays: Vec<&'static str>,
    backups: Vec<(String, SimulatedDisk)>,
    pub(super) oracle: Oracle,
    sessions: u64,
    pub(super) writing: Writing,
    /// How many copies of a tablet there were.
    copies: BTreeMap<DeviceKey, u32>,
    /// Until when, in the world's milliseconds, a tablet meets nobody.
    away: BTreeMap<String, u64>,
    trace: DefaultHasher,
}

impl Life {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let feeds = ["08.201.11.07", "08.201.11.09"];
        let feeds = &feeds[..=chance.below(2) as usize];
        let swarm = Swarm::of(&mut chance);
        let mut tablets = TABLETS[..=chance.below(3) as usize].to_vec();
        tablets.extend(swarm.hostile.then_some(MALLORY));
        // Of the seed alone: without a second relay a world's dice fall as they always did.
        let has_station = Chance::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).percent(STATIONS_PERCENT);
        let mut people = People::settle(chance.word(), feeds, &tablets, has_station);
        if swarm.skew {
            people.old = Some(tablets[0].into());
            people.restart(tablets[0], &mut chance);
        }
        Self {
            swarm,
            people,
            tablets: tablets.iter().map(|name| (*name).into()).collect(),
            relays: if has_station { vec!["relay", STATION] } else { vec!["relay"] },
            backups: Vec::new(),
            oracle: Oracle::default(),
            sessions: 0,
            writing: Writing::default(),
            copies: BTreeMap::new(),
            away: BTreeMap::new(),
            trace: DefaultHasher::new(),
            chance,
        }
    }

    pub(crate) fn run(mut self) -> Lived {
        for _ in 0..STEPS {
            self.step();
            self.account();
            self.oracle.check_delivered(&self.people.world);
            if self.chance.below(64) == 0 {
                self.oracle.check_copies(&self.people.world, &self.tablets);
            }
        }
        self.make_peace();
        Lived { sessions: self.sessions, visits: self.oracle.visits(), trace: self.trace.finish() }
    }

    fn step(&mut self) {
        self.people.world.pass(self.chance.below(HOUR_MS));
        match self.chance.below(19) {
            0..6 => self.save(),
            6..11 => self.meet_relay(),
            11 => self.pull(),
            12 => self.meet_each_other(),
            13 => self.back_up(),
            14 => self.restart(),
            15 if self.swarm.hires && self.chance.percent(40) => self.hire(),
            16 if self.swarm.hostile => self.suffer(),
            17 if self.swarm.absences => self.leave(),
            18 if self.swarm.rulings => self.rule(),
            _ => self.disaster(),
        }
    }

    /// Somebody rides away for a day, a month or a year, and time passes.
    fn leave(&mut self) {
        let days = [1, 30, 365][self.chance.below(3) as usize];
        let (name, now) = (self.a_tablet(), self.people.world.now_ms());
        self.away.insert(name, now + days * DAY_MS);
        self.people.world.pass(self.chance.below(days) * DAY_MS);
    }

    fn is_away(&self, name: &str) -> bool {
        self.away.get(name).is_some_and(|until| self.people.world.now_ms() < *until)
    }

    /// Headquarters closes somebody, or releases what was set aside.
    fn rule(&mut self) {
        let name = self.a_tablet();
        self.people.disk("headquarters").fail_always(None);
        if self.chance.percent(40) {
            ruling::close(&mut self.people.world, &name, &mut self.chance);
            self.oracle.closed.insert(self.people.world.node(&name).key());
        } else {
            self.release();
        }
    }

    /// Headquarters releases something of what it reads to be set aside.
    pub(super) fn release(&mut self) {
        let feed = self.a_feed();
        if self.read("headquarters").is_ok() {
            ruling::release(&mut self.people.world, &feed, &mut self.chance);
        }
    }

    /// The hostile tablet does what it likes.
    fn suffer(&mut self) {
        let feed = self.a_feed();
        self.people.disk(MALLORY).fail_always(None);
        let (people, writing, chance) = (&mut self.people, &mut self.writing, &mut self.chance);
        if !self.tablets.iter().any(|name| name == TWIN) && chance.percent(30) {
            mischief::split(people, writing, &feed, chance);
            self.tablets.push(TWIN.into());
            let key = self.people.world.node(MALLORY).key();
            self.oracle.forked.insert(key);
            self.oracle.hostile = Some(key);
        } else {
            mischief::attack(people, writing, &feed, chance);
        }
    }

    fn a_tablet(&mut self) -> String {
        let place = self.chance.below(self.tablets.len() as u64) as usize;
        self.tablets[place].clone()
    }

    /// Where there is one relay, no dice are thrown.
    fn a_relay(&mut self) -> &'static str {
        let is_second = self.relays.len() > 1 && self.chance.percent(40);
        self.relays[usize::from(is_second)]
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

    /// A tablet is lost, or wiped: nobody sees it again, and its worker enrols as somebody new.
    fn lose(&mut self) {
        let name = self.a_tablet();
        if is_hostile(&name) {
            return;
        }
        self.people.reopen(&name, SimulatedDisk::new(), &mut self.chance);
        self.tablets.retain(|known| *known != name);
        self.backups.retain(|(of, _)| *of != name);
        self.oracle.destroyed(&self.people.world);
        self.hire();
    }

    /// Whether a tablet itself brought the news that it is closed, which ends that meeting.
    pub(super) fn is_shown_out(&self, name: &str, report: &Report) -> bool {
        let not_admitted = report.closed.is_some_and(|(_, reason)| reason == CloseReason::NotAdmitted);
        not_admitted && self.oracle.closed.contains(&self.key_of(name))
    }

    pub(super) fn key_of(&self, name: &str) -> DeviceKey {
        self.people.world.node(name).key()
    }

    /// Whether two tablets go by one key: what a relay remembers of the one is wrong of the other.
    pub(super) fn is_several(&self, name: &str) -> bool {
        self.oracle.forked.contains(&self.key_of(name))
    }

    /// Whether a party waits to be bound: a relay that has not heard of its ticket sends it away.
    pub(super) fn waits_to_be_bound(&self, name: &str) -> bool {
        self.people.world.node(name).engine.party().claim.is_some()
    }

    /// Counts one more copy of a tablet, if there may be one.
    fn may_copy(&mut self, name: &str) -> bool {
        let key = self.key_of(name);
        let copies = self.copies.entry(key).or_default();
        let may = *copies < COPIES_MAX;
        *copies += u32::from(may);
        may
    }

    fn a_feed(&mut self) -> Feed {
        let feeds = &self.people.world.feeds;
        feeds[self.chance.below(feeds.len() as u64) as usize].clone()
    }

    fn save(&mut self) {
        let (name, feed) = (self.a_tablet(), self.a_feed());
        for _ in 0..=self.chance.below(3) {
            self.trouble(&name);
            let saved = if self.swarm.records && self.chance.percent(85) {
                self.save_records(&name, &feed)
            } else {
                self.save_note(&name, &feed)
            };
            if !saved {
                self.after_error(&name);
            }
        }
    }

    fn save_note(&mut self, name: &str, feed: &Feed) -> bool {
        let note = self.writing.note(&mut self.chance);
        let node = self.people.world.node_mut(name);
        let saved = node.note(feed, &note).is_ok();
        if saved && !is_hostile(name) {
            self.oracle.noted(node, feed, &note);
        }
        saved
    }

    fn save_records(&mut self, name: &str, feed: &Feed) -> bool {
        let node = self.people.world.node_mut(name);
        // What another process of this tablet wrote is shown first.
        if node.catch_up(feed).is_err() {
            return false;
        }
        let forms = (0..=self.chance.below(2)).map(|_| self.writing.form(node, feed, &mut self.chance));
        let forms: Vec<_> = forms.collect();
        let Ok(saved) = node.record(feed, &forms) else { return false };
        // A form that is refused (a conflict that is none any more) is a sentence to a person, and no loss.
        for saved in saved.into_iter().flatten().filter(|_| !is_hostile(name)) {
            self.oracle.recorded(node, feed, &saved);
        }
        true
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

    fn meet_relay(&mut self) {
        let name = self.a_tablet();
        if !self.is_away(&name) {
            let relay = self.a_relay();
            self.meet(&name, relay);
        }
    }

    /// Headquarters pulls, reads, and signs how far it has come; what it signed travels with the next pull.
    fn pull(&mut self) {
        let relay = self.a_relay();
        self.meet("headquarters", relay);
        self.answer();
    }

    pub(super) fn answer(&mut self) {
        if self.read("headquarters").is_err() {
            return;
        }
        let shown_time = self.chance.word();
        for feed in self.people.world.feeds.clone() {
            let node = self.people.world.node_mut("headquarters");
            // What the disk refuses now is signed another time.
            let _ = answer_authors(&node.replica, &mut node.engine, &mut *node.store, &feed, shown_time);
        }
        self.oracle.check_at_headquarters(&mut self.people.world);
    }

    /// A party turns what it holds into documents.
    pub(super) fn read(&mut self, name: &str) -> Result<(), StoreError> {
        for feed in self.people.world.feeds.clone() {
            self.people.world.node_mut(name).catch_up(&feed)?;
        }
        Ok(())
    }

    fn meet_each_other(&mut self) {
        let (one, other) = (self.a_tablet(), self.a_tablet());
        let key = |name: &str| self.people.world.node(name).key();
        let apart = key(&one) == key(&other) || self.is_away(&one) || self.is_away(&other);
        if self.swarm.tablets_meet && !apart {
            self.meet(&one, &other);
        }
    }

    fn meet(&mut self, dialler: &str, other: &str) {
        let link = self.swarm.link(&mut self.chance, is_hostile(dialler));
        for name in [dialler, other] {
            self.trouble(name);
        }
        let dies = link.dies_with_its_disk;
        let good = link.cut_after_bytes.is_none()
            && link.power_cut.is_none()
            && !link.twice
            && link.lies.is_none()
            && link.deaf.is_none();
        let report = self.record(dialler, other, link);
        for (side, name) in [(true, dialler), (false, other)] {
            if report.dark == Some(side) {
                self.people.crash(name, &mut self.chance);
            }
        }
        let is_free = !self.waits_to_be_bound(dialler) && !self.is_shown_out(dialler, &report);
        let whole = good && report.errors.is_empty() && is_free;
        assert!(report.settled || !whole, "{dialler} and {other} part without having settled: {report:#?}");
        if !report.errors.is_empty() && !dies {
            for name in [dialler, other] {
                self.after_error(name);
            }
        }
        for name in [dialler, other] {
            if !self.relays.contains(&name) {
                // What cannot be read now is read another time.
                let _ = self.read(name);
            }
        }
        self.believe();
    }

    pub(super) fn record(&mut self, dialler: &str, other: &str, link: Link) -> Report {
        self.sessions += 1;
        let report = self.people.world.meet_over(dialler, other, link);
        (dialler, other, &report.said, report.settled, report.lost).hash(&mut self.trace);
        report
    }

    pub(super) fn believe(&mut self) {
        for name in self.tablets.clone() {
            self.oracle.believe(&self.people.world, &name);
        }
    }

    fn back_up(&mut self) {
        let name = if self.chance.percent(50) { self.a_relay().into() } else { self.a_tablet() };
        if is_hostile(&name) {
            return;
        }
        let disk = copy_of(&self.people.disk(&name));
        self.backups.push((name, disk));
    }

    fn restart(&mut self) {
        let name = match self.chance.below(4) {
            0 => self.a_relay().into(),
            1 => "headquarters".into(),
            _ => self.a_tablet(),
        };
        if self.swarm.power && self.chance.percent(50) {
            self.people.crash(&name, &mut self.chance);
        } else {
            self.restart_one(&name);
        }
        self.account();
        self.oracle.check_kept(&self.people.world);
    }

    /// A disk rotted, or did not open any more and was exchanged: what only it held may be gone.
    pub(super) fn account(&mut self) {
        if self.people.take_wiped() {
            self.oracle.destroyed(&self.people.world);
        }
    }

    fn disaster(&mut self) {
        if self.swarm.rot && self.chance.percent(30) {
            self.people.rot("relay", &mut self.chance);
            self.oracle.set_back.insert(self.key_of("relay"));
            return;
        }
        if self.swarm.clones && self.tablets.len() < 5 && self.chance.percent(50) {
            let name = self.a_tablet();
            let clone = format!("{name}'");
            if !self.tablets.contains(&clone)
                && clone.len() < 12
                && !is_hostile(&name)
                && self.may_copy(&name)
            {
                self.people.clone_of(&name, &clone, &mut self.chance);
                self.oracle.forked.insert(self.people.world.node(&name).key());
                self.tablets.push(clone);
                return;
            }
        }
        if self.swarm.wiped_relay && self.chance.percent(30) {
            let relay = self.a_relay();
            self.people.reopen(relay, SimulatedDisk::new(), &mut self.chance);
            self.oracle.set_back.insert(self.key_of(relay));
            self.oracle.destroyed(&self.people.world);
            return;
        }
        if self.swarm.losses && self.tablets.len() > 1 && self.chance.percent(40) {
            self.lose();
            return;
        }
        if self.backups.is_empty() {
            return;
        }
        let place = self.chance.below(self.backups.len() as u64) as usize;
        let (name, disk) = self.backups[place].clone();
        let (key, relay) = (self.key_of(&name), self.relays.contains(&&*name));
        if (relay && self.swarm.set_back) || (!relay && self.swarm.restored_tablets && self.may_copy(&name)) {
            self.people.reopen(&name, copy_of(&disk), &mut self.chance);
            if relay {
                self.oracle.set_back.insert(key);
            } else {
                self.oracle.forked.insert(key);
            }
            self.oracle.destroyed(&self.people.world);
        }
    }
}
