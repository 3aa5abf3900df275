//! Airlock tests: what no honest device writes. Each is printed from a rule it breaks, and stays outside.

use automerge::{Automerge, ReadDoc};
use khettara_core::limits;

use super::super::AirlockFault::{
    self, BadAction, BadActor, BadColumn, BadCounter, BadDependency, BadReference, BadRun, BadText, BadTime,
    BadValue, ConstantActor, Cut, ExtraBytes, NotMinimal, TooDeep, TooLarge, TooMany, WrongSequence,
};
use super::super::{
    Constants, NoHash, Past, Reading, RehearsalFault, Walked, change_hash, is_constant, read, rehearse,
    rehearse_each, walk,
};
use super::ancestors::ground;
use super::press::{Press, PressKey, PressOp, close, number, push_signed};

fn fault(press: &Press) -> AirlockFault {
    walk(&press.print()).expect_err("the walk refuses it")
}

fn three_puts() -> Press {
    Press::new(&[PressOp::put(None, "a"), PressOp::put(None, "b"), PressOp::put(None, "b2")])
}

/// A run of `count` cells with these bytes.
fn run(count: i64, cell: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_signed(&mut out, count);
    out.extend(cell);
    out
}

/// A number with one byte more than it needs.
fn stretched(value: u64) -> Vec<u8> {
    let mut out = number(value);
    *out.last_mut().expect("a number has a byte") |= 0x80;
    out.push(0);
    out
}

#[test]
fn what_the_press_prints_correctly_passes_and_rehearses() {
    let list = (0, 1);
    let ops = [
        PressOp::make(2, None, "list"),
        PressOp::insert(list, None),
        PressOp::insert(list, Some((0, 2))),
        PressOp { key: PressKey::Element(Some(0), 2), ..PressOp::put(Some(list), "") }.replacing(&[(0, 2)]),
        PressOp { key: PressKey::Element(Some(0), 3), ..PressOp::put(Some(list), "") }.deleting(&[(0, 3)]),
        PressOp::make(0, None, "map"),
        PressOp::put(Some((0, 6)), "inside"),
    ];
    for press in [three_puts(), Press::new(&ops), Press::new(&[])] {
        let chunk = press.print();
        let walked = walk(&chunk).expect("nothing is wrong with it");
        Past::default().add(&walked, &()).expect("it stands on nothing");
        rehearse(&Automerge::new(), &[&walked]).expect("automerge agrees");
    }
}

#[test]
fn a_chunk_that_is_not_one_whole_change_has_no_hash() {
    let good = three_puts();
    let chunk = good.print();
    assert!(change_hash(&chunk).is_ok());
    for kind in [0, 2, 3, 4] {
        assert_eq!(change_hash(&close(kind, &good.content())), Err(NoHash));
    }
    for place in [0, 4, 8, 9, chunk.len() - 1] {
        let mut torn = chunk.clone();
        torn[place] ^= 0x40;
        assert_eq!(change_hash(&torn), Err(NoHash), "byte {place}");
    }
    assert_eq!(change_hash(&chunk[..chunk.len() - 1]), Err(NoHash));
    assert_eq!(change_hash(&[&chunk[..], &[0]].concat()), Err(NoHash));
    assert_eq!(change_hash(&[]), Err(NoHash));
    assert_eq!(walk(&[]).expect_err("nothing is no change"), AirlockFault::NoHash);
}

#[test]
fn a_front_that_does_not_parse_is_unreadable_and_one_that_does_is_readable_whatever_follows() {
    let content = three_puts().content();
    let behind_start_op = 1 + 1 + 16 + 1 + 1;
    for kept in 0..behind_start_op {
        let reading = read(&close(1, &content[..kept])).expect("a closed chunk");
        assert!(matches!(reading, Reading::Unreadable(_)), "{kept} bytes");
    }
    let reading = read(&close(1, &content[..behind_start_op])).expect("a closed chunk");
    assert!(matches!(reading, Reading::Readable(header) if header.seq == 1 && header.start_op == 1));
    let zero = Press { start_op: 0, ..three_puts() }.print();
    assert!(matches!(read(&zero), Ok(Reading::Unreadable(_))));
    let far = close(1, &[&number(1 << 60)[..], &content[1..]].concat());
    assert!(matches!(read(&far), Ok(Reading::Unreadable(_))));
    let long_actor = Press { actor: vec![1; 17], ..three_puts() }.print();
    assert!(matches!(read(&long_actor), Ok(Reading::Readable(header)) if header.actor.is_none()));
}

