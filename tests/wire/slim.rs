//! Codec 2: a log's changes in their slim form, over two segments, and the second one sealed.

use khettara_core::encoding;
use khettara_core::id::{DocumentId, Head, LogId, OrgId};
use khettara_core::log::{
    Codec, Content, Cut, Cutter, Dictionaries, Earlier, Entry, Ground, Pointed, RosterSeen, Segment, Slim,
    Start, Tip, Unit, Written, actor_id, chain_head, first_head, open_on, pack,
};
use khettara_records::content::SlimChanges;
use khettara_records::model::{Form, HouseholdDocument, parse_line};
use serde_json::{Value, json};

use crate::golden::{Stored, case, hex, hold};
use crate::world;

const ABOUT: &str = "Changes in the slim form of codec 2: `items` whole, `slim` as the content has them. Chunks \
                     are data: whatever wrote them, their slim form is this one. `earlier` is what the branch \
                     holds before the content: position, document, change hash, actor, last operation";
const FAMILY: &str = r#"{"record":"household","commune":"08.201.11.07","status":"nomadic","douar":"قصر مرزوكة",
    "phone":"+212661234567","languages":["ary","tzm"],"head":"m",
    "members":[{"ref":"m","name_ar":"إيطو أوحدو","name_latin":"Itto","sex":"female","relation":"head"}]}"#;
/// Words come again, in the same note and in another script; spaces stand double; one sign has no byte.
const NOTES: [&str; 3] = [
    "البئر جفت منذ الصيف، البئر القديمة",
    "La citerne passe: l'été  la citerne passe: une citerne",
    "ⵜⵉⵏⵎⵍ — 2 citerne ⵜⵉⵏⵎⵍ ⵜⴰⴳⴳⵯⴰⵊⵜ 👩🏽‍🌾 passe:",
];

/// The only slim form there is, without dictionaries.
struct OnlySlim;

impl Dictionaries for OnlySlim {
    fn dictionary(&self, _number: u32) -> Option<&[u8]> {
        None
    }
    fn slim(&self) -> Option<&dyn Slim> {
        Some(&SlimChanges)
    }
}

/// What the first content left for the second to point at.
struct Before(Vec<(u64, Pointed)>);

impl Earlier for Before {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.0.iter().find(|(at, _)| *at == n).map(|(_, change)| *change)
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.0.iter().rev().find(|(_, change)| change.document == *document).map(|(n, _)| *n)
    }
}

#[test]
fn slim_changes_are_what_they_were() {
    hold("slim", ABOUT, |stored| {
        let items = items(stored);
        let (first, second) = items.split_at(3);
        let tip = Tip::start(&world::log());
        let (_, value_one, before) = content("a first content", tip, &Before(Vec::new()), first);
        let head = (1..).zip(first).fold(first_head(&world::log()), |head: Head, (n, item)| {
            chain_head(&head, n, &item.hash().expect("an entry has a hash"))
        });
        let tip =
            Tip { n: 3, head, nonce: world::process().1, segment: khettara_core::id::SegmentId([9; 32]) };
        let name = "a second content that points at the first";
        let (slim, value_two, _) = content(name, tip, &before, second);
        vec![value_one, value_two, sealed(stored, tip, &before, second, &slim)]
    });
}

/// A Start, a family, a visit; two visits more, a change of another author's, the end.
fn items(stored: &Stored) -> Vec<Written> {
    let start = Start { nonce: world::process().1, software: "khettara 0.1.0".into(), schema: 1 };
    let mut items = vec![Written::plain(&Entry::Start(start)).expect("a known kind")];
    items.extend((0..4).map(|number| Written::change(&world::document(), &chunk(stored, number))));
    items.push(Written::change(&DocumentId([0x55; 16]), &chunk(stored, 4)));
    items.push(Written::plain(&Entry::Final).expect("a known kind"));
    items
}

const SEALED: &str = "the second content sealed";

fn chunk(stored: &Stored, number: usize) -> Vec<u8> {
    stored.data(SEALED, &format!("chunk {number}"), || written_by_records().swap_remove(number))
}

/// Chunks as records writes them; the last is by somebody else.
fn written_by_records() -> Vec<Vec<u8>> {
    let form = |line: &str| parse_line(1, line).expect("a line");
    let Form::Household(family) = form(FAMILY) else { panic!("a household") };
    let (mut document, recorded) = HouseholdDocument::create(world::actor(), 2, &family).expect("records");
    let mut chunks = vec![recorded.chunk];
    for (position, note) in (3..).zip(NOTES) {
        let id = uuid::Uuid::from_bytes(document.id().0);
        let line = format!(
            r#"{{"record":"visit","household":"{id}","at":"2026-11-2{position}T09:30:00Z","agent":"a-12",
            "kind":"follow_up","note":"{note}","needs":[{{"category":"water","urgency":"high","text":"x"}}]}}"#
        );
        chunks.push(document.record(world::actor(), position, &form(&line)).expect("records").chunk);
    }
    let other = actor_id(&LogId([0x66; 32]), &world::process().1);
    chunks.push(HouseholdDocument::create(other, 9, &family).expect("records").1.chunk);
    chunks
}

