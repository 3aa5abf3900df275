//! The stream of households: where each one is, how many live there, what they have, and their names.

use super::census::{Commune, Province, Settlement};
use super::chance::{Chance, key, shuffled};
use super::family::{self, Person};
use super::household::{Dwelling, Household, Language, Member, Paired, Relation, Sex, Status, Water};
use super::population::Population;
use super::raking::Draw;
use super::visit::{Visit, civil_date, draw as draw_visit, observation};
use super::vocabulary::{Pair, Vocabulary, Words, join, spell_freely};

/// Workers in the province, shared among the communes by households, at least one each.
const AGENTS: u32 = 240;

/// Households per douar, about.
const DOUAR_HOUSEHOLDS: u32 = 110;

/// Fewest and most douars of a commune.
const DOUARS: (u32, u32) = (3, 90);

/// Day of the census, 1 September 2024, counted from 1 January 1970: ages are completed years on it.
const CENSUS_DAY: u32 = 19_967;

/// In percent: names written in another spelling; households with a telephone, a remark, a position.
const SPELLED_FREELY: u32 = 8;
const WITH_PHONE: u32 = 55;
const WITH_NOTE: u32 = 20;
const WITH_GPS: u32 = 90;

/// In percent: Amazigh names in households that use Tamazight or Tachelhit, and in others.
const AMAZIGH_NAMES: (u32, u32) = (70, 10);

/// In percent: workers who write Arabic.
const IN_ARABIC: u32 = 60;

/// What a draw is for: each purpose has a stream, or a shuffle of the commune, of its own.
#[derive(Clone, Copy)]
enum Purpose {
    Order = 1,
    Status,
    Size,
    Dwelling,
    Electricity,
    Water,
    Languages,
    Family,
    Names,
    Place,
    Visit,
    Douars,
}

/// A commune made ready for drawing.
struct Settled {
    commune: Commune,
    population: Population,
    dwelling: Draw,
    /// Households to make here.
    count: u32,
    /// Households of the communes before it.
    before: u32,
    agents: u32,
    agents_before: u32,
}

/// Makes the households of a province; the same seed and number always make the same ones.
///
/// Household-level shares are drawn systematically (each household has its own rank in a keyed shuffle of its
/// commune), so they are right to about one household per commune even when few are made. A household is therefore a
/// function of the seed, of the number made in its commune, and of its index there; no other household is needed.
pub struct Generator {
    settled: Vec<Settled>,
    seed: u64,
    total: u32,
    vocabulary: Vocabulary,
    interleaved: bool,
    free_spelling: bool,
}

impl Generator {
    /// A generator of `households` in all, shared among the communes as the census has them, by largest remainder.
    pub fn new(province: &Province, seed: u64, households: u32) -> Self {
        let weights: Vec<u32> = province.communes.iter().map(|commune| commune.households).collect();
        let counts = apportion(households, &weights);
        let agents = apportion(AGENTS, &weights);
        let (mut before, mut agents_before) = (0, 0);
        let mut settled = Vec::with_capacity(counts.len());
        for ((commune, count), agents) in province.communes.iter().zip(counts).zip(agents) {
            let agents = agents.max(1);
            settled.push(Settled {
                population: Population::fit(commune),
                dwelling: Draw::new(&commune.dwelling_pct),
                commune: commune.clone(),
                count,
                before,
                agents,
                agents_before,
            });
            before += count;
            agents_before += agents;
        }
        let vocabulary = Vocabulary::Measured;
        Self { settled, seed, total: households, vocabulary, interleaved: false, free_spelling: true }
    }

    /// Uses other words.
    pub fn with_vocabulary(mut self, vocabulary: Vocabulary) -> Self {
        self.vocabulary = vocabulary;
        self
    }

    /// Streams the communes mixed, in an order the seed decides, instead of one after the other.
    pub fn interleaved(mut self) -> Self {
        self.interleaved = true;
        self
    }

    /// Writes every name exactly as the lists have it.
    pub fn with_plain_spelling(mut self) -> Self {
        self.free_spelling = false;
        self
    }

    /// Households it makes in all.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Households it makes in a commune of the province, by the commune's index; 0 where there is none.
    pub fn count(&self, commune_index: usize) -> u32 {
        self.settled.get(commune_index).map_or(0, |settled| settled.count)
    }

