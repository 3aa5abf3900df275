//! A household and its members as typed records, and the line the importer reads.

use std::fmt;

use serde::Serialize;

/// The same words in both scripts.
#[derive(Clone, PartialEq, Eq)]
pub struct Paired {
    /// In Arabic script.
    pub ar: String,
    /// In Latin script.
    pub latin: String,
}

/// Whether a household lives in one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In a dwelling.
    Sedentary,
    /// Moves with its animals.
    Nomadic,
    /// Without a dwelling, in a town.
    Homeless,
}

/// Where the water comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Water {
    /// A tap at home.
    Running,
    /// A public fountain.
    Fountain,
    /// A well.
    Well,
    /// A tanker, a spring, a neighbour.
    Other,
}

/// The census's dwelling types.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dwelling {
    /// A villa.
    Villa,
    /// An apartment.
    Apartment,
    /// A Moroccan house.
    MoroccanHouse,
    /// A basic house or a slum.
    Basic,
    /// A rural dwelling.
    Rural,
    /// Anything else.
    Other,
}

/// A language used at home, by its ISO 639-3 code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Darija.
    Ary,
    /// Tamazight.
    Tzm,
    /// Tachelhit.
    Shi,
}

/// Sex, as the census counts it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// What a member is to the head of the household.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The head.
    Head,
    /// Wife of the head.
    Spouse,
    /// Son or daughter.
    Child,
    /// Father or mother.
    Parent,
    /// Brother or sister.
    Sibling,
    /// Grandson or granddaughter.
    Grandchild,
    /// Anybody else.
    Other,
}

/// Marital status, asked from fifteen years on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Marital {
    /// Never married.
    Single,
    /// Married.
    Married,
    /// Divorced.
    Divorced,
    /// Widowed.
    Widowed,
}

/// Highest level of schooling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schooling {
    /// No schooling, or not yet.
    None,
    /// Before school.
    Preschool,
    /// Primary.
    Primary,
    /// Lower secondary.
    LowerSecondary,
    /// Upper secondary.
    UpperSecondary,
    /// Higher.
    Higher,
}

/// A position read by a tablet.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gps {
    /// Latitude in 1e-5 degrees.
    pub lat_e5: i32,
    /// Longitude in 1e-5 degrees, west negative.
    pub lon_e5: i32,
    /// Accuracy in metres.
    pub accuracy_m: u32,
}

/// A person of a household.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Name in Arabic script.
    pub name_ar: String,
    /// The same name in Latin script.
    pub name_latin: String,
    /// Sex.
    pub sex: Sex,
    /// Birth: a year (`1961`) or a date (`2004-03-17`).
    pub birth: String,
    /// What the person is to the head.
    pub relation: Relation,
    /// Marital status; absent below fifteen years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub marital: Option<Marital>,
    /// Highest level of schooling.
    pub schooling: Schooling,
    /// Whether the person lives with a disability.
    pub disability: bool,
    /// Completed years on the day of the census, 1 September 2024; not written.
    #[serde(skip)]
    pub age_years: u32,
    /// Whether the spelling departs from the list's, as two workers write one name; not written.
    #[serde(skip)]
    pub spelled_freely: bool,
    /// The given name as the list has it, Arabic and Latin; not written.
    #[serde(skip)]
    pub(super) given: (&'static str, &'static str),
}

/// A household.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Household {
    /// HCP code of its commune.
    pub commune: String,
    /// Douar, ksar or quarter, in the script its worker writes.
    pub douar: String,
    /// Whether it lives in one place.
    pub status: Status,
    /// Position, when one was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gps: Option<Gps>,
    /// Telephone in E.164, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Languages used at home.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// Where the water comes from.
    pub water: Water,
    /// Type of dwelling; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dwelling: Option<Dwelling>,
    /// Whether it has electricity.
    pub electricity: bool,
    /// Distance to a paved road in tenths of a kilometre; absent in towns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub road_km_tenths: Option<u32>,
    /// The people, head first.
    pub members: Vec<Member>,
    /// A remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its number in the province, from 1, in the order of the communes; not written.
    #[serde(skip)]
    pub number: u32,
    /// Index of its commune in the province; not written.
    #[serde(skip)]
    pub commune_index: usize,
    /// Its index inside the commune, from 0; not written.
    #[serde(skip)]
    pub index: u32,
    /// The worker who visits it (`a-12`); not written.
    #[serde(skip)]
    pub agent: String,
    /// The douar in both scripts; not written.
    #[serde(skip)]
    pub place: Paired,
    /// Whether its worker writes Arabic (otherwise French); not written.
    #[serde(skip)]
    pub in_arabic: bool,
}

impl Household {
    /// The reference used by [`Household::to_line`]: `h` and its number.
    pub fn reference(&self) -> String {
        format!("h{}", self.number)
    }

    /// The importer's line under its own reference, without an end of line.
    pub fn to_line(&self) -> String {
        household_line(self, &self.reference())
    }
}

#[derive(Serialize)]
struct Line<'a> {
    record: &'static str,
    #[serde(rename = "ref")]
    reference: &'a str,
    #[serde(flatten)]
    household: &'a Household,
}

/// The importer's line for a household under the caller's reference, without an end of line.
pub fn household_line(household: &Household, reference: &str) -> String {
    serde_json::to_string(&Line { record: "household", reference, household })
        .expect("text, numbers and closed words always have a JSON form")
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Household")
            .field("number", &self.number)
            .field("commune", &self.commune)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("relation", &self.relation).finish_non_exhaustive()
    }
}

impl fmt::Debug for Gps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gps").field("accuracy_m", &self.accuracy_m).finish_non_exhaustive()
    }
}

impl fmt::Debug for Paired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paired").finish_non_exhaustive()
    }
}
