//! How near a stream of households comes to the census, indicator by indicator.

use super::census::{BANDS, Commune, People, Province};
use super::household::{Dwelling, Household, Language, Marital, Member, Schooling, Sex, Status, Water};

/// One number of the census beside the same number of the generated households.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// What is compared, with its unit.
    pub name: String,
    /// As the census has it.
    pub census: f64,
    /// As generated.
    pub generated: f64,
    /// Generated minus census: percentage points, or persons for the mean size.
    pub deviation_points: f64,
}

const DWELLINGS: [(&str, Dwelling); 6] = [
    ("villa", Dwelling::Villa),
    ("apartment", Dwelling::Apartment),
    ("Moroccan house", Dwelling::MoroccanHouse),
    ("basic", Dwelling::Basic),
    ("rural", Dwelling::Rural),
    ("other", Dwelling::Other),
];

const LANGUAGES: [(&str, Language); 3] =
    [("Darija", Language::Ary), ("Tamazight", Language::Tzm), ("Tachelhit", Language::Shi)];

const MARITAL: [(&str, Marital); 4] = [
    ("single", Marital::Single),
    ("married", Marital::Married),
    ("divorced", Marital::Divorced),
    ("widowed", Marital::Widowed),
];

const SCHOOLING: [(&str, Schooling); 6] = [
    ("none", Schooling::None),
    ("preschool", Schooling::Preschool),
    ("primary", Schooling::Primary),
    ("lower secondary", Schooling::LowerSecondary),
    ("upper secondary", Schooling::UpperSecondary),
    ("higher", Schooling::Higher),
];

/// First age asked for a marital status.
const ADULT_YEARS: u32 = 15;

/// What has been counted so far; everything by number of households or people.
#[derive(Default)]
struct Tally {
    households: u64,
    sedentary: u64,
    electricity: u64,
    running_water: u64,
    dwellings: [u64; 6],
    people: u64,
    men: u64,
    ages: [u64; BANDS],
    disabled: u64,
    languages: [u64; 3],
    adults: u64,
    marital: [u64; 4],
    schooling: [u64; 6],
}

impl Tally {
    fn add(&mut self, household: &Household) {
        self.households += 1;
        if household.status == Status::Sedentary {
            self.sedentary += 1;
            self.electricity += u64::from(household.electricity);
            self.running_water += u64::from(household.water == Water::Running);
            for (count, (_, dwelling)) in self.dwellings.iter_mut().zip(DWELLINGS) {
                *count += u64::from(household.dwelling == Some(dwelling));
            }
        }
        for (count, (_, language)) in self.languages.iter_mut().zip(LANGUAGES) {
            *count +=
                if household.languages.contains(&language) { household.members.len() as u64 } else { 0 };
        }
        household.members.iter().for_each(|member| self.add_member(member));
    }

    fn add_member(&mut self, member: &Member) {
        self.people += 1;
        self.men += u64::from(member.sex == Sex::Male);
        self.ages[(member.age_years as usize / 5).min(BANDS - 1)] += 1;
        self.disabled += u64::from(member.disability);
        self.adults += u64::from(member.age_years >= ADULT_YEARS);
        for (count, (_, marital)) in self.marital.iter_mut().zip(MARITAL) {
            *count += u64::from(member.marital == Some(marital));
        }
        for (count, (_, schooling)) in self.schooling.iter_mut().zip(SCHOOLING) {
            *count += u64::from(member.schooling == schooling);
        }
    }
}

/// The mean of a commune's number over the province, weighted.
fn mean(province: &Province, weight: fn(&Commune) -> f64, number: impl Fn(&Commune) -> f64) -> f64 {
    let total: f64 = province.communes.iter().map(weight).sum();
    province.communes.iter().map(|commune| weight(commune) * number(commune)).sum::<f64>() / total
}

fn households(commune: &Commune) -> f64 {
    f64::from(commune.households)
}

