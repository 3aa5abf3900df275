//! One set of segments, forks and all, in any order that keeps ground before what stands on it: one digest.

use khettara_core::identity::RosterNames;
use khettara_core::log::Segment;
use khettara_core::store::held::{self, Acceptance};
use khettara_core::store::{MemoryStore, Store};
use khettara_tests::World;

#[test]
fn whatever_the_order_of_arrival_the_vector_is_one() {
    let mut world = World::new(38);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"common").expect("saved");
    world.node_mut("amina").engine_cut();
    for number in 0..6u8 {
        let clone = world.copy("amina", "clone");
        world.put(clone);
        for name in ["amina", "clone"] {
            let node = world.node_mut(name);
            node.note(&feed, &[number; 3]).expect("saved");
            node.engine_cut();
        }
        // Everything of the clone reaches the first tablet's store as a stick would bring it.
        let clone = world.take("clone");
        let org = world.org;
        let amina = world.node_mut("amina");
        khettara_hq::organisation::carry_feed(&*clone.store, &mut *amina.store, org, &feed).expect("carries");
    }
    let (org, amina) = (world.org, world.node("amina"));
    let rows = amina.store.scan(b"s", &[], usize::MAX).expect("reads");
    let all = rows.into_iter().map(|(_, bytes)| Segment::from_bytes(&org, &bytes).expect("good"));
    let segments: Vec<Segment> = all.filter(|segment| segment.header().signer() == amina.key()).collect();
    assert!(segments.len() > 10);
    let owner = |segment: &Segment| {
        held::descriptor(&*amina.store, &segment.body().log).expect("reads").expect("known")
    };
    let owners: Vec<_> = segments.iter().map(owner).collect();
    let expected = held::vector_of(&*amina.store, [&feed]).expect("reads").digest();
    let mut chance = world.chance().clone();
    for _ in 0..40 {
        let mut store = MemoryStore::new();
        let mut waiting: Vec<usize> = (0..segments.len()).collect();
        while !waiting.is_empty() {
            let place = chance.below(waiting.len() as u64) as usize;
            let (segment, owner) = (&segments[waiting[place]], &owners[waiting[place]]);
            let accepted = held::accept(&store, segment, Some(owner), &RosterNames::default(), &|_, _| true);
            if let Acceptance::Accepted { group, .. } = accepted.expect("reads") {
                store.commit(vec![group]).expect("commits");
                waiting.swap_remove(place);
            }
        }
        assert_eq!(held::vector_of(&store, [&feed]).expect("reads").digest(), expected);
    }
}
