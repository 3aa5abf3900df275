//! Slim changes: the reader. Nothing it reads can make it allocate more than a change may have.

use khettara_core::encoding::push_varint;
use khettara_core::id::{ActorId, ChangeHash, DocumentId};
use khettara_core::limits;
use khettara_core::log::{Pointed, SlimFault, Written, device_id};
use uuid::Uuid;

use super::columns::{WideChange, WideKey, WideOp, push_signed};
use super::state::State;
use super::{KIND_ID, KIND_TEXT, KIND_UUID, uuid_of};
use crate::airlock::{Action, AirlockFault, OpRef, Reader};

/// A change that was read.
pub(super) struct Back {
    pub(super) written: Written,
    pub(super) document: DocumentId,
    pub(super) hash: ChangeHash,
    pub(super) last_op: u64,
}

impl From<AirlockFault> for SlimFault {
    fn from(_: AirlockFault) -> Self {
        Self::Malformed
    }
}

/// Reads one slim change.
///
/// # Errors
/// [`SlimFault`].
pub(super) fn read(state: &mut State<'_>, bytes: &[u8]) -> Result<Back, SlimFault> {
    if bytes.len() > limits::CHANGE_BYTES_MAX {
        return Err(SlimFault::Malformed);
    }
    let texts_bytes = limits::CHANGE_BYTES_MAX;
    let mut reader = Slimmed { state, reader: Reader::new(bytes), texts_bytes };
    let (document, mut change) = reader.front()?;
    reader.operations(&mut change)?;
    if !reader.reader.is_empty() {
        return Err(SlimFault::Malformed);
    }
    let (chunk, hash) = change.to_chunk();
    if chunk.len() > limits::CHANGE_BYTES_MAX {
        return Err(SlimFault::Malformed);
    }
    let last_op = change.start_op.saturating_add(change.ops.len() as u64) - 1;
    Ok(Back { written: Written::change(&document, &chunk), document, hash, last_op })
}

/// What the structure says of an operation; its data come behind all structure.
struct Shape {
    action: Action,
    object: Option<OpRef>,
    key: WideKey,
    insert: bool,
    predecessors: u8,
    kind: u8,
}

struct Slimmed<'r, 'g, 'b> {
    state: &'r mut State<'g>,
    reader: Reader<'b>,
    /// What texts in words may still grow to.
    texts_bytes: usize,
}

