//! Why a record was refused: where, and a sentence that says what to do. Never what was written there.

use std::fmt;

use super::expected::Expected;

/// A record that was refused. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RecordError {
    /// The line of the file, from 1; absent where the record did not come from a file.
    pub line: Option<u64>,
    /// Where in the record, such as `members[2].name_ar`; empty for the record as a whole.
    pub field: String,
    /// Why.
    pub reason: Reason,
}

impl RecordError {
    pub(crate) fn new(field: impl Into<String>, reason: Reason) -> Self {
        Self { line: None, field: field.into(), reason }
    }

    pub(crate) fn whole(reason: Reason) -> Self {
        Self::new("", reason)
    }

    /// The same error, said of a line of a file.
    #[must_use]
    pub fn on_line(self, line: u64) -> Self {
        Self { line: Some(line), ..self }
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        write!(f, "{}", self.reason)
    }
}

/// Why a record was refused. Carries counts, limits and our own words only, never a value that was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The line is no JSON, or JSON nested too deep.
    #[error("this is not JSON; check quotes, commas and brackets near character {column}")]
    NotJson {
        /// Where reading stopped, counted from 1.
        column: usize,
    },
    /// The line is longer than any record.
    #[error("the line has {bytes} bytes, at most {max} are read; split it into several records")]
    LineTooLong {
        /// Bytes of the line.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// `record` names no kind of record.
    #[error("\"record\" must be one of {}", list(KINDS))]
    UnknownRecord,
    /// A field this record does not have.
    #[error("its field number {place} is not a field of this record{}", guess(*suggestion))]
    UnknownField {
        /// Which field of the object, from 1.
        place: usize,
        /// The nearest name that exists.
        suggestion: Option<&'static str>,
    },
    /// The same field, id or handle twice.
    #[error("it stands here twice; keep one")]
    Repeated,
    /// A new record needs this field.
    #[error("a new record needs this; please fill it in; if the record exists already, check its id")]
    Missing,
    /// A member needs a name in one of the two scripts.
    #[error("a new member needs name_ar or name_latin, at least one of the two")]
    NoName,
    /// No number of a register.
    #[error("a number is 4 to 24 letters and digits of its card, such as UA123456; check it")]
    BadIdentifier,
    /// A value of another type.
    #[error("this must be {expected}")]
    WrongType {
        /// What is wanted.
        expected: Expected,
    },
    /// A code outside its list.
    #[error("this must be one of {}", list(allowed))]
    NotInVocabulary {
        /// The list.
        allowed: &'static [&'static str],
    },
    /// A text over its limit.
    #[error("the text has {bytes} bytes, at most {max} are kept; shorten it (an Arabic letter is two bytes)")]
    TooLong {
        /// Bytes of the text.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// An empty text.
    #[error("the text is empty; leave the field out, or write null to clear what stands there")]
    Empty,
    /// A control character.
    #[error("the text holds a control character; type it again")]
    ControlCharacter,
    /// A character that changes the direction of what follows, and so can make a text read as another.
    #[error("the text holds an invisible character that turns the writing direction; type it again")]
    DirectionOverride,
    /// Not an HCP code.
    #[error("a commune is its HCP code, such as 08.201.11.07")]
    BadCommune,
    /// Not an E.164 number.
    #[error("a telephone number is written +212612345678: a plus and 8 to 15 digits, no spaces")]
    BadPhone,
    /// Not a BCP-47 language code.
    #[error("a language is its code, such as ary, ar, zgh, shi, rif, fr")]
    BadLanguage,
    /// Not a date of birth.
    #[error(
        "a birth is 1961-03-12, or 1961, or 1961~ where the year is a guess, a day that exists, in the years from 1896 to 2199"
    )]
    BadBirth,
    /// Not a date.
    #[error(
        "a date is written 2026-11-25, or a month 2026-11, or a year 2026: one that exists, from 1900 to 2199"
    )]
    BadDate,
    /// Not a list of territories.
    #[error(
        "territories are HCP codes in ascending order with a space between, such as \"08.201 08.401.11\"; at most {}",
        khettara_core::limits::RECORD_TERRITORIES_MAX
    )]
    BadTerritories,
    /// Nobody is that old.
    #[error("nobody born before {year} is alive; check the year, or leave it out and write a note")]
    TooOld {
        /// The first year taken.
        year: i32,
    },
    /// A link from a record to itself.
    #[error("this links a family to itself; give the id of the other family")]
    LinkToItself,
    /// An answer of a whole profile, changed alone.
    #[error("these answers stand or fall together; record all of them anew, and withdraw the old ones")]
    WholeProfile,
    /// A record of another kind of document.
    #[error("a record of this kind does not belong in this document; check the document's id")]
    OtherDocument,
    /// The end before the beginning.
    #[error("this ends before it begins; check both dates")]
    EndsBeforeItBegins,
    /// Not an instant.
    #[error("a time is written 2026-11-25T09:30:00Z, in UTC: one that exists, from 1970 to 2199")]
    BadTime,
    /// Not a uuid.
    #[error("an id is a uuid in small letters, such as 0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11")]
    BadId,
    /// A number outside its range.
    #[error("this must lie between {min} and {max}")]
    OutOfRange {
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// More entries than one form takes.
    #[error("there are {count}, one form takes {max}; save the others after this one")]
    TooMany {
        /// How many there are.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// A local handle that nothing before it in the file bears.
    #[error("this names a record that has not come before; put that record first, or write its id")]
    UnknownHandle,
    /// The form speaks of another household than the document holds.
    #[error("this record belongs to another household; check the household's id")]
    OtherHousehold,
    /// An id that no record of this household bears.
    #[error("no record of this household bears this id; check it, or record that one first")]
    NoSuchRecord,
    /// A field name that the record does not have, or that may not be cleared.
    #[error("this field cannot be cleared; leave it out, or write what is right")]
    NotClearable,
    /// Everything is as the form says already.
    #[error("everything stands as this form says; there is nothing to save")]
    NothingChanged,
    /// A path that names no field of this household.
    #[error("this path names no field of the household; take it from the list of conflicts")]
    BadPath,
    /// The side chosen does not stand there (any more).
    #[error("the answer chosen no longer stands there; look again and choose")]
    NoSuchSide,
    /// Other answers came since the person looked.
    #[error("another answer has arrived since; look again and choose")]
    SidesChanged,
    /// The side chosen is something that this software cannot write.
    #[error(
        "the answer chosen was written by other software and cannot be written again here; type the value"
    )]
    CannotKeep,
    /// The change would be larger than any replica accepts.
    #[error("this form makes a change of {size} {unit}, at most {max} travel; save it in several steps")]
    ChangeTooLarge {
        /// What was counted.
        unit: &'static str,
        /// The count.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// The document may not grow.
    #[error("this household's record is full ({max} bytes); start a successor record for the family")]
    DocumentFull {
        /// The limit.
        max: usize,
    },
    /// automerge refused; the document was left as it was.
    #[error("the record could not be written into its document; nothing was changed, please report this")]
    Internal,
}

/// The kinds of lines.
pub(crate) const KINDS: &[&str] = &[
    "household",
    "member",
    "visit",
    "need",
    "functioning",
    "enrolment",
    "expectation",
    "constraint",
    "link",
    "referral",
    "protection",
    "service_point",
    "organisation",
    "agent",
    "programme",
    "partnership",
    "consultation",
    "place",
    "certificate",
    "resource",
    "attendee",
    "resolve",
];

fn list(words: &[&str]) -> String {
    words.join(", ")
}

fn guess(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default()
}
