//! Arrows between packages, and what core and records may link. Read from what Cargo says of the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::rule::{Breach, Rule, finds, holds};
use crate::tree::root;

/// What each package may depend on among its siblings. One that is not listed may depend on none.
const ARROWS: [(&str, &[&str]); 9] = [
    ("khettara-core", &[]),
    ("khettara-records", &["khettara-core"]),
    ("khettara-node", &["khettara-core"]),
    ("khettara-device", &["khettara-core", "khettara-records", "khettara-node"]),
    ("khettara-relay", &["khettara-core", "khettara-node"]),
    ("khettara-hq", &["khettara-core", "khettara-records", "khettara-node"]),
    ("khettara-android", &["khettara-device"]),
    ("khettara-demo", &["*"]),
    ("khettara-tests", &["*"]),
];

/// The package nothing depends on.
const LEAF: &str = "khettara-tests";

/// What the packages without I/O may link from outside the workspace.
const OUTSIDE: [(&str, &[&str]); 2] = [
    (
        "khettara-core",
        &[
            "base45",
            "blake3",
            "chacha20poly1305",
            "data-encoding",
            "ed25519-dalek",
            "hpke",
            "postcard",
            "serde",
            "sha2",
            "thiserror",
            "uuid",
            "zeroize",
            "zstd",
        ],
    ),
    (
        "khettara-records",
        &["argon2", "automerge", "serde", "serde_json", "sha2", "thiserror", "uuid", "zstd"],
    ),
];

/// Features that would bring the operating system's randomness or clock with them.
const CHANCE_FEATURES: [&str; 10] =
    ["fast-rng", "getrandom", "os_rng", "rand", "rng", "rng-getrandom", "sys_rng", "thread_rng", "v4", "v7"];

/// Who alone may depend on these, tests apart.
const HELD_BY_ONE: [(&str, &[&str]); 4] = [
    ("automerge", &["khettara-records", LEAF]),
    ("sled", &["khettara-node"]),
    ("quinn", &["khettara-node"]),
    ("jni", &["khettara-android"]),
];

const ARROWS_RULE: Rule = Rule {
    name: "arrows between packages go one way, and nothing depends on the tests",
    why: "a relay that links records could read; a node that links records could not serve the relay",
    instead: "move the code to the package both may see (docs/ARCHITECTURE.md, Arrows), or pass it in as a value",
};
const CYCLE_RULE: Rule = Rule {
    name: "no package reaches itself, through dev-dependencies either",
    why: "a cycle builds one package twice, and its two copies of one type are strangers to each other",
    instead: "put the test where both packages are visible: the package of the tests",
};
const OUTSIDE_RULE: Rule = Rule {
    name: "core and records link only what is listed, without features that draw chance",
    why: "time, chance, storage and network are arguments there; a new dependency is how they slip in",
    instead: "put it behind a trait and implement it in node; or add it to the list, with a decision page",
};
const HELD_RULE: Rule = Rule {
    name: "automerge, sled, quinn and jni each have one package that depends on them",
    why: "what one room holds can be exchanged; what everybody holds can not",
    instead: "ask for it through the types of records, node or device",
};
const RELAY_RULE: Rule = Rule {
    name: "the relay links neither automerge nor records, and core's whole tree draws no chance",
    why: "the relay cannot read, not even by mistake; core gives the same answer on every run",
    instead: "what needs to open a change belongs into device or headquarters; what needs a socket, into node",
};

/// As much of a package as the rules need.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// None for a normal one, else `dev` or `build`.
    kind: Option<String>,
    #[serde(default)]
    features: Vec<String>,
}

impl Package {
    /// Its folder, from the root of the repository.
    pub(crate) fn folder(&self) -> String {
        let root = root();
        let manifest =
            self.manifest_path.strip_prefix(&*root.to_string_lossy()).unwrap_or(&self.manifest_path);
        manifest.trim_start_matches('/').trim_end_matches("/Cargo.toml").to_owned()
    }

    fn normal(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"))
    }
}

/// The packages of this workspace.
pub(crate) fn workspace() -> &'static [Package] {
    static PACKAGES: OnceLock<Vec<Package>> = OnceLock::new();
    PACKAGES.get_or_init(|| read(&cargo(&["metadata", "--no-deps", "--format-version", "1"])))
}

fn read(metadata: &str) -> Vec<Package> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    serde_json::from_str::<Metadata>(metadata).expect("cargo describes the workspace in JSON").packages
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs this test, so it can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {complaint}");
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn broken_arrows(packages: &[Package]) -> Vec<Breach> {
    let siblings: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut breaches = Vec::new();
    for package in packages {
        let allowed = ARROWS.iter().find(|(name, _)| *name == package.name).map_or(&[][..], |(_, to)| to);
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_test = dependency.kind.as_deref() == Some("dev");
            let free = allowed == ["*"] || is_test || allowed.contains(&name);
            if siblings.contains(name) && (name == LEAF || !free) {
                breaches.push(Breach::of(&package.name, format!("depends on {name}")));
            }
        }
    }
    breaches
}

fn cycles(packages: &[Package]) -> Vec<Breach> {
    let arrows: BTreeMap<&str, Vec<&str>> = packages
        .iter()
        .map(|package| {
            (package.name.as_str(), package.dependencies.iter().map(|to| to.name.as_str()).collect())
        })
        .collect();
    packages
        .iter()
        .filter(|package| reaches(&arrows, &package.name, &package.name))
        .map(|package| Breach::of(&package.name, "depends on itself by way of others"))
        .collect()
}

