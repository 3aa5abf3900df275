//! Airlock tests: several tablets edit one document at random and meet now and then.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, AutoCommit, Automerge, AutomergeError, Change, ObjId, ObjType, Prop, ROOT, ReadDoc, ScalarValue,
    Value,
};

use super::dice::Dice;

const KEYS: [&str; 9] =
    ["name", "visits", "needs", "الاسم", "ⵉⵙⵎ", "note", "k", "", "a-rather-long-key-in-a-map"];
const TEXTS: [&str; 6] = ["", "x", "عائلة من ستة أفراد", "ⵜⴰⵡⵊⴰ", "two rooms, no water 🚰", "aaaaaaaaaaaa"];

fn scalar(dice: &mut Dice) -> ScalarValue {
    let n = dice.next();
    match dice.below(11) {
        0 => ScalarValue::Null,
        1 => true.into(),
        2 => false.into(),
        3 => ScalarValue::Uint(n >> dice.below(64)),
        4 => ScalarValue::Int(n.cast_signed() >> dice.below(64)),
        5 => ScalarValue::F64(f64::from_bits(n)),
        6 => ScalarValue::Str((*dice.pick(&TEXTS)).into()),
        7 => ScalarValue::Bytes(n.to_le_bytes()[..dice.below(9)].to_vec()),
        8 => ScalarValue::Timestamp((n >> 20).cast_signed()),
        9 => ScalarValue::counter((n >> 40).cast_signed()),
        _ => ScalarValue::Int((n % 200).cast_signed() - 100),
    }
}

fn kind(dice: &mut Dice) -> ObjType {
    *dice.pick(&[ObjType::Map, ObjType::List, ObjType::Text])
}

/// Goes down a few random steps from the root.
fn somewhere(doc: &AutoCommit, dice: &mut Dice) -> (ObjId, ObjType, usize) {
    let mut depth = 0;
    let mut here = (ROOT, ObjType::Map);
    for _ in 0..dice.below(20) {
        let inside: Vec<(ObjId, ObjType)> = match here.1 {
            ObjType::Map | ObjType::Table => doc
                .map_range(&here.0, ..)
                .filter_map(|item| match item.value.clone().into_value() {
                    Value::Object(kind) => Some((item.id(), kind)),
                    Value::Scalar(_) => None,
                })
                .collect(),
            ObjType::List => (0..doc.length(&here.0))
                .filter_map(|index| match doc.get(&here.0, index) {
                    Ok(Some((Value::Object(kind), id))) => Some((id, kind)),
                    _ => None,
                })
                .collect(),
            ObjType::Text => Vec::new(),
        };
        if inside.is_empty() {
            break;
        }
        here = dice.pick(&inside).clone();
        depth += 1;
    }
    (here.0, here.1, depth)
}

/// One random edit. automerge refuses some (an increment of a text, say); a refused edit writes nothing.
fn edit(doc: &mut AutoCommit, dice: &mut Dice) {
    let (object, object_kind, depth) = somewhere(doc, dice);
    let length = doc.length(&object);
    let prop: Prop =
        if object_kind == ObjType::Map { (*dice.pick(&KEYS)).into() } else { dice.below(length + 1).into() };
    let deep = depth >= 15;
    let done = match (dice.below(10), object_kind) {
        (0..=2, ObjType::Text) => {
            let at = dice.below(length + 1);
            let gone = dice.below(length - at + 1).min(3).cast_signed();
            doc.splice_text(&object, at, gone, dice.pick::<&str>(&TEXTS))
        }
        (0..=2, ObjType::Map) if !deep => doc.put_object(&object, prop, kind(dice)).map(|_| ()),
        (0..=2, ObjType::List) if !deep => {
            let at = dice.below(length + 1);
            doc.insert_object(&object, at, kind(dice)).map(|_| ())
        }
        (3, ObjType::List) => doc.insert(&object, dice.below(length + 1), scalar(dice)),
        (4 | 5, _) => doc.delete(&object, prop),
        (6, _) => doc.increment(&object, prop, (dice.next() % 9).cast_signed() - 4),
        (7, ObjType::Map) => retell(doc, &object, prop, dice),
        _ if object_kind == ObjType::Text => Ok(()),
        _ => doc.put(&object, prop, scalar(dice)),
    };
    drop(done);
}

/// A second way to write a text: by comparing it with what stands there.
fn retell(doc: &mut AutoCommit, object: &ObjId, prop: Prop, dice: &mut Dice) -> Result<(), AutomergeError> {
    match doc.get(object, prop.clone())? {
        Some((Value::Object(ObjType::Text), text)) => doc.update_text(&text, *dice.pick(&TEXTS)),
        _ => doc.put(object, prop, scalar(dice)),
    }
}

/// The changes of a province's worth of editing in one document, in an order that respects ancestry.
pub(crate) fn edited(seed: u64, rounds: usize) -> (Automerge, Vec<Change>) {
    let mut dice = Dice(seed);
    let mut tablets: Vec<AutoCommit> = (0..4).map(|_| AutoCommit::new()).collect();
    for round in 0..rounds {
        let one = dice.below(tablets.len());
        if dice.below(12) == 0 || round < 4 {
            let fresh: [u8; 16] = std::array::from_fn(|_| dice.next().to_le_bytes()[0]);
            tablets[one].set_actor(ActorId::from(fresh));
        }
        for _ in 0..=dice.below(8) {
            edit(&mut tablets[one], &mut dice);
        }
        let mut options =
            CommitOptions::default().with_time((dice.next() >> (12 + dice.below(50))).cast_signed());
        if dice.below(3) == 0 {
            options.set_message(*dice.pick(&TEXTS));
        }
        if dice.below(25) == 0 {
            tablets[one].empty_change(options);
        } else {
            tablets[one].commit_with(options);
        }
        if dice.below(3) == 0 {
            let mut other = tablets[dice.below(4)].fork();
            tablets[one].merge(&mut other).expect("honest documents merge");
        }
    }
    let mut whole = AutoCommit::new();
    for tablet in &mut tablets {
        whole.merge(tablet).expect("honest documents merge");
    }
    let changes = whole.get_changes(&[]);
    (whole.document().clone(), changes)
}
