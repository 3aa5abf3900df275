//! Airlock tests: a press for change chunks that can print anything, right or wrong.
//!
//! It writes operations the way the format says and lets a story replace any part before the chunk is closed
//! with a valid length and checksum.

use khettara_core::encoding::push_varint;
use sha2::{Digest as _, Sha256};

use super::dice::Dice;

/// Minimal signed LEB128.
pub(super) fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0) {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// An operation as the press takes it; actors are places in the table, 0 the change's own.
#[derive(Clone)]
pub(super) struct PressOp {
    pub(super) object: Option<(u64, u64)>,
    pub(super) key: PressKey,
    pub(super) insert: bool,
    pub(super) action: u64,
    pub(super) value: (u64, Vec<u8>),
    pub(super) predecessors: Vec<(u64, u64)>,
}

#[derive(Clone)]
pub(super) enum PressKey {
    Text(String),
    Element(Option<u64>, u64),
}

impl PressOp {
    /// Puts a small number into a map.
    pub(super) fn put(object: Option<(u64, u64)>, key: &str) -> Self {
        Self {
            object,
            key: PressKey::Text(key.into()),
            insert: false,
            action: 1,
            value: (4, vec![1]),
            predecessors: Vec::new(),
        }
    }

    /// Makes an object in a map.
    pub(super) fn make(action: u64, object: Option<(u64, u64)>, key: &str) -> Self {
        Self { action, value: (0, Vec::new()), ..Self::put(object, key) }
    }

    /// Inserts a small number into a list behind an element, or at its head.
    pub(super) fn insert(object: (u64, u64), behind: Option<(u64, u64)>) -> Self {
        let key = match behind {
            Some((actor, counter)) => PressKey::Element(Some(actor), counter),
            None => PressKey::Element(None, 0),
        };
        Self { key, insert: true, ..Self::put(Some(object), "") }
    }

    pub(super) fn replacing(self, predecessors: &[(u64, u64)]) -> Self {
        Self { predecessors: predecessors.to_vec(), ..self }
    }

    pub(super) fn deleting(self, predecessors: &[(u64, u64)]) -> Self {
        Self { action: 3, value: (0, Vec::new()), ..self.replacing(predecessors) }
    }
}

/// Everything in a change, open to be changed before it is printed.
#[derive(Clone)]
pub(super) struct Press {
    pub(super) deps: Vec<[u8; 32]>,
    pub(super) actor: Vec<u8>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: Vec<u8>,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) columns: Vec<(u64, Vec<u8>)>,
    pub(super) tail: Vec<u8>,
}

/// A cell's bytes, or null.
type Cell = Option<Vec<u8>>;

fn runs(cells: &[Cell]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    let same = |from: usize| cells[from..].iter().take_while(|cell| **cell == cells[from]).count();
    while at < cells.len() {
        let count = same(at);
        match &cells[at] {
            None => {
                push_signed(&mut out, 0);
                push_varint(&mut out, count as u64);
                at += count;
            }
            Some(bytes) if count > 1 => {
                push_signed(&mut out, count as i64);
                out.extend(bytes);
                at += count;
            }
            Some(_) => {
                let until = (at..cells.len()).find(|place| cells[*place].is_none() || same(*place) > 1);
                let until = until.unwrap_or(cells.len());
                push_signed(&mut out, -((until - at) as i64));
                cells[at..until].iter().flatten().for_each(|bytes| out.extend(bytes));
                at = until;
            }
        }
    }
    out
}

fn optional(cells: &[Cell]) -> Vec<u8> {
    if cells.iter().all(Option::is_none) { Vec::new() } else { runs(cells) }
}

pub(super) fn number(value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    push_varint(&mut out, value);
    out
}

fn text(value: &str) -> Vec<u8> {
    let mut out = number(value.len() as u64);
    out.extend(value.as_bytes());
    out
}

fn differences(values: &[Option<u64>]) -> Vec<Cell> {
    let mut last = 0i64;
    let step = |value: &Option<u64>| {
        value.map(|value| {
            let mut out = Vec::new();
            push_signed(&mut out, value.cast_signed().wrapping_sub(last));
            last = value.cast_signed();
            out
        })
    };
    values.iter().map(step).collect()
}

fn booleans(values: impl Iterator<Item = bool>) -> Vec<u8> {
    let (mut out, mut value, mut count) = (Vec::new(), false, 0);
    for next in values {
        if next != value {
            push_varint(&mut out, count);
            (value, count) = (next, 0);
        }
        count += 1;
    }
    if count > 0 {
        push_varint(&mut out, count);
    }
    out
}

