//! What is held and not merged, as a place people can go: looked at, taken out for a specialist, released.

use std::io;
use std::path::Path;

use khettara_core::id::Feed;
use khettara_core::store::StoreError;
use khettara_node::{make_new_folder, write_new};
use khettara_records::content::Shipped;
use khettara_records::replica::{EntryName, Freed, HeldBackEntry, HeldEntry, Released};
use khettara_records::verdict::{EntryState, Reason, Waiting};

use crate::error::HqError;
use crate::office::{Headquarters, feeds_of};
use crate::organisation::release;

/// An entry that is held and not merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldHere {
    /// Its feed.
    pub feed: Feed,
    /// What it is.
    pub entry: HeldBackEntry,
    /// Its author's serial, where one is known.
    pub serial: Option<u32>,
}

impl Headquarters {
    /// Everything held and not merged, feed by feed, by log and position.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn quarantine(&self) -> Result<Vec<HeldHere>, StoreError> {
        let replica = &self.replica;
        self.shared.with(|engine, store| {
            let mut all = Vec::new();
            for feed in feeds_of(engine) {
                for entry in replica.held_back(store, &feed)? {
                    let serial = entry.device.and_then(|device| engine.roster().serial_of(&device));
                    all.push(HeldHere { feed: feed.clone(), entry, serial });
                }
            }
            Ok(all)
        })
    }

    /// One entry, with all that can be read of it, and its author's serial.
    ///
    /// # Errors
    /// [`HqError::NoSuchEntry`], [`HqError::SeveralEntries`], or the store's.
    pub fn held_entry(&mut self, name: &EntryName) -> Result<(Feed, HeldEntry, Option<u32>), HqError> {
        let replica = &mut self.replica;
        self.shared.with(|engine, store| {
            let feeds = feeds_of(engine);
            let mut found = replica.held_by_name(store, &feeds, &Shipped, name)?;
            match (found.pop(), found.len()) {
                (None, _) => Err(HqError::NoSuchEntry),
                (Some((feed, held)), 0) => {
                    let serial = held.entry.device.and_then(|device| engine.roster().serial_of(&device));
                    Ok((feed, held, serial))
                }
                (Some(_), others) => Err(HqError::SeveralEntries { count: others + 1 }),
            }
        })
    }

    /// Writes everything held and not merged into a new folder: the bytes of each in a file, and a line of JSON each of
    /// what is known. Gives how many.
    ///
    /// # Errors
    /// [`HqError::PlaceTaken`] where there is something; nothing is ever written over.
    pub fn export_quarantine(&mut self, to: &Path) -> Result<u64, HqError> {
        make_new_folder(to).map_err(taken)?;
        let (mut lines, mut count) = (String::new(), 0);
        for here in self.quarantine()? {
            let replica = &mut self.replica;
            let held = self.shared.with(|_, store| {
                replica.held_entries(store, &here.feed, &Shipped, (&here.entry.log, here.entry.n))
            })?;
            for held in held.iter().filter(|held| held.entry.head == here.entry.head) {
                let file = held.file_name();
                write_new(&to.join(&file), held.bytes.as_slice()).map_err(taken)?;
                let mut known = held.known(&here.feed, here.serial);
                known["file"] = file.into();
                lines.push_str(&format!("{known}\n"));
                count += 1;
            }
        }
        write_new(&to.join("entries.jsonl"), lines.as_bytes()).map_err(taken)?;
        Ok(count)
    }

    /// Signs a release, and merges what it frees. Everybody else merges it when they hear of it.
    ///
    /// # Errors
    /// [`HqError::NothingToRelease`] where a release cannot change what holds the entry back; as
    /// [`Headquarters::held_entry`]; the store's.
    pub fn release(&mut self, name: &EntryName, freed: Freed) -> Result<Released, HqError> {
        let (feed, held, _) = self.held_entry(name)?;
        if !held.entry.state.can_be_released() {
            return Err(HqError::NothingToRelease { why: why_not(held.entry.state) });
        }
        let body = held.release(freed).ok_or(HqError::NotAChange)?;
        let held_back = |office: &Self| {
            let replica = &office.replica;
            office.shared.with(|_, store| replica.held_back(store, &feed))
        };
        let before = held_back(self)?;
        self.shared.with(|engine, store| release(engine, store, body))?;
        self.merge(&mut |_| {})?;
        Ok(Released::between(&held.entry.log, &before, &held_back(self)?))
    }
}

fn taken(error: io::Error) -> HqError {
    if error.kind() == io::ErrorKind::AlreadyExists { HqError::PlaceTaken } else { error.into() }
}

/// Why a release cannot change it.
const fn why_not(state: EntryState) -> &'static str {
    match state {
        EntryState::Waiting(Waiting::Ancestor) => {
            "it waits for the change it builds on, and goes in with that"
        }
        EntryState::Waiting(Waiting::Key) => "it waits for its feed's key, and goes in when that arrives",
        EntryState::Waiting(Waiting::Roster) => {
            "it waits for news of the roster, and is judged when that arrives"
        }
        EntryState::Waiting(Waiting::Software) => {
            "it waits for newer software, and goes in when this program is updated"
        }
        EntryState::Waiting(Waiting::Retry) => "it is tried again when its document is next touched",
        EntryState::Quarantined(Reason::Airlock) => {
            "it did not pass the checks, and whoever merged it could lose the household's document"
        }
        EntryState::Quarantined(Reason::Malformed) => "it is malformed, so there is nothing in it to merge",
        EntryState::Quarantined(Reason::Actor) => {
            "it does not bear its author's name and number, and merging it would hide what its author wrote"
        }
        EntryState::Quarantined(Reason::Content) => {
            "its segment does not hold what it declares, so there is nothing in it that could be merged"
        }
        EntryState::Quarantined(Reason::Over) => {
            "its tablet has more logs or branches than are listed; raising that limit brings it in"
        }
        EntryState::Merged
        | EntryState::Quarantined(Reason::Closed | Reason::AfterFinal | Reason::Equivocation) => {
            "it is not held back any more"
        }
    }
}
