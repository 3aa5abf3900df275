//! This tablet's readable copy, for whoever compares it with another.

use khettara_core::id::Feed;

use crate::device::Device;
use crate::error::DeviceError;

impl Device {
    /// A digest over every household of a feed as it reads here: equal copies have equal digests.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn digest(&self, feed: &Feed) -> Result<[u8; 32], DeviceError> {
        let member = self.member()?;
        Ok(member.with(|replica, _, store| replica.digest(store, feed))?)
    }
}
