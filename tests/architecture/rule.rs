//! What every rule has: a name, a reason, and an answer to "where does this line belong?".

use std::fmt::Write as _;

/// One rule, in the words its failure is told in.
#[derive(Debug)]
pub(crate) struct Rule {
    /// What holds.
    pub(crate) name: &'static str,
    /// Why it exists.
    pub(crate) why: &'static str,
    /// Where the offending line probably belongs, or what to write instead.
    pub(crate) instead: &'static str,
}

/// One place where a rule does not hold.
#[derive(Debug)]
pub(crate) struct Breach {
    /// `path:line`, a path, or a package.
    pub(crate) place: String,
    /// What was found there.
    pub(crate) what: String,
}

impl Breach {
    /// A breach at a line of a file.
    pub(crate) fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{path}:{line}"), what: what.into() }
    }

    /// A breach of a whole file or package.
    pub(crate) fn of(place: &str, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), what: what.into() }
    }
}

/// Fails with the rule, its reason and every breach, unless there are none.
#[track_caller]
pub(crate) fn holds(rule: &Rule, breaches: &[Breach]) {
    assert!(breaches.is_empty(), "{}", sentence(rule, breaches));
}

/// Fails unless the bad example breaks the rule in exactly these places: a rule that finds nothing is none.
#[track_caller]
pub(crate) fn finds(breaches: &[Breach], places: &[&str]) {
    let found: Vec<&str> = breaches.iter().map(|breach| breach.place.as_str()).collect();
    assert_eq!(found, places, "{breaches:#?}");
}

fn sentence(rule: &Rule, breaches: &[Breach]) -> String {
    let mut text = format!("\n\nRule:    {}\nWhy:     {}\n", rule.name, rule.why);
    for breach in breaches {
        let _ = writeln!(text, "Broken:  {}: {}", breach.place, breach.what);
    }
    let _ = writeln!(text, "Instead: {}", rule.instead);
    text
}

#[test]
fn a_failure_names_the_rule_the_reason_the_place_and_the_way_out() {
    let rule = Rule { name: "no red doors", why: "bulls", instead: "paint it green" };
    let text = sentence(&rule, &[Breach::at("house.rs", 7, "a red door")]);
    for part in ["no red doors", "bulls", "house.rs:7: a red door", "paint it green"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}
