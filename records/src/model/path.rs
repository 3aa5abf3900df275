//! Where in a household an answer stands: `household.water`, `languages/ary`, `members/<id>/name_ar`.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::error::Reason;
use super::kinds::RecordKind;
use super::rule::Rule;
use super::value::of_canonical;

/// The place of one answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldPath {
    /// `household.<field>`.
    Household(String),
    /// `<subject>.<field>` of a document that is about something else: `referral.status`.
    Subject {
        /// What the document is about.
        kind: RecordKind,
        /// The field.
        field: String,
    },
    /// `languages/<code>`.
    Language(String),
    /// `members/<id>/<field>`, `visits/<id>/<field>`, `expectations/<id>/<field>`…
    Entry {
        /// Member, visit, need, expectation…
        kind: RecordKind,
        /// Its id.
        id: Uuid,
        /// The field.
        field: String,
    },
    /// `rule.one_head`, `rule.set_aside/visits/<id>`: a rule between records, though no single key says so.
    Rule(Rule),
    /// Inside something that other software wrote: shown, and left to that software.
    Other(String),
}

impl FieldPath {
    /// The key at the end of the path.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Household(key)
            | Self::Language(key)
            | Self::Subject { field: key, .. }
            | Self::Entry { field: key, .. } => key,
            Self::Other(place) => place.rsplit('/').next().unwrap_or_default(),
            Self::Rule(_) => "",
        }
    }

    /// The number of the constant that made the map it lies in.
    pub(crate) const fn constant(&self) -> u32 {
        match self {
            Self::Subject { kind, .. } | Self::Entry { kind, .. } => kind.constant(),
            _ => 1,
        }
    }

    /// The field in plain words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Household(field) => format!("{} of the household", label(RecordKind::Household, field)),
            Self::Language(code) => format!("language {code} of the household"),
            Self::Subject { kind, field } => format!("{} of the {}", label(*kind, field), kind.words().en),
            Self::Entry { kind, field, .. } => format!("{} of a {}", label(*kind, field), kind.words().en),
            Self::Rule(rule) => first_small(rule.spec().broken.en),
            Self::Other(_) => "something written by other software".into(),
        }
    }
}

fn first_small(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn label(kind: RecordKind, field: &str) -> &str {
    kind.spec(field).map_or(field, |spec| spec.words.en)
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Household(field) => write!(f, "household.{field}"),
            Self::Language(code) => write!(f, "languages/{code}"),
            Self::Subject { kind, field } => write!(f, "{}.{field}", kind.word()),
            Self::Entry { kind, id, field } => write!(f, "{}/{id}/{field}", kind.map()),
            Self::Rule(rule) => write!(f, "rule.{rule}"),
            Self::Other(place) => f.write_str(place),
        }
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Household(_) => f.write_str("household.…"),
            Self::Language(_) => f.write_str("languages/…"),
            Self::Subject { kind, .. } => write!(f, "{}.…", kind.word()),
            Self::Entry { kind, id, .. } => write!(f, "{}/{id}/…", kind.map()),
            Self::Rule(rule) => write!(f, "rule.{rule}"),
            Self::Other(_) => f.write_str("other…"),
        }
    }
}

impl FromStr for FieldPath {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        if let Some(rule) = text.strip_prefix("rule.") {
            return Rule::of_text(rule).map(Self::Rule).ok_or(Reason::BadPath);
        }
        if let Some(field) = text.strip_prefix("household.") {
            return Ok(Self::Household(field.into()));
        }
        if let Some((word, field)) = text.split_once('.')
            && let Some(kind) = RecordKind::of_word(word).filter(|kind| kind.is_subject())
        {
            return Ok(Self::Subject { kind, field: field.into() });
        }
        let (place, rest) = text.split_once('/').ok_or(Reason::BadPath)?;
        if place == "languages" {
            return Ok(Self::Language(rest.into()));
        }
        let kind = RecordKind::ENTRIES.into_iter().find(|kind| kind.map() == place).ok_or(Reason::BadPath)?;
        let (id, field) = rest.split_once('/').ok_or(Reason::BadPath)?;
        Ok(Self::Entry { kind, id: of_canonical(id).ok_or(Reason::BadPath)?, field: field.into() })
    }
}
