//! The files: reading, comparing field by field, and, when asked by name, writing.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Set to `1`, every test writes its file instead of comparing with it.
const WRITE: &str = "KHETTARA_WRITE_GOLDEN";

/// Every file there is; one more or one less in the folder fails.
const FILES: [&str; 12] = [
    "enrolment",
    "entries",
    "journal",
    "keys",
    "names",
    "receipts",
    "refused",
    "roster",
    "segments",
    "slim",
    "transcripts",
    "vectors",
];

/// Whether files are being written instead of compared.
pub(crate) fn writing() -> bool {
    std::env::var(WRITE).is_ok_and(|value| value == "1")
}

/// What a file holds already. Empty while files are being written.
pub(crate) struct Stored(Option<Value>);

impl Stored {
    /// Opens file `name`; nothing while files are being written.
    pub(crate) fn open(name: &str) -> Self {
        if writing() {
            return Self(None);
        }
        let text = std::fs::read_to_string(path(name)).expect("the golden file is there");
        Self(Some(serde_json::from_str(&text).expect("the golden file is JSON")))
    }

    /// All that is in the file.
    pub(crate) fn value(&self) -> &Value {
        self.0.as_ref().unwrap_or(&Value::Null)
    }

    /// Bytes that nobody has to reproduce (a compressor's output, a foreign library's chunk): taken from the
    /// file, made only when the file is being written.
    pub(crate) fn data(&self, case: &str, field: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
        let Some(file) = &self.0 else { return make() };
        let cases = file["cases"].as_array().expect("a file has cases");
        let found = cases.iter().find(|held| held["name"] == case).expect("the case is in the file");
        unhex(found["given"][field].as_str().expect("the field is in the case"))
    }
}

/// Makes the cases of file `name` again and compares every field with what is stored.
pub(crate) fn hold(name: &str, about: &str, make: impl FnOnce(&Stored) -> Vec<Value>) {
    assert!(FILES.contains(&name), "{name} is not in the list of files");
    let stored = Stored::open(name);
    let made = json!({ "about": about, "cases": make(&stored) });
    match stored.0 {
        None => {
            let text = serde_json::to_string_pretty(&made).expect("JSON") + "\n";
            std::fs::write(path(name), text).expect("the golden file is written");
        }
        Some(stored) => {
            let mut found = Vec::new();
            differences(name, &stored, &made, &mut found);
            assert!(found.is_empty(), "frozen bytes changed:\n{}", found.join("\n"));
        }
    }
}

/// One case: what goes in, and everything that comes out, in the order it is made.
pub(crate) fn case(name: &str, given: Value, made: Value) -> Value {
    json!({ "name": name, "given": given, "made": made })
}

/// Lowercase hexadecimal.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads lowercase hexadecimal.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hexadecimal comes in pairs");
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(pair).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("wire").join("vectors")
}

fn path(name: &str) -> PathBuf {
    folder().join(format!("{name}.json"))
}

/// Names every field that is missing, too many or different.
fn differences(at: &str, stored: &Value, made: &Value, found: &mut Vec<String>) {
    match (stored, made) {
        (Value::Object(stored), Value::Object(made)) => {
            for (key, value) in stored {
                match made.get(key) {
                    Some(other) => differences(&format!("{at}.{key}"), value, other, found),
                    None => found.push(format!("{at}.{key}: in the file only")),
                }
            }
            let extra = made.keys().filter(|key| !stored.contains_key(*key));
            found.extend(extra.map(|key| format!("{at}.{key}: not in the file")));
        }
        (Value::Array(stored), Value::Array(made)) => {
            if stored.len() != made.len() {
                found.push(format!("{at}: {} in the file, {} made", stored.len(), made.len()));
            }
            for (place, (value, other)) in stored.iter().zip(made).enumerate() {
                differences(&format!("{at}[{place}]"), value, other, found);
            }
        }
        _ if stored == made => {}
        _ => found.push(format!("{at}: {stored} in the file, {made} made")),
    }
}

#[test]
fn a_missing_an_extra_and_a_changed_field_are_all_named() {
    let stored = json!({ "a": 1, "b": [1, 2], "c": "x" });
    let made = json!({ "a": 1, "b": [1, 3], "d": "x" });
    let mut found = Vec::new();
    differences("f", &stored, &made, &mut found);
    assert_eq!(found, ["f.b[1]: 2 in the file, 3 made", "f.c: in the file only", "f.d: not in the file"]);
    let (mut shorter, mut same) = (Vec::new(), Vec::new());
    differences("f", &json!([1, 2]), &json!([1]), &mut shorter);
    assert_eq!(shorter.len(), 1);
    differences("f", &stored, &stored.clone(), &mut same);
    assert!(same.is_empty());
}

#[test]
fn the_folder_holds_the_listed_files_and_no_other() {
    if writing() {
        return;
    }
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let listed: Vec<String> = FILES.iter().map(|name| format!("{name}.json")).collect();
    assert_eq!(names, listed);
}
