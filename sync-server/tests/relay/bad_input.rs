//! What goes wrong around a relay's folder, its disk and its socket: each is said with what to do, nothing that was
//! acknowledged is lost by it, and one bad peer costs only itself.

use std::fs;
use std::path::{Path, PathBuf};

use khettara_core::sync::{CloseReason, Output};
use khettara_node::driver::Ended;

use crate::program::{files, run};
use crate::support::{Organisation, Peer, Process, program};

/// Runs the program and gives what it says on standard error; never a panic or Rust's own notation.
fn says(code: i32, arguments: &[&str], dir: &Path) -> String {
    let (ended, _, text) = run(&mut program(arguments, dir));
    assert_eq!(ended, Some(code), "{text}");
    for never in ["panicked", "RUST_BACKTRACE", "Err(", "Some("] {
        assert!(!text.contains(never), "{text}");
    }
    text
}

fn assert_says(text: &str, facts: &[&str]) {
    facts.iter().for_each(|fact| assert!(text.contains(fact), "no {fact:?} in: {text}"));
}

const RUN: [&str; 3] = ["run", "--listen", "127.0.0.1:0"];

/// The journal's largest file.
fn journal(dir: &Path) -> PathBuf {
    let files = fs::read_dir(dir.join("store").join("journal")).expect("lists");
    let paths = files.map(|entry| entry.expect("an entry").path());
    paths.max_by_key(|path| fs::metadata(path).expect("is there").len()).expect("a file")
}

/// An organisation whose relay has bound a tablet and holds a note of it.
async fn with_a_note() -> (Organisation, Peer) {
    let organisation = Organisation::found();
    let process = Process::start(&organisation.relay_dir());
    let tablet = organisation.tablets(process.address, 1).await.remove(0);
    tablet.note(b"a first note");
    assert!(tablet.meet(process.address, organisation.relay_key).await.settled);
    (organisation, tablet)
}

/// All that the tablet wrote is at the relay and reaches headquarters.
async fn all_comes_together(organisation: &Organisation, tablet: &Peer) {
    let process = Process::start(&organisation.relay_dir());
    for peer in [tablet, &organisation.headquarters, tablet] {
        let met = peer.meet(process.address, organisation.relay_key).await;
        assert!(met.settled, "{met:?}");
    }
    assert_eq!(tablet.digest(), organisation.headquarters.digest());
}

