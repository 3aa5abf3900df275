//! Stories of a store on real files and sled: killed, damaged, opened twice.

use khettara_core::store::{Answer, Expect, Group, Op, Options, Reason, Store, conformance};
use khettara_core::store::{JournalStore, MemoryIndex, Opened};
use khettara_node::{FileDisk, LockError, NodeStore, OpenError, Owner, open_store};
use khettara_node::{fill_reserve, release_reserve};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn put(key: &[u8], value: &[u8]) -> Vec<Group> {
    let expect = vec![Expect::Absent(key.to_vec())];
    vec![Group { expect, ops: vec![Op::Put(key.to_vec(), value.to_vec())] }]
}

fn open(dir: &Path) -> (NodeStore, Opened) {
    loop {
        match open_store(dir, Owner::Tablet) {
            // A child that another test is starting still has the lock of a store closed just now.
            Err(OpenError::Lock(LockError::Held)) => std::thread::yield_now(),
            opened => return opened.expect("the store opens"),
        }
    }
}

#[test]
fn a_store_on_files_and_sled_does_what_every_store_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut stores = 0;
    conformance::check(&mut || {
        stores += 1;
        let (store, opened) = open(&dir.path().join(stores.to_string()));
        assert_eq!(opened, Opened::default());
        Box::new(store)
    });
}

#[test]
fn the_disk_on_files_does_what_a_journal_asks() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut stores = 0;
    conformance::check(&mut || {
        stores += 1;
        let disk = FileDisk::open(&dir.path().join(stores.to_string())).expect("a disk");
        let mut ids = 0u8;
        let fresh = Box::new(move || {
            ids += 1;
            [ids; 16]
        });
        // Files so small that the handles kept at hand do not suffice.
        let options = Options { file_bytes_max: 1_000, ..Options::default() };
        let opened = JournalStore::open(disk, MemoryIndex::new(), fresh, options);
        Box::new(opened.expect("the store opens").0)
    });
}

const ROWS: u32 = 300;

fn value(n: u32) -> Vec<u8> {
    // Every tenth is too large for the index.
    vec![n as u8; if n.is_multiple_of(10) { 6_000 } else { 200 }]
}

fn fill(dir: &Path) {
    let (mut store, _) = open(dir);
    for n in 0..ROWS {
        assert_eq!(store.commit(put(&n.to_be_bytes(), &value(n))), Ok(vec![Answer::Committed]));
    }
    store.derive(vec![Op::Put(b"~d".to_vec(), vec![1; 9_000])]).expect("derived");
    store.checkpoint().expect("flushed");
}

fn assert_filled(store: &NodeStore) {
    let rows = store.scan(b"\x00", b"", usize::MAX).expect("the store reads");
    let expected: Vec<_> = (0..ROWS).map(|n| (n.to_be_bytes().to_vec(), value(n))).collect();
    assert!(rows == expected, "all {ROWS} rows are there, {} found", rows.len());
}

#[test]
fn a_store_closed_and_opened_again_has_everything_and_was_not_rebuilt() {
    let dir = tempfile::tempdir().expect("a directory");
    fill(dir.path());
    let (store, opened) = open(dir.path());
    assert_eq!(opened, Opened::default());
    assert_filled(&store);
    assert_eq!(store.get(b"~d"), Ok(Some(vec![1; 9_000])));
}

#[test]
fn an_index_cut_short_is_filled_up_or_rebuilt() {
    for part in 0..10 {
        let dir = tempfile::tempdir().expect("a directory");
        fill(dir.path());
        let path = dir.path().join("index/db");
        let mut bytes = fs::read(&path).expect("read");
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        bytes.truncate(used * part / 10);
        fs::write(&path, bytes).expect("written");
        assert_filled(&open(dir.path()).0);
        assert_filled(&open(dir.path()).0);
    }
}

/// Every file of sled's directory.
fn index_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.join("index")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { dirs.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn whatever_happens_to_the_index_the_store_opens_with_all_data() {
    type Harm = (&'static str, fn(&Path), &'static [Option<Reason>]);
    let harms: [Harm; 5] = [
        ("missing", |dir| fs::remove_dir_all(dir.join("index")).expect("removed"), &[Some(Reason::Missing)]),
        (
            "half deleted",
            |dir| fs::remove_file(dir.join("index/db")).expect("removed"),
            &[Some(Reason::Missing), Some(Reason::Damaged)],
        ),
        (
            "a file in its place",
            |dir| {
                fs::remove_dir_all(dir.join("index")).expect("removed");
                fs::write(dir.join("index"), b"no directory").expect("written");
            },
            &[Some(Reason::Damaged)],
        ),
        (
            "configuration overwritten",
            |dir| {
                fs::write(dir.join("index/conf"), [0xa5; 60]).expect("written");
            },
            &[Some(Reason::Damaged)],
        ),
        (
            "a snapshot half written",
            |dir| {
                fs::write(dir.join("index/snap.ffffffffffffffff.generating"), [1; 9]).expect("written");
            },
            &[None],
        ),
    ];
    for (what, harm, reasons) in harms {
        let dir = tempfile::tempdir().expect("a directory");
        fill(dir.path());
        harm(dir.path());
        let (mut store, opened) = open(dir.path());
        assert!(reasons.contains(&opened.rebuilt), "{what}: {:?}", opened.rebuilt);
        assert_filled(&store);
        assert_eq!(store.commit(put(b"\x01", b"")), Ok(vec![Answer::Committed]));
        drop(store);
        assert_eq!(open(dir.path()).1.rebuilt, None, "{what}: mended once");
    }
}

#[test]
fn an_index_with_bytes_overwritten_never_gives_a_wrong_answer() {
    for seed in 0..12usize {
        let dir = tempfile::tempdir().expect("a directory");
        fill(dir.path());
        for path in index_files(dir.path()) {
            let mut bytes = fs::read(&path).expect("read");
            let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
            for hit in 0..3 {
                let at = (seed * 7_919 + hit * 104_729) % (used + 1);
                bytes[at] ^= 0x10;
            }
            fs::write(&path, bytes).expect("written");
        }
        assert_filled(&open(dir.path()).0);
        // sled may notice only at the next opening; the answers are right either way.
        assert_filled(&open(dir.path()).0);
    }
}

#[test]
fn only_the_newest_damaged_index_is_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    fill(dir.path());
    for _ in 0..3 {
        fs::write(dir.path().join("index/conf"), [0xa5; 60]).expect("written");
        assert_eq!(open(dir.path()).1.rebuilt, Some(Reason::Damaged));
    }
    let names = fs::read_dir(dir.path()).expect("listed").map(|entry| entry.expect("an entry").file_name());
    let aside: Vec<_> = names.filter(|name| name.to_string_lossy().contains("damaged")).collect();
    assert_eq!(aside, ["index.damaged-3"]);
}

