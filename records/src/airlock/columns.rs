//! Airlock: which columns a change has. Only those automerge writes for maps, lists and text are known.

use super::bytes::Reader;
use super::fault::AirlockFault;

/// The columns of a change's operations; an absent one is empty.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) object_actor: &'a [u8],
    pub(super) object_counter: &'a [u8],
    pub(super) key_actor: &'a [u8],
    pub(super) key_counter: &'a [u8],
    pub(super) key_text: &'a [u8],
    pub(super) insert: &'a [u8],
    pub(super) action: &'a [u8],
    pub(super) value_kind: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) predecessor_count: &'a [u8],
    pub(super) predecessor_actor: &'a [u8],
    pub(super) predecessor_counter: &'a [u8],
}

impl<'a> Columns<'a> {
    /// The slot of a specification: `id << 4 | type`. Bit 3, compression, is part of no known one.
    fn slot(&mut self, specification: u64) -> Option<&mut &'a [u8]> {
        Some(match specification {
            0x01 => &mut self.object_actor,
            0x02 => &mut self.object_counter,
            0x11 => &mut self.key_actor,
            0x13 => &mut self.key_counter,
            0x15 => &mut self.key_text,
            0x34 => &mut self.insert,
            0x42 => &mut self.action,
            0x56 => &mut self.value_kind,
            0x57 => &mut self.value,
            0x70 => &mut self.predecessor_count,
            0x71 => &mut self.predecessor_actor,
            0x73 => &mut self.predecessor_counter,
            _ => return None,
        })
    }
}

/// Reads specifications, lengths and data, and leaves the reader behind the last column.
pub(super) fn columns<'a>(reader: &mut Reader<'a>) -> Result<Columns<'a>, AirlockFault> {
    let count = reader.unsigned()?;
    let mut listed: Vec<(u64, u64)> = Vec::new();
    for _ in 0..count {
        // Strictly ascending and all known: the list ends itself after twelve, whatever `count` claims.
        let specification = reader.unsigned()?;
        let length = reader.unsigned()?;
        let ascends = listed.last().is_none_or(|(last, _)| *last < specification);
        if !ascends || length == 0 || Columns::default().slot(specification).is_none() {
            return Err(AirlockFault::BadColumn);
        }
        listed.push((specification, length));
    }
    let mut columns = Columns::default();
    for (specification, length) in listed {
        let data = reader.bytes(length)?;
        *columns.slot(specification).ok_or(AirlockFault::BadColumn)? = data;
    }
    Ok(columns)
}
