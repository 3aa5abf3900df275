//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use khettara_device::Tongue;

/// A field tablet: records households and visits, keeps them, and carries them to headquarters.
#[derive(Debug, Parser)]
#[command(name = "khettara", version, about)]
pub(super) struct Arguments {
    /// The tablet's folder.
    #[arg(long, global = true, env = "KHETTARA_DIR", default_value = ".khettara")]
    pub(super) dir: PathBuf,
    /// Print JSON: lists line by line, and one object as the last line.
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// Print nothing but what was asked for.
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// The language of receipts and of sentences about conflicts and links: ar, fr or en.
    #[arg(long, global = true, env = "KHETTARA_LANG", default_value = "en", value_name = "LANG")]
    pub(super) lang: Tongue,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a tablet: its keys and its store.
    Init,
    /// Take the code that headquarters gave. The next sync completes it.
    Enroll(Enroll),
    /// Save one record, given as a line of JSON.
    Add {
        /// The line; read from standard input where it is left out.
        line: Option<String>,
    },
    /// Save a file of records, one line of JSON each. Bad lines are refused one by one; the good ones go in.
    Import {
        /// The file; - for standard input.
        file: PathBuf,
    },
    /// List households, or other records.
    List {
        /// Records of another kind, by their word: referral, service_point, consultation…
        #[arg(long, value_name = "WORD")]
        kind: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 1_000)]
        limit: usize,
        /// Those visited last first, whatever clocks said; those of which no time is known at the end.
        #[arg(long, conflicts_with = "kind")]
        latest: bool,
    },
    /// Show one household with all its answers.
    Show {
        /// Its id, or the beginning of it.
        household: String,
    },
    /// Print a family's receipt of a visit: what was recorded, who may read it, how to object (`--lang ar|fr|en`).
    Receipt {
        /// The household's id, or the beginning of it.
        household: String,
        /// The visit's id, or the beginning of it; the latest where none is said.
        #[arg(long, value_name = "ID")]
        visit: Option<String>,
        /// Write it as a page to be printed, instead of showing it here.
        #[arg(long, value_name = "FILE.html")]
        to: Option<PathBuf>,
    },
    /// List fields with several answers.
    Conflicts,
    /// What is held here and not merged, and why: listed, shown, exported for a specialist, released by a supervisor.
    Quarantine {
        /// What to do; without it: list.
        #[command(subcommand)]
        act: Option<QuarantineAct>,
    },
    /// Decide between several answers.
    Resolve(Resolve),
    /// Say where this tablet's work is, what waits, and for whom.
    Status,
    /// Send what waits and take what is new.
    Sync {
        /// Seconds in which the relay may say nothing before the sync is given up; a satellite may need more.
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        patience_s: u64,
    },
    /// Print every record as lines of JSON that can be imported again.
    Export {
        /// With what few may read: protection cases.
        #[arg(long)]
        sensitive: bool,
    },
    /// Print every kind of record with its fields and codes, in Arabic, French and English.
    Fields,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineAct {
    /// List it: whose it is, where it stands, why.
    List,
    /// Show one entry, and what it says as far as it can be read.
    Show {
        /// Its name, as the list shows it.
        name: String,
        /// With what few may read: protection cases.
        #[arg(long)]
        sensitive: bool,
    },
    /// Write all of it into a new folder, for a specialist: bytes, and a line of JSON each. Not for everybody's eyes.
    Export {
        /// The folder; it must not be there.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Set held work of others free, where this tablet supervises: its branch up to the end of the segment that the entry
    /// came in.
    Release {
        /// An entry's name, as the list shows it.
        name: String,
        /// This change alone.
        #[arg(long)]
        only: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Enroll {
    /// The text of the QR code: KHT1:…
    #[arg(required_unless_present = "code")]
    pub(super) ticket: Option<String>,
    /// The serial, where the code is typed.
    #[arg(long, requires = "code")]
    pub(super) serial: Option<u32>,
    /// The typed code of 27 characters; needs --serial and --organisation.
    #[arg(long, requires_all = ["serial", "organisation"], conflicts_with = "ticket")]
    pub(super) code: Option<String>,
    /// The organisation's file.
    #[arg(long, requires = "code")]
    pub(super) organisation: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Resolve {
    /// The household's id, or the beginning of it.
    pub(super) household: String,
    /// The field, as `khettara conflicts` names it.
    pub(super) field: String,
    /// Keep the answer of this number.
    #[arg(long, required_unless_present = "value", conflicts_with = "value")]
    pub(super) side: Option<usize>,
    /// Keep this value instead.
    #[arg(long)]
    pub(super) value: Option<String>,
}
