//! Two keys per device: Ed25519 signs and is the TLS identity; X25519 receives feed keys.

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use hpke::{Deserializable, Kem as _, Serializable, kem::X25519HkdfSha256};
use zeroize::Zeroizing;

use crate::encoding::Sig;
use crate::id::{DeviceKey, KemKey};

/// A signature did not verify, strictly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not good")]
pub struct VerifyError;

/// An Ed25519 secret. Never printed; wiped when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// From 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> DeviceKey {
        DeviceKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Sig {
        Sig(self.0.sign(message).to_bytes())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({:?})", self.public())
    }
}

/// Verifies strictly: cofactorless, `S < L`, `A` and `R` canonical and not of small order.
///
/// # Errors
/// [`VerifyError`] where any of it fails.
pub fn verify(key: &DeviceKey, message: &[u8], sig: &Sig) -> Result<(), VerifyError> {
    let public = VerifyingKey::from_bytes(&key.0).map_err(|_| VerifyError)?;
    // dalek decompresses other spellings of a point too; one key must have one name.
    if public.to_edwards().compress().to_bytes() != key.0 {
        return Err(VerifyError);
    }
    public.verify_strict(message, &Signature::from_bytes(&sig.0)).map_err(|_| VerifyError)
}

/// An X25519 secret that opens what was sealed to its public half.
#[derive(Clone)]
pub struct KemSecret {
    secret: Zeroizing<[u8; 32]>,
    public: KemKey,
}

impl KemSecret {
    /// DHKEM(X25519, HKDF-SHA256) `DeriveKeyPair` over 32 secret bytes.
    #[must_use]
    pub fn derive(ikm: &[u8; 32]) -> Self {
        let (secret, public) = X25519HkdfSha256::derive_keypair(ikm);
        let mut bytes = Zeroizing::new([0; 32]);
        bytes.copy_from_slice(&secret.to_bytes());
        let mut name = [0; 32];
        name.copy_from_slice(&public.to_bytes());
        Self { secret: bytes, public: KemKey(name) }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> KemKey {
        self.public
    }

    pub(super) fn private(&self) -> <X25519HkdfSha256 as hpke::Kem>::PrivateKey {
        <X25519HkdfSha256 as hpke::Kem>::PrivateKey::from_bytes(self.secret.as_ref())
            .expect("32 bytes are an X25519 secret")
    }
}

impl std::fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KemSecret({:?})", self.public)
    }
}

/// A device's, relay's or headquarters' own two secrets.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Signs, and is the TLS key.
    pub signing: SigningKey,
    /// Receives feed keys.
    pub kem: KemSecret,
}

impl Identity {
    /// From two secret seeds of 32 bytes each, as `node`'s key file keeps them.
    #[must_use]
    pub fn from_seeds(signing: &[u8; 32], kem: &[u8; 32]) -> Self {
        Self { signing: SigningKey::from_seed(signing), kem: KemSecret::derive(kem) }
    }

    /// The public signing key: this party's name.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.signing.public()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_message_and_key_only() {
        let key = SigningKey::from_seed(&[7; 32]);
        let sig = key.sign(b"one visit");
        assert_eq!(verify(&key.public(), b"one visit", &sig), Ok(()));
        assert_eq!(verify(&key.public(), b"another", &sig), Err(VerifyError));
        assert_eq!(verify(&SigningKey::from_seed(&[8; 32]).public(), b"one visit", &sig), Err(VerifyError));
    }

    #[test]
    fn keys_and_points_of_small_order_sign_nothing() {
        // The neutral element, written canonically and with a needless sign bit: with R = A and S = 0 a
        // lenient verifier accepts any message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut loose = neutral;
        loose[31] = 0x80;
        for key in [neutral, loose] {
            let mut sig = [0; 64];
            sig[..32].copy_from_slice(&key);
            assert_eq!(verify(&DeviceKey(key), b"anything", &Sig(sig)), Err(VerifyError));
        }
    }

    #[test]
    fn a_scalar_above_the_group_order_is_refused() {
        let key = SigningKey::from_seed(&[7; 32]);
        let mut sig = key.sign(b"m");
        // Adding the group order to S gives the same point, and another spelling of the signature.
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut carry = 0u16;
        for (byte, add) in sig.0[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(verify(&key.public(), b"m", &sig), Err(VerifyError));
    }
}
