//! Khettara's hands: files, the sled index, sockets, clock and chance: what core and the programs around it need
//! of an operating system. Knows no record.

pub mod chance;
pub mod clock;
pub mod driver;
mod files;
pub mod key_file;
mod new_file;
mod node_index;
mod open_store;
mod organisation_file;
pub mod quic;
mod reserve;
mod shared;
mod sled_index;
mod store_lock;
mod worker;

pub use files::FileDisk;
pub use new_file::{make_new_folder, write_new};
pub use node_index::NodeIndex;
pub use open_store::{NodeStore, OpenError, Owner, open_store, what_was_mended};
pub use organisation_file::{OrganisationFile, OrganisationFileError};
pub use reserve::{fill_reserve, has_reserve, release_reserve};
pub use shared::Shared;
pub use sled_index::SledIndex;
pub use store_lock::{LockError, StoreLock};
pub use worker::{Worker, WorkerError};
