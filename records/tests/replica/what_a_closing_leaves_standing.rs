//! A closing: what its device had written and headquarters held stands, what honest colleagues built on stands, what a
//! person releases stands. The rest is kept aside, everywhere alike, in whatever order it comes.

use khettara_core::id::ChangeHash;
use khettara_core::identity::Mode;
use khettara_core::log::{Entry, Written};
use khettara_core::store::held;
use khettara_records::replica::Stats;
use khettara_records::verdict::{EntryState, Reason, Waiting};

use crate::law::{Law, Point, release};
use crate::station::{Parcel, Station, feed, household, orders, visit};

const CLOSED: EntryState = EntryState::Quarantined(Reason::Closed);

/// Where a station's own log ends now.
fn end(station: &Station) -> Point {
    let own = held::own_logs(&station.store, &feed()).unwrap().pop().unwrap();
    (own.log, own.n, own.head)
}

fn stats(station: &Station) -> Stats {
    station.replica.stats(&station.store, &[feed()]).unwrap()
}

fn states(station: &Station) -> Vec<(u64, EntryState)> {
    station.held_back().into_iter().map(|entry| (entry.n, entry.state)).collect()
}

/// A worker who registered a family, which headquarters holds, and then visited it twice.
struct Story {
    worker: Station,
    kept: Point,
    hashes: Vec<ChangeHash>,
    law: Law,
}

impl Story {
    fn new() -> Self {
        let mut worker = Station::new(1);
        worker.write(&household(1, ""));
        worker.cut();
        let kept = end(&worker);
        let mut hashes = vec![worker.write(&visit(1, "one")).hash];
        worker.cut();
        hashes.push(worker.write(&visit(1, "two")).hash);
        worker.cut();
        Self { worker, kept, hashes, law: Law::new() }
    }

    fn closed(mode: Mode) -> Self {
        let mut story = Self::new();
        story.law.close(mode, &[story.worker.device()], &[story.kept]);
        story
    }

    /// Headquarters, having heard these.
    fn office(&self, heard: &[&Station]) -> Station {
        let mut office = Station::new(9);
        office.take_all(&self.worker.parcels());
        heard.iter().for_each(|station| office.take_all(&station.parcels()));
        self.judges(&mut office);
        office
    }

    fn judges(&self, office: &mut Station) {
        let roster = self.law.roster();
        office.catch_up_by(&roster);
        office.check_against(Some(&roster));
    }
}

/// A release in a station's own log.
fn writes_release(station: &mut Station, lines: &[Point], changes: &[ChangeHash]) {
    let (item, bytes) = release(&station.signing, lines, changes).encode();
    let written = Written::plain(&Entry::Roster { item, version: 1, bytes }).unwrap();
    let slot = station.pen.slot(&station.store, &feed()).unwrap();
    let group = station.pen.save(slot, &written).unwrap();
    station.commit(vec![group]);
    station.cut();
}

#[test]
fn a_cut_leaves_what_was_held_and_sets_the_rest_aside() {
    let story = Story::closed(Mode::CUT);
    let mut office = story.office(&[]);
    assert_eq!(states(&office), [(3, CLOSED), (4, CLOSED)]);
    assert_eq!((stats(&office).households, stats(&office).visits), (1, 0));

    let mut before = Station::new(8);
    before.take_all(&story.worker.parcels());
    before.catch_up_by(&Law::new().roster());
    assert_eq!(stats(&before).visits, 2, "nobody had heard");
    story.judges(&mut before);
    assert_eq!(before.digest(), office.digest(), "documents are rebuilt when a closing arrives");

    let mut author = story.worker;
    author.catch_up_by(&story.law.roster());
    assert_eq!(author.digest(), office.digest(), "its author goes on from what is accepted");
    author.write(&visit(1, "three"));
    author.catch_up_by(&story.law.roster());
    assert_eq!(author.digest(), office.digest(), "what a closed tablet writes on is kept aside on it too");
    assert_eq!(states(&author).len(), 4, "a new actor begins: {:?}", states(&author));
}

#[test]
fn nothing_kept_leaves_nothing_and_a_log_that_comes_later_is_touched_too() {
    let mut story = Story::new();
    story.law.close(Mode::CUT, &[story.worker.device()], &[]);
    let mut office = story.office(&[]);
    assert_eq!((states(&office).len(), stats(&office).households), (4, 0));
    // The same device, in a log that nobody had seen: no fresh log escapes.
    let mut fresh = Station::over(1, 77, khettara_core::store::MemoryStore::new());
    fresh.learn_key(1);
    fresh.write(&household(2, ""));
    fresh.cut();
    office.take_all(&fresh.parcels());
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).households), (6, 0));
}

