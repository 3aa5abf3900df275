//! A number that a state register gave somebody: kept as a hash, by which two records of one person are found, and its
//! last two characters, by which a person at the table recognises it. The number itself is never kept.
//!
//! Numbers of registers are few enough to be tried one by one; the hash is made slow on purpose, so that trying all
//! takes months instead of a moment. Everybody makes the same hash of the same number, without any secret: that is what
//! lets two tablets that never met find the same person.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use khettara_core::limits::{
    IDENTIFIER_CHARS_MAX, IDENTIFIER_CHARS_MIN, IDENTIFIER_HASH_KIB, IDENTIFIER_HASH_PASSES,
};

use super::error::Reason;
use super::json::Node;
use super::value::{FieldValue, Scalar, ValueType};

const SALT: &[u8] = b"khettara/1 identifier";
const HASH_BYTES: usize = 16;

/// The hash of a number, and its last two characters: `#<last two>:<32 hex digits>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier(String);

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identifier(…)")
    }
}

impl Identifier {
    /// Of a number as it is written on a card, or of what was made of one before.
    ///
    /// # Errors
    /// [`Reason::BadIdentifier`].
    pub fn of_text(text: &str) -> Result<Self, Reason> {
        if text.starts_with('#') {
            return Self::of_kept(text).ok_or(Reason::BadIdentifier);
        }
        let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.');
        let normal: String =
            text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
        if !text.chars().all(is_number)
            || !(IDENTIFIER_CHARS_MIN..=IDENTIFIER_CHARS_MAX).contains(&normal.len())
        {
            return Err(Reason::BadIdentifier);
        }
        let hash = hash(normal.as_bytes()).ok_or(Reason::Internal)?;
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(format!("#{}:{hex}", &normal[normal.len() - 2..])))
    }

    /// The last two characters of the number; `None` where the text is none that was made of one.
    #[must_use]
    pub fn last_two(kept: &str) -> Option<&str> {
        Self::of_kept(kept).and_then(|_| kept.get(1..3))
    }

    fn of_kept(text: &str) -> Option<Self> {
        let (last, hex) = text.strip_prefix('#')?.split_once(':')?;
        let is_last = last.len() == 2 && last.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let is_hex = hex.len() == HASH_BYTES * 2
            && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        (is_last && is_hex).then(|| Self(text.into()))
    }

    /// The hash.
    #[must_use]
    pub fn hash(&self) -> [u8; HASH_BYTES] {
        let mut hash = [0; HASH_BYTES];
        let hex = self.0.as_bytes().get(4..).unwrap_or_default();
        for (byte, digits) in hash.iter_mut().zip(hex.chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).unwrap_or_default();
            *byte = u8::from_str_radix(digits, 16).unwrap_or_default();
        }
        hash
    }
}

fn hash(normal: &[u8]) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(IDENTIFIER_HASH_KIB, IDENTIFIER_HASH_PASSES, 1, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(normal, SALT, &mut hash).ok()?;
    Some(hash)
}

impl FieldValue for Identifier {
    const TYPE: ValueType = ValueType::Identifier;

    fn of_node(node: &Node) -> Result<Self, Reason> {
        Self::of_text(&String::of_node(node)?)
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        if let Scalar::Text(text) = scalar { Self::of_kept(text) } else { None }
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Text(self.0.clone()))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}

impl serde::Serialize for Identifier {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_however_it_is_written_gives_one_hash_and_the_number_is_gone() {
        let kept = Identifier::of_text("UA 123456").expect("a number");
        for same in ["ua123456", "UA-123456", "U.A/123 456", kept.0.as_str()] {
            assert_eq!(Identifier::of_text(same), Ok(kept.clone()));
        }
        assert_eq!(kept.0, "#56:66aa2694b4562f5cdae9627e1a82f149");
        assert_ne!(Identifier::of_text("UA123457").expect("a number").hash(), kept.hash());
        assert_eq!(format!("{kept:?}"), "Identifier(…)");
        assert_ne!(kept.hash(), [0; HASH_BYTES]);
        assert_eq!((Identifier::last_two(&kept.0), Identifier::last_two("UA123456")), (Some("56"), None));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = "1".repeat(IDENTIFIER_CHARS_MAX + 1);
        let wrong = ["", "123", "UA_12345", "أ123456", "#56:12", "#5é:00", "#56:ZZ", long.as_str()];
        for text in wrong {
            assert_eq!(Identifier::of_text(text), Err(Reason::BadIdentifier), "{text}");
        }
    }
}
