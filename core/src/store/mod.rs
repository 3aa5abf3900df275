//! What must survive a dead battery: one journal that is the truth, and an index that may be thrown away.
//!
//! * [`Store`] is what the other rooms see: keys, values, conditional groups, one flush per commit.
//! * [`MemoryStore`] keeps it all in memory; [`conformance`] is what every store has to pass.
//! * [`Overlay`] is scratch paper over a store: decide on it, then commit once.
//! * [`Disk`] is all that is asked of a disk.
//!
//! May know: limits, error, hash, encoding. Must never import: wire, sync, files, an embedded database.

pub mod conformance;
mod disk;
pub mod held;
mod memory;
mod merge;
mod overlay;
mod port;

pub use disk::{Disk, DiskError};
pub use memory::MemoryStore;
pub use overlay::Overlay;
pub use port::{Answer, DERIVED, Damage, Expect, Group, Op, Row, Rows, Store, StoreError};
