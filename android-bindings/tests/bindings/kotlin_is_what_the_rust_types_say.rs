//! Kotlin's classes are those that the tables of the Rust types give. A field added here and not there fails here.

use std::path::{Path, PathBuf};

use crate::kotlin;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kotlin/src/main/kotlin/org/khettara").join(name)
}

/// Compares, or writes where the environment says so.
pub(crate) fn holds(path: &Path, expected: &str) {
    if std::env::var_os("KHETTARA_WRITE_GOLDEN").is_some() {
        std::fs::write(path, expected).expect("writes");
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let differs = held.lines().zip(expected.lines()).position(|(held, expected)| held != expected);
    assert!(
        held == expected,
        "{name} is not what the Rust types give, from line {}; run this test with KHETTARA_WRITE_GOLDEN=1, look at \
         what changed, and keep it",
        differs.unwrap_or_else(|| held.lines().count().min(expected.lines().count())) + 1
    );
}

#[test]
fn the_messages_are_the_structures() {
    holds(&source("Messages.kt"), &kotlin::messages());
}

#[test]
fn the_records_are_the_tables_of_fields() {
    holds(&source("Records.kt"), &kotlin::records());
}
