//! Content: how this software compresses what it writes. core cuts and opens; codec, level, the slim form of changes
//! and the dictionaries that go with our documents are here.
//!
//! | Room | Knows | Never imports |
//! |---|---|---|
//! | `content` | core's `log` and `sync`, the dictionary files beside it, the airlock's walk, the constants | automerge |
//!
//! A dictionary is numbered and shipped for ever: what was sealed with it must open in twenty years. A better one
//! gets the next number and a file of its own. `docs/MEASUREMENTS.md` says how they were trained and what they save.

mod shipped;
mod slim;

pub use shipped::{CODEC, LEVEL, Shipped, cut_style};
pub use slim::SlimChanges;
