//! Records: what a household, a member, a visit and a need are, how they are written into a document, and
//! how they are read from lines of JSON. `docs/RECORDS.md` is the page for people.
//!
//! ```text
//! vocabulary, value → form → line        (what is entered, checked with reasons)
//! genesis, ids, laid → write → document  (what is kept: one household, one automerge document)
//! ```

mod calendar;
mod digest;
mod document;
mod error;
mod form;
mod genesis;
mod ids;
mod json;
pub(crate) mod laid;
mod line;
mod path;
mod value;
mod vocabulary;
pub(crate) mod write;

pub use document::{ApplyError, HouseholdDocument, LoadError, NewRecord, Recorded};
pub use error::{Reason, RecordError};
pub(crate) use form::FieldSpec;
pub use form::{Form, HouseholdForm, Keep, MemberForm, NeedForm, RecordKind, Resolution, VisitForm};
pub(crate) use genesis::ROOT_MAPS;
pub use genesis::{Constant, GENESIS, GENESIS_CHUNK, constant_actor, constants};
pub use ids::DeviceIds;
pub(crate) use json::Node;
pub use line::parse_line;
pub use path::FieldPath;
pub(crate) use value::of_canonical;
pub use value::{Birth, Commune, Gps, Instant, Language, Phone, Reference, Scalar};
pub use vocabulary::{
    Category, Consent, Dwelling, Marital, NeedStatus, Relation, Respondent, Schooling, Sex, Status,
    TimeSource, Urgency, VisitKind, Water,
};