#[test]
fn runs_that_claim_more_than_a_change_may_have_are_refused_before_they_are_read() {
    for count in [4_097, 1_000_000, 10_000_000, i64::MAX] {
        assert_eq!(fault(&three_puts().with_column(0x42, run(count, &[1]))), TooMany);
        assert_eq!(fault(&three_puts().with_column(0x15, run(count, b"\x01a"))), TooMany);
        assert_eq!(fault(&three_puts().with_column(0x34, number(count.unsigned_abs()))), TooMany);
        let nulls = [&[0][..], &number(count.unsigned_abs())].concat();
        assert_eq!(fault(&three_puts().with_column(0x02, nulls)), TooMany);
        assert_eq!(fault(&three_puts().with_column(0x42, run(-count, &[1]))), TooMany);
        let predecessors = run(3, &number(count.unsigned_abs()));
        assert_eq!(
            fault(&three_puts().with_column(0x70, predecessors)),
            if count < 5_000 {
                // 3 × 4,097 predecessors would be allowed, but there are none.
                BadRun
            } else {
                TooMany
            }
        );
    }
    assert_eq!(fault(&three_puts().with_column(0x42, run(i64::MIN, &[1]))), TooMany);
}

#[test]
fn one_long_key_for_thousands_of_operations_is_counted_as_often_as_it_is_used() {
    let rows = limits::CHANGE_OPS_MAX.cast_signed();
    let key = [number(1_000), vec![b'k'; 1_000]].concat();
    let press = three_puts()
        .with_column(0x42, run(rows, &[1]))
        .with_column(0x56, run(rows, &[0]))
        .with_column(0x57, Vec::new())
        .with_column(0x34, number(limits::CHANGE_OPS_MAX))
        .with_column(0x70, run(rows, &[0]))
        .with_column(0x15, run(rows, &key));
    assert!(press.print().len() < 1_200);
    assert_eq!(fault(&press), TooMany);
    let keys_of = |bytes: u64| {
        let press =
            press.clone().with_column(0x56, run(rows, &[0x14])).with_column(0x57, vec![1; rows as usize]);
        let key = [number(bytes), vec![b'k'; bytes as usize]].concat();
        walk(&press.with_column(0x15, run(rows, &key)).print()).err()
    };
    let most = limits::CHANGE_KEY_BYTES_MAX / limits::CHANGE_OPS_MAX;
    assert_eq!([most, most + 1].map(keys_of), [None, Some(TooMany)]);
}

#[test]
fn a_column_spelt_otherwise_than_automerge_spells_it_is_refused() {
    let spelt = |runs: &[&[u8]]| fault(&three_puts().with_column(0x42, runs.concat()));
    assert_eq!(spelt(&[&run(1, &[1]), &run(2, &[1])]), BadRun, "a run of one");
    assert_eq!(spelt(&[&run(2, &[1]), &run(-1, &[1])]), BadRun, "a literal that goes on a run");
    assert_eq!(spelt(&[&run(-1, &[1]), &run(2, &[1])]), BadRun, "a run that goes on a literal");
    assert_eq!(spelt(&[&run(-3, &[1, 1, 1])]), BadRun, "a literal that repeats");
    assert_eq!(spelt(&[&run(-1, &[1]), &run(-2, &[0, 1])]), BadRun, "two literals");
    assert_eq!(spelt(&[&run(3, &[1]), &[0, 1]]), BadRun, "a null where none is allowed");
    assert_eq!(spelt(&[&run(2, &[1])]), TooMany, "a row too few for the other columns");
    assert_eq!(spelt(&[&[0x83, 0x00], &[1]]), NotMinimal, "a stretched count");
    assert_eq!(spelt(&[&run(3, &stretched(1))]), NotMinimal, "a stretched value");
    let with = |specification, bytes: &[u8]| fault(&three_puts().with_column(specification, bytes.to_vec()));
    assert_eq!(with(0x02, &[0, 3]), BadColumn, "a column of nulls, which automerge leaves out");
    assert_eq!(with(0x02, &[0, 1, 0, 2]), BadRun, "two null runs");
    assert_eq!(with(0x34, &[1, 0, 2]), BadRun, "no rows between two runs of truth");
    assert_eq!(with(0x34, &[2]), BadRun, "a row too few");
    for full in [0x42, 0x56, 0x70] {
        assert_eq!(with(full, &[0, 3]), BadRun, "nulls where there are none");
    }
    assert_eq!(with(0x34, &[]), BadRun, "no insert column");
}

