//! A visit as a typed record, and the line the importer reads.

use std::fmt;

use serde::Serialize;

use super::chance::Chance;
use super::household::Household;
use super::vocabulary::{Words, pick};

/// Why the worker came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitKind {
    /// The first one.
    First,
    /// One of many.
    FollowUp,
    /// Called for.
    Urgent,
    /// Anything else.
    Other,
}

/// Whether the family agreed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// It agreed.
    Given,
    /// It did not: nothing but the refusal is written.
    Refused,
}

/// What a need is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Food.
    Food,
    /// Health.
    Health,
    /// Water.
    Water,
    /// Housing.
    Housing,
    /// Schooling.
    Schooling,
    /// A child's protection or growth.
    Child,
    /// A disability.
    Disability,
    /// Civil papers.
    Papers,
    /// Work and income.
    Income,
    /// Anything else.
    Other,
}

/// How pressing a need is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Can wait.
    Low,
    /// This season.
    Medium,
    /// Now.
    High,
}

/// Something a family needs; always open when the generator makes it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What it is about.
    pub category: Category,
    /// How pressing it is.
    pub urgency: Urgency,
    /// In the worker's words.
    pub text: String,
    /// `open`.
    pub status: &'static str,
}

/// A visit to a household.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// When, in UTC (`2026-11-25T09:30:00Z`).
    pub at: String,
    /// Whose clock said so: `device`.
    pub time_source: &'static str,
    /// Minutes the local clock is ahead of UTC.
    pub offset_min: i32,
    /// The worker.
    pub agent: String,
    /// Why the worker came.
    pub kind: VisitKind,
    /// Whether the family agreed.
    pub consent: Consent,
    /// The worker's note.
    pub note: String,
    /// What the family needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// Reference of the household as its own line has it; written by [`Visit::to_line`] only.
    #[serde(skip)]
    pub household: String,
}

impl Visit {
    /// The importer's line under the household's own reference, without an end of line.
    pub fn to_line(&self) -> String {
        visit_line(self, &self.household)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    record: &'static str,
    household: &'a str,
    #[serde(flatten)]
    visit: &'a Visit,
}

/// The importer's line for a visit to the household of the caller's reference or id, without an end of line.
pub fn visit_line(visit: &Visit, household: &str) -> String {
    serde_json::to_string(&Line { record: "visit", household, visit })
        .expect("text, numbers and closed words always have a JSON form")
}

/// Morocco's clock: an hour ahead of UTC.
const OFFSET_MIN: i32 = 60;

/// Visits begin between seven and half past sixteen UTC.
const FIRST_MINUTE: u32 = 7 * 60;

/// See [`FIRST_MINUTE`].
const LAST_MINUTE: u32 = 16 * 60 + 30;

/// Draws a visit on a day counted from 1 January 1970.
pub(super) fn draw(household: &Household, day: u32, words: &Words, chance: &mut Chance) -> Visit {
    let minute = chance.between(FIRST_MINUTE, LAST_MINUTE);
    let (year, month, date) = civil_date(day);
    let kind = match chance.below(100) {
        0..20 => VisitKind::First,
        20..82 => VisitKind::FollowUp,
        82..95 => VisitKind::Urgent,
        _ => VisitKind::Other,
    };
    let consent = if chance.percent(97) { Consent::Given } else { Consent::Refused };
    let remarks = words.remarks(household.in_arabic);
    let (note, needs) = match consent {
        Consent::Given => (note(household, words, chance), needs(household, kind, words, chance)),
        Consent::Refused => (pick(remarks.refusals, chance).to_owned(), Vec::new()),
    };
    Visit {
        at: format!(
            "{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}Z",
            minute / 60,
            minute % 60,
            chance.below(60)
        ),
        time_source: "device",
        offset_min: OFFSET_MIN,
        agent: household.agent.clone(),
        kind,
        consent,
        note,
        needs,
        household: household.reference(),
    }
}

fn note(household: &Household, words: &Words, chance: &mut Chance) -> String {
    let remarks = words.remarks(household.in_arabic);
    let (opening, ending) = (pick(remarks.openings, chance), pick(remarks.endings, chance));
    format!("{opening} {}{ending}", observation(household, words, chance))
}

/// An observation about somebody of the household.
pub(super) fn observation(household: &Household, words: &Words, chance: &mut Chance) -> String {
    let template = pick(words.remarks(household.in_arabic).observations, chance);
    let member = &household.members[chance.below(household.members.len() as u32) as usize];
    let given = if household.in_arabic { member.given.0 } else { member.given.1 };
    template.replace("{name}", given).replace("{n}", &chance.between(2, 9).to_string())
}

fn needs(household: &Household, kind: VisitKind, words: &Words, chance: &mut Chance) -> Vec<Need> {
    let count = match (kind, chance.below(100)) {
        (VisitKind::Urgent, _) => 1,
        (_, 0..45) => 0,
        (_, 45..85) => 1,
        _ => 2,
    };
    (0..count)
        .map(|_| {
            let wants = &words.wants[chance.below(words.wants.len() as u32) as usize];
            let texts = if household.in_arabic { wants.arabic } else { wants.french };
            let urgency = match (kind, chance.below(10)) {
                (VisitKind::Urgent, _) | (_, 0) => Urgency::High,
                (_, 1..6) => Urgency::Medium,
                _ => Urgency::Low,
            };
            Need { category: wants.category, urgency, text: pick(texts, chance).to_owned(), status: "open" }
        })
        .collect()
}

/// Year, month and day of a day counted from 1 January 1970 (proleptic Gregorian).
pub(super) fn civil_date(day: u32) -> (u32, u32, u32) {
    // Counted from 1 March of year 0, so that the leap day is the last of its year.
    let days = u64::from(day) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let date = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    ((year_of_era + era * 400) as u32 + u32::from(month <= 2), month as u32, date as u32)
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("household", &self.household)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Need").field("category", &self.category).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil_date(0), (1970, 1, 1));
        assert_eq!(civil_date(11_016), (2000, 2, 29));
        assert_eq!(civil_date(20_782), (2026, 11, 25));
        assert_eq!(civil_date(u32::MAX).0, 11_761_191);
    }
}
