//! Headquarters' acts: entries in its own clear logs, each durable before it is spoken of.

use std::collections::BTreeSet;

use khettara_core::encoding::{self, Set};
use khettara_core::error::ErrorKind;
use khettara_core::id::{DeviceKey, Feed};
use khettara_core::identity::{
    Closing, Constant, FeedKey, FeedKeyItem, Grant, GrantError, GrantedKey, Invitation, InviteKeys,
    InviteSecret, Item, KeyGrant, Kind, LinkBytes, Release, Rights, Role, SealContext, Signed,
};
use khettara_core::log::{ContentFault, Entry, Written};
use khettara_core::store::{Group, Store, StoreError, held};
use khettara_core::sync::{Engine, EngineError};
use khettara_records::model::constants;

/// Why an act was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The entries could not be cut.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An entry has no hash: ours to mend.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// A key grant could not be sealed.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

impl ActError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::Content(_) | Self::Grant(_) => ErrorKind::Bug,
        }
    }
}

/// Saves items as Roster entries in one's own log of a clear feed, and cuts them.
///
/// # Errors
/// [`ActError`].
pub fn write_items(
    engine: &mut Engine,
    store: &mut dyn Store,
    feed: &Feed,
    items: &[Item],
) -> Result<(), ActError> {
    for item in items {
        let (item, bytes) = item.encode();
        let written = Written::plain(&Entry::Roster { item, version: 1, bytes }).ok_or(ContentFault)?;
        let slot = engine.pen().slot(store, feed)?;
        let group = engine.pen().save(slot, &written)?;
        if let Err(error) = store.commit(vec![group]) {
            engine.pen().renew();
            return Err(error.into());
        }
    }
    Ok(engine.cut_all(store)?)
}

/// Publishes the schema constants that this software writes and the roster does not hold yet, so that older tablets
/// can merge what newer ones write. Gives whether there was one.
///
/// # Errors
/// [`ActError`].
pub fn publish_constants(engine: &mut Engine, store: &mut dyn Store) -> Result<bool, ActError> {
    let published: BTreeSet<u32> =
        engine.roster().constants().iter().map(|constant| constant.number).collect();
    // The genesis is in every software there ever was.
    let missing = constants().iter().filter(|one| one.number > 1 && !published.contains(&one.number));
    let items: Vec<Item> = missing
        .map(|one| Item::Constant(Constant { number: one.number, chunk: one.chunk.to_vec() }))
        .collect();
    if items.is_empty() {
        return Ok(false);
    }
    write_items(engine, store, &Feed::roster(), &items)?;
    Ok(true)
}

/// Makes a new key for a feed, sealing the one before it under it, keeps it and publishes its name.
///
/// # Errors
/// [`ActError`].
pub fn publish_feed_key(engine: &mut Engine, store: &mut dyn Store, feed: &Feed) -> Result<(), ActError> {
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(&engine.pen().fresh().draw());
    secret[16..].copy_from_slice(&engine.pen().fresh().draw());
    let key = FeedKey::new(secret);
    let before = held::feed_keys(store, feed)?.pop();
    let ordinal = before.as_ref().map_or(1, |before| before.ordinal + 1);
    let org = engine.party().org;
    let context = SealContext { org: &org, feed, ordinal };
    let link = before.map(|before| key.link(&context, &before.key));
    let link = match link.map(<[u8; 72]>::try_from) {
        Some(Ok(bytes)) => Some(LinkBytes(bytes)),
        Some(Err(_)) => return Err(ContentFault.into()),
        None => None,
    };
    let item = FeedKeyItem { feed: feed.clone(), ordinal, key_id: key.id(), link };
    let op = held::put_feed_key(&GrantedKey { feed: feed.clone(), ordinal, key });
    store.commit(vec![Group { expect: vec![], ops: vec![op] }])?;
    write_items(engine, store, &Feed::roster(), &[Item::FeedKey(item)])
}

/// Signs a closing as headquarters, and writes it in its log.
///
/// # Errors
/// [`ActError`].
pub fn close(engine: &mut Engine, store: &mut dyn Store, body: Closing) -> Result<(), ActError> {
    let signed = sign(engine, Kind::Closing, encoding::to_bytes(&body));
    write_items(engine, store, &Feed::roster(), &[Item::Closing(signed, body)])
}

/// Signs a release as headquarters, and writes it in its log.
///
/// # Errors
/// [`ActError`].
pub fn release(engine: &mut Engine, store: &mut dyn Store, body: Release) -> Result<(), ActError> {
    let signed = sign(engine, Kind::Release, encoding::to_bytes(&body));
    write_items(engine, store, &Feed::roster(), &[Item::Release(signed, body)])
}

fn sign(engine: &Engine, kind: Kind, body: Vec<u8>) -> Signed {
    let party = engine.party();
    Signed::make(&party.org, &party.identity.signing, kind, body).as_signed().clone()
}

/// What an invitation gives to whoever holds its secret first.
#[derive(Debug, Clone)]
pub struct Place {
    /// The role.
    pub role: Role,
    /// The grants.
    pub grants: Set<Grant>,
    /// The relay that binds it.
    pub registrar: DeviceKey,
}

/// An invitation that was written.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Its serial.
    pub serial: u32,
    /// Its secret, for the QR code; kept nowhere.
    pub secret: InviteSecret,
}

/// The smallest serial that no invitation has.
#[must_use]
pub fn next_serial(engine: &Engine) -> u32 {
    (1..).find(|serial| engine.roster().invitation(*serial).is_none()).unwrap_or(u32::MAX)
}

/// Writes an invitation, and lays the feed keys it gives in its mailbox, sealed to the secret's open key.
///
/// # Errors
/// [`ActError`].
pub fn invite(engine: &mut Engine, store: &mut dyn Store, place: &Place) -> Result<Invited, ActError> {
    let serial = next_serial(engine);
    let secret = InviteSecret::new(engine.pen().fresh().draw());
    let org = engine.party().org;
    let keys = InviteKeys::derive(&org, serial, &secret);
    let granted = readable_keys(engine, store, &place.grants)?;
    let mut chance = engine.pen().fresh().chance();
    let grant = KeyGrant::seal(&org, serial, keys.open.public(), &granted, &mut chance)?;
    let signing = &engine.party().identity.signing;
    let grant = Signed::make(&org, signing, Kind::KeyGrant, encoding::to_bytes(&grant));
    let invitation = Invitation {
        serial,
        role: place.role,
        grants: place.grants.clone(),
        claim: keys.claim.public(),
        open: keys.open.public(),
        registrar: place.registrar,
    };
    let signed = Signed::make(&org, signing, Kind::Invitation, encoding::to_bytes(&invitation));
    store.commit(vec![held::deposit_mail(serial, grant.as_signed())])?;
    let item = Item::Invitation(signed.as_signed().clone(), invitation);
    write_items(engine, store, &Feed::people(), &[item])?;
    Ok(Invited { serial, secret })
}

/// The newest key of every feed that the grants let read.
fn readable_keys(
    engine: &Engine,
    store: &dyn Store,
    grants: &Set<Grant>,
) -> Result<Vec<GrantedKey>, StoreError> {
    let me = engine.party().key();
    let mut keys = Vec::new();
    for feed in engine.roster().feeds_known_to(&me) {
        let readable =
            grants.iter().any(|(pattern, rights)| rights.includes(Rights::READ) && pattern.covers(&feed));
        if readable {
            keys.extend(held::feed_keys(store, &feed)?.pop());
        }
    }
    Ok(keys)
}
