//! What is held here and not merged: whose it is, where it stands, why, and whether it only waits; shown, written out
//! for a specialist, and released by whoever supervises there.

use std::io;
use std::path::Path;

use khettara_core::encoding;
use khettara_core::error::ErrorKind;
use khettara_core::id::{DeviceKey, Feed, LogId};
use khettara_core::identity::{Item, Kind, Release, Rights, Roster, Signed};
use khettara_core::log::{Entry, Written};
use khettara_core::store::{Answer, Store, StoreError};
use khettara_core::sync::{Engine, EngineError};
use khettara_node::{make_new_folder, write_new};
use khettara_records::content::Shipped;
use khettara_records::replica::{EntryName, Freed, HeldBackEntry, HeldEntry, Released};
use khettara_records::verdict::EntryState;
use uuid::Uuid;

use crate::device::Device;
use crate::error::DeviceError;
use crate::home::readable;
use crate::read::Writer;

/// Why something held back was not shown, not written out, or not released. It stays held in every case.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    /// Nothing that is held back has this name.
    #[error("nothing that is held back has this name; `khettara quarantine` lists what is, with names")]
    NoSuchEntry,
    /// The name fits several.
    #[error("several entries have this name; give it whole, as `khettara quarantine` shows it")]
    SeveralEntries,
    /// A release cannot change what holds it back.
    #[error(
        "there is nothing to release: it waits for something else, does not pass the checks, or cannot be read; it \
         stays held, and nothing of it is lost"
    )]
    NothingToRelease,
    /// It was written here.
    #[error(
        "what was written on this tablet is not released from it; ask another supervisor, or headquarters"
    )]
    Own,
    /// The tablet's grants give no supervision there.
    #[error(
        "this tablet does not supervise this feed, and releasing what is held back is for supervisors; ask the \
         commune's supervisor, or headquarters"
    )]
    NoSupervisor,
    /// Only a change is released by itself.
    #[error("this entry is no change, so it is not released by itself; leave out --only")]
    NotAChange,
    /// The folder is there.
    #[error("there is something at this place, and it is not written over; choose another place")]
    PlaceTaken,
    /// The system did not take it.
    #[error("it could not be written out: {0}; choose another place or free space, then try again")]
    NotWritten(io::Error),
}

impl HeldError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchEntry
            | Self::SeveralEntries
            | Self::NothingToRelease
            | Self::NotAChange
            | Self::PlaceTaken => ErrorKind::Invalid,
            Self::Own | Self::NoSupervisor => ErrorKind::Refused,
            Self::NotWritten(_) => ErrorKind::Retry,
        }
    }
}

/// Entries of one log, one behind the other, that are held and not merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldHere {
    /// How it is named: see [`EntryName`].
    pub name: String,
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
    /// Whether a supervisor's release can set it free.
    pub can_be_released: bool,
    /// The document it is about, where that could be read.
    pub document: Option<Uuid>,
}

impl HeldHere {
    fn of(feed: &Feed, entry: &HeldBackEntry, roster: &Roster, me: DeviceKey) -> Self {
        let device = entry.device;
        let serial = device.and_then(|device| roster.serial_of(&device));
        Self {
            name: entry.name(),
            feed: feed.clone(),
            log: entry.log,
            writer: Writer { device, serial, is_me: device == Some(me) },
            first: entry.n,
            count: entry.count,
            reason: entry.state.held_back_number().unwrap_or_default(),
            waits: matches!(entry.state, EntryState::Waiting(_)),
            can_be_released: entry.state.can_be_released(),
            document: entry.document.map(|document| Uuid::from_bytes(document.0)),
        }
    }
}

impl Device {
    /// Everything held here that is not merged, feed by feed, by log and position. Where what was written here is, and
    /// what headquarters' receipts say of it, is told in [`Device::visit_statuses`].
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn quarantine(&self) -> Result<Vec<HeldHere>, DeviceError> {
        let member = self.member()?;
        let all = member.read(|replica, engine, store| {
            let (roster, me) = (engine.roster(), engine.party().key());
            let mut all = Vec::new();
            for feed in readable(engine, store)? {
                let held = replica.held_back(store, &feed)?;
                all.extend(held.iter().map(|entry| HeldHere::of(&feed, entry, roster, me)));
            }
            Ok::<_, StoreError>(all)
        })?;
        Ok(all)
    }

