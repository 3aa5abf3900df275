//! Conflicts: every key with more than one answer, and every rule that a merge broke though no key shows it.
//!
//! All sides are shown with author and change; the row shows the deterministic winner; a person decides, and
//! the decision is an ordinary change.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use automerge::{Automerge, ObjId, ObjType, ROOT};
use khettara_core::id::{ActorId, ChangeHash, DocumentId, Feed};
use khettara_core::limits::DOCUMENT_DEPTH_MAX;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use super::view::entries;
use crate::model::laid::{self, Held, Operation, Record};
use crate::model::set_aside::set_aside;
use crate::model::write::heads;
use crate::model::{
    FieldPath, Form, HouseholdDocument, Instant, Keep, RecordKind, Reference, Resolution, Rule, Scalar,
};

/// One answer.
#[derive(Clone, PartialEq, Serialize)]
pub struct Side {
    /// The answer as a person reads it.
    pub text: String,
    /// The answer as a line would give it; of something unknown, what can be said of it.
    pub value: Json,
    /// Who wrote it: one process of one device.
    #[serde(serialize_with = "as_text")]
    pub actor: ActorId,
    /// The change that wrote it.
    #[serde(serialize_with = "as_text")]
    pub change: ChangeHash,
    /// Whether rows show this one.
    pub winner: bool,
    /// What its author said of a visit in the same change, or else last in this document.
    pub told: Option<Told>,
    /// The feed it stands in, where the sides stand in several.
    #[serde(serialize_with = "some_as_text", skip_serializing_if = "Option::is_none")]
    pub feed: Option<Feed>,
}

/// Who was there, and when, as a visit says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The agent.
    pub agent: Option<String>,
    /// When, as was found by comparing clocks, or else as the tablet's clock said.
    pub at: Option<Instant>,
    /// How far that may be wrong, in seconds.
    pub error_s: Option<u32>,
    /// The zone its clock showed, in minutes east of UTC.
    pub offset_min: Option<i16>,
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Side({:?}, {:?}{})", self.actor, self.change, if self.winner { ", winner" } else { "" })
    }
}

/// A field with more than one answer.
#[derive(Clone, PartialEq, Serialize)]
pub struct Conflict {
    /// The document.
    #[serde(serialize_with = "document_as_text")]
    pub document: DocumentId,
    /// Where.
    #[serde(serialize_with = "as_text")]
    pub path: FieldPath,
    /// Where, in plain words.
    pub words: String,
    /// The answers, in the order in which automerge lets them win.
    pub sides: Vec<Side>,
}

impl fmt::Debug for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conflict({:?}, {:?}, {:?})", self.document, self.path, self.sides)
    }
}

impl Conflict {
    /// The decision that keeps one side; `None` where there is no such side.
    #[must_use]
    pub fn keep(&self, side: usize) -> Option<Form> {
        let side = self.sides.get(side)?;
        // Two heads may come from one change, so a head is kept by its id.
        match (&self.path, &side.value) {
            (FieldPath::Rule(Rule::OneHead), Json::String(id)) => {
                Some(self.keep_value(Scalar::Text(id.clone())))
            }
            _ => Some(self.decide(Keep::Side(side.change))),
        }
    }

    /// The decision for another value than any of the sides, as a line would give it.
    #[must_use]
    pub fn keep_value(&self, value: Scalar) -> Form {
        self.decide(Keep::Value(value))
    }

    fn decide(&self, keep: Keep) -> Form {
        Form::Resolve(Resolution {
            household: Reference::Id(Uuid::from_bytes(self.document.0)),
            path: self.path.clone(),
            keep,
            seen: self.sides.iter().map(|side| side.change).collect(),
        })
    }
}

/// Every conflict of a document, in a fixed order: what it is about, languages, entries kind by kind, rules, and last
/// what other software wrote.
#[must_use]
pub fn conflicts(document: &HouseholdDocument) -> Vec<Conflict> {
    let automerge = document.automerge();
    let mut search = Search::of(document);
    let household = laid::maps_under(automerge, &[ROOT], RecordKind::Household.map());
    search.record(&household, &|field| FieldPath::Household(field));
    for kind in RecordKind::SUBJECTS.into_iter().filter(|kind| *kind != RecordKind::Household) {
        let maps = laid::maps_under(automerge, &[ROOT], kind.map());
        search.record(&maps, &|field| FieldPath::Subject { kind, field });
    }
    let languages = laid::maps_under(automerge, &[ROOT], "languages");
    search.record(&languages, &|code| FieldPath::Language(code));
    for kind in RecordKind::ENTRIES {
        for (id, maps) in entries(automerge, kind, &mut BTreeMap::new()) {
            search.record(&maps, &|field| FieldPath::Entry { kind, id, field });
        }
    }
    search.one_head();
    search.set_aside();
    search.unknown_roots();
    search.nested();
    search.found
}

