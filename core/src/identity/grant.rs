//! Feed keys given to one serial: HPKE-sealed to its receiving key, signed by headquarters.

use hpke::{
    Deserializable, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256,
    kem::X25519HkdfSha256, single_shot_open, single_shot_seal_with_rng,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encoding::{self, Set};
use crate::id::{Feed, KemKey, OrgId};
use crate::identity::chance::SeededChance;
use crate::identity::keys::KemSecret;
use crate::identity::seal::FeedKey;

const INFO: &[u8] = b"khettara/1 key grant";

/// Why a grant gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Sealed to another key, for another serial or organisation, or altered.
    #[error("this key grant is not for this device")]
    NotForUs,
    /// Opened, but what is inside is not a list of keys.
    #[error("this key grant is malformed")]
    Malformed,
    /// The receiving key is not an X25519 point.
    #[error("the receiving key is not a key")]
    BadKey,
}

/// Body of kind 5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGrant {
    /// Whose.
    pub serial: u32,
    /// The key it is sealed to: the credential's, or the invitation's open key.
    pub kem: KemKey,
    /// HPKE's encapsulated key.
    pub enc: KemKey,
    /// The sealed list of keys.
    pub ct: Vec<u8>,
}

/// One feed key, with its feed and ordinal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedKey {
    /// The feed it opens.
    pub feed: Feed,
    /// Its ordinal there.
    pub ordinal: u32,
    /// The key.
    pub key: FeedKey,
}

type Row = (Feed, u32, [u8; 32]);

impl KeyGrant {
    /// Seals `keys` for `serial` to `kem`.
    ///
    /// # Errors
    /// [`GrantError::BadKey`] where `kem` is no key.
    pub fn seal(
        org: &OrgId,
        serial: u32,
        kem: KemKey,
        keys: &[GrantedKey],
        chance: &mut SeededChance,
    ) -> Result<Self, GrantError> {
        let rows: Set<Row> = keys.iter().map(|k| (k.feed.clone(), k.ordinal, *k.key.secret())).collect();
        let plain = Zeroizing::new(encoding::to_bytes(&rows));
        let to =
            <X25519HkdfSha256 as hpke::Kem>::PublicKey::from_bytes(&kem.0).map_err(|_| GrantError::BadKey)?;
        let (enc, ct) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &to,
            INFO,
            &plain,
            &aad(org, serial, &kem),
            chance,
        )
        .map_err(|_| GrantError::BadKey)?;
        let mut name = [0; 32];
        name.copy_from_slice(&enc.to_bytes());
        Ok(Self { serial, kem, enc: KemKey(name), ct })
    }

    /// Opens the grant with the secret it was sealed to.
    ///
    /// Whether headquarters signed it, and lists each key's id for its feed, is asked by the roster.
    ///
    /// # Errors
    /// [`GrantError`] where it is for somebody else or malformed.
    pub fn open(&self, org: &OrgId, secret: &KemSecret) -> Result<Vec<GrantedKey>, GrantError> {
        if secret.public() != self.kem {
            return Err(GrantError::NotForUs);
        }
        let enc = <X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(&self.enc.0)
            .map_err(|_| GrantError::NotForUs)?;
        let plain = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &secret.private(),
            &enc,
            INFO,
            &self.ct,
            &aad(org, self.serial, &self.kem),
        )
        .map(Zeroizing::new)
        .map_err(|_| GrantError::NotForUs)?;
        let rows: Set<Row> = encoding::from_bytes(&plain).map_err(|_| GrantError::Malformed)?;
        let unique =
            rows.as_slice().windows(2).all(|pair| (&pair[0].0, pair[0].1) != (&pair[1].0, pair[1].1));
        if !unique {
            return Err(GrantError::Malformed);
        }
        let keys = rows.into_vec().into_iter();
        Ok(keys.map(|(feed, ordinal, key)| GrantedKey { feed, ordinal, key: FeedKey::new(key) }).collect())
    }
}

fn aad(org: &OrgId, serial: u32, kem: &KemKey) -> Vec<u8> {
    let mut out = org.0.to_vec();
    out.extend_from_slice(&serial.to_le_bytes());
    out.extend_from_slice(&kem.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::chance::Fresh;

    #[test]
    fn only_the_serial_it_was_sealed_for_opens_a_grant() {
        let org = OrgId([1; 32]);
        let mine = KemSecret::derive(&[5; 32]);
        let keys = vec![GrantedKey {
            feed: Feed::new("08.201.11.07").expect("feed"),
            ordinal: 1,
            key: FeedKey::new([9; 32]),
        }];
        let mut chance = Fresh::new([0; 32]).chance();
        let grant = KeyGrant::seal(&org, 12, mine.public(), &keys, &mut chance).expect("seals");
        assert_eq!(grant.open(&org, &mine), Ok(keys));
        assert_eq!(grant.open(&org, &KemSecret::derive(&[6; 32])), Err(GrantError::NotForUs));
        assert_eq!(grant.open(&OrgId([2; 32]), &mine), Err(GrantError::NotForUs));
        let other = KeyGrant { serial: 13, ..grant };
        assert_eq!(other.open(&org, &mine), Err(GrantError::NotForUs));
    }

    #[test]
    fn a_feeds_number_has_one_key() {
        let org = OrgId([1; 32]);
        let mine = KemSecret::derive(&[5; 32]);
        let key = |feed: &str, ordinal, secret| GrantedKey {
            feed: Feed::new(feed).expect("feed"),
            ordinal,
            key: FeedKey::new([secret; 32]),
        };
        let opened = |keys: &[GrantedKey]| {
            let mut chance = Fresh::new([0; 32]).chance();
            KeyGrant::seal(&org, 12, mine.public(), keys, &mut chance).expect("seals").open(&org, &mine)
        };
        let (one, two) = ("08.201.11.07", "08.201.11.09");
        let several = vec![key(one, 1, 9), key(one, 2, 9), key(two, 1, 9), key(two, 2, 8)];
        assert_eq!(opened(&several), Ok(several));
        assert_eq!(opened(&[key(one, 1, 9), key(one, 1, 8)]), Err(GrantError::Malformed));
        assert_eq!(opened(&[key(one, 1, 9), key(two, 1, 9), key(two, 1, 8)]), Err(GrantError::Malformed));
    }
}
