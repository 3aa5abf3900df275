//! A segment may point at an entry before it. Where that cannot be read, it waits as one, and its neighbours do not.

use khettara_core::log::{Codec, Cutter, Dictionaries, Named, Slim};
use khettara_core::store::held;
use khettara_records::content::SlimChanges;
use khettara_records::verdict::{EntryState, Rulings, Waiting};

use crate::station::{OnlySlim, Station, cutter, feed, household, key, visit};

/// The slim form, and a dictionary of a later release.
struct Later(Vec<u8>);

impl Dictionaries for Later {
    fn dictionary(&self, number: u32) -> Option<&[u8]> {
        (number == 9).then_some(&self.0)
    }
    fn slim(&self) -> Option<&dyn Slim> {
        Some(&SlimChanges)
    }
}

fn later() -> Later {
    Later(b"household visit commune status sedentary ".repeat(8))
}

/// Cuts what is pending with the later dictionary.
fn cut_later(tablet: &mut Station) {
    let (feed_key, later, signing) = (key(1), later(), tablet.signing.clone());
    let parameters = |log| Cutter {
        codec: Codec::Slim { dictionary: 9 },
        dictionaries: &later,
        ..cutter(&signing, log, Some(&feed_key))
    };
    let groups = held::cut_pending(&tablet.store, &feed(), &Named::default(), &parameters).unwrap();
    tablet.commit(groups);
}

#[test]
fn a_visit_that_points_at_a_family_of_a_later_dictionary_waits_for_it_and_comes_with_it() {
    let (mut tablet, mut office) = (Station::new(1), Station::new(2));
    tablet.write(&household(1, ""));
    cut_later(&mut tablet);
    tablet.write(&visit(1, "points at the family"));
    tablet.cut();
    tablet.write(&household(2, ""));
    tablet.cut();
    let caught = office.hear(&tablet);
    assert_eq!(
        (caught.merged, caught.waiting),
        (1, 3),
        "Start and family, then the visit; the other family is read"
    );
    let states: Vec<EntryState> = office.held_back().into_iter().map(|entry| entry.state).collect();
    let waits = |what| EntryState::Waiting(what);
    assert_eq!(states, [waits(Waiting::Software), waits(Waiting::Ancestor)]);
    office.check_against_rules();
    assert_eq!(office.catch_up(), Default::default(), "nothing is new");
    let rulings = Rulings::default();
    let read = office.replica.catch_up(&mut office.store, &[feed()], &later(), &rulings).unwrap();
    assert_eq!((read.merged, read.visits), (2, 1));
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
}

#[test]
fn what_a_segment_points_at_is_found_over_many_segments_and_after_everything_derived_was_lost() {
    let (mut tablet, mut office) = (Station::new(1), Station::new(2));
    for family in 1..=3 {
        tablet.write(&household(family, ""));
        tablet.cut();
    }
    for round in 0..4 {
        for family in 1..=3 {
            tablet.write(&visit(family, &format!("round {round}")));
            tablet.cut();
            office.hear(&tablet);
            office.check_against_rules();
        }
    }
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
    let mut fresh = Station::new(3);
    assert_eq!(fresh.hear(&tablet).merged, 15, "all at once");
    assert_eq!(fresh.digest(), tablet.digest());
}

#[test]
fn an_entry_under_an_older_key_is_not_pointed_at() {
    let (mut tablet, mut office) = (Station::new(1), Station::without_key(2));
    tablet.write(&household(1, ""));
    tablet.cut();
    tablet.write(&visit(1, "under the next key"));
    tablet.learn_key(2);
    tablet.cut_with(2);
    office.learn_key(2);
    office.hear(&tablet);
    let states: Vec<_> =
        office.held_back().into_iter().map(|entry| (entry.document.is_none(), entry.state)).collect();
    let waits = |what| EntryState::Waiting(what);
    assert_eq!(
        states,
        [(true, waits(Waiting::Key)), (false, waits(Waiting::Ancestor))],
        "the unit is read; its change waits for the family's"
    );
    office.learn_key(1);
    let read = office.replica.catch_up(&mut office.store, &[feed()], &OnlySlim, &Rulings::default()).unwrap();
    assert_eq!(read.merged, 2);
}
