//! Airlock: a change's columns put together into operations.

use std::ops::Range;

use khettara_core::limits;

use super::bytes::Reader;
use super::columns::Columns;
use super::fault::AirlockFault;
use super::runs::{self, Nulls};

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    MakeMap,
    Set,
    MakeList,
    Delete,
    MakeText,
    Increment,
}

impl Action {
    /// Marks (7) and tables (6) exist in automerge; nothing of ours writes them.
    pub(crate) fn from_code(code: u64) -> Result<Self, AirlockFault> {
        Ok(match code {
            0 => Self::MakeMap,
            1 => Self::Set,
            2 => Self::MakeList,
            3 => Self::Delete,
            4 => Self::MakeText,
            5 => Self::Increment,
            _ => return Err(AirlockFault::BadAction),
        })
    }

    /// Its number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::MakeMap => 0,
            Self::Set => 1,
            Self::MakeList => 2,
            Self::Delete => 3,
            Self::MakeText => 4,
            Self::Increment => 5,
        }
    }

    pub(crate) const fn makes_object(self) -> bool {
        matches!(self, Self::MakeMap | Self::MakeList | Self::MakeText)
    }

    /// Whether it leaves a value others can replace.
    pub(super) const fn leaves_value(self) -> bool {
        self.makes_object() || matches!(self, Self::Set)
    }
}

/// An operation's id as the change writes it: the actor is a place in the change's own table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpRef {
    pub(crate) counter: u64,
    pub(crate) actor: usize,
}

/// Where in its object an operation stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key<'a> {
    Text(&'a str),
    Head,
    Element(OpRef),
}

/// One operation; `object` is `None` for the root.
pub(crate) struct Op<'a> {
    pub(crate) object: Option<OpRef>,
    pub(crate) key: Key<'a>,
    pub(crate) insert: bool,
    pub(crate) action: Action,
    pub(crate) predecessors: Range<usize>,
    /// The value's kind, as automerge numbers them, and its bytes.
    pub(crate) value: (u8, &'a [u8]),
}

impl Op<'_> {
    /// Whether it leaves a text, as a value.
    pub(super) const fn is_text(&self) -> bool {
        matches!((self.action, self.value.0), (Action::Set, 6))
    }
}

/// All operations of a change, their predecessors in one list.
#[derive(Default)]
pub(crate) struct Rows<'a> {
    pub(crate) ops: Vec<Op<'a>>,
    pub(crate) predecessors: Vec<OpRef>,
}

impl Rows<'_> {
    /// How many operations stay in the document as such; a deletion is noted at what it deletes.
    pub(super) fn left_behind(&self) -> usize {
        self.ops.iter().filter(|op| op.action != Action::Delete).count()
    }
}

/// Puts the columns together. `actors` is the size of the change's actor table, its own actor included.
pub(super) fn rows<'a>(columns: &Columns<'a>, actors: usize) -> Result<Rows<'a>, AirlockFault> {
    let actions = runs::column::<u64>(columns.action, limits::CHANGE_OPS_MAX, Nulls::Refused)?;
    let rows = actions.len() as u64;
    if rows == 0 {
        return nothing(columns);
    }
    let objects =
        ids(optional(columns.object_actor, rows)?, optional(columns.object_counter, rows)?, actors)?;
    let keys = keys(columns, rows, actors)?;
    let inserts = runs::booleans(columns.insert, rows)?;
    let kinds = full::<u64>(columns.value_kind, rows)?;
    let counts = full::<u64>(columns.predecessor_count, rows)?;
    let predecessors = predecessors(columns, &counts, actors)?;
    let mut values = Reader::new(columns.value);
    let mut taken = 0usize;
    let mut ops = Vec::with_capacity(actions.len());
    for (place, action) in actions.into_iter().flatten().enumerate() {
        let action = Action::from_code(action)?;
        let value = take_value(&mut values, kinds[place], action)?;
        let from = taken;
        taken += usize::try_from(counts[place]).map_err(|_| AirlockFault::TooMany)?;
        let (object, key, insert) = (objects[place], keys[place], inserts[place]);
        ops.push(Op { object, key, insert, action, predecessors: from..taken, value });
    }
    if !values.is_empty() {
        return Err(AirlockFault::BadValue);
    }
    Ok(Rows { ops, predecessors })
}

/// A change without operations has no columns at all.
fn nothing<'a>(columns: &Columns<'a>) -> Result<Rows<'a>, AirlockFault> {
    let all = [
        columns.object_actor,
        columns.object_counter,
        columns.key_actor,
        columns.key_counter,
        columns.key_text,
        columns.insert,
        columns.value_kind,
        columns.value,
        columns.predecessor_count,
        columns.predecessor_actor,
        columns.predecessor_counter,
    ];
    if all.iter().any(|column| !column.is_empty()) {
        return Err(AirlockFault::BadColumn);
    }
    Ok(Rows::default())
}

/// A column without nulls and with a cell for every row.
fn full<'a, T: runs::Cell<'a>>(bytes: &'a [u8], rows: u64) -> Result<Vec<T>, AirlockFault> {
    let cells = runs::column(bytes, rows, Nulls::Refused)?;
    if cells.len() as u64 != rows {
        return Err(AirlockFault::BadRun);
    }
    Ok(cells.into_iter().flatten().collect())
}

/// A column that is left out where every row is null, and only there.
fn optional<'a, T: runs::Cell<'a>>(bytes: &'a [u8], rows: u64) -> Result<Vec<Option<T>>, AirlockFault> {
    runs_or_nulls(bytes, rows, |bytes| runs::column(bytes, rows, Nulls::Allowed))
}

