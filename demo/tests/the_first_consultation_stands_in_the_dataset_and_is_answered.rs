//! The story told small: what people said before anybody was visited travels with everything else, stands in the
//! dataset word for word, and one thing they expected is answered.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use khettara_demo::narrator::Narrator;
use khettara_demo::options::StoryOptions;
use khettara_demo::story::tell;
use khettara_hq::export::read_table;
use serde_json::Value as Json;

const FOUNDING_TEXT: &str = include_str!("../../docs/samples/first-consultation.jsonl");

/// One column of the rows of a table that belong to a document.
fn column(dataset: &Path, table: &str, name: &str, document: &str) -> BTreeSet<String> {
    let rows = read_table(&dataset.join(table)).expect("a table");
    let place = |name: &str| rows[0].iter().position(|column| column == name).expect("a column");
    let (document_at, at) = (place("document_id"), place(name));
    rows[1..].iter().filter(|row| row[document_at] == document).map(|row| row[at].clone()).collect()
}

/// What the founding text says under one field of one of its lists.
fn said(list: &str, field: &str) -> BTreeSet<String> {
    let text: Json = serde_json::from_str(FOUNDING_TEXT.trim()).expect("JSON");
    let items = text[list].as_array().expect("a list");
    items.iter().filter_map(|item| item[field].as_str()).map(String::from).collect()
}

#[test]
fn the_first_consultation_reaches_headquarters_whole_and_an_expectation_is_followed_to_its_answer() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("first-consultation");
    let options = StoryOptions { households: 60, tablets: 3, days: 1, seed: 2026, dir, json: true };
    let summary = tell(&options, &Narrator::new(true)).expect("told to its end");
    assert!(summary.is_well(), "{summary:?}");
    assert_eq!(summary.consultations, 1);
    assert_eq!((summary.consultation_attendees, summary.consultation_constraints), (13, 1));
    assert_eq!((summary.consultation_expectations, summary.consultation_expectations_answered), (7, 1));
    let shown = serde_json::to_value(&summary).expect("JSON");
    assert_eq!(
        (&shown["consultations"], &shown["consultation_expectations_answered"]),
        (&1.into(), &1.into())
    );
    assert!(summary.words().contains("consultation: 13 attended, 7 expectations, 1 of them answered"));

    let dataset = Path::new(&summary.dataset_dir);
    let consultations = read_table(&dataset.join("consultations.csv")).expect("a table");
    let cell = |name: &str| {
        let place = consultations[0].iter().position(|column| column == name).expect("a column");
        consultations[1][place].clone()
    };
    let text: Json = serde_json::from_str(FOUNDING_TEXT.trim()).expect("JSON");
    for field in ["title", "venue", "text", "held_on"] {
        assert_eq!(cell(field), text[field], "{field}");
    }
    assert_eq!(cell("feed"), "@reference/08.201");
    let id = cell("consultation_id");
    assert_eq!(column(dataset, "attendees.csv", "name", &id), said("attendees", "name"));
    assert_eq!(column(dataset, "expectations.csv", "text", &id), said("expectations", "text"));
    assert_eq!(column(dataset, "constraints.csv", "text", &id), said("constraints", "text"));
    let statuses = column(dataset, "expectations.csv", "status", &id);
    assert_eq!(statuses, ["answered", "recorded"].map(String::from).into());
    let who = column(dataset, "expectations.csv", "source_serials", &id);
    assert!(who.contains("1;3"), "one office asked, another answered: {who:?}");
}