/// The record of a family as an answer to whose member somebody is; `None` where the document has no such member.
pub(crate) fn membership(document: &HouseholdDocument, feed: &Feed, member: Uuid) -> Option<Side> {
    let automerge = document.automerge();
    let roots = laid::maps_under(automerge, &[ROOT], RecordKind::Member.map());
    let maps = laid::maps_under(automerge, &roots, &member.to_string());
    let written = laid::contents(automerge, &maps).into_values().flatten();
    let first = written.min_by(|left, right| laid::lamport(&left.id).cmp(&laid::lamport(&right.id)))?;
    let search = Search::of(document);
    let side = search.side(&FieldPath::Rule(Rule::OneFamily { member }), &first, false)?;
    let id = Uuid::from_bytes(document.id().0).to_string();
    Some(Side { text: search.named(&maps, &id), value: Json::String(id), feed: Some(feed.clone()), ..side })
}

struct Search<'a> {
    document: DocumentId,
    automerge: &'a Automerge,
    found: Vec<Conflict>,
    /// Maps of other software still to be looked into: place, maps, depth.
    nested: Vec<(String, Vec<ObjId>, u32)>,
    /// What visits say, by the change and by the actor that wrote their time; read when the first side asks.
    told: OnceCell<(BTreeMap<ChangeHash, Told>, BTreeMap<ActorId, Told>)>,
}

impl<'a> Search<'a> {
    const fn of(document: &'a HouseholdDocument) -> Self {
        Self {
            document: document.id(),
            automerge: document.automerge(),
            found: Vec::new(),
            nested: Vec::new(),
            told: OnceCell::new(),
        }
    }

    fn record(&mut self, maps: &[ObjId], path_of: &dyn Fn(String) -> FieldPath) {
        for (key, operations) in laid::contents(self.automerge, maps) {
            let path = path_of(key);
            let inner = laid::maps_of(&operations);
            if !inner.is_empty() {
                self.nested.push((path.to_string(), inner, 1));
            }
            self.compare(path, &operations);
        }
    }

    /// A conflict where the operations differ. Maps beside maps are one record laid over another.
    fn compare(&mut self, path: FieldPath, operations: &[Operation]) {
        let is_map = |operation: &Operation| matches!(operation.held, Held::Object(ObjType::Map, _));
        if laid::differ(operations) && !operations.iter().all(is_map) {
            let winner = laid::winner_place(path.key(), operations);
            let sides = operations.iter().enumerate();
            let sides =
                sides.filter_map(|(place, side)| self.side(&path, side, Some(place) == winner)).collect();
            self.found.push(Conflict { document: self.document, words: path.words(), path, sides });
        }
    }

    fn side(&self, path: &FieldPath, operation: &Operation, winner: bool) -> Option<Side> {
        let ObjId::Id(_, actor, _) = &operation.id else { return None };
        let actor = ActorId(actor.to_bytes().try_into().ok()?);
        let change = ChangeHash(self.automerge.hash_for_opid(&operation.id)?.0);
        let value = self.shown(path, &operation.held);
        let text = match (&value, laid::scalar_of(&operation.held)) {
            (Json::Object(_), Some(Scalar::Text(kept))) => kept,
            _ => text_of(&value),
        };
        let told = self.told(&change, &actor);
        Some(Side { text, value, actor, change, winner, told, feed: None })
    }

    fn told(&self, change: &ChangeHash, actor: &ActorId) -> Option<Told> {
        let (by_change, by_actor) = self.told.get_or_init(|| self.visits());
        by_change.get(change).or_else(|| by_actor.get(actor)).cloned()
    }

    fn visits(&self) -> (BTreeMap<ChangeHash, Told>, BTreeMap<ActorId, Told>) {
        let (mut by_change, mut by_actor) = (BTreeMap::new(), BTreeMap::<ActorId, Told>::new());
        for (_, maps) in entries(self.automerge, RecordKind::Visit, &mut BTreeMap::new()) {
            let Some(at) = laid::winner(self.automerge, &maps, "at") else { continue };
            let (ObjId::Id(_, actor, _), Some(change)) = (&at.id, self.automerge.hash_for_opid(&at.id))
            else {
                continue;
            };
            let Ok(actor) = actor.to_bytes().try_into().map(ActorId) else { continue };
            let mut record = Record::new(self.automerge, &maps);
            let anchored_at: Option<Instant> = record.field("anchored_at");
            let error = if anchored_at.is_some() { "anchored_error_s" } else { "error_s" };
            let told = Told {
                agent: record.field("agent"),
                at: anchored_at.or_else(|| record.field("at")),
                error_s: record.field(error),
                offset_min: record.field("offset_min"),
            };
            by_change.insert(ChangeHash(change.0), told.clone());
            let latest = by_actor.entry(actor).or_default();
            if latest.at <= told.at {
                *latest = told;
            }
        }
        (by_change, by_actor)
    }

