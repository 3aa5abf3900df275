//! Reading a document with all its sides: maps that stand under one key are laid over each other.
//!
//! Two tablets that import one member at once each make a map under its id. automerge shows one of them; read
//! here, they are one record whose fields may have several values, and nothing either wrote is hidden.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{ObjId, ObjType, ReadDoc, ScalarValue, Value};
use khettara_core::limits::DOCUMENT_DEPTH_MAX;
use serde_json::{Value as Json, json};

use super::fields::FieldSpec;
use super::value::{FieldValue, Scalar, ValueType};
use super::vocabulary::Consent;

/// The field whose answers are not equal before the law.
const CONSENT: &str = "consent";

/// What one operation left under a key.
#[derive(Clone, PartialEq)]
pub(crate) enum Held {
    Scalar(ScalarValue),
    Object(ObjType, ObjId),
}

/// One surviving operation on a key.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) held: Held,
    pub(crate) id: ObjId,
}

/// The surviving operations on `key` in all of `maps`, in automerge's own order: the last one wins there.
pub(crate) fn operations<D: ReadDoc>(document: &D, maps: &[ObjId], key: &str) -> Vec<Operation> {
    let mut found = Vec::new();
    for map in maps {
        for (value, id) in document.get_all(map, key).unwrap_or_default() {
            found.push(Operation { held: held_of(value, id.clone()), id });
        }
    }
    found.sort_by(|left, right| lamport(&left.id).cmp(&lamport(&right.id)));
    found
}

/// Everything in `maps`, laid over each other: every key with its operations, in one pass.
pub(crate) fn contents<D: ReadDoc>(document: &D, maps: &[ObjId]) -> BTreeMap<String, Vec<Operation>> {
    let mut found: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for map in maps {
        for item in document.map_range(map, ..) {
            let id = item.id();
            let operations = found.entry(item.key.to_string()).or_default();
            if item.conflict {
                operations.extend(self::operations(document, std::slice::from_ref(map), &item.key));
            } else {
                operations.push(Operation { held: held_of(item.value.into_value(), id.clone()), id });
            }
        }
    }
    for operations in found.values_mut() {
        operations.sort_by(|left, right| lamport(&left.id).cmp(&lamport(&right.id)));
    }
    found
}

/// The operation that rows show.
pub(crate) fn winner<D: ReadDoc>(document: &D, maps: &[ObjId], key: &str) -> Option<Operation> {
    let mut operations = operations(document, maps, key);
    let place = winner_place(key, &operations)?;
    Some(operations.swap_remove(place))
}

/// Which of the operations on `key` rows show: automerge's winner, but of several answers about consent the
/// most protective, whoever wrote last.
pub(crate) fn winner_place(key: &str, operations: &[Operation]) -> Option<usize> {
    let protection = |operation: &Operation| {
        let consent = scalar_of(&operation.held).and_then(|scalar| Consent::of_scalar(&scalar));
        consent.filter(|_| key == CONSENT)
    };
    (0..operations.len()).max_by_key(|place| (protection(&operations[*place]), *place))
}

/// The order in which automerge lets operations win: by counter, then by actor.
pub(crate) fn lamport(id: &ObjId) -> (u64, &[u8]) {
    match id {
        ObjId::Root => (0, &[]),
        ObjId::Id(counter, actor, _) => (*counter, actor.to_bytes()),
    }
}

/// The maps that stand under `key`, the winner last.
pub(crate) fn maps_under<D: ReadDoc>(document: &D, maps: &[ObjId], key: &str) -> Vec<ObjId> {
    maps_of(&operations(document, maps, key))
}

/// The maps among operations on one key.
pub(crate) fn maps_of(operations: &[Operation]) -> Vec<ObjId> {
    let maps = operations.iter().filter_map(|operation| match &operation.held {
        Held::Object(ObjType::Map, id) => Some(id.clone()),
        _ => None,
    });
    maps.collect()
}

/// The keys of all of `maps`, sorted.
pub(crate) fn keys_of<D: ReadDoc>(document: &D, maps: &[ObjId]) -> BTreeSet<String> {
    maps.iter().flat_map(|map| document.keys(map)).collect()
}

/// Whether the operations say different things. The same answer given twice is one answer.
pub(crate) fn differ(operations: &[Operation]) -> bool {
    operations.windows(2).any(|pair| pair[0].held != pair[1].held)
}

/// The value as a record's scalar, where it is of a kind that records have.
pub(crate) fn scalar_of(held: &Held) -> Option<Scalar> {
    match held {
        Held::Scalar(ScalarValue::Str(text)) => Some(Scalar::Text(text.to_string())),
        Held::Scalar(ScalarValue::Int(number)) => Some(Scalar::Integer(*number)),
        Held::Scalar(ScalarValue::Uint(number)) => i64::try_from(*number).ok().map(Scalar::Integer),
        Held::Scalar(ScalarValue::Boolean(flag)) => Some(Scalar::Flag(*flag)),
        _ => None,
    }
}

