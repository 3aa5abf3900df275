//! Slim changes: letters in one byte each, in the script that most of a text is written in.
//!
//! UTF-8 spends a byte on saying the script for every letter of Arabic, Tifinagh and accented Latin, and a
//! compressor that counts single bytes pays for it again and again.
//!
//! ```text
//! 00      the text ends                   7f, UTF-8   any other character
//! 01-1f   number of a word, 64 to 94      80-bf       the script's own characters
//! 20-7e   ASCII                           c0-ff       number of a word, 0 to 63
//! ```

use crate::airlock::Reader;

/// Stands before a character, in UTF-8, that has no byte in the script.
const ESCAPE: u8 = 0x7f;
/// The first byte of the script's own characters.
const OWN: u8 = 0x80;
/// Characters that a script has of its own.
const WINDOW: u32 = 64;
/// The Arabic comma stands outside the run of letters, in the place of a sign that our texts do not have.
const COMMA: char = '\u{60c}';

/// Sixty-four characters that are written in one byte each, beside ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Arabic,
    Tifinagh,
}

impl Script {
    /// In the order of their numbers.
    pub(super) const ALL: [Self; 3] = [Self::Latin, Self::Arabic, Self::Tifinagh];

    /// The script in which a text takes the fewest bytes, letter by letter; of several the first.
    pub(super) fn of(text: &str) -> Self {
        let bytes = |script: &Self| text.chars().map(|letter| script.length(letter)).sum::<usize>();
        Self::ALL.into_iter().min_by_key(bytes).unwrap_or(Self::Latin)
    }

    /// The first character of the window.
    const fn base(self) -> u32 {
        match self {
            Self::Latin => 0x00c0,
            Self::Arabic => 0x0618,
            Self::Tifinagh => 0x2d30,
        }
    }

    /// The byte of a character that has one.
    fn byte(self, letter: char) -> Option<u8> {
        let code = u32::from(letter);
        match letter {
            ' '..='~' => Some(code as u8),
            COMMA if self == Self::Arabic => Some(OWN),
            '\u{618}' => None,
            _ => {
                let place = code.checked_sub(self.base()).filter(|place| *place < WINDOW)?;
                Some(OWN + place as u8)
            }
        }
    }

    /// Bytes that a character takes.
    fn length(self, letter: char) -> usize {
        if self.byte(letter).is_some() { 1 } else { 1 + letter.len_utf8() }
    }

    /// Writes one character.
    pub(super) fn push(self, letter: char, out: &mut Vec<u8>) {
        if let Some(byte) = self.byte(letter) {
            out.push(byte);
        } else {
            out.push(ESCAPE);
            out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// The character that begins with `byte`, whose other bytes the reader has; `None` where there is none.
    pub(super) fn read(self, byte: u8, reader: &mut Reader<'_>) -> Option<char> {
        match byte {
            ESCAPE => {
                let ahead = *reader;
                let length = match reader.array::<1>().ok()?[0] {
                    0x00..0x80 => 1,
                    0xc0..0xe0 => 2,
                    0xe0..0xf0 => 3,
                    0xf0.. => 4,
                    _ => return None,
                };
                *reader = ahead;
                std::str::from_utf8(reader.bytes(length).ok()?).ok()?.chars().next()
            }
            b' '..ESCAPE => Some(char::from(byte)),
            OWN if self == Self::Arabic => Some(COMMA),
            OWN..0xc0 => char::from_u32(self.base() + u32::from(byte - OWN)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first character of bytes, if it is all of them.
    fn read(script: Script, bytes: &[u8]) -> Option<char> {
        let mut reader = Reader::new(bytes);
        let [byte] = reader.array().ok()?;
        script.read(byte, &mut reader).filter(|_| reader.is_empty())
    }

    #[test]
    fn every_character_comes_back_from_every_script() {
        for script in Script::ALL {
            for letter in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
                let mut bytes = Vec::new();
                script.push(letter, &mut bytes);
                assert_eq!(bytes.len(), script.length(letter), "{script:?} {letter:?}");
                assert_eq!(read(script, &bytes), Some(letter), "{script:?} {letter:?}");
            }
        }
    }

    #[test]
    fn letters_and_signs_of_our_languages_have_a_byte() {
        for (script, text) in [
            (Script::Latin, "Ksar à l'été, où l'œuvre"),
            (Script::Arabic, "مُدَرِّسَةٌ، إلى أين؟ 12"),
            (Script::Tifinagh, "ⵜⵉⵏⵎⵍ ⵜⴰⴳⴳⵯⴰⵊⵜ"),
        ] {
            assert_eq!(Script::of(text), script);
            let escaped = text.chars().filter(|letter| script.byte(*letter).is_none()).count();
            assert_eq!(escaped, usize::from(script == Script::Latin), "of {text} only oe");
        }
    }

    #[test]
    fn broken_escapes_and_other_bytes_are_no_character() {
        for bytes in [
            &[][..],
            &[0],
            &[0x1f],
            &[0xc0],
            &[ESCAPE],
            &[ESCAPE, 0x80],
            &[ESCAPE, 0xe2, 0x80],
            &[ESCAPE, 0xff, 0, 0, 0],
            &[ESCAPE, 0xc3, 0x28],
        ] {
            assert_eq!(read(Script::Latin, bytes), None, "{bytes:?}");
        }
    }
}
