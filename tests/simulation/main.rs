//! Many small worlds, each from a seed: real engines on journals over disks that lose power, links that are
//! cut, copies and backups. When the faults stop, everybody must agree and nothing saved may be missing.
//!
//! `KHETTARA_SEEDS=7,12` replays seeds; `KHETTARA_SEED_COUNT=2000` runs that many from `KHETTARA_SEED_FIRST`, or 0.

mod worlds;

use worlds::life::Life;

/// Worlds in the ordinary run; each has some forty sessions.
const SEEDS: u64 = 100;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().expect("a number"))
}

fn seeds() -> Vec<u64> {
    if let Ok(list) = std::env::var("KHETTARA_SEEDS") {
        return list.split(',').map(|seed| seed.trim().parse().expect("a seed is a number")).collect();
    }
    let first = number("KHETTARA_SEED_FIRST").unwrap_or_default();
    (first..first + number("KHETTARA_SEED_COUNT").unwrap_or(SEEDS)).collect()
}

#[test]
fn nothing_saved_is_lost_and_everybody_agrees_when_the_faults_stop() {
    let (mut sessions, mut visits, mut failed) = (0, 0, Vec::new());
    let seeds = seeds();
    for seed in &seeds {
        match std::panic::catch_unwind(|| Life::new(*seed).run()) {
            Ok(lived) => {
                sessions += lived.sessions;
                visits += lived.visits;
            }
            Err(_) => failed.push(*seed),
        }
    }
    assert!(failed.is_empty(), "KHETTARA_SEEDS={}", join(&failed));
    println!("{sessions} sessions in {} worlds, {visits} visits", seeds.len());
    assert!(sessions >= seeds.len() as u64 * 10, "the worlds were not idle: {sessions} sessions");
    assert!(visits > 0 || seeds.len() < 50, "nobody visited anybody");
}

fn join(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 11, 12] {
        assert_eq!(Life::new(seed).run(), Life::new(seed).run(), "seed {seed}");
    }
}
