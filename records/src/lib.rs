//! What the entries mean: typed records and the documents they are kept in. No disk, clock, chance or thread.

pub mod airlock;
pub mod content;
pub mod model;
pub mod projection;
