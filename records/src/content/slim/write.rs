//! Slim changes: the writer.

use std::collections::BTreeMap;

use khettara_core::encoding::push_varint;
use khettara_core::id::DocumentId;
use khettara_core::log::device_id;
use khettara_core::planted::Fault;
use uuid::Uuid;

use super::state::State;
use super::{KIND_ID, KIND_TEXT, KIND_UUID, uuid_of};
use crate::airlock::{Key, OpRef, Reader, Walked, walk};

/// Ids of one entry that are looked for.
const IDS_MAX: u32 = 128;

/// Writes a change, or `None` where it has no slim form.
pub(super) fn write(state: &mut State<'_>, document: &DocumentId, chunk: &[u8]) -> Option<Vec<u8>> {
    let change = walk(chunk).ok()?;
    if change.actor() != state.actor {
        return None;
    }
    let ids = ids_of(state, &change);
    let mut writer = Writer { state, change: &change, ids, structure: Vec::new(), data: Vec::new() };
    let mut out = writer.front(document)?;
    writer.operations()?;
    push_varint(&mut out, change.ops());
    out.append(&mut writer.structure);
    out.append(&mut writer.data);
    Some(out)
}

/// The ids that the entry may have made, by what they are.
fn ids_of(state: &State<'_>, change: &Walked<'_>) -> BTreeMap<Uuid, u32> {
    let makers = change.rows.ops.iter().filter(|op| op.action.makes_object()).count();
    let count = u32::try_from(makers).map_or(IDS_MAX, |makers| (makers + 2).min(IDS_MAX));
    (0..count).map(|k| (device_id(&state.actor, state.position(), k), k)).collect()
}

struct Writer<'w, 'g> {
    state: &'w mut State<'g>,
    change: &'w Walked<'w>,
    ids: BTreeMap<Uuid, u32>,
    structure: Vec<u8>,
    data: Vec<u8>,
}

