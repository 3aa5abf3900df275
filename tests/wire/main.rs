//! Golden vectors: the frozen bytes of `docs/PROTOCOL.md`, made again by core and compared field by field.
//!
//! Files are only read, unless `KHETTARA_WRITE_GOLDEN=1` is set: then they are written, and a person judges
//! the difference. A change to frozen bytes needs a decision page and vectors beside the old ones.

mod enrolment;
mod entries;
mod golden;
mod journal;
mod keys;
mod names;
mod noise;
mod receipts;
mod refused;
mod roster;
mod segments;
mod slim;
mod transcripts;
mod vectors;
mod world;
