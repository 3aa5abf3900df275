//! A branch as later segments of it may point at it: which Change stands at which position.
//!
//! Own changes are noted when they are cut, in the same group. What others wrote is noted by whoever reads it,
//! in derived rows: they are a function of the segment and those before it, so they are never wrong, only absent.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::encoding;
use crate::id::{ActorId, ChangeHash, DocumentId, KeyId, LogId, SegmentId};
use crate::log::{Cut, Earlier, Pointed};
use crate::store::held::keys;
use crate::store::held::logs::{meta_of, row};
use crate::store::{Op, Store, StoreError};

/// Changes noted in one row, so that it stays within [`INDEX_VALUE_BYTES_MAX`](crate::limits::INDEX_VALUE_BYTES_MAX).
const ROW_CHANGES_MAX: usize = 48;

/// What is noted of some Changes of a segment, by position.
type ChangesRow = Vec<(u64, DocumentId, ChangeHash, ActorId, u64)>;

/// Rows over the Changes of a segment; each under the position of its first.
fn rows(changes: &[(u64, Pointed)]) -> impl Iterator<Item = (u64, Vec<u8>)> {
    changes.chunks(ROW_CHANGES_MAX).map(|some| {
        let row: ChangesRow =
            some.iter().map(|(n, one)| (*n, one.document, one.hash, one.actor, one.last_op)).collect();
        (some[0].0, encoding::to_bytes(&row))
    })
}

/// The writes that note what one's own segment holds.
pub(super) fn own_changes(cut: &Cut) -> Vec<Op> {
    let (log, id) = (cut.segment.body().log, cut.segment.id());
    let rows = rows(&cut.changes).map(|(n, row)| Op::Put(keys::own_changes(&id, n), row));
    let latest: BTreeMap<DocumentId, u64> =
        cut.changes.iter().map(|(n, change)| (change.document, *n)).collect();
    let latest =
        latest.iter().map(|(document, n)| Op::Put(keys::latest(&log, document), encoding::to_bytes(n)));
    rows.chain(latest).collect()
}

/// The derived rows that note the Changes of a segment that was read.
#[must_use]
pub fn read_changes(segment: &SegmentId, changes: &[(u64, Pointed)]) -> Vec<Op> {
    rows(changes).map(|(n, row)| Op::Put(keys::read_changes(segment, n), row)).collect()
}

/// Changes by the segment that holds them, with their positions.
pub type ReadChanges = BTreeMap<SegmentId, Vec<(u64, Pointed)>>;

/// A branch up to one of its segments, read from the store as it is asked for.
pub struct Branch<'a> {
    store: &'a dyn Store,
    log: LogId,
    /// Writers point only at what is sealed with this key.
    key: Option<KeyId>,
    /// Changes that were read and are not in the store yet.
    fresh: Option<&'a ReadChanges>,
    /// Segments walked so far, from the end back: first position, name, key.
    walked: RefCell<Vec<(u64, SegmentId, KeyId)>>,
    /// Where the walk goes on: last position and name; `None` at the log's beginning.
    next: RefCell<Option<(u64, SegmentId)>>,
    fault: RefCell<Option<StoreError>>,
}

impl<'a> Branch<'a> {
    /// The branch of `log` that ends with the segment `tip` at position `n`; empty where `n` is 0.
    #[must_use]
    pub fn up_to(store: &'a dyn Store, log: LogId, n: u64, tip: SegmentId) -> Self {
        let next = (n > 0).then_some((n, tip));
        Self {
            store,
            log,
            key: None,
            fresh: None,
            walked: RefCell::default(),
            next: RefCell::new(next),
            fault: RefCell::default(),
        }
    }

    /// The same for a writer, who points only at what is sealed with the key that it seals with.
    #[must_use]
    pub fn sealed_with(self, key: Option<KeyId>) -> Self {
        Self { key, ..self }
    }

    /// The same with changes that were read and are not in the store yet.
    #[must_use]
    pub fn with(self, fresh: &'a ReadChanges) -> Self {
        Self { fresh: Some(fresh), ..self }
    }

    /// What went wrong while it was read.
    ///
    /// # Errors
    /// The first [`StoreError`] met; then what was not found may be there.
    pub fn finish(self) -> Result<(), StoreError> {
        self.fault.into_inner().map_or(Ok(()), Err)
    }

    /// The segment of the branch that holds position `n`.
    fn segment_with(&self, n: u64) -> Result<Option<(SegmentId, KeyId)>, StoreError> {
        let mut walked = self.walked.borrow_mut();
        let place = walked.partition_point(|(first, _, _)| *first > n);
        if let Some((_, id, key)) = walked.get(place) {
            return Ok(Some((*id, *key)));
        }
        let mut next = self.next.borrow_mut();
        if walked.is_empty() && next.is_some_and(|(last, _)| n > last) {
            return Ok(None);
        }
        while let Some((last, id)) = *next {
            let Some(meta) = meta_of(self.store, &self.log, last, &id)? else { return Ok(None) };
            walked.push((meta.first, id, meta.key));
            *next = meta.first.checked_sub(1).filter(|last| *last > 0).map(|last| (last, meta.back));
            if meta.first <= n {
                return Ok(Some((id, meta.key)));
            }
        }
        Ok(None)
    }

    fn read(&self, n: u64) -> Result<Option<Pointed>, StoreError> {
        let Some((id, _)) = self.segment_with(n)? else { return Ok(None) };
        if let Some(fresh) = self.fresh.and_then(|fresh| fresh.get(&id)) {
            return Ok(fresh.iter().find(|(at, _)| *at == n).map(|(_, change)| *change));
        }
        let below = |key: &dyn Fn(&SegmentId, u64) -> Vec<u8>| {
            let prefix = &key(&id, 0)[..key(&id, 0).len() - 8];
            self.store.scan_back(prefix, Some(&key(&id, n.saturating_add(1))), 1)
        };
        let changes: ChangesRow = match below(&keys::own_changes)?.pop() {
            Some((_, bytes)) => row(&bytes)?,
            // A derived row that does not read is none.
            None => below(&keys::read_changes)?
                .pop()
                .and_then(|(_, bytes)| encoding::from_bytes(&bytes).ok())
                .unwrap_or_default(),
        };
        let found = changes.into_iter().find(|(at, ..)| *at == n);
        Ok(found.map(|(_, document, hash, actor, last_op)| Pointed { document, hash, actor, last_op }))
    }

    fn find(&self, document: &DocumentId) -> Result<Option<u64>, StoreError> {
        let Some(bytes) = self.store.get(&keys::latest(&self.log, document))? else { return Ok(None) };
        let n: u64 = row(&bytes)?;
        let segment = self.segment_with(n)?;
        Ok(segment.filter(|(_, key)| self.key.is_none_or(|with| with == *key)).map(|_| n))
    }

    fn noted<T>(&self, read: Result<Option<T>, StoreError>) -> Option<T> {
        read.unwrap_or_else(|error| {
            self.fault.borrow_mut().get_or_insert(error);
            None
        })
    }
}

impl Earlier for Branch<'_> {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.noted(self.read(n))
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.noted(self.find(document))
    }
}
