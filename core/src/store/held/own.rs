//! One's own logs: slots for the next entry, entries saved and not yet cut, and the cut.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encoding;
use crate::id::{ActorId, DeviceKey, Feed, Head, Incarnation, KeyId, LogId, OrgId, SegmentId, StartNonce};
use crate::identity::{FeedKey, Fresh};
use crate::log::{
    ContentFault, CutError, Cutter, Descriptor, Entry, Named, Segment, Start, Tip, Written, actor_id,
    chain_head, first_head,
};
use crate::planted::Fault;
use crate::store::held::branch::{Branch, own_changes};
use crate::store::held::keys;
use crate::store::held::logs::{for_each, row, tail};
use crate::store::held::segments::{Acceptance, accept};
use crate::store::{Damage, Expect, Group, Op, Overlay, Store, StoreError};

/// One of one's own logs in a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLog {
    /// Its name.
    pub log: LogId,
    /// What it is.
    pub descriptor: Descriptor,
    /// Position of the last entry saved.
    pub n: u64,
    /// The chain value there.
    pub head: Head,
    /// Position of the last entry cut.
    pub cut: u64,
    /// The chain value there.
    pub cut_head: Head,
    /// The last segment cut; zeros before the first.
    pub tip: SegmentId,
    /// Nonce of the Start in force behind the last cut; zeros before the first.
    pub cut_nonce: StartNonce,
    /// Whether another branch of it was seen: it takes no further entries.
    pub ended: bool,
}

/// All of one's own logs in a feed; the last is the one written to.
pub type OwnLogs = Vec<OwnLog>;

/// One's own logs in a feed.
///
/// # Errors
/// [`StoreError`].
pub fn own_logs(store: &dyn Store, feed: &Feed) -> Result<OwnLogs, StoreError> {
    Ok(store.get(&keys::own(feed))?.map(|bytes| row(&bytes)).transpose()?.unwrap_or_default())
}

/// The feeds that one has logs in.
///
/// # Errors
/// [`StoreError`].
pub fn own_feeds(store: &dyn Store) -> Result<Vec<Feed>, StoreError> {
    let mut found = Vec::new();
    for_each(store, b"w", |_, value| {
        let logs: OwnLogs = row(value)?;
        found.extend(logs.first().map(|log| log.descriptor.feed.clone()));
        Ok(())
    })?;
    Ok(found)
}

/// Whether the store was written with other keys than `device`'s: going on in its logs would sign them wrongly.
///
/// # Errors
/// [`StoreError`].
pub fn has_logs_of_another(store: &dyn Store, device: &DeviceKey) -> Result<bool, StoreError> {
    let mut found = false;
    for_each(store, b"w", |_, value| {
        let logs: OwnLogs = row(value)?;
        found |= logs.iter().any(|log| log.descriptor.device != *device);
        Ok(())
    })?;
    Ok(found)
}

/// Entries of a log that are saved and not cut, with their positions.
///
/// # Errors
/// [`StoreError`].
pub fn pending(store: &dyn Store, log: &LogId) -> Result<Vec<(u64, Written)>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::pending_of(log), |key, value| {
        let (kind, bytes) = value.split_first().ok_or(StoreError::Damaged(Damage::Content))?;
        found.push((u64::from_be_bytes(tail(key)?), Written { kind: *kind, bytes: bytes.to_vec() }));
        Ok(())
    })?;
    Ok(found)
}

/// Who writes: one process's pen. It lives until the process ends or a commit fails.
pub struct Pen {
    org: OrgId,
    device: DeviceKey,
    software: String,
    schema: u32,
    fresh: Fresh,
    started: BTreeMap<Feed, (LogId, StartNonce)>,
}

/// Where the next entry of a feed will stand.
#[derive(Debug, Clone)]
pub struct Slot {
    feed: Feed,
    before: OwnLogs,
    log: OwnLog,
    start: Option<Start>,
    nonce: StartNonce,
}

impl Slot {
    /// The log.
    #[must_use]
    pub const fn log(&self) -> LogId {
        self.log.log
    }

