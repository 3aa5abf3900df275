//! Why headquarters did not do what it was asked. Sentences say what happened, why, what to do.

use std::io;

use khettara_core::error::ErrorKind;
use khettara_core::store::StoreError;
use khettara_core::sync::EngineError;
use khettara_node::OpenError;
use khettara_node::OrganisationFileError;
use khettara_node::chance::NoChance;
use khettara_node::key_file::KeyFileError;

use crate::organisation::ActError;

/// Why a call of headquarters failed.
#[derive(Debug, thiserror::Error)]
pub enum HqError {
    /// There is an organisation in this folder already.
    #[error(
        "an organisation is founded in this folder already, and is never founded twice: choose an empty folder"
    )]
    Founded,
    /// The organisation's name is empty, too long, or not one line.
    #[error("the organisation's name is empty, too long for a screen, or more than one line: choose another")]
    BadName,
    /// The root is not here.
    #[error("the root's keys are not in this folder: attach the offline disk with `root`, and try again")]
    NoRoot,
    /// A key, feed or pattern is not one.
    #[error("this is no {what}: {hint}")]
    BadWord {
        /// What was expected.
        what: &'static str,
        /// How it looks.
        hint: &'static str,
    },
    /// A line of a file is not what it should be.
    #[error("line {line} of the file is no {what}: {hint}; nothing was changed")]
    BadLine {
        /// Its number, from 1.
        line: usize,
        /// What was expected.
        what: &'static str,
        /// How it looks.
        hint: &'static str,
    },
    /// A file named on the command line.
    #[error("the file {} could not be read: {error}; nothing was changed; give the right path", .path.display())]
    Words {
        /// Where it should be.
        path: std::path::PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The key file is not the one the store was written with.
    #[error(
        "the key file in this folder is not the one its store was written with; nothing was changed; put the \
         right key file back, or use the folder it came from"
    )]
    OtherKeys,
    /// Feeds were asked for that no key was published for.
    #[error("no feed of this organisation is covered by `{pattern}`: publish its key first (feed add)")]
    UnknownFeed {
        /// As it was asked for.
        pattern: khettara_core::id::Pattern,
    },
    /// No relay, or several: one must be named.
    #[error("{count} relays are named by the root, so the registrar must be chosen: --relay with its key")]
    WhichRelay {
        /// How many there are.
        count: usize,
    },
    /// The key is not a relay of the organisation.
    #[error("this key is not a relay of the organisation: name it first (relay add)")]
    NotARelay,
    /// The place an export should take holds something else.
    #[error("there is a folder with other files at this place, and it is not replaced: choose another place")]
    NotAnExport,
    /// Nobody enrolled with a serial.
    #[error(
        "no tablet has enrolled with serial {serial}, so there is nothing to close: `khettara-hq status` lists them"
    )]
    NobodyEnrolled {
        /// The serial.
        serial: u32,
    },
    /// No entry held back has this name.
    #[error("nothing that is held back has this name: `khettara-hq quarantine` lists what is, with names")]
    NoSuchEntry,
    /// The name fits several.
    #[error(
        "{count} entries have this name: give it with the head behind it, as `khettara-hq quarantine` shows it"
    )]
    SeveralEntries {
        /// How many.
        count: usize,
    },
    /// A release cannot change what holds it back.
    #[error("there is nothing to release: {why}; it stays held, and nothing of it is lost")]
    NothingToRelease {
        /// What holds it back.
        why: &'static str,
    },
    /// Only a change is released by itself.
    #[error("this entry is no change, so it is not released by itself: leave out --only")]
    NotAChange,
    /// The folder is there.
    #[error("there is something at this place, and it is not written over: choose another place")]
    PlaceTaken,
    /// No address answered.
    #[error("no relay was reached: {reason}")]
    NoRelay {
        /// Why, and what to do.
        reason: String,
        /// What the caller should do.
        kind: ErrorKind,
    },
    /// A code does not fit in a QR code.
    #[error("the ticket is too long for a QR code: fewer or shorter relay addresses are needed")]
    TicketTooLong,
    /// The organisation file.
    #[error(transparent)]
    File(#[from] OrganisationFileError),
    /// A key file.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// A store did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An act was not done.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gives no random numbers.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The operating system refused.
    #[error("a file could not be read or written: {0}; is the disk full, or the folder protected?")]
    Io(#[from] io::Error),
    /// A row could not be written as CSV or JSON: ours to mend.
    #[error("a row could not be written; please report this")]
    Encode,
}

impl HqError {
    /// What the caller should do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Founded
            | Self::BadName
            | Self::BadWord { .. }
            | Self::UnknownFeed { .. }
            | Self::WhichRelay { .. }
            | Self::NotARelay
            | Self::NotAnExport
            | Self::NobodyEnrolled { .. }
            | Self::NoSuchEntry
            | Self::SeveralEntries { .. }
            | Self::NothingToRelease { .. }
            | Self::NotAChange
            | Self::PlaceTaken
            | Self::TicketTooLong
            | Self::Words { .. }
            | Self::BadLine { .. }
            | Self::OtherKeys
            | Self::File(_) => ErrorKind::Invalid,
            Self::Keys(error) => error.kind(),
            Self::Open(error) => error.kind(),
            Self::NoRoot => ErrorKind::Refused,
            Self::NoRelay { kind, .. } => *kind,
            Self::Store(error) => error.kind(),
            Self::Act(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::Io(error) => kind_of_io(error.kind()),
            Self::Chance(_) => ErrorKind::Retry,
            Self::Encode => ErrorKind::Bug,
        }
    }
}

/// A file that may not grow any further is as good as a full disk.
const fn kind_of_io(kind: io::ErrorKind) -> ErrorKind {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ErrorKind::Full
        }
        _ => ErrorKind::Retry,
    }
}

impl From<csv::Error> for HqError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Io(error),
            _ => Self::Encode,
        }
    }
}

impl From<serde_json::Error> for HqError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Self::Io(error.into()) } else { Self::Encode }
    }
}