    /// All households, one at a time.
    pub fn stream(&self) -> Households<'_> {
        Households { generator: self, position: 0 }
    }

    /// The household at a place of the stream, `None` past the end.
    pub fn at(&self, position: u32) -> Option<Household> {
        if position >= self.total {
            return None;
        }
        let number = match self.interleaved {
            true => shuffled(position, self.total, key(&[self.seed, Purpose::Order as u64])),
            false => position,
        };
        let commune_index = self.settled.partition_point(|settled| settled.before + settled.count <= number);
        self.household(commune_index, number - self.settled.get(commune_index)?.before)
    }

    /// The household of a commune by index, made on its own; `None` where there is none.
    pub fn household(&self, commune_index: usize, index: u32) -> Option<Household> {
        let settled = self.settled.get(commune_index).filter(|settled| index < settled.count)?;
        Some(Site { generator: self, settled, index }.household(commune_index))
    }

    /// A visit to one of its households on a day counted from 1 January 1970; the same day, the same visit.
    pub fn visit(&self, household: &Household, day: u32) -> Visit {
        let commune = self.settled.get(household.commune_index).map_or(0, |settled| settled.commune.key());
        let parts = [self.seed, commune, u64::from(household.index), Purpose::Visit as u64, u64::from(day)];
        draw_visit(household, day, self.vocabulary.words(), &mut Chance::keyed(&parts))
    }
}

/// The stream of a generator's households.
pub struct Households<'g> {
    generator: &'g Generator,
    position: u32,
}

impl Iterator for Households<'_> {
    type Item = Household;

    fn next(&mut self) -> Option<Household> {
        let household = self.generator.at(self.position)?;
        self.position += 1;
        Some(household)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.generator.total - self.position) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Households<'_> {}

/// Shares `total` by weight so that the parts are whole and add up: largest remainder, ties to the earlier.
fn apportion(total: u32, weights: &[u32]) -> Vec<u32> {
    let sum: u64 = weights.iter().map(|weight| u64::from(*weight)).sum::<u64>().max(1);
    let quota = |weight: u32| {
        (u64::from(total) * u64::from(weight) / sum, u64::from(total) * u64::from(weight) % sum)
    };
    let mut parts: Vec<u32> = weights.iter().map(|weight| quota(*weight).0 as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(quota(weights[*place]).1));
    let left = total - parts.iter().sum::<u32>();
    for place in order.into_iter().take(left as usize) {
        parts[place] += 1;
    }
    parts
}

/// Where one household is drawn.
struct Site<'a> {
    generator: &'a Generator,
    settled: &'a Settled,
    index: u32,
}

