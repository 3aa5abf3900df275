//! Refused: structures, entries, chunks, links and grants.

use khettara_core::encoding;
use khettara_core::identity::{Fresh, GrantedKey, KeyGrant, SealContext};

use super::{Row, judge, with};
use crate::entries::chunks_on_file;
use crate::world;

pub(super) fn plain_rows() -> Vec<Row> {
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

pub(super) fn entry_rows() -> Vec<Row> {
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

pub(super) fn chunk_rows() -> Vec<Row> {
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

pub(super) fn key_rows() -> Vec<Row> {
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
