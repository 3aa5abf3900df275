//! What others wrote that is held here and not merged: whose it is, where it stands, why, and whether it only waits.

use khettara_core::id::{Feed, LogId};
use khettara_core::store::StoreError;
use khettara_records::verdict::EntryState;
use uuid::Uuid;

use crate::device::Device;
use crate::error::DeviceError;
use crate::home::readable;
use crate::read::Writer;

/// Entries of one log, one behind the other, that are held and not merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldHere {
    /// The feed.
    pub feed: Feed,
    /// The log.
    pub log: LogId,
    /// Whose log it is.
    pub writer: Writer,
    /// The position of the first.
    pub first: u64,
    /// How many they are.
    pub count: u32,
    /// Why, by the numbers of receipts (see [`crate::set_aside_words`]).
    pub reason: u8,
    /// Whether nothing is wrong with it: it goes in by itself when something else arrives.
    pub waits: bool,
    /// The document it is about, where that could be read.
    pub document: Option<Uuid>,
}

impl Device {
    /// Everything held here that is not merged, feed by feed, by log and position. What was written here is told in
    /// [`Device::visit_statuses`], by what headquarters' receipts say of it.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn quarantine(&self) -> Result<Vec<HeldHere>, DeviceError> {
        let member = self.member()?;
        let all = member.read(|replica, engine, store| {
            let (roster, me) = (engine.roster(), engine.party().key());
            let mut all = Vec::new();
            for feed in readable(engine, store)? {
                for entry in replica.held_back(store, &feed)? {
                    let Some(reason) = entry.state.held_back_number() else { continue };
                    let device = entry.device;
                    let serial = device.and_then(|device| roster.serial_of(&device));
                    all.push(HeldHere {
                        feed: feed.clone(),
                        log: entry.log,
                        writer: Writer { device, serial, is_me: device == Some(me) },
                        first: entry.n,
                        count: entry.count,
                        reason,
                        waits: matches!(entry.state, EntryState::Waiting(_)),
                        document: entry.document.map(|document| Uuid::from_bytes(document.0)),
                    });
                }
            }
            Ok::<_, StoreError>(all)
        })?;
        Ok(all)
    }
}
