//! Replica: one entry that is held and not merged, with all that can be read of it.

use khettara_core::id::{ChangeHash, Feed, Head, LogId, SegmentId};
use khettara_core::log::{Dictionaries, Entry, OpenedEntry, Unit};
use khettara_core::store::held::{self, ReadChanges};
use khettara_core::store::{Damage, Store, StoreError};

use super::Replica;
use super::keys;
use super::read::{HeldBackEntry, device_of};
use super::rows::{self, HeldRow};
use super::segments::{Opener, head_before, pending_entries, pending_name};
use crate::airlock::walk;
use crate::projection::{Written, written};
use crate::verdict::{EntryState, Reason};

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

impl EntryState {
    /// Whether a release can set it free.
    #[must_use]
    pub const fn can_be_released(self) -> bool {
        matches!(self, Self::Quarantined(Reason::Closed | Reason::AfterFinal | Reason::Equivocation))
    }
}

impl Replica {
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