#[test]
fn columns_nobody_writes_are_refused() {
    for specification in [0x00, 0x03, 0x4a, 0x5e, 0x5f, 0x94, 0xa5, 0x1_0001, u64::MAX] {
        assert_eq!(fault(&three_puts().with_column(specification, vec![1])), BadColumn, "{specification:x}");
    }
    let mut twice = three_puts();
    twice.columns.push(twice.columns[0].clone());
    assert_eq!(fault(&twice), BadColumn);
    let mut doubled = three_puts();
    doubled.columns.insert(1, doubled.columns[0].clone());
    assert_eq!(fault(&doubled), BadColumn);
    let mut turned = three_puts();
    turned.columns.reverse();
    assert_eq!(fault(&turned), BadColumn);
    let mut empty = three_puts();
    empty.columns.insert(0, (0x01, Vec::new()));
    assert_eq!(fault(&empty), BadColumn);
    assert_eq!(fault(&Press { tail: vec![0], ..three_puts() }), ExtraBytes);
    assert_eq!(fault(&Press::new(&[]).with_column(0x34, vec![1])), BadColumn);
}

#[test]
fn values_have_a_known_kind_the_length_of_their_kind_and_an_end() {
    let value = |kind: u64, bytes: &[u8]| {
        fault(&Press::new(&[PressOp { value: (kind, bytes.to_vec()), ..PressOp::put(None, "k") }]))
    };
    assert_eq!(value(10, &[1]), BadValue);
    assert_eq!(value(15, &[]), BadValue);
    assert_eq!(value(1, &[1]), BadValue);
    assert_eq!(value(5, &[0; 7]), BadValue);
    assert_eq!(value(3, &[1, 1]), BadValue);
    assert_eq!(value(3, &[0x81, 0]), NotMinimal);
    assert_eq!(value(4, &[0xff, 0x7f]), NotMinimal);
    assert_eq!(value(9, &[0x80]), Cut);
    assert_eq!(value(6, &[0xff]), BadText);
    assert_eq!(value(7, &vec![0; 16_385]), BadValue);
    let short = Press::new(&[PressOp::put(None, "k")]).with_column(0x57, vec![]);
    assert_eq!(fault(&short), BadValue);
    let long = Press::new(&[PressOp::put(None, "k")]).with_column(0x57, vec![1, 1]);
    assert_eq!(fault(&long), BadValue);
}

