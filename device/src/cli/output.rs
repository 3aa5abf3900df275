//! Printing: JSON for programs, plain words and tables of 80 columns for people.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressStyle};
use khettara_device::{DeviceError, ErrorKind, Tongue};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Widest table.
const COLUMNS: u16 = 80;

/// Why a command was not done.
#[derive(Debug)]
pub(super) enum Trouble {
    Device(DeviceError),
    /// A sentence of the command line's own.
    Said(String),
    /// Nobody reads what is printed.
    Closed,
}

impl From<DeviceError> for Trouble {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Said(format!("the output could not be written: {error}")),
        }
    }
}

/// Where and how a command prints.
pub(super) struct Output {
    pub(super) json: bool,
    quiet: bool,
    tongue: Tongue,
}

impl Output {
    pub(super) const fn new(json: bool, quiet: bool, tongue: Tongue) -> Self {
        Self { json, quiet, tongue }
    }

    /// The language of sentences about conflicts and links.
    pub(super) const fn tongue(&self) -> Tongue {
        self.tongue
    }

    /// One line of a list, for programs.
    pub(super) fn line<T: Serialize>(&self, value: &T) -> Result<(), Trouble> {
        if self.json {
            let text = serde_json::to_string(value).map_err(io::Error::from)?;
            writeln!(io::stdout().lock(), "{text}")?;
        }
        Ok(())
    }

    /// The last line, for programs; `words` for people.
    pub(super) fn end<T: Serialize>(&self, value: &T, words: &str) -> Result<(), Trouble> {
        self.line(value)?;
        self.say(words)
    }

    /// Plain words, for people.
    pub(super) fn say(&self, words: &str) -> Result<(), Trouble> {
        if !self.json && !self.quiet && !words.is_empty() {
            writeln!(io::stdout().lock(), "{words}")?;
        }
        Ok(())
    }

    /// What was asked for, for people: also where quiet is wanted.
    pub(super) fn print(&self, words: &str) -> Result<(), Trouble> {
        if !self.json {
            writeln!(io::stdout().lock(), "{words}")?;
        }
        Ok(())
    }

    /// Something that a person should know beside the answer.
    pub(super) fn warn(&self, words: &str) {
        if !self.quiet {
            eprintln!("{words}");
        }
    }

    /// A bar that counts visits, where somebody looks.
    pub(super) fn bar(&self, what: &'static str) -> ProgressBar {
        if self.json || self.quiet {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {prefix} {pos} visits  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(what);
        bar
    }

    /// Says what went wrong and gives the exit code.
    pub(super) fn trouble(&self, trouble: &Trouble) -> u8 {
        let (kind, sentence) = match trouble {
            Trouble::Closed => return 0,
            Trouble::Device(error) => (error.kind(), error.to_string()),
            Trouble::Said(sentence) => (ErrorKind::Invalid, sentence.clone()),
        };
        eprintln!("khettara: {sentence}");
        let error = json!({
            "kind": format!("{kind:?}").to_lowercase(),
            "retryable": kind.retryable(),
            "sentence": sentence,
        });
        // The sentence is said already; a program that is gone cannot read it.
        let _ = self.line(&json!({ "error": error }));
        if kind.retryable() { 75 } else { 1 }
    }
}

/// A table for people.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS).set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>().join("\n")
}

/// A value as a terminal may show it: right-to-left text set apart, so that it turns nothing around it; no
/// character that steers the terminal or the writing direction.
pub(super) fn shown(value: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = value.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
    let is_rtl =
        |c: char| matches!(c, '\u{0590}'..='\u{08ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    if clean.chars().any(is_rtl) { format!("\u{2068}{clean}\u{2069}") } else { clean }
}

/// A JSON value as a person reads it.
pub(super) fn shown_json(value: &Json) -> String {
    match value {
        Json::String(text) => shown(text),
        Json::Bool(true) => "yes".into(),
        Json::Bool(false) => "no".into(),
        other => shown(&other.to_string()),
    }
}

/// `1 visit`, `2 visits`.
pub(super) fn counted(count: u64, one: &str) -> String {
    let plural = match one.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{one}s"),
    };
    if count == 1 { format!("1 {one}") } else { format!("{count} {plural}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arabic_is_set_apart_and_nothing_steers_the_terminal() {
        assert_eq!(shown("Fatima"), "Fatima");
        assert_eq!(shown("فاطمة"), "\u{2068}فاطمة\u{2069}");
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}c"), "a\u{fffd}[2Jb\u{fffd}c");
    }

    #[test]
    fn a_table_fits_eighty_columns() {
        let long = "x".repeat(200);
        let text = table(&["a", "b", "c"], vec![vec!["1".into(), long.clone(), long]]);
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(COLUMNS)), "{text}");
    }

    #[test]
    fn words_are_counted() {
        assert_eq!((counted(1, "visit"), counted(2, "entry")), ("1 visit".into(), "2 entries".into()));
    }
}
