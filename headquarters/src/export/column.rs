//! Export: what a table is made of. CSV headers, the schema of Parquet, `datapackage.json` and the page
//! `docs/DATASETS.md` all come from here, and most columns come from the record types themselves.

use khettara_records::model::{FieldDescription, RecordKind, Shape, Tongue, Words, pattern_of};

/// A table of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDescription {
    /// Its name, and that of its files before the ending.
    pub name: &'static str,
    /// What one row is.
    pub words: String,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// Columns that together name one row.
    pub primary_key: Vec<String>,
    /// Columns that name rows of other tables.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether it is written only where it is asked for: what few may read.
    pub sensitive: bool,
}

/// Columns that name a row of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// Columns here.
    pub columns: Vec<String>,
    /// The other table.
    pub table: &'static str,
    /// Its columns, in the same order.
    pub keys: Vec<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it says, in plain words.
    pub words: String,
    /// Of a field of a record: what people call it.
    pub labels: Option<Words>,
    /// What stands in it.
    pub kind: ColumnKind,
    /// Of numbers, where they have one.
    pub unit: Option<&'static str>,
    /// Whether every row has it.
    pub always: bool,
    /// Whether its texts come again and again, and are kept once for many rows.
    pub repeats: bool,
    /// What could be entered.
    pub limits: Limits,
    /// Where its cells come from.
    pub(super) source: Source,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text.
    Text,
    /// A whole number of 64 bits.
    Whole,
    /// Yes or no.
    Flag,
    /// An instant in UTC.
    Time,
    /// Degrees, with five decimals.
    Degrees,
}

/// What could be entered in a field. Newer software may have written something else, and it is shown as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// One of these codes.
    pub codes: Option<&'static [&'static str]>,
    /// Between these, both included.
    pub range: Option<(i64, i64)>,
    /// A text that matches this whole.
    pub pattern: Option<&'static str>,
}

/// Where the cells of a column come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Feed,
    Commune,
    Vintage,
    Household,
    About,
    Document,
    Id,
    Field(&'static str, Shape),
    Place(&'static str, PlacePart),
    Languages,
    Count(RecordKind),
    LastVisit,
    Conflicts,
    AllConflicts,
    Family,
    Serials,
    Devices,
    Conflict(Side),
}

/// One number of a place on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlacePart {
    Lat,
    Lon,
    Accuracy,
}

/// What the table of conflicts says of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Number,
    Path,
    Field,
    Value,
    Winner,
    Serial,
    Device,
    Change,
    Sentence(Tongue),
}

/// The table of conflicts.
pub(super) const CONFLICTS: &str = "conflicts";
const HOUSEHOLD_ID: &str = "household_id";

/// Every table, in the order in which the manifest lists them.
#[must_use]
pub fn tables() -> Vec<TableDescription> {
    RecordKind::ALL.iter().copied().map(records).chain([conflicts()]).collect()
}

/// The table of a kind of record.
fn records(kind: RecordKind) -> TableDescription {
    let mut columns = place(kind.subjects());
    if kind != RecordKind::Household {
        let words = format!("id of the {}", kind.words().en);
        columns.push(Column::text(&id_column(kind), &words, Source::Id).always());
    } else {
        columns.push(household_id().always());
    }
    for field in kind.described() {
        // They stand before the note, as they always did.
        if kind == RecordKind::Household && field.name == "note" {
            let words = "languages spoken, as BCP-47 codes, with semicolons between them";
            columns.push(Column::text("languages", words, Source::Languages).repeats());
        }
        columns.extend(field_columns(kind, &field));
    }
    if kind == RecordKind::Household {
        for of in RecordKind::ENTRIES.into_iter().filter(|of| of.subjects().contains(&kind)) {
            let words = format!("how many rows it has in {}, withdrawn ones too", table_of(of));
            columns.push(Column::new(of.map(), &words, ColumnKind::Whole, Source::Count(of)).always());
        }
        let words = "time of its last visit that is not withdrawn";
        columns.push(Column::new("last_visit_at", words, ColumnKind::Time, Source::LastVisit));
    }
    columns.extend(about(kind));
    if kind.is_event() || kind == RecordKind::Household || of_households(kind) {
        let words = "smallest id of all records of this family that links join: equal for one registered twice or moved";
        let family = Column::text("family_id", words, Source::Family).repeats();
        let is_always = kind == RecordKind::Household || kind.subjects() == [RecordKind::Household];
        columns.push(Column { always: is_always, ..family });
    }
    let of_document = match kind.subjects() {
        [] => None,
        [RecordKind::Household] => Some(HOUSEHOLD_ID),
        _ => Some("document_id"),
    };
    let primary_key = of_document.map(String::from).into_iter().chain([id_column(kind)]).collect();
    let foreign_keys = foreign_keys(kind, &columns);
    let words = format!("One row for each {}, as it stands.", kind.words().en);
    let sensitive = kind.is_sensitive();
    TableDescription { name: table_of(kind), words, columns, primary_key, foreign_keys, sensitive }
}

