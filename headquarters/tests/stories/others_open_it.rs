//! A dataset is opened as its readers do: by DuckDB, pandas, a validator of Frictionless packages and one of JSON
//! Schema, and they all see the same. What the page about datasets says of their columns is true.

use std::path::Path;
use std::process::Command;

use crate::python::python;
use crate::support::{Relay, Tablet, feed, founded, household_id, ticket};
use khettara_hq::export::{Column, ColumnKind, TableDescription, tables};
use khettara_records::model::{Reason, RecordKind, Shape, parse_line};
use serde_json::{Map, Value as Json, json};

const RECORDS: &str = include_str!("../../../docs/RECORDS.md");
const DATASETS: &str = include_str!("../../../docs/DATASETS.md");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/open_dataset.py");

fn id(kind: &str, number: u8) -> String {
    format!("0192f7a4-{kind}-7d21-9f64-3b1f0a6e2c{number:02x}")
}

/// Three families with every script, numbers below zero, nothing where nothing was said, and what a spreadsheet
/// would run.
fn lines() -> Vec<String> {
    let head = id("aaaa", 1);
    let first = json!({
        "record": "household", "id": household_id(1), "commune": "08.201.11.07", "status": "sedentary",
        "douar": "Ksar Merzouga — قصر مرزوكة", "languages": ["ary", "zgh"], "water": "fountain",
        "electricity": false, "road_km_tenths": 4, "phone": "+212661234567", "note": "=1+1\n'citerne'",
        "gps": {"lat_e5": 3_109_821, "lon_e5": -401_112, "accuracy_m": 12}, "head": head,
        "members": [
            {"id": head, "name_ar": "مُحَمَّد أوحدو", "sex": "male", "birth": "1958~", "relation": "head"},
            {"id": id("aaaa", 2), "name_ar": "ⵉⵟⵟⵓ ⵓⵃⴰⴷⴷⵓ", "name_latin": "Ittou \"l'aînée\"", "sex": "female",
             "birth": "2014-05-30", "relation": "grandchild", "disability": true},
        ],
    });
    let visit = json!({
        "record": "visit", "id": id("bbbb", 1), "household": household_id(1), "at": "2026-11-25T09:30:00Z",
        "agent": "a-12", "kind": "first", "offset_min": -60, "error_s": 0,
        "note": "البئر جفت منذ الصيف.\nLa citerne passe une fois par semaine.",
        "needs": [{"id": id("cccc", 1), "category": "water", "urgency": "high", "text": "صهريج للماء; \"vite\""}],
    });
    let earlier = json!({
        "record": "visit", "id": id("bbbb", 2), "household": household_id(1), "at": "1970-01-01T00:00:00Z",
        "agent": "@12", "kind": "other", "note": "-12 °C",
    });
    let second = json!({
        "record": "household", "id": household_id(2), "commune": "01.051.01.01.03", "status": "nomadic",
    });
    let enrolment = json!({
        "record": "enrolment", "id": id("dddd", 1), "household": household_id(1), "programme": "دعم مباشر",
        "status": "enrolled", "member": head, "since": "2026-03", "amount_mad": 500,
    });
    let school = json!({
        "record": "service_point", "id": household_id(4), "kind": "school", "commune": "08.201.11.07",
        "name_ar": "مدرسة", "open_days": ["tuesday", "monday"], "gps": {"lat_e5": -1, "lon_e5": 0},
    });
    [first, visit, earlier, second, enrolment, school].iter().map(Json::to_string).collect()
}

/// What other tablets say of the second family, without having heard of one another.
fn also(number: u8) -> Vec<String> {
    let water = ["well", "running"][usize::from(number) % 2];
    let line = json!({"record": "household", "id": household_id(3), "commune": "08.201.11.07",
                      "status": "homeless", "water": water, "note": format!("'{number}")});
    vec![line.to_string()]
}

