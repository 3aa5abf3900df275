//! Slim changes: texts with a byte for each letter of the script that most of them is written in.
//!
//! UTF-8 spends a byte on saying the script for every letter of Arabic, Tifinagh and accented Latin, and a
//! compressor that counts single bytes pays for it again and again.

/// Stands before a character, in UTF-8, that is neither ASCII nor in the window.
const ESCAPE: u8 = 0x7f;
/// Characters in a window.
const WINDOW: u32 = 0x80;

/// A run of 128 characters that are written in one byte each, from 0x80.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Arabic,
    Tifinagh,
}

impl Script {
    pub(super) const ALL: [Self; 3] = [Self::Latin, Self::Arabic, Self::Tifinagh];

    /// The first character of the window.
    const fn base(self) -> u32 {
        match self {
            Self::Latin => 0x0080,
            Self::Arabic => 0x0600,
            Self::Tifinagh => 0x2d30,
        }
    }

    /// The text in this script's bytes.
    pub(super) fn write(self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        for character in text.chars() {
            let code = u32::from(character);
            let offset = code.checked_sub(self.base()).filter(|offset| *offset < WINDOW);
            match offset.and_then(|offset| u8::try_from(WINDOW + offset).ok()) {
                Some(byte) => out.push(byte),
                None if code < u32::from(ESCAPE) => out.push(code as u8),
                None => {
                    out.push(ESCAPE);
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
            }
        }
        out
    }

    /// The text of bytes in this script; `None` where they are none. At most three times as long.
    pub(super) fn read(self, bytes: &[u8]) -> Option<String> {
        let mut out = String::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                ESCAPE => {
                    let length = match after.first()? {
                        0x00..0x80 => 1,
                        0xc0..0xe0 => 2,
                        0xe0..0xf0 => 3,
                        0xf0.. => 4,
                        _ => return None,
                    };
                    let (character, after) = after.split_at_checked(length)?;
                    out.push_str(std::str::from_utf8(character).ok()?);
                    rest = after;
                }
                0x80.. => out.push(char::from_u32(self.base() + u32::from(byte) - WINDOW)?),
                _ => out.push(char::from(byte)),
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_from_every_script() {
        let texts =
            ["", "abc\u{7f}\0", "à l'été", "زيارة إلى قصر بعيد، لا شبكة", "ⵉⵟⵟⵓ — 𞤀 ڭ é ز", "\u{ff}\u{100}"];
        for script in Script::ALL {
            for text in texts {
                assert_eq!(script.read(&script.write(text)).as_deref(), Some(text), "{script:?}");
            }
        }
        assert_eq!(Script::Arabic.write("زيارة").len(), 5, "a byte for each letter");
    }

    #[test]
    fn broken_escapes_are_no_text() {
        for bytes in [
            &[ESCAPE][..],
            &[ESCAPE, 0x80],
            &[ESCAPE, 0xe2, 0x80],
            &[ESCAPE, 0xff, 0, 0, 0],
            &[ESCAPE, 0xc3, 0x28],
        ] {
            assert_eq!(Script::Latin.read(bytes), None, "{bytes:?}");
        }
    }
}
