//! What a notebook's log holds already, for later entries to point at.

use std::collections::BTreeMap;

use khettara_core::id::DocumentId;
use khettara_core::log::{Content, Earlier, Ground, Pointed, Slim, actor_id};
use khettara_records::content::SlimChanges;

use crate::field_work::Notebook;

/// Changes of one log, by position, and the last of each document.
#[derive(Debug, Clone, Default)]
pub struct OwnBranch {
    changes: BTreeMap<u64, Pointed>,
    latest: BTreeMap<DocumentId, u64>,
}

impl OwnBranch {
    /// Takes what a cut made.
    pub fn take(&mut self, changes: &[(u64, Pointed)]) {
        self.changes.extend(changes.iter().copied());
        self.latest.extend(changes.iter().map(|(n, change)| (change.document, *n)));
    }

    /// A notebook's new entries as codec 2 compresses them; they can be pointed at from then on.
    pub fn slim(&mut self, notebook: &mut Notebook) -> Vec<u8> {
        let first = notebook.first();
        let Content { start_nonce, items } = notebook.take();
        let ground = Ground { log: notebook.log, first, nonce: start_nonce, earlier: &*self };
        let shaped = SlimChanges.narrow(&ground, &items);
        let actor = actor_id(&notebook.log, &notebook.nonce());
        let mut changes = Vec::new();
        for ((n, item), slim) in (first..).zip(&items).zip(&shaped) {
            if let Ok((document, _, hash)) = item.split_change() {
                changes.push((n, Pointed { document, hash, actor, last_op: slim.last_op }));
            }
        }
        self.take(&changes);
        Content { start_nonce, items: shaped.into_iter().map(|item| item.written).collect() }.to_bytes()
    }
}

impl Earlier for OwnBranch {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.changes.get(&n).copied()
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.latest.get(document).copied()
    }
}
