//! Many small worlds, each from a seed: real engines on journals over disks that lose power, links that are
//! cut, copies and backups. When the faults stop, everybody must agree and nothing saved may be missing.
//!
//! `KHETTARA_SEEDS=7,12` replays seeds; `KHETTARA_SEED_COUNT=2000` runs that many from `KHETTARA_SEED_FIRST`, or 0.
//! With `KHETTARA_TALLY=file` they begin behind those that the file has counted, and it counts them too.

mod tally;
mod worlds;

use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tally::Tally;
use worlds::life::{Life, Lived};

/// Worlds in the ordinary run; each has some forty sessions.
const SEEDS: u64 = 130;

/// Worlds that are lived twice.
const TRACED: u64 = 6;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().expect("a number"))
}

fn seeds(tally: &Tally) -> Vec<u64> {
    if let Ok(list) = std::env::var("KHETTARA_SEEDS") {
        return list.split(',').map(|seed| seed.trim().parse().expect("a seed is a number")).collect();
    }
    let first = number("KHETTARA_SEED_FIRST").unwrap_or(tally.worlds);
    (first..first + number("KHETTARA_SEED_COUNT").unwrap_or(SEEDS)).collect()
}

/// Lives every world, on all cores: each is of its seed alone. Gives what they were, and the seeds that failed.
fn live(seeds: &[u64]) -> (Vec<Lived>, Vec<u64>) {
    let next = AtomicUsize::new(0);
    let ended: Mutex<(Vec<Lived>, Vec<u64>)> = Mutex::default();
    let work = || {
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            let lived = catch_unwind(|| Life::new(*seed).run());
            let mut ended = ended.lock().expect("nobody panics with it in hand");
            if let Ok(lived) = lived {
                ended.0.push(lived);
            } else {
                // Said at once: a run that is stopped has not failed in vain.
                println!("KHETTARA_SEEDS={seed} fails");
                ended.1.push(*seed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    ended.into_inner().expect("nobody panics with it in hand")
}

#[test]
fn nothing_saved_is_lost_and_everybody_agrees_when_the_faults_stop() {
    let mut tally = Tally::read();
    let seeds = seeds(&tally);
    let (lives, mut failed) = live(&seeds);
    failed.sort_unstable();
    assert!(failed.is_empty(), "KHETTARA_SEEDS={}", join(&failed));
    let sessions: u64 = lives.iter().map(|lived| lived.sessions).sum();
    let visits: u64 = lives.iter().map(|lived| lived.visits).sum();
    println!("{sessions} sessions in {} worlds, {visits} visits", seeds.len());
    tally.add(seeds.len() as u64, sessions, visits);
    assert!(sessions >= seeds.len() as u64 * 10, "the worlds were not idle: {sessions} sessions");
    assert!(visits > 0 || seeds.len() < 50, "nobody visited anybody");
}

fn join(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

#[test]
fn one_seed_is_one_run() {
    let mut traces = Vec::new();
    for seed in 0..TRACED {
        let lived = Life::new(seed).run();
        assert_eq!(lived, Life::new(seed).run(), "seed {seed}");
        traces.push(format!("{:016x}", lived.trace));
    }
    // The same with and without optimisation: docs/RELIABILITY.md has the commands.
    println!("traces: {}", traces.join(" "));
}
