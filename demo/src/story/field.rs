//! A day in the field: families registered, visits, and two workers in one household.

use khettara_core::id::Feed;
use khettara_device::ImportEvent;
use uuid::Uuid;

use crate::options::StoryOptions;
use crate::province::{Chance, household_line, visit_line};
use crate::story::StoryError;
use crate::story::cast::{Cast, Tablet, feed_of, of_tablet};

/// The first day of the story, counted from 1970-01-01: 2026-11-02, a Monday.
pub(super) const FIRST_DAY: u32 = 20_759;

/// The lines a worker enters on one day: the families she registers, each with a first visit, and visits to
/// families that she knows.
pub(super) fn day(
    cast: &Cast,
    tablet: &Tablet,
    day: u32,
    options: &StoryOptions,
) -> Result<String, StoryError> {
    let mut lines = String::new();
    let mut new = 0u64;
    for place in &tablet.communes {
        for index in register_today(cast, tablet, *place, day, options) {
            let Some(household) = cast.generator.household(*place, index) else { continue };
            let reference = household.reference();
            push(&mut lines, &household_line(&household, &reference));
            push(&mut lines, &visit_line(&cast.generator.visit(&household, FIRST_DAY + day), &reference));
            new += 1;
        }
    }
    let mut chance = Chance::keyed(&[options.seed, 7, tablet.number as u64, u64::from(day)]);
    for (feed, household) in known_households(cast, tablet, new, &mut chance)? {
        let Some(family) = any_family(cast, &feed, &mut chance) else { continue };
        push(
            &mut lines,
            &visit_line(&cast.generator.visit(&family, FIRST_DAY + day), &household.to_string()),
        );
    }
    Ok(lines)
}

fn push(lines: &mut String, line: &str) {
    lines.push_str(line);
    lines.push('\n');
}

/// Of a commune's households, each of its two tablets registers every other one, spread over the days.
fn register_today(
    cast: &Cast,
    tablet: &Tablet,
    place: usize,
    day: u32,
    options: &StoryOptions,
) -> impl Iterator<Item = u32> {
    let first = cast.tablets.iter().position(|other| other.communes.contains(&place));
    let turn = u32::from(first != Some(tablet.number - 1));
    let days = u32::from(options.days);
    (0..cast.generator.count(place)).filter(move |index| index % 2 == turn && (index / 2) % days == day)
}

/// About as many households to visit again as were registered, among those she has on her tablet.
fn known_households(
    cast: &Cast,
    tablet: &Tablet,
    new: u64,
    chance: &mut Chance,
) -> Result<Vec<(Feed, Uuid)>, StoryError> {
    let mut known = Vec::new();
    for place in &tablet.communes {
        let feed = feed_of(&cast.province, *place)?;
        known.extend(households(tablet, &feed)?.into_iter().map(|id| (feed.clone(), id)));
    }
    let again = new.min(known.len() as u64);
    Ok((0..again).filter_map(|_| pick(&known, chance).cloned()).collect())
}

/// The first households of a feed that are on a tablet, by id.
pub(super) fn households(tablet: &Tablet, feed: &Feed) -> Result<Vec<Uuid>, StoryError> {
    let from = (feed.clone(), Uuid::nil());
    let page =
        tablet.device.households(Some(&from), 200).map_err(|error| of_tablet(tablet.number, &error))?;
    let here = page.into_iter().take_while(|listed| listed.feed == *feed);
    Ok(here.map(|listed| Uuid::from_bytes(listed.row.document.0)).collect())
}

/// What is said at a visit is invented for a family of the same commune.
fn any_family(cast: &Cast, feed: &Feed, chance: &mut Chance) -> Option<crate::province::Household> {
    let place = cast.province.communes.iter().position(|commune| commune.code == feed.as_str())?;
    cast.generator.household(place, chance.below(cast.generator.count(place)))
}

pub(super) fn pick<'a, T>(list: &'a [T], chance: &mut Chance) -> Option<&'a T> {
    let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
    if count == 0 { None } else { list.get(chance.below(count) as usize) }
}

/// Two workers who do not meet write another answer to one question about one family.
pub(super) struct Disagreement {
    /// Place of each tablet in the cast, and the line it enters.
    pub(super) lines: [(usize, String); 2],
}

/// One family in a few communes that both of its tablets know: each is given another number to call it by.
pub(super) fn disagreements(
    cast: &Cast,
    day: u32,
    options: &StoryOptions,
) -> Result<Vec<Disagreement>, StoryError> {
    let mut chance = Chance::keyed(&[options.seed, 8, u64::from(day)]);
    let mut found = Vec::new();
    for (place, _) in cast.province.communes.iter().enumerate() {
        let feed = feed_of(&cast.province, place)?;
        let both: Vec<usize> =
            (0..cast.tablets.len()).filter(|at| cast.tablets[*at].communes.contains(&place)).collect();
        let (Some(one), Some(two)) = (both.first(), both.get(1)) else { continue };
        if !chance.percent(15) {
            continue;
        }
        let theirs = households(&cast.tablets[*two], &feed)?;
        let shared: Vec<Uuid> = households(&cast.tablets[*one], &feed)?
            .into_iter()
            .filter(|household| theirs.contains(household))
            .collect();
        let Some(family) = pick(&shared, &mut chance).copied() else { continue };
        let mut line = || {
            let phone = 10_000_000 + chance.below(89_999_999);
            format!(
                "{{\"record\":\"household\",\"id\":\"{family}\",\"commune\":\"{feed}\",\"phone\":\"+2126{phone}\"}}\n"
            )
        };
        found.push(Disagreement { lines: [(*one, line()), (*two, line())] });
    }
    Ok(found)
}

/// Enters lines on a tablet. Every one of them must be taken: they were invented to be good.
pub(super) fn enter(tablet: &Tablet, lines: &str, tell: &mut dyn FnMut(u64)) -> Result<(), StoryError> {
    let mut visits = 0;
    let mut refused = None;
    let mut on = |event: ImportEvent<'_>| match event {
        ImportEvent::Progress(so_far) => {
            tell(so_far.visits - visits);
            visits = so_far.visits;
        }
        ImportEvent::Refused(line) => refused = refused.take().or_else(|| Some(line.to_string())),
        ImportEvent::Saved(_) => {}
    };
    let report =
        tablet.device.import(lines.as_bytes(), &mut on).map_err(|error| of_tablet(tablet.number, &error))?;
    tell(report.visits - visits);
    match refused {
        None => Ok(()),
        Some(sentence) => Err(StoryError::Tablet { serial: tablet.number, sentence }),
    }
}