#[test]
fn a_store_opens_in_one_process_at_a_time() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path());
    let refused = open_store(dir.path(), Owner::Tablet).map(drop);
    assert!(matches!(refused, Err(OpenError::Lock(LockError::Held))), "{refused:?}");
    let child = child_command("a_child_tries_the_lock", dir.path()).output().expect("the child ran");
    assert!(String::from_utf8_lossy(&child.stdout).contains("another process has this store open"));
    drop(store);
    drop(open(dir.path()));
}

#[test]
fn a_store_may_live_on_any_thread() {
    fn on_any_thread<T: Send>() {}
    on_any_thread::<NodeStore>();
}

#[test]
fn the_reserve_is_kept_given_up_and_filled_again() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(open(dir.path()));
    let path = dir.path().join("reserve");
    let size = fs::metadata(&path).expect("kept").len();
    assert_eq!(size, khettara_core::limits::RESERVE_BYTES);
    assert!(release_reserve(dir.path()).expect("removed"));
    assert!(!release_reserve(dir.path()).expect("nothing to remove"));
    fill_reserve(dir.path()).expect("written");
    assert_eq!(fs::metadata(&path).expect("kept").len(), size);
}

const CHILD: &str = "KHETTARA_TEST_STORE";

/// This test program again, running one test on the store in `dir`.
fn child_command(test: &str, dir: &Path) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(["--exact", test, "--nocapture"]).env(CHILD, dir).stdout(Stdio::piped());
    command.stderr(Stdio::null());
    command
}

#[test]
fn a_child_tries_the_lock() {
    let Some(dir) = env::var_os(CHILD) else { return };
    match open_store(Path::new(&dir), Owner::Tablet) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{error}"),
    }
}

/// Commits until killed, and says so after each commit.
#[test]
fn a_child_commits_until_it_is_killed() {
    let Some(dir) = env::var_os(CHILD) else { return };
    let (mut store, opened) = open_store(Path::new(&dir), Owner::Tablet).expect("the store opens");
    assert_eq!(opened.rebuilt, None);
    let last = store.last(b"k").expect("read").map_or(0, |(key, _)| number(&key) + 1);
    for n in last..last + 100_000 {
        let key = [b"k", &n.to_be_bytes()[..]].concat();
        let twin = [b"t", &n.to_be_bytes()[..]].concat();
        let mut groups = put(&key, &value(n));
        groups[0].ops.push(Op::Put(twin, value(n)));
        assert_eq!(store.commit(groups), Ok(vec![Answer::Committed]));
        println!("\nsaved {n}");
    }
}

fn number(key: &[u8]) -> u32 {
    u32::from_be_bytes(key[1..].try_into().expect("four bytes"))
}

#[test]
fn what_a_process_said_was_saved_is_there_after_it_was_killed() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut said = 0;
    for round in 0..10usize {
        let mut child =
            child_command("a_child_commits_until_it_is_killed", dir.path()).spawn().expect("a child");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let saved = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("saved ")?.parse().ok());
        let last: u32 = saved.take(5 + round * 13).last().expect("the child saves");
        child.kill().expect("killed");
        child.wait().expect("ended");
        assert!(last >= said);
        said = last;
        let (store, opened) = open(dir.path());
        assert_eq!(opened.rebuilt, None, "a killed process leaves an index that is at worst behind");
        let rows = store.scan(b"k", b"", usize::MAX).expect("read");
        assert!(rows.len() > last as usize, "{last} was said, {} are there", rows.len());
        for (n, (key, found)) in (0..).zip(&rows) {
            assert!(number(key) == n && *found == value(n), "record {n} is whole and in its place");
            let twin = [b"t", &key[1..]].concat();
            assert!(store.get(&twin) == Ok(Some(value(n))), "a group is there whole");
        }
        assert_eq!(store.scan(b"t", b"", usize::MAX).map(|twins| twins.len()), Ok(rows.len()));
    }
}
