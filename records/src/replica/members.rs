//! Members over records: people who stand in records of several families, by their ids.

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
    /// Where the record of each side stands, in their order.
    pub records: Vec<(Feed, DocumentId)>,
}

/// Where each member stands who stands in several families.
type Stands = BTreeMap<Uuid, Vec<(Feed, DocumentId)>>;

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
            for (feed, document) in stands {
                let side = self.with_document(store, &feed, &document, |one| membership(one, &feed, member))?;
                if let Some(side) = side.flatten() {
                    sides.push(side);
                    records.push((feed, document));
                }
            }
            if let [(_, document), _, ..] = records[..] {
                let conflict = Conflict { document, words: path.words(), path, sides };
                found.push(SplitMember { conflict, records });
            }
        }
        Ok(found)
    }
}

fn split(store: &dyn Store, feeds: &[Feed], families: &Families) -> Result<Stands, StoreError> {
    let mut all: Vec<(Uuid, DocumentId, usize)> = Vec::new();
    for (place, feed) in feeds.iter().enumerate() {
        rows::each(store, &keys::list_rows(feed), &mut |_, value| {
            let Ok(row) = khettara_core::encoding::from_bytes::<ListRow>(value) else { return };
            all.extend(row.member_ids.iter().map(|id| (Uuid::from_bytes(*id), row.document, place)));
        })?;
    }
    all.sort_unstable();
    let mut found = Stands::new();
    for of_one in all.chunk_by(|left, right| left.0 == right.0) {
        let family = families.family_of(&of_one[0].1);
        if of_one.iter().any(|(_, document, _)| families.family_of(document) != family) {
            let stands = of_one.iter().map(|(_, document, place)| (feeds[*place].clone(), *document));
            found.insert(of_one[0].0, stands.collect());
        }
    }
    Ok(found)
}
