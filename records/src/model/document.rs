//! A household's document: written by forms, fed with changes that passed the airlock, saved and loaded.

use std::fmt;

use automerge::{Automerge, Change, ReadDoc};
use khettara_core::id::{ActorId, ChangeHash, DocumentId};
use khettara_core::limits::{
    CHANGE_ACTORS_MAX, CHANGE_BYTES_MAX, CHANGE_DEPS_MAX, CHANGE_OP_COUNTER_MAX, CHANGE_OPS_MAX,
    DOCUMENT_BYTES_MAX, DOCUMENT_BYTES_WARN,
};
use uuid::Uuid;

use crate::airlock::Rehearsed;

use super::digest;
use super::error::{Reason, RecordError};
use super::fields::HouseholdForm;
use super::form::Form;
use super::genesis::{GENESIS, GENESIS_CHUNK, constant_actor, constants};
use super::ids::DeviceIds;
use super::kinds::RecordKind;
use super::set_aside::set_aside;
use super::write::Writer;

/// Why saved bytes were not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not the bytes of a document.
    #[error("these bytes are no saved document; rebuild it from the logs")]
    Damaged,
    /// A document that does not stand on our genesis.
    #[error("this document does not begin with the genesis; it was not made by this software")]
    NoGenesis,
}

/// Why changes were not applied. The document is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A chunk that is no change; the airlock should have held it back.
    #[error("change number {place} of the batch is no change chunk; it should not have passed the airlock")]
    NotAChange {
        /// Which, from 0.
        place: usize,
    },
    /// automerge refused the batch.
    #[error("the document refuses these changes; try them one by one to find which")]
    Refused,
}

/// A record that a form wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: Uuid,
    /// The handle the form gave it, for later records of the same file.
    pub handle: Option<String>,
    /// Whether it was made now, or existed and was changed.
    pub is_new: bool,
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.kind.word(), self.id, if self.is_new { " (new)" } else { "" })
    }
}

/// What recording a form gave.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The change: one uncompressed change chunk, as an entry carries it.
    pub chunk: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
    /// The records written, in the form's order.
    pub records: Vec<NewRecord>,
    /// The document's saved size where it has passed the warning size: offer a successor document soon.
    pub bytes_when_large: Option<usize>,
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.chunk.len();
        write!(f, "Recorded({:?}, {bytes} bytes, {:?})", self.hash, self.records)
    }
}

/// One household.
#[derive(Clone)]
pub struct HouseholdDocument {
    id: DocumentId,
    pub(crate) automerge: Automerge,
    /// Never less than what the document needs when saved, as far as known: saving only to measure is dear.
    bytes_at_most: usize,
}

impl fmt::Debug for HouseholdDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HouseholdDocument").field("id", &self.id).finish_non_exhaustive()
    }
}

impl HouseholdDocument {
    /// An empty document: the genesis and nothing else.
    ///
    /// # Panics
    /// Never: the genesis is a constant that a test loads.
    #[must_use]
    pub fn new(id: DocumentId) -> Self {
        // automerge draws a random actor when made; it is replaced before anything is written.
        let mut automerge = Automerge::new().with_actor(to_actor(constant_actor(1)));
        let genesis = Change::from_bytes(GENESIS_CHUNK.to_vec()).expect("the genesis is a constant change");
        automerge.apply_changes([genesis]).expect("the genesis depends on nothing");
        Self { id, automerge, bytes_at_most: GENESIS_CHUNK.len() }
    }

    /// A new household: its document and the first change. Where the form has no id, the household's is the
    /// first id derived from `actor` and `position`.
    ///
    /// # Errors
    /// As [`HouseholdDocument::record`].
    pub fn create(
        actor: ActorId,
        position: u64,
        form: &HouseholdForm,
    ) -> Result<(Self, Recorded), RecordError> {
        let id = form.id.unwrap_or_else(|| DeviceIds::new(actor, position).next_id());
        let mut document = Self::new(DocumentId(*id.as_bytes()));
        let recorded = document.record(actor, position, &Form::Household(form.clone()))?;
        Ok((document, recorded))
    }

