//! What the entries mean: typed records and the documents they are kept in, foreign changes and their verdicts,
//! and one device's readable copy. No disk, clock, chance or thread.

pub mod airlock;
pub mod content;
pub mod model;
pub mod projection;
pub mod replica;
pub mod verdict;