#[test]
fn the_front_keeps_its_limits_and_its_order() {
    let with_deps = |deps: Vec<[u8; 32]>| fault(&Press { deps, ..three_puts() });
    assert_eq!(with_deps((0..65).map(|n| [n; 32]).collect()), TooMany);
    assert_eq!(with_deps(vec![[2; 32], [1; 32]]), BadDependency);
    assert_eq!(with_deps(vec![[1; 32], [1; 32]]), BadDependency);
    assert_eq!(fault(&Press { seq: 0, ..three_puts() }), BadCounter);
    assert_eq!(fault(&Press { seq: 7, ..three_puts() }), WrongSequence);
    for start_op in [limits::CHANGE_OP_COUNTER_MAX - 1, u64::from(u32::MAX), u64::MAX] {
        assert_eq!(fault(&Press { start_op, ..three_puts() }), BadCounter);
    }
    for distance in [1 << 53, i64::MAX, i64::MIN] {
        assert_eq!(fault(&Press { time: distance, ..three_puts() }), BadTime);
    }
    let with_others = |others: Vec<Vec<u8>>| fault(&Press { others, ..three_puts() });
    assert_eq!(with_others(vec![vec![9; 16]]), BadActor, "an actor that nothing refers to");
    assert_eq!(with_others(vec![vec![9; 15]]), BadActor);
    assert_eq!(with_others(vec![vec![9; 16], vec![8; 16]]), BadActor);
    assert_eq!(with_others(vec![vec![0x11; 16]]), BadActor, "its own actor once more");
    assert_eq!(with_others(vec![vec![9; 16]; 65]), TooMany);
    let replacing = |others: Vec<Vec<u8>>| {
        let replaced = [(1, 1), (2, 2)];
        let later = Press {
            start_op: 3,
            deps: vec![[1; 32]],
            ..Press::new(&[PressOp::put(None, "k").replacing(&replaced)])
        };
        walk(&Press { others, ..later }.print()).err()
    };
    assert_eq!(replacing(vec![vec![8; 16], vec![9; 16]]), None, "each is used");
    assert_eq!(replacing(vec![vec![9; 16], vec![8; 16]]), Some(BadActor));
    assert_eq!(replacing(vec![vec![9; 16], vec![9; 16]]), Some(BadActor));
    assert_eq!(replacing(vec![vec![9; 16], vec![0x11; 16]]), Some(BadActor));
    assert_eq!(replacing(vec![vec![0x11; 16], vec![0x12; 16]]), Some(BadActor), "its own, in order");
    assert_eq!(fault(&Press { actor: vec![1; 4], ..three_puts() }), BadActor);
    let large = PressOp { value: (7, vec![0; 16_000]), ..PressOp::put(None, "k") };
    let large: Vec<_> = (0..5).map(|_| large.clone()).collect();
    assert_eq!(fault(&Press::new(&large)), TooLarge);
}

#[test]
fn an_operation_refers_only_to_what_stands_before_it_and_is_of_the_right_kind() {
    let refused = |ops: &[PressOp]| fault(&Press::new(ops));
    let list = PressOp::make(2, None, "list");
    let map = PressOp::make(0, None, "map");
    assert_eq!(refused(&[PressOp::put(None, "k").replacing(&[(0, 1)])]), BadReference, "itself");
    assert_eq!(refused(&[PressOp::put(None, "k").replacing(&[(0, 2)]), list.clone()]), BadReference);
    assert_eq!(refused(&[PressOp::put(Some((3, 1)), "k")]), BadActor, "an actor outside the table");
    assert_eq!(refused(&[PressOp::put(Some((0, 0)), "k")]), BadReference, "counter nought");
    assert_eq!(
        refused(&[PressOp::put(None, "a"), PressOp::put(Some((0, 1)), "k")]),
        BadReference,
        "a number"
    );
    assert_eq!(refused(&[list.clone(), PressOp::put(Some((0, 1)), "k")]), BadReference, "a key in a list");
    assert_eq!(refused(&[map.clone(), PressOp::insert((0, 1), None)]), BadReference, "a place in a map");
    assert_eq!(refused(&[list.clone(), PressOp::insert((0, 1), Some((0, 1)))]), BadReference, "no element");
    assert_eq!(
        refused(&[PressOp::put(None, "a"), PressOp::put(None, "b").replacing(&[(0, 1)])]),
        BadReference
    );
    assert_eq!(refused(&[PressOp::put(None, "a").deleting(&[])]), BadAction, "a deletion of nothing");
    assert_eq!(
        refused(&[PressOp { action: 5, ..PressOp::put(None, "a") }]),
        BadAction,
        "an increment of nothing"
    );
    assert_eq!(refused(&[PressOp { insert: true, ..PressOp::put(None, "a") }]), BadAction);
    let gone = [
        PressOp::put(None, "a"),
        PressOp::put(None, "a").deleting(&[(0, 1)]),
        PressOp::put(None, "a").replacing(&[(0, 2)]),
    ];
    assert_eq!(refused(&gone), BadReference, "a deletion leaves nothing to replace");
    let twice = [PressOp::put(None, "a"), PressOp::put(None, "a").replacing(&[(0, 1), (0, 1)])];
    assert_eq!(refused(&twice), BadReference, "one predecessor twice");
    for action in [6, 7, 8, 48, u64::MAX] {
        assert_eq!(refused(&[PressOp::make(action, None, "a")]), BadAction);
    }
    assert_eq!(refused(&[PressOp { action: 0, ..PressOp::put(None, "a") }]), BadAction, "a map with a value");
}

