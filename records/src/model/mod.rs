//! Records: what a household, a member, a visit, a referral … are, how they are written into a document, and how
//! they are read from lines of JSON. `docs/RECORDS.md` is the page for people.
//!
//! ```text
//! words → vocabulary → value, codes, quantity, gps, instant → fields, kinds   (what a field is, and may hold)
//! fields, kinds → record_form, form → line                                   (entry, with reasons)
//! genesis, ids, laid → write → document                                      (one subject, one automerge document)
//! error, advice → reason_words                                               (a refusal in the three languages)
//! ```

mod advice;
mod anchor;
mod calendar;
mod codes;
mod description;
mod digest;
mod document;
mod error;
mod expected;
mod field_words;
mod fields;
mod form;
mod genesis;
mod gps;
mod home;
mod identifier;
mod ids;
mod instant;
mod json;
mod kinds;
pub(crate) mod laid;
mod line;
mod page;
mod path;
mod quantity;
mod reason_words;
mod record_form;
mod rule;
mod schema;
pub(crate) mod set_aside;
mod value;
pub mod vocabulary;
mod words;
pub(crate) mod write;
mod write_record;

pub use advice::{Advice, Kept};
pub use anchor::{Anchored, CLOCKS_AGREE_S, COMPARED_S, Compared, TIME_ERROR_S_MAX, anchored};
pub use description::{FieldDescription, ListDescription, ListOf, Shape};
pub use document::{ApplyError, HouseholdDocument, LoadError, NewRecord, Recorded};
pub use error::{Reason, RecordError};
pub use expected::Expected;
pub(crate) use fields::FieldSpec;
pub use fields::{HouseholdForm, MemberForm, NeedForm, VisitForm};
pub use form::{Form, Keep, Reading, Resolution};
pub(crate) use genesis::is_root_map;
pub use genesis::{Constant, FAMILY, GENESIS, GENESIS_CHUNK, REGISTER, constant_actor, constants};
pub use gps::Gps;
pub use home::{home_feed, is_home};
pub use identifier::Identifier;
pub use ids::{DeviceIds, place_id};
pub use instant::Instant;
pub(crate) use json::Node;
pub use kinds::RecordKind;
pub use line::parse_line;
pub use page::fields_and_codes;
pub use path::FieldPath;
pub use quantity::{Amount, Count, Difficulty};
pub use reason_words::REASON_CODES;
pub use record_form::RecordForm;
pub(crate) use record_form::broken_span;
pub use rule::{RULES, Rule, RuleSpec};
pub use schema::{pattern_of, records_schema};
pub(crate) use value::FieldValue;
pub(crate) use value::of_canonical;
pub use value::{Birth, Commune, Date, Language, Phone, Reference, Scalar, Territories, ValueType};
pub use vocabulary::{
    Category, Consent, Dwelling, Marital, NeedStatus, Relation, Respondent, Schooling, Sex, Status,
    TimeSource, Urgency, VisitKind, Vocabulary, Water,
};
pub use words::{Tongue, Words};
