//! The people of a commune as chances: whom a household consists of so that the ages by sex come out as counted.
//!
//! Expected numbers per household are fixed in three steps: heads by age and sex; wives by age; everybody left.
//! Each step is a table raked to the census, so the sum over the three is the census, whatever the plausible
//! weights below say: they only shape who lives with whom.

use super::census::{BANDS, Commune, People};
use super::household::Sex;
use super::raking::{Draw, rake, share_out, sizes};

/// Cells of sex × age band, men first.
pub(super) const CELLS: usize = 2 * BANDS;

/// First band whose people are asked for their marital status (15-19).
pub(super) const ADULT_BAND: usize = 3;

/// No more than this share of a cell heads a household, or of the women left is a head's wife.
const CEILING: f64 = 0.95;

/// Relative chance of heading a household, by band.
const HEAD_RATE: [[f64; BANDS]; 2] = [
    [0., 0., 0., 0.004, 0.05, 0.22, 0.48, 0.68, 0.80, 0.87, 0.90, 0.91, 0.91, 0.90, 0.87, 0.78],
    [0., 0., 0., 0.001, 0.01, 0.02, 0.04, 0.06, 0.09, 0.12, 0.15, 0.20, 0.25, 0.30, 0.35, 0.33],
];

/// Chance that a man who heads a household of two or more lives with his wife.
const WIFE_AT_HOME: [f64; BANDS] =
    [0., 0., 0., 0.2, 0.4, 0.75, 0.87, 0.92, 0.94, 0.95, 0.95, 0.95, 0.94, 0.93, 0.90, 0.80];

/// Relative chance that a woman is a head's wife.
const WIFE_RATE: [f64; BANDS] =
    [0., 0., 0., 0.02, 0.22, 0.45, 0.62, 0.70, 0.73, 0.73, 0.70, 0.64, 0.56, 0.47, 0.36, 0.20];

/// Weight of a wife younger than her husband by -1, 0, … 5 bands; anything else weighs [`FAINT`] squared.
const WIFE_YOUNGER: [f64; 7] = [0.05, 0.35, 0.40, 0.20, 0.06, 0.015, 0.003];

/// Weight of what is possible and rare.
const FAINT: f64 = 0.002;

/// Weight of somebody younger than the head by -9 … 15 bands: parents, brothers and sisters, children, grandchildren.
const YOUNGER_THAN_HEAD: [f64; 25] = [
    0.10, 0.15, 0.20, 0.25, 0.25, 0.20, 0.05, 0.03, 0.04, 0.05, 0.04, 0.03, 0.05, 0.20, 0.70, 1.00, 1.00,
    0.80, 0.50, 0.30, 0.25, 0.30, 0.30, 0.30, 0.25,
];

/// Marital status of those not living as a couple that heads the household, ages 15-19 and on; relative.
const MARITAL_WEIGHT: [[[f64; 4]; BANDS - ADULT_BAND]; 2] = [
    [
        [99., 1., 0.05, 0.01],
        [92., 8., 0.3, 0.02],
        [62., 36., 1.5, 0.1],
        [35., 62., 2.5, 0.2],
        [18., 78., 3., 0.3],
        [10., 86., 3., 0.5],
        [6., 90., 3., 0.8],
        [4., 92., 2.5, 1.2],
        [3., 93., 2., 2.],
        [2.5, 92., 2., 3.5],
        [2., 91., 1.6, 5.],
        [2., 88., 1.5, 8.],
        [2., 80., 1.2, 16.],
    ],
    [
        [95., 5., 0.2, 0.02],
        [62., 36., 1.8, 0.1],
        [38., 57., 4., 0.3],
        [26., 67., 5., 0.8],
        [20., 72., 6., 1.6],
        [16., 72., 7., 4.],
        [13., 71., 7.5, 8.],
        [10., 69., 7., 13.],
        [8., 65., 6., 20.],
        [6., 58., 5.5, 29.],
        [5., 50., 4.5, 39.],
        [4., 40., 4., 51.],
        [3., 25., 3., 68.],
    ],
];

/// How much rarer a single man or woman is among heads without a spouse at home than among others of the same age.
const SINGLE_HEAD: [f64; 2] = [0.5, 0.08];

