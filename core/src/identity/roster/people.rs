//! Whose serial is whose: invitations, bindings and credentials, what they give now and what they ever gave.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding;
use crate::id::{DeviceKey, Feed, LogId};
use crate::identity::{Binding, Claim, Credential, Grant, Invitation, Item, Rights, Role, Signed};

use super::branches::HeldLog;
use super::headquarters::keep_smaller;
use super::proof::Proofs;
use super::root::Delegations;
use super::view::{BindingState, CredentialView};

/// Everything known of one serial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Serial {
    /// By edition and body: the last is the highest edition, of equal ones the larger body.
    pub(super) credentials: BTreeMap<(u32, Vec<u8>, DeviceKey), Issued<Credential>>,
    pub(super) invitations: BTreeMap<(Vec<u8>, DeviceKey), Issued<Invitation>>,
    /// One for each claim: that of the smallest roster_seen.
    pub(super) bindings: BTreeMap<Claim, Bound>,
    /// What it is now.
    pub(super) present: Option<CredentialView>,
}

/// What headquarters signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issued<T> {
    pub(super) body: T,
    pub(super) signed: Signed,
    /// Whether the present headquarters signed it; what a replaced one signed counts for the acceptance of
    /// segments alone.
    pub(super) is_present: bool,
}

/// A binding whose claim is good for some invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) binding: Binding,
    pub(super) signed: Signed,
    /// The invitations it is good for, by their names in [`Serial::invitations`].
    terms: BTreeSet<(Vec<u8>, DeviceKey)>,
    /// Made when the invitation was known to be withdrawn.
    is_late: bool,
}

/// Everybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct People {
    pub(super) serials: BTreeMap<u32, Serial>,
    /// The serials each key is or was bound to.
    pub(super) by_key: BTreeMap<DeviceKey, BTreeSet<u32>>,
}

/// Reads the people's and registrars' logs and what travelled alone.
pub(super) fn fold(
    held: &BTreeMap<LogId, HeldLog<'_>>,
    alone: &[Item],
    delegations: &Delegations,
    withdrawn: &BTreeMap<u32, u64>,
    proofs: &mut Proofs<'_>,
) -> People {
    let standing = held.values().flat_map(|log| {
        log.steps().filter_map(|step| step.item).filter(move |item| is_at_home(log, item, delegations))
    });
    let items: Vec<&Item> = standing.chain(alone).collect();
    let mut people = People::default();
    for item in &items {
        people.issue(item, delegations, proofs);
    }
    for item in &items {
        if let Item::Binding(signed, binding) = item {
            people.bind(signed, binding, delegations, withdrawn, proofs);
        }
    }
    for (serial, known) in &mut people.serials {
        known.present = known.now(*serial);
        let bound = known.bindings.keys().map(|claim| claim.device);
        let named = known.credentials.values().map(|issued| issued.body.device);
        for key in bound.chain(named) {
            people.by_key.entry(key).or_default().insert(*serial);
        }
    }
    people
}

/// A roster item counts in its own feed and log only.
fn is_at_home(log: &HeldLog<'_>, item: &Item, delegations: &Delegations) -> bool {
    let writer_has = |role| delegations.ever_had(&log.device, role);
    match item {
        Item::Credential(..) | Item::Invitation(..) => {
            log.feed.as_str() == Feed::PEOPLE && writer_has(Role::HEADQUARTERS)
        }
        Item::Binding(signed, _) => {
            log.feed.as_str() == Feed::BINDINGS && writer_has(Role::RELAY) && signed.signer == log.device
        }
        _ => false,
    }
}

impl People {
    fn issue(&mut self, item: &Item, delegations: &Delegations, proofs: &mut Proofs<'_>) {
        let (Item::Credential(signed, _) | Item::Invitation(signed, _)) = item else { return };
        let signer = signed.signer;
        if !delegations.ever_had(&signer, Role::HEADQUARTERS) || !proofs.is_signed(signed) {
            return;
        }
        let is_present = delegations.headquarters_now() == Some(signer);
        match item {
            Item::Credential(_, body) => {
                let known = &mut self.serials.entry(body.serial).or_default().credentials;
                let name = (body.edition, encoding::to_bytes(body), signer);
                keep(known.entry(name), body, signed, is_present);
            }
            Item::Invitation(_, body) => {
                let known = &mut self.serials.entry(body.serial).or_default().invitations;
                keep(known.entry((encoding::to_bytes(body), signer)), body, signed, is_present);
            }
            _ => {}
        }
    }

    fn bind(
        &mut self,
        signed: &Signed,
        binding: &Binding,
        delegations: &Delegations,
        withdrawn: &BTreeMap<u32, u64>,
        proofs: &mut Proofs<'_>,
    ) {
        let serial = binding.claim.serial;
        let Some(known) = self.serials.get_mut(&serial) else { return };
        if signed.signer != binding.claim.registrar || !delegations.ever_had(&signed.signer, Role::RELAY) {
            return;
        }
        let invited = known.invitations.iter();
        let terms: BTreeSet<_> = invited
            .filter(|(_, issued)| issued.body.registrar == signed.signer)
            .filter(|(_, issued)| proofs.is_sound(signed, binding, &issued.body))
            .map(|(name, _)| name.clone())
            .collect();
        if terms.is_empty() || !proofs.is_signed(signed) {
            return;
        }
        let is_late = withdrawn.get(&serial).is_some_and(|position| binding.roster_seen >= *position);
        let found = Bound { binding: binding.clone(), signed: signed.clone(), terms, is_late };
        let kept = known.bindings.entry(binding.claim.clone()).or_insert_with(|| found.clone());
        let before = |bound: &Bound| (bound.binding.roster_seen, bound.signed.clone());
        let terms = kept.terms.union(&found.terms).cloned().collect();
        if before(&found) < before(kept) {
            kept.clone_from(&found);
        }
        kept.terms = terms;
    }
}