impl Site<'_> {
    fn words(&self) -> &'static Words {
        self.generator.vocabulary.words()
    }

    fn chance(&self, purpose: Purpose) -> Chance {
        let parts = [self.generator.seed, self.settled.commune.key(), u64::from(self.index), purpose as u64];
        Chance::keyed(&parts)
    }

    /// A number in `[0, 1)`: over the commune, every interval gets its exact share, give or take one household.
    fn spread(&self, purpose: Purpose) -> f64 {
        let parts = [self.generator.seed, self.settled.commune.key(), purpose as u64];
        let rank = shuffled(self.index, self.settled.count, key(&parts));
        let offset = Chance::keyed(&parts).unit();
        (f64::from(rank) + offset) / f64::from(self.settled.count)
    }

    fn household(&self, commune_index: usize) -> Household {
        let commune = &self.settled.commune;
        let status = self.status();
        let size = self.settled.population.size.at(self.spread(Purpose::Size)) + 1;
        let people = family::draw(&self.settled.population, size, &mut self.chance(Purpose::Family));
        let languages = self.languages();
        let mut chance = self.chance(Purpose::Place);
        let (douar_number, place) = self.douar(&mut chance);
        let in_arabic = chance.percent(IN_ARABIC);
        let mut household = Household {
            commune: commune.code.clone(),
            douar: if in_arabic { place.ar.clone() } else { place.latin.clone() },
            status,
            gps: chance.percent(WITH_GPS).then(|| commune.boundary.point(&mut chance)),
            phone: chance.percent(WITH_PHONE).then(|| phone(&mut chance)),
            water: self.water(status, &mut chance),
            dwelling: self.dwelling(status),
            electricity: status == Status::Sedentary
                && self.spread(Purpose::Electricity) * 100.0 < commune.electricity_pct,
            road_km_tenths: commune.road_km.map(|mean| road_tenths(mean, status, &mut chance)),
            members: self.members(people, &languages),
            languages,
            note: None,
            number: self.settled.before + self.index + 1,
            commune_index,
            index: self.index,
            agent: format!("a-{}", self.settled.agents_before + douar_number % self.settled.agents + 1),
            place,
            in_arabic,
        };
        if chance.percent(WITH_NOTE) {
            household.note = Some(observation(&household, self.words(), &mut chance));
        }
        household
    }

    fn status(&self) -> Status {
        let commune = &self.settled.commune;
        let moving =
            f64::from(commune.households - commune.sedentary_households) / f64::from(commune.households);
        match (self.spread(Purpose::Status) < moving, commune.settlement) {
            (false, _) => Status::Sedentary,
            (true, Settlement::Rural) => Status::Nomadic,
            (true, Settlement::Urban) => Status::Homeless,
        }
    }

    fn water(&self, status: Status, chance: &mut Chance) -> Water {
        if status == Status::Sedentary
            && self.spread(Purpose::Water) * 100.0 < self.settled.commune.running_water_pct
        {
            return Water::Running;
        }
        match chance.below(10) {
            0..4 => Water::Fountain,
            4..8 => Water::Well,
            _ => Water::Other,
        }
    }

    fn dwelling(&self, status: Status) -> Option<Dwelling> {
        const TYPES: [Dwelling; 6] = [
            Dwelling::Villa,
            Dwelling::Apartment,
            Dwelling::MoroccanHouse,
            Dwelling::Basic,
            Dwelling::Rural,
            Dwelling::Other,
        ];
        (status == Status::Sedentary).then(|| TYPES[self.settled.dwelling.at(self.spread(Purpose::Dwelling))])
    }

    /// Shares laid end to end on a line and met at one point in every hundred: each language has its share, and no
    /// household is without one where the shares reach a hundred together.
    fn languages(&self) -> Vec<Language> {
        let point = self.spread(Purpose::Languages) * 100.0;
        let mut start = 0.0;
        let mut used = Vec::new();
        for (language, pct) in
            [Language::Ary, Language::Tzm, Language::Shi].into_iter().zip(self.settled.commune.languages_pct)
        {
            let end = start + pct;
            if (0..3).map(|lap| point + 100.0 * f64::from(lap)).any(|met| start <= met && met < end) {
                used.push(language);
            }
            start = end;
        }
        used
    }

    /// A douar of the commune; its places are the same for every seed.
    fn douar(&self, chance: &mut Chance) -> (u32, Paired) {
        let commune = &self.settled.commune;
        let places = self.words().place_count();
        let douars = (commune.households / DOUAR_HOUSEHOLDS).clamp(DOUARS.0, DOUARS.1).min(places);
        let number = chance.below(douars);
        let place = shuffled(number, places, key(&[commune.key(), Purpose::Douars as u64]));
        (number, self.words().place(place))
    }

    /// Names the people. Children bear their father's family name; a wife and a mother keep their own.
    fn members(&self, people: Vec<Person>, languages: &[Language]) -> Vec<Member> {
        let mut chance = self.chance(Purpose::Names);
        let words = self.words();
        let uses_amazigh = languages.iter().any(|language| *language != Language::Ary);
        let amazigh = chance.percent(if uses_amazigh { AMAZIGH_NAMES.0 } else { AMAZIGH_NAMES.1 });
        let head_family = words.family(amazigh, &mut chance);
        let head_is_woman = people.first().is_some_and(|head| head.sex == Sex::Female);
        let fathers_family = if head_is_woman { words.family(amazigh, &mut chance) } else { head_family };
        let mut taken: Vec<Pair> = Vec::with_capacity(people.len());
        let mut members = Vec::with_capacity(people.len());
        for person in people {
            let mut given = words.given(person.sex, amazigh && chance.percent(60), &mut chance);
            for _ in 0..4 {
                if !taken.contains(&given) {
                    break;
                }
                given = words.given(person.sex, amazigh && chance.percent(60), &mut chance);
            }
            taken.push(given);
            let family = match (person.relation, person.sex) {
                (Relation::Head | Relation::Sibling, _) | (Relation::Parent, Sex::Male) => head_family,
                (Relation::Child | Relation::Grandchild, _) => fathers_family,
                _ => words.family(amazigh, &mut chance),
            };
            members.push(self.member(person, given, family, &mut chance));
        }
        members
    }

    fn member(&self, person: Person, given: Pair, family: Pair, chance: &mut Chance) -> Member {
        let mut name = join(given, family);
        let spelled_freely =
            chance.percent(SPELLED_FREELY) && self.generator.free_spelling && spell_freely(&mut name, chance);
        Member {
            name_ar: name.ar,
            name_latin: name.latin,
            sex: person.sex,
            birth: birth(person.age_years, chance),
            relation: person.relation,
            marital: person.marital,
            schooling: person.schooling,
            disability: person.disability,
            age_years: person.age_years,
            spelled_freely,
            given,
        }
    }
}

/// Tenths of a kilometre around the commune's mean; twice as far for who lives in a tent.
fn road_tenths(mean_km: f64, status: Status, chance: &mut Chance) -> u32 {
    let farther = if status == Status::Nomadic { 2.0 } else { 1.0 };
    (chance.unit() * 2.0 * mean_km * 10.0 * farther).round() as u32
}

/// A mobile number of the right form; whose it might be is left to chance.
fn phone(chance: &mut Chance) -> String {
    format!("+212{}{:08}", chance.between(6, 7), chance.below(100_000_000))
}

/// A birth that makes the person this old on the day of the census: often only the year for the old.
fn birth(age_years: u32, chance: &mut Chance) -> String {
    let (census_year, month, date) = civil_date(CENSUS_DAY - chance.below(365));
    let year = census_year - age_years;
    let only_year = match age_years {
        0..20 => 4,
        20..45 => 15,
        45..60 => 40,
        _ => 70,
    };
    // The 29th of February exists one year in four; the 28th always.
    let date = if (month, date) == (2, 29) { 28 } else { date };
    if chance.percent(only_year) { year.to_string() } else { format!("{year:04}-{month:02}-{date:02}") }
}
