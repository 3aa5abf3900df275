//! One party of a story: its keys, its store, its engine.

use std::collections::BTreeSet;

use khettara_core::id::{DeviceKey, Feed, Head, LogId, OrgId};
use khettara_core::identity::{Claim, Identity, InviteKeys, InviteSecret};
use khettara_core::log::{
    Codec, Entry, NoDictionaries, OpenedEntry, Place, ReceiptLine, Segment, Unit, Written, first_head,
    open_on,
};
use khettara_core::store::held;
use khettara_core::store::{Answer, DERIVED, Group, MemoryStore, Op, Store, StoreError};
use khettara_core::sync::{CutStyle, Engine, Party, is_granted};
use khettara_core::wire::ClaimFrame;
use khettara_records::airlock::Stage;
use khettara_records::content::{CODEC, Shipped};
use khettara_records::model::{Form, RecordError};
use khettara_records::replica::{CaughtUp, RecordFailure, Replica, Saved};

use crate::own_branch::OwnBranch;

/// What a party's copy keeps loaded: little, so that documents are read anew.
pub(crate) const CACHE_BYTES: usize = 65_536;

/// What a party is in the story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A tablet.
    Tablet,
    /// A relay: gives receipts.
    Relay,
    /// Headquarters, or the root in its safe.
    Headquarters,
}

/// A party and everything it has.
pub struct Node {
    /// Its name in the story.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
    /// Its keys.
    pub identity: Identity,
    /// Its store.
    pub store: Box<dyn Store>,
    /// Its engine.
    pub engine: Engine,
    /// Its readable copy, of this process.
    pub replica: Replica,
    /// Whether it cuts its entries as tablets do; else without a dictionary, and changes whole.
    pub is_slim: bool,
    /// The claim that its ticket lets it make.
    pub ticket: Option<ClaimFrame>,
}

