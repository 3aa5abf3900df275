//! Every roster item: its body, its envelope where it has one, and the entry that carries it.

use khettara_core::encoding::{self, Set, Sig};
use khettara_core::id::{Feed, Head, LogId, Pattern, SegmentId};
use khettara_core::identity::{
    Closing, Constant, Credential, Delegate, FeedKeyItem, Finished, Grant, Invitation, Item, Kind, Limits,
    LinkBytes, Mode, Release, Rights, Role, RotateRoot, SealContext, Signed, SigningKey, Withdraw,
};
use khettara_core::log::{Entry, entry_hash};
use serde::Serialize;
use serde_json::{Value, json};

use crate::enrolment::{SERIAL, binding, invite_keys};
use crate::entries::chunks_on_file;
use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Roster items: body, envelope of those that travel alone, item bytes, entry";

#[test]
fn roster_items_are_what_they_were() {
    hold("roster", ABOUT, |_| {
        let mut cases = signed_items();
        cases.extend(bare_items());
        cases
    });
}

fn pattern(text: &str) -> Pattern {
    Pattern::new(text).expect("a pattern")
}

fn grants() -> Set<Grant> {
    let mine = (pattern(world::FEED), Rights::READ.with(Rights::WRITE));
    [mine, (pattern("08.201.*"), Rights::READ)].into_iter().collect()
}

fn points() -> Set<(LogId, u64, Head)> {
    [(world::log(), 6, Head([0x91; 32])), (LogId([2; 32]), 300, Head([0x92; 32]))].into_iter().collect()
}

pub(crate) fn invitation() -> Invitation {
    Invitation {
        serial: SERIAL,
        role: Role::WORKER,
        grants: grants(),
        claim: invite_keys().claim.public(),
        open: invite_keys().open.public(),
        registrar: world::relay().public(),
    }
}

fn grants_value() -> Value {
    grants().iter().map(|(pattern, rights)| json!([pattern.as_str(), rights.0])).collect()
}

fn points_value() -> Value {
    points().iter().map(world::point).collect()
}

fn credential() -> Credential {
    Credential {
        serial: SERIAL,
        edition: 2,
        device: world::tablet().key(),
        kem: world::tablet().kem.public(),
        role: Role::WORKER,
        grants: grants(),
    }
}

fn closing() -> Closing {
    Closing {
        serial: SERIAL,
        mode: Mode::CUT,
        devices: [world::tablet().key()].into_iter().collect(),
        feeds: [pattern("*")].into_iter().collect(),
        keep: points(),
        reason: 2,
    }
}

fn signed_items() -> Vec<Value> {
    let (root, office) = ((world::root(), 1), (world::headquarters().signing, 4));
    let (genesis, credential, invitation) = (world::genesis(), credential(), invitation());
    let (closing, binding) = (closing(), binding());
    let release = Release { lines: points(), changes: [[0x93; 32]].into_iter().collect() };
    let of_genesis = json!({
        "root": hex(genesis.root.0), "next": hex(genesis.next), "recovery": hex(genesis.recovery.0),
    });
    let of_credential = json!({
        "serial": SERIAL, "edition": 2, "device": hex(credential.device.0), "kem": hex(credential.kem.0),
        "role": 1, "grants": grants_value(),
    });
    let of_invitation = json!({
        "serial": SERIAL, "role": 1, "grants": grants_value(), "claim": hex(invitation.claim.0),
        "open": hex(invitation.open.0), "registrar": hex(invitation.registrar.0),
    });
    let of_closing = json!({
        "serial": SERIAL, "mode": 1, "devices": [hex(world::tablet().key().0)], "feeds": ["*"],
        "keep": points_value(), "reason": 2,
    });
    let of_release = json!({ "lines": points_value(), "changes": [hex([0x93; 32])] });
    let Sig(by_device) = binding.by_device;
    let Sig(by_secret) = binding.by_secret;
    let of_binding = json!({
        "claim": {
            "serial": SERIAL, "device": hex(binding.claim.device.0), "kem": hex(binding.claim.kem.0),
            "registrar": hex(binding.claim.registrar.0),
        },
        "by_device": hex(by_device), "by_secret": hex(by_secret), "roster_seen": binding.roster_seen,
    });
    vec![
        signed("item 1, genesis", Kind::Genesis, &root, &genesis, of_genesis),
        signed("item 6, credential", Kind::Credential, &office, &credential, of_credential),
        signed("item 7, invitation", Kind::Invitation, &office, &invitation, of_invitation),
        signed("item 13, closing", Kind::Closing, &office, &closing, of_closing),
        signed("item 14, release", Kind::Release, &(world::supervisor(), 9), &release, of_release),
        signed("item 15, binding", Kind::Binding, &(world::relay(), 6), &binding, of_binding),
    ]
}

