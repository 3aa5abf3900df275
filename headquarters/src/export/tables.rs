//! Export: the five tables and their rows. One household at a time, in the order of feeds and ids.

use std::collections::BTreeSet;
use std::path::Path;

use khettara_core::id::{ActorId, DeviceKey, Feed};
use khettara_records::model::Reference;
use khettara_records::projection::{Conflict, HouseholdView, MemberRow, NeedRow, Sources, VisitRow};
use uuid::Uuid;

use super::cell::Cell;
use super::table::{FileRow, Table};
use crate::error::HqError;

/// The census whose commune codes the records use.
pub const COMMUNE_VINTAGE: &str = "RGPH-2024";

const HOUSEHOLDS: &[&str] = &[
    "feed",
    "commune_code",
    "commune_vintage",
    "household_id",
    "douar",
    "status",
    "lat",
    "lon",
    "gps_accuracy_m",
    "phone",
    "water",
    "dwelling",
    "electricity",
    "road_km_tenths",
    "head_member_id",
    "languages",
    "note",
    "withdrawn",
    "members",
    "visits",
    "needs",
    "last_visit_at",
    "conflicts",
    "source_serials",
    "source_devices",
];
const MEMBERS: &[&str] = &[
    "feed",
    "commune_code",
    "commune_vintage",
    "household_id",
    "member_id",
    "name_ar",
    "name_latin",
    "sex",
    "birth",
    "relation",
    "marital",
    "schooling",
    "disability",
    "note",
    "withdrawn",
    "conflicts",
    "source_serials",
    "source_devices",
];
const VISITS: &[&str] = &[
    "feed",
    "commune_code",
    "commune_vintage",
    "household_id",
    "visit_id",
    "at",
    "time_source",
    "error_s",
    "offset_min",
    "agent",
    "kind",
    "respondent",
    "consent",
    "note",
    "withdrawn",
    "conflicts",
    "source_serials",
    "source_devices",
];
const NEEDS: &[&str] = &[
    "feed",
    "commune_code",
    "commune_vintage",
    "household_id",
    "need_id",
    "category",
    "urgency",
    "text",
    "status",
    "visit_id",
    "conflicts",
    "source_serials",
    "source_devices",
];
const CONFLICTS: &[&str] = &[
    "feed",
    "commune_code",
    "commune_vintage",
    "household_id",
    "conflict",
    "path",
    "field",
    "value",
    "winner",
    "author_serial",
    "author_device",
    "change",
];

/// Who wrote something, as far as it is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Writer {
    pub serial: Option<u32>,
    pub device: DeviceKey,
}

/// Looks an actor up.
pub(super) type WhoIs<'a> = dyn FnMut(&ActorId) -> Result<Option<Writer>, HqError> + 'a;

/// One household with all that the tables say of it.
pub(super) struct Whole<'a> {
    pub feed: &'a Feed,
    pub view: &'a HouseholdView,
    pub conflicts: &'a [Conflict],
    pub sources: &'a Sources,
}

/// The five files being written.
pub(super) struct Tables {
    households: Table,
    members: Table,
    visits: Table,
    needs: Table,
    conflicts: Table,
}

impl Tables {
    pub(super) fn begin(folder: &Path) -> Result<Self, HqError> {
        Ok(Self {
            households: Table::begin(folder, "households.csv", HOUSEHOLDS)?,
            members: Table::begin(folder, "members.csv", MEMBERS)?,
            visits: Table::begin(folder, "visits.csv", VISITS)?,
            needs: Table::begin(folder, "needs.csv", NEEDS)?,
            conflicts: Table::begin(folder, "conflicts.csv", CONFLICTS)?,
        })
    }

    pub(super) fn finish(self) -> Result<Vec<FileRow>, HqError> {
        let tables = [self.households, self.members, self.visits, self.needs, self.conflicts];
        tables.into_iter().map(Table::finish).collect()
    }

    /// Writes every row of one household.
    pub(super) fn household(&mut self, whole: &Whole<'_>, who_is: &mut WhoIs<'_>) -> Result<(), HqError> {
        self.household_row(whole, who_is)?;
        let none = BTreeSet::new();
        let of = |id: &Uuid| whole.sources.entries.get(id).unwrap_or(&none);
        for row in &whole.view.members {
            self.members.row(&member(row, whole.place(), sources(of(&row.id), who_is)?))?;
        }
        for row in &whole.view.visits {
            self.visits.row(&visit(row, whole.place(), sources(of(&row.id), who_is)?))?;
        }
        for row in &whole.view.needs {
            self.needs.row(&need(row, whole.place(), sources(of(&row.id), who_is)?))?;
        }
        self.conflict_rows(whole, who_is)
    }

