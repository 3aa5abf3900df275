//! Airlock: run-length columns, read in the one spelling automerge gives them.
//!
//! A run of a value is at least two long; single values stand together in a literal; nulls are counted apart.
//! Neighbours that could have been one are refused. Every count is checked against the rows that may still come
//! before a single value is read or stored.

use khettara_core::limits;

use super::bytes::Reader;
use super::fault::AirlockFault;

/// What a column's cells can be.
pub(super) trait Cell<'a>: Copy + PartialEq {
    fn take(reader: &mut Reader<'a>) -> Result<Self, AirlockFault>;
}

impl Cell<'_> for u64 {
    fn take(reader: &mut Reader<'_>) -> Result<Self, AirlockFault> {
        reader.unsigned()
    }
}

impl Cell<'_> for i64 {
    fn take(reader: &mut Reader<'_>) -> Result<Self, AirlockFault> {
        reader.signed()
    }
}

impl<'a> Cell<'a> for &'a str {
    fn take(reader: &mut Reader<'a>) -> Result<Self, AirlockFault> {
        reader.text()
    }
}

/// The segment before, as far as it restricts the next.
#[derive(Clone, Copy)]
enum Before<T> {
    Nothing,
    Run(T),
    Literal(T),
    Nulls,
}

/// Whether a column may hold nulls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    Allowed,
    Refused,
}

/// Reads a whole column of at most `rows_max` rows.
pub(super) fn column<'a, T: Cell<'a>>(
    bytes: &'a [u8],
    rows_max: u64,
    nulls: Nulls,
) -> Result<Vec<Option<T>>, AirlockFault> {
    let mut reader = Reader::new(bytes);
    let mut rows = Vec::new();
    let mut before = Before::Nothing;
    while !reader.is_empty() {
        let room = rows_max.saturating_sub(rows.len() as u64);
        let count = reader.signed()?;
        before = match count {
            0 if nulls == Nulls::Allowed => null_run(&mut reader, &mut rows, room, before)?,
            2.. => value_run(&mut reader, &mut rows, fit(count.unsigned_abs(), room)?, before)?,
            ..0 => literal(&mut reader, &mut rows, fit(count.unsigned_abs(), room)?, before)?,
            _ => return Err(AirlockFault::BadRun),
        };
    }
    Ok(rows)
}

/// A count that fits the rows that may still come.
fn fit(count: u64, room: u64) -> Result<usize, AirlockFault> {
    if count > room {
        return Err(AirlockFault::TooMany);
    }
    usize::try_from(count).map_err(|_| AirlockFault::TooMany)
}

fn null_run<T: Copy>(
    reader: &mut Reader<'_>,
    rows: &mut Vec<Option<T>>,
    room: u64,
    before: Before<T>,
) -> Result<Before<T>, AirlockFault> {
    let count = fit(reader.unsigned()?, room)?;
    if count == 0 || matches!(before, Before::Nulls) {
        return Err(AirlockFault::BadRun);
    }
    rows.resize(rows.len() + count, None);
    Ok(Before::Nulls)
}

fn value_run<'a, T: Cell<'a>>(
    reader: &mut Reader<'a>,
    rows: &mut Vec<Option<T>>,
    count: usize,
    before: Before<T>,
) -> Result<Before<T>, AirlockFault> {
    let value = T::take(reader)?;
    if let Before::Run(last) | Before::Literal(last) = before
        && last == value
    {
        return Err(AirlockFault::BadRun);
    }
    rows.resize(rows.len() + count, Some(value));
    Ok(Before::Run(value))
}

fn literal<'a, T: Cell<'a>>(
    reader: &mut Reader<'a>,
    rows: &mut Vec<Option<T>>,
    count: usize,
    before: Before<T>,
) -> Result<Before<T>, AirlockFault> {
    let mut last = match before {
        Before::Literal(_) => return Err(AirlockFault::BadRun),
        Before::Run(value) => Some(value),
        Before::Nothing | Before::Nulls => None,
    };
    for _ in 0..count {
        let value = T::take(reader)?;
        if last == Some(value) {
            return Err(AirlockFault::BadRun);
        }
        rows.push(Some(value));
        last = Some(value);
    }
    last.map(Before::Literal).ok_or(AirlockFault::BadRun)
}

/// Reads a column of counters written as differences: each is between 0 and the highest counter allowed.
pub(super) fn differences(
    bytes: &[u8],
    rows_max: u64,
    nulls: Nulls,
) -> Result<Vec<Option<u64>>, AirlockFault> {
    let mut value = 0i64;
    column::<i64>(bytes, rows_max, nulls)?
        .into_iter()
        .map(|cell| {
            let Some(difference) = cell else { return Ok(None) };
            value = value.checked_add(difference).ok_or(AirlockFault::BadCounter)?;
            let counter = u64::try_from(value).map_err(|_| AirlockFault::BadCounter)?;
            if counter > limits::CHANGE_OP_COUNTER_MAX {
                return Err(AirlockFault::BadCounter);
            }
            Ok(Some(counter))
        })
        .collect()
}

/// Reads a column of exactly `rows` booleans: counts of false and true in turn, beginning with false.
pub(super) fn booleans(bytes: &[u8], rows: u64) -> Result<Vec<bool>, AirlockFault> {
    let mut reader = Reader::new(bytes);
    let mut cells = Vec::new();
    let mut value = false;
    let mut first = true;
    while !reader.is_empty() {
        let count = fit(reader.unsigned()?, rows.saturating_sub(cells.len() as u64))?;
        if count == 0 && !first {
            return Err(AirlockFault::BadRun);
        }
        cells.resize(cells.len() + count, value);
        value = !value;
        first = false;
    }
    if cells.len() as u64 != rows {
        return Err(AirlockFault::BadRun);
    }
    Ok(cells)
}
