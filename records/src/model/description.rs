//! What the records are, told to programs: every kind, its fields, what each may hold, and the lists in its lines.
//!
//! Nothing is written down a second time: fields come from the tables of their kinds, and which lists a line may
//! have is found by asking the reader of lines.

use super::error::Reason;
use super::fields::FieldSpec;
use super::kinds::RecordKind;
use super::line::parse_line;
use super::value::ValueType;
use super::vocabulary::Vocabulary;
use super::words::Words;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text, at most so many bytes.
    Text {
        /// Bytes of UTF-8.
        bytes_max: usize,
    },
    /// One of these codes.
    Code(&'static [&'static str]),
    /// Several of these codes.
    Codes(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A whole number.
    Whole {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// An instant in UTC, to the second.
    Time,
    /// A commune's HCP code.
    Commune,
    /// A telephone number.
    Phone,
    /// A number of a state register, hashed.
    Identifier,
    /// A language's code.
    Language,
    /// A date or year of birth, which may be a guess.
    Birth,
    /// A date, a month or a year.
    Date,
    /// HCP codes of territories, with spaces between them.
    Territories,
    /// A place on the map.
    Place,
    /// Another record: of the same document where its kind is known.
    Reference(Option<RecordKind>),
}

/// One field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDescription {
    /// Its name in lines and documents.
    pub name: &'static str,
    /// What it is, in plain words.
    pub words: Words,
    /// A new record must have it.
    pub needed: bool,
    /// What it may hold.
    pub shape: Shape,
    /// The list of its codes with their words, where it holds codes.
    pub vocabulary: Option<&'static Vocabulary>,
}

/// A list that stands in a record's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListDescription {
    /// Its name.
    pub name: &'static str,
    /// What it lists.
    pub of: ListOf,
    /// At most so many in one line.
    pub items_max: usize,
}

/// What a list lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOf {
    /// Other records, each without `record` and `household`.
    Records(RecordKind),
    /// Codes of languages.
    Languages,
}

impl RecordKind {
    /// The fields of this kind, in the order of the page; none is left out.
    #[must_use]
    pub fn described(self) -> Vec<FieldDescription> {
        let described = |spec: &FieldSpec| {
            let (name, words, needed) = (spec.name, spec.words, spec.needed);
            let vocabulary = match spec.value_type {
                ValueType::Code(list) | ValueType::Codes(list) => Some(list),
                _ => None,
            };
            FieldDescription { name, words, needed, shape: self.shape_of(spec), vocabulary }
        };
        self.fields().iter().map(described).collect()
    }

    /// The lists that a line of this kind may have.
    #[must_use]
    pub fn lists(self) -> Vec<ListDescription> {
        let records = Self::ENTRIES.map(|kind| (kind.map(), ListOf::Records(kind)));
        let candidates = std::iter::once(("languages", ListOf::Languages)).chain(records);
        candidates.filter_map(|(name, of)| self.list(name, of)).collect()
    }

    fn list(self, name: &'static str, of: ListOf) -> Option<ListDescription> {
        let of_document = self.subjects().first();
        let of_document =
            of_document.map_or(String::new(), |subject| format!(r#""{}":"h","#, subject.word()));
        let items = vec!["0"; ITEMS_PROBED].join(",");
        let line = format!(r#"{{"record":"{}",{of_document}"{name}":[{items}]}}"#, self.word());
        match parse_line(1, &line).err()?.reason {
            Reason::TooMany { max, .. } => Some(ListDescription { name, of, items_max: max }),
            _ => None,
        }
    }

    fn shape_of(self, spec: &FieldSpec) -> Shape {
        match spec.value_type {
            ValueType::Text => Shape::Text { bytes_max: spec.bytes_max },
            ValueType::Flag => Shape::Flag,
            ValueType::Integer { min, max } => Shape::Whole { min, max },
            ValueType::Code(list) => Shape::Code(list.codes),
            ValueType::Codes(list) => Shape::Codes(list.codes),
            ValueType::Commune => Shape::Commune,
            ValueType::Territories => Shape::Territories,
            ValueType::Identifier => Shape::Identifier,
            ValueType::Phone => Shape::Phone,
            ValueType::Language => Shape::Language,
            ValueType::Birth => Shape::Birth,
            ValueType::Date => Shape::Date,
            ValueType::Instant => Shape::Time,
            ValueType::Gps => Shape::Place,
            ValueType::Reference => Shape::Reference(self.target(spec.name)),
        }
    }
}

/// More than any list may have.
const ITEMS_PROBED: usize = 4_096;

#[cfg(test)]
mod tests {
    use khettara_core::limits::{RECORD_LANGUAGES_MAX, RECORD_MEMBERS_PER_FORM_MAX};

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::model::Node;

    /// A value that the field takes, as a line gives it.
    fn value(field: &FieldDescription) -> Json {
        match field.shape {
            Shape::Text { .. } => json!("ⵉⵎⵎⴰ"),
            Shape::Code(codes) => json!(codes.last()),
            Shape::Flag => json!(true),
            Shape::Whole { max, .. } => json!(max),
            Shape::Time => json!("2026-11-25T09:30:00Z"),
            Shape::Commune => json!("08.201.11.07"),
            Shape::Phone => json!("+212661234567"),
            Shape::Identifier => json!("UA 123456"),
            Shape::Language => json!("ary"),
            Shape::Birth => json!("1961~"),
            Shape::Place => json!({"lat_e5": 1, "lon_e5": -2, "accuracy_m": 3}),
            Shape::Reference(_) => json!("h1"),
            Shape::Codes(codes) => json!(codes),
            Shape::Date => json!("2026-11"),
            Shape::Territories => json!("08.201 08.401.11"),
        }
    }

    #[test]
    fn every_field_is_described_and_takes_what_its_description_says() {
        for kind in RecordKind::ALL {
            for (spec, field) in kind.fields().iter().zip(kind.described()) {
                let place = format!("{}.{}", kind.word(), field.name);
                let value = value(&field);
                let node = serde_json::from_value(value).expect("JSON");
                let taken = (spec.accepts)(&node);
                let is_name = matches!(taken, Err(Reason::UnknownHandle));
                assert!(taken.is_ok() || is_name, "{place}: {taken:?}");
                if let Shape::Text { bytes_max } = field.shape {
                    let long = (spec.accepts)(&Node::Text("x".repeat(bytes_max)));
                    assert!(long.is_ok(), "{place}: {long:?}");
                    let longer = (spec.accepts)(&Node::Text("x".repeat(bytes_max + 1)));
                    assert!(matches!(longer, Err(Reason::TooLong { .. })), "{place}: {longer:?}");
                }
            }
        }
    }

    #[test]
    fn the_lists_of_lines_are_found_by_asking_the_reader() {
        let household = RecordKind::Household.lists();
        let names: Vec<&str> = household.iter().map(|list| list.name).collect();
        assert!(names.starts_with(&["languages", "members"]), "{names:?}");
        assert_eq!(household[0].items_max, RECORD_LANGUAGES_MAX);
        assert_eq!(household[1].items_max, RECORD_MEMBERS_PER_FORM_MAX);
        assert!(RecordKind::Visit.lists().iter().any(|list| list.of == ListOf::Records(RecordKind::Need)));
        assert!(RecordKind::Need.lists().is_empty());
        let attendees = ListOf::Records(RecordKind::Attendee);
        assert!(RecordKind::Consultation.lists().iter().any(|list| list.of == attendees));
    }
}