fn sedentary(commune: &Commune) -> f64 {
    f64::from(commune.sedentary_households)
}

fn people(commune: &Commune) -> f64 {
    f64::from(commune.household_people)
}

fn adults(commune: &Commune) -> f64 {
    people(commune) * commune.everybody.ages_pct[3..].iter().sum::<f64>()
}

fn everybody(province: &Province, number: impl Fn(&People) -> f64) -> f64 {
    mean(province, people, |commune| number(&commune.everybody))
}

fn indicator(name: impl Into<String>, census: f64, generated: f64) -> Indicator {
    Indicator { name: name.into(), census, generated, deviation_points: generated - census }
}

fn pct(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Compares a stream of households with the census of the province, without keeping any of them.
///
/// Dwelling, water and electricity are shares of the sedentary households, as in the census; languages are shares of
/// the people. For one commune, pass a province of that commune alone and its households.
pub fn fidelity(province: &Province, stream: impl IntoIterator<Item = Household>) -> Vec<Indicator> {
    let mut tally = Tally::default();
    stream.into_iter().for_each(|household| tally.add(&household));
    let mut indicators = of_households(province, &tally);
    indicators.extend(of_people(province, &tally));
    indicators
}

fn of_households(province: &Province, tally: &Tally) -> Vec<Indicator> {
    let size = if tally.households == 0 { 0.0 } else { tally.people as f64 / tally.households as f64 };
    let moving =
        mean(province, households, |commune| 100.0 - sedentary(commune) * 100.0 / households(commune));
    let electricity = mean(province, sedentary, |commune| commune.electricity_pct);
    let water = mean(province, sedentary, |commune| commune.running_water_pct);
    let mut indicators = vec![
        indicator("household size, persons", mean(province, households, Commune::mean_size), size),
        indicator(
            "nomadic or homeless, %",
            moving,
            pct(tally.households - tally.sedentary, tally.households),
        ),
        indicator("electricity, %", electricity, pct(tally.electricity, tally.sedentary)),
        indicator("running water, %", water, pct(tally.running_water, tally.sedentary)),
    ];
    for (place, (name, _)) in DWELLINGS.iter().enumerate() {
        let census = mean(province, sedentary, |commune| commune.dwelling_pct[place]);
        indicators.push(indicator(
            format!("dwelling {name}, %"),
            census,
            pct(tally.dwellings[place], tally.sedentary),
        ));
    }
    indicators
}

fn of_people(province: &Province, tally: &Tally) -> Vec<Indicator> {
    let mut indicators = vec![
        indicator("men, %", mean(province, people, |commune| commune.male_pct), pct(tally.men, tally.people)),
        indicator(
            "disability, %",
            everybody(province, |people| people.disability_pct),
            pct(tally.disabled, tally.people),
        ),
    ];
    for (band, count) in tally.ages.iter().enumerate() {
        let census = everybody(province, |people| people.ages_pct[band]);
        indicators.push(indicator(format!("age from {}, %", band * 5), census, pct(*count, tally.people)));
    }
    for (place, (name, _)) in LANGUAGES.iter().enumerate() {
        let census = mean(province, people, |commune| commune.languages_pct[place]);
        indicators.push(indicator(format!("{name}, %"), census, pct(tally.languages[place], tally.people)));
    }
    for (place, (name, _)) in MARITAL.iter().enumerate() {
        let census = mean(province, adults, |commune| commune.everybody.marital_pct[place]);
        indicators.push(indicator(
            format!("{name} from 15, %"),
            census,
            pct(tally.marital[place], tally.adults),
        ));
    }
    for (place, (name, _)) in SCHOOLING.iter().enumerate() {
        let census = everybody(province, |people| people.schooling_pct[place]);
        indicators.push(indicator(
            format!("schooling {name}, %"),
            census,
            pct(tally.schooling[place], tally.people),
        ));
    }
    indicators
}
