//! Airlock: the rehearsal. A copy of the document takes the changes, is saved and loaded again, or is thrown away.
//!
//! What one change can cost is bounded by the walk. What all the changes of one document cost together is bounded
//! here: by the operations they have, and, where those are many, by the time a worker is given.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, LoadOptions, ReadDoc};
use khettara_core::id::ChangeHash;
use khettara_core::limits::{REHEARSAL_OPS_HERE_MAX, REHEARSAL_OPS_MAX};

use super::walk::Walked;

/// Why a rehearsal failed. It speaks of the local document: the change is `Waiting(retry)`, or waits for its
/// ancestor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalFault {
    /// A change it builds on is not in the document; automerge would queue it for ever.
    #[error("a change this one builds on is not in the document")]
    MissingAncestor,
    /// automerge answered with an error, or did not take the change.
    #[error("the document did not take the change")]
    NotTaken,
    /// automerge panicked; the copy is gone, the document was not touched.
    #[error("the document's copy broke while taking the change")]
    Panicked,
    /// Saved, it could not be loaded again.
    #[error("the document could not be loaded again once it had taken the change")]
    NotReloadable,
    /// Loaded again, it had other heads.
    #[error("the document changed by being saved and loaded again")]
    HeadsDiffer,
    /// Document and changes have more than `REHEARSAL_OPS_MAX` operations: it was not begun.
    #[error("the document has more operations than a document may take changes with")]
    TooMany,
    /// It took the worker longer than it may, or the worker had no room.
    #[error("the document takes longer to take the change than it may")]
    TooLong,
}

impl RehearsalFault {
    /// Whether it is the document that is too much, whichever changes are tried.
    #[must_use]
    pub const fn is_of_document(self) -> bool {
        matches!(self, Self::TooMany | Self::TooLong)
    }
}

/// A document that took the changes, as it came back from its own bytes. The caller adopts it as it is.
pub struct Rehearsed {
    /// The reloaded document. automerge gave it a random actor: whoever writes with it sets its own first.
    pub document: Automerge,
    /// Its saved bytes, not compressed.
    pub saved: Vec<u8>,
}

impl std::fmt::Debug for Rehearsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rehearsed({} B)", self.saved.len())
    }
}

/// What became of several changes.
#[derive(Debug)]
pub struct RehearsedEach {
    /// The document with every change that passed; `None` where none did.
    pub adopted: Option<Rehearsed>,
    /// One result for each change, in the order given.
    pub results: Vec<Result<(), RehearsalFault>>,
}

impl RehearsedEach {
    /// The same fault for each of so many changes.
    #[must_use]
    pub fn failed(fault: RehearsalFault, changes: usize) -> Self {
        Self { adopted: None, results: vec![Err(fault); changes] }
    }
}

/// A rehearsal with all it needs, so that another thread can carry it out.
pub struct Rehearsal {
    document: Automerge,
    changes: Vec<Offered>,
}

/// A change that was walked through.
struct Offered {
    hash: ChangeHash,
    deps: Vec<ChangeHash>,
    chunk: Vec<u8>,
}

impl Rehearsal {
    /// Of a document, which is spent, and changes, ancestors first.
    #[must_use]
    pub fn of(document: Automerge, changes: &[&Walked<'_>]) -> Self {
        let offered = changes.iter().map(|change| {
            let header = change.header();
            Offered { hash: header.hash, deps: header.deps.clone(), chunk: change.chunk().to_vec() }
        });
        Self { document, changes: offered.collect() }
    }

    /// Carries it out: all changes or none.
    ///
    /// # Errors
    /// [`RehearsalFault`] of the first change that cannot be offered, or of taking, saving and loading them together.
    pub fn perform(self) -> Result<Rehearsed, RehearsalFault> {
        // Nothing that a panic may have left half done outlives the closure, so unwinding is safe here.
        let staged = catch_unwind(AssertUnwindSafe(|| stage(self.document, self.changes)));
        staged.unwrap_or(Err(RehearsalFault::Panicked))
    }
}

impl std::fmt::Debug for Rehearsal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rehearsal({} changes)", self.changes.len())
    }
}

/// Who carries out a rehearsal that is large: [`Rehearsal::perform`] on a thread of its own,
/// [`RehearsalFault::TooLong`] where that takes longer than it may.
pub type Performer = Box<dyn FnMut(Rehearsal) -> Result<Rehearsed, RehearsalFault> + Send>;

/// Where rehearsals are carried out: small ones here, large ones by a performer.
pub struct Stage {
    performer: Performer,
}

impl Stage {
    /// All of them here, however long they take: for tests, and for programs that serve nobody.
    #[must_use]
    pub fn here() -> Self {
        Self::with(Box::new(Rehearsal::perform))
    }

