//! Segments step by step: content, payload, what the seal is bound to, keys, nonce, body, signature, name.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{Feed, Head, KeyId, LogId, SegmentId, StartNonce};
use khettara_core::identity::{FeedKey, Item, Kind, Signed, SigningKey};
use khettara_core::log::{
    Codec, Content, Cutter, Dictionaries, Entry, NoDictionaries, RosterSeen, Segment, SegmentBody, Start,
    Tip, Unit, Written, chain_head, first_head, open, pack, unpack,
};
use serde_json::{Value, json};

use crate::entries::chunks_on_file;
use crate::golden::{Stored, case, hex, hold};
use crate::world;

const ABOUT: &str =
    "Segments from content to name; `compressed` of codec 1 is data to be opened, not to be made";

/// A segment to be made by hand.
struct Recipe<'a> {
    name: &'a str,
    signing: SigningKey,
    log: LogId,
    key: Option<FeedKey>,
    version: u8,
    first: u64,
    back: SegmentId,
    before: Head,
    start_nonce: StartNonce,
    items: Vec<Written>,
    codec: u8,
    roster_seen: u64,
}

#[test]
fn segments_are_what_they_were() {
    hold("segments", ABOUT, |stored| {
        let [one, two] = chunks_on_file();
        let (first, plain) = made(&first_recipe(one), stored);
        assert_eq!(cut(&first_recipe(chunks_on_file()[0].clone())), first, "the cutter makes the same");
        let (second, compressed) =
            made(&second_recipe("a second segment, codec 1", 1, &first, two.clone()), stored);
        let (twin, later) = made(&second_recipe("the same in a later version", 2, &first, two), stored);
        assert_ne!(second.id(), twin.id());
        let (_, clear) = made(&clear_recipe(), stored);
        vec![plain, compressed, later, clear, with_dictionary(stored)]
    });
}

fn start(nonce: StartNonce) -> Written {
    let entry = Entry::Start(Start { nonce, software: "khettara 0.1.0".into(), schema: 1 });
    Written::plain(&entry).expect("a known kind")
}

fn first_recipe(chunk: Vec<u8>) -> Recipe<'static> {
    Recipe {
        name: "a first segment, codec 0",
        signing: world::tablet().signing,
        log: world::log(),
        key: Some(world::feed_key(1)),
        version: 1,
        first: 1,
        back: SegmentId::ZERO,
        before: first_head(&world::log()),
        start_nonce: StartNonce::ZERO,
        items: vec![start(world::process().1), Written::change(&world::document(), &chunk)],
        codec: 0,
        roster_seen: 0,
    }
}

fn second_recipe<'a>(name: &'a str, version: u8, before: &Segment, chunk: Vec<u8>) -> Recipe<'a> {
    Recipe {
        name,
        signing: world::tablet().signing,
        log: world::log(),
        key: Some(world::feed_key(2)),
        version,
        first: before.body().last() + 1,
        back: before.id(),
        before: before.body().head,
        start_nonce: world::process().1,
        items: vec![
            Written::change(&world::document(), &chunk),
            Written::plain(&Entry::Final).expect("a known kind"),
        ],
        codec: 1,
        roster_seen: (1 << 32) + 7,
    }
}

fn clear_recipe() -> Recipe<'static> {
    let descriptor = khettara_core::log::Descriptor {
        device: world::root().public(),
        ..world::headquarters_log(Feed::roster())
    };
    let log = descriptor.log_id(&world::org());
    let genesis = encoding::to_bytes(&world::genesis());
    let signed = Signed::make(&world::org(), &world::root(), Kind::Genesis, genesis);
    let (item, bytes) = Item::Genesis(signed.as_signed().clone(), world::genesis()).encode();
    let entry = Entry::Roster { item, version: 1, bytes };
    Recipe {
        name: "a clear segment of the roster",
        signing: world::root(),
        log,
        key: None,
        version: 1,
        first: 1,
        back: SegmentId::ZERO,
        before: first_head(&log),
        start_nonce: StartNonce::ZERO,
        items: vec![start(StartNonce([0x42; 16])), Written::plain(&entry).expect("a known kind")],
        codec: 0,
        roster_seen: 0,
    }
}

