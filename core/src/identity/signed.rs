//! One envelope for everything that is signed: kind, version, signer, body, signature.

use crate::encoding::{self, DecodeError, Sig};
use crate::id::{DeviceKey, OrgId};
use crate::identity::keys::{SigningKey, verify};

/// What a signed body is. The number is in the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// The organisation's first item, by its root.
    Genesis = 1,
    /// A run of a log, by the log's device.
    Segment = 2,
    /// What an issuer durably holds, by the issuer.
    Receipt = 3,
    /// Feed keys for one serial, by headquarters.
    KeyGrant = 5,
    /// A serial's keys, role and grants, by headquarters.
    Credential = 6,
    /// A place in the roster waiting for its tablet, by headquarters.
    Invitation = 7,
    /// A claim, by the device key.
    ClaimByDevice = 8,
    /// The same claim, by the invitation's claim key.
    ClaimBySecret = 9,
    /// A serial's end, by headquarters.
    Closing = 13,
    /// Held-back work set free, by a supervisor or headquarters.
    Release = 14,
    /// Who was first to claim, by the registrar.
    Binding = 15,
}

impl Kind {
    /// The kind a number stands for. Numbers 4, 10, 11 and 12 are not frozen and unknown for now.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            1 => Self::Genesis,
            2 => Self::Segment,
            3 => Self::Receipt,
            5 => Self::KeyGrant,
            6 => Self::Credential,
            7 => Self::Invitation,
            8 => Self::ClaimByDevice,
            9 => Self::ClaimBySecret,
            13 => Self::Closing,
            14 => Self::Release,
            15 => Self::Binding,
            _ => return None,
        })
    }

    /// What to do with a version other than 1 of this kind, its signature being good.
    #[must_use]
    pub const fn of_unknown_version(self) -> UnknownVersion {
        match self {
            Self::Segment | Self::Closing => UnknownVersion::ReadAsOne,
            Self::Genesis | Self::Credential | Self::Invitation | Self::Release | Self::Binding => {
                UnknownVersion::KeepUnread
            }
            Self::Receipt | Self::KeyGrant | Self::ClaimByDevice | Self::ClaimBySecret => {
                UnknownVersion::Refuse
            }
        }
    }
}

/// What an unknown version of a kind means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownVersion {
    /// The body never changes: read it.
    ReadAsOne,
    /// Keep and forward it; it widens no right.
    KeepUnread,
    /// Refuse it.
    Refuse,
}

/// Why a signed item was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Not an envelope, or its body is not what its kind says.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A kind nobody here knows.
    #[error("unknown kind of signed item")]
    UnknownKind,
    /// A version this kind may not have.
    #[error("unknown version of this kind of signed item")]
    UnknownVersion,
    /// The signature does not verify strictly for this organisation.
    #[error("the signature is not good for this organisation")]
    Signature,
}

/// An envelope from outside: nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signed {
    /// The kind's number, known or not.
    pub kind: u8,
    /// Version of the body's format.
    pub version: u8,
    /// Who says to have signed.
    pub signer: DeviceKey,
    /// The canonical body.
    pub body: Vec<u8>,
    /// The signature.
    pub sig: Sig,
}

/// An envelope whose kind is known and whose signature is good. There is no other way to one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verified {
    kind: Kind,
    signed: Signed,
}

impl Signed {
    /// Signs `body` as `kind`, version 1.
    #[must_use]
    pub fn make(org: &OrgId, key: &SigningKey, kind: Kind, body: Vec<u8>) -> Verified {
        let signer = key.public();
        let sig = key.sign(&message(kind as u8, 1, org, &signer, &body));
        Verified { kind, signed: Self { kind: kind as u8, version: 1, signer, body, sig } }
    }

    /// The envelope's bytes: `kind ‖ version ‖ signer ‖ body_len varint ‖ body ‖ sig`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(2 + 32 + 5 + self.body.len() + 64);
        out.extend_from_slice(&[self.kind, self.version]);
        out.extend_from_slice(&self.signer.0);
        encoding::push_varint(&mut out, self.body.len() as u64);
        out.extend_from_slice(&self.body);
        out.extend_from_slice(&self.sig.0);
        out
    }

    /// Reads an envelope that fills `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] where it is malformed or bytes are left over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (signed, rest) = Self::take(bytes)?;
        if rest.is_empty() { Ok(signed) } else { Err(DecodeError::Trailing) }
    }

    /// Reads an envelope from the front of `bytes`.
    ///
    /// # Errors
    /// [`DecodeError`] where it is malformed.
    pub fn take(bytes: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let ([kind, version], rest) = encoding::take_array::<2>(bytes)?;
        let (signer, rest) = encoding::take_array::<32>(rest)?;
        let (length, rest) = encoding::take_varint(rest)?;
        let length = usize::try_from(length).map_err(|_| DecodeError::Malformed)?;
        let (body, rest) = encoding::take_slice(rest, length)?;
        let (sig, rest) = encoding::take_array::<64>(rest)?;
        Ok((Self { kind, version, signer: DeviceKey(signer), body: body.to_vec(), sig: Sig(sig) }, rest))
    }

    /// Checks kind, version and signature. Whether the signer was entitled is asked elsewhere.
    ///
    /// # Errors
    /// [`SignedError`] naming the first thing that is wrong.
    pub fn verify(self, org: &OrgId) -> Result<Verified, SignedError> {
        let kind = Kind::from_number(self.kind).ok_or(SignedError::UnknownKind)?;
        if self.version != 1 && kind.of_unknown_version() == UnknownVersion::Refuse {
            return Err(SignedError::UnknownVersion);
        }
        verify(&self.signer, &message(self.kind, self.version, org, &self.signer, &self.body), &self.sig)
            .map_err(|_| SignedError::Signature)?;
        Ok(Verified { kind, signed: self })
    }
}

