//! Strange changes: sound by every rule, and such as no form writes. They must come in, and go out as they came.

use std::collections::{BTreeMap, BTreeSet};

use crate::dice::Dice;
use crate::ground::{Id, Kind, Laid, Place};
use crate::press::{number, push_signed};
use crate::sketch::{DELETE, INCREMENT, MAKE_LIST, MAKE_MAP, MAKE_TEXT, SET, Sketch, Stand, Stroke};

/// How deep a document may be.
const DEPTH_MAX: usize = 16;

/// An object, the root being none, and a place in it.
pub(crate) type Spot = (Option<Id>, Place);

/// What can be referred to from a stand, ancestors and the sketch itself.
pub(crate) struct View {
    /// Objects that hold keys, the root first; and those that hold elements. With their depth.
    pub(crate) maps: Vec<(Option<Id>, usize)>,
    pub(crate) lists: Vec<(Id, usize)>,
    pub(crate) texts: Vec<(Id, usize)>,
    /// Elements and the sequence they stand in.
    pub(crate) elements: Vec<(Id, Id)>,
    /// Operations that leave something, by where they stand.
    pub(crate) values: BTreeMap<Spot, Vec<(Id, Kind)>>,
}

impl View {
    pub(crate) fn of(stand: &Stand<'_>, sketch: &Sketch) -> Self {
        let own = sketch.laid();
        let mut view = Self {
            maps: vec![(None, 0)],
            lists: Vec::new(),
            texts: Vec::new(),
            elements: Vec::new(),
            values: BTreeMap::new(),
        };
        let mut depths: BTreeMap<Id, usize> = BTreeMap::new();
        // Ids grow along every chain of references.
        let mut all: Vec<&Laid> = stand.behind().chain(&own).collect();
        all.sort_by_key(|laid| laid.id);
        for laid in all {
            view.add(laid, &mut depths);
        }
        view
    }

    fn add(&mut self, laid: &Laid, depths: &mut BTreeMap<Id, usize>) {
        // What stands in nothing was broken by a rule before: nothing more is built on it.
        let Some(depth) = laid.object.map_or(Some(0), |object| depths.get(&object).copied()) else { return };
        let depth = depth + 1;
        depths.insert(laid.id, depth);
        match laid.kind {
            Kind::Map => self.maps.push((Some(laid.id), depth)),
            Kind::List => self.lists.push((laid.id, depth)),
            Kind::Text => self.texts.push((laid.id, depth)),
            _ => {}
        }
        let place = if laid.insert { Place::Element(laid.id) } else { laid.place.clone() };
        if let (true, Some(object)) = (laid.insert, laid.object) {
            self.elements.push((laid.id, object));
        }
        if laid.kind != Kind::Nothing {
            self.values.entry((laid.object, place)).or_default().push((laid.id, laid.kind));
        }
    }
}

const KEYS: [&str; 12] =
    ["name", "note", "", "k", "الاسم", "ⵉⵙⵎ", "e\u{301}", "\u{e9}", "\0", "\u{10ffff}", "0", "visits"];

pub(crate) fn key(dice: &mut Dice) -> String {
    match dice.below(40) {
        0 => "x".repeat(1 + dice.below(3_000)),
        1 => format!("{}", dice.next()),
        2 => "\u{feff}ⵜ".repeat(1 + dice.below(40)),
        _ => (*dice.pick(&KEYS)).to_owned(),
    }
}

fn signed(value: i64) -> Vec<u8> {
    let mut out = Vec::new();
    push_signed(&mut out, value);
    out
}

const EDGES: [i64; 10] = [0, 1, -1, 63, 64, -64, -65, i64::MAX, i64::MIN, 1 << 52];

fn whole(dice: &mut Dice) -> i64 {
    if dice.below(2) == 0 { *dice.pick(&EDGES) } else { dice.next().cast_signed() >> dice.below(63) }
}

