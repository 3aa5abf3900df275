//! The census tables of the 29 communes, read from the files in `demo/data`.

use serde::Deserialize;

use super::household::Sex;
use super::territory::Polygon;

const COMMUNES: &str = include_str!("../../data/errachidia_communes.csv");
const MARGINALS: &str = include_str!("../../data/errachidia_marginals.csv");
const BOUNDARIES: &str = include_str!("../../data/errachidia_boundaries.geojson");

/// Why parsing the embedded tables cannot fail.
const EMBEDDED: &str = "the tables in demo/data are part of the program and complete";

/// Five-year age bands, the last one 75 and over.
pub(super) const BANDS: usize = 16;

/// Kind of commune.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Settlement {
    /// Urban: no cercle.
    Urban,
    /// Rural.
    Rural,
}

/// Shares of the people of a commune, or of one sex there, in percent.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// By age: 0-4, 5-9, …, 70-74, 75 and over.
    pub ages_pct: [f64; BANDS],
    /// Living with a disability.
    pub disability_pct: f64,
    /// From fifteen years on: single, married, divorced, widowed.
    pub marital_pct: [f64; 4],
    /// Level of schooling: none, preschool, primary, lower secondary, upper secondary, higher.
    pub schooling_pct: [f64; 6],
}

/// What the census says of one commune.
#[derive(Clone, Debug, PartialEq)]
pub struct Commune {
    /// HCP code of 2024, such as `08.201.11.07`.
    pub code: String,
    /// Name in French.
    pub name_fr: String,
    /// Name in Arabic.
    pub name_ar: String,
    /// Urban or rural.
    pub settlement: Settlement,
    /// Code of its cercle; none for an urban commune.
    pub cercle: Option<String>,
    /// All people, those in institutions included.
    pub population: u32,
    /// People living in households.
    pub household_people: u32,
    /// Households.
    pub households: u32,
    /// Households in a dwelling; the others are nomadic or homeless.
    pub sedentary_households: u32,
    /// Sedentary households in percent: villa, apartment, Moroccan house, basic, rural, other.
    pub dwelling_pct: [f64; 6],
    /// Sedentary households with electricity, in percent.
    pub electricity_pct: f64,
    /// Sedentary households with running water, in percent.
    pub running_water_pct: f64,
    /// Mean distance to a paved road in kilometres; rural communes only.
    pub road_km: Option<f64>,
    /// People using Darija, Tamazight, Tachelhit, in percent; many use several.
    pub languages_pct: [f64; 3],
    /// Men in percent of the people.
    pub male_pct: f64,
    /// Shares among everybody.
    pub everybody: People,
    /// Shares among men.
    pub men: People,
    /// Shares among women.
    pub women: People,
    /// Its boundary, indicative only.
    pub boundary: Polygon,
}

impl Commune {
    /// People per household.
    pub fn mean_size(&self) -> f64 {
        f64::from(self.household_people) / f64::from(self.households)
    }

    /// The shares among one sex.
    pub fn side(&self, sex: Sex) -> &People {
        match sex {
            Sex::Male => &self.men,
            Sex::Female => &self.women,
        }
    }

    /// The code's digits as a number: the same key for the commune whatever its place in a list.
    pub(super) fn key(&self) -> u64 {
        self.code.bytes().filter(u8::is_ascii_digit).fold(0, |key, digit| key * 10 + u64::from(digit - b'0'))
    }
}

/// A province: its communes in the order of the census table.
#[derive(Clone, Debug, PartialEq)]
pub struct Province {
    /// The communes.
    pub communes: Vec<Commune>,
}

impl Province {
    /// Errachidia (08.201): 29 communes, 90,107 households.
    pub fn errachidia() -> Self {
        let marginals = Marginals::parse(MARGINALS);
        let boundaries: Boundaries = serde_json::from_str(BOUNDARIES).expect(EMBEDDED);
        let communes = reader(COMMUNES)
            .deserialize()
            .map(|row| commune(row.expect(EMBEDDED), &marginals, &boundaries))
            .collect();
        Self { communes }
    }

