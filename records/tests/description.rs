//! What the model says of itself is whole: the rows of the four first kinds, which have types of their own, hold
//! every field that is described, and nothing else is left in `extra`.

use khettara_core::id::ActorId;
use khettara_records::model::{FieldDescription, Form, HouseholdDocument, RecordKind, Shape, parse_line};
use khettara_records::projection::HouseholdView;
use serde_json::{Map, Value as Json, json};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

/// A value that the field takes; none for what names another record.
fn value(field: &FieldDescription) -> Option<Json> {
    Some(match field.shape {
        Shape::Text { .. } => json!("ⵉⵎⵎⴰ"),
        Shape::Code(codes) => json!(codes.last()),
        Shape::Codes(codes) => json!(codes),
        Shape::Flag => json!(true),
        Shape::Whole { max, .. } => json!(max),
        Shape::Time => json!("2026-11-25T09:30:00Z"),
        Shape::Commune => json!("08.201.11.07"),
        Shape::Territories => json!("08.201"),
        Shape::Phone => json!("+212661234567"),
        Shape::Identifier => json!("UA 123456"),
        Shape::Language => json!("ary"),
        Shape::Birth => json!("1961~"),
        Shape::Date => json!("2026-11"),
        Shape::Place => json!({"lat_e5": 1, "lon_e5": -2, "accuracy_m": 3}),
        Shape::Reference(_) => return None,
    })
}

#[test]
fn the_rows_of_the_first_kinds_hold_every_field_described() {
    let kinds = [RecordKind::Household, RecordKind::Member, RecordKind::Visit, RecordKind::Need];
    let mut document = None;
    for (position, kind) in (2..).zip(kinds) {
        let mut line = Map::from_iter([("record".into(), json!(kind.word()))]);
        let own = if kind == RecordKind::Household { "id" } else { "household" };
        line.insert(own.into(), json!(HOUSEHOLD));
        let fields = kind.described();
        line.extend(fields.iter().filter_map(|field| Some((field.name.to_string(), value(field)?))));
        let form = parse_line(1, &Json::Object(line).to_string()).expect("a line");
        let actor = ActorId([7; 16]);
        match (&form, document.as_mut()) {
            (Form::Household(form), _) => {
                document = Some(HouseholdDocument::create(actor, position, form).expect("records").0);
            }
            (form, Some(document)) => drop(document.record(actor, position, form).expect("records")),
            (_, None) => panic!("the household comes first"),
        }
    }
    let view = HouseholdView::read(&document.expect("made"));
    let json = serde_json::to_value(&view).expect("JSON");
    for kind in kinds {
        let row = if kind == RecordKind::Household { &json["household"] } else { &json[kind.map()][0] };
        assert_eq!(row["extra"], json!({}), "{}", kind.word());
        for field in kind.described().iter().filter(|field| value(field).is_some()) {
            assert!(!row[field.name].is_null(), "the row of a {} has no {}", kind.word(), field.name);
        }
    }
}
