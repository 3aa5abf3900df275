//! What software that is not ours wrote, clumsy or hostile, is read alike on every tablet: shown, exported where it could
//! be entered, said in three languages, and nothing breaks.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

#[path = "replica/station.rs"]
#[allow(dead_code)] // the stories of the replica use the rest
mod station;
mod strangers;

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjId, ObjType, ROOT, ScalarValue};
use khettara_core::id::ActorId;
use khettara_records::model::{FieldPath, RecordKind, Rule, Scalar};
use khettara_records::projection::{HouseholdView, RecordRow, conflicts};
use serde_json::Value as Json;
use station::uuid;
use strangers::{Strangers, document, map_of, map_under};

/// A value that no record of ours has there, or not so.
#[derive(Debug, Clone)]
enum Value {
    Scalar(ScalarValue),
    List,
    Text,
    Map,
    Deep,
}

fn text(text: &str) -> Value {
    Value::Scalar(ScalarValue::Str(text.into()))
}

fn hostile_values() -> Vec<Value> {
    let scalars = [
        ScalarValue::Null,
        ScalarValue::Boolean(false),
        ScalarValue::Int(-1),
        ScalarValue::Int(i64::MIN),
        ScalarValue::Int(i64::MAX),
        ScalarValue::Int(86_399), // an evening in 1970
        ScalarValue::Uint(u64::MAX),
        ScalarValue::F64(f64::NAN),
        ScalarValue::F64(f64::NEG_INFINITY),
        ScalarValue::Bytes(vec![0xff; 40]),
        ScalarValue::Bytes(Vec::new()),
        ScalarValue::counter(-(1 << 38)), // as far as a counter may be
        ScalarValue::Timestamp(-5),
    ];
    let long = "ق".repeat(2_500);
    let texts = [
        "",
        " \n ",
        "\0",
        "\u{202e}hctiws\u{202c}\u{2067}",
        "no such code",
        "2026-02-30",
        "1850-13-45",
        "0661 23 45 67",
        "8.1",
        "geo:91.00000,200.00000;u=-1",
        "#56:zz",
        "tent tent house",
        "0192F7A4-5C3B-7D21-9F64-3B1F0A6E2C11",
        "0192f7a4-5c3b-7d21-9f64-ffffffffffff", // nobody
        long.as_str(),
    ];
    let objects = [Value::List, Value::Text, Value::Map, Value::Deep];
    scalars.into_iter().map(Value::Scalar).chain(texts.map(text)).chain(objects).collect()
}

fn put(transaction: &mut Transaction<'_>, map: &ObjId, key: &str, value: &Value) {
    match value {
        Value::Scalar(scalar) => transaction.put(map, key, scalar.clone()).unwrap(),
        Value::List => {
            let list = transaction.put_object(map, key, ObjType::List).unwrap();
            transaction.insert(&list, 0, "\u{202e}").unwrap();
            transaction.insert_object(&list, 1, ObjType::List).unwrap();
        }
        Value::Text => {
            let text = transaction.put_object(map, key, ObjType::Text).unwrap();
            transaction.splice_text(&text, 0, 0, "given\0").unwrap();
        }
        Value::Map => {
            let inner = transaction.put_object(map, key, ObjType::Map).unwrap();
            transaction.put(&inner, "\u{2066}", f64::INFINITY).unwrap();
        }
        Value::Deep => {
            // As deep as the airlock lets pass: an entry lies in the third map.
            let mut at = transaction.put_object(map, key, ObjType::Map).unwrap();
            for _ in 0..12 {
                at = transaction.put_object(&at, "", ObjType::Map).unwrap();
            }
        }
    }
}

const ENTRY: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";

/// Where a kind's fields stand in a document: its subject's map, or one entry.
fn place(transaction: &mut Transaction<'_>, kind: RecordKind) -> ObjId {
    let root = map_of(transaction, kind.map());
    if kind.is_subject() { root } else { map_under(transaction, &root, ENTRY) }
}

