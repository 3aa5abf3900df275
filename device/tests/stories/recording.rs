//! Recording: lines, refusals, and reading back.

use khettara_device::{DeviceError, ImportEvent};

use crate::world::{COMMUNE, World, household, visit};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

#[test]
fn bad_lines_are_refused_one_by_one_and_the_good_ones_go_in() {
    let world = World::new();
    let device = world.tablet("amina");
    let long = format!(r#"{{"record":"household","note":"{}"}}"#, "x".repeat(400_000));
    let family = format!(
        r#"{{"record":"household","ref":"h","commune":"{COMMUNE}","status":"nomadic","members":[{{"ref":"m","name_latin":"A","sex":"female","relation":"head"}}]}}"#
    );
    let lines = [
        family.as_str(),
        "not json",
        r#"{"record":"visit","household":"h","at":"2026-11-25T09:30:00Z","time_source":"device","agent":"AS-7","kind":"first"}"#,
        "",
        r#"{"record":"visit","household":"nobody","at":"2026-11-25T09:30:00Z","time_source":"device","agent":"AS-7","kind":"first"}"#,
        &long,
        r#"{"record":"household","commune":"08.201.99.99","status":"nomadic"}"#,
        r#"{"record":"need","household":"h","category":"water","urgency":"soon"}"#,
    ];
    let mut refused = Vec::new();
    let mut saved = 0;
    let report = device.import(lines.join("\n").as_bytes(), &mut |event| match event {
        ImportEvent::Refused(line) => refused.push((line.line, line.field.clone(), line.to_string())),
        ImportEvent::Saved(_) => saved += 1,
        ImportEvent::Progress(_) => {}
    });
    let report = report.expect("imports");
    assert_eq!((report.saved, report.refused, report.visits, report.households), (2, 5, 1, 1), "{refused:?}");
    assert_eq!(saved, 2);
    let places: Vec<(u64, &str)> = refused.iter().map(|(line, field, _)| (*line, field.as_str())).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    let expected = vec![(2, ""), (5, "household"), (6, ""), (7, "commune"), (8, "urgency")];
    assert_eq!(sorted, expected);
    assert!(refused.iter().all(|(line, _, text)| text.starts_with(&format!("line {line}: "))));
    assert!(!refused.iter().any(|(.., text)| text.contains("nobody") || text.contains("soon")));
}

#[test]
fn handles_stay_known_over_many_lines_and_exports_import_again() {
    let world = World::new();
    let device = world.tablet("amina");
    let mut lines = String::new();
    for family in 0..100 {
        lines += &format!(
            "{{\"record\":\"household\",\"ref\":\"h{family}\",\"commune\":\"{COMMUNE}\",\"status\":\"nomadic\"}}\n"
        );
    }
    for family in 0..100 {
        lines += &visit(&format!("h{family}"), 3);
        lines += "\n";
    }
    let report = device.import(lines.as_bytes(), &mut |_| {}).expect("imports");
    assert_eq!((report.saved, report.refused, report.visits), (200, 0, 100));
    let status = device.status().expect("reads");
    assert_eq!((status.households, status.visits.all, status.visits.saved), (100, 100, 100));

    let first = device.households(None, 60).expect("reads");
    let last = first.last().map(|last| (last.feed.clone(), uuid_of(last))).expect("a page");
    assert_eq!(first.len() + device.households(Some(&last), 60).expect("reads").len(), 100);

    let mut exported = Vec::new();
    assert_eq!(device.export(&mut exported, false).expect("writes").expect("reads"), 100);
    let other = world.tablet("other");
    let report = other.import(exported.as_slice(), &mut |_| {}).expect("imports");
    assert_eq!((report.refused, report.households, report.visits), (0, 100, 100));
    // The same once more says nothing new, and that is no fault of the lines.
    let report = other.import(exported.as_slice(), &mut |_| {}).expect("imports");
    assert_eq!((report.refused, report.saved, report.unchanged), (0, 0, report.lines));
}

fn uuid_of(listed: &khettara_device::Listed) -> uuid::Uuid {
    uuid::Uuid::from_bytes(listed.row.document.0)
}

#[test]
fn a_tablet_that_belongs_nowhere_records_nothing_and_says_why() {
    let world = World::new();
    let device = world.blank("amina");
    let refused = device.record_line(&household(HOUSEHOLD)).expect_err("is refused");
    assert!(matches!(refused, DeviceError::NotEnrolled), "{refused}");
    let device = world.tablet("fatima");
    let refused = device.record_line(&visit(HOUSEHOLD, 1)).expect_err("is refused");
    assert!(matches!(refused, DeviceError::NoSuchHousehold), "{refused}");
}
