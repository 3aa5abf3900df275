//! The corpus begins with honest examples, made here: `KHETTARA_FUZZ_CORPUS=write cargo test --workspace --test fuzz`.
//! What libFuzzer finds beside them is added by `tests/fuzz/run`.

use std::path::PathBuf;

use khettara_core::encoding::{self, Set};
use khettara_core::id::{DocumentId, Feed, Head, KemKey, KeyId, LogId, OrgId, Pattern, SegmentId};
use khettara_core::identity::{
    Closing, Constant, Credential, Delegate, FeedKeyItem, Finished, Grant, Invitation, Item, Limits, Mode,
    Release, Rights, Role, RotateRoot, Withdraw,
};
use khettara_core::log::{
    Codec, Content, Entry, Ground, NoEarlier, Slim as _, Start, Written, actor_id, pack,
};
use khettara_core::wire::Frame;
use khettara_records::content::{Shipped, SlimChanges};
use khettara_records::model::{Form, HouseholdDocument, constants, parse_line};

use crate::press::content;
use crate::targets::{NONCE, TARGETS, ledger_key, log, walk_document, world};

/// Writes every target's honest examples anew; what else is there stays.
pub(crate) fn write(folder: &dyn Fn(&str) -> PathBuf) {
    for (name, _) in TARGETS {
        std::fs::create_dir_all(folder(name)).expect("a folder can be made");
        for (place, bytes) in honest(name).into_iter().enumerate() {
            std::fs::write(folder(name).join(format!("honest-{place:02}")), bytes)
                .expect("a file can be written");
        }
    }
}

fn honest(target: &str) -> Vec<Vec<u8>> {
    match target {
        "frame" => frames(),
        "segment" => segments(),
        "walk" => changes(),
        "slim" => slim(),
        "hello" => meetings(),
        "roster" => items(),
        "stream" => streams(),
        _ => journals(),
    }
}

/// What a tablet and a relay say to each other at an enrolment and at a later meeting; each kind of frame once or twice.
fn said() -> Vec<(bool, bool, Vec<u8>)> {
    let mut world = khettara_tests::World::new(5);
    world.invited_tablet("Itto");
    world.meet("headquarters", "relay");
    let mut said = world.meet("Itto", "relay").said;
    let feed = world.feeds[0].clone();
    world.node_mut("Itto").note(&feed, b"two wells").expect("saves");
    world.node_mut("Itto").engine_cut();
    said.extend(world.meet("Itto", "relay").said);
    said
}

fn frames() -> Vec<Vec<u8>> {
    let mut seen = std::collections::BTreeMap::new();
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for (_, stream, bytes) in said() {
        let times = seen.entry(if stream { 255 } else { bytes[0] }).or_insert(0);
        *times += 1;
        if *times <= 3 && bytes.len() <= 1_500 {
            kept.push(bytes);
        }
    }
    kept.push(Frame::Shown.to_bytes());
    kept.push(Frame::BaseKept([3; 8]).to_bytes());
    kept.push(Frame::NeedGrants([1, 300, 70_000].into_iter().collect()).to_bytes());
    kept
}

fn streams() -> Vec<Vec<u8>> {
    let frames: Vec<Vec<u8>> =
        said().into_iter().filter(|(_, stream, _)| !stream).map(|(_, _, bytes)| bytes).take(12).collect();
    let whole: Vec<u8> = frames
        .iter()
        .filter(|frame| frame.len() < 300)
        .flat_map(|frame| {
            let mut out = Vec::new();
            encoding::push_varint(&mut out, frame.len() as u64);
            [out, frame.clone()].concat()
        })
        .collect();
    [&[0][..], &[1, 1], &[3, 0, 2, 9], &[4, 1, 0, 0, 200], &[2, 64, 3]]
        .map(|cuts| [cuts, &whole].concat())
        .to_vec()
}

/// What tablets of the world that the relay of the target lives in say to it.
fn meetings() -> Vec<Vec<u8>> {
    let mut world = world();
    let feed = world.feeds[0].clone();
    world.node_mut("Hafida").note(&feed, b"a road").expect("saves");
    world.node_mut("Hafida").engine_cut();
    world.tablet("Itto");
    let told = [("Hafida", 0u8), ("Hafida", 8), ("Itto", 2), ("headquarters", 2)];
    told.iter()
        .map(|(name, who)| {
            let report = world.meet(name, "relay");
            let parts = report.said.into_iter().filter(|(dialler, ..)| *dialler);
            let parts = parts.flat_map(|(_, stream, bytes)| {
                let (kind, part) = if stream { (255, &bytes[..]) } else { (bytes[0], &bytes[1..]) };
                let length = u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
                [&[kind][..], &length, part].concat()
            });
            [*who].into_iter().chain(parts).collect()
        })
        .collect()
}

