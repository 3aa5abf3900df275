//! What a meeting over a good link may cost: round trips, and bytes beside those that were missing.

use std::collections::BTreeMap;

use khettara_core::id::{Feed, SegmentId};
use khettara_core::store::held;
use khettara_core::sync::Notice;
use khettara_tests::{Report, World};

/// Turns of speech after which both are silent: 4 round trips.
const TURNS_MAX: u32 = 8;
/// The same where the dialler is bound in this meeting: it claims, greets as one who may have the roster alone, and with
/// what that gave it greets anew.
const TURNS_OF_ENROLMENT_MAX: u32 = 2 + 4 + TURNS_MAX;
/// What may be sent once more in all: it had arrived in a meeting that was lost before anybody said so, and goes again
/// right behind the Hello, before the answer can say that it is there.
const SENT_AGAIN_BYTES_MAX: u64 = 131_072;

/// What the meetings after the faults have cost so far, in bytes of streams, and what was missing before them.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    streams_bytes: u64,
    missing_bytes: u64,
}

/// What two parties hold before they meet, in bytes by segment.
pub(crate) struct Before([BTreeMap<SegmentId, u64>; 2]);

/// What a party holds of the world's feeds and of the roster.
fn held_by(world: &World, name: &str) -> BTreeMap<SegmentId, u64> {
    let store = &*world.node(name).store;
    let roster =
        ["@roster", "@roster/people", "@roster/bindings"].map(|name| Feed::new(name).expect("a feed"));
    let mut found = BTreeMap::new();
    for feed in world.feeds.iter().chain(&roster) {
        for (_, log) in held::logs_in(store, feed).expect("reads") {
            for (id, _) in held::segments_of(store, &log).expect("reads") {
                let bytes = held::segment_bytes(store, &id).expect("reads").expect("held");
                found.insert(id, bytes.len() as u64);
            }
        }
    }
    found
}

impl Before {
    /// Looks at both.
    pub(crate) fn of(world: &World, one: &str, other: &str) -> Self {
        Self([held_by(world, one), held_by(world, other)])
    }

    /// They have met over a good link: few round trips; what was sent, and what of it was missing, is counted.
    pub(crate) fn count(&self, cost: &mut Cost, world: &World, [one, other]: [&str; 2], report: &Report) {
        for (name, before) in [one, other].iter().zip(&self.0) {
            let new = held_by(world, name).into_iter().filter(|(id, _)| !before.contains_key(id));
            cost.missing_bytes += new.map(|(_, bytes)| bytes).sum::<u64>();
        }
        let streams = report.said.iter().filter(|(_, is_stream, _)| *is_stream);
        cost.streams_bytes += streams.map(|(.., bytes)| bytes.len() as u64).sum::<u64>();
        let is_bound = report.notices.iter().any(|notice| matches!(notice, Notice::Enrolled));
        let turns_max = if is_bound { TURNS_OF_ENROLMENT_MAX } else { TURNS_MAX };
        assert!(
            report.turns <= turns_max,
            "{one} and {other} take {} turns: {}",
            report.turns,
            words(report)
        );
    }
}

/// What was said in a meeting, in order: `>` by the dialler, the frame's type or `s` for a stream, and its bytes.
fn words(report: &Report) -> String {
    let word = |(up, is_stream, bytes): &(bool, bool, Vec<u8>)| {
        let kind = if *is_stream { "s".to_string() } else { bytes[0].to_string() };
        format!("{}{kind}:{}", if *up { '>' } else { '<' }, bytes.len())
    };
    report.said.iter().map(word).collect::<Vec<_>>().join(" ")
}

impl Cost {
    /// At most half as much again as was missing.
    pub(crate) fn check(&self) {
        let Self { streams_bytes, missing_bytes } = self;
        let most = missing_bytes + missing_bytes / 2 + SENT_AGAIN_BYTES_MAX;
        assert!(*streams_bytes <= most, "{streams_bytes} bytes for {missing_bytes} that were missing");
    }
}
