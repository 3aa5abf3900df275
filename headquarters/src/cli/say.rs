//! What the command line says: sentences for people, JSON for programs.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use comfy_table::Table;
use comfy_table::presets::NOTHING;
use khettara_core::id::{Feed, Pattern};
use khettara_core::identity::Ticket;
use khettara_records::model::is_home;
use serde_json::{Value as Json, json};

use crate::closing::{Closed, Ending};
use crate::devices::Device;
use crate::error::HqError;
use crate::export::{Manifest, NotMerged};
use crate::office::{Headquarters, NewRelay};
use crate::pull::{Outcome, PullReport};
use crate::qr::{Picture, grouped};
use crate::status::Status;

pub(super) fn print_json(out: &mut dyn Write, value: &Json) -> Result<(), HqError> {
    Ok(writeln!(out, "{value:#}")?)
}

pub(super) fn founded(out: &mut dyn Write, office: &Headquarters, json: bool) -> Result<(), HqError> {
    let (file, folder) = (office.organisation(), office.folder());
    if json {
        let root = folder.root().display().to_string();
        let value = json!({
            "organisation": file.organisation, "org": file.org.to_hex(), "headquarters": office.key().to_hex(),
            "root": root, "root_belongs_offline": true,
            "organisation_file": folder.organisation().display().to_string(),
        });
        return print_json(out, &value);
    }
    writeln!(out, "Founded: {}", file.organisation)?;
    writeln!(out, "  organisation  {}", file.org)?;
    writeln!(out, "  headquarters  {}", office.key())?;
    writeln!(out, "  public file   {} (give it to every relay)", folder.organisation().display())?;
    writeln!(out)?;
    writeln!(out, "Now move {} to an offline disk, with a second copy elsewhere.", folder.root().display())?;
    writeln!(out, "Whoever has it is the organisation; without it no relay can be named or replaced.")?;
    let next = if file.pins.is_empty() { "relay add, then feed add" } else { "feed add" };
    Ok(writeln!(out, "Next: {next}.")?)
}

pub(super) fn relay_added(
    out: &mut dyn Write,
    office: &Headquarters,
    relay: &NewRelay,
    json: bool,
) -> Result<(), HqError> {
    let file = office.organisation();
    if json {
        let value =
            json!({"relay": relay.key.to_hex(), "addresses": file.addresses, "relays": file.pins.len()});
        return print_json(out, &value);
    }
    writeln!(out, "The root names the relay {}.", relay.key)?;
    let path = office.folder().organisation();
    Ok(writeln!(out, "Give {} to it, and take the root's disk away again.", path.display())?)
}

pub(super) fn feeds_added(out: &mut dyn Write, new: &[Feed], all: usize, json: bool) -> Result<(), HqError> {
    if json {
        let new: Vec<&str> = new.iter().map(Feed::as_str).collect();
        return print_json(out, &json!({"new": new, "feeds": all}));
    }
    for feed in new {
        let note =
            if is_home(feed.as_str()) { "" } else { "  (no record has its home there: is it misspelt?)" };
        writeln!(out, "{feed}  open{note}")?;
    }
    Ok(writeln!(out, "{} new, {all} in all. Pull once, so that the relays hear of them.", new.len())?)
}

pub(super) fn ticket(
    out: &mut dyn Write,
    ticket: &Ticket,
    picture: &Picture,
    json: bool,
) -> Result<(), HqError> {
    let (text, code) = (ticket.to_text(), grouped(&ticket.secret.typed()));
    if json {
        // One object a line: a thousand tickets are read one by one.
        let value = json!({"serial": ticket.serial, "code": code, "ticket": text});
        return Ok(writeln!(out, "{value}")?);
    }
    writeln!(out, "Serial {}", ticket.serial)?;
    let colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    write!(out, "{}", picture.blocks(colours))?;
    writeln!(out, "  ticket  {text}")?;
    writeln!(out, "  typed   {code}")?;
    writeln!(out, "Kept nowhere: print it now. It enrols one tablet, the first to show it to the relay.")?;
    Ok(writeln!(out, "The relay takes it once headquarters has pulled (khettara-hq pull).\n")?)
}

pub(super) fn pulled(out: &mut dyn Write, report: &PullReport, json: bool) -> Result<(), HqError> {
    if json {
        let relays: Vec<Json> = report
            .relays
            .iter()
            .map(|relay| {
                let key = relay.relay.to_hex();
                json!({"relay": key, "reached": relay.reached, "settled": relay.settled, "reason": relay.reason})
            })
            .collect();
        let counts = |wanted: bool| -> serde_json::Map<String, Json> {
            let waits = |state: &_| matches!(state, khettara_records::verdict::EntryState::Waiting(_));
            let of_kind = report.held_back.iter().filter(|(state, _)| waits(state) == wanted);
            of_kind.map(|(state, count)| (state.to_string(), json!(count))).collect()
        };
        let behind: serde_json::Map<String, Json> =
            report.behind.iter().map(|(feed, count)| (feed.to_string(), json!(count))).collect();
        let value = json!({
            "complete": report.outcome() == Outcome::Complete, "relays": relays, "pulled": report.pulled,
            "merged": report.merged, "visits": report.visits, "receipts": report.receipts,
            "waiting": counts(true), "set_aside": counts(false), "behind": behind,
        });
        return print_json(out, &value);
    }
    let PullReport { pulled, merged, visits, receipts, .. } = report;
    writeln!(
        out,
        "New visits: {visits} (entries pulled: {pulled}, changes merged: {merged}, receipts: {receipts})."
    )?;
    for (state, count) in &report.held_back {
        writeln!(out, "  {count} {state}")?;
    }
    for relay in report.relays.iter().filter(|relay| !relay.settled) {
        let reason = relay.reason.as_deref().unwrap_or("not everything was said");
        writeln!(out, "Relay {}: {reason}.", &relay.relay.to_hex()[..8])?;
    }
    for (feed, count) in &report.behind {
        writeln!(out, "{feed} is behind: {count} entries are known and not here. Pull again.")?;
    }
    if report.outcome() == Outcome::Complete {
        writeln!(out, "Everything that the relays hold is here.")?;
    }
    Ok(())
}

