//! Journal files as a store writes them: header, records, and the file that goes on from another.

use khettara_core::hash;
use khettara_core::identity::Fresh;
use khettara_core::store::{Disk, Group, JournalStore, MemoryIndex, Op, Options, SimulatedDisk, Store};
use serde_json::{Value, json};

use crate::golden::{case, hex, hold};
use crate::world;

const ABOUT: &str = "Journal files; what a record holds is the store's own and is data here";

const HEADER_BYTES: usize = 90;

#[test]
fn journal_files_are_what_they_were() {
    hold("journal", ABOUT, |_| {
        let disk = written();
        let mut files: Vec<Vec<u8>> =
            disk.list().expect("lists").iter().map(|name| whole(&disk, name)).collect();
        files.sort_by_key(|file| u64::from_le_bytes(file[66..74].try_into().expect("8 bytes")));
        assert_eq!(files.len(), 2);
        assert_eq!(files[1][50..66], files[0][34..50], "the second names the first");
        vec![file("a first file", &files[0]), file("the file that goes on from it", &files[1])]
    });
}

/// A store whose first file is full after two commits.
fn written() -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let mut draws = Fresh::new(world::seed(0xa1));
    let fresh = Box::new(move || draws.draw());
    let options = Options { file_bytes_max: 200, ..Options::default() };
    let (mut store, _) =
        JournalStore::open(disk.clone(), MemoryIndex::default(), fresh, options).expect("opens");
    for (key, value) in [("a", "one well"), ("b", "two goats"), ("c", "a ksar far from any road")] {
        let ops = vec![Op::Put(key.into(), value.into())];
        store.commit(vec![Group { expect: vec![], ops }]).expect("commits");
    }
    disk
}

fn whole(disk: &SimulatedDisk, name: &str) -> Vec<u8> {
    let len = usize::try_from(disk.len(name).expect("has a length")).expect("small");
    let bytes = disk.read(name, 0, len).expect("reads");
    assert_eq!(name, format!("journal-{}", hex(&bytes[34..50])), "a file is named by its id");
    bytes
}

/// Takes a file apart by the page alone, and puts it together again.
fn file(name: &str, bytes: &[u8]) -> Value {
    let confirmed = u64::from_le_bytes(bytes[66..74].try_into().expect("8 bytes"));
    let (store, id, predecessor) = (&bytes[18..34], &bytes[34..50], &bytes[50..66]);
    let mut head = b"khettara journal\0\x01".to_vec();
    for part in [store, id, predecessor, &confirmed.to_le_bytes()] {
        head.extend(part);
    }
    let header_check = &hash::derive("file", &[&head])[..16];
    let mut made = [&head[..], header_check].concat();
    let (mut contents, mut checks): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut at = HEADER_BYTES;
    while at < bytes.len() {
        let len = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
        let content = &bytes[at + 5..at + 5 + len as usize];
        let check = &hash::derive("record", &[id, &(at as u64).to_le_bytes(), &[0], content])[..16];
        made.extend([&len.to_le_bytes(), &[0][..], content, check].concat());
        contents.push(hex(content));
        checks.push(hex(check));
        at = made.len();
    }
    assert_eq!(made, bytes, "the store writes what the page says");
    case(
        name,
        json!({
            "store": hex(store), "file": hex(id), "predecessor": hex(predecessor), "confirmed": confirmed,
            "records": contents,
        }),
        json!({ "header_check": hex(header_check), "record_checks": checks, "bytes": hex(&made) }),
    )
}
