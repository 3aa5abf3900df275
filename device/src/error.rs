//! Why a call did nothing, or not all: what happened, why, what to do. Never a word of anybody's data.

use khettara_core::error::ErrorKind;
use khettara_core::identity::TicketError;
use khettara_core::store::StoreError;
use khettara_core::sync::{CloseReason, EngineError};
use khettara_core::wire::Refusal;
use khettara_node::OpenError;
use khettara_node::chance::NoChance;
use khettara_node::driver::StartError;
use khettara_node::key_file::KeyFileError;
use khettara_node::quic::{BindError, DialError};
use khettara_records::model::{Reason, RecordError};
use khettara_records::replica::RecordFailure;

use khettara_node::OrganisationFileError;

use crate::quarantine::HeldError;

/// Why a tablet did not do what it was asked. What was saved before is safe in every case.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// There is a tablet in this folder already.
    #[error(
        "this folder holds a tablet already; nothing was changed; choose another folder, or use this one"
    )]
    Exists,
    /// There is no tablet in this folder.
    #[error("this folder holds no tablet; make one with `khettara init`, or name its folder with --dir")]
    Missing,
    /// The keys could not be kept or found.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The key file is not the one this store was written with.
    #[error(
        "the key file in this folder is not the one its store was written with; nothing was changed; put the \
         right key file back, or use the folder it came from"
    )]
    OtherKeys,
    /// The store did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store failed while syncing, or what was saved could not be sealed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system gives no random numbers.
    #[error(transparent)]
    Chance(#[from] NoChance),
    /// The enrolment code cannot be used.
    #[error(transparent)]
    Ticket(#[from] TicketError),
    /// The organisation file cannot be used.
    #[error(transparent)]
    OrganisationFile(#[from] OrganisationFileError),
    /// No relay is known.
    #[error("neither the code nor the file names a relay; ask headquarters for a new code")]
    NoRelay,
    /// The tablet belongs to no organisation.
    #[error("this tablet belongs to no organisation yet; enrol it with the code that headquarters gave")]
    NotEnrolled,
    /// The code is of another organisation.
    #[error(
        "this tablet belongs to another organisation; nothing was changed; make a new tablet in an empty folder"
    )]
    OtherOrganisation,
    /// The tablet is enrolled.
    #[error(
        "this tablet is enrolled already, as number {0}; nothing was changed, and this code stays unused: give it to \
         a tablet that is not enrolled"
    )]
    AlreadyEnrolled(u32),
    /// The registrar refused the claim. Everything saved stays, and another code may be tried.
    #[error("{}", claim_refused(*.0))]
    ClaimRefused(Refusal),
    /// No record could be made of the form.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The form was not saved.
    #[error(transparent)]
    NotSaved(#[from] RecordFailure),
    /// The household is not on this tablet.
    #[error("no such household on this tablet; `khettara list` shows those that are")]
    NoSuchHousehold,
    /// The conflict is no longer there.
    #[error(
        "there is no conflict there now; it may have been decided meanwhile, or the field is named otherwise: `khettara conflicts` shows both in full"
    )]
    NoSuchConflict,
    /// The side named is none of the conflict's.
    #[error("this conflict has no such side; look again and choose one of those shown")]
    NoSuchSide,
    /// The tablet may not write in this commune.
    #[error(
        "this tablet was not given the place where this belongs: its commune, or the feed of referrals or of protection cases; ask headquarters for it, then sync and save again"
    )]
    NotGranted,
    /// Something held back was not shown, not written out, or not released.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// No relay was reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The socket could not be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The network part could not be started.
    #[error("the network part of the tablet could not be started: {0}; free memory and try again")]
    Runtime(std::io::Error),
    /// The engine's thread could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The relay closed the session.
    #[error("{}", closed(*.0))]
    Closed(CloseReason),
    /// What the relay sent breaks the protocol.
    #[error(
        "what the relay sent cannot be right and none of it was taken; nothing is lost; sync again later, and tell \
         headquarters if it stays so"
    )]
    RelayBroken,
    /// Another sync of this tablet is under way.
    #[error("this tablet is syncing already; wait until that sync is over")]
    Syncing,
    /// What was to be imported could not be read.
    #[error(
        "the input could not be read: {0}; what was saved before stays saved; give the right file, without the lines that are saved"
    )]
    Input(std::io::Error),
}

