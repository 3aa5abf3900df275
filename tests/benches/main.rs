//! What is promised, measured: `cargo bench -p khettara-tests`. With `-- --check` a missed target is a failure;
//! a word behind `--` runs only what has it in its name.

mod arrived;
mod bytes_per_visit;
mod dice;
mod growth;
mod jvm;
mod kotlin;
mod nothing_to_do;
mod opening;
mod peer_visits;
mod saving;
mod simulated_sessions;
mod slim_visits;
mod table;
mod visits_applied;
#[path = "../simulation/worlds/mod.rs"]
mod worlds;

use std::process::ExitCode;

use table::{Table, Target, one};

/// A measurement: prints its table, and gives what it is held against.
type Measurement = (&'static str, fn() -> Vec<Target>);

const MEASUREMENTS: [Measurement; 9] = [
    ("nothing-to-do", nothing_to_do::measure),
    ("bytes-per-visit", bytes_per_visit::measure),
    ("bytes-of-peer-visits", slim_visits::measure),
    ("visits-applied", visits_applied::measure),
    ("opening", opening::measure),
    ("saving", saving::measure),
    ("growth", growth::measure),
    ("simulated-sessions", simulated_sessions::measure),
    ("kotlin", kotlin::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder] = arguments.as_slice()
        && word == opening::CHILD
    {
        opening::child(folder.as_ref());
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| name.contains(word.as_str()));
    let mut targets = Vec::new();
    for (name, measure) in MEASUREMENTS.into_iter().filter(|(name, _)| wanted(name)) {
        println!("\n{name}");
        targets.extend(measure());
    }
    println!("targets");
    let mut table = Table::new(["what", "measured", "at most", ""]);
    for target in &targets {
        let verdict = if target.is_met() { "met" } else { "MISSED" };
        table.row([target.what.clone(), one(target.measured), one(target.at_most), verdict.to_owned()]);
    }
    table.print();
    let missed = targets.iter().any(|target| !target.is_met());
    ExitCode::from(u8::from(missed && arguments.iter().any(|argument| argument == "--check")))
}
