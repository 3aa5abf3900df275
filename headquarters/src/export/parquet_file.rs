//! Export: one Parquet file. Its rows wait in columns until a row group is full, so memory does not grow with the
//! dataset; where a group ends depends on the rows alone, so equal rows give equal bytes.

use std::path::Path;
use std::sync::Arc;

use khettara_core::limits::{EXPORT_GROUP_ROWS_MAX, EXPORT_GROUP_TEXT_BYTES_MAX};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::cell::Cell;
use super::column::{Column, ColumnKind, TableDescription};
use super::file::{Counted, FileRow};
use super::manifest::FORMAT;
use crate::error::HqError;

/// zstd's level: its own default.
const ZSTD_LEVEL: i32 = 3;
/// An instant counts milliseconds: no reader lacks them, and to the year 2199 they fit everywhere.
const MS_PER_SECOND: i64 = 1_000;
/// Cells count degrees in 1e-5.
const E5_PER_DEGREE: f64 = 100_000.0;

/// A Parquet file being written.
pub(super) struct ParquetFile {
    name: String,
    writer: SerializedFileWriter<Counted>,
    columns: Vec<Waiting>,
    rows: u64,
    rows_waiting: usize,
    text_bytes_waiting: usize,
}

impl ParquetFile {
    /// Begins the table's file in `folder`.
    pub(super) fn begin(folder: &Path, table: &TableDescription) -> Result<Self, HqError> {
        let name = format!("{}.parquet", table.name);
        let counted = Counted::create(folder, &name)?;
        let writer = SerializedFileWriter::new(counted, schema(table)?, properties(table)?)?;
        let columns = table.columns.iter().map(Waiting::empty).collect();
        Ok(Self { name, writer, columns, rows: 0, rows_waiting: 0, text_bytes_waiting: 0 })
    }

    /// Writes one row: as many cells as there are columns, each of its column's kind.
    pub(super) fn row(&mut self, cells: &[Cell]) -> Result<(), HqError> {
        if cells.len() != self.columns.len() {
            return Err(HqError::Encode);
        }
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.text_bytes_waiting += column.push(cell)?;
        }
        self.rows += 1;
        self.rows_waiting += 1;
        let is_full = self.rows_waiting >= EXPORT_GROUP_ROWS_MAX
            || self.text_bytes_waiting >= EXPORT_GROUP_TEXT_BYTES_MAX;
        if is_full { self.write_group() } else { Ok(()) }
    }

    /// Makes the file durable and tells what is in it.
    pub(super) fn finish(mut self) -> Result<FileRow, HqError> {
        if self.rows_waiting > 0 {
            self.write_group()?;
        }
        self.writer.finish()?;
        self.writer.inner_mut().finish(self.name, self.rows)
    }

    fn write_group(&mut self) -> Result<(), HqError> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let mut writer = group.next_column()?.ok_or(HqError::Encode)?;
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        (self.rows_waiting, self.text_bytes_waiting) = (0, 0);
        Ok(())
    }
}

/// The cells of one column that wait for their row group.
struct Waiting {
    values: Values,
    /// For each row 1 where it has a value; none where every row has one.
    present: Option<Vec<i16>>,
}

enum Values {
    /// One text after the other, and where each begins and ends: one that comes again at once is kept once.
    Texts(Vec<u8>, Vec<(usize, usize)>),
    Numbers(Vec<i64>),
    Flags(Vec<bool>),
    Times(Vec<i64>),
    Degrees(Vec<f64>),
}

impl Waiting {
    fn empty(column: &Column) -> Self {
        let values = match column.kind {
            ColumnKind::Text => Values::Texts(Vec::new(), Vec::new()),
            ColumnKind::Whole => Values::Numbers(Vec::new()),
            ColumnKind::Flag => Values::Flags(Vec::new()),
            ColumnKind::Time => Values::Times(Vec::new()),
            ColumnKind::Degrees => Values::Degrees(Vec::new()),
        };
        Self { values, present: (!column.always).then(Vec::new) }
    }

    /// Takes a cell, and tells how many bytes of text it holds.
    fn push(&mut self, cell: &Cell) -> Result<usize, HqError> {
        let mut text_bytes = 0;
        match (&mut self.values, cell) {
            (_, Cell::Empty) => {}
            (Values::Texts(bytes, places), Cell::Text(text)) => {
                let last =
                    places.last().copied().filter(|(start, end)| bytes[*start..*end] == *text.as_bytes());
                if last.is_none() {
                    bytes.extend_from_slice(text.as_bytes());
                    text_bytes = text.len();
                }
                places.push(last.unwrap_or((bytes.len() - text.len(), bytes.len())));
            }
            (Values::Numbers(values), Cell::Number(number)) => values.push(*number),
            (Values::Flags(values), Cell::Flag(flag)) => values.push(*flag),
            (Values::Times(values), Cell::Time(at)) => values.push(at.seconds() * MS_PER_SECOND),
            (Values::Degrees(values), Cell::Degrees(e5)) => values.push(f64::from(*e5) / E5_PER_DEGREE),
            _ => return Err(HqError::Encode),
        }
        match &mut self.present {
            Some(present) => present.push(i16::from(*cell != Cell::Empty)),
            None if *cell == Cell::Empty => return Err(HqError::Encode),
            None => {}
        }
        Ok(text_bytes)
    }

