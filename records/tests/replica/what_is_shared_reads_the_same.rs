//! Sharing: two tablets and an office, in the order in which people meet.

use khettara_core::id::DocumentId;
use khettara_core::log::{Codec, Cutter, Dictionaries, Named, NoDictionaries};
use khettara_core::store::held;
use khettara_records::verdict::{EntryState, Rulings, Waiting};

use crate::station::{Station, cutter, feed, household, key, uuid, visit};

fn document(number: u8) -> DocumentId {
    DocumentId(*uuid::Uuid::parse_str(&uuid(number)).unwrap().as_bytes())
}

#[test]
fn what_is_cut_here_and_held_there_reads_the_same() {
    let (mut tablet, mut office) = (Station::new(1), Station::new(2));
    tablet.write(&household(1, r#""water":"well""#));
    tablet.write(&household(2, ""));
    tablet.write(&visit(1, "first"));
    tablet.cut();
    let caught = office.hear(&tablet);
    assert_eq!((caught.merged, caught.visits, caught.waiting, caught.quarantined), (3, 1, 0, 0));
    assert_eq!(caught.touched.len(), 2);
    assert_eq!(office.digest(), tablet.digest());
    assert_eq!(office.catch_up(), Default::default(), "nothing is new");
    let rows = office.replica.rows(&office.store, &feed(), None, 10).unwrap();
    assert_eq!(rows.len(), 2);
    let next = office.replica.rows(&office.store, &feed(), Some(rows[0].document), 10).unwrap();
    assert_eq!(next, rows[1..]);
    let view = office.replica.household(&office.store, &feed(), &document(1)).unwrap().unwrap();
    assert_eq!(view.household.water.as_deref(), Some("well"));
    assert_eq!(office.replica.household(&office.store, &feed(), &document(9)).unwrap(), None);
    office.check_against_rules();
}

#[test]
fn both_sides_are_shown_with_their_authors_and_a_decision_reaches_everybody() {
    let (mut left, mut right) = (Station::new(1), Station::new(2));
    left.write(&household(1, ""));
    left.cut();
    right.hear(&left);
    left.write(&household(1, r#""water":"well""#));
    right.write(&household(1, r#""water":"fountain""#));
    left.cut();
    right.cut();
    left.hear(&right);
    right.hear(&left);
    assert_eq!(left.digest(), right.digest());
    let found = left.replica.all_conflicts(&left.store, &feed()).unwrap();
    assert_eq!(found.len(), 1);
    let authors: Vec<_> = found[0]
        .sides
        .iter()
        .map(|side| {
            let author = left.replica.author(&left.store, &feed(), &side.actor).unwrap().unwrap();
            (side.text.clone(), author.device)
        })
        .collect();
    assert!(authors.contains(&("well".into(), left.device())), "{authors:?}");
    assert!(authors.contains(&("fountain".into(), right.device())), "{authors:?}");
    assert_eq!(left.replica.stats(&left.store, &[feed()]).unwrap().conflicts, 1);
    let decision = found[0].keep(0).unwrap();
    let saved = left.replica.record(&mut left.store, &mut left.pen, &feed(), std::slice::from_ref(&decision));
    assert!(saved.unwrap()[0].is_ok());
    left.cut();
    right.hear(&left);
    assert_eq!(right.replica.conflicts(&right.store, &feed(), &document(1)).unwrap(), []);
    assert_eq!(left.digest(), right.digest());
}

#[test]
fn a_change_waits_for_what_it_builds_on_and_goes_on_when_that_arrives() {
    let (mut first, mut second, mut office) = (Station::new(1), Station::new(2), Station::new(3));
    first.write(&household(1, ""));
    first.write(&household(2, ""));
    first.cut();
    second.hear(&first);
    second.write(&visit(1, "heard of it from a colleague"));
    second.write(&visit(1, "and again"));
    second.write(&household(5, ""));
    second.cut();
    let own: Vec<_> =
        second.parcels().into_iter().filter(|parcel| parcel.descriptor.device == second.device()).collect();
    office.take_all(&own);
    let caught = office.catch_up();
    assert_eq!((caught.merged, caught.waiting), (1, 2), "the unrelated household does not wait");
    let states: Vec<_> = office.held_back().into_iter().map(|one| (one.n, one.state, one.document)).collect();
    let waits = EntryState::Waiting(Waiting::Ancestor);
    assert_eq!(states, [(2, waits, Some(document(1))), (3, waits, Some(document(1)))]);
    office.check_against_rules();
    let caught = office.hear(&first);
    assert_eq!((caught.merged, caught.visits), (4, 2));
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), second.digest());
    office.check_against_rules();
}

#[test]
fn what_is_sealed_with_a_missing_key_waits_and_is_read_when_the_key_arrives() {
    let (mut tablet, mut office) = (Station::new(1), Station::without_key(2));
    tablet.write(&household(1, ""));
    tablet.write(&visit(1, "one"));
    tablet.cut();
    let caught = office.hear(&tablet);
    assert_eq!((caught.merged, caught.waiting), (0, 3));
    let held = office.held_back();
    assert_eq!((held.len(), held[0].n, held[0].count), (1, 1, 3));
    assert_eq!(held[0].state, EntryState::Waiting(Waiting::Key));
    office.check_against_rules();
    office.learn_key(1);
    let caught = office.catch_up();
    assert_eq!((caught.merged, caught.visits), (2, 1));
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
    tablet.learn_key(2);
    tablet.write(&visit(1, "under the second key"));
    tablet.cut_with(2);
    office.hear(&tablet);
    tablet.write(&visit(1, "under the first again"));
    tablet.cut_with(1);
    let caught = office.hear(&tablet);
    assert_eq!((caught.merged, caught.waiting), (0, 1), "it stands on what cannot be read yet");
    office.check_against_rules();
    office.learn_key(2);
    assert_eq!(office.catch_up().merged, 2);
    assert_eq!(office.digest(), tablet.digest());
}

/// One dictionary of a later release.
struct Later(Vec<u8>);

impl Dictionaries for Later {
    fn dictionary(&self, number: u32) -> Option<&[u8]> {
        (number == 9).then_some(&self.0)
    }
}

#[test]
fn content_of_a_later_dictionary_waits_for_software_and_is_read_by_it() {
    let (mut tablet, mut office) = (Station::new(1), Station::new(2));
    tablet.write(&household(1, ""));
    let later = Later(b"household visit commune status sedentary ".repeat(8));
    let feed_key = key(1);
    let signing = tablet.signing.clone();
    let parameters = |log| Cutter {
        codec: Codec::Zstd { dictionary: 9 },
        dictionaries: &later,
        ..cutter(&signing, log, Some(&feed_key))
    };
    let groups = held::cut_pending(&tablet.store, &feed(), &Named::default(), &parameters).unwrap();
    tablet.commit(groups);
    let caught = office.hear(&tablet);
    assert_eq!((caught.merged, caught.waiting), (0, 2));
    assert_eq!(office.held_back()[0].state, EntryState::Waiting(Waiting::Software));
    office.check_against_rules();
    let rulings = Rulings::default();
    let again = office.replica.catch_up(&mut office.store, &[feed()], &NoDictionaries, &rulings).unwrap();
    assert_eq!(again.merged, 0);
    let read = office.replica.catch_up(&mut office.store, &[feed()], &later, &rulings).unwrap();
    assert_eq!(read.merged, 1);
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
}