    /// The actor that the entry's change must have.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        actor_id(&self.log.log, &self.nonce)
    }

    /// The position that the entry will get.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.log.n + 1 + self.start.is_some() as u64
    }
}

impl Pen {
    /// A pen for this process. `software` is ASCII of at most 32 bytes.
    #[must_use]
    pub fn new(org: OrgId, device: DeviceKey, software: &str, schema: u32, fresh: Fresh) -> Self {
        Self { org, device, software: software.into(), schema, fresh, started: BTreeMap::new() }
    }

    /// The process's source of nonces.
    pub fn fresh(&mut self) -> &mut Fresh {
        &mut self.fresh
    }

    /// After a failed commit nothing written so far is certain: every log gets a new Start, a new actor.
    pub fn renew(&mut self) {
        self.started.clear();
    }

    /// The slot for the feed's next entry: in the present log, or in a new one where there is none or the
    /// last has ended. The process's first entry in a log is preceded by a Start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn slot(&mut self, store: &dyn Store, feed: &Feed) -> Result<Slot, StoreError> {
        let before = own_logs(store, feed)?;
        let log = match before.last() {
            Some(log) if !log.ended => log.clone(),
            last => self.begin_log(feed, last),
        };
        let (start, nonce) = match self.started.get(feed) {
            Some((started, nonce)) if *started == log.log => (None, *nonce),
            _ => {
                let drawn = self.fresh.draw();
                let nonce = StartNonce(if Fault::SeqReusedAfterRestore.is_on() { [7; 16] } else { drawn });
                (Some(Start { nonce, software: self.software.clone(), schema: self.schema }), nonce)
            }
        };
        Ok(Slot { feed: feed.clone(), before, log, start, nonce })
    }

    fn begin_log(&mut self, feed: &Feed, last: Option<&OwnLog>) -> OwnLog {
        let descriptor = Descriptor {
            device: self.device,
            feed: feed.clone(),
            incarnation: Incarnation(self.fresh.draw()),
            continues: last.map(|log| (log.log, log.n, log.head)),
        };
        let log = descriptor.log_id(&self.org);
        let head = first_head(&log);
        OwnLog {
            log,
            descriptor,
            n: 0,
            head,
            cut: 0,
            cut_head: head,
            tip: SegmentId::ZERO,
            cut_nonce: StartNonce::ZERO,
            ended: false,
        }
    }

    /// The writes that save `entry` in its slot. Commit them; if that fails, [`Pen::renew`].
    ///
    /// # Errors
    /// [`ContentFault`] where a change has no hash.
    pub fn save(&mut self, slot: Slot, entry: &Written) -> Result<Group, ContentFault> {
        let Slot { feed, before, mut log, start, nonce } = slot;
        let key = keys::own(&feed);
        let expect = if before.is_empty() {
            Expect::Absent(key.clone())
        } else {
            Expect::Is(key.clone(), encoding::to_bytes(&before))
        };
        let start = start.and_then(|start| Written::plain(&Entry::Start(start)));
        let mut ops = Vec::new();
        for written in start.iter().chain([entry]) {
            log.n += 1;
            log.head = chain_head(&log.head, log.n, &written.hash()?);
            let mut bytes = vec![written.kind];
            bytes.extend_from_slice(&written.bytes);
            ops.push(Op::Put(keys::pending(&log.log, log.n), bytes));
        }
        self.started.insert(feed, (log.log, nonce));
        let mut after = before;
        match after.last_mut() {
            Some(last) if last.log == log.log => *last = log,
            _ => after.push(log),
        }
        ops.push(Op::Put(key, encoding::to_bytes(&after)));
        Ok(Group { expect: vec![expect], ops })
    }
}

/// Why pending entries were not cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CutPendingError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cut itself failed.
    #[error(transparent)]
    Cut(#[from] CutError),
}

