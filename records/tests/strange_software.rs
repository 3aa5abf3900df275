//! Software that is not ours, or newer than ours, writes into the same documents: all is kept, shown, and nothing breaks.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod tablet;

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc};
use khettara_records::model::{FieldPath, HouseholdDocument, Reason, Scalar};
use khettara_records::projection::{HouseholdView, conflicts};
use tablet::{ID, MEMBER, Tablet, form, household, id, pair};

#[test]
fn maps_that_newer_software_made_at_once_are_shown_laid_over_each_other_and_are_no_conflict() {
    let (mut left, _) = pair();
    let write = |key: &'static str| {
        move |transaction: &mut automerge::transaction::Transaction<'_>| {
            let household = map(transaction, "household");
            for (place, name) in [(&household, "solar"), (&ROOT, "animals")] {
                let made = transaction.put_object(place, name, ObjType::Map).unwrap();
                let inner = transaction.put_object(&made, "inner", ObjType::Map).unwrap();
                transaction.put(&inner, key, 1).unwrap();
            }
        }
    };
    let chunks = [strange(&left, 8, write("one")), strange(&left, 9, write("two"))];
    left.document.apply(&[&chunks[0], &chunks[1]]).unwrap();
    let both = serde_json::json!({"inner": {"one": 1, "two": 1}});
    let view = left.view();
    assert_eq!((view.household.extra.get("solar"), view.extra.get("animals")), (Some(&both), Some(&both)));
    assert_eq!(conflicts(&left.document), []);
}

