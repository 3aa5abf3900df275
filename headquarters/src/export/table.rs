//! Export: one CSV file. UTF-8 with BOM, CRLF, RFC 4180, a header row; its rows, bytes and digest are counted.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::cell::{Cell, as_entered};
use super::column::TableDescription;
use super::file::{Counted, FileRow};
use crate::error::HqError;

/// Tells a spreadsheet that the file is UTF-8: without it, Arabic is unreadable in Excel.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A table being written.
pub(super) struct Table {
    name: String,
    columns: usize,
    rows: u64,
    writer: Writer<Counted>,
}

impl Table {
    /// Begins the table's file in `folder` with its header row.
    pub(super) fn begin(folder: &Path, table: &TableDescription) -> Result<Self, HqError> {
        let name = format!("{}.csv", table.name);
        let mut counted = Counted::create(folder, &name)?;
        counted.write_all(BOM)?;
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(counted);
        writer.write_record(table.columns.iter().map(|column| &column.name))?;
        Ok(Self { name, columns: table.columns.len(), rows: 0, writer })
    }

    /// Writes one row: as many cells as there are columns.
    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<(), HqError> {
        if cells.len() != self.columns {
            return Err(HqError::Encode);
        }
        self.writer.write_record(cells.iter().map(Cell::written))?;
        self.rows += 1;
        Ok(())
    }

    /// Makes the file durable and tells what is in it.
    pub(super) fn finish(self) -> Result<FileRow, HqError> {
        let mut counted = self.writer.into_inner().map_err(|error| HqError::Io(error.into_error()))?;
        counted.finish(self.name, self.rows)
    }
}

/// Reads a table back: the header row and all others, every cell as it was before it was made harmless.
///
/// # Errors
/// [`HqError::Io`] or [`HqError::Encode`] where it is no such file.
pub fn read_table(path: &Path) -> Result<Vec<Vec<String>>, HqError> {
    let mut file = File::open(path)?;
    let mut bom = [0; 3];
    file.read_exact(&mut bom)?;
    if bom != BOM {
        return Err(HqError::Encode);
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let mut rows = Vec::new();
    for record in reader.records() {
        rows.push(record?.iter().map(|cell| as_entered(cell).to_string()).collect());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::export::column::two_columns;

    #[test]
    fn a_table_begins_with_a_bom_ends_lines_with_crlf_and_reads_back() {
        let folder = tempfile::tempdir().expect("the disk works");
        let mut table = Table::begin(folder.path(), &two_columns()).expect("begins");
        let hostile = ["=2+5", "-١٢", "a \"b\", c", "deux\nlignes", "'", "08.201.01.05", "  "];
        for text in hostile {
            table.row(&[Cell::Text(text.into()), Cell::Degrees(-442_617)]).expect("writes");
        }
        assert!(matches!(table.row(&[Cell::Empty]), Err(HqError::Encode)), "every row is whole");
        let said = table.finish().expect("ends");
        let path = folder.path().join("t.csv");
        let bytes = std::fs::read(&path).expect("reads");
        assert!(bytes.starts_with(b"\xef\xbb\xbfname,lon\r\n'=2+5,-4.42617\r\n"), "{bytes:?}");
        assert!(bytes.ends_with(b"\r\n"));
        assert_eq!((said.rows, said.bytes), (hostile.len() as u64, bytes.len() as u64));
        assert_eq!(said.sha256, HEXLOWER.encode(&Sha256::digest(&bytes)));
        let rows = read_table(&path).expect("reads back");
        let texts: Vec<&str> = rows[1..].iter().map(|row| row[0].as_str()).collect();
        assert_eq!(texts, hostile);
        assert!(rows[1..].iter().all(|row| row[1].parse::<f64>().is_ok()));
    }
}
