//! Export: the tables being written, each as CSV and as Parquet. One household at a time, in the order of feeds
//! and ids.

use std::path::Path;

use khettara_records::model::RecordKind;

use super::cell::Cell;
use super::column::{CONFLICTS, TableDescription, table_of, tables};
use super::file::FileRow;
use super::parquet_file::ParquetFile;
use super::rows::{WhoIs, Whole};
use super::table::Table;
use crate::error::HqError;

/// All tables.
pub(super) struct Tables(Vec<Pair>);

/// One table in both forms.
struct Pair {
    description: TableDescription,
    csv: Table,
    parquet: ParquetFile,
}

impl Tables {
    pub(super) fn begin(folder: &Path, sensitive: bool) -> Result<Self, HqError> {
        let wanted = tables().into_iter().filter(|table| sensitive || !table.sensitive);
        let begun = wanted.map(|description| {
            let csv = Table::begin(folder, &description)?;
            let parquet = ParquetFile::begin(folder, &description)?;
            Ok(Pair { description, csv, parquet })
        });
        begun.collect::<Result<_, HqError>>().map(Self)
    }

    /// Every file: first the CSV, then the Parquet of each table.
    pub(super) fn finish(self) -> Result<Vec<FileRow>, HqError> {
        let (mut csv, mut parquet) = (Vec::new(), Vec::new());
        for pair in self.0 {
            csv.push(pair.csv.finish()?);
            parquet.push(pair.parquet.finish()?);
        }
        csv.extend(parquet);
        Ok(csv)
    }

    /// Writes every row of one household.
    pub(super) fn household(&mut self, whole: &Whole<'_>, who_is: &mut WhoIs<'_>) -> Result<(), HqError> {
        let view = serde_json::to_value(whole.view)?;
        let kinds = RecordKind::ALL.iter().copied();
        for kind in kinds.filter(|kind| *kind == whole.view.about || !kind.is_sensitive()) {
            let pair = self.pair(table_of(kind))?;
            let rows = whole.record_rows(kind, &view, &pair.description.columns, who_is)?;
            pair.write(&rows)?;
        }
        let pair = self.pair(CONFLICTS)?;
        let rows = whole.conflict_rows(&pair.description.columns, who_is)?;
        pair.write(&rows)
    }

    fn pair(&mut self, name: &str) -> Result<&mut Pair, HqError> {
        self.0.iter_mut().find(|pair| pair.description.name == name).ok_or(HqError::Encode)
    }
}

impl Pair {
    fn write(&mut self, rows: &[Vec<Cell>]) -> Result<(), HqError> {
        for row in rows {
            self.csv.row(row)?;
            self.parquet.row(row)?;
        }
        Ok(())
    }
}
