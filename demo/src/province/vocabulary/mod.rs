//! The words of the invented province: names, places, remarks, needs; two sets that share nothing.

mod measured;
mod training;

use super::chance::Chance;
use super::household::{Paired, Sex};
use super::visit::Category;

/// Which words a generator uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vocabulary {
    /// For everything that is shown or measured.
    Measured,
    /// Only for training a compression dictionary: no name, place, phrase or longer word of the measured set is in it.
    Training,
}

/// The same word in Arabic and in Latin script.
pub(super) type Pair = (&'static str, &'static str);

/// Remarks in one language: an opening, an observation and what comes next make a note of about twelve words.
///
/// `{n}` stands for a small number and `{name}` for a member's name.
pub(super) struct Remarks {
    pub(super) openings: &'static [&'static str],
    pub(super) observations: &'static [&'static str],
    pub(super) endings: &'static [&'static str],
    /// What is said when the family does not want the visit.
    pub(super) refusals: &'static [&'static str],
}

/// What is needed in one category, in French and in Arabic.
pub(super) struct Wants {
    pub(super) category: Category,
    pub(super) french: &'static [&'static str],
    pub(super) arabic: &'static [&'static str],
}

/// All lists of one vocabulary.
pub(super) struct Words {
    pub(super) men: &'static [Pair],
    pub(super) men_amazigh: &'static [Pair],
    pub(super) women: &'static [Pair],
    pub(super) women_amazigh: &'static [Pair],
    pub(super) families: &'static [Pair],
    pub(super) families_amazigh: &'static [Pair],
    pub(super) place_kinds: &'static [Pair],
    pub(super) places: &'static [Pair],
    pub(super) french: Remarks,
    pub(super) arabic: Remarks,
    pub(super) wants: &'static [Wants],
}

/// One of `items`, which is never empty.
pub(super) fn pick<T: Copy>(items: &[T], chance: &mut Chance) -> T {
    items[chance.below(items.len() as u32) as usize]
}

impl Vocabulary {
    /// Its lists.
    pub(super) fn words(self) -> &'static Words {
        match self {
            Self::Measured => &measured::WORDS,
            Self::Training => &training::WORDS,
        }
    }
}

impl Words {
    /// A given name.
    pub(super) fn given(&self, sex: Sex, amazigh: bool, chance: &mut Chance) -> Pair {
        match (sex, amazigh) {
            (Sex::Male, false) => pick(self.men, chance),
            (Sex::Male, true) => pick(self.men_amazigh, chance),
            (Sex::Female, false) => pick(self.women, chance),
            (Sex::Female, true) => pick(self.women_amazigh, chance),
        }
    }

    /// A family name.
    pub(super) fn family(&self, amazigh: bool, chance: &mut Chance) -> Pair {
        pick(if amazigh { self.families_amazigh } else { self.families }, chance)
    }

    /// How many places there are: every kind with every name.
    pub(super) fn place_count(&self) -> u32 {
        (self.place_kinds.len() * self.places.len()) as u32
    }

    /// The place of a number below [`Words::place_count`].
    pub(super) fn place(&self, number: u32) -> Paired {
        let number = number as usize;
        let (kind, name) =
            (self.place_kinds[number % self.place_kinds.len()], self.places[number / self.place_kinds.len()]);
        join(kind, name)
    }

    /// The remarks of a language.
    pub(super) fn remarks(&self, in_arabic: bool) -> &Remarks {
        if in_arabic { &self.arabic } else { &self.french }
    }
}

/// Two words side by side, in both scripts.
pub(super) fn join(first: Pair, second: Pair) -> Paired {
    Paired { ar: format!("{} {}", first.0, second.0), latin: format!("{} {}", first.1, second.1) }
}

/// Other spellings workers use: `(script is Arabic, usual, other)`.
const SPELLINGS: [(bool, &str, &str); 16] = [
    (true, "أ", "ا"),
    (true, "إ", "ا"),
    (true, "آ", "ا"),
    (true, "ة", "ه"),
    (true, "ى", "ي"),
    (true, "ؤ", "و"),
    (false, "Ait ", "Aït "),
    (false, "Ait ", "Ayt "),
    (false, "ou", "u"),
    (false, "Moh", "Mouh"),
    (false, "ss", "s"),
    (false, "Abd", "Aabd"),
    (false, "ch", "sh"),
    (false, "El ", "El-"),
    (false, "i", "y"),
    (false, "a", "aa"),
];

/// Writes a name as another worker would; false when nothing in it lends itself.
pub(super) fn spell_freely(name: &mut Paired, chance: &mut Chance) -> bool {
    let start = chance.below(SPELLINGS.len() as u32) as usize;
    for step in 0..SPELLINGS.len() {
        let (is_arabic, usual, other) = SPELLINGS[(start + step) % SPELLINGS.len()];
        let text = if is_arabic { &mut name.ar } else { &mut name.latin };
        if text.contains(usual) {
            *text = text.replacen(usual, other, 1);
            return true;
        }
    }
    false
}
