//! Feed keys: their names, what is derived from them, links between them, grants of them.

use khettara_core::encoding::{self, Set};
use khettara_core::hash;
use khettara_core::id::Feed;
use khettara_core::identity::{FeedKey, Fresh, GrantedKey, KeyGrant, Kind, SealContext, Signed};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Feed keys, links and grants; `enc` and `ct` come from our seed: check them by opening";

#[test]
fn keys_links_and_grants_are_what_they_were() {
    hold("keys", ABOUT, |_| vec![derived(), link(), grant()]);
}

fn derived() -> Value {
    let key = world::feed_key(1);
    case(
        "a feed key",
        json!({ "key": hex(key.secret()) }),
        json!({
            "key_id": hex(key.id().0),
            "ke": hex(hash::derive("seal key", &[key.secret()])),
            "ks": hex(hash::derive("seal siv", &[key.secret()])),
            "link_key": hex(hash::derive("link key", &[key.secret()])),
        }),
    )
}

fn link() -> Value {
    let (org, feed, old, new) = (world::org(), world::feed(), world::feed_key(1), world::feed_key(2));
    let context = SealContext { org: &org, feed: &feed, ordinal: 2 };
    let link = new.link(&context, &old);
    assert_eq!(new.open_link(&context, &link).as_ref(), Ok(&old));
    let mut aad = org.0.to_vec();
    aad.extend(feed.prefixed());
    aad.extend(2u32.to_le_bytes());
    aad.extend(new.id().0);
    let under = FeedKey::new(hash::derive("link key", &[new.secret()]));
    assert_eq!(under.seal(&aad, old.secret()), link, "a link is a seal under the link key");
    case(
        "a link",
        json!({
            "org": hex(org.0), "feed": feed.as_str(), "ordinal": 2, "previous": hex(old.secret()),
            "new": hex(new.secret()),
        }),
        json!({ "link_key": hex(under.secret()), "aad": hex(aad), "nonce": hex(&link[..24]), "link": hex(&link) }),
    )
}

fn grant() -> Value {
    let (org, tablet, serial) = (world::org(), world::tablet(), 17);
    let referrals = Feed::new("08.201/referrals").expect("a feed");
    let keys = [(world::feed(), 2, 2), (referrals, 1, 3)].map(|(feed, ordinal, byte)| GrantedKey {
        feed,
        ordinal,
        key: world::feed_key(byte),
    });
    let mut chance = Fresh::new(world::seed(0x81)).chance();
    let grant = KeyGrant::seal(&org, serial, tablet.kem.public(), &keys, &mut chance).expect("seals");
    assert_eq!(grant.open(&org, &tablet.kem).as_deref(), Ok(&keys[..]));
    let rows: Set<(Feed, u32, [u8; 32])> =
        keys.iter().map(|key| (key.feed.clone(), key.ordinal, *key.key.secret())).collect();
    let mut aad = org.0.to_vec();
    aad.extend(serial.to_le_bytes());
    aad.extend(tablet.kem.public().0);
    let signed =
        Signed::make(&org, &world::headquarters().signing, Kind::KeyGrant, encoding::to_bytes(&grant));
    let rows_given: Vec<Value> =
        keys.iter().map(|key| json!([key.feed.as_str(), key.ordinal, hex(key.key.secret())])).collect();
    case(
        "a key grant",
        json!({
            "org": hex(org.0), "serial": serial, "kem_ikm": hex(world::seed(8)), "keys": rows_given,
            "signing_seed": hex(world::seed(4)), "process_seed": hex(world::seed(0x81)),
        }),
        json!({
            "kem": hex(grant.kem.0), "plain": hex(encoding::to_bytes(&rows)), "aad": hex(aad),
            "enc": hex(grant.enc.0), "ct": hex(&grant.ct), "body": hex(signed.body()),
            "sig": hex(signed.sig().0), "envelope": hex(signed.to_bytes()),
        }),
    )
}
