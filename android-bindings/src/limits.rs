//! What one call may carry. Beyond a limit a call is refused with a reason, and nothing is done.

/// Bytes of one request: a form of the largest line, its JSON and room for what carries it.
pub const REQUEST_BYTES_MAX: usize = 524_288;

/// Rows of one page.
pub const PAGE_ROWS_MAX: usize = 500;

/// How long one look at a sync may wait for news, in milliseconds.
pub const POLL_MS_MAX: u64 = 10_000;

/// How long closing a tablet waits for calls that are under way, in milliseconds. They hold the store open; what
/// they save is saved.
pub const CLOSE_MS_MAX: u64 = 30_000;
