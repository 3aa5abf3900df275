//! Two workers answer one question of one household differently: both answers stay, each with who gave it and
//! where, until a person decides; then the decision is everywhere. What both added is all kept.

use std::collections::BTreeSet;

use khettara_device::{Choice, Device, DeviceError, FieldPath};

use crate::town::{COMMUNE, HOUSEHOLD, Town, household, id, save, sync, visit};

fn water(text: &str) -> String {
    format!(r#"{{"record":"household","id":"{HOUSEHOLD}","water":"{text}"}}"#)
}

fn member(name: &str) -> String {
    format!(
        r#"{{"record":"member","household":"{HOUSEHOLD}","name_latin":"{name}","sex":"female","relation":"kin"}}"#
    )
}

fn need(category: &str) -> String {
    format!(r#"{{"record":"need","household":"{HOUSEHOLD}","category":"{category}","urgency":"high"}}"#)
}

/// What a tablet shows of the one conflict there is: answer, serial of the writer, whether it wrote it itself.
fn answers(device: &Device) -> BTreeSet<(String, u32, bool)> {
    let conflicts = device.conflicts().expect("reads");
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    let shown = &conflicts[0];
    assert_eq!(shown.conflict.path.to_string(), "household.water");
    assert_eq!(shown.feed.as_str(), COMMUNE, "and the place is said");
    assert_eq!(shown.conflict.sides.iter().filter(|side| side.winner).count(), 1);
    let sides = shown.conflict.sides.iter().zip(&shown.writers);
    sides.map(|(side, writer)| (side.text.clone(), writer.serial.expect("a number"), writer.is_me)).collect()
}

fn serial(device: &Device) -> u32 {
    device.status().expect("reads").serial.expect("enrolled")
}

/// Amina and Fatima write in one household apart from each other, then both sync until each holds all.
fn two_answers(town: &mut Town) -> (Device, Device) {
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    save(&amina, &[household()]);
    sync(&amina).expect("syncs");
    sync(&fatima).expect("syncs");
    save(&amina, &[water("fountain"), visit(3), member("Itto"), need("water")]);
    save(&fatima, &[water("running"), visit(4), member("Zahra"), need("papers")]);
    for device in [&amina, &fatima, &amina] {
        sync(device).expect("syncs");
    }
    (amina, fatima)
}

#[test]
fn both_see_both_answers_with_author_and_place_and_the_tables_carry_them() {
    let mut town = Town::found();
    let (amina, fatima) = two_answers(&mut town);
    let (hers, other) = (serial(&amina), serial(&fatima));
    assert_ne!(hers, other);
    let as_seen = |by_amina: bool| {
        BTreeSet::from([("fountain".to_owned(), hers, by_amina), ("running".to_owned(), other, !by_amina)])
    };
    assert_eq!(answers(&amina), as_seen(true));
    assert_eq!(answers(&fatima), as_seen(false));
    let shown = |device: &Device| device.household(&id()).expect("reads").view.household.water;
    assert_eq!(shown(&amina), shown(&fatima), "and both show the same one meanwhile");

    assert_eq!(town.pull(), 2);
    let rows = town.table("conflicts.csv");
    let told: BTreeSet<_> = rows
        .iter()
        .map(|row| {
            assert_eq!((row.at("feed"), row.at("commune_code")), (COMMUNE, COMMUNE));
            assert_eq!((row.at("household_id"), row.at("path")), (HOUSEHOLD, "household.water"));
            (row.at("value").to_owned(), row.at("author_serial").to_owned())
        })
        .collect();
    let expected = [("fountain".to_owned(), hers.to_string()), ("running".to_owned(), other.to_string())];
    assert_eq!(told, BTreeSet::from(expected));
    let winners: Vec<_> = rows.iter().filter(|row| row.at("winner") == "yes").collect();
    assert_eq!(winners.len(), 1);
    let households = town.table("households.csv");
    assert_eq!((households[0].at("conflicts"), households.len()), ("1", 1));
    assert_eq!(Some(households[0].at("water")), shown(&amina).as_deref());
    assert_eq!(winners[0].at("value"), households[0].at("water"));
}

#[test]
fn what_both_added_is_all_kept_and_is_no_conflict() {
    let mut town = Town::found();
    let (amina, fatima) = two_answers(&mut town);
    for device in [&amina, &fatima] {
        let view = device.household(&id()).expect("reads").view;
        assert_eq!((view.members.len(), view.visits.len(), view.needs.len()), (2, 2, 2));
        assert_eq!(view.conflicts, 1, "the water, and nothing that was added");
    }
    assert_eq!(town.pull(), 2);
    for (table, rows) in [("members.csv", 2), ("visits.csv", 2), ("needs.csv", 2), ("households.csv", 1)] {
        assert_eq!(town.table(table).len(), rows, "{table}");
    }
    let mut exports = [&amina, &fatima].map(|device| {
        let mut lines = Vec::new();
        device.export(&mut lines, false).expect("writes").expect("reads");
        String::from_utf8(lines).expect("text")
    });
    exports.sort();
    assert_eq!(exports[0], exports[1], "tablets that hold the same say the same");
}

#[test]
fn a_decision_on_one_tablet_is_the_decision_on_the_other_and_at_headquarters() {
    let mut town = Town::found();
    let (amina, fatima) = two_answers(&mut town);
    town.pull();
    assert_eq!(town.headquarters.status().expect("reads").conflicts, 1);

    let path: FieldPath = "household.water".parse().expect("a path");
    let sides = fatima.household(&id()).expect("reads").conflicts[0].conflict.sides.clone();
    // The answer that is not shown now, so that the decision is seen.
    let chosen = sides.iter().position(|side| !side.winner).expect("two sides");
    fatima.resolve(&id(), &path, Choice::Side(chosen)).expect("decides");
    assert!(matches!(fatima.resolve(&id(), &path, Choice::Side(0)), Err(DeviceError::NoSuchConflict)));
    assert_eq!(answers(&amina).len(), 2, "nobody else knows yet");
    sync(&fatima).expect("syncs");
    sync(&amina).expect("syncs");
    for device in [&amina, &fatima] {
        assert!(device.conflicts().expect("reads").is_empty());
        let water = device.household(&id()).expect("reads").view.household.water;
        assert_eq!(water.as_deref(), Some(sides[chosen].text.as_str()));
    }
    town.pull();
    assert!(town.table("conflicts.csv").is_empty());
    assert_eq!(town.table("households.csv")[0].at("water"), sides[chosen].text);
}

#[test]
fn a_decision_made_before_a_third_answer_arrived_does_not_hide_it() {
    let mut town = Town::found();
    let (amina, fatima) = two_answers(&mut town);
    let third = town.tablet("khadija");
    let path: FieldPath = "household.water".parse().expect("a path");
    // Khadija answers the question anew on top of both; Fatima decides without having heard of it.
    save(&third, &[water("other")]);
    fatima.resolve(&id(), &path, Choice::Side(0)).expect("decides");
    for device in [&third, &fatima, &third, &amina] {
        sync(device).expect("syncs");
    }
    for device in [&amina, &fatima, &third] {
        let texts: BTreeSet<_> = answers(device).into_iter().map(|(text, ..)| text).collect();
        assert!(texts.contains("other") && texts.len() == 2, "{texts:?}");
    }
}
