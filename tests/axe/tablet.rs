//! A tablet that is killed again and again, what it was answered, and whether it keeps its word.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::time::Duration;

use khettara_core::id::{Feed, Pattern};
use khettara_core::identity::{Identity, Role};
use khettara_device::{Cancel, Device, DeviceError, ImportEvent, Mended};
use khettara_hq::{Guest, Headquarters, NewRelay, Plan as Founding};
use khettara_tests::Chance;
use uuid::Uuid;

use crate::life::{Plan, Shim};
use crate::notes::{COMMUNE, Told, draw_id, faults_of, household_line, visit_line};
use crate::platter::{Fates, Platter, Temper};

/// Households of the beginning that are read whole each time; of all others the visits are counted.
const SAMPLE: usize = 4;
/// Syncs in which a tablet that is let be hands over all it has.
pub(crate) const SYNCS_MAX: usize = 20;

/// The number in an environment variable, or what holds without it.
pub(crate) fn asked(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The seed of this run: from the environment, or drawn; printed so that it can be given again.
pub(crate) fn seed(story: &str) -> u64 {
    let chance = khettara_node::chance::process_seed().expect("the system gives random numbers");
    let drawn = u64::from_be_bytes(chance[..8].try_into().expect("eight bytes"));
    let seed = asked("KHETTARA_AXE_SEED", drawn);
    println!("{story}: KHETTARA_AXE_SEED={seed}");
    seed
}

/// The shim, compiled once.
pub(crate) fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("axe/shim.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", std::process::id()));
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-pthread", "-o"]).arg(&library).arg(&source);
        assert!(cc.status().expect("there is a C compiler").success(), "the shim compiles");
        library
    })
}

/// An enrolment code for one commune, of an organisation whose relay nobody ever meets.
pub(crate) fn ticket(dir: &Path) -> String {
    let plan = Founding { name: "Errachidia".into(), relays: Vec::new() };
    let mut headquarters = Headquarters::init(dir, &plan).expect("founds");
    let key = Identity::from_seeds(&[5; 32], &[6; 32]).key();
    let relay = NewRelay { key, addresses: vec!["127.0.0.1:9".into()], feeds: Vec::new() };
    headquarters.add_relay(&relay).expect("the root is at hand");
    let commune = Feed::new(COMMUNE).expect("a feed");
    headquarters.add_feeds(std::slice::from_ref(&commune)).expect("publishes");
    let guest = Guest { role: Role::WORKER, feeds: vec![Pattern::exactly(&commune)], relay: None };
    headquarters.invite(&guest).expect("invites").to_text()
}

/// How a tablet is when a sequence of kills begins.
pub(crate) struct Beginning {
    pub(crate) name: &'static str,
    pub(crate) ticket: String,
    pub(crate) note_bytes: usize,
    /// It syncs, with the relay that its code names.
    pub(crate) syncs: bool,
    /// A prepared tablet; `None`: there is none yet.
    dir: Option<PathBuf>,
    told: Vec<Told>,
}

impl Beginning {
    pub(crate) fn fresh(name: &'static str, ticket: &str, note_bytes: usize) -> Self {
        Self { name, ticket: ticket.into(), note_bytes, syncs: false, dir: None, told: Vec::new() }
    }

    /// One that syncs while it works.
    pub(crate) fn syncing(name: &'static str, ticket: &str) -> Self {
        Self { syncs: true, ..Self::fresh(name, ticket, 80) }
    }

    /// One with this many visits already.
    pub(crate) fn large(name: &'static str, ticket: &str, dir: &Path, visits: u64) -> Self {
        let device = Device::init(dir).expect("a tablet");
        device.enroll(ticket).expect("a good code");
        let mut chance = Chance::new(visits);
        let mut told = Vec::new();
        while (told.len() as u64) < visits {
            let household = draw_id(&mut chance);
            let words: Vec<u64> = (0..10).map(|_| chance.word()).collect();
            device.record_line(&household_line(&household)).expect("saves");
            let lines: Vec<_> = words.iter().map(|word| visit_line(&household, *word, 80)).collect();
            let mut left = words.iter();
            let on = &mut |event: ImportEvent<'_>| {
                if let ImportEvent::Saved(saved) = event {
                    let word = *left.next().expect("one of ours");
                    told.push(Told { household, visit: saved.records[0].id, word });
                }
            };
            device.import(lines.join("\n").as_bytes(), on).expect("saves");
        }
        Self { name, ticket: ticket.into(), note_bytes: 80, syncs: false, dir: Some(dir.into()), told }
    }
}

