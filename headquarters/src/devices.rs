//! Every device that headquarters knows of: by its serial in the roster, by its logs in the store.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::identity::{Admission, BindingState, Role};
use khettara_core::log::Place;
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::Engine;
use serde::Serialize;

use crate::office::feeds_of;
use crate::organisation::next_serial;

/// A device, or a serial that waits for one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Its number in the roster; none for a device whose binding has not come here yet.
    pub serial: Option<u32>,
    /// Its key, once it is enrolled.
    pub device: Option<String>,
    /// `worker`, `supervisor`, …
    pub role: &'static str,
    /// Whether a tablet has claimed the serial.
    pub bound: bool,
    /// Whether two tablets claimed it: a person has to decide.
    pub forked: bool,
    /// Whether a closing ended it.
    pub closed: bool,
    /// Its logs held here.
    pub logs: u64,
    /// Entries in them.
    pub entries: u64,
    /// Entries that relays' receipts name.
    pub at_relay: u64,
    /// Entries that headquarters' own receipts name.
    pub at_headquarters: u64,
    /// When the last of those was signed, milliseconds since 1970 as the clock here showed; 0 for never.
    pub receipt_shown_time: u64,
}

/// A role in one word.
#[must_use]
pub const fn role_word(role: Role) -> &'static str {
    match role {
        Role::WORKER => "worker",
        Role::SUPERVISOR => "supervisor",
        Role::COURIER => "courier",
        Role::RELAY => "relay",
        Role::HEADQUARTERS => "headquarters",
        Role::READER => "reader",
        _ => "unknown",
    }
}

/// Every serial in order, then devices with logs and no serial here.
pub(crate) fn devices(engine: &Engine, store: &dyn Store) -> Result<Vec<Device>, StoreError> {
    let roster = engine.roster();
    let feeds = feeds_of(engine);
    let mut strangers = authors(engine, store, &feeds)?;
    let mut found = Vec::new();
    for serial in 1..next_serial(engine) {
        let invited = roster.invitation(serial).map(|invitation| invitation.role);
        let credential = roster.credential(serial);
        let role = credential.map(|credential| credential.role).or(invited);
        let mut device = Device {
            serial: Some(serial),
            role: role.map_or("unknown", role_word),
            bound: credential.is_some(),
            forked: roster.binding(serial) == BindingState::Forked,
            ..Device::default()
        };
        if let Some(credential) = credential {
            let key = credential.device;
            strangers.remove(&key);
            device.device = Some(key.to_hex());
            device.closed = roster.admission(&key) == Admission::Closed;
            count(engine, store, &feeds, &key, &mut device)?;
        }
        found.push(device);
    }
    for key in strangers {
        let mut device = Device { device: Some(key.to_hex()), role: "unknown", ..Device::default() };
        count(engine, store, &feeds, &key, &mut device)?;
        found.push(device);
    }
    Ok(found)
}

fn authors(engine: &Engine, store: &dyn Store, feeds: &[Feed]) -> Result<BTreeSet<DeviceKey>, StoreError> {
    let me = engine.party().key();
    let mut found = BTreeSet::new();
    for feed in feeds {
        found.extend(held::logs_in(store, feed)?.into_iter().map(|(device, _)| device));
    }
    found.remove(&me);
    Ok(found)
}

fn count(
    engine: &Engine,
    store: &dyn Store,
    feeds: &[Feed],
    key: &DeviceKey,
    device: &mut Device,
) -> Result<(), StoreError> {
    let me = engine.party().key();
    for feed in feeds {
        for (_, log) in held::logs_in(store, feed)?.into_iter().filter(|(author, _)| author == key) {
            device.logs += 1;
            device.entries += most(held::lines_of(store, feed, &log)?.iter().map(|(n, _)| *n));
        }
        let mut at_relay = BTreeMap::new();
        for receipt in held::receipts_in(store, feed, Some(key))? {
            let lines = receipt.body.lines.iter().map(|(log, n, _, _)| (*log, *n));
            if receipt.signed.signer == me {
                device.at_headquarters += lines.map(|(_, n)| n).sum::<u64>();
                device.receipt_shown_time = device.receipt_shown_time.max(receipt.body.shown_time);
            } else if receipt.body.place == Place::RELAY {
                for (log, n) in lines {
                    let said: &mut u64 = at_relay.entry(log).or_default();
                    *said = (*said).max(n);
                }
            }
        }
        device.at_relay += at_relay.values().sum::<u64>();
    }
    Ok(())
}

fn most(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.max().unwrap_or_default()
}
