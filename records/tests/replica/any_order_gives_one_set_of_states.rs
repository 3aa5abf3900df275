//! Order: whatever comes first, and however much at a time, everybody ends with the same states and documents.

use khettara_core::id::ChangeHash;
use khettara_core::identity::Mode;
use khettara_core::log::Written;
use khettara_records::airlock::change_hash;
use khettara_records::model::HouseholdDocument;
use khettara_records::verdict::{EntryState, Reason};

use crate::law::{Law, Point};
use crate::station::{Forger, Parcel, Station, form, household, orders, visit};

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place + 1));
        }
    }
}

/// A forger's log: an unknown kind, a change under another's name, an end, work after it.
fn forged() -> Vec<Parcel> {
    let mut forger = Forger::new(40);
    let actor = forger.actor(5);
    let write = |n, actor, number: u8, line: &str| {
        let id = khettara_core::id::DocumentId(
            *uuid::Uuid::parse_str(&crate::station::uuid(number)).unwrap().as_bytes(),
        );
        let mut document = HouseholdDocument::new(id);
        let recorded = document.record(actor, n, &form(line)).unwrap();
        Written::change(&id, &recorded.chunk)
    };
    let first = [
        Forger::start(5),
        write(2, actor, 1, &household(1, r#""water":"other""#)),
        Written { kind: 8, bytes: vec![1] },
        write(4, khettara_core::id::ActorId([3; 16]), 2, &household(2, "")),
    ];
    let second = [Written { kind: 3, bytes: vec![] }, write(6, actor, 30, &household(30, ""))];
    vec![forger.cut(&first), forger.cut(&second)]
}

/// Everything that three tablets, a clone, an equivocator and a forger wrote.
fn pool() -> Vec<Parcel> {
    let (mut first, mut second, mut third) = (Station::new(1), Station::new(2), Station::new(3));
    first.write(&household(1, ""));
    first.write(&household(2, ""));
    first.cut();
    second.hear(&first);
    second.write(&household(1, r#""water":"well""#));
    second.write(&visit(2, "second"));
    second.cut();
    third.hear(&second);
    third.write(&visit(1, "third"));
    third.learn_key(2);
    third.cut_with(2);
    third.write(&visit(2, "under the first key, on what is under the second"));
    third.write(&visit(1, "likewise"));
    third.cut();
    first.hear(&third);
    first.write(&household(1, r#""water":"fountain""#));
    first.cut();
    let mut clone = first.clone_with_seed(1, 60);
    clone.write(&visit(2, "clone"));
    clone.cut();
    first.write(&visit(2, "original"));
    first.cut();
    let (mut one, mut other) = (second.clone_with_seed(2, 70), second.clone_with_seed(2, 70));
    one.write(&visit(1, "one"));
    other.write(&visit(1, "other"));
    one.cut();
    other.cut();
    second.hear(&one);
    let mut all: Vec<Parcel> = forged();
    for station in [&first, &second, &third, &clone, &one, &other] {
        for parcel in station.parcels() {
            if all.iter().all(|known| known.segment.id() != parcel.segment.id()) {
                all.push(parcel);
            }
        }
    }
    all
}

#[test]
fn states_and_documents_are_the_same_in_every_order_and_in_any_portions() {
    let pool = pool();
    let mut expected = None;
    for seed in 0..24 {
        let mut dice = Dice(seed);
        let mut left = pool.clone();
        dice.shuffle(&mut left);
        let mut office = Station::new(9);
        let key_after = dice.below(2 * pool.len());
        for round in 0.. {
            if round == key_after {
                office.learn_key(2);
            }
            if left.is_empty() && round > key_after {
                break;
            }
            left.retain(|parcel| dice.below(3) > 0 || !office.take(parcel));
            if dice.below(2) == 0 {
                office.catch_up();
            }
            if dice.below(6) == 0 {
                office.replica.drop_loaded();
            }
        }
        office.catch_up();
        office.check_against_rules();
        let states: Vec<_> =
            office.held_back().into_iter().map(|one| (one.log, one.n, one.count, one.state)).collect();
        let found = (office.digest(), states);
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "order {seed}"),
        }
    }
    let (_, states) = expected.unwrap();
    assert!(states.len() >= 5, "bad entries are among them: {states:?}");
}

#[test]
fn without_a_key_the_rest_comes_to_the_same_in_every_order() {
    let pool = pool();
    let mut expected = None;
    for seed in 100..108 {
        let mut dice = Dice(seed);
        let mut left = pool.clone();
        dice.shuffle(&mut left);
        let mut office = Station::new(9);
        while !left.is_empty() {
            left.retain(|parcel| dice.below(2) == 0 || !office.take(parcel));
            office.catch_up();
        }
        office.catch_up();
        office.check_against_rules();
        let found = (office.digest(), office.held_back());
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "order {seed}"),
        }
    }
}

/// The ends of a device's segments, ascending.
fn ends(pool: &[Parcel], name: u8) -> Vec<Point> {
    let device = Station::new(name).device();
    let of_device = pool.iter().filter(|parcel| parcel.descriptor.device == device);
    let mut ends: Vec<Point> = of_device
        .map(|parcel| {
            let body = parcel.segment.body();
            (body.log, body.last(), body.head)
        })
        .collect();
    ends.sort_by_key(|(_, n, _)| *n);
    ends
}

/// What headquarters says, one thing after the other: a cut, a drain that comes alone, releases, the drain's place.
fn laws(pool: &[Parcel], behind_the_end: ChangeHash) -> Vec<Law> {
    let device = |name| Station::new(name).device();
    let (first, second) = (ends(pool, 1), ends(pool, 2));
    let mut law = Law::new();
    let mut laws = vec![law.clone()];
    law.close(Mode::CUT, &[device(1)], &[first[0]]);
    laws.push(law.clone());
    law.close_alone(Mode::DRAIN, &[device(2)], &[second[0]]);
    laws.push(law.clone());
    // Of two branches under one Start, the one that was told to nobody else.
    law.release(&[*second.last().unwrap()], &[behind_the_end]);
    laws.push(law.clone());
    law.close(Mode::DRAIN, &[device(2)], &[second[0]]);
    laws.push(law);
    laws
}

#[test]
fn closings_and_releases_come_to_the_same_in_every_order_and_in_any_portions() {
    let pool = pool();
    let forged = pool.iter().find(|parcel| {
        parcel.segment.body().last() == 6 && parcel.descriptor.device == Forger::new(40).signing.public()
    });
    assert!(forged.is_some(), "the forger wrote behind an end");
    let forger = Forger::new(40);
    let id =
        khettara_core::id::DocumentId(*uuid::Uuid::parse_str(&crate::station::uuid(30)).unwrap().as_bytes());
    let behind = HouseholdDocument::new(id).record(forger.actor(5), 6, &form(&household(30, ""))).unwrap();
    let laws: Vec<_> = laws(&pool, change_hash(&behind.chunk).unwrap()).iter().map(Law::roster).collect();
    let mut expected = None;
    for seed in 200..200 + orders(24) {
        let mut dice = Dice(seed);
        let mut left = pool.clone();
        dice.shuffle(&mut left);
        let mut office = Station::new(9);
        let (key_after, mut law) = (dice.below(2 * pool.len()), 0);
        for round in 0.. {
            if round == key_after {
                office.learn_key(2);
            }
            if left.is_empty() && round > key_after && law + 1 == laws.len() {
                break;
            }
            left.retain(|parcel| dice.below(3) > 0 || !office.take(parcel));
            law = (law + usize::from(dice.below(3) == 0)).min(laws.len() - 1);
            if dice.below(2) == 0 {
                office.catch_up_by(&laws[law]);
            }
        }
        office.catch_up_by(&laws[law]);
        office.check_against(Some(&laws[law]));
        let found = (office.digest(), office.held_back());
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "order {seed}"),
        }
    }
    let (_, held) = expected.unwrap();
    let has = |reason| held.iter().any(|entry| entry.state == EntryState::Quarantined(reason));
    assert!(has(Reason::Closed) && has(Reason::Equivocation) && !has(Reason::AfterFinal), "{held:?}");
}
