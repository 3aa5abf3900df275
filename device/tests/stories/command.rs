//! The command line: exit codes, JSON, and a process killed while it saves.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use khettara_device::Device;
use serde_json::Value as Json;

use crate::world::{COMMUNE, World, household, visit};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

fn khettara(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khettara"));
    command.env_remove("KHETTARA_DIR").arg("--dir").arg(dir).args(arguments).stdin(Stdio::null());
    command.output().expect("runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Every line is JSON; gives them.
fn json(output: &Output) -> Vec<Json> {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn the_journey_of_a_visit_in_commands() {
    let world = World::new();
    let dir = world.dir("amina");
    let run = |arguments: &[&str]| khettara(&dir, arguments);
    assert_eq!(code(&run(&["status"])), Some(1), "there is no tablet yet");
    assert_eq!(code(&run(&["init"])), Some(0));
    assert_eq!(code(&run(&["init"])), Some(1));
    assert_eq!(code(&run(&["enroll", "KHT1:NONSENSE"])), Some(1));
    assert_eq!(code(&run(&["enroll", &world.ticket().to_text()])), Some(0));
    let added = run(&["--json", "add", &household(HOUSEHOLD)]);
    assert_eq!(json(&added)[0]["saved"], HOUSEHOLD);
    assert_eq!(code(&run(&["add", &visit(HOUSEHOLD, 1)])), Some(0));
    assert_eq!(code(&run(&["add", r#"{"record":"household"}"#])), Some(1));
    let synced = run(&["sync"]);
    assert_eq!(code(&synced), Some(0), "{synced:?}");
    let words = String::from_utf8(synced.stdout).expect("text");
    for fact in ["Sent: 1 visit", "Received: 0 visits", "At headquarters: 0 of 1 visit"] {
        assert!(words.contains(fact), "{words}");
    }
    let status = json(&run(&["status", "--json"]));
    assert_eq!(status[0]["visits"]["delivered"], 1);
    let shown = run(&["show", &HOUSEHOLD[..8]]);
    let words = String::from_utf8(shown.stdout).expect("text");
    assert!(words.contains("[Delivered]") && words.contains("\u{2068}فاطمة\u{2069}"), "{words}");
    let listed = run(&["list"]);
    let words = String::from_utf8(listed.stdout).expect("text");
    assert!(words.lines().all(|line| line.chars().count() <= 80), "{words}");
}

#[test]
fn every_command_speaks_json() {
    let world = World::new();
    let dir = world.dir("amina");
    drop(world.tablet("amina"));
    let file = world.dir("lines.jsonl");
    std::fs::write(&file, format!("{}\n{}\nnonsense\n", household(HOUSEHOLD), visit(HOUSEHOLD, 2)))
        .expect("writes");
    let run = |arguments: &[&str]| khettara(&dir, arguments);
    let imported = run(&["--json", "import", file.to_str().expect("a path")]);
    assert_eq!(code(&imported), Some(3), "one line was refused");
    let lines = json(&imported);
    assert_eq!(
        lines.last().map(|last| (last["saved"].clone(), last["refused"].clone())),
        Some((2.into(), 1.into()))
    );
    assert!(lines.iter().any(|line| line["refused"]["line"] == 3));
    for arguments in [
        &["list"][..],
        &["show", HOUSEHOLD],
        &["conflicts"],
        &["status"],
        &["sync"],
        &["export"],
        &["resolve", HOUSEHOLD, "household.water", "--side", "1"],
        &["init"],
        &["enroll", "no"],
    ] {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let output = run(&all);
        let last = json(&output).pop().unwrap_or_else(|| panic!("{arguments:?} says nothing: {output:?}"));
        assert_eq!(code(&output) == Some(0), last.get("error").is_none(), "{arguments:?}: {last}");
    }
}

#[test]
fn what_is_not_understood_exits_with_2_and_no_network_with_75() {
    let world = World::new();
    let dir = world.dir("amina");
    for arguments in [&["fly"][..], &["list", "--nonsense"], &["enroll"], &["resolve", "x"]] {
        assert_eq!(code(&khettara(&dir, arguments)), Some(2), "{arguments:?}");
    }
    let mut ticket = world.ticket();
    ticket.addresses = vec!["no-such-relay.invalid:4433".into()];
    let device = world.blank("amina");
    device.enroll(&ticket.to_text()).expect("reads");
    let busy = khettara(&dir, &["status"]);
    assert_eq!(code(&busy), Some(75), "another process has it open: {busy:?}");
    drop(device);
    assert_eq!(code(&khettara(&dir, &["sync"])), Some(75));
}

#[test]
fn a_process_killed_while_it_saves_loses_nothing_it_had_acknowledged() {
    let world = World::new();
    let dir = world.dir("amina");
    drop(world.tablet("amina"));
    let mut acknowledged = Vec::new();
    for round in 1..=10u32 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_khettara"));
        command.arg("--dir").arg(&dir).args(["--json", "import", "-"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("runs");
        let mut input = child.stdin.take().expect("a pipe");
        let feeder = std::thread::spawn(move || {
            let line =
                format!("{{\"record\":\"household\",\"commune\":\"{COMMUNE}\",\"status\":\"nomadic\"}}\n");
            // Until the other side is gone.
            while input.write_all(line.as_bytes()).is_ok() {}
        });
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        for _ in 0..64 + round * 7 {
            acknowledged.push(saved_in(&lines.next().expect("goes on").expect("text")));
        }
        child.kill().expect("kills");
        child.wait().expect("ends");
        feeder.join().expect("ends");
        // What stood in the pipe was acknowledged too; a line cut short was not.
        acknowledged.extend(
            lines.map_while(Result::ok).filter(|line| line.ends_with('}')).map(|line| saved_in(&line)),
        );
    }
    let (device, _) = Device::open(&dir).expect("opens");
    for id in &acknowledged {
        assert!(device.household(id).is_ok(), "{id} was acknowledged and is gone");
    }
    assert!(device.status().expect("reads").households >= acknowledged.len() as u64);
}

fn saved_in(line: &str) -> uuid::Uuid {
    let line: Json = serde_json::from_str(line).expect("JSON");
    line["saved"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}
