//! The page of all fields and codes, written from the tables themselves.

use std::fmt::Write as _;

use super::fields::FieldSpec;
use super::kinds::RecordKind;
use super::rule::{RULES, RuleSpec};
use super::value::ValueType;
use super::vocabulary::vocabularies;

const HEAD: &str = "\
# Fields and codes

Every kind of record, its fields, and every closed list of codes with its words in Arabic, French and English. This page
is written from the tables in `records/src/model` and a test holds it equal to them:

```text
cargo run -p khettara-device -- fields > docs/VOCABULARIES.md
```

How records are written, refused and merged stands in [RECORDS.md](RECORDS.md). *Needed*: a new record must have it.
";

/// `docs/VOCABULARIES.md`, whole.
#[must_use]
pub fn fields_and_codes() -> String {
    let mut page = HEAD.to_string();
    page.push_str("\n## Records\n");
    for kind in RecordKind::ALL {
        kind_section(&mut page, *kind);
    }
    rules_section(&mut page);
    page.push_str("\n## Codes\n");
    for list in vocabularies() {
        // Writing to a String cannot fail.
        let _ = write!(page, "\n### {}\n\nSource: {}.\n\n", list.name, list.source);
        page.push_str("| Code | العربية | Français | English |\n|---|---|---|---|\n");
        for (code, words) in list.codes.iter().zip(list.words) {
            let _ = writeln!(page, "| `{code}` | {} | {} | {} |", words.ar, words.fr, words.en);
        }
    }
    page
}

fn kind_section(page: &mut String, kind: RecordKind) {
    let words = kind.words();
    let _ = write!(page, "\n### {}\n\n{} · {} · {}. ", kind.word(), words.ar, words.fr, words.en);
    if kind.is_subject() {
        page.push_str("A document is about it. ");
    } else {
        let subjects: Vec<String> =
            kind.subjects().iter().map(|subject| format!("`{}`", subject.word())).collect();
        let _ = write!(page, "An entry in the document of a {}. ", subjects.join(" or a "));
    }
    let _ = writeln!(page, "Kept in the map `{}`, which constant {} makes.\n", kind.map(), kind.constant());
    page.push_str("| Field | Holds | Needed | العربية | Français | English |\n|---|---|---|---|---|---|\n");
    for spec in kind.fields() {
        let needed = if spec.needed { "needed" } else { "" };
        let words = spec.words;
        let _ = writeln!(
            page,
            "| `{}` | {} | {needed} | {} | {} | {} |",
            spec.name,
            holds(spec),
            words.ar,
            words.fr,
            words.en
        );
    }
}

fn rules_section(page: &mut String) {
    page.push_str("\n## Rules between records\n\nA merge can break them though no key has two values. What is broken is listed with the conflicts.\n\n");
    page.push_str("| Rule | العربية | Français | English | A decision writes |\n|---|---|---|---|---|\n");
    for rule in RULES {
        let RuleSpec { word, says, decided, .. } = rule;
        let _ = writeln!(page, "| `rule.{word}` | {} | {} | {} | {decided} |", says.ar, says.fr, says.en);
    }
}

fn holds(spec: &FieldSpec) -> String {
    match spec.value_type {
        ValueType::Text => format!("text, at most {} B", spec.bytes_max),
        ValueType::Flag => "true or false".into(),
        ValueType::Integer { min, max } => format!("whole number, {min} to {max}"),
        ValueType::Code(list) => format!("one of [{}](#{})", list.name, list.name.to_lowercase()),
        ValueType::Codes(list) => format!("list of [{}](#{})", list.name, list.name.to_lowercase()),
        ValueType::Commune => "HCP code of a commune".into(),
        ValueType::Territories => "HCP codes, a space between".into(),
        ValueType::Identifier => "number of a register; kept as a hash and its last two characters".into(),
        ValueType::Phone => "E.164 number".into(),
        ValueType::Language => "BCP-47 code".into(),
        ValueType::Birth => "date or year of birth".into(),
        ValueType::Date => "date, month or year".into(),
        ValueType::Instant => "time in UTC".into(),
        ValueType::Gps => "place on the map".into(),
        ValueType::Reference => "id or `ref` of a record".into(),
    }
}
