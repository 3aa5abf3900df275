//! Lines for export: a household as lines of JSON that, read and recorded again, give the same rows.

use khettara_core::limits::{RECORD_LANGUAGES_MAX, RECORD_MEMBERS_PER_FORM_MAX};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::record_row::RecordRow;
use super::view::HouseholdView;
use crate::model::{Node, RecordKind, Reference, broken_span};

/// Members stand inside the household's line up to this size; the others follow in lines of their own.
const LINE_BYTES_TARGET: usize = 32_768;

/// The document's lines: a household itself with members, further members, visits, needs, then entries of other
/// kinds; or what else it is about, and its entries. Ids are written, so reading
/// them back gives the same records. Left out is what could not be entered: conflicts' other sides, keys and
/// codes of other software, records that do not belong in such a document, references to what is not there, the end
/// of what ends before it begins, and languages beyond what a line may list.
#[must_use]
pub fn export_lines(view: &HouseholdView) -> Vec<String> {
    let household = view.household.id.to_string();
    if view.about != RecordKind::Household {
        return record_lines(view);
    }
    let mut first = Map::from_iter([("record".into(), json!("household")), ("id".into(), json!(household))]);
    first.extend(fields(view, RecordKind::Household, &view.household));
    if !view.household.languages.is_empty() {
        let languages: Vec<_> = view.household.languages.iter().take(RECORD_LANGUAGES_MAX).collect();
        first.insert("languages".into(), json!(languages));
    }
    let (inside, after) = share_members(view, &mut first);
    if !inside.is_empty() {
        first.insert("members".into(), Json::Array(inside));
    }
    let mut lines = vec![Json::Object(first).to_string()];
    lines.extend(after.into_iter().map(|member| line("member", &household, member)));
    for visit in &view.visits {
        lines.push(line("visit", &household, entry(view, RecordKind::Visit, visit.id.to_string(), visit)));
    }
    for need in &view.needs {
        lines.push(line("need", &household, entry(view, RecordKind::Need, need.id.to_string(), need)));
    }
    lines.extend(record_lines(view));
    lines
}

fn record_lines(view: &HouseholdView) -> Vec<String> {
    let about = view.about;
    let belongs = |row: &&RecordRow| row.kind == about || row.kind.subjects().contains(&about);
    view.records.iter().filter(belongs).map(|row| record_line(view, row)).collect()
}

fn record_line(view: &HouseholdView, row: &RecordRow) -> String {
    let mut line = Map::from_iter([("record".into(), json!(row.kind.word()))]);
    if !row.kind.is_subject() {
        line.insert(view.about.word().into(), json!(row.document.to_string()));
    }
    line.extend(entry(view, row.kind, row.id.to_string(), row));
    Json::Object(line).to_string()
}

/// The members that stand inside the household's line, its head first, and those that follow it: what does not fit, and
/// what lacks something that a new member must have, so that only it is refused where the lines are read again.
fn share_members(view: &HouseholdView, first: &mut Map<String, Json>) -> (Vec<Json>, Vec<Map<String, Json>>) {
    let is_head = |id| view.household.head == Some(Reference::Id(id));
    let mut rows: Vec<_> = view.members.iter().collect();
    rows.sort_by_key(|row| (!is_head(row.id), row.id));
    let mut bytes = Json::Object(first.clone()).to_string().len();
    let (mut inside, mut after) = (Vec::new(), Vec::new());
    for row in rows {
        let member = entry(view, RecordKind::Member, row.id.to_string(), row);
        bytes += Json::Object(member.clone()).to_string().len();
        let fits = bytes <= LINE_BYTES_TARGET && inside.len() < RECORD_MEMBERS_PER_FORM_MAX;
        if is_whole(&member) && (is_head(row.id) || fits) {
            inside.push(Json::Object(member));
        } else {
            if is_head(row.id) {
                first.remove("head");
            }
            after.push(member);
        }
    }
    (inside, after)
}

/// Whether a new member could be entered with these fields.
fn is_whole(member: &Map<String, Json>) -> bool {
    let needed = RecordKind::Member.fields().iter().filter(|spec| spec.needed);
    let has = |field: &str| member.contains_key(field);
    needed.into_iter().all(|spec| has(spec.name)) && (has("name_ar") || has("name_latin"))
}

fn line(record: &str, household: &str, entry: Map<String, Json>) -> String {
    let mut line = Map::from_iter([("record".into(), json!(record)), ("household".into(), json!(household))]);
    line.extend(entry);
    Json::Object(line).to_string()
}

fn entry<R: Serialize>(view: &HouseholdView, kind: RecordKind, id: String, row: &R) -> Map<String, Json> {
    let mut entry = Map::from_iter([("id".into(), json!(id))]);
    entry.extend(fields(view, kind, row));
    entry
}

/// The fields of a row that could be entered as they stand.
fn fields<R: Serialize>(view: &HouseholdView, kind: RecordKind, row: &R) -> Map<String, Json> {
    let row = serde_json::to_value(row).unwrap_or_default();
    let enterable = |spec: &&crate::model::FieldSpec| {
        let value = row.get(spec.name).filter(|value| !value.is_null())?;
        let node = serde_json::from_value::<Node>(value.clone()).ok()?;
        let is_taken = (spec.accepts)(&node).is_ok() && !names_nothing(view, kind.target(spec.name), value);
        is_taken.then(|| (spec.name.to_string(), value.clone()))
    };
    let mut fields: Map<String, Json> = kind.fields().iter().filter_map(|spec| enterable(&spec)).collect();
    let text = |field: &str| fields.get(field).and_then(Json::as_str).map(String::from);
    if let Some((_, end)) = broken_span(text) {
        fields.remove(end);
    }
    fields
}

/// Whether a field of a record names one of this document that is not there.
fn names_nothing(view: &HouseholdView, target: Option<RecordKind>, value: &Json) -> bool {
    let named = value.as_str().and_then(crate::model::of_canonical);
    match target {
        Some(RecordKind::Member) => {
            named.is_none_or(|id| view.members.binary_search_by_key(&id, |row| row.id).is_err())
        }
        Some(RecordKind::Visit) => {
            named.is_none_or(|id| view.visits.binary_search_by_key(&id, |row| row.id).is_err())
        }
        _ => false,
    }
}
