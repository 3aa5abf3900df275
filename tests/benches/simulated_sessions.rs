//! How fast the simulation is: sessions a second, of whole worlds with all their checks.

use std::time::Instant;

use crate::table::{Table, Target};
use crate::worlds::life::Life;

/// Worlds that are measured, from seed 0.
const WORLDS: u64 = 200;

/// Measures worlds one after the other, on one core.
pub(crate) fn measure() -> Vec<Target> {
    let began = Instant::now();
    let lives: Vec<_> = (0..WORLDS).map(|seed| Life::new(seed).run()).collect();
    let seconds = began.elapsed().as_secs_f64();
    let sessions: u64 = lives.iter().map(|lived| lived.sessions).sum();
    let visits: u64 = lives.iter().map(|lived| lived.visits).sum();
    let mut table = Table::new(["worlds", "sessions", "visits", "seconds", "sessions a second"]);
    let numbers = [WORLDS, sessions, visits].map(|number| number.to_string());
    let [worlds, sessions_text, visits] = numbers;
    let rate = sessions as f64 / seconds;
    table.row([worlds, sessions_text, visits, format!("{seconds:.1}"), format!("{rate:.0}")]);
    table.print();
    // A speed of its own, not a ratio: nothing to hold it against.
    Vec::new()
}
