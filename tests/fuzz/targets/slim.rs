//! Slim items, at the beginning of a log or far in it: what they widen to can be narrowed, and widens to the same again.

use khettara_core::id::StartNonce;
use khettara_core::limits::SEGMENT_RAW_BYTES_MAX;
use khettara_core::log::{Content, Entry, Slim as _, Written};
use khettara_records::content::SlimChanges;

use super::{NONCE, ground, log, number, reached};

pub(super) fn run(mut bytes: &[u8]) {
    let count = u32::from(number(&mut bytes));
    let Some(Content { start_nonce, items }) = content(bytes, count) else { return };
    let first = if start_nonce == StartNonce::ZERO { 1 } else { 100 };
    let ground = ground(first, log(), start_nonce);
    let Ok(wide) = SlimChanges.widen(&ground, items) else { return };
    let wide: Vec<Written> = wide.into_iter().map(|shaped| shaped.written).collect();
    let size: usize = wide.iter().map(|item| item.bytes.len()).sum();
    assert!(size as u64 <= SEGMENT_RAW_BYTES_MAX);
    for item in wide.iter().filter(|item| item.kind == Entry::CHANGE) {
        assert!(item.split_change().is_ok(), "what widens has a hash");
    }
    let narrow = SlimChanges.narrow(&ground, &wide);
    let narrow: Vec<Written> = narrow.into_iter().map(|shaped| shaped.written).collect();
    let again = SlimChanges.widen(&ground, narrow).expect("what was narrowed widens");
    assert!(again.into_iter().map(|shaped| shaped.written).eq(wide), "to what it was");
    reached();
}

/// The items; without a nonce of their own they go on under the one of all targets.
fn content(bytes: &[u8], count: u32) -> Option<Content> {
    Content::from_bytes(bytes, count).ok().or_else(|| {
        let under = [&NONCE.0[..], bytes].concat();
        Content::from_bytes(&under, count).ok()
    })
}
