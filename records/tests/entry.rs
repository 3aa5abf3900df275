//! What is entered is kept as it is, or refused with the reason; and it reads back equal.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use khettara_core::id::{ActorId, DocumentId};
use khettara_core::limits::{
    CHANGE_BYTES_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_BYTES_WARN, RECORD_LINE_BYTES_MAX, RECORD_NAME_BYTES_MAX,
    RECORD_NOTE_BYTES_MAX,
};
use khettara_records::model::{
    Commune, DeviceIds, Expected, Form, HouseholdDocument, HouseholdForm, MemberForm, Reason, RecordError,
    Relation, Sex, Status, parse_line,
};
use khettara_records::projection::{HouseholdView, export_lines};
use proptest::prelude::*;
use uuid::Uuid;

const ACTOR: ActorId = ActorId([5; 16]);
const FAMILY: &str = r#""record":"household","commune":"08.201.11.07","status":"sedentary""#;

fn refused(line: &str) -> RecordError {
    parse_line(1, line).expect_err(line)
}

fn family() -> HouseholdDocument {
    let Form::Household(form) = parse_line(1, &format!("{{{FAMILY}}}")).unwrap() else { panic!() };
    HouseholdDocument::create(ACTOR, 2, &form).unwrap().0
}

fn uuid_of(document: &HouseholdDocument) -> Uuid {
    Uuid::from_bytes(document.id().0)
}

#[test]
fn ids_are_derived_in_the_forms_order_and_imported_ids_stay() {
    let line = format!(
        r#"{{{FAMILY},"head":"m","members":[{{"ref":"m","name_latin":"A","sex":"male","relation":"head"}},
           {{"id":"0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d","name_latin":"B","sex":"male","relation":"child"}},
           {{"name_latin":"C","sex":"male","relation":"child"}}]}}"#
    );
    let Form::Household(form) = parse_line(1, &line).unwrap() else { panic!() };
    let (document, recorded) = HouseholdDocument::create(ACTOR, 9, &form).unwrap();
    let ids = DeviceIds::new(ACTOR, 9);
    let imported = Uuid::parse_str("0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d").unwrap();
    let written: Vec<Uuid> = recorded.records.iter().map(|record| record.id).collect();
    assert_eq!(written, [ids.nth(0), ids.nth(1), imported, ids.nth(2)]);
    assert_eq!(uuid_of(&document), ids.nth(0));
    assert_eq!(HouseholdView::read(&document).household.head, Some(ids.nth(1).into()));
    let mut other = HouseholdDocument::new(DocumentId([1; 16]));
    let reason = other.record(ACTOR, 9, &Form::Household(form)).unwrap_err().reason;
    assert_eq!(reason, Reason::OtherHousehold, "a derived id names its own document only");
}

