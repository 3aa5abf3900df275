//! Headquarters: the registrar of people and keys, the puller, the maker of datasets.
//!
//! | Room | Does |
//! |---|---|
//! | `organisation` | acts as entries in clear logs, over a store that is given |
//! | `office` | a folder opened: founding, relays, feeds, invitations |
//! | `pull` | meets relays, merges, signs receipts |
//! | `closing` | ends a tablet, in all feeds or some |
//! | `quarantine` | what is held and not merged: looked at, exported, released |
//! | `export` | tables in CSV and Parquet, their description, their manifest |
//! | `status` | how it stands |
//! | `cli` | the command `khettara-hq` |

pub mod cli;
mod closing;
mod copy;
mod devices;
mod error;
pub mod export;
mod folder;
mod office;
pub mod organisation;
pub mod pull;
mod qr;
mod quarantine;
mod status;

pub use closing::{CloseReason, Closed, Ending};
pub use devices::{Device, role_word};
pub use error::HqError;
pub use folder::Folder;
pub use office::{Guest, Headquarters, NewRelay, Plan};
pub use qr::{Picture, grouped};
pub use quarantine::HeldHere;
pub use status::{FeedStatus, Status};
