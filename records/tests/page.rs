//! The page `docs/RECORDS.md` is true: its examples are read, recorded and refused as it says.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use std::collections::BTreeMap;

use khettara_core::id::ActorId;
use khettara_records::model::{Form, HouseholdDocument, Reason, parse_line};
use khettara_records::projection::HouseholdView;
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
    assert_eq!(blocks.iter().map(Vec::len).collect::<Vec<_>>(), [5, 3, 2]);
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
                let Some(khettara_records::model::Reference::Id(id)) = other.household() else { panic!() };
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
fn the_page_names_every_code() {
    use khettara_records::model as m;
    for code in [
        m::Status::CODES,
        m::Water::CODES,
        m::Dwelling::CODES,
        m::Sex::CODES,
        m::Relation::CODES,
        m::Marital::CODES,
        m::Schooling::CODES,
        m::TimeSource::CODES,
        m::VisitKind::CODES,
        m::Respondent::CODES,
        m::Consent::CODES,
        m::Category::CODES,
        m::Urgency::CODES,
        m::NeedStatus::CODES,
    ]
    .concat()
    {
        assert!(PAGE.contains(&format!("`{code}`")), "{code}");
    }
    let reason =
        parse_line(1, "{\"record\":\"visit\",\"household\":\"h\",\"kind\":\"x\"}").unwrap_err().reason;
    assert_eq!(reason, Reason::NotInVocabulary { allowed: m::VisitKind::CODES });
}
