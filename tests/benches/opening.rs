//! A tablet with 20,000 households is opened, listed and read, in a process of its own whose memory is watched.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use khettara_core::id::OrgId;
use khettara_core::identity::{FeedKey, GrantedKey, InviteSecret, SigningKey, Ticket};
use khettara_core::store::{Group, Store, held};
use khettara_demo::province::{Province, Vocabulary};
use khettara_device::{Device, DeviceKey, Feed, ImportEvent};
use khettara_node::{NodeStore, Owner, open_store};
use khettara_tests::{Chance, Notebook, Village};
use uuid::Uuid;

use crate::arrived::{check, cut, hold};
use crate::table::{Table, Target, median, one};

/// The word behind which a folder stands for the process that is measured.
pub(crate) const CHILD: &str = "--open-tablet";
const SEED: u64 = 20_261_125;
/// Households that colleagues registered and visited once, and those of them that this tablet visited itself.
const SIZES: [(u32, u32); 2] = [(2_000, 400), (20_000, 4_000)];
/// Households of one commune, at most: its feed.
const PER_COMMUNE: u32 = 1_000;
/// Colleagues in each commune, each with a log.
const COLLEAGUES: usize = 4;
const PAGE_ROWS: usize = 50;
/// Pages, and households, that are read one after the other.
const READS: usize = 41;

const MEMORY_MIB: f64 = 64.0;
const PAGE_MS: f64 = 5.0;
const HOUSEHOLD_MS: f64 = 10.0;

/// Measures both sizes.
pub(crate) fn measure() -> Vec<Target> {
    println!("  each opened in a process of its own; medians of {READS} pages and households\n");
    let mut table = Table::new(["a tablet with", "2,000 households", "20,000 households"]);
    let measured = SIZES.map(|(households, own_visits)| {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let began = Instant::now();
        build(folder.path(), households, own_visits);
        let built = began.elapsed().as_secs_f64();
        let mut found = opened(folder.path());
        found.insert(BUILT.into(), built);
        found.insert(ON_DISK.into(), size_of(folder.path()) as f64 / 1_048_576.0);
        found
    });
    for name in SAID {
        let [small, large] = [0, 1].map(|place: usize| one(measured[place][name]));
        table.row([name.to_owned(), small, large]);
    }
    table.print();
    let large = &measured[1];
    let target =
        |name: &str, at_most| Target::new(format!("{name}, 20,000 households"), large[name], at_most);
    vec![
        target(LOADED, 0.0),
        target(MEMORY_OPEN, MEMORY_MIB),
        target(MEMORY_PAGE, MEMORY_MIB),
        target(PAGE, PAGE_MS),
        target(HOUSEHOLD, HOUSEHOLD_MS),
    ]
}

const BUILT: &str = "s to build it";
const ON_DISK: &str = "MiB on disk";
const OPEN: &str = "ms to open";
const FIRST_PAGE: &str = "ms for the first page of 50 rows";
const PAGE: &str = "ms for a page of 50 rows";
const LOADED: &str = "documents loaded by opening and listing";
const FIRST_HOUSEHOLD: &str = "ms for the first household";
const HOUSEHOLD: &str = "ms for a household";
const STATUS: &str = "ms for the status";
const MEMORY_OPEN: &str = "MiB at most while opening";
const MEMORY_PAGE: &str = "MiB at most until a page is listed";
const MEMORY_READ: &str = "MiB at most until households are read";
const SAID: [&str; 12] = [
    BUILT,
    ON_DISK,
    OPEN,
    FIRST_PAGE,
    PAGE,
    LOADED,
    FIRST_HOUSEHOLD,
    HOUSEHOLD,
    STATUS,
    MEMORY_OPEN,
    MEMORY_PAGE,
    MEMORY_READ,
];

fn opened(folder: &Path) -> BTreeMap<String, f64> {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg(CHILD).arg(folder).output().expect("this program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("it says numbers");
    let pairs = said.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, number)| (name.to_owned(), number.parse().expect("a number"))).collect()
}

/// The process that is measured: opens the tablet in `folder`, and says what it saw.
pub(crate) fn child(folder: &Path) {
    let say = |name: &str, number: f64| println!("{name}={number}");
    let (device, spent) = timed(|| Device::open(folder).expect("opens").0);
    say(OPEN, spent);
    say(MEMORY_OPEN, memory_mib());
    let (page, spent) = timed(|| device.households(None, PAGE_ROWS).expect("lists"));
    assert_eq!(page.len(), PAGE_ROWS);
    say(FIRST_PAGE, spent);
    say(MEMORY_PAGE, memory_mib());
    let mut ids: Vec<(Feed, Uuid)> = Vec::new();
    let mut pages = Vec::new();
    for _ in 0..READS {
        let after = ids.last().cloned();
        let (page, spent) = timed(|| device.households(after.as_ref(), PAGE_ROWS).expect("lists"));
        pages.push(spent);
        ids.extend(page.into_iter().map(|one| (one.feed, Uuid::from_bytes(one.row.document.0))));
    }
    say(PAGE, median(pages));
    say(LOADED, device.documents_loaded().expect("is enrolled") as f64);
    let mut households = Vec::new();
    let step = ids.len() / READS;
    for (_, id) in ids.iter().step_by(step).take(READS) {
        let (household, spent) = timed(|| device.household(id).expect("reads"));
        std::hint::black_box(household);
        households.push(spent);
    }
    say(FIRST_HOUSEHOLD, households[0]);
    say(HOUSEHOLD, median(households));
    say(MEMORY_READ, memory_mib());
    say(STATUS, timed(|| device.status().expect("reads")).1);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed().as_secs_f64() * 1e3)
}

