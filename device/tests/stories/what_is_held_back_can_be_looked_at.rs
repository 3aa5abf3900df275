//! A colleague's tablet sends what newer software wrote, and what is no entry at all. Neither hinders anybody, and both can
//! be looked at.

use std::process::Command;

use khettara_device::Clock;
use serde_json::Value;

use crate::world::{COMMUNE, World, household, sync};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
/// Of software to come.
const LATER: u8 = 77;
/// The end of a log, which has no body.
const FINAL: u8 = 3;

#[test]
fn what_is_held_back_is_listed_with_whose_it_is_and_why_and_others_work_goes_on() {
    let world = World::new();
    let colleague = world.colleague(Clock::start());
    let device = world.tablet("amina");
    assert!(device.quarantine().expect("reads").is_empty());
    colleague.writes(&world, LATER, b"a photo, perhaps");
    colleague.writes(&world, FINAL, b"and a body all the same");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    assert_eq!(sync(&device).expect("syncs").left, 0);
    let held = device.quarantine().expect("reads");
    let said: Vec<_> = held.iter().map(|one| (one.feed.as_str(), one.count, one.reason, one.waits)).collect();
    assert_eq!(said, [(COMMUNE, 1, 1, true), (COMMUNE, 1, 6, false)]);
    assert!(held.iter().all(|one| one.writer.serial.is_some() && !one.writer.is_me));
    assert_eq!(device.status().expect("reads").set_aside_here, 2);
    drop(device);

    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_khettara"));
        let output = command.arg("--dir").arg(world.dir("amina")).args(arguments).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run(&["quarantine", "--lang", "fr"]);
    for fact in [COMMUNE, "la tablette 1", "mal formé", "attend que quelque", "2 entries"] {
        assert!(text.contains(fact), "no {fact:?} in {text}");
    }
    let json = run(&["quarantine", "--json"]);
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[2]["entries"], &lines[2]["waiting"]), (3, &2.into(), &1.into()));
    assert!(lines[1]["words"]["ar"].as_str().is_some_and(|words| !words.is_empty()));

    let name = lines[0]["name"].as_str().expect("a name");
    let text = run(&["quarantine", "show", name, "--lang", "fr"]);
    for fact in [name, "la tablette 1", "attend que quelque chose", "it cannot be read; 16 bytes"] {
        assert!(text.contains(fact), "no {fact:?} in {text}");
    }
    let to = world.dir("for-a-specialist");
    let place = to.to_str().expect("a path");
    assert!(run(&["quarantine", "export", "--to", place]).contains("2 entries"));
    let known = std::fs::read_to_string(to.join("entries.jsonl")).expect("written");
    let known: Vec<Value> = known.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let bytes = std::fs::read(to.join(known[0]["file"].as_str().expect("a file"))).expect("written");
    assert_eq!((bytes.as_slice(), &known[0]["kind"]), (&b"a photo, perhaps"[..], &LATER.into()));
    let refused = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_khettara"));
        let output = command.arg("--dir").arg(world.dir("amina")).args(arguments).output().expect("runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    assert!(refused(&["quarantine", "export", "--to", place]).contains("it is not written over"));
    assert!(
        refused(&["quarantine", "release", name]).contains("releasing what is held back is for supervisors")
    );
    assert!(refused(&["quarantine", "show", "abcd:9"]).contains("nothing that is held back has this name"));
}
