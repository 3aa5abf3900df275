//! Values of fields: what a scalar is, and the texts with a shape of their own (commune, phone, language, birth).

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use khettara_core::limits;

use super::calendar;
use super::error::Reason;
use super::expected::Expected;
use super::json::Node;
use super::vocabulary::Vocabulary;

/// The first year of birth taken at entry: 130 years before this software. No clock of a tablet is asked.
const BIRTH_YEAR_MIN: i32 = 1_896;

/// A plain value as a document keeps it.
#[derive(Clone, PartialEq, Eq)]
pub enum Scalar {
    /// Text, byte for byte as it was entered.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Integer(_) => "Integer(…)",
            Self::Flag(_) => "Flag(…)",
        })
    }
}

/// What a field holds, for pages, schemas and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Text in a person's words.
    Text,
    /// True or false.
    Flag,
    /// A whole number in a range, both ends included.
    Integer {
        /// The smallest.
        min: i64,
        /// The largest.
        max: i64,
    },
    /// One code of a list.
    Code(&'static Vocabulary),
    /// Several codes of a list.
    Codes(&'static Vocabulary),
    /// An HCP code of a commune.
    Commune,
    /// HCP codes of regions, provinces, circles or communes.
    Territories,
    /// A telephone number, E.164.
    Phone,
    /// A number of a state register, hashed.
    Identifier,
    /// A language, BCP-47.
    Language,
    /// A date or year of birth.
    Birth,
    /// A date, a month or a year.
    Date,
    /// An instant in UTC, whole seconds.
    Instant,
    /// A place on the map.
    Gps,
    /// Another record.
    Reference,
}

/// How a typed value is read at entry, kept in a document and checked.
pub(crate) trait FieldValue: Sized {
    /// What it is.
    const TYPE: ValueType;
    /// Reads the value as a line of JSON gives it.
    fn of_node(node: &Node) -> Result<Self, Reason>;
    /// Reads the value as a document keeps it; `None` where something else stands there.
    fn of_scalar(scalar: &Scalar) -> Option<Self>;
    /// The value as a document keeps it.
    fn scalar(&self) -> Result<Scalar, Reason>;
    /// Checks the value at entry; `bytes_max` limits text.
    fn check(&self, bytes_max: usize) -> Result<(), Reason>;
}

impl FieldValue for String {
    const TYPE: ValueType = ValueType::Text;

    fn of_node(node: &Node) -> Result<Self, Reason> {
        match node {
            Node::Text(text) => Ok(text.clone()),
            _ => Err(Reason::WrongType { expected: Expected::Text }),
        }
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Text(text) = scalar { Some(text.clone()) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Text(self.clone()))
    }

    fn check(&self, bytes_max: usize) -> Result<(), Reason> {
        check_text(self, bytes_max)
    }
}

impl FieldValue for bool {
    const TYPE: ValueType = ValueType::Flag;

    fn of_node(node: &Node) -> Result<Self, Reason> {
        if let Node::Flag(flag) = node {
            Ok(*flag)
        } else {
            Err(Reason::WrongType { expected: Expected::Flag })
        }
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Flag(flag) = scalar { Some(*flag) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Flag(*self))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

macro_rules! whole_numbers {
    ($($type:ty: $min:expr, $max:expr;)*) => {$(
        impl FieldValue for $type {
            const TYPE: ValueType = ValueType::Integer { min: $min, max: $max };

            fn of_node(node: &Node) -> Result<Self, Reason> {
                let Node::Integer(number) = node else {
                    return Err(Reason::WrongType { expected: Expected::WholeNumber });
                };
                Self::try_from(*number).map_err(|_| Reason::OutOfRange { min: $min, max: $max })
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                if let Scalar::Integer(number) = scalar { Self::try_from(*number).ok() } else { None }
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Integer(i64::from(*self)))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                check_range(i64::from(*self), $min, $max)
            }
        }
    )*};
}

// Each width serves one field, and this is that field's range: tenths of a kilometre, minutes, seconds.
whole_numbers! {
    u16: 0, 9_999;
    i16: -1_440, 1_440;
    u32: 0, 31_536_000;
}

pub(crate) fn check_range(number: i64, min: i64, max: i64) -> Result<(), Reason> {
    if (min..=max).contains(&number) { Ok(()) } else { Err(Reason::OutOfRange { min, max }) }
}

/// Checks a text at entry: length, no control characters but line breaks and tabs, no turning of direction.
pub(crate) fn check_text(text: &str, bytes_max: usize) -> Result<(), Reason> {
    if text.trim().is_empty() {
        return Err(Reason::Empty);
    }
    if text.len() > bytes_max {
        return Err(Reason::TooLong { bytes: text.len(), max: bytes_max });
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Reason::ControlCharacter);
    }
    if text.chars().any(|letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) {
        return Err(Reason::DirectionOverride);
    }
    Ok(())
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $type:ident, $is_good:ident, $reason:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks and takes the text.
            ///
            /// # Errors
            #[doc = concat!("[`Reason::", stringify!($reason), "`] where it has another shape.")]
            pub fn new(text: impl Into<String>) -> Result<Self, Reason> {
                let text = text.into();
                if $is_good(&text) { Ok(Self(text)) } else { Err(Reason::$reason) }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl FieldValue for $name {
            const TYPE: ValueType = ValueType::$type;

            fn of_node(node: &Node) -> Result<Self, Reason> {
                Self::new(String::of_node(node)?)
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                Self::new(String::of_scalar(scalar)?).ok()
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Text(self.0.clone()))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                at_entry(Self::TYPE, &self.0)
            }
        }
    )*};
}