impl DeviceError {
    /// A form that says of one field two things.
    #[must_use]
    pub const fn repeated(field: String) -> Self {
        Self::Record(RecordError { line: None, field, reason: Reason::Repeated })
    }

    /// What the caller should do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Engine(error) => error.kind(),
            Self::NotSaved(error) => error.kind(),
            Self::Open(error) => error.kind(),
            Self::Keys(error) => error.kind(),
            Self::Dial(error) => error.kind(),
            Self::Closed(reason) => match reason {
                CloseReason::Done | CloseReason::StoreFailed | CloseReason::Stopping => ErrorKind::Retry,
                CloseReason::Misbehaved => ErrorKind::Bug,
                CloseReason::Version | CloseReason::WrongOrganisation | CloseReason::NotAdmitted => {
                    ErrorKind::Refused
                }
            },
            Self::Syncing | Self::Start(_) | Self::Runtime(_) | Self::Bind(_) => ErrorKind::Retry,
            Self::NotGranted | Self::ClaimRefused(_) | Self::RelayBroken => ErrorKind::Refused,
            Self::Chance(_) => ErrorKind::Bug,
            Self::Exists
            | Self::OtherKeys
            | Self::Missing
            | Self::Ticket(_)
            | Self::OrganisationFile(_)
            | Self::NoRelay
            | Self::NotEnrolled
            | Self::OtherOrganisation
            | Self::AlreadyEnrolled(_)
            | Self::Record(_)
            | Self::NoSuchHousehold
            | Self::NoSuchConflict
            | Self::NoSuchSide
            | Self::Input(_) => ErrorKind::Invalid,
            Self::Held(error) => error.kind(),
        }
    }

    /// Whether trying the same call again later can succeed without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.kind().retryable()
    }
}

const fn claim_refused(reason: Refusal) -> &'static str {
    match reason {
        Refusal::ALREADY_USED => {
            "another tablet used this code first; this one is not enrolled and keeps all it saved; \
             ask headquarters for a new code"
        }
        Refusal::WITHDRAWN => {
            "headquarters withdrew this code; this tablet is not enrolled and keeps all it saved; \
             ask headquarters for a new code"
        }
        Refusal::NO_INVITATION => {
            "the relay knows no invitation for this code: it has not heard of it yet, or belongs to another \
             organisation; nothing is lost; sync again later, or check the address and the code with headquarters"
        }
        Refusal::OTHER_REGISTRAR => {
            "this code belongs to another relay; use the address and the file that came with it; \
             nothing is lost"
        }
        _ => "the relay refuses this tablet; everything it saved is kept; ask headquarters",
    }
}

const fn closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Done | CloseReason::Stopping => "the relay ended the session; sync again later",
        CloseReason::Version => {
            "this tablet speaks version 1 of the protocol, which the relay does not; nothing is lost; update this \
             tablet, or ask headquarters to update the relay if it is the older"
        }
        CloseReason::Misbehaved => {
            "the relay did not understand this tablet; nothing is lost; update it, and report this if it stays"
        }
        CloseReason::WrongOrganisation => {
            "the relay belongs to another organisation; nothing is lost; check the address and the code"
        }
        CloseReason::NotAdmitted => {
            "the relay does not admit this tablet; everything it saved is kept; ask headquarters"
        }
        CloseReason::StoreFailed => {
            "the relay could not save what was sent; nothing is lost; sync again later"
        }
    }
}
