//! Scratch paper over a store: what was decided and not yet committed, read as if it were.

use crate::store::memory::judge;
use crate::store::merge::{self, Changes};
use crate::store::port::{Answer, Group, Op, Rows, Store, StoreError, check_derived, check_groups};

/// A view over a [`Store`] that sees the groups decided on it. Nothing reaches the store: whoever decided
/// takes [`Overlay::into_parts`] and commits them in one call.
pub struct Overlay<'a> {
    base: &'a dyn Store,
    changes: Changes,
    groups: Vec<Group>,
    derived: Vec<Op>,
}

impl<'a> Overlay<'a> {
    /// Blank paper over `base`.
    #[must_use]
    pub fn new(base: &'a dyn Store) -> Self {
        Self { base, changes: Changes::new(), groups: Vec::new(), derived: Vec::new() }
    }

    /// Whether nothing was decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.derived.is_empty()
    }

    /// The groups that were decided, in order, for one [`Store::commit`].
    #[must_use]
    pub fn into_groups(self) -> Vec<Group> {
        self.groups
    }

    /// The groups for one [`Store::commit`], and the derived rows for one [`Store::derive`] after it.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Group>, Vec<Op>) {
        (self.groups, self.derived)
    }
}

impl std::fmt::Debug for Overlay<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Overlay({} groups, {} derived)", self.groups.len(), self.derived.len())
    }
}

/// Committing on an overlay only notes what would be committed; a group that fails its conditions is not
/// noted.
impl Store for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(key),
        }
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        merge::scan(&self.changes, prefix, from, limit, |from, limit| self.base.scan(prefix, from, limit))
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        let fetch = |below: Option<&[u8]>, limit| self.base.scan_back(prefix, below, limit);
        merge::scan_back(&self.changes, prefix, below, limit, fetch)
    }

    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        check_groups(&groups)?;
        let mut answers = Vec::with_capacity(groups.len());
        for group in groups {
            let answer = judge(&group, |key| self.get(key))?;
            if answer == Answer::Committed {
                self.changes.extend(group.ops.iter().cloned().map(Op::into_change));
                self.groups.push(group);
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        check_derived(&ops)?;
        self.changes.extend(ops.iter().cloned().map(Op::into_change));
        self.derived.extend(ops);
        Ok(())
    }
}
