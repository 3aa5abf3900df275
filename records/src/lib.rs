//! Being built.

pub mod airlock;
