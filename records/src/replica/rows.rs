//! Replica: its derived rows as they are kept, and how they are scanned.

use std::fmt;

use khettara_core::encoding;
use khettara_core::id::{ChangeHash, Digest, DocumentId, Feed, Head, KeyId, SegmentId};
use khettara_core::store::{Op, Store, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::keys;
use crate::model::{HouseholdDocument, Instant, NewRecord, RecordKind};
use crate::projection::{Added, Outline};
use crate::verdict::EntryState;

/// Rows fetched in one go while scanning.
const PAGE: usize = 512;

/// What a feed's derived rows rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FeedMark {
    /// Rules, constants and rulings they were derived under.
    pub rules: Digest,
    /// The feed's vector, and one's own logs, they were derived from; anything else means there is news.
    pub vector: Digest,
}

/// How far a log was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogMark {
    /// Last position read, entries that are not cut yet included.
    pub n: u64,
    /// The head there.
    pub head: Head,
    /// Last position read of segments.
    pub cut: u64,
    /// The segment that ends there; zeros for none.
    pub segment: SegmentId,
    /// Its head.
    pub cut_head: Head,
    /// As [`crate::verdict::Fold::last_unit`].
    pub last_unit: u64,
    /// As [`crate::verdict::Fold::ended`].
    pub ended: bool,
    /// For a log with several branches, or one that is over: the digest of all that is held of it. Such a
    /// log is read whole or not at all.
    pub whole: Option<Digest>,
}

/// The last readable change of an actor in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeqRow {
    pub seq: u64,
    pub n: u64,
    pub hash: ChangeHash,
}

/// An entry, or a unit, that is not merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HeldRow {
    pub state: EntryState,
    pub count: u32,
    pub head: Head,
    pub of_unit: bool,
    pub document: Option<DocumentId>,
}

/// A change that waits for another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WaitingRow {
    pub hash: ChangeHash,
    pub head: Head,
    pub otherwise: Option<EntryState>,
    /// `document ‖ chunk`.
    pub written: Vec<u8>,
}

/// A unit that waits for a key or for software.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UnitRow {
    /// The key it names, where that is missing; `None`: it waits for software.
    pub key: Option<KeyId>,
    /// The head before it.
    pub before: Head,
}

/// A household in a list: enough to find it, without its document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// The household's document, or another.
    pub document: DocumentId,
    /// What it is about, as the word of its record; `None`: a household.
    pub about: Option<String>,
    /// Commune, HCP code.
    pub commune: Option<String>,
    /// Douar, ksar or quarter.
    pub douar: Option<String>,
    /// Kind of household.
    pub status: Option<String>,
    /// The head's name, else the first member's.
    pub name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// The latest visit, as its clock said.
    pub last_visit: Option<String>,
    /// Members that are not withdrawn.
    pub members: u32,
    /// Visits that are not withdrawn.
    pub visits: u32,
    /// Needs.
    pub needs: u32,
    /// Needs that are neither met nor withdrawn.
    pub open_needs: u32,
    /// Fields with several answers.
    pub conflicts: u32,
    /// Set aside.
    pub withdrawn: bool,
    /// Changes merged, constants not counted.
    pub changes: u64,
    /// The other records of this family that its links name, withdrawn ones left out; each once, ascending.
    pub links: Vec<DocumentId>,
    /// What names its members, each with the member's id, ascending: their ids, and the hashes of their numbers in
    /// registers; withdrawn ones, and those of a withdrawn household, left out.
    pub people: Vec<([u8; 16], [u8; 16])>,
}

impl fmt::Debug for ListRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListRow({:?}, {} visits, {} conflicts)", self.document, self.visits, self.conflicts)
    }
}

impl ListRow {
    /// Whether few may read it: see [`RecordKind::is_sensitive`].
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.about.as_deref().and_then(RecordKind::of_word).is_some_and(RecordKind::is_sensitive)
    }

    /// The row of a household as it stands.
    pub(super) fn of(document: &HouseholdDocument, changes: u64) -> Self {
        let outline = Outline::read(document);
        Self {
            document: document.id(),
            about: outline.about.map(|about| about.word().into()),
            commune: outline.commune.map(|commune| commune.as_str().into()),
            douar: outline.douar,
            status: outline.status,
            name: outline.name,
            phone: outline.phone.map(|phone| phone.as_str().into()),
            last_visit: outline.last_visit.map(|at| at.to_string()),
            members: outline.members,
            visits: outline.visits,
            needs: outline.needs,
            open_needs: outline.open_needs,
            conflicts: outline.conflicts,
            withdrawn: outline.withdrawn,
            changes,
            links: outline.links.into_iter().map(|id| DocumentId(*id.as_bytes())).collect(),
            people: outline.people.into_iter().map(|(name, id)| (*name.as_bytes(), *id.as_bytes())).collect(),
        }
    }
}

