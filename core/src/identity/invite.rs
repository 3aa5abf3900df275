//! Enrolment: one secret in a QR code, two key pairs made from it, and the claim signed by both keys.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::encoding::{self, Sig};
use crate::hash;
use crate::id::{DeviceKey, KemKey, OrgId};
use crate::identity::item::{Binding, Invitation};
use crate::identity::keys::{KemSecret, SigningKey, verify};
use crate::identity::signed::{Kind, message};

/// What an invitation's QR code keeps secret: 16 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteSecret(Zeroizing<[u8; 16]>);

impl std::fmt::Debug for InviteSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteSecret(…)")
    }
}

const CROCKFORD: &[u8; 37] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";

impl InviteSecret {
    /// Takes 16 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The secret bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// 26 Crockford characters (two zero bits, then big endian) and the mod 37 check character.
    #[must_use]
    pub fn typed(&self) -> String {
        let value = u128::from_be_bytes(*self.0);
        let mut text: String = (0..26)
            .rev()
            .map(|place| CROCKFORD[usize::try_from((value >> (5 * place)) & 31).expect("below 32")] as char)
            .collect();
        text.push(CROCKFORD[usize::try_from(value % 37).expect("below 37")] as char);
        text
    }

    /// Reads what a person typed: case, spaces and dashes do not matter; `O` reads as 0, `I` and `L` as 1.
    ///
    /// # Errors
    /// [`TicketError`] for a wrong length, character or check character.
    pub fn from_typed(text: &str) -> Result<Self, TicketError> {
        let mut digits = Vec::with_capacity(27);
        for character in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let upper = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit =
                CROCKFORD.iter().position(|c| *c as char == upper).ok_or(TicketError::BadCharacter)?;
            digits.push(digit as u128);
        }
        let [body @ .., check] = digits.as_slice() else { return Err(TicketError::WrongLength) };
        if body.len() != 26 {
            return Err(TicketError::WrongLength);
        }
        // 26 characters hold 130 bits; the first two are zero.
        if body[0] > 7 || body.iter().any(|digit| *digit > 31) {
            return Err(TicketError::BadCharacter);
        }
        let value = body.iter().fold(0u128, |value, digit| (value << 5) | digit);
        if value % 37 != *check {
            return Err(TicketError::BadCheck);
        }
        Ok(Self::new(value.to_be_bytes()))
    }
}

/// The two key pairs an invitation's secret gives.
pub struct InviteKeys {
    /// Signs the claim: proves that the secret is known, without showing it.
    pub claim: SigningKey,
    /// Opens the first key grant.
    pub open: KemSecret,
}

impl InviteKeys {
    /// Derives both from the organisation, the serial and the secret.
    #[must_use]
    pub fn derive(org: &OrgId, serial: u32, secret: &InviteSecret) -> Self {
        let seed =
            |context| Zeroizing::new(hash::derive(context, &[&org.0, &serial.to_le_bytes(), secret.bytes()]));
        Self {
            claim: SigningKey::from_seed(&seed("invite claim")),
            open: KemSecret::derive(&seed("invite open")),
        }
    }
}

/// What a tablet says to its registrar. Signed twice, as kinds 8 and 9.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The serial claimed.
    pub serial: u32,
    /// The tablet's signing key.
    pub device: DeviceKey,
    /// The tablet's receiving key.
    pub kem: KemKey,
    /// The registrar it is said to.
    pub registrar: DeviceKey,
}

impl Claim {
    /// Signs as the device (kind 8) and as whoever knows the secret (kind 9).
    #[must_use]
    pub fn sign(&self, org: &OrgId, device: &SigningKey, claim: &SigningKey) -> (Sig, Sig) {
        let body = encoding::to_bytes(self);
        let by = |kind: Kind, key: &SigningKey| key.sign(&message(kind as u8, 1, org, &key.public(), &body));
        (by(Kind::ClaimByDevice, device), by(Kind::ClaimBySecret, claim))
    }

    /// Whether both signatures are good: the device's own, and that of `claim_key`.
    #[must_use]
    pub fn is_signed(&self, org: &OrgId, claim_key: &DeviceKey, by_device: &Sig, by_secret: &Sig) -> bool {
        let body = encoding::to_bytes(self);
        let good = |kind: Kind, key: &DeviceKey, sig: &Sig| {
            verify(key, &message(kind as u8, 1, org, key, &body), sig).is_ok()
        };
        good(Kind::ClaimByDevice, &self.device, by_device) && good(Kind::ClaimBySecret, claim_key, by_secret)
    }
}

/// Whether a binding signed by `signer` counts for `invitation`: its registrar is that of claim and
/// invitation, the serials are equal, and both signatures are good.
#[must_use]
pub fn binding_is_sound(org: &OrgId, signer: &DeviceKey, binding: &Binding, invitation: &Invitation) -> bool {
    let claim = &binding.claim;
    claim.serial == invitation.serial
        && claim.registrar == invitation.registrar
        && *signer == invitation.registrar
        && claim.is_signed(org, &invitation.claim, &binding.by_device, &binding.by_secret)
}

