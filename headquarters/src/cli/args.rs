//! The command line of `khettara-hq`: what can be asked.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use khettara_records::model::Tongue;

/// Headquarters of a Khettara organisation: founds it, invites its people, pulls their work, makes datasets.
///
/// Exit codes: 0 done, 1 not done, 2 not understood, 3 done in part (some feeds are behind), 75 not now (no
/// network): try again.
#[derive(Debug, Parser)]
#[command(name = "khettara-hq", version)]
pub struct Args {
    /// Headquarters' folder.
    #[arg(long, global = true, env = "KHETTARA_HQ", default_value = ".")]
    pub dir: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Found the organisation: its root, its headquarters, its public file.
    Init {
        /// The organisation's name, as tablets show it.
        #[arg(long)]
        name: String,
        /// The first relay's key, as `khettara-relay` shows it.
        #[arg(long, value_name = "HEX", requires = "address")]
        relay_key: Option<String>,
        /// Where that relay is reached; repeat it for several.
        #[arg(long, value_name = "HOST:PORT", requires = "relay_key")]
        address: Vec<String>,
    },
    /// Name relays (needs the root's folder).
    Relay {
        /// What to do.
        #[command(subcommand)]
        act: RelayAct,
    },
    /// Open feeds for communes.
    Feed {
        /// What to do.
        #[command(subcommand)]
        act: FeedAct,
    },
    /// Make tickets: each enrols one tablet. Their secrets are kept nowhere: print them now.
    Invite {
        /// The feeds the tablet reads and writes: codes, or a beginning and a star.
        #[arg(long, required = true, num_args = 1.., value_name = "CODE")]
        feeds: Vec<String>,
        /// What the person does.
        #[arg(long, value_enum, default_value = "worker")]
        role: RoleWord,
        /// The relay that enrols it; needed where there are several.
        #[arg(long, value_name = "HEX")]
        relay: Option<String>,
        /// How many tickets.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        count: u32,
        /// Also write the QR code as SVG; several get their serial in the name.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Pull everybody's work from the relays, merge it, and answer with receipts.
    Pull {
        /// Seconds in which a relay may say nothing before the pull goes on without it.
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
        patience_s: u64,
    },
    /// Write what is merged as tables, in CSV and Parquet, with their description and a manifest.
    Export {
        /// The folder to write; an export that is there is replaced once the new one is whole.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// With what few may read: protection cases. For those alone who may.
        #[arg(long)]
        sensitive: bool,
    },
    /// Close a tablet: what headquarters holds of it stands, what comes later is set aside until a person releases it.
    Close {
        /// The tablet's serial.
        serial: u32,
        /// `cut`: revoked. `drain`: it works elsewhere now; what it wrote before it heard of that stands too.
        #[arg(long, value_enum, default_value = "cut")]
        mode: ModeWord,
        /// Only in these feeds: codes, or a beginning and a star.
        #[arg(long, num_args = 1.., value_name = "CODE")]
        feed: Vec<String>,
        /// Why, for the screen.
        #[arg(long, value_enum, default_value = "other")]
        reason: ReasonWord,
        /// Let nothing of it stand, not even what headquarters holds already.
        #[arg(long)]
        keep_nothing: bool,
    },
    /// What is held and not merged: listed, shown, exported for a specialist, released.
    Quarantine {
        /// The language of reasons and fields: ar, fr or en.
        #[arg(long, global = true, env = "KHETTARA_LANG", default_value = "en", value_name = "LANG")]
        lang: Tongue,
        /// What to do; without it: list.
        #[command(subcommand)]
        act: Option<QuarantineAct>,
    },
    /// Print the JSON Schema of lines of records. Needs no organisation.
    Schema,
    /// How it stands.
    Status,
}

/// What can be done with relays.
#[derive(Debug, Subcommand)]
pub enum RelayAct {
    /// Name a relay.
    Add {
        /// Its key, as `khettara-relay` shows it.
        #[arg(long, value_name = "HEX")]
        key: String,
        /// Where it is reached; repeat it for several.
        #[arg(long, value_name = "HOST:PORT", required = true)]
        address: Vec<String>,
        /// The feeds it carries; all where none is said.
        #[arg(long, num_args = 1.., value_name = "PATTERN")]
        feeds: Vec<String>,
    },
}

/// What can be done with feeds.
#[derive(Debug, Subcommand)]
pub enum FeedAct {
    /// Publish the first key of feeds; those that have one stay as they are.
    Add {
        /// Feeds: a commune's code (08.201.11.07), its protection cases (08.201.11.07/protection), a province's referrals
        /// (08.201/referrals), what all share (@reference/08.201, @reference/common).
        #[arg(required_unless_present = "file", value_name = "CODE")]
        codes: Vec<String>,
        /// A file with one code on each line.
        #[arg(long)]
        file: Option<PathBuf>,
    },
}

/// What can be done with what is held and not merged.
#[derive(Debug, Subcommand)]
pub enum QuarantineAct {
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
    /// Set held work free: its branch up to the end of the segment that the entry came in.
    Release {
        /// An entry's name, as the list shows it.
        name: String,
        /// This change alone.
        #[arg(long)]
        only: bool,
    },
}

/// How a closing ends a tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeWord {
    /// Revoked.
    Cut,
    /// Its work moved elsewhere.
    Drain,
}

/// Why a tablet is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReasonWord {
    /// None of the others.
    Other,
    /// Nobody knows where it is.
    Lost,
    /// Somebody took it.
    Stolen,
    /// Whoever carried it works elsewhere now.
    Left,
    /// It works in other communes.
    ScopeMoved,
    /// Another tablet is in its place.
    Replaced,
}

/// What an invited person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleWord {
    /// Records visits.
    Worker,
    /// Also releases what is set aside, and decides conflicts.
    Supervisor,
}
