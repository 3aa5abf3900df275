//! A JSON Schema (draft 2020-12) for lines of records, made from the description of the model.
//!
//! A schema sees less than the reader of lines: bytes (it counts letters), a key that stands twice, a date that no
//! calendar has, and whether an id is one of a record that exists. What it refuses, the reader refuses too.

use khettara_core::limits::{RECORD_HANDLE_BYTES_MAX, RECORD_MEMBERS_PER_FORM_MAX};
use serde_json::{Map, Value as Json, json};

use super::description::{FieldDescription, ListDescription, ListOf, Shape};
use super::kinds::RecordKind;

/// What texts are made of: no control character but line breaks and tabs, nothing that turns the writing direction.
const TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$";
/// And something is in it.
const NOT_BLANK: &str = r"\S";
const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const HASH: &str = "^[0-9a-fA-F]{64}$";
const COMMUNE: &str = r"^[0-9]{2}\.[0-9]{3}\.[0-9]{2}\.[0-9]{2}(\.[0-9]{2})?$";
const PHONE: &str = r"^\+[1-9][0-9]{7,14}$";
/// As it is kept.
const IDENTIFIER: &str = "^#[0-9A-Z]{2}:[0-9a-f]{32}$";
/// As it may be entered: as it is kept, or as it stands on a card.
const IDENTIFIER_ENTERED: &str = "^(#[0-9A-Z]{2}:[0-9a-f]{32}|[ ./-]*([0-9A-Za-z][ ./-]*){4,24})$";
const LANGUAGE: &str = "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$";
const LANGUAGE_LETTERS_MAX: usize = 35;
const BIRTH: &str = "^(189[6-9]|19[0-9]{2}|2[01][0-9]{2})(~|-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$";
const DATE: &str = "^(19[0-9]{2}|2[01][0-9]{2})(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$";
const TERRITORIES: &str =
    r"^[0-9]{2}(\.[0-9]{3}(\.[0-9]{2}){0,2})?( [0-9]{2}(\.[0-9]{3}(\.[0-9]{2}){0,2})?)*$";
const TIME: &str = "^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$";

/// The regular expression that a value of this shape matches whole, where it is a text with one.
#[must_use]
pub const fn pattern_of(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::Commune => Some(COMMUNE),
        Shape::Phone => Some(PHONE),
        Shape::Identifier => Some(IDENTIFIER),
        Shape::Language => Some(LANGUAGE),
        Shape::Birth => Some(BIRTH),
        Shape::Time => Some(TIME),
        Shape::Date => Some(DATE),
        Shape::Territories => Some(TERRITORIES),
        Shape::Reference(_) => Some(ID),
        Shape::Text { .. }
        | Shape::Code(_)
        | Shape::Codes(_)
        | Shape::Flag
        | Shape::Whole { .. }
        | Shape::Place => None,
    }
}

/// The schema of one line.
#[must_use]
pub fn records_schema() -> Json {
    let kinds = RecordKind::ALL;
    let mut words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
    words.push("resolve");
    let mut definitions = Map::from_iter([
        ("text".into(), json!({"type": "string", "pattern": TEXT, "allOf": [{"pattern": NOT_BLANK}]})),
        ("id".into(), json!({"type": "string", "pattern": ID, "description": "a uuid in small letters"})),
        ("ref".into(), text("a handle inside this file, never kept", RECORD_HANDLE_BYTES_MAX)),
        (
            "reference".into(),
            text("the id of a record, or the ref of one before it", RECORD_HANDLE_BYTES_MAX),
        ),
        ("hash".into(), json!({"type": "string", "pattern": HASH, "description": "a change"})),
    ]);
    for kind in kinds {
        definitions.insert(kind.word().into(), line(*kind));
        definitions.insert(format!("{}_inside", kind.word()), inside(*kind));
    }
    definitions.insert("resolve".into(), resolve());
    let chosen = |word: &&str| {
        json!({
            "if": {"properties": {"record": {"const": word}}, "required": ["record"]},
            "then": {"$ref": format!("#/$defs/{word}")},
        })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:khettara:records",
        "title": "One line of Khettara records",
        "description": "A record as a line of JSON, or a decision between answers. \
                        Lengths are limited in bytes of UTF-8; a schema counts letters, which are never more.",
        "type": "object",
        "required": ["record"],
        "properties": {"record": {"enum": words}},
        "allOf": words.iter().map(chosen).collect::<Vec<_>>(),
        "$defs": definitions,
    })
}

/// A record in a line of its own: an entry names one document, by what that is about.
fn line(kind: RecordKind) -> Json {
    let mut properties = properties(kind);
    properties.insert("record".into(), json!({"const": kind.word()}));
    for subject in kind.subjects() {
        properties.insert(subject.word().into(), reference());
    }
    let mut line = object(kind, properties, &["record"]);
    let named = kind.subjects().iter().map(|subject| json!({"required": [subject.word()]}));
    let named: Vec<Json> = named.collect();
    if !named.is_empty() {
        line["oneOf"] = json!(named);
    }
    line
}

/// A record inside the line of another.
fn inside(kind: RecordKind) -> Json {
    object(kind, properties(kind), &[])
}

