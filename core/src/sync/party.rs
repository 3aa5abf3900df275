//! Who we are in a meeting, as the program around tells it. Tablet, relay and headquarters run one engine;
//! what differs is this.

use crate::id::{DeviceKey, Feed, OrgId};
use crate::identity::{Identity, KemSecret, Rights, Role, Roster};
use crate::log::{Codec, Dictionaries, Place};
use crate::wire::ClaimFrame;

/// How own entries are cut.
pub struct CutStyle {
    /// The codec, with its dictionary.
    pub codec: Codec,
    /// The compressor's level.
    pub level: i32,
    /// The dictionaries this software ships.
    pub dictionaries: Box<dyn Dictionaries + Send + Sync>,
}

/// One party: its keys and its part.
pub struct Party {
    /// The organisation.
    pub org: OrgId,
    /// The organisation's name, for screens.
    pub organisation: String,
    /// Our keys.
    pub identity: Identity,
    /// The place our receipts name; none gives no receipts while syncing.
    pub receipts: Option<Place>,
    /// How own entries are cut.
    pub cut: CutStyle,
    /// A claim to make before anything else, while our serial is not bound.
    pub claim: Option<ClaimFrame>,
    /// Secrets beside our own that key grants may be sealed to: an invitation's open key.
    pub open_secrets: Vec<KemSecret>,
}

impl Party {
    /// Our name.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.identity.key()
    }

    /// The feeds we keep, ascending: `@roster` always; people and bindings for headquarters and registrars;
    /// of the others those that the roster lists or names exactly and that we may read, write or carry.
    #[must_use]
    pub fn subscription(&self, roster: &Roster) -> Vec<Feed> {
        let me = self.key();
        let mut feeds = vec![Feed::roster()];
        let role = roster.issuer_role(&me);
        if matches!(role, Some(Role::HEADQUARTERS | Role::RELAY)) {
            feeds.extend([Feed::people(), Feed::bindings()]);
        }
        let any = Rights::READ.with(Rights::WRITE).with(Rights::CARRY);
        feeds.extend(
            roster.feeds_known_to(&me).into_iter().filter(|feed| roster.rights(&me, feed).0 & any.0 != 0),
        );
        feeds.sort();
        feeds.dedup();
        feeds
    }
}
