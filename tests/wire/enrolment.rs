//! Enrolment: an invitation's keys, the QR text, the typed code, the claim signed twice, the binding.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::DeviceKey;
use khettara_core::identity::{
    Binding, Claim, InviteKeys, InviteSecret, Kind, Signed, Ticket, binding_is_sound,
};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::roster::invitation;
use crate::world;

const ABOUT: &str = "An invitation's keys, its QR text and typed code, the claim, the binding";

pub(crate) const SERIAL: u32 = 17;

pub(crate) fn secret() -> InviteSecret {
    let mut bytes = [0xa5; 16];
    bytes[0] = 0x17;
    InviteSecret::new(bytes)
}

pub(crate) fn invite_keys() -> InviteKeys {
    InviteKeys::derive(&world::org(), SERIAL, &secret())
}

/// The tablet's claim, signed by both keys.
pub(crate) fn binding() -> Binding {
    let tablet = world::tablet();
    let claim = Claim {
        serial: SERIAL,
        device: tablet.key(),
        kem: tablet.kem.public(),
        registrar: world::relay().public(),
    };
    let (by_device, by_secret) = claim.sign(&world::org(), &tablet.signing, &invite_keys().claim);
    Binding { claim, by_device, by_secret, roster_seen: 12 }
}

#[test]
fn enrolment_is_what_it_was() {
    hold("enrolment", ABOUT, |_| {
        vec![derived_keys(), ticket(), typed("a typed code", &secret()), all_ones(), claim()]
    });
}

fn derived_keys() -> Value {
    let keys = invite_keys();
    let seed = |context| hash::derive(context, &[&world::org().0, &SERIAL.to_le_bytes(), secret().bytes()]);
    case(
        "an invitation's keys",
        json!({ "org": hex(world::org().0), "serial": SERIAL, "secret": hex(secret().bytes()) }),
        json!({
            "claim_seed": hex(seed("invite claim")), "claim": hex(keys.claim.public().0),
            "open_ikm": hex(seed("invite open")), "open": hex(keys.open.public().0),
        }),
    )
}

fn ticket() -> Value {
    let addresses = ["relais.example:4433", "192.0.2.7:4433"];
    let ticket = Ticket {
        org: world::org(),
        addresses: addresses.map(String::from).to_vec(),
        pin: world::relay().public(),
        next_pin: DeviceKey::ZERO,
        serial: SERIAL,
        secret: secret(),
    };
    let text = ticket.to_text();
    assert_eq!(Ticket::from_text(&text).as_ref(), Ok(&ticket));
    let row = (ticket.org, &ticket.addresses, ticket.pin, ticket.next_pin, SERIAL, *secret().bytes());
    let bytes = encoding::to_bytes(&row);
    case(
        "a ticket",
        json!({
            "org": hex(ticket.org.0), "addresses": addresses, "pin": hex(ticket.pin.0),
            "next_pin": hex(ticket.next_pin.0), "serial": SERIAL, "secret": hex(secret().bytes()),
        }),
        json!({
            "bytes": hex(&bytes), "check": hex(&hash::derive("invite check", &[&bytes])[..4]), "text": text,
        }),
    )
}

fn typed(name: &str, secret: &InviteSecret) -> Value {
    let typed = secret.typed();
    assert_eq!(InviteSecret::from_typed(&typed).as_ref(), Ok(secret));
    case(name, json!({ "secret": hex(secret.bytes()) }), json!({ "typed": typed }))
}

fn all_ones() -> Value {
    typed("the largest typed code", &InviteSecret::new([0xff; 16]))
}

fn claim() -> Value {
    let (org, binding, registrar) = (world::org(), binding(), world::relay());
    assert!(binding_is_sound(&org, &registrar.public(), &binding, &invitation()));
    let claim = encoding::to_bytes(&binding.claim);
    let signed = Signed::make(&org, &registrar, Kind::Binding, encoding::to_bytes(&binding));
    let by_secret = invite_keys().claim.public();
    case(
        "a claim and its binding",
        json!({
            "org": hex(org.0), "serial": SERIAL, "secret": hex(secret().bytes()),
            "device_seed": hex(world::seed(7)), "kem_ikm": hex(world::seed(8)),
            "registrar_seed": hex(world::seed(6)), "roster_seen": binding.roster_seen,
        }),
        json!({
            "claim": hex(&claim),
            "message_by_device": hex(world::message(8, 1, &binding.claim.device, &claim)),
            "by_device": hex(binding.by_device.0),
            "message_by_secret": hex(world::message(9, 1, &by_secret, &claim)),
            "by_secret": hex(binding.by_secret.0),
            "binding": hex(signed.body()), "sig": hex(signed.sig().0), "envelope": hex(signed.to_bytes()),
        }),
    )
}
