//! The connection breaks anywhere and the relay starts anew: nothing is lost, and what it said to hold is not
//! sent again.

use khettara_core::log::Place;
use khettara_core::store::held;
use khettara_tests::{Link, World};

fn busy_world() -> World {
    let mut world = World::new(14);
    world.tablet("amina");
    world.tablet("brahim");
    let feed = world.feeds[0].clone();
    for (name, count) in [("amina", 4u8), ("brahim", 3)] {
        for note in 0..count {
            // Bytes that do not compress, so that there are several segments.
            let mut bytes = vec![note];
            bytes.extend((0..700).flat_map(|_| world.chance().word().to_le_bytes()));
            world.node_mut(name).note(&feed, &bytes).expect("saved");
        }
    }
    assert!(world.meet("brahim", "relay").settled);
    world
}

#[test]
fn a_cut_anywhere_costs_only_what_was_not_yet_acknowledged() {
    let whole = busy_world().meet("amina", "relay");
    let total = whole.bytes_up + whole.bytes_down;
    assert!(whole.settled && whole.segments_up >= 3 && whole.segments_down >= 2, "{whole:#?}");
    for cut in (0..total).step_by(1_500) {
        let mut world = busy_world();
        let feed = world.feeds[0].clone();
        let link = Link { cut_after_bytes: Some(cut), ..Link::default() };
        let broken = world.meet_over("amina", "relay", link);
        assert!(broken.lost && !broken.settled);
        world.restart("relay");
        // Only what the tablet was told of counts: the answer may have been lost with the connection.
        let told = world.node("amina").receipted(&feed, Place::RELAY);
        let relay = &*world.node("relay").store;
        let acknowledged = told.first().map_or(0, |(log, n, _)| {
            let tips = held::lines_of(relay, &feed, log).expect("reads");
            let rows = held::above(relay, log, &tips, &[]).expect("reads");
            rows.iter().filter(|(_, row)| row.last() <= *n).count() as u64
        });
        let again = world.meet("amina", "relay");
        assert!(again.settled, "cut at {cut}: {again:#?}");
        assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed), "cut at {cut}");
        assert!(
            again.segments_up + acknowledged <= whole.segments_up,
            "cut at {cut}: {} of {}, {acknowledged} acknowledged",
            again.segments_up,
            whole.segments_up
        );
    }
}
