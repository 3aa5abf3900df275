//! The repository as a list of files, read from disk once or made in memory for a bad example.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Larger files are data: they are known by name and not read.
const TEXT_BYTES_MAX: u64 = 1_048_576;

/// A text file.
#[derive(Debug)]
pub(crate) struct File {
    /// From the root of the repository, with `/`.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

/// Files, and everything that exists by name.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: Vec<File>,
    names: BTreeSet<String>,
}

impl Tree {
    /// A tree made of these paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.name(path);
            tree.files.push(File { path: (*path).to_owned(), text: (*text).to_owned() });
        }
        tree
    }

    /// This repository, without what `.gitignore` names.
    pub(crate) fn repository() -> &'static Self {
        static TREE: OnceLock<Tree> = OnceLock::new();
        TREE.get_or_init(|| {
            let root = root();
            let ignored = Ignored::read(&fs::read_to_string(root.join(".gitignore")).unwrap_or_default());
            let mut tree = Self::default();
            tree.walk(&root, "", &ignored);
            assert!(tree.has("Cargo.toml"), "the repository is not at {}", root.display());
            tree
        })
    }

    /// All text files, by path.
    pub(crate) fn files(&self) -> &[File] {
        &self.files
    }

    /// The Rust files under one of these folders.
    pub(crate) fn rust_under<'a>(&'a self, folders: &'a [&str]) -> impl Iterator<Item = &'a File> {
        self.rust().filter(|file| folders.iter().any(|folder| file.path.starts_with(folder)))
    }

    /// All Rust files.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// Whether a file or folder of this name exists.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.names.contains(path.trim_end_matches('/'))
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    fn name(&mut self, path: &str) {
        let mut end = 0;
        for part in path.split('/') {
            end += part.len();
            self.names.insert(path[..end].to_owned());
            end += 1;
        }
    }

    fn walk(&mut self, folder: &Path, below: &str, ignored: &Ignored) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut entries: Vec<_> = entries.map(|entry| entry.expect("a folder can be listed")).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            let kind = entry.file_type().expect("an entry has a type");
            if name == ".git" || ignored.covers(&path, &name) || kind.is_symlink() {
                continue;
            }
            self.name(&path);
            if kind.is_dir() {
                self.walk(&entry.path(), &path, ignored);
            } else if entry.metadata().is_ok_and(|meta| meta.len() <= TEXT_BYTES_MAX)
                && let Ok(text) = fs::read_to_string(entry.path())
            {
                self.files.push(File { path, text });
            }
        }
    }
}

/// The root of the repository. Asked at run time, so that a build kept from another checkout reads this one.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&here).parent().expect("the package of the tests lies in a folder of the repository").to_owned()
}

/// As much of `.gitignore` as is used here: `/path`, `name`, `name/` and `*.extension`.
struct Ignored {
    patterns: Vec<String>,
}

impl Ignored {
    fn read(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { patterns: lines.map(|line| line.trim_end_matches('/').to_owned()).collect() }
    }

    fn covers(&self, path: &str, name: &str) -> bool {
        self.patterns.iter().any(|pattern| {
            if let Some(end) = pattern.strip_prefix('*') {
                name.ends_with(end)
            } else if pattern.contains('/') {
                pattern.trim_start_matches('/') == path
            } else {
                pattern == name
            }
        })
    }
}

#[test]
fn the_tree_knows_files_and_the_folders_they_lie_in() {
    let tree = Tree::of(&[("core/src/lib.rs", "")]);
    assert!(tree.has("core") && tree.has("core/src/") && tree.has("core/src/lib.rs"));
    assert!(!tree.has("core/src/li") && !tree.has("src"));
}

#[test]
fn what_gitignore_names_is_not_walked() {
    let ignored = Ignored::read("# built\n/target\nnode_modules/\n*.aar\nkotlin/build/\n");
    assert!(ignored.covers("target", "target") && !ignored.covers("docs/target", "target"));
    assert!(ignored.covers("a/node_modules", "node_modules") && ignored.covers("a/b.aar", "b.aar"));
    assert!(ignored.covers("kotlin/build", "build") && !ignored.covers("build", "build"));
}
