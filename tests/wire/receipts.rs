//! Receipts of a relay and of headquarters, and the digest over those held.

use khettara_core::encoding::{self, Set};
use khettara_core::hash;
use khettara_core::id::{DeviceKey, Feed, Head, LogId};
use khettara_core::identity::{Kind, Signed, SigningKey};
use khettara_core::log::{HeldBack, Place, ReceiptBody, receipts_digest};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Receipts: body, signature, name, and the digest over those held";

#[test]
fn receipts_are_what_they_were() {
    hold("receipts", ABOUT, |_| {
        let relay = body(Place::RELAY, 3, &[]);
        let office = body(Place::HEADQUARTERS, 300, &[(3, 2, 1), (5, 1, 5), (9, 3, 77)]);
        vec![
            receipt("a relay's receipt", &world::relay(), 6, &relay),
            receipt("headquarters' receipt", &world::headquarters().signing, 4, &office),
            digest(&[(world::relay().public(), relay), (world::headquarters().key(), office)]),
        ]
    });
}

fn body(place: Place, ordinal: u64, runs: &[HeldBack]) -> ReceiptBody {
    let held_back: Set<HeldBack> = runs.iter().copied().collect();
    ReceiptBody {
        place,
        feed: world::feed(),
        device: world::tablet().key(),
        ordinal,
        lines: [
            (world::log(), 20, Head([0x71; 32]), held_back),
            (LogId([0xee; 32]), 200, Head([0x72; 32]), Set::default()),
        ]
        .into_iter()
        .collect(),
        cut: None,
        shown_time: 1_767_225_600_000,
    }
}

fn receipt(name: &str, signing: &SigningKey, seed: u8, body: &ReceiptBody) -> Value {
    assert!(body.is_sound());
    let signed = Signed::make(&world::org(), signing, Kind::Receipt, encoding::to_bytes(body));
    let read = Signed::from_bytes(&signed.to_bytes()).expect("an envelope").verify(&world::org());
    assert_eq!(read.and_then(|v| v.read::<ReceiptBody>()).as_ref(), Ok(body));
    let lines: Vec<Value> = body
        .lines
        .iter()
        .map(|(log, n, head, runs)| json!([hex(log.0), n, hex(head.0), runs.as_slice()]))
        .collect();
    case(
        name,
        json!({
            "org": hex(world::org().0), "signing_seed": hex(world::seed(seed)), "place": body.place.0,
            "feed": body.feed.as_str(), "device": hex(body.device.0), "ordinal": body.ordinal,
            "lines": lines, "cut": [], "shown_time": body.shown_time,
        }),
        json!({
            "body": hex(signed.body()),
            "message": hex(world::message(3, 1, &signed.signer(), signed.body())),
            "sig": hex(signed.sig().0), "envelope": hex(signed.to_bytes()),
            "receipt_hash": hex(hash::derive("receipt", &[signed.body()])),
        }),
    )
}

fn digest(held: &[(DeviceKey, ReceiptBody)]) -> Value {
    let rows: Set<(DeviceKey, Feed, DeviceKey, u64, [u8; 8])> = held
        .iter()
        .map(|(issuer, body)| {
            let name = hash::first(&hash::derive("receipt", &[&encoding::to_bytes(body)]));
            (*issuer, body.feed.clone(), body.device, body.ordinal, name)
        })
        .collect();
    let given: Vec<Value> = held
        .iter()
        .map(|(issuer, body)| json!({ "issuer": hex(issuer.0), "body": hex(encoding::to_bytes(body)) }))
        .collect();
    let digest = receipts_digest(held.iter().map(|(issuer, body)| body.name(*issuer)));
    case(
        "receipts held",
        json!({ "held": given }),
        json!({ "set": hex(encoding::to_bytes(&rows)), "receipts_digest": hex(digest) }),
    )
}
