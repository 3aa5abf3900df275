//! What is held here and not merged, as a list.

use std::path::Path;

use khettara_device::set_aside_words;
use serde_json::json;

use super::Done;
use super::output::{Output, Trouble, counted, table};
use super::tablet::open;

pub(super) fn list(dir: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let all = device.quarantine()?;
    let mut rows = Vec::new();
    for held in &all {
        let words = set_aside_words(held.reason);
        output.line(&json!({
            "feed": held.feed.as_str(),
            "log": held.log.to_hex(),
            "device": held.writer.device.map(|device| device.to_hex()),
            "serial": held.writer.serial,
            "first": held.first,
            "count": held.count,
            "reason": held.reason,
            "waits": held.waits,
            "words": { "ar": words.ar, "fr": words.fr, "en": words.en },
            "document": held.document.map(|id| id.to_string()),
        }))?;
        rows.push(vec![
            held.feed.as_str().to_owned(),
            held.writer.who().words(output.tongue()),
            held.first.to_string(),
            held.count.to_string(),
            words.in_tongue(output.tongue()).to_owned(),
        ]);
    }
    if !rows.is_empty() {
        output.print(&table(&["feed", "written by", "from entry", "entries", "why"], rows))?;
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