    /// Loads what [`HouseholdDocument::save`] gave. Only for bytes this device saved itself.
    ///
    /// # Errors
    /// [`LoadError`] where the bytes are damaged or stand on another genesis.
    pub fn load(id: DocumentId, bytes: &[u8]) -> Result<Self, LoadError> {
        let automerge = Automerge::load(bytes).map_err(|_| LoadError::Damaged)?;
        let document = Self { id, automerge, bytes_at_most: bytes.len() };
        if document.has_change(&GENESIS) { Ok(document) } else { Err(LoadError::NoGenesis) }
    }

    /// The document's bytes, not compressed. Not canonical: equal documents may have different ones (see
    /// [`HouseholdDocument::digest`]).
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save_nocompress()
    }

    /// The document's id, which is the household's.
    #[must_use]
    pub const fn id(&self) -> DocumentId {
        self.id
    }

    /// The automerge document, for the airlock: its past, and a rehearsal on a copy.
    #[must_use]
    pub const fn automerge(&self) -> &Automerge {
        &self.automerge
    }

    /// Takes the outcome of a rehearsal on [`HouseholdDocument::automerge`] as the document; gives its saved
    /// bytes.
    pub fn adopt(&mut self, rehearsed: Rehearsed) -> Vec<u8> {
        self.bytes_at_most = rehearsed.saved.len();
        self.automerge = rehearsed.document;
        rehearsed.saved
    }

    /// The automerge document, to be given to a rehearsal and lost where that fails.
    pub(crate) fn into_automerge(self) -> Automerge {
        self.automerge
    }

    /// The document that came out of a rehearsal, and its saved bytes.
    pub(crate) fn of_rehearsal(id: DocumentId, rehearsed: Rehearsed) -> (Self, Vec<u8>) {
        let Rehearsed { document: automerge, saved } = rehearsed;
        (Self { id, automerge, bytes_at_most: saved.len() }, saved)
    }

    /// The changes nothing here depends on, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.automerge.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
    }

    /// Changes that others here wait for, ascending.
    #[must_use]
    pub fn missing_deps(&self) -> Vec<ChangeHash> {
        let mut missing: Vec<_> =
            self.automerge.get_missing_deps(&[]).into_iter().map(|hash| ChangeHash(hash.0)).collect();
        missing.sort_unstable();
        missing
    }

    /// Whether the change is part of the document (and not merely waiting).
    #[must_use]
    pub fn has_change(&self, hash: &ChangeHash) -> bool {
        self.automerge.get_change_meta_by_hash(&automerge::ChangeHash(hash.0)).is_some()
    }

    /// The bytes of a change of this document, as its entry carries them.
    #[must_use]
    pub fn chunk(&self, hash: &ChangeHash) -> Option<Vec<u8>> {
        let change = self.automerge.get_change_by_hash(&automerge::ChangeHash(hash.0))?;
        Some(change.raw_bytes().to_vec())
    }

    /// 32 bytes that are equal where the documents are: over the hashes of all changes and over everything
    /// that can be read, all sides of every conflict included. Independent of the order of merging.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        digest::digest(&self.automerge)
    }

    /// Records a form as one change by `actor`, which will stand at `position` of the writer's log.
    ///
    /// The document is untouched unless this succeeds.
    ///
    /// # Errors
    /// [`RecordError`]: a field out of its rules, nothing to change, a change or document over its limit.
    pub fn record(&mut self, actor: ActorId, position: u64, form: &Form) -> Result<Recorded, RecordError> {
        form.check()?;
        let internal = || RecordError::whole(Reason::Internal);
        let narrow = self.heads().len() >= CHANGE_DEPS_MAX;
        let mut draft = if narrow { self.narrowed(actor)? } else { self.automerge.clone() };
        let ground = ground(&mut draft, form.constant())?;
        draft.set_actor(to_actor(actor));
        let aside = if form.is_about_setting_aside() { set_aside(&draft) } else { Vec::new() };
        let mut transaction = draft.transaction();
        let mut writer = Writer {
            document: Uuid::from_bytes(self.id.0),
            ids: DeviceIds::new(actor, position),
            draft: &mut transaction,
            records: Vec::new(),
            aside,
        };
        writer.write(form)?;
        let records = writer.records;
        let (hash, _) = transaction.commit();
        let hash = hash.ok_or(RecordError::whole(Reason::NothingChanged))?;
        let change = draft.get_change_by_hash(&hash).ok_or_else(internal)?;
        check_change(&change)?;
        let chunk = change.raw_bytes().to_vec();
        if narrow {
            draft = self.automerge.clone();
            self::ground(&mut draft, form.constant())?;
            draft.apply_changes([change]).map_err(|_| internal())?;
        }
        let bytes = self.grown(&draft, chunk.len() + ground)?;
        self.automerge = draft;
        self.bytes_at_most = bytes;
        let bytes_when_large = (bytes > DOCUMENT_BYTES_WARN).then_some(bytes);
        Ok(Recorded { chunk, hash: ChangeHash(hash.0), records, bytes_when_large })
    }

    /// The document as some of its heads know it, few enough for one change to stand on, the actor's own last
    /// change among them. So a document with too many heads can still be written, and has fewer afterwards.
    fn narrowed(&self, actor: ActorId) -> Result<Automerge, RecordError> {
        let own = self
            .automerge
            .get_changes_meta(&[])
            .into_iter()
            .filter(|change| *change.actor == to_actor(actor));
        let last = own.max_by_key(|change| change.seq).map(|change| change.hash);
        let heads = self.automerge.get_heads().into_iter().filter(|head| Some(*head) != last);
        let ground: Vec<_> = heads.take(CHANGE_DEPS_MAX - 1).chain(last).collect();
        self.automerge.fork_at(&ground).map_err(|_| RecordError::whole(Reason::Internal))
    }

    /// The draft's size, measured only where it may matter; refused where the document would be too large.
    fn grown(&self, draft: &Automerge, added: usize) -> Result<usize, RecordError> {
        let at_most = self.bytes_at_most + added;
        let bytes = if at_most > DOCUMENT_BYTES_WARN { draft.save().len() } else { at_most };
        if bytes > DOCUMENT_BYTES_MAX {
            return Err(RecordError::whole(Reason::DocumentFull { max: DOCUMENT_BYTES_MAX }));
        }
        Ok(bytes)
    }

    /// Merges change chunks that **passed the airlock**; those already here are skipped, those whose ancestors
    /// are missing wait. All of them, or none.
    ///
    /// # Errors
    /// [`ApplyError`]; the document is untouched then.
    pub fn apply(&mut self, chunks: &[&[u8]]) -> Result<(), ApplyError> {
        let mut changes = Vec::with_capacity(chunks.len());
        for (place, chunk) in chunks.iter().enumerate() {
            let change = Change::from_bytes(chunk.to_vec()).map_err(|_| ApplyError::NotAChange { place })?;
            changes.push(change);
        }
        let mut draft = self.automerge.clone();
        draft.apply_changes(changes).map_err(|_| ApplyError::Refused)?;
        self.automerge = draft;
        self.bytes_at_most += chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
        Ok(())
    }
}

