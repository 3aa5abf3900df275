//! Three tablets write, hear and decide in any order: whatever the order, all end equal.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod tablet;

use khettara_core::id::ActorId;
use khettara_records::model::{FieldPath, Form, HouseholdDocument, Reason, Rule};
use khettara_records::projection::{Conflict, conflicts};
use proptest::prelude::*;
use tablet::{ID, MEMBER, Tablet, form, household, id, pair};

/// What one of three tablets does next: write one of some forms, hear another tablet, or decide a conflict.
#[derive(Debug, Clone)]
enum Step {
    Write(usize, usize),
    Hear(usize, usize),
    Decide(usize, usize),
}

fn some_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..3usize, 0..3usize, 0..8usize).prop_map(|(kind, tablet, what)| match kind {
        0 => Step::Write(tablet, what),
        1 => Step::Hear(tablet, what % 3),
        _ => Step::Decide(tablet, what),
    });
    prop::collection::vec(step, 1..40)
}

fn some_form(what: usize, salt: usize) -> Form {
    match what {
        0 => household(&format!(r#""water":"{}""#, ["well", "running", "fountain", "other"][salt % 4])),
        1 => household(&format!(r#""note":"{salt}""#)),
        2 => household(r#""note":null"#),
        3 => household(&format!(r#""languages":["ary","{}"]"#, ["fr", "zgh", "shi"][salt % 3])),
        4 => form(&format!(
            r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","name_latin":"{salt}","birth":"196{}"}}"#,
            salt % 10
        )),
        5 => form(&format!(
            r#"{{"record":"member","household":"{ID}","name_latin":"{salt}","sex":"male","relation":"head"}}"#
        )),
        6 if salt.is_multiple_of(3) => household(&format!(r#""withdrawn":{}"#, salt.is_multiple_of(2))),
        6 => form(&format!(
            r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","withdrawn":{}}}"#,
            salt.is_multiple_of(2)
        )),
        _ => form(&format!(
            r#"{{"record":"visit","household":"{ID}","id":"00000000-0000-8000-8000-00000000000{}","kind":"first",
               "at":"2026-11-25T09:30:00Z","agent":"{salt}","needs":[{{"category":"food","urgency":"low"}}]}}"#,
            salt % 3
        )),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn three_tablets_that_write_hear_and_decide_in_any_order_end_equal(steps in some_steps()) {
        let (left, right) = pair();
        let mut third = right.clone();
        third.actor = ActorId([3; 16]);
        let mut tablets = [left, right, third];
        for (salt, step) in steps.into_iter().enumerate() {
            match step {
                Step::Hear(listener, speaker) => {
                    let speaker = tablets[speaker].clone();
                    tablets[listener].hear(&speaker);
                }
                Step::Write(writer, what) => try_write(&mut tablets[writer], &some_form(what, salt)),
                Step::Decide(decider, what) => {
                    let found = conflicts(&tablets[decider].document);
                    let conflict = found.get(what % found.len().max(1));
                    if let Some(decision) = conflict.and_then(|conflict| conflict.keep(what % conflict.sides.len())) {
                        tablets[decider].write(&decision);
                        let decided = conflict.map(|conflict| conflict.path.clone());
                        let left_over = conflicts(&tablets[decider].document);
                        prop_assert!(left_over.iter().all(|conflict| Some(&conflict.path) != decided.as_ref()));
                        let ends_others = decided.as_ref().is_some_and(is_about_the_head);
                        let heads_may_come_back = decided.as_ref().is_some_and(is_about_setting_aside);
                        let others = |found: &[Conflict]| -> Vec<Conflict> {
                            let kept = |path: &FieldPath| {
                                // Whoever decides knows what was set aside: his word is no longer beside it.
                                let is_changed = Some(path) == decided.as_ref() || is_about_setting_aside(path);
                                !is_changed && !((ends_others || heads_may_come_back) && is_about_the_head(path))
                            };
                            let mut others: Vec<Conflict> =
                                found.iter().filter(|conflict| kept(&conflict.path)).cloned().collect();
                            // What was decided may be what a visit said of an answer, or the name a head is shown by.
                            for conflict in &mut others {
                                let shows_people = is_about_the_head(&conflict.path);
                                for side in &mut conflict.sides {
                                    side.told = None;
                                    if shows_people {
                                        side.text.clear();
                                    }
                                }
                            }
                            others
                        };
                        prop_assert_eq!(others(&left_over), others(&found), "a decision ends one question");
                    }
                }
            }
        }
        for _ in 0..2 {
            for (listener, speaker) in [(0, 1), (0, 2), (1, 0), (2, 0), (1, 2), (2, 1)] {
                let speaker = tablets[speaker].clone();
                tablets[listener].hear(&speaker);
            }
        }
        for other in &tablets[1..] {
            prop_assert_eq!(other.document.digest(), tablets[0].document.digest());
            prop_assert_eq!(other.document.heads(), tablets[0].document.heads());
            prop_assert_eq!(other.view(), tablets[0].view());
            prop_assert_eq!(conflicts(&other.document), conflicts(&tablets[0].document));
        }
        prop_assert!(HouseholdDocument::load(id(), &tablets[0].document.save()).is_ok());
    }
}

/// "Who is head?" is one question, asked in more than one field: an answer to it answers it in all of them.
fn is_about_the_head(path: &FieldPath) -> bool {
    match path {
        FieldPath::Rule(Rule::OneHead) => true,
        FieldPath::Household(field) => field == "head",
        FieldPath::Entry { field, .. } => field == "relation",
        _ => false,
    }
}

/// Whether something is set aside: as one field with two answers, or beside what others wrote.
fn is_about_setting_aside(path: &FieldPath) -> bool {
    match path {
        FieldPath::Rule(rule) => matches!(rule, Rule::SetAside { .. }),
        FieldPath::Household(field) | FieldPath::Entry { field, .. } => field == "withdrawn",
        _ => false,
    }
}

/// Writes, unless there is nothing to write.
fn try_write(tablet: &mut Tablet, form: &Form) {
    tablet.position += 1;
    match tablet.document.record(tablet.actor, tablet.position, form) {
        Ok(recorded) => tablet.chunks.push(recorded.chunk),
        Err(error) => assert_eq!(error.reason, Reason::NothingChanged, "{error}"),
    }
}
