//! Slim changes, codec 2: what a reader can rebuild is left out. `docs/PROTOCOL.md` draws the bytes.
//!
//! ```text
//! item ─ write ─► slim bytes    a change that automerge itself would have spelt so; any other travels whole
//! slim bytes ─ read ─► item     and the writer reads its own bytes back before it believes them
//! ```

mod columns;
mod read;
mod script;
mod state;
mod words;
mod write;

use khettara_core::limits::SEGMENT_RAW_BYTES_MAX;
use khettara_core::log::{Entry, Ground, Shaped, Slim, SlimFault, Written};
use khettara_core::planted::Fault;

use uuid::Uuid;

use read::read;
use state::State;
use write::write;

/// First byte of an item that stands in it whole.
const WHOLE: u8 = 0;
/// First byte of a slim item.
const SLIM: u8 = 1;

/// Any other text, as automerge numbers it.
const KIND_TEXT: u8 = 6;
/// Kinds of values beside those that automerge numbers from 0 to 9: an id that the entry made.
const KIND_ID: u8 = 10;
/// Another uuid, in 16 bytes.
const KIND_UUID: u8 = 11;

/// The slim form of the changes that our software writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct SlimChanges;

impl Slim for SlimChanges {
    fn narrow(&self, ground: &Ground<'_>, items: &[Written]) -> Vec<Shaped> {
        let (mut writer, mut reader) = (State::new(ground), State::new(ground));
        items.iter().map(|item| narrow_one(&mut writer, &mut reader, item)).collect()
    }

    fn widen(&self, ground: &Ground<'_>, items: Vec<Written>) -> Result<Vec<Shaped>, SlimFault> {
        let mut state = State::new(ground);
        let mut room = SEGMENT_RAW_BYTES_MAX as usize;
        let mut wide = Vec::with_capacity(items.len());
        for item in items {
            let shaped = widen_one(&mut state, item)?;
            room = room.checked_sub(shaped.written.bytes.len()).ok_or(SlimFault::Malformed)?;
            wide.push(shaped);
        }
        Ok(wide)
    }
}

/// Writes an item, reads it back beside, and lets it travel whole where that gives anything else.
fn narrow_one(writer: &mut State<'_>, reader: &mut State<'_>, item: &Written) -> Shaped {
    let Ok((document, chunk, hash)) = item.split_change() else {
        writer.pass(item);
        reader.pass(item);
        return Shaped { written: item.clone(), last_op: 0 };
    };
    writer.tables.begin();
    reader.tables.begin();
    if let Some(bytes) = write(writer, &document, chunk) {
        let back = read(reader, &bytes);
        if let Ok(back) = back
            && (back.written == *item || Fault::DependencyAcrossLogs.is_on())
        {
            writer.pass_change(document, hash, back.last_op);
            reader.pass_change(document, hash, back.last_op);
            let written = Written { kind: Entry::CHANGE, bytes: [&[SLIM], &bytes[..]].concat() };
            return Shaped { written, last_op: back.last_op };
        }
    }
    writer.tables.take_back();
    reader.tables.take_back();
    writer.pass_change(document, hash, 0);
    reader.pass_change(document, hash, 0);
    let written = Written { kind: Entry::CHANGE, bytes: [&[WHOLE], &item.bytes[..]].concat() };
    Shaped { written, last_op: 0 }
}

fn widen_one(state: &mut State<'_>, item: Written) -> Result<Shaped, SlimFault> {
    if item.kind != Entry::CHANGE {
        state.pass(&item);
        return Ok(Shaped { written: item, last_op: 0 });
    }
    state.tables.begin();
    let (form, bytes) = item.bytes.split_first().ok_or(SlimFault::Malformed)?;
    let (shaped, document, hash) = match *form {
        WHOLE => {
            let written = Written { kind: Entry::CHANGE, bytes: bytes.to_vec() };
            let (document, _, hash) = written.split_change().map_err(|_| SlimFault::Malformed)?;
            (Shaped { written, last_op: 0 }, document, hash)
        }
        SLIM => {
            let back = read(state, bytes)?;
            (Shaped { written: back.written, last_op: back.last_op }, back.document, back.hash)
        }
        _ => return Err(SlimFault::Malformed),
    };
    state.pass_change(document, hash, shaped.last_op);
    Ok(shaped)
}

/// A text that is a uuid as we spell them.
fn uuid_of(text: &str) -> Option<Uuid> {
    let uuid = if text.len() == 36 { Uuid::try_parse(text).ok()? } else { return None };
    (uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(uuid)
}

#[cfg(test)]
mod tests;
