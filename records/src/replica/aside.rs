//! Replica: one entry that is held and not merged, with all that can be read of it.

use std::collections::BTreeSet;
use std::str::FromStr;

use khettara_core::id::{ChangeHash, Feed, Head, LogId, SegmentId};
use khettara_core::identity::Release;
use khettara_core::log::{Dictionaries, Entry, OpenedEntry, Unit};
use khettara_core::store::held::{self, ReadChanges};
use khettara_core::store::{Damage, Store, StoreError};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Replica;
use super::keys;
use super::read::{HeldBackEntry, device_of};
use super::rows::{self, HeldRow};
use super::segments::{Opener, head_before, pending_entries, pending_name};
use crate::airlock::walk;
use crate::model::RecordKind;
use crate::projection::{Written, set_aside_words, written};
use crate::verdict::{EntryState, Reason};

/// How a person names an entry that is held back: the beginning of its log's name, its position, and the beginning of
/// the head there: `3fa9c210:17:9be01c`. The head may be left out where no other branch has that position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName {
    log: String,
    n: u64,
    head: String,
}

impl EntryName {
    fn fits(&self, entry: &HeldBackEntry) -> bool {
        entry.n == self.n
            && entry.log.to_hex().starts_with(&self.log)
            && entry.head.to_hex().starts_with(&self.head)
    }
}

impl FromStr for EntryName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.trim().split(':');
        let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (log, n) = parts.next().zip(parts.next()).ok_or(())?;
        let (n, head) = (n.parse().map_err(|_| ())?, parts.next().unwrap_or_default());
        let is_name = log.len() >= 4 && hex(log) && hex(head) && parts.next().is_none();
        let lower = str::to_ascii_lowercase;
        if is_name { Ok(Self { log: lower(log), n, head: lower(head) }) } else { Err(()) }
    }
}

impl HeldBackEntry {
    /// Its name for people; see [`EntryName`].
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}:{}", &self.log.to_hex()[..8], self.n, &self.head.to_hex()[..6])
    }
}

/// The bytes of what is held back.
#[derive(Clone, PartialEq, Eq)]
pub enum HeldBytes {
    /// A whole segment that does not open here, as it was signed.
    Sealed(Vec<u8>),
    /// One entry as its segment holds it: its kind, and for a change its document's id and the chunk.
    Entry(u8, Vec<u8>),
}

impl HeldBytes {
    /// The bytes alone.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        match self {
            Self::Sealed(bytes) | Self::Entry(_, bytes) => bytes,
        }
    }
}

impl std::fmt::Debug for HeldBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeldBytes({} B)", self.as_slice().len())
    }
}

/// An entry that is held and not merged, opened.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldEntry {
    /// What it is, and what became of it.
    pub entry: HeldBackEntry,
    /// Where the segment that holds it ends: position and head. The line of a release is written there.
    pub end: (u64, Head),
    /// For a change: its hash.
    pub change: Option<ChangeHash>,
    /// Its bytes.
    pub bytes: HeldBytes,
    /// What it would write, where that can be read: of a change that is sound by itself.
    pub says: Vec<Written>,
}

/// How much a release frees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freed {
    /// Everything of its branch, up to the end of the segment that the entry came in.
    Line,
    /// This change alone.
    Change,
}

/// What a release came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Released {
    /// Entries that were held back and are not any more.
    pub entries: u64,
    /// Entries of the same log that wait for something else now.
    pub waiting: u64,
}

impl Released {
    /// Of one log, from what was held back before and after.
    #[must_use]
    pub fn between(log: &LogId, before: &[HeldBackEntry], after: &[HeldBackEntry]) -> Self {
        let of_log = |entry: &&HeldBackEntry| entry.log == *log;
        let place = |entry: &HeldBackEntry| (entry.n, entry.head);
        let left: BTreeSet<(u64, Head)> = after.iter().filter(of_log).map(place).collect();
        let gone = before.iter().filter(of_log).filter(|entry| !left.contains(&place(entry)));
        let waits = |entries: &[HeldBackEntry]| -> u64 {
            let waiting = |entry: &&HeldBackEntry| matches!(entry.state, EntryState::Waiting(_));
            entries.iter().filter(of_log).filter(waiting).map(|entry| u64::from(entry.count)).sum()
        };
        let entries = gone.map(|entry| u64::from(entry.count)).sum();
        Self { entries, waiting: waits(after).saturating_sub(waits(before)) }
    }
}

impl HeldEntry {
    /// The body of a release of it; `None` where a change alone is wanted and it is none.
    #[must_use]
    pub fn release(&self, freed: Freed) -> Option<Release> {
        let (lines, changes) = match freed {
            Freed::Line => (vec![(self.entry.log, self.end.0, self.end.1)], Vec::new()),
            Freed::Change => (Vec::new(), vec![self.change?.0]),
        };
        Some(Release { lines: lines.into_iter().collect(), changes: changes.into_iter().collect() })
    }

    /// The name of its file, where it is exported.
    #[must_use]
    pub fn file_name(&self) -> String {
        let ending = if matches!(self.bytes, HeldBytes::Sealed(_)) { "segment" } else { "entry" };
        format!("{}.{ending}", self.entry.name().replace(':', "-"))
    }

