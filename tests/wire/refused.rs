//! Bytes that another writer would have written otherwise, or not at all: each refused, with its reason.

use khettara_core::encoding::{self, Set};
use khettara_core::hash;
use khettara_core::id::{Feed, KeyId, SegmentId};
use khettara_core::identity::{
    Fresh, GrantedKey, InviteSecret, Item, KeyGrant, Kind, SealContext, Signed, SigningKey, Ticket,
    TicketError,
};
use khettara_core::log::{
    Content, Descriptor, Entry, NoDictionaries, ReceiptBody, Segment, SegmentBody, change_hash, unpack,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::entries::chunks_on_file;
use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Refused bytes: `structure` names the decoder, `error` what it answers";

/// A decoder's name, what is wrong, the bytes.
pub(crate) type Row = (&'static str, &'static str, Vec<u8>);

#[test]
fn what_is_not_canonical_is_refused_with_its_reason() {
    hold("refused", ABOUT, |_| {
        let mut rows = plain_rows();
        rows.extend(entry_rows());
        rows.extend(chunk_rows());
        rows.extend(key_rows());
        rows.extend(envelope_rows());
        rows.extend(segment_rows());
        rows.extend(content_rows());
        rows.extend(receipt_rows());
        rows.extend(item_rows());
        rows.into_iter().map(refused).chain(refused_texts()).collect()
    });
}

fn refused((structure, wrong, bytes): Row) -> Value {
    let error = judge(structure, &bytes).expect_err(wrong);
    case(wrong, json!({ "structure": structure, "bytes": hex(bytes) }), json!({ "error": error }))
}

fn name_of<T, E: std::fmt::Debug>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|error| format!("{error:?}"))
}

fn structure<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<(), String> {
    name_of(encoding::from_bytes::<T>(bytes))
}

/// Reads `bytes` as `structure`; the answer is the error's name.
pub(crate) fn judge(name: &str, bytes: &[u8]) -> Result<(), String> {
    match name {
        "varint" => name_of(encoding::take_varint(bytes)),
        "set of u64" => structure::<Set<u64>>(bytes),
        "feed" => structure::<Feed>(bytes),
        "descriptor" => structure::<Descriptor>(bytes),
        "envelope" => name_of(Signed::from_bytes(bytes)),
        "verified envelope" => match Signed::from_bytes(bytes) {
            Ok(signed) => name_of(signed.verify(&world::org())),
            Err(error) => Err(format!("{error:?}")),
        },
        "entry of kind 0" => name_of(Entry::decode(0, bytes)),
        "entry of kind 1" => name_of(Entry::decode(1, bytes)),
        "entry of kind 3" => name_of(Entry::decode(3, bytes)),
        "entry of kind 5" => name_of(Entry::decode(5, bytes)),
        "segment" => name_of(Segment::from_bytes(&world::org(), bytes)),
        "content of 2 entries" => name_of(Content::from_bytes(bytes, 2)),
        "payload" => name_of(unpack(bytes, &NoDictionaries)),
        "change chunk" => name_of(change_hash(bytes)),
        "receipt" => match encoding::from_bytes::<ReceiptBody>(bytes) {
            Ok(body) if body.is_sound() => Ok(()),
            Ok(_) => Err("Unsound".into()),
            Err(error) => Err(format!("{error:?}")),
        },
        "link" => {
            let (org, feed) = (world::org(), world::feed());
            let context = SealContext { org: &org, feed: &feed, ordinal: 2 };
            name_of(world::feed_key(2).open_link(&context, bytes))
        }
        "key grant" => match encoding::from_bytes::<KeyGrant>(bytes) {
            Ok(grant) => name_of(grant.open(&world::org(), &world::tablet().kem)),
            Err(error) => Err(format!("{error:?}")),
        },
        other => {
            let number = other.strip_prefix("item ").and_then(|number| number.parse().ok());
            name_of(Item::decode(number.expect("a known structure"), 1, bytes))
        }
    }
}

fn with(bytes: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = bytes.to_vec();
    change(&mut out);
    out
}

