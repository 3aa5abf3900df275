//! Records: add, import, list, export.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use khettara_device::{DeviceError, Families, ImportEvent, Listed, RecordKind, Saved, fields_and_codes};
use serde_json::{Value as Json, json};

use super::Done;
use super::output::{Output, Trouble, counted, shown, table};
use super::show::uuid_of;
use super::tablet::open;

fn saved_json(saved: &Saved) -> Json {
    let records = saved.records.iter();
    let records: Vec<Json> = records
        .map(|one| json!({ "record": one.kind.word(), "id": one.id.to_string(), "new": one.is_new }))
        .collect();
    json!({ "saved": uuid_of(&saved.document).to_string(), "records": records })
}

pub(super) fn add(dir: &Path, line: Option<&str>, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let read;
    let line = match line {
        Some(line) => line,
        None => {
            let mut first = String::new();
            io::stdin().lock().read_line(&mut first).map_err(DeviceError::Input)?;
            read = first;
            &read
        }
    };
    let saved = device.record_line(line.trim())?;
    if let Some(bytes) = saved.bytes_when_large {
        output.warn(&format!("This household's record has {bytes} bytes; start a successor record soon."));
    }
    if device.is_full() {
        output.warn("The disk is full and the space kept back is used: free space now. This one is saved.");
    }
    let document = uuid_of(&saved.document);
    let words = match saved.records.first() {
        Some(one) if !one.kind.is_subject() => {
            format!("Saved: {} {}, of {document}", one.kind.words().en, one.id)
        }
        Some(one) => format!("Saved: {} {document}", one.kind.words().en),
        None => format!("Saved: {document}"),
    };
    output.end(&saved_json(&saved), &words)?;
    Ok(Done::All)
}

pub(super) fn import(dir: &Path, file: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let reader: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(DeviceError::Input)?))
    };
    let bar = output.bar("Imported");
    let mut failed = None;
    let report = device.import(reader, &mut |event| match event {
        ImportEvent::Saved(saved) => {
            if let Err(trouble) = output.line(&saved_json(saved)) {
                failed.get_or_insert(trouble);
            }
        }
        ImportEvent::Refused(refused) => {
            bar.suspend(|| eprintln!("{refused}"));
            let told = json!({
                "refused": { "line": refused.line, "field": refused.field, "reason": refused.reason }
            });
            if let Err(trouble) = output.line(&told) {
                failed.get_or_insert(trouble);
            }
        }
        ImportEvent::Progress(report) => bar.set_position(report.visits),
    });
    bar.finish_and_clear();
    let report = report?;
    if let Some(trouble) = failed {
        return Err(trouble);
    }
    let mut refused = if report.refused > 0 {
        let lines = counted(report.refused, "line");
        format!(
            " {lines} refused, as said above: correct them and import them alone, for the others are saved."
        )
    } else {
        String::new()
    };
    if report.unchanged > 0 {
        refused.push_str(&format!(" {} said what stands already.", counted(report.unchanged, "line")));
    }
    let words = format!(
        "Saved: {} ({}, {}).{refused}",
        counted(report.saved, "line"),
        counted(report.households, "new household"),
        counted(report.visits, "new visit"),
    );
    output.end(&report, &words)?;
    Ok(if report.refused > 0 { Done::Part } else { Done::All })
}

fn row_json(listed: &Listed, families: &Families) -> Json {
    let row = &listed.row;
    let family = uuid_of(&families.family_of(&row.document)).to_string();
    json!({
        "household": uuid_of(&row.document).to_string(), "feed": listed.feed.as_str(),
        "commune": row.commune, "douar": row.douar, "status": row.status, "name": row.name,
        "phone": row.phone, "last_visit": row.last_visit, "members": row.members, "visits": row.visits,
        "needs": row.needs, "open_needs": row.open_needs, "conflicts": row.conflicts,
        "withdrawn": row.withdrawn, "family": family,
    })
}

