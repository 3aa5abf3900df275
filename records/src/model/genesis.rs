//! Constant changes: the ground every household's document stands on, the same bytes everywhere.
//!
//! The genesis makes the root maps. Were they made by whoever writes first, two tablets that never met would
//! each make their own, and one side's members would be hidden behind the other's. A later schema is another
//! constant change whose only dependency is the one before it.

use khettara_core::hash;
use khettara_core::id::{ActorId, ChangeHash};

/// One constant change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constant {
    /// Its number, from 1.
    pub number: u32,
    /// Its change hash.
    pub hash: ChangeHash,
    /// Its bytes: one uncompressed change chunk.
    pub chunk: &'static [u8],
}

/// The root maps that the genesis makes.
pub(crate) const ROOT_MAPS: [&str; 5] = ["household", "languages", "members", "needs", "visits"];

/// The hash of the genesis.
pub const GENESIS: ChangeHash = ChangeHash([
    0x25, 0x3e, 0xa8, 0x87, 0xe4, 0x41, 0xf8, 0xcd, 0xb1, 0xf3, 0xeb, 0x7a, 0x5b, 0x7d, 0xf8, 0x42, 0x0b,
    0x76, 0x77, 0xf7, 0x18, 0x1f, 0xb6, 0xf6, 0xce, 0xab, 0xf5, 0x3e, 0x56, 0x08, 0xed, 0xa1,
]);

/// The bytes of the genesis. They are stored in every document and never change.
pub const GENESIS_CHUNK: &[u8] = &[
    0x85, 0x6f, 0x4a, 0x83, 0x25, 0x3e, 0xa8, 0x87, 0x01, 0x53, 0x00, 0x10, 0xe2, 0xec, 0x5a, 0x2a, 0xd5,
    0xc0, 0x1e, 0xce, 0xf5, 0x55, 0x1a, 0x87, 0x93, 0xb2, 0x2a, 0x15, 0x01, 0x01, 0x00, 0x00, 0x00, 0x05,
    0x15, 0x2a, 0x34, 0x01, 0x42, 0x02, 0x56, 0x02, 0x70, 0x02, 0x7b, 0x09, 0x68, 0x6f, 0x75, 0x73, 0x65,
    0x68, 0x6f, 0x6c, 0x64, 0x09, 0x6c, 0x61, 0x6e, 0x67, 0x75, 0x61, 0x67, 0x65, 0x73, 0x07, 0x6d, 0x65,
    0x6d, 0x62, 0x65, 0x72, 0x73, 0x05, 0x6e, 0x65, 0x65, 0x64, 0x73, 0x06, 0x76, 0x69, 0x73, 0x69, 0x74,
    0x73, 0x05, 0x05, 0x00, 0x05, 0x00, 0x05, 0x00,
];

/// Every constant this software knows, by number.
#[must_use]
pub const fn constants() -> &'static [Constant] {
    &[Constant { number: 1, hash: GENESIS, chunk: GENESIS_CHUNK }]
}

/// The actor of constant `number`. It is refused in any other change.
#[must_use]
pub fn constant_actor(number: u32) -> ActorId {
    ActorId(hash::first(&hash::derive("constant", &[&number.to_le_bytes()])))
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable;
    use automerge::{Automerge, Change, ObjType, ROOT, ReadDoc};

    use super::*;

    #[test]
    fn the_genesis_made_anew_has_the_pinned_bytes_and_hash() {
        let mut document = Automerge::new().with_actor(constant_actor(1).as_bytes().as_slice().into());
        let mut transaction = document.transaction();
        for name in ROOT_MAPS {
            transaction.put_object(ROOT, name, ObjType::Map).expect("a map can be put into an empty root");
        }
        let (hash, _) = transaction.commit();
        let hash = hash.expect("five operations");
        let change = document.get_change_by_hash(&hash).expect("the change just made");
        let pinned = format!("{:?}", change.raw_bytes());
        assert_eq!(pinned, format!("{GENESIS_CHUNK:?}"));
        assert_eq!(ChangeHash(hash.0), GENESIS);
        assert_eq!(change.timestamp(), 0);
        assert!(change.deps().is_empty());
    }

    #[test]
    fn every_constant_has_its_hash_its_actor_and_its_one_dependency() {
        for (place, constant) in constants().iter().enumerate() {
            let change = Change::from_bytes(constant.chunk.to_vec()).expect("a constant reads back");
            assert_eq!(constant.number as usize, place + 1);
            assert_eq!(change.hash().0, constant.hash.0);
            assert_eq!(change.actor_id().to_bytes(), constant_actor(constant.number).as_bytes());
            let before = place.checked_sub(1).map(|before| constants()[before].hash.0);
            assert_eq!(change.deps().iter().map(|hash| hash.0).collect::<Vec<_>>(), Vec::from_iter(before));
        }
    }
}