    /// Writes what waits as one column chunk; then nothing waits.
    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), HqError> {
        let present = self.present.as_deref();
        match &mut self.values {
            Values::Texts(bytes, places) => {
                let whole = ByteArray::from(std::mem::take(bytes));
                let texts = places.iter().map(|(start, end)| whole.slice(*start, end - start));
                write::<ByteArrayType>(writer, &texts.collect::<Vec<_>>(), present)?;
                places.clear();
            }
            Values::Numbers(values) | Values::Times(values) => {
                write::<Int64Type>(writer, values, present)?;
                values.clear();
            }
            Values::Flags(values) => {
                write::<BoolType>(writer, values, present)?;
                values.clear();
            }
            Values::Degrees(values) => {
                write::<DoubleType>(writer, values, present)?;
                values.clear();
            }
        }
        self.present.iter_mut().for_each(Vec::clear);
        Ok(())
    }
}

fn write<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), HqError> {
    writer.typed::<T>().write_batch(values, present, None)?;
    Ok(())
}

fn schema(table: &TableDescription) -> Result<TypePtr, HqError> {
    let fields = table.columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder(table.name).with_fields(fields).build()?))
}

fn field(column: &Column) -> Result<Type, HqError> {
    let (physical, logical) = match column.kind {
        ColumnKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Whole => (Physical::INT64, None),
        ColumnKind::Flag => (Physical::BOOLEAN, None),
        ColumnKind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        ColumnKind::Degrees => (Physical::DOUBLE, None),
    };
    let repetition = if column.always { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    let builder = Type::primitive_type_builder(&column.name, physical);
    Ok(builder.with_repetition(repetition).with_logical_type(logical).build()?)
}

/// Nothing in them varies from one export to the next: no time, no machine. The name of the writer has the form
/// that readers take apart to know of old writers' mistakes.
fn properties(table: &TableDescription) -> Result<WriterPropertiesPtr, HqError> {
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("khettara version {FORMAT}"))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(None)
        .set_dictionary_enabled(false);
    for column in table.columns.iter().filter(|column| column.repeats) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.name.as_str()), true);
    }
    Ok(Arc::new(properties.build()))
}

impl From<ParquetError> for HqError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(error) => error.downcast().map_or(Self::Encode, |error| Self::Io(*error)),
            _ => Self::Encode,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::column::two_columns;

    const GOLDEN: &str = "08f1b70dc23df310690ed581f156fe8f77f838c54f01f468a4989ab840501ef2";

    fn written(folder: &Path, rows: usize) -> FileRow {
        let mut file = ParquetFile::begin(folder, &two_columns()).expect("begins");
        for row in 0..rows {
            let name = if row % 3 == 0 { Cell::Empty } else { Cell::Text(format!("ⵣ {}", row % 7)) };
            let e5 = i32::try_from(row).expect("few") - 442_617;
            file.row(&[name, Cell::Degrees(e5)]).expect("writes");
        }
        file.finish().expect("ends")
    }

    /// Where the bytes of a table change for the same rows, as they may with another version of a crate, the
    /// format of datasets has another number: rule 12.
    #[test]
    fn the_bytes_of_a_table_are_those_of_this_format() {
        let folder = tempfile::tempdir().expect("the disk works");
        let said = written(folder.path(), 1_000);
        assert_eq!(FORMAT, 2);
        assert_eq!(said.sha256, GOLDEN, "raise FORMAT with new bytes, and say so in docs/DATASETS.md");
        assert_eq!(said.bytes, std::fs::metadata(folder.path().join("t.parquet")).expect("is there").len());
        assert_eq!((said.name.as_str(), said.rows), ("t.parquet", 1_000));
    }

    #[test]
    fn a_group_of_rows_ends_at_its_limits_and_rows_of_another_shape_are_refused() {
        let folder = tempfile::tempdir().expect("the disk works");
        let mut file = ParquetFile::begin(folder.path(), &two_columns()).expect("begins");
        let note = |row: usize| Cell::Text(["x", "y"][row % 2].repeat(1 << 20));
        for row in 0..EXPORT_GROUP_TEXT_BYTES_MAX / (1 << 20) {
            assert_eq!(file.writer.flushed_row_groups().len(), 0);
            if row > 0 {
                file.row(&[note(row - 1), Cell::Degrees(0)]).expect("keeps the same text once");
            }
            file.row(&[note(row), Cell::Degrees(0)]).expect("writes");
        }
        assert_eq!((file.writer.flushed_row_groups().len(), file.rows_waiting), (1, 0));
        for _ in 0..EXPORT_GROUP_ROWS_MAX {
            file.row(&[Cell::Empty, Cell::Degrees(1)]).expect("writes");
        }
        assert_eq!((file.writer.flushed_row_groups().len(), file.rows_waiting), (2, 0));
        for cells in [&[Cell::Empty][..], &[Cell::Number(1), Cell::Degrees(1)], &[Cell::Empty, Cell::Empty]] {
            assert!(matches!(file.row(cells), Err(HqError::Encode)), "{cells:?}");
        }
    }
}