/// The most memory that this process has had resident; 0 where the system does not say.
fn memory_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.trim().split(' ').next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1_024.0
}

fn size_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("lists");
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(what) if what.is_dir() => size_of(&entry.path()),
            Ok(what) => what.len(),
            Err(_) => 0,
        })
        .sum()
}

/// A tablet's folder: households of colleagues, arrived in segments and read once, and visits of its own.
pub(crate) fn build(folder: &Path, households: u32, own_visits: u32) {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let device = enrolled(folder, org, &mut chance);
    let mut villages = villages(&org, &mut chance, households);
    // A tablet that nobody admitted yet reads the feeds it wrote in.
    for (village, _) in &villages {
        let line =
            format!(r#"{{"record":"household","commune":"{}","status":"nomadic"}}"#, village.feed.as_str());
        device.record_line(&line).expect("saves");
    }
    drop(device);
    let (mut store, _) = open_store(&folder.join("store"), Owner::Tablet).expect("opens");
    let mut lines = String::new();
    let own_each = own_visits as usize / villages.len();
    for village in &mut villages {
        take_in(&mut store, &org, &mut chance, village);
        lines.push_str(&own_lines(&mut village.0, &org, &mut chance, own_each));
    }
    drop(store);
    let (device, _) = Device::open(folder).expect("opens");
    let refuse =
        &mut |event: ImportEvent<'_>| assert!(!matches!(event, ImportEvent::Refused(_)), "{event:?}");
    let report = device.import(lines.as_bytes(), refuse).expect("saves");
    assert_eq!(report.visits as usize, own_each * villages.len());
    assert_eq!(device.status().expect("reads").households as usize, households as usize + villages.len());
    drop(device);
    // A large index is read once when it has grown by half; what is measured is an ordinary morning.
    drop(Device::open(folder).expect("opens"));
}

/// A new tablet that took a code and has met nobody.
pub(crate) fn enrolled(folder: &Path, org: OrgId, chance: &mut Chance) -> Device {
    let device = Device::init(folder).expect("an empty folder takes a tablet");
    let ticket = Ticket {
        org,
        addresses: vec!["192.0.2.1:7433".into()],
        pin: SigningKey::from_seed(&chance.seed()).public(),
        next_pin: DeviceKey::ZERO,
        serial: 7,
        secret: InviteSecret::new([7; 16]),
    };
    device.enroll(&ticket.to_text()).expect("a good code");
    device
}

/// Communes in turn, each with as many households as are still to be had, or as it has.
fn villages(org: &OrgId, chance: &mut Chance, households: u32) -> Vec<(Village, Notebook)> {
    let communes = Province::errachidia().communes;
    let mut left = households;
    let mut villages = Vec::new();
    for (number, commune) in communes.iter().enumerate() {
        let count = left.min(PER_COMMUNE).min(commune.households);
        if count > 0 {
            villages.push(Village::register(Vocabulary::Measured, SEED, number, count, (org, chance)));
            left -= count;
        }
    }
    assert_eq!(left, 0, "the province has so many");
    villages
}

/// Colleagues registered a village and visited each family once; all of it arrives.
fn take_in(
    store: &mut NodeStore,
    org: &OrgId,
    chance: &mut Chance,
    (village, registrar): &mut (Village, Notebook),
) {
    let key = FeedKey::new(chance.seed());
    let granted = GrantedKey { feed: village.feed.clone(), ordinal: 1, key: key.clone() };
    store.commit(vec![Group { expect: vec![], ops: vec![held::put_feed_key(&granted)] }]).expect("commits");
    let mut arrived = vec![cut(org, &key, registrar)];
    let families = village.documents().count();
    for colleague in 0..COLLEAGUES {
        let mut notebook = Notebook::new(org, &village.feed, chance);
        notebook.start(chance);
        let share = (families + colleague) / COLLEAGUES;
        village.visit(&mut notebook, share);
        arrived.push(cut(org, &key, &mut notebook));
    }
    hold(store, &check(org, &arrived));
}

/// The next visits to a village, as lines to be saved on the tablet.
fn own_lines(village: &mut Village, org: &OrgId, chance: &mut Chance, count: usize) -> String {
    let mut notebook = Notebook::new(org, &village.feed, chance);
    notebook.start(chance);
    let visits = village.visit(&mut notebook, count).into_iter();
    visits.map(|visit| visit.line + "\n").collect()
}
