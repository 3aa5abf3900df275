//! Forks: a clone or a restored backup writes on in the same log. Honest branches merge; two under one Start do not.

use khettara_core::store::held;
use khettara_records::verdict::{EntryState, Reason, Rulings};

use crate::station::{Station, feed, household, visit};

#[test]
fn a_cloned_tablet_and_its_original_both_keep_their_work_and_everybody_reads_the_same() {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    tablet.write(&visit(1, "saved, not cut, and in the backup too"));
    let mut clone = tablet.clone_with_seed(1, 99);
    tablet.write(&visit(1, "by the original"));
    clone.catch_up();
    clone.write(&visit(1, "by the clone"));
    clone.write(&household(2, ""));
    tablet.cut();
    clone.cut();
    let mut office = Station::new(2);
    office.hear(&tablet);
    let caught = office.hear(&clone);
    assert_eq!(caught.merged, 2, "the clone's own work; what both hold is no news");
    assert!(office.held_back().is_empty());
    tablet.hear(&clone);
    clone.hear(&tablet);
    assert_eq!(office.digest(), tablet.digest());
    assert_eq!(office.digest(), clone.digest());
    assert_eq!(office.replica.stats(&office.store, &[feed()]).unwrap().visits, 3);
    office.check_against_rules();

    let log = held::own_logs(&tablet.store, &feed()).unwrap()[0].log;
    let end = held::end_log(&tablet.store, &feed(), &log).unwrap().unwrap();
    tablet.commit(vec![end]);
    let saved = tablet.write(&visit(1, "in a log of its own"));
    assert_ne!(saved.log, log);
    tablet.cut();
    assert_eq!(office.hear(&tablet).merged, 1);
    assert_eq!(office.digest(), tablet.digest());
}

#[test]
fn a_tablet_with_a_forked_log_still_saves_before_anybody_told_it() {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    let mut clone = tablet.clone_with_seed(1, 99);
    clone.write(&visit(1, "by the clone"));
    clone.cut();
    tablet.write(&visit(1, "by the original"));
    tablet.cut();
    tablet.hear(&clone);
    tablet.write(&visit(1, "not told yet"));
    let caught = tablet.catch_up();
    assert_eq!(caught.merged, 1);
    assert_eq!(tablet.replica.stats(&tablet.store, &[feed()]).unwrap().visits, 3);
    assert!(tablet.held_back().is_empty());
}

/// Two processes that drew the same nonce: what no honest one does.
fn equivocators() -> (Station, Station) {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    let mut one = tablet.clone_with_seed(1, 50);
    let mut other = tablet.clone_with_seed(1, 50);
    one.write(&visit(1, "told to one"));
    other.write(&visit(1, "told to the other"));
    other.write(&household(3, ""));
    one.cut();
    other.cut();
    (one, other)
}

#[test]
fn two_branches_under_one_start_are_set_aside_alike_wherever_they_meet() {
    let (one, other) = equivocators();
    let mut offices = [Station::new(8), Station::new(9)];
    assert_eq!(offices[0].hear(&one).merged, 2, "nobody can know yet");
    offices[0].hear(&other);
    offices[1].hear(&other);
    offices[1].hear(&one);
    for office in &offices {
        let states: Vec<_> = office.held_back().into_iter().map(|entry| (entry.n, entry.state)).collect();
        let aside = EntryState::Quarantined(Reason::Equivocation);
        assert_eq!(states, [(4, aside), (4, aside), (5, aside)]);
        office.check_against_rules();
    }
    let [mut first, mut second] = offices;
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first.replica.stats(&first.store, &[feed()]).unwrap().visits, 0);

    let end = one.parcels().into_iter().max_by_key(|parcel| parcel.segment.body().last()).unwrap();
    let body = end.segment.body();
    let rulings =
        Rulings { chosen: [(body.log, body.last(), body.head)].into_iter().collect(), ..Rulings::default() };
    assert_eq!(first.catch_up_under(&rulings).merged, 1, "the branch that a person named goes on");
    let states: Vec<_> = first.held_back().into_iter().map(|entry| entry.n).collect();
    assert_eq!(states, [4, 5]);
    second.catch_up_under(&rulings);
    assert_eq!(first.digest(), second.digest());
}
