//! Clocks show anything: the same is held, in the same bytes.

use khettara_tests::{Clocks, Link, World};

fn lived_with((here, there): (u64, u64)) -> (khettara_core::id::Digest, Vec<Vec<u8>>) {
    let mut world = World::new(16);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    let mut streams = Vec::new();
    for visit in 0..4u8 {
        world.node_mut("amina").note(&feed, &[visit]).expect("saved");
        let report = world.meet_over(
            "amina",
            "relay",
            Link { clocks: Clocks::Standing(here, there), ..Link::default() },
        );
        assert!(report.settled);
        streams.extend(report.said.into_iter().filter(|(_, stream, _)| *stream).map(|(.., bytes)| bytes));
    }
    assert_eq!(world.digest("amina", &feed), world.digest("relay", &feed));
    (world.digest("relay", &feed), streams)
}

#[test]
fn whatever_the_clocks_show_the_same_is_held() {
    let right = lived_with((1_764_000_000_000, 1_764_000_000_000));
    for wrong in [(0, u64::MAX), (1_764_000_000_000, 1_732_000_000_000), (u64::MAX, 1)] {
        assert_eq!(lived_with(wrong), right);
    }
}
