//! Replica: loaded documents, within a bound of bytes; the one not used for longest goes first.

use std::collections::BTreeMap;

use khettara_core::id::{DocumentId, Feed};
use khettara_core::store::{Store, StoreError};

use super::keys;
use super::packed::Packer;
use crate::airlock::Past;
use crate::model::{HouseholdDocument, LoadError};

/// Bytes in memory for one saved byte: operations, their index, and the past beside them.
const MEMORY_PER_SAVED_BYTE: usize = 20;

/// A loaded document, and its past where that was needed.
pub(super) struct Loaded {
    pub document: HouseholdDocument,
    pub past: Option<Past>,
    /// Bytes of its row, about.
    pub saved_bytes: usize,
    /// Whether it is stored; a new one is not.
    pub is_stored: bool,
}

/// Why a document was not loaded.
#[derive(Debug)]
pub(super) enum NotLoaded {
    Store(StoreError),
    /// The derived row is no document: the feed is read anew.
    Damaged,
}

impl From<StoreError> for NotLoaded {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<LoadError> for NotLoaded {
    fn from(_: LoadError) -> Self {
        Self::Damaged
    }
}

type Key = (Feed, DocumentId);

pub(super) struct DocumentCache {
    bytes_max: usize,
    bytes: usize,
    clock: u64,
    loaded: BTreeMap<Key, (u64, Loaded)>,
    by_use: BTreeMap<u64, Key>,
    packer: Packer,
    loads: u64,
}

impl DocumentCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        let (loaded, by_use, packer) = (BTreeMap::new(), BTreeMap::new(), Packer::default());
        Self { bytes_max, bytes: 0, clock: 0, loaded, by_use, packer, loads: 0 }
    }

    /// A document's row.
    pub(super) fn pack(&mut self, saved: &[u8]) -> Vec<u8> {
        self.packer.pack(saved)
    }

    /// A document from its row.
    pub(super) fn unpack(&mut self, id: DocumentId, row: &[u8]) -> Result<HouseholdDocument, LoadError> {
        let saved = self.packer.unpack(row).ok_or(LoadError::Damaged)?;
        self.loads += 1;
        HouseholdDocument::load(id, &saved)
    }

    /// Drops all loaded documents.
    pub(super) fn clear(&mut self) {
        *self = Self { loads: self.loads, ..Self::new(self.bytes_max) };
    }

    /// How many documents were loaded since there is this cache.
    pub(super) const fn loads(&self) -> u64 {
        self.loads
    }

    /// How many bytes the loaded documents are held to take.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Drops the loaded documents of a feed.
    pub(super) fn forget(&mut self, feed: &Feed) {
        let keys: Vec<Key> = self.loaded.keys().filter(|(of, _)| of == feed).cloned().collect();
        for (feed, id) in keys {
            drop(self.take_loaded(&feed, &id));
        }
    }

    /// Whether a document is loaded.
    pub(super) fn holds(&self, feed: &Feed, id: &DocumentId) -> bool {
        self.loaded.contains_key(&(feed.clone(), *id))
    }

    fn take_loaded(&mut self, feed: &Feed, id: &DocumentId) -> Option<Loaded> {
        let (used, loaded) = self.loaded.remove(&(feed.clone(), *id))?;
        self.by_use.remove(&used);
        self.bytes -= weight(&loaded);
        Some(loaded)
    }

    /// Takes a document out: loaded, from the store, or a new one. Whoever took it puts it back, or leaves it
    /// out where what was done to it did not become durable.
    pub(super) fn take(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
    ) -> Result<Loaded, NotLoaded> {
        if let Some(loaded) = self.take_loaded(feed, id) {
            return Ok(loaded);
        }
        Ok(match store.get(&keys::document(feed, id))? {
            Some(bytes) => Loaded {
                document: self.unpack(*id, &bytes)?,
                past: None,
                saved_bytes: bytes.len(),
                is_stored: true,
            },
            None => {
                Loaded { document: HouseholdDocument::new(*id), past: None, saved_bytes: 0, is_stored: false }
            }
        })
    }

    /// Puts a document back; others leave where there is no room.
    pub(super) fn put(&mut self, feed: &Feed, loaded: Loaded) {
        if weight(&loaded) > self.bytes_max || !loaded.is_stored {
            return;
        }
        self.clock += 1;
        self.bytes += weight(&loaded);
        let key = (feed.clone(), loaded.document.id());
        self.by_use.insert(self.clock, key.clone());
        self.loaded.insert(key, (self.clock, loaded));
        while self.bytes > self.bytes_max {
            let Some((_, (feed, id))) = self.by_use.pop_first() else { break };
            drop(self.take_loaded(&feed, &id));
        }
    }
}

const fn weight(loaded: &Loaded) -> usize {
    loaded.saved_bytes * MEMORY_PER_SAVED_BYTE + 4_096
}
