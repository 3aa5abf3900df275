//! Records that one side set aside while another, who did not know it, wrote in them or hung something on them. No key
//! has two values then, and yet two people disagree.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ObjId, ROOT, ReadDoc};
use khettara_core::id::ChangeHash;
use uuid::Uuid;

use super::kinds::RecordKind;
use super::laid::{self, Operation};
use super::path::FieldPath;
use super::rule::Rule;
use super::value::{Scalar, of_canonical};
use super::vocabulary::NeedStatus;
use super::write::Hashes as _;

/// One record set aside, and what others wrote meanwhile.
pub(crate) struct SetAside {
    pub(crate) kind: RecordKind,
    pub(crate) id: Option<Uuid>,
    pub(crate) maps: Vec<ObjId>,
    /// What set it aside: equal values, mostly one.
    pub(crate) withdrawals: Vec<Written>,
    /// For each change that neither knew nor was known: the most telling thing it wrote. In the order of changes'
    /// operations.
    pub(crate) meanwhile: Vec<(FieldPath, Written)>,
}

/// An operation and its change.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) operation: Operation,
    pub(crate) change: ChangeHash,
}

impl SetAside {
    pub(crate) const fn rule(&self) -> Rule {
        Rule::SetAside { kind: self.kind, id: self.id }
    }
}

/// The key by which a record of a kind is set aside, the value that does it, and the one that takes it back.
pub(crate) fn marker(kind: RecordKind) -> Option<(&'static str, Scalar, Scalar)> {
    let status = |status: NeedStatus| Scalar::Text(status.code().into());
    match kind {
        RecordKind::Need => Some(("status", status(NeedStatus::Withdrawn), status(NeedStatus::Open))),
        _ => kind.spec("withdrawn").map(|_| ("withdrawn", Scalar::Flag(true), Scalar::Flag(false))),
    }
}

/// One record of a document, all its maps laid over each other.
struct Entry {
    kind: RecordKind,
    id: Option<Uuid>,
    maps: Vec<ObjId>,
    contents: BTreeMap<String, Vec<Operation>>,
}

impl Entry {
    fn path(&self, field: &str) -> FieldPath {
        let field = field.to_string();
        match self.id {
            Some(id) => FieldPath::Entry { kind: self.kind, id, field },
            None if self.kind == RecordKind::Household => FieldPath::Household(field),
            None => FieldPath::Subject { kind: self.kind, field },
        }
    }

    /// The operations that set it aside, where that is what rows show and nobody says otherwise.
    fn withdrawals(&self) -> &[Operation] {
        let Some((key, aside, _)) = marker(self.kind) else { return &[] };
        let Some(operations) = self.contents.get(key) else { return &[] };
        let is_aside =
            operations.iter().all(|operation| laid::scalar_of(&operation.held).as_ref() == Some(&aside));
        if is_aside { operations } else { &[] }
    }

    /// Whether it names a record in one of its fields, and by which operations.
    fn naming(&self, kind: RecordKind, id: Uuid) -> Vec<(&str, &Operation)> {
        let id = Scalar::Text(id.to_string());
        let mut found = Vec::new();
        for (field, operations) in &self.contents {
            if self.kind.target(field) == Some(kind) {
                let naming = operations.iter();
                let naming = naming.filter(|one| laid::scalar_of(&one.held).as_ref() == Some(&id));
                found.extend(naming.map(|one| (field.as_str(), one)));
            }
        }
        found
    }
}

/// Every record of a document that was set aside while others went on, in the order of kinds and ids.
pub(crate) fn set_aside(document: &Automerge) -> Vec<SetAside> {
    let entries = entries(document);
    let mut found = Vec::new();
    for entry in &entries {
        let withdrawals: Vec<Written> =
            entry.withdrawals().iter().filter_map(|one| written(document, one)).collect();
        if withdrawals.is_empty() {
            continue;
        }
        let mut search = Search::of(document, entry, &withdrawals);
        let meanwhile = search.meanwhile(&entries);
        if !meanwhile.is_empty() {
            let (kind, id, maps) = (entry.kind, entry.id, entry.maps.clone());
            found.push(SetAside { kind, id, maps, withdrawals, meanwhile });
        }
    }
    found
}

fn entries(document: &Automerge) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut add = |kind: RecordKind, id: Option<Uuid>, maps: Vec<ObjId>| {
        let contents = laid::contents(document, &maps);
        if !contents.is_empty() {
            found.push(Entry { kind, id, maps, contents });
        }
    };
    for kind in RecordKind::SUBJECTS {
        add(kind, None, laid::maps_under(document, &[ROOT], kind.map()));
    }
    for kind in RecordKind::ENTRIES {
        let roots = laid::maps_under(document, &[ROOT], kind.map());
        for (key, operations) in laid::contents(document, &roots) {
            if let Some(id) = of_canonical(&key) {
                add(kind, Some(id), laid::maps_of(&operations));
            }
        }
    }
    found
}

fn written(document: &Automerge, operation: &Operation) -> Option<Written> {
    document.author_of(&operation.id).map(|change| Written { operation: operation.clone(), change })
}

