//! The harness: a world of parties on stores in memory, meeting over links that the story controls.

mod chance;
mod meeting;
mod party;
mod world;

pub use chance::Chance;
pub use meeting::{Link, Meeting, Report};
pub use party::{Node, NodeKind};
pub use world::World;
