//! Airlock: the past of a document, against which a change's references are checked.
//!
//! Only the change's own ancestors count: what others wrote meanwhile may be in the document here and missing
//! elsewhere, and the verdict must be the same everywhere.

use std::collections::BTreeMap;

use automerge::Automerge;
use khettara_core::id::{ActorId, ChangeHash};
use khettara_core::limits;

use super::fault::AirlockFault;
use super::references::{self, Place};
use super::rows::{Action, Key, Op, OpRef};
use super::walk::{Walked, walk};

/// Why a change does not stand on this past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PastFault {
    /// A dependency is not in this past: `Waiting(ancestor)`.
    #[error("a change this one builds on is not here yet")]
    MissingAncestor,
    /// The change and its ancestors contradict each other: `Quarantined(airlock)`.
    #[error(transparent)]
    Airlock(#[from] AirlockFault),
}

/// An operation's id, the same in every change.
type OpId = (u64, ActorId);

/// What a later operation needs to know about an earlier one.
struct PastOp {
    change: usize,
    object: Option<OpId>,
    place: PastPlace,
    insert: bool,
    action: Action,
    /// Of what it makes: 1 directly below the root.
    depth: u32,
}

/// A key with its text replaced by its number, since one text may stand in thousands of operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PastPlace {
    Text(usize),
    Head,
    Element(OpId),
}

struct PastChange {
    parents: Vec<usize>,
    actor: ActorId,
    seq: u64,
    max_op: u64,
}

/// Every change of one document and its operations, in the order they were added.
#[derive(Default)]
pub struct Past {
    changes: Vec<PastChange>,
    places: BTreeMap<ChangeHash, usize>,
    ops: BTreeMap<OpId, PastOp>,
    keys: BTreeMap<Box<str>, usize>,
}

/// `start_op` must be one more than the highest counter among a change's ancestors; 0 where it has none.
///
/// # Errors
/// [`AirlockFault::WrongStart`].
pub fn check_against_ancestors(walked: &Walked<'_>, max_op_of_ancestors: u64) -> Result<(), AirlockFault> {
    match max_op_of_ancestors.checked_add(1) {
        Some(next) if next == walked.header().start_op => Ok(()),
        _ => Err(AirlockFault::WrongStart),
    }
}

impl Past {
    /// The past of a document that was built from changes that passed.
    ///
    /// # Errors
    /// [`PastFault`] where the document holds a change that would not pass today.
    pub fn of(document: &Automerge) -> Result<Self, PastFault> {
        let mut past = Self::default();
        for change in document.get_changes(&[]) {
            past.add(&walk(change.raw_bytes())?)?;
        }
        Ok(past)
    }

    /// How many changes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether it holds this change.
    #[must_use]
    pub fn contains(&self, hash: &ChangeHash) -> bool {
        self.places.contains_key(hash)
    }

    /// Checks a change against its ancestors: they are here, its counters and seq follow theirs, and what it
    /// refers to exists among them and is of the right kind.
    ///
    /// # Errors
    /// [`PastFault::MissingAncestor`] where it must wait, [`PastFault::Airlock`] where it can never be right.
    pub fn check(&self, walked: &Walked<'_>) -> Result<(), PastFault> {
        let parents = self.parents(walked)?;
        let ancestors = self.ancestors(&parents);
        let (mut max_op, mut last_seq) = (0, 0);
        for (change, _) in self.changes.iter().zip(&ancestors).filter(|(_, is_ancestor)| **is_ancestor) {
            max_op = max_op.max(change.max_op);
            if change.actor == walked.actor() {
                last_seq = last_seq.max(change.seq);
            }
        }
        check_against_ancestors(walked, max_op)?;
        if walked.header().seq - 1 != last_seq {
            return Err(AirlockFault::WrongSequence.into());
        }
        let view = View { past: self, walked, ancestors };
        Ok(view.check()?)
    }

    /// Checks a change and adds it; one that is here already is left as it is.
    ///
    /// # Errors
    /// As [`Past::check`]; then nothing was added.
    pub fn add(&mut self, walked: &Walked<'_>) -> Result<(), PastFault> {
        if self.contains(&walked.header().hash) {
            return Ok(());
        }
        self.check(walked)?;
        let change = self.changes.len();
        let parents = self.parents(walked)?;
        let header = walked.header();
        self.changes.push(PastChange {
            parents,
            actor: walked.actor(),
            seq: header.seq,
            max_op: walked.max_op(),
        });
        self.places.insert(header.hash, change);
        for (row, op) in walked.rows.ops.iter().enumerate() {
            let id = (header.start_op + row as u64, walked.actor());
            let past_op = self.past_op(walked, change, op);
            self.ops.insert(id, past_op);
        }
        Ok(())
    }

