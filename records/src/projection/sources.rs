//! Sources: whose answers the rows of a household rest on.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ROOT};
use khettara_core::id::ActorId;
use uuid::Uuid;

use super::view::entries;
use crate::model::laid;
use crate::model::{HouseholdDocument, RecordKind};

/// The writers of each record, by the answers that stand in it now, losing sides included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Of what the document is about.
    pub household: BTreeSet<ActorId>,
    /// Of its entries.
    pub entries: BTreeMap<Uuid, BTreeSet<ActorId>>,
}

/// Who wrote what stands in a document. Each actor is one process of one device.
#[must_use]
pub fn sources(document: &HouseholdDocument) -> Sources {
    let automerge = document.automerge();
    let mut found = Sources::default();
    for subject in RecordKind::SUBJECTS {
        let maps = laid::maps_under(automerge, &[ROOT], subject.map());
        found.household.extend(writers(automerge, &maps));
    }
    for kind in RecordKind::ENTRIES {
        for (id, maps) in entries(automerge, kind, &mut BTreeMap::new()) {
            found.entries.entry(id).or_default().extend(writers(automerge, &maps));
        }
    }
    found
}

fn writers(automerge: &Automerge, maps: &[ObjId]) -> BTreeSet<ActorId> {
    let operations = laid::contents(automerge, maps).into_values().flatten();
    operations
        .filter_map(|operation| match operation.id {
            ObjId::Id(_, actor, _) => Some(ActorId(actor.to_bytes().try_into().ok()?)),
            ObjId::Root => None,
        })
        .collect()
}