/// An item whose bytes are a whole envelope.
fn signed<T: Serialize>(
    name: &str,
    kind: Kind,
    (signing, seed): &(SigningKey, u8),
    body: &T,
    fields: Value,
) -> Value {
    let signed = Signed::make(&world::org(), signing, kind, encoding::to_bytes(body));
    let given = json!({
        "org": hex(world::org().0), "signing_seed": hex(world::seed(*seed)), "item": kind as u8, "version": 1,
        "fields": fields,
    });
    let made = json!({
        "body": hex(signed.body()),
        "message": hex(world::message(kind as u8, 1, &signed.signer(), signed.body())),
        "sig": hex(signed.sig().0),
    });
    carried(name, kind as u8, &signed.to_bytes(), given, made)
}

fn bare_items() -> Vec<Value> {
    let office = world::headquarters_log(Feed::roster()).log_id(&world::org());
    let (org, feed) = (world::org(), world::feed());
    let context = SealContext { org: &org, feed: &feed, ordinal: 2 };
    let link: [u8; 72] =
        world::feed_key(2).link(&context, &world::feed_key(1)).try_into().expect("a link has 72 bytes");
    let key = world::headquarters().key();
    let first = FeedKeyItem { feed: world::feed(), ordinal: 1, key_id: world::feed_key(1).id(), link: None };
    let link_field = hex(link);
    let second = FeedKeyItem {
        ordinal: 2,
        key_id: world::feed_key(2).id(),
        link: Some(LinkBytes(link)),
        ..first.clone()
    };
    let continues = (office, 70_000, Head([0x94; 32]));
    let feeds: Set<Pattern> = [pattern("*"), pattern("08.201.*")].into_iter().collect();
    let [chunk, _] = chunks_on_file();
    let key_fields = |item: &FeedKeyItem, link: Vec<&str>| {
        json!({
            "feed": item.feed.as_str(), "ordinal": item.ordinal, "key_id": hex(item.key_id.0), "link": link,
        })
    };
    let of_first = key_fields(&first, vec![]);
    let of_second = key_fields(&second, vec![&link_field]);
    let delegate = |feeds, continues| Delegate { key, role: Role::HEADQUARTERS, feeds, continues };
    let of_delegate = json!({
        "key": hex(key.0), "role": 5, "feeds": ["*", "08.201.*"], "continues": [world::point(&continues)],
    });
    let of_ended = json!({ "key": hex(key.0), "role": 5, "feeds": [], "continues": [] });
    let rotate = RotateRoot { key: world::next_root().public(), next: [0x95; 32] };
    let of_rotate = json!({ "key": hex(rotate.key.0), "next": hex(rotate.next) });
    let finished = Finished { log: world::log(), tip: SegmentId([0x96; 32]) };
    let of_finished = json!({ "log": hex(finished.log.0), "tip": hex(finished.tip.0) });
    let limits = Limits { limits: [(Limits::LOGS, 32), (Limits::BRANCHES, 8)].into_iter().collect() };
    let of_constant = json!({ "number": 3, "chunk": hex(&chunk) });
    vec![
        bare("item 20, delegate", 20, Item::Delegate(delegate(feeds, Some(continues))), of_delegate),
        bare("item 20, a delegation's end", 20, Item::Delegate(delegate(Set::default(), None)), of_ended),
        bare("item 21, rotated root", 21, Item::RotateRoot(rotate), of_rotate),
        bare("item 22, withdraw", 22, Item::Withdraw(Withdraw { serial: 300 }), json!({ "serial": 300 })),
        bare("item 23, a feed's first key", 23, Item::FeedKey(first), of_first),
        bare("item 23, a feed's next key", 23, Item::FeedKey(second), of_second),
        bare("item 24, finished", 24, Item::Finished(finished), of_finished),
        bare("item 25, limits", 25, Item::Limits(limits), json!({ "limits": [[1, 32], [2, 8]] })),
        bare("item 27, constant", 27, Item::Constant(Constant { number: 3, chunk }), of_constant),
    ]
}

/// An item whose bytes are the structure itself.
fn bare(name: &str, number: u8, item: Item, fields: Value) -> Value {
    let (encoded, bytes) = item.encode();
    assert_eq!(encoded, number);
    carried(name, number, &bytes, json!({ "item": number, "version": 1, "fields": fields }), json!({}))
}

fn carried(name: &str, number: u8, bytes: &[u8], given: Value, mut made: Value) -> Value {
    let item = Item::decode(number, 1, bytes).expect("reads back");
    assert_eq!(item.encode(), (number, bytes.to_vec()));
    let entry = Entry::Roster { item: number, version: 1, bytes: bytes.to_vec() };
    let (kind, body) = entry.encode().expect("a known kind");
    made["bytes"] = hex(bytes).into();
    made["entry_body"] = hex(&body).into();
    made["entry_hash"] = hex(entry_hash(kind, &body).0).into();
    case(name, given, made)
}
