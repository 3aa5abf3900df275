//! Sketches: a change as it is thought of, before a press prints it.

use std::collections::BTreeSet;

use crate::dice::Dice;
use crate::ground::{Ground, Id, Kind, Laid, Place};
use crate::press::{Press, PressKey, PressOp};

/// Codes of actions.
pub(crate) const MAKE_MAP: u64 = 0;
pub(crate) const SET: u64 = 1;
pub(crate) const MAKE_LIST: u64 = 2;
pub(crate) const DELETE: u64 = 3;
pub(crate) const MAKE_TEXT: u64 = 4;
pub(crate) const INCREMENT: u64 = 5;

/// An operation whose references are those of the document.
#[derive(Debug, Clone)]
pub(crate) struct Stroke {
    pub(crate) object: Option<Id>,
    pub(crate) place: Place,
    pub(crate) insert: bool,
    pub(crate) action: u64,
    /// Kind and bytes.
    pub(crate) value: (u64, Vec<u8>),
    pub(crate) predecessors: Vec<Id>,
}

/// A change that is being thought of.
#[derive(Clone)]
pub(crate) struct Sketch {
    pub(crate) deps: Vec<[u8; 32]>,
    pub(crate) actor: [u8; 16],
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
    pub(crate) time: i64,
    pub(crate) message: Vec<u8>,
    pub(crate) strokes: Vec<Stroke>,
}

/// A place in a document's history, and who writes from there.
pub(crate) struct Stand<'g> {
    pub(crate) ground: &'g Ground,
    /// For every change of the ground, whether it is an ancestor.
    pub(crate) ancestors: Vec<bool>,
    deps: Vec<usize>,
    pub(crate) actor: [u8; 16],
    pub(crate) seq: u64,
    pub(crate) start_op: u64,
}

impl<'g> Stand<'g> {
    /// Somewhere in the history: mostly at its heads, else on one or two changes of before.
    pub(crate) fn somewhere(ground: &'g Ground, dice: &mut Dice) -> Self {
        let count = ground.changes.len();
        let deps: Vec<usize> = match dice.below(10) {
            _ if count == 0 => Vec::new(),
            0 => Vec::new(),
            1..=3 => vec![dice.below(count)],
            4 | 5 => vec![dice.below(count), dice.below(count)],
            _ => (0..count)
                .filter(|place| !ground.changes.iter().any(|change| change.deps.contains(place)))
                .collect(),
        };
        Self::on(ground, deps, dice)
    }

    /// On these changes, as somebody new or as an author whose last change is among the ancestors.
    pub(crate) fn on(ground: &'g Ground, mut deps: Vec<usize>, dice: &mut Dice) -> Self {
        let ancestors = ground.ancestors(&deps);
        let behind = || ground.changes.iter().zip(&ancestors).filter(|(_, is_in)| **is_in);
        let start_op = behind().map(|(change, _)| change.max_op).max().unwrap_or(0) + 1;
        let mut authors: Vec<([u8; 16], u64)> = Vec::new();
        for (change, _) in behind() {
            let ahead =
                |other: &&crate::ground::LaidChange| other.actor == change.actor && other.seq > change.seq;
            if !ground.changes.iter().any(|other| ahead(&other)) && !is_constant(&change.actor) {
                authors.push((change.actor, change.seq + 1));
            }
        }
        let fresh = (std::array::from_fn(|_| dice.next().to_le_bytes()[0]), 1);
        let (actor, seq) =
            if authors.is_empty() || dice.below(2) == 0 { fresh } else { *dice.pick(&authors) };
        deps.sort_by_key(|dep| ground.changes[*dep].hash);
        deps.dedup();
        Self { ground, ancestors, deps, actor, seq, start_op }
    }

    /// An empty change from here.
    pub(crate) fn sketch(&self) -> Sketch {
        let deps = self.deps.iter().map(|dep| self.ground.changes[*dep].hash).collect();
        let (actor, seq, start_op) = (self.actor, self.seq, self.start_op);
        Sketch { deps, actor, seq, start_op, time: 0, message: Vec::new(), strokes: Vec::new() }
    }

    /// Operations among the ancestors.
    pub(crate) fn behind(&self) -> impl Iterator<Item = &'g Laid> {
        let chosen = self.ground.changes.iter().zip(&self.ancestors).filter(|(_, is_in)| **is_in);
        chosen.flat_map(|(change, _)| &change.ops)
    }

    /// Operations of the document that are no ancestors'.
    pub(crate) fn beside(&self) -> impl Iterator<Item = &'g Laid> {
        let chosen = self.ground.changes.iter().zip(&self.ancestors).filter(|(_, is_in)| !**is_in);
        chosen.flat_map(|(change, _)| &change.ops)
    }
}

/// Whether an actor is a constant's: nobody goes on from there.
pub(crate) fn is_constant(actor: &[u8; 16]) -> bool {
    let constants = khettara_records::model::constants().iter();
    constants
        .map(|constant| khettara_records::model::constant_actor(constant.number))
        .any(|of| of.0 == *actor)
}

impl Sketch {
    /// The id that the next stroke has.
    pub(crate) fn next(&self) -> Id {
        (self.start_op.wrapping_add(self.strokes.len() as u64), self.actor)
    }

    /// What its strokes leave, as if it were in the document.
    pub(crate) fn laid(&self) -> Vec<Laid> {
        let ids = (0..).map(|row| (self.start_op.wrapping_add(row), self.actor));
        let lay = |(stroke, id): (&Stroke, Id)| Laid {
            id,
            object: stroke.object,
            place: stroke.place.clone(),
            insert: stroke.insert,
            kind: match (stroke.action, stroke.value.0) {
                (MAKE_MAP, _) => Kind::Map,
                (MAKE_LIST, _) => Kind::List,
                (MAKE_TEXT, _) => Kind::Text,
                (SET, 8) => Kind::Counter,
                (SET, _) => Kind::Value,
                _ => Kind::Nothing,
            },
        };
        self.strokes.iter().zip(ids).map(lay).collect()
    }

    /// The press with everything in it; the actor table is made as automerge makes it.
    pub(crate) fn press(&self) -> Press {
        let own = self.actor;
        let named = self.strokes.iter().flat_map(|stroke| {
            let element = match stroke.place {
                Place::Element(id) => Some(id),
                _ => None,
            };
            stroke.object.into_iter().chain(element).chain(stroke.predecessors.iter().copied())
        });
        let others: BTreeSet<[u8; 16]> = named.map(|id| id.1).filter(|actor| *actor != own).collect();
        let others: Vec<[u8; 16]> = others.into_iter().collect();
        let local = |id: Id| {
            let place = others.binary_search(&id.1).map_or(0, |place| place as u64 + 1);
            (place, id.0)
        };
        let op = |stroke: &Stroke| PressOp {
            object: stroke.object.map(local),
            key: match &stroke.place {
                Place::Text(text) => PressKey::Text(text.clone()),
                Place::Head => PressKey::Element(None, 0),
                Place::Element(id) => PressKey::Element(Some(local(*id).0), id.0),
            },
            insert: stroke.insert,
            action: stroke.action,
            value: stroke.value.clone(),
            predecessors: stroke.predecessors.iter().map(|id| local(*id)).collect(),
        };
        let ops: Vec<PressOp> = self.strokes.iter().map(op).collect();
        Press {
            deps: self.deps.clone(),
            actor: own.to_vec(),
            seq: self.seq,
            start_op: self.start_op,
            time: self.time,
            message: self.message.clone(),
            others: others.iter().map(|other| other.to_vec()).collect(),
            ..Press::new(&ops)
        }
    }
}