fn plain_rows() -> Vec<Row> {
    let descriptor = encoding::to_bytes(&world::descriptor());
    vec![
        ("varint", "one in two bytes", vec![0x81, 0x00]),
        ("varint", "ends inside", vec![0x80]),
        ("varint", "more than 64 bits", vec![0xff; 10]),
        ("varint", "nothing", vec![]),
        ("set of u64", "the same member twice", vec![2, 5, 5]),
        ("set of u64", "members in descending order", vec![2, 9, 5]),
        ("set of u64", "a count in two bytes", vec![0x82, 0x00, 5, 9]),
        ("set of u64", "a byte behind the set", vec![1, 5, 0]),
        ("set of u64", "more members declared than there are", vec![0xff, 0xff, 0xff, 0xff, 0x0f, 1]),
        ("feed", "a capital letter", vec![1, b'A']),
        ("feed", "text that is not UTF-8", vec![1, 0xff]),
        ("descriptor", "a byte behind the descriptor", with(&descriptor, |b| b.push(0))),
        ("descriptor", "one byte short", descriptor[..descriptor.len() - 1].to_vec()),
        (
            "descriptor",
            "an optional that is neither 0 nor 1",
            with(&descriptor, |b| *b.last_mut().expect("b") = 2),
        ),
        (
            "descriptor",
            "a feed length in two bytes",
            with(&descriptor, |b| {
                b[32] |= 0x80;
                b.insert(33, 0);
            }),
        ),
        ("entry of kind 0", "software of 33 bytes", {
            let mut long = vec![0x31; 16];
            long.push(33);
            long.extend([b'a'; 33]);
            long.push(1);
            long
        }),
    ]
}

fn entry_rows() -> Vec<Row> {
    let start = with(&[0x31; 16], |b| b.extend([4, b't', b'e', b's', b't', 1]));
    vec![
        (
            "entry of kind 0",
            "software that is not ASCII",
            with(&[0x31; 16], |b| b.extend([2, 0xc3, 0xa9, 1])),
        ),
        (
            "entry of kind 0",
            "a schema in two bytes",
            with(&start, |b| {
                *b.last_mut().expect("b") = 0x81;
                b.push(0);
            }),
        ),
        (
            "entry of kind 0",
            "a schema above 32 bits",
            with(&start, |b| {
                b.pop();
                b.extend([0xff, 0xff, 0xff, 0xff, 0x1f]);
            }),
        ),
        ("entry of kind 1", "a change entry one byte short", vec![1; 47]),
        ("entry of kind 1", "a change entry with a byte behind it", vec![1; 49]),
        ("entry of kind 3", "a final entry with a body", vec![0]),
        ("entry of kind 5", "a roster entry longer than its length", vec![22, 1, 1, 7, 7]),
        ("entry of kind 5", "a roster entry's length in two bytes", vec![22, 1, 0x81, 0x00, 7]),
    ]
}

fn chunk_rows() -> Vec<Row> {
    let [chunk, _] = chunks_on_file();
    vec![
        ("change chunk", "another magic", with(&chunk, |b| b[0] ^= 1)),
        ("change chunk", "a checksum that differs", with(&chunk, |b| b[4] ^= 1)),
        ("change chunk", "a document chunk", with(&chunk, |b| b[8] = 0)),
        ("change chunk", "a compressed chunk", with(&chunk, |b| b[8] = 2)),
        ("change chunk", "a chunk with a byte behind it", with(&chunk, |b| b.push(0))),
        ("change chunk", "a chunk whose length is not minimal", long_chunk(&chunk)),
    ]
}

fn key_rows() -> Vec<Row> {
    let (org, feed, to) = (world::org(), world::feed(), world::tablet().kem.public());
    let context = SealContext { org: &org, feed: &feed, ordinal: 2 };
    let link = world::feed_key(2).link(&context, &world::feed_key(1));
    let elsewhere = world::feed_key(2).link(&SealContext { ordinal: 3, ..context }, &world::feed_key(1));
    let grant = |serial: u32, ordinals: [u32; 2]| {
        let key = |(byte, ordinal)| GrantedKey { feed: feed.clone(), ordinal, key: world::feed_key(byte) };
        let keys: Vec<GrantedKey> = (1u8..).zip(ordinals).map(key).collect();
        let mut chance = Fresh::new(world::seed(0x82)).chance();
        KeyGrant::seal(&org, serial, to, &keys, &mut chance).expect("seals")
    };
    assert_eq!(
        judge("key grant", &encoding::to_bytes(&grant(17, [1, 2]))),
        Ok(()),
        "the ordinary one is good"
    );
    let moved = KeyGrant { serial: 18, ..grant(17, [1, 2]) };
    vec![
        ("link", "a link one byte short", link[..71].to_vec()),
        ("link", "an altered link", with(&link, |b| b[40] ^= 1)),
        ("link", "a link's nonce altered", with(&link, |b| b[0] ^= 1)),
        ("link", "a link of another ordinal", elsewhere),
        ("key grant", "one feed and ordinal with two keys", encoding::to_bytes(&grant(17, [1, 1]))),
        ("key grant", "a grant moved to another serial", encoding::to_bytes(&moved)),
    ]
}