#[test]
fn no_more_operations_stay_in_the_document_than_the_change_has_bytes() {
    let nothing = PressOp { value: (0, Vec::new()), ..PressOp::put(None, "k") };
    let of = |count: usize| Press::new(&vec![nothing.clone(); count]).print();
    let most = (1..300).rfind(|count| *count <= of(*count).len()).expect("a few are fewer than bytes");
    assert_eq!(of(most).len(), most, "the largest meets it exactly");
    assert!(walk(&of(most)).is_ok());
    assert_eq!(walk(&of(most + 1)).err(), Some(TooMany));
    assert!(walk(&Press::new(&vec![PressOp::put(None, "k"); 300]).print()).is_ok(), "each brings a byte");
}

#[test]
fn a_text_takes_inserted_text_and_deletions_and_nothing_else() {
    let text = (0, 1);
    let letter = || PressOp { value: (6, b"a".to_vec()), ..PressOp::insert(text, None) };
    let there = || PressOp { insert: false, key: PressKey::Element(Some(0), 2), ..letter() };
    let in_text = |op: PressOp| Press::new(&[PressOp::make(4, None, "text"), letter(), op]);
    let behind = PressOp { value: (6, b"b".to_vec()), ..PressOp::insert(text, Some((0, 2))) };
    assert!(walk(&in_text(behind).print()).is_ok());
    assert!(walk(&in_text(there().deleting(&[(0, 2)])).print()).is_ok());
    let wrong = [
        there(),
        there().replacing(&[(0, 2)]),
        PressOp { action: 5, value: (4, vec![1]), ..there().replacing(&[(0, 2)]) },
        PressOp { action: 0, value: (0, Vec::new()), ..there().replacing(&[(0, 2)]) },
        PressOp { action: 0, value: (0, Vec::new()), ..letter() },
        PressOp { value: (4, vec![1]), ..letter() },
    ];
    for op in wrong {
        assert_eq!(fault(&in_text(op.clone())), BadReference);
        let first = Press::new(&[PressOp::make(4, None, "text"), letter()]).print();
        let later = Press { seq: 2, ..Press::new(&[op]).after(&first, 3) }.print();
        let mut past = Past::default();
        past.add(&walk(&first).expect("sound"), &()).expect("it stands on nothing");
        let later = walk(&later).expect("alone nobody sees that it is a text");
        assert_eq!(past.check(&later, &()), Err(BadReference.into()));
    }
}

#[test]
fn a_counter_begins_and_steps_so_far_and_no_further() {
    let most = limits::CHANGE_COUNTER_DISTANCE_MAX;
    let spelt = |value: i64| {
        let mut bytes = Vec::new();
        push_signed(&mut bytes, value);
        bytes
    };
    let counting = |begins: i64, kind: u64, by: Vec<u8>| {
        let begin = PressOp { value: (8, spelt(begins)), ..PressOp::put(None, "k") };
        let step = PressOp { action: 5, value: (kind, by), ..PressOp::put(None, "k") };
        Press::new(&[begin, step.replacing(&[(0, 1)])])
    };
    let (far, near) = (most.cast_signed() + 1, most.cast_signed());
    for (begins, by) in [(near, near), (-near, -near), (0, 0)] {
        assert!(walk(&counting(begins, 4, spelt(by)).print()).is_ok());
        assert!(walk(&counting(begins, 3, number(by.unsigned_abs())).print()).is_ok());
    }
    for (begins, by) in [(far, 0), (-far, 0), (0, far), (0, -far), (i64::MAX, 1), (1, i64::MIN)] {
        assert_eq!(fault(&counting(begins, 4, spelt(by))), BadValue);
    }
    assert_eq!(fault(&counting(0, 3, number(most + 1))), BadValue);
    let plain = PressOp { value: (4, spelt(i64::MIN)), ..PressOp::put(None, "k") };
    assert!(walk(&Press::new(&[plain]).print()).is_ok(), "what is no counter may be any number");
}

