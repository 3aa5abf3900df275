//! A household visited every month for ten years: what its document weighs, and what loading and saving it takes.

use std::time::Instant;

use khettara_core::id::{ActorId, Feed, OrgId};
use khettara_core::identity::{Fresh, SigningKey};
use khettara_core::limits::{DOCUMENT_BYTES_MAX, DOCUMENT_BYTES_WARN};
use khettara_core::store::MemoryStore;
use khettara_core::store::held::Pen;
use khettara_demo::province::{Generator, Household, Province, visit_line};
use khettara_records::airlock::Stage;
use khettara_records::model::{Form, HouseholdDocument, Reason, RecordError, Recorded, parse_line};
use khettara_records::replica::Replica;
use khettara_tests::Chance;
use uuid::Uuid;

use crate::table::{Table, Target, median};

const SEED: u64 = 20_261_125;
const YEARS: u32 = 10;
const MONTHS: u32 = 12;
/// Times that loading is measured.
const LOADS: usize = 11;
const CACHE_BYTES: usize = 32 * 1_048_576;
const FIRST_DAY: u32 = 20_758;
/// Clocks of visits end in 2199: after a century they begin again.
const CENTURY_MONTHS: u32 = 1_200;
/// As documents are packed in their rows.
const ROW_LEVEL: i32 = -1;
/// How much longer ten times the visits may take than one time, saving and loading.
const TIMES: f64 = 10.0;

const ACTOR: ActorId = ActorId([7; 16]);

/// A family, its document as the tablet keeps it, and the same by itself.
struct Family {
    generator: Generator,
    household: Household,
    feed: Feed,
    store: MemoryStore,
    pen: Pen,
    replica: Replica,
    id: Uuid,
    document: HouseholdDocument,
    visits: u32,
}

/// Measures ten years, then how many visits a document takes.
pub(crate) fn measure() -> Vec<Target> {
    println!(
        "  one household, a visit a month; on a store in memory; ms, medians of a year's saves and of {LOADS} loads\n"
    );
    let mut family = Family::begin();
    let heads =
        ["year", "visits", "KiB saved", "KiB in its row", "ms to load", "ms to show", "ms to save a visit"];
    let mut table = Table::new(heads);
    let mut years: Vec<[f64; 5]> = Vec::new();
    for year in 1..=YEARS {
        let saves = (0..MONTHS).map(|_| family.visit()).collect();
        let saved = family.document.save();
        let row = zstd::bulk::compress(&saved, ROW_LEVEL).expect("memory takes everything").len();
        let loads =
            (0..LOADS).map(|_| ms(|| HouseholdDocument::load(family.document.id(), &saved).expect("loads")));
        let load = median(loads.collect());
        let show = median((0..LOADS).map(|_| family.show()).collect());
        let found = [kib(family.document.automerge().save().len()), kib(row), load, show, median(saves)];
        let [size, row, load, show, save] = found.map(two);
        table.row([year.to_string(), family.visits.to_string(), size, row, load, show, save]);
        years.push(found);
    }
    table.print();
    let (first, last) = (years[0], years[YEARS as usize - 1]);
    let (warned, refused) = family.fill();
    println!(
        "  {warned} visits fit before the warning at {} KiB, {refused} before the refusal at {} KiB\n",
        DOCUMENT_BYTES_WARN / 1_024,
        DOCUMENT_BYTES_MAX / 1_024
    );
    vec![
        Target::new("KiB after ten years of monthly visits", last[0], kib(DOCUMENT_BYTES_WARN)),
        Target::new("loading after ten years, times loading after one", last[2] / first[2], TIMES),
        Target::new("saving after ten years, times saving after one", last[4] / first[4], TIMES),
    ]
}

impl Family {
    fn begin() -> Self {
        let mut chance = Chance::new(SEED);
        let province = Province::errachidia();
        let generator = Generator::new(&province, SEED, province.households());
        let household = generator.household(0, 0).expect("the commune has households");
        let form = parse_line(1, &household.to_line()).expect("the province fits the forms");
        let feed = Feed::new(&household.commune).expect("a commune's code names its feed");
        let org = OrgId(chance.seed());
        let key = SigningKey::from_seed(&chance.seed()).public();
        let mut pen = Pen::new(org, key, "khettara 0.1.0", 1, Fresh::new(chance.seed()));
        let (mut store, mut replica) = (MemoryStore::new(), Replica::new(org, CACHE_BYTES, Stage::here()));
        let saved = replica.record(&mut store, &mut pen, &feed, std::slice::from_ref(&form)).expect("saves");
        let id = Uuid::from_bytes(saved[0].as_ref().expect("fits the forms").document.0);
        let Form::Household(mut form) = form else { panic!("the line of a household is a household") };
        form.id = Some(id);
        let (document, _) = HouseholdDocument::create(ACTOR, 1, &form).expect("fits the forms");
        Self { generator, household, feed, store, pen, replica, id, document, visits: 0 }
    }

    fn next_form(&mut self) -> Form {
        let visit = self.generator.visit(&self.household, FIRST_DAY + 30 * (self.visits % CENTURY_MONTHS));
        self.visits += 1;
        parse_line(1, &visit_line(&visit, &self.id.to_string())).expect("the province fits the forms")
    }

    fn record(&mut self, form: &Form) -> Result<Recorded, RecordError> {
        self.document.record(ACTOR, u64::from(self.visits) + 1, form)
    }

    /// The next visit; what saving it takes, in ms.
    fn visit(&mut self) -> f64 {
        let form = self.next_form();
        self.record(&form).expect("fits the forms");
        let Self { store, pen, replica, feed, .. } = self;
        ms(|| {
            let saved = replica.record(store, pen, feed, std::slice::from_ref(&form)).expect("saves");
            assert!(saved[0].is_ok());
        })
    }

    /// What loading the household and reading all of it takes, in ms.
    fn show(&mut self) -> f64 {
        self.replica.drop_loaded();
        let (id, visits) = (self.document.id(), self.visits as usize);
        ms(|| {
            let view =
                self.replica.household(&self.store, &self.feed, &id).expect("reads").expect("is there");
            assert_eq!(view.visits.len(), visits);
        })
    }

    /// Goes on until a visit is refused: how many fit without a warning, and in all.
    fn fill(&mut self) -> (u32, u32) {
        let mut warned = None;
        loop {
            let form = self.next_form();
            match self.record(&form) {
                Ok(recorded) => warned = warned.or(recorded.bytes_when_large.map(|_| self.visits - 1)),
                Err(refused) => {
                    assert!(matches!(refused.reason, Reason::DocumentFull { .. }), "{refused}");
                    let fit = self.visits - 1;
                    return (warned.unwrap_or(fit), fit);
                }
            }
        }
    }
}

fn ms<T>(work: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    std::hint::black_box(work());
    began.elapsed().as_secs_f64() * 1e3
}

fn kib(bytes: usize) -> f64 {
    bytes as f64 / 1_024.0
}

fn two(number: f64) -> String {
    format!("{number:.2}")
}
