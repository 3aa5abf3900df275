//! What a disk may hold after a power cut: what was there before, what the shim wrote down, and chance.
//!
//! Bytes are sure after a sync of their file, names after a sync of their folder. Of everything else each piece may be
//! there, not be there, or be torn, in any order. Renaming is whole or not at all.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use khettara_tests::Chance;

const SECTOR_BYTES: usize = 512;
const HEAD_BYTES: usize = 29;

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Cut(usize),
}

#[derive(Clone)]
enum Naming {
    Set(String, usize),
    Gone(String),
    Moved(String, String, usize),
}

#[derive(Clone)]
enum Node {
    File { sure: Vec<u8>, pending: Vec<Change> },
    Folder { sure: BTreeMap<String, usize>, pending: Vec<Naming> },
}

/// What became of changes that no sync had confirmed.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Fates {
    pub(crate) kept: u64,
    pub(crate) dropped: u64,
    pub(crate) torn: u64,
    /// Changes that a sync had confirmed.
    pub(crate) synced: u64,
}

impl Fates {
    pub(crate) fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.dropped += other.dropped;
        self.torn += other.torn;
        self.synced += other.synced;
    }
}

/// How a cut goes about what is not sure.
pub(crate) struct Temper {
    /// Of a hundred changes, how many are kept.
    keep_percent: u64,
    /// Names change in the order in which they were changed, as on a disk with a journal of its own.
    names_in_order: bool,
    /// A file may have its new length before it has its bytes.
    grows_empty: bool,
}

impl Temper {
    /// Nothing is kept but what is sure.
    pub(crate) const WORST: Self = Self { keep_percent: 0, names_in_order: false, grows_empty: false };

    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let keep_percent = match chance.below(10) {
            0 | 1 => 0,
            2 => 100,
            _ => chance.below(100),
        };
        Self { keep_percent, names_in_order: chance.percent(50), grows_empty: chance.percent(20) }
    }
}

/// One folder as a disk has it.
pub(crate) struct Platter {
    nodes: Vec<Node>,
    by_inode: HashMap<u64, usize>,
    root: usize,
    synced: u64,
}

impl Platter {
    /// The folder as it is now; all of it is sure.
    pub(crate) fn read(dir: &Path) -> Self {
        let mut platter = Self { nodes: Vec::new(), by_inode: HashMap::new(), root: 0, synced: 0 };
        platter.root = platter.take(dir);
        platter
    }

    fn take(&mut self, path: &Path) -> usize {
        let metadata = fs::metadata(path).expect("it is there");
        let mut names = BTreeMap::new();
        let node = if metadata.is_dir() {
            for entry in fs::read_dir(path).expect("lists") {
                let entry = entry.expect("an entry");
                let name = entry.file_name().into_string().expect("the store's names are text");
                names.insert(name, self.take(&entry.path()));
            }
            Node::Folder { sure: names, pending: Vec::new() }
        } else {
            Node::File { sure: fs::read(path).expect("reads"), pending: Vec::new() }
        };
        self.add(metadata.ino(), node)
    }

