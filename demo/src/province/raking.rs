//! Tables that keep their margins: iterative proportional fitting, capped scaling, household sizes.
//!
//! Only sums, products and quotients are used, so that every machine computes the same bits.

/// Rounds of fitting: margins are then right far below the noise of any sample.
const ROUNDS: usize = 80;

/// Largest household made; the tail beyond it is below one household in ten thousand.
pub(super) const SIZE_MAX: usize = 24;

/// Dispersion of the negative binomial: a variance of household sizes near the observed 5 at a mean of 4.7.
const DISPERSION: u32 = 8;

/// Scales `table` until its row sums are `rows` and its column sums are `columns` (scaled to the same total).
///
/// Zeros stay zeros; a table whose zeros contradict the margins ends as near as it can, with the columns right.
pub(super) fn rake(table: &mut [Vec<f64>], rows: &[f64], columns: &[f64]) {
    let total: f64 = rows.iter().sum();
    let given: f64 = columns.iter().sum();
    let scale = if given > 0.0 { total / given } else { 0.0 };
    for _ in 0..ROUNDS {
        for (row, wanted) in table.iter_mut().zip(rows) {
            let sum: f64 = row.iter().sum();
            if sum > 0.0 {
                row.iter_mut().for_each(|cell| *cell *= wanted / sum);
            }
        }
        for (column, wanted) in columns.iter().enumerate() {
            let sum: f64 = table.iter().map(|row| row[column]).sum();
            if sum > 0.0 {
                table.iter_mut().for_each(|row| row[column] *= wanted * scale / sum);
            }
        }
    }
}

/// `capacity × rate`, scaled together to `total`, none above `ceiling` of its capacity.
pub(super) fn share_out(capacity: &[f64], rates: &[f64], ceiling: f64, total: f64) -> Vec<f64> {
    let mut shares: Vec<f64> = capacity.iter().zip(rates).map(|(room, rate)| room * rate).collect();
    for _ in 0..ROUNDS {
        let sum: f64 = shares.iter().sum();
        let scale = if sum > 0.0 { total / sum } else { 0.0 };
        for (share, room) in shares.iter_mut().zip(capacity) {
            *share = (*share * scale).min(room * ceiling);
        }
    }
    shares
}

/// Shares of household sizes 1, 2, … : one plus a negative binomial whose mean is `mean - 1`.
pub(super) fn sizes(mean: f64) -> Vec<f64> {
    let dispersion = f64::from(DISPERSION);
    let others = (mean - 1.0).max(0.0);
    let stop = dispersion / (dispersion + others);
    let mut share = (0..DISPERSION).fold(1.0, |product, _| product * stop);
    let mut shares = Vec::with_capacity(SIZE_MAX);
    for more in 0..SIZE_MAX {
        shares.push(share);
        share *= (more as f64 + dispersion) / (more as f64 + 1.0) * (1.0 - stop);
    }
    shares
}

/// Weights made ready for drawing: running sums up to 1.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    running: Vec<f64>,
}

impl Draw {
    /// From weights of any total; all zero weights always draw the first.
    pub(super) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let running = weights
            .iter()
            .map(|weight| {
                sum += weight;
                if total > 0.0 { sum / total } else { 1.0 }
            })
            .collect();
        Self { running }
    }

    /// The place of `unit` (in `[0, 1)`) among the weights.
    pub(super) fn at(&self, unit: f64) -> usize {
        self.running.partition_point(|sum| *sum <= unit).min(self.running.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn raking_keeps_both_margins() {
        let mut table = vec![vec![1.0, 2.0, 0.5], vec![3.0, 0.2, 1.0]];
        rake(&mut table, &[6.0, 4.0], &[2.0, 3.0, 5.0]);
        assert!(near(table[0].iter().sum(), 6.0) && near(table[1].iter().sum(), 4.0));
        assert!(near(table[0][2] + table[1][2], 5.0));
    }

    #[test]
    fn sharing_out_respects_the_room_there_is() {
        let shares = share_out(&[1.0, 10.0], &[0.9, 0.1], 0.95, 3.0);
        assert!(near(shares.iter().sum(), 3.0));
        assert!(shares[0] <= 0.95);
    }

    #[test]
    fn sizes_have_the_mean_of_the_commune() {
        for mean in [4.1, 4.7, 5.9] {
            let shares = sizes(mean);
            let total: f64 = shares.iter().sum();
            let got: f64 = shares.iter().enumerate().map(|(more, share)| (more as f64 + 1.0) * share).sum();
            assert!((total - 1.0).abs() < 1e-4 && (got - mean).abs() < 1e-2, "{mean}: {total} {got}");
        }
    }

    #[test]
    fn drawing_follows_the_weights() {
        let draw = Draw::new(&[1.0, 0.0, 3.0]);
        assert_eq!([draw.at(0.0), draw.at(0.2499), draw.at(0.25), draw.at(0.999)], [0, 0, 2, 2]);
    }
}
