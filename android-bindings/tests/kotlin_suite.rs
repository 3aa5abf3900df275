//! The stories in Kotlin, run by `cargo test --workspace` like all others: a JVM that loads this very library, with the
//! real relay and the real headquarters.

use std::path::Path;
use std::process::Command;

/// Lines of a failed run that are shown.
const LINES_SHOWN: usize = 120;

#[test]
fn the_stories_in_kotlin_pass() {
    let deps = std::env::current_exe().expect("this test has a path");
    let deps = deps.parent().expect("it lies in a folder");
    let programs = deps.parent().expect("which lies in another");
    for program in ["khettara", "khettara-relay", "khettara-hq"] {
        assert!(
            programs.join(program).is_file(),
            "{program} is not built: run `cargo test --workspace`, which builds all that the stories need"
        );
    }
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("kotlin/suite");
    let said = Command::new(&suite)
        .arg(format!("-Dkhettara.programs={}", programs.display()))
        .arg(format!("-Dkhettara.library={}", deps.display()))
        .output()
        .expect("bash is there");
    let text = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("at ")).collect();
    let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    assert!(said.status.success(), "{last}\n{}: {}", suite.display(), said.status);
    let passed = lines.iter().rev().find_map(|line| line.split_once("Tests run: ")?.1.split(',').next());
    let passed: u32 = passed.and_then(|count| count.parse().ok()).unwrap_or_default();
    assert!(passed >= 20, "only {passed} stories ran:\n{last}");
    println!("{passed} stories in Kotlin passed");
}