    fn add(&mut self, inode: u64, node: Node) -> usize {
        self.nodes.push(node);
        self.by_inode.insert(inode, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Does what the shim wrote down. A record cut short at the end was of an operation that was not finished.
    pub(crate) fn follow(&mut self, log: &[u8]) {
        let mut rest = log;
        while let Some((head, behind)) = rest.split_at_checked(HEAD_BYTES) {
            let word = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("eight bytes"));
            let len = u32::from_ne_bytes(head[25..29].try_into().expect("four bytes")) as usize;
            let Some((bytes, behind)) = behind.split_at_checked(len) else { return };
            self.step(head[0], [word(1), word(9), word(17)], bytes);
            rest = behind;
        }
    }

    fn step(&mut self, kind: u8, [inode, a, b]: [u64; 3], bytes: &[u8]) {
        let text = || String::from_utf8(bytes.to_vec()).expect("names are text");
        match kind {
            b'C' => {
                let file = self.add(inode, Node::File { sure: Vec::new(), pending: Vec::new() });
                self.rename_in(a, Naming::Set(text(), file));
            }
            b'D' => {
                let folder = self.add(inode, Node::Folder { sure: BTreeMap::new(), pending: Vec::new() });
                self.rename_in(a, Naming::Set(text(), folder));
            }
            b'W' => self.change(inode, Change::Write(a as usize, bytes.to_vec())),
            b'T' => self.change(inode, Change::Cut(a as usize)),
            b'U' => self.rename_in(a, Naming::Gone(text())),
            b'R' => {
                assert_eq!(a, b, "nothing here moves from folder to folder");
                let names = text();
                let (from, to) = names.split_once('/').expect("two names");
                self.rename_in(a, Naming::Moved(from.into(), to.into(), self.by_inode[&inode]));
            }
            b'S' => self.sync(inode),
            b'M' => panic!("a file of the store is mapped for writing, which the shim cannot follow"),
            other => panic!("the shim wrote {other}"),
        }
    }

    fn change(&mut self, inode: u64, change: Change) {
        match &mut self.nodes[self.by_inode[&inode]] {
            Node::File { pending, .. } => pending.push(change),
            Node::Folder { .. } => panic!("a folder has no bytes"),
        }
    }

    fn rename_in(&mut self, inode: u64, naming: Naming) {
        match &mut self.nodes[self.by_inode[&inode]] {
            Node::Folder { pending, .. } => pending.push(naming),
            Node::File { .. } => panic!("a file has no names in it"),
        }
    }

    fn sync(&mut self, inode: u64) {
        let synced = match &mut self.nodes[self.by_inode[&inode]] {
            Node::File { sure, pending } => {
                pending.iter().for_each(|change| apply(sure, change));
                std::mem::take(pending).len()
            }
            Node::Folder { sure, pending } => {
                pending.iter().for_each(|naming| rename(sure, naming));
                std::mem::take(pending).len()
            }
        };
        self.synced += synced as u64;
    }

    /// Cuts the power, and writes what the disk then holds in place of the folder.
    pub(crate) fn cut(self, dir: &Path, temper: &Temper, chance: &mut Chance) -> Fates {
        let mut fates = Fates { synced: self.synced, ..Fates::default() };
        fs::remove_dir_all(dir).expect("may go");
        self.write(self.root, dir, temper, chance, &mut fates);
        fates
    }

    fn write(&self, node: usize, path: &Path, temper: &Temper, chance: &mut Chance, fates: &mut Fates) {
        match &self.nodes[node] {
            Node::File { sure, pending } => {
                let mut bytes = sure.clone();
                for change in pending {
                    decide(&mut bytes, change, temper, chance, fates);
                }
                fs::write(path, bytes).expect("the disk works");
            }
            Node::Folder { sure, pending } => {
                let mut names = sure.clone();
                let in_order = chance.below(pending.len() as u64 + 1);
                for (at, naming) in (0..).zip(pending) {
                    let kept = if temper.names_in_order {
                        at < in_order
                    } else {
                        chance.percent(temper.keep_percent)
                    };
                    if kept {
                        rename(&mut names, naming);
                        fates.kept += 1;
                    } else {
                        fates.dropped += 1;
                    }
                }
                fs::create_dir(path).expect("the disk works");
                for (name, node) in names {
                    self.write(node, &path.join(name), temper, chance, fates);
                }
            }
        }
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(at, new) => {
            if bytes.len() < at + new.len() {
                bytes.resize(at + new.len(), 0);
            }
            bytes[*at..at + new.len()].copy_from_slice(new);
        }
        Change::Cut(len) => bytes.resize(*len, 0),
    }
}

fn rename(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming {
        Naming::Set(name, node) => drop(names.insert(name.clone(), *node)),
        Naming::Gone(name) => drop(names.remove(name)),
        Naming::Moved(from, to, node) => {
            names.remove(from);
            names.insert(to.clone(), *node);
        }
    }
}

/// Keeps a change, drops it, or tears it.
fn decide(bytes: &mut Vec<u8>, change: &Change, temper: &Temper, chance: &mut Chance, fates: &mut Fates) {
    if chance.percent(temper.keep_percent) {
        fates.kept += 1;
        return apply(bytes, change);
    }
    let Change::Write(at, new) = change else {
        fates.dropped += 1;
        return;
    };
    if temper.keep_percent == 0 || chance.percent(50) {
        fates.dropped += 1;
        if temper.grows_empty && bytes.len() < at + new.len() {
            bytes.resize(at + new.len(), 0);
        }
        return;
    }
    fates.torn += 1;
    if chance.percent(50) {
        let whole = chance.below(new.len() as u64 + 1) as usize;
        return apply(bytes, &Change::Write(*at, new[..whole].to_vec()));
    }
    // Sector by sector, by their places on the disk.
    let mut from = 0;
    while from < new.len() {
        let to = new.len().min(from + SECTOR_BYTES - (at + from) % SECTOR_BYTES);
        if chance.percent(50) {
            apply(bytes, &Change::Write(at + from, new[from..to].to_vec()));
        }
        from = to;
    }
}