pub(super) fn exported(
    out: &mut dyn Write,
    manifest: &Manifest,
    to: &Path,
    json: bool,
) -> Result<(), HqError> {
    if json {
        return print_json(out, &serde_json::to_value(manifest)?);
    }
    for file in &manifest.files {
        let rows = if file.name.ends_with(".json") { String::new() } else { file.rows.to_string() };
        writeln!(out, "{rows:>9}  {}", file.name)?;
    }
    let devices = &manifest.devices;
    writeln!(out, "{} holds the cut {}.", to.display(), manifest.cut.digest)?;
    writeln!(
        out,
        "{} of {} enrolled tablets are in it; {} tickets are not used yet.",
        devices.enrolled - devices.without_data.len() as u64,
        devices.enrolled,
        devices.known - devices.enrolled,
    )?;
    if manifest.sensitive_left_out > 0 {
        let documents = manifest.sensitive_left_out;
        writeln!(
            out,
            "Left out, as few may read them ({documents}): protection cases. --sensitive writes them."
        )?;
    }
    not_merged(out, &manifest.not_merged)
}

fn not_merged(out: &mut dyn Write, not_merged: &NotMerged) -> Result<(), HqError> {
    if not_merged.waiting + not_merged.set_aside > 0 {
        let NotMerged { waiting, set_aside, reasons } = not_merged;
        writeln!(out, "Held and not merged: {waiting} entries wait, {set_aside} are set aside.")?;
        for (reason, count) in reasons {
            writeln!(out, "  {count} {reason}")?;
        }
    }
    Ok(())
}

pub(super) fn closed(
    out: &mut dyn Write,
    ending: &Ending,
    closed: &Closed,
    json: bool,
) -> Result<(), HqError> {
    let Closed { devices, logs, entries } = *closed;
    let feeds: Vec<&str> = ending.feeds.iter().map(Pattern::as_str).collect();
    if json {
        let value = json!({
            "serial": ending.serial, "devices": devices, "logs_kept": logs, "entries_kept": entries,
            "feeds": if feeds.is_empty() { vec!["*"] } else { feeds },
        });
        return print_json(out, &value);
    }
    let place = if feeds.is_empty() { "everywhere".into() } else { format!("in {}", feeds.join(", ")) };
    writeln!(out, "Serial {} is closed {place}.", ending.serial)?;
    let entries = if entries == 1 { "1 entry".into() } else { format!("{entries} entries") };
    let logs = if logs == 1 { "1 log".into() } else { format!("{logs} logs") };
    writeln!(out, "What stands of it by this word: {entries} in {logs}.")?;
    writeln!(
        out,
        "What it still brings is held in quarantine; nothing of it is lost. What it could read, it can"
    )?;
    writeln!(out, "go on reading until its feeds have new keys.")?;
    Ok(writeln!(out, "Pull once, so that the relays hear of it (khettara-hq pull).")?)
}

/// The same bytes as in a dataset.
pub(super) fn schema(out: &mut dyn Write) -> Result<(), HqError> {
    print_json(out, &khettara_records::model::records_schema())
}

pub(super) fn status(out: &mut dyn Write, status: &Status, json: bool) -> Result<(), HqError> {
    if json {
        return print_json(out, &serde_json::to_value(status)?);
    }
    writeln!(out, "{}  {}", status.organisation, status.org)?;
    if let Some(alarm) = &status.alarm {
        writeln!(out, "ALARM: {alarm}. Nothing new counts until the root settles it.")?;
    }
    if status.root_is_here {
        writeln!(out, "The root's keys still lie in this folder: they belong on an offline disk.")?;
    }
    writeln!(out, "Relays: {}, at {}", status.relays.len(), status.addresses.join(", "))?;
    let Status { households, visits, conflicts, .. } = status;
    writeln!(out, "{households} households, {visits} visits, {conflicts} conflicts\n")?;
    let mut feeds = table(&["feed", "logs", "households", "visits", "conflicts"]);
    for feed in &status.feeds {
        feeds.add_row([
            feed.feed.clone(),
            feed.logs.to_string(),
            feed.households.to_string(),
            feed.visits.to_string(),
            feed.conflicts.to_string(),
        ]);
    }
    writeln!(out, "{feeds}\n")?;
    let mut devices = table(&["serial", "role", "tablet", "logs", "entries", "relay", "headquarters"]);
    for device in &status.devices {
        devices.add_row([
            device.serial.map_or_else(|| "?".into(), |serial| serial.to_string()),
            device.role.into(),
            standing(device),
            device.logs.to_string(),
            device.entries.to_string(),
            device.at_relay.to_string(),
            device.at_headquarters.to_string(),
        ]);
    }
    writeln!(out, "{devices}")?;
    not_merged(out, &status.not_merged)
}

fn standing(device: &Device) -> String {
    match (&device.device, device) {
        (_, Device { forked: true, .. }) => "claimed twice: decide".into(),
        (None, _) => "ticket not used".into(),
        (Some(key), Device { closed: true, .. }) => format!("{} closed", &key[..8]),
        (Some(key), _) => key[..8].into(),
    }
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.to_vec());
    table
}
