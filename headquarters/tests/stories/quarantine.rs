//! Headquarters closes tablets, looks at what is held and not merged, takes it out for a specialist, and releases it.

use clap::Parser;
use khettara_hq::cli::{Args, FAILURE, OK, exit_of, run};
use khettara_hq::{Headquarters, HqError};
use serde_json::Value;

use crate::support::{Relay, Tablet, feed, founded, household, ticket, visit};

struct Province {
    folder: tempfile::TempDir,
    relay: Relay,
    tablet: Tablet,
}

/// An organisation with one tablet that has brought a household.
fn province() -> Province {
    let folder = tempfile::tempdir().expect("the disk works");
    let address = Relay::free_address();
    let mut office = founded(folder.path(), address);
    let relay = Relay::start(office.organisation(), address);
    let ticket = ticket(&mut office);
    office.pull(&mut |_| {}).expect("pulls");
    let mut tablet = Tablet::with_ticket(1, &ticket);
    tablet.meet(&relay);
    tablet.save(&feed(), &[household(1, "une note")]);
    tablet.meet(&relay);
    office.pull(&mut |_| {}).expect("pulls");
    drop(office);
    Province { folder, relay, tablet }
}

impl Province {
    /// What the command says, as it was asked; or why it did nothing.
    fn asks(&self, words: &[&str]) -> Result<String, HqError> {
        let dir = self.folder.path().to_str().expect("a path");
        let arguments = ["khettara-hq", "--dir", dir].into_iter().chain(words.iter().copied());
        let args = Args::try_parse_from(arguments).expect("understood");
        let mut out = Vec::new();
        let code = run(&args, &mut out)?;
        assert_eq!(code, OK);
        Ok(String::from_utf8(out).expect("text"))
    }

    fn says(&self, words: &[&str]) -> String {
        self.asks(words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.says(&words)).expect("JSON")
    }

    fn refused(&self, words: &[&str]) -> String {
        let error = self.asks(words).expect_err("nothing is done");
        assert_eq!(exit_of(&error), FAILURE);
        error.to_string()
    }

    fn visits(&self) -> u64 {
        let office = Headquarters::open(self.folder.path()).expect("opens");
        office.status().expect("reads").visits
    }
}

