//! Documents name only what exists, and every room is named in the page about rooms.

use std::collections::BTreeSet;

use crate::packages::workspace;
use crate::rule::{Breach, Rule, finds, holds};
use crate::source::{mask, tokens};
use crate::tree::{File, Tree};

const ROOMS_PAGE: &str = "docs/ARCHITECTURE.md";

const PATHS_RULE: Rule = Rule {
    name: "a path named in a document exists",
    why: "a document that names what is not there sends its reader away, and nobody believes the rest",
    instead: "correct the path where the file moved; leave out what is not built yet",
};
const ROOMS_RULE: Rule = Rule {
    name: "every package and every room of core is named in docs/ARCHITECTURE.md",
    why: "a room without a card is where lines go that belong nowhere",
    instead: "write its card: one line of what it is, what it may know, what it never imports",
};

fn is_document(file: &&File) -> bool {
    let at_the_root = !file.path.contains('/');
    file.path.ends_with(".md") && (at_the_root || file.path.starts_with("docs/"))
}

/// Paths that documents name and that do not exist. `folders` are the first names that make a span a path.
fn missing_paths(tree: &Tree, folders: &BTreeSet<String>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.files().iter().filter(is_document) {
        for (line, text) in prose(&file.text) {
            let (spans, rest) = code_spans(text);
            let named =
                spans.iter().filter(|span| looks_like_a_path(span, folders)).flat_map(|span| unfold(span));
            let linked = links(&rest).into_iter().map(|target| beside(&file.path, &target));
            for path in named.chain(linked).filter(|path| !tree.has(path)) {
                breaches.push(Breach::at(&file.path, line, format!("names {path}, which does not exist")));
            }
        }
    }
    breaches
}

/// Rooms that the page about rooms does not name.
fn unnamed_rooms(tree: &Tree, folders: &BTreeSet<String>) -> Vec<Breach> {
    let Some(page) = tree.text(ROOMS_PAGE) else {
        return vec![Breach::of(ROOMS_PAGE, "does not exist")];
    };
    let named: BTreeSet<String> =
        prose(page).flat_map(|(_, text)| code_spans(text).0).flat_map(|span| unfold(&span)).collect();
    let mut breaches = Vec::new();
    for folder in
        folders.iter().filter(|folder| !named.iter().any(|name| name.trim_end_matches('/') == *folder))
    {
        breaches.push(Breach::of(&format!("{folder}/"), "is not named"));
    }
    for room in core_rooms(tree) {
        let module = format!("core::{room}");
        let folder = format!("core/src/{room}");
        let is_named = |name: &String| {
            *name == module
                || name.strip_prefix(&*folder).is_some_and(|rest| matches!(rest, "" | "/" | ".rs"))
        };
        if !named.iter().any(is_named) {
            breaches.push(Breach::of(&module, "is not named"));
        }
    }
    breaches
}

fn core_rooms(tree: &Tree) -> Vec<String> {
    let masked = mask(tree.text("core/src/lib.rs").unwrap_or_default());
    let tokens = tokens(&masked);
    let rooms = tokens.windows(3).filter(|part| part[0].text == "mod" && part[2].text == ";");
    rooms.map(|part| part[1].text.to_owned()).collect()
}

/// The lines of a page outside fenced blocks, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        (!fenced && !is_fence).then_some((index + 1, line))
    })
}

/// The code spans of a line, and the line without them.
fn code_spans(line: &str) -> (Vec<String>, String) {
    let mut spans = Vec::new();
    let mut rest = String::new();
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 1 {
            spans.push(part.to_owned());
        } else {
            rest.push_str(part);
        }
    }
    (spans, rest)
}

fn looks_like_a_path(span: &str, folders: &BTreeSet<String>) -> bool {
    let is_plain = span.chars().all(|one| one.is_ascii_alphanumeric() || "/._-{},".contains(one));
    let first = span.split_once('/').map(|(first, _)| first);
    let page = !span.contains('/') && span.len() > 3 && (span.ends_with(".md") || span == "Cargo.toml");
    is_plain && (page || first.is_some_and(|first| folders.contains(first)))
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn unfold(span: &str) -> Vec<String> {
    let braces = span.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (inside, after))) = braces else { return vec![span.to_owned()] };
    inside.split(',').map(|one| format!("{before}{}{after}", one.trim())).collect()
}

/// Targets of the line's links that are files of this repository.
fn links(line: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for (at, _) in line.match_indices("](") {
        let Some((target, _)) = line[at + 2..].split_once(')') else { continue };
        let path = target.split(['#', ' ']).next().unwrap_or_default();
        if !path.is_empty() && !path.contains(':') {
            targets.push(path.to_owned());
        }
    }
    targets
}

/// A link's target, from the root of the repository.
fn beside(document: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The folders of the packages.
fn package_folders() -> BTreeSet<String> {
    workspace().iter().map(crate::packages::Package::folder).collect()
}

#[test]
fn a_path_named_in_a_document_exists() {
    let mut folders = package_folders();
    folders.extend(["docs", ".ci", ".github"].map(str::to_owned));
    holds(&PATHS_RULE, &missing_paths(Tree::repository(), &folders));
}

#[test]
fn a_document_that_names_what_is_not_there_is_found() {
    let page = "`core/src/id.rs` `core/src/{id,gone}.rs` `core::id` `08.201/referrals` `cargo run -p core/x`\n\
                ```\n`core/src/fenced.rs`\n```\n\
                [a](../README.md#x) [b](https://a.b/c) [c](B.md) `LOST.md` `core/src/…`\n";
    let tree = Tree::of(&[
        ("README.md", "[x](docs/A.md) `core/none/`"),
        ("docs/A.md", page),
        ("core/src/id.rs", ""),
    ]);
    let folders = BTreeSet::from(["core".to_owned()]);
    finds(&missing_paths(&tree, &folders), &["README.md:1", "docs/A.md:1", "docs/A.md:5", "docs/A.md:5"]);
}

#[test]
fn every_room_is_named_in_the_page_about_rooms() {
    holds(&ROOMS_RULE, &unnamed_rooms(Tree::repository(), &package_folders()));
    let tree = Tree::of(&[
        (ROOMS_PAGE, "`core/` `core/src/{id,hash}.rs` `core::log` store"),
        ("core/src/lib.rs", "pub mod id;\nmod hash;\npub mod log;\npub mod store;\n"),
    ]);
    let folders = BTreeSet::from(["core", "node"].map(str::to_owned));
    finds(&unnamed_rooms(&tree, &folders), &["node/", "core::store"]);
}
