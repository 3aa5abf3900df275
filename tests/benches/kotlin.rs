//! What Kotlin pays for the way through JNI: a getter, a record, a visit saved beside the same in Rust, a page of a
//! large tablet, and the memory that such a tablet holds.

use std::fs;
use std::path::Path;
use std::time::Instant;

use khettara_android::{ENCODING, call, close};
use khettara_core::id::OrgId;
use khettara_demo::province::{Generator, Household, Province, visit_line};
use khettara_device::{Device, ImportEvent};
use khettara_tests::Chance;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::jvm::{Jvm, Kotlin};
use crate::opening;
use crate::table::{Table, Target, median, one};

const SEED: u64 = 20_261_125;
/// Rounds of small calls, and calls of a round.
const ROUNDS: usize = 21;
const CALLS: u32 = 50_000;
const GETTER_NS: f64 = 1_000.0;
const RECORD_NS: f64 = 3_000.0;

/// Families to which visits are saved, one each in a round; rounds before those that are measured, in which all sides
/// load the families; and those that are.
const FAMILIES: u32 = 100;
const ROUNDS_BEFORE: u32 = 3;
const SAVE_ROUNDS: u32 = 31;
/// Rounds on a tablet of their own, in which Java compiles what is called often.
const ROUNDS_TO_WARM: u32 = 60;
/// How much longer than Rust's own call it may take.
const TIMES: f64 = 1.3;

const HOUSEHOLDS: u32 = 20_000;
const OWN_VISITS: u32 = 4_000;
const PAGE_ROWS: usize = 50;
const PAGES: usize = 41;
const PAGE_MS: f64 = 5.0;
const MEMORY_MIB: f64 = 64.0;
/// A heap that is all there from the beginning, so that what is more in one machine is not Java's.
const FIXED_HEAP: [&str; 3] = ["-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"];

/// Where files cost no flush.
const IN_MEMORY: &str = "/dev/shm";

/// Measures all of it.
pub(crate) fn measure() -> Vec<Target> {
    let kotlin = match Kotlin::compiled() {
        Ok(kotlin) => kotlin,
        Err(why) => {
            println!("  not measured: {why}\n");
            return vec![Target::new("what Kotlin calls, measured", f64::NAN, 0.0)];
        }
    };
    let mut targets = Vec::from(small_calls(&kotlin));
    targets.extend(saves(&kotlin));
    targets.extend(large_tablet(&kotlin));
    targets
}

fn small_calls(kotlin: &Kotlin) -> [Target; 2] {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    drop(tablet(folder.path(), 1));
    let mut jvm = kotlin.start(&[]);
    jvm.ask_of("open", folder.path());
    println!("  medians of {ROUNDS} rounds of {CALLS} calls, Java warm\n");
    let mut table = Table::new(["a call", "ns", "at most"]);
    let mut each = |name: &str, word: &str, at_most: f64| {
        let ask = format!("{word} {CALLS}");
        let rounds = (0..2 * ROUNDS).map(|_| jvm.ask(&ask) / f64::from(CALLS));
        let ns = median(rounds.skip(ROUNDS).collect());
        table.row([name.to_owned(), one(ns), one(at_most)]);
        ns
    };
    let getter = each("a getter: isOpen", "getter", GETTER_NS);
    let record = each("a record of some 64 bytes: about()", "record", RECORD_NS);
    table.print();
    [
        Target::new("ns for a getter from Kotlin", getter, GETTER_NS),
        Target::new("ns for a small record from Kotlin", record, RECORD_NS),
    ]
}

/// A family that visits are saved to.
struct Family {
    household: Household,
    id: Uuid,
    day: u32,
}

/// One side: a tablet's folder, with its families.
struct Side {
    families: Vec<Family>,
    generator: Generator,
}

/// A tablet with families that nobody visited yet, and closed.
fn tablet(folder: &Path, count: u32) -> Side {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let device = opening::enrolled(folder, org, &mut chance);
    let province = Province::errachidia();
    let generator = Generator::new(&province, SEED, province.households());
    let of = |index| generator.household(0, index).expect("the commune has so many");
    let households: Vec<Household> = (0..count).map(of).collect();
    let lines: String = households.iter().map(|household| household.to_line() + "\n").collect();
    let mut ids = Vec::new();
    let note = &mut |event: ImportEvent<'_>| match event {
        ImportEvent::Saved(saved) => ids.push(Uuid::from_bytes(saved.document.0)),
        ImportEvent::Refused(line) => panic!("{line}"),
        ImportEvent::Progress(_) => {}
    };
    device.import(lines.as_bytes(), note).expect("saves");
    assert_eq!(ids.len(), households.len());
    let families = households.into_iter().zip(ids);
    let families = families.map(|(household, id)| Family { household, id, day: 20_758 }).collect();
    Side { families, generator }
}