/// How far a counter may begin or step.
fn step(dice: &mut Dice) -> i64 {
    let edge = 1i64 << 38;
    [edge, -edge, 1, -1, 0, whole(dice) % edge][dice.below(6)]
}

/// A value of any kind, at its edges as often as not.
pub(crate) fn value(dice: &mut Dice) -> (u64, Vec<u8>) {
    match dice.below(12) {
        kind @ 0..=2 => (kind as u64, Vec::new()),
        3 => (3, number(whole(dice).cast_unsigned())),
        4 => (4, signed(whole(dice))),
        5 => {
            (5, [f64::NAN, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE][dice.below(4)].to_le_bytes().to_vec())
        }
        6 => (5, dice.next().to_le_bytes().to_vec()),
        7 => (6, "خطّارة e\u{301}👨‍👩‍👧".repeat(dice.below(4)).into_bytes()),
        8 => (6, vec![b'a'; [0, 1, 300, 16_384][dice.below(4)]]),
        9 => (7, vec![0xff; [0, 1, 127, 128, 16_384][dice.below(5)]]),
        10 => (8, signed(step(dice))),
        _ => (9, signed(whole(dice))),
    }
}

/// A sound change of one to a dozen strange strokes; seldom of thousands.
pub(crate) fn strange(stand: &Stand<'_>, dice: &mut Dice) -> Sketch {
    let mut sketch = stand.sketch();
    sketch.time = match dice.below(4) {
        0 => [1 << 52, -(1 << 52), -1][dice.below(3)],
        _ => (dice.next() >> 24).cast_signed(),
    };
    if dice.below(8) == 0 {
        sketch.message = ["", "m", "رسالة"][dice.below(3)].repeat(1 + dice.below(50)).into_bytes();
    }
    let count = if dice.below(30) == 0 { 0 } else { 1 + dice.below(8) };
    let mut view = View::of(stand, &sketch);
    for _ in 0..count {
        let id = sketch.next();
        let stroke = stroke(&view, dice);
        sketch.strokes.push(stroke);
        let laid = sketch.laid().pop();
        let mut depths: BTreeMap<Id, usize> =
            view.maps.iter().filter_map(|(map, depth)| Some(((*map)?, *depth))).collect();
        depths.extend(view.lists.iter().chain(&view.texts).copied());
        laid.iter().for_each(|laid| view.add(laid, &mut depths));
        debug_assert_eq!(laid.map(|laid| laid.id), Some(id));
    }
    if dice.below(150) == 0 {
        crowd(&mut sketch, dice);
    }
    sketch
}

/// Thousands of strokes: at the head of a list, one behind the other, or in one map.
fn crowd(sketch: &mut Sketch, dice: &mut Dice) {
    let room = 4_096 - sketch.strokes.len();
    let list = sketch.next();
    let make = Stroke {
        object: None,
        place: Place::Text(key(dice)),
        insert: false,
        action: [MAKE_LIST, MAKE_TEXT, MAKE_MAP][dice.below(3)],
        value: (0, Vec::new()),
        predecessors: Vec::new(),
    };
    let (is_map, at_head) = (make.action == MAKE_MAP, dice.below(2) == 0);
    let same = make.action == MAKE_TEXT || dice.below(2) == 0;
    sketch.strokes.push(make);
    for place in 0..dice.below(room - 1) {
        let last = (list.0 + place as u64, list.1);
        let (place, insert) = match (is_map, at_head) {
            (true, true) => (Place::Text(format!("{place}")), false),
            (true, false) => (Place::Text("same".into()), false),
            (false, true) => (Place::Head, true),
            (false, false) if last == list => (Place::Head, true),
            (false, false) => (Place::Element(last), true),
        };
        let value = if same { (6, b"a".to_vec()) } else { (3, number(dice.next() >> 57)) };
        sketch.strokes.push(Stroke {
            object: Some(list),
            place,
            insert,
            action: SET,
            value,
            predecessors: Vec::new(),
        });
    }
}

