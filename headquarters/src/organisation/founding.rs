//! The root: founding an organisation and delegating in it. Its store is kept apart and offline.

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{DeviceKey, Feed, KemKey, OrgId, Pattern};
use khettara_core::identity::{Delegate, Genesis, Item, Kind, Role, Signed, SigningKey, organisation_id};
use khettara_core::log::{Named, Segment};
use khettara_core::store::held::{self, Acceptance};
use khettara_core::store::{Damage, Store, StoreError};
use khettara_core::sync::Engine;

use crate::organisation::acts::{ActError, write_items};

/// What an organisation is founded on.
#[derive(Debug, Clone, Copy)]
pub struct Founding {
    /// The root's key.
    pub root: DeviceKey,
    /// The key that will follow it; only its hash is announced.
    pub next_root: DeviceKey,
    /// Headquarters' recovery key.
    pub recovery: KemKey,
}

impl Founding {
    /// The genesis, whose hash is the organisation's id.
    #[must_use]
    pub fn genesis(&self) -> Genesis {
        let next = hash::derive("next root", &[&self.next_root.0]);
        Genesis { root: self.root, next, recovery: self.recovery }
    }

    /// The organisation's id.
    #[must_use]
    pub fn org(&self) -> OrgId {
        organisation_id(&self.genesis())
    }

    /// The genesis, signed by the root: what strangers are shown first.
    #[must_use]
    pub fn signed(&self, root: &SigningKey) -> Signed {
        let body = encoding::to_bytes(&self.genesis());
        Signed::make(&self.org(), root, Kind::Genesis, body).as_signed().clone()
    }
}

/// Writes the genesis as entry 2 of the root's log. `root` is an engine whose party is the root.
///
/// # Errors
/// [`ActError`].
pub fn found(
    root: &mut Engine,
    store: &mut dyn Store,
    founding: &Founding,
    signing: &SigningKey,
) -> Result<(), ActError> {
    let signed = founding.signed(signing);
    if let Some(group) = held::keep_alone(store, &signed)? {
        store.commit(vec![group])?;
    }
    root.refresh(store)?;
    write_items(root, store, &Feed::roster(), &[Item::Genesis(signed, founding.genesis())])
}

/// The root gives `key` a role in feeds; no feeds end it.
///
/// # Errors
/// [`ActError`].
pub fn delegate(
    root: &mut Engine,
    store: &mut dyn Store,
    key: DeviceKey,
    role: Role,
    feeds: &[Pattern],
) -> Result<(), ActError> {
    let item = Delegate { key, role, feeds: feeds.iter().cloned().collect(), continues: None };
    write_items(root, store, &Feed::roster(), &[Item::Delegate(item)])
}

/// Carries everything held of a feed from one store to another, as a USB stick would from the offline root.
/// Gives the number of segments that were new.
///
/// # Errors
/// [`StoreError`].
pub fn carry_feed(from: &dyn Store, to: &mut dyn Store, org: OrgId, feed: &Feed) -> Result<u64, StoreError> {
    let damaged = StoreError::Damaged(Damage::Content);
    let mut new = 0;
    for (log, n, tip) in held::vector_of(from, [feed])?.lines(feed).to_vec() {
        let owner = held::descriptor(from, &log)?.ok_or(damaged)?;
        for (id, _) in held::above(from, &log, &[(n, tip)], &[])? {
            let bytes = held::segment_bytes(from, &id)?.ok_or(damaged)?;
            let segment = Segment::from_bytes(&org, &bytes).map_err(|_| damaged)?;
            let accepted = held::accept(to, &segment, Some(&owner), &Named::default(), &|_, _| true)?;
            if let Acceptance::Accepted { group, .. } = accepted {
                to.commit(vec![group])?;
                new += 1;
            }
        }
    }
    for item in held::alone_items(from)?.iter().filter(|item| item.kind == Kind::Genesis as u8) {
        if let Some(group) = held::keep_alone(to, item)? {
            to.commit(vec![group])?;
        }
    }
    Ok(new)
}
