//! What goes wrong around a tablet's folder and its network, in commands: each says what happened, why and what
//! to do, and no saved visit is lost by it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use khettara_core::id::DeviceKey;
use khettara_core::identity::SigningKey;
use khettara_device::{Device, ImportEvent};
use khettara_node::quic::DialError;

use crate::world::{COMMUNE, Manners, World, household, visit};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

/// A tablet in its folder, run as a command.
struct Tablet(PathBuf);

impl Tablet {
    /// Enrolled, with a household and a visit saved and not yet delivered.
    fn with_a_visit(world: &World) -> Self {
        let device = world.tablet("amina");
        device.record_line(&household(HOUSEHOLD)).expect("saves");
        device.record_line(&visit(HOUSEHOLD, 1)).expect("saves");
        Self(world.dir("amina"))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_khettara"));
        command.arg("--dir").arg(&self.0).args(arguments).stdin(Stdio::null()).output().expect("runs")
    }

    /// Runs with a bound on how large a file may grow, in blocks of 512 bytes: a disk that is full.
    fn run_on_a_full_disk(&self, blocks: u64, arguments: &[&str]) -> Output {
        when_free(|| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
            command.arg(env!("CARGO_BIN_EXE_khettara")).arg("--dir").arg(&self.0).args(arguments);
            command.stdin(Stdio::null()).output().expect("runs")
        })
    }

    /// What the command says on standard error, its exit code checked; a person is never shown a panic or
    /// Rust's own notation.
    fn says(&self, code: i32, arguments: &[&str]) -> String {
        let output = if code == 75 { self.run(arguments) } else { when_free(|| self.run(arguments)) };
        said(code, &output)
    }

    /// Own visits, in all and delivered.
    fn visits(&self) -> (u64, u64) {
        let output = when_free(|| self.run(&["--json", "status"]));
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let count = |what: &str| status["visits"][what].as_u64().expect("a number");
        (count("all"), count("delivered"))
    }

    fn journal(&self) -> PathBuf {
        let files = fs::read_dir(self.0.join("store").join("journal")).expect("lists");
        files.map(|entry| entry.expect("an entry").path()).max_by_key(|path| size(path)).expect("a file")
    }
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

fn size(path: &Path) -> u64 {
    fs::metadata(path).expect("is there").len()
}

fn said(code: i32, output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(output.status.code(), Some(code), "{text}");
    for never in ["panicked", "RUST_BACKTRACE", "Err(", "Some(", "{ "] {
        assert!(!text.contains(never), "{text}");
    }
    text
}

fn assert_says(text: &str, facts: &[&str]) {
    facts.iter().for_each(|fact| assert!(text.contains(fact), "no {fact:?} in: {text}"));
}

#[test]
fn a_command_that_is_nearly_one_is_told_which_was_meant() {
    let world = World::new();
    let tablet = Tablet(world.dir("nobody"));
    assert_says(&tablet.says(2, &["snyc"]), &["snyc", "sync"]);
    assert_says(&tablet.says(2, &["lst", "--json"]), &["lst", "list"]);
    assert_says(&tablet.says(2, &["list", "--limt", "3"]), &["--limt", "--limit"]);
    assert!(!tablet.0.exists(), "nothing was made by it");
}

#[test]
fn a_file_that_is_not_there_and_a_line_that_is_no_record_are_refused_and_the_others_saved() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let missing = tablet.says(1, &["import", "/nowhere/visits.jsonl"]);
    assert_says(&missing, &["could not be read", "No such file", "stays saved", "right file"]);
    let no_file =
        tablet.says(1, &["enroll", "--serial", "1", "--code", "x", "--organisation", "/nowhere/o.json"]);
    assert_says(&no_file, &["there is no organisation file here", "choose the right"]);
    assert_says(&tablet.says(1, &["add", "{\"record\":"]), &["not JSON", "check quotes"]);
    let file = world.dir("lines.jsonl");
    let lines =
        format!("{}\n{{\"record\":\"visti\"}}\nnonsense\n{}\n", visit(HOUSEHOLD, 2), visit(HOUSEHOLD, 3));
    fs::write(&file, lines).expect("writes");
    let refused = tablet.says(3, &["import", file.to_str().expect("text")]);
    assert_says(&refused, &["line 2: record", "household, member", "line 3: ", "not JSON"]);
    assert_eq!(tablet.visits(), (3, 0));
}

