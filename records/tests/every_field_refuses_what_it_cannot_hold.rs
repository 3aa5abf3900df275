//! Every field of every kind refuses the values that its shape forbids: at its place, with a sentence that says what to
//! do, and without repeating what was written there.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use khettara_core::id::{ActorId, DocumentId};
use khettara_records::model::{
    DeviceIds, FieldDescription, Form, HouseholdDocument, ListOf, Reason, RecordError, RecordKind, Shape,
    parse_line, place_id,
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

const ACTOR: ActorId = ActorId([5; 16]);
const ELSEWHERE: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";

/// Characters that turn the direction of what stands behind them.
const TURNING: [char; 9] = [
    '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    '\u{2069}',
];

/// A value that the field takes.
fn good(field: &FieldDescription) -> Json {
    match field.shape {
        Shape::Text { .. } => json!("إيطو"),
        Shape::Code(codes) => json!(codes[0]),
        Shape::Codes(codes) => json!([codes[0]]),
        Shape::Flag => json!(false),
        Shape::Whole { min, .. } => json!(min),
        Shape::Time => json!("1970-01-01T00:10:00Z"),
        Shape::Commune => json!("08.201.11.07"),
        Shape::Phone => json!("+212661234567"),
        Shape::Identifier => json!("UA 123456"),
        Shape::Language => json!("ary"),
        Shape::Birth => json!("1961~"),
        Shape::Date => json!("2026-11"),
        Shape::Territories => json!("08.201 08.401.11"),
        Shape::Place => json!({"lat_e5": 3_190_000, "lon_e5": -440_000}),
        Shape::Reference(_) => json!(ELSEWHERE),
    }
}

/// Texts that no field takes.
fn hostile_texts() -> Vec<Json> {
    let turning = TURNING.map(|turn| json!(format!("hctiws{turn}")));
    turning.into_iter().chain([json!("nulqq\0"), json!("escqq\u{1b}[2J"), json!("\u{85}line")]).collect()
}

/// Values that the field's shape forbids.
fn wrong(field: &FieldDescription) -> Vec<Json> {
    let mut wrong = vec![json!([[]]), json!({"a": {"b": 1}}), json!(1.5), json!(i64::MAX)];
    let text = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    wrong.extend(match field.shape {
        Shape::Text { bytes_max } => {
            vec![json!(true), json!(""), json!(" \n\t"), json!("x".repeat(bytes_max + 1))]
        }
        Shape::Code(codes) => {
            vec![json!(""), json!("nosuchcode"), json!(codes[0].to_uppercase()), json!(codes)]
        }
        Shape::Codes(codes) => {
            vec![json!(codes[0]), json!([]), json!(["nosuchcode"]), json!([codes[0], codes[0]])]
        }
        Shape::Flag => vec![json!("true"), json!(0), json!(1)],
        Shape::Whole { min, max } => {
            vec![json!("1"), json!(true), json!(min - 1), json!(max + 1), json!(i64::MIN)]
        }
        Shape::Time => text(&[
            "1969-12-31T23:59:59Z",
            "2200-01-01T00:00:00Z",
            "2026-02-30T09:30:00Z",
            "2026-11-25T24:00:00Z",
            "2026-11-25T09:30:00+01:00",
            "2026-11-25T09:30:00.5Z",
            "2026-11-25",
            "yesterday",
            "",
        ]),
        Shape::Commune => text(&["08.201", "08.201.11.7", "08-201-11-07", "٠٨.٢٠١.١١.٠٧", "Errachidia", ""]),
        Shape::Phone => text(&["0661234567", "+212 661 234567", "+0661234567", "+2126612345678901", "+", ""]),
        Shape::Identifier => {
            text(&["", "123", "UA_123456", "أ123456", "#56:12", "1234567890123456789012345"])
        }
        Shape::Language => text(&["Darija", "a", "ary_", ""]),
        Shape::Birth => {
            text(&["1961-02-29", "1961-13-01", "1895", "0000", "2200", "61", "~1961", "1961-03", ""])
        }
        Shape::Date => {
            text(&["2026-13", "2026-02-30", "26-11-25", "1899", "2200-01", "2026-11-25T09:30:00Z", ""])
        }
        Shape::Territories => text(&["08.201 08.201", "08.401 08.201", "8", "08.201,08.401", " ", ""]),
        Shape::Place => vec![
            json!([31.9, -4.4]),
            json!("31.9,-4.4"),
            json!({"lat_e5": 1}),
            json!({"lat_e5": 9_000_001, "lon_e5": 0}),
            json!({"lat_e5": 0, "lon_e5": -18_000_001}),
            json!({"lat_e5": 0, "lon_e5": 0, "accuracy_m": -1}),
            json!({"lat_e5": 0, "lon_e5": 0, "altitude": 1}),
            json!({"lat_e5": 31.9, "lon_e5": -4.4}),
        ],
        Shape::Reference(_) => vec![json!(true), json!(""), json!("x".repeat(65))],
    });
    wrong.extend(hostile_texts());
    // A number that happens to lie in the field's range is none of the wrong ones.
    wrong.retain(|value| !matches!((field.shape, value.as_i64()), (Shape::Whole { max, .. }, Some(i64::MAX)) if max == i64::MAX));
    wrong
}

/// The fields a new record must have, and those by which it has a name.
fn needed(kind: RecordKind) -> Map<String, Json> {
    let has_place = |field: &FieldDescription| field.needed || field.name == "name_latin";
    let fields = kind.described().into_iter().filter(has_place);
    fields.map(|field| (field.name.to_string(), good(&field))).collect()
}

fn line(kind: RecordKind, fields: Map<String, Json>) -> String {
    let mut line = Map::from_iter([("record".to_string(), json!(kind.word()))]);
    if let Some(subject) = kind.subjects().first() {
        line.insert(subject.word().into(), json!(ELSEWHERE));
    }
    line.extend(fields);
    Json::Object(line).to_string()
}

/// What a person reads: a sentence with what to do, and nothing of what was written.
fn check_sentence(error: &RecordError, written: &Json) {
    let said = error.reason.to_string();
    let does = [
        "must",
        "check",
        "type it again",
        "write",
        "written",
        "such as",
        "leave",
        "fill it in",
        "shorten",
        "keep one",
        "need",
        "years from",
        "is its code",
        "before",
        "a birth is",
        "save the others",
    ];
    assert!(said.len() > 20 && does.iter().any(|word| said.contains(word)), "{said}");
    let shown = error.to_string();
    assert!(!shown.chars().any(|letter| letter.is_control() || TURNING.contains(&letter)), "{shown:?}");
    for hostile in ["hctiws", "nosuchcode", "nulqq", "escqq"] {
        assert!(!(written.to_string().contains(hostile) && shown.contains(hostile)), "{shown}");
    }
}

#[test]
fn a_field_of_the_wrong_shape_is_refused_at_its_place_whatever_the_kind() {
    for kind in RecordKind::ALL {
        parse_line(1, &line(*kind, needed(*kind))).unwrap_or_else(|error| panic!("{}: {error}", kind.word()));
        for field in kind.described() {
            for value in wrong(&field) {
                let mut fields = needed(*kind);
                fields.insert(field.name.into(), value.clone());
                let line = line(*kind, fields);
                let error = parse_line(7, &line).expect_err(&line);
                assert_eq!((error.line, error.field.as_str()), (Some(7), field.name), "{line}");
                check_sentence(&error, &value);
            }
        }
    }
}

#[test]
fn what_stands_in_a_list_is_refused_at_its_place_there_and_no_list_takes_more_than_it_may() {
    for kind in RecordKind::ALL {
        for list in kind.lists() {
            let ListOf::Records(of) = list.of else { continue };
            let entry = Json::Object(needed(of));
            for field in of.described() {
                let mut second = needed(of);
                let turned = wrong(&field).pop().unwrap();
                second.insert(field.name.into(), turned.clone());
                let mut fields = needed(*kind);
                fields.insert(list.name.into(), json!([entry, second]));
                let error = parse_line(1, &line(*kind, fields)).expect_err(field.name);
                assert_eq!(error.field, format!("{}[1].{}", list.name, field.name));
                check_sentence(&error, &turned);
            }
            let mut fields = needed(*kind);
            fields.insert(list.name.into(), json!(vec![entry.clone(); list.items_max]));
            assert!(parse_line(1, &line(*kind, fields.clone())).is_ok(), "{}.{}", kind.word(), list.name);
            fields.insert(list.name.into(), json!(vec![entry; list.items_max + 1]));
            let error = parse_line(1, &line(*kind, fields)).expect_err(list.name);
            let (count, max) = (list.items_max + 1, list.items_max);
            assert_eq!((error.field.as_str(), error.reason), (list.name, Reason::TooMany { count, max }));
            check_sentence(&error, &Json::Null);
        }
    }
}

/// A document in which entries of a kind may stand, with a member and a visit, and both their ids.
fn document(subject: RecordKind) -> (HouseholdDocument, Vec<Uuid>) {
    let ids = DeviceIds::new(ACTOR, 2);
    let id = if subject == RecordKind::Place { place_id("08.201.11.07") } else { ids.nth(0) };
    let mut document = HouseholdDocument::new(DocumentId(*id.as_bytes()));
    let form = parse_line(1, &line(subject, needed(subject))).unwrap();
    document.record(ACTOR, 2, &form).unwrap();
    if subject != RecordKind::Household {
        return (document, Vec::new());
    }
    let mut written = Vec::new();
    for (position, kind) in [(3, RecordKind::Member), (4, RecordKind::Visit)] {
        let line = line(kind, needed(kind)).replace(ELSEWHERE, &id.to_string());
        written.push(document.record(ACTOR, position, &parse_line(1, &line).unwrap()).unwrap().records[0].id);
    }
    (document, written)
}

/// A record of a kind as its document would take it.
fn fitting(kind: RecordKind, fields: Map<String, Json>, document: &HouseholdDocument, ids: &[Uuid]) -> Form {
    let mut fields = fields;
    for (field, id) in ["member", "visit"].into_iter().zip(ids) {
        if fields.contains_key(field) {
            fields.insert(field.into(), json!(id.to_string()));
        }
    }
    let own = Uuid::from_bytes(document.id().0).to_string();
    let mut line: Json = serde_json::from_str(&line(kind, fields)).unwrap();
    if let Some(subject) = kind.subjects().first() {
        line[subject.word()] = json!(own);
    }
    parse_line(1, &line.to_string()).unwrap()
}

#[test]
fn a_new_record_without_what_it_needs_and_one_from_which_that_is_taken_away_are_refused() {
    for kind in RecordKind::ALL {
        let subject = kind.subjects().first().copied();
        for field in kind.described().into_iter().filter(|field| field.needed) {
            let (mut document, ids) = match subject {
                Some(subject) => document(subject),
                None => {
                    (HouseholdDocument::new(DocumentId(*DeviceIds::new(ACTOR, 9).nth(0).as_bytes())), vec![])
                }
            };
            // A commune's own record has its id from the commune: without one it names no document.
            if *kind == RecordKind::Place {
                continue;
            }
            let before = document.digest();
            let mut fields = needed(*kind);
            fields.remove(field.name);
            let refused = document.record(ACTOR, 9, &fitting(*kind, fields.clone(), &document, &ids));
            let error = refused.expect_err(field.name);
            assert_eq!(
                (error.field.as_str(), error.reason),
                (field.name, Reason::Missing),
                "{}",
                kind.word()
            );
            check_sentence(&error, &Json::Null);
            assert_eq!(document.digest(), before);
            let form = fitting(*kind, needed(*kind), &document, &ids);
            document.record(ACTOR, 9, &form).unwrap();
            fields.insert(field.name.into(), Json::Null);
            let error = parse_line(1, &line(*kind, fields)).expect_err(field.name);
            assert_eq!((error.field.as_str(), error.reason), (field.name, Reason::NotClearable));
            check_sentence(&error, &Json::Null);
        }
    }
}

#[test]
fn a_record_that_names_nobody_of_its_household_is_refused() {
    for kind in RecordKind::ALL {
        for field in kind.described() {
            let Shape::Reference(Some(_)) = field.shape else { continue };
            let (mut document, ids) = document(RecordKind::Household);
            let own = Uuid::from_bytes(document.id().0).to_string();
            for nobody in [Uuid::nil().to_string(), own] {
                let mut fields = needed(*kind);
                for other in ["member", "visit"].into_iter().zip(&ids) {
                    fields.entry(other.0).and_modify(|value| *value = json!(other.1.to_string()));
                }
                fields.insert(field.name.into(), json!(nobody));
                let mut line: Json = serde_json::from_str(&line(*kind, fields)).unwrap();
                let key = if *kind == RecordKind::Household { "id" } else { "household" };
                line[key] = json!(Uuid::from_bytes(document.id().0).to_string());
                let form = parse_line(1, &line.to_string()).unwrap();
                let error = document.record(ACTOR, 9, &form).expect_err(field.name);
                let expected = (field.name, Reason::NoSuchRecord);
                assert_eq!((error.field.as_str(), error.reason), expected, "{}", kind.word());
                check_sentence(&error, &Json::Null);
            }
        }
    }
}

#[test]
fn what_ends_before_it_begins_is_refused_in_one_form_and_against_what_stands_there() {
    let spans = [("since", "until"), ("first_seen", "last_seen"), ("issued", "expires"), ("signed", "until")];
    let mut found = 0;
    for kind in RecordKind::ALL {
        let has = |name: &str| kind.described().iter().any(|field| field.name == name);
        for (begin, end) in spans.into_iter().filter(|(begin, end)| has(begin) && has(end)) {
            found += 1;
            let with = |dates: &[(&str, Json)]| {
                let mut fields = needed(*kind);
                fields.extend(dates.iter().map(|(field, date)| (field.to_string(), date.clone())));
                fields
            };
            let (early, late) = (json!("2024-03"), json!("2025-01-31"));
            let crossed = with(&[(begin, late.clone()), (end, early.clone())]);
            let error = parse_line(1, &line(*kind, crossed)).expect_err(end);
            assert_eq!((error.field.as_str(), error.reason), (end, Reason::EndsBeforeItBegins));
            check_sentence(&error, &Json::Null);

            let (mut document, ids) = document(kind.subjects().first().copied().unwrap_or(*kind));
            let fields = with(&[(begin, early.clone()), (end, json!("2024"))]);
            let mut fields = fields;
            if kind.is_subject() {
                fields.insert("id".into(), json!(Uuid::from_bytes(document.id().0).to_string()));
            }
            let written = document.record(ACTOR, 9, &fitting(*kind, fields, &document, &ids));
            let id = written.unwrap_or_else(|error| panic!("a year ends with it: {error}")).records[0].id;
            let mut change = |dates: &[(&str, Json)]| {
                let mut fields = Map::from_iter([("id".to_string(), json!(id.to_string()))]);
                fields.extend(dates.iter().map(|(field, date)| (field.to_string(), date.clone())));
                let form = fitting(*kind, fields, &document, &ids);
                document.record(ACTOR, 10, &form).map(|_| ()).map_err(|error| (error.field, error.reason))
            };
            let refused = |field: &str| Err((field.to_string(), Reason::EndsBeforeItBegins));
            assert_eq!(change(&[(end, json!("2023-12"))]), refused(end), "{}", kind.word());
            assert_eq!(change(&[(begin, late)]), refused(begin), "{}", kind.word());
            assert_eq!(change(&[(begin, Json::Null), (end, json!("2023-12"))]), Ok(()), "{}", kind.word());
        }
    }
    assert_eq!(found, 5, "enrolments, constraints, certificates, programmes, partnerships");
}
