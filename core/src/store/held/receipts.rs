//! Receipts held: of each issuer, author and feed the newest.

use crate::encoding;
use crate::id::{DeviceKey, Feed};
use crate::identity::{Signed, Verified};
use crate::log::ReceiptBody;
use crate::store::held::keys;
use crate::store::held::logs::for_each;
use crate::store::{Damage, Expect, Group, Op, Store, StoreError};

/// A receipt that is held: its envelope, and its body read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldReceipt {
    /// The envelope.
    pub signed: Signed,
    /// The body.
    pub body: ReceiptBody,
}

fn read(bytes: &[u8]) -> Result<HeldReceipt, StoreError> {
    let damaged = |_| StoreError::Damaged(Damage::Content);
    let signed = Signed::from_bytes(bytes).map_err(damaged)?;
    let body = encoding::from_bytes(&signed.body).map_err(damaged)?;
    Ok(HeldReceipt { signed, body })
}

/// The receipt of one issuer for one author's work in one feed.
///
/// # Errors
/// [`StoreError`].
pub fn receipt_of(
    store: &dyn Store,
    feed: &Feed,
    device: &DeviceKey,
    issuer: &DeviceKey,
) -> Result<Option<HeldReceipt>, StoreError> {
    store.get(&keys::receipt(feed, device, issuer))?.map(|bytes| read(&bytes)).transpose()
}

/// The receipts of a feed; of one author where `device` is given.
///
/// # Errors
/// [`StoreError`].
pub fn receipts_in(
    store: &dyn Store,
    feed: &Feed,
    device: Option<&DeviceKey>,
) -> Result<Vec<HeldReceipt>, StoreError> {
    let prefix = device.map_or_else(|| keys::receipts_in(feed), |device| keys::receipts_of(feed, device));
    let mut found = Vec::new();
    for_each(store, &prefix, |_, value| {
        found.push(read(value)?);
        Ok(())
    })?;
    Ok(found)
}

/// The write that keeps a receipt, unless one that is as new is held: the higher ordinal replaces, of equal
/// ordinals the larger body. Its signature is good; whether its issuer may say its place was asked before.
///
/// # Errors
/// [`StoreError`].
pub fn keep_receipt(
    store: &dyn Store,
    receipt: &Verified,
    body: &ReceiptBody,
) -> Result<Option<Group>, StoreError> {
    let key = keys::receipt(&body.feed, &body.device, &receipt.signer());
    let held = store.get(&key)?;
    let expect = match held {
        None => Expect::Absent(key.clone()),
        Some(bytes) => {
            let old = read(&bytes)?;
            if (old.body.ordinal, old.signed.body.as_slice()) >= (body.ordinal, receipt.body()) {
                return Ok(None);
            }
            Expect::Is(key.clone(), bytes)
        }
    };
    Ok(Some(Group { expect: vec![expect], ops: vec![Op::Put(key, receipt.to_bytes())] }))
}
