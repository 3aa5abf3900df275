//! The fixed cast that all vectors share: one organisation, its keys, one tablet, one feed, one log.

use automerge::{ActorId as Pen, AutoCommit, ROOT, transaction::CommitOptions, transaction::Transactable};
use khettara_core::hash;
use khettara_core::id::{ActorId, DeviceKey, DocumentId, Feed, Head, Incarnation, LogId, OrgId, StartNonce};
use khettara_core::identity::{FeedKey, Fresh, Genesis, Identity, KemSecret, SigningKey, organisation_id};
use khettara_core::log::{Descriptor, actor_id};
use serde_json::{Value, json};

use crate::golden::hex;

/// The feed most vectors speak of.
pub(crate) const FEED: &str = "08.201.11.07";

/// A secret of 32 equal bytes: fixed, and nobody's.
pub(crate) const fn seed(byte: u8) -> [u8; 32] {
    [byte; 32]
}

pub(crate) fn root() -> SigningKey {
    SigningKey::from_seed(&seed(1))
}

pub(crate) fn next_root() -> SigningKey {
    SigningKey::from_seed(&seed(2))
}

pub(crate) fn headquarters() -> Identity {
    Identity::from_seeds(&seed(4), &seed(5))
}

pub(crate) fn relay() -> SigningKey {
    SigningKey::from_seed(&seed(6))
}

pub(crate) fn tablet() -> Identity {
    Identity::from_seeds(&seed(7), &seed(8))
}

pub(crate) fn supervisor() -> SigningKey {
    SigningKey::from_seed(&seed(9))
}

pub(crate) fn genesis() -> Genesis {
    Genesis {
        root: root().public(),
        next: hash::derive("next root", &[&next_root().public().0]),
        recovery: KemSecret::derive(&seed(3)).public(),
    }
}

pub(crate) fn org() -> OrgId {
    organisation_id(&genesis())
}

pub(crate) fn feed() -> Feed {
    Feed::new(FEED).expect("a feed")
}

pub(crate) fn feed_key(ordinal: u8) -> FeedKey {
    FeedKey::new(seed(0x20 + ordinal))
}

/// The tablet's process: its first draw is an incarnation, its second a Start's nonce.
pub(crate) fn process() -> (Incarnation, StartNonce) {
    let mut fresh = Fresh::new(seed(0x31));
    (Incarnation(fresh.draw()), StartNonce(fresh.draw()))
}

pub(crate) fn descriptor() -> Descriptor {
    Descriptor { device: tablet().key(), feed: feed(), incarnation: process().0, continues: None }
}

pub(crate) fn log() -> LogId {
    descriptor().log_id(&org())
}

pub(crate) fn actor() -> ActorId {
    actor_id(&log(), &process().1)
}

pub(crate) fn document() -> DocumentId {
    DocumentId(*khettara_core::log::device_id(&actor(), 2, 0).as_bytes())
}

/// Headquarters' first log of the roster.
pub(crate) fn headquarters_log(feed: Feed) -> Descriptor {
    let device = headquarters().key();
    Descriptor { device, feed, incarnation: Incarnation([0x41; 16]), continues: None }
}

/// Two automerge changes of one document, by the tablet's actor: one value written, then another.
pub(crate) fn changes() -> [Vec<u8>; 2] {
    let mut pen = AutoCommit::new().with_actor(Pen::from(actor().0.to_vec()));
    ["خطارة", "two goats, one well"].map(|value| {
        pen.put(ROOT, "note", value).expect("puts");
        pen.commit_with(CommitOptions::default().with_time(0)).expect("commits");
        pen.get_last_local_change().expect("a change").raw_bytes().to_vec()
    })
}

/// `(log, n, head)` as JSON.
pub(crate) fn point(point: &(LogId, u64, Head)) -> Value {
    json!([hex(point.0.0), point.1, hex(point.2.0)])
}

/// The message under a signature of version 1.
pub(crate) fn message(kind: u8, version: u8, signer: &DeviceKey, body: &[u8]) -> Vec<u8> {
    let mut out = b"khettara/1 signed\0".to_vec();
    out.extend([kind, version]);
    out.extend(org().0);
    out.extend(signer.0);
    out.extend(body);
    out
}
