//! Arrows between the rooms inside core and inside records, from the paths their files name.

use std::collections::{BTreeMap, BTreeSet};

use crate::packages::reaches;
use crate::paths::{module_of, named};
use crate::rule::{Breach, Rule, finds, holds};
use crate::source::{mask, tokens};
use crate::tree::Tree;

/// The ground core's rooms stand on. Among themselves these may see each other.
const GROUND: [&str; 6] = ["id", "limits", "error", "hash", "encoding", "planted"];

/// What each room of core may see, beside the ground.
const CORE: [(&str, &[&str]); 11] = [
    ("id", &[]),
    ("limits", &[]),
    ("error", &[]),
    ("hash", &[]),
    ("encoding", &[]),
    ("planted", &[]),
    ("identity", &[]),
    ("log", &["identity"]),
    ("store", &["identity", "log"]),
    ("wire", &["identity", "log"]),
    ("sync", &["identity", "log", "store", "wire"]),
];

/// What each room of records may see.
const RECORDS: [(&str, &[&str]); 6] = [
    ("model", &["airlock"]),
    ("airlock", &["model"]),
    ("content", &["model", "airlock"]),
    ("verdict", &["model", "airlock", "content"]),
    ("projection", &["model", "airlock", "content"]),
    ("replica", &["model", "airlock", "content", "verdict", "projection"]),
];

const RULE: Rule = Rule {
    name: "arrows between rooms go one way: id, limits, error, hash, encoding → identity → log → store, wire → \
           sync; and in records nothing sees replica, and airlock does not see projection",
    why: "a room that sees only what lies below it can be read, tested and replaced by itself",
    instead: "move the line up to a room that sees both, or pass the value down as an argument; a new room gets \
              its arrows here and its card in docs/ARCHITECTURE.md",
};

struct Package {
    source: &'static str,
    rooms: &'static [(&'static str, &'static [&'static str])],
    ground: &'static [&'static str],
}

const PACKAGES: [Package; 2] = [
    Package { source: "core/src/", rooms: &CORE, ground: &GROUND },
    Package { source: "records/src/", rooms: &RECORDS, ground: &[] },
];

impl Package {
    fn sees(&self, room: &str, other: &str) -> bool {
        let listed = self.rooms.iter().find(|(name, _)| *name == room);
        room == other || listed.is_some_and(|(_, seen)| self.ground.contains(&other) || seen.contains(&other))
    }
}

/// Arrows that are not allowed, and those that were met though allowed, by room.
fn broken(tree: &Tree) -> Vec<Breach> {
    PACKAGES.iter().flat_map(|package| broken_in(package, tree)).collect()
}

fn broken_in(package: &Package, tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut met: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in tree.rust_under(&[package.source]) {
        let module = module_of(&file.path);
        let Some(room) = module.get(1) else { continue };
        if !package.rooms.iter().any(|(name, _)| name == room) {
            breaches.push(Breach::of(&file.path, format!("the room {room} has no arrows yet")));
            continue;
        }
        let masked = mask(&file.text);
        for path in named(&file.path, &tokens(&masked)) {
            let Some(other) = path.names.get(1).filter(|_| path.begins(&["crate"])) else { continue };
            if package.sees(room, other) {
                met.entry(room.clone()).or_default().insert(other.clone());
            } else {
                let what = format!("{room} sees {other} ({})", path.spelt());
                breaches.push(Breach::at(&file.path, path.line, what));
            }
        }
    }
    breaches.extend(mutual(package, &met));
    breaches
}

/// Rooms above the ground that see each other, be it by way of others.
fn mutual(package: &Package, met: &BTreeMap<String, BTreeSet<String>>) -> Vec<Breach> {
    let above = |room: &&str| !package.ground.contains(room);
    let arrows: BTreeMap<&str, Vec<&str>> = met
        .iter()
        .map(|(room, seen)| {
            (room.as_str(), seen.iter().map(String::as_str).filter(above).collect::<Vec<_>>())
        })
        .map(|(room, seen)| (room, seen.into_iter().filter(|other| *other != room).collect()))
        .collect();
    let rooms = arrows.keys().copied().filter(above).filter(|room| reaches(&arrows, room, room));
    rooms.map(|room| Breach::of(&format!("{}{room}", package.source), "sees itself through others")).collect()
}

#[test]
fn arrows_between_rooms_go_one_way() {
    holds(&RULE, &broken(Tree::repository()));
}

#[test]
fn a_broken_arrow_is_found_however_it_is_written() {
    let tree = Tree::of(&[
        ("core/src/lib.rs", "pub mod sync; pub use crate::sync::Engine;"),
        ("core/src/id.rs", "use crate::limits;\nuse crate::identity::Role;"),
        ("core/src/identity/keys.rs", "//! Not crate::log.\nfn f() { crate::log::f() }"),
        ("core/src/log/mod.rs", "use crate::{hash,\n    wire::Frame, identity::Role};"),
        ("core/src/store/mod.rs", "use super::wire;\nuse crate::log::Entry;\nuse super::*;"),
        ("core/src/wire/frame.rs", "use super::super::store::Row;"),
        ("core/src/sync/mod.rs", "use crate::{store, wire, log, identity, id};"),
        ("core/src/extra.rs", ""),
        ("records/src/airlock/walk.rs", "use crate::projection::Row;"),
        ("records/src/model/mod.rs", "use crate::replica::Replica;"),
    ]);
    let places = [
        "core/src/id.rs:2",
        "core/src/identity/keys.rs:2",
        "core/src/log/mod.rs:2",
        "core/src/store/mod.rs:1",
        "core/src/store/mod.rs:3",
        "core/src/wire/frame.rs:1",
        "core/src/extra.rs",
        "records/src/airlock/walk.rs:1",
        "records/src/model/mod.rs:1",
    ];
    finds(&broken(&tree), &places);
}

#[test]
fn two_rooms_that_each_may_see_the_other_may_not_both_do_it() {
    let tree = Tree::of(&[
        ("records/src/airlock/mod.rs", "use crate::model::GENESIS;"),
        ("records/src/model/document.rs", "use crate::airlock::Walked;"),
    ]);
    finds(&broken(&tree), &["records/src/airlock", "records/src/model"]);
}
