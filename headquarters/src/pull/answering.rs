//! Receipts of headquarters: how far each author's logs are merged, and what of them is held back.

use std::collections::BTreeSet;

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::log::{Place, ReceiptLine};
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::{Engine, EngineError};
use khettara_records::replica::Replica;

/// Signs a receipt for every author in a feed, as far as `replica` has read it, where it says something new. Gives
/// how many do.
///
/// # Errors
/// [`EngineError`]; receipts already signed stay.
pub fn answer_authors(
    replica: &Replica,
    engine: &mut Engine,
    store: &mut dyn Store,
    feed: &Feed,
    shown_time: u64,
) -> Result<u64, EngineError> {
    let mut new = 0;
    for author in authors(engine, store, feed)? {
        let lines = lines(replica, store, feed, &author)?;
        let said = engine.issue_receipt(store, feed, &author, Place::HEADQUARTERS, lines, shown_time)?;
        new += u64::from(said);
    }
    Ok(new)
}

fn authors(engine: &Engine, store: &dyn Store, feed: &Feed) -> Result<BTreeSet<DeviceKey>, StoreError> {
    let me = engine.party().key();
    let logs = held::logs_in(store, feed)?;
    Ok(logs.into_iter().map(|(device, _)| device).filter(|device| *device != me).collect())
}

/// A receipt's lines: every branch of every log of one author, as far as its held-back runs can be told.
fn lines(
    replica: &Replica,
    store: &dyn Store,
    feed: &Feed,
    author: &DeviceKey,
) -> Result<Vec<ReceiptLine>, StoreError> {
    let mut lines = Vec::new();
    for (_, log) in held::logs_in(store, feed)?.into_iter().filter(|(device, _)| device == author) {
        for (n, tip) in held::lines_of(store, feed, &log)? {
            if let Some(said) = replica.held_back_runs(store, feed, &(log, n, tip))? {
                lines.push((log, said.n, said.head, said.runs));
            }
        }
    }
    Ok(lines)
}
