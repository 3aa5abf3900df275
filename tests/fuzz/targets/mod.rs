//! Targets: each takes any bytes and asserts what must be true of them. Where a signature, a seal or a checksum would stop
//! them at the door, the target closes the bytes itself, so that what lies behind is reached.

mod frame;
mod hello;
mod journal;
mod ledger;
mod segment;
mod slim;
mod stream;
mod walk;

use std::sync::atomic::{AtomicU64, Ordering};

use khettara_core::hash;
use khettara_core::id::{Feed, Incarnation, LogId, OrgId, StartNonce};
use khettara_core::identity::{FeedKey, SigningKey};
use khettara_core::log::{Descriptor, Earlier, Ground, Pointed};

use crate::MEMORY;

/// What honest examples are made of.
#[cfg(test)]
pub(crate) use {
    hello::world,
    ledger::{genesis as ledger_genesis, key as ledger_key},
    walk::examples as walk_document,
};

/// What a target may allocate beside what it stands on, in bytes.
const BYTES_MAX: usize = 48 * 1_048_576;

/// A target.
pub(crate) type Target = fn(&[u8]);

/// All of them, by name.
pub(crate) const TARGETS: [(&str, Target); 8] = [
    ("frame", frame::run),
    ("segment", segment::run),
    ("walk", walk::run),
    ("slim", slim::run),
    ("hello", hello::run),
    ("roster", ledger::run),
    ("stream", stream::run),
    ("journal", journal::run),
];

/// The target of a name.
pub(crate) fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

/// Runs a target and asserts that it kept within its memory.
pub(crate) fn run(target: Target, bytes: &[u8]) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    target(bytes);
    let took = MEMORY.peak_usage().saturating_sub(before);
    assert!(took <= BYTES_MAX, "{} bytes of input took {took} bytes", bytes.len());
}

/// How many changes may still go through a rehearsal, which costs a hundred times what a walk costs.
pub(crate) static REHEARSALS_LEFT: AtomicU64 = AtomicU64::new(u64::MAX);

/// How often a target got to its end: what was read was whole, and was asked about.
pub(crate) static REACHED: AtomicU64 = AtomicU64::new(0);

fn reached() {
    REACHED.fetch_add(1, Ordering::Relaxed);
}

fn may_rehearse() -> bool {
    REHEARSALS_LEFT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// The organisation of all targets.
const ORG: OrgId = OrgId([7; 32]);

fn signing() -> SigningKey {
    SigningKey::from_seed(&[2; 32])
}

fn feed_key() -> FeedKey {
    FeedKey::new([6; 32])
}

/// The log that segments and slim changes stand in.
pub(crate) fn log() -> LogId {
    let feed = Feed::new("08.201.11.07").expect("a feed");
    let descriptor =
        Descriptor { device: signing().public(), feed, incarnation: Incarnation([3; 16]), continues: None };
    descriptor.log_id(&ORG)
}

/// The nonce under which it goes on.
pub(crate) const NONCE: StartNonce = StartNonce([5; 16]);

/// What a branch holds before: a change at every third position.
struct Before;

impl Earlier for Before {
    fn at(&self, n: u64) -> Option<Pointed> {
        let of = |name| hash::derive(name, &[&n.to_le_bytes()]);
        n.is_multiple_of(3).then(|| Pointed {
            document: khettara_core::id::DocumentId(hash::first(&of("a document"))),
            hash: khettara_core::id::ChangeHash(of("a change")),
            actor: khettara_core::log::actor_id(&log(), &NONCE),
            last_op: n,
        })
    }

    fn latest(&self, _document: &khettara_core::id::DocumentId) -> Option<u64> {
        None
    }
}

/// A ground at position 1, or at 100 where there is something before.
fn ground<'a>(first: u64, log: LogId, nonce: StartNonce) -> Ground<'a> {
    Ground { log, first, nonce, earlier: &Before }
}

/// A number off the front; 0 where nothing is left.
fn number(bytes: &mut &[u8]) -> u8 {
    let Some((first, rest)) = bytes.split_first() else { return 0 };
    *bytes = rest;
    *first
}
