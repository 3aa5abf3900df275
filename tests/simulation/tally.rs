//! What many runs have come to together, in a file that the next one goes on from: three numbers.

use std::fs;
use std::path::PathBuf;

/// How many worlds were well, from seed 0 on, and what happened in them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    file: Option<PathBuf>,
    pub(crate) worlds: u64,
    sessions: u64,
    visits: u64,
}

impl Tally {
    /// The file that `KHETTARA_TALLY` names; none, or one that is not there yet: nothing.
    pub(crate) fn read() -> Self {
        let file = std::env::var_os("KHETTARA_TALLY").map(PathBuf::from);
        let text = file.as_ref().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok());
        let mut next = || numbers.next().unwrap_or_default();
        Self { file, worlds: next(), sessions: next(), visits: next() }
    }

    /// Counts worlds that were well.
    pub(crate) fn add(&mut self, worlds: u64, sessions: u64, visits: u64) {
        self.worlds += worlds;
        self.sessions += sessions;
        self.visits += visits;
        if let Some(file) = &self.file {
            let Self { worlds, sessions, visits, .. } = self;
            println!("in all: {sessions} sessions in {worlds} worlds, {visits} visits");
            fs::write(file, format!("{worlds} worlds {sessions} sessions {visits} visits\n"))
                .expect("the tally can be kept");
        }
    }
}
