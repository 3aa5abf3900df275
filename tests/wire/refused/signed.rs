//! Refused: envelopes, and segments by their header.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{Head, KeyId, OrgId, SegmentId};
use khettara_core::identity::{Kind, Signed};
use khettara_core::log::SegmentBody;

use super::{Row, judge, with};
use crate::world;

pub(super) fn envelope_rows() -> Vec<Row> {
    let org = world::org();
    let tablet = world::tablet().signing;
    let good = Signed::make(&org, &tablet, Kind::Release, vec![0, 0]).to_bytes();
    let of = |kind: u8, version: u8| {
        let signer = tablet.public();
        let sig = tablet.sign(&world::message(kind, version, &signer, &[0, 0]));
        Signed { kind, version, signer, body: vec![0, 0], sig }.to_bytes()
    };
    let elsewhere = Signed::make(&OrgId([9; 32]), &tablet, Kind::Release, vec![0, 0]);
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
        head: Head([8; 32]),
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

pub(super) fn segment_rows() -> Vec<Row> {
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
