//! A visit saved: document, entry, rows and index, without the flush, beside automerge's own transaction and save.

use std::time::Instant;

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc, ScalarValue};
use khettara_core::id::{ActorId, Feed, OrgId};
use khettara_core::identity::{Fresh, SigningKey};
use khettara_core::store::held::Pen;
use khettara_core::store::{JournalStore, Options};
use khettara_demo::province::{Generator, Household, Province, visit_line};
use khettara_node::{FileDisk, SledIndex};
use khettara_records::airlock::Stage;
use khettara_records::model::{Form, HouseholdDocument, parse_line};
use khettara_records::replica::Replica;
use khettara_tests::{Chance, Flushes, WatchedDisk};
use serde_json::Value;
use uuid::Uuid;

use crate::table::{Table, Target, median, one};

const SEED: u64 = 20_261_125;
const HOUSEHOLDS: u32 = 200;
/// Visits to each household before those that are measured.
const BEFORE: u32 = 3;
const ROUNDS: u32 = 10;
const CACHE_BYTES: usize = 32 * 1_048_576;
/// How much longer than automerge alone it may take.
const TIMES: f64 = 1.5;

type WatchedStore = JournalStore<WatchedDisk<FileDisk>, SledIndex>;

/// A household on both sides.
struct Family {
    household: Household,
    id: Uuid,
    alone: Automerge,
    chance: Chance,
}

/// The tablet's side.
struct Tablet {
    store: WatchedStore,
    flushes: Flushes,
    pen: Pen,
    replica: Replica,
    feed: Feed,
}

/// What one way took for a round of visits, in seconds: by the clock, and of processors by all threads.
#[derive(Clone, Copy, Default)]
struct Spent {
    clock: f64,
    processor: f64,
}

/// One visit to every family in five ways.
type Round = [Spent; 5];

const ALONE: usize = 0;
const ALONE_PLAIN: usize = 1;
const OURS: usize = 2;
const ALONE_COLD: usize = 3;
const OURS_COLD: usize = 4;

/// Measures the ways in turn, round by round.
pub(crate) fn measure() -> Vec<Target> {
    println!(
        "  one visit a call to {HOUSEHOLDS} families, on files in a temporary folder, without flushing;"
    );
    println!("  processor time of all threads, means of {ROUNDS} rounds; by the clock, medians of them\n");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let province = Province::errachidia();
    let generator = Generator::new(&province, SEED, province.households());
    let (mut tablet, mut families) = begin(folder.path(), &generator);
    let before = tablet.flushes.count();
    let mut rounds = Vec::new();
    for number in 0..BEFORE + ROUNDS {
        let round = visit_all(&mut tablet, &generator, &mut families, number);
        rounds.extend(Some(round).filter(|_| number >= BEFORE));
    }
    let saves = 2 * HOUSEHOLDS * (BEFORE + ROUNDS);
    print(&rounds, (tablet.flushes.count() - before) as f64 / f64::from(saves))
}

fn print(rounds: &[Round], flushes: f64) -> Vec<Target> {
    let mut table = Table::new(["a visit", "us", "times alone", "us by the clock", "times alone by it"]);
    let total = |way: usize| rounds.iter().map(|round| round[way].processor).sum::<f64>();
    let mut row = |name: &str, way: usize, beside: usize| {
        let times = total(way) / total(beside);
        let each = total(way) * 1e6 / f64::from(HOUSEHOLDS * ROUNDS);
        let clock = median(rounds.iter().map(|round| round[way].clock).collect()) * 1e6;
        let clock_times = median(rounds.iter().map(|round| round[way].clock / round[beside].clock).collect());
        let two = |number: f64| format!("{number:.2}");
        let clock = one(clock / f64::from(HOUSEHOLDS));
        table.row([name.to_owned(), one(each), two(times), clock, two(clock_times)]);
        times
    };
    row("automerge alone: transaction, save", ALONE, ALONE);
    row("the same, saved without deflate", ALONE_PLAIN, ALONE);
    let warm = row("saved by the tablet", OURS, ALONE);
    row("automerge alone: load, transaction, save", ALONE_COLD, ALONE_COLD);
    let cold = row("saved by the tablet, not loaded before", OURS_COLD, ALONE_COLD);
    table.print();
    vec![
        Target::new("a visit saved, times automerge alone", warm, TIMES),
        Target::new("a visit saved to a household not loaded, times automerge alone", cold, TIMES),
        Target::new("flushes a save", flushes, 1.0),
    ]
}

