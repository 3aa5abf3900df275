//! One household, its conflicts, and decisions between answers.

use std::path::Path;

use khettara_device::{
    Choice, Device, DeviceError, FieldPath, Household, Identifier, RecordKind, Scalar, ShownConflict, Tongue,
    Whereabouts, answer_words, link_sentence, reason_words,
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::Done;
use super::args::Resolve;
use super::output::{Output, Trouble, counted, shown_json};
use super::tablet::open;

/// Households looked at in one go while looking for the beginning of an id.
const PAGE: usize = 512;

pub(super) const fn uuid_of(document: &khettara_core::id::DocumentId) -> Uuid {
    Uuid::from_bytes(document.0)
}

/// The household whose id is, or begins with, what was typed.
pub(super) fn find(device: &Device, typed: &str) -> Result<Uuid, Trouble> {
    if let Ok(id) = Uuid::parse_str(typed) {
        return Ok(id);
    }
    let typed = typed.to_lowercase();
    // A family's receipt names its household by the last eight digits of its id, then its visit.
    let is_digits = |part: &str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let of_receipt = typed.split_once('-').filter(|(end, visit)| is_digits(end) && is_digits(visit));
    let is_it = |id: &Uuid| match of_receipt {
        Some((end, _)) => id.simple().to_string().ends_with(end),
        None => id.to_string().starts_with(&typed),
    };
    let mut found = None;
    let mut after = None;
    loop {
        let page = device.households(after.as_ref(), PAGE)?;
        for listed in &page {
            let id = uuid_of(&listed.row.document);
            if is_it(&id) && found.replace(id).is_some() {
                return Err(Trouble::Said("several records begin so; give more of the id".into()));
            }
        }
        match page.last() {
            Some(last) => after = Some((last.feed.clone(), uuid_of(&last.row.document))),
            None => break,
        }
    }
    for listed in device.register()? {
        let id = uuid_of(&listed.row.document);
        if is_it(&id) && found.replace(id).is_some() {
            return Err(Trouble::Said("several records begin so; give more of the id".into()));
        }
    }
    found.filter(|_| !typed.is_empty()).ok_or(DeviceError::NoSuchHousehold.into())
}

pub(super) fn show(dir: &Path, typed: &str, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let household = device.household(&find(&device, typed)?)?;
    output.line(&household_json(&household))?;
    output.print(&household_words(&household, output.tongue()))?;
    Ok(Done::All)
}

fn household_json(household: &Household) -> Json {
    let conflicts: Vec<Json> = household.conflicts.iter().map(conflict_json).collect();
    let places: Vec<Json> = household
        .own_visits
        .iter()
        .map(|own| json!({ "visit": own.visit.id.to_string(), "place": place_words(own.visit.whereabouts) }))
        .collect();
    json!({ "feed": household.feed.as_str(), "household": household.view, "conflicts": conflicts, "own_visits": places })
}

/// One thing said in every language, by its code.
fn sentences(said: impl Fn(Tongue) -> String) -> Json {
    Tongue::ALL.into_iter().map(|tongue| (tongue.code().to_string(), Json::String(said(tongue)))).collect()
}

fn conflict_json(shown: &ShownConflict) -> Json {
    let sides = shown.conflict.sides.iter().zip(&shown.writers).enumerate();
    let sides: Vec<Json> = sides
        .map(|(place, (side, writer))| {
            json!({
                "side": place + 1, "text": side.text, "value": side.value, "change": side.change.to_string(),
                "winner": side.winner, "serial": writer.serial, "this_tablet": writer.is_me,
                "device": writer.device.map(|device| device.to_hex()),
            })
        })
        .collect();
    json!({
        "household": uuid_of(&shown.conflict.document).to_string(), "feed": shown.feed.as_str(),
        "field": shown.conflict.path.to_string(), "words": shown.conflict.words, "sides": sides,
        "sentences": sentences(|tongue| shown.sentence(tongue)),
    })
}

fn place_words(place: Whereabouts) -> String {
    match place {
        Whereabouts::Saved => "Saved".into(),
        Whereabouts::Colleague => "With a colleague".into(),
        Whereabouts::Delivered => "Delivered".into(),
        Whereabouts::Headquarters => "At headquarters".into(),
        Whereabouts::SetAside(reason) => format!("At headquarters, set aside: {}", reason_words(reason)),
    }
}

fn household_words(household: &Household, tongue: Tongue) -> String {
    let view = &household.view;
    let mut lines = Vec::new();
    if view.about == RecordKind::Household {
        lines.push(format!("Household {}  ({})", view.household.id, household.feed));
        lines.extend(fields(&view.household, "  "));
    }
    for member in &view.members {
        lines.push(format!("Member {}", member.id));
        lines.extend(fields(member, "  "));
    }
    for visit in view.visits_in_order() {
        let own = household.own_visits.iter().find(|own| own.visit.id == visit.id);
        let place = own.map_or_else(String::new, |own| format!("  [{}]", place_words(own.visit.whereabouts)));
        lines.push(format!("Visit {}{place}", visit.id));
        lines.extend(fields(visit, "  "));
    }
    for need in &view.needs {
        lines.push(format!("Need {}", need.id));
        lines.extend(fields(need, "  "));
    }
    for record in &view.records {
        let place = if record.kind.is_subject() { format!("  ({})", household.feed) } else { String::new() };
        lines.push(format!("{} {}{place}", capital(record.kind.words().en), record.id));
        lines.extend(fields(record, "  "));
    }
    for conflict in &household.conflicts {
        lines.push(conflict_words(conflict, tongue));
    }
    lines.join("\n")
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The fields of a row that hold something.
fn fields<R: serde::Serialize>(row: &R, indent: &str) -> Vec<String> {
    let Ok(Json::Object(fields)) = serde_json::to_value(row) else { return Vec::new() };
    let hidden = |name: &str| matches!(name, "id" | "household" | "document" | "record" | "conflicts");
    let is_empty = |value: &Json| {
        value.is_null()
            || value.as_array().is_some_and(Vec::is_empty)
            || value.as_object().is_some_and(Map::is_empty)
    };
    let kept = fields.iter().filter(|(name, value)| !hidden(name) && !is_empty(value));
    kept.map(|(name, value)| {
        let number = value.as_str().and_then(Identifier::last_two);
        let shown = number.map_or_else(|| shown_json(value), |last_two| format!("…{last_two}"));
        format!("{indent}{name:<16}{shown}")
    })
    .collect()
}

/// The sentence, then the answers by number, as a decision names them.
fn conflict_words(shown_conflict: &ShownConflict, tongue: Tongue) -> String {
    let conflict = &shown_conflict.conflict;
    let mut lines = vec![format!("! {}", shown_conflict.sentence(tongue))];
    for (place, side) in conflict.sides.iter().enumerate() {
        let mark = if side.winner { "*" } else { " " };
        lines.push(format!("  {mark} {}  {}", place + 1, answer_words(conflict, side, tongue)));
    }
    lines.push(format!("  {}", conflict.path));
    lines.join("\n")
}

pub(super) fn conflicts(dir: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let all = device.conflicts()?;
    for conflict in &all {
        output.line(&conflict_json(conflict))?;
        let id = uuid_of(&conflict.conflict.document).to_string();
        output.print(&format!("{}\n{}", &id[..8], conflict_words(conflict, output.tongue())))?;
    }
    for (feed, link) in device.links()? {
        let said = |tongue| link_sentence(&link, feed.as_str(), tongue);
        output.line(&json!({ "feed": feed.as_str(), "link": link, "sentences": sentences(said) }))?;
        output.print(&said(output.tongue()))?;
    }
    let words = match all.len() {
        0 => "No field has several answers.".to_string(),
        count => {
            format!(
                "{}. Decide: khettara resolve HOUSEHOLD FIELD --side N",
                counted(count as u64, "conflict")
            )
        }
    };
    output.end(&json!({ "conflicts": all.len() }), &words)?;
    Ok(Done::All)
}

pub(super) fn resolve(dir: &Path, resolve: &Resolve, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let household = find(&device, &resolve.household)?;
    let path: FieldPath = resolve.field.parse().map_err(|_| DeviceError::NoSuchConflict)?;
    let choice = match (resolve.side, &resolve.value) {
        (Some(side), _) => Choice::Side(side.checked_sub(1).ok_or(DeviceError::NoSuchSide)?),
        (None, Some(value)) => Choice::Value(scalar(value)),
        (None, None) => return Err(Trouble::Said("give --side or --value".into())),
    };
    let saved = device.resolve(&household, &path, choice)?;
    let words = format!("Decided. Saved: household {}", uuid_of(&saved.document));
    output.end(&json!({ "resolved": path.to_string(), "household": household.to_string() }), &words)?;
    Ok(Done::All)
}

/// A value as it was typed: a whole number, true, false, or text.
fn scalar(typed: &str) -> Scalar {
    match serde_json::from_str(typed) {
        Ok(Json::Bool(flag)) => Scalar::Flag(flag),
        Ok(Json::Number(number)) => {
            number.as_i64().map_or_else(|| Scalar::Text(typed.into()), Scalar::Integer)
        }
        Ok(Json::String(text)) => Scalar::Text(text),
        _ => Scalar::Text(typed.into()),
    }
}
