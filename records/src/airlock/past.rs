//! Airlock: the past of a document, against which a change's references are checked.
//!
//! Only the change's own ancestors count: what others wrote meanwhile may be in the document here and missing
//! elsewhere, and the verdict must be the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, ReadDoc};
use khettara_core::id::{ActorId, ChangeHash};
use khettara_core::limits;

use super::fault::AirlockFault;
use super::references::{self, Place};
use super::rows::{Action, Key, Op, OpRef};
use super::walk::{Walked, walk};

/// From so many changes on, automerge writes all of a document's anew faster than these one by one.
const CHUNKS_ONE_BY_ONE_MAX: usize = 4;

/// Why a change does not stand on this past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PastFault {
    /// A dependency is not in this past: `Waiting(ancestor)`.
    #[error("a change this one builds on is not here yet")]
    MissingAncestor,
    /// The change and its ancestors contradict each other: `Quarantined(airlock)`.
    #[error(transparent)]
    Airlock(#[from] AirlockFault),
    /// A change of this past does not come back from the document it is in, so nothing can be judged on it:
    /// `Waiting(retry)`.
    #[error("a change in this document cannot be read again")]
    Unreadable,
}

/// Where the bytes of changes lie whose operations were not needed before.
pub trait Chunks {
    /// The bytes of these changes, in any order; fewer where some are not there.
    fn chunks(&self, wanted: &BTreeSet<ChangeHash>) -> Vec<Vec<u8>>;
}

impl Chunks for Automerge {
    fn chunks(&self, wanted: &BTreeSet<ChangeHash>) -> Vec<Vec<u8>> {
        let bytes = |change: automerge::Change| change.raw_bytes().to_vec();
        if wanted.len() <= CHUNKS_ONE_BY_ONE_MAX {
            let found =
                wanted.iter().filter_map(|hash| self.get_change_by_hash(&automerge::ChangeHash(hash.0)));
            return found.map(bytes).collect();
        }
        let all = self.get_changes(&[]).into_iter();
        all.filter(|change| wanted.contains(&ChangeHash(change.hash().0))).map(bytes).collect()
    }
}

/// Of a past whose changes were all added one by one: nothing is left to be read.
impl Chunks for () {
    fn chunks(&self, _: &BTreeSet<ChangeHash>) -> Vec<Vec<u8>> {
        Vec::new()
    }
}

/// An operation's id, the same in every change.
type OpId = (u64, ActorId);

/// What a later operation needs to know about an earlier one.
struct PastOp {
    object: Option<OpId>,
    place: PastPlace,
    insert: bool,
    action: Action,
}

/// A key with its text replaced by its number, since one text may stand in thousands of operations.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PastPlace {
    Text(usize),
    Head,
    Element(OpId),
}

struct PastChange {
    hash: ChangeHash,
    parents: Vec<usize>,
    actor: ActorId,
    seq: u64,
    start_op: u64,
    max_op: u64,
    /// `None` until something refers to one of them.
    ops: Option<Vec<PastOp>>,
}

impl PastChange {
    /// The operation with this counter, where operations were read.
    fn op(&self, counter: u64) -> Option<&PastOp> {
        let place = usize::try_from(counter.checked_sub(self.start_op)?).ok()?;
        self.ops.as_ref()?.get(place)
    }
}

/// Every change of one document, and the operations of those that were referred to.
#[derive(Default)]
pub struct Past {
    changes: Vec<PastChange>,
    places: BTreeMap<ChangeHash, usize>,
    /// Actor, counter of the first operation, change: where an operation is looked for.
    starts: BTreeSet<(ActorId, u64, usize)>,
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
    /// The past of a document that was built from changes that passed. Their operations are read when a change
    /// refers to them, so that a document costs what is new in it.
    ///
    /// # Errors
    /// [`PastFault::Unreadable`] where the document holds a change that no software of ours writes.
    pub fn of(document: &Automerge) -> Result<Self, PastFault> {
        let mut past = Self::default();
        let all = document.get_changes_meta(&[]);
        let places = all.iter().enumerate().map(|(place, change)| (ChangeHash(change.hash.0), place));
        past.places = places.collect();
        for change in all {
            let parent = |hash: &automerge::ChangeHash| past.places.get(&ChangeHash(hash.0)).copied();
            let parents = change.deps.iter().map(parent).collect::<Option<_>>();
            let actor = change.actor.to_bytes().try_into().map(ActorId);
            past.push(PastChange {
                hash: ChangeHash(change.hash.0),
                parents: parents.ok_or(PastFault::Unreadable)?,
                actor: actor.map_err(|_| PastFault::Unreadable)?,
                seq: change.seq,
                start_op: change.start_op,
                max_op: change.max_op,
                ops: None,
            });
        }
        Ok(past)
    }

