//! Pulling: meet every relay until nothing is missing, read what came, say so in receipts, hand those over.
//!
//! Every step stands on what is durably held, so a pull that was killed anywhere is simply done again: what was
//! pulled is not pulled twice, what was merged is not merged twice, and a receipt that says nothing new is none.

mod answering;
mod meeting;
mod merging;
mod report;

use std::net::SocketAddr;
use std::time::Duration;

use khettara_core::id::DeviceKey;
#[cfg(doc)]
use khettara_core::limits::SILENCE_MS_MAX;

use crate::error::HqError;
use crate::office::Headquarters;
use crate::organisation::publish_constants;
use meeting::{Line, addresses_of};

pub use answering::answer_authors;
pub use merging::{Merged, entries_waiting};
pub use report::{Outcome, Progress, PullReport, RelayReport};

/// Rounds of meeting and merging in one pull: the second carries the receipts, more only where work keeps
/// arriving meanwhile.
const ROUNDS_MAX: u32 = 4;

impl Headquarters {
    /// How long a relay may say nothing before a pull goes on without it: [`SILENCE_MS_MAX`] unless said here. What
    /// came is kept.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Pulls everything from every relay, merges it, and hands receipts over. Blocks; must not be called from
    /// within a tokio runtime's own thread.
    ///
    /// # Errors
    /// [`HqError::NoRelay`] where none was reached; what was already held is merged all the same.
    pub fn pull(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<PullReport, HqError> {
        self.shared.with(|engine, store| publish_constants(engine, store))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let addresses = runtime.block_on(addresses_of(&self.file.addresses));
        let mut report = PullReport::default();
        let mut line = Line::open(self, &runtime)?;
        let pins = self.pins();
        for _ in 0..ROUNDS_MAX {
            let came = self.meet_all(&runtime, &mut line, (&addresses, &pins), &mut report, progress)?;
            let merged = self.merge(progress)?;
            report.add(&merged);
            let receipts = self.issue_receipts(progress)?;
            report.receipts += receipts;
            let reached = report.relays.iter().any(|relay| relay.settled);
            if !reached || (receipts == 0 && !came) {
                break;
            }
        }
        runtime.block_on(line.close());
        if let Some(error) = self.shared.take_failure() {
            return Err(error.into());
        }
        self.account_for(&mut report)?;
        match report.unreached() {
            Some((reason, kind)) => Err(HqError::NoRelay { reason, kind }),
            None => Ok(report),
        }
    }

    /// The keys to look for: those that the root names as relays; before the roster says any, those of the
    /// public file.
    fn pins(&self) -> Vec<DeviceKey> {
        let relays = self.shared.with(|engine, _| engine.roster().relays());
        let named: Vec<_> = self.file.pins.iter().filter(|pin| relays.contains(pin)).copied().collect();
        if named.is_empty() { self.file.pins.clone() } else { named }
    }

    /// One meeting with each relay, or several where one broke off. Gives whether anything came.
    fn meet_all(
        &self,
        runtime: &tokio::runtime::Runtime,
        line: &mut Line,
        (addresses, pins): (&[SocketAddr], &[DeviceKey]),
        report: &mut PullReport,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, HqError> {
        let before = self.entries_held()?;
        for pin in pins {
            progress(Progress::Meeting { relay: *pin });
            let met = runtime.block_on(line.meet(self, addresses, *pin, progress));
            report.met(*pin, met);
        }
        let after = self.entries_held()?;
        report.pulled += after.saturating_sub(before);
        Ok(after > before)
    }
}
