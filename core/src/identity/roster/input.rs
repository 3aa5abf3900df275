//! What the fold reads. The log room fills these from listed, opened segments; identity never imports it.

use crate::id::{DeviceKey, Feed, Head, LogId};
use crate::identity::{Item, Kind, Signed};

/// One log as listed and opened: of `@roster` and below, or of another feed for the releases in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLog {
    /// The log's name.
    pub id: LogId,
    /// Its feed.
    pub feed: Feed,
    /// Its writer.
    pub device: DeviceKey,
    /// The log it follows on from, as its descriptor says.
    pub continues: Option<(LogId, u64, Head)>,
    /// Its listed branches.
    pub branches: Vec<RosterBranch>,
}

/// One listed branch, from position 1 on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterBranch {
    /// Its entries in order. Reading stops where a position is missing.
    pub entries: Vec<RosterEntry>,
}

/// One entry of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterEntry {
    /// Its position, from 1.
    pub n: u64,
    /// The chain value at it; [`Head::ZERO`] where it is not known, inside a unit held as one (whose last entry
    /// always has the declared head).
    pub head: Head,
    /// The roster item in it; none for other entries and for whatever is over, malformed, waiting, or of a
    /// unit held as one.
    pub item: Option<Item>,
}

/// Decodes what travelled alone. What is no roster item, or of a version that is not read, stays out.
pub(super) fn items_alone(alone: &[Signed]) -> Vec<Item> {
    let is_item = |signed: &&Signed| {
        matches!(
            Kind::from_number(signed.kind),
            Some(
                Kind::Genesis
                    | Kind::Credential
                    | Kind::Invitation
                    | Kind::Closing
                    | Kind::Release
                    | Kind::Binding
            )
        )
    };
    let decode = |signed: &Signed| Item::decode(signed.kind, signed.version, &signed.to_bytes()).ok();
    alone.iter().filter(is_item).filter_map(decode).collect()
}
