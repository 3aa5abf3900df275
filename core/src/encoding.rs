//! Canonical bytes: postcard 1 with nothing left to choose.
//!
//! postcard alone is malleable (it reads `81 00` as 1 and ignores what follows), so a decoder encodes what
//! it read again and refuses any difference. Sets are strictly ascending. Varints are minimal everywhere.

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

/// Why bytes were refused. Never carries the bytes: they may be somebody's testimony.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early, or a field holds what it may not.
    #[error("the bytes are not what this structure looks like")]
    Malformed,
    /// Decoded, but another writer would have written other bytes.
    #[error("the bytes are not in canonical form")]
    NotCanonical,
    /// Bytes are left over behind the structure.
    #[error("bytes are left over")]
    Trailing,
    /// Larger than the limit for this kind.
    #[error("larger than the limit")]
    TooLarge,
}

/// The canonical bytes of a structure.
///
/// # Panics
/// Never for the structures of this project: they have no maps, floats or sequences of unknown length.
#[must_use]
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("structures of fixed shape always encode")
}

/// Reads one structure that fills `bytes` and is in canonical form.
///
/// # Errors
/// [`DecodeError`] where the bytes are malformed, not canonical, or too many.
pub fn from_bytes<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (value, rest) = take::<T>(bytes)?;
    if !rest.is_empty() {
        return Err(DecodeError::Trailing);
    }
    Ok(value)
}

/// Reads one canonical structure from the front of `bytes` and gives back what follows it.
///
/// # Errors
/// [`DecodeError`] where the structure is malformed or not canonical.
pub fn take<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<(T, &[u8]), DecodeError> {
    let (value, rest) = postcard::take_from_bytes::<T>(bytes).map_err(|_| DecodeError::Malformed)?;
    let used = &bytes[..bytes.len() - rest.len()];
    if to_bytes(&value) != used {
        return Err(DecodeError::NotCanonical);
    }
    Ok((value, rest))
}

/// Appends `value` as a minimal little-endian base-128 varint, 1 to 10 bytes.
pub fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Reads a minimal varint from the front of `bytes`.
///
/// # Errors
/// [`DecodeError::Malformed`] where it ends too early or exceeds 64 bits, [`DecodeError::NotCanonical`]
/// where a shorter spelling exists.
pub fn take_varint(bytes: &[u8]) -> Result<(u64, &[u8]), DecodeError> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if place == 9 && bits > 1 {
            return Err(DecodeError::Malformed);
        }
        value |= bits << (7 * place);
        if byte & 0x80 == 0 {
            if *byte == 0 && place > 0 {
                return Err(DecodeError::NotCanonical);
            }
            return Ok((value, &bytes[place + 1..]));
        }
    }
    Err(DecodeError::Malformed)
}

/// Splits `count` bytes off the front.
///
/// # Errors
/// [`DecodeError::Malformed`] where there are fewer.
pub fn take_slice(bytes: &[u8], count: usize) -> Result<(&[u8], &[u8]), DecodeError> {
    bytes.split_at_checked(count).ok_or(DecodeError::Malformed)
}

/// Splits an array of `N` bytes off the front.
///
/// # Errors
/// [`DecodeError::Malformed`] where there are fewer.
pub fn take_array<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), DecodeError> {
    bytes.split_first_chunk::<N>().map(|(head, rest)| (*head, rest)).ok_or(DecodeError::Malformed)
}

/// `set<T>`: a list in strictly ascending order, compared field by field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Set<T> {
    /// The members in ascending order.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Whether `item` is a member.
    pub fn contains(&self, item: &T) -> bool {
        self.0.binary_search(item).is_ok()
    }

    /// Iterates in ascending order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, owned, in ascending order.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list: Vec<T> = items.into_iter().collect();
        list.sort();
        list.dedup();
        Self(list)
    }
}

impl<'a, T> IntoIterator for &'a Set<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = Vec::<T>::deserialize(deserializer)?;
        if list.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(serde::de::Error::custom("a set must be strictly ascending"));
        }
        Ok(Self(list))
    }
}

/// An Ed25519 signature inside a structure; serde's arrays stop at 32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sig(pub [u8; 64]);

impl std::fmt::Debug for Sig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sig(…)")
    }
}

impl Serialize for Sig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (low, high) = self.0.split_at(32);
        let low: [u8; 32] = low.try_into().expect("half of 64");
        let high: [u8; 32] = high.try_into().expect("half of 64");
        (low, high).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (low, high) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut all = [0; 64];
        all[..32].copy_from_slice(&low);
        all[32..].copy_from_slice(&high);
        Ok(Self(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_has_one_spelling() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut out = Vec::new();
            push_varint(&mut out, value);
            assert_eq!(take_varint(&out), Ok((value, &[][..])));
        }
        assert_eq!(take_varint(&[0x81, 0x00]), Err(DecodeError::NotCanonical));
        assert_eq!(take_varint(&[0x80]), Err(DecodeError::Malformed));
        assert_eq!(take_varint(&[0xff; 10]), Err(DecodeError::Malformed));
    }

    #[test]
    fn what_postcard_forgives_is_refused() {
        assert_eq!(from_bytes::<u64>(&[0x81, 0x00]), Err(DecodeError::NotCanonical));
        assert_eq!(from_bytes::<u64>(&[0x01, 0x00]), Err(DecodeError::Trailing));
        assert_eq!(from_bytes::<Set<u64>>(&[2, 5, 5]), Err(DecodeError::Malformed));
        assert_eq!(from_bytes::<Set<u64>>(&[2, 9, 5]), Err(DecodeError::Malformed));
        assert_eq!(from_bytes::<Set<u64>>(&[2, 5, 9]).map(Set::into_vec), Ok(vec![5, 9]));
    }
}