    /// Those with more than `REHEARSAL_OPS_HERE_MAX` operations by this performer.
    #[must_use]
    pub fn with(performer: Performer) -> Self {
        Self { performer }
    }

    /// Rehearses changes, ancestors first, all or none, on the document itself, for a caller that can load it again:
    /// where this fails, it is gone.
    ///
    /// # Errors
    /// As [`Rehearsal::perform`], and where document and changes are more than may be rehearsed.
    pub fn rehearse(
        &mut self,
        document: Automerge,
        changes: &[&Walked<'_>],
    ) -> Result<Rehearsed, RehearsalFault> {
        let ops = document.stats().num_ops + changes.iter().map(|change| change.ops()).sum::<u64>();
        if ops > REHEARSAL_OPS_MAX {
            return Err(RehearsalFault::TooMany);
        }
        let rehearsal = Rehearsal::of(document, changes);
        if ops > REHEARSAL_OPS_HERE_MAX { (self.performer)(rehearsal) } else { rehearsal.perform() }
    }

    /// Rehearses changes together, and in ever smaller parts where that fails, so that a bad change costs its
    /// neighbours nothing. One that builds on a failed change fails with `MissingAncestor`. Where the document is too
    /// much for any of them, all fail alike.
    #[must_use]
    pub fn rehearse_each(&mut self, current: &Automerge, changes: &[&Walked<'_>]) -> RehearsedEach {
        let mut each = RehearsedEach { adopted: None, results: Vec::with_capacity(changes.len()) };
        self.rehearse_part(current, changes, &mut each);
        each
    }

    fn rehearse_part(&mut self, current: &Automerge, changes: &[&Walked<'_>], each: &mut RehearsedEach) {
        let document = each.adopted.as_ref().map_or(current, |rehearsed| &rehearsed.document);
        let fault = match self.rehearse(document.clone(), changes) {
            Ok(rehearsed) => {
                each.adopted = Some(rehearsed);
                return each.results.extend(changes.iter().map(|_| Ok(())));
            }
            Err(fault) => fault,
        };
        if changes.len() < 2 || fault.is_of_document() {
            return each.results.extend(changes.iter().map(|_| Err(fault)));
        }
        let (front, back) = changes.split_at(changes.len() / 2);
        self.rehearse_part(current, front, each);
        self.rehearse_part(current, back, each);
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").finish_non_exhaustive()
    }
}

/// [`Stage::rehearse`] here, on a copy: `current` is only read.
///
/// # Errors
/// As [`Stage::rehearse`].
pub fn rehearse(current: &Automerge, changes: &[&Walked<'_>]) -> Result<Rehearsed, RehearsalFault> {
    Stage::here().rehearse(current.clone(), changes)
}

/// [`Stage::rehearse_each`] here.
#[must_use]
pub fn rehearse_each(current: &Automerge, changes: &[&Walked<'_>]) -> RehearsedEach {
    Stage::here().rehearse_each(current, changes)
}

fn stage(mut copy: Automerge, changes: Vec<Offered>) -> Result<Rehearsed, RehearsalFault> {
    take(&mut copy, changes)?;
    let saved = copy.save_nocompress();
    let options = LoadOptions::new().text_encoding(copy.text_encoding());
    let document =
        Automerge::load_with_options(&saved, options).map_err(|_| RehearsalFault::NotReloadable)?;
    if document.get_heads() != copy.get_heads() {
        return Err(RehearsalFault::HeadsDiffer);
    }
    Ok(Rehearsed { document, saved })
}

/// Applies the changes that are not there, in one call, if the ancestors of each are there or before it.
fn take(copy: &mut Automerge, changes: Vec<Offered>) -> Result<(), RehearsalFault> {
    let mut taken = BTreeSet::new();
    let mut parsed = Vec::with_capacity(changes.len());
    for Offered { hash, deps, chunk } in changes {
        let is_here = |hash: &ChangeHash| taken.contains(hash) || holds(copy, hash);
        if is_here(&hash) {
            continue;
        }
        if !deps.iter().all(is_here) {
            return Err(RehearsalFault::MissingAncestor);
        }
        parsed.push(Change::from_bytes(chunk).map_err(|_| RehearsalFault::NotTaken)?);
        taken.insert(hash);
    }
    if parsed.is_empty() {
        return Ok(());
    }
    copy.apply_changes(parsed).map_err(|_| RehearsalFault::NotTaken)?;
    if taken.iter().all(|hash| holds(copy, hash)) { Ok(()) } else { Err(RehearsalFault::NotTaken) }
}

fn holds(document: &Automerge, hash: &ChangeHash) -> bool {
    document.get_change_meta_by_hash(&automerge::ChangeHash(*hash.as_bytes())).is_some()
}