#[test]
fn a_drain_leaves_what_was_written_before_it_was_heard() {
    let mut worker = Station::new(1);
    let mut law = Law::new();
    law.pass();
    let position = law.next_position();
    worker.write(&household(1, ""));
    worker.cut_seeing(position - 1);
    worker.write(&visit(1, "before it heard"));
    worker.cut_seeing(position - 1);
    law.close(Mode::DRAIN, &[worker.device()], &[]);
    worker.write(&visit(1, "after it heard"));
    worker.cut_seeing(position);
    let story = Story { kept: end(&worker), worker, hashes: Vec::new(), law };
    let office = story.office(&[]);
    assert_eq!(states(&office), [(4, CLOSED)]);
    assert_eq!(stats(&office).visits, 1);
}

#[test]
fn a_drain_that_came_alone_waits_for_its_place_in_the_roster() {
    let mut story = Story::new();
    story.law.close_alone(Mode::DRAIN, &[story.worker.device()], &[story.kept]);
    let mut office = story.office(&[]);
    let waits = EntryState::Waiting(Waiting::Roster);
    assert_eq!(states(&office), [(3, waits), (4, waits)]);
    assert_eq!((stats(&office).households, stats(&office).visits), (1, 0), "what it keeps stands at once");
    story.law.close(Mode::DRAIN, &[story.worker.device()], &[story.kept]);
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (0, 2), "it was written before");
}

#[test]
fn what_an_honest_colleague_built_on_stands() {
    let mut story = Story::closed(Mode::CUT);
    let mut colleague = Station::new(2);
    let first = story.worker.parcels().into_iter().filter(|parcel| parcel.segment.body().last() <= 3);
    colleague.take_all(&first.collect::<Vec<Parcel>>());
    colleague.catch_up();
    colleague.write(&visit(1, "he had told me"));
    colleague.cut();
    let mut office = story.office(&[]);
    assert_eq!(stats(&office).visits, 0);
    office.take_all(&colleague.parcels());
    story.judges(&mut office);
    assert_eq!(states(&office), [(4, CLOSED)], "only what nobody had built on is aside");
    assert_eq!(stats(&office).visits, 2);

    // A colleague whom the same closing names lends it nothing.
    story.law = Law::new();
    let both = [story.worker.device(), colleague.device()];
    story.law.close(Mode::CUT, &both, &[story.kept, end(&colleague)]);
    story.judges(&mut office);
    let colleagues = EntryState::Waiting(Waiting::Ancestor);
    let mut found = states(&office);
    found.sort_unstable();
    assert_eq!(found, [(2, colleagues), (3, CLOSED), (4, CLOSED)]);
    assert_eq!(stats(&office).visits, 0);
}

#[test]
fn headquarters_releases_a_line_or_one_change() {
    let mut story = Story::closed(Mode::CUT);
    let mut office = story.office(&[]);
    story.law.release(&[], &[story.hashes[1]]);
    story.judges(&mut office);
    let waits = EntryState::Waiting(Waiting::Ancestor);
    assert_eq!(states(&office), [(3, CLOSED), (4, waits)], "it stands, and waits for what it builds on");
    story.law.release(&[], &[story.hashes[0]]);
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (0, 2));

    let mut story = Story::closed(Mode::CUT);
    let mut office = story.office(&[]);
    story.law.release(&[end(&story.worker)], &[]);
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (0, 2));
    let mut unheard = Station::new(8);
    unheard.take_all(&story.worker.parcels());
    unheard.catch_up();
    assert_eq!(office.digest(), unheard.digest());
}

#[test]
fn a_supervisor_releases_in_his_own_log_and_a_worker_does_not() {
    let mut story = Story::closed(Mode::CUT);
    let (mut supervisor, mut colleague) = (Station::new(3), Station::new(4));
    story.law.supervises(3, supervisor.device());
    writes_release(&mut colleague, &[end(&story.worker)], &[]);
    let mut office = story.office(&[&colleague]);
    assert_eq!(states(&office), [(3, CLOSED), (4, CLOSED)], "a worker's word frees nothing");
    writes_release(&mut supervisor, &[end(&story.worker)], &[]);
    office.take_all(&supervisor.parcels());
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (0, 2));
    assert_eq!(office.digest(), story.office(&[&supervisor]).digest(), "whichever comes first");
}

#[test]
fn a_closed_device_frees_nothing_of_its_own_and_a_closed_supervisors_word_counts_only_where_it_stands() {
    let mut story = Story::closed(Mode::CUT);
    story.law.supervises(1, story.worker.device());
    let line = end(&story.worker);
    writes_release(&mut story.worker, &[line], &story.hashes);
    let office = story.office(&[]);
    assert_eq!(states(&office), [(3, CLOSED), (4, CLOSED), (5, CLOSED)], "never its own");

    let mut supervisor = Station::new(3);
    story.law.supervises(3, supervisor.device());
    writes_release(&mut supervisor, &[line], &[]);
    story.law.close(Mode::CUT, &[supervisor.device()], &[]);
    let mut office = story.office(&[&supervisor]);
    assert_eq!(stats(&office).visits, 0, "his release is kept aside itself");
    story.law.release(&[end(&supervisor)], &[]);
    story.judges(&mut office);
    assert_eq!(stats(&office).visits, 2, "where it stands, it counts");
    let left: Vec<_> = states(&office);
    assert_eq!(left, [(5, CLOSED)], "the worker's own release was above the line");
}

