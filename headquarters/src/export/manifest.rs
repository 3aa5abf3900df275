//! Export: the page that says exactly what a dataset holds, and what is known to be missing from it.

use std::collections::BTreeMap;

use khettara_core::id::Feed;
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::Engine;
use khettara_records::replica::Replica;
use khettara_records::verdict::EntryState;
use serde::Serialize;

use super::file::FileRow;
use crate::devices::devices;
use crate::office::feeds_of;
use crate::pull::entries_waiting;

/// The number of this layout of files and columns: equal cuts in equal formats give equal bytes.
pub const FORMAT: u32 = 2;

/// What is in one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Whose it is.
    pub organisation: OrganisationName,
    /// What exactly it was made of: equal cuts give equal files.
    pub cut: Cut,
    /// The files.
    pub files: Vec<FileRow>,
    /// Households and visits in it, withdrawn ones too.
    pub holds: Holds,
    /// Entries held and not in it, by reason.
    pub not_merged: NotMerged,
    /// Documents that only few may read, and that stand in no file because they were not asked for.
    pub sensitive_left_out: u64,
    /// Devices, with and without data here.
    pub devices: Devices,
    /// Milliseconds since 1970 as the clock here showed. Alone outside what equal cuts make equal.
    pub generated_at_ms: u64,
}

/// Name and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrganisationName {
    /// For people.
    pub name: String,
    /// For programs.
    pub org: String,
}

/// What exactly a dataset contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Over the vectors of all feeds.
    pub digest: String,
    /// Each feed.
    pub feeds: Vec<FeedCut>,
    /// Last position of headquarters' own roster log.
    pub roster: u64,
    /// The rules by which changes were merged.
    pub rule_set: u32,
}

/// One feed in a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedCut {
    /// Its name.
    pub feed: Feed,
    /// Over its vector.
    pub digest: String,
    /// Branches of logs in it.
    pub lines: u64,
    /// Entries in them.
    pub entries: u64,
}

/// What the tables hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holds {
    /// Rows of households.
    pub households: u64,
    /// Rows of visits.
    pub visits: u64,
}

/// What is held and in no table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NotMerged {
    /// Entries that wait for something.
    pub waiting: u64,
    /// Entries that a person has to look at.
    pub set_aside: u64,
    /// Both, by reason in words.
    pub reasons: BTreeMap<String, u64>,
}

/// How many devices are in the dataset, and how many are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Devices {
    /// Serials that headquarters gave out.
    pub known: u64,
    /// Of these, enrolled.
    pub enrolled: u64,
    /// Devices of which something is held.
    pub with_data: u64,
    /// Enrolled serials of which nothing is held.
    pub without_data: Vec<u32>,
}

/// The cut as it stands now.
pub(super) fn cut(engine: &Engine, store: &dyn Store) -> Result<Cut, StoreError> {
    let feeds = feeds_of(engine);
    let vector = held::vector_of(store, &feeds)?;
    let of = |feed: &Feed| {
        let lines = vector.lines(feed);
        FeedCut {
            feed: feed.clone(),
            digest: vector.feed_digest(feed).to_hex(),
            lines: lines.len() as u64,
            entries: lines.iter().map(|(_, n, _)| n).sum(),
        }
    };
    Ok(Cut {
        digest: vector.digest().to_hex(),
        feeds: feeds.iter().map(of).collect(),
        roster: engine.roster().position().map_or(0, |position| position.value),
        rule_set: khettara_records::verdict::RULE_SET,
    })
}

/// Everything held that is in no table.
pub(crate) fn not_merged(
    replica: &Replica,
    store: &dyn Store,
    feeds: &[Feed],
) -> Result<NotMerged, StoreError> {
    let mut found = NotMerged::default();
    for feed in feeds {
        for (state, count) in entries_waiting(replica, store, feed)? {
            let waits = matches!(state, EntryState::Waiting(_));
            *(if waits { &mut found.waiting } else { &mut found.set_aside }) += count;
            *found.reasons.entry(state.to_string()).or_default() += count;
        }
    }
    Ok(found)
}

/// Devices counted.
pub(super) fn count_devices(engine: &Engine, store: &dyn Store) -> Result<Devices, StoreError> {
    let mut found = Devices::default();
    for device in devices(engine, store)? {
        found.known += u64::from(device.serial.is_some());
        found.enrolled += u64::from(device.serial.is_some() && device.bound);
        found.with_data += u64::from(device.entries > 0);
        if device.bound && device.entries == 0 {
            found.without_data.extend(device.serial);
        }
    }
    Ok(found)
}
