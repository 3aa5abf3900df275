//! What is held and not merged, on the command line.

use std::io::Write;

use khettara_records::model::Tongue;
use khettara_records::projection::{Who, set_aside_words};
use khettara_records::replica::{EntryName, Freed, HeldBackEntry, HeldBytes, HeldEntry};
use khettara_records::verdict::EntryState;
use serde_json::json;

use super::QuarantineAct;
use super::say::{print_json, table};
use crate::error::HqError;
use crate::office::Headquarters;
use crate::quarantine::HeldHere;

/// Where answers go, and whether as JSON.
type Out<'a> = (&'a mut dyn Write, bool);

pub(super) fn run(
    office: &mut Headquarters,
    act: Option<&QuarantineAct>,
    tongue: Tongue,
    (out, json): Out<'_>,
) -> Result<(), HqError> {
    match act {
        None | Some(QuarantineAct::List) => list(office, tongue, (out, json)),
        Some(QuarantineAct::Show { name, sensitive }) => {
            show(office, &entry_name(name)?, (tongue, *sensitive), (out, json))
        }
        Some(QuarantineAct::Export { to }) => {
            let count = office.export_quarantine(to)?;
            if json {
                return print_json(out, &json!({ "entries": count, "to": to }));
            }
            writeln!(
                out,
                "{} holds {count} entries and entries.jsonl, which says what is known.",
                to.display()
            )?;
            Ok(writeln!(out, "It holds people's data in clear: give it only to whoever looks into it.")?)
        }
        Some(QuarantineAct::Release { name, only }) => {
            let freed = if *only { Freed::Change } else { Freed::Line };
            let released = office.release(&entry_name(name)?, freed)?;
            if json {
                return print_json(out, &json!({ "entries": released.entries, "waiting": released.waiting }));
            }
            writeln!(out, "Released: {} entries went in here.", released.entries)?;
            if released.waiting > 0 {
                writeln!(out, "{} more wait for what they build on.", released.waiting)?;
            }
            Ok(writeln!(out, "Tablets take them in and are told after the next pull (khettara-hq pull).")?)
        }
    }
}

fn entry_name(text: &str) -> Result<EntryName, HqError> {
    let hint = "as `khettara-hq quarantine` shows it, such as 3fa9c210:17:9be01c";
    text.parse().map_err(|()| HqError::BadWord { what: "name of an entry", hint })
}

fn who(entry: &HeldBackEntry, serial: Option<u32>) -> Who {
    match (serial, entry.device) {
        (Some(serial), _) => Who::Serial(serial),
        (None, Some(device)) => Who::Device(device.to_hex()[..8].into()),
        (None, None) => Who::Unknown,
    }
}

fn why(entry: &HeldBackEntry, tongue: Tongue) -> &'static str {
    set_aside_words(entry.state.held_back_number().unwrap_or_default()).in_tongue(tongue)
}

const fn waits(entry: &HeldBackEntry) -> bool {
    matches!(entry.state, EntryState::Waiting(_))
}

fn list(office: &Headquarters, tongue: Tongue, (out, json): Out<'_>) -> Result<(), HqError> {
    let all = office.quarantine()?;
    let count = |wanted: fn(&HeldBackEntry) -> bool| -> u64 {
        let counted = all.iter().filter(|here| wanted(&here.entry));
        counted.map(|here| u64::from(here.entry.count)).sum()
    };
    let (entries, waiting) = (count(|_| true), count(waits));
    if json {
        let lines: Vec<_> = all.iter().map(line).collect();
        return print_json(out, &json!({ "held": lines, "entries": entries, "waiting": waiting }));
    }
    if entries == 0 {
        return Ok(writeln!(out, "Everything that is held is merged.")?);
    }
    let mut rows = table(&["name", "feed", "written by", "entries", "why"]);
    for HeldHere { feed, entry, serial } in &all {
        rows.add_row([
            entry.name(),
            feed.to_string(),
            who(entry, *serial).words(tongue),
            entry.count.to_string(),
            why(entry, tongue).to_owned(),
        ]);
    }
    writeln!(out, "{rows}")?;
    Ok(writeln!(
        out,
        "{entries} entries are held and not merged, {waiting} of them only waiting. Nothing is lost."
    )?)
}