fn row_words(listed: &Listed) -> Vec<String> {
    let row = &listed.row;
    let id = uuid_of(&row.document).to_string();
    let name = row.name.as_deref().or(row.douar.as_deref()).map(shown).unwrap_or_default();
    vec![
        id[..8].into(),
        listed.feed.to_string(),
        row.visits.to_string(),
        if row.conflicts > 0 { format!("! {}", row.conflicts) } else { String::new() },
        row.last_visit.as_deref().map_or_else(String::new, |at| at.chars().take(10).collect()),
        if row.withdrawn { format!("{name} (set aside)") } else { name },
    ]
}

pub(super) fn list(dir: &Path, limit: usize, latest: bool, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let families = device.families()?;
    // One more than is shown says that there are more.
    let read = if latest { usize::MAX } else { limit.saturating_add(1) };
    let mut all: Vec<Listed> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.feed.clone(), uuid_of(&last.row.document)));
        let page = device.households(after.as_ref(), read.saturating_sub(all.len()).min(512))?;
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    let is_cut = all.len() > limit;
    if latest {
        // Sorting keeps the order of feeds and ids among equals.
        all.sort_by(|left, right| right.row.last_visit.cmp(&left.row.last_visit));
    }
    all.truncate(limit);
    for listed in &all {
        output.line(&row_json(listed, &families))?;
    }
    if !all.is_empty() {
        let header = ["Id", "Commune", "Visits", "Differ", "Last visit", "Name"];
        output.print(&table(&header, all.iter().map(row_words).collect()))?;
    }
    let more = if is_cut { "; there are more: --limit shows them" } else { "" };
    let words = format!("{}{more}", counted(all.len() as u64, "household"));
    output.end(&json!({ "households": all.len(), "more": is_cut }), &words)?;
    Ok(Done::All)
}

/// Lists documents about something else than a household.
pub(super) fn list_register(dir: &Path, word: &str, limit: usize, output: &Output) -> Result<Done, Trouble> {
    let kind = RecordKind::of_word(word).filter(|kind| kind.is_subject() && *kind != RecordKind::Household);
    let Some(kind) = kind else {
        let kinds = RecordKind::SUBJECTS.iter().skip(1).map(|kind| kind.word());
        let kinds: Vec<&str> = kinds.collect();
        return Err(Trouble::Said(format!("the kinds that can be listed are {}", kinds.join(", "))));
    };
    let device = open(dir, output)?;
    let mut found = device.register()?;
    found.retain(|listed| listed.row.about.as_deref() == Some(kind.word()));
    found.truncate(limit);
    let mut rows = Vec::new();
    for listed in &found {
        let id = uuid_of(&listed.row.document);
        let view = device.household(&id)?.view;
        let Some(record) = view.of_kind(kind).next() else { continue };
        output.line(&json!({ "feed": listed.feed.as_str(), "record": record }))?;
        let says = ["title", "name_latin", "name_ar", "code", "to", "commune"];
        let name = says.iter().find_map(|field| record.text(field)).unwrap_or_default();
        let state = record.text("status").or(record.text("kind")).unwrap_or_default();
        rows.push(vec![id.to_string()[..8].into(), listed.feed.to_string(), state.into(), shown(name)]);
    }
    if !rows.is_empty() {
        output.print(&table(&["Id", "Feed", "State", "Name"], rows))?;
    }
    output.end(&json!({ "records": found.len() }), &counted(found.len() as u64, "record"))?;
    Ok(Done::All)
}

/// Prints the page of fields and codes.
pub(super) fn fields(output: &Output) -> Result<Done, Trouble> {
    output.print(fields_and_codes().trim_end())?;
    output.line(&json!({ "kinds": RecordKind::ALL.len() }))?;
    Ok(Done::All)
}

pub(super) fn export(dir: &Path, sensitive: bool, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let count = device.export(&mut out, sensitive)??;
    out.flush()?;
    drop(out);
    output.line(&json!({ "exported": count }))?;
    Ok(Done::All)
}