    /// All households the census counted.
    pub fn households(&self) -> u32 {
        self.communes.iter().map(|commune| commune.households).sum()
    }
}

#[derive(Deserialize)]
struct Row {
    code: String,
    name_fr: String,
    name_ar: String,
    r#type: Settlement,
    cercle_code: Option<String>,
    population_2024: u32,
    households_2024: u32,
}

#[derive(Deserialize)]
struct Boundaries {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    id: String,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Geometry {
    coordinates: Vec<Vec<[f64; 2]>>,
}

impl Boundaries {
    fn of(&self, code: &str) -> Polygon {
        let feature = self.features.iter().find(|feature| feature.id == code).expect(EMBEDDED);
        let e5 = |degrees: f64| (degrees * 1e5).round() as i32;
        let ring = feature.geometry.coordinates[0].iter().map(|[lon, lat]| (e5(*lat), e5(*lon))).collect();
        Polygon::new(ring).expect(EMBEDDED)
    }
}

fn reader(table: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(table.as_bytes())
}

struct Marginals {
    headers: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

impl Marginals {
    fn parse(table: &str) -> Self {
        let mut reader = reader(table);
        let headers = reader.headers().expect(EMBEDDED).clone();
        let rows = reader.records().map(|row| row.expect(EMBEDDED)).collect();
        Self { headers, rows }
    }

    fn row(&self, code: &str, sex: &str) -> Marginal<'_> {
        let row = self.rows.iter().find(|row| &row[0] == code && &row[1] == sex).expect(EMBEDDED);
        Marginal { headers: &self.headers, row }
    }
}

struct Marginal<'a> {
    headers: &'a csv::StringRecord,
    row: &'a csv::StringRecord,
}

impl Marginal<'_> {
    fn position(&self, column: &str) -> usize {
        self.headers.iter().position(|header| header == column).expect(EMBEDDED)
    }

    fn number(&self, column: &str) -> f64 {
        self.row[self.position(column)].parse().expect(EMBEDDED)
    }

    fn count(&self, column: &str) -> u32 {
        self.row[self.position(column)].parse().expect(EMBEDDED)
    }

    fn optional(&self, column: &str) -> Option<f64> {
        self.row[self.position(column)].parse().ok()
    }

    /// The numbers of neighbouring columns, the first one named.
    fn run<const N: usize>(&self, first: &str) -> [f64; N] {
        let start = self.position(first);
        std::array::from_fn(|offset| self.row[start + offset].parse().expect(EMBEDDED))
    }

    fn people(&self) -> People {
        People {
            ages_pct: self.run("age_0_4"),
            disability_pct: self.number("disability_prevalence"),
            marital_pct: self.run("marital_status_single"),
            schooling_pct: self.run("education_none"),
        }
    }
}

fn commune(row: Row, marginals: &Marginals, boundaries: &Boundaries) -> Commune {
    let all = marginals.row(&row.code, "all");
    Commune {
        boundary: boundaries.of(&row.code),
        household_people: all.count("households_municipal_population"),
        sedentary_households: all.count("households_sedentary"),
        dwelling_pct: all.run("dwelling_type_villa"),
        electricity_pct: all.number("amenities_electricity"),
        running_water_pct: all.number("amenities_running_water"),
        road_km: all.optional("households_distance_to_paved_road_km"),
        languages_pct: ["darija", "tamazight", "tachelhit"]
            .map(|name| all.number(&format!("local_languages_{name}"))),
        male_pct: all.number("sex_male"),
        everybody: all.people(),
        men: marginals.row(&row.code, "male").people(),
        women: marginals.row(&row.code, "female").people(),
        code: row.code,
        name_fr: row.name_fr,
        name_ar: row.name_ar,
        settlement: row.r#type,
        cercle: row.cercle_code,
        population: row.population_2024,
        households: row.households_2024,
    }
}