/// The same segment by the cutter that devices use.
fn cut(recipe: &Recipe<'_>) -> Segment {
    let cutter = Cutter {
        org: &world::org(),
        signing: &recipe.signing,
        log: recipe.log,
        key: recipe.key.as_ref(),
        codec: Codec::Plain,
        level: 0,
        dictionaries: &NoDictionaries,
        roster_seen: RosterSeen::Position(recipe.roster_seen),
    };
    let (mut segments, _) = cutter.cut(Tip::start(&recipe.log), &recipe.items).expect("cuts");
    assert_eq!(segments.len(), 1);
    segments.remove(0)
}

/// `codec ‖ dictionary ‖ raw_len ‖ comp_len ‖ compressed ‖ zeros`, by hand.
fn payload(codec: u8, dictionary: u64, raw_len: usize, compressed: &[u8]) -> Vec<u8> {
    let mut out = vec![codec];
    for value in [dictionary, raw_len as u64, compressed.len() as u64] {
        encoding::push_varint(&mut out, value);
    }
    out.extend(compressed);
    out.resize(out.len().next_multiple_of(32), 0);
    out
}

/// The compressed bytes inside a payload that core packed.
fn compressed_by_core(content: &[u8], dictionary: u32, dictionaries: &dyn Dictionaries) -> Vec<u8> {
    let packed = pack(content, Codec::Zstd { dictionary }, 12, dictionaries).expect("packs");
    let (_, rest) = encoding::take_varint(&packed[1..]).expect("dictionary");
    let (_, rest) = encoding::take_varint(rest).expect("raw_len");
    let (length, rest) = encoding::take_varint(rest).expect("comp_len");
    rest[..usize::try_from(length).expect("small")].to_vec()
}

fn made(recipe: &Recipe<'_>, stored: &Stored) -> (Segment, Value) {
    let content = Content { start_nonce: recipe.start_nonce, items: recipe.items.clone() }.to_bytes();
    let compressed = match recipe.codec {
        0 => content.clone(),
        _ => stored.data(recipe.name, "compressed", || compressed_by_core(&content, 0, &NoDictionaries)),
    };
    let payload = payload(recipe.codec, 0, content.len(), &compressed);
    assert_eq!(unpack(&payload, &NoDictionaries).as_ref(), Ok(&content), "the payload opens to its content");
    let heads: Vec<Head> = (recipe.first..)
        .zip(&recipe.items)
        .scan(recipe.before, |head, (n, item)| {
            *head = chain_head(head, n, &item.hash().expect("an entry has a hash"));
            Some(*head)
        })
        .collect();
    let mut body = SegmentBody {
        log: recipe.log,
        first: recipe.first,
        count: u32::try_from(recipe.items.len()).expect("few"),
        back: recipe.back,
        head: *heads.last().expect("entries"),
        key: recipe.key.as_ref().map_or(KeyId::ZERO, FeedKey::id),
        roster_seen: recipe.roster_seen,
        sealed_len: 0,
        sealed_hash: [0; 32],
    };
    let aad = body.aad(&world::org(), recipe.version);
    let sealed = recipe.key.as_ref().map_or(payload.clone(), |key| key.seal(&aad, &payload));
    body.sealed_len = u32::try_from(sealed.len()).expect("small");
    body.sealed_hash = hash::derive("sealed", &[&sealed]);
    let segment = signed(recipe, &body, sealed);
    opens(recipe, &segment);
    let value = value(recipe, &segment, &content, &compressed, &payload, &heads);
    (segment, value)
}

fn signed(recipe: &Recipe<'_>, body: &SegmentBody, sealed: Vec<u8>) -> Segment {
    let (signer, body) = (recipe.signing.public(), encoding::to_bytes(body));
    let message = world::message(2, recipe.version, &signer, &body);
    let envelope =
        Signed { kind: 2, version: recipe.version, signer, body, sig: recipe.signing.sign(&message) };
    Segment::check(&world::org(), envelope, sealed).expect("a good segment")
}

