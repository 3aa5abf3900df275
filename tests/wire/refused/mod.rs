//! Bytes that another writer would have written otherwise, or not at all: each refused, with its reason.

mod inside;
mod plain;
mod signed;

use khettara_core::encoding::{self, Set};
use khettara_core::id::{DeviceKey, Feed};
use khettara_core::identity::{InviteSecret, Item, KeyGrant, SealContext, Signed, Ticket, TicketError};
use khettara_core::log::{
    Content, Descriptor, Entry, NoDictionaries, ReceiptBody, Segment, change_hash, unpack,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Refused bytes: `structure` names the decoder, `error` what it answers";

/// A decoder's name, what is wrong, the bytes.
pub(crate) type Row = (&'static str, &'static str, Vec<u8>);

#[test]
fn what_is_not_canonical_is_refused_with_its_reason() {
    hold("refused", ABOUT, |_| {
        let mut rows = plain::plain_rows();
        rows.extend(plain::entry_rows());
        rows.extend(plain::chunk_rows());
        rows.extend(plain::key_rows());
        rows.extend(signed::envelope_rows());
        rows.extend(signed::segment_rows());
        rows.extend(inside::content_rows());
        rows.extend(inside::receipt_rows());
        rows.extend(inside::item_rows());
        rows.into_iter().map(refused).chain(refused_texts()).collect()
    });
}

fn refused((structure, wrong, bytes): Row) -> Value {
    let error = judge(structure, &bytes).expect_err(wrong);
    let mut given = json!({ "structure": structure, "bytes": hex(bytes) });
    add_needs(structure, &mut given);
    case(wrong, given, json!({ "error": error }))
}

/// What a reader needs beside the bytes.
fn add_needs(structure: &str, given: &mut Value) {
    if matches!(structure, "verified envelope" | "segment" | "link" | "key grant") {
        given["org"] = hex(world::org().0).into();
    }
    if structure == "link" {
        given["feed"] = world::FEED.into();
        given["ordinal"] = 2.into();
        given["new"] = hex(world::feed_key(2).secret()).into();
    }
    if structure == "key grant" {
        given["kem_ikm"] = hex(world::seed(8)).into();
    }
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

fn refused_texts() -> Vec<Value> {
    let ticket = Ticket {
        org: world::org(),
        addresses: vec!["192.0.2.7:4433".into()],
        pin: world::relay().public(),
        next_pin: DeviceKey::ZERO,
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
        ("ticket", "three characters above 65,535", "KHT1::::", of_ticket("KHT1::::")),
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