    /// All that is known of it, as a line of JSON for whoever looks into it. `serial` is its author's.
    #[must_use]
    pub fn known(&self, feed: &Feed, serial: Option<u32>) -> Json {
        let entry = &self.entry;
        let reason = entry.state.held_back_number().unwrap_or_default();
        let words = set_aside_words(reason);
        json!({
            "name": entry.name(),
            "feed": feed.as_str(),
            "log": entry.log.to_hex(),
            "device": entry.device.map(|device| device.to_hex()),
            "serial": serial,
            "first": entry.n,
            "count": entry.count,
            "head": entry.head.to_hex(),
            "segment_end": { "n": self.end.0, "head": self.end.1.to_hex() },
            "reason": reason,
            "waits": matches!(entry.state, EntryState::Waiting(_)),
            "words": { "ar": words.ar, "fr": words.fr, "en": words.en },
            "can_be_released": entry.state.can_be_released(),
            "document": entry.document.map(|document| Uuid::from_bytes(document.0).to_string()),
            "change": self.change.map(|hash| hash.to_hex()),
            "kind": match &self.bytes { HeldBytes::Entry(kind, _) => Some(*kind), HeldBytes::Sealed(_) => None },
            "sealed": matches!(self.bytes, HeldBytes::Sealed(_)),
            "bytes": self.bytes.as_slice().len(),
        })
    }

    /// Whether few may read what it says.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.says.iter().any(|said| said.kind.is_some_and(RecordKind::is_sensitive))
    }
}

impl EntryState {
    /// Whether a release can set it free.
    #[must_use]
    pub const fn can_be_released(self) -> bool {
        matches!(self, Self::Quarantined(Reason::Closed | Reason::AfterFinal | Reason::Equivocation))
    }
}

impl Replica {
    /// The entries held back in these feeds that a name fits, with their feeds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_by_name(
        &mut self,
        store: &dyn Store,
        feeds: &[Feed],
        dictionaries: &dyn Dictionaries,
        name: &EntryName,
    ) -> Result<Vec<(Feed, HeldEntry)>, StoreError> {
        let mut found = Vec::new();
        for feed in feeds {
            for entry in self.held_back(store, feed)?.iter().filter(|entry| name.fits(entry)) {
                let here = self.held_entries(store, feed, dictionaries, (&entry.log, entry.n))?;
                let it = here.into_iter().find(|held| held.entry.head == entry.head);
                found.extend(it.map(|held| (feed.clone(), held)));
            }
        }
        Ok(found)
    }

    /// The entries held back at a place of a log: several where it has branches; none where nothing is held back there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_entries(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        dictionaries: &dyn Dictionaries,
        (log, n): (&LogId, u64),
    ) -> Result<Vec<HeldEntry>, StoreError> {
        let org = self.org;
        let opener = Opener::new(store, &org, feed, dictionaries)?;
        let mut found: Vec<HeldEntry> = Vec::new();
        for (key, row) in rows::scan::<HeldRow>(store, &keys::held_back_at(feed, log, n))? {
            let Some(segment) = key.last_chunk::<32>().map(|id| SegmentId(*id)) else { continue };
            if found.iter().any(|known| known.entry.head == row.head) {
                continue;
            }
            let device = device_of(store, feed, log)?;
            let HeldRow { state, count, head, of_unit, document } = row;
            let entry = HeldBackEntry { log: *log, device, n, count, head, of_unit, state, document };
            found.extend(self.opened(store, &opener, entry, &segment)?);
        }
        Ok(found)
    }

    fn opened(
        &mut self,
        store: &dyn Store,
        opener: &Opener<'_>,
        entry: HeldBackEntry,
        id: &SegmentId,
    ) -> Result<Option<HeldEntry>, StoreError> {
        let damaged = StoreError::Damaged(Damage::Content);
        let log = entry.log;
        let (entries, end) = if *id == pending_name(&log) {
            let own = held::own_logs(store, opener.feed)?.into_iter().find(|own| own.log == log);
            let Some(own) = own else { return Ok(None) };
            (pending_entries(&own, held::pending(store, &log)?), (own.n, own.head))
        } else {
            let segments = held::segments_of(store, &log)?;
            let row = segments.into_iter().find(|(known, _)| known == id).ok_or(damaged)?.1;
            let end = (row.last(), row.head);
            let fresh = ReadChanges::new();
            let unit = opener.open(store, id, &head_before(store, &log, &row)?, &fresh)?;
            match unit {
                Unit::Entries(entries) if !entry.of_unit => (entries, end),
                _ => {
                    let bytes = HeldBytes::Sealed(held::segment_bytes(store, id)?.ok_or(damaged)?);
                    return Ok(Some(HeldEntry { entry, end, change: None, bytes, says: Vec::new() }));
                }
            }
        };
        let found = entries.into_iter().find(|one| (one.n, one.head) == (entry.n, entry.head));
        found.map(|opened| self.told(store, opener.feed, (entry, end), &opened)).transpose()
    }

    fn told(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        (entry, end): (HeldBackEntry, (u64, Head)),
        opened: &OpenedEntry,
    ) -> Result<HeldEntry, StoreError> {
        let change = match opened.entry {
            Ok(Entry::Change { document, hash }) => Some((document, hash)),
            _ => None,
        };
        let mut says = Vec::new();
        if let (Some((document, _)), Some((_, _, chunk))) = (change, opened.change()) {
            // What the airlock stopped is not given to automerge to be read either.
            if entry.state != EntryState::Quarantined(Reason::Airlock) && walk(chunk).is_ok() {
                let read = self
                    .with_document(store, feed, &document, |known| written(chunk, Some(known.automerge())))?;
                says = read.unwrap_or_else(|| written(chunk, None));
            }
        }
        let bytes = HeldBytes::Entry(opened.written.kind, opened.written.bytes.clone());
        Ok(HeldEntry { entry, end, change: change.map(|(_, hash)| hash), bytes, says })
    }
}
