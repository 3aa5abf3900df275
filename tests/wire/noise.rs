//! Decoders meet noise: random bytes and good bytes bent at random, from a fixed seed. Nothing may panic, and
//! what is taken must be written back as it was read.

use khettara_core::encoding;
use khettara_core::identity::{Fresh, InviteSecret, Item, KeyGrant, Signed, Ticket};
use khettara_core::log::{
    Content, Descriptor, Entry, NoDictionaries, ReceiptBody, Segment, SegmentBody, change_hash, unpack,
};
use serde_json::Value;

use crate::golden::{Stored, unhex, writing};
use crate::world;

/// Numbers from a fixed seed: the same noise on every machine.
struct Noise {
    fresh: Fresh,
}

impl Noise {
    fn new(byte: u8) -> Self {
        Self { fresh: Fresh::new(world::seed(byte)) }
    }

    fn below(&mut self, limit: usize) -> usize {
        let low: [u8; 8] = self.fresh.draw()[..8].try_into().expect("8 of 16");
        (u64::from_le_bytes(low) % limit.max(1) as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut out = Vec::new();
        while out.len() < len {
            out.extend(self.fresh.draw());
        }
        out.truncate(len);
        out
    }

    /// A copy with a few bytes changed, cut off, put in, or a length made huge.
    fn bend(&mut self, good: &[u8]) -> Vec<u8> {
        let mut out = good.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(out.len());
            match self.below(5) {
                0 if !out.is_empty() => out[at] ^= 1 << self.below(8),
                1 => out.truncate(at),
                2 => out.insert(at, 0xff),
                3 if !out.is_empty() => drop(out.remove(at)),
                _ => drop(out.splice(at..at, [0xff, 0xff, 0xff, 0xff, 0x0f])),
            }
        }
        out
    }
}

/// Gives `bytes` to every decoder; what one takes, it must give back.
fn read_as_everything(bytes: &[u8]) {
    if let Ok(signed) = Signed::from_bytes(bytes) {
        assert_eq!(signed.to_bytes(), bytes);
        drop(signed.verify(&world::org()));
    }
    if let Ok(segment) = Segment::from_bytes(&world::org(), bytes) {
        assert_eq!(segment.to_bytes(), bytes);
    }
    if let Ok(body) = encoding::from_bytes::<SegmentBody>(bytes) {
        assert_eq!(encoding::to_bytes(&body), bytes);
    }
    if let Ok(descriptor) = encoding::from_bytes::<Descriptor>(bytes) {
        assert_eq!(encoding::to_bytes(&descriptor), bytes);
    }
    if let Ok(receipt) = encoding::from_bytes::<ReceiptBody>(bytes) {
        assert_eq!(encoding::to_bytes(&receipt), bytes);
        let _ = receipt.is_sound();
    }
    if let Ok(grant) = encoding::from_bytes::<KeyGrant>(bytes) {
        drop(grant.open(&world::org(), &world::tablet().kem));
    }
    for kind in 0..7 {
        if let Some((written, body)) = Entry::decode(kind, bytes).ok().and_then(|entry| entry.encode()) {
            assert_eq!((written, &body[..]), (kind, bytes));
        }
    }
    for item in 0..29 {
        if let Ok(read) = Item::decode(item, 1, bytes) {
            assert_eq!(read.encode(), (item, bytes.to_vec()));
        }
    }
    for count in [0, 1, 2, u32::MAX] {
        if let Ok(content) = Content::from_bytes(bytes, count) {
            assert_eq!(content.to_bytes(), bytes);
            for item in &content.items {
                let _ = item.hash();
            }
        }
    }
    drop(unpack(bytes, &NoDictionaries));
    let _ = change_hash(bytes);
    let text = String::from_utf8_lossy(bytes);
    drop(Ticket::from_text(&text));
    drop(Ticket::from_text(&format!("KHT1:{text}")));
    drop(InviteSecret::from_typed(&text));
}

/// Every hexadecimal value of every file, shortest first.
fn good_bytes() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for name in ["entries", "keys", "names", "receipts", "roster", "segments"] {
        collect(Stored::open(name).value(), &mut out);
    }
    out.sort_by_key(Vec::len);
    out.dedup();
    out
}

fn collect(value: &Value, out: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|field| collect(field, out)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::String(text)
            if text.bytes().all(|b| b.is_ascii_hexdigit()) && text.len().is_multiple_of(2) =>
        {
            out.push(unhex(text));
        }
        _ => {}
    }
}

#[test]
fn random_bytes_never_make_a_decoder_panic() {
    let mut noise = Noise::new(0xd1);
    for _ in 0..2_000 {
        let len = noise.below(200);
        read_as_everything(&noise.bytes(len));
    }
}

#[test]
fn good_bytes_bent_at_random_never_make_a_decoder_panic() {
    if writing() {
        return;
    }
    let good = good_bytes();
    assert!(good.len() > 100, "the files are full of good bytes");
    let mut noise = Noise::new(0xd2);
    for round in 0..3_000 {
        let bent = noise.bend(&good[round % good.len()]);
        read_as_everything(&bent);
    }
}

#[test]
fn a_bent_payload_under_a_good_seal_never_makes_a_reader_panic() {
    let mut noise = Noise::new(0xd3);
    let content = [vec![1; 16], vec![9, 2, 1, 2]].concat();
    let codec = khettara_core::log::Codec::Zstd { dictionary: 0 };
    let good = khettara_core::log::pack(&content, codec, 3, &NoDictionaries).expect("packs");
    for _ in 0..3_000 {
        let mut bent = noise.bend(&good);
        bent.resize(bent.len().next_multiple_of(32), 0);
        if let Ok(raw) = unpack(&bent, &NoDictionaries) {
            assert!(raw.len() <= 1_048_576);
            drop(Content::from_bytes(&raw, 1));
        }
    }
}
