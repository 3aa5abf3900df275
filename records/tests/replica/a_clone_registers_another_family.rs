//! A clone or a restored backup writes on in the same log: honest branches merge, and nothing is hidden.

use khettara_core::store::held;

use crate::station::{Station, feed, household, visit};

#[test]
fn a_clone_registers_another_family_at_the_same_position_and_there_are_two_families() {
    let mut tablet = Station::new(1);
    tablet.write(&household(1, ""));
    tablet.cut();
    let mut clone = tablet.clone_with_seed(1, 99);
    // No id in the form: it comes from who writes and where, and only who differs.
    let family = |name: &str| {
        format!(
            r#"{{"record":"household","commune":"08.201.11.07","status":"nomadic","members":[{{"name_latin":"{name}","sex":"male","relation":"head"}}]}}"#
        )
    };
    tablet.write(&visit(1, "by the original"));
    clone.catch_up();
    // The clone's process began later: its Start stands where the original's visit stands.
    let by_tablet = tablet.write(&family("Baha"));
    let by_clone = clone.write(&family("Moha"));
    assert_eq!((by_tablet.log, by_tablet.position), (by_clone.log, by_clone.position));
    assert_ne!(by_tablet.document, by_clone.document);
    tablet.cut();
    clone.cut();
    tablet.hear(&clone);
    clone.hear(&tablet);
    for station in [&tablet, &clone] {
        assert!(station.held_back().is_empty());
        let rows = station.replica.rows(&station.store, &feed(), None, 9).unwrap();
        let mut names: Vec<_> = rows.iter().filter_map(|row| row.name.as_deref()).collect();
        names.sort_unstable();
        assert_eq!(names, ["Baha", "Moha"]);
        station.check_against_rules();
    }
    assert_eq!(tablet.digest(), clone.digest());
}

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
