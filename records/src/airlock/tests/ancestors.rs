//! Airlock tests: changes that look sound alone, and what stands before them says otherwise.

use automerge::Automerge;

use super::super::AirlockFault::{BadReference, WrongSequence, WrongStart};
use super::super::{Past, PastFault, rehearse, walk};
use super::press::{Press, PressOp};

/// A document with a map, a number and a list of one, and its past.
pub(super) fn ground() -> (Vec<u8>, Past, Automerge) {
    let ops = [
        PressOp::make(0, None, "map"),
        PressOp::put(None, "number"),
        PressOp::make(2, None, "list"),
        PressOp::insert((0, 3), None),
    ];
    let chunk = Press::new(&ops).print();
    let mut past = Past::default();
    let walked = walk(&chunk).expect("sound");
    past.add(&walked, &()).expect("sound");
    let document = rehearse(&Automerge::new(), &[&walked]).expect("sound").document;
    (chunk, past, document)
}

#[test]
fn what_contradicts_its_ancestors_passes_the_walk_and_is_refused_by_the_past() {
    let (first, _, document) = ground();
    let second = |ops: &[PressOp], start_op: u64| Press { seq: 2, ..Press::new(ops).after(&first, start_op) };
    // Added change by change, or read from the document when something refers to it: it is one past.
    let judge = |press: &Press| {
        let chunk = press.print();
        let walked = walk(&chunk).expect("alone it looks sound");
        let (mut added, mut read) = (ground().1, Past::of(&document).expect("honest"));
        let verdict = added.check(&walked, &());
        assert_eq!(read.check(&walked, &document), verdict);
        verdict
    };
    let put = || PressOp::put(None, "k");
    assert_eq!(judge(&second(&[put()], 5)), Ok(()));
    assert_eq!(judge(&second(&[put()], 4)), Err(WrongStart.into()), "lower than its past");
    assert_eq!(judge(&second(&[put()], 6)), Err(WrongStart.into()));
    assert_eq!(judge(&Press { seq: 3, ..second(&[put()], 5) }), Err(WrongSequence.into()));
    assert_eq!(judge(&Press { seq: 1, ..second(&[put()], 5) }), Err(WrongSequence.into()));
    assert_eq!(judge(&Press { deps: vec![[5; 32]], ..second(&[put()], 5) }), Err(PastFault::MissingAncestor));
    let bad = |op: PressOp| judge(&second(&[op], 5)) == Err(BadReference.into());
    assert!(bad(put().replacing(&[(0, 2)])), "a predecessor under another key");
    assert!(bad(PressOp::put(Some((0, 2)), "k")), "a number as an object");
    assert!(bad(PressOp::put(Some((0, 3)), "k")), "a key in a list");
    assert!(bad(PressOp::insert((0, 1), None)), "a place in a map");
    assert!(bad(PressOp::insert((0, 3), Some((0, 2)))), "an element that is none");
    let mut stranger = second(&[PressOp::put(Some((1, 1)), "k")], 5);
    stranger.others = vec![vec![9; 16]];
    assert_eq!(judge(&stranger), Err(BadReference.into()), "an object of somebody unknown");
}

#[test]
fn an_element_stands_behind_one_that_was_inserted_into_its_own_list() {
    let lists = [
        PressOp::make(2, None, "list"),
        PressOp::insert((0, 1), None),
        PressOp { insert: false, ..PressOp::insert((0, 1), Some((0, 2))) }.replacing(&[(0, 2)]),
        PressOp::make(2, None, "other"),
        PressOp::insert((0, 4), None),
    ];
    let first = Press::new(&lists).print();
    let within = |behind: u64| {
        let insert = PressOp::insert((0, 1), Some((0, behind)));
        walk(&Press::new(&[lists.as_slice(), &[insert]].concat()).print()).err()
    };
    assert_eq!([2, 3, 5].map(within), [None, Some(BadReference), Some(BadReference)], "in one change");
    let judge = |behind: u64| {
        let mut past = Past::default();
        past.add(&walk(&first).expect("sound"), &()).expect("it stands on nothing");
        let press = Press::new(&[PressOp::insert((0, 1), Some((0, behind)))]).after(&first, 6);
        past.check(&walk(&Press { seq: 2, ..press }.print()).expect("alone it looks sound"), &())
    };
    assert_eq!(judge(2), Ok(()));
    assert_eq!(judge(3), Err(BadReference.into()), "a later value of an element is no element");
    assert_eq!(judge(5), Err(BadReference.into()), "an element of another list");
}

#[test]
fn what_others_wrote_meanwhile_is_no_ancestor_even_where_it_is_at_hand() {
    let (first, mut past, _) = ground();
    let mut other = Press::new(&[PressOp::make(0, None, "theirs")]).after(&first, 5);
    other.actor = vec![0x22; 16];
    past.add(&walk(&other.print()).expect("sound"), &()).expect("sound");
    let mut reaching = Press::new(&[PressOp::put(None, "a"), PressOp::put(Some((1, 5)), "k")]);
    reaching.others = vec![other.actor.clone()];
    reaching.seq = 2;
    let reaching = reaching.after(&first, 5);
    assert_eq!(
        walk(&reaching.print()).expect_err("a counter its ancestors cannot have reached"),
        BadReference
    );
    let mut late = Press::new(&[PressOp::put(Some((1, 5)), "k")]);
    late.others = vec![other.actor.clone()];
    late.seq = 2;
    let late = late.after(&first, 6);
    assert_eq!(past.check(&walk(&late.print()).expect("alone it looks sound"), &()), Err(WrongStart.into()));
    let mut unread = Past::of(&Automerge::new()).expect("nothing");
    assert!(unread.is_empty());
    unread = Past::of(&ground().2).expect("honest");
    let reads = Press { seq: 2, ..Press::new(&[PressOp::put(Some((0, 1)), "k")]).after(&first, 5) };
    let verdict = unread.check(&walk(&reads.print()).expect("sound"), &());
    assert_eq!(verdict, Err(PastFault::Unreadable), "a past that cannot be read says nothing about a change");
    let mut both = late;
    both.deps = Press::new(&[]).after(&other.print(), 0).deps;
    assert_eq!(
        past.check(&walk(&both.print()).expect("sound"), &()),
        Ok(()),
        "with it as an ancestor it stands"
    );
}
