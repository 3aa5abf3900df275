//! The roster: what everything that stands in `@roster` and below, and every signed item that travels alone,
//! means together.
//!
//! | File | Says |
//! |---|---|
//! | `input` | what the fold reads: opened, listed logs as plain structures |
//! | `branches` | one log's branches as what was written: twins joined, common positions found |
//! | `root` | which log is the root's, through rotations; the delegations in it |
//! | `headquarters` | which log is headquarters'; positions; what grows and what is replaced in it |
//! | `people` | invitations, bindings, credentials: whose keys, which rights, now and ever |
//! | `query` | the questions the other rooms ask |
//!
//! The meaning is a function of what is held, never of its order of arrival. Everything hangs from the
//! organisation's id: the genesis hashes to it, the root's log holds the genesis, the root names headquarters
//! and registrars, headquarters names everybody else. What nothing held entitles counts for nothing; the
//! caller folds again when news arrives, and it may count then.

mod branches;
mod headquarters;
mod input;
mod people;
mod proof;
mod query;
mod root;
mod view;

#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::id::OrgId;
use crate::identity::Signed;

pub use input::{RosterBranch, RosterEntry, RosterLog};
pub use view::{
    Admission, Alarm, BindingState, ClosingView, CredentialView, ReleaseView, RosterNames, RosterPosition,
};

/// Who may do what, as far as known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    org: OrgId,
    root: root::Root,
    ledger: headquarters::Ledger,
    people: people::People,
    proved: BTreeSet<[u8; 32]>,
}

impl Roster {
    /// A roster that knows only which organisation it belongs to.
    #[must_use]
    pub fn empty(org: OrgId) -> Self {
        Self::fold(org, &[], &[])
    }

    /// The meaning of `logs`, opened and listed, and of `alone`, the signed items that travelled by themselves
    /// (nothing in them is believed before it is verified here).
    ///
    /// Logs that nothing entitles count for nothing, so a caller who does not know yet whether to accept a
    /// clear segment may fold it in and ask [`Roster::may_write`] of the outcome.
    #[must_use]
    pub fn fold(org: OrgId, logs: &[RosterLog], alone: &[Signed]) -> Self {
        Self::build(org, logs, alone, &BTreeSet::new())
    }

    /// The same as [`Roster::fold`], without verifying again the signatures that this roster has verified.
    #[must_use]
    pub fn fold_again(&self, logs: &[RosterLog], alone: &[Signed]) -> Self {
        Self::build(self.org, logs, alone, &self.proved)
    }

    fn build(org: OrgId, logs: &[RosterLog], alone: &[Signed], proved: &BTreeSet<[u8; 32]>) -> Self {
        let mut proofs = proof::Proofs::new(org, proved);
        let held = branches::read(logs);
        let alone = input::items_alone(alone);
        let root = root::fold(&held, &alone, &mut proofs);
        let ledger = headquarters::fold(&held, &alone, &root.delegations, &mut proofs);
        let people = people::fold(&held, &alone, &root.delegations, &ledger.withdrawn, &mut proofs);
        Self { org, root, ledger, people, proved: proofs.into_proved() }
    }
}
