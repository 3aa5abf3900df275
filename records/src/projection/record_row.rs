//! Rows of the records of schema 2: the winner of every field by its name.

use std::collections::BTreeMap;
use std::fmt;

use automerge::{ObjId, ReadDoc};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::model::RecordKind;
use crate::model::laid::Record;

/// A record as it stands.
#[derive(Clone, PartialEq)]
pub struct RecordRow {
    /// What it is.
    pub kind: RecordKind,
    /// Its id; of what a document is about, the document's.
    pub id: Uuid,
    /// The document.
    pub document: Uuid,
    /// The fields that have an answer, as a line would give it; codes as they stand.
    pub fields: BTreeMap<&'static str, Json>,
    /// How many of its fields have more than one answer.
    pub conflicts: u32,
    /// Keys that this software does not know, and known keys that hold something else.
    pub extra: BTreeMap<String, Json>,
}

impl RecordRow {
    pub(crate) fn read<D: ReadDoc>(
        document: &D,
        maps: &[ObjId],
        kind: RecordKind,
        (id, of): (Uuid, Uuid),
    ) -> Self {
        let mut record = Record::new(document, maps);
        let mut fields = BTreeMap::new();
        for spec in kind.fields() {
            if let Some(value) = record.shown(spec) {
                fields.insert(spec.name, value);
            }
        }
        Self { kind, id, document: of, fields, conflicts: 0, extra: record.extra() }
    }

    /// A field that holds text or a code.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str()
    }

    /// Whether somebody set it aside.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.fields.get("withdrawn") == Some(&Json::Bool(true))
    }
}

impl fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({} conflicts)", self.kind.word(), self.id, self.conflicts)
    }
}

impl Serialize for RecordRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("record", self.kind.word())?;
        map.serialize_entry("id", &self.id.to_string())?;
        if !self.kind.is_subject() {
            map.serialize_entry("document", &self.document.to_string())?;
        }
        for (field, value) in &self.fields {
            map.serialize_entry(field, value)?;
        }
        map.serialize_entry("conflicts", &self.conflicts)?;
        map.serialize_entry("extra", &self.extra)?;
        map.end()
    }
}
