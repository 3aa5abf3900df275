//! A household read whole: its rows, in the order of their ids, and what other software wrote beside them.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ROOT};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::conflicts::{Conflict, conflicts};
use super::moments::{self, Moment};
use super::record_row::RecordRow;
use super::rows::{HouseholdRow, MemberRow, NeedRow, VisitRow};
use crate::model::laid::{self, Held};
use crate::model::{
    FieldPath, HouseholdDocument, Instant, Language, RecordKind, Rule, is_root_map, of_canonical,
};

/// A household as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HouseholdView {
    /// The household.
    pub household: HouseholdRow,
    /// Its members, by id.
    pub members: Vec<MemberRow>,
    /// Its visits, by id.
    pub visits: Vec<VisitRow>,
    /// Its needs, by id.
    pub needs: Vec<NeedRow>,
    /// What the document is about.
    #[serde(serialize_with = "as_word")]
    pub about: RecordKind,
    /// Everything else: what a document is about that is no household's, and entries of the kinds that came with
    /// schema 2; kind by kind, then by id.
    pub records: Vec<RecordRow>,
    /// Conflicts in all, those inside what other software wrote included.
    pub conflicts: u32,
    /// What stands in the document and in no row, by place: kept, not understood.
    pub extra: BTreeMap<String, Json>,
    /// automerge's counter of what gave each visit its time, in the order of `visits`.
    #[serde(skip)]
    written: Vec<u64>,
}

impl HouseholdView {
    /// Reads a document. Never fails: what is not understood is in `extra`.
    #[must_use]
    pub fn read(document: &HouseholdDocument) -> Self {
        let id = Uuid::from_bytes(document.id().0);
        let automerge = document.automerge();
        let mut extra = unknown_roots(automerge);
        let languages = languages(automerge, &mut extra);
        let household = laid::maps_under(automerge, &[ROOT], RecordKind::Household.map());
        let mut view = Self {
            household: HouseholdRow::read(automerge, &household, id, languages),
            members: Vec::new(),
            visits: Vec::new(),
            needs: Vec::new(),
            about: about(automerge),
            records: Vec::new(),
            conflicts: 0,
            extra: BTreeMap::new(),
            written: Vec::new(),
        };
        for (entry, maps) in entries(automerge, RecordKind::Member, &mut extra) {
            view.members.push(MemberRow::read(automerge, &maps, entry, id));
        }
        for (entry, maps) in entries(automerge, RecordKind::Visit, &mut extra) {
            let at = laid::winner(automerge, &maps, "at");
            view.written.push(at.map_or(0, |operation| laid::lamport(&operation.id).0));
            view.visits.push(VisitRow::read(automerge, &maps, entry, id));
        }
        for (entry, maps) in entries(automerge, RecordKind::Need, &mut extra) {
            view.needs.push(NeedRow::read(automerge, &maps, entry, id));
        }
        view.read_records(automerge, id, &mut extra);
        view.extra = extra;
        view.count(&conflicts(document));
        view
    }

    fn read_records(&mut self, automerge: &Automerge, id: Uuid, extra: &mut BTreeMap<String, Json>) {
        for kind in RecordKind::SUBJECTS.into_iter().filter(|kind| *kind != RecordKind::Household) {
            let maps = laid::maps_under(automerge, &[ROOT], kind.map());
            if !laid::keys_of(automerge, &maps).is_empty() {
                self.records.push(RecordRow::read(automerge, &maps, kind, (id, id)));
            }
        }
        for kind in RecordKind::ENTRIES.into_iter().filter(|kind| kind.constant() > 1) {
            for (entry, maps) in entries(automerge, kind, extra) {
                self.records.push(RecordRow::read(automerge, &maps, kind, (entry, id)));
            }
        }
    }

    /// Its visits as they are listed: the earliest first, whatever clocks said.
    #[must_use]
    pub fn visits_in_order(&self) -> Vec<&VisitRow> {
        let moments: Vec<Moment> = self.moments().map(|(moment, _)| moment).collect();
        moments::in_order(&moments).into_iter().map(|place| &self.visits[place]).collect()
    }

    /// When the latest visit was that is not withdrawn; `None` where no clock says anything credible.
    #[must_use]
    pub fn last_visit(&self) -> Option<Instant> {
        let standing = self.moments().filter(|(_, visit)| visit.withdrawn != Some(true));
        moments::latest(&standing.map(|(moment, _)| moment).collect::<Vec<_>>())
    }

    fn moments(&self) -> impl Iterator<Item = (Moment, &VisitRow)> {
        self.visits.iter().zip(&self.written).map(|(visit, counter)| {
            let moment = Moment { at: visit.at, anchored_at: visit.anchored_at, counter: *counter };
            (moment, visit)
        })
    }

