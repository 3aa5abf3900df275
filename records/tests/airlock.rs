//! What our forms write passes our own airlock: a change refused to nobody here is refused nowhere.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use khettara_core::id::{ActorId, ChangeHash};
use khettara_records::airlock::{Constants, Past, change_hash, rehearse, walk};
use khettara_records::model::{Form, GENESIS, HouseholdDocument, constant_actor, constants, parse_line};
use khettara_records::projection::conflicts;
use uuid::Uuid;

/// Lets a change through the airlock into a copy, as a replica does.
fn pass(copy: &mut HouseholdDocument, chunk: &[u8], known: &Constants) -> ChangeHash {
    let walked = walk(chunk).unwrap();
    known.check(&walked).unwrap();
    Past::of(copy.automerge()).unwrap().check(&walked, copy.automerge()).unwrap();
    let rehearsed = rehearse(copy.automerge(), &[&walked]).unwrap();
    copy.adopt(rehearsed);
    change_hash(chunk).unwrap()
}

#[test]
fn the_constants_pass_the_walk_and_their_actors_are_known() {
    let mut known = Constants::default();
    for constant in constants() {
        let walked = walk(constant.chunk).unwrap();
        assert_eq!(walked.actor(), constant_actor(constant.number));
        known.add(&walked);
    }
    assert_eq!(change_hash(constants()[0].chunk), Ok(GENESIS));
    assert!(known.owns(&constant_actor(1)));
}

#[test]
fn every_kind_of_form_passes_the_airlock_and_the_copy_is_equal() {
    let mut known = Constants::default();
    known.add(&walk(constants()[0].chunk).unwrap());
    let line = |text: &str| parse_line(1, text).unwrap();
    let Form::Household(family) = line(
        r#"{"record":"household","commune":"08.201.11.07","status":"nomadic","languages":["ary","zgh"],"head":"m",
            "gps":{"lat_e5":3109821,"lon_e5":-401112},"electricity":false,"road_km_tenths":41,"note":"رحّل",
            "members":[{"ref":"m","name_ar":"إيطو","sex":"female","relation":"head","birth":"1961~"}]}"#,
    ) else {
        panic!()
    };
    let (mut left, first) = HouseholdDocument::create(ActorId([9; 16]), 2, &family).unwrap();
    let id = Uuid::from_bytes(left.id().0);
    let mut right = HouseholdDocument::new(left.id());
    assert_eq!(pass(&mut right, &first.chunk, &known), first.hash);

    let texts = [
        r#"{"record":"visit","ref":"v","household":"ID","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first",
            "offset_min":-60,"error_s":7,"needs":[{"category":"water","urgency":"high","text":"ماء"}]}"#,
        r#"{"record":"member","household":"ID","name_latin":"Moha","sex":"male","relation":"child"}"#,
        r#"{"record":"need","household":"ID","category":"food","urgency":"low"}"#,
        r#"{"record":"household","id":"ID","languages":["fr"],"note":null,"water":"well"}"#,
    ];
    for (place, text) in texts.iter().enumerate() {
        let form = line(&text.replace("ID", &id.to_string()));
        let recorded = left.record(ActorId([9; 16]), place as u64 + 3, &form).unwrap();
        assert_eq!(pass(&mut right, &recorded.chunk, &known), recorded.hash);
    }
    let other = line(&texts[3].replace("ID", &id.to_string()).replace("well", "fountain"));
    let mine = line(&texts[3].replace("ID", &id.to_string()).replace("well", "running"));
    let theirs = right.record(ActorId([4; 16]), 2, &other).unwrap();
    let ours = left.record(ActorId([9; 16]), 9, &mine).unwrap();
    pass(&mut left, &theirs.chunk, &known);
    pass(&mut right, &ours.chunk, &known);
    let decision = conflicts(&left)[0].keep(0).unwrap();
    let decided = left.record(ActorId([9; 16]), 10, &decision).unwrap();
    pass(&mut right, &decided.chunk, &known);
    assert_eq!(conflicts(&right), []);
    assert_eq!(right.digest(), left.digest());
    assert_eq!(right.heads(), [decided.hash]);
}