fn of_households(kind: RecordKind) -> bool {
    kind.subjects().contains(&RecordKind::Household)
}

/// The file name of a kind's table, without its ending.
pub(super) const fn table_of(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Household => "households",
        RecordKind::Referral => "referrals",
        RecordKind::Protection => "protection_cases",
        RecordKind::ServicePoint => "service_points",
        RecordKind::Organisation => "organisations",
        RecordKind::Agent => "agents",
        RecordKind::Programme => "programmes",
        RecordKind::Partnership => "partnerships",
        RecordKind::Consultation => "consultations",
        RecordKind::Place => "places",
        entries => entries.map(),
    }
}

fn id_column(kind: RecordKind) -> String {
    format!("{}_id", kind.word())
}

/// The first columns of every table: where it was written, and for an entry in which document. Of a document that is
/// no household's there is no household.
fn place(subjects: &[RecordKind]) -> Vec<Column> {
    let commune = Limits { pattern: pattern_of(Shape::Commune), ..Limits::default() };
    let code = Column::text("commune_code", "its commune, HCP code", Source::Commune).repeats().with(commune);
    let vintage = "census whose commune codes these are";
    let mut columns = vec![
        Column::text("feed", "feed in which it was written", Source::Feed).always().repeats(),
        code,
        Column::text("commune_vintage", vintage, Source::Vintage).always().repeats(),
    ];
    match subjects {
        [] => {}
        [RecordKind::Household] => columns.push(household_id().always()),
        several => {
            if several.contains(&RecordKind::Household) {
                columns.push(household_id());
            }
            columns.extend(document());
        }
    }
    columns
}

/// Which document, where it may be another than a household's.
fn document() -> [Column; 2] {
    [
        Column::text("about", "what its document is about", Source::About).always().repeats(),
        Column::text("document_id", "id of that document", Source::Document).always().repeats(),
    ]
}

fn household_id() -> Column {
    Column::text(HOUSEHOLD_ID, "id of the household", Source::Household).repeats()
}

/// The last three columns of every table of records.
fn about(kind: RecordKind) -> [Column; 3] {
    let own =
        ("how many of its fields have several answers; all of them are in conflicts", Source::Conflicts);
    let all =
        ("questions with several answers, those about its members and visits too", Source::AllConflicts);
    let (conflicts, source) = if kind == RecordKind::Household { all } else { own };
    let serials = "serials of the tablets whose answers stand in it, with semicolons between them";
    let devices = "keys of these tablets, likewise";
    [
        Column::new("conflicts", conflicts, ColumnKind::Whole, source).always(),
        Column::text("source_serials", serials, Source::Serials).repeats(),
        Column::text("source_devices", devices, Source::Devices).repeats(),
    ]
}