impl Writer<'_, '_> {
    fn front(&mut self, document: &DocumentId) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let distance = self.state.distance_to(document);
        match distance {
            Some(distance) => push_varint(&mut out, distance + 1),
            None if self.ids.get(&Uuid::from_bytes(document.0)) == Some(&0) => out.push(1),
            None => {
                out.push(0);
                out.extend_from_slice(&document.0);
            }
        }
        let pointed = distance.and_then(|distance| self.state.back(distance).ok());
        let header = self.change.header();
        let mut ground = 0;
        push_varint(&mut out, header.deps.len() as u64);
        for dep in &header.deps {
            let constant = self.state.constant_that(|constant| constant.hash == *dep);
            let is_anybodys = Fault::DependencyAcrossLogs.is_on();
            if let Some(pointed) = pointed.filter(|pointed| pointed.hash == *dep || is_anybodys) {
                out.push(1);
                ground = ground.max(pointed.last_op);
            } else if let Some(constant) = constant {
                push_varint(&mut out, constant.number * 2);
                ground = ground.max(constant.last_op);
            } else if let Some(distance) = self.state.distance_to_change(dep) {
                push_varint(&mut out, distance * 2 + 1);
                ground = ground.max(self.state.back(distance).ok()?.last_op);
            } else {
                out.push(0);
                out.extend_from_slice(&dep.0);
            }
        }
        push_varint(&mut out, header.seq - 1);
        push_varint(&mut out, header.start_op.checked_sub(ground + 1)?);
        push_varint(&mut out, zigzag(self.change.time));
        push_varint(&mut out, self.change.message.len() as u64);
        out.extend_from_slice(self.change.message.as_bytes());
        push_varint(&mut out, self.change.actors.len() as u64 - 1);
        for actor in &self.change.actors[1..] {
            let constant = self.state.constant_that(|constant| constant.actor == *actor);
            let met = self.state.tables.place_of_actor(actor);
            if let Some(constant) = constant {
                push_varint(&mut out, constant.number * 2);
            } else if pointed.is_some_and(|pointed| pointed.actor == *actor) {
                out.push(1);
            } else if let Some(place) = met {
                push_varint(&mut out, place as u64 * 2 + 3);
            } else {
                out.push(0);
                out.extend_from_slice(actor.as_bytes());
                self.state.tables.add_actor(*actor);
            }
        }
        Some(out)
    }

    fn operations(&mut self) -> Option<()> {
        let change = self.change;
        let mut object = None;
        let mut made = None;
        for (row, op) in change.rows.ops.iter().enumerate() {
            let place = match op.object {
                same if same == object => 0u8,
                Some(given) if Some(given) == made => 1,
                Some(_) => 2,
                None => 3,
            };
            let predecessors = &change.rows.predecessors[op.predecessors.clone()];
            let count = predecessors.len().min(3) as u8;
            let (kind, value) = self.value(op.value, &op.key)?;
            let code = op.action.code() | place << 3 | u8::from(op.insert) << 5 | count << 6;
            self.structure.extend([code, kind]);
            self.key(row, &op.key);
            if let (2, Some(given)) = (place, op.object) {
                let reference = self.reference(given);
                self.structure.extend(reference);
            }
            if count == 3 {
                push_varint(&mut self.data, predecessors.len() as u64);
            }
            for predecessor in predecessors {
                let reference = self.reference(*predecessor);
                self.data.extend(reference);
            }
            self.data.extend(value);
            object = op.object;
            if op.action.makes_object() {
                made = Some(OpRef { counter: change.header().start_op + row as u64, actor: 0 });
            }
        }
        Some(())
    }

    fn key(&mut self, row: usize, key: &Key<'_>) {
        let before = row
            .checked_sub(1)
            .map(|before| OpRef { counter: self.change.header().start_op + before as u64, actor: 0 });
        match key {
            Key::Head => self.structure.push(2),
            Key::Element(element) if Some(*element) == before => self.structure.push(4),
            Key::Element(element) => {
                self.structure.push(3);
                let reference = self.reference(*element);
                self.structure.extend(reference);
            }
            Key::Text(text) => match uuid_of(text) {
                Some(uuid) => match self.ids.get(&uuid) {
                    Some(k) => {
                        self.structure.push(0);
                        push_varint(&mut self.structure, u64::from(*k));
                    }
                    None => {
                        self.structure.push(1);
                        self.structure.extend_from_slice(uuid.as_bytes());
                    }
                },
                None => {
                    push_varint(&mut self.structure, text.len() as u64 + 5);
                    self.structure.extend_from_slice(text.as_bytes());
                }
            },
        }
    }

    fn reference(&self, reference: OpRef) -> Vec<u8> {
        let mut out = Vec::new();
        let row = reference.counter.checked_sub(self.change.header().start_op);
        match row.filter(|_| reference.actor == 0) {
            Some(row) => push_varint(&mut out, row * 2),
            None => {
                push_varint(&mut out, reference.actor as u64 * 2 + 1);
                push_varint(&mut out, reference.counter);
            }
        }
        out
    }

    /// The kind and bytes of a value.
    fn value(&mut self, (kind, bytes): (u8, &[u8]), key: &Key<'_>) -> Option<(u8, Vec<u8>)> {
        let mut out = Vec::new();
        let mut reader = Reader::new(bytes);
        match kind {
            3 => self.number(reader.unsigned().ok()?, key, &mut out),
            4 | 8 | 9 => self.number(reader.signed().ok()? as u64, key, &mut out),
            5 => out.extend_from_slice(bytes),
            KIND_TEXT => return Some(self.text(std::str::from_utf8(bytes).ok()?, key)),
            7 => {
                push_varint(&mut out, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            _ => {}
        }
        Some((kind, out))
    }

    /// A number as its difference from the last under the same key.
    fn number(&mut self, value: u64, key: &Key<'_>, out: &mut Vec<u8>) {
        let last = match key {
            Key::Text(key) => {
                let last = self.state.tables.number(key);
                self.state.tables.set_number(key, value);
                last
            }
            _ => 0,
        };
        push_varint(out, zigzag(value.wrapping_sub(last) as i64));
    }

    /// A text: an id as such, any other in words.
    fn text(&mut self, text: &str, key: &Key<'_>) -> (u8, Vec<u8>) {
        let mut out = Vec::new();
        if let Some(uuid) = uuid_of(text) {
            return match self.ids.get(&uuid) {
                Some(k) => {
                    push_varint(&mut out, u64::from(*k));
                    (KIND_ID, out)
                }
                None => (KIND_UUID, uuid.as_bytes().to_vec()),
            };
        }
        let key = if let Key::Text(key) = key { Some(*key) } else { None };
        self.state.tables.write_text(key, text, &mut out);
        (KIND_TEXT, out)
    }
}

/// Signed numbers of small distance from zero as small unsigned ones.
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
