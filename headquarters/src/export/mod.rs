//! Export: flat tables for spreadsheets, and a manifest that says what is in them and what is missing.
//!
//! The same cut gives the same bytes. A reader never sees half an export: files are written beside the old
//! ones and take their place when they are whole and durable.

mod cell;
mod manifest;
mod place;
mod table;
mod tables;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use khettara_core::id::{ActorId, DocumentId, Feed};
use khettara_core::limits::LIST_PAGE_ROWS_MAX;
use khettara_core::store::Store;
use khettara_core::sync::Engine;
use khettara_records::replica::Replica;

use crate::error::HqError;
use crate::office::{Headquarters, feeds_of};
use place::Landing;
use tables::{Tables, Whole, Writer};

pub use cell::{Cell, as_entered, harmless};
pub(crate) use manifest::not_merged;
pub use manifest::{Cut, Devices, FORMAT, FeedCut, Holds, Manifest, NotMerged, OrganisationName};
pub use table::{FileRow, read_table};
pub use tables::COMMUNE_VINTAGE;

impl Headquarters {
    /// Writes everything that is merged as tables into the folder `to`, replacing an export that is there.
    ///
    /// # Errors
    /// [`HqError::NotAnExport`] where the folder holds other files; the disk's. Then the old export stays.
    pub fn export(&mut self, to: &Path) -> Result<Manifest, HqError> {
        let landing = Landing::prepare(to)?;
        let name = OrganisationName { name: self.file.organisation.clone(), org: self.file.org.to_hex() };
        let generated_at_ms = self.clock.wall_ms();
        let (replica, shared) = (&mut self.replica, &self.shared);
        let manifest = shared.with(|engine, store| -> Result<Manifest, HqError> {
            let feeds = feeds_of(engine);
            let mut tables = Tables::begin(landing.folder())?;
            for feed in &feeds {
                write_feed(replica, (engine, store), feed, &mut tables)?;
            }
            let files = tables.finish()?;
            let rows = |name: &str| files.iter().find(|file| file.name == name).map_or(0, |file| file.rows);
            let holds = Holds { households: rows("households.csv"), visits: rows("visits.csv") };
            Ok(Manifest {
                format: FORMAT,
                organisation: name,
                cut: manifest::cut(engine, store)?,
                files,
                holds,
                not_merged: not_merged(replica, store, &feeds)?,
                devices: manifest::count_devices(engine, store)?,
                generated_at_ms,
            })
        })?;
        let mut file = File::create(landing.folder().join(place::MANIFEST))?;
        serde_json::to_writer_pretty(&mut file, &manifest)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        landing.land()?;
        Ok(manifest)
    }
}

/// Writes a feed's households, one after the other, by id.
fn write_feed(
    replica: &mut Replica,
    (engine, store): (&Engine, &dyn Store),
    feed: &Feed,
    tables: &mut Tables,
) -> Result<(), HqError> {
    let mut known: BTreeMap<ActorId, Option<Writer>> = BTreeMap::new();
    let mut after: Option<DocumentId> = None;
    loop {
        let page = replica.rows(store, feed, after, LIST_PAGE_ROWS_MAX)?;
        for row in &page {
            let id = &row.document;
            let Some(view) = replica.household(store, feed, id)? else { continue };
            let conflicts = if row.conflicts > 0 { replica.conflicts(store, feed, id)? } else { Vec::new() };
            let sources = replica.sources(store, feed, id)?.unwrap_or_default();
            let whole = Whole { feed, view: &view, conflicts: &conflicts, sources: &sources };
            let replica = &*replica;
            tables.household(&whole, &mut |actor| {
                if let Some(writer) = known.get(actor) {
                    return Ok(*writer);
                }
                let author = replica.author(store, feed, actor)?;
                let writer = author.map(|author| Writer {
                    serial: engine.roster().serial_of(&author.device),
                    device: author.device,
                });
                known.insert(*actor, writer);
                Ok(writer)
            })?;
        }
        match page.last() {
            Some(row) => after = Some(row.document),
            None => return Ok(()),
        }
    }
}
