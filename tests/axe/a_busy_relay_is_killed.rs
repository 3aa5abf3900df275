//! A relay's process is killed while tablets sync with it, 30 times with 6 tablets; with `KHETTARA_RELAY_KILLS=200` and
//! `KHETTARA_TABLETS=50` as often and as many. In a second story its machine loses power: what no sync had confirmed is
//! kept, dropped or torn, 20 times, or as `KHETTARA_RELAY_CUTS` says. `KHETTARA_AXE_SEED` gives the seed; the times at
//! which the process is killed depend on the machine too.
//!
//! Now and then all tablets rest, and headquarters asks the relay alone: every visit of which a tablet was told that it
//! is delivered is there. At the end everything that was saved is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use khettara_device::{Device, SyncEnd, Whereabouts};
use khettara_tests::Chance;
use uuid::Uuid;

use crate::life::{Shim, spawn};
use crate::notes::{draw_id, household_line, number_of, visit_line};
use crate::platter::{Fates, Platter, Temper};
use crate::tablet::{SYNCS_MAX, asked, seed, shim};
use crate::town::{Town, sync};

/// After so many ends of the relay headquarters asks.
const ENDS_BETWEEN: u64 = 5;
/// A link whose other side was killed is given up after this.
const PATIENCE_MS: u64 = 3_000;

/// How a relay ends, and what its machine's disk has then.
struct Machine {
    dir: PathBuf,
    address: SocketAddr,
    /// Where the shim writes down what a process does, where power is cut at its end.
    log: Option<PathBuf>,
    chance: Chance,
    fates: Fates,
}

/// The relay's process. Killed when dropped.
struct Process {
    child: Child,
    /// The disk as it was before.
    platter: Option<Platter>,
}

impl Machine {
    /// Runs the relay, and waits until it listens.
    fn start(&self) -> Process {
        let mut command = Command::new(program("khettara-relay"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KHETTARA_RELAY_") {
                command.env_remove(name);
            }
        }
        command.args(["run", "--listen", &self.address.to_string(), "--dir"]).arg(&self.dir);
        let platter = self.log.as_ref().map(|log| {
            let shim = Shim { library: shim(), log, operations: 0, syncs: 0 };
            shim.load(&mut command, &self.dir);
            Platter::read(&self.dir)
        });
        let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut said = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut said).expect("reads");
        assert_eq!(
            said.trim(),
            format!("listening on {}", self.address),
            "it opens its store and its port again"
        );
        Process { child, platter }
    }

    /// Kills the relay, and cuts the power where that is the story.
    fn kill(&mut self, mut process: Process) {
        process.child.kill().expect("kills");
        process.child.wait().expect("ends");
        let (Some(mut platter), Some(log)) = (process.platter.take(), &self.log) else { return };
        platter.follow(&fs::read(log).expect("the shim was loaded"));
        fs::remove_file(log).expect("may go");
        let temper = Temper::draw(&mut self.chance);
        self.fates.add(platter.cut(&self.dir, &temper, &mut self.chance));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that was killed already is no news.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of this workspace, which cargo puts beside the folder of its tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let programs = test.parent().and_then(Path::parent).expect("it lies in a folder in another");
    let program = programs.join(name);
    assert!(program.is_file(), "{name} is not built: run `cargo test --workspace`, which builds it");
    program
}

/// A tablet at work, and the numbers of what it saved by the ids of its visits.
struct Worker {
    device: Device,
    chance: Chance,
    saved: BTreeMap<Uuid, u64>,
    delivered: BTreeSet<Uuid>,
    syncs: u64,
    broken: u64,
}

/// Tablets that sync at this moment.
static SYNCING: AtomicU64 = AtomicU64::new(0);

impl Worker {
    fn work(&mut self, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let household = draw_id(&mut self.chance);
            self.device.record_line(&household_line(&household)).expect("saves");
            for _ in 0..=self.chance.below(3) {
                let (word, bytes) = (self.chance.word(), 60 + self.chance.below(3_000) as usize);
                let saved = self.device.record_line(&visit_line(&household, word, bytes)).expect("saves");
                self.saved.insert(saved.records[0].id, word);
            }
            self.sync();
            std::thread::sleep(Duration::from_millis(self.chance.below(40)));
        }
    }

    /// Syncs once, whatever comes of it, and notes what is delivered. Gives whether nothing is left.
    fn sync(&mut self) -> bool {
        self.syncs += 1;
        SYNCING.fetch_add(1, Ordering::Relaxed);
        let report = sync(&self.device);
        SYNCING.fetch_sub(1, Ordering::Relaxed);
        match &report {
            Ok(report) => self.broken += u64::from(report.ended != SyncEnd::Complete),
            Err(error) => {
                assert!(error.retryable(), "a relay that is killed is gone for a while, no more: {error}");
                self.broken += 1;
            }
        }
        let own = self.device.own_visits().expect("reads").into_iter();
        let there = own.filter(|visit| visit.whereabouts >= Whereabouts::Delivered);
        self.delivered.extend(there.map(|visit| visit.id));
        report.is_ok_and(|report| report.entries_left == 0)
    }
}

