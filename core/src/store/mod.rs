//! What must survive a dead battery: one journal that is the truth, and an index that may be thrown away.
//!
//! * [`Store`] is what the other rooms see: keys, values, conditional groups, one flush per commit.
//! * [`MemoryStore`] keeps it all in memory; [`conformance`] is what every store has to pass.
//! * [`Overlay`] is scratch paper over a store: decide on it, then commit once.
//! * [`JournalStore`] keeps it on a [`Disk`], and answers from an [`Index`].
//! * [`SimulatedDisk`] is a disk that loses power, fills up and fails, all from a seed.
//! * [`Disk`] is all that is asked of a disk.
//!
//! May know: limits, error, hash, encoding. Must never import: wire, sync, files, an embedded database.

pub mod conformance;
mod disk;
pub mod held;
mod index;
mod journal;
mod journal_store;
mod memory;
mod merge;
mod ops;
mod overlay;
mod port;
mod rows;
mod shelf;
mod simulated_disk;
#[cfg(test)]
mod tests;

pub use disk::{Disk, DiskError};
pub use index::{Batch, Index, IndexError, MemoryIndex, end_of_prefix};
pub use journal::Fresh;
pub use journal_store::{JournalStore, Opened, Options, Reason};
pub use memory::MemoryStore;
pub use overlay::Overlay;
pub use port::{Answer, DERIVED, Damage, Expect, Group, Op, Row, Rows, Store, StoreError};
pub use simulated_disk::{Fault, SimulatedDisk};