/// One tablet through a sequence of kills.
pub(crate) struct Tablet<'a> {
    beginning: &'a Beginning,
    folder: tempfile::TempDir,
    told: Vec<Told>,
    /// Those that are read whole.
    households: BTreeSet<Uuid>,
    made: bool,
    enrolled: bool,
    lives: u32,
}

/// What came of a sequence.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) kills: u64,
    pub(crate) told: u64,
    pub(crate) fates: Fates,
    pub(crate) mended: u64,
    pub(crate) torn_tails: u64,
    pub(crate) faults: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.told += other.told;
        self.fates.add(other.fates);
        self.mended += other.mended;
        self.torn_tails += other.torn_tails;
        self.faults.extend(other.faults);
    }
}

impl<'a> Tablet<'a> {
    pub(crate) fn begin(beginning: &'a Beginning) -> Self {
        let folder = tempfile::tempdir().expect("the disk works");
        let dir = folder.path().join("tablet");
        match &beginning.dir {
            Some(prepared) => copy(prepared, &dir),
            None => fs::create_dir(&dir).expect("the disk works"),
        }
        let told = beginning.told.clone();
        let households = told.iter().map(|told| told.household).take(SAMPLE * 10).collect();
        let made = beginning.dir.is_some();
        Self { beginning, folder, told, households, made, enrolled: made, lives: 0 }
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("tablet")
    }

    fn plan(&mut self, chance: &mut Chance) -> Plan {
        self.lives += 1;
        Plan {
            dir: self.dir(),
            answers: self.folder.path().join(format!("answers-{}", self.lives)),
            ticket: self.beginning.ticket.clone(),
            seed: chance.word(),
            note_bytes: self.beginning.note_bytes,
            visits_max: chance.below(60) + 1,
            imports: chance.percent(30),
            syncs: self.beginning.syncs,
        }
    }

    fn take_answers(&mut self, plan: &Plan, tally: &mut Tally) {
        let answers = plan.answers();
        self.made |= answers.made;
        self.enrolled |= answers.enrolled;
        self.households.extend(answers.households);
        tally.told += answers.visits.len() as u64;
        self.told.extend(answers.visits);
        tally.faults.extend(answers.failed.map(|error| format!("a living tablet says: {error}")));
    }

    /// One to three lives that are killed or end by themselves, and then the power is cut.
    pub(crate) fn cut(&mut self, chance: &mut Chance, tally: &mut Tally) {
        let mut logs = Vec::new();
        let mut platter = Platter::read(&self.dir());
        for lives_left in (0..=chance.below(3)).rev() {
            let plan = self.plan(chance);
            // Each its own: a process that is killed may leave a record cut short.
            let log = self.folder.path().join(format!("log-{}", self.lives));
            // Killed from outside it may have done what is not in the log, which a later life would find: only the last.
            let (operations, syncs) = match chance.below(if lives_left == 0 { 6 } else { 5 }) {
                0 => (1 + chance.below(30), 0),
                1 => (1 + chance.below(200), 0),
                2 | 3 => (0, 1 + chance.below(15)),
                4 => (0, 1 + chance.below(60)),
                _ => (0, 0),
            };
            let mut child = plan.start(Some(&Shim { library: shim(), log: &log, operations, syncs }));
            if (operations, syncs) == (0, 0) {
                std::thread::sleep(Duration::from_millis(chance.below(120)));
                end(&mut child);
            }
            child.wait().expect("was started");
            self.take_answers(&plan, tally);
            logs.push(log);
        }
        for log in logs {
            // Where a process was killed before it began there is none.
            platter.follow(&fs::read(&log).unwrap_or_default());
            let _ = fs::remove_file(&log);
        }
        let temper = Temper::draw(chance);
        tally.fates.add(platter.cut(&self.dir(), &temper, chance));
        tally.kills += 1;
    }

