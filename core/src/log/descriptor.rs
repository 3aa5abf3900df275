//! Which log, whose actor, which id: everything that is derived from a log's name.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::encoding;
use crate::hash;
use crate::id::{ActorId, DeviceKey, Feed, Head, Incarnation, LogId, OrgId, StartNonce};

/// What a log is: one device, one feed, one incarnation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Descriptor {
    /// The writer.
    pub device: DeviceKey,
    /// The feed, for ever.
    pub feed: Feed,
    /// Random: a clone or restored backup draws another.
    pub incarnation: Incarnation,
    /// The log of the same writer that this one follows. Judged for root and headquarters only.
    pub continues: Option<(LogId, u64, Head)>,
}

impl Descriptor {
    /// `D("log", OrgId ‖ Descriptor)`.
    #[must_use]
    pub fn log_id(&self, org: &OrgId) -> LogId {
        LogId(hash::derive("log", &[&org.0, &encoding::to_bytes(self)]))
    }
}

/// `D("actor", LogId ‖ nonce)[..16]`: one process writing in one log.
#[must_use]
pub fn actor_id(log: &LogId, nonce: &StartNonce) -> ActorId {
    ActorId(hash::first(&hash::derive("actor", &[&log.0, &nonce.0])))
}

/// The `k`-th id made for the entry at position `n`: `D("id", ActorId ‖ n u64 ‖ k u32)[..16]` as uuid v8.
///
/// From the actor, never from the log: branches of a log repeat positions, and two families would become
/// one document.
#[must_use]
pub fn device_id(actor: &ActorId, n: u64, k: u32) -> Uuid {
    let bytes = hash::derive("id", &[&actor.0, &n.to_le_bytes(), &k.to_le_bytes()]);
    uuid::Builder::from_custom_bytes(hash::first(&bytes)).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_on_a_device_are_uuids_of_version_8() {
        let id = device_id(&ActorId([1; 16]), 7, 0);
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id.as_bytes()[8] >> 6, 0b10);
        assert_ne!(id, device_id(&ActorId([1; 16]), 7, 1));
        assert_ne!(id, device_id(&ActorId([2; 16]), 7, 0), "another process, another family");
    }

    #[test]
    fn another_incarnation_is_another_log() {
        let log = |byte| {
            Descriptor {
                device: DeviceKey([1; 32]),
                feed: Feed::new("08.201.11.07").expect("feed"),
                incarnation: Incarnation([byte; 16]),
                continues: None,
            }
            .log_id(&OrgId([9; 32]))
        };
        assert_ne!(log(1), log(2));
    }
}