#[test]
fn what_tablets_were_told_is_delivered_is_at_the_relay_after_every_kill() {
    let (kills, tablets) = (asked("KHETTARA_RELAY_KILLS", 30), asked("KHETTARA_TABLETS", 6));
    again_and_again("kills of a relay", kills, tablets, false);
}

#[test]
fn what_tablets_were_told_is_delivered_is_at_the_relay_after_every_power_cut() {
    let (cuts, tablets) = (asked("KHETTARA_RELAY_CUTS", 20), asked("KHETTARA_TABLETS", 6));
    let fates = again_and_again("power cuts of a relay", cuts, tablets, true);
    assert!(fates.kept > 0 && fates.dropped > 0 && fates.synced > 0, "{fates:?}");
}

/// A relay that ends so often under so many tablets, and what became of what no sync had confirmed.
fn again_and_again(story: &str, ends: u64, tablets: u64, cuts: bool) -> Fates {
    let mut chance = Chance::new(seed(story));
    let mut town = Town::found();
    let mut workers = hired(&mut town, &mut chance, tablets);
    town.stop_relay();
    let log = cuts.then(|| town.dir("what the relay did"));
    let (dir, address, own) = (town.dir("relay"), town.address, Chance::new(chance.word()));
    let mut machine = Machine { dir, address, log, chance: own, fates: Fates::default() };
    let mut relay = machine.start();
    let (mut ended, mut under_syncs) = (0, 0);
    while ended < ends {
        let share = ENDS_BETWEEN.min(ends - ended);
        let under;
        (relay, under) = kill_while_they_work(relay, &mut machine, &mut workers, &mut chance, share);
        under_syncs += under;
        ended += share;
        town.pull();
        let there = visits_at(&mut town);
        for worker in &workers {
            let lost: Vec<_> = worker.delivered.iter().filter(|id| !there.contains_key(id)).collect();
            assert!(lost.is_empty(), "after {ended} {story} these were delivered and are gone: {lost:?}");
        }
    }
    for worker in &mut workers {
        assert!((0..SYNCS_MAX).any(|_| worker.sync()), "a relay that lives takes everything");
    }
    town.pull();
    let there = visits_at(&mut town);
    let saved = workers.iter().flat_map(|worker| worker.saved.clone()).collect();
    assert_eq!(there, saved, "all that was saved is at headquarters, as it was saved");
    machine.kill(relay);
    let (syncs, broken) =
        workers.iter().fold((0, 0), |(syncs, broken), worker| (syncs + worker.syncs, broken + worker.broken));
    let (visits, fates) = (there.len(), machine.fates);
    println!(
        "{ends} {story}, {under_syncs} of them under a sync; {tablets} tablets, {syncs} syncs, {broken} broken off; \
         {visits} visits; {fates:?}"
    );
    assert!(under_syncs > 0, "the relay ended while nobody needed it");
    fates
}

fn hired(town: &mut Town, chance: &mut Chance, tablets: u64) -> Vec<Worker> {
    let worker = |n| {
        let device = town.tablet(&format!("tablet-{n}"));
        device.set_patience_ms(PATIENCE_MS);
        let chance = Chance::new(chance.word());
        let (saved, delivered) = (BTreeMap::new(), BTreeSet::new());
        Worker { device, chance, saved, delivered, syncs: 0, broken: 0 }
    };
    (0..tablets).map(worker).collect()
}

/// Lets all tablets work and ends the relay under them. Its last process lives when they rest. Gives also how many of
/// the ends found a tablet that was syncing.
fn kill_while_they_work(
    mut relay: Process,
    machine: &mut Machine,
    workers: &mut [Worker],
    chance: &mut Chance,
    kills: u64,
) -> (Process, u64) {
    let mut under_syncs = 0;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for worker in workers {
            scope.spawn(|| worker.work(&stop));
        }
        for n in 1..=kills {
            std::thread::sleep(Duration::from_millis(20 + chance.below(400)));
            if n == kills {
                // The last kill is the one after which nobody brings anything again.
                stop.store(true, Ordering::Relaxed);
            }
            under_syncs += u64::from(SYNCING.load(Ordering::Relaxed) > 0);
            machine.kill(relay);
            relay = machine.start();
        }
        (relay, under_syncs)
    })
}

/// The visits at headquarters, with the numbers of their notes.
pub(crate) fn visits_at(town: &mut Town) -> BTreeMap<Uuid, u64> {
    let to_number = |note: &str| number_of(note).expect("the note of a visit is as it was saved");
    let rows = town.table("visits.csv");
    rows.iter().map(|row| (row.at("visit_id").parse().expect("an id"), to_number(row.at("note")))).collect()
}
