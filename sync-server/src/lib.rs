//! Khettara's relay: admits devices, keeps their sealed segments, answers with receipts. It cannot read: it links
//! neither the records nor what they are made of, and holds no feed key.
//!
//! | File | Does |
//! |---|---|
//! | `config` | what the operator sets: defaults, file, environment, flags |
//! | `init` | makes a relay's folder: keys, store, organisation, settings |
//! | `relay` | runs one: store, engine, listener; the way in for tests and the demo |
//! | `reporter` | the log, and status.json now and then |
//! | `sessions` | counts what sessions did, and says it in one line each |
//! | `figures` | what the store holds, in numbers |
//! | `status` | the figures and counters for a person or a program |
//! | `command` | the commands, their errors and exit codes |
//!
//! ```text
//! <dir>/organisation.json   which organisation
//! <dir>/relay.toml          what the operator sets
//! <dir>/keys                who this relay is; written last, so that it says that all was made
//! <dir>/store/              the store
//! <dir>/status.json         how it is going, while it runs
//! ```

pub mod command;
mod config;
mod figures;
mod folder;
mod init;
mod relay;
mod reporter;
mod sessions;
mod status;

pub use config::{Config, Origin};
pub use figures::Figures;
pub use folder::Folder;
pub use init::{Made, init};
pub use relay::{Log, Options, Relay, RunningRelay, SOFTWARE};
pub use sessions::{Counters, SessionLine};
pub use status::Status;
