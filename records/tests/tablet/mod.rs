//! A tablet in a test: an actor, a copy of one family, and what it wrote.

use khettara_core::id::{ActorId, ChangeHash, DocumentId};
use khettara_records::model::{Form, HouseholdDocument, constants, parse_line};
use khettara_records::projection::HouseholdView;
use uuid::Uuid;

pub(crate) const ID: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
pub(crate) const MEMBER: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";

pub(crate) fn id() -> DocumentId {
    DocumentId(*Uuid::parse_str(ID).unwrap().as_bytes())
}

pub(crate) fn form(line: &str) -> Form {
    parse_line(1, line).unwrap()
}

pub(crate) fn household(fields: &str) -> Form {
    form(&format!(r#"{{"record":"household","id":"{ID}",{fields}}}"#))
}

/// A tablet: its actor, its copy, its next position and every change it has seen.
#[derive(Clone)]
pub(crate) struct Tablet {
    pub(crate) actor: ActorId,
    pub(crate) document: HouseholdDocument,
    pub(crate) position: u64,
    pub(crate) chunks: Vec<Vec<u8>>,
}

impl Tablet {
    pub(crate) fn new(name: u8) -> Self {
        let document = HouseholdDocument::new(id());
        Self { actor: ActorId([name; 16]), document, position: 1, chunks: Vec::new() }
    }

    pub(crate) fn write(&mut self, form: &Form) -> ChangeHash {
        self.position += 1;
        let recorded = self.document.record(self.actor, self.position, form).unwrap();
        self.chunks.push(recorded.chunk);
        recorded.hash
    }

    pub(crate) fn hear(&mut self, other: &Self) {
        // What the other's changes stand on is everybody's, and comes with the software.
        let constants = constants().iter().filter(|constant| other.document.has_change(&constant.hash));
        let mut chunks: Vec<&[u8]> = constants.map(|constant| constant.chunk).collect();
        chunks.extend(other.chunks.iter().map(Vec::as_slice));
        self.document.apply(&chunks).unwrap();
    }

    pub(crate) fn view(&self) -> HouseholdView {
        HouseholdView::read(&self.document)
    }
}

/// Two tablets that both know the family, with a member.
pub(crate) fn pair() -> (Tablet, Tablet) {
    let mut left = Tablet::new(1);
    left.write(&household(&format!(
        r#""commune":"08.201.11.07","status":"sedentary","water":"running",
           "members":[{{"id":"{MEMBER}","name_latin":"Itto","sex":"female","relation":"head"}}]"#
    )));
    let mut right = Tablet::new(2);
    right.hear(&left);
    (left, right)
}
