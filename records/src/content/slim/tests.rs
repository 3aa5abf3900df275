//! Slim changes: what goes in comes out, and what is made to harm does not.

use std::collections::BTreeMap;

use automerge::transaction::Transactable as _;
use khettara_core::id::{DocumentId, LogId, StartNonce};
use khettara_core::limits::SEGMENT_RAW_BYTES_MAX;
use khettara_core::log::{
    Earlier, Entry, Ground, NoEarlier, Pointed, Shaped, Slim, SlimFault, Start, Written, actor_id,
};
use proptest::prelude::*;

use super::state::State;
use super::words::tests::text_of_the_field;
use super::{SLIM, SlimChanges, WHOLE, narrow_one, widen_one};
use crate::airlock::edited;
use crate::model::{Form, HouseholdDocument, parse_line};

const LOG: LogId = LogId([3; 32]);
const NONCE: StartNonce = StartNonce([5; 16]);

/// What one log holds already.
#[derive(Default)]
struct Branch {
    changes: BTreeMap<u64, Pointed>,
    latest: BTreeMap<DocumentId, u64>,
}

impl Earlier for Branch {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.changes.get(&n).copied()
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.latest.get(document).copied()
    }
}

fn start() -> Written {
    let start = Start { nonce: NONCE, software: "test".into(), schema: 1 };
    Written::plain(&Entry::Start(start)).expect("plain")
}

fn form(line: &str) -> Form {
    parse_line(1, line).expect("a line of ours")
}

/// A tablet's log: a Start, `families` registered, then visited `rounds` times.
fn field_work(families: usize, rounds: usize) -> Vec<Written> {
    let actor = actor_id(&LOG, &NONCE);
    let mut items = vec![start()];
    let mut documents = Vec::new();
    for family in 0..families {
        let line = format!(
            r#"{{"record":"household","commune":"08.201.11.07","status":"nomadic","phone":"+21266{family:07}",
            "douar":"قصر — Ksar été ⵇⵚⵕ","members":[{{"ref":"m","name_latin":"Itto","sex":"female",
            "relation":"head"}}],"head":"m","languages":["ary","tzm"]}}"#
        );
        let Form::Household(form) = form(&line) else { panic!("a household") };
        let position = items.len() as u64 + 1;
        let (document, recorded) = HouseholdDocument::create(actor, position, &form).expect("records");
        items.push(Written::change(&document.id(), &recorded.chunk));
        documents.push(document);
    }
    for round in 0..rounds {
        for document in &mut documents {
            let id = uuid::Uuid::from_bytes(document.id().0);
            let line = format!(
                r#"{{"record":"visit","household":"{id}","at":"2026-11-{:02}T09:30:00Z","agent":"a-12",
                "kind":"follow_up","note":"البئر جفت منذ الصيف","needs":[{{"category":"water","urgency":"high",
                "text":"صهريج"}}]}}"#,
                round + 1
            );
            let recorded = document.record(actor, items.len() as u64 + 1, &form(&line)).expect("records");
            items.push(Written::change(&document.id(), &recorded.chunk));
        }
    }
    items
}

fn forms(shaped: &[Shaped]) -> Vec<u8> {
    let changes = shaped.iter().filter(|item| item.written.kind == Entry::CHANGE);
    changes.map(|item| item.written.bytes[0]).collect()
}

fn written(shaped: Vec<Shaped>) -> Vec<Written> {
    shaped.into_iter().map(|item| item.written).collect()
}

/// The branch once `items`, shaped so, were cut from position `first` on.
fn note(branch: &mut Branch, first: u64, items: &[Written], shaped: &[Shaped]) {
    for ((n, item), shaped) in (first..).zip(items).zip(shaped) {
        if let Ok((document, _, hash)) = item.split_change() {
            let actor = actor_id(&LOG, &NONCE);
            branch.changes.insert(n, Pointed { document, hash, actor, last_op: shaped.last_op });
            branch.latest.insert(document, n);
        }
    }
}

#[test]
fn what_our_forms_write_is_slim_and_comes_back_in_one_segment_and_over_several() {
    let items = field_work(5, 4);
    for length in [items.len(), 7, 1] {
        let mut branch = Branch::default();
        for (number, part) in items.chunks(length).enumerate() {
            let first = (number * length) as u64 + 1;
            let nonce = if first == 1 { StartNonce::ZERO } else { NONCE };
            let ground = Ground { log: LOG, first, nonce, earlier: &branch };
            let shaped = SlimChanges.narrow(&ground, part);
            assert!(forms(&shaped).iter().all(|form| *form == SLIM));
            let back = SlimChanges.widen(&ground, written(shaped.clone())).expect("reads back");
            assert_eq!(written(back.clone()), part);
            assert_eq!(
                back.iter().map(|item| item.last_op).collect::<Vec<_>>(),
                shaped.iter().map(|item| item.last_op).collect::<Vec<_>>()
            );
            note(&mut branch, first, part, &shaped);
        }
    }
}

