//! Colleagues' visits taken in: checked, made durable, judged, merged and saved, beside automerge alone.

use std::collections::BTreeMap;
use std::time::Instant;

use automerge::{Automerge, Change};
use khettara_core::id::{DocumentId, Feed, OrgId};
use khettara_core::identity::FeedKey;
use khettara_core::store::held;
use khettara_core::store::{Group, Store};
use khettara_demo::province::Vocabulary;
use khettara_node::{NodeStore, Owner, open_store};
use khettara_records::airlock::Stage;
use khettara_records::content::Shipped;
use khettara_records::replica::Replica;
use khettara_records::verdict::Rulings;
use khettara_tests::{Chance, Notebook, Village, WrittenVisit};

use crate::arrived::{Arrived, check, cut, hold};
use crate::table::{Table, Target, median, one};

const SEED: u64 = 20_261_125;
const HOUSEHOLDS: u32 = 1_000;
const VISITS: usize = 3_000;
/// Colleagues who made them, each in a log of their own.
const COLLEAGUES: usize = 10;
const CACHE_BYTES: usize = 16 * 1_048_576;
const ROUNDS: usize = 5;
/// How much longer than automerge alone it may take.
const TIMES: f64 = 2.0;
/// What one visit may take, with three to a household; everything runs on one core.
const EACH_MS: f64 = 1.0;

/// What there is before, and what comes.
struct Work {
    org: OrgId,
    feed: Feed,
    key: FeedKey,
    families: Arrived,
    visits: Vec<Arrived>,
    /// Every document as automerge saved it before the visits, with the visits' changes.
    documents: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
}

/// Seconds of one round.
struct Round {
    checked: f64,
    durable: f64,
    merged: f64,
    alone: f64,
}

/// Measures both ways in turn, and compares them round by round.
pub(crate) fn measure() -> Vec<Target> {
    let work = work();
    println!(
        "  {VISITS} visits of {COLLEAGUES} colleagues to {HOUSEHOLDS} families, on files in a temporary folder;"
    );
    println!("  ms, medians of {ROUNDS} rounds\n");
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| round(&work)).collect();
    let middle = |part: &dyn Fn(&Round) -> f64| median(rounds.iter().map(part).collect());
    let ours = |round: &Round| round.checked + round.durable + round.merged;
    let mut table = Table::new(["", "ms", "us per visit", "times automerge alone"]);
    let mut row = |name: &str, part: &dyn Fn(&Round) -> f64| {
        let seconds = middle(part);
        // Of each round by itself: other work on the machine slows both ways of one round alike.
        let times = middle(&|round| part(round) / round.alone);
        let each = seconds * 1e6 / VISITS as f64;
        table.row([name.to_owned(), one(seconds * 1e3), one(each), format!("{times:.2}")]);
        times
    };
    row("automerge alone: load, apply, save", &|round| round.alone);
    row("signatures and hashes checked", &|round| round.checked);
    row("segments durable", &|round| round.durable);
    row("opened, judged, merged, saved", &|round| round.merged);
    let times = row("all of it", &ours);
    table.print();
    let each_ms = middle(&ours) * 1e3 / VISITS as f64;
    vec![
        Target::new(format!("{VISITS} visits taken in, times automerge alone"), times, TIMES),
        Target::new("ms of one core for a visit, three to a household", each_ms, EACH_MS),
    ]
}

fn work() -> Work {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let key = FeedKey::new(chance.seed());
    let place = (&org, &mut chance);
    let (mut village, mut registrar) = Village::register(Vocabulary::Measured, SEED, 0, HOUSEHOLDS, place);
    let feed = village.feed.clone();
    let families = cut(&org, &key, &mut registrar);
    let before: BTreeMap<DocumentId, Vec<u8>> =
        village.documents().map(|document| (document.id(), document.automerge().save())).collect();
    let mut changes: BTreeMap<DocumentId, Vec<Vec<u8>>> = BTreeMap::new();
    let mut visits = Vec::new();
    for _ in 0..COLLEAGUES {
        let mut notebook = Notebook::new(&org, &feed, &mut chance);
        notebook.start(&mut chance);
        for WrittenVisit { document, chunk, .. } in village.visit(&mut notebook, VISITS / COLLEAGUES) {
            changes.entry(document).or_default().push(chunk);
        }
        visits.push(cut(&org, &key, &mut notebook));
    }
    let documents =
        before.into_iter().map(|(id, saved)| (saved, changes.remove(&id).unwrap_or_default())).collect();
    Work { org, feed, key, families, visits, documents }
}

fn round(work: &Work) -> Round {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (mut store, _) = open_store(folder.path(), Owner::Tablet).expect("an empty store opens");
    let granted =
        khettara_core::identity::GrantedKey { feed: work.feed.clone(), ordinal: 1, key: work.key.clone() };
    let key = Group { expect: vec![], ops: vec![held::put_feed_key(&granted)] };
    store.commit(vec![key]).expect("commits");
    let mut replica = Replica::new(work.org, CACHE_BYTES, Stage::here());
    let mut take_in = |store: &mut NodeStore, arrived: &[Arrived]| {
        let began = Instant::now();
        let checked = check(&work.org, arrived);
        let after_check = Instant::now();
        hold(store, &checked);
        let after_hold = Instant::now();
        let feeds = [work.feed.clone()];
        let caught = replica.catch_up(store, &feeds, &Shipped, &Rulings::default()).expect("catches up");
        let spans = [after_check - began, after_hold - after_check, after_hold.elapsed()];
        replica.drop_loaded();
        (caught, spans.map(|span| span.as_secs_f64()))
    };
    take_in(&mut store, std::slice::from_ref(&work.families));
    let (caught, [checked, durable, merged]) = take_in(&mut store, &work.visits);
    assert_eq!((caught.visits, caught.waiting, caught.quarantined), (VISITS as u64, 0, 0), "all are merged");
    Round { checked, durable, merged, alone: alone(work) }
}

/// What cannot be done without: each document loaded, its changes applied together, and saved.
fn alone(work: &Work) -> f64 {
    let began = Instant::now();
    for (saved, chunks) in &work.documents {
        let mut document = Automerge::load(saved).expect("loads");
        let changes: Vec<Change> =
            chunks.iter().map(|chunk| Change::from_bytes(chunk.clone()).expect("a change")).collect();
        document.apply_changes_batch(changes).expect("applies");
        std::hint::black_box(document.save());
    }
    began.elapsed().as_secs_f64()
}
