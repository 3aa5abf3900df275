//! A second relay lost its disk. A tablet that never heard of it calls, twice, and with more work once more when the relay was
//! set back to before the second call. The relay cannot show who it is, and asks for colleagues' work before it says what
//! it will not take: the meeting ends all the same. The tablet gives that work to nobody whom it does not know, and brings
//! it when headquarters has called.

use khettara_core::store::MemoryStore;
use khettara_tests::{Link, World};

#[test]
fn wherever_the_first_call_broke_off_the_others_settle() {
    let mut cuts = 0;
    for cut in (40..).step_by(40) {
        let mut world = World::whose_relay_was_told(60, &["08.201.11.07"]);
        let feed = world.feeds[0].clone();
        for name in ["brahim", "amina"] {
            world.tablet(name);
        }
        world.second_relay("station");
        let station = world.take("station").reopened([3; 32], Box::new(MemoryStore::new()));
        world.put(station);
        let broken = Link { cut_after_bytes: Some(cut), ..Link::default() };
        if world.meet_over("amina", "station", broken).settled {
            break;
        }
        cuts += 1;
        let there = |world: &World| {
            let keys = &*world.node("headquarters").store;
            world.node("station").notes_with_keys_of(&feed, keys)
        };
        let backup = world.copy("station", "station");
        assert!(world.meet("amina", "station").settled, "cut after {cut} bytes");
        world.put(backup);
        for (name, note) in [("brahim", "brahim's"), ("amina", "amina's")] {
            world.node_mut(name).note(&feed, note.as_bytes()).expect("saved");
        }
        assert!(world.meet("brahim", "amina").settled, "cut after {cut} bytes");
        let report = world.meet("amina", "station");
        assert!(report.settled, "cut after {cut} bytes: {report:#?}");
        assert!(!there(&world).contains(&b"brahim's".to_vec()), "cut after {cut} bytes");
        for name in ["headquarters", "amina"] {
            assert!(world.meet(name, "station").settled, "cut after {cut} bytes");
        }
        assert_eq!(there(&world), vec![b"amina's".to_vec(), b"brahim's".to_vec()], "cut after {cut} bytes");
    }
    assert!(cuts > 20, "the story was told");
}
