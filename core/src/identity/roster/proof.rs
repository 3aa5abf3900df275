//! Signatures, verified once: what an earlier fold proved is not proved again.

use std::collections::BTreeSet;

use crate::encoding;
use crate::hash;
use crate::id::OrgId;
use crate::identity::{Binding, Invitation, Signed, binding_is_sound};

/// What was proved before, and what this fold needed and found good.
pub(super) struct Proofs<'a> {
    org: OrgId,
    before: &'a BTreeSet<[u8; 32]>,
    now: BTreeSet<[u8; 32]>,
}

impl<'a> Proofs<'a> {
    pub(super) const fn new(org: OrgId, before: &'a BTreeSet<[u8; 32]>) -> Self {
        Self { org, before, now: BTreeSet::new() }
    }

    pub(super) fn org(&self) -> OrgId {
        self.org
    }

    /// Whether the envelope's signature is good for this organisation.
    pub(super) fn is_signed(&mut self, signed: &Signed) -> bool {
        let name = hash::derive("proved envelope", &[&signed.to_bytes()]);
        self.once(name, |org| signed.clone().verify(org).is_ok())
    }

    /// Whether a binding's claim is good for `invitation`.
    pub(super) fn is_sound(&mut self, signed: &Signed, binding: &Binding, invitation: &Invitation) -> bool {
        let terms = encoding::to_bytes(invitation);
        let name = hash::derive("proved binding", &[&hash::derive("terms", &[&terms]), &signed.to_bytes()]);
        self.once(name, |org| binding_is_sound(org, &signed.signer, binding, invitation))
    }

    fn once(&mut self, name: [u8; 32], check: impl FnOnce(&OrgId) -> bool) -> bool {
        let good = self.before.contains(&name) || self.now.contains(&name) || check(&self.org);
        if good {
            self.now.insert(name);
        }
        good
    }

    pub(super) fn into_proved(self) -> BTreeSet<[u8; 32]> {
        self.now
    }
}
