//! Projection: what many changes mean together. Rows, honest conflicts with all their sides, lines for export.

mod added;
mod aside_words;
mod begun;
mod conflicts;
mod export;
mod moments;
mod outline;
mod plain;
mod receipt;
mod record_row;
mod rows;
mod said;
mod sources;
mod view;

pub(crate) use added::Added;
pub use aside_words::set_aside_words;
pub use begun::{VisitBegun, event_begun, visits_begun};
pub(crate) use conflicts::membership;
pub use conflicts::{Conflict, Side, Told, conflicts};
pub use export::export_lines;
pub(crate) use outline::Outline;
pub use plain::{Who, answer_words, link_sentence, sentence};
pub use receipt::{FamilyReceipt, Issuer};
pub use record_row::RecordRow;
pub use rows::{HouseholdRow, MemberRow, NeedRow, VisitRow};
pub use said::{Written, written};
pub use sources::{Sources, sources};
pub use view::HouseholdView;
