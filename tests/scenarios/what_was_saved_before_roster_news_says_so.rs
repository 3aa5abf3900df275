//! What a tablet saved before it heard news of the roster says so in its segments, in whatever company the news comes:
//! by that a drain leaves it standing.

use std::collections::BTreeMap;

use khettara_core::encoding;
use khettara_core::id::{DeviceKey, Feed, LogId, Pattern};
use khettara_core::identity::{Closing, Item, Kind, Mode, Signed};
use khettara_core::log::Place;
use khettara_core::store::held;
use khettara_core::sync::{Input, Now, Output};
use khettara_hq::organisation::write_items;
use khettara_tests::{Node, World};

const SESSION: u64 = 900;

fn drain(world: &mut World, device: DeviceKey) {
    let closing = Closing {
        serial: 1,
        mode: Mode::DRAIN,
        devices: [device].into_iter().collect(),
        feeds: [Pattern::exactly(&world.feeds[0])].into_iter().collect(),
        keep: [].into_iter().collect(),
        reason: 4,
    };
    let org = world.org;
    let hq = world.node_mut("headquarters");
    let signed = Signed::make(&org, &hq.identity.signing, Kind::Closing, encoding::to_bytes(&closing));
    let items = [Item::Closing(signed.as_signed().clone(), closing)];
    write_items(&mut hq.engine, &mut *hq.store, &Feed::roster(), &items).expect("writes");
}

fn give(node: &mut Node, inputs: Vec<Input>) -> Vec<Output> {
    let (outputs, result) = node.engine.handle(&mut *node.store, Now::default(), inputs);
    result.expect("the store works");
    outputs
}

/// What one side said, as the other hears it: streams before frames, all at once.
fn heard(outputs: Vec<Output>) -> Vec<Input> {
    let mut inputs: Vec<Input> = outputs
        .into_iter()
        .filter_map(|output| match output {
            Output::Frame { session, frame, .. } => Some(Input::Frame { session, frame }),
            Output::Segment { session, bytes, .. } => Some(Input::Segment { session, bytes, whole: true }),
            _ => None,
        })
        .collect();
    inputs.sort_by_key(|input| !matches!(input, Input::Segment { .. }));
    inputs
}

#[test]
fn a_receipt_that_comes_with_the_news_does_not_make_older_work_look_later() {
    let mut world = World::new(61);
    world.tablet("amina");
    let feed = world.feeds[0].clone();
    world.node_mut("amina").note(&feed, b"first").expect("saved");
    for (dialler, other) in [("amina", "relay"), ("headquarters", "relay")] {
        assert!(world.meet(dialler, other).settled);
    }
    let amina = world.node("amina").key();
    drain(&mut world, amina);
    let hq = world.node_mut("headquarters");
    let lines = khettara_core::sync::lines_held(&*hq.store, &feed, &amina, &mut |_, _| Vec::new());
    let lines = lines.expect("reads");
    let place = Place::HEADQUARTERS;
    assert!(hq.engine.issue_receipt(&mut *hq.store, &feed, &amina, place, lines, 0).expect("signs"));
    assert!(world.meet("headquarters", "relay").settled);
    let position = world.node("headquarters").engine.roster().position().expect("it wrote").value;

    let (mut tablet, mut relay) = (world.take("amina"), world.take("relay"));
    let opened = |peer, dialled| Input::Opened { session: SESSION, peer, dialled, confirmed: true };
    give(&mut relay, vec![opened(tablet.key(), false)]);
    let mut to_relay = heard(give(&mut tablet, vec![opened(relay.key(), true)]));
    // The form is saved while the meeting is on its way.
    tablet.note(&feed, b"second").expect("saved");
    for _ in 0..8 {
        let answers = heard(give(&mut relay, to_relay));
        to_relay = heard(give(&mut tablet, answers));
    }
    assert!(tablet.engine.roster().is_closed_in(&tablet.key(), &feed), "it has heard");
    let mut seen: BTreeMap<LogId, Vec<u64>> = BTreeMap::new();
    for (_, log) in held::logs_in(&*tablet.store, &feed).expect("reads") {
        let rows = held::segments_of(&*tablet.store, &log).expect("reads");
        seen.entry(log).or_default().extend(rows.iter().map(|(_, row)| row.roster_seen));
    }
    let seen: Vec<u64> = seen.into_values().flatten().collect();
    assert_eq!(seen.len(), 2, "both are cut");
    assert!(seen.iter().all(|seen| *seen < position), "written before {position}: {seen:?}");
}