fn begin(folder: &std::path::Path, generator: &Generator) -> (Tablet, Vec<Family>) {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let (disk, flushes) =
        WatchedDisk::without_flushing(FileDisk::open(&folder.join("journal")).expect("a folder"));
    let index = SledIndex::open(&folder.join("index")).expect("an empty folder");
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || *ids.seed().first_chunk().expect("32 bytes hold 16"));
    let (store, _) = JournalStore::open(disk, index, fresh, Options::default()).expect("opens");
    let key = SigningKey::from_seed(&chance.seed()).public();
    let pen = Pen::new(org, key, "khettara 0.1.0", 1, Fresh::new(chance.seed()));
    let replica = Replica::new(org, CACHE_BYTES, Stage::here());
    let of = |index| generator.household(0, index).expect("the commune has so many households");
    let feed = Feed::new(of(0).commune).expect("a commune's code names its feed");
    let mut tablet = Tablet { store, flushes, pen, replica, feed };
    let mut families = Vec::new();
    for index in 0..HOUSEHOLDS {
        let household = of(index);
        let form = parse_line(1, &household.to_line()).expect("the province fits the forms");
        let id = Uuid::from_bytes(tablet.save(&form));
        let Form::Household(form) = form else { panic!("the line of a household is a household") };
        let actor = ActorId([index as u8; 16]);
        let (document, _) = HouseholdDocument::create(actor, 1, &form).expect("fits the forms");
        let alone = document.automerge().clone().with_actor(actor.0.as_slice().into());
        families.push(Family { household, id, alone, chance: Chance::new(u64::from(index)) });
    }
    (tablet, families)
}

impl Tablet {
    fn save(&mut self, form: &Form) -> [u8; 16] {
        let Self { store, pen, replica, feed, .. } = self;
        let saved = replica.record(store, pen, feed, std::slice::from_ref(form)).expect("saves");
        saved.into_iter().next().expect("one answer").expect("fits the forms").document.0
    }
}

/// Two visits to every family: one to its loaded document, one to its saved one; each on both sides, which go
/// first in turn.
fn visit_all(tablet: &mut Tablet, generator: &Generator, families: &mut [Family], number: u32) -> Round {
    let mut round = Round::default();
    let day = 20_758 + 60 * number;
    for (is_cold, [ours, alone]) in [(false, [OURS, ALONE]), (true, [OURS_COLD, ALONE_COLD])] {
        let day = day + 30 * u32::from(is_cold);
        let forms: Vec<(Form, Value)> = families.iter().map(|family| forms(generator, family, day)).collect();
        let saved: Vec<Vec<u8>> = families.iter().map(|family| family.alone.save()).collect();
        let mut plain: Vec<(Automerge, Chance)> =
            families.iter().map(|family| (family.alone.clone(), family.chance.clone())).collect();
        if is_cold {
            tablet.replica.drop_loaded();
        }
        let mut by_tablet = || {
            spent(|| {
                for (form, _) in &forms {
                    tablet.save(form);
                }
            })
        };
        if number.is_multiple_of(2) {
            round[ours] = by_tablet();
        }
        round[alone] = spent(|| {
            for ((family, (_, value)), saved) in families.iter_mut().zip(&forms).zip(&saved) {
                if is_cold {
                    let actor = family.alone.get_actor().clone();
                    family.alone = Automerge::load(saved).expect("loads").with_actor(actor);
                }
                write(&mut family.alone, value, &mut family.chance);
                std::hint::black_box(family.alone.save());
            }
        });
        if number % 2 == 1 {
            round[ours] = by_tablet();
        }
        if !is_cold {
            round[ALONE_PLAIN] = spent(|| {
                for ((document, chance), (_, value)) in plain.iter_mut().zip(&forms) {
                    write(document, value, chance);
                    std::hint::black_box(document.save_nocompress());
                }
            });
        }
    }
    round
}

fn forms(generator: &Generator, family: &Family, day: u32) -> (Form, Value) {
    let line = visit_line(&generator.visit(&family.household, day), &family.id.to_string());
    let form = parse_line(1, &line).expect("the province fits the forms");
    (form, serde_json::from_str(&line).expect("a line is JSON"))
}

fn spent(work: impl FnOnce()) -> Spent {
    let (began, processor) = (Instant::now(), processor_seconds());
    work();
    let clock = began.elapsed().as_secs_f64();
    // Where the system does not say, the clock has to do.
    let processor = processor.zip(processor_seconds()).map(|(before, after)| after - before);
    Spent { clock, processor: processor.unwrap_or(clock) }
}

/// Processor time of this process, all threads, as Linux says it: in hundredths of a second.
fn processor_seconds() -> Option<f64> {
    let said = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = said.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / 100.0)
}

/// What the form writes, by hand: a map for the visit, a map for each need.
fn write(document: &mut Automerge, visit: &Value, chance: &mut Chance) {
    let root = |document: &Automerge, name: &str| {
        document.get(ROOT, name).expect("reads").expect("the genesis made it").1
    };
    let (visits, needs) = (root(document, "visits"), root(document, "needs"));
    let mut draft = document.transaction();
    let mut id = || Uuid::from_u64_pair(chance.word(), chance.word()).to_string();
    let visit_id = id();
    let record = draft.put_object(&visits, &visit_id, ObjType::Map).expect("writes");
    for (name, value) in visit.as_object().expect("an object") {
        match value {
            Value::Array(found) => {
                for need in found {
                    let map = draft.put_object(&needs, id(), ObjType::Map).expect("writes");
                    draft.put(&map, "visit", visit_id.as_str()).expect("writes");
                    for (name, value) in need.as_object().expect("an object") {
                        draft.put(&map, name, scalar(value)).expect("writes");
                    }
                }
            }
            _ if name == "record" || name == "household" => {}
            _ => draft.put(&record, name, scalar(value)).expect("writes"),
        }
    }
    draft.commit();
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Number(number) => ScalarValue::Int(number.as_i64().expect("a whole number")),
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        _ => ScalarValue::Null,
    }
}
