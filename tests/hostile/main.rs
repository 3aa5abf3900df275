//! Hostile changes, printed by rule from a seed: what must stay outside stays outside, what comes in leaves a document
//! that can be saved and loaded, and neighbours lose nothing.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod crowds;
mod ground;
mod neighbours;
mod rules;
mod sketch;
mod spelling;
mod strange;
mod trial;
mod verdicts;

/// What the airlock's own stories are told with. They use more of it.
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/dice.rs"]
mod dice;
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/editing.rs"]
mod editing;
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/press.rs"]
mod press;
/// A device and its copy, as the replica's own stories have them.
#[allow(dead_code)]
#[path = "../../records/tests/replica/station.rs"]
mod station;

use std::sync::{Mutex, MutexGuard, PoisonError};

use peak_alloc::PeakAlloc;

/// Counts what the whole process has allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One story at a time: the memory that is counted is everybody's.
static TURN: Mutex<()> = Mutex::new(());

/// Waits until no other story runs.
fn alone() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number from the environment.
fn setting(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