const LINES: [&str; 4] = [
    r#"{"record":"household","id":"ID","commune":"08.201.11.07","status":"nomadic","languages":["ary","zgh"],
        "members":[{"name_ar":"إيطو","sex":"female","relation":"head","birth":"1961~"}]}"#,
    r#"{"record":"visit","household":"ID","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first",
        "needs":[{"category":"water","urgency":"high","text":"الماء بعيد"}]}"#,
    r#"{"record":"household","id":"ID","note":"deux chèvres","water":"well","electricity":true}"#,
    r#"{"record":"member","household":"ID","name_latin":"Moha","sex":"male","relation":"child"}"#,
];

/// A family's changes in the log of all targets, behind their Start.
fn written() -> Vec<Written> {
    let id = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
    let start = Start { nonce: NONCE, software: "fuzz".into(), schema: 1 };
    let mut items = vec![Written::plain(&Entry::Start(start)).expect("plain")];
    let mut document =
        HouseholdDocument::new(DocumentId(*uuid::Uuid::parse_str(id).expect("an id").as_bytes()));
    for line in LINES {
        let form: Form = parse_line(1, &line.replace("ID", id)).expect("a line of ours");
        let position = items.len() as u64 + 1;
        let recorded = document.record(actor_id(&log(), &NONCE), position, &form).expect("records");
        items.push(Written::change(&document.id(), &recorded.chunk));
    }
    items.push(Written::plain(&Entry::Final).expect("plain"));
    items
}

/// Changes of a household, the constants, and changes of the document that the target holds.
fn changes() -> Vec<Vec<u8>> {
    let content = |chunk: &[u8]| content(chunk).to_vec();
    let mut all: Vec<Vec<u8>> =
        written().iter().filter_map(|item| Some(content(item.split_change().ok()?.1))).collect();
    all.extend(constants().iter().take(3).map(|constant| content(constant.chunk)));
    let (document, later) = walk_document();
    all.extend(document.iter().chain(&later).map(|chunk| content(chunk)));
    all
}

fn narrow(items: &[Written], first: u64, nonce: khettara_core::id::StartNonce) -> Vec<Written> {
    let ground = Ground { log: log(), first, nonce, earlier: &NoEarlier };
    SlimChanges.narrow(&ground, items).into_iter().map(|shaped| shaped.written).collect()
}

fn slim() -> Vec<Vec<u8>> {
    let (items, zero) = (written(), khettara_core::id::StartNonce::ZERO);
    let spelt = |nonce, items: Vec<Written>| {
        let count = items.len() as u8;
        [&[count][..], &Content { start_nonce: nonce, items }.to_bytes()].concat()
    };
    vec![
        spelt(zero, narrow(&items, 1, zero)),
        spelt(zero, narrow(&items[..2], 1, zero)),
        spelt(NONCE, narrow(&items[1..4], 100, NONCE)),
        spelt(NONCE, narrow(&items[1..2], 100, NONCE)),
        spelt(NONCE, narrow(&items[4..], 100, NONCE)),
    ]
}

fn segments() -> Vec<Vec<u8>> {
    let (items, zero) = (written(), khettara_core::id::StartNonce::ZERO);
    let whole = Content { start_nonce: zero, items: items.clone() }.to_bytes();
    let slim = Content { start_nonce: zero, items: narrow(&items, 1, zero) }.to_bytes();
    let later = Content { start_nonce: NONCE, items: narrow(&items[1..3], 100, NONCE) }.to_bytes();
    let (count, mut out) = (items.len() as u8, Vec::new());
    for (content, codec, count) in [
        (&whole, Codec::Plain, count),
        (&whole, Codec::Zstd { dictionary: 1 }, count),
        (&slim, Codec::Slim { dictionary: 2 }, count),
        (&later, Codec::Slim { dictionary: 0 }, 2),
    ] {
        let payload = pack(content, codec, 3, &Shipped).expect("packs");
        out.push([&[2, count, 0][..], &payload].concat());
    }
    for (content, codec, count) in [(&whole, 0, count), (&whole, 1, count), (&slim, 2, count), (&later, 2, 2)]
    {
        out.push([&[3, count, codec][..], content].concat());
    }
    let body = khettara_core::log::SegmentBody {
        log: log(),
        first: 1,
        count: 2,
        back: SegmentId::ZERO,
        head: Head([4; 32]),
        key: KeyId([5; 8]),
        roster_seen: 3,
        sealed_len: 40,
        sealed_hash: [6; 32],
    };
    out.push([&[1][..], &encoding::to_bytes(&body), &[7; 40]].concat());
    let first = said().into_iter().find(|(_, stream, _)| *stream).map(|(_, _, bytes)| bytes);
    out.extend(first.map(|bytes| [&[0][..], &bytes].concat()));
    out
}

