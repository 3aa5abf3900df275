//! Airlock: a cursor over untrusted bytes that never reads past the end and knows one spelling per number.

use khettara_core::encoding::{DecodeError, take_varint};

use super::fault::AirlockFault;

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` bytes, borrowed: a claimed length never allocates.
    pub(crate) fn bytes(&mut self, count: u64) -> Result<&'a [u8], AirlockFault> {
        let count = usize::try_from(count).map_err(|_| AirlockFault::Cut)?;
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(AirlockFault::Cut)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], AirlockFault> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(AirlockFault::Cut)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Unsigned LEB128, minimal, at most 64 bits.
    pub(crate) fn unsigned(&mut self) -> Result<u64, AirlockFault> {
        let (value, rest) = take_varint(self.rest).map_err(|error| match error {
            DecodeError::NotCanonical => AirlockFault::NotMinimal,
            _ => AirlockFault::Cut,
        })?;
        self.rest = rest;
        Ok(value)
    }

    /// Signed LEB128, minimal, at most 64 bits.
    pub(crate) fn signed(&mut self) -> Result<i64, AirlockFault> {
        let mut value = 0i64;
        let mut before = 0u8;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            let bits = byte & 0x7f;
            if place == 9 && bits != 0 && bits != 0x7f {
                return Err(AirlockFault::Cut);
            }
            let shift = 7 * place;
            value |= i64::from(bits) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 && shift + 7 < 64 {
                    value |= -1 << (shift + 7);
                }
                // A last group that only repeats the sign of the group before it could have been left out.
                let repeats = (bits == 0 && before & 0x40 == 0) || (bits == 0x7f && before & 0x40 != 0);
                if place > 0 && repeats {
                    return Err(AirlockFault::NotMinimal);
                }
                self.rest = &self.rest[place + 1..];
                return Ok(value);
            }
            before = *byte;
        }
        Err(AirlockFault::Cut)
    }

    /// Text preceded by its length.
    pub(crate) fn text(&mut self) -> Result<&'a str, AirlockFault> {
        let length = self.unsigned()?;
        std::str::from_utf8(self.bytes(length)?).map_err(|_| AirlockFault::BadText)
    }
}