fn keep<K: Ord, T: Clone>(
    entry: std::collections::btree_map::Entry<'_, K, Issued<T>>,
    body: &T,
    signed: &Signed,
    is_present: bool,
) {
    let kept = entry.or_insert_with(|| Issued { body: body.clone(), signed: signed.clone(), is_present });
    keep_smaller(&mut kept.signed, signed);
}

impl Serial {
    /// Bindings to be judged together: those under the present headquarters' invitations, else all there are.
    /// So whoever holds a replaced headquarters' key disables nobody.
    fn judged(&self) -> Vec<&Bound> {
        let present = |bound: &&Bound| self.terms(bound, true).next().is_some();
        let under_present: Vec<&Bound> = self.bindings.values().filter(present).collect();
        if under_present.is_empty() { self.bindings.values().collect() } else { under_present }
    }

    pub(super) fn state(&self) -> BindingState<'_> {
        match self.judged()[..] {
            [] => BindingState::None,
            [bound] => BindingState::Bound(&bound.binding, &bound.signed),
            _ => BindingState::Forked,
        }
    }

    /// The present invitation; of several the larger body.
    pub(super) fn invitation(&self) -> Option<&Invitation> {
        self.invitations.values().rev().find(|issued| issued.is_present).map(|issued| &issued.body)
    }

    /// The credential that gives present rights.
    fn now(&self, serial: u32) -> Option<CredentialView> {
        if let Some(Issued { body, .. }) = self.present_editions().next_back() {
            return Some(CredentialView {
                serial,
                edition: body.edition,
                device: body.device,
                kem: body.kem,
                role: body.role,
                grants: body.grants.clone(),
            });
        }
        let [bound] = self.judged()[..] else { return None };
        let invitation = self.terms(bound, true).next_back().filter(|_| !bound.is_late)?;
        Some(CredentialView {
            serial,
            edition: 0,
            device: bound.binding.claim.device,
            kem: bound.binding.claim.kem,
            role: invitation.role,
            grants: invitation.grants.clone(),
        })
    }

    fn present_editions(&self) -> impl DoubleEndedIterator<Item = &Issued<Credential>> {
        self.credentials.values().filter(|issued| issued.is_present)
    }

    /// The invitations that `bound` is good for.
    fn terms(&self, bound: &Bound, present_only: bool) -> impl DoubleEndedIterator<Item = &Invitation> {
        let issued = bound.terms.iter().filter_map(|name| self.invitations.get(name));
        issued.filter(move |issued| issued.is_present || !present_only).map(|issued| &issued.body)
    }

    /// Whether any edition, or any claim, ever gave `key` the right: enough for the acceptance of segments.
    pub(super) fn ever_accepted(&self, key: &DeviceKey, feed: &Feed, right: Rights) -> bool {
        let mut editions = self.credentials.values().filter(|issued| issued.body.device == *key);
        editions.any(|issued| gives(&issued.body.grants, feed, right))
            || self.bindings.values().any(|bound| self.claim_gives(bound, false, key, feed, right))
    }

    /// Whether what counts for more than acceptance ever gave `key` the right.
    pub(super) fn ever_gave(&self, key: &DeviceKey, feed: &Feed, right: Rights) -> bool {
        let is_named = self.present_editions().any(|issued| issued.body.device == *key);
        let judged = self.judged();
        // Of two claims neither counts until a credential names one of the devices.
        let is_settled = judged.len() == 1 || is_named;
        let mut editions = self.present_editions().filter(|issued| issued.body.device == *key);
        editions.any(|issued| gives(&issued.body.grants, feed, right))
            || judged
                .into_iter()
                .any(|bound| is_settled && !bound.is_late && self.claim_gives(bound, true, key, feed, right))
    }

    fn claim_gives(
        &self,
        bound: &Bound,
        present_only: bool,
        key: &DeviceKey,
        feed: &Feed,
        right: Rights,
    ) -> bool {
        bound.binding.claim.device == *key
            && self.terms(bound, present_only).any(|invitation| gives(&invitation.grants, feed, right))
    }

    /// Every envelope of this serial, ascending.
    pub(super) fn envelopes(&self) -> impl Iterator<Item = &Signed> {
        let credentials = self.credentials.values().map(|issued| &issued.signed);
        let invitations = self.invitations.values().map(|issued| &issued.signed);
        let bindings = self.bindings.values().map(|bound| &bound.signed);
        credentials.chain(invitations).chain(bindings)
    }
}

/// The union of what the covering patterns of `grants` give in `feed`.
pub(super) fn rights_in<'g>(grants: impl IntoIterator<Item = &'g Grant>, feed: &Feed) -> Rights {
    let covering = grants.into_iter().filter(|(pattern, _)| pattern.covers(feed));
    covering.fold(Rights::default(), |all, (_, rights)| all.with(*rights))
}

fn gives<'g>(grants: impl IntoIterator<Item = &'g Grant>, feed: &Feed, right: Rights) -> bool {
    rights_in(grants, feed).includes(right)
}
