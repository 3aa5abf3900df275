//! What is held, in a few bytes: lines, feed digests, the digest over all.

use std::collections::BTreeMap;

use crate::encoding::{self, Set};
use crate::hash;
use crate::id::{Digest, Feed, LogId, SegmentId};

/// A listed branch's end: `(log, n, tip)`.
pub type Line = (LogId, u64, SegmentId);

/// The lines of each feed. Feeds without lines do not appear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vector {
    feeds: BTreeMap<Feed, Set<Line>>,
}

impl Vector {
    /// Sets one feed's lines; none removes it.
    pub fn set(&mut self, feed: Feed, lines: Set<Line>) {
        if lines.is_empty() {
            self.feeds.remove(&feed);
        } else {
            self.feeds.insert(feed, lines);
        }
    }

    /// One feed's lines.
    #[must_use]
    pub fn lines(&self, feed: &Feed) -> &[Line] {
        self.feeds.get(feed).map_or(&[], Set::as_slice)
    }

    /// Feeds with lines, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (&Feed, &Set<Line>)> {
        self.feeds.iter()
    }

    /// Number of lines in all feeds.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.feeds.values().map(Set::len).sum()
    }

    /// Each log once, feeds then logs ascending: a log's place here is its rank on the wire.
    #[must_use]
    pub fn ranked_logs(&self) -> Vec<LogId> {
        let mut logs: Vec<LogId> = self.feeds.values().flatten().map(|(log, _, _)| *log).collect();
        logs.dedup();
        logs
    }

    /// Digest of one feed.
    #[must_use]
    pub fn feed_digest(&self, feed: &Feed) -> Digest {
        feed_digest(feed, self.feeds.get(feed).unwrap_or(&Set::default()))
    }

    /// The 16 bytes over everything.
    #[must_use]
    pub fn digest(&self) -> Digest {
        vectors_digest(self.feeds.iter().map(|(feed, lines)| (feed.clone(), feed_digest(feed, lines))))
    }
}

/// `D("feed vector", feed ‖ set<(log, n, tip)>)[..16]`.
#[must_use]
pub fn feed_digest(feed: &Feed, lines: &Set<Line>) -> Digest {
    Digest(hash::first(&hash::derive("feed vector", &[&feed.prefixed(), &encoding::to_bytes(lines)])))
}

/// `D("vectors", set<(feed, feed digest)>)[..16]`, feeds without lines left out.
#[must_use]
pub fn vectors_digest(feeds: impl IntoIterator<Item = (Feed, Digest)>) -> Digest {
    let all: Set<(Feed, Digest)> = feeds.into_iter().collect();
    Digest(hash::first(&hash::derive("vectors", &[&encoding::to_bytes(&all)])))
}

/// A base's name: its digest's first 8 bytes.
#[must_use]
pub fn base_id(digest: &Digest) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&digest.0[..8]);
    out
}

/// `D("subscription", set<feed>)[..8]`, exact names.
#[must_use]
pub fn subscription_hash(feeds: impl IntoIterator<Item = Feed>) -> [u8; 8] {
    let all: Set<Feed> = feeds.into_iter().collect();
    hash::first(&hash::derive("subscription", &[&encoding::to_bytes(&all)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(log: u8, n: u64, tip: u8) -> Line {
        (LogId([log; 32]), n, SegmentId([tip; 32]))
    }

    #[test]
    fn equal_heads_and_different_bodies_are_told_apart_by_every_digest() {
        let feed = Feed::new("08.201.11.07").expect("feed");
        let vector = |tip| {
            let mut vector = Vector::default();
            vector.set(feed.clone(), [line(1, 9, tip)].into_iter().collect());
            vector
        };
        assert_ne!(vector(1).feed_digest(&feed), vector(2).feed_digest(&feed));
        assert_ne!(vector(1).digest(), vector(2).digest());
        assert_eq!(vector(1).digest(), vector(1).digest());
    }

    #[test]
    fn a_feed_without_lines_is_no_feed() {
        let mut vector = Vector::default();
        let empty = vector.digest();
        vector.set(Feed::roster(), Set::default());
        assert_eq!(vector.digest(), empty);
        assert_eq!(vectors_digest([]), empty, "the digest of nothing is the digest of the empty set");
    }

    #[test]
    fn a_forked_log_has_one_rank() {
        let mut vector = Vector::default();
        vector.set(Feed::roster(), [line(1, 9, 1), line(1, 8, 2), line(2, 1, 3)].into_iter().collect());
        assert_eq!(vector.ranked_logs(), vec![LogId([1; 32]), LogId([2; 32])]);
    }

    #[test]
    fn a_vector_gives_back_its_lines_and_counts_them() {
        let (one, two) = (Feed::new("08.201.11.07").expect("feed"), Feed::new("08.201.11.09").expect("feed"));
        let mut vector = Vector::default();
        assert_eq!((vector.line_count(), vector.iter().count()), (0, 0));
        vector.set(two.clone(), [line(3, 4, 4)].into_iter().collect());
        vector.set(one.clone(), [line(1, 9, 1), line(2, 5, 2)].into_iter().collect());
        assert_eq!(vector.lines(&one), [line(1, 9, 1), line(2, 5, 2)]);
        assert_eq!(vector.line_count(), 3);
        let feeds: Vec<(&Feed, usize)> = vector.iter().map(|(feed, lines)| (feed, lines.len())).collect();
        assert_eq!(feeds, [(&one, 2), (&two, 1)], "feeds ascending");
    }

    #[test]
    fn a_base_is_called_by_its_digest_and_a_subscription_by_its_feeds() {
        assert_eq!(
            base_id(&Digest([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9])),
            [1, 2, 3, 4, 5, 6, 7, 8]
        );
        let feeds = || ["08.201.11.07", "08.201.11.09"].map(|name| Feed::new(name).expect("feed"));
        let name = subscription_hash(feeds());
        assert_eq!(name, subscription_hash(feeds().into_iter().rev()), "in whatever order");
        assert_ne!(name, subscription_hash(feeds().into_iter().take(1)));
        assert_eq!(name, [55, 148, 125, 208, 169, 249, 157, 90], "as peers of every version say it");
    }
}