fn names(held: &Value) -> Vec<String> {
    let lines = held["held"].as_array().expect("a list");
    lines.iter().map(|line| line["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn a_closed_tablets_work_is_listed_shown_exported_and_released() {
    let mut province = province();
    assert_eq!(province.says(&["quarantine"]).trim(), "Everything that is held is merged.");
    let said = province.says(&["close", "1", "--reason", "stolen"]);
    assert!(
        said.contains("Serial 1 is closed everywhere.") && said.contains("2 entries in 1 log."),
        "{said}"
    );
    province.tablet.save(&feed(), &[visit(1, "الماء بعيد"), visit(1, "encore")]);
    province.tablet.meet(&province.relay);
    let pulled = province.json(&["pull"]);
    assert_eq!(
        (&pulled["visits"], &pulled["set_aside"]["set aside: its log is closed"]),
        (&0.into(), &2.into())
    );

    let listed = province.json(&["quarantine"]);
    assert_eq!((&listed["entries"], &listed["waiting"]), (&2.into(), &0.into()));
    let line = &listed["held"][0];
    assert_eq!(
        (&line["serial"], &line["reason"], &line["can_be_released"]),
        (&1.into(), &4.into(), &true.into())
    );
    let [first, last] = names(&listed).try_into().expect("two");
    let text = province.says(&["quarantine", "list", "--lang", "fr"]);
    for fact in [first.as_str(), "08.201.11.07", "la tablette 1", "cette tablette a été fermée", "2 entries"]
    {
        assert!(text.contains(fact), "no {fact:?} in {text}");
    }
    let text = province.says(&["quarantine", "show", &first, "--lang", "fr"]);
    for fact in ["visite · note: الماء بعيد", "visite · type de visite: première", "quarantine release"]
    {
        assert!(text.contains(fact), "no {fact:?} in {text}");
    }
    let shown = province.json(&["quarantine", "show", &last]);
    let said = shown["says"].as_array().expect("a list");
    assert!(said.iter().any(|one| one["field"] == "note" && one["value"] == "encore"), "{shown}");

    let to = province.folder.path().join("for-a-specialist");
    let place = to.to_str().expect("a path");
    assert_eq!(province.json(&["quarantine", "export", "--to", place])["entries"], 2);
    let known = std::fs::read_to_string(to.join("entries.jsonl")).expect("written");
    for line in known.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let file = to.join(line["file"].as_str().expect("a name"));
        let bytes = std::fs::read(file).expect("written");
        assert_eq!(Some(bytes.len() as u64), line["bytes"].as_u64());
        let change = bytes.get(16..).expect("document, then the change");
        let hash = khettara_records::airlock::change_hash(change).expect("a change");
        assert_eq!(line["change"].as_str(), Some(&*hash.to_hex()));
    }
    assert!(province.refused(&["quarantine", "export", "--to", place]).contains("not written over"));

    // The second builds on the first: it stands, and waits.
    let released = province.json(&["quarantine", "release", &last, "--only"]);
    assert_eq!((&released["entries"], &released["waiting"]), (&0.into(), &1.into()));
    assert!(
        province.refused(&["quarantine", "release", &last]).contains("waits for the change it builds on")
    );
    let said = province.says(&["quarantine", "release", &first, "--only"]);
    assert!(said.contains("Released: 2 entries went in here."), "{said}");
    assert_eq!(province.visits(), 2);
    assert!(province.refused(&["quarantine", "show", &first]).contains("nothing that is held back"));
    assert_eq!(province.json(&["pull"])["receipts"], 1, "its author is told");
    province.tablet.meet(&province.relay);
    let receipts = province.tablet.headquarters_receipts(&feed());
    let (_, n, _, held_back) = &receipts[0].body.lines.as_slice()[0];
    assert_eq!((*n, held_back.as_slice().len()), (province.tablet.entries(&feed()), 0));
}

#[test]
fn of_two_tablets_under_one_name_a_person_chooses_the_branch_that_goes_on() {
    let province = province();
    let (mut one, mut other) = (province.tablet.twin(), province.tablet.twin());
    one.save(&feed(), &[visit(1, "one")]);
    other.save(&feed(), &[visit(1, "other")]);
    for twin in [&one, &other] {
        twin.meet(&province.relay);
    }
    province.says(&["pull"]);
    let listed = province.json(&["quarantine"]);
    assert_eq!((province.visits(), &listed["entries"]), (0, &2.into()), "{listed}");
    let name = names(&listed).into_iter().find(|name| {
        let shown = province.json(&["quarantine", "show", name]);
        shown["says"].as_array().is_some_and(|said| said.iter().any(|one| one["value"] == "one"))
    });
    let name = name.expect("each says what it would write");
    let ambiguous = name.rsplit_once(':').expect("log, position, head").0;
    assert!(province.refused(&["quarantine", "show", ambiguous]).contains("2 entries have this name"));
    let released = province.json(&["quarantine", "release", &name]);
    assert_eq!((&released["entries"], province.visits()), (&1.into(), 1));
    assert_eq!(
        province.json(&["quarantine"])["entries"],
        1,
        "the other stays held, and nothing of it is lost"
    );
}

#[test]
fn what_cannot_be_closed_or_released_says_why() {
    let province = province();
    assert!(province.refused(&["close", "7"]).contains("no tablet has enrolled with serial 7"));
    assert!(province.refused(&["close", "1", "--feed", "08.301.*"]).contains("no feed of this organisation"));
    assert!(province.refused(&["quarantine", "show", "abcd:3"]).contains("nothing that is held back"));
    assert!(
        province.refused(&["quarantine", "release", "the first"]).contains("this is no name of an entry")
    );
    let said = province.says(&["close", "1", "--mode", "drain", "--feed", "08.201.11.07", "--keep-nothing"]);
    assert!(said.contains("in 08.201.11.07") && said.contains("0 entries in 0 logs"), "{said}");
}
