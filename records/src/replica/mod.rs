//! Replica: one device's readable copy, or headquarters'. Records forms, turns held segments into documents and
//! rows, and says of every held entry what became of it.
//!
//! ```text
//! record    form → change → entry, committed (that is Saved) → document and rows, derived
//! catch_up  held segments → readings → per document: airlock, rehearsal, one save → rows and marks, derived
//! reading   rows for lists; documents for one household; marks and rows for what is held back
//! ```
//!
//! Everything here is derived and may vanish: the held entries are the truth, and marks among the derived rows
//! say how far they were read. A batch of derived rows may be lost together with all after it; reading again
//! from the marks gives the same. A log with one branch is read on from its mark. Where a branch appears, a key
//! arrives, or the roster rules otherwise, a feed's rows are forgotten and everything is read anew.

mod absorb;
mod aside;
mod cache;
mod catch_up;
mod families;
mod keys;
mod members;
mod packed;
mod read;
mod record;
mod rows;
mod segments;
mod standing;
mod survey;

use std::collections::BTreeSet;

use khettara_core::id::{Feed, OrgId};

use crate::airlock::{AirlockFault, Stage};
use crate::model;
use crate::verdict::Known;
use cache::DocumentCache;

pub use aside::{EntryName, Freed, HeldBytes, HeldEntry, Released};
pub use catch_up::CaughtUp;
pub use families::Families;
pub use members::SplitMember;
pub use read::{Author, HeldBackEntry, ReceiptRuns, Stats};
pub use record::{RecordFailure, Saved};
pub use rows::ListRow;

/// One device's readable copy. Holds no store: each call is given the one it reads and writes.
pub struct Replica {
    org: OrgId,
    known: Known,
    cache: DocumentCache,
    stage: Stage,
    /// Feeds in which what is to be tried again was, since there is this copy.
    retried: BTreeSet<Feed>,
}

impl Replica {
    /// A copy for an organisation. Documents stay loaded within about `cache_bytes_max` bytes, and take changes on
    /// this stage.
    #[must_use]
    pub fn new(org: OrgId, cache_bytes_max: usize, stage: Stage) -> Self {
        Self::knowing(org, cache_bytes_max, stage, u32::MAX)
    }

    /// A copy that knows the constants up to a number from its software, as an older release does. Others it
    /// learns from headquarters.
    #[must_use]
    pub fn knowing(org: OrgId, cache_bytes_max: usize, stage: Stage, constants_max: u32) -> Self {
        let mut known = Known::default();
        for constant in model::constants().iter().filter(|constant| constant.number <= constants_max) {
            // A test walks every constant of the software; one that failed would only be missing here.
            let _ = known.add(constant.chunk);
        }
        Self { org, known, cache: DocumentCache::new(cache_bytes_max), stage, retried: BTreeSet::new() }
    }

    /// Adds a constant that headquarters published. What was read without it is read anew at the next
    /// [`Replica::catch_up`].
    ///
    /// # Errors
    /// [`AirlockFault`] where it does not pass the walk; then it counts for nothing.
    pub fn add_constant(&mut self, chunk: &[u8]) -> Result<(), AirlockFault> {
        self.known.add(chunk)
    }

    /// How many documents were loaded from their rows so far. Lists and counts load none.
    #[must_use]
    pub const fn loads(&self) -> u64 {
        self.cache.loads()
    }

    /// How much memory the documents that stay loaded are held to take, in bytes: never more than
    /// [`Replica::new`] was given.
    #[must_use]
    pub const fn loaded_bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// Drops every loaded document: what comes next is read from the store.
    pub fn drop_loaded(&mut self) {
        self.cache.clear();
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica").field("org", &self.org).finish_non_exhaustive()
    }
}
