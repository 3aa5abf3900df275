//! Export: `datapackage.json`, a Frictionless Data Package: what the files are, their columns, types, keys and codes,
//! for programs. Made from the description of the tables; it holds nothing that equal cuts do not make equal.

use khettara_records::model::vocabulary::vocabularies;
use khettara_records::model::{Tongue, Words};
use serde_json::{Map, Value as Json, json};

use super::column::{Column, ColumnKind, TableDescription, tables};
use super::file::FileRow;
use super::manifest::FORMAT;

/// The name of the file.
pub(super) const PACKAGE: &str = "datapackage.json";

/// The description of a dataset's files.
pub(super) fn package(organisation: &str, cut: &str, files: &[FileRow]) -> Json {
    let resources: Vec<Json> = tables().iter().filter_map(|table| resource(table, files)).collect();
    json!({
        "name": "khettara",
        "id": cut,
        "title": organisation,
        "description": "What is recorded of families and of what serves them, as tables. Every table is here twice, with the \
                        same rows: as CSV for spreadsheets, and as Parquet with real types. In CSV, where a text \
                        begins with an apostrophe, take that one away: it keeps spreadsheets from running the text. \
                        Codes are as they were entered: where newer software wrote one that is not listed here, it \
                        stands as it is. manifest.json says what is missing.",
        "version": FORMAT.to_string(),
        "resources": resources,
    })
}

/// A table. The CSV is the resource, its Parquet stands beside it: validators read Parquet by way of pandas, which
/// takes a missing number for one that is none.
fn resource(table: &TableDescription, files: &[FileRow]) -> Option<Json> {
    let (csv, parquet) = (format!("{}.csv", table.name), format!("{}.parquet", table.name));
    let named = |name: &str| files.iter().find(|file| file.name == name);
    let (csv, parquet) = (named(&csv)?, named(&parquet)?);
    Some(json!({
        "name": table.name,
        "type": "table",
        "title": table.words,
        "path": csv.name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": "\"", "doubleQuote": true},
        "bytes": csv.bytes,
        "hash": hash(csv),
        "schema": schema(table),
        "parquet": {
            "path": parquet.name,
            "mediatype": "application/vnd.apache.parquet",
            "bytes": parquet.bytes,
            "hash": hash(parquet),
        },
    }))
}

fn hash(file: &FileRow) -> String {
    format!("sha256:{}", file.sha256)
}

fn schema(table: &TableDescription) -> Json {
    let fields: Vec<Json> = table.columns.iter().map(field).collect();
    let mut schema = Map::from_iter([
        ("fields".into(), json!(fields)),
        ("missingValues".into(), json!([""])),
        ("primaryKey".into(), json!(table.primary_key)),
    ]);
    let foreign_keys = table
        .foreign_keys
        .iter()
        .map(|key| json!({"fields": key.columns, "reference": {"resource": key.table, "fields": key.keys}}));
    let foreign_keys: Vec<Json> = foreign_keys.collect();
    if !foreign_keys.is_empty() {
        schema.insert("foreignKeys".into(), json!(foreign_keys));
    }
    Json::Object(schema)
}

fn field(column: &Column) -> Json {
    let kind = match column.kind {
        ColumnKind::Text => "string",
        ColumnKind::Whole => "integer",
        ColumnKind::Flag => "boolean",
        ColumnKind::Time => "datetime",
        ColumnKind::Degrees => "number",
    };
    let mut field = Map::from_iter([
        ("name".into(), json!(column.name)),
        ("type".into(), json!(kind)),
        ("title".into(), json!(column.words)),
    ]);
    if let Some(words) = column.labels {
        field.insert("labels".into(), in_all_tongues(words));
    }
    if let Some(codes) = column.limits.codes {
        field.insert("codeLabels".into(), code_labels(codes));
    }
    if let Some(unit) = column.unit {
        field.insert("unit".into(), json!(unit));
    }
    if column.kind == ColumnKind::Flag {
        field.insert("trueValues".into(), json!(["yes"]));
        field.insert("falseValues".into(), json!(["no"]));
    }
    let constraints = constraints(column);
    if !constraints.is_empty() {
        field.insert("constraints".into(), Json::Object(constraints));
    }
    Json::Object(field)
}

fn in_all_tongues(words: Words) -> Json {
    Tongue::ALL
        .into_iter()
        .map(|tongue| (tongue.code().to_string(), json!(words.in_tongue(tongue))))
        .collect()
}

/// What each code of a list says, in every language.
fn code_labels(codes: &[&str]) -> Json {
    let list = vocabularies().into_iter().find(|list| list.codes == codes);
    let words = |code: &&str| Some((code.to_string(), in_all_tongues(list?.words_of(code)?)));
    Json::Object(codes.iter().filter_map(words).collect())
}

fn constraints(column: &Column) -> Map<String, Json> {
    let mut constraints = Map::new();
    if column.always {
        constraints.insert("required".into(), json!(true));
    }
    if let Some(codes) = column.limits.codes {
        constraints.insert("enum".into(), json!(codes));
    }
    if let Some((min, max)) = column.limits.range {
        constraints.insert("minimum".into(), json!(min));
        constraints.insert("maximum".into(), json!(max));
    }
    if let Some(pattern) = column.limits.pattern {
        // Table Schema means the whole text, and has no signs for its ends. A telephone's plus has an apostrophe
        // before it.
        let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
        let mark = if pattern.starts_with("\\+") { "'?" } else { "" };
        constraints.insert("pattern".into(), json!(format!("{mark}{pattern}")));
    }
    constraints
}
