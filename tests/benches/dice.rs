//! Dice that count what they say: who does not know them cannot tell it in fewer bits.

use khettara_tests::Chance;

/// Stems of the invented language.
const STEMS: usize = 213;
/// Words that make up nearly half of every text, and those that make up a quarter.
const COMMON: [u64; 2] = [400, 120];
const BEFORE: [&str; 13] = ["", "ال", "ال", "و", "ب", "ل", "وال", "بال", "لل", "ف", "ي", "ت", "ن"];
const BEHIND: [&str; 12] = ["", "ة", "ات", "ين", "ها", "هم", "ه", "ي", "نا", "وا", "تين", "ية"];
/// Letters as often as Arabic has them.
const LETTERS: &str = "ااااااايييييييرررررممممملللللةةةةبببوووتتتقققسسددنننححعععججأأففككزطخهصشضثغء";

/// Chance, and the bits drawn of it.
pub(crate) struct Dice {
    chance: Chance,
    bits: f64,
    words: Vec<String>,
}

impl Dice {
    /// Dice with a vocabulary of their own.
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self { chance: Chance::new(seed), bits: 0.0, words: Vec::new() };
        let letters: Vec<char> = LETTERS.chars().collect();
        let stems: Vec<String> =
            (0..STEMS).map(|_| (0..3 + dice.below(3)).map(|_| *dice.of(&letters)).collect()).collect();
        for stem in &stems {
            for before in BEFORE {
                dice.words.extend(BEHIND.map(|behind| format!("{before}{stem}{behind}")));
            }
        }
        for place in (1..dice.words.len()).rev() {
            let other = dice.below(place as u64 + 1) as usize;
            dice.words.swap(place, other);
        }
        dice
    }

    /// The bits drawn since this was asked last.
    pub(crate) fn take_bits(&mut self) -> f64 {
        std::mem::take(&mut self.bits)
    }

    /// Chance that is not counted: keys and nonces.
    pub(crate) fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.bits += (end as f64).log2();
        self.chance.below(end)
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        let is = self.chance.percent(percent);
        self.bits -= (if is { percent as f64 } else { 100.0 - percent as f64 } / 100.0).log2();
        is
    }

    /// One of several.
    pub(crate) fn of<'t, T>(&mut self, among: &'t [T]) -> &'t T {
        &among[self.below(among.len() as u64) as usize]
    }

    /// A text of so many characters: words, now and then a number, a comma, a full stop. `opening`: it may begin
    /// with a sentence that many texts begin with.
    pub(crate) fn text(&mut self, low: u64, high: u64, opening: bool) -> String {
        let length = self.between(low, high) as usize;
        let mut text = String::new();
        if opening && length > 60 && self.percent(70) {
            // Ten openings of four words: always the same ones.
            let first = self.below(10) as usize * 4;
            text = self.words[first..first + 4].join(" ") + " ";
        }
        while text.chars().count() < length {
            let number = match self.percent(45) {
                true if self.percent(60) => self.below(COMMON[1]),
                true => self.below(COMMON[0]),
                false => self.below(self.words.len() as u64),
            };
            text.push_str(&self.words[number as usize]);
            if self.percent(6) {
                text.push_str(&format!(" {}", self.between(1, 300)));
            }
            text.push_str(if self.percent(8) {
                "، "
            } else if self.percent(6) {
                ". "
            } else {
                " "
            });
        }
        text.chars().take(length).collect::<String>().trim().to_owned()
    }

    /// A note of `count` words out of `among`.
    pub(crate) fn note(&mut self, count: usize, among: u64) -> String {
        let places: Vec<usize> = (0..count).map(|_| self.below(among) as usize).collect();
        let words: Vec<&str> = places.into_iter().map(|place| self.words[place].as_str()).collect();
        words.join(" ")
    }
}