#[tokio::test]
async fn a_word_that_is_nearly_one_and_a_file_that_is_none_are_told_what_was_meant() {
    let folder = tempfile::tempdir().expect("the disk works");
    let dir = folder.path().join("relay");
    assert_says(&says(2, &["statsu"], &dir), &["statsu", "status"]);
    assert_says(&says(2, &["run", "--lisen", "x"], &dir), &["--lisen", "--listen"]);
    let missing = says(2, &["init", "--organisation", "/nowhere/organisation.json"], &dir);
    assert_says(&missing, &["there is no organisation file here", "choose the right"]);
    let file = folder.path().join("organisation.json");
    fs::write(&file, "{\n  \"organisation\": nonsense\n}\n").expect("writes");
    let malformed = says(2, &["init", "--organisation", file.to_str().expect("text")], &dir);
    assert_says(&malformed, &["no organisation file", "line 2", "ask headquarters for it again"]);
    assert!(!dir.exists(), "nothing was made");
    assert_says(&says(2, &["status"], &dir), &["there is no relay in this folder", "khettara-relay init"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_file_that_is_cut_damaged_or_another_relay_s_starts_no_relay_and_changes_nothing() {
    let (organisation, tablet) = with_a_note().await;
    let (dir, other) = (organisation.relay_dir(), organisation.folder.path().join("other"));
    let file = organisation.folder.path().join("organisation.json");
    khettara_relay::init(&other, &file, None).expect("makes a relay");
    let right = fs::read(dir.join("keys")).expect("reads");
    let others = fs::read(other.join("keys")).expect("reads");
    let mut damaged = right.clone();
    damaged[40] ^= 1;
    let cases: [(i32, &[u8], &[&str]); 4] = [
        (1, &right[..50], &["has 50 bytes instead of 96", "nothing was changed", "put a copy of it back"]),
        (1, &damaged, &["is damaged", "nothing was changed", "put a copy of it back"]),
        (2, &[7; 96], &["no key file that this version can read", "choose the right folder, or update"]),
        (1, &others, &["not the one its store was written with", "put the right key file back"]),
    ];
    for (code, wrong, facts) in cases {
        fs::write(dir.join("keys"), wrong).expect("writes");
        let before = files(&dir);
        assert_says(&says(code, &RUN, &dir), facts);
        assert_eq!(files(&dir), before);
    }
    fs::write(dir.join("keys"), &right).expect("writes");
    all_comes_together(&organisation, &tablet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_damaged_in_the_middle_starts_no_relay_and_an_index_without_a_folder_is_made_anew() {
    let (organisation, tablet) = with_a_note().await;
    let dir = organisation.relay_dir();
    let index = dir.join("store").join("index");
    let path = journal(&dir);
    let whole = fs::read(&path).expect("reads");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&path, &damaged).expect("writes");
    fs::remove_dir_all(&index).expect("it may go");
    for arguments in [&RUN[..], &["status"]] {
        let text = says(1, arguments, &dir);
        assert_says(
            &text,
            &["the store is damaged: a saved record is no longer whole", "nothing was changed"],
        );
        assert_says(&text, &["keep the folder as it is and ask for help"]);
    }
    assert_eq!(fs::read(&path).expect("reads"), damaged);
    fs::write(&path, &whole).expect("writes");
    fs::remove_dir_all(&index).expect("it may go");
    let mut process = Process::start(&dir);
    process.child.kill().expect("runs");
    let (_, text) = process.wait();
    assert_says(&text, &["the index was missing and was built anew from the journal; nothing was lost"]);
    all_comes_together(&organisation, &tablet).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_whose_disk_is_full_gives_no_receipt_stays_up_and_loses_nothing() {
    let (organisation, tablet) = with_a_note().await;
    let (dir, key) = (organisation.relay_dir(), organisation.relay_key);
    let before = tablet.receipt_lines(&key);
    let blocks = fs::metadata(journal(&dir)).expect("is there").len() / 512;
    let mut process = Process::start_on_a_full_disk(&dir, blocks);
    let large: Vec<u8> = (0..15_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    tablet.note(&large);
    for _ in 0..2 {
        let met = tablet.meet(process.address, key).await;
        assert_eq!((met.settled, met.how), (false, Some(Ended::There(CloseReason::StoreFailed))));
        assert_eq!(tablet.receipt_lines(&key), before, "nothing is called delivered that is not held");
    }
    assert_eq!(process.child.try_wait().expect("asks"), None, "it goes on");
    process.child.kill().expect("runs");
    let (_, text) = process.wait();
    assert_says(
        &text,
        &["the disk is full", "free space", "until then tablets are turned away and keep their work"],
    );
    assert!(!text.contains("panicked"), "{text}");
    all_comes_together(&organisation, &tablet).await;
    assert_eq!(tablet.receipt_lines(&key)[0].1, before[0].1 + 1);
}

/// Bytes that say nothing, as many as there are.
fn noise(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_u32;
    for byte in bytes {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *byte = state as u8;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_that_sends_noise_or_changed_segments_is_parted_with_and_others_are_served() {
    let (organisation, tablet) = with_a_note().await;
    let key = organisation.relay_key;
    let process = Process::start(&organisation.relay_dir());
    let held = tablet.receipt_lines(&key);
    tablet.note(b"a second note");
    let noise_for_frames: fn(&mut Output) = |output| {
        if let Output::Frame { frame, .. } = output {
            noise(&mut frame[1..]);
        }
    };
    let bits_flipped: fn(&mut Output) = |output| {
        if let Output::Segment { bytes, .. } = output {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
        }
    };
    // Noise breaks the protocol. A changed segment might as well go on from a branch that is not held here: it is
    // asked for, and then the meeting is over.
    for (change, reason) in [(noise_for_frames, CloseReason::Misbehaved), (bits_flipped, CloseReason::Done)] {
        let met = tablet.saying(change).meet(process.address, key).await;
        assert_eq!((met.settled, met.how), (false, Some(Ended::There(reason))));
        assert_eq!(tablet.receipt_lines(&key), held);
        let met = organisation.headquarters.meet(process.address, key).await;
        assert!(met.settled, "{met:?}");
    }
    let met = tablet.meet(process.address, key).await;
    assert!(met.settled, "{met:?}");
    assert!(tablet.receipt_lines(&key)[0].1 > held[0].1, "and then it is delivered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn datagrams_that_are_not_quic_disturb_nobody() {
    let (organisation, tablet) = with_a_note().await;
    let process = Process::start(&organisation.relay_dir());
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    for length in [0, 1, 20, 1_200, 9_000] {
        let mut bytes = vec![0; length];
        noise(&mut bytes);
        for first in [0x00, 0x40, 0xc0, 0xff] {
            bytes.iter_mut().take(1).for_each(|byte| *byte = first);
            socket.send_to(&bytes, process.address).expect("sends");
        }
    }
    tablet.note(b"a second note");
    let met = tablet.meet(process.address, organisation.relay_key).await;
    assert!(met.settled, "{met:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tablet_that_speaks_only_other_versions_is_told_so_and_the_operator_too() {
    let (organisation, tablet) = with_a_note().await;
    let key = organisation.relay_key;
    let mut process = Process::start(&organisation.relay_dir());
    let from_the_past: fn(&mut Output) = |output| speak(output, 0);
    let from_the_future: fn(&mut Output) = |output| speak(output, 9);
    for change in [from_the_past, from_the_future] {
        let met = tablet.saying(change).meet(process.address, key).await;
        assert_eq!((met.settled, met.how), (false, Some(Ended::There(CloseReason::Version))));
    }
    let met = tablet.meet(process.address, key).await;
    assert!(met.settled, "{met:?}");
    process.child.kill().expect("runs");
    let (_, text) = process.wait();
    assert_says(
        &text,
        &["no protocol version in common", "this relay speaks version 1", "update the older side"],
    );
}

/// Has a Hello offer one version and no other.
fn speak(output: &mut Output, version: u8) {
    use khettara_core::wire::Frame;
    let Output::Frame { frame, .. } = output else { return };
    if let Ok(Frame::Hello(mut hello)) = Frame::from_bytes(frame) {
        hello.versions = (version, version);
        *frame = Frame::Hello(hello).to_bytes();
    }
}
