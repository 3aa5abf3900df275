//! The visits that one change begins: enough to count own work in visits without loading its household. And the
//! referral or protection case, whose time is a clock's word like a visit's.

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Change, ObjId, ObjType, ROOT, ScalarValue};
use khettara_core::id::DocumentId;
use uuid::Uuid;

use crate::model::{HouseholdDocument, Instant, RecordKind, constants, laid, of_canonical};

/// A visit that a change begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitBegun {
    /// Its id.
    pub id: Uuid,
    /// When it was, as its clock said.
    pub at: Option<Instant>,
}

/// The visits that an own change begins. Only for change chunks that this device wrote itself, or that passed
/// the airlock; bytes that are no change begin none.
#[must_use]
pub fn visits_begun(chunk: &[u8]) -> Vec<VisitBegun> {
    let Ok(change) = Change::from_bytes(chunk.to_vec()) else { return Vec::new() };
    let start = change.start_op().get();
    let decoded = change.decode();
    let visits = visits_maps();
    let is_visits = |object: &ObjectId| match object {
        ObjectId::Id(id) => visits.iter().any(|(counter, actor)| *counter == id.0 && *actor == *id.actor()),
        ObjectId::Root => false,
    };
    let mut begun: Vec<(u64, VisitBegun)> = Vec::new();
    for (counter, operation) in (start..).zip(&decoded.operations) {
        let Key::Map(key) = &operation.key else { continue };
        match &operation.action {
            OpType::Make(ObjType::Map) if is_visits(&operation.obj) => {
                begun.extend(of_canonical(key).map(|id| (counter, VisitBegun { id, at: None })));
            }
            OpType::Put(ScalarValue::Int(seconds)) if key.as_str() == "at" => {
                let inside = begun.iter_mut().find(|(counter, _)| {
                    matches!(&operation.obj, ObjectId::Id(id)
                        if id.0 == *counter && *id.actor() == decoded.actor_id)
                });
                if let Some((_, visit)) = inside {
                    visit.at = Instant::of_seconds(*seconds).ok();
                }
            }
            _ => {}
        }
    }
    begun.into_iter().map(|(_, visit)| visit).collect()
}

/// The time that a change gives a referral or a protection case, likewise.
#[must_use]
pub fn event_begun(chunk: &[u8]) -> Option<Instant> {
    let change = Change::from_bytes(chunk.to_vec()).ok()?.decode();
    let events = RecordKind::SUBJECTS.into_iter().filter(|kind| kind.is_event());
    let maps: Vec<_> = events.filter_map(map_of).collect();
    change.operations.iter().find_map(|operation| {
        let is_it = |map: &(u64, automerge::ActorId)| {
            matches!(&operation.obj, ObjectId::Id(id) if id.0 == map.0 && *id.actor() == map.1)
        };
        let is_there = maps.iter().any(is_it);
        match (&operation.key, &operation.action) {
            (Key::Map(key), OpType::Put(ScalarValue::Int(seconds))) if is_there && key.as_str() == "at" => {
                Instant::of_seconds(*seconds).ok()
            }
            _ => None,
        }
    })
}

/// The map of a subject, which a constant made.
fn map_of(kind: RecordKind) -> Option<(u64, automerge::ActorId)> {
    let constant = constants().iter().find(|constant| constant.number == kind.constant())?;
    let change = Change::from_bytes(constant.chunk.to_vec()).ok()?;
    let start = change.start_op().get();
    let decoded = change.decode();
    let place = decoded
        .operations
        .iter()
        .position(|operation| matches!(&operation.key, Key::Map(key) if key.as_str() == kind.map()))?;
    Some((start + place as u64, decoded.actor_id))
}

/// The map of visits, which the genesis made, so that it has one name everywhere.
fn visits_maps() -> Vec<(u64, automerge::ActorId)> {
    let empty = HouseholdDocument::new(DocumentId([0; 16]));
    let maps = laid::maps_under(empty.automerge(), &[ROOT], RecordKind::Visit.map());
    let named = maps.into_iter().filter_map(|map| match map {
        ObjId::Id(counter, actor, _) => Some((counter, actor)),
        ObjId::Root => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use khettara_core::id::ActorId;

    use super::*;
    use crate::model::{Form, parse_line};

    #[test]
    fn a_change_says_which_visits_it_begins_and_when_they_were() {
        let actor = ActorId([7; 16]);
        let line = r#"{"record":"household","commune":"08.201.11.07","status":"sedentary"}"#;
        let Ok(Form::Household(form)) = parse_line(1, line) else { panic!("a household") };
        let (mut document, made) = HouseholdDocument::create(actor, 2, &form).expect("recorded");
        assert!(visits_begun(&made.chunk).is_empty());
        let household = Uuid::from_bytes(document.id().0);
        let line = format!(
            r#"{{"record":"visit","household":"{household}","at":"2026-11-25T09:30:00Z","time_source":"device",
                "agent":"AS-7","kind":"follow_up","needs":[{{"category":"water","urgency":"high"}}]}}"#
        );
        let form = parse_line(2, &line).expect("a visit");
        let visit = document.record(actor, 3, &form).expect("recorded");
        let begun = visits_begun(&visit.chunk);
        assert_eq!(begun.len(), 1);
        assert_eq!(begun[0].id, visit.records[0].id);
        assert_eq!(begun[0].at.map(|at| at.to_string()).as_deref(), Some("2026-11-25T09:30:00Z"));
        let line = format!(
            r#"{{"record":"visit","household":"{household}","id":"{}","note":"later"}}"#,
            begun[0].id
        );
        let again = document.record(actor, 4, &parse_line(3, &line).expect("a visit")).expect("recorded");
        assert!(visits_begun(&again.chunk).is_empty(), "a visit that is changed does not begin again");
        assert!(visits_begun(b"no change").is_empty());
    }
}