#[test]
fn a_keep_names_one_of_two_branches() {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    let (mut one, mut other) = (tablet.clone_with_seed(1, 50), tablet.clone_with_seed(1, 60));
    one.write(&visit(1, "one"));
    other.write(&visit(1, "other"));
    one.cut();
    other.cut();
    let mut law = Law::new();
    law.close(Mode::CUT, &[tablet.device()], &[end(&one)]);
    let story = Story { kept: end(&one), worker: one, hashes: Vec::new(), law };
    let office = story.office(&[&other]);
    assert_eq!(states(&office), [(3, CLOSED), (4, CLOSED)], "the clone's Start and its visit");
    assert_eq!(stats(&office).visits, 1);
}

/// Two under one Start, of which a release names one.
#[test]
fn of_two_branches_under_one_start_the_released_one_goes_on() {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    let (mut one, mut other) = (tablet.clone_with_seed(1, 50), tablet.clone_with_seed(1, 50));
    one.write(&visit(1, "one"));
    other.write(&visit(1, "other"));
    one.cut();
    other.cut();
    let (line, doubted) = (end(&one), end(&other));
    let mut story = Story { kept: line, worker: one, hashes: Vec::new(), law: Law::new() };
    let mut office = story.office(&[&other]);
    assert_eq!(stats(&office).visits, 0);
    let mut supervisor = Station::new(3);
    story.law.supervises(3, supervisor.device());
    writes_release(&mut supervisor, &[line], &[]);
    office.take_all(&supervisor.parcels());
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (1, 1));
    story.law.release(&[doubted], &[]);
    story.judges(&mut office);
    assert_eq!((states(&office).len(), stats(&office).visits), (2, 0), "two named are as none");
}

#[test]
fn whatever_comes_first_the_verdicts_are_the_same() {
    let mut story = Story::new();
    let mut colleague = Station::new(2);
    colleague.take_all(&story.worker.parcels()[..2]);
    colleague.catch_up();
    colleague.write(&visit(1, "he had told me"));
    colleague.write(&household(2, ""));
    colleague.cut();
    let mut supervisor = Station::new(3);
    story.worker.write(&household(3, ""));
    story.worker.cut();
    writes_release(&mut supervisor, &[], &[story.hashes[1]]);
    let mut laws = vec![story.law.roster()];
    story.law.supervises(3, supervisor.device());
    laws.push(story.law.roster());
    story.law.close(Mode::CUT, &[story.worker.device()], &[story.kept]);
    laws.push(story.law.roster());
    let mut parcels = story.worker.parcels();
    parcels.extend(
        colleague.parcels().into_iter().filter(|parcel| parcel.descriptor.device == colleague.device()),
    );
    parcels.extend(supervisor.parcels());
    let mut expected = None;
    for seed in 0..orders(40) {
        let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = |limit: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(dice >> 33).unwrap() % limit
        };
        let mut left = parcels.clone();
        for place in (1..left.len()).rev() {
            left.swap(place, below(place + 1));
        }
        let mut office = Station::new(9);
        let mut law = 0;
        while !left.is_empty() || law + 1 < laws.len() {
            left.retain(|parcel| below(3) > 0 || !office.take(parcel));
            law = (law + usize::from(below(3) == 0)).min(laws.len() - 1);
            if below(2) == 0 {
                office.catch_up_by(&laws[law]);
            }
        }
        office.catch_up_by(&laws[law]);
        office.check_against(Some(&laws[law]));
        let found = (office.digest(), office.held_back());
        match &expected {
            None => expected = Some(found),
            Some(expected) => assert_eq!(&found, expected, "order {seed}"),
        }
    }
    let (_, states) = expected.unwrap();
    let aside: Vec<_> = states.iter().map(|entry| (entry.n, entry.state)).collect();
    assert_eq!(aside, [(5, CLOSED)], "one was built on, one released: {aside:?}");
}

#[test]
fn a_closing_that_sets_nothing_aside_reads_nothing_again() {
    let mut story = Story::new();
    let mut office = story.office(&[]);
    story.law.close(Mode::CUT, &[Station::new(44).device()], &[]);
    let caught = office.catch_up_by(&story.law.roster());
    assert_eq!((caught.merged, caught.touched.len()), (0, 0), "another device is closed");
    story.law.close(Mode::CUT, &[story.worker.device()], &[end(&story.worker)]);
    let caught = office.catch_up_by(&story.law.roster());
    assert_eq!((caught.merged, caught.touched.len()), (0, 0), "all of it is kept");
    assert_eq!(stats(&office).visits, 2);
    story.law.close(Mode::CUT, &[story.worker.device()], &[story.kept]);
    let caught = office.catch_up_by(&story.law.roster());
    assert_eq!((caught.quarantined, caught.touched.len()), (2, 1), "some of it is not");
}
