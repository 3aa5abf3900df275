//! Families over records: which documents speak of one family, by the links between them.

use std::collections::BTreeMap;

use khettara_core::id::DocumentId;

/// Records joined by `same_as` and `continues`, whatever their direction and however they loop. A family's id is the
/// smallest id of its records, so it is the same wherever the same links are known.
#[derive(Debug, Clone, Default)]
pub struct Families {
    /// Towards a smaller id, or to itself; the root of a tree is the smallest of its records.
    parents: BTreeMap<DocumentId, DocumentId>,
}

impl Families {
    /// These two are one family.
    pub fn join(&mut self, one: &DocumentId, other: &DocumentId) {
        let (one, other) = (self.root(one), self.root(other));
        if one == other {
            // Linked to itself, or known already.
            return;
        }
        let (smaller, larger) = if one <= other { (one, other) } else { (other, one) };
        self.parents.insert(larger, smaller);
        self.parents.entry(smaller).or_insert(smaller);
    }

    /// The smallest id of the family that a record belongs to: its own where nothing links it.
    #[must_use]
    pub fn family_of(&self, record: &DocumentId) -> DocumentId {
        let mut at = *record;
        while let Some(parent) = self.parents.get(&at).filter(|parent| **parent != at) {
            at = *parent;
        }
        at
    }

    /// The records of each family that has several, by family, ascending.
    #[must_use]
    pub fn of_several(&self) -> BTreeMap<DocumentId, Vec<DocumentId>> {
        let mut families: BTreeMap<DocumentId, Vec<DocumentId>> = BTreeMap::new();
        for record in self.parents.keys() {
            families.entry(self.family_of(record)).or_default().push(*record);
        }
        families
    }

    /// The root, and a shorter way to it from now on.
    fn root(&mut self, record: &DocumentId) -> DocumentId {
        let root = self.family_of(record);
        let mut at = *record;
        while at != root {
            let next = self.parents.insert(at, root).unwrap_or(root);
            at = next;
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> DocumentId {
        DocumentId([number; 16])
    }

    #[test]
    fn loops_chains_and_any_order_give_one_family_with_its_smallest_id() {
        let links = [(5, 4), (4, 3), (3, 5), (9, 8), (7, 9), (2, 7)];
        for turn in 0..links.len() {
            let mut families = Families::default();
            for place in 0..links.len() {
                let (one, other) = links[(place + turn) % links.len()];
                families.join(&id(one), &id(other));
            }
            for (record, family) in [(3, 3), (4, 3), (5, 3), (2, 2), (7, 2), (8, 2), (9, 2), (1, 1)] {
                assert_eq!(families.family_of(&id(record)), id(family), "{record} after {turn}");
            }
            let several = families.of_several();
            assert_eq!(several.len(), 2);
            assert_eq!(several[&id(3)], vec![id(3), id(4), id(5)]);
        }
    }

    #[test]
    fn a_record_that_other_software_linked_to_itself_is_a_family_of_one() {
        let mut families = Families::default();
        families.join(&id(5), &id(5));
        assert_eq!(families.family_of(&id(5)), id(5));
        assert!(families.of_several().is_empty());
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_is_walked_without_a_deep_stack() {
        let long = |number: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            DocumentId(bytes)
        };
        let mut families = Families::default();
        (1..100_000).rev().for_each(|number| families.join(&long(number), &long(number - 1)));
        assert_eq!(families.family_of(&long(99_999)), long(0));
    }
}