fn shown(row: &impl serde::Serialize, field: &str) -> bool {
    let row = serde_json::to_value(row).unwrap();
    row.get(field).is_some_and(|value| !value.is_null()) || row["extra"].get(field).is_some()
}

/// Whether a reader sees something under the field, in its column or beside the columns.
fn is_seen(view: &HouseholdView, kind: RecordKind, field: &str) -> bool {
    match kind {
        RecordKind::Household => shown(&view.household, field),
        RecordKind::Member => shown(&view.members[0], field),
        RecordKind::Visit => shown(&view.visits[0], field),
        RecordKind::Need => shown(&view.needs[0], field),
        _ => {
            let row: Vec<&RecordRow> = view.of_kind(kind).collect();
            shown(row[0], field)
        }
    }
}

#[test]
fn a_value_of_any_type_in_any_field_of_any_kind_is_seen_and_read_alike_everywhere() {
    let values = hostile_values();
    for (turn, value) in values.iter().enumerate() {
        let other = &values[(turn + 7) % values.len()];
        let mut strangers = Strangers::new(1);
        let mut number = 0;
        for subject in RecordKind::SUBJECTS {
            number += 1;
            let id = document(number);
            let entries = RecordKind::ENTRIES.into_iter().filter(|_| subject == RecordKind::Household);
            let kinds: Vec<RecordKind> = std::iter::once(subject).chain(entries).collect();
            // All entries first: so the two who write beside each other write in the same maps.
            let ground = strangers.write(id, |transaction| {
                transaction.put(ROOT, "software", "not ours").unwrap();
                kinds.iter().for_each(|kind| drop(place(transaction, *kind)));
            });
            for value in [value, other] {
                let mut heads = vec![ground];
                for kind in &kinds {
                    for fields in kind.described().chunks(10) {
                        let hash = strangers.write_on(id, &heads, |transaction| {
                            let map = place(transaction, *kind);
                            fields.iter().for_each(|field| put(transaction, &map, field.name, value));
                        });
                        heads = vec![hash];
                    }
                }
            }
        }
        let read = strangers.read_alike();
        for (subject, read) in RecordKind::SUBJECTS.into_iter().zip(&read) {
            let entries = RecordKind::ENTRIES.into_iter().filter(|_| subject == RecordKind::Household);
            for kind in std::iter::once(subject).chain(entries) {
                for field in kind.described() {
                    let place = format!("{}.{} holding {value:?} and {other:?}", kind.word(), field.name);
                    assert!(is_seen(&read.view, kind, field.name), "{place}");
                }
            }
        }
    }
}

#[test]
fn a_family_of_ten_thousand_is_counted_shown_and_exported() {
    let mut strangers = Strangers::new(1);
    let id = document(1);
    for part in 0..25u32 {
        strangers.write(id, |transaction| {
            let household = map_of(transaction, "household");
            transaction.put(&household, "commune", "08.201.11.07").unwrap();
            transaction.put(&household, "status", "sedentary").unwrap();
            let members = map_of(transaction, "members");
            for number in part * 400..(part + 1) * 400 {
                let key = format!("0192f7a4-77aa-7b02-8c1d-{number:012x}");
                let member = transaction.put_object(&members, key.as_str(), ObjType::Map).unwrap();
                transaction.put(&member, "name_latin", format!("N{number}")).unwrap();
                transaction.put(&member, "sex", "female").unwrap();
                transaction.put(&member, "relation", "kin").unwrap();
            }
        });
    }
    let read = strangers.read_alike().remove(0);
    assert_eq!((read.row.members, read.view.members.len()), (10_000, 10_000));
    assert_eq!((read.row.people.len(), read.view.conflicts), (10_000, 0));
    let inside: Json = serde_json::from_str(&read.lines[0]).unwrap();
    let members = inside["members"].as_array().unwrap().len();
    assert_eq!(members + read.lines.len() - 1, 10_000, "each of them stands in the lines once");
}

