//! Many small worlds, each from a seed: real engines on journals over disks that lose power, links that are
//! cut, copies and backups. When the faults stop, everybody must agree and nothing saved may be missing.
//!
//! `KHETTARA_SEEDS=7,12` replays seeds; `KHETTARA_SEED_COUNT=2000` runs that many from 0.

mod life;
mod oracle;
mod people;

use life::Life;

/// Worlds in the ordinary run; each has about twenty sessions.
const SEEDS: u64 = 100;

fn seeds() -> Vec<u64> {
    if let Ok(list) = std::env::var("KHETTARA_SEEDS") {
        return list.split(',').map(|seed| seed.trim().parse().expect("a seed is a number")).collect();
    }
    let count = std::env::var("KHETTARA_SEED_COUNT").map_or(SEEDS, |count| count.parse().expect("a number"));
    (0..count).collect()
}

#[test]
fn nothing_saved_is_lost_and_everybody_agrees_when_the_faults_stop() {
    let (mut sessions, mut failed) = (0, Vec::new());
    let seeds = seeds();
    for seed in &seeds {
        match std::panic::catch_unwind(|| Life::new(*seed).run()) {
            Ok(lived) => sessions += lived.sessions,
            Err(_) => failed.push(*seed),
        }
    }
    assert!(failed.is_empty(), "KHETTARA_SEEDS={}", join(&failed));
    println!("{sessions} sessions in {} worlds", seeds.len());
    assert!(sessions >= seeds.len() as u64 * 10, "the worlds were not idle: {sessions} sessions");
}

fn join(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

#[test]
fn one_seed_is_one_run() {
    for seed in [3, 11] {
        assert_eq!(Life::new(seed).run(), Life::new(seed).run(), "seed {seed}");
    }
}