#[test]
fn counters_texts_lists_and_times_of_other_software_are_walked_alike_on_every_replica() {
    let (mut left, mut right) = pair();
    let chunk = strange(&left, 9, |transaction| {
        let household = map(transaction, "household");
        transaction.put(&household, "count", automerge::ScalarValue::counter(3)).unwrap();
        transaction.put(&household, "when", automerge::ScalarValue::Timestamp(5)).unwrap();
        transaction.put(&household, "photo", vec![1u8, 2]).unwrap();
        let text = transaction.put_object(&household, "story", ObjType::Text).unwrap();
        transaction.splice_text(&text, 0, 0, "إيطو").unwrap();
        let list = transaction.put_object(&household, "list", ObjType::List).unwrap();
        transaction.insert(&list, 0, 1).unwrap();
        transaction.insert_object(&list, 1, ObjType::Map).unwrap();
    });
    left.document.apply(&[&chunk]).unwrap();
    right.document.apply(&[&chunk]).unwrap();
    let more = [8, 7].map(|name| {
        strange(&left, name, |transaction| {
            let household = map(transaction, "household");
            transaction.increment(&household, "count", i64::from(name)).unwrap();
        })
    });
    left.document.apply(&[&more[0], &more[1]]).unwrap();
    right.document.apply(&[&more[1], &more[0]]).unwrap();
    assert_eq!(left.view(), right.view());
    assert_eq!(left.document.digest(), right.document.digest());
    let loaded = HouseholdDocument::load(id(), &left.document.save()).unwrap();
    assert_eq!(loaded.digest(), left.document.digest());
    let extra = left.view().household.extra;
    let shown = |key: &str| extra.get(key).unwrap().to_string();
    assert_eq!(shown("count"), r#"{"counter":18}"#);
    assert_eq!((shown("when"), shown("photo")), (r#"{"timestamp_ms":5}"#.into(), r#"{"bytes":2}"#.into()));
    assert_eq!((shown("story"), shown("list")), (r#""إيطو""#.into(), "[1,{}]".into()));
    assert_eq!(left.view().conflicts, 0);
}

/// A change by software that is not ours, on top of what the tablet holds.
fn strange(
    tablet: &Tablet,
    name: u8,
    write: impl Fn(&mut automerge::transaction::Transaction<'_>),
) -> Vec<u8> {
    let mut document = Automerge::load(&tablet.document.save()).unwrap();
    document.set_actor([name; 16].as_slice().into());
    let mut transaction = document.transaction();
    write(&mut transaction);
    let hash = transaction.commit().0.unwrap();
    document.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec()
}

fn map(document: &impl ReadDoc, key: &str) -> automerge::ObjId {
    document.get(ROOT, key).unwrap().unwrap().1
}

#[test]
fn keys_and_codes_of_newer_software_are_shown_and_survive_an_edit_by_us() {
    let (mut left, _) = pair();
    let chunk = strange(&left, 9, |transaction| {
        let household = map(transaction, "household");
        transaction.put(&household, "solar_panels", 4).unwrap();
        transaction.put(&household, "water", "cistern").unwrap();
        let pets = transaction.put_object(ROOT, "animals", ObjType::Map).unwrap();
        transaction.put(&pets, "goats", 12).unwrap();
    });
    left.document.apply(&[&chunk]).unwrap();
    left.write(&household(r#""douar":"Ksar","electricity":true"#));
    let copy = HouseholdDocument::load(id(), &left.document.save()).unwrap();
    let view = HouseholdView::read(&copy);
    assert_eq!(view.household.extra.get("solar_panels"), Some(&serde_json::json!(4)));
    assert_eq!(view.household.water.as_deref(), Some("cistern"));
    assert_eq!(view.extra.get("animals"), Some(&serde_json::json!({"goats": 12})));
    assert_eq!((view.household.douar.as_deref(), view.conflicts), (Some("Ksar"), 0));
}

#[test]
fn wrong_types_are_shown_and_never_crash_and_conflicts_inside_strange_maps_are_seen() {
    let (mut left, mut right) = pair();
    let bad = |goats: i64| {
        move |transaction: &mut automerge::transaction::Transaction<'_>| {
            let household = map(transaction, "household");
            transaction.put(&household, "electricity", "perhaps").unwrap();
            let list = transaction.put_object(&household, "commune", ObjType::List).unwrap();
            transaction.insert(&list, 0, goats).unwrap();
            transaction.put(map(transaction, "members"), MEMBER, 7).unwrap();
            transaction.put(map(transaction, "visits"), "not an id", true).unwrap();
            transaction.put(map(transaction, "languages"), "Ary!", 1).unwrap();
            transaction.put(ROOT, "needs", 1.5).unwrap();
        }
    };
    let chunks = [strange(&left, 8, bad(1)), strange(&left, 9, bad(2))];
    for tablet in [&mut left, &mut right] {
        tablet.document.apply(&[&chunks[0], &chunks[1]]).unwrap();
    }
    let view = left.view();
    assert_eq!((view.household.electricity, view.household.commune.is_none()), (None, true));
    assert_eq!(view.household.extra.get("electricity"), Some(&serde_json::json!("perhaps")));
    assert_eq!(view.members.len(), 0);
    let mut places: Vec<_> = view.extra.keys().cloned().collect();
    places.sort();
    assert_eq!(places, ["languages/Ary!", &format!("members/{MEMBER}"), "needs", "visits/not an id"]);
    let found = conflicts(&left.document);
    assert_eq!(
        found.iter().map(|conflict| conflict.path.to_string()).collect::<Vec<_>>(),
        ["household.commune"]
    );
    let keep = found[0].keep(0).unwrap();
    assert_eq!(left.document.record(left.actor, 9, &keep).unwrap_err().reason, Reason::CannotKeep);
    left.write(&found[0].keep_value(Scalar::Text("08.201.11.09".into())));
    left.write(&form(&format!(
        r#"{{"record":"need","household":"{ID}","category":"water","urgency":"high"}}"#
    )));
    right.hear(&left);
    assert_eq!(right.document.digest(), left.document.digest());
    assert_eq!(right.view().household.commune.as_ref().map(|commune| commune.as_str()), Some("08.201.11.09"));
    assert_eq!(right.view().needs.len(), 1);
    assert!(HouseholdDocument::load(id(), &right.document.save()).is_ok());
}

#[test]
fn conflicts_inside_maps_of_newer_software_are_shown() {
    let (mut left, _) = pair();
    let ground = strange(&left, 7, |transaction| {
        let household = map(transaction, "household");
        transaction.put_object(&household, "solar", ObjType::Map).unwrap();
    });
    left.document.apply(&[&ground]).unwrap();
    let write = |watts: i64| {
        move |transaction: &mut automerge::transaction::Transaction<'_>| {
            let household = map(transaction, "household");
            let solar = transaction.get(&household, "solar").unwrap().unwrap().1;
            transaction.put(&solar, "watts", watts).unwrap();
        }
    };
    let chunks = [strange(&left, 8, write(100)), strange(&left, 9, write(200))];
    left.document.apply(&[&chunks[0], &chunks[1]]).unwrap();
    let found = conflicts(&left.document);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].path, FieldPath::Other("household.solar/watts".into()));
    assert_eq!(found[0].sides.iter().map(|side| side.text.as_str()).collect::<Vec<_>>(), ["100", "200"]);
    assert_eq!(left.view().conflicts, 1);
}

#[test]
fn a_document_nested_deeper_than_we_read_is_named_not_followed() {
    let (mut left, _) = pair();
    let chunk = strange(&left, 9, |transaction| {
        let mut place = map(transaction, "household");
        for _ in 0..2_000 {
            place = transaction.put_object(&place, "deeper", ObjType::Map).unwrap();
        }
    });
    left.document.apply(&[&chunk]).unwrap();
    assert!(left.view().household.extra.get("deeper").unwrap().to_string().contains("too_deep"));
    assert_eq!(conflicts(&left.document), []);
    assert_ne!(left.document.digest(), pair().0.document.digest());
}