#[test]
fn links_that_go_round_to_themselves_and_to_nowhere_make_one_family_wherever_they_are_read() {
    let mut strangers = Strangers::new(1);
    let nowhere = uuid(0xee);
    let links = [
        (1, vec![uuid(2)]),
        (2, vec![uuid(3), nowhere.clone()]),
        (3, vec![uuid(1), uuid(3)]),
        (4, vec![uuid(4)]),
    ];
    for (number, to) in &links {
        strangers.write(document(*number), |transaction| {
            transaction.put(map_of(transaction, "household"), "commune", "08.201.11.07").unwrap();
            let links = map_of(transaction, "links");
            for (place, to) in to.iter().enumerate() {
                let link = map_under(transaction, &links, &uuid(0x80 + u8::try_from(place).unwrap()));
                transaction.put(&link, "kind", "same_as").unwrap();
                transaction.put(&link, "to", to.as_str()).unwrap();
            }
        });
    }
    let read = strangers.read_alike();
    let families = &read[0].families;
    for number in [1, 2, 3, 0xee] {
        assert_eq!(families.family_of(&document(number)), document(1), "{number}");
    }
    assert_eq!(families.family_of(&document(4)), document(4), "linked to itself");
    assert_eq!(families.of_several().len(), 1);
}

#[test]
fn keys_that_name_nothing_heads_that_are_nobody_and_maps_without_end_are_left_beside_the_rows() {
    let mut strangers = Strangers::new(1);
    let id = document(1);
    let keys = ["", "\0", "\u{202e}", "7", "0192F7A4-77AA-7B02-8C1D-5E2F9A3B4C5D", &"k".repeat(4_000)];
    strangers.write(id, |transaction| {
        let household = map_of(transaction, "household");
        transaction.put(&household, "commune", "08.201.11.07").unwrap();
        transaction.put(&household, "status", "sedentary").unwrap();
        transaction.put(&household, "head", uuid(0xee)).unwrap();
        for kind in RecordKind::ENTRIES {
            let all = map_of(transaction, kind.map());
            for key in keys {
                let entry = transaction.put_object(&all, key, ObjType::Map).unwrap();
                transaction.put(&entry, "withdrawn", true).unwrap();
                transaction.put(&household, key, true).unwrap();
            }
        }
        for number in 0..40 {
            let code = format!("ar-x{number:03}");
            transaction.put(map_of(transaction, "languages"), code, true).unwrap();
        }
        for key in ["needs/", "visits/not an id", "rule.one_head", "household"] {
            let languages = map_of(transaction, "languages");
            transaction.put_object(&languages, key, ObjType::List).unwrap();
        }
    });
    let read = strangers.read_alike().remove(0);
    assert_eq!((read.row.members, read.row.visits, read.row.needs, read.view.records.len()), (0, 0, 0, 0));
    assert_eq!(read.view.household.languages.len(), 40);
    for kind in RecordKind::ENTRIES {
        for key in keys {
            assert!(read.view.extra.contains_key(&format!("{}/{key}", kind.map())), "{}", kind.word());
        }
    }
    let household: Json = serde_json::from_str(&read.lines[0]).unwrap();
    assert_eq!(household["head"], Json::Null, "a head that is nobody here cannot be entered");
    assert_eq!(household["languages"].as_array().unwrap().len(), 16, "as many as a line may list");
}