/// Why an enrolment code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// Not a Khettara code.
    #[error("this is not a Khettara enrolment code: it should begin with KHT1:")]
    NotOurs,
    /// A character that no code has.
    #[error("the code has a character that no enrolment code has; type it again")]
    BadCharacter,
    /// Too long or too short.
    #[error("the code has the wrong length: 27 characters, spaces and dashes aside")]
    WrongLength,
    /// The check does not fit: a typing or reading error.
    #[error("the code was read or typed wrongly: its check does not fit; try again")]
    BadCheck,
}

/// What the QR code carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The organisation.
    pub org: OrgId,
    /// Relay addresses, `host:port`, in order of preference.
    pub addresses: Vec<String>,
    /// The relay's key.
    pub pin: DeviceKey,
    /// The key it will have after the next rotation; zeros where none is planned.
    pub next_pin: DeviceKey,
    /// The serial.
    pub serial: u32,
    /// The secret.
    pub secret: InviteSecret,
}

type TicketRow = (OrgId, Vec<String>, DeviceKey, DeviceKey, u32, [u8; 16]);

impl Ticket {
    const PREFIX: &'static str = "KHT1:";

    /// The text of the QR code: `KHT1:` and base45.
    #[must_use]
    pub fn to_text(&self) -> String {
        let row = (self.org, &self.addresses, self.pin, self.next_pin, self.serial, *self.secret.bytes());
        let mut bytes = encoding::to_bytes(&row);
        let check: [u8; 4] = hash::first(&hash::derive("invite check", &[&bytes]));
        bytes.extend_from_slice(&check);
        format!("{}{}", Self::PREFIX, base45::encode(&bytes))
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`TicketError`] where it is no ticket or was read wrongly.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        let text = text.trim();
        let body = text.strip_prefix(Self::PREFIX).ok_or(TicketError::NotOurs)?;
        let bytes = base45::decode(body).map_err(|_| TicketError::BadCharacter)?;
        let (bytes, check) = bytes.split_last_chunk::<4>().ok_or(TicketError::WrongLength)?;
        if hash::first::<4>(&hash::derive("invite check", &[bytes])) != *check {
            return Err(TicketError::BadCheck);
        }
        let (org, addresses, pin, next_pin, serial, secret) =
            encoding::from_bytes::<TicketRow>(bytes).map_err(|_| TicketError::BadCheck)?;
        Ok(Self { org, addresses, pin, next_pin, serial, secret: InviteSecret::new(secret) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            org: OrgId([1; 32]),
            addresses: vec!["relais.example:4433".into(), "10.8.0.2:4433".into()],
            pin: DeviceKey([2; 32]),
            next_pin: DeviceKey::ZERO,
            serial: 17,
            secret: InviteSecret::new([0xa5; 16]),
        }
    }

    #[test]
    fn a_ticket_reads_back_and_a_misread_one_is_noticed() {
        let text = ticket().to_text();
        assert_eq!(Ticket::from_text(&text), Ok(ticket()));
        assert_eq!(Ticket::from_text(&text[5..]), Err(TicketError::NotOurs));
        for place in 5..text.len() {
            let mut bent = text.clone().into_bytes();
            bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).expect("ascii");
            assert!(Ticket::from_text(&bent).is_err(), "character {place}");
        }
    }

    #[test]
    fn a_typed_secret_forgives_what_people_do_and_notices_errors() {
        for bytes in [[0; 16], [0xff; 16], [0xa5; 16]] {
            let secret = InviteSecret::new(bytes);
            let typed = secret.typed();
            assert_eq!(typed.len(), 27);
            assert_eq!(InviteSecret::from_typed(&typed), Ok(secret.clone()));
            let spaced: String = typed
                .to_lowercase()
                .replace('0', "o")
                .replace('1', "l")
                .chars()
                .flat_map(|c| [c, '-'])
                .collect();
            assert_eq!(InviteSecret::from_typed(&spaced), Ok(secret));
        }
        let typed = InviteSecret::new([0xa5; 16]).typed();
        assert_eq!(InviteSecret::from_typed(&typed[1..]), Err(TicketError::WrongLength));
        let mut swapped = typed.into_bytes();
        swapped.swap(3, 4);
        let swapped = String::from_utf8(swapped).expect("ascii");
        assert_eq!(InviteSecret::from_typed(&swapped), Err(TicketError::BadCheck));
    }

    #[test]
    fn a_claim_needs_both_keys() {
        let org = OrgId([1; 32]);
        let keys = InviteKeys::derive(&org, 17, &InviteSecret::new([3; 16]));
        let device = SigningKey::from_seed(&[4; 32]);
        let claim = Claim {
            serial: 17,
            device: device.public(),
            kem: KemKey([5; 32]),
            registrar: DeviceKey([6; 32]),
        };
        let (by_device, by_secret) = claim.sign(&org, &device, &keys.claim);
        assert!(claim.is_signed(&org, &keys.claim.public(), &by_device, &by_secret));
        assert!(!claim.is_signed(&org, &keys.claim.public(), &by_secret, &by_device));
        let thief = Claim { device: SigningKey::from_seed(&[9; 32]).public(), ..claim };
        assert!(!thief.is_signed(&org, &keys.claim.public(), &by_device, &by_secret));
    }
}