impl Node {
    /// A party over `store`, in a process with `seed`.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn start(
        name: &str,
        kind: NodeKind,
        org: OrgId,
        identity: Identity,
        seed: [u8; 32],
        store: Box<dyn Store>,
    ) -> Self {
        let party = party(kind, org, &identity);
        let engine = Engine::new(party, seed, "khettara-tests", 1, &*store).expect("the store reads");
        let replica = Replica::new(org, CACHE_BYTES, Stage::here());
        Self { name: name.into(), kind, identity, store, engine, replica, is_slim: false, ticket: None }
    }

    /// Ends the process and starts another over `store`: what is left of the one before, a copy, a backup.
    #[must_use]
    pub fn reopened(self, seed: [u8; 32], store: Box<dyn Store>) -> Self {
        self.cloned(&self.name, seed, store)
    }

    /// A second party with this one's keys, its ticket, and `store`.
    #[must_use]
    pub fn cloned(&self, name: &str, seed: [u8; 32], store: Box<dyn Store>) -> Self {
        let old = self.engine.party();
        let mut next = Self::start(name, self.kind, old.org, self.identity.clone(), seed, store);
        next.engine.party_mut().open_secrets.clone_from(&old.open_secrets);
        next.ticket.clone_from(&self.ticket);
        if self.is_slim {
            next.write_slim();
        }
        next.arm();
        next
    }

    /// Cuts its entries as tablets do from now on: changes slim, with the dictionary that is shipped.
    pub fn write_slim(&mut self) {
        self.is_slim = true;
        // At a level at which thousands of worlds end today.
        self.engine.party_mut().cut = CutStyle { codec: CODEC, level: 3, dictionaries: Box::new(Shipped) };
    }

    /// Claims what the ticket gives, unless this store holds it already: a restored one may not.
    fn arm(&mut self) {
        let Some(ticket) = &self.ticket else { return };
        let credential = self.engine.roster().credential(ticket.claim.serial);
        let has_won = credential.is_some_and(|credential| credential.device == self.key());
        let has_keys = is_granted(&*self.store, self.engine.party()).expect("the store reads");
        self.engine.party_mut().claim = Some(ticket.clone()).filter(|_| !has_won || !has_keys);
    }

    /// Ends the process and starts another over the same store.
    #[must_use]
    pub fn restart(self, seed: [u8; 32]) -> Self {
        let (store, none): (_, Box<dyn Store>) = (self.store, Box::new(MemoryStore::new()));
        Self { store: none, ..self }.reopened(seed, store)
    }

    /// Its name on the wire.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.identity.key()
    }

    /// Holds the invitation's secret: will claim at its next meeting.
    pub fn take_invitation(&mut self, serial: u32, secret: &InviteSecret, registrar: DeviceKey) {
        let org = self.engine.party().org;
        let keys = InviteKeys::derive(&org, serial, secret);
        let (device, kem) = (self.identity.key(), self.identity.kem.public());
        let claim = Claim { serial, device, kem, registrar };
        let (by_device, by_secret) = claim.sign(&org, &self.identity.signing, &keys.claim);
        let party = self.engine.party_mut();
        party.open_secrets.push(keys.open);
        self.ticket = Some(ClaimFrame { claim, by_device, by_secret });
        self.arm();
    }

    /// Cuts what is saved, as a tablet does when it locks.
    ///
    /// # Panics
    /// Where the store fails.
    pub fn engine_cut(&mut self) {
        self.engine.cut_all(&mut *self.store).expect("cuts");
    }

    /// Saves an entry of a kind that readers do not know, with these bytes: enough for stories about logs.
    ///
    /// # Errors
    /// [`StoreError`] where it did not become durable.
    ///
    /// # Panics
    /// Where the store moved underneath.
    pub fn note(&mut self, feed: &Feed, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(feed, &Written { kind: 77, bytes: bytes.to_vec() })
    }

    /// Saves any entry.
    ///
    /// # Errors
    /// [`StoreError`] where it did not become durable.
    ///
    /// # Panics
    /// Where the store moved underneath, or a change has no hash.
    pub fn write(&mut self, feed: &Feed, written: &Written) -> Result<(), StoreError> {
        let slot = self.engine.pen().slot(&*self.store, feed)?;
        let group = self.engine.pen().save(slot, written).expect("has a hash");
        match self.store.commit(vec![group]) {
            Ok(answers) => {
                assert_eq!(answers, vec![Answer::Committed]);
                Ok(())
            }
            Err(error) => {
                self.engine.pen().renew();
                Err(error)
            }
        }
    }

    /// Saves forms, as a tablet does.
    ///
    /// # Errors
    /// [`RecordFailure`] where nothing of them was saved.
    pub fn record(
        &mut self,
        feed: &Feed,
        forms: &[Form],
    ) -> Result<Vec<Result<Saved, RecordError>>, RecordFailure> {
        self.replica.record(&mut *self.store, self.engine.pen(), feed, forms)
    }

    /// Its software is of an earlier release from now on: it knows the constants up to this number.
    pub fn age(&mut self, constants_max: u32) {
        self.replica = Replica::knowing(self.engine.party().org, CACHE_BYTES, Stage::here(), constants_max);
    }

    /// Turns what is newly held of a feed into documents.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be read, or its rows could not be kept.
    pub fn catch_up(&mut self, feed: &Feed) -> Result<CaughtUp, StoreError> {
        let (store, feeds) = (&mut *self.store, std::slice::from_ref(feed));
        self.replica.catch_up_by(store, feeds, &Shipped, self.engine.roster())
    }

    /// A copy of everything the store holds, in memory: a clone, a backup.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn copied_store(&self) -> MemoryStore {
        let mut copy = self.store_without_rows();
        let rows = self.store.scan(&[DERIVED], &[DERIVED], usize::MAX).expect("reads");
        copy.derive(puts(rows)).expect("memory takes it");
        copy
    }

    /// The same without what was derived: whoever reads it reads all anew.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn store_without_rows(&self) -> MemoryStore {
        let mut copy = MemoryStore::new();
        let rows = self.store.scan(&[], &[], usize::MAX).expect("reads");
        let kept = rows.into_iter().filter(|(key, _)| key.first() != Some(&DERIVED)).collect();
        copy.commit(vec![Group { expect: vec![], ops: puts(kept) }]).expect("memory takes it");
        copy
    }

    /// Notes saved here and in no segment yet.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn pending_notes(&self, feed: &Feed) -> Vec<Vec<u8>> {
        let logs = held::own_logs(&*self.store, feed).expect("reads");
        let waiting = logs.iter().flat_map(|own| held::pending(&*self.store, &own.log).expect("reads"));
        let notes = waiting.filter(|(_, written)| written.kind != Entry::START);
        notes.map(|(_, written)| written.bytes).collect()
    }

    /// What receipts of `place` say of this device's logs in a feed, read as a device reads them: only where the head
    /// is its own at that position.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn receipt_lines(&self, feed: &Feed, place: Place) -> Vec<ReceiptLine> {
        self.receipt_lines_where(feed, |receipt| receipt.body.place == place)
    }

    fn receipt_lines_where(
        &self,
        feed: &Feed,
        is_meant: impl Fn(&held::HeldReceipt) -> bool,
    ) -> Vec<ReceiptLine> {
        let me = self.key();
        let receipts = held::receipts_in(&*self.store, feed, Some(&me)).expect("reads");
        let lines = receipts.into_iter().filter(is_meant).flat_map(|receipt| receipt.body.lines.into_vec());
        let own = lines.filter(|(log, n, head, _)| {
            let ending = held::segments_ending_at(&*self.store, log, *n).expect("reads");
            ending.iter().any(|(_, row)| row.head == *head)
        });
        own.collect()
    }

    /// The same, how far alone.
    #[must_use]
    pub fn receipted(&self, feed: &Feed, place: Place) -> Vec<(LogId, u64, Head)> {
        self.receipt_lines(feed, place).into_iter().map(|(log, n, head, _)| (log, n, head)).collect()
    }

    /// How far one issuer's receipts reach, read as a device reads them.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn receipted_by(&self, feed: &Feed, issuer: &DeviceKey) -> Vec<(LogId, u64, Head)> {
        let lines = self.receipt_lines_where(feed, |receipt| receipt.signed.signer == *issuer);
        lines.into_iter().map(|(log, n, head, _)| (log, n, head)).collect()
    }

    /// Every note held here of a feed, in no particular order, readable or not being asked of the log itself.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn notes(&self, feed: &Feed) -> Vec<Vec<u8>> {
        self.notes_with_keys_of(feed, &*self.store)
    }

    /// The same, opened with the feed keys of another store: what a relay holds, read by somebody who may.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn notes_with_keys_of(&self, feed: &Feed, keys: &dyn Store) -> Vec<Vec<u8>> {
        let entries = self.entries(feed, keys).into_iter();
        let notes = entries.filter(|(_, entry)| entry.written.kind != Entry::START);
        let mut found: Vec<Vec<u8>> = notes.map(|(_, entry)| entry.written.bytes).collect();
        found.sort();
        found
    }

    /// Every entry of a feed's listed segments that the keys of a store open, segment by segment: twins twice.
    ///
    /// # Panics
    /// Where the store cannot be read.
    #[must_use]
    pub fn entries(&self, feed: &Feed, keys: &dyn Store) -> Vec<(LogId, OpenedEntry)> {
        let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
        let org = self.engine.party().org;
        let vector = held::vector_of(&*self.store, [feed]).expect("reads");
        for (log, n, tip) in vector.lines(feed).to_vec() {
            let (mut before, mut earlier) = (first_head(&log), OwnBranch::default());
            for (id, row) in held::above(&*self.store, &log, &[(n, tip)], &[]).expect("reads") {
                let bytes = held::segment_bytes(&*self.store, &id).expect("reads").expect("held");
                let segment = Segment::from_bytes(&org, &bytes).expect("good");
                let key = held::feed_key(keys, feed, &row.key).expect("reads");
                let unit = open_on(&org, &segment, (&before, &earlier), false, key.as_ref(), &Shipped);
                if let Unit::Entries(entries) = unit {
                    let pointed = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(&log)?)));
                    earlier.take(&pointed.collect::<Vec<_>>());
                    if seen.insert(id) {
                        found.extend(entries.into_iter().map(|entry| (log, entry)));
                    }
                }
                before = row.head;
            }
        }
        found
    }
}

fn puts(rows: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<Op> {
    rows.into_iter().map(|(key, value)| Op::Put(key, value)).collect()
}

fn party(kind: NodeKind, org: OrgId, identity: &Identity) -> Party {
    Party {
        org,
        organisation: "Errachidia".into(),
        identity: identity.clone(),
        receipts: match kind {
            NodeKind::Tablet => Some(Place::COLLEAGUE),
            NodeKind::Relay => Some(Place::RELAY),
            NodeKind::Headquarters => None,
        },
        cut: CutStyle {
            codec: Codec::Zstd { dictionary: 0 },
            level: 3,
            dictionaries: Box::new(NoDictionaries),
        },
        claim: None,
        open_secrets: Vec::new(),
    }
}
