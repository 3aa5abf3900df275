//! What is held here and not merged: listed, shown, exported, released.

use std::path::Path;

use khettara_device::{EntryName, Freed, HeldBytes, HeldEntry, RecordKind, set_aside_words};
use serde_json::json;

use super::Done;
use super::args::QuarantineAct;
use super::output::{Output, Trouble, counted, shown, table};
use super::tablet::open;

pub(super) fn run(dir: &Path, act: Option<&QuarantineAct>, output: &Output) -> Result<Done, Trouble> {
    match act {
        None | Some(QuarantineAct::List) => list(dir, output),
        Some(QuarantineAct::Show { name, sensitive }) => show(dir, name, *sensitive, output),
        Some(QuarantineAct::Export { to }) => export(dir, to, output),
        Some(QuarantineAct::Release { name, only }) => release(dir, name, *only, output),
    }
}

fn entry_name(text: &str) -> Result<EntryName, Trouble> {
    let said = "this is no name of an entry; `khettara quarantine` shows them, such as 3fa9c210:17:9be01c";
    text.parse().map_err(|()| Trouble::Said(said.into()))
}

fn export(dir: &Path, to: &Path, output: &Output) -> Result<Done, Trouble> {
    let count = open(dir, output)?.export_quarantine(to)?;
    let words = format!(
        "{} written to {}; entries.jsonl says what is known of each.\nIt holds people's data in clear: give it only to \
         whoever looks into it.",
        counted(count, "entry"),
        to.display()
    );
    output.end(&json!({ "entries": count, "to": to }), &words)?;
    Ok(Done::All)
}

fn release(dir: &Path, name: &str, only: bool, output: &Output) -> Result<Done, Trouble> {
    let name = entry_name(name)?;
    let freed = if only { Freed::Change } else { Freed::Line };
    let released = open(dir, output)?.release(&name, freed)?;
    let mut words = format!("Released: {} went in here.", counted(released.entries, "entry"));
    if released.waiting > 0 {
        words.push_str(&format!("\n{} more wait for what they build on.", released.waiting));
    }
    words.push_str("\nHeadquarters and colleagues take them in after the next sync.");
    output.end(&json!({ "entries": released.entries, "waiting": released.waiting }), &words)?;
    Ok(Done::All)
}

fn show(dir: &Path, name: &str, sensitive: bool, output: &Output) -> Result<Done, Trouble> {
    let name = entry_name(name)?;
    let (here, held) = open(dir, output)?.held_entry(&name)?;
    let hides = held.is_sensitive() && !sensitive;
    let tongue = output.tongue();
    let mut known = held.known(&here.feed, here.writer.serial);
    let says = held.says.iter().filter(|_| !hides).map(|one| {
        json!({
            "record": one.kind.map(RecordKind::word),
            "id": one.id.map(|id| id.to_string()),
            "field": one.field,
            "value": one.value,
        })
    });
    known["says"] = says.collect();
    known["sensitive_left_out"] = hides.into();
    output.line(&known)?;
    let mut lines = vec![
        format!("{}  {}", here.name, here.feed),
        format!("  written by  {}", here.writer.who().words(tongue)),
        format!("  position    {} of log {}", here.first, &here.log.to_hex()[..8]),
        format!("  why         {}", set_aside_words(here.reason).in_tongue(tongue)),
    ];
    lines.extend(here.document.map(|document| format!("  document    {document}")));
    lines.extend(says_lines(&held, hides, output));
    output.print(&lines.join("\n"))?;
    Ok(Done::All)
}

fn says_lines(held: &HeldEntry, hides: bool, output: &Output) -> Vec<String> {
    let (bytes, tongue) = (held.bytes.as_slice().len(), output.tongue());
    match (&held.bytes, held.says.as_slice()) {
        (_, [_, ..]) if hides => vec!["  says        what few may read: --sensitive shows it".into()],
        (_, said @ [_, ..]) => {
            let line = |one: &khettara_records::projection::Written| {
                format!("    {}: {}", one.field_words(tongue), shown(&one.value_words(tongue)))
            };
            std::iter::once("  it would write:".into()).chain(said.iter().map(line)).collect()
        }
        (HeldBytes::Sealed(_), []) => {
            let entries = counted(u64::from(held.entry.count), "entry");
            vec![format!("  says        it cannot be read; {bytes} bytes, sealed, of {entries}")]
        }
        (HeldBytes::Entry(0, _), []) => {
            vec!["  says        that a process began; nothing of any family".into()]
        }
        (HeldBytes::Entry(..), []) => vec![format!("  says        it cannot be read; {bytes} bytes")],
    }
}

fn list(dir: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let all = device.quarantine()?;
    let mut rows = Vec::new();
    for held in &all {
        let words = set_aside_words(held.reason);
        output.line(&json!({
            "name": held.name,
            "feed": held.feed.as_str(),
            "log": held.log.to_hex(),
            "device": held.writer.device.map(|device| device.to_hex()),
            "serial": held.writer.serial,
            "first": held.first,
            "count": held.count,
            "reason": held.reason,
            "waits": held.waits,
            "can_be_released": held.can_be_released,
            "words": { "ar": words.ar, "fr": words.fr, "en": words.en },
            "document": held.document.map(|id| id.to_string()),
        }))?;
        rows.push(vec![
            held.name.clone(),
            held.feed.as_str().to_owned(),
            held.writer.who().words(output.tongue()),
            held.count.to_string(),
            words.in_tongue(output.tongue()).to_owned(),
        ]);
    }
    if !rows.is_empty() {
        output.print(&table(&["name", "feed", "written by", "entries", "why"], rows))?;
    }
    let entries: u64 = all.iter().map(|held| u64::from(held.count)).sum();
    let waiting: u64 = all.iter().filter(|held| held.waits).map(|held| u64::from(held.count)).sum();
    output.print(&match entries {
        0 => "Nothing that others wrote is held back here.".to_owned(),
        all if all == waiting => {
            format!(
                "{} held back; they wait for something else and go in by themselves.",
                counted(all, "entry")
            )
        }
        all => format!(
            "{} held back, {waiting} of them only waiting. Nothing of it is lost; tell headquarters.",
            counted(all, "entry")
        ),
    })?;
    output.line(&json!({ "entries": entries, "waiting": waiting }))?;
    Ok(Done::All)
}
