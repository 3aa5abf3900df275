//! Names that one room alone may say: sled, quinn, automerge, and the operating system itself.

use crate::paths::named;
use crate::rule::{Breach, Rule, finds, holds};
use crate::source::{TestParts, mask, test_parts, tokens};
use crate::tree::{File, Tree};

/// A crate, and where alone it may be named: files, or folders with a slash behind.
const ROOMS: [(&str, &[&str]); 3] = [
    ("sled", &["node/src/sled_index.rs"]),
    ("quinn", &["node/src/quic/"]),
    ("automerge", &["records/", "tests/"]),
];

/// What the packages without I/O never touch.
const WORLD: [&[&str]; 8] = [
    &["std", "fs"],
    &["std", "net"],
    &["std", "thread"],
    &["std", "env"],
    &["std", "process"],
    &["std", "time", "Instant"],
    &["Instant", "now"],
    &["SystemTime"],
];
/// Crates that would bring the world in, and automerge's ways to draw an actor by itself.
const WORLDLY_CRATES: [&str; 6] = ["tokio", "quinn", "sled", "getrandom", "rand", "async_std"];
const RANDOM_ACTORS: [&str; 3] = ["AutoCommit", "fork", "random"];

const ROOMS_RULE: Rule = Rule {
    name: "only node/src/sled_index.rs names sled, only node/src/quic/ names quinn, only records names automerge",
    why: "each can then be exchanged in one place, and damaged data or a stranger's bytes meet it in one place",
    instead: "use what that room offers: the Index trait, the connection of node, the types of records",
};
const WORLD_RULE: Rule = Rule {
    name: "core and records touch no file, socket, thread, process, environment or clock",
    why: "what is decided from arguments alone can be replayed from a seed, and is the same on every machine",
    instead: "take it as an argument; the asking belongs into node (clock, chance, files, driver)",
};
const ACTOR_RULE: Rule = Rule {
    name: "records gives automerge every actor: no AutoCommit, no fork, no random actor outside tests",
    why: "an actor is derived from log and nonce, so that a clone can never reuse an (actor, seq)",
    instead: "Automerge::new().with_actor(actor), or clone and set_actor; after fork_at, set_actor at once",
};

fn named_elsewhere(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust() {
        let masked = mask(&file.text);
        for (name, rooms) in ROOMS {
            let home = rooms
                .iter()
                .any(|room| file.path == *room || room.ends_with('/') && file.path.starts_with(room));
            let tokens = tokens(&masked);
            let first = tokens.iter().find(|token| token.text == name).filter(|_| !home);
            breaches.extend(first.map(|token| Breach::at(&file.path, token.line, format!("names {name}"))));
        }
    }
    breaches
}

fn worldly(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust_under(&["core/src/", "records/src/"]) {
        let masked = mask(&file.text);
        for path in named(&file.path, &tokens(&masked)) {
            let world = WORLD.iter().any(|names| path.contains(names));
            let everything = path.names == ["std", "*"] || path.names == ["std", "time", "*"];
            let linked = path.names.first().is_some_and(|name| WORLDLY_CRATES.contains(&name.as_str()));
            if world || everything || linked {
                breaches.push(Breach::at(&file.path, path.line, format!("names {}", path.spelt())));
            }
        }
    }
    breaches
}

fn random_actors(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust_under(&["records/src/"]).filter(|file| !is_test_file(file)) {
        let masked = mask(&file.text);
        let tokens = tokens(&masked);
        let tests: TestParts = test_parts(&tokens);
        let drawn =
            tokens.iter().filter(|token| RANDOM_ACTORS.contains(&token.text) && !tests.cover(token.line));
        breaches
            .extend(drawn.map(|token| Breach::at(&file.path, token.line, format!("names {}", token.text))));
    }
    breaches
}

/// Whether a whole file is a test by where it lies.
fn is_test_file(file: &File) -> bool {
    file.path.ends_with("/tests.rs") || file.path.contains("/tests/")
}

#[test]
fn sled_quinn_and_automerge_are_named_in_their_rooms_only() {
    holds(&ROOMS_RULE, &named_elsewhere(Tree::repository()));
    let tree = Tree::of(&[
        ("node/src/sled_index.rs", "use sled::Db;"),
        ("node/src/open_store.rs", "//! No sled here.\nmod sled_index;\nfn f() { sled::open(x) }"),
        ("node/src/quic/dial.rs", "use quinn::Endpoint;"),
        ("node/src/driver.rs", "// quinn\nuse crate::quic;\nlet name = \"quinn\";\nuse quinn as q;"),
        ("records/src/model/document.rs", "use automerge::Change;"),
        ("tests/benches/load.rs", "use automerge::Automerge;"),
        ("headquarters/src/pull.rs", "fn f(x: &automerge::Automerge) {}"),
    ]);
    finds(
        &named_elsewhere(&tree),
        &["node/src/open_store.rs:3", "node/src/driver.rs:4", "headquarters/src/pull.rs:1"],
    );
}

#[test]
fn core_and_records_do_not_touch_the_world() {
    holds(&WORLD_RULE, &worldly(Tree::repository()));
    let tree = Tree::of(&[
        ("core/src/store/disk.rs", "use std::{fmt, fs::File};\nuse std::time::Duration;"),
        ("core/src/sync/retry.rs", "use std::time;\nfn f() { time::Instant::now(); }"),
        ("records/src/model/value.rs", "pub struct Instant(i64);\nfn f() { super::Instant::parse(); }"),
        ("records/src/replica.rs", "fn f() { std::thread::sleep(x) }\nuse tokio::sync::mpsc;"),
        ("node/src/clock.rs", "use std::time::Instant;"),
    ]);
    finds(
        &worldly(&tree),
        &[
            "core/src/store/disk.rs:1",
            "core/src/sync/retry.rs:2",
            "records/src/replica.rs:1",
            "records/src/replica.rs:2",
        ],
    );
}

#[test]
fn automerge_draws_no_actor_by_itself() {
    holds(&ACTOR_RULE, &random_actors(Tree::repository()));
    let tree = Tree::of(&[
        (
            "records/src/model/document.rs",
            "fn f() {\n AutoCommit::new();\n a.fork() }\n#[cfg(test)]\nmod tests { use automerge::AutoCommit; }",
        ),
        ("records/src/airlock/tests/honest.rs", "use automerge::AutoCommit;"),
    ]);
    finds(&random_actors(&tree), &["records/src/model/document.rs:2", "records/src/model/document.rs:3"]);
}