fn line(here: &HeldHere) -> serde_json::Value {
    let entry = &here.entry;
    let reason = entry.state.held_back_number().unwrap_or_default();
    let words = set_aside_words(reason);
    json!({
        "name": entry.name(),
        "feed": here.feed.as_str(),
        "log": entry.log.to_hex(),
        "device": entry.device.map(|device| device.to_hex()),
        "serial": here.serial,
        "first": entry.n,
        "count": entry.count,
        "reason": reason,
        "waits": waits(entry),
        "can_be_released": entry.state.can_be_released(),
        "words": { "ar": words.ar, "fr": words.fr, "en": words.en },
        "document": entry.document.map(|document| uuid::Uuid::from_bytes(document.0).to_string()),
    })
}

fn show(
    office: &mut Headquarters,
    name: &EntryName,
    (tongue, sensitive): (Tongue, bool),
    (out, json): Out<'_>,
) -> Result<(), HqError> {
    let (feed, held, serial) = office.held_entry(name)?;
    let hides = held.is_sensitive() && !sensitive;
    if json {
        let mut known = held.known(&feed, serial);
        let says = held.says.iter().filter(|_| !hides).map(|one| {
            json!({
                "record": one.kind.map(khettara_records::model::RecordKind::word),
                "id": one.id.map(|id| id.to_string()),
                "field": one.field,
                "value": one.value,
            })
        });
        known["says"] = says.collect();
        known["sensitive_left_out"] = hides.into();
        return print_json(out, &known);
    }
    let entry = &held.entry;
    writeln!(out, "{}  {feed}", entry.name())?;
    writeln!(out, "  written by  {}", who(entry, serial).words(tongue))?;
    let last = entry.n + u64::from(entry.count) - 1;
    let place = if entry.count == 1 { entry.n.to_string() } else { format!("{}–{last}", entry.n) };
    writeln!(out, "  position    {place} of log {}", &entry.log.to_hex()[..8])?;
    writeln!(out, "  why         {}", why(entry, tongue))?;
    if let Some(document) = entry.document {
        writeln!(out, "  document    {}", uuid::Uuid::from_bytes(document.0))?;
    }
    says(out, &held, tongue, hides)?;
    if entry.state.can_be_released() {
        writeln!(out, "\nIt can be released: khettara-hq quarantine release {}", entry.name())?;
    }
    Ok(())
}

fn says(out: &mut dyn Write, held: &HeldEntry, tongue: Tongue, hides: bool) -> Result<(), HqError> {
    let bytes = held.bytes.as_slice().len();
    match (&held.bytes, held.says.as_slice()) {
        (_, [_, ..]) if hides => {
            writeln!(out, "  says        what few may read: --sensitive shows it")?;
        }
        (_, said @ [_, ..]) => {
            writeln!(out, "  it would write:")?;
            for one in said {
                writeln!(out, "    {}: {}", one.field_words(tongue), one.value_words(tongue))?;
            }
        }
        (HeldBytes::Sealed(_), []) => {
            writeln!(
                out,
                "  says        it cannot be read; {bytes} bytes, sealed, of {} entries",
                held.entry.count
            )?;
        }
        (HeldBytes::Entry(0, _), []) => {
            writeln!(out, "  says        that a process began; nothing of any family")?
        }
        (HeldBytes::Entry(5, _), []) => {
            writeln!(out, "  says        something of the roster; {bytes} bytes")?
        }
        (HeldBytes::Entry(..), []) => writeln!(out, "  says        it cannot be read; {bytes} bytes")?,
    }
    Ok(())
}
