//! Rules that a hostile change breaks in what it says: its place in the history, what it refers to, what it does.

use crate::dice::Dice;
use crate::ground::{Id, Kind, Laid, Place};
use crate::press::{number, push_signed};
use crate::sketch::{DELETE, INCREMENT, MAKE_LIST, MAKE_MAP, SET, Sketch, Stand, Stroke};
use crate::strange::{View, key};

/// Breaks a rule; false where there is nothing here to break it on.
pub(crate) type Break = fn(&Stand<'_>, &mut Sketch, &mut Dice) -> bool;

/// Two changes under one number: each is sound by its ancestors, and a document takes one of them. Whose it is, the log
/// says, which the airlock does not see.
pub(crate) const TWICE: &str = "an author's number taken twice";

/// Every rule of this kind, by name.
pub(crate) const RULES: [(&str, Break); 38] = [
    (TWICE, |stand, sketch, dice| {
        let changes = stand.ground.changes.iter().zip(&stand.ancestors);
        let beside: Vec<_> = changes.filter(|(_, is_in)| !**is_in).map(|(change, _)| change).collect();
        let behind = |actor: &[u8; 16]| {
            let changes = stand.ground.changes.iter().zip(&stand.ancestors).filter(|(_, is_in)| **is_in);
            changes
                .filter(|(change, _)| change.actor == *actor)
                .map(|(change, _)| change.seq)
                .max()
                .unwrap_or(0)
        };
        let taken: Vec<_> =
            beside.into_iter().filter(|change| change.seq == behind(&change.actor) + 1).collect();
        if taken.is_empty() {
            return false;
        }
        let change = *dice.pick(&taken);
        (sketch.actor, sketch.seq) = (change.actor, change.seq);
        sketch.strokes = vec![plain()];
        true
    }),
    ("seq skips", |_, sketch, dice| {
        sketch.seq = sketch.seq.wrapping_add(1 + dice.below(9) as u64);
        true
    }),
    ("seq again", |_, sketch, _| {
        sketch.seq = sketch.seq.wrapping_sub(1);
        true
    }),
    ("seq far", |_, sketch, dice| {
        sketch.seq = u64::MAX >> dice.below(60);
        sketch.seq > 2
    }),
    ("start too low", |_, sketch, dice| {
        sketch.start_op = dice.next() % sketch.start_op.max(1);
        true
    }),
    ("start too high", |_, sketch, dice| {
        sketch.start_op = sketch.start_op.wrapping_add(1 + (dice.next() >> (1 + dice.below(63))));
        true
    }),
    ("a dependency nobody has", |_, sketch, dice| {
        sketch.deps.push(std::array::from_fn(|_| dice.next().to_le_bytes()[0]));
        sketch.deps.sort_unstable();
        true
    }),
    ("dependencies out of order or twice", |_, sketch, dice| {
        let Some(last) = sketch.deps.last().copied() else { return false };
        let at = dice.below(sketch.deps.len());
        sketch.deps.insert(at, last);
        true
    }),
    ("too many dependencies", |_, sketch, _| {
        sketch.deps = (0..65).map(|place| [place; 32]).collect();
        true
    }),
    ("on nothing, by somebody who wrote", |_, sketch, _| {
        let wrote = sketch.seq > 1 && !sketch.deps.is_empty();
        sketch.deps.clear();
        wrote
    }),
    ("a constant's name", |_, sketch, dice| {
        let constants = khettara_records::model::constants();
        sketch.actor = khettara_records::model::constant_actor(dice.pick(constants).number).0;
        sketch.seq = 1;
        true
    }),
    ("time further than any clock", |_, sketch, dice| {
        sketch.time = [i64::MAX, i64::MIN, (1 << 52) + 1, -(1 << 52) - 1, 1 << 60][dice.below(5)];
        true
    }),
    ("a message too long", |_, sketch, _| {
        sketch.message = vec![b'm'; 16_385];
        true
    }),
    ("a message that is no text", |_, sketch, _| {
        sketch.message = vec![b'm', 0xff];
        true
    }),
    ("a predecessor nobody wrote", |stand, sketch, dice| {
        on_a_value(stand, sketch, dice, |_, dice| Some(stranger(dice)))
    }),
    ("a predecessor of an author who did not write it", |stand, sketch, dice| {
        on_a_value(stand, sketch, dice, |known, dice| {
            let (from, to) = (*dice.pick(known), *dice.pick(known));
            let mixed = (from.id.0, to.id.1);
            known.iter().all(|laid| laid.id != mixed).then_some(mixed)
        })
    }),
    ("itself as a predecessor", |_, sketch, dice| {
        let own = sketch.next();
        push(sketch, None, key(dice), &[own]);
        true
    }),
    ("a later stroke as a predecessor", |_, sketch, dice| {
        let own = sketch.next();
        push(sketch, None, key(dice), &[(own.0.wrapping_add(1), own.1)]);
        true
    }),
    ("a predecessor that stands elsewhere", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand.behind().filter(|laid| laid.kind != Kind::Nothing).collect();
        if known.is_empty() {
            return false;
        }
        let there = dice.pick(&known).id;
        push(sketch, None, "a key that nobody has".into(), &[there]);
        true
    }),
    ("a deletion as a predecessor", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand.behind().filter(|laid| laid.kind == Kind::Nothing).collect();
        on(sketch, dice, &known, |laid| vec![laid.id])
    }),
    ("a predecessor that was written meanwhile", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand.beside().filter(|laid| laid.kind != Kind::Nothing).collect();
        on(sketch, dice, &known, |laid| vec![laid.id])
    }),
    ("an object nobody made", |_, sketch, dice| {
        push(sketch, Some(stranger(dice)), key(dice), &[]);
        true
    }),
    ("a value as an object", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand
            .behind()
            .filter(|laid| matches!(laid.kind, Kind::Value | Kind::Counter | Kind::Nothing))
            .collect();
        known.is_empty().then_some(()).is_none() && {
            let there = dice.pick(&known).id;
            push(sketch, Some(there), key(dice), &[]);
            true
        }
    }),
    ("an object that was made meanwhile", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand.beside().filter(|laid| laid.kind == Kind::Map).collect();
        !known.is_empty() && {
            let there = dice.pick(&known).id;
            push(sketch, Some(there), key(dice), &[]);
            true
        }
    }),
    ("a stroke as its own object", |_, sketch, dice| {
        let own = sketch.next();
        push(sketch, Some(own), key(dice), &[]);
        true
    }),
    ("a key in a list", |stand, sketch, dice| {
        let list = list(stand, sketch, dice);
        push(sketch, Some(list), key(dice), &[]);
        true
    }),
    ("a place in a map", |stand, sketch, dice| {
        let view = View::of(stand, sketch);
        let object = dice.pick(&view.maps).0;
        sketch.strokes.push(Stroke { object, place: Place::Head, insert: true, ..plain() });
        true
    }),
    ("a value, an object or an increment in a text", |stand, sketch, dice| {
        let view = View::of(stand, sketch);
        let Some((text, _)) = view.texts.get(dice.below(view.texts.len().max(1))).copied() else {
            return false;
        };
        let element = view.elements.iter().find(|(_, of)| *of == text).map(|(element, _)| *element);
        let insert = Stroke { object: Some(text), place: Place::Head, insert: true, ..plain() };
        let Some(element) = element.filter(|_| dice.below(3) > 0) else {
            let value = if dice.below(2) == 0 { (MAKE_MAP, (0, Vec::new())) } else { (SET, (4, vec![1])) };
            sketch.strokes.push(Stroke { action: value.0, value: value.1, ..insert });
            return true;
        };
        let there = Stroke { place: Place::Element(element), insert: false, ..insert };
        sketch.strokes.push(match dice.below(4) {
            0 => Stroke { value: (6, b"a".to_vec()), ..there },
            1 => Stroke { value: (6, b"a".to_vec()), predecessors: vec![element], ..there },
            2 => Stroke { action: INCREMENT, predecessors: vec![element], ..there },
            _ => Stroke { action: MAKE_LIST, value: (0, Vec::new()), predecessors: vec![element], ..there },
        });
        true
    }),
    ("an element nobody inserted", |stand, sketch, dice| {
        let list = list(stand, sketch, dice);
        let (element, insert) = ([stranger(dice), list][dice.below(2)], dice.below(2) == 0);
        sketch.strokes.push(Stroke { object: Some(list), place: Place::Element(element), insert, ..plain() });
        true
    }),
    ("another list's element", |stand, sketch, dice| {
        let Some((element, _)) = View::of(stand, sketch).elements.first().copied() else { return false };
        let list = list(stand, sketch, dice);
        let view = View::of(stand, sketch);
        let elsewhere = !view.elements.contains(&(element, list));
        sketch.strokes.push(Stroke {
            object: Some(list),
            place: Place::Element(element),
            insert: true,
            ..plain()
        });
        elsewhere
    }),
    ("an element that was inserted meanwhile", |stand, sketch, dice| {
        let known: Vec<&Laid> = stand.beside().filter(|laid| laid.insert).collect();
        !known.is_empty() && {
            let beside = *dice.pick(&known);
            let place = Place::Element(beside.id);
            sketch.strokes.push(Stroke { object: beside.object, place, insert: true, ..plain() });
            true
        }
    }),
    ("an action nobody knows", |_, sketch, dice| {
        let action = [6, 7, 8, 9, 48, u64::MAX][dice.below(6)];
        let value = if action == 7 { (1, Vec::new()) } else { (0, Vec::new()) };
        sketch.strokes.push(Stroke { action, value, ..plain() });
        true
    }),
    ("a deletion or an increment of nothing", |stand, sketch, dice| {
        let action = [DELETE, INCREMENT][dice.below(2)];
        let value = if action == DELETE { (0, Vec::new()) } else { (4, vec![1]) };
        let view = View::of(stand, sketch);
        let Some(((object, place), _)) = view.values.iter().nth(dice.below(view.values.len().max(1))) else {
            return false;
        };
        sketch.strokes.push(Stroke { object: *object, place: place.clone(), action, value, ..plain() });
        true
    }),
    ("parts that do not go together", |stand, sketch, dice| {
        let list = list(stand, sketch, dice);
        let own = (sketch.next().0.wrapping_sub(1), sketch.actor);
        let wrong = [
            Stroke { insert: true, ..plain() },
            Stroke { place: Place::Head, object: Some(list), ..plain() },
            Stroke { place: Place::Head, insert: true, ..plain() },
            Stroke { action: MAKE_MAP, value: (4, vec![1]), ..plain() },
            Stroke {
                object: Some(list),
                place: Place::Head,
                insert: true,
                predecessors: vec![own],
                ..plain()
            },
            Stroke { action: INCREMENT, value: (6, b"a".to_vec()), predecessors: vec![own], ..plain() },
        ];
        sketch.strokes.push(dice.pick(&wrong).clone());
        true
    }),
    ("more strokes than bytes", |_, sketch, dice| {
        sketch.strokes = vec![Stroke { value: (0, Vec::new()), ..plain() }; 2_000 + dice.below(2_000)];
        true
    }),
    ("a counter that begins or steps too far", |_, sketch, dice| {
        let own = sketch.next();
        let far = [(1 << 38) + 1, -(1 << 38) - 1, i64::MAX, i64::MIN][dice.below(4)];
        let mut bytes = Vec::new();
        push_signed(&mut bytes, far);
        if dice.below(2) == 0 {
            sketch.strokes.push(Stroke { value: (8, bytes), ..plain() });
            return true;
        }
        sketch.strokes.push(Stroke { value: (8, vec![0]), ..plain() });
        let by = if dice.below(2) == 0 { (4, bytes) } else { (3, number(far.unsigned_abs())) };
        sketch.strokes.push(Stroke { action: INCREMENT, value: by, predecessors: vec![own], ..plain() });
        true
    }),
    ("nested too deep", |stand, sketch, dice| {
        let view = View::of(stand, sketch);
        let (mut object, depth) = *dice.pick(&view.maps);
        for _ in depth..17 + dice.below(3) * dice.below(900) {
            let made = sketch.next();
            sketch.strokes.push(Stroke { object, action: MAKE_MAP, value: (0, Vec::new()), ..plain() });
            object = Some(made);
        }
        true
    }),
    ("a value of no known kind or of another length", |_, sketch, dice| {
        let wrong: [(u64, &[u8]); 11] = [
            (10, &[1]),
            (15, &[]),
            (0, &[1]),
            (2, &[0]),
            (5, &[0; 7]),
            (3, &[0x81, 0]),
            (4, &[0xff, 0x7f]),
            (9, &[0x80]),
            (8, &[1, 1]),
            (6, &[0xc3, 0x28]),
            (7, &[7; 16_385]),
        ];
        let (kind, bytes) = *dice.pick(&wrong);
        sketch.strokes.push(Stroke { value: (kind, bytes.to_vec()), ..plain() });
        true
    }),
];

