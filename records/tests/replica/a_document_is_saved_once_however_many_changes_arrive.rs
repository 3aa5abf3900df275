//! However many changes of colleagues arrive together, each document is saved once.

use std::collections::BTreeMap;

use khettara_core::store::{Answer, DERIVED, Group, MemoryStore, Op, Rows, Store, StoreError};

use crate::station::{Station, feed, household, visit};

/// A store that counts how often each derived row of a document is written.
struct Counting {
    store: MemoryStore,
    documents: BTreeMap<Vec<u8>, u32>,
}

impl Counting {
    fn new() -> Self {
        Self { store: MemoryStore::new(), documents: BTreeMap::new() }
    }

    /// Writes since the last time.
    fn take(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.documents).into_values().collect()
    }
}

impl Store for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(key)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        self.store.scan(prefix, from, limit)
    }

    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        self.store.scan_back(prefix, below, limit)
    }

    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        self.store.commit(groups)
    }

    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        let prefix = [&[DERIVED, b'R'], feed().as_str().as_bytes(), b"\0d"].concat();
        for op in ops.iter().filter(|op| op.key().starts_with(&prefix)) {
            *self.documents.entry(op.key().to_vec()).or_default() += 1;
        }
        self.store.derive(ops)
    }
}

#[test]
fn a_document_is_saved_once_however_many_changes_arrive() {
    let mut registrar = Station::new(1);
    for number in 0..3 {
        registrar.write(&household(number, ""));
    }
    registrar.cut();
    let mut colleagues: Vec<Station> = (2..5).map(Station::new).collect();
    for colleague in &mut colleagues {
        colleague.hear(&registrar);
        for day in 0..12 {
            colleague.write(&visit(day % 2, "was here"));
        }
        colleague.cut();
    }
    let mut tablet = Station::over(9, 9, Counting::new());
    tablet.learn_key(1);
    tablet.hear(&registrar);
    assert_eq!(tablet.store.take(), [1, 1, 1]);
    for colleague in &colleagues {
        tablet.take_all(&colleague.parcels());
    }
    let caught = tablet.catch_up();
    assert_eq!((caught.merged, caught.visits), (36, 36));
    assert_eq!(tablet.store.take(), [1, 1], "one save of each document that has something new");
    tablet.catch_up();
    assert!(tablet.store.take().is_empty(), "and none where nothing is new");
    tablet.write(&visit(0, "I too"));
    assert_eq!(tablet.store.take(), [1], "a form saved is one save of its document");
}