impl ListRow {
    /// The row of a household after changes; `old` is the one before, `changes` are the records each wrote. What
    /// only adds to the old row is added to it, and nothing else is read.
    pub(super) fn after(
        old: Option<&Self>,
        document: &HouseholdDocument,
        changes: &[Vec<NewRecord>],
    ) -> Self {
        let count = old.map_or(0, |row| row.changes) + changes.len() as u64;
        let row = old.and_then(|old| old.grown(document, changes));
        let row = row.map_or_else(|| Self::of(document, count), |row| Self { changes: count, ..row });
        debug_assert!(row == Self::of(document, count), "a row grows into what is read anew");
        row
    }

    fn grown(&self, document: &HouseholdDocument, changes: &[Vec<NewRecord>]) -> Option<Self> {
        let added = Added::read(document, changes.iter().map(Vec::as_slice))?;
        let last = self.last_visit.as_deref().map(Instant::of_text).transpose().ok()?;
        Some(Self {
            visits: self.visits.checked_add(added.visits)?,
            last_visit: last.max(added.last_visit).map(|at| at.to_string()),
            needs: self.needs.checked_add(added.needs)?,
            open_needs: self.open_needs.checked_add(added.open_needs)?,
            ..self.clone()
        })
    }
}

/// A document's row, in the list of households or in the register.
pub(super) fn row_of(store: &dyn Store, feed: &Feed, id: &DocumentId) -> Result<Option<ListRow>, StoreError> {
    match read(store, &keys::list_row(feed, id))? {
        Some(row) => Ok(Some(row)),
        None => read(store, &keys::register_row(feed, id)),
    }
}

/// The writes that give a document its row; a document that turns out to be about something else leaves the list.
pub(super) fn put_row(feed: &Feed, old: Option<&ListRow>, row: &ListRow) -> Vec<Op> {
    let (list, register) = (keys::list_row(feed, &row.document), keys::register_row(feed, &row.document));
    let (here, there) = if row.about.is_none() { (list, register) } else { (register, list) };
    let mut ops = vec![Op::Put(here, encoding::to_bytes(row))];
    let links = keys::link_row(feed, &row.document);
    if !row.links.is_empty() {
        ops.push(Op::Put(links, encoding::to_bytes(&row.links)));
    } else if old.is_some_and(|old| !old.links.is_empty()) {
        ops.push(Op::Delete(links));
    }
    if old.is_some_and(|old| old.about.is_none() != row.about.is_none()) {
        ops.push(Op::Delete(there));
    }
    ops
}

/// A derived row that does not decode is none: it is derived again.
pub(super) fn read<T: DeserializeOwned + Serialize>(
    store: &dyn Store,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    Ok(store.get(key)?.and_then(|bytes| encoding::from_bytes(&bytes).ok()))
}

/// All rows under a prefix that decode, page by page, each with the part of its key behind the prefix.
pub(super) fn scan<T: DeserializeOwned + Serialize>(
    store: &dyn Store,
    prefix: &[u8],
) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
    let mut found = Vec::new();
    each(store, prefix, &mut |key, value| {
        if let Ok(row) = encoding::from_bytes(value) {
            found.push((key[prefix.len()..].to_vec(), row));
        }
    })?;
    Ok(found)
}

/// Visits all rows under a prefix, page by page.
pub(super) fn each(
    store: &dyn Store,
    prefix: &[u8],
    visit: &mut dyn FnMut(&[u8], &[u8]),
) -> Result<(), StoreError> {
    let mut from = prefix.to_vec();
    loop {
        let page = store.scan(prefix, &from, PAGE)?;
        for (key, value) in &page {
            visit(key, value);
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => {
                from.clone_from(key);
                from.push(0);
            }
            _ => return Ok(()),
        }
    }
}
