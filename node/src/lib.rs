//! Khettara's hands: files, the sled index, sockets, clock and chance. Knows no record.

mod files;
mod open_store;
mod reserve;
mod sled_index;
mod store_lock;

pub use files::FileDisk;
pub use open_store::{NodeStore, OpenError, open_store};
pub use reserve::{fill_reserve, release_reserve};
pub use sled_index::SledIndex;
pub use store_lock::{LockError, StoreLock};
