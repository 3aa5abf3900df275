//! A small organisation for the stories: pens that write logs, and people who sign.

use crate::encoding::{self, Set};
use crate::hash;
use crate::id::{DeviceKey, Feed, Head, KemKey, LogId, OrgId, Pattern};
use crate::identity::{
    Binding, Claim, Closing, Credential, Delegate, Genesis, Grant, Invitation, InviteKeys, InviteSecret,
    Item, Kind, Mode, Release, Rights, Role, RotateRoot, Signed, SigningKey, organisation_id,
};

use super::root::next_root;
use super::{Roster, RosterBranch, RosterEntry, RosterLog};

pub(super) type Point = (LogId, u64, Head);

/// A secret by number.
pub(super) fn secret(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

pub(super) fn feed(name: &str) -> Feed {
    Feed::new(name).expect("a feed")
}

pub(super) fn patterns(names: &[&str]) -> Set<Pattern> {
    names.iter().map(|name| Pattern::new(*name).expect("a pattern")).collect()
}

pub(super) fn grants(all: &[(&str, Rights)]) -> Set<Grant> {
    all.iter().map(|(name, rights)| (Pattern::new(*name).expect("a pattern"), *rights)).collect()
}

/// Writes one branch of one log.
#[derive(Clone)]
pub(super) struct Pen {
    log: RosterLog,
    entries: Vec<RosterEntry>,
}

impl Pen {
    pub(super) fn new(key: &SigningKey, feed: Feed, incarnation: u8, continues: Option<Point>) -> Self {
        let device = key.public();
        let name = encoding::to_bytes(&(device, &feed, [incarnation; 16], continues));
        let id = LogId(hash::derive("story log", &[&name]));
        let log = RosterLog { id, feed, device, continues, branches: Vec::new() };
        let mut pen = Self { log, entries: Vec::new() };
        pen.push(None);
        pen
    }

    pub(super) fn roster(key: &SigningKey, continues: Option<Point>) -> Self {
        Self::new(key, Feed::roster(), 1, continues)
    }

    fn push(&mut self, item: Option<Item>) {
        let n = self.entries.len() as u64 + 1;
        let before = self.entries.last().map_or(self.log.id.0, |entry| entry.head.0);
        let (number, bytes) = item.as_ref().map_or((0, Vec::new()), Item::encode);
        let head = Head(hash::derive("story head", &[&before, &n.to_le_bytes(), &[number], &bytes]));
        self.entries.push(RosterEntry { n, head, item });
    }

    pub(super) fn write(&mut self, item: Item) -> Point {
        self.push(Some(item));
        self.end()
    }

    pub(super) fn end(&self) -> Point {
        let last = self.entries.last().expect("a Start");
        (self.log.id, last.n, last.head)
    }

    /// The log with this branch alone.
    pub(super) fn log(&self) -> RosterLog {
        self.log_with(&[])
    }

    /// The log with this branch and `others` of it.
    pub(super) fn log_with(&self, others: &[&Self]) -> RosterLog {
        let branches = std::iter::once(self).chain(others.iter().copied());
        let branches = branches.map(|pen| RosterBranch { entries: pen.entries.clone() }).collect();
        RosterLog { branches, ..self.log.clone() }
    }
}

/// A tablet waiting for its serial.
pub(super) struct Guest {
    pub(super) key: SigningKey,
    pub(super) kem: KemKey,
}

impl Guest {
    pub(super) fn new(number: u8) -> Self {
        Self { key: secret(number), kem: KemKey([number; 32]) }
    }

    pub(super) fn name(&self) -> DeviceKey {
        self.key.public()
    }
}

/// Root, headquarters and one relay, with their logs.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) org: OrgId,
    /// The secret in every QR code it hands out.
    pub(super) code: [u8; 16],
    pub(super) root_key: SigningKey,
    pub(super) next_root_key: SigningKey,
    pub(super) hq_key: SigningKey,
    pub(super) relay_key: SigningKey,
    pub(super) root: Pen,
    pub(super) hq: Pen,
    pub(super) people: Pen,
    pub(super) bindings: Pen,
}

pub(super) const ALL: Rights = Rights(7);
pub(super) const COMMUNE: &str = "08.201.11.07";

impl Office {
    pub(super) fn open() -> Self {
        let (root_key, next_root_key, hq_key, relay_key) = (secret(1), secret(2), secret(3), secret(4));
        let genesis = Genesis {
            root: root_key.public(),
            next: next_root(&next_root_key.public()),
            recovery: KemKey([9; 32]),
        };
        let org = organisation_id(&genesis);
        let mut root = Pen::roster(&root_key, None);
        root.write(Self::genesis(org, &root_key, &genesis));
        root.write(delegate(&hq_key, Role::HEADQUARTERS, &["*"], None));
        root.write(delegate(&relay_key, Role::RELAY, &["08.*"], None));
        Self {
            org,
            code: [7; 16],
            hq: Pen::roster(&hq_key, None),
            people: Pen::new(&hq_key, Feed::people(), 1, None),
            bindings: Pen::new(&relay_key, Feed::bindings(), 1, None),
            root_key,
            next_root_key,
            hq_key,
            relay_key,
            root,
        }
    }

