//! A record of any kind that came with schema 2: its fields by name, checked against the table of its kind.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use khettara_core::limits::RECORD_ENTRIES_PER_FORM_MAX;
use serde_json::Value as Json;
use uuid::Uuid;

use super::error::{Reason, RecordError};
use super::fields::{FieldSpec, check_clear, join, take_handle, take_id};
use super::json::{Fields, Node};
use super::kinds::RecordKind;
use super::value::{FieldValue, Reference, Scalar, ValueType};

/// Fields that must not end before they begin.
const SPANS: [(&str, &str); 4] =
    [("since", "until"), ("first_seen", "last_seen"), ("issued", "expires"), ("signed", "until")];

/// Where something begins and where it ends, of fields that say it ends before it begins. What is known to the month or
/// the year ends with it.
pub(crate) fn broken_span(text: impl Fn(&str) -> Option<String>) -> Option<(&'static str, &'static str)> {
    SPANS.into_iter().find(|(begin, end)| {
        let (Some(from), Some(to)) = (text(begin), text(end)) else { return false };
        let common = from.len().min(to.len());
        from.as_bytes()[..common] > to.as_bytes()[..common]
    })
}

/// What one field is given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Given {
    /// A value as a document keeps it.
    Value(Scalar),
    /// A record that an earlier line of the file bears a handle for.
    Handle(String),
}

/// A record, new or changed.
#[derive(Clone, PartialEq)]
pub struct RecordForm {
    /// What it is.
    pub kind: RecordKind,
    /// The id: of a record that exists, or an imported one. Absent: derived when the form is recorded.
    pub id: Option<Uuid>,
    /// A handle by which later records of the same file may name this one. Never kept.
    pub handle: Option<String>,
    /// For an entry in a line of its own: the document it belongs to.
    pub document: Option<Reference>,
    /// Names of fields to take away.
    pub clear: BTreeSet<&'static str>,
    /// Entries recorded with it.
    pub entries: Vec<RecordForm>,
    pub(crate) given: BTreeMap<&'static str, Given>,
}

impl fmt::Debug for RecordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordForm").field("kind", &self.kind).field("id", &self.id).finish_non_exhaustive()
    }
}

impl RecordForm {
    /// An empty form.
    #[must_use]
    pub const fn new(kind: RecordKind) -> Self {
        Self {
            kind,
            id: None,
            handle: None,
            document: None,
            clear: BTreeSet::new(),
            entries: Vec::new(),
            given: BTreeMap::new(),
        }
    }

    /// The same with one field more, its value as a line would give it; null means clear.
    ///
    /// # Errors
    /// [`RecordError`]: the kind has no such field, or does not take this value.
    pub fn with(mut self, field: &str, value: &Json) -> Result<Self, RecordError> {
        let place = self.given.len() + 1;
        let spec = self.kind.spec(field);
        let spec = spec.ok_or(RecordError::new(field, Reason::UnknownField { place, suggestion: None }))?;
        let internal = |_| RecordError::new(field, Reason::Internal);
        let node: Node = serde_json::from_value(value.clone()).map_err(internal)?;
        self.give(spec, node).map_err(|reason| RecordError::new(field, reason))?;
        Ok(self)
    }

    /// The same, belonging to a document.
    #[must_use]
    pub fn of(mut self, document: Reference) -> Self {
        self.document = Some(document);
        self
    }

    /// Takes the fields of a line, or of an object inside one.
    pub(crate) fn take(kind: RecordKind, fields: &mut Fields) -> Result<Self, RecordError> {
        let mut form = Self { id: take_id(fields)?, handle: take_handle(fields)?, ..Self::new(kind) };
        for spec in kind.fields() {
            if let Some(node) = fields.take(spec.name)? {
                form.give(spec, node).map_err(|reason| RecordError::new(fields.at(spec.name), reason))?;
            }
        }
        Ok(form)
    }

    fn give(&mut self, spec: &'static FieldSpec, node: Node) -> Result<(), Reason> {
        let given = match node {
            Node::Null => {
                self.clear.insert(spec.name);
                return Ok(());
            }
            node if spec.value_type == ValueType::Reference => match Reference::of_node(&node)? {
                Reference::Handle(handle) => Given::Handle(handle),
                id @ Reference::Id(_) => Given::Value(id.scalar()?),
            },
            node => Given::Value((spec.accepts)(&node)?),
        };
        self.given.insert(spec.name, given);
        Ok(())
    }

    /// A field's value, where it is given one.
    pub(crate) fn value(&self, field: &str) -> Option<&Scalar> {
        match self.given.get(field) {
            Some(Given::Value(value)) => Some(value),
            _ => None,
        }
    }

    /// Gives a field a value where the form says nothing of it.
    pub(crate) fn or_else(&mut self, field: &'static str, value: impl FnOnce() -> Scalar) {
        if !self.given.contains_key(field) && !self.clear.contains(field) {
            self.given.insert(field, Given::Value(value()));
        }
    }

    /// The handles it names, with the places of their fields, those of its entries included.
    pub(crate) fn handles(&mut self, at: &str) -> Vec<(String, &mut Given)> {
        let mut found = Vec::new();
        for (field, given) in &mut self.given {
            if matches!(given, Given::Handle(_)) {
                found.push((join(at, field), given));
            }
        }
        for (place, entry) in self.entries.iter_mut().enumerate() {
            let at = join(at, &format!("{}[{place}]", entry.kind.map()));
            found.extend(entry.handles(&at));
        }
        found
    }

    /// Checks everything that can be known without the document.
    pub(crate) fn check(&self, at: &str) -> Result<(), RecordError> {
        check_clear(&self.clear, self.kind.fields(), at)?;
        let text = |field: &str| match self.value(field) {
            Some(Scalar::Text(text)) => Some(text.clone()),
            _ => None,
        };
        if let Some((_, end)) = broken_span(text) {
            return Err(RecordError::new(join(at, end), Reason::EndsBeforeItBegins));
        }
        check_entries(&self.entries, self.kind, at)
    }
}

/// Checks entries that stand in the form of a subject or of a visit.
pub(crate) fn check_entries(
    entries: &[RecordForm],
    subject: RecordKind,
    at: &str,
) -> Result<(), RecordError> {
    let mut seen: BTreeSet<(Option<Uuid>, Option<&str>)> = BTreeSet::new();
    let mut counts: BTreeMap<RecordKind, usize> = BTreeMap::new();
    for entry in entries {
        let place = counts.entry(entry.kind).or_default();
        let at = join(at, &format!("{}[{place}]", entry.kind.map()));
        *place += 1;
        if !entry.kind.subjects().contains(&subject) || !entry.entries.is_empty() {
            return Err(RecordError::new(at, Reason::OtherDocument));
        }
        let name = (entry.id, entry.handle.as_deref());
        if name != (None, None) && !seen.insert(name) {
            return Err(RecordError::new(join(&at, "id"), Reason::Repeated));
        }
        entry.check(&at)?;
    }
    match counts.into_iter().find(|(_, count)| *count > RECORD_ENTRIES_PER_FORM_MAX) {
        Some((kind, count)) => {
            let reason = Reason::TooMany { count, max: RECORD_ENTRIES_PER_FORM_MAX };
            Err(RecordError::new(join(at, kind.map()), reason))
        }
        None => Ok(()),
    }
}