#[test]
fn an_update_writes_only_what_differs_and_clears_what_is_null() {
    let mut document = family();
    let id = uuid_of(&document);
    let full = format!(r#"{{{FAMILY},"id":"{id}","phone":"+212661234567","note":"x"}}"#);
    let first = document.record(ACTOR, 3, &parse_line(1, &full).unwrap()).unwrap();
    let again = document.record(ACTOR, 4, &parse_line(1, &full).unwrap()).unwrap_err();
    assert_eq!(again.reason, Reason::NothingChanged);
    assert!(!first.records[0].is_new);
    let change = format!(r#"{{"record":"household","id":"{id}","phone":null}}"#);
    let small = document.record(ACTOR, 4, &parse_line(1, &change).unwrap()).unwrap();
    assert!(small.chunk.len() < first.chunk.len());
    let row = HouseholdView::read(&document).household;
    assert_eq!((row.phone, row.note.as_deref()), (None, Some("x")));
    let line = format!(r#"{{"record":"household","id":"{id}","withdrawn":true}}"#);
    document.record(ACTOR, 5, &parse_line(1, &line).unwrap()).unwrap();
    document.record(ACTOR, 6, &parse_line(1, &line.replace("true", "false")).unwrap()).unwrap();
    assert_eq!(HouseholdView::read(&document).household.withdrawn, Some(false));
}

#[test]
fn a_refused_form_leaves_the_document_as_it_was() {
    let mut document = family();
    let before = (document.digest(), document.save());
    let id = uuid_of(&document);
    let need = |more: &str| format!(r#"{{"record":"need","household":"{id}","category":"food"{more}}}"#);
    let member = |more: &str| format!(r#"{{"record":"member","household":"{id}","sex":"male"{more}}}"#);
    let stranger = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";
    let cases = [
        (need(""), "urgency", Reason::Missing),
        (need(&format!(r#","urgency":"low","visit":"{stranger}""#)), "visit", Reason::NoSuchRecord),
        (need(r#","urgency":"low","visit":"v9""#), "visit", Reason::UnknownHandle),
        (member(r#","relation":"child""#), "", Reason::NoName),
        (member(r#","name_ar":"إيطو""#), "relation", Reason::Missing),
        (format!(r#"{{{FAMILY},"id":"{stranger}"}}"#), "household", Reason::OtherHousehold),
        (
            format!(r#"{{"record":"household","id":"{id}","head":"{stranger}"}}"#),
            "head",
            Reason::NoSuchRecord,
        ),
        (format!(r#"{{"record":"household","id":"{id}","head":"m9"}}"#), "head", Reason::UnknownHandle),
    ];
    for (line, field, reason) in cases {
        let error = document.record(ACTOR, 3, &parse_line(1, &line).unwrap()).expect_err(&line);
        assert_eq!((error.field.as_str(), error.reason), (field, reason), "{line}");
        assert_eq!((document.digest(), document.save()), before);
    }
}

#[test]
fn clumsy_and_hostile_lines_are_refused_with_field_and_reason() {
    let text = Reason::WrongType { expected: Expected::Text };
    let flag = Reason::WrongType { expected: Expected::Flag };
    let whole = Reason::WrongType { expected: Expected::WholeNumber };
    let list = Reason::WrongType { expected: Expected::List };
    let object = Reason::WrongType { expected: Expected::Object };
    let unknown = |place, suggestion| Reason::UnknownField { place, suggestion };
    let cases: Vec<(String, &str, Reason)> = vec![
        ("[]".into(), "", object),
        ("7".into(), "", object),
        (r#"{"commune":"08.201.11.07"}"#.into(), "record", Reason::Missing),
        (r#"{"record":7}"#.into(), "record", Reason::UnknownRecord),
        (format!(r#"{{{FAMILY},"douar":7}}"#), "douar", text),
        (format!(r#"{{{FAMILY},"douar":""}}"#), "douar", Reason::Empty),
        (format!(r#"{{{FAMILY},"douar":" \n "}}"#), "douar", Reason::Empty),
        (format!(r#"{{{FAMILY},"douar":"a\u0000b"}}"#), "douar", Reason::ControlCharacter),
        (format!(r#"{{{FAMILY},"douar":"a\u2067b"}}"#), "douar", Reason::DirectionOverride),
        (format!(r#"{{{FAMILY},"electricity":"yes"}}"#), "electricity", flag),
        (format!(r#"{{{FAMILY},"road_km_tenths":1.5}}"#), "road_km_tenths", whole),
        (
            format!(r#"{{{FAMILY},"road_km_tenths":-1}}"#),
            "road_km_tenths",
            Reason::OutOfRange { min: 0, max: 9_999 },
        ),
        (format!(r#"{{{FAMILY},"phone":"0661 23 45 67"}}"#), "phone", Reason::BadPhone),
        (format!(r#"{{{FAMILY},"languages":"ary"}}"#), "languages", list),
        (format!(r#"{{{FAMILY},"languages":["Darija"]}}"#), "languages[0]", Reason::BadLanguage),
        (format!(r#"{{{FAMILY},"languages":["ary","ary"]}}"#), "languages[1]", Reason::Repeated),
        (format!(r#"{{{FAMILY},"members":{{}}}}"#), "members", list),
        (format!(r#"{{{FAMILY},"members":[7]}}"#), "members[0]", object),
        (format!(r#"{{{FAMILY},"members":[{{"nom":"x"}}]}}"#), "members[0]", unknown(1, None)),
        (format!(r#"{{{FAMILY},"members":[{{"Name-Ar":"x"}}]}}"#), "members[0]", unknown(1, Some("name_ar"))),
        (
            format!(r#"{{{FAMILY},"members":[{{"ref":"a"}},{{"ref":"a"}}]}}"#),
            "members[1].ref",
            Reason::Repeated,
        ),
        (format!(r#"{{{FAMILY},"id":"0192F7A4-77AA-7B02-8C1D-5E2F9A3B4C5D"}}"#), "id", Reason::BadId),
        (format!(r#"{{{FAMILY},"gps":[1,2]}}"#), "gps", Reason::WrongType { expected: Expected::Place }),
        (format!(r#"{{{FAMILY},"gps":{{"lat_e5":1}}}}"#), "gps", Reason::Missing),
        (
            r#"{"record":"need","household":"h","category":"food","urgent":"low"}"#.into(),
            "",
            unknown(4, Some("urgency")),
        ),
        (r#"{"record":"visit","household":"h","at":1764063000}"#.into(), "at", text),
        (r#"{"record":"visit","household":"h","at":"2026-02-30T09:30:00Z"}"#.into(), "at", Reason::BadTime),
        (
            r#"{"record":"visit","household":"h","at":"2026-02-03T09:30:00+01:00"}"#.into(),
            "at",
            Reason::BadTime,
        ),
        (
            r#"{"record":"resolve","household":"h","path":"water","side":"7f"}"#.into(),
            "path",
            Reason::BadPath,
        ),
        (r#"{"record":"resolve","household":"h","path":"household.water"}"#.into(), "side", Reason::Missing),
    ];
    for (line, field, reason) in cases {
        let error = refused(&line);
        assert_eq!((error.line, error.field.as_str(), error.reason), (Some(1), field, reason), "{line}");
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(refused(&nested).reason, Reason::NotJson { .. }));
}

#[test]
fn texts_and_lines_are_taken_up_to_their_limit_and_not_beyond() {
    let at = "ق".repeat(RECORD_NAME_BYTES_MAX / 2);
    assert!(parse_line(1, &format!(r#"{{{FAMILY},"douar":"{at}"}}"#)).is_ok());
    let error = refused(&format!(r#"{{{FAMILY},"douar":"{at}x"}}"#));
    assert_eq!(error.reason, Reason::TooLong { bytes: 257, max: 256 });
    let members = |count| vec![r#"{"name_latin":"A","sex":"male","relation":"kin"}"#; count].join(",");
    assert!(parse_line(1, &format!(r#"{{{FAMILY},"members":[{}]}}"#, members(64))).is_ok());
    let error = refused(&format!(r#"{{{FAMILY},"members":[{}]}}"#, members(65)));
    assert_eq!((error.field.as_str(), error.reason), ("members", Reason::TooMany { count: 65, max: 64 }));
    let padding = " ".repeat(RECORD_LINE_BYTES_MAX);
    let max = RECORD_LINE_BYTES_MAX;
    let bytes = padding.len() + 2;
    assert_eq!(refused(&format!("{{{padding}}}")).reason, Reason::LineTooLong { bytes, max });
}

/// A note of the full length that does not compress.
fn long_note(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[(state % 64) as usize])
    };
    (0..RECORD_NOTE_BYTES_MAX).map(letter).collect()
}

fn member(seed: u64) -> MemberForm {
    MemberForm {
        name_latin: Some("A".into()),
        sex: Some(Sex::Male),
        relation: Some(Relation::Kin),
        note: Some(long_note(seed)),
        ..MemberForm::default()
    }
}

#[test]
fn a_form_that_would_make_too_large_a_change_is_refused_to_its_writer() {
    let form = |members: u64| HouseholdForm {
        commune: Commune::new("08.201.11.07").ok(),
        status: Some(Status::Nomadic),
        members: (0..members).map(member).collect(),
        ..HouseholdForm::default()
    };
    let (_, recorded) = HouseholdDocument::create(ACTOR, 2, &form(3)).unwrap();
    assert!(recorded.chunk.len() <= CHANGE_BYTES_MAX);
    let error = HouseholdDocument::create(ACTOR, 2, &form(4)).unwrap_err();
    assert!(matches!(error.reason, Reason::ChangeTooLarge { unit: "bytes", max: 65_536, .. }), "{error}");
}

#[test]
fn a_document_warns_when_large_and_refuses_growth_when_full() {
    let mut document = family();
    let household = uuid_of(&document).into();
    let (mut warned, mut refused) = (None, None);
    for position in 3..100 {
        let form = Form::Member { household: std::clone::Clone::clone(&household), member: member(position) };
        match document.record(ACTOR, position, &form) {
            Ok(recorded) => warned = warned.or(recorded.bytes_when_large),
            Err(error) => {
                refused = Some(error.reason);
                break;
            }
        }
    }
    assert!(warned.is_some_and(|bytes| bytes > DOCUMENT_BYTES_WARN && bytes < DOCUMENT_BYTES_WARN + 32_768));
    assert_eq!(refused, Some(Reason::DocumentFull { max: DOCUMENT_BYTES_MAX }));
    assert!(document.automerge().save().len() <= DOCUMENT_BYTES_MAX);
}

#[test]
fn a_change_carries_no_time_and_the_actor_it_was_given() {
    let mut document = family();
    let id = uuid_of(&document);
    let line = format!(r#"{{"record":"household","id":"{id}","water":"well"}}"#);
    let recorded = document.record(ActorId([6; 16]), 3, &parse_line(1, &line).unwrap()).unwrap();
    let change = automerge::Change::from_bytes(recorded.chunk.clone()).unwrap();
    assert_eq!((change.timestamp(), change.message(), change.seq()), (0, None, 1));
    assert_eq!(change.actor_id().to_bytes(), [6; 16]);
    assert_eq!(change.hash().0, recorded.hash.0);
    assert_eq!(recorded.chunk[8], 1, "an uncompressed change chunk");
}

/// Text as people write it here: Arabic with marks, Tifinagh, French in both normal forms, quotes, line breaks.
fn written() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        'a', 'é', 'e', '\u{301}', 'ق', 'ص', 'ُ', 'ّ', 'ٱ', 'ⵜ', 'ⴰ', '\u{200f}', '\u{200d}', '"', '\\', '\n',
        '\t', '/', '𞤀', '7', ' ', '<', '\u{feff}',
    ]);
    prop::collection::vec(letters, 1..24)
        .prop_map(|letters| letters.into_iter().collect::<String>())
        .prop_filter("a text is not blank", |text: &String| !text.trim().is_empty())
}

fn code(codes: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(codes)
}

fn some_member() -> impl Strategy<Value = serde_json::Value> {
    use khettara_records::model::{Marital, Schooling};
    let birth = prop_oneof![Just("1961"), Just("1961~"), Just("2004-02-29")];
    let plain = (written(), written(), code(Sex::CODES), code(Relation::CODES), birth, any::<bool>());
    (plain, prop::option::of((code(Marital::CODES), code(Schooling::CODES), written()))).prop_map(
        |(plain, more)| {
            let (name_ar, name_latin, sex, relation, birth, disability) = plain;
            let mut member = serde_json::json!({"name_ar": name_ar, "name_latin": name_latin, "sex": sex,
            "relation": relation, "birth": birth, "disability": disability});
            if let Some((marital, schooling, note)) = more {
                member["marital"] = marital.into();
                member["schooling"] = schooling.into();
                member["note"] = note.into();
            }
            member
        },
    )
}

fn some_family() -> impl Strategy<Value = (serde_json::Value, Vec<serde_json::Value>)> {
    use khettara_records::model::{Category, Dwelling, NeedStatus, Urgency, VisitKind, Water};
    let place = (-9_000_000..=9_000_000i32, -18_000_000..=18_000_000i32, prop::option::of(0..100_000u32));
    let languages = prop::sample::subsequence(vec!["ary", "ar", "zgh", "shi", "fr", "ar-Latn"], 0..5);
    let home = (written(), code(Status::CODES), code(Water::CODES), code(Dwelling::CODES), place, languages);
    let need = (code(Category::CODES), code(Urgency::CODES), code(NeedStatus::CODES), written());
    let visit = (0..7_258_118_399i64, code(VisitKind::CODES), written(), prop::collection::vec(need, 0..3));
    (home, prop::collection::vec(some_member(), 0..5), prop::collection::vec(visit, 0..3)).prop_map(
        |(home, members, visits)| {
            let (douar, status, water, dwelling, (lat, lon, accuracy), languages) = home;
            let mut gps = serde_json::json!({"lat_e5": lat, "lon_e5": lon});
            if let Some(metres) = accuracy {
                gps["accuracy_m"] = metres.into();
            }
            let household = serde_json::json!({"record": "household", "commune": "08.201.11.07", "status": status,
                "douar": douar, "water": water, "dwelling": dwelling, "gps": gps, "languages": languages,
                "members": members});
            let visits = visits.into_iter().map(|(at, kind, note, needs)| {
                let needs: Vec<_> = needs.into_iter().map(|(category, urgency, status, text)| {
                    serde_json::json!({"category": category, "urgency": urgency, "status": status, "text": text})
                }).collect();
                let at = khettara_records::model::Instant::of_seconds(at).unwrap();
                serde_json::json!({"record": "visit", "at": at, "agent": "a-12", "kind": kind, "note": note,
                    "needs": needs})
            });
            (household, visits.collect())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_family_written_saved_loaded_and_exported_reads_back_equal((household, visits) in some_family()) {
        let Form::Household(form) = parse_line(1, &household.to_string()).unwrap() else { panic!() };
        let (mut document, _) = HouseholdDocument::create(ACTOR, 2, &form).unwrap();
        let id = uuid_of(&document);
        for (place, mut visit) in visits.into_iter().enumerate() {
            visit["household"] = id.to_string().into();
            let form = parse_line(1, &visit.to_string()).unwrap();
            document.record(ACTOR, place as u64 + 3, &form).unwrap();
        }
        let view = HouseholdView::read(&document);
        prop_assert_eq!(&view.household.douar, &household["douar"].as_str().map(String::from));
        prop_assert_eq!(view.members.len(), household["members"].as_array().unwrap().len());
        let loaded = HouseholdDocument::load(document.id(), &document.save()).unwrap();
        prop_assert_eq!(loaded.digest(), document.digest());

        let mut again = HouseholdDocument::new(document.id());
        let lines = export_lines(&view);
        for (place, line) in lines.iter().enumerate() {
            let form = parse_line(place as u64 + 1, line).unwrap();
            again.record(ActorId([8; 16]), place as u64 + 2, &form).unwrap();
        }
        let read = HouseholdView::read(&again);
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&view).unwrap());
        prop_assert_eq!(export_lines(&read), lines);
    }

    #[test]
    fn any_text_is_read_or_refused_and_never_panics(line in ".{0,200}", garble in any::<prop::sample::Index>()) {
        let _ = parse_line(1, &line);
        let mut whole = format!("{{{FAMILY},\"members\":[{{\"name_latin\":\"A\"}}]}}");
        let place = garble.index(whole.len());
        whole.truncate(place);
        whole.push_str(&line);
        let _ = parse_line(1, &whole);
    }
}
