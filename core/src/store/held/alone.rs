//! Signed items that travel alone, key grants waiting for their serial, and the feed keys held here.

use crate::encoding;
use crate::hash;
use crate::id::{Feed, KeyId};
use crate::identity::{FeedKey, GrantedKey, Signed};
use crate::store::held::keys;
use crate::store::held::logs::for_each;
use crate::store::{Damage, Group, Op, Store, StoreError};

/// A key grant in a mailbox, as its envelope's bytes.
pub type Mail = Vec<u8>;

const DAMAGED: StoreError = StoreError::Damaged(Damage::Content);

fn name_of(signed: &Signed) -> [u8; 32] {
    hash::derive("alone", &[&[signed.kind, signed.version], &signed.signer.0, &signed.body])
}

/// The write that keeps a signed item which travelled alone. Of two signatures over one body the first is
/// kept.
///
/// # Errors
/// [`StoreError`].
pub fn keep_alone(store: &dyn Store, signed: &Signed) -> Result<Option<Group>, StoreError> {
    let key = keys::alone(&name_of(signed));
    if store.get(&key)?.is_some() {
        return Ok(None);
    }
    Ok(Some(Group { expect: vec![], ops: vec![Op::Put(key, signed.to_bytes())] }))
}

/// Everything that travelled alone, in the order of its names.
///
/// # Errors
/// [`StoreError`].
pub fn alone_items(store: &dyn Store) -> Result<Vec<Signed>, StoreError> {
    let mut found = Vec::new();
    for_each(store, b"a", |_, value| {
        found.push(Signed::from_bytes(value).map_err(|_| DAMAGED)?);
        Ok(())
    })?;
    Ok(found)
}

/// The write that lays a key grant in a serial's mailbox.
#[must_use]
pub fn deposit_mail(serial: u32, grant: &Signed) -> Group {
    Group { expect: vec![], ops: vec![Op::Put(keys::mail(serial, &name_of(grant)), grant.to_bytes())] }
}

/// What waits for a serial.
///
/// # Errors
/// [`StoreError`].
pub fn mail_of(store: &dyn Store, serial: u32) -> Result<Vec<Mail>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::mailbox(serial), |_, value| {
        found.push(value.to_vec());
        Ok(())
    })?;
    Ok(found)
}

/// Every mailbox: serial and what waits in it.
///
/// # Errors
/// [`StoreError`].
pub fn mailboxes(store: &dyn Store) -> Result<Vec<(u32, Mail)>, StoreError> {
    let mut found = Vec::new();
    for_each(store, b"m", |key, value| {
        let serial = key.get(1..5).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).ok_or(DAMAGED)?;
        found.push((u32::from_be_bytes(serial), value.to_vec()));
        Ok(())
    })?;
    Ok(found)
}

/// The write that keeps a feed key.
#[must_use]
pub fn put_feed_key(granted: &GrantedKey) -> Op {
    Op::Put(keys::feed_key(&granted.feed, granted.ordinal), granted.key.secret().to_vec())
}

/// The feed keys held for a feed, ordinals ascending.
///
/// # Errors
/// [`StoreError`].
pub fn feed_keys(store: &dyn Store, feed: &Feed) -> Result<Vec<GrantedKey>, StoreError> {
    let mut found = Vec::new();
    for_each(store, &keys::feed_keys(feed), |key, value| {
        let ordinal = u32::from_be_bytes(*key.last_chunk::<4>().ok_or(DAMAGED)?);
        let secret: [u8; 32] = value.try_into().map_err(|_| DAMAGED)?;
        found.push(GrantedKey { feed: feed.clone(), ordinal, key: FeedKey::new(secret) });
        Ok(())
    })?;
    Ok(found)
}

/// The feed key of this name, where it is held.
///
/// # Errors
/// [`StoreError`].
pub fn feed_key(store: &dyn Store, feed: &Feed, id: &KeyId) -> Result<Option<FeedKey>, StoreError> {
    Ok(feed_keys(store, feed)?.into_iter().map(|granted| granted.key).find(|key| key.id() == *id))
}

/// The key a writer uses: the newest it holds.
///
/// # Errors
/// [`StoreError`].
pub fn newest_feed_key(store: &dyn Store, feed: &Feed) -> Result<Option<FeedKey>, StoreError> {
    Ok(feed_keys(store, feed)?.pop().map(|granted| granted.key))
}

/// A row of the program around: under a name of its choice, beside everything else, committed with it.
#[must_use]
pub fn setting_key(name: &str) -> Vec<u8> {
    let mut key = b"i".to_vec();
    key.extend_from_slice(name.as_bytes());
    key
}

/// Reads a setting that was stored in canonical form.
///
/// # Errors
/// [`StoreError`].
pub fn setting<T: serde::de::DeserializeOwned + serde::Serialize>(
    store: &dyn Store,
    name: &str,
) -> Result<Option<T>, StoreError> {
    let bytes = store.get(&setting_key(name))?;
    bytes.map(|bytes| encoding::from_bytes(&bytes).map_err(|_| DAMAGED)).transpose()
}
