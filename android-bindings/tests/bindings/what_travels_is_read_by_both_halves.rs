//! Examples of all that travels stand in `vectors/`. Rust writes exactly these replies and takes exactly these requests
//! and forms; Kotlin's stories read the same files.

use std::path::{Path, PathBuf};

use khettara_android::ENCODING;
use khettara_android::message::STRUCTURES;
use khettara_device::{ListOf, RecordKind, parse_line};
use serde_json::Value;

use crate::calls::{asked, ok, trouble};
use crate::kotlin_is_what_the_rust_types_say::holds;
use crate::vectors::{forms, replies, requests};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

#[test]
fn every_structure_has_its_examples() {
    let replies = replies().0;
    let names: Vec<&str> = STRUCTURES.iter().map(|structure| structure.name).collect();
    let mut examples: Vec<&str> = replies.keys().copied().collect();
    examples.sort_by_key(|name| names.iter().position(|known| known == name));
    assert_eq!(examples, names);
    for (structure, examples) in
        STRUCTURES.iter().zip(&names).map(|(structure, name)| (structure, &replies[name]))
    {
        for field in structure.fields.iter().filter(|field| field.rust_type.starts_with("Option")) {
            let name = camel(field.name);
            let is_null = |example: &Value| example[&name].is_null();
            assert!(
                examples.iter().any(is_null) && !examples.iter().all(is_null),
                "{}.{name}",
                structure.name
            );
        }
    }
    holds(&file("replies.json"), &pretty(&replies));
}

fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &part[..1].to_uppercase() + &part[1..])
}

#[test]
fn every_request_that_kotlin_makes_is_understood() {
    let requests = requests();
    for (name, request) in requests.as_object().expect("by name") {
        if ["about", "kinds", "create", "open"].contains(&name.as_str()) {
            continue;
        }
        assert_eq!(
            trouble(&asked(0, request))["code"],
            "closed",
            "{name} is understood, and names no tablet"
        );
    }
    assert_eq!(ok(&asked(0, &requests["about"]))["encoding"], ENCODING);
    assert_eq!(ok(&asked(0, &requests["kinds"])).as_array().map(Vec::len), Some(RecordKind::ALL.len()));
    holds(&file("requests.json"), &pretty(&requests));
}

#[test]
fn every_field_of_a_form_is_taken() {
    let forms = forms();
    for (name, form) in &forms {
        let taken = parse_line(1, &form.to_string());
        assert!(taken.is_ok(), "{name}: {taken:?}");
        let kind = RecordKind::of_word(name).expect("a kind");
        let lists = kind.lists();
        let is_own = |list: &ListOf| {
            matches!(list, ListOf::Languages | ListOf::Records(RecordKind::Member | RecordKind::Need))
        };
        assert!(
            lists.iter().filter(|list| is_own(&list.of)).all(|list| form.get(list.name).is_some()),
            "{name}"
        );
    }
    holds(&file("forms.json"), &pretty(&forms));
}
