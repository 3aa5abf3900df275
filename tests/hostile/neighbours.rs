//! Neighbours: hostile changes strewn among honest ones, in one log and in others, lose nobody else's work.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{ActorId, DocumentId, LogId};
use khettara_core::log::Written;
use khettara_records::model::HouseholdDocument;
use khettara_records::verdict::{EntryState, Reason};

use crate::dice::Dice;
use crate::ground::Ground;
use crate::sketch::Stand;
use crate::station::{Forger, Parcel, Station, cutter, feed, form, household, key, uuid, visit};
use crate::trial::{broken, name};
use crate::{alone, setting};

/// Families that are written about. Of the last ones only the honest write.
const FAMILIES: u8 = 8;
const LEFT_ALONE_FROM: u8 = 7;
/// Hostile changes of one story at most: each goes with a Start of its own.
const HOSTILE_MAX: usize = 60;

/// A log that is being written, and what it is to become.
struct Author {
    forger: Forger,
    items: Vec<Written>,
    nonce: u8,
}

impl Author {
    fn new(number: u8) -> Self {
        let mut author = Self { forger: Forger::new(number), items: Vec::new(), nonce: 0 };
        author.start();
        author
    }

    fn start(&mut self) {
        self.nonce += 1;
        self.items.push(Forger::start(self.nonce));
    }

    fn actor(&self) -> ActorId {
        self.forger.actor(self.nonce)
    }

    /// Position of the entry that comes next.
    fn position(&self) -> u64 {
        self.items.len() as u64 + 1
    }

    /// Its segments, cut after every few entries.
    fn parcels(mut self, dice: &mut Dice) -> Vec<Parcel> {
        let (mut parcels, mut rest) = (Vec::new(), &self.items[..]);
        let key = key(1);
        while !rest.is_empty() {
            let (some, after) = rest.split_at(rest.len().min(1 + dice.below(12)));
            let cutter = cutter(&self.forger.signing, self.forger.log, Some(&key));
            let (segments, tip) = cutter.cut(self.forger.tip, some).unwrap();
            self.forger.tip = tip;
            rest = after;
            let descriptor = &self.forger.descriptor;
            parcels.extend(
                segments.into_iter().map(|segment| Parcel { segment, descriptor: descriptor.clone() }),
            );
        }
        parcels
    }
}

/// What was written, by whom.
struct Story {
    honest: [Author; 2],
    hostile: Author,
    families: Vec<(HouseholdDocument, Ground)>,
    /// Where honest changes stand.
    honest_places: BTreeSet<(LogId, u64)>,
    strewn: u64,
}

impl Story {
    fn new() -> Self {
        let id = |number| DocumentId(*uuid::Uuid::parse_str(&uuid(number)).unwrap().as_bytes());
        let family = |number| (HouseholdDocument::new(id(number)), Ground::default());
        Self {
            honest: [Author::new(1), Author::new(2)],
            hostile: Author::new(3),
            families: (0..FAMILIES).map(family).collect(),
            honest_places: BTreeSet::new(),
            strewn: 0,
        }
    }

    /// An honest change; the hostile device writes such ones as well, on what is honest.
    fn write(&mut self, who: usize, number: u8, line: &str) {
        let author = self.honest.get_mut(who).unwrap_or(&mut self.hostile);
        let (document, ground) = &mut self.families[usize::from(number)];
        let (actor, position) = (author.actor(), author.position());
        let Ok(recorded) = document.record(actor, position, &form(line)) else { return };
        ground.know(document);
        author.items.push(Written::change(&document.id(), &recorded.chunk));
        self.honest_places.insert((author.forger.log, position));
        if who == 2 {
            // Its next change comes from another process, so that none of its own builds on a hostile one.
            author.start();
        }
    }

    /// A hostile change of a family, by a process of its own or under another's name.
    fn strew(&mut self, dice: &mut Dice) {
        if usize::from(self.hostile.nonce) > HOSTILE_MAX {
            return;
        }
        let number = dice.below(usize::from(LEFT_ALONE_FROM));
        let (document, ground) = &self.families[number];
        let mut stand = Stand::somewhere(ground, dice);
        if dice.below(6) > 0 {
            (stand.actor, stand.seq) = (self.hostile.actor().0, 1);
        }
        let sketch = crate::strange::strange(&stand, dice);
        let Some((chunk, _)) = broken(&stand, sketch, [0, 1, 1, 2][dice.below(4)], dice) else { return };
        // Content whose chunk has no name, or is too large for its segment, is nothing that could be strewn.
        if name(&chunk).is_none() || chunk.len() > 65_000 {
            return;
        }
        self.hostile.items.push(Written::change(&document.id(), &chunk));
        self.hostile.start();
        self.strewn += 1;
    }
}

