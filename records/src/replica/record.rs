//! Replica: recording. Each form becomes one change and one entry; all of a call become durable in one commit.

use std::collections::BTreeMap;

use khettara_core::encoding;
use khettara_core::error::ErrorKind;
use khettara_core::id::{ActorId, ChangeHash, DocumentId, Feed, LogId};
use khettara_core::log::{ContentFault, Written};
use khettara_core::store::held::{self, OwnLog, Pen};
use khettara_core::store::{Answer, Op, Overlay, Store, StoreError};
use uuid::Uuid;

use super::Replica;
use super::cache::{Loaded, NotLoaded};
use super::keys;
use super::rows::{self, ListRow, LogMark, SeqRow};
use crate::airlock::walk;
use crate::model::{DeviceIds, Form, NewRecord, Reason, RecordError, Reference, constants};

/// A form that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The household's document.
    pub document: DocumentId,
    /// The log its entry stands in.
    pub log: LogId,
    /// The entry's position there.
    pub position: u64,
    /// The change.
    pub hash: ChangeHash,
    /// The records written, in the form's order.
    pub records: Vec<NewRecord>,
    /// The document's size where it has passed the warning size.
    pub bytes_when_large: Option<usize>,
}

/// Why nothing of a call was saved. The pen has a new actor, and the call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordFailure {
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else wrote in this log since it was read.
    #[error("the log went on meanwhile; nothing was saved, try again")]
    Behind,
    /// A saved household cannot be read; catching up reads it anew from the log.
    #[error("a household's copy is damaged; nothing was saved, catch up and try again")]
    Unreadable,
}

impl RecordFailure {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Behind | Self::Unreadable => ErrorKind::Retry,
        }
    }
}

impl From<NotLoaded> for RecordFailure {
    fn from(error: NotLoaded) -> Self {
        match error {
            NotLoaded::Store(error) => Self::Store(error),
            NotLoaded::Damaged => Self::Unreadable,
        }
    }
}

impl From<ContentFault> for RecordFailure {
    fn from(_: ContentFault) -> Self {
        Self::Unreadable
    }
}

/// What a call has in hand until its commit.
#[derive(Default)]
struct Draft {
    loaded: BTreeMap<DocumentId, Loaded>,
    handles: BTreeMap<String, Uuid>,
    seqs: BTreeMap<(ActorId, DocumentId), SeqRow>,
    /// The records that each change of each document wrote.
    written: BTreeMap<DocumentId, Vec<Vec<NewRecord>>>,
}

impl Replica {
    /// Saves forms: each one change and one entry, all in one commit with one flush. A form that is refused
    /// costs its neighbours nothing; its place in the answer says why. A handle (`ref`) that an earlier form of
    /// the call gave may be named by later ones.
    ///
    /// When this returns, what is [`Saved`] is durable. Its rows are derived behind that: where they are lost,
    /// catching up finds the entries again.
    ///
    /// # Errors
    /// [`RecordFailure`]: then nothing of the call was saved.
    pub fn record(
        &mut self,
        store: &mut dyn Store,
        pen: &mut Pen,
        feed: &Feed,
        forms: &[Form],
    ) -> Result<Vec<Result<Saved, RecordError>>, RecordFailure> {
        let own = held::own_logs(store, feed)?.pop().filter(|own| !own.ended);
        let mut draft = Draft::default();
        let mut scratch = Overlay::new(store);
        let mut results = Vec::with_capacity(forms.len());
        for form in forms {
            let result = self.draft_form(&mut scratch, pen, feed, form, &mut draft);
            results.push(result.inspect_err(|_| pen.renew())?);
        }
        let after = held::own_logs(&scratch, feed)?.pop();
        let groups = scratch.into_groups();
        if groups.is_empty() {
            self.put_back(feed, draft);
            return Ok(results);
        }
        // From here on what is loaded is ahead of the store, and is dropped unless the commit says yes.
        let answers = store.commit(groups).inspect_err(|_| pen.renew())?;
        if answers.iter().any(|answer| *answer != Answer::Committed) {
            pen.renew();
            return Err(RecordFailure::Behind);
        }
        if self.derive_recorded(store, feed, (own, after), draft).is_err() {
            // The entries are saved; only their rows are not. A new actor never counts on a change that its
            // own document does not show.
            pen.renew();
        }
        Ok(results)
    }

    fn put_back(&mut self, feed: &Feed, draft: Draft) {
        for loaded in draft.loaded.into_values() {
            self.cache.put(feed, loaded);
        }
    }

