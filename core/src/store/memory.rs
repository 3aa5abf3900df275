//! A store in memory: for tests, for simulations, and for a courier's short errands.

use crate::store::merge::{Changes, ascending, descending};
use crate::store::port::{Answer, Group, Op, Rows, Store, StoreError, check_derived, check_groups};
use std::collections::BTreeMap;

/// A [`Store`] that ends with its process.
#[derive(Clone, Default)]
pub struct MemoryStore {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn write(&mut self, ops: Vec<Op>) {
        for op in ops {
            match op {
                Op::Put(key, value) => self.rows.insert(key, value),
                Op::Delete(key) => self.rows.remove(&key),
            };
        }
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MemoryStore({} rows)", self.rows.len())
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        let found = ascending(&self.rows, prefix, from).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        let found = descending(&self.rows, prefix, below).take(limit);
        Ok(found.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        check_groups(&groups)?;
        let (answers, ops) = decide(groups, |key| Ok(self.rows.get(key).cloned()))?;
        self.write(ops);
        Ok(answers)
    }

    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        check_derived(&ops)?;
        self.write(ops);
        Ok(())
    }
}

/// The answer a group gets where `get` reads the values it meets.
pub(crate) fn judge(
    group: &Group,
    mut get: impl FnMut(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<Answer, StoreError> {
    for expect in &group.expect {
        let answer = expect.judge(get(expect.key())?.as_deref());
        if answer != Answer::Committed {
            return Ok(answer);
        }
    }
    Ok(Answer::Committed)
}

/// Judges groups one after the other, each seeing those before it: the answers, and what changes.
pub(crate) fn decide(
    groups: Vec<Group>,
    mut get: impl FnMut(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
) -> Result<(Vec<Answer>, Vec<Op>), StoreError> {
    let mut seen = Changes::new();
    let mut answers = Vec::with_capacity(groups.len());
    let mut ops = Vec::new();
    for group in groups {
        let answer = judge(&group, |key| match seen.get(key) {
            Some(change) => Ok(change.clone()),
            None => get(key),
        })?;
        if answer == Answer::Committed {
            seen.extend(group.ops.iter().cloned().map(Op::into_change));
            ops.extend(group.ops);
        }
        answers.push(answer);
    }
    Ok((answers, ops))
}
