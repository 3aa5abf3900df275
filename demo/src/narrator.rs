//! What a person sees while the story goes on: one line a day, a bar that counts visits.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Tells, or keeps silent for programs.
#[derive(Debug)]
pub struct Narrator {
    bar: ProgressBar,
    silent: bool,
    drawn: bool,
}

impl Narrator {
    /// A narrator who draws a bar where somebody looks, says lines where not, and nothing if `silent`.
    #[must_use]
    pub fn new(silent: bool) -> Self {
        let drawn = !silent && std::io::stderr().is_terminal();
        let bar = ProgressBar::new(0);
        bar.set_draw_target(if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let style = ProgressStyle::with_template("  {bar:32} {pos}/{len} {msg}").unwrap_or_else(|_| {
            // The template is a constant of ours; the plain bar is as good.
            ProgressStyle::default_bar()
        });
        bar.set_style(style.progress_chars("█▓░"));
        Self { bar, silent, drawn }
    }

    /// A sentence that stays.
    pub fn say(&self, sentence: &str) {
        if self.silent {
            return;
        }
        if self.drawn {
            self.bar.println(sentence);
        } else {
            eprintln!("{sentence}");
        }
    }

    /// A count of `what` begins.
    pub fn begin(&self, of: u64, what: &str) {
        self.bar.set_length(of);
        self.bar.set_position(0);
        self.bar.set_message(what.to_owned());
    }

    /// So many more.
    pub fn more(&self, count: u64) {
        self.bar.inc(count);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