/// Whether following the arrows from `from` leads to `to`.
pub(crate) fn reaches(arrows: &BTreeMap<&str, Vec<&str>>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&str> = arrows.get(from).cloned().unwrap_or_default();
    while let Some(next) = open.pop() {
        if next == to {
            return true;
        }
        if seen.insert(next) {
            open.extend(arrows.get(next).into_iter().flatten());
        }
    }
    false
}

fn unlisted(packages: &[Package]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for package in packages {
        let Some((_, allowed)) = OUTSIDE.iter().find(|(name, _)| *name == package.name) else { continue };
        for dependency in package.normal().filter(|dependency| !dependency.name.starts_with("khettara-")) {
            if !allowed.contains(&dependency.name.as_str()) {
                breaches.push(Breach::of(&package.name, format!("links {}, not listed", dependency.name)));
            }
            for feature in dependency.features.iter().filter(|name| CHANCE_FEATURES.contains(&name.as_str()))
            {
                breaches.push(Breach::of(&package.name, format!("asks {} for {feature}", dependency.name)));
            }
        }
    }
    breaches
}

fn held_by_others(packages: &[Package]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for package in packages {
        for dependency in &package.dependencies {
            let Some((name, holders)) = HELD_BY_ONE.iter().find(|(name, _)| *name == dependency.name) else {
                continue;
            };
            if !holders.contains(&package.name.as_str()) {
                breaches.push(Breach::of(&package.name, format!("depends on {name}")));
            }
        }
    }
    breaches
}

fn linked(package: &str, tree: &str, forbidden: &[&str]) -> Vec<Breach> {
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    let found = forbidden.iter().filter(|name| names.contains(*name));
    found.map(|name| Breach::of(package, format!("links {name}"))).collect()
}

fn tree_of(package: &str) -> String {
    cargo(&["tree", "--package", package, "--edges", "normal", "--prefix", "none"])
}

#[test]
fn arrows_between_packages_go_one_way() {
    holds(&ARROWS_RULE, &broken_arrows(workspace()));
    finds(&broken_arrows(&example()), &["khettara-relay", "khettara-stranger", "khettara-node"]);
}

#[test]
fn no_package_reaches_itself() {
    holds(&CYCLE_RULE, &cycles(workspace()));
    finds(&cycles(&example()), &["khettara-node", "khettara-tests"]);
}

#[test]
fn core_and_records_link_only_what_is_listed() {
    holds(&OUTSIDE_RULE, &unlisted(workspace()));
    finds(&unlisted(&example()), &["khettara-core", "khettara-core"]);
}

#[test]
fn automerge_sled_quinn_and_jni_have_one_holder_each() {
    holds(&HELD_RULE, &held_by_others(workspace()));
    finds(&held_by_others(&example()), &["khettara-relay"]);
}

#[test]
fn the_relay_cannot_read_and_core_draws_no_chance() {
    let unreadable = ["automerge", "khettara-records", "khettara-device"];
    let worldly = ["automerge", "getrandom", "mio", "quinn", "rand", "sled", "socket2", "tokio"];
    holds(&RELAY_RULE, &linked("khettara-relay", &tree_of("khettara-relay"), &unreadable));
    holds(&RELAY_RULE, &linked("khettara-core", &tree_of("khettara-core"), &worldly));
    finds(&linked("bad", "bad v0.1.0 (/a)\nautomerge v0.12.0\nrand_core v0.9.0\n", &unreadable), &["bad"]);
    finds(&linked("bad", "bad v0.1.0\ngetrandom v0.4.0 (*)\nrand_core v0.9.0", &worldly), &["bad"]);
}

#[test]
fn every_package_of_the_workspace_has_its_arrows_listed() {
    let listed: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let present: BTreeSet<&str> = workspace().iter().map(|package| package.name.as_str()).collect();
    assert_eq!(
        present, listed,
        "list what the new package may depend on, and draw it in docs/ARCHITECTURE.md"
    );
}

/// A workspace that breaks every rule of this room.
fn example() -> Vec<Package> {
    let normal = |name: &str| format!(r#"{{"name":"{name}","kind":null,"features":[]}}"#);
    let test = |name: &str| format!(r#"{{"name":"{name}","kind":"dev","features":[]}}"#);
    let package = |name: &str, dependencies: &[String]| {
        let list = dependencies.join(",");
        format!(r#"{{"name":"{name}","manifest_path":"/a/Cargo.toml","dependencies":[{list}]}}"#)
    };
    let with_chance = r#"{"name":"uuid","kind":null,"features":["v4"]}"#.to_owned();
    let packages = [
        package("khettara-core", &[normal("tokio"), with_chance, test("proptest"), normal("zstd")]),
        package("khettara-records", &[normal("khettara-core"), normal("automerge")]),
        package("khettara-relay", &[normal("khettara-records"), normal("automerge")]),
        package("khettara-stranger", &[normal("khettara-core"), test("khettara-records")]),
        package("khettara-node", &[normal("khettara-core"), test("khettara-tests")]),
        package("khettara-tests", &[normal("khettara-node")]),
    ];
    read(&format!(r#"{{"packages":[{}]}}"#, packages.join(",")))
}
