//! What a visit costs on the wire, in batches, beside what else one might send.

use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use khettara_core::id::OrgId;
use khettara_core::identity::FeedKey;
use khettara_core::log::{
    Codec, Content, Cutter, Ground, NoDictionaries, NoEarlier, RosterSeen, Slim, Tip, Written, pack, unpack,
};
use khettara_core::wire::{BackRef, LogRef, SegmentHeader};
use khettara_demo::province::Vocabulary;
use khettara_records::content::{CODEC, LEVEL, Shipped, SlimChanges};
use khettara_tests::{Chance, Notebook, Village, WrittenVisit};

use crate::table::{Table, Target, median, one};

/// Another seed, and other words, than the dictionary was trained with.
const SEED: u64 = 20_261_125;
/// The batch that is held to the target.
const BATCH: usize = 50;
/// Bytes of a visit in it, everything included.
const VISIT_BYTES: f64 = 300.0;
/// Batches measured of each size.
const BATCHES: usize = 29;
/// Times that speed is measured.
const ROUNDS: usize = 7;

/// A process's visits in one log, cut when the tablet meets somebody.
struct Batch {
    notebook: Notebook,
    content: Content,
    visits: Vec<WrittenVisit>,
}

/// Measures batches of 1, 10, 20 and 50, and the compressor's levels.
pub(crate) fn measure() -> Vec<Target> {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let key = FeedKey::new(chance.seed());
    println!("  bytes per visit: {BATCHES} batches of each size, each in another commune or month\n");
    let mut table = Table::new(["visits in a batch", "1", "10", "20", "50"]);
    let sizes = [1, 10, 20, BATCH].map(|size| batches(&org, &mut chance, size));
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for (name, bytes) in SENT {
        let found: Vec<f64> =
            sizes.iter().map(|batches| per_visit(batches, |batch| bytes(&org, &key, batch))).collect();
        let [a, b, c, d] = [0, 1, 2, 3].map(|place: usize| one(found[place]));
        table.row([name.to_owned(), a, b, c, d]);
        rows.push(found);
    }
    table.print();
    levels(&sizes[3]);
    let ours = rows[rows.len() - 1][3];
    vec![Target::new(format!("bytes per visit in batches of {BATCH}"), ours, VISIT_BYTES)]
}

/// One way to send a batch: its name, and the bytes it takes.
type Way = (&'static str, fn(&OrgId, &FeedKey, &Batch) -> usize);

const SENT: [Way; 9] = [
    ("JSON lines", |_, _, batch| lines(batch).len()),
    ("JSON lines, gzip -9 together", |_, _, batch| gzip(lines(batch).as_bytes())),
    ("automerge changes", |_, _, batch| batch.visits.iter().map(|visit| visit.chunk.len()).sum()),
    ("automerge changes, gzip -9 each", |_, _, batch| {
        batch.visits.iter().map(|visit| gzip(&visit.chunk)).sum()
    }),
    ("automerge changes, zstd -19 together", |_, _, batch| {
        let all: Vec<u8> = batch.visits.iter().flat_map(|visit| visit.chunk.clone()).collect();
        pack(&all, Codec::Zstd { dictionary: 0 }, 19, &NoDictionaries).expect("packs").len()
    }),
    ("segments, not compressed", |org, key, batch| streamed(org, key, batch, Codec::Plain)),
    ("segments, whole changes, dictionary 1", |org, key, batch| {
        streamed(org, key, batch, Codec::Zstd { dictionary: 1 })
    }),
    ("segments, slim, no dictionary", |org, key, batch| {
        streamed(org, key, batch, Codec::Slim { dictionary: 0 })
    }),
    ("segments as shipped", |org, key, batch| streamed(org, key, batch, CODEC)),
];

fn batches(org: &OrgId, chance: &mut Chance, size: usize) -> Vec<Batch> {
    let mut made = Vec::new();
    for number in 0..BATCHES {
        let commune = number % Village::communes();
        let (mut village, _) =
            Village::register(Vocabulary::Measured, SEED, commune, size as u32, (org, chance));
        // The second visit: the first is one's own, the families were registered by a colleague.
        let mut before = Notebook::new(org, &village.feed, chance);
        before.start(chance);
        village.visit(&mut before, size);
        let mut notebook = Notebook::new(org, &village.feed, chance);
        notebook.start(chance);
        let visits = village.visit(&mut notebook, size);
        let content = notebook.take();
        made.push(Batch { notebook, content, visits });
    }
    made
}

fn per_visit(batches: &[Batch], bytes: impl Fn(&Batch) -> usize) -> f64 {
    let visits: usize = batches.iter().map(|batch| batch.visits.len()).sum();
    batches.iter().map(bytes).sum::<usize>() as f64 / visits as f64
}

fn lines(batch: &Batch) -> String {
    batch.visits.iter().map(|visit| format!("{}\n", visit.line)).collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything").len()
}

/// The streams of a batch as they cross the wire: each segment's header with its signature, and its sealed bytes.
fn streamed(org: &OrgId, key: &FeedKey, batch: &Batch, codec: Codec) -> usize {
    let Batch { notebook, content, .. } = batch;
    let cutter = Cutter {
        org,
        signing: &notebook.signing,
        log: notebook.log,
        key: Some(key),
        codec,
        level: LEVEL,
        dictionaries: &Shipped,
        roster_seen: RosterSeen::Position(1_000),
    };
    let (segments, _) = cutter.cut(Tip::start(&notebook.log), &content.items).expect("cuts");
    let stream = |segment: &khettara_core::log::Segment| {
        SegmentHeader::of(segment, LogRef::Index(39), BackRef::Elided).to_bytes().len()
            + segment.sealed().len()
    };
    segments.iter().map(stream).sum()
}

/// A batch's content in the slim form.
fn slim(batch: &Batch) -> Vec<u8> {
    let Content { start_nonce, items } = &batch.content;
    let ground = Ground { log: batch.notebook.log, first: 1, nonce: *start_nonce, earlier: &NoEarlier };
    let items = SlimChanges.narrow(&ground, items).into_iter().map(|item| item.written).collect();
    Content { start_nonce: *start_nonce, items }.to_bytes()
}

/// Size and speed of the levels, with the dictionary.
fn levels(batches: &[Batch]) {
    let contents: Vec<Vec<u8>> = batches.iter().map(slim).collect();
    let visits: Vec<&[Written]> = batches.iter().map(|batch| &batch.content.items[..]).collect();
    let visits = visits.iter().map(|items| items.len() - 1).sum::<usize>() as f64;
    println!("  the compressor alone, batches of {BATCH}: medians of {ROUNDS} rounds\n");
    let mut table = Table::new(["level", "bytes/visit", "pack us/batch", "unpack us/batch"]);
    for level in [3, 6, 9, 12, 15, 19] {
        let packed = || contents.iter().map(|content| pack(content, CODEC, level, &Shipped).expect("packs"));
        let payloads: Vec<Vec<u8>> = packed().collect();
        let bytes: usize = payloads.iter().map(Vec::len).sum();
        let each = |run: &dyn Fn() -> usize| {
            let rounds = (0..ROUNDS).map(|_| {
                let began = Instant::now();
                std::hint::black_box(run());
                began.elapsed().as_secs_f64() * 1e6 / contents.len() as f64
            });
            one(median(rounds.collect()))
        };
        let packing = each(&|| packed().map(|payload| payload.len()).sum());
        let unpacking =
            each(&|| payloads.iter().map(|payload| unpack(payload, &Shipped).expect("opens").len()).sum());
        table.row([level.to_string(), one(bytes as f64 / visits), packing, unpacking]);
    }
    table.print();
}
