//! Export: the cells of rows. A row of records is read as its type writes it down, so a field that is added to the
//! type is in its table.

use std::collections::BTreeSet;

use khettara_core::id::{ActorId, DeviceKey, DocumentId, Feed};
use khettara_records::model::{Instant, RecordKind, Shape};
use khettara_records::projection::{Conflict, HouseholdView, Side as Answer, Sources, Who, sentence};
use serde_json::Value as Json;
use uuid::Uuid;

use super::cell::Cell;
use super::column::{Column, PlacePart, Side, Source};
use crate::error::HqError;

/// The census whose commune codes the records use.
pub const COMMUNE_VINTAGE: &str = "RGPH-2024";

/// Who wrote something, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Writer {
    pub serial: Option<u32>,
    pub device: DeviceKey,
}

/// Looks an actor up: in the document's feed, or in another.
pub(super) type WhoIs<'a> = dyn FnMut(&ActorId, Option<&Feed>) -> Result<Option<Writer>, HqError> + 'a;

/// One household with all that the tables say of it.
pub(super) struct Whole<'a> {
    pub feed: &'a Feed,
    pub view: &'a HouseholdView,
    pub conflicts: &'a [Conflict],
    /// The family that the document is a record of, or that a referral is of.
    pub family: DocumentId,
    pub sources: &'a Sources,
}

/// What a row of a table is about.
enum Row<'a> {
    Record {
        view: &'a Json,
        id: String,
        fields: &'a Json,
        serials: Cell,
        devices: Cell,
    },
    Answer {
        number: i64,
        conflict: &'a Conflict,
        answer: &'a Answer,
        writer: Option<Writer>,
        /// The authors of all answers, as sentences name them.
        all: &'a [Who],
    },
}

impl Whole<'_> {
    /// The household's rows of one kind of record, in the order of their ids. `view` is the household's view as
    /// JSON.
    pub(super) fn record_rows(
        &self,
        kind: RecordKind,
        view: &Json,
        columns: &[Column],
        who_is: &mut WhoIs<'_>,
    ) -> Result<Vec<Vec<Cell>>, HqError> {
        let rows_of = |list: &'static str| view[list].as_array().map_or(&[][..], Vec::as_slice);
        let fields: Vec<&Json> = match kind {
            RecordKind::Household if self.view.about != kind => Vec::new(),
            RecordKind::Household => vec![&view["household"]],
            RecordKind::Member | RecordKind::Visit | RecordKind::Need => rows_of(kind.map()).iter().collect(),
            _ => rows_of("records").iter().filter(|row| row["record"] == kind.word()).collect(),
        };
        let none = BTreeSet::new();
        let mut rows = Vec::with_capacity(fields.len());
        for fields in fields {
            let id = fields["id"].as_str().ok_or(HqError::Encode)?.to_string();
            let actors = match kind.is_subject() {
                true => &self.sources.household,
                false => {
                    let id = Uuid::parse_str(&id).map_err(|_| HqError::Encode)?;
                    self.sources.entries.get(&id).unwrap_or(&none)
                }
            };
            let [serials, devices] = sources(actors, who_is)?;
            let row = Row::Record { view, id, fields, serials, devices };
            rows.push(columns.iter().map(|column| self.cell(&column.source, &row)).collect());
        }
        Ok(rows)
    }

    /// A row for each answer of each conflict.
    pub(super) fn conflict_rows(
        &self,
        columns: &[Column],
        who_is: &mut WhoIs<'_>,
    ) -> Result<Vec<Vec<Cell>>, HqError> {
        let mut rows = Vec::new();
        for (number, conflict) in (1..).zip(self.conflicts) {
            let writers: Vec<Option<Writer>> = conflict
                .sides
                .iter()
                .map(|answer| who_is(&answer.actor, answer.feed.as_ref()))
                .collect::<Result<_, _>>()?;
            let all: Vec<Who> = writers.iter().map(|writer| named(*writer)).collect();
            for (answer, writer) in conflict.sides.iter().zip(writers) {
                let row = Row::Answer { number, conflict, answer, writer, all: &all };
                rows.push(columns.iter().map(|column| self.cell(&column.source, &row)).collect());
            }
        }
        Ok(rows)
    }

    /// Of what the document is about.
    fn commune(&self) -> Cell {
        match self.view.about {
            RecordKind::Household => {
                Cell::text(self.view.household.commune.as_ref().map(|commune| commune.as_str()))
            }
            about => Cell::text(self.view.of_kind(about).find_map(|subject| subject.text("commune"))),
        }
    }

    fn cell(&self, source: &Source, row: &Row<'_>) -> Cell {
        let household = &self.view.household;
        match source {
            Source::Feed => Cell::Text(self.feed.to_string()),
            Source::Commune => self.commune(),
            Source::About => Cell::Text(self.view.about.word().into()),
            Source::Document => Cell::Text(household.id.to_string()),
            Source::Vintage => Cell::Text(COMMUNE_VINTAGE.into()),
            Source::Household => match self.view.about {
                RecordKind::Household => Cell::Text(household.id.to_string()),
                _ => Cell::Empty,
            },
            Source::Languages => {
                let codes: Vec<&str> = household.languages.iter().map(|language| language.as_str()).collect();
                listed(&codes)
            }
            Source::Family => match self.view.about {
                about if about == RecordKind::Household || about.is_event() => {
                    Cell::Text(Uuid::from_bytes(self.family.0).to_string())
                }
                _ => Cell::Empty,
            },
            Source::AllConflicts => Cell::Number(i64::try_from(self.conflicts.len()).unwrap_or(i64::MAX)),
            Source::LastVisit => self.view.last_visit().map_or(Cell::Empty, Cell::Time),
            other => match row {
                Row::Record { view, id, fields, serials, devices } => match other {
                    Source::Id => Cell::Text(id.clone()),
                    Source::Field(name, shape) => field(&fields[*name], *shape),
                    Source::Place(name, part) => place(&fields[*name], *part),
                    Source::Serials => serials.clone(),
                    Source::Devices => devices.clone(),
                    Source::Conflicts => Cell::number(fields["conflicts"].as_i64()),
                    Source::Count(kind) => count(*kind, view),
                    _ => Cell::Empty,
                },
                Row::Answer { number, conflict, answer, writer, all } => match other {
                    Source::Conflict(Side::Sentence(tongue)) => {
                        Cell::Text(sentence(conflict, all, self.feed.as_str(), *tongue))
                    }
                    Source::Conflict(side) => answered(*side, *number, (conflict, answer), *writer),
                    _ => Cell::Empty,
                },
            },
        }
    }
}