#[test]
fn what_ends_before_it_begins_and_what_belongs_elsewhere_is_shown_and_not_offered_for_entry() {
    let mut strangers = Strangers::new(1);
    let id = document(1);
    strangers.write(id, |transaction| {
        let household = map_of(transaction, "household");
        transaction.put(&household, "commune", "08.201.11.07").unwrap();
        transaction.put(&household, "status", "sedentary").unwrap();
        let enrolments = map_of(transaction, "enrolments");
        let one = map_under(transaction, &enrolments, ENTRY);
        for (field, value) in
            [("programme", "x"), ("status", "enrolled"), ("since", "2026"), ("until", "2025-12")]
        {
            transaction.put(&one, field, value).unwrap();
        }
        transaction.put(&one, "member", uuid(0xee)).unwrap();
        let certificates = map_of(transaction, "certificates");
        let one = map_under(transaction, &certificates, ENTRY);
        transaction.put(&one, "training", "x").unwrap();
        transaction.put(map_of(transaction, "referral"), "to", "nowhere").unwrap();
        let members = map_of(transaction, "members");
        let nameless = map_under(transaction, &members, ENTRY);
        transaction.put(&nameless, "relation", "head").unwrap();
    });
    let read = strangers.read_alike().remove(0);
    let enrolment = read.view.of_kind(RecordKind::Enrolment).next().unwrap();
    assert_eq!((enrolment.text("until"), enrolment.text("member").is_some()), (Some("2025-12"), true));
    assert_eq!(read.view.of_kind(RecordKind::Certificate).count(), 1);
    assert_eq!(read.view.of_kind(RecordKind::Referral).count(), 1);
    let lines: Vec<Json> = read.lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<&str> = lines.iter().filter_map(|line| line["record"].as_str()).collect();
    assert_eq!(words, ["household", "member", "enrolment"]);
    assert_eq!((&lines[2]["until"], &lines[2]["member"]), (&Json::Null, &Json::Null));
}

#[test]
fn a_record_that_a_thousand_set_aside_while_a_thousand_went_on_is_one_conflict_with_all_their_sides() {
    let mut strangers = Strangers::new(1);
    let id = document(1);
    let ground = strangers.write(id, |transaction| {
        transaction.put(map_of(transaction, "household"), "commune", "08.201.11.07").unwrap();
        place(transaction, RecordKind::Member);
    });
    for number in 0..1_000i64 {
        strangers.write_on(id, &[ground], |transaction| {
            let member = place(transaction, RecordKind::Member);
            transaction.put(&member, "withdrawn", true).unwrap();
        });
        strangers.write_on(id, &[ground], |transaction| {
            let member = place(transaction, RecordKind::Member);
            transaction.put(&member, "note", format!("{number}")).unwrap();
        });
    }
    let read = strangers.read_alike().remove(0);
    let aside = |path: &FieldPath| matches!(path, FieldPath::Rule(Rule::SetAside { .. }));
    let conflict = read.conflicts.iter().find(|conflict| aside(&conflict.path)).unwrap();
    assert_eq!(conflict.sides.len(), 2_000);
    assert_eq!((read.conflicts.len(), read.row.conflicts), (2, 2), "the note has a thousand answers, too");
    // More heads than one change can stand on: whoever decides does so a part at a time, and never breaks anything.
    let mut copy = strangers.copy(id);
    let decide = conflict.keep_value(Scalar::Flag(true));
    copy.record(ActorId([9; 16]), 2, &decide).unwrap();
    let view = HouseholdView::read(&copy);
    assert_eq!(view.members[0].withdrawn, Some(true));
    let left = conflicts(&copy).into_iter().find(|conflict| aside(&conflict.path));
    assert!(left.is_some_and(|conflict| conflict.sides.len() < 2_000), "some of them are decided");
}

#[test]
fn one_member_that_a_thousand_imported_at_once_half_of_them_as_withdrawn_is_one_member() {
    let mut strangers = Strangers::new(1);
    let id = document(1);
    let ground = strangers.write(id, |transaction| {
        transaction.put(map_of(transaction, "household"), "commune", "08.201.11.07").unwrap();
    });
    for number in 0..500i64 {
        for field in ["withdrawn", "note"] {
            strangers.write_on(id, &[ground], |transaction| {
                let member = place(transaction, RecordKind::Member);
                let value =
                    if field == "note" { ScalarValue::Str(format!("{number}").into()) } else { true.into() };
                transaction.put(&member, field, value).unwrap();
            });
        }
    }
    let read = strangers.read_alike().remove(0);
    assert_eq!((read.view.members.len(), read.row.members), (1, 0));
    let found = read.conflicts.iter().map(|conflict| (conflict.path.to_string(), conflict.sides.len()));
    let note = format!("members/{ENTRY}/note");
    assert_eq!(found.collect::<Vec<_>>(), [(note, 500), (format!("rule.set_aside/members/{ENTRY}"), 1_000)]);
}
