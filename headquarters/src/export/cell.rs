//! Export: one cell of CSV. Texts that a spreadsheet would run as a formula are made harmless, reversibly.
//!
//! The rule, for whoever reads the files by program: a text that begins with one of `= + - @`, their full-width
//! twins, a tab, a line break or an apostrophe has one apostrophe put before it. So: where a cell begins with an
//! apostrophe, take that one away, and the text is as it was entered. Numbers are never touched: every
//! longitude of Morocco is negative.

use khettara_records::model::Instant;

/// A value as it goes into a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing was said.
    Empty,
    /// Text, from a person: made harmless.
    Text(String),
    /// A number in plain digits.
    Number(i64),
    /// A number of 1e-5 degrees, written in degrees.
    Degrees(i32),
    /// Yes or no.
    Flag(bool),
    /// An instant, written as `2026-11-25T09:30:00Z`.
    Time(Instant),
}

impl Cell {
    /// A text, or nothing.
    pub fn text(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// A number, or nothing.
    pub fn number(value: Option<impl Into<i64>>) -> Self {
        value.map_or(Self::Empty, |number| Self::Number(number.into()))
    }

    /// Yes, no, or nothing.
    #[must_use]
    pub fn flag(value: Option<bool>) -> Self {
        value.map_or(Self::Empty, Self::Flag)
    }

    /// As it stands in the file, before quoting.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => harmless(text),
            Self::Number(number) => number.to_string(),
            Self::Degrees(e5) => {
                let (sign, magnitude) = (if *e5 < 0 { "-" } else { "" }, e5.unsigned_abs());
                format!("{sign}{}.{:05}", magnitude / 100_000, magnitude % 100_000)
            }
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
            Self::Time(at) => at.to_string(),
        }
    }
}

/// What makes a spreadsheet run a text, and the apostrophe itself.
const RISKY: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\''];

/// The text with an apostrophe before it, where a spreadsheet might run it.
#[must_use]
pub fn harmless(text: &str) -> String {
    if text.starts_with(RISKY) { format!("'{text}") } else { text.into() }
}

/// The text as it was before [`harmless`].
#[must_use]
pub fn as_entered(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was_entered_and_none_begins_a_formula() {
        let bodies =
            ["", "1+1", "عائلة كبيرة", "l'eau du puits", "\"cited\"", "a,b;c", "deux\r\nlignes", "ⵣ"];
        let openings =
            ["", "=", "+212", "-", "@", "＝", "\t", "\r", "\n", "'", "''", "'=", " =", "\u{200f}="];
        for opening in openings {
            for body in bodies {
                let text = format!("{opening}{body}");
                let cell = Cell::Text(text.clone()).written();
                assert_eq!(as_entered(&cell), text);
                assert!(!cell.starts_with(&RISKY[..11]), "{cell:?}");
            }
        }
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(Cell::Degrees(-442_617).written(), "-4.42617");
        assert_eq!(Cell::Degrees(-12).written(), "-0.00012");
        assert_eq!(Cell::Number(-7).written(), "-7");
    }
}
