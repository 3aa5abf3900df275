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
use khettara_records::model::{Form, HouseholdDocument, parse_line};
use khettara_records::replica::Replica;
use khettara_tests::{Chance, Flushes, WatchedDisk};
use serde_json::Value;
use uuid::Uuid;

use crate::table::{Table, Target, median, one};

const SEED: u64 = 20_261_125;
const HOUSEHOLDS: u32 = 100;
/// Visits to each household before those that are measured.
const BEFORE: u32 = 3;
const ROUNDS: u32 = 9;
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

/// Seconds of one round, each the sum over all households.
#[derive(Default)]
struct Round {
    ours: f64,
    alone: f64,
    alone_plain: f64,
    ours_cold: f64,
    alone_cold: f64,
}

/// Measures both ways in turn, visit by visit.
pub(crate) fn measure() -> Vec<Target> {
    println!(
        "  one visit a call to {HOUSEHOLDS} families, on files in a temporary folder, flushes not counted;"
    );
    println!("  medians of {ROUNDS} rounds\n");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let province = Province::errachidia();
    let generator = Generator::new(&province, SEED, province.households());
    let (mut tablet, mut families) = begin(folder.path(), &generator);
    let mut rounds = Vec::new();
    let before = (tablet.flushes.count(), tablet.flushes.time());
    let mut saves = 0;
    for number in 0..BEFORE + ROUNDS {
        let mut round = Round::default();
        for family in &mut families {
            saves += 2;
            visit(&mut tablet, &generator, family, 20_758 + 60 * number, &mut round);
        }
        if number >= BEFORE {
            rounds.push(round);
        }
    }
    let flushes = (tablet.flushes.count() - before.0) as f64 / f64::from(saves);
    let flush_ms = (tablet.flushes.time() - before.1).as_secs_f64() * 1e3 / f64::from(saves);
    print(&rounds, flushes, flush_ms)
}

fn print(rounds: &[Round], flushes: f64, flush_ms: f64) -> Vec<Target> {
    let mut table = Table::new(["a visit", "us", "times automerge alone"]);
    let mut row = |name: &str, part: &dyn Fn(&Round) -> f64, beside: &dyn Fn(&Round) -> f64| {
        let each = median(rounds.iter().map(part).collect()) * 1e6 / f64::from(HOUSEHOLDS);
        let times = median(rounds.iter().map(|round| part(round) / beside(round)).collect());
        table.row([name.to_owned(), one(each), format!("{times:.2}")]);
        times
    };
    row("automerge alone: transaction, save", &|round| round.alone, &|round| round.alone);
    row("the same, saved without deflate", &|round| round.alone_plain, &|round| round.alone);
    let warm = row("saved by the tablet", &|round| round.ours, &|round| round.alone);
    row("automerge alone: load, transaction, save", &|round| round.alone_cold, &|round| round.alone_cold);
    let cold =
        row("saved by the tablet, not loaded before", &|round| round.ours_cold, &|round| round.alone_cold);
    table.print();
    println!("  {flushes:.3} flushes a save, {flush_ms:.2} ms each\n");
    vec![
        Target::new("a visit saved, times automerge alone", warm, TIMES),
        Target::new("a visit saved to a household not loaded, times automerge alone", cold, TIMES),
        Target::new("flushes a save", flushes, 1.0),
    ]
}

fn begin(folder: &std::path::Path, generator: &Generator) -> (Tablet, Vec<Family>) {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let (disk, flushes) = WatchedDisk::new(FileDisk::open(&folder.join("journal")).expect("a folder"));
    let index = SledIndex::open(&folder.join("index")).expect("an empty folder");
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || *ids.seed().first_chunk().expect("32 bytes hold 16"));
    let (store, _) = JournalStore::open(disk, index, fresh, Options::default()).expect("opens");
    let key = SigningKey::from_seed(&chance.seed()).public();
    let pen = Pen::new(org, key, "khettara 0.1.0", 1, Fresh::new(chance.seed()));
    let replica = Replica::new(org, CACHE_BYTES);
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

    /// Seconds that saving takes, flushes not counted.
    fn timed(&mut self, form: &Form) -> f64 {
        let (began, flushed) = (Instant::now(), self.flushes.time());
        self.save(form);
        (began.elapsed() - (self.flushes.time() - flushed)).as_secs_f64()
    }
}

/// Two visits to a family: one to its loaded document, one to its saved one; each on both sides.
fn visit(tablet: &mut Tablet, generator: &Generator, family: &mut Family, day: u32, round: &mut Round) {
    let (form, value) = forms(generator, family, day);
    round.ours += tablet.timed(&form);
    let mut plain = family.alone.clone();
    round.alone_plain += seconds(|| {
        write(&mut plain, &value, &mut family.chance.clone());
        plain.save_nocompress()
    });
    round.alone += seconds(|| {
        write(&mut family.alone, &value, &mut family.chance);
        family.alone.save()
    });
    let (form, value) = forms(generator, family, day + 30);
    tablet.replica.drop_loaded();
    round.ours_cold += tablet.timed(&form);
    let saved = family.alone.save();
    let actor = family.alone.get_actor().clone();
    round.alone_cold += seconds(|| {
        family.alone = Automerge::load(&saved).expect("loads").with_actor(actor.clone());
        write(&mut family.alone, &value, &mut family.chance);
        family.alone.save()
    });
}

fn forms(generator: &Generator, family: &Family, day: u32) -> (Form, Value) {
    let line = visit_line(&generator.visit(&family.household, day), &family.id.to_string());
    let form = parse_line(1, &line).expect("the province fits the forms");
    (form, serde_json::from_str(&line).expect("a line is JSON"))
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed().as_secs_f64()
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
