//! What a tablet remembers of its organisation: durable, so that an interrupted enrolment goes on at the next sync.

use std::fmt;

use khettara_core::encoding;
use khettara_core::id::{DeviceKey, OrgId};
use khettara_core::identity::{Claim, Identity, InviteKeys, InviteSecret, Roster, Ticket};
use khettara_core::store::{Group, Op, Store, StoreError, held};
use khettara_core::wire::ClaimFrame;
use serde::{Deserialize, Serialize};

use crate::error::DeviceError;
use khettara_node::OrganisationFile;

const SETTING: &str = "membership";

/// The organisation, its relays, and the invitation while it is needed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) org: OrgId,
    /// Its name where it is known; else empty.
    pub(crate) organisation: String,
    pub(crate) addresses: Vec<String>,
    pub(crate) pins: Vec<DeviceKey>,
    /// Serial, secret and registrar, until the credential and its keys are here.
    invitation: Option<(u32, [u8; 16], DeviceKey)>,
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("org", &self.org).finish_non_exhaustive()
    }
}

impl Membership {
    /// From what a QR code carries.
    pub(crate) fn of_ticket(ticket: Ticket) -> Result<Self, DeviceError> {
        let mut pins = vec![ticket.pin];
        pins.extend(Some(ticket.next_pin).filter(|pin| *pin != DeviceKey::ZERO));
        let invitation = Some((ticket.serial, *ticket.secret.bytes(), ticket.pin));
        Self { org: ticket.org, organisation: String::new(), addresses: ticket.addresses, pins, invitation }
            .checked()
    }

    /// From what a person typed, and the organisation's file. The first relay it names is the registrar.
    pub(crate) fn of_typed(
        serial: u32,
        secret: &InviteSecret,
        file: OrganisationFile,
    ) -> Result<Self, DeviceError> {
        let registrar = *file.pins.first().ok_or(DeviceError::NoRelay)?;
        Self {
            org: file.org,
            organisation: file.organisation,
            addresses: file.addresses,
            pins: file.pins,
            invitation: Some((serial, *secret.bytes(), registrar)),
        }
        .checked()
    }

    fn checked(self) -> Result<Self, DeviceError> {
        if self.addresses.is_empty() { Err(DeviceError::NoRelay) } else { Ok(self) }
    }

    /// What is remembered; `None` before any enrolment.
    pub(crate) fn load(store: &dyn Store) -> Result<Option<Self>, StoreError> {
        held::setting(store, SETTING)
    }

    /// Remembers it, durably.
    pub(crate) fn save(&self, store: &mut dyn Store) -> Result<(), StoreError> {
        let op = Op::Put(held::setting_key(SETTING), encoding::to_bytes(self));
        store.commit(vec![Group { expect: vec![], ops: vec![op] }]).map(drop)
    }

    /// The serial claimed and not yet granted with its keys.
    pub(crate) fn serial(&self) -> Option<u32> {
        self.invitation.map(|(serial, ..)| serial)
    }

    /// The invitation's keys, while they are needed.
    pub(crate) fn invite_keys(&self) -> Option<InviteKeys> {
        let (serial, secret, _) = self.invitation?;
        Some(InviteKeys::derive(&self.org, serial, &InviteSecret::new(secret)))
    }

    /// The claim to make, unless the roster says that it won and the keys came with it.
    pub(crate) fn claim(&self, identity: &Identity, roster: &Roster, has_keys: bool) -> Option<ClaimFrame> {
        let (serial, _, registrar) = self.invitation?;
        let device = identity.key();
        let has_won = roster.credential(serial).is_some_and(|credential| credential.device == device);
        if has_won && has_keys {
            return None;
        }
        let claim = Claim { serial, device, kem: identity.kem.public(), registrar };
        let (by_device, by_secret) = claim.sign(&self.org, &identity.signing, &self.invite_keys()?.claim);
        Some(ClaimFrame { claim, by_device, by_secret })
    }

    /// Forgets the invitation's secret once it has given everything: the credential, and a key for every feed
    /// that it lets read. Gives whether something changed.
    pub(crate) fn settle(
        &mut self,
        store: &mut dyn Store,
        roster: &Roster,
        me: &DeviceKey,
    ) -> Result<bool, StoreError> {
        let Some(serial) = self.serial() else { return Ok(false) };
        if roster.credential(serial).is_none_or(|credential| credential.device != *me) {
            return Ok(false);
        }
        let feeds = roster.feeds_known_to(me).into_iter();
        let mut readable = feeds.filter(|feed| roster.subscribed_by_right(me, feed) && !feed.is_clear());
        let has_key = |feed| held::newest_feed_key(store, &feed).map(|key| key.is_some());
        let has_all = readable.try_fold(true, |all, feed| Ok::<_, StoreError>(all && has_key(feed)?))?;
        if has_all {
            self.invitation = None;
            self.save(store)?;
        }
        Ok(has_all)
    }
}
