//! Lines, feed digests, the digest over all, bases, subscriptions, and what is listed.

use std::collections::BTreeMap;

use khettara_core::encoding::{self, Set};
use khettara_core::id::{Digest, Feed, Head, LogId, SegmentId};
use khettara_core::log::{
    Line, Named, SegmentMeta, Vector, base_id, feed_digest, list, receipts_digest, subscription_hash,
    vectors_digest,
};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "State vectors and their digests, subscriptions, listed segments";

#[test]
fn vectors_and_digests_are_what_they_were() {
    hold("vectors", ABOUT, |_| vec![vector(), nothing(), subscription(), listing()]);
}

fn line(log: u8, n: u64, tip: u8) -> Line {
    (LogId([log; 32]), n, SegmentId([tip; 32]))
}

fn line_value(line: &Line) -> Value {
    json!([hex(line.0.0), line.1, hex(line.2.0)])
}

fn vector() -> Value {
    let rows: [(Feed, Set<Line>); 3] = [
        (world::feed(), [line(9, 300, 1), line(2, 9, 5), line(2, 8, 6)].into_iter().collect()),
        (Feed::roster(), [line(4, 1, 7)].into_iter().collect()),
        (Feed::new("08.201/referrals").expect("a feed"), Set::default()),
    ];
    let mut vector = Vector::default();
    let mut feeds = Vec::new();
    for (feed, lines) in &rows {
        vector.set(feed.clone(), lines.clone());
        let digest = feed_digest(feed, lines);
        feeds.push(json!({
            "feed": feed.as_str(), "lines": hex(encoding::to_bytes(lines)), "feed_digest": hex(digest.0),
        }));
    }
    let digests: Set<(Feed, Digest)> =
        vector.iter().map(|(feed, _)| (feed.clone(), vector.feed_digest(feed))).collect();
    assert_eq!(vectors_digest(digests.iter().cloned()), vector.digest());
    let given: Vec<Value> = rows
        .iter()
        .map(|(feed, lines)| {
            let lines: Vec<Value> = lines.iter().map(line_value).collect();
            json!({ "feed": feed.as_str(), "lines": lines })
        })
        .collect();
    let ranks: Vec<String> = vector.ranked_logs().iter().map(|log| hex(log.0)).collect();
    case(
        "a vector",
        json!({ "feeds": given }),
        json!({
            "feeds": feeds, "digests": hex(encoding::to_bytes(&digests)), "digest": hex(vector.digest().0),
            "base_id": hex(base_id(&vector.digest())), "ranked_logs": ranks,
        }),
    )
}

fn nothing() -> Value {
    case(
        "nothing",
        json!({ "feed": world::FEED }),
        json!({
            "feed_digest": hex(feed_digest(&world::feed(), &Set::default()).0),
            "digest": hex(vectors_digest([]).0),
            "subscription": hex(subscription_hash([])),
            "receipts_digest": hex(receipts_digest([])),
        }),
    )
}

fn subscription() -> Value {
    let feeds = ["@roster", world::FEED, "08.201/referrals"].map(|name| Feed::new(name).expect("a feed"));
    let names: Vec<&str> = feeds.iter().map(Feed::as_str).collect();
    let set: Set<Feed> = feeds.iter().cloned().collect();
    case(
        "a subscription",
        json!({ "feeds": names }),
        json!({ "set": hex(encoding::to_bytes(&set)), "subscription": hex(subscription_hash(feeds)) }),
    )
}

fn meta(id: u8, back: u8, last: u64) -> SegmentMeta {
    SegmentMeta { id: SegmentId([id; 32]), back: SegmentId([back; 32]), last, head: Head([id ^ 0xf0; 32]) }
}

/// A log with six branches of which the four smallest and a named one are listed.
fn listing() -> Value {
    let log = LogId([1; 32]);
    let mut held = vec![meta(100, 0, 3), meta(60, 100, 5)];
    held.extend([7, 9, 8].map(|id| meta(id, 60, 6 + u64::from(id))));
    held.extend([90, 80, 70].map(|id| meta(id, 100, u64::from(id))));
    let mut named = Named::default();
    named.points.insert((log, 90, Head([90 ^ 0xf0; 32])));
    let listed = list(&BTreeMap::from([(log, held.clone())]), &named).remove(&log).expect("listed");
    let rows: Vec<Value> =
        held.iter().map(|m| json!([hex(m.id.0), hex(m.back.0), m.last, hex(m.head.0)])).collect();
    let points: Vec<Value> = named.points.iter().map(world::point).collect();
    let segments: Vec<String> = listed.segments.iter().map(|id| hex(id.0)).collect();
    let lines: Vec<Value> = listed.lines.iter().map(line_value).collect();
    case(
        "listed segments of one log",
        json!({
            "log": hex(log.0), "held": rows, "named": points, "logs_max": named.logs_max,
            "branches_max": named.branches_max,
        }),
        json!({ "segments": segments, "lines": lines }),
    )
}
