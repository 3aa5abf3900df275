//! Records: what a household, a member, a visit and a need are, how they are written into a document, and
//! how they are read from lines of JSON. `docs/RECORDS.md` is the page for people.
//!
//! ```text
//! vocabulary, value, gps, instant → fields → form → line        (entry, with reasons)
//! genesis, ids, laid → write → document                       (one household, one automerge document)
//! ```

mod calendar;
mod digest;
mod document;
mod error;
mod fields;
mod form;
mod genesis;
mod gps;
mod ids;
mod instant;
mod json;
pub(crate) mod laid;
mod line;
mod path;
mod value;
mod vocabulary;
pub(crate) mod write;

pub use document::{ApplyError, HouseholdDocument, LoadError, NewRecord, Recorded};
pub use error::{Reason, RecordError};
pub(crate) use fields::FieldSpec;
pub use fields::{HouseholdForm, MemberForm, NeedForm, RecordKind, VisitForm};
pub use form::{Form, Keep, Resolution};
pub(crate) use genesis::ROOT_MAPS;
pub use genesis::{Constant, GENESIS, GENESIS_CHUNK, constant_actor, constants};
pub use gps::Gps;
pub use ids::DeviceIds;
pub use instant::Instant;
pub(crate) use json::Node;
pub use line::parse_line;
pub use path::FieldPath;
pub(crate) use value::FieldValue;
pub(crate) use value::of_canonical;
pub use value::{Birth, Commune, Language, Phone, Reference, Scalar};
pub use vocabulary::{
    Category, Consent, Dwelling, Marital, NeedStatus, Relation, Respondent, Schooling, Sex, Status,
    TimeSource, Urgency, VisitKind, Water,
};
