//! Of one issuer the higher ordinal replaces; an older one that arrives late changes nothing.

use khettara_core::store::held;
use khettara_core::wire::Frame;
use khettara_tests::{Raw, World};

#[test]
fn an_older_receipt_replaces_nothing() {
    let mut world = World::new(39);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    let (amina, relay) = (world.node("amina").key(), world.node("relay").key());
    let mut given = Vec::new();
    for note in 0..3u8 {
        world.node_mut("amina").note(&feed, &[note]).expect("saved");
        assert!(world.meet("amina", "relay").settled);
        let held = held::receipt_of(&*world.node("amina").store, &feed, &amina, &relay);
        given.push(held.expect("reads").expect("arrived"));
    }
    assert!(given.windows(2).all(|pair| pair[0].body.ordinal < pair[1].body.ordinal));
    let mut raw = Raw::is_reached(world.node_mut("amina"), relay);
    for old in given.iter().chain(given.iter().rev()) {
        raw.say(&Frame::Receipt(old.signed.clone()));
    }
    raw.hang_up();
    let held = held::receipt_of(&*world.node("amina").store, &feed, &amina, &relay);
    assert_eq!(held.expect("reads"), given.pop());
}

#[test]
fn a_relay_put_back_reads_its_own_receipts_before_it_says_a_newer_one() {
    let mut world = World::new(40);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    let (amina, relay) = (world.node("amina").key(), world.node("relay").key());
    let ordinal = |world: &World, name: &str| {
        let held = held::receipt_of(&*world.node(name).store, &feed, &amina, &relay);
        held.expect("reads").map_or(0, |receipt| receipt.body.ordinal)
    };
    let backup = world.copy("relay", "relay");
    for note in 0..3u8 {
        world.node_mut("amina").note(&feed, &[note]).expect("saved");
        assert!(world.meet("amina", "relay").settled);
    }
    let last = ordinal(&world, "amina");
    world.take("relay");
    world.put(backup);
    for _ in 0..2 {
        assert!(world.meet("amina", "relay").settled);
    }
    assert!(ordinal(&world, "relay") > last, "{} after {last}", ordinal(&world, "relay"));
    assert_eq!(ordinal(&world, "amina"), ordinal(&world, "relay"));
    assert_eq!(world.node("amina").receipted(&feed, khettara_core::log::Place::RELAY).len(), 1);
}
