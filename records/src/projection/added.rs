//! What changes that only add visits, needs and the like add to a household's outline, so that the outline need not
//! be read anew from the whole document with every save.

use automerge::ROOT;
use uuid::Uuid;

use super::moments::Moment;
use super::outline::is_open;
use crate::model::laid;
use crate::model::{FieldValue, HouseholdDocument, Instant, NewRecord, RecordKind};

/// What is added to an outline; all else in it stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Added {
    /// Visits that are not withdrawn.
    pub(crate) visits: u32,
    /// When the latest of them was, where a clock says anything credible.
    pub(crate) last_visit: Option<Instant>,
    pub(crate) needs: u32,
    /// Needs that are neither met nor withdrawn.
    pub(crate) open_needs: u32,
}

impl Added {
    /// Reads what changes added to a document which has them now; for each, the records that it wrote. `None`
    /// where anything else may have changed: the outline is read anew.
    ///
    /// A record under a key of its own touches no field that was there, so it neither makes nor ends a conflict; and who
    /// writes it has read all that is there, so it stands beside nothing that was set aside.
    pub(crate) fn read<'r>(
        document: &HouseholdDocument,
        changes: impl IntoIterator<Item = &'r [NewRecord]>,
    ) -> Option<Self> {
        let mut added = Self::default();
        for records in changes {
            // A resolution names no record, and may change any.
            if records.is_empty() {
                return None;
            }
            for record in records {
                added.add(document, record)?;
            }
        }
        Some(added)
    }

    fn add(&mut self, document: &HouseholdDocument, record: &NewRecord) -> Option<()> {
        let is_shown_otherwise = matches!(record.kind, RecordKind::Member | RecordKind::Link);
        if !record.is_new || record.kind.is_subject() || is_shown_otherwise {
            return None;
        }
        match record.kind {
            RecordKind::Visit => {
                let entry = Entry::find(document, record.kind, record.id)?;
                if entry.field("withdrawn") != Some(true) {
                    self.visits += 1;
                    let (at, anchored_at) = (entry.field("at"), entry.field("anchored_at"));
                    let moment = Moment { at, anchored_at, ..Moment::default() };
                    self.last_visit = self.last_visit.max(moment.when());
                }
            }
            RecordKind::Need => {
                let entry = Entry::find(document, record.kind, record.id)?;
                self.needs += 1;
                self.open_needs += u32::from(is_open(entry.field::<String>("status").as_deref()));
            }
            _ => {}
        }
        Some(())
    }
}

/// One map of one entry.
struct Entry<'d> {
    document: &'d HouseholdDocument,
    maps: Vec<automerge::ObjId>,
}

impl<'d> Entry<'d> {
    /// The entry, unless maps are laid over each other there: then only the whole view tells.
    fn find(document: &'d HouseholdDocument, kind: RecordKind, id: Uuid) -> Option<Self> {
        let only = |maps: &[automerge::ObjId], key: &str| {
            let operations = laid::operations(document.automerge(), maps, key);
            let maps = laid::maps_of(&operations);
            (operations.len() == 1 && maps.len() == 1).then_some(maps)
        };
        let roots = only(&[ROOT], kind.map())?;
        let maps = only(&roots, &id.to_string())?;
        Some(Self { document, maps })
    }

    fn field<T: FieldValue>(&self, name: &str) -> Option<T> {
        let winner = laid::winner(self.document.automerge(), &self.maps, name)?;
        T::of_scalar(&laid::scalar_of(&winner.held)?)
    }
}