/// Several days of three devices.
fn written(dice: &mut Dice) -> Story {
    let mut story = Story::new();
    for number in 0..FAMILIES {
        story.write(dice.below(2), number, &household(number, r#""water":"well""#));
        story.strew(dice);
    }
    for _ in 0..40 {
        let number = dice.below(usize::from(FAMILIES)) as u8;
        let who = if number >= LEFT_ALONE_FROM { dice.below(2) } else { dice.below(3) };
        let line = match dice.below(3) {
            0 => visit(number, &format!("note {}", dice.below(1_000))),
            1 => household(number, &format!(r#""note":"n{}""#, dice.below(1_000))),
            _ => household(number, r#""water":"fountain","electricity":true"#),
        };
        story.write(who, number, &line);
        for _ in 0..dice.below(4) {
            story.strew(dice);
        }
    }
    story
}

/// One order in which segments of several logs may come, each log's in its own.
fn mixed(mut logs: Vec<Vec<Parcel>>, dice: &mut Dice) -> Vec<Parcel> {
    logs.iter_mut().for_each(|log| log.reverse());
    let mut all = Vec::new();
    while let Some(next) = (!logs.is_empty()).then(|| dice.below(logs.len())) {
        match logs[next].pop() {
            Some(parcel) => all.push(parcel),
            None => drop(logs.remove(next)),
        }
    }
    all
}

/// Takes everything in, catching up now and then.
fn heard(name: u8, parcels: &[Parcel], dice: &mut Dice) -> Station {
    let mut office = Station::new(name);
    for parcel in parcels {
        assert!(office.take(parcel));
        if dice.below(4) == 0 {
            office.catch_up();
        }
    }
    office.catch_up();
    office
}

fn tell(seed: u64, states: &mut BTreeMap<EntryState, u64>) -> (u64, u64) {
    let mut dice = Dice(seed);
    let story = written(&mut dice);
    let (honest_places, strewn) = (story.honest_places.clone(), story.strewn);
    let [first, second] = story.honest.map(|author| author.parcels(&mut dice));
    let hostile = story.hostile.parcels(&mut dice);
    let logs = vec![first.clone(), second.clone(), hostile];
    let mut office = heard(11, &mixed(logs.clone(), &mut dice), &mut dice);
    let mut other = heard(12, &mixed(logs, &mut dice), &mut dice);

    let held_back = office.held_back();
    for one in &held_back {
        *states.entry(one.state).or_default() += u64::from(one.count);
        let run = one.n..one.n + u64::from(one.count);
        let lost = run.clone().any(|n| honest_places.contains(&(one.log, n)));
        assert!(!lost, "seed {seed}: an honest change at {run:?} is {}", one.state);
    }
    assert_eq!(office.digest(), other.digest(), "seed {seed}: in another order it is the same");
    assert_eq!(held_back, other.held_back(), "seed {seed}");
    office.check_against_rules();

    let mut quiet = Station::new(13);
    quiet.take_all(&mixed(vec![first, second], &mut dice));
    quiet.catch_up();
    for number in 0..FAMILIES {
        let id = story.families[usize::from(number)].0.id();
        let view = office.replica.household(&office.store, &feed(), &id).unwrap().unwrap();
        if number >= LEFT_ALONE_FROM {
            let alone = quiet.replica.household(&quiet.store, &feed(), &id).unwrap().unwrap();
            assert_eq!(
                format!("{view:?}"),
                format!("{alone:?}"),
                "seed {seed}: what was left alone is untouched"
            );
        }
        office.replica.conflicts(&office.store, &feed(), &id).unwrap();
    }
    (honest_places.len() as u64, strewn)
}

#[test]
fn every_honest_change_is_merged_whatever_stands_beside_it_in_its_log_its_document_and_its_day() {
    let _turn = alone();
    let (count, seed) = (setting("KHETTARA_NEIGHBOURS", 12), setting("KHETTARA_HOSTILE_SEED", 1));
    let (mut states, mut honest, mut strewn) = (BTreeMap::new(), 0, 0);
    for story in 0..count {
        let (merged, hostile) = tell(seed.wrapping_mul(1_000_003).wrapping_add(story), &mut states);
        honest += merged;
        strewn += hostile;
    }
    println!("{count} stories: {honest} honest changes, all merged; {strewn} hostile ones among them");
    states.iter().for_each(|(state, times)| println!("{times:>9}  {state}"));
    let times = |state| states.get(&state).copied().unwrap_or(0);
    assert!(honest >= count * 30 && strewn >= count * 30);
    assert!(times(EntryState::Quarantined(Reason::Airlock)) >= count * 5);
    assert!(times(EntryState::Quarantined(Reason::Actor)) >= count);
}
