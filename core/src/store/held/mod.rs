//! What is held, in typed rows over a [`Store`](crate::store::Store): segments and their listing, one's own
//! logs, receipts, signed items that travel alone, feed keys, and what peers said.
//!
//! Reading takes `&dyn Store`; writing gives a [`Group`](crate::store::Group) that the caller commits. So
//! whoever decides works on an overlay, and everything decided together is durable together.

mod alone;
mod branch;
mod keys;
mod logs;
mod own;
mod peers;
mod receipts;
mod roster;
mod segments;

pub use alone::{
    Mail, alone_items, deposit_mail, feed_key, feed_keys, keep_alone, mail_of, mailboxes, newest_feed_key,
    put_feed_key, setting, setting_key,
};
pub use branch::{Branch, ReadChanges, read_changes};
pub use logs::{
    descriptor, lines_of, listing_of, log_by_short_name, logs_in, meta_of, segment_bytes, segments_ending_at,
    segments_of, vector_of,
};
pub use own::{
    CutPendingError, OwnLog, OwnLogs, Pen, Slot, cut_pending, end_log, has_logs_of_another, own_feeds,
    own_logs, pending,
};
pub use peers::{Base, Memory, Side, bases, keep_base, memory_of, remember};
pub use receipts::{HeldReceipt, keep_receipt, receipt_of, receipts_in};
pub use roster::{fold_roster, roster_position};
pub use segments::{Acceptance, SegmentRow, above, accept, ends_ladder, relist, resolve_ends};