/// Puts the constants up to a number under a document. Gives the bytes of those that were not there.
fn ground(document: &mut Automerge, number: u32) -> Result<usize, RecordError> {
    let mut bytes = 0;
    for constant in constants().iter().filter(|constant| constant.number <= number) {
        if document.get_change_meta_by_hash(&automerge::ChangeHash(constant.hash.0)).is_none() {
            let change = Change::from_bytes(constant.chunk.to_vec());
            let change = change.map_err(|_| RecordError::whole(Reason::Internal))?;
            document.apply_changes([change]).map_err(|_| RecordError::whole(Reason::Internal))?;
            bytes += constant.chunk.len();
        }
    }
    Ok(bytes)
}

/// Refuses to its writer what every replica would hold back.
fn check_change(change: &Change) -> Result<(), RecordError> {
    let counts = [
        ("bytes", change.raw_bytes().len() as u64, CHANGE_BYTES_MAX as u64),
        ("operations", change.len() as u64, CHANGE_OPS_MAX),
        ("dependencies", change.deps().len() as u64, CHANGE_DEPS_MAX as u64),
        ("other authors", change.other_actor_ids().len() as u64, CHANGE_ACTORS_MAX as u64),
        ("operations in all", change.max_op(), CHANGE_OP_COUNTER_MAX),
    ];
    match counts.into_iter().find(|(_, size, max)| size > max) {
        Some((unit, size, max)) => Err(RecordError::whole(Reason::ChangeTooLarge { unit, size, max })),
        None => Ok(()),
    }
}

fn to_actor(actor: ActorId) -> automerge::ActorId {
    automerge::ActorId::from(actor.as_bytes().as_slice())
}
