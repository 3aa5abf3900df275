//! Hostile bytes: the corpus is replayed, then bent at random, a million times in all; with `KHETTARA_FUZZ` more often,
//! and with `KHETTARA_FUZZ_TARGET="slim hello"` those targets alone. `tests/fuzz/run` does the same with libFuzzer, which
//! looks where it gets.

mod corpus;
mod mutate;
mod targets;

/// What the airlock's own stories are told with. They use more of it.
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/dice.rs"]
mod dice;
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/press.rs"]
mod press;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Instant;

use khettara_tests::Chance;
use mutate::bent;
use peak_alloc::PeakAlloc;
use targets::{REACHED, REHEARSALS_LEFT, TARGETS, Target};

/// Counts what the whole process has allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Of a hundred executions, how many each target gets: those that sign and seal cost a hundred times the others.
const SHARES: [(&str, u64); 8] = [
    ("frame", 30),
    ("segment", 3),
    ("walk", 30),
    ("slim", 12),
    ("hello", 3),
    ("roster", 1),
    ("stream", 18),
    ("journal", 3),
];
/// Changes that go through a rehearsal in one run.
const REHEARSALS_MAX: u64 = 50_000;

fn folder(target: &str) -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(here).join("fuzz/corpus").join(target)
}

/// Everything in a target's corpus, by file name.
fn read(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(target)).expect("every target has a corpus");
    let files = entries.map(|entry| entry.expect("it lists").path());
    let mut files: Vec<(String, Vec<u8>)> = files
        .map(|path| {
            (
                path.file_name().expect("a name").to_string_lossy().into(),
                std::fs::read(&path).expect("it reads"),
            )
        })
        .collect();
    files.sort();
    files
}

/// Runs a target, and says with what it failed.
fn try_it(name: &str, target: Target, bytes: &[u8], what: &str) {
    let told = std::panic::catch_unwind(|| targets::run(target, bytes));
    if let Err(cause) = told {
        let file = std::env::temp_dir().join(format!("khettara-fuzz-{name}"));
        std::fs::write(&file, bytes).expect("a temporary folder takes it");
        eprintln!("{name}, {what}: KHETTARA_FUZZ_FILE={} tells it again", file.display());
        std::panic::resume_unwind(cause);
    }
}

fn setting(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// One story, for the memory that is counted is everybody's.
#[test]
fn hostile_bytes_break_no_promise() {
    if std::env::var_os("KHETTARA_FUZZ_CORPUS").is_some() {
        corpus::write(&folder);
    }
    if let Some(file) = std::env::var_os("KHETTARA_FUZZ_FILE") {
        let bytes = std::fs::read(&file).expect("the file reads");
        let name = std::env::var("KHETTARA_FUZZ_TARGET").expect("KHETTARA_FUZZ_TARGET names the target");
        return targets::run(targets::target(&name).expect("a target"), &bytes);
    }
    REHEARSALS_LEFT.store(REHEARSALS_MAX, Ordering::Relaxed);
    let (count, seed) = (setting("KHETTARA_FUZZ", 1_000_000), setting("KHETTARA_FUZZ_SEED", 1));
    let only = std::env::var("KHETTARA_FUZZ_TARGET").ok();
    let only: Option<Vec<&str>> = only.as_ref().map(|only| only.split(' ').collect());
    let unknown = only.iter().flatten().find(|name| targets::target(name).is_none());
    assert_eq!(unknown, None, "KHETTARA_FUZZ_TARGET names targets");
    let asked = |name: &str| only.as_ref().is_none_or(|only| only.contains(&name));
    for ((name, target), (_, share)) in TARGETS.into_iter().zip(SHARES).filter(|((name, _), _)| asked(name)) {
        let (corpus, began) = (read(name), Instant::now());
        assert!(corpus.len() >= 4, "{name} begins with examples");
        for (file, bytes) in &corpus {
            try_it(name, target, bytes, file);
        }
        let mut chance = Chance::new(seed);
        let examples: Vec<&[u8]> = corpus.iter().map(|(_, bytes)| &bytes[..]).collect();
        let executions = count * share / 100;
        for execution in 0..executions {
            let bytes = bent(&examples, &mut chance);
            try_it(name, target, &bytes, &format!("KHETTARA_FUZZ_SEED={seed}, execution {execution}"));
        }
        let (reached, took) = (REACHED.swap(0, Ordering::Relaxed), began.elapsed().as_secs_f64());
        println!("{name}: {} files, {executions} bent, {reached} got to the end, {took:.1} s", corpus.len());
        assert!(reached >= 3 + executions / 200, "{name} hardly looks at anything");
    }
    println!("{} rehearsals", REHEARSALS_MAX - REHEARSALS_LEFT.load(Ordering::Relaxed));
}

#[test]
fn every_target_has_its_share_and_together_they_are_the_whole() {
    assert!(TARGETS.iter().map(|(name, _)| name).eq(SHARES.iter().map(|(name, _)| name)));
    assert_eq!(SHARES.iter().map(|(_, share)| share).sum::<u64>(), 100);
}
