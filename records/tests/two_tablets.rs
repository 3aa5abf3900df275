//! Two tablets write about one family and never meet until their changes do.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod tablet;

use automerge::Automerge;
use khettara_core::id::ActorId;
use khettara_records::model::{
    ApplyError, FieldPath, Form, GENESIS, HouseholdDocument, Keep, LoadError, Reason, Reference, Resolution,
    Rule, Scalar,
};
use khettara_records::projection::{HouseholdView, conflicts};
use tablet::{ID, MEMBER, Tablet, form, household, id, pair};
use uuid::Uuid;

#[test]
fn both_answers_stay_on_both_tablets_until_a_person_decides_and_the_decision_reaches_all() {
    let (mut left, mut right) = pair();
    let by_left = left.write(&household(r#""water":"well""#));
    let by_right = right.write(&household(r#""water":"fountain""#));
    left.hear(&right);
    right.hear(&left);
    assert_eq!(left.view(), right.view());
    assert_eq!(conflicts(&left.document), conflicts(&right.document));
    let found = conflicts(&left.document);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].path.to_string(), found[0].words.as_str()),
        ("household.water".into(), "water of the household")
    );
    let sides: Vec<_> =
        found[0].sides.iter().map(|side| (side.text.as_str(), side.change, side.actor)).collect();
    assert!(
        sides.contains(&("well", by_left, left.actor))
            && sides.contains(&("fountain", by_right, right.actor))
    );
    assert_eq!(found[0].sides.iter().filter(|side| side.winner).count(), 1);
    let winner = found[0].sides.iter().find(|side| side.winner).unwrap();
    assert_eq!(left.view().household.water.as_deref(), Some(winner.text.as_str()));
    assert_eq!((left.view().household.conflicts, left.view().conflicts), (1, 1));

    for side in 0..2 {
        let (mut decider, mut other) = (left.clone(), right.clone());
        decider.write(&found[0].keep(side).unwrap());
        other.hear(&decider);
        assert_eq!(conflicts(&other.document), []);
        assert_eq!(other.view().household.water.as_deref(), Some(found[0].sides[side].text.as_str()));
        assert_eq!(other.document.digest(), decider.document.digest());
    }
    left.write(&found[0].keep_value(Scalar::Text("other".into())));
    assert_eq!((left.view().household.water.as_deref(), left.view().conflicts), (Some("other"), 0));
}

#[test]
fn two_people_who_decide_differently_without_meeting_are_both_shown_and_two_who_agree_are_done() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""water":"well""#));
    right.write(&household(r#""water":"fountain""#));
    left.hear(&right);
    right.hear(&left);
    let found = conflicts(&left.document).remove(0);
    let decisions = [
        (found.keep(0).unwrap(), found.sides[0].text.clone()),
        (found.keep(1).unwrap(), found.sides[1].text.clone()),
        (found.keep_value(Scalar::Text("other".into())), "other".into()),
    ];
    for (by_left, kept_left) in &decisions {
        for (by_right, kept_right) in &decisions {
            let (mut left, mut right) = (left.clone(), right.clone());
            left.write(by_left);
            right.write(by_right);
            left.hear(&right);
            right.hear(&left);
            assert_eq!(left.document.digest(), right.document.digest());
            let shown = conflicts(&left.document);
            if kept_left == kept_right {
                assert_eq!(shown, [], "both kept {kept_left}");
                assert_eq!(left.view().household.water.as_deref(), Some(kept_left.as_str()));
                continue;
            }
            assert_eq!(shown.len(), 1, "{kept_left} was kept here, {kept_right} there");
            let sides: Vec<&str> = shown[0].sides.iter().map(|side| side.text.as_str()).collect();
            assert!(sides.contains(&kept_left.as_str()) && sides.contains(&kept_right.as_str()), "{sides:?}");
            left.write(&shown[0].keep(1).unwrap());
            right.hear(&left);
            assert_eq!(conflicts(&right.document), []);
        }
    }
}

#[test]
fn two_people_who_keep_different_heads_without_meeting_are_both_shown() {
    let (mut left, mut right) = pair();
    let head = |name: &str| {
        form(&format!(
            r#"{{"record":"member","household":"{ID}","name_latin":"{name}","sex":"female","relation":"head"}}"#
        ))
    };
    left.write(&head("Itto"));
    right.write(&head("Rqia"));
    left.hear(&right);
    right.hear(&left);
    let heads = |tablet: &Tablet| {
        let found = conflicts(&tablet.document).into_iter();
        found.filter(|one| one.path == FieldPath::Rule(Rule::OneHead)).collect::<Vec<_>>()
    };
    let found = heads(&left).remove(0);
    for (by_left, by_right) in [(0, 1), (1, 0)] {
        let (mut left, mut right) = (left.clone(), right.clone());
        left.write(&found.keep(by_left).unwrap());
        right.write(&found.keep(by_right).unwrap());
        left.hear(&right);
        right.hear(&left);
        assert_eq!(left.document.digest(), right.document.digest());
        assert!(!conflicts(&left.document).is_empty(), "two heads were kept, and nobody is told");
    }
}

#[test]
fn a_decision_is_refused_when_another_answer_has_come_since_and_when_the_answer_is_not_there() {
    let (mut left, mut right) = pair();
    let mut third = right.clone();
    third.actor = ActorId([3; 16]);
    left.write(&household(r#""water":"well""#));
    right.write(&household(r#""water":"fountain""#));
    third.write(&household(r#""water":"other""#));
    left.hear(&right);
    let decision = conflicts(&left.document)[0].keep(0).unwrap();
    left.hear(&third);
    let refused = left.document.record(left.actor, 9, &decision).unwrap_err();
    assert_eq!(refused.reason, Reason::SidesChanged);
    let resolve = |keep, path: &str| {
        let household = Reference::Id(Uuid::parse_str(ID).unwrap());
        Form::Resolve(Resolution { household, path: path.parse().unwrap(), keep, seen: Default::default() })
    };
    let mut reason = |form: &Form| left.document.record(left.actor, 9, form).unwrap_err().reason;
    assert_eq!(reason(&resolve(Keep::Side(GENESIS), "household.water")), Reason::NoSuchSide);
    assert_eq!(reason(&resolve(Keep::Side(GENESIS), "household.nothing")), Reason::BadPath);
    let bad = Keep::Value(Scalar::Text("rain".into()));
    assert!(matches!(reason(&resolve(bad, "household.water")), Reason::NotInVocabulary { .. }));
    assert_eq!("members/no-id/sex".parse::<FieldPath>(), Err(Reason::BadPath));
}

#[test]
fn saving_the_winner_again_decides_nothing_and_saving_something_else_does() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""water":"well""#));
    right.write(&household(r#""water":"fountain""#));
    left.hear(&right);
    let shown = left.view().household.water.unwrap();
    let again = household(&format!(r#""water":"{shown}""#));
    assert_eq!(left.document.record(left.actor, 9, &again).unwrap_err().reason, Reason::NothingChanged);
    assert_eq!(left.view().conflicts, 1);
    left.write(&household(r#""water":"other""#));
    assert_eq!(left.view().conflicts, 0);
}

#[test]
fn of_two_answers_about_consent_the_most_protective_is_shown_whoever_wrote_it() {
    for protective in [1, 2] {
        let (mut left, mut right) = pair();
        left.write(&form(&format!(
            r#"{{"record":"visit","household":"{ID}","id":"{MEMBER}","at":"2026-11-25T09:30:00Z","agent":"a",
               "kind":"first"}}"#
        )));
        right.hear(&left);
        for tablet in [&mut left, &mut right] {
            let consent = if tablet.actor.0[0] == protective { "withdrawn" } else { "given" };
            tablet.write(&form(&format!(
                r#"{{"record":"visit","household":"{ID}","id":"{MEMBER}","consent":"{consent}"}}"#
            )));
        }
        left.hear(&right);
        assert_eq!(left.view().visits[0].consent.as_deref(), Some("withdrawn"));
        let sides = conflicts(&left.document).remove(0).sides;
        let winners: Vec<_> =
            sides.iter().filter(|side| side.winner).map(|side| side.text.as_str()).collect();
        assert_eq!((sides.len(), winners), (2, vec!["withdrawn"]));
    }
}

#[test]
fn the_same_answer_given_twice_is_no_conflict() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""water":"well""#));
    right.write(&household(r#""water":"well""#));
    left.hear(&right);
    assert_eq!((left.view().conflicts, left.view().household.water.as_deref()), (0, Some("well")));
}

#[test]
fn what_both_add_is_all_kept() {
    let (mut left, mut right) = pair();
    for tablet in [&mut left, &mut right] {
        let name = tablet.actor.0[0];
        tablet.write(&form(&format!(
            r#"{{"record":"visit","household":"{ID}","at":"2026-11-25T09:30:00Z","agent":"a-{name}","kind":"first",
               "needs":[{{"category":"water","urgency":"high"}},{{"category":"food","urgency":"low"}}]}}"#
        )));
        tablet.write(&form(&format!(
            r#"{{"record":"member","household":"{ID}","name_latin":"Child {name}","sex":"male","relation":"child"}}"#
        )));
        tablet
            .write(&household(&format!(r#""languages":["ary","{}"]"#, if name == 1 { "zgh" } else { "fr" })));
    }
    left.hear(&right);
    right.hear(&left);
    let view = left.view();
    assert_eq!(view, right.view());
    assert_eq!((view.members.len(), view.visits.len(), view.needs.len(), view.conflicts), (3, 2, 4, 0));
    let languages: Vec<_> = view.household.languages.iter().map(|language| language.as_str()).collect();
    assert_eq!(languages, ["ary", "fr", "zgh"]);
    assert!(view.needs.iter().all(|need| need.status.as_deref() == Some("open")));
}

#[test]
fn a_member_imported_on_both_tablets_under_one_id_is_one_member_and_nothing_is_hidden() {
    let mut left = Tablet::new(1);
    let mut right = Tablet::new(2);
    left.write(&household(r#""commune":"08.201.11.07","status":"sedentary""#));
    right.hear(&left);
    for (tablet, latin, more) in
        [(&mut left, "Itto", r#""birth":"1961""#), (&mut right, "Ittou", r#""marital":"widowed""#)]
    {
        tablet.write(&form(&format!(
            r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","name_latin":"{latin}","sex":"female",
               "relation":"head",{more}}}"#
        )));
    }
    left.hear(&right);
    right.hear(&left);
    let view = left.view();
    assert_eq!((view.members.len(), view.extra.len(), view.members[0].conflicts), (1, 0, 1));
    assert_eq!(view.members[0].birth.as_ref().map(|birth| birth.year()), Some(1961));
    assert_eq!(view.members[0].marital.as_deref(), Some("widowed"));
    let conflict = &conflicts(&left.document)[0];
    assert_eq!(conflict.path.to_string(), format!("members/{MEMBER}/name_latin"));
    for side in 0..2 {
        let mut decider = left.clone();
        decider.write(&conflict.keep(side).unwrap());
        let mut other = right.clone();
        other.hear(&decider);
        assert_eq!(other.view().conflicts, 0);
        assert_eq!(other.view().members[0].name_latin.as_deref(), Some(conflict.sides[side].text.as_str()));
    }
}

#[test]
fn of_two_maps_laid_over_each_other_the_latest_answer_wins_wherever_it_was_written() {
    for (first, second) in [(1, 2), (2, 1)] {
        let mut writer = Tablet::new(first);
        writer.write(&household(r#""commune":"08.201.11.07","status":"sedentary""#));
        let mut other = Tablet::new(second);
        other.hear(&writer);
        for (tablet, name) in [(&mut writer, "A"), (&mut other, "B")] {
            tablet.write(&form(&format!(
                r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","name_latin":"{name}","sex":"female",
                   "relation":"head"}}"#
            )));
        }
        for name in ["C", "D", "E"] {
            writer.write(&form(&format!(
                r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","name_latin":"{name}"}}"#
            )));
        }
        other.hear(&writer);
        let conflict = conflicts(&other.document).remove(0);
        let sides: Vec<_> = conflict.sides.iter().map(|side| (side.text.as_str(), side.winner)).collect();
        assert_eq!(sides, [("B", false), ("E", true)]);
        assert_eq!(other.view().members[0].name_latin.as_deref(), Some("E"));
        let again =
            form(&format!(r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","name_latin":"E"}}"#));
        let reason = other.document.record(other.actor, 9, &again).unwrap_err().reason;
        assert_eq!(reason, Reason::NothingChanged, "the writer sees the same winner as the row");
    }
}

#[test]
fn two_heads_in_one_family_are_a_conflict_that_no_key_shows() {
    let (mut left, mut right) = pair();
    let head = |name: &str| {
        form(&format!(
            r#"{{"record":"member","household":"{ID}","name_latin":"{name}","sex":"male","relation":"head"}}"#
        ))
    };
    left.write(&form(&format!(
        r#"{{"record":"member","household":"{ID}","id":"{MEMBER}","relation":"spouse"}}"#
    )));
    right.hear(&left);
    left.write(&head("Moha"));
    right.write(&head("Said"));
    left.hear(&right);
    right.hear(&left);
    let found = conflicts(&left.document);
    assert_eq!((found.len(), &found[0].path, found[0].sides.len()), (1, &FieldPath::Rule(Rule::OneHead), 2));
    assert_eq!(left.view().household.conflicts, 1);
    right.write(&found[0].keep(1).unwrap());
    left.hear(&right);
    assert_eq!(left.view().conflicts, 0);
    let head = left.view().household.head.unwrap();
    assert_eq!(found[0].sides[1].value, serde_json::to_value(&head).unwrap());
    assert!(
        found[0].sides.iter().any(|side| side.text.starts_with("Said (")),
        "people are told by their names"
    );
}

#[test]
fn deciding_who_is_head_answers_it_in_every_field_that_asked() {
    let (mut left, mut right) = pair();
    for (tablet, name) in [(&mut left, "Moha"), (&mut right, "Said")] {
        tablet.write(&form(&format!(
            r#"{{"record":"member","household":"{ID}","name_latin":"{name}","sex":"male","relation":"head"}}"#
        )));
        let found = conflicts(&tablet.document);
        let itto = found[0].sides.iter().position(|side| side.value == MEMBER).unwrap();
        tablet.write(&found[0].keep(1 - itto).unwrap());
        assert_eq!(conflicts(&tablet.document), []);
    }
    left.hear(&right);
    right.hear(&left);
    let found = conflicts(&left.document);
    let paths: Vec<_> = found.iter().map(|conflict| conflict.path.to_string()).collect();
    assert_eq!(paths, ["household.head", "rule.one_head"], "two people decided, each for another");
    right.write(&found[1].keep(0).unwrap());
    left.hear(&right);
    assert_eq!(conflicts(&left.document), []);
    let head = left.view().household.head.map(|head| serde_json::to_value(&head).unwrap());
    assert_eq!(head, Some(found[1].sides[0].value.clone()));
}

#[test]
fn two_heads_entered_in_one_form_are_told_apart_when_a_person_decides() {
    for side in 0..2 {
        let mut tablet = Tablet::new(1);
        tablet.write(&household(
            r#""commune":"08.201.11.07","status":"sedentary","members":[
               {"name_latin":"Moha","sex":"male","relation":"head"},
               {"name_latin":"Said","sex":"male","relation":"head"}]"#,
        ));
        let conflict = conflicts(&tablet.document).remove(0);
        tablet.write(&conflict.keep(side).unwrap());
        let view = tablet.view();
        let heads = view.members.iter().filter(|member| member.relation.as_deref() == Some("head"));
        let heads: Vec<_> = heads.map(|member| member.id.to_string()).collect();
        assert_eq!(
            (heads, view.conflicts),
            (vec![conflict.sides[side].value.as_str().unwrap().to_string()], 0)
        );
    }
}

#[test]
fn a_family_that_seventy_tablets_wrote_about_at_once_can_still_be_written() {
    let (mut left, right) = pair();
    let mut others: Vec<Tablet> =
        (10..80).map(|name| Tablet { actor: ActorId([name; 16]), ..right.clone() }).collect();
    for tablet in &mut others {
        let note = tablet.actor.0[0];
        tablet.write(&household(&format!(r#""note":"{note}""#)));
        left.hear(tablet);
    }
    assert_eq!(left.document.heads().len(), 70);
    left.write(&household(r#""douar":"Ksar""#));
    assert!(left.document.heads().len() < 10);
    left.write(&household(r#""douar":"Ksar El Khorbat""#));
    assert_eq!(left.document.heads().len(), 1);
    let mut writer = others.pop().unwrap();
    for other in &others {
        writer.hear(other);
    }
    writer.write(&household(r#""water":"well""#));
    for chunk in writer.chunks.iter().chain(&left.chunks) {
        let change = automerge::Change::from_bytes(chunk.clone()).unwrap();
        assert!(change.deps().len() <= 64);
    }
    writer.hear(&left);
    left.hear(&writer);
    assert_eq!(writer.document.digest(), left.document.digest());
    assert_eq!(left.view().household.douar.as_deref(), Some("Ksar El Khorbat"));
    assert!(left.document.missing_deps().is_empty());
}

#[test]
fn the_order_of_merging_changes_neither_digest_nor_view_and_the_digest_sees_everything() {
    let (mut left, mut right) = pair();
    let ground = left.chunks.clone();
    for step in 0..4 {
        left.write(&household(&format!(r#""note":"left {step}""#)));
        right.write(&household(&format!(r#""note":"right {step}","road_km_tenths":{step}"#)));
    }
    let mut chunks: Vec<Vec<u8>> = [ground, left.chunks[1..].to_vec(), right.chunks.clone()].concat();
    let copy = |chunks: &[Vec<u8>]| {
        let mut document = HouseholdDocument::new(id());
        for chunk in chunks {
            document.apply(&[chunk]).unwrap();
        }
        document
    };
    let forward = copy(&chunks);
    chunks.reverse();
    let backward = copy(&chunks);
    assert_eq!(forward.digest(), backward.digest());
    assert_eq!(forward.heads(), backward.heads());
    assert_eq!(HouseholdView::read(&forward), HouseholdView::read(&backward));
    assert_eq!(forward.missing_deps(), []);
    let reloaded = HouseholdDocument::load(id(), &backward.save()).unwrap();
    assert_eq!(reloaded.digest(), forward.digest());
    assert_ne!(copy(&chunks[1..]).digest(), forward.digest(), "one change less is another digest");
    assert_ne!(left.document.digest(), right.document.digest());
}

#[test]
fn the_digest_of_a_known_document_is_pinned() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""water":"well","languages":["ary"]"#));
    right.write(&household(r#""water":"fountain""#));
    left.hear(&right);
    let hex: String = left.document.digest().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "00c3a034b3d486f9cf516c936c0bbff64158cfc1ebcc887e168226fa6a38f485");
}

#[test]
fn a_change_whose_ground_is_missing_waits_and_is_named() {
    let (mut left, _) = pair();
    let later = left.write(&household(r#""note":"later""#));
    let mut copy = HouseholdDocument::new(id());
    copy.apply(&[&left.chunks[1]]).unwrap();
    assert!(!copy.has_change(&later));
    assert_eq!(copy.missing_deps().len(), 1);
    copy.apply(&[&left.chunks[0]]).unwrap();
    assert!(copy.has_change(&later) && copy.has_change(&GENESIS));
    assert_eq!(copy.chunk(&later).as_ref(), Some(&left.chunks[1]));
}

#[test]
fn bytes_that_are_no_change_and_no_document_are_refused_and_change_nothing() {
    let (left, _) = pair();
    let mut document = left.document.clone();
    let refused = document.apply(&[&left.chunks[0], b"no change"]);
    assert_eq!(refused, Err(ApplyError::NotAChange { place: 1 }));
    assert_eq!(document.digest(), left.document.digest());
    assert_eq!(HouseholdDocument::load(id(), b"nothing").err(), Some(LoadError::Damaged));
    let foreign = Automerge::new().save();
    assert_eq!(HouseholdDocument::load(id(), &foreign).err(), Some(LoadError::NoGenesis));
}

#[test]
fn debug_output_and_errors_tell_nothing_about_people() {
    let (mut left, mut right) = pair();
    left.write(&household(r#""note":"Secret-A""#));
    right.write(&household(r#""note":"Secret-B""#));
    left.hear(&right);
    let written = household(r#""note":"Secret-C","phone":"+212600000001""#);
    let conflict = &conflicts(&left.document)[0];
    let error = left.document.record(
        left.actor,
        9,
        &Form::Resolve(Resolution {
            household: Reference::Handle("Secret-D".into()),
            path: conflict.path.clone(),
            keep: Keep::Value(Scalar::Text("Secret-E".into())),
            seen: Default::default(),
        }),
    );
    let said = format!(
        "{:?} {:?} {:?} {conflict:?} {written:?} {error:?} {}",
        left.document,
        left.view(),
        conflict.keep(0),
        error.as_ref().unwrap_err()
    );
    assert!(!said.contains("Secret") && !said.contains("600000001"), "{said}");
}
