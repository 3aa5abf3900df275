//! Refused: contents, payloads, receipts and roster items.

use khettara_core::encoding;
use khettara_core::id::Head;
use khettara_core::identity::{Kind, Signed, SigningKey};

use super::{Row, judge, with};
use crate::world;

pub(super) fn content_rows() -> Vec<Row> {
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

pub(super) fn receipt_rows() -> Vec<Row> {
    let body = |place: u8, runs: &[(u64, u32, u8)], cut: Option<[u8; 16]>| {
        let line = (world::log(), 20u64, Head([3; 32]), runs.to_vec());
        encoding::to_bytes(&(place, world::feed(), world::tablet().key(), 1u64, vec![line], cut, 0u64))
    };
    let many: Vec<(u64, u32, u8)> = (0..65).map(|at| (1 + at, 1, (at % 2) as u8)).collect();
    let long_line = (world::log(), 1_000u64, Head([3; 32]), many);
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

pub(super) fn item_rows() -> Vec<Row> {
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