/// The columns of a field: one, none for a document's commune (it has its place already), three for a place.
fn field_columns(kind: RecordKind, field: &FieldDescription) -> Vec<Column> {
    let FieldDescription { name, words: labels, shape, .. } = *field;
    let words = labels.en;
    let limits = Limits {
        codes: if let Shape::Code(codes) = shape { Some(codes) } else { None },
        range: if let Shape::Whole { min, max } = shape { Some((min, max)) } else { None },
        pattern: pattern_of(shape).filter(|_| !matches!(shape, Shape::Time)),
    };
    let source = Source::Field(name, shape);
    let column = match shape {
        Shape::Commune if kind.is_subject() && name == "commune" => return Vec::new(),
        Shape::Place => return place_columns(name, words),
        Shape::Flag => Column::new(name, words, ColumnKind::Flag, source),
        Shape::Whole { .. } => {
            Column { unit: unit_of(name), ..Column::new(name, words, ColumnKind::Whole, source) }
        }
        Shape::Time => Column::new(name, words, ColumnKind::Time, source),
        Shape::Codes(_) => {
            let words = format!("{words}, codes with semicolons between them");
            Column::text(name, &words, source).repeats()
        }
        Shape::Code(_) | Shape::Commune | Shape::Language | Shape::Territories => {
            Column::text(name, words, source).repeats()
        }
        Shape::Reference(to) => Column::text(&reference_column(name, to), words, source),
        Shape::Text { .. } | Shape::Phone | Shape::Identifier | Shape::Birth | Shape::Date => {
            Column::text(name, words, source)
        }
    };
    vec![Column { labels: Some(labels), ..column.with(limits) }]
}

fn place_columns(name: &'static str, words: &str) -> Vec<Column> {
    let prefix = if name == "gps" { String::new() } else { format!("{name}_") };
    let degrees = |part, column: &str, what: &str, max: i64| {
        let column = Column::new(
            &format!("{prefix}{column}"),
            &format!("{words}: {what}, WGS84"),
            ColumnKind::Degrees,
            Source::Place(name, part),
        );
        Column {
            unit: Some("degrees"),
            ..column.with(Limits { range: Some((-max, max)), ..Limits::default() })
        }
    };
    let accuracy = Column::new(
        &format!("{name}_accuracy_m"),
        &format!("{words}: how far it may be wrong"),
        ColumnKind::Whole,
        Source::Place(name, PlacePart::Accuracy),
    );
    vec![
        degrees(PlacePart::Lat, "lat", "latitude", 90),
        degrees(PlacePart::Lon, "lon", "longitude", 180),
        Column { unit: Some("m"), ..accuracy },
    ]
}

/// `visit` names a visit: `visit_id`; `head` names a member: `head_member_id`.
fn reference_column(name: &str, to: Option<RecordKind>) -> String {
    match to {
        Some(kind) if kind.word() != name => format!("{name}_{}_id", kind.word()),
        _ => format!("{name}_id"),
    }
}

/// Units stand last in the names of fields.
fn unit_of(name: &str) -> Option<&'static str> {
    let units = [
        ("_mad", "dirhams"),
        ("_km_tenths", "0.1 km"),
        ("_min", "min"),
        ("_s", "s"),
        ("_ms", "ms"),
        ("_m", "m"),
        ("_cm", "cm"),
    ];
    units.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, unit)| unit)
}

/// The household of each record, and what its references name. Of one column each: with two, where one of them is
/// empty, validators differ on whether the key is.
fn foreign_keys(kind: RecordKind, columns: &[Column]) -> Vec<ForeignKey> {
    let mut keys = Vec::new();
    if of_households(kind) {
        keys.push(to_household());
    }
    for column in columns {
        if let Source::Field(_, Shape::Reference(Some(to))) = column.source {
            let columns = vec![column.name.clone()];
            keys.push(ForeignKey { columns, table: table_of(to), keys: vec![id_column(to)] });
        }
    }
    keys
}

fn to_household() -> ForeignKey {
    let key = || vec![HOUSEHOLD_ID.into()];
    ForeignKey { columns: key(), table: table_of(RecordKind::Household), keys: key() }
}

