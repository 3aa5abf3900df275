//! Bad entries: each is kept and shown with its reason, and costs its neighbours nothing.

use khettara_core::encoding::{self, push_varint};
use khettara_core::hash;
use khettara_core::id::{ActorId, DocumentId, Head};
use khettara_core::identity::{Kind, Signed};
use khettara_core::log::{Codec, Content, NoDictionaries, Segment, Written, pack};
use khettara_records::model::{HouseholdDocument, Reference};
use khettara_records::verdict::{EntryState, Reason, Waiting};
use sha2::{Digest as _, Sha256};

use crate::station::{Forger, ORG, Parcel, Station, feed, form, household, key, uuid, visit};

fn document(number: u8) -> HouseholdDocument {
    HouseholdDocument::new(DocumentId(*uuid::Uuid::parse_str(&uuid(number)).unwrap().as_bytes()))
}

fn change(document: &mut HouseholdDocument, actor: ActorId, n: u64, line: &str) -> Written {
    let recorded = document.record(actor, n, &form(line)).unwrap();
    Written::change(&document.id(), &recorded.chunk)
}

/// A chunk with these bytes behind its length, and the right checksum.
fn chunk(content: &[u8]) -> Vec<u8> {
    let mut hashed = vec![1];
    push_varint(&mut hashed, content.len() as u64);
    hashed.extend_from_slice(content);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83];
    chunk.extend_from_slice(&Sha256::digest(&hashed)[..4]);
    chunk.extend_from_slice(&hashed);
    chunk
}

/// A change of an author whose header reads, with bytes left over behind it.
fn overlong(actor: ActorId, seq: u8) -> Vec<u8> {
    let mut content = vec![0, 16];
    content.extend_from_slice(&actor.0);
    content.extend_from_slice(&[seq, 1, 0, 0, 0, 0, 7]);
    chunk(&content)
}

fn states(office: &Station) -> Vec<(u64, u32, EntryState)> {
    office.held_back().into_iter().map(|one| (one.n, one.count, one.state)).collect()
}

#[test]
fn an_unknown_kind_a_malformed_body_and_an_end_are_held_and_their_neighbours_go_on() {
    let mut forger = Forger::new(1);
    let actor = forger.actor(5);
    let (mut first, mut second) = (document(1), document(2));
    let items = [
        Forger::start(5),
        change(&mut first, actor, 2, &household(1, "")),
        Written { kind: 9, bytes: b"from a later release".to_vec() },
        Written { kind: 3, bytes: vec![1] },
        change(&mut second, actor, 5, &household(2, "")),
        Written { kind: 3, bytes: vec![] },
        change(&mut first, actor, 7, &visit(1, "too late")),
        Written { kind: 9, bytes: vec![] },
    ];
    let mut office = Station::new(2);
    office.take_all(&[forger.cut(&items)]);
    let caught = office.catch_up();
    assert_eq!((caught.merged, caught.waiting, caught.quarantined), (2, 1, 3));
    let late = EntryState::Quarantined(Reason::AfterFinal);
    assert_eq!(
        states(&office),
        [
            (3, 1, EntryState::Waiting(Waiting::Software)),
            (4, 1, EntryState::Quarantined(Reason::Malformed)),
            (7, 1, late),
            (8, 1, late),
        ]
    );
    office.check_against_rules();
    let tip = forger.tip;
    let runs = office.replica.held_back_runs(&office.store, &feed(), &(forger.log, tip.n, tip.segment));
    let runs = runs.unwrap().unwrap();
    assert_eq!((runs.n, runs.head), (8, tip.head));
    assert_eq!(runs.runs.as_slice(), [(3, 1, 1), (4, 1, 6), (7, 2, 2)]);
}