/// An object that has these properties and no others. One without an id is new, and must have what is needed.
fn object(kind: RecordKind, properties: Map<String, Json>, required: &[&str]) -> Json {
    let needed: Vec<&str> =
        kind.described().into_iter().filter(|field| field.needed).map(|field| field.name).collect();
    let mut new = Map::from_iter([("required".into(), json!(needed))]);
    if kind.spec("name_ar").is_some() {
        // Reason::NoName: in one of the two scripts.
        let named = |name: &str| json!({"required": [name], "properties": {name: {"type": "string"}}});
        new.insert("anyOf".into(), json!([named("name_ar"), named("name_latin")]));
    }
    let mut object = Map::from_iter([("type".into(), json!("object"))]);
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    object.insert("properties".into(), Json::Object(properties));
    object.insert("additionalProperties".into(), json!(false));
    object.insert("if".into(), json!({"not": {"required": ["id"]}}));
    object.insert("then".into(), Json::Object(new));
    Json::Object(object)
}

fn properties(kind: RecordKind) -> Map<String, Json> {
    let mut properties = Map::from_iter([
        ("id".into(), json!({"$ref": "#/$defs/id"})),
        ("ref".into(), json!({"$ref": "#/$defs/ref"})),
    ]);
    properties.extend(kind.described().iter().map(|field| (field.name.into(), field_schema(field))));
    properties.extend(kind.lists().iter().map(|of| (of.name.into(), list(of))));
    properties
}

/// What a field may hold; an optional one may be taken away with null.
fn field_schema(field: &FieldDescription) -> Json {
    let mut schema = match shape(field.shape) {
        Json::Object(schema) => schema,
        other => return other,
    };
    if !schema.contains_key("description") {
        schema.insert("description".into(), json!(field.words.en));
    }
    if field.needed {
        return Json::Object(schema);
    }
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn shape(shape: Shape) -> Json {
    match shape {
        Shape::Text { bytes_max } => json!({"$ref": "#/$defs/text", "maxLength": bytes_max}),
        Shape::Code(codes) => json!({"enum": codes}),
        Shape::Codes(codes) => {
            json!({"type": "array", "minItems": 1, "uniqueItems": true, "items": {"enum": codes}})
        }
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Whole { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Shape::Place => place(),
        Shape::Reference(_) => reference(),
        Shape::Time => json!({"type": "string", "format": "date-time", "pattern": TIME}),
        Shape::Language => {
            json!({"type": "string", "pattern": LANGUAGE, "maxLength": LANGUAGE_LETTERS_MAX})
        }
        Shape::Identifier => json!({"type": "string", "pattern": IDENTIFIER_ENTERED}),
        Shape::Commune | Shape::Phone | Shape::Birth | Shape::Date | Shape::Territories => {
            json!({"type": "string", "pattern": pattern_of(shape)})
        }
    }
}

fn list(list: &ListDescription) -> Json {
    let items = match list.of {
        ListOf::Records(kind) => json!({"$ref": format!("#/$defs/{}_inside", kind.word())}),
        ListOf::Languages => shape(Shape::Language),
    };
    json!({"type": "array", "maxItems": list.items_max, "items": items})
}

fn place() -> Json {
    let [lat, lon, accuracy] = super::gps::RANGES;
    let number = |(min, max): (i64, i64), words: &str| json!({"type": "integer", "minimum": min, "maximum": max, "description": words});
    json!({
        "type": "object",
        "required": ["lat_e5", "lon_e5"],
        "properties": {
            "lat_e5": number(lat, "latitude, WGS84, degrees times 100,000"),
            "lon_e5": number(lon, "longitude, likewise"),
            "accuracy_m": number(accuracy, "how far it may be wrong, in metres"),
        },
        "additionalProperties": false,
    })
}

fn text(words: &str, letters_max: usize) -> Json {
    json!({"$ref": "#/$defs/text", "maxLength": letters_max, "description": words})
}

fn reference() -> Json {
    json!({"$ref": "#/$defs/reference"})
}

/// A decision between answers: the side kept, or another value.
fn resolve() -> Json {
    let seen =
        json!({"type": "array", "maxItems": RECORD_MEMBERS_PER_FORM_MAX, "items": {"$ref": "#/$defs/hash"}});
    let maps = RecordKind::ENTRIES.map(RecordKind::map).join("|");
    let subjects = RecordKind::SUBJECTS.map(RecordKind::word).join("|");
    let id = ID.trim_matches(['^', '$']);
    json!({
        "type": "object",
        "required": ["record", "household", "path"],
        "properties": {
            "record": {"const": "resolve"},
            "household": {"$ref": "#/$defs/reference"},
            "path": {
                "type": "string",
                "pattern": format!(r"^(({subjects})\.|languages/|rule\.one_head$|({maps})/{id}/)"),
                "description": "where the answers stand",
            },
            "side": {"$ref": "#/$defs/hash"},
            "value": {"type": ["string", "integer", "boolean"]},
            "seen": seen,
        },
        "additionalProperties": false,
        "oneOf": [{"required": ["side"]}, {"required": ["value"]}],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::KINDS;

    #[test]
    fn every_kind_of_line_and_every_field_is_in_the_schema() {
        let schema = records_schema();
        let words = schema["properties"]["record"]["enum"].as_array().expect("a list");
        let mut words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
        let mut known = KINDS.to_vec();
        words.sort_unstable();
        known.sort_unstable();
        assert_eq!(words, known, "the reader of lines and the schema know the same kinds");
        for kind in RecordKind::ALL {
            let properties = schema["$defs"][kind.word()]["properties"].as_object().expect("an object");
            assert!(kind.described().iter().all(|field| properties.contains_key(field.name)));
        }
    }

    #[test]
    fn every_definition_that_is_named_is_there() {
        let schema = records_schema();
        let text = schema.to_string();
        for (_, rest) in text.match_indices("#/$defs/").map(|(at, found)| (at, &text[at + found.len()..])) {
            let name = rest.split('"').next().expect("a quote");
            assert!(schema["$defs"][name].is_object(), "{name}");
        }
    }
}
