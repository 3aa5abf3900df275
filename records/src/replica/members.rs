//! Members over records: people who stand in records of several families, by their ids and by the hashes of their numbers
//! in registers.

use std::collections::BTreeMap;

use khettara_core::id::{DocumentId, Feed};
use khettara_core::store::{Store, StoreError};
use uuid::Uuid;

use super::Replica;
use super::families::Families;
use super::keys;
use super::rows::{self, ListRow};
use crate::model::{FieldPath, Rule};
use crate::projection::{Conflict, membership};

/// A member of several families: a rule broken between documents, which belongs to none of them alone.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitMember {
    /// The conflict: a side for each record, by its id; none is shown rather than another. Its document is that with
    /// the smallest id.
    pub conflict: Conflict,
    /// Where the record of each side stands, and which of its members that is, in their order.
    pub records: Vec<(Feed, DocumentId, Uuid)>,
}

/// Where each member stands who stands in several families, by the smallest of its ids.
type Stands = BTreeMap<Uuid, BTreeMap<DocumentId, (Feed, Uuid)>>;

impl Replica {
    /// How many people stand in several families; no document is loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_split_members(&self, store: &dyn Store, feeds: &[Feed]) -> Result<u64, StoreError> {
        let families = self.families(store, feeds)?;
        Ok(split(store, feeds, &families)?.len() as u64)
    }

    /// People who stand in several families, by id, with all their records. Records that links make one family, and
    /// members or families set aside, do not count. Loads the documents concerned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn split_members(
        &mut self,
        store: &dyn Store,
        feeds: &[Feed],
        families: &Families,
    ) -> Result<Vec<SplitMember>, StoreError> {
        let mut found = Vec::new();
        for (member, stands) in split(store, feeds, families)? {
            let path = FieldPath::Rule(Rule::OneFamily { member });
            let (mut sides, mut records) = (Vec::new(), Vec::new());
            for (document, (feed, id)) in stands {
                let side = self.with_document(store, &feed, &document, |one| membership(one, &feed, id))?;
                if let Some(side) = side.flatten() {
                    sides.push(side);
                    records.push((feed, document, id));
                }
            }
            if let [(_, document, _), _, ..] = records[..] {
                let conflict = Conflict { document, words: path.words(), path, sides };
                found.push(SplitMember { conflict, records });
            }
        }
        Ok(found)
    }
}

fn split(store: &dyn Store, feeds: &[Feed], families: &Families) -> Result<Stands, StoreError> {
    let mut all: Vec<([u8; 16], DocumentId, [u8; 16], usize)> = Vec::new();
    for (place, feed) in feeds.iter().enumerate() {
        rows::each(store, &keys::list_rows(feed), &mut |_, value| {
            let Ok(row) = khettara_core::encoding::from_bytes::<ListRow>(value) else { return };
            all.extend(row.people.iter().map(|(name, id)| (*name, row.document, *id, place)));
        })?;
    }
    all.sort_unstable();
    let mut found = Stands::new();
    for of_one in all.chunk_by(|left, right| left.0 == right.0) {
        let family = families.family_of(&of_one[0].1);
        if of_one.iter().all(|(_, document, ..)| families.family_of(document) == family) {
            continue;
        }
        let smallest = of_one.iter().map(|(_, _, id, _)| *id).min().unwrap_or_default();
        let stands = found.entry(Uuid::from_bytes(smallest)).or_default();
        for (_, document, id, place) in of_one {
            stands.entry(*document).or_insert_with(|| (feeds[*place].clone(), Uuid::from_bytes(*id)));
        }
    }
    Ok(found)
}