    pub(super) fn genesis(org: OrgId, key: &SigningKey, genesis: &Genesis) -> Item {
        let signed = Signed::make(&org, key, Kind::Genesis, encoding::to_bytes(genesis));
        Item::Genesis(signed.as_signed().clone(), genesis.clone())
    }

    pub(super) fn logs(&self) -> Vec<RosterLog> {
        vec![self.root.log(), self.hq.log(), self.people.log(), self.bindings.log()]
    }

    pub(super) fn read(&self) -> Roster {
        Roster::fold(self.org, &self.logs(), &[])
    }

    fn sign<T: serde::Serialize>(&self, key: &SigningKey, kind: Kind, body: &T) -> Signed {
        Signed::make(&self.org, key, kind, encoding::to_bytes(body)).as_signed().clone()
    }

    pub(super) fn invitation(&self, serial: u32, role: Role, granted: &[(&str, Rights)]) -> Invitation {
        let keys = self.invite_keys(serial);
        Invitation {
            serial,
            role,
            grants: grants(granted),
            claim: keys.claim.public(),
            open: keys.open.public(),
            registrar: self.relay_key.public(),
        }
    }

    fn invite_keys(&self, serial: u32) -> InviteKeys {
        InviteKeys::derive(&self.org, serial, &InviteSecret::new(self.code))
    }

    pub(super) fn invite(&self, by: &SigningKey, invitation: Invitation) -> Item {
        Item::Invitation(self.sign(by, Kind::Invitation, &invitation), invitation)
    }

    pub(super) fn bind(&self, by: &SigningKey, serial: u32, guest: &Guest, roster_seen: u64) -> Item {
        let claim = Claim { serial, device: guest.name(), kem: guest.kem, registrar: by.public() };
        let (by_device, by_secret) = claim.sign(&self.org, &guest.key, &self.invite_keys(serial).claim);
        let binding = Binding { claim, by_device, by_secret, roster_seen };
        Item::Binding(self.sign(by, Kind::Binding, &binding), binding)
    }

    /// Invites a worker of the commune and binds `guest`.
    pub(super) fn enrol(&mut self, serial: u32, guest: &Guest) {
        let invitation = self.invitation(serial, Role::WORKER, &[(COMMUNE, Rights(3))]);
        self.people.write(self.invite(&self.hq_key, invitation));
        self.bindings.write(self.bind(&self.relay_key, serial, guest, 1));
    }

    pub(super) fn credential(
        &self,
        by: &SigningKey,
        (serial, edition): (u32, u32),
        guest: &Guest,
        role: Role,
        granted: &[(&str, Rights)],
    ) -> Item {
        let (device, kem) = (guest.name(), guest.kem);
        let body = Credential { serial, edition, device, kem, role, grants: grants(granted) };
        Item::Credential(self.sign(by, Kind::Credential, &body), body)
    }

    pub(super) fn closing(&self, by: &SigningKey, mode: Mode, device: &DeviceKey, feeds: &[&str]) -> Item {
        let body = Closing {
            serial: 0,
            mode,
            devices: [*device].into_iter().collect(),
            feeds: patterns(feeds),
            keep: Set::default(),
            reason: 1,
        };
        Item::Closing(self.sign(by, Kind::Closing, &body), body)
    }

    pub(super) fn release(&self, by: &SigningKey, line: Point) -> Item {
        let body = Release { lines: [line].into_iter().collect(), changes: Set::default() };
        Item::Release(self.sign(by, Kind::Release, &body), body)
    }
}

pub(super) fn delegate(key: &SigningKey, role: Role, feeds: &[&str], continues: Option<Point>) -> Item {
    Item::Delegate(Delegate { key: key.public(), role, feeds: patterns(feeds), continues })
}

pub(super) fn rotate(key: &SigningKey, next: &SigningKey) -> Item {
    Item::RotateRoot(RotateRoot { key: key.public(), next: next_root(&next.public()) })
}

/// The envelope of an item that travels alone.
pub(super) fn envelope(item: &Item) -> Signed {
    match item {
        Item::Genesis(signed, _)
        | Item::Credential(signed, _)
        | Item::Invitation(signed, _)
        | Item::Closing(signed, _)
        | Item::Release(signed, _)
        | Item::Binding(signed, _) => signed.clone(),
        other => panic!("{other:?} never travels alone"),
    }
}
