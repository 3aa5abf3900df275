//! A backup is taken while entries are saved and not yet cut: the same entries are cut twice, into two
//! segments with one head. Every digest tells them apart, and both are delivered.

use khettara_core::id::SegmentId;
use khettara_core::store::held;
use khettara_tests::World;

#[test]
fn twins_with_one_head_are_two_segments_everywhere() {
    let mut world = World::with_feeds(20, &["08.201.11.07", "08.201.11.09"]);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"saved, not cut").expect("saved");
    let twin = world.copy("amina", "twin");
    world.put(twin);
    // The roster goes on in between, so the two cuts do not say the same.
    world.publish_feed_key("08.201.11.11");
    assert!(world.meet("headquarters", "relay").settled);
    assert!(world.meet("amina", "relay").settled);
    world.carry_roster("headquarters", "twin");
    let report = world.meet("twin", "relay");
    assert!(report.settled, "{report:#?}");
    for name in ["amina", "twin", "headquarters", "amina"] {
        assert!(world.meet(name, "relay").settled);
    }
    let relay = &*world.node("relay").store;
    let (_, log) = held::logs_in(relay, &feed).expect("reads")[0];
    let lines = held::lines_of(relay, &feed, &log).expect("reads");
    let head =
        |(n, tip): &(u64, SegmentId)| held::meta_of(relay, &log, *n, tip).expect("reads").expect("held").head;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(head(&lines[0]), head(&lines[1]));
    for name in ["amina", "twin", "headquarters"] {
        assert_eq!(world.digest(name, &feed), world.digest("relay", &feed), "{name}");
    }
}
