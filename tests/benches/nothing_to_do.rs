//! A meeting of two that hold the same: bytes of its two frames, whatever the number of households.

use khettara_core::id::Feed;
use khettara_core::log::{Place, Written};
use khettara_demo::province::{Generator, Province};
use khettara_hq::organisation::publish_feed_key;
use khettara_records::content;
use khettara_records::model::{Form, HouseholdDocument, parse_line};
use khettara_tests::{Report, World};

use crate::table::{Table, Target};

/// Communes whose feeds everybody keeps.
const COMMUNES: [usize; 3] = [0, 1, 2];
/// Tablets; each has a log in each feed.
const TABLETS: usize = 40;
/// Bytes that a Hello and its answer may each take.
const FRAME_BYTES: f64 = 64.0;
/// Bytes both ways where one receipt and one entry of the roster are new: they, and the frames around them.
const NEWS_BYTES: f64 = 1_500.0;

const HELLO: u8 = 2;
const HELLO_ACK: u8 = 4;

/// Measures meetings with 1,000 and with 10,000 households.
pub(crate) fn measure() -> Vec<Target> {
    println!("  {} feeds, {TABLETS} logs in each; bytes with the frame's length in front\n", COMMUNES.len());
    let mut table =
        Table::new(["a tablet meets its relay", "Hello", "HelloAck", "all up", "all down", "turns"]);
    let mut targets = Vec::new();
    let mut quiet = Vec::new();
    for households in [1_000, 10_000] {
        let mut world = province(households);
        let report = world.meet("tablet 0", "relay");
        quiet.push((hello(&report), answer(&report)));
        table.row(row(&format!("{households} households, nothing new"), &report));
        targets.extend(held_to(&format!("{households} households"), &report));
        let report = with_news(&mut world);
        table.row(row(&format!("{households} households, receipt and roster news"), &report));
        targets.extend(held_to(&format!("{households} households, news"), &report));
        let all = (report.bytes_up + report.bytes_down) as f64;
        targets.push(Target::new(format!("all bytes, {households} households, news"), all, NEWS_BYTES));
    }
    table.print();
    let [small, large] = [0, 1].map(|place: usize| (quiet[place].0 + quiet[place].1) as f64);
    targets.push(Target::new("bytes more with ten times the households", large - small, 0.0));
    targets
}

fn row(name: &str, report: &Report) -> [String; 6] {
    let numbers = [hello(report) as u64, answer(report) as u64, report.bytes_up, report.bytes_down];
    let [first, second, up, down] = numbers.map(|number| number.to_string());
    [name.to_owned(), first, second, up, down, report.turns.to_string()]
}

fn held_to(name: &str, report: &Report) -> Vec<Target> {
    assert!(report.settled && report.errors.is_empty(), "the meeting ends well: {report:?}");
    vec![
        Target::new(format!("Hello bytes, {name}"), hello(report) as f64, FRAME_BYTES),
        Target::new(format!("HelloAck bytes, {name}"), answer(report) as f64, FRAME_BYTES),
        Target::new(format!("turns of speech, {name}"), f64::from(report.turns), 2.0),
    ]
}

fn hello(report: &Report) -> usize {
    frame(report, true, HELLO)
}

fn answer(report: &Report) -> usize {
    frame(report, false, HELLO_ACK)
}

/// Bytes of the only frame of a type, with the varint of its length.
fn frame(report: &Report, from_dialler: bool, number: u8) -> usize {
    let bytes: Vec<usize> = report
        .frames
        .iter()
        .filter(|(up, frame, _)| (*up, *frame) == (from_dialler, number))
        .map(|(_, _, bytes)| bytes + 1 + usize::from(*bytes > 127))
        .collect();
    assert_eq!(bytes.len(), 1, "one frame of type {number}: {:?}", report.frames);
    bytes[0]
}

/// Tablets that registered `households` families between them and met the relay, then headquarters, which gives
/// receipts, and tablet 0 until both know what the other holds.
fn province(households: u32) -> World {
    let province = Province::errachidia();
    let generator = Generator::new(&province, 20_261_125, province.households());
    let feeds = COMMUNES.map(|commune| generator.household(commune, 0).expect("not empty").commune);
    let mut world = World::with_feeds(7, &feeds.each_ref().map(String::as_str));
    let names: Vec<String> = (0..TABLETS).map(|number| format!("tablet {number}")).collect();
    for name in &names {
        world.tablet(name);
        world.node_mut(name).engine.party_mut().cut = content::cut_style();
    }
    for number in 0..households {
        let place = COMMUNES[number as usize % COMMUNES.len()];
        let index = number / COMMUNES.len() as u32;
        let household = generator.household(place, index).expect("the commune has so many households");
        let writer = number as usize / COMMUNES.len() % TABLETS;
        register(&mut world, &names[writer], &household.commune, &household.to_line());
    }
    world.node_mut("headquarters").engine.party_mut().receipts = Some(Place::HEADQUARTERS);
    for name in
        names.iter().rev().map(String::as_str).chain(["headquarters", "headquarters", "tablet 0", "tablet 0"])
    {
        assert!(world.meet(name, "relay").settled);
    }
    world
}

fn register(world: &mut World, tablet: &str, commune: &str, line: &str) {
    let feed = Feed::new(commune).expect("a commune's code names its feed");
    let node = world.node_mut(tablet);
    let slot = node.engine.pen().slot(&*node.store, &feed).expect("reads");
    let Ok(Form::Household(form)) = parse_line(1, line) else { panic!("the province fits the forms") };
    let (document, recorded) =
        HouseholdDocument::create(slot.actor(), slot.position(), &form).expect("records");
    node.write(&feed, &Written::change(&document.id(), &recorded.chunk)).expect("saves");
}

/// Tablet 0 delivers a note, headquarters takes it in and publishes a key; then tablet 0 meets the relay again, where
/// headquarters' receipt and roster news wait for it.
fn with_news(world: &mut World) -> Report {
    let feed = world.feeds[0].clone();
    world.node_mut("tablet 0").note(&feed, b"seen on the way").expect("saves");
    assert!(world.meet("tablet 0", "relay").settled);
    let node = world.node_mut("headquarters");
    publish_feed_key(&mut node.engine, &mut *node.store, &feed).expect("publishes");
    // Once to take it in, once to bring the receipt for it.
    for _ in 0..2 {
        assert!(world.meet("headquarters", "relay").settled);
    }
    world.meet("tablet 0", "relay")
}