    /// One entry that is held and not merged, with all that can be read of it.
    ///
    /// # Errors
    /// [`HeldError::NoSuchEntry`], [`HeldError::SeveralEntries`]; [`DeviceError`] where the store cannot be read.
    pub fn held_entry(&self, name: &EntryName) -> Result<(HeldHere, HeldEntry), DeviceError> {
        let member = self.member()?;
        member.read(|replica, engine, store| {
            let feeds = readable(engine, store)?;
            let mut found = replica.held_by_name(store, &feeds, &Shipped, name)?;
            let Some((feed, held)) = found.pop() else { return Err(HeldError::NoSuchEntry.into()) };
            if !found.is_empty() {
                return Err(HeldError::SeveralEntries.into());
            }
            let here = HeldHere::of(&feed, &held.entry, engine.roster(), engine.party().key());
            Ok((here, held))
        })
    }

    /// Writes everything held and not merged into a new folder, for a specialist: the bytes of each in a file, and a line
    /// of JSON each of what is known. Gives how many.
    ///
    /// # Errors
    /// [`HeldError::PlaceTaken`] where there is something: nothing is ever written over; [`HeldError::NotWritten`].
    pub fn export_quarantine(&self, to: &Path) -> Result<u64, DeviceError> {
        make_new_folder(to).map_err(not_written)?;
        let member = self.member()?;
        let (mut lines, mut count) = (String::new(), 0);
        for here in self.quarantine()? {
            let all = member.read(|replica, _, store| {
                replica.held_entries(store, &here.feed, &Shipped, (&here.log, here.first))
            })?;
            for held in all.iter().filter(|held| held.entry.name() == here.name) {
                let file = held.file_name();
                write_new(&to.join(&file), held.bytes.as_slice()).map_err(not_written)?;
                let mut known = held.known(&here.feed, here.writer.serial);
                known["file"] = file.into();
                lines.push_str(&format!("{known}\n"));
                count += 1;
            }
        }
        write_new(&to.join("entries.jsonl"), lines.as_bytes()).map_err(not_written)?;
        Ok(count)
    }

    /// Sets held work free, where this tablet supervises: a release in its own log of the feed, durable when this
    /// returns, and merged here. Everybody else merges what it frees when they hear of it.
    ///
    /// # Errors
    /// [`HeldError`]: the entry is not there, was written here, cannot be released, or nobody supervises here;
    /// [`DeviceError`] where the store fails.
    pub fn release(&self, name: &EntryName, freed: Freed) -> Result<Released, DeviceError> {
        let (here, held) = self.held_entry(name)?;
        let member = self.member()?;
        if here.writer.is_me {
            return Err(HeldError::Own.into());
        }
        let (feed, log) = (here.feed, here.log);
        let may = member.shared.with(|engine, _| supervises(engine, &feed));
        if !may {
            return Err(HeldError::NoSupervisor.into());
        }
        if !here.can_be_released {
            return Err(HeldError::NothingToRelease.into());
        }
        let body = held.release(freed).ok_or(HeldError::NotAChange)?;
        let held_back = || member.read(|replica, _, store| replica.held_back(store, &feed));
        let before = held_back()?;
        member.shared.with(|engine, store| write_release(engine, store, &feed, body))?;
        member.catch_up(Some([feed.clone()].into_iter().collect()))?;
        Ok(Released::between(&log, &before, &held_back()?))
    }
}

/// Whether this tablet's word frees others' work in a feed: its grants say so now, and no closing takes it.
fn supervises(engine: &Engine, feed: &Feed) -> bool {
    let (roster, me) = (engine.roster(), engine.party().key());
    roster.rights(&me, feed).includes(Rights::SUPERVISE) && !roster.is_closed_in(&me, feed)
}

fn write_release(
    engine: &mut Engine,
    store: &mut dyn Store,
    feed: &Feed,
    body: Release,
) -> Result<(), DeviceError> {
    let party = engine.party();
    let signed = Signed::make(&party.org, &party.identity.signing, Kind::Release, encoding::to_bytes(&body));
    let (item, bytes) = Item::Release(signed.as_signed().clone(), body).encode();
    let entry = Entry::Roster { item, version: 1, bytes };
    // A Roster entry always has a hash; without one nothing is written.
    let written = Written::plain(&entry).ok_or(EngineError::Cut)?;
    let slot = engine.pen().slot(store, feed)?;
    let group = engine.pen().save(slot, &written).map_err(|_| EngineError::Cut)?;
    match store.commit(vec![group]) {
        Ok(answers) if answers.iter().all(|answer| *answer == Answer::Committed) => Ok(()),
        Ok(_) => {
            engine.pen().renew();
            Err(EngineError::Moved.into())
        }
        Err(error) => {
            engine.pen().renew();
            Err(error.into())
        }
    }
}

fn not_written(error: io::Error) -> HeldError {
    if error.kind() == io::ErrorKind::AlreadyExists {
        HeldError::PlaceTaken
    } else {
        HeldError::NotWritten(error)
    }
}
