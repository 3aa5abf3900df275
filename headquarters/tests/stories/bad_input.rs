//! What goes wrong around headquarters' folder and its relays, in commands: each says what happened, why and what
//! to do, and nothing that was pulled is lost by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use khettara_core::sync::{CloseReason, Output as Said};
use khettara_hq::{Headquarters, Plan};
use khettara_node::{OpenError, Owner, open_store};

use crate::support::{Relay, Tablet, feed, founded, household, open_when_free, ticket, visit};

/// What becomes of a relay's words.
type Change = fn(&mut Said);

fn run(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khettara-hq"));
    command.env_remove("KHETTARA_HQ").arg("--dir").arg(dir).args(arguments);
    command.stdin(Stdio::null()).output().expect("runs")
}

/// Runs it as long as a child of another story, between its fork and its exec, still has this process's lock.
fn when_free(run: impl Fn() -> Output) -> Output {
    loop {
        let output = run();
        let held = String::from_utf8_lossy(&output.stderr).contains("another process has this store open");
        if !held {
            return output;
        }
        std::thread::yield_now();
    }
}

/// What is said on both outputs, the exit code checked; never a panic or Rust's own notation.
fn said(code: i32, output: &Output) -> String {
    let text = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes)).concat();
    assert_eq!(output.status.code(), Some(code), "{text}");
    for never in ["panicked", "RUST_BACKTRACE", "Err(", "Some("] {
        assert!(!text.contains(never), "{text}");
    }
    text
}

fn says(code: i32, dir: &Path, arguments: &[&str]) -> String {
    let output = if code == 75 { run(dir, arguments) } else { when_free(|| run(dir, arguments)) };
    said(code, &output)
}

fn assert_says(text: &str, facts: &[&str]) {
    facts.iter().for_each(|fact| assert!(text.contains(fact), "no {fact:?} in: {text}"));
}

/// A folder of headquarters that pulled one visit from a relay that is gone now.
fn with_a_visit() -> (tempfile::TempDir, std::net::SocketAddr) {
    let folder = tempfile::tempdir().expect("the disk works");
    let address = Relay::free_address();
    let mut office = founded(&folder.path().join("hq"), address);
    let relay = Relay::start(office.organisation(), address);
    let ticket = ticket(&mut office);
    office.pull(&mut |_| {}).expect("pulls");
    let mut tablet = Tablet::with_ticket(1, &ticket);
    tablet.meet(&relay);
    tablet.save(&feed(), &[household(1, "note"), visit(1, "note")]);
    tablet.meet(&relay);
    assert_eq!(office.pull(&mut |_| {}).expect("pulls").visits, 1);
    drop(office);
    drop(open_when_free(&folder.path().join("hq")));
    (folder, address)
}

fn assert_has_its_visit(dir: &Path) {
    assert_says(&says(0, dir, &["status"]), &["1 households, 1 visits"]);
}

fn journal(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir.join("store").join("journal")).expect("lists");
    let paths = files.map(|entry| entry.expect("an entry").path());
    paths.max_by_key(|path| fs::metadata(path).expect("is there").len()).expect("a file")
}

#[test]
fn words_files_and_lines_that_are_none_are_told_what_was_meant() {
    let folder = tempfile::tempdir().expect("the disk works");
    let dir = folder.path().join("hq");
    drop(Headquarters::init(&dir, &Plan { name: "Errachidia".into(), relays: Vec::new() }).expect("founds"));
    assert_says(&says(2, &dir, &["invit", "--feeds", "x"]), &["invit", "invite"]);
    assert_says(&says(2, &dir, &["export", "--too", "x"]), &["--too", "--to"]);
    let nowhere = folder.path().join("nowhere");
    assert_says(
        &says(1, &nowhere, &["status"]),
        &["there is no organisation file here", "choose the right folder"],
    );
    let missing = says(1, &dir, &["feed", "add", "--file", "/nowhere/communes"]);
    assert_says(
        &missing,
        &["/nowhere/communes", "could not be read", "nothing was changed", "give the right path"],
    );
    let file = folder.path().join("communes");
    fs::write(&file, "08.201.11.07\n# towns\nEr-Rissani!\n").expect("writes");
    let malformed = says(1, &dir, &["feed", "add", "--file", file.to_str().expect("text")]);
    assert_says(&malformed, &["line 3 of the file is no feed", "08.201.11.07", "nothing was changed"]);
    assert_says(&says(0, &dir, &["feed", "add", "08.201.11.07"]), &["1 new, 1 in all"]);
    let key = says(1, &dir, &["relay", "add", "--key", "zz", "--address", "localhost:1"]);
    assert_says(&key, &["no key", "64 hexadecimal characters"]);
    assert_says(&says(1, &dir, &["pull"]), &["no relay was reached", "none is named yet", "relay add"]);
}