    fn shown(&self, path: &FieldPath, held: &Held) -> Json {
        let spec = match path {
            FieldPath::Household(field) => RecordKind::Household.spec(field),
            FieldPath::Subject { kind, field } | FieldPath::Entry { kind, field, .. } => kind.spec(field),
            _ => None,
        };
        let typed = spec.and_then(|spec| (spec.shown)(&laid::scalar_of(held)?));
        typed.unwrap_or_else(|| laid::json_of(self.automerge, held, 0))
    }

    /// Two heads in one family: each tablet wrote its own, and no key has two values.
    fn one_head(&mut self) {
        let heads = heads(self.automerge);
        if heads.len() < 2 {
            return;
        }
        let named = laid::maps_under(self.automerge, &[ROOT], RecordKind::Household.map());
        let named = laid::winner(self.automerge, &named, "head");
        let named = named.and_then(|operation| laid::scalar_of(&operation.held));
        let shown = heads
            .iter()
            .position(|head| named == Some(Scalar::Text(head.id.to_string())))
            .unwrap_or_default();
        let sides = heads.iter().enumerate().filter_map(|(place, head)| {
            let operation =
                Operation { held: Held::Scalar(head.id.to_string().into()), id: head.operation.clone() };
            let side = self.side(&FieldPath::Rule(Rule::OneHead), &operation, place == shown)?;
            let text = self.named(&head.maps, &head.id.to_string());
            Some(Side { text, ..side })
        });
        let path = FieldPath::Rule(Rule::OneHead);
        let sides = sides.collect();
        self.found.push(Conflict { document: self.document, words: path.words(), path, sides });
    }

    /// Records set aside by one while another went on: the row shows them set aside, and the reviewer both.
    fn set_aside(&mut self) {
        for one in set_aside(self.automerge) {
            let path = FieldPath::Rule(one.rule());
            let aside = one.withdrawals.iter().enumerate().filter_map(|(place, withdrawal)| {
                let side = self.side(&path, &withdrawal.operation, place + 1 == one.withdrawals.len())?;
                Some(Side { value: Json::Bool(true), text: "set aside".into(), ..side })
            });
            let meanwhile = one.meanwhile.iter().filter_map(|(wrote, written)| {
                let side = self.side(&path, &written.operation, false)?;
                let text = match wrote {
                    FieldPath::Entry { kind, id, .. } if Some(*id) != one.id => kind.words().en.into(),
                    own => own.words(),
                };
                Some(Side { value: Json::String(wrote.to_string()), text, ..side })
            });
            let sides = aside.chain(meanwhile).collect();
            self.found.push(Conflict { document: self.document, words: path.words(), path, sides });
        }
    }

    /// A member's name, and the beginning of an id.
    fn named(&self, maps: &[ObjId], id: &str) -> String {
        let names = ["name_latin", "name_ar"].into_iter();
        let name = names.filter_map(|field| laid::winner(self.automerge, maps, field)).find_map(|name| {
            if let Some(Scalar::Text(name)) = laid::scalar_of(&name.held) { Some(name) } else { None }
        });
        let id = id.get(..8).unwrap_or(id);
        name.map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
    }

    fn unknown_roots(&mut self) {
        for (key, operations) in laid::contents(self.automerge, &[ROOT]) {
            if !crate::model::is_root_map(&key) {
                self.nested.push((key.clone(), laid::maps_of(&operations), 1));
            }
            self.compare(FieldPath::Other(key), &operations);
        }
    }

    /// What lies inside maps of other software, as deep as documents are read.
    fn nested(&mut self) {
        self.nested.reverse();
        while let Some((place, maps, depth)) = self.nested.pop() {
            for (key, operations) in laid::contents(self.automerge, &maps) {
                let path = format!("{place}/{key}");
                self.compare(FieldPath::Other(path.clone()), &operations);
                let inner = laid::maps_of(&operations);
                if !inner.is_empty() && depth < DOCUMENT_DEPTH_MAX {
                    self.nested.push((path, inner, depth + 1));
                }
            }
        }
    }
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(true) => "yes".into(),
        Json::Bool(false) => "no".into(),
        other => other.to_string(),
    }
}

fn as_text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn some_as_text<T: fmt::Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn document_as_text<S: Serializer>(id: &DocumentId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Uuid::from_bytes(id.0))
}
