//! Old and new software in one fleet: nothing is hidden, nothing is lost, and whoever holds the same has the same.

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ObjType, ROOT, ReadDoc};
use khettara_core::id::{ActorId, DocumentId};
use khettara_core::log::Written;
use khettara_records::airlock::Stage;
use khettara_records::model::{HouseholdDocument, constant_actor, constants};
use khettara_records::projection::HouseholdView;
use khettara_records::replica::Replica;
use khettara_records::verdict::{EntryState, Waiting};

use crate::station::{Forger, ORG, Station, feed, form, household, uuid, visit};

/// A tablet whose software has schema 1.
fn old_software(name: u8) -> Station {
    let mut station = Station::new(name);
    station.replica = Replica::knowing(ORG, 1 << 20, Stage::here(), 1);
    station
}

fn id(number: u8) -> DocumentId {
    DocumentId(*uuid::Uuid::parse_str(&uuid(number)).unwrap().as_bytes())
}

fn view(station: &mut Station, number: u8) -> HouseholdView {
    station.replica.household(&station.store, &feed(), &id(number)).unwrap().unwrap()
}

fn expectation(number: u8) -> String {
    format!(
        r#"{{"record":"expectation","household":"{}","text":"un puits","category":"water"}}"#,
        uuid(number)
    )
}

#[test]
fn a_household_in_which_nothing_new_is_said_is_one_of_schema_1_to_the_byte() {
    let (mut old, mut new) = (old_software(1), Station::new(2));
    old.write(&household(1, ""));
    old.cut();
    new.hear(&old);
    new.write(&visit(1, "by new software"));
    new.cut();
    let heard = old.hear(&new);
    assert_eq!((heard.merged, heard.waiting), (1, 0), "no constant is missing");
    assert_eq!(old.digest(), new.digest());
}

#[test]
fn old_software_holds_what_stands_on_a_constant_it_does_not_know_and_merges_it_once_it_is_told() {
    let (mut old, mut new) = (old_software(1), Station::new(2));
    old.write(&household(1, ""));
    old.cut();
    new.hear(&old);
    new.write(&expectation(1));
    new.write(&household(1, r#""water":"well""#));
    new.cut();
    let heard = old.hear(&new);
    assert_eq!((heard.merged, heard.waiting), (0, 2), "held, and what was built on it waits with it");
    assert!(old.held_back().iter().all(|one| one.state == EntryState::Waiting(Waiting::Ancestor)));
    let mut third = old_software(3);
    let before = third.hear(&old);
    assert_eq!(before.waiting, 2, "and forwarded");

    old.write(&visit(1, "old software goes on meanwhile"));
    old.cut();
    for constant in &constants()[1..] {
        old.replica.add_constant(constant.chunk).unwrap();
    }
    old.catch_up();
    assert!(old.held_back().is_empty());
    new.hear(&old);
    assert_eq!(old.digest(), new.digest());
    for station in [&mut old, &mut new] {
        let view = view(station, 1);
        assert_eq!((view.visits.len(), view.records.len(), view.conflicts), (1, 1, 0));
        assert_eq!(view.household.water.as_deref(), Some("well"));
    }
    old.write(&household(1, r#""note":"on what new software wrote""#));
    old.cut();
    new.hear(&old);
    assert_eq!(old.digest(), new.digest());
}

/// What software of a schema that does not exist yet writes: constant 4 makes a map of its own; there is a new field,
/// a new code, and a renamed label beside the old.
struct Future {
    constant: Vec<u8>,
    change: Vec<u8>,
}

fn future(document: &Automerge, actor: ActorId) -> Future {
    let mut ground = Automerge::new().with_actor(constant_actor(4).as_bytes().as_slice().into());
    for known in constants() {
        ground.apply_changes([Change::from_bytes(known.chunk.to_vec()).unwrap()]).unwrap();
    }
    let mut transaction = ground.transaction();
    let gardens = transaction.put_object(ROOT, "gardens", ObjType::Map).unwrap();
    let (hash, _) = transaction.commit();
    let constant = ground.get_change_by_hash(&hash.unwrap()).unwrap();

    let mut draft = document.clone().with_actor(actor.as_bytes().as_slice().into());
    for known in constants() {
        draft.apply_changes([Change::from_bytes(known.chunk.to_vec()).unwrap()]).unwrap();
    }
    draft.apply_changes([constant.clone()]).unwrap();
    let (_, family) = draft.get(ROOT, "household").unwrap().unwrap();
    let mut transaction = draft.transaction();
    let garden = transaction.put_object(&gardens, uuid(9), ObjType::Map).unwrap();
    transaction.put(&garden, "trees", 12_i64).unwrap();
    transaction.put(&family, "water", "khettara").unwrap();
    transaction.put(&family, "quarter", "Ksar Ouled Youssef").unwrap();
    let (hash, _) = transaction.commit();
    let change = draft.get_change_by_hash(&hash.unwrap()).unwrap();
    Future { constant: constant.raw_bytes().to_vec(), change: change.raw_bytes().to_vec() }
}

#[test]
fn what_software_of_a_schema_to_come_writes_is_kept_shown_as_it_stands_and_never_rewritten() {
    let mut today = Station::new(1);
    let mut tomorrow = Forger::new(40);
    let actor = tomorrow.actor(5);
    let mut document = HouseholdDocument::new(id(1));
    let family = document.record(actor, 2, &form(&household(1, r#""water":"well""#))).unwrap();
    let future = future(document.automerge(), actor);
    let written = [family.chunk, future.change].map(|chunk| Written::change(&id(1), &chunk));
    let parcel = tomorrow.cut(&[&[Forger::start(5)], &written[..]].concat());
    assert!(today.take(&parcel));
    let heard = today.catch_up();
    assert_eq!((heard.merged, heard.waiting), (1, 1), "the constant is not known yet");
    today.replica.add_constant(&future.constant).unwrap();
    assert_eq!(today.catch_up().merged, 1, "read anew with it");

    let seen = view(&mut today, 1);
    assert_eq!(seen.household.water.as_deref(), Some("khettara"), "a new code, as it stands");
    assert_eq!(seen.household.extra["quarter"], "Ksar Ouled Youssef");
    assert_eq!(seen.extra["gardens"][&uuid(9)]["trees"], 12);
    today.write(&household(1, r#""note":"by today's software""#));
    today.write(&expectation(1));
    let after = view(&mut today, 1);
    assert_eq!(after.household.extra, seen.household.extra);
    assert_eq!(after.extra, seen.extra);
    assert_eq!(after.household.water, seen.household.water);
    today.cut();
    let mut other = Station::new(2);
    other.replica.add_constant(&future.constant).unwrap();
    other.hear(&today);
    assert_eq!(other.digest(), today.digest());
}
