//! The province: invented households of Errachidia that agree with the census of 2024, as a stream.
//!
//! Every commune has exactly its share of households; sizes, ages by sex, disability, water, electricity, dwelling,
//! languages and the share of nomads follow the published tables. Names, places and words are this room's own lists.
//! A household is a function of the seed, the number made, its commune and its index: only the one being made is held.
//!
//! ```
//! use khettara_demo::province::{Generator, Province};
//!
//! let province = Province::errachidia();
//! let generator = Generator::new(&province, 7, 100);
//! for household in generator.stream() {
//!     let line = household.to_line();
//!     let visit = generator.visit(&household, 20_782).to_line();
//!     assert!(line.contains(&household.reference()) && visit.contains(&household.reference()));
//! }
//! ```

mod census;
mod chance;
mod family;
mod fidelity;
mod generator;
mod household;
mod population;
mod raking;
mod territory;
#[cfg(test)]
mod tests;
mod visit;
mod vocabulary;

pub use census::{Commune, People, Province, Settlement};
pub use chance::Chance;
pub use fidelity::{Indicator, fidelity};
pub use generator::{Generator, Households};
pub use household::{
    Dwelling, Gps, Household, Language, Marital, Member, Paired, Relation, Schooling, Sex, Status, Water,
    household_line,
};
pub use territory::Polygon;
pub use visit::{Category, Consent, Need, Urgency, Visit, VisitKind, visit_line};
pub use vocabulary::Vocabulary;