    fn push(&mut self, change: PastChange) {
        let place = self.changes.len();
        self.places.insert(change.hash, place);
        if change.start_op <= change.max_op {
            self.starts.insert((change.actor, change.start_op, place));
        }
        self.changes.push(change);
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
    /// refers to exists among them and is of the right kind. What it refers to is read from `chunks` the first
    /// time.
    ///
    /// # Errors
    /// [`PastFault::MissingAncestor`] where it must wait, [`PastFault::Airlock`] where it can never be right.
    pub fn check(&mut self, walked: &Walked<'_>, chunks: &dyn Chunks) -> Result<(), PastFault> {
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
        loop {
            let view = View { past: self, walked, ancestors: &ancestors };
            let wanted = view.wanted();
            if wanted.is_empty() {
                return Ok(view.check()?);
            }
            self.read(&wanted, chunks)?;
        }
    }

    /// Reads the operations of these changes.
    fn read(&mut self, wanted: &BTreeSet<ChangeHash>, chunks: &dyn Chunks) -> Result<(), PastFault> {
        let mut count = 0;
        for chunk in chunks.chunks(wanted) {
            let walked = walk(&chunk).map_err(|_| PastFault::Unreadable)?;
            let place = self.places.get(&walked.header().hash).copied().ok_or(PastFault::Unreadable)?;
            let ops = self.past_ops(&walked);
            let change = &mut self.changes[place];
            if (change.start_op, change.max_op) != (walked.header().start_op, walked.max_op()) {
                return Err(PastFault::Unreadable);
            }
            count += usize::from(change.ops.replace(ops).is_none());
        }
        // Less than was wanted would be asked for again without end.
        if count == wanted.len() { Ok(()) } else { Err(PastFault::Unreadable) }
    }

    /// Checks a change and adds it; one that is here already is left as it is.
    ///
    /// # Errors
    /// As [`Past::check`]; then nothing was added.
    pub fn add(&mut self, walked: &Walked<'_>, chunks: &dyn Chunks) -> Result<(), PastFault> {
        if self.contains(&walked.header().hash) {
            return Ok(());
        }
        self.check(walked, chunks)?;
        let parents = self.parents(walked)?;
        let ops = Some(self.past_ops(walked));
        let header = walked.header();
        self.push(PastChange {
            hash: header.hash,
            parents,
            actor: walked.actor(),
            seq: header.seq,
            start_op: header.start_op,
            max_op: walked.max_op(),
            ops,
        });
        Ok(())
    }

    fn past_ops(&mut self, walked: &Walked<'_>) -> Vec<PastOp> {
        walked.rows.ops.iter().map(|op| self.past_op(walked, op)).collect()
    }

    fn past_op(&mut self, walked: &Walked<'_>, op: &Op<'_>) -> PastOp {
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
        PastOp { object, place, insert: op.insert, action: op.action }
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
    ancestors: &'v [bool],
}

impl<'v> View<'v, '_> {
    /// The ancestors whose operations must be read before anything can be said.
    fn wanted(&self) -> BTreeSet<ChangeHash> {
        let mut wanted = BTreeSet::new();
        let mut need = |id: OpId| {
            let change = self.home(id)?;
            match &change.ops {
                Some(_) => change.op(id.0)?.object,
                None => {
                    wanted.insert(change.hash);
                    None
                }
            }
        };
        let rows = &self.walked.rows;
        for op in &rows.ops {
            let mut above = op.object.map(|object| global(self.walked, object));
            // As deep as objects lie in each other and no deeper, since each is made before what it holds.
            while let Some(object) = above {
                above = need(object);
            }
            if let Key::Element(element) = op.key {
                need(global(self.walked, element));
            }
        }
        for predecessor in &rows.predecessors {
            need(global(self.walked, *predecessor));
        }
        wanted
    }

    /// The ancestor that wrote an operation.
    fn home(&self, (counter, actor): OpId) -> Option<&'v PastChange> {
        let behind = self.past.starts.range((actor, 0, 0)..=(actor, counter, usize::MAX)).rev();
        let mut found = behind.filter(|(_, _, place)| self.ancestors[*place]);
        let change = &self.past.changes[found.next()?.2];
        (counter <= change.max_op).then_some(change)
    }

    fn op(&self, id: OpId) -> Option<&'v PastOp> {
        self.home(id)?.op(id.0)
    }

    /// How deep the object of an ancestor lies: 1 directly below the root.
    fn depth(&self, maker: &PastOp) -> u32 {
        let mut depth = 1;
        let mut above = maker.object;
        while let Some(object) = above.and_then(|id| self.op(id)) {
            depth += 1;
            above = object.object;
        }
        depth
    }

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
        let found = self.op(global(self.walked, reference));
        found.map(Some).ok_or(AirlockFault::BadReference)
    }

    /// The depth of the object an operation stands in.
    fn check_object(&self, row: usize, op: &Op<'_>, depths: &[u32]) -> Result<u32, AirlockFault> {
        let Some(object) = op.object else { return Ok(0) };
        if let Place::Here(maker) = references::place(self.walked, row, object)? {
            return Ok(depths[maker]);
        }
        match self.find(row, object)? {
            Some(maker) if references::holds(maker.action, op) => Ok(self.depth(maker)),
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
