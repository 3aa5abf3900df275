//! What the visits of the peer measurements cost on the wire, and what else one might send.

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue};
use khettara_core::id::{DocumentId, Feed, OrgId};
use khettara_core::identity::FeedKey;
use khettara_core::log::{Codec, Cut, Cutter, NoDictionaries, RosterSeen, Tip, Unit, Written, open_on, pack};
use khettara_core::wire::{BackRef, LogRef, SegmentHeader};
use khettara_records::content::{LEVEL, Shipped};
use khettara_records::model::GENESIS_CHUNK;
use khettara_tests::{Notebook, OwnBranch};
use serde_json::Value;
use uuid::Uuid;

use crate::bytes_per_visit::gzip;
use crate::dice::Dice;
use crate::peer_visits::{Edit, large, line, registration, small};
use crate::table::{Table, Target, one};

const SEED: u64 = 20_260_101;
const WORKERS: usize = 5;
const MONTHS: usize = 3;
/// Batches of each kind, each with its own households, workers and words.
const BATCHES: usize = 12;

/// Which visits are measured.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    large: bool,
    /// Whether the log that is measured wrote the household last.
    own: bool,
    size: usize,
    target: f64,
}

const KINDS: [Kind; 4] = [
    Kind { name: "large, own", large: true, own: true, size: 50, target: 190.0 },
    Kind { name: "large, mix", large: true, own: false, size: 50, target: 225.0 },
    Kind { name: "small, own", large: false, own: true, size: 20, target: 70.0 },
    Kind { name: "small, mix", large: false, own: false, size: 20, target: 115.0 },
];

/// A household with what was written of it.
struct Household {
    id: Uuid,
    members: Vec<String>,
    document: Automerge,
    /// The heads after each visit.
    heads: Vec<Vec<ChangeHash>>,
}

/// The last month of one worker, and what went before it in the same log.
struct Batch {
    notebook: Notebook,
    earlier: OwnBranch,
    tip: Tip,
    items: Vec<Written>,
    lines: String,
    bits: f64,
}

/// Bytes per visit, in columns of the four kinds.
pub(crate) fn measure() -> Vec<Target> {
    println!("  visits of the peer measurements: {BATCHES} batches of each kind\n");
    let org = OrgId([7; 32]);
    let key = FeedKey::new([8; 32]);
    let mut table = Table::new(["bytes per visit", "large, own", "large, mix", "small, own", "small, mix"]);
    let batches = KINDS.map(|kind| {
        let made = (0..BATCHES as u64).map(|number| batch(&org, &key, kind, SEED + number));
        made.collect::<Vec<_>>()
    });
    let mut targets = Vec::new();
    for (name, bytes) in SENT {
        let columns: Vec<f64> = KINDS
            .iter()
            .zip(&batches)
            .map(|(kind, batches)| {
                let all: f64 = batches.iter().map(|batch| bytes(&org, &key, batch)).sum();
                all / (BATCHES * kind.size) as f64
            })
            .collect();
        let [a, b, c, d] = [0, 1, 2, 3].map(|place: usize| one(columns[place]));
        table.row([name.to_owned(), a, b, c, d]);
        if name == SHIPPED {
            let promised = KINDS.iter().zip(&columns);
            targets = promised
                .map(|(kind, seen)| {
                    let what = format!("bytes per visit ({}) in batches of {}", kind.name, kind.size);
                    Target::new(what, *seen, kind.target)
                })
                .collect();
        }
    }
    table.print();
    targets
}

/// The way that is held to the targets.
const SHIPPED: &str = "segments as shipped";

