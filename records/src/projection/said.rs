//! What one change would write, in plain words: for a person who decides whether it goes in. Read from the change
//! alone; where it writes in a record that another change began, the document tells which record that is.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{ActorId, Automerge, Change, ObjId, Prop, ReadDoc, ScalarValue};
use serde_json::Value as Json;
use uuid::Uuid;

use super::plain::legible;
use crate::model::laid::{Held, json_of_scalar, scalar_of};

use crate::model::{RecordKind, Tongue, ValueType, Words, constants, of_canonical};

/// One answer that a change would write.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The kind of record it is an answer of; `None`: it is written into something that is not known here.
    pub kind: Option<RecordKind>,
    /// That record's id, where it is one of several in its document.
    pub id: Option<Uuid>,
    /// The field's name, or the key.
    pub field: String,
    /// The answer, as a line would give it; null where the field is taken away.
    pub value: Json,
}

impl Written {
    /// The record and the field.
    #[must_use]
    pub fn field_words(&self, tongue: Tongue) -> String {
        let field = self.kind.and_then(|kind| kind.spec(&self.field));
        let field = field.map_or_else(|| legible(&self.field), |spec| spec.words.in_tongue(tongue).into());
        match self.kind {
            Some(kind) => format!("{} · {field}", kind.words().in_tongue(tongue)),
            None => field,
        }
    }

    /// The answer: codes by their words, flags as yes or no, texts cut where they are long.
    #[must_use]
    pub fn value_words(&self, tongue: Tongue) -> String {
        let spec = self.kind.and_then(|kind| kind.spec(&self.field));
        match (spec.map(|spec| spec.value_type), &self.value) {
            (_, Json::Null) => GONE.in_tongue(tongue).into(),
            (_, Json::Bool(set)) => (if *set { YES } else { NO }).in_tongue(tongue).into(),
            (Some(ValueType::Code(list)), Json::String(code)) => {
                list.words_of(code).map_or_else(|| legible(code), |words| words.in_tongue(tongue).into())
            }
            (_, Json::String(text)) => legible(text),
            (_, other) => legible(&other.to_string()),
        }
    }
}

const YES: Words = Words { ar: "نعم", fr: "oui", en: "yes" };
const NO: Words = Words { ar: "لا", fr: "non", en: "no" };
const GONE: Words = Words { ar: "يُحذف", fr: "effacé", en: "taken away" };

/// The keys that lead to a map.
type Place = Vec<String>;

/// What a change would write. Only for chunks that passed the airlock; bytes that are no change say nothing.
#[must_use]
pub fn written(chunk: &[u8], document: Option<&Automerge>) -> Vec<Written> {
    let Ok(change) = Change::from_bytes(chunk.to_vec()) else { return Vec::new() };
    let mut places = constant_places();
    places_of(&change, document, &mut places);
    let decoded = change.decode();
    let mut found = Vec::new();
    for operation in &decoded.operations {
        let Key::Map(key) = &operation.key else { continue };
        let scalar = match &operation.action {
            OpType::Put(scalar) => Some(scalar),
            OpType::Delete => None,
            _ => continue,
        };
        let place = place_of(&operation.obj, document, &places);
        found.push(answer(place.as_deref(), key.as_str(), scalar));
    }
    found
}

fn answer(place: Option<&[String]>, key: &str, scalar: Option<&ScalarValue>) -> Written {
    let of_map = |map: &str| RecordKind::ALL.iter().copied().find(|kind| kind.map() == map);
    let (kind, id) = match place {
        Some([map]) => (of_map(map), None),
        Some([map, id]) => (of_map(map), of_canonical(id)),
        _ => (None, None),
    };
    let Some(scalar) = scalar else { return Written { kind, id, field: key.into(), value: Json::Null } };
    let spec = kind.and_then(|kind| kind.spec(key));
    let kept = scalar_of(&Held::Scalar(scalar.clone()));
    let shown = spec.zip(kept).and_then(|(spec, kept)| (spec.shown)(&kept));
    Written { kind, id, field: key.into(), value: shown.unwrap_or_else(|| json_of_scalar(scalar)) }
}

