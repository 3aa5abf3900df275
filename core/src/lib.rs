//! Khettara's core: sealed logs and their exchange.
//!
//! Nothing here touches a disk, a socket, a clock, a random source or a thread: time, chance, bytes and
//! storage are arguments. `docs/ARCHITECTURE.md` tells the journey of a visit through these rooms.
//!
//! ```text
//! id, limits, error, hash, encoding → identity → log → store, wire → sync
//! ```

pub mod encoding;
pub mod error;
pub mod hash;
pub mod id;
pub mod identity;
pub mod limits;
pub mod log;
pub mod planted;
pub mod store;
pub mod sync;
pub mod wire;
