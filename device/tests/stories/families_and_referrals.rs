//! Many bodies, one family: families that moved or were registered twice, referrals that two sides write in, and what
//! stands in a whole commune's way.

use khettara_core::id::DocumentId;
use khettara_device::{Choice, Device, DeviceError, FieldPath, RecordKind, Tongue};
use khettara_records::model::place_id;
use khettara_records::projection::RecordRow;
use uuid::Uuid;

use crate::world::{COMMUNE, World, household, sync, visit};

const OLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
const NEW: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c55";
const TWIN: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c33";
const TOWN: &str = "08.201.01.05";
const REFERRALS: &str = "08.201/referrals";
const FEEDS: [&str; 3] = [COMMUNE, TOWN, REFERRALS];

fn world() -> World {
    let world = World::new();
    world.open_feed(TOWN);
    world.open_feed(REFERRALS);
    world
}

fn uuid(text: &str) -> Uuid {
    Uuid::parse_str(text).expect("an id")
}

fn document(text: &str) -> DocumentId {
    DocumentId(*uuid(text).as_bytes())
}

fn save(device: &Device, line: &str) -> Uuid {
    let saved = device.record_line(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    saved.records[0].id
}

fn records(device: &Device, id: &Uuid, kind: RecordKind) -> Vec<RecordRow> {
    device.household(id).expect("is here").view.of_kind(kind).cloned().collect()
}

fn meet(devices: &[&Device]) {
    for _ in 0..2 {
        for device in devices {
            sync(device).expect("syncs");
        }
    }
}

#[test]
fn a_family_that_moved_and_one_registered_twice_are_one_family_and_a_link_can_be_taken_back() {
    let world = world();
    let (amina, brahim) = (world.tablet_for("amina", &FEEDS), world.tablet_for("brahim", &FEEDS));
    save(&amina, &household(OLD));
    save(&amina, &visit(OLD, 3));
    save(&amina, &household(TWIN));
    let in_town = household(NEW).replace(COMMUNE, TOWN).replace(
        r#""status""#,
        &format!(r#""links":[{{"kind":"continues","to":"{OLD}","to_commune":"{COMMUNE}","since":"2026-10"}}],"status""#),
    );
    save(&brahim, &in_town);
    assert_eq!(brahim.families().expect("reads").family_of(&document(NEW)), document(OLD), "not even met");
    let twin = format!(r#"{{"record":"link","household":"{TWIN}","kind":"same_as","to":"{NEW}"}}"#);
    let link = save(&amina, &twin);
    meet(&[&amina, &brahim]);
    for device in [&amina, &brahim] {
        let families = device.families().expect("reads");
        for record in [OLD, TWIN, NEW] {
            assert_eq!(families.family_of(&document(record)), document(OLD), "{record}");
        }
        let view = device.household(&uuid(OLD)).expect("stays readable where it was written").view;
        assert_eq!(view.visits.len(), 1);
    }
    save(&brahim, &format!(r#"{{"record":"link","household":"{TWIN}","id":"{link}","withdrawn":true}}"#));
    meet(&[&brahim, &amina]);
    let families = amina.families().expect("reads");
    assert_eq!(families.family_of(&document(TWIN)), document(TWIN), "taken back");
    assert_eq!(families.family_of(&document(NEW)), document(OLD));
    assert_eq!(records(&amina, &uuid(TWIN), RecordKind::Link).len(), 1, "and still to be seen");
    let itself = format!(r#"{{"record":"link","household":"{OLD}","kind":"same_as","to":"{OLD}"}}"#);
    let refused = amina.record_line(&itself).expect_err("to itself").to_string();
    assert!(refused.contains("links a family to itself"), "{refused}");
}

#[test]
fn a_referral_is_written_by_both_sides_and_its_loop_closed() {
    let world = world();
    let worker = world.tablet_for("worker", &FEEDS);
    let centre = world.tablet_for("centre", &[REFERRALS]);
    let to_nowhere = format!(
        r#"{{"record":"referral","household":"{OLD}","commune":"{COMMUNE}","category":"disability","urgency":"high","to":"مركز","at":"2026-11-26T10:30:00Z","agent":"AS-7"}}"#
    );
    let refused = worker.record_line(&to_nowhere).expect_err("nobody is referred").to_string();
    assert!(refused.contains("household"), "{refused}");
    save(&worker, &household(OLD));
    let referral = save(&worker, &to_nowhere);
    meet(&[&worker, &centre]);
    assert_eq!(centre.register().expect("reads").len(), 1);
    assert!(centre.household(&uuid(OLD)).is_err(), "the centre may not read the family's own record");
    save(
        &centre,
        &format!(
            r#"{{"record":"referral","id":"{referral}","status":"completed","answer":"Fauteuil remis","answered_by":"centre","answered_at":"2026-12-02T09:00:00Z"}}"#
        ),
    );
    save(&worker, &format!(r#"{{"record":"referral","id":"{referral}","urgency":"medium"}}"#));
    meet(&[&centre, &worker]);
    for device in [&worker, &centre] {
        let found = records(device, &referral, RecordKind::Referral);
        assert_eq!(found[0].text("status"), Some("completed"));
        assert_eq!(found[0].text("urgency"), Some("medium"));
        assert_eq!(found[0].conflicts, 0);
    }
    save(&centre, &format!(r#"{{"record":"referral","id":"{referral}","status":"accepted"}}"#));
    save(&worker, &format!(r#"{{"record":"referral","id":"{referral}","status":"cancelled"}}"#));
    meet(&[&centre, &worker]);
    let conflicts = worker.conflicts().expect("reads");
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].conflict.path.to_string(), "referral.status");
    let saved = worker.resolve(&referral, &conflicts[0].conflict.path, khettara_device::Choice::Side(0));
    saved.expect("decides");
    assert!(worker.conflicts().expect("reads").is_empty());
}

#[test]
fn what_two_workers_see_in_a_commune_who_never_met_stands_in_one_record() {
    let world = world();
    let (amina, brahim) = (world.tablet_for("amina", &FEEDS), world.tablet_for("brahim", &FEEDS));
    for (device, kind) in [(&amina, "no_signal"), (&brahim, "road_cut")] {
        save(
            device,
            &format!(
                r#"{{"record":"place","commune":"{COMMUNE}","constraints":[{{"kind":"{kind}","severity":"high","scope":"commune"}}]}}"#
            ),
        );
    }
    meet(&[&amina, &brahim]);
    let place = place_id(COMMUNE);
    for device in [&amina, &brahim] {
        let found = records(device, &place, RecordKind::Constraint);
        assert_eq!(found.len(), 2);
        assert!(device.conflicts().expect("reads").is_empty());
        assert_eq!(device.register().expect("reads").len(), 1);
    }
}

#[test]
fn answers_about_functioning_stand_or_fall_together() {
    let world = world();
    let amina = world.tablet("amina");
    let family = amina.record_line(&household(OLD)).expect("saves");
    let member = family.records.iter().find(|record| record.kind == RecordKind::Member).expect("a member").id;
    let profile = |walking: u8| {
        format!(
            r#"{{"record":"functioning","household":"{OLD}","member":"{member}","mode":"proxy","seeing":1,"hearing":1,"walking":{walking},"remembering":1,"self_care":1,"communicating":1}}"#
        )
    };
    let first = save(&amina, &profile(3));
    let alone = format!(r#"{{"record":"functioning","household":"{OLD}","id":"{first}","walking":1}}"#);
    let refused = amina.record_line(&alone).expect_err("whole or not at all").to_string();
    assert!(refused.contains("stand or fall together"), "{refused}");
    save(
        &amina,
        &format!(r#"{{"record":"functioning","household":"{OLD}","id":"{first}","withdrawn":true}}"#),
    );
    save(&amina, &profile(4));
    let found = records(&amina, &uuid(OLD), RecordKind::Functioning);
    assert_eq!(found.iter().filter(|row| !row.is_withdrawn()).count(), 1);
    let half = profile(2).replace(r#","communicating":1"#, "");
    let refused = amina.record_line(&half).expect_err("half a profile").to_string();
    assert!(refused.contains("communicating"), "{refused}");
    let nobody = profile(2).replace(&member.to_string(), NEW);
    let refused = amina.record_line(&nobody).expect_err("nobody").to_string();
    assert!(refused.contains("no record of this household"), "{refused}");
}

#[test]
fn an_export_with_a_profile_is_imported_again_and_nothing_in_it_is_refused() {
    let world = world();
    let amina = world.tablet_for("amina", &FEEDS);
    save(&amina, &household(OLD));
    let member = amina.household(&uuid(OLD)).expect("reads").view.members[0].id;
    save(
        &amina,
        &format!(
            r#"{{"record":"functioning","household":"{OLD}","member":"{member}","mode":"self","seeing":2,"hearing":1,"walking":1,"remembering":1,"self_care":1,"communicating":1}}"#
        ),
    );
    let mut lines = Vec::new();
    amina.export(&mut lines, false).expect("writes").expect("reads");
    let report = amina.import(lines.as_slice(), &mut |_| {}).expect("imports");
    assert_eq!((report.refused, report.unchanged), (0, report.lines));
}

#[test]
fn one_person_in_two_families_is_shown_once_and_kept_in_one_of_them() {
    const PERSON: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";
    let world = world();
    let (amina, brahim) = (world.tablet_for("amina", &FEEDS), world.tablet_for("brahim", &FEEDS));
    // Two workers take the same person from one list, each into another family, in two communes.
    let member =
        format!(r#""members":[{{"id":"{PERSON}","name_latin":"Hassan","sex":"male","relation":"child"}},"#);
    save(&amina, &household(OLD).replace(r#""members":["#, &member));
    save(&brahim, &household(NEW).replace(COMMUNE, TOWN).replace(r#""members":["#, &member));
    assert_eq!(amina.status().expect("reads").conflicts, 0);
    meet(&[&amina, &brahim]);
    let path: FieldPath = format!("rule.one_family/{PERSON}").parse().expect("a path");
    for device in [&amina, &brahim] {
        let conflicts = device.conflicts().expect("reads");
        assert_eq!(device.status().expect("reads").conflicts, 1);
        let [shown] = &conflicts[..] else { panic!("{conflicts:?}") };
        assert_eq!((&shown.conflict.path, shown.conflict.document), (&path, document(OLD)));
        let serials: Vec<_> = shown.writers.iter().map(|writer| writer.serial).collect();
        assert_eq!(serials, [&amina, &brahim].map(|of| of.status().expect("reads").serial));
        for (tongue, words) in [
            (Tongue::En, "One person stands in several families"),
            (Tongue::Fr, "Une même personne figure dans plusieurs ménages"),
            (Tongue::Ar, "فرد واحد مسجل في أكثر من أسرة"),
        ] {
            let sentence = shown.sentence(tongue);
            assert!(sentence.starts_with(words), "{sentence}");
            assert!(sentence.contains(TOWN) && sentence.contains(COMMUNE) && sentence.contains(&NEW[..8]));
        }
    }
    // The same number on two cards names one person, too, whatever the ids.
    let numbered = |household: &str, name: &str| {
        format!(
            r#"{{"record":"member","household":"{household}","name_latin":"{name}","sex":"female","relation":"other","cin":"UA 123456"}}"#
        )
    };
    save(&amina, &numbered(OLD, "Itto"));
    save(&amina, &numbered(NEW, "Ito").replace("UA 123456", "ua-123456"));
    assert_eq!(amina.conflicts().expect("reads").len(), 2);
    let exported = amina.household(&uuid(NEW)).expect("reads").view;
    let kept = serde_json::to_string(&exported).expect("JSON");
    assert!(
        kept.contains("#56:") && !kept.to_lowercase().contains("123456"),
        "the number itself is not kept"
    );
    let second = amina.conflicts().expect("reads").remove(0);
    let second =
        if second.conflict.path == path { amina.conflicts().expect("reads").remove(1) } else { second };
    amina.resolve(&uuid(OLD), &second.conflict.path, Choice::Side(0)).expect("keeps her where she was");
    assert_eq!(amina.conflicts().expect("reads").len(), 1);
    // A link says that the two are one family: then nothing is broken. It is taken back, and it is.
    let link =
        save(&amina, &format!(r#"{{"record":"link","household":"{OLD}","kind":"same_as","to":"{NEW}"}}"#));
    assert_eq!(amina.conflicts().expect("reads"), []);
    save(&amina, &format!(r#"{{"record":"link","household":"{OLD}","id":"{link}","withdrawn":true}}"#));
    assert!(matches!(amina.resolve(&uuid(OLD), &path, Choice::Side(2)), Err(DeviceError::NoSuchSide)));
    amina.resolve(&uuid(OLD), &path, Choice::Side(1)).expect("keeps him in town");
    meet(&[&amina, &brahim]);
    for device in [&amina, &brahim] {
        assert_eq!(device.conflicts().expect("reads"), []);
        let set_aside = |of: &str| {
            let view = device.household(&uuid(of)).expect("reads").view;
            view.members.iter().find(|member| member.id == uuid(PERSON)).expect("is there").withdrawn
        };
        assert_eq!((set_aside(OLD), set_aside(NEW)), (Some(true), None));
    }
}
