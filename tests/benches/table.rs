//! Tables of at most a hundred columns, and the targets that a run is held against.

/// A table that is printed when it is complete.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads; the first column is for words, the others are for numbers.
    pub(crate) fn new<const N: usize>(heads: [&str; N]) -> Self {
        Self { rows: vec![heads.map(str::to_owned).to_vec()] }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Prints it.
    pub(crate) fn print(&self) {
        let columns = self.rows[0].len();
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = format!("  {:<first$}", row[0], first = widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                line.push_str(&format!("  {cell:>width$}"));
            }
            println!("{}", line.trim_end());
            if number == 0 {
                println!("  {}", "-".repeat(widths.iter().sum::<usize>() + 2 * (columns - 1)));
            }
        }
        println!();
    }
}

/// Something that was promised.
pub(crate) struct Target {
    /// What, with its unit.
    pub(crate) what: String,
    /// As measured.
    pub(crate) measured: f64,
    /// At most this.
    pub(crate) at_most: f64,
}

impl Target {
    /// A target.
    pub(crate) fn new(what: impl Into<String>, measured: f64, at_most: f64) -> Self {
        Self { what: what.into(), measured, at_most }
    }

    /// Whether it is met.
    pub(crate) fn is_met(&self) -> bool {
        self.measured <= self.at_most
    }
}

/// A number with one decimal.
pub(crate) fn one(number: f64) -> String {
    format!("{number:.1}")
}

/// The middle of several measurements.
pub(crate) fn median(mut measurements: Vec<f64>) -> f64 {
    measurements.sort_by(f64::total_cmp);
    measurements[measurements.len() / 2]
}
