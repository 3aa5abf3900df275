//! What headquarters rules: it closes a device, honest or not, at any moment, and releases what was set aside.

use khettara_core::id::{Feed, Head, LogId, Pattern};
use khettara_core::identity::{Closing, Mode, Release};
use khettara_core::store::held;
use khettara_hq::organisation;
use khettara_tests::{Chance, Node, World};

/// Headquarters ends a device in one feed or in all. What it holds of the device's work may be kept, or not.
pub(crate) fn close(world: &mut World, name: &str, chance: &mut Chance) {
    let device = world.node(name).key();
    let feeds = world.feeds.clone();
    let headquarters = world.node_mut("headquarters");
    let keep: Vec<(LogId, u64, Head)> = if chance.percent(50) {
        feeds.iter().flat_map(|feed| lines(headquarters, feed)).collect()
    } else {
        Vec::new()
    };
    let touched = if chance.percent(70) { Pattern::new("*") } else { Pattern::new(feeds[0].as_str()) };
    let closing = Closing {
        serial: 1,
        mode: if chance.percent(50) { Mode::CUT } else { Mode::DRAIN },
        devices: [device].into_iter().collect(),
        feeds: touched.into_iter().collect(),
        keep: keep.into_iter().collect(),
        reason: 1,
    };
    // What the disk refuses now is said another time, or never.
    let _ = organisation::close(&mut headquarters.engine, &mut *headquarters.store, closing);
}

/// Headquarters releases a branch of which something is set aside by a closing, or because its process was two.
pub(crate) fn release(world: &mut World, feed: &Feed, chance: &mut Chance) {
    let headquarters = world.node_mut("headquarters");
    let Ok(held_back) = headquarters.replica.held_back(&*headquarters.store, feed) else { return };
    let can_be_released = held_back.iter().filter(|entry| entry.state.can_be_released());
    let logs: Vec<LogId> = can_be_released.map(|entry| entry.log).collect();
    let Some(log) = logs.get(chance.below(logs.len() as u64) as usize) else { return };
    let lines: Vec<_> = lines(headquarters, feed).into_iter().filter(|(of, ..)| of == log).collect();
    let Some(line) = lines.get(chance.below(lines.len() as u64) as usize) else { return };
    let release = Release { lines: [*line].into_iter().collect(), changes: [].into_iter().collect() };
    let _ = organisation::release(&mut headquarters.engine, &mut *headquarters.store, release);
}

/// The ends of every branch held in a feed.
fn lines(node: &Node, feed: &Feed) -> Vec<(LogId, u64, Head)> {
    let store = &*node.store;
    let vector = held::vector_of(store, [feed]).expect("reads");
    let lines = vector.lines(feed).iter();
    let rows = lines.map(|(log, n, tip)| (log, n, held::meta_of(store, log, *n, tip).expect("reads")));
    rows.map(|(log, n, row)| (*log, *n, row.expect("held").head)).collect()
}