/// A small value under a key of the root.
pub(crate) fn plain() -> Stroke {
    Stroke {
        object: None,
        place: Place::Text("k".into()),
        insert: false,
        action: SET,
        value: (4, vec![1]),
        predecessors: Vec::new(),
    }
}

fn push(sketch: &mut Sketch, object: Option<Id>, key: String, predecessors: &[Id]) {
    let predecessors = predecessors.to_vec();
    sketch.strokes.push(Stroke { object, place: Place::Text(key), predecessors, ..plain() });
}

/// An id of somebody who wrote nothing.
fn stranger(dice: &mut Dice) -> Id {
    (1 + dice.next() % 9, std::array::from_fn(|_| dice.next().to_le_bytes()[0]))
}

/// A new list of the change's own.
fn list(_: &Stand<'_>, sketch: &mut Sketch, dice: &mut Dice) -> Id {
    let made = sketch.next();
    let place = Place::Text(key(dice));
    sketch.strokes.push(Stroke { place, action: MAKE_LIST, value: (0, Vec::new()), ..plain() });
    made
}

/// A stroke where one of these stands, with the predecessors that are said.
fn on(sketch: &mut Sketch, dice: &mut Dice, known: &[&Laid], said: impl FnOnce(&Laid) -> Vec<Id>) -> bool {
    if known.is_empty() {
        return false;
    }
    let there = *dice.pick(known);
    let place = if there.insert { Place::Element(there.id) } else { there.place.clone() };
    sketch.strokes.push(Stroke { object: there.object, place, predecessors: said(there), ..plain() });
    true
}

fn on_a_value(
    stand: &Stand<'_>,
    sketch: &mut Sketch,
    dice: &mut Dice,
    wrong: fn(&[&Laid], &mut Dice) -> Option<Id>,
) -> bool {
    let known: Vec<&Laid> = stand.behind().filter(|laid| laid.kind != Kind::Nothing).collect();
    if known.is_empty() {
        return false;
    }
    let Some(id) = wrong(&known, dice) else { return false };
    on(sketch, dice, &known, |laid| {
        let mut both = vec![laid.id, id];
        both.sort_unstable();
        both
    })
}
