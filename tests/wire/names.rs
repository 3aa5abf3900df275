//! Hashes, drawn values, the organisation, logs, actors, ids, feed names and patterns.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{ActorId, Feed, Head, LogId, Pattern};
use khettara_core::identity::Fresh;
use khettara_core::log::{Descriptor, device_id};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str =
    "Everything that has a name: hashes, drawn values, OrgId, LogId, ActorId, ids, feeds, patterns";

#[test]
fn names_are_what_they_were() {
    hold("names", ABOUT, |_| {
        vec![hashes(), varints(), drawn(), organisation(), log(), following_log(), ids(), feeds(), patterns()]
    });
}

fn hashes() -> Value {
    let (context, message, key) = ("example", "نص".as_bytes(), world::seed(0x51));
    case(
        "hashes D and K",
        json!({ "context": context, "message": hex(message), "key": hex(key) }),
        json!({
            "derived": hex(hash::derive(context, &[message])),
            "derived_of_nothing": hex(hash::derive(context, &[])),
            "keyed": hex(hash::keyed(&key, &[message])),
        }),
    )
}

fn varints() -> Value {
    let values = [0u64, 1, 127, 128, 300, 16_383, 16_384, u64::from(u32::MAX), 1 << 40];
    let encoded: Vec<String> = values
        .iter()
        .map(|value| {
            let mut out = Vec::new();
            encoding::push_varint(&mut out, *value);
            assert_eq!(out, encoding::to_bytes(value), "structures use the same varint");
            hex(out)
        })
        .collect();
    case("varints", json!({ "values": values }), json!({ "encoded": encoded }))
}

fn drawn() -> Value {
    let mut fresh = Fresh::new(world::seed(0x31));
    let draws: Vec<String> = (0..3).map(|_| hex(fresh.draw())).collect();
    case("drawn values", json!({ "process_seed": hex(world::seed(0x31)) }), json!({ "draws": draws }))
}

fn organisation() -> Value {
    let genesis = world::genesis();
    case(
        "organisation",
        json!({
            "root_seed": hex(world::seed(1)), "next_root_seed": hex(world::seed(2)),
            "recovery_ikm": hex(world::seed(3)),
        }),
        json!({
            "root": hex(genesis.root.0), "next_root": hex(world::next_root().public().0),
            "next": hex(genesis.next), "recovery": hex(genesis.recovery.0), "org": hex(world::org().0),
        }),
    )
}

fn described(name: &str, descriptor: &Descriptor) -> Value {
    let continues: Vec<Value> = descriptor.continues.iter().map(world::point).collect();
    case(
        name,
        json!({
            "org": hex(world::org().0), "device": hex(descriptor.device.0), "feed": descriptor.feed.as_str(),
            "incarnation": hex(descriptor.incarnation.0), "continues": continues,
        }),
        json!({
            "descriptor": hex(encoding::to_bytes(descriptor)),
            "log": hex(descriptor.log_id(&world::org()).0),
        }),
    )
}

fn log() -> Value {
    described("a tablet's log", &world::descriptor())
}

fn following_log() -> Value {
    let before = world::headquarters_log(Feed::roster()).log_id(&world::org());
    let mut descriptor = world::headquarters_log(Feed::roster());
    descriptor.device = world::supervisor().public();
    descriptor.continues = Some((LogId(before.0), 300, Head([0x61; 32])));
    described("a log that follows another", &descriptor)
}

fn ids() -> Value {
    let (log, nonce, actor) = (world::log(), world::process().1, world::actor());
    let asked = [(2u64, 0u32), (2, 1), (3, 0), (70_000, 300)];
    let ids: Vec<String> = asked.iter().map(|(n, k)| hex(device_id(&actor, *n, *k).as_bytes())).collect();
    assert_ne!(device_id(&actor, 2, 0), device_id(&ActorId([0; 16]), 2, 0));
    case(
        "actor and ids made on a device",
        json!({ "log": hex(log.0), "nonce": hex(nonce.0), "ids_for": asked }),
        json!({ "actor": hex(actor.0), "ids": ids }),
    )
}

fn feeds() -> Value {
    let longest = "a".repeat(64);
    let too_long = "a".repeat(65);
    let asked = [
        "08.201.11.07",
        "@roster",
        "@roster/people",
        "08.201/referrals",
        "a",
        "_",
        "-",
        "@reference/08.@x",
        longest.as_str(),
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a.",
        "/",
        "/a",
        "a/",
        "a/b/c",
        "A",
        "a b",
        "a@b",
        "a@",
        "@",
        "@.a",
        "a.@",
        "@/a",
        "@@a",
        "a/@",
        "08.*",
        "*",
        "é",
        too_long.as_str(),
    ];
    let (good, bad): (Vec<&str>, Vec<&str>) = asked.iter().partition(|name| Feed::new(**name).is_ok());
    case("feed names", json!({ "asked": &asked[..] }), json!({ "accepted": good, "refused": bad }))
}

fn patterns() -> Value {
    let (fits, too_long) = (format!("{}.*", "a".repeat(62)), format!("{}.*", "a".repeat(63)));
    let asked = [
        "*",
        "a",
        "a.*",
        "08.201.*",
        "08.201/referrals",
        "@roster/people",
        "@roster.*",
        fits.as_str(),
        "",
        ".*",
        "a*",
        "a.b*",
        "*.a",
        "a/*",
        "08.201/x.*",
        "a.*.*",
        "**",
        "@.*",
        too_long.as_str(),
    ];
    let (good, bad): (Vec<&str>, Vec<&str>) = asked.iter().partition(|text| Pattern::new(**text).is_ok());
    let pairs = [
        ("08.201.*", "08.201.11.07"),
        ("08.201.*", "08.201"),
        ("08.201.*", "08.2011"),
        ("08.201.*", "08.201/referrals"),
        ("08.201/referrals", "08.201/referrals"),
        ("*", "08.201/referrals"),
        ("*", "@roster"),
        ("08.201.11.07", "08.201.11.09"),
        ("08.201", "08.201.11"),
        ("@roster.*", "@roster/people"),
    ];
    let covers: Vec<bool> = pairs
        .iter()
        .map(|(pattern, feed)| {
            Pattern::new(*pattern).expect("a pattern").covers(&Feed::new(*feed).expect("a feed"))
        })
        .collect();
    case(
        "patterns",
        json!({ "asked": asked, "covers_asked": pairs }),
        json!({ "accepted": good, "refused": bad, "covers": covers }),
    )
}