impl Slimmed<'_, '_, '_> {
    fn front(&mut self) -> Result<(DocumentId, WideChange), SlimFault> {
        let mut pointed = None;
        let document = match self.reader.unsigned()? {
            0 => DocumentId(self.reader.array()?),
            1 => DocumentId(*self.id(0).as_bytes()),
            distance => {
                let found = self.back(distance - 1)?;
                pointed = Some(found);
                found.document
            }
        };
        let (deps, ground) = self.deps(pointed)?;
        let seq = self.reader.unsigned()?.checked_add(1).ok_or(SlimFault::Malformed)?;
        let beyond = self.reader.unsigned()?;
        let start_op = (ground + 1).checked_add(beyond).ok_or(SlimFault::Malformed)?;
        let time = unzigzag(self.reader.unsigned()?);
        let message = self.reader.text()?.to_owned();
        let actors = self.actors(pointed)?;
        Ok((document, WideChange { deps, actors, seq, start_op, time, message, ops: Vec::new() }))
    }

    fn back(&self, distance: u64) -> Result<Pointed, SlimFault> {
        let fault = |missing| if missing { SlimFault::Ancestor } else { SlimFault::Malformed };
        self.state.back(distance).map_err(fault)
    }

    fn id(&self, k: u32) -> Uuid {
        device_id(&self.state.actor, self.state.position(), k)
    }

    /// The dependencies, and the highest last operation of those named.
    fn deps(&mut self, pointed: Option<Pointed>) -> Result<(Vec<ChangeHash>, u64), SlimFault> {
        let count = self.count(limits::CHANGE_DEPS_MAX as u64)?;
        let (mut deps, mut ground) = (Vec::with_capacity(count), 0);
        for _ in 0..count {
            let (hash, last_op) = match self.reader.unsigned()? {
                0 => (ChangeHash(self.reader.array()?), 0),
                1 => pointed.map(|one| (one.hash, one.last_op)).ok_or(SlimFault::Malformed)?,
                number if number.is_multiple_of(2) => {
                    let constant = self.state.constant(number / 2);
                    constant.map(|one| (one.hash, one.last_op)).ok_or(SlimFault::Software)?
                }
                number => {
                    let found = self.back(number / 2)?;
                    (found.hash, found.last_op)
                }
            };
            deps.push(hash);
            ground = ground.max(last_op);
        }
        Ok((deps, ground))
    }

    /// The actor table: its own first.
    fn actors(&mut self, pointed: Option<Pointed>) -> Result<Vec<ActorId>, SlimFault> {
        let count = self.count(limits::CHANGE_ACTORS_MAX as u64)?;
        let mut actors = vec![self.state.actor];
        for _ in 0..count {
            actors.push(match self.reader.unsigned()? {
                0 => {
                    let actor = ActorId(self.reader.array()?);
                    self.state.tables.add_actor(actor);
                    actor
                }
                1 => pointed.ok_or(SlimFault::Malformed)?.actor,
                number if number.is_multiple_of(2) => {
                    self.state.constant(number / 2).ok_or(SlimFault::Software)?.actor
                }
                number => {
                    let place = usize::try_from((number - 3) / 2).map_err(|_| SlimFault::Malformed)?;
                    self.state.tables.actor(place).ok_or(SlimFault::Malformed)?
                }
            });
        }
        Ok(actors)
    }

    fn count(&mut self, max: u64) -> Result<usize, SlimFault> {
        let count = self.reader.unsigned()?;
        if count > max {
            return Err(SlimFault::Malformed);
        }
        usize::try_from(count).map_err(|_| SlimFault::Malformed)
    }

    fn operations(&mut self, change: &mut WideChange) -> Result<(), SlimFault> {
        let count = self.count(limits::CHANGE_OPS_MAX)?;
        let mut shapes: Vec<Shape> = Vec::new();
        let (mut object, mut made) = (None, None);
        for row in 0..count as u64 {
            let shape = self.shape(row, change.start_op, object, made)?;
            object = shape.object;
            if shape.action.makes_object() {
                made = Some(own(change.start_op, row)?);
            }
            shapes.push(shape);
        }
        let mut room = limits::CHANGE_PREDECESSORS_MAX;
        for Shape { action, object, key, insert, predecessors, kind } in shapes {
            let count = if predecessors == 3 { self.count(room)? as u64 } else { u64::from(predecessors) };
            room = room.checked_sub(count).ok_or(SlimFault::Malformed)?;
            let mut found = Vec::new();
            for _ in 0..count {
                found.push(self.reference(change.start_op)?);
            }
            let value = self.value(kind, &key)?;
            change.ops.push(WideOp { object, key, insert, action, predecessors: found, value });
        }
        Ok(())
    }

    fn shape(
        &mut self,
        row: u64,
        start_op: u64,
        before: Option<OpRef>,
        made: Option<OpRef>,
    ) -> Result<Shape, SlimFault> {
        let [code, kind] = self.reader.array()?;
        let action = Action::from_code(u64::from(code & 7))?;
        let key = self.key(row, start_op)?;
        let object = match code >> 3 & 3 {
            0 => before,
            1 => Some(made.ok_or(SlimFault::Malformed)?),
            2 => Some(self.reference(start_op)?),
            _ => None,
        };
        Ok(Shape { action, object, key, insert: code & 0x20 != 0, predecessors: code >> 6, kind })
    }

    fn key(&mut self, row: u64, start_op: u64) -> Result<WideKey, SlimFault> {
        Ok(match self.reader.unsigned()? {
            0 => WideKey::Text(self.own_id()?),
            1 => WideKey::Text(Uuid::from_bytes(self.reader.array()?).to_string()),
            2 => WideKey::Head,
            3 => WideKey::Element(self.reference(start_op)?),
            4 => WideKey::Element(own(start_op, row.checked_sub(1).ok_or(SlimFault::Malformed)?)?),
            length => {
                let text = std::str::from_utf8(self.reader.bytes(length - 5)?);
                WideKey::Text(text.map_err(|_| SlimFault::Malformed)?.to_owned())
            }
        })
    }

    fn own_id(&mut self) -> Result<String, SlimFault> {
        let k = u32::try_from(self.reader.unsigned()?).map_err(|_| SlimFault::Malformed)?;
        Ok(self.id(k).to_string())
    }

    fn reference(&mut self, start_op: u64) -> Result<OpRef, SlimFault> {
        let number = self.reader.unsigned()?;
        if number.is_multiple_of(2) {
            return own(start_op, number / 2);
        }
        let actor = usize::try_from(number / 2).map_err(|_| SlimFault::Malformed)?;
        Ok(OpRef { counter: self.reader.unsigned()?, actor })
    }

    /// The kind and bytes that the chunk has.
    fn value(&mut self, kind: u8, key: &WideKey) -> Result<(u8, Vec<u8>), SlimFault> {
        let mut out = Vec::new();
        match kind {
            0..=2 => {}
            3 => push_varint(&mut out, self.number(key)?),
            4 | 8 | 9 => push_signed(&mut out, self.number(key)? as i64),
            5 => out.extend_from_slice(&self.reader.array::<8>()?),
            7 => {
                let length = self.reader.unsigned()?;
                out.extend_from_slice(self.reader.bytes(length)?);
            }
            KIND_ID => return Ok((KIND_TEXT, self.own_id()?.into_bytes())),
            KIND_UUID => {
                return Ok((KIND_TEXT, Uuid::from_bytes(self.reader.array()?).to_string().into_bytes()));
            }
            KIND_TEXT => return Ok((KIND_TEXT, self.text(key)?.into_bytes())),
            _ => return Err(SlimFault::Malformed),
        }
        Ok((kind, out))
    }

    fn text(&mut self, key: &WideKey) -> Result<String, SlimFault> {
        let key = if let WideKey::Text(key) = key { Some(key.as_str()) } else { None };
        let text = self.state.tables.read_text(key, &mut self.reader, self.texts_bytes);
        let text = text.filter(|text| uuid_of(text).is_none()).ok_or(SlimFault::Malformed)?;
        self.texts_bytes -= text.len();
        Ok(text)
    }

    fn number(&mut self, key: &WideKey) -> Result<u64, SlimFault> {
        let difference = unzigzag(self.reader.unsigned()?) as u64;
        let WideKey::Text(key) = key else { return Ok(difference) };
        let value = self.state.tables.number(key).wrapping_add(difference);
        self.state.tables.set_number(key, value);
        Ok(value)
    }
}

/// The operation of this change in a row.
fn own(start_op: u64, row: u64) -> Result<OpRef, SlimFault> {
    Ok(OpRef { counter: start_op.checked_add(row).ok_or(SlimFault::Malformed)?, actor: 0 })
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