    fn draft_form(
        &mut self,
        scratch: &mut Overlay<'_>,
        pen: &mut Pen,
        feed: &Feed,
        form: &Form,
        draft: &mut Draft,
    ) -> Result<Result<Saved, RecordError>, RecordFailure> {
        let mut form = form.clone();
        if let Err(refused) = form.bind(&draft.handles) {
            return Ok(Err(refused));
        }
        let mut slot = pen.slot(scratch, feed)?;
        let named = match form.document() {
            Some(Reference::Id(id)) => Some(id),
            Some(Reference::Handle(_)) => {
                return Ok(Err(RecordError::new("household", Reason::UnknownHandle)));
            }
            None => None,
        };
        let begins = form.begins().is_some();
        if let Some(id) = named {
            let id = DocumentId(*id.as_bytes());
            self.load(scratch, feed, &id, draft)?;
            let loaded = &draft.loaded[&id];
            if !begins && !loaded.is_stored {
                draft.loaded.remove(&id);
                return Ok(Err(RecordError::new("household", Reason::NoSuchRecord)));
            }
            // The actor's last change here is not in the document (held back, or its rows were lost): going
            // on would number two changes alike.
            let last = last_seq(scratch, feed, &slot.log(), (slot.actor(), id), draft)?;
            if last.is_some_and(|last| !loaded.document.has_change(&last.hash)) {
                pen.renew();
                slot = pen.slot(scratch, feed)?;
            }
        }
        let (actor, position) = (slot.actor(), slot.position());
        let id = named.unwrap_or_else(|| DeviceIds::new(actor, position).next_id());
        let id = DocumentId(*id.as_bytes());
        self.load(scratch, feed, &id, draft)?;
        let Some(loaded) = draft.loaded.get_mut(&id) else { return Err(RecordFailure::Unreadable) };
        let recorded = match loaded.document.record(actor, position, &form) {
            Ok(recorded) => recorded,
            Err(refused) => return Ok(Err(refused)),
        };
        // What every reader would keep aside is not written in the first place.
        let Some(seq) = check_own(loaded, &recorded.chunk, actor) else {
            draft.loaded.remove(&id);
            return Ok(Err(RecordError::whole(Reason::Internal)));
        };
        loaded.is_stored = true;
        let log = slot.log();
        let group = pen.save(slot, &Written::change(&id, &recorded.chunk))?;
        scratch.commit(vec![group])?;
        draft.seqs.insert((actor, id), SeqRow { seq, n: position, hash: recorded.hash });
        draft.written.entry(id).or_default().push(recorded.records.clone());
        let handles = recorded.records.iter().filter_map(|record| Some((record.handle.clone()?, record.id)));
        draft.handles.extend(handles);
        let (records, bytes_when_large) = (recorded.records, recorded.bytes_when_large);
        Ok(Ok(Saved { document: id, log, position, hash: recorded.hash, records, bytes_when_large }))
    }

    fn load(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
        draft: &mut Draft,
    ) -> Result<(), RecordFailure> {
        if !draft.loaded.contains_key(id) {
            draft.loaded.insert(*id, self.cache.take(store, feed, id)?);
        }
        Ok(())
    }

    /// The rows of what was committed: documents, list, seqs, and the log's mark where it lies right below.
    fn derive_recorded(
        &mut self,
        store: &mut dyn Store,
        feed: &Feed,
        (own, after): (Option<OwnLog>, Option<OwnLog>),
        draft: Draft,
    ) -> Result<(), RecordFailure> {
        let Some(after) = after else { return Err(RecordFailure::Behind) };
        let before = own.filter(|own| own.log == after.log);
        let key = keys::log_mark(feed, &after.log);
        let mark = match (rows::read::<LogMark>(store, &key)?, before) {
            (None, None) => LogMark {
                n: 0,
                head: after.cut_head,
                cut: 0,
                segment: after.tip,
                cut_head: after.cut_head,
                last_unit: 0,
                ended: false,
                whole: None,
            },
            (Some(mark), Some(own)) if mark.whole.is_none() && (mark.n, mark.head) == (own.n, own.head) => {
                mark
            }
            // Something below was not read yet: catching up takes it all, in order.
            _ => return Err(RecordFailure::Behind),
        };
        let mark = LogMark { n: after.n, head: after.head, ..mark };
        let mut ops = vec![Op::Put(key, encoding::to_bytes(&mark))];
        for ((actor, id), row) in &draft.seqs {
            ops.push(Op::Put(keys::seq(feed, &after.log, actor, id), encoding::to_bytes(row)));
            ops.push(Op::Put(keys::actor(feed, actor), encoding::to_bytes(&after.log)));
        }
        let mut loaded = draft.loaded;
        for (id, written) in draft.written {
            let Some(one) = loaded.get_mut(&id) else { continue };
            let saved = self.cache.pack(&one.document.save());
            one.saved_bytes = saved.len();
            let old = rows::row_of(store, feed, &id)?;
            let row = ListRow::after(old.as_ref(), &one.document, &written);
            ops.push(Op::Put(keys::document(feed, &id), saved));
            ops.extend(rows::put_row(feed, old.as_ref(), &row));
        }
        store.derive(ops)?;
        self.put_back(feed, Draft { loaded, ..Draft::default() });
        Ok(())
    }
}

/// The last change an actor wrote in a document, in this call or before.
fn last_seq(
    store: &dyn Store,
    feed: &Feed,
    log: &LogId,
    (actor, id): (ActorId, DocumentId),
    draft: &Draft,
) -> Result<Option<SeqRow>, StoreError> {
    match draft.seqs.get(&(actor, id)) {
        Some(row) => Ok(Some(*row)),
        None => rows::read(store, &keys::seq(feed, log, &actor, &id)),
    }
}

/// Holds one's own change against the airlock, and keeps the past beside the document up to date. Gives the
/// change's seq.
fn check_own(loaded: &mut Loaded, chunk: &[u8], actor: ActorId) -> Option<u64> {
    let walked = walk(chunk).ok()?;
    if let Some(past) = &mut loaded.past {
        // The change may be the first here to stand on a constant.
        for constant in constants() {
            if !past.contains(&constant.hash) && loaded.document.has_change(&constant.hash) {
                past.add(&walk(constant.chunk).ok()?, loaded.document.automerge()).ok()?;
            }
        }
        past.add(&walked, loaded.document.automerge()).ok()?;
    }
    (walked.actor() == actor).then_some(walked.header().seq)
}
