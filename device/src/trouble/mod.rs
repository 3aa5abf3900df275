//! Troubles as a worker is told of them: a code for programs, the field of a refused record, and a sentence in the
//! worker's language that says what happened, what became of what was saved, and what to do.
//!
//! [`DeviceError`] speaks by itself to whoever types commands. These words are for whoever holds a tablet.

use khettara_core::error::ErrorKind;
use khettara_core::identity::TicketError;
use khettara_core::store::{Damage, DiskError, IndexError, StoreError};
use khettara_core::sync::{CloseReason, EngineError};
use khettara_core::wire::Refusal;
use khettara_node::key_file::KeyFileError;
use khettara_node::quic::DialError;
use khettara_node::{LockError, OpenError, OrganisationFileError};
use khettara_records::model::{Advice, Kept, RecordError, Tongue};
use khettara_records::replica::RecordFailure;

use crate::{DeviceError, HeldError};

mod table;
#[cfg(test)]
mod tests;

use table::Trouble;

impl DeviceError {
    /// A word for programs, such as `no_answer` or `tablet_full`; of a refused record that of its reason, such as
    /// `missing`. What calls for the same remedy has the same word, and it stays when sentences change.
    #[must_use]
    pub fn code(&self) -> &'static str {
        trouble(self).map_or_else(|refused| refused.reason.code(), Trouble::code)
    }

    /// Which field of the record was refused, such as `members[2].name_ar`; `None` where no single one was.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Record(refused) if !refused.field.is_empty() => Some(&refused.field),
            _ => None,
        }
    }

    /// What happened, what became of what was saved, and what to do: in plain words, for whoever holds the tablet.
    #[must_use]
    pub fn sentence(&self, tongue: Tongue) -> String {
        match trouble(self) {
            Ok(trouble) => self.advice(trouble).sentence("", &[], tongue),
            Err(refused) => refused.sentence(tongue),
        }
    }

    /// The words of the trouble, with what is known here of the form at hand.
    fn advice(&self, trouble: Trouble) -> Advice {
        let advice = trouble.advice();
        let kept = match (self, advice.kept) {
            (Self::NotSaved(_), Kept::AsFound) => Kept::AsFoundWithoutForm,
            (Self::NotSaved(_), _) => Kept::AllButForm,
            (Self::Store(_), Kept::All) => Kept::PerhapsNotTheLast,
            (_, kept) => kept,
        };
        Advice { kept, ..advice }
    }
}

/// What is the matter; of a refused record its own reason.
fn trouble(error: &DeviceError) -> Result<Trouble, &RecordError> {
    Ok(match error {
        DeviceError::Exists => Trouble::TabletExists,
        DeviceError::Missing => Trouble::NoTablet,
        DeviceError::Keys(error) => of_keys(error),
        DeviceError::OtherKeys => Trouble::OtherKeys,
        DeviceError::Open(error) => of_opening(error),
        DeviceError::Store(error) | DeviceError::NotSaved(RecordFailure::Store(error)) => of_store(*error),
        DeviceError::Engine(EngineError::Store(error)) => of_store(*error),
        DeviceError::Engine(EngineError::Cut) => Trouble::NotSealed,
        DeviceError::Engine(EngineError::Moved) | DeviceError::NotSaved(RecordFailure::Behind) => {
            Trouble::WrittenMeanwhile
        }
        DeviceError::NotSaved(RecordFailure::Unreadable) => Trouble::HouseholdUnreadable,
        DeviceError::Chance(_) => Trouble::NoChance,
        DeviceError::Ticket(error) => of_code(*error),
        DeviceError::OrganisationFile(error) => of_organisation_file(error),
        DeviceError::NoRelay => Trouble::NoRelay,
        DeviceError::NotEnrolled => Trouble::NotEnrolled,
        DeviceError::OtherOrganisation => Trouble::OtherOrganisation,
        DeviceError::AlreadyEnrolled(_) => Trouble::AlreadyEnrolled,
        DeviceError::ClaimRefused(reason) => of_claim(*reason),
        DeviceError::Record(refused) => return Err(refused),
        DeviceError::NoSuchHousehold => Trouble::NoSuchHousehold,
        DeviceError::NoSuchConflict => Trouble::NoSuchConflict,
        DeviceError::NoSuchSide => Trouble::NoSuchAnswer,
        DeviceError::NotGranted => Trouble::NotGranted,
        DeviceError::Held(error) => of_held(error),
        DeviceError::Dial(error) => of_dialling(*error),
        DeviceError::Bind(_) | DeviceError::Runtime(_) => Trouble::NetworkNotStarted,
        DeviceError::Start(_) => Trouble::EngineNotStarted,
        DeviceError::Closed(reason) => of_closing(*reason),
        DeviceError::RelayBroken => Trouble::RelayBroken,
        DeviceError::Syncing => Trouble::SyncingAlready,
        DeviceError::Input(_) => Trouble::InputUnreadable,
    })
}

