//! Slim changes: texts. A word that stood in the segment before is a number in one byte, any other is spelled letter
//! by letter; the space between two words is left out where one of them is a number.
//!
//! A compressor pays some 2.4 B for a word that it has seen (an offset and two lengths); a number among letters costs
//! it one byte, mostly less.

use std::collections::BTreeMap;

use super::script::Script;
use crate::airlock::Reader;

/// Ends a text.
const END: u8 = 0;
/// The first number in the upper run of bytes.
const UPPER: u8 = 0xc0;
/// Numbers in the upper run.
const UPPER_COUNT: usize = 64;
/// Words of a segment that have a number: the first ones, as many as there are bytes. More, with numbers in two
/// bytes, make texts longer in which whole phrases come again.
const WORDS_MAX: usize = UPPER_COUNT + 0x1f;
/// A longer word has no number.
const WORD_BYTES_MAX: usize = 64;

/// The words of a segment, in the order in which they stood in it first.
#[derive(Default)]
pub(super) struct Words {
    words: Vec<String>,
    numbers: BTreeMap<String, usize>,
}

impl Words {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.words.len()
    }

    /// Forgets all but the first `count`.
    pub(super) fn cut_back(&mut self, count: usize) {
        for word in self.words.drain(count.min(self.words.len())..) {
            self.numbers.remove(&word);
        }
    }

    /// Gives a new word the next number. A character alone gets none.
    fn add(&mut self, word: &str) {
        let fits = word.chars().nth(1).is_some() && word.len() <= WORD_BYTES_MAX;
        if fits && self.words.len() < WORDS_MAX && !self.numbers.contains_key(word) {
            self.numbers.insert(word.to_owned(), self.words.len());
            self.words.push(word.to_owned());
        }
    }

    /// Writes a text: the number of its script, its words, an end.
    pub(super) fn write(&mut self, text: &str, out: &mut Vec<u8>) {
        let script = Script::of(text);
        out.push(script as u8);
        let mut before = Stands::Nothing;
        for (place, word) in text.split(' ').enumerate() {
            let number = self.numbers.get(word).copied();
            let now = match number {
                Some(_) => Stands::Number,
                None if word.is_empty() => Stands::Nothing,
                None => Stands::Spelled,
            };
            if place > 0 && !Stands::leave_out_space(before, now) {
                out.push(b' ');
            }
            if let Some(number) = number {
                out.push(byte_of(number));
            } else {
                word.chars().for_each(|letter| script.push(letter, out));
                self.add(word);
            }
            before = now;
        }
        out.push(END);
    }

    /// Reads what [`Self::write`] wrote. `None` where it is no text, another spelling of one, or longer than
    /// `bytes_max`.
    pub(super) fn read(&mut self, reader: &mut Reader<'_>, bytes_max: usize) -> Option<String> {
        let (count, mut before) = (self.count(), *reader);
        let text = self.read_loosely(reader, bytes_max)?;
        // One text, one spelling: that of the writer. Both end where they say so, hence in the same place.
        self.cut_back(count);
        let mut again = Vec::new();
        self.write(&text, &mut again);
        (before.bytes(again.len() as u64).ok()? == again).then_some(text)
    }

    fn read_loosely(&mut self, reader: &mut Reader<'_>, bytes_max: usize) -> Option<String> {
        let [number] = reader.array().ok()?;
        let script = *Script::ALL.get(usize::from(number))?;
        let mut text = String::new();
        // Where the last word begins, and whether it was a number.
        let (mut begin, mut numbered) = (0, false);
        while text.len() <= bytes_max {
            let [byte] = reader.array().ok()?;
            if byte == END {
                return Some(text);
            }
            if let Some(number) = number_of(byte) {
                self.add(&text[begin..]);
                if !text.is_empty() && !text.ends_with(' ') {
                    text.push(' ');
                }
                begin = text.len();
                text.push_str(self.words.get(number)?);
                numbered = true;
                continue;
            }
            let letter = script.read(byte, reader)?;
            if letter == ' ' {
                self.add(&text[begin..]);
                begin = text.len() + 1;
            } else if numbered {
                text.push(' ');
                begin = text.len();
            }
            text.push(letter);
            numbered = false;
        }
        None
    }
}

const fn byte_of(number: usize) -> u8 {
    if number < UPPER_COUNT { UPPER + number as u8 } else { (number - UPPER_COUNT) as u8 + 1 }
}

fn number_of(byte: u8) -> Option<usize> {
    match byte {
        0x01..0x20 => Some(UPPER_COUNT + usize::from(byte) - 1),
        UPPER.. => Some(usize::from(byte - UPPER)),
        _ => None,
    }
}

/// What stands where a word may stand.
#[derive(Clone, Copy)]
enum Stands {
    /// No character: the space beside it is written.
    Nothing,
    Spelled,
    Number,
}