/// A record's scalar as automerge keeps it.
pub(crate) fn to_automerge(scalar: &Scalar) -> ScalarValue {
    match scalar {
        Scalar::Text(text) => ScalarValue::Str(text.as_str().into()),
        Scalar::Integer(number) => ScalarValue::Int(*number),
        Scalar::Flag(flag) => ScalarValue::Boolean(*flag),
    }
}

/// Any value as JSON, for people and for `extra`. Objects deeper than the limit are named, not read.
pub(crate) fn json_of<D: ReadDoc>(document: &D, held: &Held, depth: u32) -> Json {
    match held {
        Held::Scalar(scalar) => json_of_scalar(scalar),
        Held::Object(..) if depth >= DOCUMENT_DEPTH_MAX => json!({"too_deep": true}),
        Held::Object(ObjType::Text, id) => Json::String(document.text(id).unwrap_or_default()),
        Held::Object(ObjType::List, id) => {
            let values = document.values(id).map(|(value, id)| held_of(value, id));
            values.map(|held| json_of(document, &held, depth + 1)).collect()
        }
        Held::Object(_, id) => json_of_maps(document, std::slice::from_ref(id), depth),
    }
}

/// What stands under a key as JSON: the winner, or where that is a map, all maps laid over each other.
pub(crate) fn json_of_key<D: ReadDoc>(
    document: &D,
    key: &str,
    operations: &[Operation],
    depth: u32,
) -> Option<Json> {
    let winner = &operations.get(winner_place(key, operations)?)?.held;
    let is_map = matches!(winner, Held::Object(ObjType::Map, _)) && depth < DOCUMENT_DEPTH_MAX;
    Some(if is_map {
        json_of_maps(document, &maps_of(operations), depth)
    } else {
        json_of(document, winner, depth)
    })
}

fn json_of_maps<D: ReadDoc>(document: &D, maps: &[ObjId], depth: u32) -> Json {
    let keys = contents(document, maps).into_iter();
    let values = keys.filter_map(|(key, operations)| {
        let json = json_of_key(document, &key, &operations, depth + 1)?;
        Some((key, json))
    });
    Json::Object(values.collect())
}

pub(crate) fn held_of(value: Value<'_>, id: ObjId) -> Held {
    match value {
        Value::Object(kind) => Held::Object(kind, id),
        Value::Scalar(scalar) => Held::Scalar(scalar.into_owned()),
    }
}

pub(crate) fn json_of_scalar(scalar: &ScalarValue) -> Json {
    match scalar {
        ScalarValue::Str(text) => json!(text.as_str()),
        ScalarValue::Int(number) => json!(number),
        ScalarValue::Uint(number) => json!(number),
        ScalarValue::F64(number) => json!(number),
        ScalarValue::Boolean(flag) => json!(flag),
        ScalarValue::Null => Json::Null,
        ScalarValue::Timestamp(milliseconds) => json!({"timestamp_ms": milliseconds}),
        ScalarValue::Counter(counter) => json!({"counter": i64::from(counter)}),
        ScalarValue::Bytes(bytes) => json!({"bytes": bytes.len()}),
        ScalarValue::Unknown { type_code, .. } => json!({"unknown_type": type_code}),
    }
}

/// One record read field by field; what is not understood is left for `extra`.
pub(crate) struct Record<'a, D> {
    document: &'a D,
    left: BTreeMap<String, Vec<Operation>>,
}

impl<'a, D: ReadDoc> Record<'a, D> {
    pub(crate) fn new(document: &'a D, maps: &[ObjId]) -> Self {
        Self { document, left: contents(document, maps) }
    }

    /// The winner of a field, where it is what the field should hold.
    pub(crate) fn field<T: FieldValue>(&mut self, name: &str) -> Option<T> {
        let operations = self.left.get(name)?;
        let winner = operations.get(winner_place(name, operations)?)?;
        let value = T::of_scalar(&scalar_of(&winner.held)?)?;
        self.left.remove(name);
        Some(value)
    }

    /// The winner of a field as a line would give it. A code of newer software is shown as it stands.
    pub(crate) fn shown(&mut self, spec: &FieldSpec) -> Option<Json> {
        let operations = self.left.get(spec.name)?;
        let winner = operations.get(winner_place(spec.name, operations)?)?;
        let scalar = scalar_of(&winner.held)?;
        let is_newer = |scalar: &Scalar| match (spec.value_type, scalar) {
            (ValueType::Code(_) | ValueType::Codes(_), Scalar::Text(code)) => Some(json!(code)),
            _ => None,
        };
        let value = (spec.shown)(&scalar).or_else(|| is_newer(&scalar))?;
        self.left.remove(spec.name);
        Some(value)
    }

    /// Everything that no field has taken: keys of other software, and known keys that hold something else.
    pub(crate) fn extra(self) -> BTreeMap<String, Json> {
        let left = self.left.into_iter();
        let shown = left.filter_map(|(key, operations)| {
            let json = json_of_key(self.document, &key, &operations, 0)?;
            Some((key, json))
        });
        shown.collect()
    }
}