#[test]
fn a_second_visit_to_an_own_family_is_a_fifth_of_its_change() {
    let items = field_work(1, 3);
    let ground = Ground { log: LOG, first: 1, nonce: StartNonce::ZERO, earlier: &NoEarlier };
    let shaped = SlimChanges.narrow(&ground, &items);
    let [slim, whole] = [&shaped[3].written, &items[3]].map(|item| item.bytes.len());
    assert!(slim * 2 < whole, "{slim} and {whole}");
}

#[test]
fn a_reference_before_the_segment_waits_until_the_entry_is_here() {
    let items = field_work(2, 2);
    let mut branch = Branch::default();
    let ground = Ground { log: LOG, first: 1, nonce: StartNonce::ZERO, earlier: &branch };
    let shaped = SlimChanges.narrow(&ground, &items[..5]);
    note(&mut branch, 1, &items[..5], &shaped);
    let ground = Ground { log: LOG, first: 6, nonce: NONCE, earlier: &branch };
    let later = written(SlimChanges.narrow(&ground, &items[5..]));
    assert_eq!(written(SlimChanges.widen(&ground, later.clone()).expect("all is here")), &items[5..]);
    let without = Ground { earlier: &NoEarlier, ..ground };
    assert_eq!(SlimChanges.widen(&without, later), Err(SlimFault::Ancestor));
}

#[test]
fn another_authors_change_and_what_is_no_change_of_automerge_travel_whole() {
    let mut items = field_work(1, 1);
    let ground = Ground { log: LogId([4; 32]), first: 1, nonce: StartNonce::ZERO, earlier: &NoEarlier };
    items.push(Written { kind: 9, bytes: vec![1, 2, 3] });
    let shaped = SlimChanges.narrow(&ground, &items);
    assert!(forms(&shaped).iter().all(|form| *form == WHOLE));
    assert_eq!(written(SlimChanges.widen(&ground, written(shaped)).expect("reads back")), items);
}

#[test]
fn an_unknown_constant_waits_for_software_and_an_unknown_form_is_malformed() {
    let ground = Ground { log: LOG, first: 9, nonce: NONCE, earlier: &NoEarlier };
    let read = |bytes: &[u8]| {
        let item = Written { kind: Entry::CHANGE, bytes: bytes.to_vec() };
        SlimChanges.widen(&ground, vec![item]).map(|_| ())
    };
    // Form, document 0 of this entry, one dependency: a constant.
    assert_eq!(read(&[SLIM, 1, 1, 2 * 40]), Err(SlimFault::Software));
    for bytes in
        [&[][..], &[2], &[SLIM], &[WHOLE], &[SLIM, 1, 1, 1], &[SLIM, 1, 65], &[SLIM, 10], &[SLIM, 200, 1]]
    {
        assert!(matches!(read(bytes), Err(SlimFault::Malformed)), "{bytes:?}");
    }
    assert_eq!(read(&[SLIM, 5]), Err(SlimFault::Ancestor));
}

/// Slim bytes of one operation that writes a text under "n".
fn text(script: u8, bytes: &[u8]) -> Written {
    let bytes = [&[SLIM, 1, 0, 0, 0, 0, 0, 0, 1, 1, 6, 6, b'n', script], bytes, &[0]].concat();
    Written { kind: Entry::CHANGE, bytes }
}

/// Three bytes come of one.
fn growing(length: usize) -> Written {
    text(2, &vec![0x80; length])
}

#[test]
fn what_a_content_grows_to_is_bounded() {
    let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
    let one = SlimChanges.widen(&ground, vec![growing(21_000)]).expect("a change of 63 KB");
    let size = one[0].written.bytes.len();
    assert!(size > 63_000);
    assert_eq!(SlimChanges.widen(&ground, vec![growing(22_000)]), Err(SlimFault::Malformed), "no change");
    let fits = SEGMENT_RAW_BYTES_MAX as usize / size;
    let many = |count: usize| (0..count).map(|number| growing(21_000 + number % 2)).collect::<Vec<_>>();
    assert!(SlimChanges.widen(&ground, many(fits)).is_ok());
    assert_eq!(SlimChanges.widen(&ground, many(fits + 1)), Err(SlimFault::Malformed), "no content");
}

#[test]
fn a_word_of_which_one_byte_makes_sixty_five_makes_no_text_beyond_a_change() {
    let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
    let repeated = |times: usize| text(0, &[&[b'a'; 64][..], &vec![0xc0; times]].concat());
    let one = SlimChanges.widen(&ground, vec![repeated(1_000)]).expect("a change of 65 KB");
    assert!(one[0].written.bytes.len() > 65_000);
    for times in [1_008, 65_000] {
        assert_eq!(SlimChanges.widen(&ground, vec![repeated(times)]), Err(SlimFault::Malformed), "{times}");
    }
}