/// The cells of one field.
fn field(value: &Json, shape: Shape) -> Cell {
    match shape {
        Shape::Flag => Cell::flag(value.as_bool()),
        Shape::Whole { .. } => Cell::number(value.as_i64()),
        Shape::Time => {
            let at = value.as_str().and_then(|text| Instant::of_text(text).ok());
            at.map_or(Cell::Empty, Cell::Time)
        }
        Shape::Codes(_) => {
            let codes: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
            listed(&codes)
        }
        _ => Cell::text(value.as_str()),
    }
}

fn place(value: &Json, part: PlacePart) -> Cell {
    let degrees = |name: &str| {
        let e5 = value[name].as_i64().and_then(|e5| i32::try_from(e5).ok());
        e5.map_or(Cell::Empty, Cell::Degrees)
    };
    match part {
        PlacePart::Lat => degrees("lat_e5"),
        PlacePart::Lon => degrees("lon_e5"),
        PlacePart::Accuracy => Cell::number(value["accuracy_m"].as_i64()),
    }
}

fn answered(
    side: Side,
    number: i64,
    (conflict, answer): (&Conflict, &Answer),
    writer: Option<Writer>,
) -> Cell {
    match side {
        Side::Number => Cell::Number(number),
        Side::Path => Cell::Text(conflict.path.to_string()),
        Side::Field => Cell::Text(conflict.words.clone()),
        Side::Value => Cell::Text(answer.text.clone()),
        Side::Winner => Cell::Flag(answer.winner),
        Side::Serial => Cell::number(writer.and_then(|writer| writer.serial)),
        Side::Device => Cell::text(writer.map(|writer| writer.device.to_hex())),
        Side::Change => Cell::Text(answer.change.to_hex()),
        // Said of all answers together.
        Side::Sentence(_) => Cell::Empty,
    }
}

/// An author as sentences name him.
fn named(writer: Option<Writer>) -> Who {
    match writer {
        Some(Writer { serial: Some(serial), .. }) => Who::Serial(serial),
        Some(Writer { device, .. }) => Who::Device(device.to_hex()[..8].into()),
        None => Who::Unknown,
    }
}

fn count(kind: RecordKind, view: &Json) -> Cell {
    let list = |name: &str| view[name].as_array().map_or(0, Vec::len);
    let rows = match kind {
        RecordKind::Member | RecordKind::Visit | RecordKind::Need => list(kind.map()),
        _ => {
            let records = view["records"].as_array().into_iter().flatten();
            records.filter(|row| row["record"] == kind.word()).count()
        }
    };
    Cell::Number(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// Serials and devices of everybody whose answers stand in a record.
fn sources(actors: &BTreeSet<ActorId>, who_is: &mut WhoIs<'_>) -> Result<[Cell; 2], HqError> {
    let mut writers = BTreeSet::new();
    for actor in actors {
        writers.extend(who_is(actor, None)?);
    }
    let serials: BTreeSet<u32> = writers.iter().filter_map(|writer| writer.serial).collect();
    let serials: Vec<String> = serials.iter().map(u32::to_string).collect();
    let devices: Vec<String> = writers.iter().map(|writer| writer.device.to_hex()).collect();
    Ok([listed(&serials), listed(&devices)])
}

/// Several texts in one cell.
fn listed<T: AsRef<str>>(list: &[T]) -> Cell {
    let texts: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    Cell::text((!texts.is_empty()).then(|| texts.join(";")))
}