type Way = (&'static str, fn(&OrgId, &FeedKey, &Batch) -> f64);

const SENT: [Way; 7] = [
    ("JSON lines, gzip -9 together", |_, _, batch| gzip(batch.lines.as_bytes()) as f64),
    ("automerge changes", |_, _, batch| chunks(batch).len() as f64),
    ("automerge changes, zstd -19 together", |_, _, batch| {
        pack(&chunks(batch), Codec::Zstd { dictionary: 0 }, 19, &NoDictionaries).expect("packs").len() as f64
    }),
    ("segments, whole changes, dictionary 1", |org, key, batch| {
        streamed(org, key, batch, Codec::Zstd { dictionary: 1 })
    }),
    ("segments, slim, no dictionary", |org, key, batch| {
        streamed(org, key, batch, Codec::Slim { dictionary: 0 })
    }),
    (SHIPPED, |org, key, batch| streamed(org, key, batch, khettara_records::content::CODEC)),
    ("floor: what the dice said", |_, _, batch| batch.bits / 8.0),
];

fn chunks(batch: &Batch) -> Vec<u8> {
    let changes = batch.items.iter().filter_map(|item| item.split_change().ok());
    changes.flat_map(|(_, chunk, _)| chunk.to_vec()).collect()
}

/// Five workers register and visit for some months; then the first one's next month is measured.
fn batch(org: &OrgId, key: &FeedKey, kind: Kind, seed: u64) -> Batch {
    let mut dice = Dice::new(seed);
    let feed = Feed::new("08.201.11.07").expect("a feed");
    let mut workers: Vec<Notebook> = (0..WORKERS).map(|_| Notebook::new(org, &feed, dice.chance())).collect();
    workers.iter_mut().for_each(|worker| worker.start(dice.chance()));
    let mut households: Vec<Household> =
        (0..kind.size).map(|number| register(&mut dice, &mut workers[number % WORKERS])).collect();
    let (mut earlier, mut tip) = (OwnBranch::default(), Tip::start(&workers[0].log));
    let mut clock = 1_767_225_600;
    for month in 0..MONTHS {
        cut_month(org, key, &mut workers[0], &mut earlier, &mut tip);
        workers.iter_mut().for_each(|worker| worker.start(dice.chance()));
        for (number, household) in households.iter_mut().enumerate() {
            let other = if dice.percent(50) { number + month } else { number } % WORKERS;
            let worker = if kind.own && month + 1 == MONTHS { 0 } else { other };
            // One in twenty did not know of the visit before.
            let beside = (month == 2 && dice.percent(5)).then(|| household.heads[1].clone());
            visit(&mut dice, kind, (&mut workers[worker], worker), household, &mut clock, beside);
        }
    }
    cut_month(org, key, &mut workers[0], &mut earlier, &mut tip);
    workers[0].start(dice.chance());
    let mut order: Vec<usize> = (0..households.len()).collect();
    for place in (1..order.len()).rev() {
        order.swap(place, dice.chance().below(place as u64 + 1) as usize);
    }
    dice.take_bits();
    let mut lines = String::new();
    for number in order {
        let written = visit(&mut dice, kind, (&mut workers[0], 0), &mut households[number], &mut clock, None);
        lines.push_str(&line(&households[number].id, "w-01", &written));
    }
    let bits = dice.take_bits();
    let mut notebook = workers.swap_remove(0);
    let items = notebook.take().items;
    Batch { notebook, earlier, tip, items, lines, bits }
}

fn cut_month(org: &OrgId, key: &FeedKey, worker: &mut Notebook, earlier: &mut OwnBranch, tip: &mut Tip) {
    let items = worker.take().items;
    let cutter = cutter(org, key, worker, khettara_records::content::CODEC);
    let (cuts, after) = cutter.cut_on(*tip, &items, earlier).expect("cuts");
    cuts.iter().for_each(|cut| earlier.take(&cut.changes));
    *tip = after;
}

fn cutter<'c>(org: &'c OrgId, key: &'c FeedKey, worker: &'c Notebook, codec: Codec) -> Cutter<'c> {
    Cutter {
        org,
        signing: &worker.signing,
        log: worker.log,
        key: Some(key),
        codec,
        level: LEVEL,
        dictionaries: &Shipped,
        roster_seen: RosterSeen::Position(1_000),
    }
}