impl Side {
    /// The next visit to each family, as lines: such as have a need and a note.
    fn next_visits(&mut self) -> Vec<String> {
        let Self { families, generator } = self;
        let lines = families.iter_mut().map(|family| {
            loop {
                family.day += 7;
                let visit = generator.visit(&family.household, family.day);
                if !visit.needs.is_empty() && !visit.note.is_empty() {
                    return visit_line(&visit, &family.id.to_string());
                }
            }
        });
        lines.collect()
    }
}

fn saves(kotlin: &Kotlin) -> Vec<Target> {
    println!(
        "  one visit with a need and a note a call to {FAMILIES} families, the same visits on all sides,"
    );
    println!("  which go first in turn; medians of {SAVE_ROUNDS} rounds, Java warm\n");
    let mut jvm = kotlin.start(&[]);
    let first = warm(&mut jvm);
    let mut table =
        Table::new(["a visit saved, us", "Rust", "in the encoding", "Kotlin", "times", "quartiles"]);
    let mut targets = Vec::new();
    let on_disk = tempfile::tempdir().expect("a temporary folder can be made");
    let in_memory = tempfile::tempdir_in(IN_MEMORY);
    if in_memory.is_err() {
        println!("  {IN_MEMORY} is not there: the flush could not be left out\n");
    }
    let places = [("flush included", Some(on_disk)), ("flush excluded", in_memory.ok())];
    for (name, folder) in places {
        let Some(folder) = folder else { continue };
        let rounds = save_rounds(&mut jvm, &folder);
        let us = |side: usize| {
            let rounds = rounds.iter().map(|round| round[side] * 1e6 / f64::from(FAMILIES));
            median(rounds.collect())
        };
        let (rust, encoded, from_kotlin) = (us(RUST), us(ENCODED), us(KOTLIN));
        let times = from_kotlin / rust;
        let two = |number: f64| format!("{number:.2}");
        let mut each: Vec<f64> = rounds.iter().map(|round| round[KOTLIN] / round[RUST]).collect();
        each.sort_by(f64::total_cmp);
        let quartiles = format!("{:.2} to {:.2}", each[each.len() / 4], each[each.len() * 3 / 4]);
        table.row([name.to_owned(), one(rust), one(encoded), one(from_kotlin), two(times), quartiles]);
        targets.push(Target::new(
            format!("a visit saved by Kotlin, times Rust's call, {name}"),
            times,
            TIMES,
        ));
    }
    table.print();
    println!("  The first {FAMILIES} visits that Java saved at all took {} us each.\n", one(first));
    targets
}

/// Saves visits on a tablet that is thrown away, and gives what one of the first round took, in microseconds.
fn warm(jvm: &mut Jvm) -> f64 {
    let folder = tempfile::tempdir_in(IN_MEMORY).or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a temporary folder can be made");
    let (of_kotlin, file) = (folder.path().join("kotlin"), folder.path().join("lines"));
    let mut side = tablet(&of_kotlin, FAMILIES);
    jvm.ask_of("open", &of_kotlin);
    let mut rounds = (0..ROUNDS_TO_WARM).map(|_| {
        fs::write(&file, side.next_visits().join("\n")).expect("writes");
        jvm.ask_of("save", &file) / 1e3 / f64::from(FAMILIES)
    });
    let first = rounds.next().unwrap_or_default();
    rounds.for_each(drop);
    jvm.ask("close");
    first
}

/// Rust's own call; the same asked in the encoding, but without Java; and Kotlin.
const RUST: usize = 0;
const ENCODED: usize = 1;
const KOTLIN: usize = 2;

