//! How it stands: the organisation, its relays, feeds and devices, and what waits for a person.

use khettara_core::store::{StoreError, held};
use serde::Serialize;

use crate::devices::{Device, devices};
use crate::export::{NotMerged, not_merged};
use crate::office::{Headquarters, feeds_of};

/// Everything at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The organisation's name.
    pub organisation: String,
    /// Its id.
    pub org: String,
    /// Headquarters' key.
    pub headquarters: String,
    /// What is wrong with root or headquarters, if anything: both must speak with one voice.
    pub alarm: Option<String>,
    /// Whether the root's keys lie in this folder, where they should not stay.
    pub root_is_here: bool,
    /// Relay addresses.
    pub addresses: Vec<String>,
    /// Relays that the root names.
    pub relays: Vec<String>,
    /// Feeds with records.
    pub feeds: Vec<FeedStatus>,
    /// Devices and free serials.
    pub devices: Vec<Device>,
    /// Households that are not withdrawn.
    pub households: u64,
    /// Their visits.
    pub visits: u64,
    /// Fields with several answers.
    pub conflicts: u64,
    /// What is held and not merged.
    pub not_merged: NotMerged,
}

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedStatus {
    /// Its name.
    pub feed: String,
    /// Logs in it.
    pub logs: u64,
    /// Households.
    pub households: u64,
    /// Visits.
    pub visits: u64,
    /// Conflicts.
    pub conflicts: u64,
}

impl Headquarters {
    /// How it stands. Reads only.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn status(&self) -> Result<Status, StoreError> {
        let (replica, file) = (&self.replica, &self.file);
        self.shared.with(|engine, store| {
            let feeds = feeds_of(engine);
            let mut rows = Vec::new();
            for feed in &feeds {
                let stats = replica.stats(store, std::slice::from_ref(feed))?;
                rows.push(FeedStatus {
                    feed: feed.to_string(),
                    logs: held::logs_in(store, feed)?.len() as u64,
                    households: stats.households,
                    visits: stats.visits,
                    conflicts: stats.conflicts,
                });
            }
            let between = replica.count_split_members(store, &feeds)?;
            Ok(Status {
                organisation: file.organisation.clone(),
                org: file.org.to_hex(),
                headquarters: engine.party().key().to_hex(),
                alarm: engine.roster().alarm().map(|alarm| format!("{alarm:?}")),
                root_is_here: self.folder.root_keys().exists(),
                addresses: file.addresses.clone(),
                relays: engine.roster().relays().iter().map(ToString::to_string).collect(),
                households: rows.iter().map(|row| row.households).sum(),
                visits: rows.iter().map(|row| row.visits).sum(),
                conflicts: rows.iter().map(|row| row.conflicts).sum::<u64>() + between,
                feeds: rows,
                devices: devices(engine, store)?,
                not_merged: not_merged(replica, store, &feeds)?,
            })
        })
    }
}
