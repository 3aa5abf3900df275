//! Roster items, signed here by whoever may: spelt in one way, and the roster they make does not depend on the order in
//! which they came, nor on what was folded before.

use std::cell::RefCell;

use khettara_core::encoding;
use khettara_core::hash;
use khettara_core::id::{Feed, Head, KemKey, LogId, OrgId, Pattern};
use khettara_core::identity::{
    Delegate, Genesis, Item, Kind, Role, Roster, RosterBranch, RosterEntry, RosterLog, Signed, SigningKey,
    organisation_id,
};

use super::{number, reached};

/// Root, its successor, headquarters, a relay, a supervisor.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

struct Office {
    org: OrgId,
    root: RosterLog,
    roster: Roster,
}

thread_local! {
    static OFFICE: RefCell<Office> = RefCell::new(office());
}

/// The genesis of all of them.
pub(crate) fn genesis() -> Genesis {
    let next = hash::derive("next root", &[&key(2).public().0]);
    Genesis { root: key(1).public(), next, recovery: KemKey([9; 32]) }
}

fn office() -> Office {
    let genesis = genesis();
    let org = organisation_id(&genesis);
    let signed = Signed::make(&org, &key(1), Kind::Genesis, encoding::to_bytes(&genesis));
    let delegate = |number, role| {
        let feeds = [Pattern::new("*").expect("a pattern")].into_iter().collect();
        Item::Delegate(Delegate { key: key(number).public(), role, feeds, continues: None })
    };
    let items = vec![
        Item::Genesis(signed.as_signed().clone(), genesis),
        delegate(3, Role::HEADQUARTERS),
        delegate(4, Role::RELAY),
    ];
    let root = log(1, Feed::roster(), items);
    let roster = Roster::fold(org, &logs(&root, |_| Vec::new()), &[]);
    Office { org, root, roster }
}

/// The root's log, and those of headquarters and the registrar with these items.
fn logs(root: &RosterLog, of: impl Fn(u8) -> Vec<Item>) -> Vec<RosterLog> {
    vec![
        root.clone(),
        log(3, Feed::roster(), of(0)),
        log(4, Feed::bindings(), of(1)),
        log(3, Feed::people(), of(2)),
        log(1, Feed::people(), of(3)),
    ]
}

fn log(writer: u8, feed: Feed, items: Vec<Item>) -> RosterLog {
    let id = LogId(hash::derive("a log", &[&[writer], feed.as_str().as_bytes()]));
    let mut entries = vec![RosterEntry { n: 1, head: Head(id.0), item: None }];
    for item in items {
        let (before, n) = (entries[entries.len() - 1].head, entries.len() as u64 + 1);
        let (number, bytes) = item.encode();
        let head = Head(hash::derive("a head", &[&before.0, &[number], &bytes]));
        entries.push(RosterEntry { n, head, item: Some(item) });
    }
    let branches = vec![RosterBranch { entries }];
    RosterLog { id, feed, device: key(writer).public(), continues: None, branches }
}

pub(super) fn run(bytes: &[u8]) {
    OFFICE.with_borrow(|office| {
        let (mut written, mut alone) = (Vec::new(), Vec::new());
        let mut rest = bytes;
        while !rest.is_empty() && written.len() + alone.len() < 8 {
            let (item, place) = (number(&mut rest), number(&mut rest));
            let length = usize::from(u16::from_le_bytes([number(&mut rest), number(&mut rest)]));
            let (body, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            let Some(read) = spelt_once(office.org, item, place, body) else { continue };
            match envelope(&read).filter(|_| place & 8 != 0) {
                Some(signed) => alone.push(signed),
                None => written.push((place, read)),
            }
        }
        fold(office, written, &alone);
    });
}

/// Reads an item, in the envelope that it needs; what reads back is spelt in one way.
fn spelt_once(org: OrgId, item: u8, place: u8, body: &[u8]) -> Option<Item> {
    let raw = Item::decode(item, place >> 6, body).ok().map(|read| (read, body.to_vec()));
    let closed = || {
        let kind = Kind::from_number(item)?;
        let signed = Signed::make(&org, &key(1 + place % 5), kind, body.to_vec()).to_bytes();
        Item::decode(item, 1, &signed).ok().map(|read| (read, signed))
    };
    let (read, bytes) = raw.or_else(closed)?;
    assert_eq!(read.encode(), (item, bytes));
    Some(read)
}

fn envelope(item: &Item) -> Option<Signed> {
    match item {
        Item::Genesis(signed, _)
        | Item::Credential(signed, _)
        | Item::Invitation(signed, _)
        | Item::Closing(signed, _)
        | Item::Release(signed, _)
        | Item::Binding(signed, _) => Some(signed.clone()),
        _ => None,
    }
}

/// In headquarters' log, the registrar's and the root's, each by its place.
fn fold(office: &Office, written: Vec<(u8, Item)>, alone: &[Signed]) {
    let of =
        |place| written.iter().filter(|(at, _)| at % 8 / 2 == place).map(|(_, item)| item.clone()).collect();
    let mut logs = logs(&office.root, of);
    let roster = office.roster.fold_again(&logs, alone);
    logs.reverse();
    let mut turned = alone.to_vec();
    turned.reverse();
    assert_eq!(office.roster.fold_again(&logs, &turned), roster, "in whatever order it comes");
    assert_eq!(roster.fold_again(&logs, alone), roster, "whatever was known before");
    if roster != office.roster {
        reached();
    }
}
