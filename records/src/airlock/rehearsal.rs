//! Airlock: the rehearsal. A copy of the document takes the changes, is saved and loaded again, or is thrown away.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change, LoadOptions};
use khettara_core::id::ChangeHash;

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
}

/// A document that took the changes, as it came back from its own bytes. The caller adopts it as it is.
#[derive(Debug)]
pub struct Rehearsed {
    /// The reloaded document. automerge gave it a random actor: whoever writes with it sets its own first.
    pub document: Automerge,
    /// Its saved bytes, not compressed.
    pub saved: Vec<u8>,
}

/// What became of several changes.
#[derive(Debug)]
pub struct RehearsedEach {
    /// The document with every change that passed; `None` where none did.
    pub adopted: Option<Rehearsed>,
    /// One result for each change, in the order given.
    pub results: Vec<Result<(), RehearsalFault>>,
}

/// Rehearses changes, ancestors first, all or none. `current` is only read.
///
/// # Errors
/// [`RehearsalFault`] of the first change that cannot be offered, or of taking, saving and loading them together.
pub fn rehearse(current: &Automerge, changes: &[&Walked<'_>]) -> Result<Rehearsed, RehearsalFault> {
    // Nothing that a panic may have left half done outlives the closure, so unwinding is safe here.
    let staged = catch_unwind(AssertUnwindSafe(|| stage(current.clone(), changes)));
    staged.unwrap_or(Err(RehearsalFault::Panicked))
}

/// As [`rehearse`], on the document itself, for a caller that can load it again: where this fails, it is gone.
///
/// # Errors
/// As [`rehearse`].
pub fn rehearse_spending(current: Automerge, changes: &[&Walked<'_>]) -> Result<Rehearsed, RehearsalFault> {
    let staged = catch_unwind(AssertUnwindSafe(|| stage(current, changes)));
    staged.unwrap_or(Err(RehearsalFault::Panicked))
}

/// Rehearses changes together; only where that fails, one after the other, so that a bad change costs its
/// neighbours nothing. One that builds on a failed change fails with `MissingAncestor`.
#[must_use]
pub fn rehearse_each(current: &Automerge, changes: &[&Walked<'_>]) -> RehearsedEach {
    if let Ok(adopted) = rehearse(current, changes) {
        return RehearsedEach { adopted: Some(adopted), results: vec![Ok(()); changes.len()] };
    }
    let mut adopted: Option<Rehearsed> = None;
    let mut results = Vec::with_capacity(changes.len());
    for change in changes {
        let document = adopted.as_ref().map_or(current, |rehearsed| &rehearsed.document);
        results.push(rehearse(document, &[*change]).map(|rehearsed| adopted = Some(rehearsed)));
    }
    RehearsedEach { adopted, results }
}

fn stage(mut copy: Automerge, changes: &[&Walked<'_>]) -> Result<Rehearsed, RehearsalFault> {
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
fn take(copy: &mut Automerge, changes: &[&Walked<'_>]) -> Result<(), RehearsalFault> {
    let mut taken = BTreeSet::new();
    let mut parsed = Vec::with_capacity(changes.len());
    for change in changes {
        let header = change.header();
        let is_here = |hash: &ChangeHash| taken.contains(hash) || holds(copy, hash);
        if is_here(&header.hash) {
            continue;
        }
        if !header.deps.iter().all(is_here) {
            return Err(RehearsalFault::MissingAncestor);
        }
        parsed.push(Change::from_bytes(change.chunk().to_vec()).map_err(|_| RehearsalFault::NotTaken)?);
        taken.insert(header.hash);
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
