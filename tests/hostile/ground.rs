//! Grounds: honest documents, and everything in them that a change can refer to.

use std::collections::BTreeMap;

use automerge::legacy::{ElementId, Key, ObjectId, OpId, OpType};
use automerge::{Automerge, Change, ObjType};
use khettara_core::id::{ActorId, DocumentId};
use khettara_records::airlock::{Past, walk};
use khettara_records::model::{Form, HouseholdDocument, parse_line};

use crate::dice::Dice;
use crate::editing::edited;

/// An operation's id, the same in every change.
pub(crate) type Id = (u64, [u8; 16]);

/// Where in its object an operation stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Text(String),
    Head,
    Element(Id),
}

/// What an operation leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Map,
    List,
    Text,
    Counter,
    Value,
    /// A deletion or an increment.
    Nothing,
}

/// An operation that is in a document.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub(crate) id: Id,
    pub(crate) object: Option<Id>,
    pub(crate) place: Place,
    pub(crate) insert: bool,
    pub(crate) kind: Kind,
}

/// A change that is in a document.
pub(crate) struct LaidChange {
    pub(crate) hash: [u8; 32],
    pub(crate) deps: Vec<usize>,
    pub(crate) actor: [u8; 16],
    pub(crate) seq: u64,
    pub(crate) max_op: u64,
    pub(crate) chunk: Vec<u8>,
    pub(crate) ops: Vec<Laid>,
}

/// A document, its past, and its changes taken apart.
#[derive(Default)]
pub(crate) struct Ground {
    /// The household it is, where its forms wrote it.
    pub(crate) household: Option<DocumentId>,
    pub(crate) document: Automerge,
    pub(crate) past: Past,
    pub(crate) changes: Vec<LaidChange>,
    places: BTreeMap<[u8; 32], usize>,
}

impl Ground {
    /// What several tablets edited at random.
    pub(crate) fn plain(seed: u64) -> Self {
        let (document, changes) = edited(seed, 25 + (seed % 40) as usize);
        let mut ground = Self { document, ..Self::default() };
        changes.iter().for_each(|change| ground.lay(change.raw_bytes()));
        ground
    }

    /// A household that two tablets recorded, met over and recorded on.
    pub(crate) fn household(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let id = format!("0192f7a4-5c3b-7d21-9f64-{:012x}", dice.next() & 0xffff_ffff_ffff);
        let mut actor = || ActorId(std::array::from_fn(|_| dice.next().to_le_bytes()[0]));
        let (left_actor, right_actor) = (actor(), actor());
        let form = |text: &str| parse_line(1, &text.replace("ID", &id)).unwrap();
        let Form::Household(family) = form(FAMILY) else { panic!("a household") };
        let (mut left, first) = HouseholdDocument::create(left_actor, 2, &family).unwrap();
        let document = left.id();
        let mut right = HouseholdDocument::load(document, &left.save()).unwrap();
        let mut ground = Self { household: Some(document), ..Self::default() };
        ground.know(&left);
        assert_eq!(ground.document.get_heads().len(), 1, "{:?}", first.hash);
        for round in 0..2 + seed % 4 {
            for (copy, actor) in [(&mut left, left_actor), (&mut right, right_actor)] {
                for _ in 0..=dice.below(3) {
                    let position = 3 + ground.changes.len() as u64 * 4 + round;
                    // A form that changes nothing writes nothing.
                    if let Ok(recorded) = copy.record(actor, position, &form(dice.pick::<&str>(&LATER))) {
                        ground.lay(&recorded.chunk);
                    }
                }
            }
            if dice.below(2) == 0 {
                let of = |copy: &HouseholdDocument| copy.automerge().get_changes(&[]);
                let both: Vec<Change> = [of(&left), of(&right)].concat();
                let chunks: Vec<&[u8]> = both.iter().map(Change::raw_bytes).collect();
                left.apply(&chunks).unwrap();
                right.apply(&chunks).unwrap();
            }
        }
        ground
    }

    /// Adds whatever a copy holds.
    pub(crate) fn know(&mut self, copy: &HouseholdDocument) {
        copy.automerge().get_changes(&[]).iter().for_each(|change| self.lay(change.raw_bytes()));
    }

