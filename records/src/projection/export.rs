//! Lines for export: a household as lines of JSON that, read and recorded again, give the same rows.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::record_row::RecordRow;
use super::view::HouseholdView;
use crate::model::{Node, RecordKind, Reference};

/// Members stand inside the household's line up to this size; the others follow in lines of their own.
const LINE_BYTES_TARGET: usize = 32_768;

/// The document's lines: a household itself with members, further members, visits, needs, then entries of other
/// kinds; or what else it is about, and its entries. Ids are written, so reading
/// them back gives the same records. Left out is what could not be entered: conflicts' other sides, keys and
/// codes of other software.
#[must_use]
pub fn export_lines(view: &HouseholdView) -> Vec<String> {
    let household = view.household.id.to_string();
    if view.about != RecordKind::Household {
        return view.records.iter().map(|row| record_line(row, view.about)).collect();
    }
    let mut first = Map::from_iter([("record".into(), json!("household")), ("id".into(), json!(household))]);
    first.extend(fields(RecordKind::Household, &view.household));
    if !view.household.languages.is_empty() {
        first.insert("languages".into(), json!(view.household.languages));
    }
    let (inside, after) = share_members(view, &mut first);
    if !inside.is_empty() {
        first.insert("members".into(), Json::Array(inside));
    }
    let mut lines = vec![Json::Object(first).to_string()];
    lines.extend(after.into_iter().map(|member| line("member", &household, member)));
    for visit in &view.visits {
        lines.push(line("visit", &household, entry(RecordKind::Visit, visit.id.to_string(), visit)));
    }
    for need in &view.needs {
        lines.push(line("need", &household, entry(RecordKind::Need, need.id.to_string(), need)));
    }
    lines.extend(view.records.iter().map(|row| record_line(row, view.about)));
    lines
}

fn record_line(row: &RecordRow, about: RecordKind) -> String {
    let mut line = Map::from_iter([("record".into(), json!(row.kind.word()))]);
    if !row.kind.is_subject() {
        line.insert(about.word().into(), json!(row.document.to_string()));
    }
    line.extend(entry(row.kind, row.id.to_string(), row));
    Json::Object(line).to_string()
}

/// The members that stand inside the household's line, its head first, and those that follow it. A head that
/// names nobody here is left out.
fn share_members(view: &HouseholdView, first: &mut Map<String, Json>) -> (Vec<Json>, Vec<Map<String, Json>>) {
    let is_head = |id| view.household.head == Some(Reference::Id(id));
    let mut rows: Vec<_> = view.members.iter().collect();
    rows.sort_by_key(|row| (!is_head(row.id), row.id));
    if !rows.first().is_some_and(|row| is_head(row.id)) {
        first.remove("head");
    }
    let mut bytes = Json::Object(first.clone()).to_string().len();
    let (mut inside, mut after) = (Vec::new(), Vec::new());
    for row in rows {
        let member = entry(RecordKind::Member, row.id.to_string(), row);
        bytes += Json::Object(member.clone()).to_string().len();
        let fits =
            bytes <= LINE_BYTES_TARGET && inside.len() < khettara_core::limits::RECORD_MEMBERS_PER_FORM_MAX;
        if is_head(row.id) || fits {
            inside.push(Json::Object(member));
        } else {
            after.push(member);
        }
    }
    (inside, after)
}

fn line(record: &str, household: &str, entry: Map<String, Json>) -> String {
    let mut line = Map::from_iter([("record".into(), json!(record)), ("household".into(), json!(household))]);
    line.extend(entry);
    Json::Object(line).to_string()
}

fn entry<R: Serialize>(kind: RecordKind, id: String, row: &R) -> Map<String, Json> {
    let mut entry = Map::from_iter([("id".into(), json!(id))]);
    entry.extend(fields(kind, row));
    entry
}

/// The fields of a row that could be entered as they stand.
fn fields<R: Serialize>(kind: RecordKind, row: &R) -> Map<String, Json> {
    let row = serde_json::to_value(row).unwrap_or_default();
    let enterable = |spec: &&crate::model::FieldSpec| {
        let value = row.get(spec.name).filter(|value| !value.is_null())?;
        let node = serde_json::from_value::<Node>(value.clone()).ok()?;
        (spec.accepts)(&node).ok().map(|_| (spec.name.to_string(), value.clone()))
    };
    kind.fields().iter().filter_map(|spec| enterable(&spec)).collect()
}