/// Level of schooling by age; relative.
const SCHOOLING_WEIGHT: [[f64; 6]; BANDS] = [
    [85., 15., 0., 0., 0., 0.],
    [4., 18., 78., 0., 0., 0.],
    [1., 0.2, 55., 44., 0., 0.],
    [2., 0.2, 12., 38., 42., 6.],
    [4., 0.3, 16., 22., 26., 32.],
    [6., 0.5, 20., 24., 22., 28.],
    [9., 1., 26., 24., 18., 22.],
    [13., 1., 30., 23., 15., 18.],
    [18., 1.5, 33., 20., 13., 14.],
    [24., 2., 33., 17., 12., 12.],
    [32., 2.5, 32., 13., 11., 10.],
    [40., 3., 28., 11., 9., 9.],
    [48., 4., 24., 9., 8., 7.],
    [57., 5., 20., 7., 6., 5.],
    [67., 5., 15., 5., 4., 4.],
    [80., 6., 8., 2., 2., 2.],
];

/// Disability by age; relative.
const DISABILITY_WEIGHT: [f64; BANDS] =
    [0.8, 1.0, 1.1, 1.3, 1.5, 1.6, 1.8, 2.1, 2.6, 3.3, 4.4, 6.0, 8.5, 12., 18., 32.];

/// The cell of a person.
pub(super) fn cell(sex: Sex, band: usize) -> usize {
    match sex {
        Sex::Male => band,
        Sex::Female => BANDS + band,
    }
}

/// The person of a cell.
pub(super) fn person(cell: usize) -> (Sex, usize) {
    if cell < BANDS { (Sex::Male, cell) } else { (Sex::Female, cell - BANDS) }
}

/// The chances of one commune.
#[derive(Clone, Debug)]
pub(super) struct Population {
    /// Household size minus one.
    pub(super) size: Draw,
    /// Cell of the head.
    pub(super) head: Draw,
    /// By band of a man who heads two or more: chance of a wife at home.
    pub(super) wife_rate: [f64; BANDS],
    /// By his band: her band.
    pub(super) wife: Vec<Draw>,
    /// By cell of the head: cell of anybody else.
    pub(super) other: Vec<Draw>,
    /// By cell, for heads without a wife or husband at home: marital status.
    pub(super) marital_heads: Vec<Draw>,
    /// By cell, for everybody who is neither head nor wife: marital status.
    pub(super) marital_others: Vec<Draw>,
    /// By cell: level of schooling.
    pub(super) schooling: Vec<Draw>,
    /// By cell: chance of a disability.
    pub(super) disability: Vec<f64>,
}

impl Population {
    /// Fits the chances to a commune's tables.
    pub(super) fn fit(commune: &Commune) -> Self {
        let size_shares = sizes(commune.mean_size());
        let mean: f64 = size_shares.iter().enumerate().map(|(more, share)| (more as f64 + 1.0) * share).sum();
        let people = people_per_household(commune, mean);
        let heads = share_out(&people, HEAD_RATE.as_flattened(), CEILING, 1.0);
        let husbands: Vec<f64> =
            (0..BANDS).map(|band| heads[band] * WIFE_AT_HOME[band] * (1.0 - size_shares[0])).collect();
        let women_left: Vec<f64> = (BANDS..CELLS).map(|cell| people[cell] - heads[cell]).collect();
        let wives = share_out(&women_left, &WIFE_RATE, CEILING, husbands.iter().sum());
        let nobody = [0.0; BANDS];
        let (men, women) = people.split_at(BANDS);
        let (men_heads, women_heads) = heads.split_at(BANDS);
        let marital = [
            marital_draws(&commune.men, Sex::Male, men, men_heads, &husbands, &nobody),
            marital_draws(&commune.women, Sex::Female, women, women_heads, &nobody, &wives),
        ];
        Self {
            size: Draw::new(&size_shares),
            head: Draw::new(&heads),
            wife_rate: WIFE_AT_HOME,
            wife: wife_draws(&husbands, &wives),
            other: other_draws(&people, &heads, &husbands, &wives, mean),
            marital_heads: marital.iter().flat_map(|(heads, _)| heads.clone()).collect(),
            marital_others: marital.iter().flat_map(|(_, others)| others.clone()).collect(),
            schooling: schooling_draws(commune, &people),
            disability: disability_rates(commune),
        }
    }
}

fn draws(table: &[Vec<f64>]) -> Vec<Draw> {
    table.iter().map(|row| Draw::new(row)).collect()
}

/// Expected people of each cell in one household.
fn people_per_household(commune: &Commune, mean_size: f64) -> Vec<f64> {
    let side = |sex: Sex, share: f64| {
        let ages = &commune.side(sex).ages_pct;
        let total: f64 = ages.iter().sum();
        ages.map(|pct| mean_size * share * pct / total)
    };
    let male = commune.male_pct / 100.0;
    [side(Sex::Male, male), side(Sex::Female, 1.0 - male)].concat()
}