    fn past_op(&mut self, walked: &Walked<'_>, change: usize, op: &Op<'_>) -> PastOp {
        let place = match op.key {
            Key::Head => PastPlace::Head,
            Key::Element(element) => PastPlace::Element(global(walked, element)),
            Key::Text(text) => {
                let next = self.keys.len();
                let number = self.keys.get(text).copied().unwrap_or(next);
                if number == next {
                    self.keys.insert(text.into(), next);
                }
                PastPlace::Text(number)
            }
        };
        let object = op.object.map(|object| global(walked, object));
        let depth = object.and_then(|object| self.ops.get(&object)).map_or(0, |maker| maker.depth) + 1;
        PastOp { change, object, place, insert: op.insert, action: op.action, depth }
    }

    fn parents(&self, walked: &Walked<'_>) -> Result<Vec<usize>, PastFault> {
        let deps = walked.header().deps.iter();
        deps.map(|dep| self.places.get(dep).copied().ok_or(PastFault::MissingAncestor)).collect()
    }

    /// For every change, whether it is among these or an ancestor of one of them.
    fn ancestors(&self, parents: &[usize]) -> Vec<bool> {
        let mut reached = vec![false; self.changes.len()];
        let mut open = parents.to_vec();
        while let Some(change) = open.pop() {
            if !std::mem::replace(&mut reached[change], true) {
                open.extend(&self.changes[change].parents);
            }
        }
        reached
    }
}

fn global(walked: &Walked<'_>, reference: OpRef) -> OpId {
    (reference.counter, walked.actors[reference.actor])
}

/// One change looking at its ancestors.
struct View<'v, 'a> {
    past: &'v Past,
    walked: &'v Walked<'a>,
    ancestors: Vec<bool>,
}

impl<'v> View<'v, '_> {
    fn check(&self) -> Result<(), AirlockFault> {
        let mut depths = Vec::with_capacity(self.walked.rows.ops.len());
        for (row, op) in self.walked.rows.ops.iter().enumerate() {
            let depth = self.check_object(row, op, &depths)? + 1;
            if op.action.makes_object() && depth > limits::DOCUMENT_DEPTH_MAX {
                return Err(AirlockFault::TooDeep);
            }
            depths.push(depth);
            self.check_element(row, op)?;
            for predecessor in &self.walked.rows.predecessors[op.predecessors.clone()] {
                self.check_predecessor(row, op, *predecessor)?;
            }
        }
        Ok(())
    }

    /// The operation among the ancestors that a reference names; `None` where it is the change's own.
    fn find(&self, row: usize, reference: OpRef) -> Result<Option<&'v PastOp>, AirlockFault> {
        if let Place::Here(_) = references::place(self.walked, row, reference)? {
            return Ok(None);
        }
        let found = self.past.ops.get(&global(self.walked, reference));
        found.filter(|op| self.ancestors[op.change]).map(Some).ok_or(AirlockFault::BadReference)
    }

    /// The depth of the object an operation stands in.
    fn check_object(&self, row: usize, op: &Op<'_>, depths: &[u32]) -> Result<u32, AirlockFault> {
        let Some(object) = op.object else { return Ok(0) };
        if let Place::Here(maker) = references::place(self.walked, row, object)? {
            return Ok(depths[maker]);
        }
        match self.find(row, object)? {
            Some(maker) if references::holds(maker.action, &op.key) => Ok(maker.depth),
            _ => Err(AirlockFault::BadReference),
        }
    }

    fn same_object(&self, op: &Op<'_>, earlier: &PastOp) -> bool {
        op.object.map(|object| global(self.walked, object)) == earlier.object
    }

    fn check_element(&self, row: usize, op: &Op<'_>) -> Result<(), AirlockFault> {
        let Key::Element(element) = op.key else { return Ok(()) };
        match self.find(row, element)? {
            Some(earlier) if !earlier.insert || !self.same_object(op, earlier) => {
                Err(AirlockFault::BadReference)
            }
            _ => Ok(()),
        }
    }

    fn check_predecessor(&self, row: usize, op: &Op<'_>, reference: OpRef) -> Result<(), AirlockFault> {
        let Some(earlier) = self.find(row, reference)? else { return Ok(()) };
        let same_place = match op.key {
            Key::Element(element) if earlier.insert => element == reference,
            Key::Element(element) => earlier.place == PastPlace::Element(global(self.walked, element)),
            Key::Text(text) => {
                self.past.keys.get(text).is_some_and(|number| earlier.place == PastPlace::Text(*number))
            }
            Key::Head => false,
        };
        if earlier.action.leaves_value() && same_place && self.same_object(op, earlier) {
            Ok(())
        } else {
            Err(AirlockFault::BadReference)
        }
    }
}