struct Search<'a> {
    document: &'a Automerge,
    entry: &'a Entry,
    /// The changes that set the record aside; as heads they have the pasts of all of them.
    aside: Vec<automerge::ChangeHash>,
    /// Whether each change was written beside all that set the record aside.
    known: BTreeMap<ChangeHash, bool>,
    /// What one field of a record showed to those who set aside.
    shown: BTreeMap<FieldPath, BTreeSet<ObjId>>,
    /// The changes whose authors knew that it was set aside; found when first asked.
    knowing: OnceCell<BTreeSet<automerge::ChangeHash>>,
}

impl<'a> Search<'a> {
    fn of(document: &'a Automerge, entry: &'a Entry, withdrawals: &[Written]) -> Self {
        let aside: BTreeSet<automerge::ChangeHash> =
            withdrawals.iter().map(|one| automerge::ChangeHash(one.change.0)).collect();
        Self {
            document,
            entry,
            aside: aside.into_iter().collect(),
            known: BTreeMap::new(),
            shown: BTreeMap::new(),
            knowing: OnceCell::new(),
        }
    }

    fn meanwhile(&mut self, all: &[Entry]) -> Vec<(FieldPath, Written)> {
        let marker = marker(self.entry.kind).map_or("", |(key, ..)| key);
        let mut found: BTreeMap<ChangeHash, (u8, FieldPath, Written)> = BTreeMap::new();
        let own = self.entry;
        for (field, operations) in own.contents.iter().filter(|(field, _)| *field != marker) {
            for operation in operations {
                self.note(&mut found, own, field, operation);
            }
        }
        for other in all.iter().filter(|other| other.withdrawals().is_empty()) {
            match own.id {
                None if other.id.is_none() => {}
                // Everything in a document hangs on what the document is about.
                None => {
                    for (field, operations) in &other.contents {
                        operations.iter().for_each(|one| self.note(&mut found, other, field, one));
                    }
                }
                Some(id) => {
                    for (field, operation) in other.naming(own.kind, id) {
                        self.note(&mut found, other, field, operation);
                    }
                }
            }
        }
        let mut found: Vec<_> = found.into_values().map(|(_, path, written)| (path, written)).collect();
        found.sort_by(|left, right| {
            laid::lamport(&left.1.operation.id).cmp(&laid::lamport(&right.1.operation.id))
        });
        found
    }

    /// Notes what a change wrote beside the withdrawal; of several things the most telling.
    fn note(
        &mut self,
        found: &mut BTreeMap<ChangeHash, (u8, FieldPath, Written)>,
        entry: &Entry,
        field: &str,
        operation: &Operation,
    ) {
        let Some(written) = written(self.document, operation) else { return };
        if !self.is_beside(entry, field, &written) {
            return;
        }
        let rank = match entry.kind {
            RecordKind::Visit => 0,
            _ if entry.id != self.entry.id => 1,
            _ => 2,
        };
        let is_more_telling =
            |(known, path, _): &(u8, FieldPath, Written)| (rank, &entry.path(field)) < (*known, path);
        if found.get(&written.change).is_none_or(is_more_telling) {
            found.insert(written.change, (rank, entry.path(field), written));
        }
    }

    /// Whether neither side knew of the other. Asked once for each field and once for each change, so that a thousand
    /// who set aside and a thousand who went on cost thousands of looks, not a million.
    fn is_beside(&mut self, entry: &Entry, field: &str, written: &Written) -> bool {
        if let Some(known) = self.known.get(&written.change) {
            return *known;
        }
        let beside = !self.was_known(entry, field, &written.operation.id) && !self.knew(written.change);
        self.known.insert(written.change, beside);
        beside
    }

    /// Whether somebody who set the record aside knew of the operation. It stands now, so it stood in every past that has
    /// its change: it is enough to look whether it shows there. A past of several changes has what any of them knew.
    fn was_known(&mut self, entry: &Entry, field: &str, operation: &ObjId) -> bool {
        let (document, aside) = (self.document, &self.aside);
        let shown = self.shown.entry(entry.path(field)).or_insert_with(|| {
            let there = |map: &ObjId| document.get_all_at(map, field, aside).unwrap_or_default();
            entry.maps.iter().flat_map(there).map(|(_, id)| id).collect()
        });
        shown.contains(operation)
    }

    /// Whether the author of a change knew that the record was set aside: by the changes that stand on those that did.
    fn knew(&self, change: ChangeHash) -> bool {
        let knowing = self.knowing.get_or_init(|| {
            let mut standing_on: BTreeMap<automerge::ChangeHash, Vec<automerge::ChangeHash>> =
                BTreeMap::new();
            for change in self.document.get_changes_meta(&[]) {
                for ground in &change.deps {
                    standing_on.entry(*ground).or_default().push(change.hash);
                }
            }
            let (mut knowing, mut left) = (BTreeSet::new(), self.aside.clone());
            while let Some(change) = left.pop() {
                if knowing.insert(change) {
                    left.extend(standing_on.get(&change).into_iter().flatten());
                }
            }
            knowing
        });
        knowing.contains(&automerge::ChangeHash(change.0))
    }
}