/// One item of each kind, each as its target takes it: number, place, length, body.
fn items() -> Vec<Vec<u8>> {
    let key = |number| ledger_key(number).public();
    let pattern = |text: &str| Pattern::new(text).expect("a pattern");
    let patterns: Set<Pattern> = [pattern("*"), pattern("08.201.*")].into_iter().collect();
    let grants: Set<Grant> = [(pattern("08.201.11.07"), Rights(3))].into_iter().collect();
    let (device, kem, feed) = (key(6), KemKey([6; 32]), Feed::new("08.201.11.07").expect("a feed"));
    let points: Set<(LogId, u64, Head)> = [(LogId([2; 32]), 300, Head([3; 32]))].into_iter().collect();
    let credential =
        Credential { serial: 9, edition: 1, device, kem, role: Role::WORKER, grants: grants.clone() };
    let supervisor = Credential { device: key(5), serial: 8, role: Role::SUPERVISOR, ..credential.clone() };
    let invitation =
        Invitation { serial: 9, role: Role::WORKER, grants, claim: key(7), open: kem, registrar: key(4) };
    let closing = Closing {
        serial: 9,
        mode: Mode::CUT,
        devices: [device].into_iter().collect(),
        feeds: patterns.clone(),
        keep: points.clone(),
        reason: 2,
    };
    let release = Release { lines: points, changes: [[3; 32]].into_iter().collect() };
    let delegate = |feeds| Delegate { key: key(4), role: Role::RELAY, feeds, continues: None };
    let claim = khettara_core::identity::Claim { serial: 9, device, kem, registrar: key(4) };
    let org: OrgId = khettara_core::identity::organisation_id(&crate::targets::ledger_genesis());
    let (by_device, by_secret) = claim.sign(&org, &ledger_key(6), &ledger_key(7));
    let binding = khettara_core::identity::Binding { claim, by_device, by_secret, roster_seen: 3 };
    // Places: whose log, whether alone, and by the remainder of five who signs.
    let signed = [
        (6u8, 2u8, encoding::to_bytes(&credential)),
        (6, 12, encoding::to_bytes(&supervisor)),
        (7, 7, encoding::to_bytes(&invitation)),
        (13, 2, encoding::to_bytes(&closing)),
        (14, 4, encoding::to_bytes(&release)),
        (15, 3, encoding::to_bytes(&binding)),
        (1, 0, encoding::to_bytes(&crate::targets::ledger_genesis())),
    ];
    let link = FeedKeyItem { feed, ordinal: 1, key_id: KeyId([5; 8]), link: None };
    let bare = [
        Item::Delegate(delegate(patterns)),
        Item::Delegate(delegate(Set::default())),
        Item::RotateRoot(RotateRoot { key: key(2), next: [4; 32] }),
        Item::Withdraw(Withdraw { serial: 9 }),
        Item::FeedKey(link),
        Item::Finished(Finished { log: LogId([2; 32]), tip: SegmentId([3; 32]) }),
        Item::Limits(Limits { limits: [(1, 32), (2, 8)].into_iter().collect() }),
        Item::Constant(Constant { number: 3, chunk: constants()[0].chunk.to_vec() }),
    ];
    let bare = bare.map(|item| item.encode()).into_iter().map(|(number, bytes)| (number, 64, bytes));
    let spelt: Vec<Vec<u8>> = signed
        .into_iter()
        .chain(bare)
        .map(|(number, place, body)| {
            let length = u16::try_from(body.len()).expect("small").to_le_bytes();
            [&[number, place][..], &length, &body].concat()
        })
        .collect();
    let all = spelt[..6].concat();
    spelt.into_iter().chain([all]).collect()
}

/// Lives: commits and reopenings, a power cut, a failure, damage; and files of a stranger.
fn journals() -> Vec<Vec<u8>> {
    let commit = |key: u8, length: u8| vec![0, 0, key, length, 7];
    let some: Vec<u8> = (0..9).flat_map(|key| commit(key, 40 + key)).collect();
    let life = |parts: &[&[u8]]| [&[0][..], &parts.concat()].concat();
    let content = {
        let mut disk = khettara_core::store::SimulatedDisk::new();
        records_of(&mut disk)
    };
    let stranger = |tail: &[u8]| [&[1, 0, 0, 0, 0, 0, 1, content.len() as u8][..], &content, tail].concat();
    vec![
        life(&[&some, &[7, 5, 7]]),
        life(&[&some, &[4, 1, 1, 0, 2], &some, &[5]]),
        life(&[&some, &[3, 0, 1], &commit(1, 9), &[3, 1, 2], &commit(2, 9), &[4, 0, 0, 1, 1, 5]]),
        life(&[&some, &[6, 0, 90, 0, 0, 3], &some]),
        life(&[&some, &[6, 1, 200, 0, 2, 5]]),
        stranger(&[0]),
        stranger(&[9, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ]
}

/// The content of the first record that a store writes.
fn records_of(disk: &mut khettara_core::store::SimulatedDisk) -> Vec<u8> {
    use khettara_core::store::{Disk as _, Group, JournalStore, MemoryIndex, Op, Options, Store as _};
    let mut next = 0u8;
    let fresh = Box::new(move || {
        next += 1;
        [next; 16]
    });
    let (mut store, _) =
        JournalStore::open(disk.clone(), MemoryIndex::new(), fresh, Options::default()).expect("opens");
    let ops = vec![Op::Put(b"a".to_vec(), b"one well".to_vec())];
    store.commit(vec![Group { expect: vec![], ops }]).expect("commits");
    let name = disk.list().expect("lists").remove(0);
    let bytes = disk.read(&name, 0, usize::MAX).expect("reads");
    bytes[95..bytes.len() - 16].to_vec()
}