    fn household_row(&mut self, whole: &Whole<'_>, who_is: &mut WhoIs<'_>) -> Result<(), HqError> {
        let (view, row) = (whole.view, &whole.view.household);
        let last_visit = view.visits.iter().filter(|visit| visit.withdrawn != Some(true));
        let last_visit = last_visit.filter_map(|visit| visit.at).max();
        let languages: Vec<&str> = row.languages.iter().map(|language| language.as_str()).collect();
        let mut cells = whole.place();
        cells.extend([
            Cell::text(row.douar.clone()),
            Cell::text(row.status.clone()),
            row.gps.map_or(Cell::Empty, |gps| Cell::Degrees(gps.lat_e5)),
            row.gps.map_or(Cell::Empty, |gps| Cell::Degrees(gps.lon_e5)),
            Cell::number(row.gps.and_then(|gps| gps.accuracy_m)),
            Cell::text(row.phone.as_ref().map(|phone| phone.as_str())),
            Cell::text(row.water.clone()),
            Cell::text(row.dwelling.clone()),
            Cell::flag(row.electricity),
            Cell::number(row.road_km_tenths),
            reference(row.head.as_ref()),
            Cell::text((!languages.is_empty()).then(|| languages.join(";"))),
            Cell::text(row.note.clone()),
            Cell::flag(row.withdrawn),
            count(view.members.len()),
            count(view.visits.len()),
            count(view.needs.len()),
            Cell::text(last_visit.map(|at| at.to_string())),
            Cell::Number(i64::from(view.conflicts)),
        ]);
        cells.extend(sources(&whole.sources.household, who_is)?);
        self.households.row(&cells)
    }

    fn conflict_rows(&mut self, whole: &Whole<'_>, who_is: &mut WhoIs<'_>) -> Result<(), HqError> {
        for (number, conflict) in (1..).zip(whole.conflicts) {
            for side in &conflict.sides {
                let writer = who_is(&side.actor)?;
                let mut cells = whole.place();
                cells.extend([
                    Cell::Number(number),
                    Cell::Text(conflict.path.to_string()),
                    Cell::Text(conflict.words.clone()),
                    Cell::Text(side.text.clone()),
                    Cell::Flag(side.winner),
                    Cell::number(writer.and_then(|writer| writer.serial)),
                    Cell::text(writer.map(|writer| writer.device.to_hex())),
                    Cell::Text(side.change.to_hex()),
                ]);
                self.conflicts.row(&cells)?;
            }
        }
        Ok(())
    }
}

impl Whole<'_> {
    /// The first four columns of every table.
    fn place(&self) -> Vec<Cell> {
        let commune = self.view.household.commune.as_ref();
        vec![
            Cell::Text(self.feed.to_string()),
            Cell::text(commune.map(|commune| commune.as_str())),
            Cell::Text(COMMUNE_VINTAGE.into()),
            id(&self.view.household.id),
        ]
    }
}

fn member(row: &MemberRow, mut cells: Vec<Cell>, sources: [Cell; 2]) -> Vec<Cell> {
    cells.extend([
        id(&row.id),
        Cell::text(row.name_ar.clone()),
        Cell::text(row.name_latin.clone()),
        Cell::text(row.sex.clone()),
        Cell::text(row.birth.as_ref().map(|birth| birth.as_str())),
        Cell::text(row.relation.clone()),
        Cell::text(row.marital.clone()),
        Cell::text(row.schooling.clone()),
        Cell::flag(row.disability),
        Cell::text(row.note.clone()),
        Cell::flag(row.withdrawn),
        Cell::Number(i64::from(row.conflicts)),
    ]);
    cells.extend(sources);
    cells
}

fn visit(row: &VisitRow, mut cells: Vec<Cell>, sources: [Cell; 2]) -> Vec<Cell> {
    cells.extend([
        id(&row.id),
        Cell::text(row.at.map(|at| at.to_string())),
        Cell::text(row.time_source.clone()),
        Cell::number(row.error_s),
        Cell::number(row.offset_min),
        Cell::text(row.agent.clone()),
        Cell::text(row.kind.clone()),
        Cell::text(row.respondent.clone()),
        Cell::text(row.consent.clone()),
        Cell::text(row.note.clone()),
        Cell::flag(row.withdrawn),
        Cell::Number(i64::from(row.conflicts)),
    ]);
    cells.extend(sources);
    cells
}

fn need(row: &NeedRow, mut cells: Vec<Cell>, sources: [Cell; 2]) -> Vec<Cell> {
    cells.extend([
        id(&row.id),
        Cell::text(row.category.clone()),
        Cell::text(row.urgency.clone()),
        Cell::text(row.text.clone()),
        Cell::text(row.status.clone()),
        reference(row.visit.as_ref()),
        Cell::Number(i64::from(row.conflicts)),
    ]);
    cells.extend(sources);
    cells
}

fn id(id: &Uuid) -> Cell {
    Cell::Text(id.to_string())
}

fn reference(reference: Option<&Reference>) -> Cell {
    match reference {
        Some(Reference::Id(named)) => id(named),
        _ => Cell::Empty,
    }
}

fn count(items: usize) -> Cell {
    Cell::Number(i64::try_from(items).unwrap_or(i64::MAX))
}

/// Serials and devices of everybody whose answers stand in a record.
fn sources(actors: &BTreeSet<ActorId>, who_is: &mut WhoIs<'_>) -> Result<[Cell; 2], HqError> {
    let mut writers = BTreeSet::new();
    for actor in actors {
        writers.extend(who_is(actor)?);
    }
    let serials: BTreeSet<u32> = writers.iter().filter_map(|writer| writer.serial).collect();
    let serials: Vec<String> = serials.iter().map(u32::to_string).collect();
    let devices: Vec<String> = writers.iter().map(|writer| writer.device.to_hex()).collect();
    let listed = |list: Vec<String>| Cell::text((!list.is_empty()).then(|| list.join(";")));
    Ok([listed(serials), listed(devices)])
}
