//! Replica: opening held segments, and one's own entries that are not cut yet.

use std::collections::BTreeMap;

use khettara_core::hash;
use khettara_core::id::{Feed, Head, KeyId, LogId, OrgId, SegmentId};
use khettara_core::identity::FeedKey;
use khettara_core::log::{
    Dictionaries, Earlier, Entry, OpenedEntry, Segment, Unit, Written, chain_head, first_head, open_on,
};
use khettara_core::store::held::{self, Branch, OwnLog, ReadChanges, SegmentRow};
use khettara_core::store::{Damage, Store, StoreError};

/// The name under which entries stand that are not cut yet.
pub(super) fn pending_name(log: &LogId) -> SegmentId {
    SegmentId(hash::derive("replica pending", &[&log.0]))
}

/// Opens the segments of one feed.
pub(super) struct Opener<'a> {
    pub org: &'a OrgId,
    pub feed: &'a Feed,
    pub dictionaries: &'a dyn Dictionaries,
    pub keys: BTreeMap<KeyId, FeedKey>,
}

impl<'a> Opener<'a> {
    pub(super) fn new(
        store: &dyn Store,
        org: &'a OrgId,
        feed: &'a Feed,
        dictionaries: &'a dyn Dictionaries,
    ) -> Result<Self, StoreError> {
        let keys = held::feed_keys(store, feed)?.into_iter();
        let keys = keys.map(|granted| (granted.key.id(), granted.key)).collect();
        Ok(Self { org, feed, dictionaries, keys })
    }

    /// Opens a held segment that goes on from `before`; `fresh` is what was read and is not in the store yet.
    pub(super) fn open(
        &self,
        store: &dyn Store,
        id: &SegmentId,
        before: &Head,
        fresh: &ReadChanges,
    ) -> Result<Unit, StoreError> {
        let damaged = StoreError::Damaged(Damage::Content);
        let bytes = held::segment_bytes(store, id)?.ok_or(damaged)?;
        let segment = Segment::of_store(&bytes).map_err(|_| damaged)?;
        let body = segment.body();
        let key = self.keys.get(&body.key);
        let earlier = Branch::up_to(store, body.log, body.first - 1, body.back).with(fresh);
        let ground: (&Head, &dyn Earlier) = (before, &earlier);
        let unit = open_on(self.org, &segment, ground, self.feed.is_clear(), key, self.dictionaries);
        earlier.finish()?;
        Ok(unit)
    }
}

/// The head a segment goes on from.
pub(super) fn head_before(store: &dyn Store, log: &LogId, row: &SegmentRow) -> Result<Head, StoreError> {
    if row.first == 1 {
        return Ok(first_head(log));
    }
    let ground = held::meta_of(store, log, row.first - 1, &row.back)?;
    Ok(ground.ok_or(StoreError::Damaged(Damage::Content))?.head)
}

/// One's own entries behind the last cut, as a segment would give them.
pub(super) fn pending_entries(own: &OwnLog, pending: Vec<(u64, Written)>) -> Vec<OpenedEntry> {
    let (mut head, mut nonce) = (own.cut_head, own.cut_nonce);
    let mut entries = Vec::with_capacity(pending.len());
    for (n, written) in pending {
        // What was saved had a hash when it was saved; without one it cannot be cut either.
        let Ok(hash) = written.hash() else { break };
        head = chain_head(&head, n, &hash);
        let entry = match written.split_change() {
            Ok((document, _, hash)) => Ok(Entry::Change { document, hash }),
            Err(_) => Entry::decode(written.kind, &written.bytes),
        };
        if let Ok(Entry::Start(start)) = &entry {
            nonce = start.nonce;
        }
        entries.push(OpenedEntry { n, head, hash, nonce, entry, written, last_op: 0 });
    }
    entries
}