#[test]
fn a_key_file_that_is_cut_or_another_s_opens_nothing_and_changes_nothing() {
    let (folder, _) = with_a_visit();
    let dir = folder.path().join("hq");
    let keys = dir.join("keys");
    let right = fs::read(&keys).expect("reads");
    let journal_before = fs::read(journal(&dir)).expect("reads");
    let roots = fs::read(dir.join("root").join("keys")).expect("reads");
    let cases: [(&[u8], &[&str]); 3] = [
        (&right[..50], &["has 50 bytes instead of 96", "nothing was changed", "put a copy of it back"]),
        (&[7; 96], &["no key file that this version can read"]),
        (&roots, &["not the one its store was written with", "put the right key file back"]),
    ];
    for (wrong, facts) in cases {
        fs::write(&keys, wrong).expect("writes");
        for arguments in [&["status"][..], &["pull"], &["feed", "add", "08.201.11.09"]] {
            assert_says(&says(1, &dir, arguments), facts);
        }
    }
    assert_eq!(fs::read(journal(&dir)).expect("reads"), journal_before);
    fs::write(&keys, &right).expect("writes");
    assert_has_its_visit(&dir);
}

#[test]
fn a_second_process_waits_and_a_damaged_store_says_what_to_keep() {
    let (folder, _) = with_a_visit();
    let dir = folder.path().join("hq");
    let office = Headquarters::open(&dir).expect("opens");
    for arguments in [&["status"][..], &["pull"], &["feed", "add", "08.201.11.09"]] {
        assert_says(&says(75, &dir, arguments), &["another process has this store open", "then try again"]);
    }
    drop(office);
    let (index, path) = (dir.join("store").join("index"), journal(&dir));
    fs::remove_dir_all(&index).expect("it may go");
    let text = says(0, &dir, &["status"]);
    assert_says(&text, &["the index was missing and was built anew", "nothing was lost", "1 visits"]);
    let whole = fs::read(&path).expect("reads");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&path, &damaged).expect("writes");
    fs::remove_dir_all(&index).expect("it may go");
    for arguments in [&["status"][..], &["feed", "add", "08.201.11.09"]] {
        let text = says(1, &dir, arguments);
        assert_says(
            &text,
            &["the store is damaged: a saved record is no longer whole", "nothing was changed"],
        );
        assert_says(&text, &["keep the folder as it is and ask for help"]);
    }
    assert_eq!(fs::read(&path).expect("reads"), damaged);
    fs::write(&path, &whole).expect("writes");
    assert_has_its_visit(&dir);
}