#[test]
fn duckdb_pandas_and_validators_see_the_same_as_the_spreadsheet() {
    let folder = tempfile::tempdir().expect("the disk works");
    let address = Relay::free_address();
    let mut office = founded(&folder.path().join("hq"), address);
    let relay = Relay::start(office.organisation(), address);
    let tickets = [ticket(&mut office), ticket(&mut office)];
    office.pull(&mut |_| {}).expect("pulls");
    let mut tablets: Vec<Tablet> =
        (1..).zip(&tickets).map(|(number, ticket)| Tablet::with_ticket(number, ticket)).collect();
    for (number, tablet) in (1..).zip(&mut tablets) {
        tablet.meet(&relay);
        tablet.save(&feed(), &also(number));
    }
    tablets[0].save(&feed(), &lines());
    tablets.iter().for_each(|tablet| tablet.meet(&relay));
    office.pull(&mut |_| {}).expect("pulls");
    let to = folder.path().join("dataset");
    let manifest = office.export(&to).expect("exports");
    assert_eq!((manifest.format, manifest.holds.households), (2, 3));
    let cases = folder.path().join("lines.jsonl");
    std::fs::write(&cases, judged_lines()).expect("writes");
    let said = Command::new(python()).arg(SCRIPT).args([&to, &cases]).output().expect("runs");
    let text = [&said.stdout[..], &said.stderr[..]].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(said.status.success(), "{text}");
    assert!(text.contains("households 3, members 2, visits 2, needs 1"), "{text}");
}

#[test]
fn the_schema_is_printed_without_an_organisation_and_is_that_of_a_dataset() {
    let folder = tempfile::tempdir().expect("the disk works");
    let mut command = Command::new(env!("CARGO_BIN_EXE_khettara-hq"));
    let output =
        command.arg("--dir").arg(folder.path().join("nowhere")).arg("schema").output().expect("runs");
    assert!(output.status.success());
    let schema: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(schema, khettara_records::model::records_schema());
}

/// Lines of the page about records, and lines with every field and every kind of value, each with what the reader
/// of lines says and whether a schema can say it too.
fn judged_lines() -> String {
    let mut lines: Vec<String> = ["jsonl", "refused"].iter().flat_map(|block| blocks(block)).collect();
    for kind in RecordKind::ALL.iter().copied() {
        let fields = kind.described().into_iter().map(|field| field.name);
        let own: Vec<&str> = kind.lists().iter().map(|list| list.name).chain(["id", "ref"]).collect();
        for name in fields.chain(own.iter().copied()) {
            lines.extend(values().into_iter().map(|value| line(kind, name, value)));
        }
        let codes = kind.described().into_iter().flat_map(|field| match field.shape {
            Shape::Code(codes) => codes.iter().map(|code| line(kind, field.name, json!(code))).collect(),
            Shape::Codes(codes) => vec![line(kind, field.name, json!(codes))],
            _ => Vec::new(),
        });
        lines.extend(codes);
        // Lists of other records, what an entry may belong to, and what nobody has.
        let others = RecordKind::ALL.iter().flat_map(|other| [other.map(), other.word()]);
        for name in others.chain(["strange"]) {
            lines.extend([json!([]), json!("h1")].map(|value| line(kind, name, value)));
        }
    }
    for name in ["household", "path", "side", "value", "seen", "id"] {
        lines.extend(values().into_iter().map(|value| decision(name, value)));
    }
    let judged = lines.into_iter().map(|line| {
        let said = parse_line(1, &line);
        let unseen =
            |reason| matches!(reason, Reason::Repeated | Reason::NotJson { .. } | Reason::EndsBeforeItBegins);
        let seen = !said.as_ref().is_err_and(|error| unseen(error.reason));
        json!({"line": line, "taken": said.is_ok(), "seen": seen}).to_string()
    });
    judged.collect::<Vec<_>>().join("\n")
}

