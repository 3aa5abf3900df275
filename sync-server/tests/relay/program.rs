//! The program: made once, settings checked, one process per store, a clean stop.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use khettara_relay::Status;

use crate::support::{Organisation, Process, program};

/// Every file of a folder with its bytes; those of the index, which may be thrown away, are left out.
pub(crate) fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if !path.components().any(|part| part.as_os_str() == "index") {
                found.insert(path.display().to_string(), fs::read(&path).expect("reads"));
            }
        }
    }
    found
}

pub(crate) fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn a_second_init_refuses_and_changes_nothing() {
    let organisation = Organisation::found();
    let file = organisation.folder.path().join("organisation.json");
    let arguments = ["init", "--json", "--organisation", file.to_str().expect("UTF-8")];
    let before = files(&organisation.relay_dir());
    let (code, said, error) = run(&mut program(&arguments, &organisation.relay_dir()));
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(error.contains("there is a relay in this folder already"), "{error}");
    assert_eq!(files(&organisation.relay_dir()), before);

    let fresh = organisation.folder.path().join("another");
    let (code, said, error) = run(&mut program(&arguments, &fresh));
    assert_eq!(code, Some(0), "{error}");
    let made: serde_json::Value = serde_json::from_str(&said).expect("one JSON object");
    assert_eq!(made["key"].as_str().expect("a key").len(), 64);
    assert!(fs::read_to_string(fresh.join("relay.toml")).expect("reads").contains("#listen"));
}

#[tokio::test]
async fn an_organisation_file_that_was_tampered_with_makes_no_relay() {
    let organisation = Organisation::found();
    let file = organisation.folder.path().join("organisation.json");
    let text = fs::read_to_string(&file).expect("reads");
    fs::write(&file, text.replace("\"genesis\": \"01", "\"genesis\": \"02")).expect("writes");
    let dir = organisation.folder.path().join("another");
    let arguments = ["init", "--organisation", file.to_str().expect("UTF-8")];
    let (code, _, error) = run(&mut program(&arguments, &dir));
    assert_eq!(code, Some(2), "{error}");
    assert!(!dir.exists());
}

#[tokio::test]
async fn an_unknown_setting_is_refused_with_file_line_and_what_was_meant() {
    let organisation = Organisation::found();
    let path = organisation.relay_dir().join("relay.toml");
    fs::write(&path, "name = \"x\"\nlisten_at = \"127.0.0.1:0\"\n").expect("writes");
    let (code, _, error) = run(&mut program(&["run"], &organisation.relay_dir()));
    assert_eq!(code, Some(2));
    assert!(error.contains("relay.toml, line 2: `listen_at`"), "{error}");
    assert!(error.contains("did you mean `listen`?"), "{error}");
    let (code, _, error) = run(&mut program(&["run", "--listn", "x"], &organisation.relay_dir()));
    assert_eq!(code, Some(2), "{error}");
}

#[tokio::test]
async fn a_folder_without_a_relay_says_how_to_make_one() {
    let folder = tempfile::tempdir().expect("the disk works");
    let (code, _, error) = run(&mut program(&["run", "--listen", "127.0.0.1:0"], folder.path()));
    assert_eq!(code, Some(2));
    assert!(error.contains("khettara-relay init"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 0);
}

#[tokio::test]
async fn one_store_has_one_process_and_status_is_told_beside_it() {
    let organisation = Organisation::found();
    let dir = organisation.relay_dir();
    let first = Process::start(&dir);
    let (code, said, error) = run(&mut program(&["run", "--listen", "127.0.0.1:0"], &dir));
    assert_eq!((code, said.as_str()), (Some(75), ""), "{error}");
    assert!(error.contains("another process has this store open"), "{error}");

    // Partial: nobody has told this relay that it is delegated.
    let (code, said, error) = run(&mut program(&["status", "--json"], &dir));
    assert_eq!(code, Some(3), "{error}");
    let status: Status = serde_json::from_str(&said).expect("JSON");
    assert!(status.running);
    assert_eq!(status.address, Some(first.address.to_string()));
    assert_eq!(status.key, organisation.relay_key.to_hex());

    drop(first);
    let (code, said, error) = run(&mut program(&["status"], &dir));
    assert_eq!(code, Some(3), "{error}");
    assert!(said.starts_with("relais-nord, Errachidia\n  running                no\n"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_is_told_to_stop_ends_cleanly_and_tells_its_peers() {
    use khettara_core::sync::CloseReason;
    use khettara_node::driver::Ended;

    let organisation = Organisation::found();
    let process = Process::start(&organisation.relay_dir());
    let met = organisation.headquarters.meet(process.address, organisation.relay_key).await;
    assert!(met.settled, "{met:?}");
    assert_eq!(met.how, Some(Ended::Here(CloseReason::Done)));
    let told = Command::new("kill").args(["-TERM", &process.child.id().to_string()]).status();
    assert!(told.expect("kill runs").success());
    let (code, said) = process.wait();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("session 1: headquarters: "), "{said}");
    // A session that ended while the signal came may be told after it.
    assert!(said.lines().any(|line| line == "stopping"), "{said}");

    let (code, said, error) = run(&mut program(&["status", "--json"], &organisation.relay_dir()));
    assert_eq!(code, Some(0), "{error}");
    let status: Status = serde_json::from_str(&said).expect("JSON");
    assert!(!status.running && status.figures.delegated && status.figures.segments > 0);
}