const fn of_held(error: &HeldError) -> Trouble {
    match error {
        HeldError::NoSuchEntry => Trouble::NoSuchHeldEntry,
        HeldError::SeveralEntries => Trouble::SeveralHeldEntries,
        HeldError::NothingToRelease => Trouble::NothingToRelease,
        HeldError::Own => Trouble::OwnWorkIsNotReleased,
        HeldError::NoSupervisor => Trouble::NoSupervisor,
        HeldError::NotAChange => Trouble::NotAChange,
        HeldError::PlaceTaken => Trouble::PlaceTaken,
        HeldError::NotWritten(_) => Trouble::NotWrittenOut,
    }
}

fn of_keys(error: &KeyFileError) -> Trouble {
    match error {
        KeyFileError::Exists => Trouble::KeysExist,
        KeyFileError::Missing => Trouble::KeysMissing,
        KeyFileError::WrongLength { .. } | KeyFileError::Damaged => Trouble::KeysDamaged,
        KeyFileError::NotOurs => Trouble::KeysUnknown,
        KeyFileError::Io(_) if error.kind() == ErrorKind::Full => Trouble::TabletFull,
        KeyFileError::Io(_) => Trouble::KeysUnreachable,
    }
}

const fn of_opening(error: &OpenError) -> Trouble {
    match error {
        OpenError::Lock(LockError::Held) => Trouble::StoreHeld,
        OpenError::Disk(DiskError::Full) | OpenError::Index(IndexError::Full) => Trouble::TabletFull,
        OpenError::Lock(LockError::Io(_))
        | OpenError::Disk(DiskError::NotFound | DiskError::Exists | DiskError::Failed(_)) => {
            Trouble::FolderUnusable
        }
        OpenError::Index(IndexError::Failed) => Trouble::IndexFailed,
        OpenError::Other(_) => Trouble::OtherProgram,
        OpenError::Store(error) => of_store(*error),
        OpenError::Chance => Trouble::NoChance,
    }
}

const fn of_store(error: StoreError) -> Trouble {
    match error {
        StoreError::Full => Trouble::TabletFull,
        StoreError::Disk(_) => Trouble::StorageFailed,
        StoreError::Damaged(Damage::Version) => Trouble::StoreNewer,
        StoreError::Damaged(
            Damage::Header
            | Damage::OtherStore
            | Damage::Chain
            | Damage::TwoSuccessors
            | Damage::Record
            | Damage::Content,
        ) => Trouble::StoreDamaged,
        StoreError::Index => Trouble::IndexFailed,
        StoreError::TooLarge => Trouble::TooLargeToSave,
        StoreError::Misuse => Trouble::StoreMisused,
    }
}

const fn of_code(error: TicketError) -> Trouble {
    match error {
        TicketError::NotOurs => Trouble::CodeNotOurs,
        TicketError::BadCharacter => Trouble::CodeBadCharacter,
        TicketError::WrongLength => Trouble::CodeWrongLength,
        TicketError::BadCheck => Trouble::CodeMisread,
    }
}

const fn of_organisation_file(error: &OrganisationFileError) -> Trouble {
    match error {
        OrganisationFileError::Missing => Trouble::OrganisationFileMissing,
        OrganisationFileError::Io(_) => Trouble::OrganisationFileUnreachable,
        OrganisationFileError::Signature | OrganisationFileError::OtherOrganisation => {
            Trouble::OrganisationFileForged
        }
        OrganisationFileError::TooLarge
        | OrganisationFileError::Json(_)
        | OrganisationFileError::Name
        | OrganisationFileError::Org
        | OrganisationFileError::Genesis
        | OrganisationFileError::Address { .. }
        | OrganisationFileError::Pin { .. } => Trouble::OrganisationFileBad,
    }
}

/// Numbers that this software does not know are refusals all the same.
const fn of_claim(reason: Refusal) -> Trouble {
    match reason {
        Refusal::ALREADY_USED => Trouble::ClaimAlreadyUsed,
        Refusal::WITHDRAWN => Trouble::ClaimWithdrawn,
        Refusal::NO_INVITATION => Trouble::ClaimUnknown,
        Refusal::OTHER_REGISTRAR => Trouble::ClaimOtherRelay,
        _ => Trouble::ClaimRefused,
    }
}

const fn of_dialling(error: DialError) -> Trouble {
    match error {
        DialError::NothingToDial => Trouble::NoRelay,
        DialError::NoAnswer => Trouble::NoAnswer,
        DialError::Down => Trouble::RelayDown,
        DialError::WrongKey => Trouble::WrongRelayKey,
        DialError::Version => Trouble::OtherVersion,
        DialError::Busy => Trouble::RelayBusy,
        DialError::Refused(reason) => of_closing(reason),
        DialError::Broken => Trouble::ConnectionBroke,
        DialError::Unreachable => Trouble::NoNetwork,
    }
}

const fn of_closing(reason: CloseReason) -> Trouble {
    match reason {
        CloseReason::Done | CloseReason::Stopping => Trouble::SessionEnded,
        CloseReason::Version => Trouble::OtherVersion,
        CloseReason::Misbehaved => Trouble::NotUnderstood,
        CloseReason::WrongOrganisation => Trouble::RelayOfOthers,
        CloseReason::NotAdmitted => Trouble::NotAdmitted,
        CloseReason::StoreFailed => Trouble::RelayNotSaving,
    }
}