impl Verified {
    /// An envelope read back from our own store. Its signature was good when it was stored, and the journal's
    /// check vouches for the bytes since; verifying again would cost more than everything else about reading.
    pub(crate) fn of_store(signed: Signed) -> Result<Self, SignedError> {
        let kind = Kind::from_number(signed.kind).ok_or(SignedError::UnknownKind)?;
        Ok(Self { kind, signed })
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The body's version.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.signed.version
    }

    /// Whose signature is good.
    #[must_use]
    pub const fn signer(&self) -> DeviceKey {
        self.signed.signer
    }

    /// The canonical body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.signed.body
    }

    /// The signature.
    #[must_use]
    pub const fn sig(&self) -> Sig {
        self.signed.sig
    }

    /// The envelope, to store or to send.
    #[must_use]
    pub const fn as_signed(&self) -> &Signed {
        &self.signed
    }

    /// The envelope's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.signed.to_bytes()
    }

    /// Reads the body as the structure of its kind.
    ///
    /// # Errors
    /// [`SignedError`] where the version is not 1 and the body may differ, or the body is not canonical.
    pub fn read<T: serde::de::DeserializeOwned + serde::Serialize>(&self) -> Result<T, SignedError> {
        if self.signed.version != 1 && self.kind.of_unknown_version() != UnknownVersion::ReadAsOne {
            return Err(SignedError::UnknownVersion);
        }
        Ok(encoding::from_bytes(&self.signed.body)?)
    }
}

/// `"khettara/1 signed\0" ‖ kind ‖ version ‖ OrgId ‖ signer ‖ body`.
pub(super) fn message(kind: u8, version: u8, org: &OrgId, signer: &DeviceKey, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(18 + 2 + 64 + body.len());
    out.extend_from_slice(b"khettara/1 signed\0");
    out.extend_from_slice(&[kind, version]);
    out.extend_from_slice(&org.0);
    out.extend_from_slice(&signer.0);
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (OrgId, Verified) {
        let org = OrgId([1; 32]);
        (org, Signed::make(&org, &SigningKey::from_seed(&[2; 32]), Kind::Release, vec![0, 0]))
    }

    #[test]
    fn an_envelope_reads_back_and_every_flipped_bit_is_seen() {
        let (org, made) = sample();
        let bytes = made.to_bytes();
        assert_eq!(Signed::from_bytes(&bytes).expect("whole").verify(&org), Ok(made));
        for place in 0..bytes.len() * 8 {
            let mut bent = bytes.clone();
            bent[place / 8] ^= 1 << (place % 8);
            let refused = match Signed::from_bytes(&bent) {
                Err(_) => true,
                Ok(signed) => signed.verify(&org).is_err(),
            };
            assert!(refused, "bit {place}");
        }
    }

    #[test]
    fn a_signature_counts_in_its_own_organisation_only() {
        let (_, made) = sample();
        let elsewhere = made.as_signed().clone().verify(&OrgId([9; 32]));
        assert_eq!(elsewhere, Err(SignedError::Signature));
    }

    #[test]
    fn unknown_kinds_and_versions_follow_the_table() {
        let org = OrgId([1; 32]);
        let key = SigningKey::from_seed(&[2; 32]);
        let with = |kind: u8, version: u8| {
            let sig = key.sign(&message(kind, version, &org, &key.public(), &[]));
            Signed { kind, version, signer: key.public(), body: vec![], sig }.verify(&org)
        };
        for kind in [4, 10, 11, 12, 0, 16, 255] {
            assert_eq!(with(kind, 1), Err(SignedError::UnknownKind), "{kind}");
        }
        for kind in [3, 5, 8, 9] {
            assert_eq!(with(kind, 2), Err(SignedError::UnknownVersion), "{kind}");
        }
        for kind in [1, 2, 6, 7, 13, 14, 15] {
            assert!(with(kind, 2).is_ok(), "{kind}");
        }
    }
}