fn runs_or_nulls<'a, T: Copy>(
    bytes: &'a [u8],
    rows: u64,
    read: impl FnOnce(&'a [u8]) -> Result<Vec<Option<T>>, AirlockFault>,
) -> Result<Vec<Option<T>>, AirlockFault> {
    if bytes.is_empty() {
        return Ok((0..rows).map(|_| None).collect());
    }
    let cells = read(bytes)?;
    if cells.len() as u64 != rows {
        return Err(AirlockFault::BadRun);
    }
    if cells.iter().all(Option::is_none) {
        return Err(AirlockFault::BadColumn);
    }
    Ok(cells)
}

/// Ids from an actor and a counter column: both null, or both given.
fn ids(
    actors: Vec<Option<u64>>,
    counters: Vec<Option<u64>>,
    table: usize,
) -> Result<Vec<Option<OpRef>>, AirlockFault> {
    let pairs = actors.into_iter().zip(counters);
    pairs
        .map(|pair| match pair {
            (None, None) => Ok(None),
            (Some(actor), Some(counter)) => id(actor, counter, table).map(Some),
            _ => Err(AirlockFault::BadReference),
        })
        .collect()
}

fn id(actor: u64, counter: u64, table: usize) -> Result<OpRef, AirlockFault> {
    let actor = usize::try_from(actor).map_err(|_| AirlockFault::BadActor)?;
    if actor >= table {
        return Err(AirlockFault::BadActor);
    }
    if counter == 0 || counter > limits::CHANGE_OP_COUNTER_MAX {
        return Err(AirlockFault::BadReference);
    }
    Ok(OpRef { counter, actor })
}

/// Keys: a text in a map; the head (counter 0, no actor) or an element in a list.
fn keys<'a>(columns: &Columns<'a>, rows: u64, table: usize) -> Result<Vec<Key<'a>>, AirlockFault> {
    let texts = optional::<&str>(columns.key_text, rows)?;
    let actors = optional::<u64>(columns.key_actor, rows)?;
    let counters =
        runs_or_nulls(columns.key_counter, rows, |bytes| runs::differences(bytes, rows, Nulls::Allowed))?;
    // One written key may stand for thousands of rows, and automerge copies it for each.
    let bytes: u64 = texts.iter().flatten().map(|text| text.len() as u64).sum();
    if bytes > limits::CHANGE_KEY_BYTES_MAX {
        return Err(AirlockFault::TooMany);
    }
    let cells = texts.into_iter().zip(actors).zip(counters);
    cells
        .map(|cell| match cell {
            ((Some(text), None), None) => Ok(Key::Text(text)),
            ((None, None), Some(0)) => Ok(Key::Head),
            ((None, Some(actor)), Some(counter)) => id(actor, counter, table).map(Key::Element),
            _ => Err(AirlockFault::BadReference),
        })
        .collect()
}

/// The predecessors of all rows, one after the other; as many as the counts add up to.
fn predecessors(columns: &Columns<'_>, counts: &[u64], table: usize) -> Result<Vec<OpRef>, AirlockFault> {
    let sum = counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
    let total = sum.filter(|sum| *sum <= limits::CHANGE_PREDECESSORS_MAX).ok_or(AirlockFault::TooMany)?;
    let actors = full::<u64>(columns.predecessor_actor, total)?;
    let counters = runs::differences(columns.predecessor_counter, total, Nulls::Refused)?;
    if counters.len() as u64 != total {
        return Err(AirlockFault::BadRun);
    }
    let pairs = actors.into_iter().zip(counters.into_iter().flatten());
    pairs.map(|(actor, counter)| id(actor, counter, table)).collect()
}

/// Whether a counter may begin or step so far from 0.
const fn is_near(distance: u64) -> bool {
    distance <= limits::CHANGE_COUNTER_DISTANCE_MAX
}

/// Takes one value off the raw column: its kind is known, its length the one its kind has, its action allows it.
fn take_value<'a>(
    values: &mut Reader<'a>,
    kind: u64,
    action: Action,
) -> Result<(u8, &'a [u8]), AirlockFault> {
    let (length, kind) = (kind >> 4, (kind & 0x0f) as u8);
    if length > limits::CHANGE_VALUE_BYTES_MAX {
        return Err(AirlockFault::BadValue);
    }
    let fits_action = match action {
        Action::Set => true,
        Action::Increment => kind == 4 || kind == 3,
        _ => kind == 0,
    };
    let bytes = values.bytes(length).map_err(|_| AirlockFault::BadValue)?;
    let mut reader = Reader::new(bytes);
    let sound = match kind {
        0..=2 => length == 0,
        3 => {
            let value = reader.unsigned()?;
            reader.is_empty() && (action != Action::Increment || is_near(value))
        }
        4 | 8 | 9 => {
            let value = reader.signed()?.unsigned_abs();
            let counts = kind == 8 || action == Action::Increment;
            reader.is_empty() && (!counts || is_near(value))
        }
        5 => length == 8,
        6 => std::str::from_utf8(bytes).map(|_| true).map_err(|_| AirlockFault::BadText)?,
        7 => true,
        _ => false,
    };
    match (sound, fits_action) {
        (false, _) => Err(AirlockFault::BadValue),
        (true, false) => Err(AirlockFault::BadAction),
        (true, true) => Ok((kind, bytes)),
    }
}
