//! Slim changes: operations written as the columns of a change chunk, in the one spelling automerge gives them.

use khettara_core::encoding::push_varint;
use khettara_core::id::{ActorId, ChangeHash};
use sha2::{Digest as _, Sha256};

use crate::airlock::{Action, OpRef};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const KIND_CHANGE: u8 = 1;

/// Where in its object an operation stands.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum WideKey {
    Text(String),
    Head,
    Element(OpRef),
}

/// One operation, ready to be written.
pub(super) struct WideOp {
    pub(super) object: Option<OpRef>,
    pub(super) key: WideKey,
    pub(super) insert: bool,
    pub(super) action: Action,
    pub(super) predecessors: Vec<OpRef>,
    /// Kind as automerge numbers them, and bytes.
    pub(super) value: (u8, Vec<u8>),
}

/// A whole change.
pub(super) struct WideChange {
    pub(super) deps: Vec<ChangeHash>,
    /// Its own actor, then the others.
    pub(super) actors: Vec<ActorId>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: String,
    pub(super) ops: Vec<WideOp>,
}

impl WideChange {
    /// The change chunk and its hash.
    pub(super) fn to_chunk(&self) -> (Vec<u8>, ChangeHash) {
        let mut content = Vec::new();
        push_varint(&mut content, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| content.extend_from_slice(&dep.0));
        let (own, others) = self.actors.split_first().expect("a change has its own actor");
        push_actor(&mut content, own);
        push_varint(&mut content, self.seq);
        push_varint(&mut content, self.start_op);
        push_signed(&mut content, self.time);
        push_varint(&mut content, self.message.len() as u64);
        content.extend_from_slice(self.message.as_bytes());
        push_varint(&mut content, others.len() as u64);
        others.iter().for_each(|actor| push_actor(&mut content, actor));
        let columns = self.columns();
        let written = columns.iter().filter(|(_, data)| !data.is_empty());
        push_varint(&mut content, written.clone().count() as u64);
        for (specification, data) in written.clone() {
            push_varint(&mut content, *specification);
            push_varint(&mut content, data.len() as u64);
        }
        written.for_each(|(_, data)| content.extend_from_slice(data));
        let mut hashed = vec![KIND_CHANGE];
        push_varint(&mut hashed, content.len() as u64);
        hashed.append(&mut content);
        let hash: [u8; 32] = Sha256::digest(&hashed).into();
        let mut chunk = MAGIC.to_vec();
        chunk.extend_from_slice(&hash[..4]);
        chunk.append(&mut hashed);
        (chunk, ChangeHash(hash))
    }

    fn columns(&self) -> [(u64, Vec<u8>); 12] {
        let ops = &self.ops;
        let element = |op: &WideOp| match &op.key {
            WideKey::Element(element) => Some(*element),
            _ => None,
        };
        let counter = |op: &WideOp| match &op.key {
            WideKey::Text(_) => None,
            WideKey::Head => Some(0),
            WideKey::Element(element) => Some(element.counter),
        };
        let text = |op: &WideOp| match &op.key {
            WideKey::Text(text) => Some(text.clone()),
            _ => None,
        };
        let actor = |reference: OpRef| reference.actor as u64;
        let predecessors = || ops.iter().flat_map(|op| op.predecessors.iter().copied());
        let kind = |op: &WideOp| Some((op.value.1.len() as u64) << 4 | u64::from(op.value.0));
        [
            (0x01, runs(ops.iter().map(|op| op.object.map(actor)), push_unsigned)),
            (0x02, runs(ops.iter().map(|op| op.object.map(|object| object.counter)), push_unsigned)),
            (0x11, runs(ops.iter().map(|op| element(op).map(actor)), push_unsigned)),
            (0x13, runs(differences(ops.iter().map(counter)), push_signed_of)),
            (0x15, runs(ops.iter().map(text), push_text)),
            (0x34, booleans(ops.iter().map(|op| op.insert))),
            (0x42, runs(ops.iter().map(|op| Some(u64::from(op.action.code()))), push_unsigned)),
            (0x56, runs(ops.iter().map(kind), push_unsigned)),
            (0x57, ops.iter().flat_map(|op| op.value.1.iter().copied()).collect()),
            (0x70, runs(ops.iter().map(|op| Some(op.predecessors.len() as u64)), push_unsigned)),
            (0x71, runs(predecessors().map(|one| Some(actor(one))), push_unsigned)),
            (0x73, runs(differences(predecessors().map(|one| Some(one.counter))), push_signed_of)),
        ]
    }
}

fn push_actor(out: &mut Vec<u8>, actor: &ActorId) {
    push_varint(out, ActorId::LEN as u64);
    out.extend_from_slice(actor.as_bytes());
}

/// Signed LEB128, minimal.
pub(super) fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

fn push_unsigned(out: &mut Vec<u8>, value: &u64) {
    push_varint(out, *value);
}

fn push_signed_of(out: &mut Vec<u8>, value: &i64) {
    push_signed(out, *value);
}

fn push_text(out: &mut Vec<u8>, text: &String) {
    push_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Counters as differences, beginning from 0; a null leaves the sum as it is.
fn differences(counters: impl Iterator<Item = Option<u64>>) -> impl Iterator<Item = Option<i64>> {
    counters.scan(0u64, |last, counter| {
        Some(counter.map(|counter| counter.wrapping_sub(std::mem::replace(last, counter)) as i64))
    })
}

/// Runs of equal cells, literals of single ones, nulls apart; nothing at all where every cell is null.
fn runs<T: PartialEq>(cells: impl Iterator<Item = Option<T>>, push: impl Fn(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut grouped: Vec<(Option<T>, usize)> = Vec::new();
    for cell in cells {
        match grouped.last_mut() {
            Some((last, count)) if *last == cell => *count += 1,
            _ => grouped.push((cell, 1)),
        }
    }
    let mut out = Vec::new();
    if grouped.iter().all(|(cell, _)| cell.is_none()) {
        return out;
    }
    let mut rest = &grouped[..];
    while let Some(((cell, count), after)) = rest.split_first() {
        match cell {
            None => {
                out.push(0);
                push_varint(&mut out, *count as u64);
                rest = after;
            }
            Some(value) if *count > 1 => {
                push_signed(&mut out, *count as i64);
                push(&mut out, value);
                rest = after;
            }
            Some(_) => {
                let single = |(cell, count): &&(Option<T>, usize)| cell.is_some() && *count == 1;
                let length = rest.iter().take_while(single).count();
                push_signed(&mut out, -(length as i64));
                rest[..length]
                    .iter()
                    .filter_map(|(cell, _)| cell.as_ref())
                    .for_each(|value| push(&mut out, value));
                rest = &rest[length..];
            }
        }
    }
    out
}

/// Counts of false and true in turn, beginning with false.
fn booleans(cells: impl Iterator<Item = bool>) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut value, mut count, mut any) = (false, 0u64, false);
    for cell in cells {
        any = true;
        if cell != value {
            push_varint(&mut out, count);
            (value, count) = (cell, 0);
        }
        count += 1;
    }
    if any {
        push_varint(&mut out, count);
    }
    out
}