type Places = BTreeMap<(u64, Vec<u8>), Place>;

/// The maps that constants made.
fn constant_places() -> Places {
    let mut places = Places::new();
    for constant in constants() {
        if let Ok(change) = Change::from_bytes(constant.chunk.to_vec()) {
            places_of(&change, None, &mut places);
        }
    }
    places
}

/// The maps that a change makes.
fn places_of(change: &Change, document: Option<&Automerge>, places: &mut Places) {
    let (start, decoded) = (change.start_op().get(), change.decode());
    for (counter, operation) in (start..).zip(&decoded.operations) {
        if let (Key::Map(key), OpType::Make(_)) = (&operation.key, &operation.action)
            && let Some(mut place) = place_of(&operation.obj, document, places)
        {
            place.push(key.to_string());
            places.insert((counter, decoded.actor_id.to_bytes().to_vec()), place);
        }
    }
}

fn place_of(object: &ObjectId, document: Option<&Automerge>, places: &Places) -> Option<Place> {
    let ObjectId::Id(id) = object else { return Some(Place::new()) };
    let (counter, actor): (u64, &ActorId) = (id.0, id.actor());
    if let Some(place) = places.get(&(counter, actor.to_bytes().to_vec())) {
        return Some(place.clone());
    }
    let parents = document?.parents(ObjId::Id(counter, actor.clone(), 0)).ok()?;
    let mut place: Place = parents
        .filter_map(|parent| match parent.prop {
            Prop::Map(key) => Some(key),
            Prop::Seq(_) => None,
        })
        .collect();
    place.reverse();
    Some(place)
}

#[cfg(test)]
mod tests {
    use khettara_core::id::ActorId as Author;
    use serde_json::json;

    use super::*;
    use crate::model::{Form, HouseholdDocument, parse_line};

    #[test]
    fn a_change_says_what_it_would_write_and_where() {
        let line = r#"{"record":"household","commune":"08.201.11.07","status":"sedentary","water":"well",
            "members":[{"name_latin":"Itto","sex":"female","relation":"head"}]}"#;
        let Ok(Form::Household(form)) = parse_line(1, line) else { panic!("a household") };
        let (mut document, made) = HouseholdDocument::create(Author([7; 16]), 2, &form).expect("recorded");
        let said = written(&made.chunk, None);
        let of = |said: &[Written], kind, field: &str| {
            let found = said.iter().find(|one| one.kind == Some(kind) && one.field == field);
            found.cloned().unwrap_or_else(|| panic!("no {field} in {said:?}"))
        };
        let water = of(&said, RecordKind::Household, "water");
        assert_eq!((water.value.clone(), water.id), (json!("well"), None));
        assert_eq!(water.field_words(Tongue::En), "household · water");
        assert_eq!(water.value_words(Tongue::Fr), "puits");
        let member = of(&said, RecordKind::Member, "name_latin");
        let id = member.id.expect("a member has an id");

        let household = Uuid::from_bytes(document.id().0);
        let line = format!(
            r#"{{"record":"member","household":"{household}","id":"{id}","name_latin":null,"name_ar":"إيطو"}}"#
        );
        let changed = document.record(Author([8; 16]), 3, &parse_line(2, &line).expect("a member"));
        let chunk = changed.expect("recorded").chunk;
        let said = written(&chunk, Some(document.automerge()));
        assert_eq!(of(&said, RecordKind::Member, "name_ar").id, Some(id), "{said:?}");
        let gone = of(&said, RecordKind::Member, "name_latin");
        assert_eq!((&gone.value, &*gone.value_words(Tongue::En)), (&Json::Null, "taken away"));
        let blind = written(&chunk, None);
        assert!(blind.iter().all(|one| one.kind.is_none()) && blind.len() == said.len());
        assert!(written(b"no change", None).is_empty());
    }
}
