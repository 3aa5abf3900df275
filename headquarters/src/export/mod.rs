//! Export: flat tables, as CSV for spreadsheets and as Parquet for programs, a description of their columns, and a
//! manifest that says what is in them and what is missing.
//!
//! The same cut gives the same bytes. A reader never sees half an export: files are written beside the old
//! ones and take their place when they are whole and durable.

mod cell;
mod column;
mod file;
mod manifest;
mod package;
mod parquet_file;
mod place;
mod rows;
mod table;
mod tables;

use std::collections::BTreeMap;
use std::path::Path;

use khettara_core::id::{ActorId, DocumentId, Feed};
use khettara_core::limits::LIST_PAGE_ROWS_MAX;
use khettara_core::store::Store;
use khettara_core::sync::Engine;
use khettara_records::model::records_schema;
use khettara_records::projection::{Conflict, HouseholdView};
use khettara_records::replica::{Families, ListRow, Replica};

use crate::error::HqError;
use crate::office::{Headquarters, feeds_of};
use place::Landing;
use rows::{Whole, Writer};
use tables::Tables;

pub use cell::{Cell, as_entered, harmless};
pub use column::{Column, ColumnKind, ForeignKey, Limits, TableDescription, tables};
pub use file::FileRow;
pub(crate) use manifest::not_merged;
pub use manifest::{Cut, Devices, FORMAT, FeedCut, Holds, Manifest, NotMerged, OrganisationName};
pub use rows::COMMUNE_VINTAGE;
pub use table::read_table;

impl Headquarters {
    /// Writes everything that is merged as tables into the folder `to`, replacing an export that is there.
    ///
    /// # Errors
    /// [`HqError::NotAnExport`] where the folder holds other files; the disk's. Then the old export stays.
    pub fn export(&mut self, to: &Path) -> Result<Manifest, HqError> {
        self.export_as(to, false)
    }

    /// As [`Headquarters::export`], with what few may read.
    ///
    /// # Errors
    /// Likewise.
    pub fn export_with_sensitive(&mut self, to: &Path) -> Result<Manifest, HqError> {
        self.export_as(to, true)
    }

    fn export_as(&mut self, to: &Path, sensitive: bool) -> Result<Manifest, HqError> {
        let landing = Landing::prepare(to)?;
        let name = OrganisationName { name: self.file.organisation.clone(), org: self.file.org.to_hex() };
        let generated_at_ms = self.clock.wall_ms();
        let (replica, shared) = (&mut self.replica, &self.shared);
        let manifest = shared.with(|engine, store| -> Result<Manifest, HqError> {
            let feeds = feeds_of(engine);
            let mut tables = Tables::begin(landing.folder(), sensitive)?;
            let families = replica.families(store, &feeds)?;
            let mut between: Between = BTreeMap::new();
            for split in replica.split_members(store, &feeds, &families)? {
                between.entry(split.conflict.document).or_default().push(split.conflict);
            }
            let mut left_out = 0;
            for feed in &feeds {
                let of_all = (feed, &families, &between, sensitive);
                left_out += write_feed(replica, (engine, store), of_all, &mut tables)?;
            }
            let mut files = tables.finish()?;
            let cut = manifest::cut(engine, store)?;
            files.extend(write_descriptions(landing.folder(), &name.name, &cut, &files)?);
            let rows = |name: &str| files.iter().find(|file| file.name == name).map_or(0, |file| file.rows);
            let holds = Holds { households: rows("households.csv"), visits: rows("visits.csv") };
            Ok(Manifest {
                format: FORMAT,
                organisation: name,
                cut,
                files,
                holds,
                not_merged: not_merged(replica, store, &feeds)?,
                sensitive_left_out: left_out,
                devices: manifest::count_devices(engine, store)?,
                generated_at_ms,
            })
        })?;
        file::write_json(landing.folder(), place::MANIFEST, &manifest)?;
        landing.land()?;
        Ok(manifest)
    }
}

/// Conflicts between documents, by the document that they are told with: each once.
type Between = BTreeMap<DocumentId, Vec<Conflict>>;

/// The JSON Schema of records, as a file of a dataset.
const SCHEMA: &str = "records.schema.json";

/// Writes what describes the tables and the records they come from.
fn write_descriptions(
    folder: &Path,
    organisation: &str,
    cut: &Cut,
    files: &[FileRow],
) -> Result<[FileRow; 2], HqError> {
    let package = package::package(organisation, &cut.digest, files);
    let package = file::write_json(folder, package::PACKAGE, &package)?;
    Ok([package, file::write_json(folder, SCHEMA, &records_schema())?])
}

/// Writes a feed's documents, one after the other: households by id, then what else there is. Gives how many were left
/// out because few may read them.
fn write_feed(
    replica: &mut Replica,
    (engine, store): (&Engine, &dyn Store),
    (feed, families, between, sensitive): (&Feed, &Families, &Between, bool),
    tables: &mut Tables,
) -> Result<u64, HqError> {
    let mut known: BTreeMap<ActorId, Option<Writer>> = BTreeMap::new();
    let mut after: Option<DocumentId> = None;
    loop {
        let page = replica.rows(store, feed, after, LIST_PAGE_ROWS_MAX)?;
        for row in &page {
            write_document(replica, (engine, store), (feed, families, between, row), tables, &mut known)?;
        }
        match page.last() {
            Some(row) => after = Some(row.document),
            None => break,
        }
    }
    let mut left_out = 0;
    for row in &replica.register(store, feed)? {
        if row.is_sensitive() && !sensitive {
            left_out += 1;
            continue;
        }
        write_document(replica, (engine, store), (feed, families, between, row), tables, &mut known)?;
    }
    Ok(left_out)
}

/// The family's record that a referral or a protection case names.
fn referred(view: &HouseholdView) -> Option<DocumentId> {
    let event = view.records.iter().find(|record| record.kind.is_event())?;
    let household = uuid::Uuid::parse_str(event.text("household")?).ok()?;
    Some(DocumentId(*household.as_bytes()))
}

fn write_document(
    replica: &mut Replica,
    (engine, store): (&Engine, &dyn Store),
    (feed, families, between, row): (&Feed, &Families, &Between, &ListRow),
    tables: &mut Tables,
    known: &mut BTreeMap<ActorId, Option<Writer>>,
) -> Result<(), HqError> {
    let id = &row.document;
    let Some(view) = replica.household(store, feed, id)? else { return Ok(()) };
    let mut conflicts = if row.conflicts > 0 { replica.conflicts(store, feed, id)? } else { Vec::new() };
    conflicts.extend(between.get(id).into_iter().flatten().cloned());
    let sources = replica.sources(store, feed, id)?.unwrap_or_default();
    let family = families.family_of(&referred(&view).unwrap_or(*id));
    let whole = Whole { feed, view: &view, conflicts: &conflicts, family, sources: &sources };
    let replica = &*replica;
    tables.household(&whole, &mut |actor, elsewhere| {
        if let Some(writer) = known.get(actor) {
            return Ok(*writer);
        }
        let author = replica.author(store, elsewhere.unwrap_or(feed), actor)?;
        let writer = author.map(|author| Writer {
            serial: engine.roster().serial_of(&author.device),
            device: author.device,
        });
        known.insert(*actor, writer);
        Ok(writer)
    })
}
