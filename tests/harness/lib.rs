//! The harness: a world of parties on stores in memory, meeting over links that the story controls.

mod chance;
mod disk;
mod field_work;
mod meeting;
mod own_branch;
mod party;
mod raw;
mod world;

pub use chance::Chance;
pub use disk::{Flushes, WatchedDisk, copy_of, journal_on, try_journal_on};
pub use field_work::{Notebook, Village, WrittenVisit};
pub use meeting::{Clocks, Link, Meeting, Report};
pub use own_branch::OwnBranch;
pub use party::{Node, NodeKind};
pub use raw::Raw;
pub use world::World;
