//! A tablet as a library: records what a worker enters, keeps it, and carries it to whoever may read it.
//!
//! Every call is synchronous and may come from any thread; what takes long calls back. There is no global state:
//! two devices in two folders are two tablets.
//!
//! ```text
//! device        made, opened, enrolled, asked how it is      membership   what it remembers of its organisation
//! record, read  saving and importing; lists, conflicts       home         engine, store and readable copy
//! sync          one sync; network: runtime and sockets       visits       where own visits provably are
//! clocks        this tablet's clock beside others'           copy         words of a copied tablet
//! quarantine    what is held and not merged
//! words         where work is, what it waits for             mended       what opening had to mend
//! error         why a call did nothing, or not all           trouble      the same in a worker's language, and its code
//! ```

mod clocks;
mod copy;
mod device;
mod error;
mod home;
mod membership;
mod mended;
mod network;
mod quarantine;
mod read;
mod record;
mod status;
mod sync;
mod trouble;
mod visits;
mod words;

pub use device::Device;
pub use error::DeviceError;
pub use home::SOFTWARE;
pub use mended::Mended;
pub use quarantine::{HeldError, HeldHere};
pub use read::{Choice, Household, Listed, ShownConflict, Writer};
pub use record::{ImportEvent, ImportReport, RefusedLine};
pub use status::{AtHeadquarters, Enrolment, Status, VisitCounts, VisitStatus, Waiting, WaitsFor};
pub use sync::{Cancel, SyncEnd, SyncProgress, SyncReport};
pub use visits::OwnVisit;
pub use words::{reason_words, whereabouts_words};

pub use khettara_core::error::ErrorKind;
pub use khettara_core::id::{DeviceKey, Feed};
pub use khettara_core::sync::Whereabouts;
pub use khettara_node::clock::Clock;
pub use khettara_node::{OrganisationFile, OrganisationFileError};
pub use khettara_records::model::{
    FieldDescription, FieldPath, Form, Identifier, ListOf, REASON_CODES, RecordKind, Scalar, Shape, Tongue,
    Words, fields_and_codes, parse_line,
};
pub use khettara_records::projection::{
    FamilyReceipt, Issuer, RecordRow, Side, Who, answer_words, link_sentence, set_aside_words,
};
pub use khettara_records::replica::{
    EntryName, Families, Freed, HeldBytes, HeldEntry, ListRow, Released, Saved,
};
