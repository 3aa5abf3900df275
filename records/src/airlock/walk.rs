//! Airlock: the strict walk through one change, and what it leaves in hand.

use khettara_core::id::ActorId;
use khettara_core::limits;

use super::bytes::Reader;
use super::chunk::{self, ChangeHeader};
use super::columns;
use super::fault::AirlockFault;
use super::references;
use super::rows::{self, Rows};

/// A change whose every byte was understood. Only [`walk`] makes it, only this reaches automerge.
pub struct Walked<'a> {
    pub(super) chunk: &'a [u8],
    pub(super) header: ChangeHeader,
    /// Wall time and message, as written.
    pub(crate) time: i64,
    pub(crate) message: &'a str,
    /// The change's actor table, its own actor first.
    pub(crate) actors: Vec<ActorId>,
    pub(crate) rows: Rows<'a>,
}

impl<'a> Walked<'a> {
    /// Which change it is and what it stands on.
    #[must_use]
    pub const fn header(&self) -> &ChangeHeader {
        &self.header
    }

    /// The bytes that were walked.
    #[must_use]
    pub const fn chunk(&self) -> &'a [u8] {
        self.chunk
    }

    /// Who wrote it.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        self.actors[0]
    }

    /// How many operations it has; none is allowed.
    #[must_use]
    pub const fn ops(&self) -> u64 {
        self.rows.ops.len() as u64
    }

    /// The counter of its last operation; of a change without operations, the one before `start_op`.
    #[must_use]
    pub const fn max_op(&self) -> u64 {
        self.header.start_op + self.ops() - 1
    }
}

impl std::fmt::Debug for Walked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walked")
            .field("header", &self.header)
            .field("ops", &self.ops())
            .finish_non_exhaustive()
    }
}

/// Walks through a change chunk without automerge: limits, numbers, columns, runs, values, and the references
/// that can be judged from the change alone. Memory is bounded by the limits, whatever the chunk claims.
///
/// # Errors
/// The first [`AirlockFault`] met. It depends on the bytes alone.
pub fn walk(chunk: &[u8]) -> Result<Walked<'_>, AirlockFault> {
    if chunk.len() > limits::CHANGE_BYTES_MAX {
        return Err(AirlockFault::TooLarge);
    }
    let (hash, content) = chunk::open(chunk).map_err(|_| AirlockFault::NoHash)?;
    let mut reader = Reader::new(content);
    let header = chunk::header(hash, &mut reader)?;
    check_header(&header)?;
    let time = reader.signed()?;
    if time.unsigned_abs() > limits::CHANGE_TIME_DISTANCE_MAX {
        return Err(AirlockFault::BadTime);
    }
    let message = reader.text()?;
    if message.len() as u64 > limits::CHANGE_VALUE_BYTES_MAX {
        return Err(AirlockFault::BadValue);
    }
    let actors = actors(&header, &mut reader)?;
    let columns = columns::columns(&mut reader)?;
    if !reader.is_empty() {
        return Err(AirlockFault::ExtraBytes);
    }
    let rows = rows::rows(&columns, actors.len())?;
    let walked = Walked { chunk, header, time, message, actors, rows };
    if walked.max_op() > limits::CHANGE_OP_COUNTER_MAX {
        return Err(AirlockFault::BadCounter);
    }
    // Runs could make a document of a million operations out of what travels in a few thousand bytes.
    if walked.rows.left_behind() > chunk.len() {
        return Err(AirlockFault::TooMany);
    }
    references::check(&walked)?;
    Ok(walked)
}

fn check_header(header: &ChangeHeader) -> Result<(), AirlockFault> {
    if header.deps.len() > limits::CHANGE_DEPS_MAX {
        return Err(AirlockFault::TooMany);
    }
    if !header.deps.is_sorted_by(|one, next| one < next) {
        return Err(AirlockFault::BadDependency);
    }
    if header.seq == 0 || header.start_op > limits::CHANGE_OP_COUNTER_MAX {
        return Err(AirlockFault::BadCounter);
    }
    // The first change of an actor may stand on others or on nothing; a later one stands on its predecessor.
    if header.seq > 1 && header.deps.is_empty() {
        return Err(AirlockFault::WrongSequence);
    }
    Ok(())
}

/// The actor table: the change's own, then the others, strictly ascending and without it.
fn actors(header: &ChangeHeader, reader: &mut Reader<'_>) -> Result<Vec<ActorId>, AirlockFault> {
    let own = header.actor.ok_or(AirlockFault::BadActor)?;
    let count = reader.unsigned()?;
    if count > limits::CHANGE_ACTORS_MAX as u64 {
        return Err(AirlockFault::TooMany);
    }
    let mut table = vec![own];
    for _ in 0..count {
        if reader.unsigned()? != ActorId::LEN as u64 {
            return Err(AirlockFault::BadActor);
        }
        table.push(ActorId(reader.array()?));
    }
    let others = &table[1..];
    if !others.is_sorted_by(|one, next| one < next) || others.contains(&own) {
        return Err(AirlockFault::BadActor);
    }
    Ok(table)
}
