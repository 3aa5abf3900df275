//! Ids made on a device: derived from the actor and the position the entry will get, so that they cost nothing
//! on the wire and two devices, two clones or two branches never make the same one.

use khettara_core::hash;
use khettara_core::id::ActorId;
use uuid::Uuid;

/// The ids of one entry, in the writer's order.
#[derive(Debug, Clone)]
pub struct DeviceIds {
    actor: ActorId,
    position: u64,
    count: u32,
}

impl DeviceIds {
    /// The ids of the entry that `actor` will write at `position` of its log.
    #[must_use]
    pub const fn new(actor: ActorId, position: u64) -> Self {
        Self { actor, position, count: 0 }
    }

    /// The id number `k` of this entry: `D("id", actor ‖ position u64 ‖ k u32)[..16]` as a uuid v8.
    #[must_use]
    pub fn nth(&self, k: u32) -> Uuid {
        let parts: [&[u8]; 3] = [self.actor.as_bytes(), &self.position.to_le_bytes(), &k.to_le_bytes()];
        let mut bytes: [u8; 16] = hash::first(&hash::derive("id", &parts));
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes)
    }

    /// The next id, counting from 0.
    pub fn next_id(&mut self) -> Uuid {
        let id = self.nth(self.count);
        self.count += 1;
        id
    }
}

/// The id of a commune's document: `D("place", code)[..16]` as a uuid v8, so that two tablets that never met write
/// in one.
#[must_use]
pub fn place_id(commune: &str) -> Uuid {
    let mut bytes: [u8; 16] = hash::first(&hash::derive("place", &[commune.as_bytes()]));
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Uuid::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuid_v8_counted_from_zero_and_never_repeat_over_actors_positions_and_indexes() {
        let mut seen = std::collections::BTreeSet::new();
        for actor in [ActorId([1; 16]), ActorId([2; 16])] {
            for position in [1, 2, u64::MAX] {
                let mut ids = DeviceIds::new(actor, position);
                for k in 0..4 {
                    let id = ids.next_id();
                    assert_eq!(id, DeviceIds::new(actor, position).nth(k));
                    assert_eq!(id.get_version_num(), 8);
                    assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
                    assert!(seen.insert(id));
                }
            }
        }
    }

    #[test]
    fn the_derivation_is_pinned() {
        let mut ids = DeviceIds::new(ActorId(*b"0123456789abcdef"), 7);
        assert_eq!(
            [ids.next_id().to_string(), ids.next_id().to_string()],
            [
                "2bde1192-9007-8825-9f95-01e8c1be2737".to_string(),
                "4ffcc169-3e82-8721-9cb5-b11e438d8c4b".to_string()
            ]
        );
    }
}
