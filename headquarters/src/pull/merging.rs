//! Pulling: held segments become documents, and receipts say how far.

use std::collections::BTreeMap;

use khettara_core::id::{Feed, LogId};
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::Engine;
use khettara_records::content::Shipped;
use khettara_records::replica::Replica;
use khettara_records::verdict::EntryState;

use super::answering::answer_authors;
use super::report::{Progress, PullReport};
use crate::error::HqError;
use crate::office::{Headquarters, feeds_of};

/// What one reading of all feeds merged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Merged {
    /// Changes.
    pub changes: u64,
    /// Visits that households gained.
    pub visits: u64,
}

impl Headquarters {
    /// Reads whatever is newly held of every feed. Costs what is new.
    ///
    /// # Errors
    /// [`HqError::Store`]; what was read before stays.
    pub fn merge(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<Merged, HqError> {
        let feeds = self.feeds();
        let mut merged = Merged::default();
        let (replica, shared) = (&mut self.replica, &self.shared);
        for (done, feed) in feeds.iter().enumerate() {
            let caught_up = shared.with(|engine, store| {
                replica.catch_up_by(store, std::slice::from_ref(feed), &Shipped, engine.roster())
            })?;
            merged.changes += caught_up.merged;
            merged.visits += caught_up.visits;
            let (feed, visits) = (feed.clone(), caught_up.visits);
            progress(Progress::Merged { feed, visits, done: done + 1, of: feeds.len() });
        }
        Ok(merged)
    }

    /// Signs headquarters' receipt for every author in every feed, where it says something new. Gives how
    /// many do.
    ///
    /// # Errors
    /// [`HqError::Store`] or [`HqError::Engine`]; receipts already signed stay.
    pub fn issue_receipts(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<u64, HqError> {
        let shown_time = self.clock.wall_ms();
        let (replica, mut new) = (&self.replica, 0);
        for feed in self.feeds() {
            new += self
                .shared
                .with(|engine, store| answer_authors(replica, engine, store, &feed, shown_time))?;
        }
        progress(Progress::Receipts { new });
        Ok(new)
    }

    /// Entries held of all feeds with records.
    pub(super) fn entries_held(&self) -> Result<u64, StoreError> {
        self.shared.with(|engine, store| {
            let feeds = feeds_of(engine);
            Ok(held::vector_of(store, &feeds)?.iter().flat_map(|(_, lines)| lines).map(|line| line.1).sum())
        })
    }

    /// What is held back and what is behind, for the report's end.
    pub(super) fn account_for(&self, report: &mut PullReport) -> Result<(), StoreError> {
        let replica = &self.replica;
        self.shared.with(|engine, store| {
            for feed in feeds_of(engine) {
                for (state, count) in entries_waiting(replica, store, &feed)? {
                    *report.held_back.entry(state).or_default() += count;
                }
                let behind = behind(engine, store, &feed)?;
                if behind > 0 {
                    report.behind.insert(feed, behind);
                }
            }
            Ok(())
        })
    }
}

/// Everything of a feed that is held and not merged, by state: how many entries.
///
/// # Errors
/// [`StoreError`].
pub fn entries_waiting(
    replica: &Replica,
    store: &dyn Store,
    feed: &Feed,
) -> Result<BTreeMap<EntryState, u64>, StoreError> {
    let mut found = BTreeMap::new();
    for entry in replica.held_back(store, feed)? {
        *found.entry(entry.state).or_default() += u64::from(entry.count);
    }
    Ok(found)
}

/// Entries that the receipts of others name and that are not here.
fn behind(engine: &Engine, store: &dyn Store, feed: &Feed) -> Result<u64, StoreError> {
    let me = engine.party().key();
    let mut said: BTreeMap<LogId, u64> = BTreeMap::new();
    for receipt in held::receipts_in(store, feed, None)? {
        if receipt.signed.signer != me {
            for (log, n, _, _) in receipt.body.lines.iter() {
                let most = said.entry(*log).or_default();
                *most = (*most).max(*n);
            }
        }
    }
    let mut missing = 0;
    for (log, n) in said {
        let held_to = held::lines_of(store, feed, &log)?.iter().map(|(n, _)| *n).max().unwrap_or_default();
        missing += n.saturating_sub(held_to);
    }
    Ok(missing)
}