impl Stands {
    const fn leave_out_space(before: Self, now: Self) -> bool {
        matches!((before, now), (Self::Number, Self::Number | Self::Spelled) | (Self::Spelled, Self::Number))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Writes texts one behind the other, reads them back, and gives the bytes of each.
    fn through(texts: &[String]) -> Vec<Vec<u8>> {
        let (mut writer, mut reader) = (Words::default(), Words::default());
        let mut all = Vec::new();
        for text in texts {
            let mut bytes = Vec::new();
            writer.write(text, &mut bytes);
            let mut rest = Reader::new(&bytes);
            assert_eq!(reader.read(&mut rest, text.len()).as_ref(), Some(text), "{bytes:02x?}");
            assert!(rest.is_empty());
            assert_eq!(reader.words, writer.words);
            all.push(bytes);
        }
        all
    }

    fn read(words: &mut Words, bytes: &[u8]) -> Option<String> {
        words.read(&mut Reader::new(bytes), 100)
    }

    #[test]
    fn a_word_that_was_there_is_a_number_and_the_spaces_around_it_are_left_out() {
        let bytes = through(&["dar puits dar".into(), "puits dar - kef puits  a ".into(), String::new()]);
        assert_eq!(bytes[0], b"\0dar puits\xc0\0");
        assert_eq!(bytes[1], b"\0\xc1\xc0- kef\xc1  a \0");
        assert_eq!(bytes[2], b"\0\0");
    }

    #[test]
    fn ninety_five_words_have_a_number_and_later_ones_have_none() {
        let word = |number: usize| {
            let letters = [number / 10, number % 10].map(|digit| char::from(b'a' + digit as u8));
            letters.iter().collect::<String>()
        };
        let all: Vec<String> = (0..WORDS_MAX + 1).map(word).collect();
        let bytes = through(&[all.join(" "), all[62..66].join(" "), all[WORDS_MAX - 1..].join(" ")]);
        assert_eq!(WORDS_MAX, 95);
        assert_eq!(bytes[1], [0, 0xfe, 0xff, 0x01, 0x02, END]);
        assert_eq!(bytes[2], [0, 0x1f, b'j', b'f', END]);
    }

    #[test]
    fn letters_alone_and_words_beyond_the_limit_have_no_number() {
        let long = "ⵣ".repeat(WORD_BYTES_MAX / 3 + 1);
        let bytes = through(&[format!("à {long} ⵣⵣ"), format!("à {long} ⵣⵣ")]);
        assert_eq!(bytes[0].len() - 2, bytes[1].len(), "only the last word is a number");
    }

    #[test]
    fn a_second_spelling_is_no_text() {
        let mut words = Words::default();
        assert_eq!(read(&mut words, b"\0dar puits\0").as_deref(), Some("dar puits"));
        for (bytes, what) in [
            (&b"\0dar\0"[..], "a word that has a number"),
            (b"\0\xc0 \xc1\0", "a space that is left out"),
            (b"\x01\xc0\0", "the second script that would do"),
            (b"\0\x7fz\0", "a letter that has a byte"),
            (b"\0\xc2\0", "a number that no word has"),
            (b"\0\x1f\0", "likewise"),
            (b"\0\xc0", "no end"),
            (b"\x03\0", "no script"),
            (b"", "nothing"),
        ] {
            assert_eq!(read(&mut words, bytes), None, "{what}");
            words.cut_back(2);
        }
        assert_eq!(words.read(&mut Reader::new(b"\0\xc1\xc1\0"), 10), None, "longer than it may be");
        assert_eq!(read(&mut words, b"\0\xc1\xc1\0").as_deref(), Some("puits puits"));
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let (mut words, mut out) = (Words::default(), Vec::new());
        words.write("dar puits", &mut out);
        words.cut_back(1);
        assert_eq!(read(&mut words, b"\0puits dar\0"), None, "the first one is still known");
        words.cut_back(1);
        assert_eq!(read(&mut words, b"\0puits\xc0\0").as_deref(), Some("puits dar"));
    }

    /// Texts of our languages, whose words repeat, with everything that may stand between them; and any others.
    pub(in super::super) fn text_of_the_field() -> impl Strategy<Value = String> {
        const PARTS: [&str; 24] = [
            "البئر",
            "مُدَرِّسَةٌ",
            "إلى",
            "و",
            "puits",
            "Puits",
            "l'été",
            "à",
            "ⵜⵉⵏⵎⵍ",
            "ⵣ",
            "tiɣremt",
            "ḍaḍ",
            " ",
            " ",
            " ",
            "  ",
            "، ",
            ". ",
            "-",
            "\n",
            "\u{0}\u{7f}\u{1f}",
            "12",
            "👩🏽‍🌾",
            "日本",
        ];
        let parts = prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40);
        prop_oneof![parts.prop_map(|parts| parts.concat()), any::<String>(), "\\PC*"]
    }

    proptest! {
        #[test]
        fn every_text_comes_back(
            texts in prop::collection::vec(text_of_the_field(), 1..12)
        ) {
            through(&texts);
        }

        #[test]
        fn injured_bytes_are_no_text_or_the_only_spelling_of_another(
            texts in prop::collection::vec(text_of_the_field(), 1..5),
            injuries in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..4),
        ) {
            let mut written = through(&texts);
            let last = written.last_mut().expect("a text");
            for (place, byte, how) in injuries {
                let at = place.index(last.len());
                match how {
                    0 => last[at] = byte,
                    1 => last.insert(at, byte),
                    2 if last.len() > 1 => drop(last.remove(at)),
                    _ => last.truncate(at.max(1)),
                }
            }
            let mut words = Words::default();
            for bytes in &written[..written.len() - 1] {
                prop_assert!(words.read(&mut Reader::new(bytes), 10_000).is_some());
            }
            let bytes = &written[written.len() - 1];
            let count = words.count();
            if let Some(text) = words.read(&mut Reader::new(bytes), 10_000) {
                words.cut_back(count);
                let mut again = Vec::new();
                words.write(&text, &mut again);
                prop_assert!(bytes.starts_with(&again));
            }
        }
    }
}