#[test]
fn a_text_has_one_spelling_in_its_place() {
    let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
    let read = |second: Written| SlimChanges.widen(&ground, vec![text(0, b"dar puits"), second]).map(|_| ());
    assert_eq!(read(text(0, b"\xc1\xc0")), Ok(()));
    let mut known = text(3, b"");
    known.bytes.pop();
    assert_eq!(read(known.clone()), Ok(()));
    known.bytes[13] = 4;
    for (second, what) in [
        (known, "no text has this number"),
        (text(0, b"\xc0\xc1"), "a known text in full"),
        (text(0, b"dar"), "a word that has a number"),
        (text(0, b"\xc1 \xc0"), "a space that is left out"),
        (text(1, b"\xc1\xc0"), "another script"),
        (text(0, b"c232ab00-9414-11ec-b3c8-9f6bdeced846"), "a uuid in letters"),
    ] {
        assert_eq!(read(second), Err(SlimFault::Malformed), "{what}");
    }
}

/// A change of somebody who writes texts of any kind under a few keys.
fn written_texts(texts: &[(u8, String)]) -> Vec<Written> {
    let actor = actor_id(&LOG, &NONCE);
    let mut document = automerge::AutoCommit::new().with_actor(actor.as_bytes()[..].into());
    let mut items = Vec::new();
    for (key, text) in texts {
        let key = format!("key {}", key % 3);
        document.put(automerge::ROOT, key, text.as_str()).expect("writes");
        // What stands there already is written no second time.
        let Some(hash) = document.commit() else { continue };
        let change = document.get_change_by_hash(&hash).expect("it was written");
        items.push(Written::change(&DocumentId([8; 16]), change.raw_bytes()));
    }
    items
}

#[test]
fn a_note_as_long_as_a_value_may_be_is_slim_and_a_longer_one_travels_whole() {
    let note = |bytes: usize| {
        let mut text = "البئر جفت، le puits est à sec\n ⵜⵉⵏⵎⵍ 👩🏽‍🌾 ".repeat(bytes / 60);
        let end = (0..=bytes).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.expect("0 is one"));
        text
    };
    let items = written_texts(&[(0, note(16_384)), (1, note(60_000)), (0, note(16_000))]);
    let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
    let shaped = SlimChanges.narrow(&ground, &items);
    assert_eq!(forms(&shaped), [SLIM, WHOLE, SLIM]);
    assert_eq!(written(SlimChanges.widen(&ground, written(shaped)).expect("reads back")), items);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_change_automerge_makes_comes_back_and_nearly_all_are_slim(seed in any::<u64>()) {
        let (_, changes) = edited(seed, 30);
        let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
        let (mut writer, mut reader, mut other) =
            (State::new(&ground), State::new(&ground), State::new(&ground));
        let mut slim = 0;
        for change in &changes {
            // As if the log were that of the change's author.
            let actor = khettara_core::id::ActorId(change.actor_id().to_bytes().try_into().expect("16 bytes"));
            (writer.actor, reader.actor, other.actor) = (actor, actor, actor);
            let item = Written::change(&DocumentId([8; 16]), change.raw_bytes());
            let shaped = narrow_one(&mut writer, &mut reader, &item);
            slim += usize::from(shaped.written.bytes[0] == SLIM);
            let back = widen_one(&mut other, shaped.written.clone()).expect("reads back");
            prop_assert_eq!(&back.written, &item);
            prop_assert_eq!(back.last_op, shaped.last_op);
        }
        prop_assert_eq!(slim, changes.len());
    }

    #[test]
    fn changes_with_any_texts_are_slim_and_come_back(
        texts in prop::collection::vec((any::<u8>(), text_of_the_field()), 1..12)
    ) {
        let items = written_texts(&texts);
        let ground = Ground { log: LOG, first: 2, nonce: NONCE, earlier: &NoEarlier };
        let shaped = SlimChanges.narrow(&ground, &items);
        prop_assert!(forms(&shaped).iter().all(|form| *form == SLIM));
        prop_assert_eq!(written(SlimChanges.widen(&ground, written(shaped)).expect("reads back")), items);
    }

    #[test]
    fn injured_items_never_panic_and_what_still_reads_is_another_change(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..6)
    ) {
        let items = field_work(3, 2);
        let ground = Ground { log: LOG, first: 1, nonce: StartNonce::ZERO, earlier: &NoEarlier };
        let mut shaped = written(SlimChanges.narrow(&ground, &items));
        let mut touched = Vec::new();
        for (place, byte, how) in places {
            let item = 1 + place.index(shaped.len() - 1);
            let bytes = &mut shaped[item].bytes;
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] ^= byte | 1,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at.max(1)),
            }
            touched.push(item);
        }
        if let Ok(wide) = SlimChanges.widen(&ground, shaped) {
            for (item, wide) in items.iter().zip(&wide) {
                let hash = |item: &Written| item.split_change().map(|(document, _, hash)| (document, hash));
                prop_assert!(wide.written == *item || hash(&wide.written) != hash(item));
            }
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let ground = Ground { log: LOG, first: 3, nonce: NONCE, earlier: &NoEarlier };
        let item = Written { kind: Entry::CHANGE, bytes: [&[SLIM], &noise[..]].concat() };
        if let Ok(wide) = SlimChanges.widen(&ground, vec![item]) {
            prop_assert!(wide[0].written.split_change().is_ok(), "what reads is a change");
        }
    }
}
