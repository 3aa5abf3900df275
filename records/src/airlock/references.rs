//! Airlock: what a change's operations may refer to, as far as the change alone can tell.
//!
//! A counter below `start_op` belongs to an ancestor and is left to [`super::Past`]. At or above it, the only
//! operations there can be are the change's own, and only those that stand before.

use khettara_core::limits;

use super::fault::AirlockFault;
use super::rows::{Action, Key, Op, OpRef};
use super::walk::Walked;

/// Where the operation behind a reference is.
pub(super) enum Place {
    /// Among the ancestors.
    Past,
    /// In this change, at this row.
    Here(usize),
}

/// Finds the operation that row `row` refers to.
pub(super) fn place(walked: &Walked<'_>, row: usize, reference: OpRef) -> Result<Place, AirlockFault> {
    let Some(offset) = reference.counter.checked_sub(walked.header.start_op) else {
        return Ok(Place::Past);
    };
    match usize::try_from(offset) {
        Ok(earlier) if earlier < row && reference.actor == 0 => Ok(Place::Here(earlier)),
        _ => Err(AirlockFault::BadReference),
    }
}

/// Checks every row, and that every other actor of the table is used.
pub(super) fn check(walked: &Walked<'_>) -> Result<(), AirlockFault> {
    let mut used = vec![false; walked.actors.len()];
    used[0] = true;
    let mut depths = Vec::with_capacity(walked.rows.ops.len());
    for (row, op) in walked.rows.ops.iter().enumerate() {
        check_shape(op)?;
        let depth = check_object(walked, row, op, &depths)?;
        if op.action.makes_object() && depth >= limits::DOCUMENT_DEPTH_MAX {
            return Err(AirlockFault::TooDeep);
        }
        depths.push(depth + 1);
        check_element(walked, row, op)?;
        check_predecessors(walked, row, op)?;
        mark_used(walked, op, &mut used);
    }
    if used.contains(&false) {
        return Err(AirlockFault::BadActor);
    }
    Ok(())
}

/// Whether the parts of an operation go together, wherever it stands.
fn check_shape(op: &Op<'_>) -> Result<(), AirlockFault> {
    let has_predecessors = !op.predecessors.is_empty();
    let sound = match op.action {
        // A deletion or an increment lives in its predecessors only: without one, saving would lose it.
        Action::Delete | Action::Increment => has_predecessors && !op.insert,
        _ => !(op.insert && has_predecessors),
    };
    let place = match op.key {
        Key::Text(_) => !op.insert,
        Key::Head => op.insert,
        Key::Element(_) => true,
    };
    let in_list_of_root = op.object.is_none() && !matches!(op.key, Key::Text(_));
    if sound && place && !in_list_of_root { Ok(()) } else { Err(AirlockFault::BadAction) }
}

/// The object exists before the operation, holds what its key says, and lies at the returned depth (at least).
fn check_object(walked: &Walked<'_>, row: usize, op: &Op<'_>, depths: &[u32]) -> Result<u32, AirlockFault> {
    let Some(object) = op.object else { return Ok(0) };
    let Place::Here(maker) = place(walked, row, object)? else { return Ok(1) };
    if !holds(walked.rows.ops[maker].action, op) {
        return Err(AirlockFault::BadReference);
    }
    Ok(depths[maker])
}

/// Whether this operation may stand in the object that an action makes.
pub(super) fn holds(maker: Action, op: &Op<'_>) -> bool {
    let has_key = matches!(op.key, Key::Text(_));
    match maker {
        Action::MakeMap => has_key,
        Action::MakeList => !has_key,
        // A text grows and shrinks, and an element of it has one value all its life: what documents make of two is not
        // the same whatever came first.
        Action::MakeText => !has_key && (op.action == Action::Delete || op.insert && op.is_text()),
        _ => false,
    }
}

fn check_element(walked: &Walked<'_>, row: usize, op: &Op<'_>) -> Result<(), AirlockFault> {
    let Key::Element(element) = op.key else { return Ok(()) };
    if let Place::Here(earlier) = place(walked, row, element)? {
        let inserted = &walked.rows.ops[earlier];
        if !inserted.insert || inserted.object != op.object {
            return Err(AirlockFault::BadReference);
        }
    }
    Ok(())
}

fn check_predecessors(walked: &Walked<'_>, row: usize, op: &Op<'_>) -> Result<(), AirlockFault> {
    let predecessors = &walked.rows.predecessors[op.predecessors.clone()];
    let order = |one: &OpRef| (one.counter, walked.actors[one.actor]);
    if !predecessors.is_sorted_by(|one, next| order(one) < order(next)) {
        return Err(AirlockFault::BadReference);
    }
    for predecessor in predecessors {
        if let Place::Here(earlier) = place(walked, row, *predecessor)? {
            let replaced = &walked.rows.ops[earlier];
            let same_place =
                if replaced.insert { op.key == Key::Element(*predecessor) } else { op.key == replaced.key };
            if !replaced.action.leaves_value() || replaced.object != op.object || !same_place {
                return Err(AirlockFault::BadReference);
            }
        }
    }
    Ok(())
}

fn mark_used(walked: &Walked<'_>, op: &Op<'_>, used: &mut [bool]) {
    let element = match op.key {
        Key::Element(element) => Some(element),
        Key::Text(_) | Key::Head => None,
    };
    let predecessors = walked.rows.predecessors[op.predecessors.clone()].iter().copied();
    for reference in op.object.into_iter().chain(element).chain(predecessors) {
        used[reference.actor] = true;
    }
}
