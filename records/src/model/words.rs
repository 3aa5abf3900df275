//! Words in the three languages of the people who use this: Arabic, French, English.

use std::str::FromStr;

/// A language that people are spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tongue {
    /// Arabic, written from right to left.
    Ar,
    /// French.
    Fr,
    /// English.
    #[default]
    En,
}

impl Tongue {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ar, Self::Fr, Self::En];

    /// The BCP-47 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ar => "ar",
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

/// A word that names no language of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the languages are ar, fr and en")]
pub struct NoTongue;

impl FromStr for Tongue {
    type Err = NoTongue;

    fn from_str(text: &str) -> Result<Self, NoTongue> {
        Self::ALL.into_iter().find(|tongue| tongue.code() == text).ok_or(NoTongue)
    }
}

/// One thing said in each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// In Arabic.
    pub ar: &'static str,
    /// In French.
    pub fr: &'static str,
    /// In English.
    pub en: &'static str,
}

impl Words {
    /// In one language.
    #[must_use]
    pub const fn in_tongue(&self, tongue: Tongue) -> &'static str {
        match tongue {
            Tongue::Ar => self.ar,
            Tongue::Fr => self.fr,
            Tongue::En => self.en,
        }
    }
}