fn opens(recipe: &Recipe<'_>, segment: &Segment) {
    let (clear, key) = (recipe.key.is_none(), recipe.key.as_ref());
    match open(&world::org(), segment, &recipe.before, clear, key, &NoDictionaries) {
        Unit::Entries(entries) => {
            let items: Vec<Written> = entries.into_iter().map(|entry| entry.written).collect();
            assert_eq!(items, recipe.items);
        }
        other => panic!("{other:?}"),
    }
}

fn value(
    recipe: &Recipe<'_>,
    segment: &Segment,
    content: &[u8],
    compressed: &[u8],
    payload: &[u8],
    heads: &[Head],
) -> Value {
    let items: Vec<Value> =
        recipe.items.iter().map(|item| json!({ "kind": item.kind, "bytes": hex(&item.bytes) })).collect();
    let mut given = json!({
        "org": hex(world::org().0), "signing_seed": hex(seed_of(&recipe.signing)), "log": hex(recipe.log.0),
        "version": recipe.version, "first": recipe.first, "back": hex(recipe.back.0),
        "head_before": hex(recipe.before.0), "start_nonce": hex(recipe.start_nonce.0), "items": items,
        "codec": recipe.codec, "dictionary": 0, "roster_seen": recipe.roster_seen,
    });
    if recipe.codec != 0 {
        given["compressed"] = hex(compressed).into();
    }
    let (body, header) = (segment.body(), segment.header());
    let heads: Vec<String> = heads.iter().map(|head| hex(head.0)).collect();
    let mut made = json!({
        "content": hex(content), "payload": hex(payload), "heads": heads, "key_id": hex(body.key.0),
    });
    if let Some(key) = &recipe.key {
        given["feed_key"] = hex(key.secret()).into();
        let aad = body.aad(&world::org(), recipe.version);
        let siv = hash::derive("seal siv", &[key.secret()]);
        let nonce = &hash::keyed(&siv, &[&(aad.len() as u64).to_le_bytes(), &aad, payload])[..24];
        assert_eq!(&segment.sealed()[..24], nonce);
        made["aad"] = hex(&aad).into();
        made["ke"] = hex(hash::derive("seal key", &[key.secret()])).into();
        made["ks"] = hex(siv).into();
        made["nonce"] = hex(nonce).into();
    }
    for (field, bytes) in [
        ("sealed", segment.sealed()),
        ("sealed_hash", &body.sealed_hash),
        ("body", header.body()),
        ("message", &world::message(2, recipe.version, &header.signer(), header.body())),
        ("sig", &header.sig().0),
        ("envelope", &header.to_bytes()),
        ("segment_id", &segment.id().0),
    ] {
        made[field] = hex(bytes).into();
    }
    case(recipe.name, given, made)
}

fn seed_of(signing: &SigningKey) -> [u8; 32] {
    let seeds = [1, 7].map(world::seed);
    *seeds.iter().find(|seed| SigningKey::from_seed(seed).public() == signing.public()).expect("of the cast")
}

struct One(Vec<u8>);

impl Dictionaries for One {
    fn dictionary(&self, number: u32) -> Option<&[u8]> {
        (number == 7).then_some(&self.0)
    }
}

/// A payload whose frame needs dictionary 7: raw content, so the frame carries no id.
fn with_dictionary(stored: &Stored) -> Value {
    let name = "a payload with a dictionary";
    let text = "Ksar Tizimi, household of five, well dry since March; ";
    let dictionary = One(text.repeat(3).into_bytes());
    let content = text.replace("five", "six").into_bytes();
    let compressed = stored.data(name, "compressed", || compressed_by_core(&content, 7, &dictionary));
    let payload = payload(1, 7, content.len(), &compressed);
    assert_eq!(unpack(&payload, &dictionary).as_ref(), Ok(&content));
    assert!(compressed.len() < content.len() / 2, "the dictionary is used");
    case(
        name,
        json!({
            "codec": 1, "dictionary": 7, "dictionary_bytes": hex(&dictionary.0),
            "compressed": hex(&compressed), "raw_len": content.len(),
        }),
        json!({ "payload": hex(&payload), "content": hex(&content) }),
    )
}