/// What each side took for a visit to every family, in seconds, round by round.
fn save_rounds(jvm: &mut Jvm, folder: &TempDir) -> Vec<[f64; 3]> {
    let folders = ["rust", "encoded", "kotlin"].map(|name| folder.path().join(name));
    let file = folder.path().join("lines");
    let mut sides = folders.each_ref().map(|folder| tablet(folder, FAMILIES));
    let (device, _) = Device::open(&folders[RUST]).expect("opens");
    let handle = asked(0, &json!({"call": "open", "dir": folders[ENCODED]}))["handle"].as_i64();
    let handle = handle.expect("an open tablet has a number");
    jvm.ask_of("open", &folders[KOTLIN]);
    let mut rounds = Vec::new();
    for number in 0..ROUNDS_BEFORE + SAVE_ROUNDS {
        let lines = sides.each_mut().map(Side::next_visits);
        fs::write(&file, lines[KOTLIN].join("\n")).expect("writes");
        let requests: Vec<Vec<u8>> = lines[ENCODED].iter().map(|line| request_to_save(line)).collect();
        let mut round = [0.0; 3];
        for turn in 0..3 {
            let side = (number as usize + turn) % 3;
            round[side] = match side {
                RUST => seconds(|| {
                    for line in &lines[RUST] {
                        std::hint::black_box(device.record_line(line).expect("saves"));
                    }
                }),
                ENCODED => seconds(|| {
                    for request in &requests {
                        std::hint::black_box(call(handle, request));
                    }
                }),
                _ => jvm.ask_of("save", &file) / 1e9,
            };
        }
        rounds.extend(Some(round).filter(|_| number >= ROUNDS_BEFORE));
    }
    jvm.ask("close");
    close(handle);
    drop(device);
    let visits = folders.map(|folder| {
        let device = Device::open(&folder).expect("it was closed").0;
        device.own_visits().expect("reads").len()
    });
    let saved = (FAMILIES * (ROUNDS_BEFORE + SAVE_ROUNDS)) as usize;
    assert_eq!(visits, [saved; 3], "all sides saved all visits");
    rounds
}

fn seconds(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_secs_f64()
}

/// What a request is answered with, where it is carried out.
fn asked(handle: i64, request: &Value) -> Value {
    let reply = call(handle, &encoded(&request.to_string()));
    let reply: Value = serde_json::from_slice(&reply[1..]).expect("a reply is JSON");
    reply["ok"].clone()
}

fn request_to_save(line: &str) -> Vec<u8> {
    encoded(&format!(r#"{{"call":"save","form":{line}}}"#))
}

fn encoded(request: &str) -> Vec<u8> {
    [&[ENCODING], request.as_bytes()].concat()
}

/// What a machine with a tablet open said.
struct Seen {
    open_ms: f64,
    first_page_ms: f64,
    page_ms: f64,
    /// MiB held when Java runs, when the tablet is open, when pages were listed, and when households were read; and
    /// at most.
    memory: [f64; 5],
}

fn large_tablet(kotlin: &Kotlin) -> [Target; 2] {
    let [few, many] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder can be made"));
    tablet(few.path(), 1);
    opening::build(many.path(), HOUSEHOLDS, OWN_VISITS);
    println!("  one household and 20,000, each in a machine of its own with {}", FIXED_HEAP.join(" "));
    println!("  {PAGES} pages of {PAGE_ROWS} rows, and as many households read, one after the other\n");
    let [few, many] = [&few, &many].map(|folder| seen(kotlin, folder.path()));
    let mut table = Table::new(["a tablet with", "1 household", "20,000 households", "more"]);
    let mut row = |name: &str, few: f64, many: f64| {
        table.row([name.to_owned(), one(few), one(many), one(many - few)]);
    };
    row("opening, ms", few.open_ms, many.open_ms);
    row("first page of 50 rows, ms", few.first_page_ms, many.first_page_ms);
    row("a page, ms", few.page_ms, many.page_ms);
    let held = [
        "MiB held when Java runs",
        "when the tablet is open",
        "after pages were listed",
        "after households were read",
        "MiB held at most",
    ];
    for (place, name) in held.into_iter().enumerate() {
        row(name, few.memory[place], many.memory[place]);
    }
    table.print();
    let more = (1..4).map(|place| many.memory[place] - few.memory[place]).fold(0.0, f64::max);
    [
        Target::new("ms for a page of 50 rows from Kotlin, 20,000 households", many.page_ms, PAGE_MS),
        Target::new("MiB that 20,000 households hold beyond Java's own", more, MEMORY_MIB),
    ]
}

fn seen(kotlin: &Kotlin, folder: &Path) -> Seen {
    let mut jvm = kotlin.start(&FIXED_HEAP);
    let page = format!("page {PAGE_ROWS}");
    let started = jvm.ask("held");
    let open_ms = jvm.ask_of("open", folder) / 1e6;
    let opened = jvm.ask("held");
    let first_page_ms = jvm.ask(&page) / 1e6;
    let pages = (0..PAGES).map(|_| jvm.ask(&page) / 1e6).collect();
    let listed = jvm.ask("held");
    for _ in 0..PAGES {
        jvm.ask(&page);
        jvm.ask("household");
    }
    let memory = [started, opened, listed, jvm.ask("held"), jvm.ask("most")].map(|kib| kib / 1_024.0);
    Seen { open_ms, first_page_ms, page_ms: median(pages), memory }
}