fn listed(items: &[Written]) -> Vec<Value> {
    items.iter().map(|item| json!({ "kind": item.kind, "bytes": hex(&item.bytes) })).collect()
}

/// The content whole and slim, and what it leaves to be pointed at.
fn content(name: &str, tip: Tip, before: &Before, items: &[Written]) -> (Vec<u8>, Value, Before) {
    let first = tip.n + 1;
    let ground = Ground { log: world::log(), first, nonce: tip.nonce, earlier: before };
    let shaped = SlimChanges.narrow(&ground, items);
    let slim: Vec<Written> = shaped.iter().map(|item| item.written.clone()).collect();
    let back = SlimChanges.widen(&ground, slim.clone()).expect("reads back");
    assert_eq!(back.into_iter().map(|item| item.written).collect::<Vec<_>>(), items);
    let changes = (first..).zip(items).zip(&shaped).filter_map(|((n, item), shaped)| {
        let (document, _, hash) = item.split_change().ok()?;
        Some((n, Pointed { document, hash, actor: world::actor(), last_op: shaped.last_op }))
    });
    let left = Before(before.0.iter().copied().chain(changes).collect());
    let bytes = Content { start_nonce: tip.nonce, items: slim.clone() }.to_bytes();
    let earlier: Vec<Value> = before
        .0
        .iter()
        .map(|(n, one)| json!([n, hex(one.document.0), hex(one.hash.0), hex(one.actor.0), one.last_op]))
        .collect();
    let given = json!({
        "log": hex(world::log().0), "first": first, "start_nonce": hex(tip.nonce.0), "earlier": earlier,
        "items": listed(items),
    });
    let last_ops: Vec<u64> = shaped.iter().map(|item| item.last_op).collect();
    let made = json!({ "slim": listed(&slim), "content": hex(&bytes), "last_ops": last_ops });
    (bytes, case(name, given, made), left)
}

/// A whole segment of codec 2, cut once and opened ever after.
fn sealed(stored: &Stored, tip: Tip, before: &Before, items: &[Written], slim: &[u8]) -> Value {
    let org: OrgId = world::org();
    let key = world::feed_key(1);
    let cutter = Cutter {
        org: &org,
        signing: &world::tablet().signing,
        log: world::log(),
        key: Some(&key),
        codec: Codec::Slim { dictionary: 0 },
        level: 15,
        dictionaries: &OnlySlim,
        roster_seen: RosterSeen::Position(7),
    };
    let bytes = stored.data(SEALED, "segment", || {
        let (cuts, _) = cutter.cut_on(tip, items, before).expect("cuts");
        let [Cut { segment, .. }] = &cuts[..] else { panic!("one segment") };
        segment.to_bytes()
    });
    let segment = Segment::from_bytes(&org, &bytes).expect("a good segment");
    let ground: (&Head, &dyn Earlier) = (&tip.head, before);
    let Unit::Entries(entries) = open_on(&org, &segment, ground, false, Some(&key), &OnlySlim) else {
        panic!("opens");
    };
    assert_eq!(entries.into_iter().map(|entry| entry.written).collect::<Vec<_>>(), items);
    let waiting = open_on(&org, &segment, (&tip.head, &Before(Vec::new())), false, Some(&key), &OnlySlim);
    assert_eq!(waiting, Unit::WaitingAncestor, "what it points at is not here");
    let body = segment.body();
    let payload = key.open(&body.aad(&org, 1), segment.sealed()).expect("opens");
    let plain = pack(slim, Codec::Slim { dictionary: 0 }, 15, &OnlySlim).expect("packs");
    assert_eq!(payload[..2], plain[..2], "codec and dictionary");
    let (raw_len, _) = encoding::take_varint(&payload[2..]).expect("raw_len");
    assert_eq!(raw_len, slim.len() as u64);
    let mut given = json!({
        "segment": hex(&bytes), "feed_key": hex(key.secret()), "head_before": hex(tip.head.0),
    });
    for number in 0..5 {
        given[format!("chunk {number}")] = hex(chunk(stored, number)).into();
    }
    case(SEALED, given, json!({ "payload": hex(&payload), "head": hex(body.head.0) }))
}
