//! Budgets: how long a file and a function may be, and how a file begins.

use std::collections::BTreeSet;

use crate::rule::{Breach, Rule, finds, holds};
use crate::source::{functions, mask, test_parts, tokens};
use crate::tree::{File, Tree};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

const FILE_RULE: Rule = Rule {
    name: "a file has at most 500 lines; in a production file its tests are not counted",
    why: "one file, one thought: what is longer holds two",
    instead: "give the second thought a file of its own in the same room; long tests go to a sibling tests.rs",
};
const FUNCTION_RULE: Rule = Rule {
    name: "a function has at most 70 lines of code",
    why: "it has to fit on a screen to be seen at once",
    instead: "keep the decisions in the parent and move loops and arithmetic to the leaves",
};
const OPENING_RULE: Rule = Rule {
    name: "every file begins with a line that says what it is",
    why: "whoever opens it knows at once whether a line belongs there",
    instead: "begin with `//!` and one sentence; a new room gets its card there",
};

/// Files that hold nothing but tests: by where they lie, or because their module is under `#[cfg(test)]`.
fn test_files(tree: &Tree) -> BTreeSet<&str> {
    let mut modules = Vec::new();
    for file in tree.rust() {
        let masked = mask(&file.text);
        let below = module_folder(&file.path);
        modules.extend(test_parts(&tokens(&masked)).modules.iter().map(|name| format!("{below}/{name}")));
    }
    let is_test = |file: &&File| {
        let path = &file.path;
        let declared = modules.iter().any(|module| {
            path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
        declared || path.starts_with("tests/") || path.contains("/tests/") || path.contains("/benches/")
    };
    tree.rust().filter(is_test).map(|file| file.path.as_str()).collect()
}

/// Where the files of a module's children lie.
fn module_folder(path: &str) -> &str {
    let stem = path.trim_end_matches(".rs");
    ["/mod", "/lib", "/main"].iter().find_map(|door| stem.strip_suffix(door)).unwrap_or(stem)
}

/// The file's lines that are not compiled for tests only.
fn production_lines(file: &File) -> usize {
    let masked = mask(&file.text);
    let tests = test_parts(&tokens(&masked));
    (1..=file.text.lines().count()).filter(|line| !tests.cover(*line)).count()
}

fn long_files(tree: &Tree) -> Vec<Breach> {
    let tests = test_files(tree);
    let mut breaches = Vec::new();
    for file in tree.rust() {
        let is_test = tests.contains(file.path.as_str());
        let lines = if is_test { file.text.lines().count() } else { production_lines(file) };
        if lines > FILE_LINES_MAX {
            breaches.push(Breach::of(&file.path, format!("{lines} lines")));
        }
    }
    breaches
}

fn long_functions(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust() {
        let masked = mask(&file.text);
        for function in functions(&masked, &tokens(&masked)) {
            if function.code_lines > FUNCTION_LINES_MAX {
                let what = format!("{} has {} lines", function.name, function.code_lines);
                breaches.push(Breach::at(&file.path, function.line, what));
            }
        }
    }
    breaches
}

fn without_opening(tree: &Tree) -> Vec<Breach> {
    let first = |file: &File| file.text.lines().find(|line| !line.trim().is_empty()).map(str::to_owned);
    tree.rust()
        .filter(|file| !first(file).is_some_and(|line| line.starts_with("//! ")))
        .map(|file| Breach::of(&file.path, "does not begin with //!"))
        .collect()
}

#[test]
fn no_file_is_longer_than_its_budget() {
    holds(&FILE_RULE, &long_files(Tree::repository()));
    let (short, long) = ("x();\n".repeat(500), "x();\n".repeat(501));
    let with_tests = format!("{short}#[cfg(test)]\nmod tests {{\n{long}}}\n");
    let tree = Tree::of(&[
        ("core/src/log/mod.rs", "#[cfg(test)]\nmod trials;\nmod cut;\n"),
        ("core/src/log/trials.rs", &format!("#[cfg(test)]\nmod deeper {{\n{long}}}\n")),
        ("core/src/log/cut.rs", &with_tests),
        ("core/src/log/tip.rs", &long),
        ("tests/scenarios/week.rs", &long),
    ]);
    finds(&long_files(&tree), &["core/src/log/trials.rs", "core/src/log/tip.rs", "tests/scenarios/week.rs"]);
}

#[test]
fn no_function_is_longer_than_its_budget() {
    holds(&FUNCTION_RULE, &long_functions(Tree::repository()));
    let (short, long) = ("x();\n".repeat(70), "x();\n".repeat(71));
    let text = format!("fn short() {{\n// said\n\n{short}}}\nfn long() {{\n{long}}}\n");
    finds(&long_functions(&Tree::of(&[("core/src/hash.rs", &text)])), &["core/src/hash.rs:75"]);
}

#[test]
fn every_file_says_what_it_is() {
    holds(&OPENING_RULE, &without_opening(Tree::repository()));
    let tree = Tree::of(&[
        ("core/src/id.rs", "\n//! Names.\n"),
        ("core/src/log/mod.rs", "mod a;\n//! Too late."),
        ("records/src/lib.rs", ""),
    ]);
    finds(&without_opening(&tree), &["core/src/log/mod.rs", "records/src/lib.rs"]);
}
