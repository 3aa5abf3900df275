//! Verdicts: one branch read from its beginning. What an entry is, judged from the entries before it.

use std::collections::BTreeMap;

use khettara_core::id::{ActorId, ChangeHash, DocumentId, Feed, LogId, OrgId};
use khettara_core::identity::{Item, ItemError};
use khettara_core::log::{Entry, OpenedEntry, actor_id};

use super::state::{EntryState, Reason, Waiting};
use crate::airlock::{self, Reading};

/// The last readable change of an actor in a document: its seq, its position, its hash.
pub type Seqs = BTreeMap<(ActorId, DocumentId), (u64, u64, ChangeHash)>;

/// What is thought of an entry before its document is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opinion {
    /// Nothing more to ask.
    Settled(EntryState),
    /// A change by its rightful author. The airlock decides next; where it lets the change pass, `otherwise`
    /// holds it back, or it is merged.
    Change {
        /// The state that applies after the airlock; `None`: merge it.
        otherwise: Option<EntryState>,
    },
}

/// What forks, closings and releases make of one entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Later {
    /// A release frees it, so that an end of its branch does not hold it back.
    pub released: bool,
    /// What holds it back.
    pub held: Option<EntryState>,
}

/// What later entries of a branch need to know of those before them.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// Position of the last entry held as part of a unit, or whose change is not readable; 0 for none.
    pub last_unit: u64,
    /// Whether the branch has a Final.
    pub ended: bool,
    /// Last readable changes.
    pub seqs: Seqs,
}

impl Fold {
    /// Passes over a segment held as one unit that ends at `last`.
    pub const fn unit(&mut self, last: u64) {
        self.last_unit = last;
    }

    /// Reads the branch's next entry. `later` is what forks and closings make of it.
    pub fn entry(
        &mut self,
        org: &OrgId,
        feed: &Feed,
        log: &LogId,
        entry: &OpenedEntry,
        Later { released, held: later }: Later,
    ) -> Opinion {
        let is_behind = self.ended && !released;
        let after_final = is_behind.then_some(EntryState::Quarantined(Reason::AfterFinal));
        let read = match &entry.entry {
            Err(_) => EntryState::Quarantined(Reason::Malformed),
            Ok(Entry::Change { .. }) if feed.as_str().starts_with(Feed::ROSTER) => {
                EntryState::Quarantined(Reason::Malformed)
            }
            Ok(Entry::Change { document, hash }) => {
                return self.change(log, entry, (*document, *hash), after_final.or(later));
            }
            Ok(Entry::Roster { item, version, bytes }) => roster_item(org, feed, (*item, *version), bytes),
            Ok(Entry::Unknown { .. }) => EntryState::Waiting(Waiting::Software),
            Ok(Entry::Start(_)) => EntryState::Merged,
            Ok(Entry::Final) => {
                self.ended = true;
                EntryState::Merged
            }
        };
        let states = [Some(read), after_final, later];
        let first = states.into_iter().flatten().min_by_key(|state| state.order(false));
        Opinion::Settled(first.unwrap_or(read))
    }

    fn change(
        &mut self,
        log: &LogId,
        entry: &OpenedEntry,
        (document, hash): (DocumentId, ChangeHash),
        otherwise: Option<EntryState>,
    ) -> Opinion {
        let chunk = entry.change().map_or(&[][..], |(_, _, chunk)| chunk);
        let Reading::Readable(header) = airlock::read_front(chunk, hash) else {
            self.last_unit = entry.n;
            return Opinion::Settled(EntryState::Quarantined(Reason::Airlock));
        };
        let follows = header.actor.is_some_and(|actor| {
            let before = self.seqs.insert((actor, document), (header.seq, entry.n, hash));
            let (seq, n) = before.map_or((0, 0), |(seq, n, _)| (seq, n));
            let expected = seq.checked_add(1) == Some(header.seq);
            actor == actor_id(log, &entry.nonce) && (expected || (self.last_unit > n && header.seq > seq))
        });
        if follows {
            Opinion::Change { otherwise }
        } else {
            Opinion::Settled(EntryState::Quarantined(Reason::Actor))
        }
    }
}

/// In feeds of records only a supervisor's release may stand; the roster's own feeds are read by the roster.
fn roster_item(org: &OrgId, feed: &Feed, (item, version): (u8, u8), bytes: &[u8]) -> EntryState {
    match Item::decode(item, version, bytes) {
        Err(ItemError::Unknown) => EntryState::Waiting(Waiting::Software),
        Ok(Item::Release(signed, _)) if signed.clone().verify(org).is_ok() => EntryState::Merged,
        Ok(Item::Release(..)) | Err(ItemError::Malformed) => EntryState::Quarantined(Reason::Malformed),
        Ok(_) if feed.is_clear() => EntryState::Merged,
        Ok(_) => EntryState::Quarantined(Reason::Malformed),
    }
}