    /// Adds a change that passed.
    pub(crate) fn lay(&mut self, chunk: &[u8]) {
        let change = Change::from_bytes(chunk.to_vec()).unwrap();
        if self.places.contains_key(&change.hash().0) {
            return;
        }
        self.past.add(&walk(chunk).unwrap(), &()).unwrap();
        self.document.apply_changes([change.clone()]).unwrap();
        let actor = bytes(change.actor_id());
        let written = change.decode();
        let start_op = change.start_op().get();
        let ops = written.operations.iter().zip(start_op..);
        let laid = LaidChange {
            hash: change.hash().0,
            deps: change.deps().iter().map(|dep| self.places[&dep.0]).collect(),
            actor,
            seq: change.seq(),
            max_op: change.max_op(),
            chunk: chunk.to_vec(),
            ops: ops.map(|(op, counter)| laid(op, (counter, actor))).collect(),
        };
        self.places.insert(laid.hash, self.changes.len());
        self.changes.push(laid);
    }

    /// The document with these changes alone, each behind its ancestors.
    pub(crate) fn document_of(&self, is_in: &[bool]) -> Automerge {
        let mut document = Automerge::new();
        let chosen = self.changes.iter().zip(is_in).filter(|(_, is_in)| **is_in);
        let changes = chosen.map(|(change, _)| Change::from_bytes(change.chunk.clone()).unwrap());
        document.apply_changes(changes).unwrap();
        document
    }

    /// For every change, whether it is among these or an ancestor of one of them.
    pub(crate) fn ancestors(&self, of: &[usize]) -> Vec<bool> {
        let mut reached = vec![false; self.changes.len()];
        let mut open = of.to_vec();
        while let Some(change) = open.pop() {
            if !std::mem::replace(&mut reached[change], true) {
                open.extend(&self.changes[change].deps);
            }
        }
        reached
    }
}

fn bytes(actor: &automerge::ActorId) -> [u8; 16] {
    actor.to_bytes().try_into().unwrap()
}

fn laid(op: &automerge::legacy::Op, id: Id) -> Laid {
    let global = |id: &OpId| (id.counter(), bytes(id.actor()));
    let object = match &op.obj {
        ObjectId::Root => None,
        ObjectId::Id(id) => Some(global(id)),
    };
    let place = match &op.key {
        Key::Map(text) => Place::Text(text.to_string()),
        Key::Seq(ElementId::Head) => Place::Head,
        Key::Seq(ElementId::Id(id)) => Place::Element(global(id)),
    };
    let kind = match &op.action {
        OpType::Make(ObjType::Map | ObjType::Table) => Kind::Map,
        OpType::Make(ObjType::List) => Kind::List,
        OpType::Make(ObjType::Text) => Kind::Text,
        OpType::Put(automerge::ScalarValue::Counter(_)) => Kind::Counter,
        OpType::Put(_) => Kind::Value,
        _ => Kind::Nothing,
    };
    Laid { id, object, place, insert: op.insert, kind }
}

const FAMILY: &str = r#"{"record":"household","id":"ID","commune":"08.201.11.07","status":"nomadic",
    "languages":["ary","zgh"],"gps":{"lat_e5":3109821,"lon_e5":-401112},"electricity":false,"note":"رحّل",
    "members":[{"name_ar":"إيطو","sex":"female","relation":"head","birth":"1961~"}]}"#;

const LATER: [&str; 7] = [
    r#"{"record":"visit","household":"ID","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first","offset_min":-60,
        "needs":[{"category":"water","urgency":"high","text":"الماء بعيد"}]}"#,
    r#"{"record":"member","household":"ID","name_latin":"Moha","sex":"male","relation":"child"}"#,
    r#"{"record":"need","household":"ID","category":"food","urgency":"low"}"#,
    r#"{"record":"household","id":"ID","languages":["fr"],"note":null,"water":"well"}"#,
    r#"{"record":"household","id":"ID","note":"deux chèvres","water":"fountain","electricity":true}"#,
    r#"{"record":"household","id":"ID","note":"ⵜⴰⵡⵊⴰ","road_km_tenths":41}"#,
    r#"{"record":"visit","household":"ID","at":"2026-12-25T09:30:00Z","agent":"b","kind":"first","note":"retour"}"#,
];