#[test]
fn a_change_under_anothers_name_or_out_of_turn_or_unsafe_is_set_aside() {
    let mut forger = Forger::new(1);
    let actor = forger.actor(5);
    let (mut mine, mut gap, mut theirs) = (document(1), document(3), document(2));
    let begin = change(&mut mine, actor, 2, &household(1, ""));
    let missed = change(&mut gap, actor, 9, &household(3, ""));
    let skipped = change(&mut gap, actor, 4, &visit(3, "its first change was never written"));
    let mut other = document(1);
    other.apply(&[&begin.bytes[16..]]).unwrap();
    let id = Reference::Id(uuid::Uuid::parse_str(&uuid(1)).unwrap());
    assert!(matches!(form(&visit(1, "x")).document(), Some(household) if household == id));
    let items = [
        Forger::start(5),
        begin,
        change(&mut theirs, ActorId([9; 16]), 3, &household(2, "")),
        skipped,
        Written::change(&document(4).id(), &overlong(actor, 1)),
        Written::change(&document(4).id(), &overlong(actor, 2)),
        Written::change(&document(4).id(), &chunk(b"no change at all")),
        change(&mut mine, actor, 8, &visit(1, "honest")),
    ];
    assert_ne!(missed.bytes, items[3].bytes);
    let mut office = Station::new(2);
    office.take_all(&[forger.cut(&items)]);
    assert_eq!(office.catch_up().merged, 2);
    let aside = |reason| EntryState::Quarantined(reason);
    assert_eq!(
        states(&office),
        [
            (3, 1, aside(Reason::Actor)),
            (4, 1, aside(Reason::Actor)),
            (5, 1, aside(Reason::Airlock)),
            (6, 1, aside(Reason::Airlock)),
            (7, 1, aside(Reason::Airlock)),
        ]
    );
    office.check_against_rules();
    assert_eq!(office.replica.rows(&office.store, &feed(), None, 9).unwrap().len(), 1);
}

/// A segment whose header declares a head that its content does not give.
fn lying(forger: &mut Forger, items: &[Written]) -> Parcel {
    let honest = {
        let tip = forger.tip;
        let parcel = forger.cut(items);
        forger.tip = tip;
        parcel
    };
    let mut body = honest.segment.body().clone();
    body.head = Head([0xee; 32]);
    let nonce = forger.tip.nonce;
    let content = Content { start_nonce: nonce, items: items.to_vec() };
    let payload = pack(&content.to_bytes(), Codec::Plain, 0, &NoDictionaries).unwrap();
    let sealed = key(1).seal(&body.aad(&ORG, 1), &payload);
    body.sealed_len = u32::try_from(sealed.len()).unwrap();
    body.sealed_hash = hash::derive("sealed", &[&sealed]);
    let header = Signed::make(&ORG, &forger.signing, Kind::Segment, encoding::to_bytes(&body));
    let segment = Segment::check(&ORG, header.as_signed().clone(), sealed).unwrap();
    forger.tip.n = body.last();
    forger.tip.head = body.head;
    forger.tip.segment = segment.id();
    Parcel { segment, descriptor: forger.descriptor.clone() }
}

#[test]
fn content_that_does_not_give_its_head_is_one_unit_and_the_log_goes_on_from_the_declared_head() {
    let mut forger = Forger::new(1);
    let actor = forger.actor(5);
    let (mut first, mut second) = (document(1), document(2));
    let begin = forger.cut(&[Forger::start(5), change(&mut first, actor, 2, &household(1, ""))]);
    let lie = lying(
        &mut forger,
        &[
            change(&mut first, actor, 3, &visit(1, "hidden")),
            change(&mut first, actor, 4, &visit(1, "hidden too")),
        ],
    );
    let after = forger.cut(&[
        change(&mut first, actor, 5, &visit(1, "on what is hidden")),
        change(&mut second, actor, 6, &household(2, "")),
    ]);
    let mut office = Station::new(2);
    office.take_all(&[begin, lie, after]);
    let caught = office.catch_up();
    assert_eq!((caught.merged, caught.waiting, caught.quarantined), (2, 1, 2));
    assert_eq!(
        states(&office),
        [(3, 2, EntryState::Quarantined(Reason::Content)), (5, 1, EntryState::Waiting(Waiting::Ancestor)),]
    );
    office.check_against_rules();
}

#[test]
fn more_branches_than_are_listed_are_over_and_held_all_the_same() {
    let mut forger = Forger::new(1);
    let mut parcels = vec![forger.cut(&[Forger::start(0)])];
    let ground = forger.tip;
    for number in 1..=6 {
        forger.tip = ground;
        let mut family = document(number);
        let actor = forger.actor(number);
        parcels.push(
            forger.cut(&[Forger::start(number), change(&mut family, actor, 3, &household(number, ""))]),
        );
    }
    let mut office = Station::new(2);
    office.take_all(&parcels);
    let caught = office.catch_up();
    assert_eq!((caught.merged, caught.quarantined), (4, 4), "two branches of two entries are over");
    assert!(office.held_back().iter().all(|one| one.state == EntryState::Quarantined(Reason::Over)));
    office.check_against_rules();
    let mut reverse = Station::new(2);
    parcels[1..].reverse();
    for parcel in &parcels {
        assert!(reverse.take(parcel));
        reverse.catch_up();
    }
    assert_eq!(states(&reverse), states(&office));
    assert_eq!(reverse.digest(), office.digest());
}