impl Press {
    /// A first change with these operations.
    pub(super) fn new(ops: &[PressOp]) -> Self {
        let ids = |pick: fn(&PressOp) -> Option<u64>| -> Vec<Option<u64>> { ops.iter().map(pick).collect() };
        let cells =
            |values: &[Option<u64>]| -> Vec<Cell> { values.iter().map(|value| value.map(number)).collect() };
        let key_text = |op: &PressOp| match &op.key {
            PressKey::Text(key) => Some(text(key)),
            PressKey::Element(..) => None,
        };
        let element = |op: &PressOp| match op.key {
            PressKey::Text(_) => (None, None),
            PressKey::Element(actor, counter) => (actor, Some(counter)),
        };
        let predecessors: Vec<(u64, u64)> = ops.iter().flat_map(|op| op.predecessors.clone()).collect();
        let pick = |place: fn(&(u64, u64)) -> u64| -> Vec<Option<u64>> {
            predecessors.iter().map(|id| Some(place(id))).collect()
        };
        let columns = vec![
            (0x01, optional(&cells(&ids(|op| op.object.map(|id| id.0))))),
            (0x02, optional(&cells(&ids(|op| op.object.map(|id| id.1))))),
            (0x11, optional(&cells(&ops.iter().map(|op| element(op).0).collect::<Vec<_>>()))),
            (0x13, optional(&differences(&ops.iter().map(|op| element(op).1).collect::<Vec<_>>()))),
            (0x15, optional(&ops.iter().map(key_text).collect::<Vec<_>>())),
            (0x34, booleans(ops.iter().map(|op| op.insert))),
            (0x42, runs(&cells(&ids(|op| Some(op.action))))),
            (0x56, runs(&cells(&ids(|op| Some(op.value.0 | (op.value.1.len() as u64) << 4))))),
            (0x57, ops.iter().flat_map(|op| op.value.1.clone()).collect()),
            (0x70, runs(&cells(&ids(|op| Some(op.predecessors.len() as u64))))),
            (0x71, runs(&cells(&pick(|id| id.0)))),
            (0x73, runs(&differences(&pick(|id| id.1)))),
        ];
        let columns = columns.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
        let (deps, others, message, tail) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { deps, actor: vec![0x11; 16], seq: 1, start_op: 1, time: 0, message, others, columns, tail }
    }

    /// Replaces, adds or (empty) removes a column.
    pub(super) fn with_column(mut self, specification: u64, bytes: Vec<u8>) -> Self {
        self.columns.retain(|(known, _)| *known != specification);
        if !bytes.is_empty() {
            self.columns.push((specification, bytes));
            self.columns.sort();
        }
        self
    }

    /// Stands the change on another one.
    pub(super) fn after(mut self, ancestor: &[u8], start_op: u64) -> Self {
        self.deps.push(Sha256::digest(&ancestor[8..]).into());
        self.start_op = start_op;
        self
    }

    pub(super) fn content(&self) -> Vec<u8> {
        let mut out = number(self.deps.len() as u64);
        self.deps.iter().for_each(|dep| out.extend(dep));
        out.extend(number(self.actor.len() as u64));
        out.extend(&self.actor);
        out.extend(number(self.seq));
        out.extend(number(self.start_op));
        push_signed(&mut out, self.time);
        out.extend(number(self.message.len() as u64));
        out.extend(&self.message);
        out.extend(number(self.others.len() as u64));
        for other in &self.others {
            out.extend(number(other.len() as u64));
            out.extend(other);
        }
        out.extend(number(self.columns.len() as u64));
        for (specification, bytes) in &self.columns {
            out.extend(number(*specification));
            out.extend(number(bytes.len() as u64));
        }
        self.columns.iter().for_each(|(_, bytes)| out.extend(bytes));
        out.extend(&self.tail);
        out
    }

    pub(super) fn print(&self) -> Vec<u8> {
        close(1, &self.content())
    }
}

/// Closes a content into a chunk with a right length and checksum.
pub(super) fn close(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut hashed = vec![kind];
    push_varint(&mut hashed, content.len() as u64);
    hashed.extend(content);
    let hash = Sha256::digest(&hashed);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend(&hash[..4]);
    chunk.extend(hashed);
    chunk
}

/// Where a chunk's content begins: magic, checksum, kind, length.
pub(super) fn content(chunk: &[u8]) -> &[u8] {
    let length = chunk[9..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    &chunk[9 + length..]
}

/// One to three small injuries, closed again with a right length and checksum so that they are looked at.
pub(super) fn injured(chunk: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = content(chunk).to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(5) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = dice.next().to_le_bytes()[0],
            2 => bytes.insert(at, dice.next().to_le_bytes()[0]),
            3 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    close(1, &bytes)
}
