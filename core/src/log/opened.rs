//! Opening a held segment with its feed's key: the entries, or the one reason why there are none yet.

use crate::id::{ChangeHash, DocumentId, EntryHash, Head, LogId, OrgId, StartNonce};
use crate::identity::FeedKey;
use crate::log::content::{Content, Written};
use crate::log::descriptor::actor_id;
use crate::log::entry::{Entry, EntryFault, chain_head};
use crate::log::payload::{Dictionaries, Form, PayloadFault, unpack_form};
use crate::log::segment::Segment;
use crate::log::slim::{Earlier, Ground, NoEarlier, Pointed, Shaped, SlimFault};

/// What a segment turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Its entries; their chain gives the declared head.
    Entries(Vec<OpenedEntry>),
    /// Sealed with a key that is not here.
    WaitingKey,
    /// Its codec or dictionary is newer than this software.
    WaitingSoftware,
    /// It points at an entry of its branch whose change is not readable here.
    WaitingAncestor,
    /// Does not open, or does not give its declared head: `Quarantined(content)` as one unit. The log goes on
    /// from the declared head.
    Broken,
}

/// One entry of an opened segment.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedEntry {
    /// Its position in the log.
    pub n: u64,
    /// The chain value at it.
    pub head: Head,
    /// Its hash.
    pub hash: EntryHash,
    /// Nonce of the Start it was written under: gives the actor it must have.
    pub nonce: StartNonce,
    /// What it says, or that its body is malformed.
    pub entry: Result<Entry, EntryFault>,
    /// As content carried it; for a Change `document ‖ chunk`.
    pub written: Written,
    /// As [`Pointed::last_op`].
    pub last_op: u64,
}

impl std::fmt::Debug for OpenedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedEntry({}, {:?})", self.n, self.written)
    }
}

impl OpenedEntry {
    /// For a Change: document, hash and chunk.
    #[must_use]
    pub fn change(&self) -> Option<(DocumentId, ChangeHash, &[u8])> {
        match self.entry {
            Ok(Entry::Change { document, hash }) => Some((document, hash, self.written.bytes.get(16..)?)),
            _ => None,
        }
    }

    /// For a Change: what a later entry of its branch of `log` may point at.
    #[must_use]
    pub fn pointed(&self, log: &LogId) -> Option<Pointed> {
        let (document, hash, _) = self.change()?;
        Some(Pointed { document, hash, actor: actor_id(log, &self.nonce), last_op: self.last_op })
    }
}

/// As [`open_on`], for a segment that points at nothing before it.
#[must_use]
pub fn open(
    org: &OrgId,
    segment: &Segment,
    before: &Head,
    clear: bool,
    key: Option<&FeedKey>,
    dictionaries: &dyn Dictionaries,
) -> Unit {
    open_on(org, segment, (before, &NoEarlier), clear, key, dictionaries)
}

/// Opens `segment`, which goes on from the head `before` and from what its branch holds `earlier`. `key` is the
/// feed's key it names; none for a clear feed (`clear`), or where it is not here.
#[must_use]
pub fn open_on(
    org: &OrgId,
    segment: &Segment,
    (before, earlier): (&Head, &dyn Earlier),
    clear: bool,
    key: Option<&FeedKey>,
    dictionaries: &dyn Dictionaries,
) -> Unit {
    let body = segment.body();
    let payload = match key {
        _ if clear => segment.sealed().to_vec(),
        None => return Unit::WaitingKey,
        Some(key) => match key.open(&body.aad(org, segment.header().version()), segment.sealed()) {
            Ok(payload) => payload,
            Err(_) => return Unit::Broken,
        },
    };
    let (form, bytes) = match unpack_form(&payload, dictionaries) {
        Ok(content) => content,
        Err(PayloadFault::Unknown) => return Unit::WaitingSoftware,
        Err(PayloadFault::Malformed) => return Unit::Broken,
    };
    let Ok(Content { start_nonce, items }) = Content::from_bytes(&bytes, body.count) else {
        return Unit::Broken;
    };
    let ground = Ground { log: body.log, first: body.first, nonce: start_nonce, earlier };
    let items = match (form, dictionaries.slim()) {
        (Form::Slim, Some(slim)) => match slim.widen(&ground, items) {
            Ok(items) => items,
            Err(SlimFault::Ancestor) => return Unit::WaitingAncestor,
            Err(SlimFault::Software) => return Unit::WaitingSoftware,
            Err(SlimFault::Malformed) => return Unit::Broken,
        },
        _ => items.into_iter().map(|written| Shaped { written, last_op: 0 }).collect(),
    };
    match chain(start_nonce, items, body.first, before) {
        Some(entries) if entries.last().is_some_and(|entry| entry.head == body.head) => {
            Unit::Entries(entries)
        }
        _ => Unit::Broken,
    }
}

/// Follows the chain over a content's items. `None` where one has no hash, or a Start breaks a rule.
fn chain(mut nonce: StartNonce, items: Vec<Shaped>, first: u64, before: &Head) -> Option<Vec<OpenedEntry>> {
    let mut head = *before;
    let mut entries = Vec::with_capacity(items.len());
    for (n, Shaped { written, last_op }) in (first..).zip(items) {
        let hash = written.hash().ok()?;
        head = chain_head(&head, n, &hash);
        let entry = match written.split_change() {
            Ok((document, _, hash)) => Ok(Entry::Change { document, hash }),
            Err(_) => Entry::decode(written.kind, &written.bytes),
        };
        match &entry {
            Ok(Entry::Start(start)) => nonce = start.nonce,
            _ if written.kind == Entry::START || n == 1 => return None,
            _ => {}
        }
        entries.push(OpenedEntry { n, head, hash, nonce, entry, written, last_op });
    }
    Some(entries)
}