fn wife_draws(husbands: &[f64], wives: &[f64]) -> Vec<Draw> {
    let weight = |his: usize, hers: usize| {
        (his + 1)
            .checked_sub(hers)
            .and_then(|younger| WIFE_YOUNGER.get(younger))
            .copied()
            .unwrap_or(FAINT * FAINT)
    };
    let mut table: Vec<Vec<f64>> =
        (0..BANDS).map(|his| (0..BANDS).map(|hers| weight(his, hers)).collect()).collect();
    rake(&mut table, husbands, wives);
    draws(&table)
}

fn other_draws(people: &[f64], heads: &[f64], husbands: &[f64], wives: &[f64], mean_size: f64) -> Vec<Draw> {
    let weight = |head: usize, other: usize| {
        let (head_band, other_band) = (person(head).1, person(other).1);
        (head_band + 9).checked_sub(other_band).and_then(|younger| YOUNGER_THAN_HEAD.get(younger)).copied()
    };
    let mut table: Vec<Vec<f64>> = (0..CELLS)
        .map(|head| (0..CELLS).map(|other| weight(head, other).unwrap_or(FAINT)).collect())
        .collect();
    let rows: Vec<f64> = (0..CELLS)
        .map(|head| heads[head] * (mean_size - 1.0) - husbands.get(head).copied().unwrap_or(0.0))
        .collect();
    let columns: Vec<f64> = (0..CELLS)
        .map(|other| {
            let wives_here = other.checked_sub(BANDS).map_or(0.0, |band| wives[band]);
            (people[other] - heads[other] - wives_here).max(0.0)
        })
        .collect();
    rake(&mut table, &rows, &columns);
    draws(&table)
}

/// Marital status of the heads without a spouse at home and of everybody else of one sex, raked together.
///
/// `heads` and `wives` are this sex's expected numbers by band, `husbands` those heads who live with a wife.
fn marital_draws(
    adults_pct: &People,
    sex: Sex,
    people: &[f64],
    heads: &[f64],
    husbands: &[f64],
    wives: &[f64],
) -> (Vec<Draw>, Vec<Draw>) {
    let weights = &MARITAL_WEIGHT[cell(sex, 0) / BANDS];
    let single_head = SINGLE_HEAD[cell(sex, 0) / BANDS];
    let mut table: Vec<Vec<f64>> =
        weights.iter().map(|row| vec![row[0] * single_head, row[1], row[2], row[3]]).collect();
    table.extend(weights.iter().map(|row| row.to_vec()));
    let bands = ADULT_BAND..BANDS;
    let mut rows: Vec<f64> = bands.clone().map(|band| (heads[band] - husbands[band]).max(0.0)).collect();
    rows.extend(bands.map(|band| (people[band] - heads[band] - wives[band]).max(0.0)));
    let total: f64 = people[ADULT_BAND..].iter().sum();
    let couples: f64 = husbands.iter().chain(wives).sum();
    let mut columns = adults_pct.marital_pct.map(|pct| total * pct / 100.0);
    columns[1] = (columns[1] - couples).max(0.0);
    rake(&mut table, &rows, &columns);
    let children = || vec![Draw::new(&[1.0]); ADULT_BAND];
    let others = draws(&table.split_off(BANDS - ADULT_BAND));
    ([children(), draws(&table)].concat(), [children(), others].concat())
}

fn schooling_draws(commune: &Commune, people: &[f64]) -> Vec<Draw> {
    let side = |sex: Sex| {
        let rows: Vec<f64> = (0..BANDS).map(|band| people[cell(sex, band)]).collect();
        let mut table: Vec<Vec<f64>> = SCHOOLING_WEIGHT.iter().map(|row| row.to_vec()).collect();
        rake(&mut table, &rows, &commune.side(sex).schooling_pct);
        draws(&table)
    };
    [side(Sex::Male), side(Sex::Female)].concat()
}

fn disability_rates(commune: &Commune) -> Vec<f64> {
    let side = |sex: Sex| {
        let people = commune.side(sex);
        let total: f64 = people.ages_pct.iter().sum();
        let expected: f64 =
            people.ages_pct.iter().zip(DISABILITY_WEIGHT).map(|(pct, weight)| pct * weight).sum();
        let scale = people.disability_pct / 100.0 * total / expected;
        DISABILITY_WEIGHT.map(|weight| (weight * scale).min(CEILING))
    };
    [side(Sex::Male), side(Sex::Female)].concat()
}