    /// Its records of one kind.
    pub fn of_kind(&self, kind: RecordKind) -> impl Iterator<Item = &RecordRow> {
        self.records.iter().filter(move |row| row.kind == kind)
    }

    fn count(&mut self, conflicts: &[Conflict]) {
        for conflict in conflicts {
            self.conflicts += 1;
            let row = match &conflict.path {
                FieldPath::Household(_) | FieldPath::Language(_) | FieldPath::Rule(Rule::OneHead) => {
                    Some(&mut self.household.conflicts)
                }
                FieldPath::Rule(Rule::SetAside { kind, id }) => self.count_of(*kind, *id),
                FieldPath::Entry { kind, id, .. } => self.count_of(*kind, Some(*id)),
                FieldPath::Subject { kind, .. } => self.count_of(*kind, None),
                // Counted once, where documents are read together.
                FieldPath::Rule(Rule::OneFamily { .. }) | FieldPath::Other(_) => None,
            };
            if let Some(count) = row {
                *count += 1;
            }
        }
    }

    /// The count of conflicts of one record: an entry, or what a document is about.
    fn count_of(&mut self, kind: RecordKind, id: Option<Uuid>) -> Option<&mut u32> {
        let is_it = |row: Uuid| Some(row) == id;
        match kind {
            RecordKind::Household => Some(&mut self.household.conflicts),
            RecordKind::Member => {
                self.members.iter_mut().find(|row| is_it(row.id)).map(|row| &mut row.conflicts)
            }
            RecordKind::Visit => {
                self.visits.iter_mut().find(|row| is_it(row.id)).map(|row| &mut row.conflicts)
            }
            RecordKind::Need => self.needs.iter_mut().find(|row| is_it(row.id)).map(|row| &mut row.conflicts),
            _ => {
                let mut records = self.records.iter_mut();
                let found = records.find(|row| row.kind == kind && (kind.is_subject() || is_it(row.id)));
                found.map(|row| &mut row.conflicts)
            }
        }
    }
}

/// What a document is about: the first subject that says anything. An empty one is taken for a household's.
pub(crate) fn about(document: &Automerge) -> RecordKind {
    let says_something = |kind: &RecordKind| {
        let maps = laid::maps_under(document, &[ROOT], kind.map());
        !laid::keys_of(document, &maps).is_empty()
    };
    RecordKind::SUBJECTS.into_iter().find(says_something).unwrap_or(RecordKind::Household)
}

fn as_word<S: Serializer>(kind: &RecordKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.word())
}

/// The root keys that are none of ours, and values of ours that are no maps.
fn unknown_roots(document: &Automerge) -> BTreeMap<String, Json> {
    let mut extra = BTreeMap::new();
    for (key, operations) in laid::contents(document, &[ROOT]) {
        let is_ours =
            |held: &Held| is_root_map(&key) && matches!(held, Held::Object(automerge::ObjType::Map, _));
        let strange: Vec<_> = operations.into_iter().filter(|operation| !is_ours(&operation.held)).collect();
        if let Some(json) = laid::json_of_key(document, &key, &strange, 0) {
            extra.insert(key, json);
        }
    }
    extra
}

fn languages(document: &Automerge, extra: &mut BTreeMap<String, Json>) -> Vec<Language> {
    let maps = laid::maps_under(document, &[ROOT], "languages");
    let mut found = Vec::new();
    for (code, operations) in laid::contents(document, &maps) {
        let Some(winner) = operations.last() else { continue };
        let json = laid::json_of(document, &winner.held, 0);
        match Language::new(code.as_str()) {
            Ok(language) if json == json!(true) => found.push(language),
            _ => drop(extra.insert(format!("languages/{code}"), json)),
        }
    }
    found
}

/// The entries of one kind, by id; what is no entry goes to `extra`.
pub(super) fn entries(
    document: &Automerge,
    kind: RecordKind,
    extra: &mut BTreeMap<String, Json>,
) -> Vec<(Uuid, Vec<ObjId>)> {
    let roots = laid::maps_under(document, &[ROOT], kind.map());
    let mut found = Vec::new();
    for (key, operations) in laid::contents(document, &roots) {
        let id = of_canonical(&key);
        let is_entry = |held: &Held| id.is_some() && matches!(held, Held::Object(automerge::ObjType::Map, _));
        for operation in operations.iter().filter(|operation| !is_entry(&operation.held)) {
            extra.insert(format!("{}/{key}", kind.map()), laid::json_of(document, &operation.held, 0));
        }
        let maps = laid::maps_of(&operations);
        if let (Some(id), false) = (id, maps.is_empty()) {
            found.push((id, maps));
        }
    }
    found
}