#[test]
fn objects_nest_only_so_deep_within_a_change_and_across_changes() {
    let nested = |count: u64| -> Vec<PressOp> {
        (0..count).map(|n| PressOp::make(0, (n > 0).then_some((0, n)), "k")).collect()
    };
    let deepest = u64::from(limits::DOCUMENT_DEPTH_MAX);
    assert_eq!(fault(&Press::new(&nested(deepest + 1))), TooDeep);
    assert_eq!(fault(&Press::new(&nested(2_000))), TooDeep);
    let first = Press::new(&nested(deepest)).print();
    let mut past = Past::default();
    past.add(&walk(&first).expect("just deep enough"), &()).expect("it stands on nothing");
    let mut below = Press::new(&[PressOp::make(0, Some((0, deepest)), "k")]).after(&first, deepest + 1);
    below.seq = 2;
    assert_eq!(past.check(&walk(&below.print()).expect("alone it looks sound"), &()), Err(TooDeep.into()));
}

/// A change that passes the walk alone and whose object is not in the document at hand.
fn dangling(first: &[u8]) -> Vec<u8> {
    let mut press = Press::new(&[PressOp::put(Some((1, 1)), "k")]).after(first, 5);
    press.others = vec![vec![9; 16]];
    press.seq = 2;
    press.print()
}

#[test]
fn a_rehearsal_that_breaks_leaves_the_document_untouched_and_its_neighbours_go_on() {
    let (first, _, document) = ground();
    let before = (document.get_heads(), document.save());
    let bad = dangling(&first);
    let good =
        Press { actor: vec![0x33; 16], ..Press::new(&[PressOp::put(None, "x")]).after(&first, 5) }.print();
    let on_bad = {
        let mut press = Press::new(&[PressOp::put(None, "y")]).after(&bad, 6);
        press.seq = 3;
        press.print()
    };
    let changes = [&bad, &on_bad, &good].map(|chunk| walk(chunk).expect("alone they look sound"));
    let all: Vec<&Walked<'_>> = changes.iter().collect();
    assert!(rehearse(&document, &all).is_err());
    let each = rehearse_each(&document, &all);
    assert!(each.results[0].is_err());
    assert_eq!(each.results[1], Err(RehearsalFault::MissingAncestor));
    assert_eq!(each.results[2], Ok(()));
    let adopted = each.adopted.expect("the good one");
    assert_eq!(
        adopted.document.get_heads(),
        vec![automerge::ChangeHash(*change_hash(&good).expect("whole").as_bytes())]
    );
    assert!(adopted.document.get(automerge::ROOT, "x").is_ok_and(|found| found.is_some()));
    assert_eq!((document.get_heads(), document.save()), before);
    let alone = rehearse_each(&document, &all[..1]);
    assert!(alone.adopted.is_none());
}

#[test]
fn a_change_already_there_is_no_failure_and_an_orphan_is_never_queued() {
    let (first, _, document) = ground();
    let again = walk(&first).expect("sound");
    let rehearsed = rehearse(&document, &[&again, &again]).expect("nothing happens");
    assert_eq!(rehearsed.document.get_heads(), document.get_heads());
    let orphan = Press::new(&[PressOp::put(None, "k")]).after(&first, 5);
    let orphan = Press { actor: vec![0x44; 16], ..orphan }.print();
    let orphan = walk(&orphan).expect("alone it looks sound");
    assert_eq!(
        rehearse(&Automerge::new(), &[&orphan]).expect_err("its ancestor is missing"),
        RehearsalFault::MissingAncestor
    );
}

#[test]
fn the_actor_of_a_constant_signs_nothing_but_the_constant() {
    let genesis = three_puts().print();
    let mut constants = Constants::default();
    constants.add(&walk(&genesis).expect("a constant passes the walk"));
    assert!(is_constant(&change_hash(&genesis).expect("whole"), &constants));
    assert_eq!(constants.check(&walk(&genesis).expect("sound")), Ok(()));
    let mut borrowed = Press::new(&[PressOp::put(None, "k")]).after(&genesis, 4);
    borrowed.seq = 2;
    let borrowed = borrowed.print();
    assert_eq!(constants.check(&walk(&borrowed).expect("sound")), Err(ConstantActor));
    assert!(!is_constant(&change_hash(&borrowed).expect("whole"), &constants));
}

#[test]
fn the_numbers_of_faults_never_move() {
    assert_eq!((AirlockFault::NoHash.number(), BadRun.number(), BadTime.number()), (1, 11, 20));
}
