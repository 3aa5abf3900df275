//! One family drawn from a commune's chances: who they are to each other, before they have names.

use super::chance::Chance;
use super::household::{Marital, Relation, Schooling, Sex};
use super::population::{ADULT_BAND, Population, cell, person};

/// Youngest head or wife, in years.
const COUPLE_AGE_MIN: u32 = 18;

/// A parent is older than a child by at least these years.
const PARENT_GAP_MIN: i32 = 16;

/// A mother is older than a child by at most these years; a father by at most [`FATHER_GAP_MAX`].
const MOTHER_GAP_MAX: i32 = 46;

/// See [`MOTHER_GAP_MAX`].
const FATHER_GAP_MAX: i32 = 60;

const MARITAL: [Marital; 4] = [Marital::Single, Marital::Married, Marital::Divorced, Marital::Widowed];

const SCHOOLING: [Schooling; 6] = [
    Schooling::None,
    Schooling::Preschool,
    Schooling::Primary,
    Schooling::LowerSecondary,
    Schooling::UpperSecondary,
    Schooling::Higher,
];

/// A member without a name.
pub(super) struct Person {
    pub(super) sex: Sex,
    pub(super) age_years: u32,
    pub(super) relation: Relation,
    pub(super) marital: Option<Marital>,
    pub(super) schooling: Schooling,
    pub(super) disability: bool,
    cell: usize,
}

impl Person {
    fn draw(population: &Population, cell: usize, age_min: u32, chance: &mut Chance) -> Self {
        let (sex, band) = person(cell);
        Self {
            sex,
            age_years: age_years(band, chance).max(age_min),
            relation: Relation::Other,
            marital: None,
            schooling: SCHOOLING[population.schooling[cell].at(chance.unit())],
            disability: chance.unit() < population.disability[cell],
            cell,
        }
    }
}

/// A family of `size` people, the head first, a wife second, the others from old to young.
pub(super) fn draw(population: &Population, size: usize, chance: &mut Chance) -> Vec<Person> {
    let head_cell = population.head.at(chance.unit());
    let (head_sex, head_band) = person(head_cell);
    let mut head = Person::draw(population, head_cell, COUPLE_AGE_MIN, chance);
    head.relation = Relation::Head;
    let mut family = vec![head];
    let married = head_sex == Sex::Male && size > 1 && chance.unit() < population.wife_rate[head_band];
    if married {
        let band = population.wife[head_band].at(chance.unit());
        let mut wife = Person::draw(population, cell(Sex::Female, band), COUPLE_AGE_MIN, chance);
        wife.relation = Relation::Spouse;
        family.push(wife);
    }
    let first = family.len();
    while family.len() < size {
        let other = population.other[head_cell].at(chance.unit());
        family.push(Person::draw(population, other, 0, chance));
    }
    family[first..].sort_by_key(|person| std::cmp::Reverse(person.age_years));
    relate(&mut family, first);
    wed(&mut family, married, population, chance);
    family
}

/// A completed age inside the band.
fn age_years(band: usize, chance: &mut Chance) -> u32 {
    let low = band as u32 * 5;
    if band + 1 < super::census::BANDS {
        low + chance.below(5)
    } else {
        low + chance.below(8) + chance.below(10)
    }
}

/// Says what everybody after the couple is to the head.
fn relate(family: &mut [Person], first: usize) {
    let (head_age, head_sex) = (family[0].age_years as i32, family[0].sex);
    let mother_age = match head_sex {
        Sex::Female => Some(head_age),
        Sex::Male => family[1..first].first().map(|wife| wife.age_years as i32),
    };
    let mut parents = [false; 2];
    for person in &mut family[first..] {
        let age = person.age_years as i32;
        let gap = head_age - age;
        let parent = &mut parents[usize::from(person.sex == Sex::Female)];
        person.relation = if gap >= PARENT_GAP_MIN {
            descendant(gap, mother_age.map(|mother| mother - age))
        } else if -gap >= PARENT_GAP_MIN && -gap <= MOTHER_GAP_MAX && !*parent {
            *parent = true;
            Relation::Parent
        } else if gap.abs() < PARENT_GAP_MIN {
            Relation::Sibling
        } else {
            Relation::Other
        };
    }
}

/// Child, grandchild or a relative, by the years between.
fn descendant(gap: i32, mother_gap: Option<i32>) -> Relation {
    match mother_gap {
        Some(years) if years < PARENT_GAP_MIN => Relation::Other,
        Some(years) if years <= MOTHER_GAP_MAX && gap <= FATHER_GAP_MAX => Relation::Child,
        None if gap <= MOTHER_GAP_MAX => Relation::Child,
        _ => Relation::Grandchild,
    }
}

/// Gives everybody of fifteen years and more a marital status; a single person has nephews, not children.
fn wed(family: &mut [Person], couple: bool, population: &Population, chance: &mut Chance) {
    for person in family.iter_mut().filter(|member| person(member.cell).1 >= ADULT_BAND) {
        let draw = match person.relation {
            Relation::Head | Relation::Spouse if couple => {
                person.marital = Some(Marital::Married);
                continue;
            }
            Relation::Head => &population.marital_heads[person.cell],
            _ => &population.marital_others[person.cell],
        };
        person.marital = Some(MARITAL[draw.at(chance.unit())]);
        if person.relation == Relation::Parent && person.marital == Some(Marital::Single) {
            person.relation = Relation::Other;
        }
    }
    if family[0].marital == Some(Marital::Single) {
        let descends = |relation| matches!(relation, Relation::Child | Relation::Grandchild);
        family
            .iter_mut()
            .filter(|person| descends(person.relation))
            .for_each(|person| person.relation = Relation::Other);
    }
}