fn register(dice: &mut Dice, worker: &mut Notebook) -> Household {
    let genesis = Change::from_bytes(GENESIS_CHUNK.to_vec()).expect("the genesis");
    let mut document = Automerge::new();
    document.apply_changes([genesis]).expect("depends on nothing");
    let mut made = None;
    worker.change(|actor, position| {
        let (id, members, edits) = registration(dice, (actor, position));
        let chunk = write(&mut document, actor.as_bytes(), &edits);
        made = Some((id, members));
        (DocumentId(*id.as_bytes()), chunk)
    });
    let (id, members) = made.expect("written");
    let heads = vec![document.get_heads()];
    Household { id, members, document, heads }
}

fn visit(
    dice: &mut Dice,
    kind: Kind,
    (worker, number): (&mut Notebook, usize),
    household: &mut Household,
    clock: &mut u64,
    beside: Option<Vec<ChangeHash>>,
) -> Vec<Edit> {
    let agent = format!("w-{:02}", number + 1);
    let mut written = Vec::new();
    worker.change(|actor, position| {
        let by = (actor, position);
        written = if kind.large {
            large(dice, by, &agent, &household.members)
        } else {
            small(dice, by, &agent, clock)
        };
        let chunk = match &beside {
            Some(heads) => {
                let mut fork = household.document.fork_at(heads).expect("heads of its own");
                let chunk = write(&mut fork, actor.as_bytes(), &written);
                household.document.merge(&mut fork).expect("merges");
                chunk
            }
            None => write(&mut household.document, actor.as_bytes(), &written),
        };
        (DocumentId(*household.id.as_bytes()), chunk)
    });
    household.heads.push(household.document.get_heads());
    written
}

/// Writes edits as one change and gives its bytes.
fn write(document: &mut Automerge, actor: &[u8], edits: &[Edit]) -> Vec<u8> {
    document.set_actor(actor.into());
    let mut transaction = document.transaction();
    for Edit { path, value } in edits {
        let (last, above) = path.split_last().expect("a path has a key");
        let mut object = ROOT;
        for key in above {
            object = transaction.get(&object, key.as_str()).expect("reads").expect("is there").1;
        }
        match value {
            Value::Object(fields) => {
                let map = transaction.put_object(&object, last.as_str(), ObjType::Map).expect("writes");
                for (key, value) in fields {
                    transaction.put(&map, key.as_str(), scalar(value)).expect("writes");
                }
            }
            value => transaction.put(&object, last.as_str(), scalar(value)).expect("writes"),
        }
    }
    let (hash, _) = transaction.commit();
    let change = document.get_change_by_hash(&hash.expect("something was written"));
    change.expect("was just made").raw_bytes().to_vec()
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(flag) => ScalarValue::Boolean(*flag),
        Value::Number(number) => ScalarValue::Int(number.as_i64().expect("whole numbers")),
        Value::String(text) => ScalarValue::Str(text.as_str().into()),
        Value::Array(_) | Value::Object(_) => panic!("fields are scalars"),
    }
}

/// The streams of a batch as they cross the wire, once they were opened again.
fn streamed(org: &OrgId, key: &FeedKey, batch: &Batch, codec: Codec) -> f64 {
    let cutter = cutter(org, key, &batch.notebook, codec);
    let (cuts, _) = cutter.cut_on(batch.tip, &batch.items, &batch.earlier).expect("cuts");
    let mut earlier = batch.earlier.clone();
    let (mut before, mut read, mut bytes) = (batch.tip.head, Vec::new(), 0);
    for Cut { segment, changes } in &cuts {
        let unit = open_on(org, segment, (&before, &earlier), false, Some(key), &Shipped);
        let Unit::Entries(entries) = unit else { panic!("opens: {unit:?}") };
        read.extend(entries.into_iter().map(|entry| entry.written));
        before = segment.body().head;
        earlier.take(changes);
        let header = SegmentHeader::of(segment, LogRef::Index(39), BackRef::Elided);
        bytes += header.to_bytes().len() + segment.sealed().len();
    }
    assert!(read == batch.items, "what was cut comes back");
    bytes as f64
}