texts! {
    /// A commune's HCP code, `RR.PPP.CC.NN`, or with a fifth pair for an arrondissement.
    Commune, Commune, is_commune, BadCommune;
    /// A telephone number in E.164 form.
    Phone, Phone, is_phone, BadPhone;
    /// A language as BCP-47 names it: `ary`, `ar`, `zgh`, `tzm`, `shi`, `rif`, `mey`, `fr`, `en`…
    Language, Language, is_language, BadLanguage;
    /// A birth: a date `1961-03-12`, a year `1961`, or a guessed year `1961~` (ISO 8601-2). From 1880 to 2199.
    Birth, Birth, is_birth, BadBirth;
    /// A date `2026-11-25`, a month `2026-11` or a year `2026`, from 1900 to 2199.
    Date, Date, is_date, BadDate;
    /// HCP codes of regions, provinces, circles or communes, each once, ascending, a space between: `08.201 08.401.11`.
    Territories, Territories, are_territories, BadTerritories;
}

/// What is taken at entry is narrower than what is read: a birth of 1880 may stand in a record of other software.
fn at_entry(kind: ValueType, text: &str) -> Result<(), Reason> {
    let year = text.get(..4).and_then(|year| year.parse::<i32>().ok());
    match (kind, year) {
        (ValueType::Birth, Some(year)) if year < BIRTH_YEAR_MIN => {
            Err(Reason::TooOld { year: BIRTH_YEAR_MIN })
        }
        _ => Ok(()),
    }
}

fn is_date(text: &str) -> bool {
    let year = match text.len() {
        4 => calendar::digits(text),
        7 => calendar::date(&format!("{text}-01")).map(|(year, ..)| year),
        _ => calendar::date(text).map(|(year, ..)| year),
    };
    year.is_some_and(|year| (1_900..=2_199).contains(&year))
}

fn are_territories(text: &str) -> bool {
    let codes: Vec<&str> = text.split(' ').collect();
    let is_code = |code: &&str| {
        let lengths: Vec<usize> = code.split('.').map(str::len).collect();
        matches!(lengths.as_slice(), [2] | [2, 3] | [2, 3, 2] | [2, 3, 2, 2])
            && code.bytes().all(|b| b == b'.' || b.is_ascii_digit())
    };
    codes.len() <= limits::RECORD_TERRITORIES_MAX
        && codes.iter().all(is_code)
        && codes.windows(2).all(|pair| pair[0] < pair[1])
}

fn is_commune(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('.').map(str::len).collect();
    matches!(lengths.as_slice(), [2, 3, 2, 2] | [2, 3, 2, 2, 2])
        && text.bytes().all(|b| b == b'.' || b.is_ascii_digit())
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|number| {
        (8..=15).contains(&number.len())
            && !number.starts_with('0')
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn is_birth(text: &str) -> bool {
    let year = match calendar::date(text) {
        Some((year, _, _)) => Some(year),
        None => {
            let digits = text.strip_suffix('~').unwrap_or(text);
            if digits.len() == 4 { calendar::digits(digits) } else { None }
        }
    };
    year.is_some_and(|year| (1_880..=2_199).contains(&year))
}

impl Birth {
    /// The year.
    #[must_use]
    pub fn year(&self) -> i32 {
        self.0.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
    }

    /// Whether the year is a guess.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        self.0.ends_with('~')
    }
}

/// Another record: by its id, or by a handle that a record earlier in the same file bears.
#[derive(Clone, PartialEq, Eq)]
pub enum Reference {
    /// The id.
    Id(Uuid),
    /// The handle (`ref`); it must be bound to an id before the form is recorded.
    Handle(String),
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "Id({id})"),
            Self::Handle(_) => f.write_str("Handle(…)"),
        }
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => serializer.collect_str(id),
            Self::Handle(handle) => serializer.serialize_str(handle),
        }
    }
}

impl From<Uuid> for Reference {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl FieldValue for Reference {
    const TYPE: ValueType = ValueType::Reference;

    fn of_node(node: &Node) -> Result<Self, Reason> {
        let text = String::of_node(node)?;
        check_text(&text, limits::RECORD_HANDLE_BYTES_MAX)?;
        Ok(of_canonical(&text).map_or(Self::Handle(text), Self::Id))
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Text(text) = scalar { of_canonical(text).map(Self::Id) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        match self {
            Self::Id(id) => Ok(Scalar::Text(id.to_string())),
            Self::Handle(_) => Err(Reason::UnknownHandle),
        }
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

/// A uuid in its one canonical spelling: small letters, hyphens.
pub(crate) fn of_canonical(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|id| id.to_string() == text)
}