/// One stroke that the rules allow.
fn stroke(view: &View, dice: &mut Dice) -> Stroke {
    let set = Stroke {
        object: None,
        place: Place::Text(key(dice)),
        insert: false,
        action: SET,
        value: value(dice),
        predecessors: Vec::new(),
    };
    let make = |stroke: Stroke, dice: &mut Dice| Stroke {
        action: [MAKE_MAP, MAKE_LIST, MAKE_TEXT][dice.below(3)],
        value: (0, Vec::new()),
        ..stroke
    };
    match dice.below(10) {
        0 => {
            let (object, depth) = *dice.pick(&view.maps);
            let stroke = Stroke { object, ..set };
            if depth < DEPTH_MAX && dice.below(2) == 0 { make(stroke, dice) } else { stroke }
        }
        1 | 2 if !view.lists.is_empty() => {
            let (object, depth) = *dice.pick(&view.lists);
            let stroke =
                Stroke { object: Some(object), place: somewhere(view, object, dice), insert: true, ..set };
            if depth < DEPTH_MAX && dice.below(4) == 0 { make(stroke, dice) } else { stroke }
        }
        3 if !view.texts.is_empty() => {
            let object = dice.pick(&view.texts).0;
            let text = (6, ["", "a", "خ", "👨‍👩‍👧", "e\u{301}", "two words"][dice.below(6)].as_bytes().to_vec());
            Stroke {
                object: Some(object),
                place: somewhere(view, object, dice),
                insert: true,
                value: text,
                ..set
            }
        }
        4..=8 if !view.values.is_empty() => replacing(view, set, dice),
        _ => Stroke { object: dice.pick(&view.maps).0, ..set },
    }
}

/// A place in a list or text to insert behind.
fn somewhere(view: &View, object: Id, dice: &mut Dice) -> Place {
    let elements: Vec<Id> =
        view.elements.iter().filter(|(_, of)| *of == object).map(|(element, _)| *element).collect();
    if elements.is_empty() || dice.below(4) == 0 {
        Place::Head
    } else {
        Place::Element(*dice.pick(&elements))
    }
}

/// A stroke where something stands: with all, some or none of what stands there as predecessors.
fn replacing(view: &View, set: Stroke, dice: &mut Dice) -> Stroke {
    let ((object, place), standing) =
        view.values.iter().nth(dice.below(view.values.len())).unwrap_or_else(|| unreachable!());
    let counters = standing.iter().any(|(_, kind)| *kind == Kind::Counter);
    let some: BTreeSet<Id> = match dice.below(3) {
        0 => standing.iter().map(|(id, _)| *id).collect(),
        1 => standing.iter().filter(|_| dice.below(2) == 0).map(|(id, _)| *id).collect(),
        _ => standing.iter().rev().take(1).map(|(id, _)| *id).collect(),
    };
    let stroke = Stroke { object: *object, place: place.clone(), ..set };
    let ends = Stroke { predecessors: some.iter().copied().collect(), ..stroke.clone() };
    let in_text = view.texts.iter().any(|(text, _)| Some(*text) == *object);
    match if in_text { 0 } else { dice.below(if counters { 8 } else { 5 }) } {
        _ if in_text && some.is_empty() => {
            Stroke { predecessors: vec![standing[0].0], action: DELETE, value: (0, Vec::new()), ..stroke }
        }
        0 | 1 if !some.is_empty() => Stroke { action: DELETE, value: (0, Vec::new()), ..ends },
        2 => Stroke { predecessors: Vec::new(), ..stroke },
        3 | 5.. if !some.is_empty() => {
            let by = step(dice);
            let by = if dice.below(2) == 0 { (3, number(by.unsigned_abs())) } else { (4, signed(by)) };
            Stroke { action: INCREMENT, value: by, ..ends }
        }
        _ => ends,
    }
}
