//! Airlock: the one place where foreign change bytes are checked before automerge sees them.
//!
//! Four gates, each a type that only the one before it can make or feed:
//!
//! ```text
//! bytes ─ change_hash ─► ChangeHash     the content gives its head, or is held as one unit
//!       ─ read ────────► ChangeHeader   who wrote it, after what; automerge not involved
//!       ─ walk ────────► Walked         every column, run, value and reference inside the change is sound
//!       ─ Past::check ─► ()             what it refers to exists among its ancestors, and is of the right kind
//!       ─ rehearse ────► Rehearsed      the document took it, was saved, loaded again, and has the same heads
//! ```
//!
//! All but the last are functions of the change and its ancestors alone: whoever holds the same bytes comes to
//! the same verdict. The rehearsal speaks of the local document only; its failure means "try again", never "bad".
//!
//! [`walk`] accepts what automerge 0.12 itself writes for maps, lists and text, byte for byte, and nothing else:
//! automerge stores a document as columns and writes its changes anew on loading, so a change spelt differently
//! would come back with another hash and the document could never be loaded again. Marks, tables, authors, unknown
//! columns, and in a text anything but inserted text and deletions are refused too: no software of this project writes
//! them (`docs/decisions/0017-a-texts-elements-have-one-value.md`).

mod bytes;
mod chunk;
mod columns;
mod constants;
mod fault;
mod past;
mod references;
mod rehearsal;
mod rows;
mod runs;
mod walk;

pub(crate) use bytes::Reader;
pub use chunk::{ChangeHeader, NoHash, Reading, change_hash, read, read_front};
pub use constants::{Constants, is_constant};
pub use fault::AirlockFault;
pub use past::{Chunks, Past, PastFault, check_against_ancestors};
pub use rehearsal::{
    Performer, Rehearsal, RehearsalFault, Rehearsed, RehearsedEach, Stage, rehearse, rehearse_each,
};
pub(crate) use rows::{Action, Key, OpRef};
pub use walk::{Walked, walk};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::edited;
