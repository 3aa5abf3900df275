//! Headquarters' readable copy, for whoever compares it with another.

use khettara_core::id::Feed;
use khettara_core::store::StoreError;

use crate::office::Headquarters;

impl Headquarters {
    /// A digest over every document of a feed as it reads here: equal copies have equal digests.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest(&mut self, feed: &Feed) -> Result<[u8; 32], StoreError> {
        let (replica, shared) = (&mut self.replica, &self.shared);
        shared.with(|_, store| replica.digest(store, feed))
    }
}