/// The lines of the page's blocks of one language; of a refusal the line without its reason.
fn blocks(language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let blocks = RECORDS.split(&opening).skip(1).filter_map(|rest| rest.split("\n```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with('{'));
    lines.map(Into::into).collect()
}

/// A line about a record that exists, in which one field has this value.
fn line(kind: RecordKind, name: &str, value: Json) -> String {
    let mut line =
        Map::from_iter([("record".into(), json!(kind.word())), ("id".into(), json!(household_id(9)))]);
    if let Some(subject) = kind.subjects().first() {
        line.insert(subject.word().into(), json!("h1"));
    }
    line.insert(name.into(), value);
    Json::Object(line).to_string()
}

/// A line that decides between answers, in which one field has this value.
fn decision(name: &str, value: Json) -> String {
    let mut line = json!({"record": "resolve", "household": "h1", "path": "household.water"});
    if name != "value" {
        line["side"] = json!("7f".repeat(32));
    }
    line[name] = value;
    line.to_string()
}

/// Values of every shape, right and wrong, at their limits and beyond.
fn values() -> Vec<Json> {
    let mut values = vec![
        json!(null),
        json!(true),
        json!(1.5),
        json!([]),
        json!({}),
        json!(["ary"]),
        json!(["ary", "Ary"]),
        json!({"lat_e5": 1, "lon_e5": 2}),
        json!({"lat_e5": 9_000_001, "lon_e5": 2}),
        json!({"lat_e5": 1}),
        json!({"lat_e5": 1, "lon_e5": 2, "accuracy_m": -1}),
        json!({"lat_e5": 1, "lon_e5": 2, "height": 3}),
        json!([{"name_latin": "Itto", "sex": "female", "relation": "head"}]),
        json!([{"id": household_id(8), "sex": "?"}]),
        json!([{"category": "water", "urgency": "high"}]),
    ];
    let numbers = [0, -1, 9_999, 10_000, -1_440, -1_441, 31_536_001, i64::MAX];
    values.extend(numbers.map(|number| json!(number)));
    let texts = [
        "",
        " ",
        "?",
        "h1",
        "ⵣ",
        "a\u{1}",
        "a\u{202e}",
        "\ttab",
        "08.201.11.07",
        "8.201.11.7",
        "08.201.11.07.01",
        "+212661234567",
        "0661234567",
        "ary",
        "zgh-Tfng",
        "ARY",
        "1961",
        "1961~",
        "1961-03-12",
        "1879",
        "1961-13-01",
        "2026-11-25T09:30:00Z",
        "2026-11-25T09:30:00+01:00",
        "1969-12-31T23:59:59Z",
        "2199-12-31T23:59:59Z",
    ];
    values.extend(texts.map(|text| json!(text)));
    values.extend([json!(household_id(7)), json!("7F".repeat(32)), json!(["7f".repeat(32)])]);
    values.push(json!(format!("needs/{}/status", household_id(7))));
    values.extend([64, 65, 256, 257, 4_096, 4_097, 16_384, 16_385].map(|letters| json!("x".repeat(letters))));
    values
}

#[test]
fn the_page_about_datasets_names_every_column_as_it_is() {
    let (begin, end) = ("<!-- columns -->\n", "<!-- end of columns -->");
    let said =
        DATASETS.split(begin).nth(1).and_then(|rest| rest.split(end).next()).expect("its part is marked");
    let right: String = tables().iter().map(page).collect();
    if said != right {
        let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).join("columns.md");
        std::fs::write(&beside, &right).expect("writes");
        panic!("docs/DATASETS.md is behind the code: put {} between its marks", beside.display());
    }
}

/// A table as the page shows it.
fn page(table: &TableDescription) -> String {
    let mut text = format!("\n### {}\n\n{} Key: ", table.name, table.words);
    text += &format!("`{}`.", table.primary_key.join("`, `"));
    for key in &table.foreign_keys {
        text += &format!(" `{}` names a row of {}.", key.columns.join("`, `"), key.table);
    }
    text += "\n\n| Column | Type | What |\n|---|---|---|\n";
    for column in &table.columns {
        text += &format!("| `{}` | {} | {} |\n", column.name, kind(column), what(column));
    }
    text
}

fn kind(column: &Column) -> String {
    let kind = match column.kind {
        ColumnKind::Text => "text",
        ColumnKind::Whole => "whole number",
        ColumnKind::Flag => "yes or no",
        ColumnKind::Time => "time",
        ColumnKind::Degrees => "number",
    };
    format!("{kind}{}", if column.always { ", always" } else { "" })
}

fn what(column: &Column) -> String {
    let mut what = column.words.clone();
    if let Some(unit) = column.unit {
        what += &format!(", in {unit}");
    }
    if let Some(codes) = column.limits.codes {
        what += &format!(": `{}`", codes.join("` `"));
    }
    what
}
