//! The law of an organisation: its root names headquarters, headquarters closes and releases, and gives credentials.

use khettara_core::encoding::{self, Set};
use khettara_core::hash;
use khettara_core::id::{ChangeHash, DeviceKey, Feed, Head, KemKey, LogId, Pattern};
use khettara_core::identity::{
    Closing, Credential, Delegate, Genesis, Item, Kind, Mode, Release, Rights, Role, Roster, RosterBranch,
    RosterEntry, RosterLog, Signed, SigningKey, organisation_id,
};

use crate::station::{ORG, feed};

pub(crate) type Point = (LogId, u64, Head);

fn secret(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

/// What headquarters has said so far.
#[derive(Clone)]
pub(crate) struct Law {
    said: Vec<Item>,
    alone: Vec<Signed>,
}

impl Law {
    pub(crate) fn new() -> Self {
        Self { said: Vec::new(), alone: Vec::new() }
    }

    fn genesis() -> Genesis {
        let next = hash::derive("next root", &[&secret(202).public().0]);
        Genesis { root: secret(201).public(), next, recovery: KemKey([9; 32]) }
    }

    /// The position that the next item of headquarters' log will have.
    pub(crate) fn next_position(&self) -> u64 {
        self.said.len() as u64 + 2
    }

    pub(crate) fn roster(&self) -> Roster {
        let (root, headquarters) = (secret(201), secret(203));
        let genesis = Self::genesis();
        assert_eq!(organisation_id(&genesis).to_hex(), ORG.to_hex(), "stations belong to this organisation");
        let signed = Signed::make(&ORG, &root, Kind::Genesis, encoding::to_bytes(&genesis));
        let everywhere: Set<Pattern> = [Pattern::new("*").unwrap()].into_iter().collect();
        let delegate = Delegate {
            key: headquarters.public(),
            role: Role::HEADQUARTERS,
            feeds: everywhere,
            continues: None,
        };
        let items = [Item::Genesis(signed.as_signed().clone(), genesis), Item::Delegate(delegate)];
        let logs = [log(1, &root, items.to_vec()), log(2, &headquarters, self.said.clone())];
        Roster::fold(ORG, &logs, &self.alone)
    }

    fn closing(mode: Mode, devices: &[DeviceKey], keep: &[Point]) -> (Signed, Closing) {
        let body = Closing {
            serial: 1,
            mode,
            devices: devices.iter().copied().collect(),
            feeds: [Pattern::exactly(&feed())].into_iter().collect(),
            keep: keep.iter().copied().collect(),
            reason: 1,
        };
        let signed = Signed::make(&ORG, &secret(203), Kind::Closing, encoding::to_bytes(&body));
        (signed.as_signed().clone(), body)
    }

    /// Headquarters closes devices in the feed.
    pub(crate) fn close(&mut self, mode: Mode, devices: &[DeviceKey], keep: &[Point]) {
        let (signed, body) = Self::closing(mode, devices, keep);
        self.said.push(Item::Closing(signed, body));
    }

    /// The same, as it travels alone.
    pub(crate) fn close_alone(&mut self, mode: Mode, devices: &[DeviceKey], keep: &[Point]) {
        self.alone.push(Self::closing(mode, devices, keep).0);
    }

    /// Headquarters releases.
    pub(crate) fn release(&mut self, lines: &[Point], changes: &[ChangeHash]) {
        self.said.push(release(&secret(203), lines, changes));
    }

    /// Something else, so that positions go on.
    pub(crate) fn pass(&mut self) {
        let serial = u32::try_from(self.said.len()).unwrap();
        self.said.push(Item::Withdraw(khettara_core::identity::Withdraw { serial }));
    }

    /// This device supervises the feed.
    pub(crate) fn supervises(&mut self, serial: u32, device: DeviceKey) {
        let rights = Rights::READ.with(Rights::WRITE).with(Rights::SUPERVISE);
        let grants = [(Pattern::exactly(&feed()), rights)].into_iter().collect();
        let kem = KemKey([7; 32]);
        let body = Credential { serial, edition: 1, device, kem, role: Role::SUPERVISOR, grants };
        let signed = Signed::make(&ORG, &secret(203), Kind::Credential, encoding::to_bytes(&body));
        self.alone.push(signed.as_signed().clone());
    }
}

pub(crate) fn release(by: &SigningKey, lines: &[Point], changes: &[ChangeHash]) -> Item {
    let body = Release {
        lines: lines.iter().copied().collect(),
        changes: changes.iter().map(|hash| hash.0).collect(),
    };
    let signed = Signed::make(&ORG, by, Kind::Release, encoding::to_bytes(&body));
    Item::Release(signed.as_signed().clone(), body)
}

fn log(number: u8, writer: &SigningKey, items: Vec<Item>) -> RosterLog {
    let items = std::iter::once(None).chain(items.into_iter().map(Some));
    let entries = (1..).zip(items);
    let entries = entries.map(|(n, item)| RosterEntry { n, head: Head([n as u8; 32]), item }).collect();
    let device = writer.public();
    let branches = vec![RosterBranch { entries }];
    RosterLog { id: LogId([number; 32]), feed: Feed::roster(), device, continues: None, branches }
}
