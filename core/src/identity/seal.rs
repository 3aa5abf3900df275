//! Sealing: XChaCha20-Poly1305 with a synthetic nonce, and the links between successive feed keys.
//!
//! The nonce is made from key, header and payload. One made from the header alone repeats when only the
//! compression differs, and gives away the difference of two visits.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use zeroize::Zeroizing;

use crate::hash;
use crate::id::{Feed, KeyId, OrgId};

/// Bytes that sealing adds: 24 of nonce, 16 of tag.
pub(crate) const SEAL_OVERHEAD: usize = 40;

/// What was sealed does not open with this key and header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("does not open: another key, another header, or altered bytes")]
pub struct SealError;

/// A feed's secret: 32 bytes, wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for FeedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FeedKey({:?})", self.id())
    }
}

/// A previous key sealed under its successor: 72 bytes.
pub type Link = Vec<u8>;

/// What a link is bound to.
#[derive(Debug, Clone)]
pub struct SealContext<'a> {
    /// The organisation.
    pub org: &'a OrgId,
    /// The feed both keys belong to.
    pub feed: &'a Feed,
    /// The successor's ordinal.
    pub ordinal: u32,
}

impl FeedKey {
    /// Takes 32 secret bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret bytes, for sealing them to somebody.
    #[must_use]
    pub fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// `D("key id", key)[..8]`.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(hash::first(&hash::derive("key id", &[self.0.as_ref()])))
    }

    /// `nonce [24] ‖ ciphertext ‖ tag [16]` over `payload`, bound to `aad`. The same input gives the same bytes.
    ///
    /// # Panics
    /// Never: the cipher only refuses payloads of over 256 GiB.
    #[must_use]
    pub fn seal(&self, aad: &[u8], payload: &[u8]) -> Vec<u8> {
        let nonce = self.synthetic_nonce(aad, payload);
        let mut out = nonce.to_vec();
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: payload, aad })
            .expect("a payload fits in memory, and so under the cipher's limit");
        out.extend_from_slice(&sealed);
        out
    }

    /// Opens what [`FeedKey::seal`] made, and checks that its nonce is the one sealing would give.
    ///
    /// # Errors
    /// [`SealError`] for any other key, header or bytes.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, rest) = sealed.split_first_chunk::<24>().ok_or(SealError)?;
        let payload = self
            .cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: rest, aad })
            .map_err(|_| SealError)?;
        if self.synthetic_nonce(aad, &payload) != *nonce {
            return Err(SealError);
        }
        Ok(payload)
    }

    /// Seals `previous` under this key, its successor at `context.ordinal`.
    #[must_use]
    pub fn link(&self, context: &SealContext<'_>, previous: &Self) -> Link {
        self.link_key().seal(&self.link_aad(context), previous.0.as_ref())
    }

    /// Opens a link made with this key.
    ///
    /// # Errors
    /// [`SealError`] where it belongs to another key, feed or ordinal.
    pub fn open_link(&self, context: &SealContext<'_>, link: &[u8]) -> Result<Self, SealError> {
        let payload = Zeroizing::new(self.link_key().open(&self.link_aad(context), link)?);
        let bytes: [u8; 32] = payload.as_slice().try_into().map_err(|_| SealError)?;
        Ok(Self::new(bytes))
    }

    fn link_key(&self) -> Self {
        Self::new(hash::derive("link key", &[self.0.as_ref()]))
    }

    fn link_aad(&self, context: &SealContext<'_>) -> Vec<u8> {
        let mut aad = context.org.0.to_vec();
        aad.extend_from_slice(&context.feed.prefixed());
        aad.extend_from_slice(&context.ordinal.to_le_bytes());
        aad.extend_from_slice(&self.id().0);
        aad
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&hash::derive("seal key", &[self.0.as_ref()]).into())
    }

    fn synthetic_nonce(&self, aad: &[u8], payload: &[u8]) -> [u8; 24] {
        let key = Zeroizing::new(hash::derive("seal siv", &[self.0.as_ref()]));
        hash::first(&hash::keyed(&key, &[&(aad.len() as u64).to_le_bytes(), aad, payload]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_and_header_only() {
        let key = FeedKey::new([3; 32]);
        let sealed = key.seal(b"header", b"a visit");
        assert_eq!(key.open(b"header", &sealed).as_deref(), Ok(&b"a visit"[..]));
        assert_eq!(key.open(b"other", &sealed), Err(SealError));
        assert_eq!(FeedKey::new([4; 32]).open(b"header", &sealed), Err(SealError));
        for place in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[place] ^= 1;
            assert_eq!(key.open(b"header", &bent), Err(SealError), "byte {place}");
        }
    }

    #[test]
    fn sealing_again_with_another_compression_shares_no_keystream() {
        let key = FeedKey::new([3; 32]);
        let first = key.seal(b"header", b"compressed so......");
        let second = key.seal(b"header", b"compressed otherwise");
        assert_ne!(first[..24], second[..24], "the nonces differ");
        assert_eq!(first, key.seal(b"header", b"compressed so......"), "equal input, equal bytes");
    }

    #[test]
    fn a_nonce_of_somebodys_choice_is_refused() {
        let key = FeedKey::new([3; 32]);
        let nonce = [0; 24];
        let mut forged = nonce.to_vec();
        forged.extend(
            key.cipher().encrypt(&XNonce::from(nonce), Payload { msg: b"x", aad: b"h" }).expect("seals"),
        );
        assert_eq!(key.open(b"h", &forged), Err(SealError));
    }

    #[test]
    fn one_key_leads_back_to_all_before_it() {
        let (org, feed) = (OrgId([1; 32]), Feed::new("08.201.11.07").expect("feed"));
        let (old, new) = (FeedKey::new([1; 32]), FeedKey::new([2; 32]));
        let context = SealContext { org: &org, feed: &feed, ordinal: 2 };
        let link = new.link(&context, &old);
        assert_eq!(link.len(), 72);
        assert_eq!(new.open_link(&context, &link), Ok(old));
        let elsewhere = SealContext { ordinal: 3, ..context };
        assert_eq!(new.open_link(&elsewhere, &link), Err(SealError));
    }
}