/// The chunk with its length in one byte too many, and a checksum that fits.
fn long_chunk(chunk: &[u8]) -> Vec<u8> {
    let mut at = 9;
    while chunk[at] & 0x80 != 0 {
        at += 1;
    }
    let mut out = with(chunk, |b| {
        b[at] |= 0x80;
        b.insert(at + 1, 0);
    });
    // The hash that such a chunk would have, so that nothing but the spelling is wrong.
    let hash = automerge_hash(&out[8..]);
    out[4..8].copy_from_slice(&hash[..4]);
    out
}

fn automerge_hash(hashed: &[u8]) -> [u8; 32] {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(hashed).into()
}

fn envelope_rows() -> Vec<Row> {
    let org = world::org();
    let tablet = world::tablet().signing;
    let good = Signed::make(&org, &tablet, Kind::Release, vec![0, 0]).to_bytes();
    let of = |kind: u8, version: u8| {
        let signer = tablet.public();
        let sig = tablet.sign(&world::message(kind, version, &signer, &[0, 0]));
        Signed { kind, version, signer, body: vec![0, 0], sig }.to_bytes()
    };
    let elsewhere = Signed::make(&khettara_core::id::OrgId([9; 32]), &tablet, Kind::Release, vec![0, 0]);
    vec![
        ("envelope", "an envelope one byte short", good[..good.len() - 1].to_vec()),
        ("envelope", "an envelope with a byte behind it", with(&good, |b| b.push(0))),
        (
            "envelope",
            "a body length in two bytes",
            with(&good, |b| {
                b[34] |= 0x80;
                b.insert(35, 0);
            }),
        ),
        ("verified envelope", "an altered body", with(&good, |b| b[35] ^= 1)),
        ("verified envelope", "an altered version", with(&good, |b| b[1] ^= 1)),
        ("verified envelope", "an altered kind", with(&good, |b| b[0] = 13)),
        ("verified envelope", "signed for another organisation", elsewhere.to_bytes()),
        ("verified envelope", "S with the group order added", with(&good, |b| add_order(b))),
        ("verified envelope", "a signer of small order", small_order(&good, 0)),
        ("verified envelope", "a signer of small order, spelled otherwise", small_order(&good, 0x80)),
        ("verified envelope", "kind 4, not frozen", of(4, 1)),
        ("verified envelope", "kind 10, not frozen", of(10, 1)),
        ("verified envelope", "kind 11, not frozen", of(11, 1)),
        ("verified envelope", "kind 12, not frozen", of(12, 1)),
        ("verified envelope", "kind 0", of(0, 1)),
        ("verified envelope", "kind 16", of(16, 1)),
        ("verified envelope", "a receipt of version 2", of(3, 2)),
        ("verified envelope", "a key grant of version 2", of(5, 2)),
        ("verified envelope", "a claim of version 0", of(8, 0)),
        ("verified envelope", "a claim by secret of version 2", of(9, 2)),
    ]
}

