//! The page `docs/RECORDS.md` is true: its examples are read, recorded and refused as it says.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use std::collections::BTreeMap;

use khettara_core::id::{ActorId, DocumentId};
use khettara_records::model::{self as m, Form, HouseholdDocument, Reason, fields_and_codes, parse_line};
use khettara_records::projection::{HouseholdView, export_lines};
use uuid::Uuid;

const PAGE: &str = include_str!("../../docs/RECORDS.md");

/// The lines of every fenced block of one language.
fn blocks(language: &str) -> Vec<Vec<&'static str>> {
    let mut found = Vec::new();
    let mut lines = PAGE.lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(language) {
            found.push(lines.by_ref().take_while(|line| *line != "```").collect());
        } else if line.starts_with("```") {
            lines.by_ref().find(|line| *line == "```");
        }
    }
    found
}

#[test]
fn every_example_line_is_read() {
    let blocks = blocks("jsonl");
    assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [5, 14, 3, 2]);
    for (place, line) in blocks.concat().iter().enumerate() {
        let line_no = place as u64 + 1;
        parse_line(line_no, line).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_first_file_is_recorded_as_two_families_whose_scripts_survive() {
    let actor = ActorId([7; 16]);
    let mut handles: BTreeMap<String, Uuid> = BTreeMap::new();
    let mut documents: BTreeMap<Uuid, HouseholdDocument> = BTreeMap::new();
    for (place, line) in blocks("jsonl")[0].iter().enumerate() {
        let position = place as u64 + 2;
        let mut form = parse_line(1, line).unwrap();
        form.bind(&handles).unwrap();
        let recorded = match &form {
            Form::Household(household) => {
                let (document, recorded) = HouseholdDocument::create(actor, position, household).unwrap();
                documents.insert(Uuid::from_bytes(document.id().0), document);
                recorded
            }
            other => {
                let Some(khettara_records::model::Reference::Id(id)) = other.document() else { panic!() };
                documents.get_mut(&id).unwrap().record(actor, position, other).unwrap()
            }
        };
        handles.extend(recorded.records.into_iter().filter_map(|record| Some((record.handle?, record.id))));
    }
    assert_eq!(documents.len(), 2);
    let view = HouseholdView::read(&documents[&handles["h1"]]);
    assert_eq!((view.members.len(), view.visits.len(), view.needs.len(), view.conflicts), (3, 1, 3, 0));
    assert!(view.members.iter().any(|member| member.name_ar.as_deref() == Some("مُحَمَّد أوحدو")));
    assert!(view.members.iter().any(|member| member.name_ar.as_deref() == Some("ⵉⵟⵟⵓ ⵓⵃⴰⴷⴷⵓ")));
    assert!(view.needs.iter().any(|need| need.text.as_deref() == Some("ⵜⵉⵏⵎⵍ ⵜⴰⴳⴳⵯⴰⵊⵜ")));
    assert!(view.visits[0].note.as_deref().unwrap().ends_with("La citerne passe une fois par semaine."));
}

#[test]
fn every_refusal_on_the_page_says_what_the_page_says() {
    let block = blocks("refused").concat();
    assert!(block.len() >= 26);
    for pair in block.chunks(2) {
        let error = parse_line(3, pair[0]).expect_err(pair[0]);
        assert_eq!(error.to_string(), format!("line 3: {}", pair[1]));
    }
}

#[test]
fn the_four_kinds_told_here_name_all_their_fields_and_codes() {
    for kind in [m::RecordKind::Household, m::RecordKind::Member, m::RecordKind::Visit, m::RecordKind::Need] {
        let table = fields_and_codes();
        let section = table.split(&format!("\n### {}\n", kind.word())).nth(1).unwrap().split("\n### ").next();
        for row in section.unwrap().lines().filter(|line| line.starts_with("| `")) {
            let field = row.split('`').nth(1).unwrap();
            assert!(PAGE.contains(&format!("`{field}`")), "{field}");
        }
    }
    let told =
        ["Status", "Water", "Dwelling", "Sex", "Relation", "Marital", "Schooling", "Category", "Consent"];
    for list in m::vocabulary::vocabularies().iter().filter(|list| told.contains(&list.name)) {
        for code in list.codes {
            assert!(PAGE.contains(&format!("`{code}`")), "{code}");
        }
    }
    let reason =
        parse_line(1, "{\"record\":\"visit\",\"household\":\"h\",\"kind\":\"x\"}").unwrap_err().reason;
    assert_eq!(reason, Reason::NotInVocabulary { allowed: m::VisitKind::CODES });
}

#[test]
fn the_page_of_fields_and_codes_is_the_tables() {
    let page = include_str!("../../docs/VOCABULARIES.md");
    assert!(page == fields_and_codes(), "the page says how it is written anew");
}

#[test]
fn records_of_every_kind_on_the_page_and_the_first_consultation_are_recorded() {
    let actor = ActorId([8; 16]);
    let household = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
    let mut documents: BTreeMap<Uuid, HouseholdDocument> = BTreeMap::new();
    let mut handles: BTreeMap<String, Uuid> = BTreeMap::new();
    let family = format!(
        r#"{{"record":"household","id":"{household}","ref":"h1","commune":"08.201.11.07","status":"sedentary","members":[{{"ref":"m1","name_latin":"Itto","sex":"female","relation":"head"}}]}}"#
    );
    let sample = include_str!("../../docs/samples/first-consultation.jsonl");
    let lines = std::iter::once(family.as_str()).chain(blocks("jsonl")[1].clone()).chain(sample.lines());
    for (position, line) in (2..).zip(lines) {
        let mut form = parse_line(1, line).unwrap();
        form.bind(&handles).unwrap_or_else(|error| panic!("{error}: {line}"));
        let id = match form.document() {
            Some(m::Reference::Id(id)) => id,
            _ => m::DeviceIds::new(actor, position).next_id(),
        };
        let document =
            documents.entry(id).or_insert_with(|| HouseholdDocument::new(DocumentId(*id.as_bytes())));
        let recorded =
            document.record(actor, position, &form).unwrap_or_else(|error| panic!("{error}: {line}"));
        handles.extend(recorded.records.into_iter().filter_map(|record| Some((record.handle?, record.id))));
    }
    let mut seen = std::collections::BTreeSet::new();
    for document in documents.values() {
        let view = HouseholdView::read(document);
        assert_eq!((view.conflicts, view.extra.len()), (0, 0));
        assert!(view.records.iter().all(|row| row.extra.is_empty()));
        seen.extend(view.records.iter().map(|row| row.kind));
        // What is exported gives the same rows again.
        let mut again = HouseholdDocument::new(document.id());
        for (position, line) in (2..).zip(export_lines(&view)) {
            again
                .record(actor, position, &parse_line(1, &line).unwrap())
                .unwrap_or_else(|error| panic!("{error}: {line}"));
        }
        assert_eq!(HouseholdView::read(&again).records, view.records);
    }
    let newer: std::collections::BTreeSet<_> =
        m::RecordKind::ALL.iter().copied().filter(|kind| kind.constant() > 1).collect();
    assert_eq!(seen, newer, "a record of every kind");
}