/// Cuts everything pending in a feed, in every own log. The groups make segments held and pending entries
/// gone; commit them before the first byte is sent.
///
/// `cutter` gives the parameters of the cut for a log.
///
/// # Errors
/// [`CutPendingError`].
pub fn cut_pending<'c>(
    store: &dyn Store,
    feed: &Feed,
    named: &Named,
    cutter: &dyn Fn(LogId) -> Cutter<'c>,
) -> Result<Vec<Group>, CutPendingError> {
    let mut scratch = Overlay::new(store);
    let before = own_logs(store, feed)?;
    let mut after = before.clone();
    for log in &mut after {
        let waiting = pending(store, &log.log)?;
        let items: Vec<Written> = waiting.iter().map(|(_, written)| written.clone()).collect();
        if items.is_empty() {
            continue;
        }
        let tip = Tip { n: log.cut, head: log.cut_head, segment: log.tip, nonce: log.cut_nonce };
        let cutter = cutter(log.log);
        let branch = Branch::up_to(store, log.log, log.cut, log.tip);
        let branch = branch.sealed_with(Some(cutter.key.map_or(KeyId::ZERO, FeedKey::id)));
        let (cuts, tip) = cutter.cut_on(tip, &items, &branch)?;
        branch.finish()?;
        for cut in &cuts {
            let Some(mut group) = own_segment(&scratch, &cut.segment, &log.descriptor, named)? else {
                continue;
            };
            if cutter.key.is_some() {
                group.ops.extend(own_changes(cut));
            }
            scratch.commit(vec![group])?;
        }
        let gone = waiting.iter().map(|(n, _)| Op::Delete(keys::pending(&log.log, *n))).collect();
        scratch.commit(vec![Group { expect: vec![], ops: gone }])?;
        (log.cut, log.cut_head, log.tip, log.cut_nonce) = (tip.n, tip.head, tip.segment, tip.nonce);
    }
    if after != before {
        let key = keys::own(feed);
        let expect = vec![Expect::Is(key.clone(), encoding::to_bytes(&before))];
        scratch.commit(vec![Group { expect, ops: vec![Op::Put(key, encoding::to_bytes(&after))] }])?;
    }
    Ok(together(scratch.into_groups()))
}

/// One group of all: segments, pending entries and tips change together or not at all.
fn together(groups: Vec<Group>) -> Vec<Group> {
    let mut expect = Vec::new();
    let mut ops = Vec::new();
    for group in groups {
        expect.extend(group.expect);
        ops.extend(group.ops);
    }
    if ops.is_empty() { Vec::new() } else { vec![Group { expect, ops }] }
}

/// The writes that make one's own cut held; `None` where it is: a copy of this store cut the same before the keys
/// came that this one cuts with, and it arrived first.
fn own_segment(
    store: &dyn Store,
    segment: &Segment,
    descriptor: &Descriptor,
    named: &Named,
) -> Result<Option<Group>, StoreError> {
    match accept(store, segment, Some(descriptor), named, &|_, _| true)? {
        Acceptance::Accepted { group, .. } => Ok(Some(group)),
        Acceptance::Present => Ok(None),
        // Our own cut always follows what we hold; anything else is a store that lost something.
        _ => Err(StoreError::Damaged(Damage::Content)),
    }
}

/// The writes that end one's own log because a segment of it arrived that this store never cut: a clone or a
/// restored backup writes in it too. Work goes on in a log with a fresh incarnation.
///
/// # Errors
/// [`StoreError`].
pub fn end_log(store: &dyn Store, feed: &Feed, log: &LogId) -> Result<Option<Group>, StoreError> {
    let before = own_logs(store, feed)?;
    let mut after = before.clone();
    let key = keys::own(feed);
    match after.iter_mut().find(|own| own.log == *log) {
        Some(own) if own.ended => return Ok(None),
        Some(own) => own.ended = true,
        None => return Ok(None),
    }
    Ok(Some(Group {
        expect: vec![Expect::Is(key.clone(), encoding::to_bytes(&before))],
        ops: vec![Op::Put(key, encoding::to_bytes(&after))],
    }))
}
