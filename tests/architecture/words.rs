//! Words that do not occur: paths of one machine, unfinished work, hash order, `unsafe`, `unwrap`.

use crate::rule::{Breach, Rule, finds, holds};
use crate::source::{Token, mask, says, test_parts, tokens};
use crate::tree::{File, Tree};

/// Where the machines of those who build this keep their files. Taken apart, so that this file passes too.
const MACHINE: [[&str; 2]; 3] = [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"]];

const MACHINE_RULE: Rule = Rule {
    name: "no file names a path of one machine",
    why: "it works for one person only, and tells strangers about that person's machine",
    instead: "a path from the root of the repository, a temporary folder, or a setting",
};
const UNFINISHED_RULE: Rule = Rule {
    name: "nothing unfinished is committed: no stub, no ignored test, no debugging output",
    why: "a tablet meets it on the day it is needed",
    instead: "finish it, leave it out, or return an error that says what is not supported",
};
const ORDER_RULE: Rule = Rule {
    name: "core and records use no HashMap and no HashSet",
    why: "their order differs from run to run; the same input must give the same output, byte for byte",
    instead: "BTreeMap, BTreeSet, or a sorted list",
};
const UNSAFE_RULE: Rule = Rule {
    name: "unsafe occurs in android-bindings only",
    why: "the compiler checks everything else; at the Java boundary it cannot, so each block there says why",
    instead: "a safe way of the standard library, or a crate whose purpose it is",
};
const UNWRAP_RULE: Rule = Rule {
    name: "production code does not unwrap",
    why: "a panic on a tablet loses what was not saved, and says nothing to anybody",
    instead: "return an error; `expect(\"why this cannot fail\")` for what truly cannot",
};

fn machine_paths(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.files() {
        for (index, line) in file.text.lines().enumerate() {
            let named = MACHINE.iter().map(|parts| parts.concat()).find(|path| begins_in(line, path));
            breaches.extend(named.map(|path| Breach::at(&file.path, index + 1, format!("names {path}"))));
        }
    }
    breaches
}

/// Whether an absolute path that begins with `path` stands in the line; part of a longer one is none.
fn begins_in(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|one| one.is_alphanumeric() || "_-./}~".contains(one))
    })
}

/// Finds these runs of tokens in some files, outside tests if asked.
fn said(tree: &Tree, files: impl Fn(&File) -> bool, runs: &[&[&str]], in_tests: bool) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust().filter(|file| files(file)) {
        let masked = mask(&file.text);
        let tokens: Vec<Token<'_>> = tokens(&masked);
        let tests = test_parts(&tokens);
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| in_tests || !tests.cover(token.line))
        {
            let run = runs.iter().find(|run| says(&tokens, at, run));
            breaches
                .extend(run.map(|run| Breach::at(&file.path, token.line, format!("says {}", run.concat()))));
        }
    }
    breaches
}

fn unfinished(tree: &Tree) -> Vec<Breach> {
    let runs: [&[&str]; 4] = [&["todo", "!"], &["unimplemented", "!"], &["dbg", "!"], &["#", "[", "ignore"]];
    said(tree, |_| true, &runs, true)
}

fn hash_order(tree: &Tree) -> Vec<Breach> {
    let inside = |file: &File| file.path.starts_with("core/") || file.path.starts_with("records/");
    said(tree, inside, &[&["HashMap"], &["HashSet"]], true)
}

fn without_safety(tree: &Tree) -> Vec<Breach> {
    said(tree, |file| !file.path.starts_with("android-bindings/"), &[&["unsafe"]], true)
}

fn unwraps(tree: &Tree) -> Vec<Breach> {
    let production = |file: &File| {
        let path = &file.path;
        path.contains("src/") && !path.contains("/tests/") && !path.ends_with("/tests.rs")
    };
    said(tree, production, &[&[".", "unwrap", "(", ")"]], false)
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    holds(&MACHINE_RULE, &machine_paths(Tree::repository()));
    let [work, root, home] = MACHINE.map(|parts| parts.concat());
    let text =
        format!("see `{work}x`\nhttps://example.org{home}page\n\"{root}.cargo\"\n={home}a\ncore{work}a\n");
    finds(&machine_paths(&Tree::of(&[("docs/A.md", &text)])), &["docs/A.md:1", "docs/A.md:3", "docs/A.md:4"]);
}

#[test]
fn nothing_unfinished_is_committed() {
    holds(&UNFINISHED_RULE, &unfinished(Tree::repository()));
    let text = "// todo!()\nfn f() { todo!() }\nlet s = \"dbg!(\";\n#[ignore = \"slow\"]\nfn g() { dbg!(1); ignore(); }";
    let places = ["device/src/lib.rs:2", "device/src/lib.rs:4", "device/src/lib.rs:5"];
    finds(&unfinished(&Tree::of(&[("device/src/lib.rs", text)])), &places);
}

#[test]
fn core_and_records_have_no_hash_order() {
    holds(&ORDER_RULE, &hash_order(Tree::repository()));
    let text =
        "use std::collections::{BTreeMap, HashMap};\n// HashSet\n#[cfg(test)]\nmod t { use x::HashSet; }";
    let tree = Tree::of(&[("core/src/sync/mod.rs", text), ("node/src/driver.rs", text)]);
    finds(&hash_order(&tree), &["core/src/sync/mod.rs:1", "core/src/sync/mod.rs:4"]);
}

#[test]
fn unsafe_occurs_at_the_java_boundary_only() {
    holds(&UNSAFE_RULE, &without_safety(Tree::repository()));
    let text = "#![deny(unsafe_code)]\nfn f() { unsafe { g() } }";
    let tree = Tree::of(&[("android-bindings/src/lib.rs", text), ("node/src/files.rs", text)]);
    finds(&without_safety(&tree), &["node/src/files.rs:2"]);
}

#[test]
fn production_code_does_not_unwrap() {
    holds(&UNWRAP_RULE, &unwraps(Tree::repository()));
    let text = "/// x.unwrap()\nfn f() { x\n  .unwrap(); x.unwrap_or(1); }\n#[cfg(test)]\nmod tests { fn g() { x.unwrap(); } }";
    let tree = Tree::of(&[("node/src/clock.rs", text), ("node/src/quic/tests.rs", text)]);
    finds(&unwraps(&tree), &["node/src/clock.rs:3"]);
}
