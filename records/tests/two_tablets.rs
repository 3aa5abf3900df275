//! Two tablets write about one family and never meet until their changes do.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc};
use khettara_core::id::{ActorId, ChangeHash, DocumentId};
use khettara_records::model::{
    ApplyError, FieldPath, Form, GENESIS, HouseholdDocument, Keep, LoadError, Reason, Reference, Resolution,
    Scalar, parse_line,
};
use khettara_records::projection::{HouseholdView, conflicts};
use uuid::Uuid;

const ID: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
const MEMBER: &str = "0192f7a4-77aa-7b02-8c1d-5e2f9a3b4c5d";

fn id() -> DocumentId {
    DocumentId(*Uuid::parse_str(ID).unwrap().as_bytes())
}

fn form(line: &str) -> Form {
    parse_line(1, line).unwrap()
}

fn household(fields: &str) -> Form {
    form(&format!(r#"{{"record":"household","id":"{ID}",{fields}}}"#))
}

/// A tablet: its actor, its copy, its next position and every change it has seen.
#[derive(Clone)]
struct Tablet {
    actor: ActorId,
    document: HouseholdDocument,
    position: u64,
    chunks: Vec<Vec<u8>>,
}

impl Tablet {
    fn new(name: u8) -> Self {
        let document = HouseholdDocument::new(id());
        Self { actor: ActorId([name; 16]), document, position: 1, chunks: Vec::new() }
    }

    fn write(&mut self, form: &Form) -> ChangeHash {
        self.position += 1;
        let recorded = self.document.record(self.actor, self.position, form).unwrap();
        self.chunks.push(recorded.chunk);
        recorded.hash
    }

    fn hear(&mut self, other: &Self) {
        let chunks: Vec<&[u8]> = other.chunks.iter().map(Vec::as_slice).collect();
        self.document.apply(&chunks).unwrap();
    }

    fn view(&self) -> HouseholdView {
        HouseholdView::read(&self.document)
    }
}

/// Two tablets that both know the family, with a member.
fn pair() -> (Tablet, Tablet) {
    let mut left = Tablet::new(1);
    left.write(&household(&format!(
        r#""commune":"08.201.11.07","status":"sedentary","water":"running",
           "members":[{{"id":"{MEMBER}","name_latin":"Itto","sex":"female","relation":"head"}}]"#
    )));
    let mut right = Tablet::new(2);
    right.hear(&left);
    (left, right)
}

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
    assert_eq!((found.len(), &found[0].path, found[0].sides.len()), (1, &FieldPath::OneHead, 2));
    assert_eq!(left.view().household.conflicts, 1);
    right.write(&found[0].keep(1).unwrap());
    left.hear(&right);
    assert_eq!(left.view().conflicts, 0);
    let head = left.view().household.head.unwrap();
    assert_eq!(found[0].sides[1].text, serde_json::to_value(&head).unwrap());
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
