//! Two branches under one Start: no honest device writes them, and they get one verdict everywhere.

use khettara_records::verdict::{EntryState, Reason, Rulings};

use crate::station::{Station, feed, household, visit};

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
