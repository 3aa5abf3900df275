//! One worker sets a record aside; another, who does not know it, goes on with it. No key has two values, and yet two
//! people disagree: both are shown, counted once, and one decision ends it.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod tablet;

use khettara_records::model::{FieldPath, Reason, RecordKind, Rule, Scalar, Tongue};
use khettara_records::projection::{Conflict, Who, conflicts, sentence};
use tablet::{ID, MEMBER, Tablet, form, household, pair};
use uuid::Uuid;

const VISIT: &str = "00000000-0000-8000-8000-000000000007";
const NEED: &str = "00000000-0000-8000-8000-000000000008";
const HOPE: &str = "00000000-0000-8000-8000-000000000009";

fn entry(kind: &str, id: &str, fields: &str) -> khettara_records::model::Form {
    form(&format!(r#"{{"record":"{kind}","household":"{ID}","id":"{id}",{fields}}}"#))
}

/// Both hear each other, and see the same.
fn meet(left: &mut Tablet, right: &mut Tablet) -> Vec<Conflict> {
    let before = left.clone();
    left.hear(right);
    right.hear(&before);
    assert_eq!(left.view(), right.view());
    assert_eq!(left.view().conflicts as usize, conflicts(&left.document).len());
    conflicts(&left.document)
}

fn rule(kind: RecordKind, id: Option<&str>) -> FieldPath {
    FieldPath::Rule(Rule::SetAside { kind, id: id.map(|id| Uuid::parse_str(id).unwrap()) })
}

fn values(conflict: &Conflict) -> Vec<String> {
    conflict.sides.iter().map(|side| side.value.to_string()).collect()
}

#[test]
fn a_household_set_aside_while_a_colleague_visits_it() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""withdrawn":true"#));
    right.write(&entry(
        "visit",
        VISIT,
        r#""at":"2026-11-25T09:30:00Z","error_s":60,"agent":"Khadija","kind":"follow_up","note":"seen at the well""#,
    ));
    let found = meet(&mut left, &mut right);
    assert_eq!((found.len(), &found[0].path), (1, &rule(RecordKind::Household, None)));
    assert_eq!(found[0].path.to_string(), "rule.set_aside/household");
    let visited = format!("\"visits/{VISIT}/agent\"");
    assert_eq!(values(&found[0]), ["true", visited.as_str()]);
    assert!(left.view().household.withdrawn == Some(true) && left.view().household.conflicts == 1);
    let says = |tongue| sentence(&found[0], &[Who::Serial(3), Who::Me], "08.201.11.07", tongue);
    assert!(says(Tongue::En).contains("Set aside, and written in meanwhile (household): tablet 3"));
    assert!(
        says(Tongue::En)
            .contains("meanwhile wrote \u{201c}visit\u{201d}. \u{201c}set aside\u{201d} is shown")
    );
    assert!(says(Tongue::Fr).contains("cette tablette") && says(Tongue::Fr).contains("« visite »"));
    assert!(says(Tongue::Ar).contains("سحبه الجهاز 3") && says(Tongue::Ar).contains("«زيارة»"));

    // Whoever decides has seen both; the other hears of it and there is nothing left to decide.
    left.write(&found[0].keep(1).unwrap());
    assert_eq!(meet(&mut left, &mut right), vec![]);
    assert_eq!(left.view().household.withdrawn, Some(false));
}

#[test]
fn what_stays_set_aside_is_said_once_more_and_is_no_question_any_longer() {
    let (mut left, mut right) = pair();
    left.write(&entry("member", MEMBER, r#""withdrawn":true"#));
    right.write(&entry("member", MEMBER, r#""note":"works in Rissani""#));
    let found = meet(&mut left, &mut right);
    assert_eq!((found.len(), &found[0].path), (1, &rule(RecordKind::Member, Some(MEMBER))));
    assert_eq!(left.view().members[0].conflicts, 1);
    left.write(&found[0].keep(0).unwrap());
    assert_eq!(meet(&mut left, &mut right), vec![]);
    assert_eq!(left.view().members[0].withdrawn, Some(true));
    // Written in by somebody who knows that it is set aside: no question either.
    right.write(&entry("member", MEMBER, r#""note":"works in Arfoud""#));
    assert_eq!(meet(&mut left, &mut right), vec![]);
}

#[test]
fn an_answer_to_an_expectation_that_was_taken_back() {
    let (mut left, mut right) = pair();
    left.write(&entry("expectation", HOPE, r#""text":"a school bus","category":"transport""#));
    meet(&mut left, &mut right);
    left.write(&entry("expectation", HOPE, r#""withdrawn":true"#));
    right.write(&entry("expectation", HOPE, r#""status":"answered","answer":"from January on""#));
    let found = meet(&mut left, &mut right);
    assert_eq!((found.len(), &found[0].path), (1, &rule(RecordKind::Expectation, Some(HOPE))));
    // Two fields of one change are one side.
    assert_eq!(values(&found[0]), ["true".to_string(), format!("\"expectations/{HOPE}/answer\"")]);
    right.write(&found[0].keep_value(Scalar::Flag(false)));
    assert_eq!(meet(&mut left, &mut right), vec![]);
    assert!(!left.view().of_kind(RecordKind::Expectation).next().unwrap().is_withdrawn());
}

#[test]
fn a_need_taken_back_while_another_writes_down_more_of_it() {
    let (mut left, mut right) = pair();
    left.write(&entry("need", NEED, r#""category":"food","urgency":"low""#));
    meet(&mut left, &mut right);
    left.write(&entry("need", NEED, r#""status":"withdrawn""#));
    right.write(&entry("need", NEED, r#""urgency":"high","text":"two days without flour""#));
    let found = meet(&mut left, &mut right);
    assert_eq!((found.len(), &found[0].path), (1, &rule(RecordKind::Need, Some(NEED))));
    left.write(&found[0].keep(1).unwrap());
    assert_eq!(meet(&mut left, &mut right), vec![]);
    assert_eq!(left.view().needs[0].status.as_deref(), Some("open"));
}

#[test]
fn a_head_and_a_profile_that_name_a_member_set_aside() {
    let (mut left, mut right) = pair();
    left.write(&entry("member", MEMBER, r#""withdrawn":true"#));
    right.write(&household(&format!(r#""head":"{MEMBER}""#)));
    right.write(&form(&format!(
        r#"{{"record":"functioning","household":"{ID}","member":"{MEMBER}","mode":"self","seeing":2,"hearing":1,
           "walking":1,"remembering":1,"self_care":1,"communicating":1}}"#
    )));
    let found = meet(&mut left, &mut right);
    assert_eq!((found.len(), found[0].sides.len()), (1, 3));
    assert!(values(&found[0]).contains(&"\"household.head\"".to_string()));
    // One of two that set it aside has seen it all: then it is decided.
    right.write(&found[0].keep(0).unwrap());
    assert_eq!(meet(&mut left, &mut right), vec![]);
}

#[test]
fn one_tablet_alone_breaks_no_rule() {
    let (mut left, mut right) = pair();
    left.write(&entry(
        "visit",
        VISIT,
        r#""at":"2026-11-25T09:30:00Z","agent":"Ali","kind":"first","note":"x""#,
    ));
    left.write(&entry("need", NEED, &format!(r#""category":"food","urgency":"low","visit":"{VISIT}""#)));
    left.write(&entry("visit", VISIT, r#""withdrawn":true"#));
    left.write(&entry("visit", VISIT, r#""note":"by mistake""#));
    left.write(&household(r#""withdrawn":true"#));
    assert_eq!(meet(&mut left, &mut right), vec![]);
}

#[test]
fn two_who_set_aside_agree_and_a_third_is_heard_by_one_of_them() {
    let (mut left, mut right) = pair();
    let mut third = right.clone();
    third.actor = khettara_core::id::ActorId([3; 16]);
    third.write(&household(r#""note":"they moved to the new quarter""#));
    right.hear(&third);
    // The right one sets aside what he has read; the left one did not know.
    right.write(&household(r#""withdrawn":true"#));
    left.write(&household(r#""withdrawn":true"#));
    left.hear(&third);
    assert_eq!(conflicts(&left.document).len(), 1);
    assert_eq!(meet(&mut left, &mut right), vec![]);
}

#[test]
fn a_decision_made_before_the_last_side_arrived_is_refused() {
    let (mut left, mut right) = pair();
    let mut third = right.clone();
    third.actor = khettara_core::id::ActorId([3; 16]);
    left.write(&household(r#""withdrawn":true"#));
    right.write(&household(r#""note":"water is back""#));
    let seen = meet(&mut left, &mut right).remove(0);
    third.write(&household(r#""douar":"Ksar Tabouassamt""#));
    left.hear(&third);
    left.position += 1;
    let refused = left.document.record(left.actor, left.position, &seen.keep(0).unwrap()).unwrap_err();
    assert_eq!(refused.reason, Reason::SidesChanged);
    assert_eq!(conflicts(&left.document)[0].sides.len(), 3);
    let unknown = rule(RecordKind::Household, None).to_string();
    assert_eq!(unknown.parse::<FieldPath>().unwrap(), rule(RecordKind::Household, None));
    for wrong in
        ["rule.set_aside", "rule.set_aside/visits", "rule.set_aside/x/y", "rule.one_head/x", "rule.z"]
    {
        assert_eq!(wrong.parse::<FieldPath>(), Err(Reason::BadPath), "{wrong}");
    }
}
