//! A relay offers its own root, or a feed key of its own making: neither is used.

use khettara_core::encoding;
use khettara_core::identity::{FeedKey, Fresh, Genesis, GrantedKey, KeyGrant, Kind, Signed};
use khettara_core::store::held;
use khettara_core::sync::CloseReason;
use khettara_core::wire::Frame;
use khettara_tests::{Raw, World};

#[test]
fn another_root_ends_the_meeting() {
    let mut world = World::new(26);
    world.invited_tablet("amina");
    let relay = world.node("relay").identity.clone();
    let kem = relay.kem.public();
    let genesis = Genesis { root: relay.key(), next: [7; 32], recovery: kem };
    let body = encoding::to_bytes(&genesis);
    let signed = Signed::make(&world.org, &relay.signing, Kind::Genesis, body).as_signed().clone();
    let mut raw = Raw::is_reached(world.node_mut("amina"), relay.key());
    raw.say(&Frame::Item(signed));
    assert_eq!(raw.closed, Some(CloseReason::WrongOrganisation));
    raw.hang_up();
    assert!(world.node("amina").engine.roster().genesis().is_none());
    assert!(world.meet("headquarters", "relay").settled);
    assert!(world.meet("amina", "relay").settled, "the true root is taken afterwards");
}

#[test]
fn a_feed_key_of_the_relays_own_is_never_used() {
    let mut world = World::new(27);
    world.tablet("amina");
    let (feed, org) = (world.feeds[0].clone(), world.org);
    let relay = world.node("relay").identity.clone();
    let before = held::feed_keys(&*world.node("amina").store, &feed).expect("reads").len();
    let made = |ordinal| GrantedKey { feed: feed.clone(), ordinal, key: FeedKey::new([6; 32]) };
    let to = world.node("amina").identity.kem.public();
    let mut chance = Fresh::new([1; 32]).chance();
    let grant = KeyGrant::seal(&org, 1, to, &[made(1), made(2)], &mut chance).expect("seals");
    let body = encoding::to_bytes(&grant);
    let by_relay = Signed::make(&org, &relay.signing, Kind::KeyGrant, body.clone());
    // Even signed by headquarters, a key counts only where headquarters' log lists its name.
    let headquarters = world.node("headquarters").identity.signing.clone();
    let unlisted = Signed::make(&org, &headquarters, Kind::KeyGrant, body);
    let mut raw = Raw::is_reached(world.node_mut("amina"), relay.key());
    for signed in [by_relay, unlisted] {
        raw.say(&Frame::Item(signed.as_signed().clone()));
    }
    raw.hang_up();
    assert_eq!(held::feed_keys(&*world.node("amina").store, &feed).expect("reads").len(), before);
    world.node_mut("amina").note(&feed, b"sealed as before").expect("saved");
    assert!(world.meet("amina", "relay").settled);
    assert!(world.meet("headquarters", "relay").settled);
    assert_eq!(world.node("headquarters").notes(&feed), vec![b"sealed as before".to_vec()]);
}