    /// A life that ends before this sync, one that is let live, and then a cut that keeps nothing but what is sure.
    /// False where the first life had no such sync.
    pub(crate) fn cut_after_dying_before(
        &mut self,
        sync: u64,
        chance: &mut Chance,
        tally: &mut Tally,
    ) -> bool {
        let mut platter = Platter::read(&self.dir());
        let mut died = false;
        for syncs in [sync, 0] {
            let plan = Plan { visits_max: 1, imports: false, ..self.plan(chance) };
            let log = self.folder.path().join(format!("log-{}", self.lives));
            let shim = Shim { library: shim(), log: &log, operations: 0, syncs };
            let ended = plan.start(Some(&shim)).wait().expect("was started");
            died |= !ended.success();
            self.take_answers(&plan, tally);
            platter.follow(&fs::read(&log).expect("the shim was loaded"));
        }
        tally.fates.add(platter.cut(&self.dir(), &Temper::WORST, chance));
        tally.kills += 1;
        died
    }

    /// A life that is killed, and the power stays on.
    pub(crate) fn kill(&mut self, chance: &mut Chance, tally: &mut Tally) {
        let plan = Plan { visits_max: u64::MAX, ..self.plan(chance) };
        let mut child = plan.start(None);
        let within_us = if plan.syncs { 250_000 } else { 80_000 };
        std::thread::sleep(Duration::from_micros(chance.below(within_us)));
        end(&mut child);
        child.wait().expect("was started");
        self.take_answers(&plan, tally);
        tally.kills += 1;
    }

    /// Nobody kills it any more: it hands over all it has. Gives what it was answered.
    pub(crate) fn hands_over(&self) -> &[Told] {
        let (device, _) = Device::open(&self.dir()).expect("opens");
        let all = (0..SYNCS_MAX).any(|_| {
            let report = device.sync(&Cancel::default(), &mut |_| {});
            report.is_ok_and(|report| report.entries_left == 0)
        });
        assert!(all, "a tablet that is let be hands over all it has");
        &self.told
    }

    /// Opens it, compares, and saves once more.
    pub(crate) fn keeps_its_word(&mut self, chance: &mut Chance, tally: &mut Tally) {
        let faults = self.faults(chance, tally);
        tally.faults.extend(faults.into_iter().map(|fault| format!("{}: {fault}", self.beginning.name)));
    }

    fn faults(&mut self, chance: &mut Chance, tally: &mut Tally) -> Vec<String> {
        let opened = match Device::open(&self.dir()) {
            // Nobody was told that there is one.
            Err(DeviceError::Missing) if !self.made => {
                Device::init(&self.dir()).map(|device| (device, vec![]))
            }
            opened => opened,
        };
        let (device, mended) = match opened {
            Ok(opened) => opened,
            Err(error) => return vec![format!("does not open: {error}")],
        };
        tally.mended += u64::from(!mended.is_empty());
        tally.torn_tails += mended.iter().filter(|mended| **mended == Mended::Interrupted).count() as u64;
        let mut faults = Vec::new();
        if matches!(device.own_visits(), Err(DeviceError::NotEnrolled)) {
            if self.enrolled {
                faults.push("was enrolled and is not".into());
            }
            if let Err(error) = device.enroll(&self.beginning.ticket) {
                faults.push(format!("does not enrol: {error}"));
            }
        }
        faults.extend(faults_of(&device, &self.told, &self.households));
        let household = draw_id(chance);
        let word = chance.word();
        let saved = device
            .record_line(&household_line(&household))
            .and_then(|_| device.record_line(&visit_line(&household, word, self.beginning.note_bytes)));
        match saved {
            Ok(saved) => {
                self.told.push(Told { household, visit: saved.records[0].id, word });
                self.households.insert(household);
            }
            Err(error) => faults.push(format!("does not save: {error}")),
        }
        (self.made, self.enrolled) = (true, true);
        faults
    }
}

fn end(child: &mut Child) {
    // One that has ended by itself cannot be killed.
    let _ = child.kill();
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the disk works");
    for entry in fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let place = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).expect("copies");
        }
    }
}