#[cfg(unix)]
#[test]
fn on_a_full_disk_an_act_is_refused_and_what_was_pulled_stays() {
    let (folder, _) = with_a_visit();
    let dir = folder.path().join("hq");
    let full = |blocks: u32, arguments: &[&str]| {
        when_free(|| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
            command.arg(env!("CARGO_BIN_EXE_khettara-hq")).arg("--dir").arg(&dir).args(arguments);
            command.stdin(Stdio::null()).output().expect("runs")
        })
    };
    let to = folder.path().join("tables");
    let to = to.to_str().expect("text");
    // Whether the index notices first is chance.
    let refused = |blocks: u32, arguments: &[&str], facts: &[&str]| match full(blocks, arguments) {
        index if index.status.code() == Some(75) => {
            assert_says(
                &said(75, &index),
                &["the index cannot be read", "what was saved is safe", "free space"],
            );
        }
        other => assert_says(&said(1, &other), facts),
    };
    refused(
        0,
        &["feed", "add", "08.201.11.09"],
        &["no space on the disk", "was saved before is safe", "free space"],
    );
    // Full while the CSV is written, the Parquet, and what describes them.
    for blocks in [1, 8, 32] {
        refused(blocks, &["export", "--to", to], &["could not be read or written", "is the disk full"]);
        assert!(!Path::new(to).exists(), "half an export is none");
    }
    assert_has_its_visit(&dir);
    says(0, &dir, &["feed", "add", "08.201.11.09"]);
    says(0, &dir, &["export", "--to", to]);
}

#[test]
fn a_relay_that_is_down_another_s_or_dishonest_is_said_so_and_nothing_is_taken_from_it() {
    let (folder, address) = with_a_visit();
    let dir = folder.path().join("hq");
    assert_says(
        &said(75, &when_free(|| run(&dir, &["pull"]))),
        &["no relay runs at its address now", "nothing is lost", "try again"],
    );
    let file = khettara_node::OrganisationFile::read(&dir.join("organisation.json")).expect("reads");
    {
        let _other = Relay::start_as(101, |_| {}, &file, address);
        let text = says(1, &dir, &["pull"]);
        assert_says(&text, &["not this organisation's relay", "nothing is lost", "check the address"]);
    }
    let noise: Change = |said| {
        if let Said::Frame { frame, .. } = said {
            frame[1..].iter_mut().for_each(|byte| *byte = 0xff);
        }
    };
    let other_version: Change = |said| {
        if let Said::Frame { session, .. } = said {
            *said = Said::Close { session: *session, reason: CloseReason::Version };
        }
    };
    let cases: [(Change, &[&str]); 2] = [
        (noise, &["cannot be right and was not taken", "pull again", "tell its operator"]),
        (
            other_version,
            &["no version of the protocol that this program speaks", "update whichever is older"],
        ),
    ];
    for (change, facts) in cases {
        let _dishonest = Relay::start_as(100, change, &file, address);
        assert_says(&says(3, &dir, &["pull"]), facts);
        assert_has_its_visit(&dir);
    }
    {
        let silence: Change = |said| {
            if let Said::Frame { .. } = said {
                *said = Said::WakeAt { at_ms: 0 };
            }
        };
        let _silent = Relay::start_as(100, silence, &file, address);
        let text = says(3, &dir, &["pull", "--patience-s", "1"]);
        assert_says(&text, &["it fell silent", "what came is kept", "pull again"]);
        assert_has_its_visit(&dir);
    }
    let _honest = Relay::start(&file, address);
    says(0, &dir, &["pull"]);
    assert_has_its_visit(&dir);
}

#[test]
fn another_programs_folder_is_refused_and_nothing_in_it_is_touched() {
    let folder = tempfile::tempdir().expect("the disk works");
    let tablet = folder.path().join("tablet");
    drop(open_store(&tablet.join("store"), Owner::Tablet).expect("opens"));
    let text = says(1, &tablet, &["init", "--name", "Errachidia"]);
    assert_says(
        &text,
        &["this folder is that of a tablet", "nothing in it was touched", "name your own folder"],
    );
    assert!(!tablet.join("organisation.json").exists() && !tablet.join("root").exists());
    let office = folder.path().join("hq");
    says(0, &office, &["init", "--name", "Errachidia"]);
    for owner in [Owner::Tablet, Owner::Relay] {
        let refused = open_store(&office.join("store"), owner).map(drop);
        assert!(matches!(refused, Err(OpenError::Other(Owner::Headquarters))), "{refused:?}");
    }
    says(0, &office, &["status"]);
}