/// The same point and scalar, spelled with the group order added to S.
fn add_order(envelope: &mut [u8]) {
    const ORDER: [u8; 16] =
        [0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14];
    let at = envelope.len() - 32;
    let mut carry = 0u16;
    for place in 0..32 {
        let add = match place {
            0..16 => ORDER[place],
            31 => 0x10,
            _ => 0,
        };
        let sum = u16::from(envelope[at + place]) + u16::from(add) + carry;
        envelope[at + place] = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
}

/// The neutral element as signer and as R, S zero: a lenient verifier takes it for any message.
fn small_order(envelope: &[u8], sign_bit: u8) -> Vec<u8> {
    with(envelope, |b| {
        let mut point = [0; 32];
        point[0] = 1;
        point[31] = sign_bit;
        let at = b.len() - 64;
        b[2..34].copy_from_slice(&point);
        b[at..at + 32].copy_from_slice(&point);
        b[at + 32..].fill(0);
    })
}

fn segment(change: impl FnOnce(&mut SegmentBody, &mut Vec<u8>)) -> Vec<u8> {
    let mut sealed = vec![0x55; 64];
    let mut body = SegmentBody {
        log: world::log(),
        first: 3,
        count: 2,
        back: SegmentId([7; 32]),
        head: khettara_core::id::Head([8; 32]),
        key: KeyId([9; 8]),
        roster_seen: 0,
        sealed_len: 64,
        sealed_hash: hash::derive("sealed", &[&sealed]),
    };
    change(&mut body, &mut sealed);
    let signed =
        Signed::make(&world::org(), &world::tablet().signing, Kind::Segment, encoding::to_bytes(&body));
    with(&signed.to_bytes(), |b| b.extend(sealed))
}

/// A segment whose header says the length and hash of `len` sealed bytes.
fn sized(count: u32, len: usize) -> Vec<u8> {
    segment(|body, sealed| {
        sealed.resize(len, 0x55);
        body.count = count;
        body.sealed_len = u32::try_from(len).expect("small");
        body.sealed_hash = hash::derive("sealed", &[sealed]);
    })
}

/// A segment of one entry that declares `len` sealed bytes.
fn single(len: u32) -> Vec<u8> {
    segment(|body, _| {
        body.count = 1;
        body.sealed_len = len;
    })
}

fn segment_rows() -> Vec<Row> {
    assert_eq!(judge("segment", &segment(|_, _| {})), Ok(()), "the unchanged one is good");
    for good in [sized(2, 16_384), sized(1, 81_920)] {
        assert_eq!(judge("segment", &good), Ok(()), "limits are inclusive");
    }
    let release = Signed::make(&world::org(), &world::tablet().signing, Kind::Release, vec![0, 0]);
    vec![
        ("segment", "no entries", segment(|body, _| body.count = 0)),
        ("segment", "position 0", segment(|body, _| body.first = 0)),
        ("segment", "a first segment that goes on from another", segment(|body, _| body.first = 1)),
        ("segment", "a later segment that goes on from none", segment(|body, _| body.back = SegmentId::ZERO)),
        ("segment", "positions that overflow", segment(|body, _| body.first = u64::MAX - 1)),
        ("segment", "a declared length that differs", segment(|body, _| body.sealed_len = 65)),
        ("segment", "sealed bytes that differ", segment(|_, sealed| sealed[0] ^= 1)),
        ("segment", "sealed bytes left over", segment(|_, sealed| sealed.push(0))),
        ("segment", "two entries over 16,384 sealed bytes", segment(|body, _| body.sealed_len = 16_385)),
        ("segment", "one entry over 81,920 sealed bytes", single(81_921)),
        ("segment", "a signed item of another kind", release.to_bytes()),
    ]
}

fn content_rows() -> Vec<Row> {
    let item = |kind: u8, bytes: &[u8]| {
        let mut out = vec![kind, bytes.len() as u8];
        out.extend(bytes);
        out
    };
    let content = |nonce: u8, items: &[Vec<u8>]| [vec![nonce; 16], items.concat()].concat();
    let (start, other) = (item(0, &[0; 18]), item(9, &[1, 2]));
    let payload = |prefix: &[u8], len: usize| with(prefix, |b| b.resize(len, 0));
    vec![
        ("content of 2 entries", "one entry only", content(1, std::slice::from_ref(&other))),
        ("content of 2 entries", "three entries", content(1, &[other.clone(), other.clone(), other.clone()])),
        ("content of 2 entries", "a nonce before a Start", content(1, &[start, other.clone()])),
        ("content of 2 entries", "no nonce and no Start", content(0, &[other.clone(), other.clone()])),
        ("content of 2 entries", "an item length in two bytes", content(1, &[other, vec![9, 0x81, 0, 1]])),
        ("content of 2 entries", "fifteen bytes", vec![1; 15]),
        ("payload", "no payload", vec![]),
        ("payload", "not a multiple of 32", payload(&[0, 0, 2, 2, 7, 7], 31)),
        ("payload", "a whole block of padding", payload(&[0, 0, 2, 2, 7, 7], 64)),
        ("payload", "padding that is not zero", with(&payload(&[0, 0, 2, 2, 7, 7], 32), |b| b[31] = 1)),
        ("payload", "codec 0 with two lengths", payload(&[0, 0, 3, 2, 7, 7], 32)),
        ("payload", "codec 0 with a dictionary", payload(&[0, 1, 2, 2, 7, 7], 32)),
        ("payload", "codec 1 with a dictionary that is not here", payload(&[1, 9, 2, 2, 7, 7], 32)),
        ("payload", "codec 1 and no zstd frame", payload(&[1, 0, 2, 2, 7, 7], 32)),
        ("payload", "codec 2, not frozen", payload(&[2, 0, 2, 2, 7, 7], 32)),
        ("payload", "codec 2 and wrong padding: framing comes first", payload(&[2, 0, 2, 2, 7, 7], 33)),
        ("payload", "a length in two bytes", payload(&[0, 0, 0x82, 0, 2, 7, 7], 32)),
        ("payload", "a length beyond the payload", payload(&[0, 0, 60, 60, 7, 7], 32)),
        ("payload", "a skippable frame", payload(&[1, 0, 0, 8, 0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], 32)),
        ("payload", "a frame whose window is over 8 MiB", wide_window()),
        ("payload", "a frame that names a dictionary though none is declared", named_dictionary()),
    ]
}

/// A frame of one empty raw block behind the given header bytes.
fn frame(header: &[u8]) -> Vec<u8> {
    let frame = [&[0x28, 0xb5, 0x2f, 0xfd][..], header, &[1, 0, 0]].concat();
    let mut out = vec![1, 0, 0, frame.len() as u8];
    out.extend(frame);
    out.resize(32, 0);
    out
}

fn wide_window() -> Vec<u8> {
    let with_window = |descriptor: u8| frame(&[0, descriptor]);
    assert_eq!(judge("payload", &with_window(13 << 3)), Ok(()), "8 MiB is allowed");
    with_window((13 << 3) + 1)
}

fn named_dictionary() -> Vec<u8> {
    frame(&[1, 0, 5])
}

fn receipt_rows() -> Vec<Row> {
    let body = |place: u8, runs: &[(u64, u32, u8)], cut: Option<[u8; 16]>| {
        let line = (world::log(), 20u64, khettara_core::id::Head([3; 32]), runs.to_vec());
        encoding::to_bytes(&(place, world::feed(), world::tablet().key(), 1u64, vec![line], cut, 0u64))
    };
    let many: Vec<(u64, u32, u8)> = (0..65).map(|at| (1 + at, 1, (at % 2) as u8)).collect();
    let long_line = (world::log(), 1_000u64, khettara_core::id::Head([3; 32]), many);
    let long = (3u8, world::feed(), world::tablet().key(), 1u64, vec![long_line], None::<[u8; 16]>, 0u64);
    vec![
        ("receipt", "a relay that holds entries back", body(2, &[(3, 2, 1)], None)),
        ("receipt", "a relay that names a cut", body(2, &[], Some([1; 16]))),
        ("receipt", "two runs that should be one", body(3, &[(3, 2, 1), (5, 1, 1)], None)),
        ("receipt", "runs that overlap", body(3, &[(3, 2, 1), (4, 1, 2)], None)),
        ("receipt", "runs in descending order", body(3, &[(9, 1, 1), (3, 1, 1)], None)),
        ("receipt", "a run beyond n", body(3, &[(20, 2, 1)], None)),
        ("receipt", "a run from position 0", body(3, &[(0, 1, 1)], None)),
        ("receipt", "a run of none", body(3, &[(3, 0, 1)], None)),
        ("receipt", "sixty-five runs", encoding::to_bytes(&long)),
        ("receipt", "a byte behind the receipt", with(&body(2, &[], None), |b| b.push(0))),
    ]
}

fn item_rows() -> Vec<Row> {
    let (org, office) = (world::org(), world::headquarters().signing);
    let signed =
        |signing: &SigningKey, kind: Kind, body: Vec<u8>| Signed::make(&org, signing, kind, body).to_bytes();
    let credential = |grants: &[(&str, u8)]| {
        let body = (17u32, 1u32, [1u8; 32], [2u8; 32], 1u8, grants.to_vec());
        signed(&office, Kind::Credential, encoding::to_bytes(&body))
    };
    let invitation = |grants: &[(&str, u8)]| {
        let body = (17u32, 1u8, grants.to_vec(), [1u8; 32], [2u8; 32], [3u8; 32]);
        signed(&office, Kind::Invitation, encoding::to_bytes(&body))
    };
    let release = signed(&office, Kind::Release, vec![0, 0]);
    let feed_key = |ordinal: u32, link: Option<u8>| {
        let mut out = encoding::to_bytes(&(world::feed(), ordinal, [1u8; 8]));
        match link {
            None => out.push(0),
            Some(byte) => out.extend([vec![1], vec![byte; 72]].concat()),
        }
        out
    };
    let delegate = encoding::to_bytes(&([1u8; 32], 4u8, vec!["08.201.*"], None::<u8>));
    assert_eq!(judge("item 6", &credential(&[("a", 1), ("b", 3)])), Ok(()), "the ordinary one is good");
    vec![
        ("item 6", "one pattern granted twice", credential(&[("a", 1), ("a", 3)])),
        ("item 6", "grants in descending order", credential(&[("b", 1), ("a", 3)])),
        ("item 6", "a grant over all feeds", credential(&[("*", 1)])),
        ("item 7", "one pattern granted twice by an invitation", invitation(&[("a", 1), ("a", 3)])),
        ("item 7", "an invitation over all feeds", invitation(&[("*", 1)])),
        ("item 7", "a pattern that is none", invitation(&[("a*", 1)])),
        ("item 13", "an envelope of another kind than the item", release.clone()),
        ("item 14", "an item with a byte behind its envelope", with(&release, |b| b.push(0))),
        ("item 14", "a body with a byte behind it", signed(&office, Kind::Release, vec![0, 0, 0])),
        ("item 14", "hashes in descending order", {
            let body = (0u8, vec![[2u8; 32], [1u8; 32]]);
            signed(&office, Kind::Release, encoding::to_bytes(&body))
        }),
        ("item 20", "a delegate with a byte behind it", with(&delegate, |b| b.push(0))),
        ("item 22", "a serial in two bytes", vec![0x91, 0x00]),
        ("item 22", "a serial above 32 bits", vec![0xff, 0xff, 0xff, 0xff, 0x1f]),
        ("item 23", "a first key with a link", feed_key(1, Some(1))),
        ("item 23", "a second key without a link", feed_key(2, None)),
        ("item 23", "a key of ordinal 0", feed_key(0, None)),
        ("item 25", "one limit twice", encoding::to_bytes(&vec![(1u8, 20u64), (1, 30)])),
        ("item 27", "a constant over 4,096 bytes", encoding::to_bytes(&(1u32, vec![0u8; 4_097]))),
        ("item 26", "an item of other software", vec![]),
    ]
}

fn refused_texts() -> Vec<Value> {
    let ticket = Ticket {
        org: world::org(),
        addresses: vec!["192.0.2.7:4433".into()],
        pin: world::relay().public(),
        next_pin: khettara_core::id::DeviceKey::ZERO,
        serial: 17,
        secret: InviteSecret::new([0xa5; 16]),
    };
    let text = ticket.to_text();
    let misread = text.replacen(&text[40..41], if &text[40..41] == "A" { "B" } else { "A" }, 1);
    let typed = InviteSecret::new([0xa5; 16]).typed();
    let of_ticket = |text: &str| Ticket::from_text(text).map(drop);
    let of_typed = |text: &str| InviteSecret::from_typed(text).map(drop);
    let swapped = format!("{}{}{}{}", &typed[..3], &typed[4..5], &typed[3..4], &typed[5..]);
    [
        ("ticket", "a code of somebody else's", "HTTPS://EXAMPLE", of_ticket("HTTPS://EXAMPLE")),
        ("ticket", "a misread ticket", &misread, of_ticket(&misread)),
        ("ticket", "a ticket with a character base45 has not", "KHT1:ab", of_ticket("KHT1:ab")),
        ("typed code", "a code one character short", &typed[1..], of_typed(&typed[1..])),
        ("typed code", "two characters exchanged", &swapped, of_typed(&swapped)),
        (
            "typed code",
            "a leading character above 7",
            "80000000000000000000000000F",
            of_typed("80000000000000000000000000F"),
        ),
    ]
    .map(|(structure, wrong, text, answer): (&str, &str, &str, Result<(), TicketError>)| {
        let error = format!("{:?}", answer.expect_err(wrong));
        case(wrong, json!({ "structure": structure, "text": text }), json!({ "error": error }))
    })
    .to_vec()
}
