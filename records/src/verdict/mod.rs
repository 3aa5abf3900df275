//! Verdicts: what a reader makes of held entries. A function of the held entries and the roster, of nothing else.
//!
//! ```text
//! held segments ─ standing ──► Rulings    closings and releases: which entries do not stand
//!               ─ judge_log ─► Reading    one for each entry and segment: units, malformed, actor, forks
//!               ─ settle ────► Outcome    a document's changes, ancestors first: airlock, waiting for an ancestor
//!               ─ latest ────► Stated     equal entries in several segments are one entry
//! ```
//!
//! [`judge`] runs all three over everything held of a feed. A replica runs the same three over what is new.

mod fold;
mod forks;
mod judge;
mod settle;
mod standing;
mod state;

pub use fold::{Fold, Later, Opinion, Seqs};
pub(crate) use forks::unit_state;
pub use forks::{HeldLog, HeldSegment, Point, Reading, Rulings, judge_log};
pub use judge::{Stated, judge, latest};
pub(crate) use judge::{candidate, final_state};
pub use settle::{Candidate, Known, Outcome, Settlement, settle};
pub use standing::{Standing, standing};
pub(crate) use standing::{in_question, touches_a_log};
pub use state::{EntryState, RULE_SET, Reason, Waiting};