/// Lines as somebody typed them in a hurry, or meant harm by: each with the field and the words by which it is refused,
/// or none where it is good.
fn clumsy_lines() -> Vec<(String, Option<(&'static str, &'static str)>)> {
    let nowhere = "0192f7a4-5c3b-7d21-9f64-ffffffffffff";
    let of =
        |record: &str, fields: &str| format!(r#"{{"record":"{record}","household":"{HOUSEHOLD}",{fields}}}"#);
    let about =
        format!(r#""commune":"{COMMUNE}","urgency":"high","at":"2026-11-26T10:30:00Z","agent":"AS-7""#);
    let referral = |household: &str| {
        format!(
            r#"{{"record":"referral","household":"{household}","category":"health","to":"مركز",{about}}}"#
        )
    };
    let case = |household: &str| {
        format!(r#"{{"record":"protection","household":"{household}","kind":"neglect",{about}}}"#)
    };
    let member = r#""name_latin":"A","sex":"male","relation":"kin""#;
    let many = vec![format!("{{{member}}}"); 65].join(",");
    let head = visit(HOUSEHOLD, 4).replace(r#""record""#, r#""ref":"v1","record""#);
    vec![
        (household(HOUSEHOLD), None),
        (referral(nowhere), Some(("household", "no such household on this tablet"))),
        (case(nowhere), Some(("household", "no such household on this tablet"))),
        (visit(nowhere, 3), Some(("household", "no such household on this tablet"))),
        (head, None),
        (referral("v1"), Some(("household", "no such household on this tablet"))),
        (referral("h9"), Some(("household", "put that record first"))),
        (of("member", &format!(r#"{member},"birth":"1890""#)), Some(("birth", "check the year"))),
        (visit(HOUSEHOLD, 1).replace("2026-11-01", "1970-01-01"), None),
        (visit(HOUSEHOLD, 1).replace("2026-11-01", "1969-12-31"), Some(("at", "from 1970 to 2199"))),
        (visit(HOUSEHOLD, 1).replace("AS-7", "7-\u{202e}SA"), Some(("agent", "type it again"))),
        (of("member", &format!(r#"{member},"cin":"12""#)), Some(("cin", "check it"))),
        (
            of("enrolment", r#""programme":"x","status":"enrolled","since":"2026-02","until":"2026-01""#),
            Some(("until", "check both dates")),
        ),
        (of("link", &format!(r#""kind":"same_as","to":"{HOUSEHOLD}""#)), Some(("to", "the other family"))),
        (
            of("need", &format!(r#""category":"water","urgency":"low","visit":"{nowhere}""#)),
            Some(("visit", "bears this id")),
        ),
        (
            household(nowhere).replace("\"members\":[", &format!("\"members\":[{many},")),
            Some(("members", "one form takes 64")),
        ),
        (household(nowhere).replace(COMMUNE, "09.001.01.01"), Some(("commune", "ask headquarters"))),
        (household(nowhere).replace(COMMUNE, "everywhere"), Some(("commune", "HCP code"))),
        (referral(HOUSEHOLD), None),
        (case(HOUSEHOLD), None),
        ("x".repeat(300_000), Some(("", "split it"))),
        (visit(HOUSEHOLD, 5), None),
    ]
}

#[test]
fn of_a_file_of_clumsy_lines_each_is_refused_with_its_line_its_field_and_why_and_the_good_ones_are_saved() {
    let feeds = [COMMUNE, "08.201/referrals", "08.201.11.07/protection"];
    let world = World::new();
    feeds[1..].iter().for_each(|feed| world.open_feed(feed));
    let device = world.tablet_for("amina", &feeds);
    let lines = clumsy_lines();
    let file: String = lines.iter().map(|(line, _)| format!("{line}\n\n")).collect();
    let (mut refused, mut saved) = (Vec::new(), 0);
    let report = device.import(file.as_bytes(), &mut |event| match event {
        ImportEvent::Refused(line) => refused.push((line.line, line.field.clone(), line.to_string())),
        ImportEvent::Saved(_) => saved += 1,
        ImportEvent::Progress(_) => {}
    });
    let report = report.expect("reads to its end");
    refused.sort();
    let expected: Vec<_> =
        (1u64..).step_by(2).zip(&lines).filter_map(|(line, (_, why))| Some((line, (*why)?))).collect();
    for ((line, (field, words)), (at, place, said)) in expected.iter().zip(&refused) {
        assert_eq!((line, *field), (at, place.as_str()), "{said}");
        assert!(said.starts_with(&format!("line {line}: ")), "{said}");
        assert_says(said, &[words]);
    }
    assert_eq!((refused.len(), saved), (expected.len(), lines.len() - expected.len()));
    assert_eq!((report.saved, report.refused), (saved as u64, expected.len() as u64));
    assert_eq!(device.status().expect("reads").visits.all, 3);
    assert_eq!(device.register().expect("reads").len(), 2, "a referral and a case of a family that is here");
    for line in [&lines[1].0, &lines[2].0] {
        let alone = device.record_line(line).expect_err("to nowhere").to_string();
        assert_says(&alone, &["no such household on this tablet", "khettara list"]);
    }
}

#[test]
fn a_key_file_that_is_cut_changed_or_another_tablet_s_is_refused_and_nothing_is_written_with_it() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let (keys, journal) = (tablet.0.join("keys"), fs::read(tablet.journal()).expect("reads"));
    let right = fs::read(&keys).expect("reads");
    drop(Device::init(&world.dir("other")).expect("a tablet"));
    let others = fs::read(world.dir("other").join("keys")).expect("reads");
    let mut damaged = right.clone();
    damaged[40] ^= 1;
    let cases: [(&[u8], &[&str]); 5] = [
        (&right[..50], &["has 50 bytes instead of 96", "nothing was changed", "put a copy of it back"]),
        (&[], &["has 0 bytes", "put a copy of it back"]),
        (&damaged, &["is damaged", "nothing was changed", "put a copy of it back"]),
        (&[7; 96], &["no key file that this version can read", "choose the right folder, or update"]),
        (
            &others,
            &["not the one its store was written with", "nothing was changed", "put the right key file back"],
        ),
    ];
    for (wrong, facts) in cases {
        fs::write(&keys, wrong).expect("writes");
        for command in [&["status"][..], &["add", &visit(HOUSEHOLD, 2)], &["sync"]] {
            assert_says(&tablet.says(1, command), facts);
        }
        assert_eq!(fs::read(&keys).expect("reads"), wrong, "it is left as it is");
    }
    assert_eq!(fs::read(tablet.journal()).expect("reads"), journal);
    fs::write(&keys, &right).expect("writes");
    assert_eq!(tablet.visits(), (1, 0));
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (1, 1));
}

#[test]
fn a_second_process_on_one_tablet_is_told_to_wait_and_the_first_goes_on() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let (first, _) = Device::open(&tablet.0).expect("opens");
    for command in [&["status"][..], &["add", &visit(HOUSEHOLD, 2)], &["sync"]] {
        assert_says(&tablet.says(75, command), &["another process has this store open", "then try again"]);
    }
    first.record_line(&visit(HOUSEHOLD, 2)).expect("saves");
    drop(first);
    assert_eq!(tablet.visits(), (2, 0));
}

#[test]
fn a_journal_damaged_in_the_middle_is_not_written_to_and_says_so() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let path = tablet.journal();
    let whole = fs::read(&path).expect("reads");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&path, &damaged).expect("writes");
    fs::remove_dir_all(tablet.0.join("store").join("index")).expect("it may go");
    for command in [&["status"][..], &["add", &visit(HOUSEHOLD, 2)], &["list"], &["sync"]] {
        let text = tablet.says(1, command);
        assert_says(
            &text,
            &["the store is damaged: a saved record is no longer whole", "nothing was changed"],
        );
        assert_says(&text, &["write no more, keep the folder as it is and ask for help"]);
    }
    assert_eq!(fs::read(&path).expect("reads"), damaged, "what is there stays for whoever mends it");
    fs::write(&path, &whole).expect("writes");
    assert_eq!(tablet.visits(), (1, 0));
}

#[test]
fn an_index_missing_or_damaged_is_made_anew_with_one_sentence_and_nothing_is_lost() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let index = tablet.0.join("store").join("index");
    fs::remove_dir_all(&index).expect("it may go");
    assert_eq!(
        tablet.says(0, &["status"]).trim(),
        "The index was missing and was built anew. Nothing was lost."
    );
    assert_eq!(tablet.visits(), (1, 0));
    for file in fs::read_dir(&index).expect("lists").map(|entry| entry.expect("an entry").path()) {
        if file.is_file() {
            fs::write(file, [0x55; 4_096]).expect("writes");
        }
    }
    let text = tablet.says(0, &["status"]);
    assert_eq!(text.trim(), "The index was damaged and was built anew. Nothing was lost.");
    assert_eq!(tablet.visits(), (1, 0));
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (1, 1));
}

#[cfg(unix)]
#[test]
fn on_a_full_disk_a_visit_that_cannot_be_saved_is_refused_and_those_before_it_stay() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let note = "x".repeat(4_000);
    let large = visit(HOUSEHOLD, 2).replace("\"kind\"", &format!("\"note\":\"{note}\",\"kind\""));
    // One block: the journal takes not a byte more, and its successor no more than a short record.
    for _ in 0..2 {
        let output = tablet.run_on_a_full_disk(1, &["add", &large]);
        let code = output.status.code().expect("an exit");
        let text = said(code, &output);
        // Which of the two meets the end of the disk first is sled's to choose.
        match code {
            75 => assert_says(&text, &["the index cannot be read", "what was saved is safe", "free space"]),
            _ => assert_says(&text, &["disk is full", "was saved before is safe", "free space"]),
        }
        assert!(code == 1 || code == 75, "{code}: {text}");
    }
    // No block: not even the index opens on the disk. It is held in memory, so that everything can be read.
    let text = said(1, &tablet.run_on_a_full_disk(0, &["add", &visit(HOUSEHOLD, 2)]));
    assert_says(&text, &["The tablet is full", "can be read", "was saved before is safe", "free space"]);
    let listed = tablet.run_on_a_full_disk(0, &["show", HOUSEHOLD]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("Visit"), "{listed:?}");
    assert_eq!(tablet.visits(), (1, 0), "the visit before is there, the refused one is not");
    tablet.says(0, &["add", &large]);
    assert_eq!(tablet.visits(), (2, 0), "there is space again");
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (2, 2));
}

#[cfg(unix)]
#[test]
fn on_a_disk_that_has_just_become_full_the_visit_being_typed_is_saved_with_what_was_kept_back() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    let reserve = tablet.0.join("store").join("reserve");
    assert!(reserve.exists());
    let blocks = size(&tablet.journal()) / 512;
    let mut output = tablet.run_on_a_full_disk(blocks, &["add", &visit(HOUSEHOLD, 2)]);
    for _ in 0..20 {
        // The index may fail under the copy again and again; then it says so, and trying again helps.
        if output.status.code() != Some(75) {
            break;
        }
        assert_says(&said(75, &output), &["the index cannot be read", "what was saved is safe", "try again"]);
        output = tablet.run_on_a_full_disk(blocks, &["add", &visit(HOUSEHOLD, 2)]);
    }
    let text = said(0, &output);
    assert_says(&text, &["The disk is full", "free space now", "This one is saved"]);
    assert_eq!(tablet.visits(), (2, 0));
    assert!(reserve.exists(), "with space again it is kept back again");
}

#[test]
fn a_relay_with_another_key_or_of_another_organisation_is_refused_with_what_to_do() {
    let (world, other) = (World::seeded(1), World::seeded(2));
    let enrolled = |name: &str, change: &dyn Fn(&mut khettara_core::identity::Ticket)| {
        let mut ticket = world.ticket();
        change(&mut ticket);
        let device = world.blank(name);
        device.enroll(&ticket.to_text()).expect("reads");
        device.record_line(&household(HOUSEHOLD)).expect("saves");
        device.record_line(&visit(HOUSEHOLD, 1)).expect("saves");
        Tablet(world.dir(name))
    };
    let wrong_key =
        enrolled("key", &|ticket| ticket.pin = DeviceKey(SigningKey::from_seed(&[99; 32]).public().0));
    let facts = [
        "not this organisation's relay",
        "nothing is lost",
        "check the address, or ask headquarters for a new code",
    ];
    assert_says(&wrong_key.says(1, &["sync"]), &facts);
    let wrong_relay = enrolled("relay", &|ticket| {
        ticket.addresses = vec![other.address.to_string()];
        ticket.pin = other.relay_key;
    });
    let text = wrong_relay.says(1, &["sync"]);
    assert_says(
        &text,
        &["another organisation", "nothing is lost", "sync again later, or check the address and the code"],
    );
    for tablet in [wrong_key, wrong_relay] {
        assert_eq!(tablet.visits(), (1, 0));
    }
}

#[test]
fn a_relay_of_another_version_is_told_apart_and_says_which_side_to_update() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    world.relay_is(Manners::OtherVersion);
    let text = tablet.says(1, &["sync"]);
    assert_says(&text, &["version 1", "nothing is lost", "update this tablet", "update the relay"]);
    assert_eq!(tablet.visits(), (1, 0));
    let by_name = DialError::Version.to_string();
    assert_says(
        &by_name,
        &["khettara/1", "nothing is lost", "update this program", "have the relay updated"],
    );
    world.relay_is(Manners::Honest);
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (1, 1));
}

#[test]
fn a_relay_that_cannot_save_delivers_nothing_and_the_visit_goes_later() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    world.relay_is(Manners::StoreFailed);
    let text = said(75, &when_free(|| tablet.run(&["sync"])));
    assert_says(&text, &["the relay could not save", "nothing is lost", "sync again later"]);
    assert_eq!(tablet.visits(), (1, 0));
    world.relay_is(Manners::Honest);
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (1, 1));
}

#[test]
fn noise_and_segments_with_a_bit_changed_are_not_taken_and_an_honest_relay_then_brings_all() {
    for manners in [Manners::NoiseForFrames, Manners::NoiseForSegments, Manners::BitsFlipped] {
        let world = World::new();
        let writer = world.tablet("writer");
        let tablet = Tablet::with_a_visit(&world);
        writer.record_line(&household("0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c12")).expect("saves");
        crate::world::sync(&writer).expect("syncs");
        world.relay_is(manners);
        let text = tablet.says(1, &["sync"]);
        assert_says(
            &text,
            &["cannot be right", "none of it was taken", "nothing is lost", "tell headquarters"],
        );
        assert_eq!(tablet.visits().0, 1, "{manners:?}");
        let listed = when_free(|| tablet.run(&["--json", "list"]));
        assert!(!String::from_utf8_lossy(&listed.stdout).contains("3b1f0a6e2c12"), "{manners:?}: {listed:?}");
        world.relay_is(Manners::Honest);
        tablet.says(0, &["sync"]);
        assert_eq!(tablet.visits(), (1, 1), "{manners:?}");
        let listed = when_free(|| tablet.run(&["--json", "list"]));
        assert!(String::from_utf8_lossy(&listed.stdout).contains("3b1f0a6e2c12"), "{manners:?}: {listed:?}");
    }
}

#[test]
fn a_relay_that_says_nothing_costs_one_patience_and_the_visit_goes_later() {
    let world = World::new();
    let tablet = Tablet::with_a_visit(&world);
    world.relay_is(Manners::Silent);
    let output = when_free(|| tablet.run(&["sync", "--patience-s", "1"]));
    said(3, &output);
    assert_says(
        &String::from_utf8_lossy(&output.stdout),
        &["Nothing is lost; the rest goes with the next sync", "Sent: 0 visits (1 wait)"],
    );
    assert_eq!(tablet.visits(), (1, 0));
    world.relay_is(Manners::Honest);
    tablet.says(0, &["sync"]);
    assert_eq!(tablet.visits(), (1, 1));
}