fn conflicts() -> TableDescription {
    let mut columns = place(&[]);
    columns.push(household_id());
    let text = |name: &str, words: &str, side| Column::text(name, words, Source::Conflict(side));
    columns.extend([
        Column::new(
            "conflict",
            "number of the conflict in its document, from 1",
            ColumnKind::Whole,
            Source::Conflict(Side::Number),
        )
        .always(),
        text("path", "where the answers stand", Side::Path).always(),
        text("field", "the same in plain words", Side::Field).always().repeats(),
        text("value", "the answer", Side::Value).always(),
        Column::new(
            "winner",
            "whether the tables show this answer",
            ColumnKind::Flag,
            Source::Conflict(Side::Winner),
        )
        .always(),
        Column::new(
            "author_serial",
            "serial of the tablet that wrote it",
            ColumnKind::Whole,
            Source::Conflict(Side::Serial),
        ),
        text("author_device", "key of that tablet", Side::Device).repeats(),
        text("change", "the change that wrote it", Side::Change).always(),
    ]);
    columns.extend(document());
    let said = [(Tongue::Ar, "Arabic"), (Tongue::Fr, "French"), (Tongue::En, "English")];
    columns.extend(said.map(|(tongue, name)| {
        let words = format!("the whole conflict in one sentence, in {name}");
        text(&format!("sentence_{}", tongue.code()), &words, Side::Sentence(tongue)).always().repeats()
    }));
    TableDescription {
        name: CONFLICTS,
        words: "One row for each answer to a question that has several.".into(),
        columns,
        primary_key: ["document_id", "conflict", "change"].map(Into::into).to_vec(),
        foreign_keys: vec![to_household()],
        sensitive: false,
    }
}

impl Column {
    fn new(name: &str, words: &str, kind: ColumnKind, source: Source) -> Self {
        let (name, words) = (name.into(), words.into());
        Self {
            name,
            words,
            labels: None,
            kind,
            unit: None,
            always: false,
            repeats: false,
            limits: Limits::default(),
            source,
        }
    }

    fn text(name: &str, words: &str, source: Source) -> Self {
        Self::new(name, words, ColumnKind::Text, source)
    }

    fn always(self) -> Self {
        Self { always: true, ..self }
    }

    fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }

    fn with(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }
}

/// A table of two columns, for tests of files.
#[cfg(test)]
pub(super) fn two_columns() -> TableDescription {
    let lon = Column::new("lon", "longitude", ColumnKind::Degrees, Source::Conflicts).always();
    TableDescription {
        name: "t",
        words: String::new(),
        columns: vec![Column::text("name", "name", Source::Id).repeats(), lon],
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        sensitive: false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_table_is_whole_and_every_key_names_columns_that_are_there() {
        let all = tables();
        let columns = |table: &TableDescription| -> Vec<String> {
            table.columns.iter().map(|column| column.name.clone()).collect()
        };
        for table in &all {
            let names = columns(table);
            let distinct: BTreeSet<&String> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{}: {names:?}", table.name);
            assert!(table.primary_key.iter().all(|key| names.contains(key)), "{}", table.name);
            for key in &table.foreign_keys {
                let other = all.iter().find(|other| other.name == key.table).expect("a table");
                assert_eq!(key.columns.len(), key.keys.len());
                assert!(key.columns.iter().all(|column| names.contains(column)), "{}", table.name);
                assert!(key.keys.iter().all(|column| columns(other).contains(column)), "{}", key.table);
            }
        }
    }

    #[test]
    fn every_field_of_every_kind_has_its_column() {
        for kind in RecordKind::ALL.iter().copied() {
            let table = records(kind);
            for field in kind.described() {
                let comes_from = |column: &&Column| match column.source {
                    Source::Field(name, _) | Source::Place(name, _) => name == field.name,
                    Source::Commune => kind.is_subject() && field.name == "commune",
                    _ => false,
                };
                let found = table.columns.iter().filter(comes_from).count();
                let expected = if field.shape == Shape::Place { 3 } else { 1 };
                assert_eq!(found, expected, "{}.{}", kind.word(), field.name);
            }
        }
    }
}
