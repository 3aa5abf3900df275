//! Pulling over QUIC on loopback: work comes, receipts go back, and a pull that was killed is simply done again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::{Relay, Tablet, feed, founded, household, household_id, open_when_free, ticket, visit};
use khettara_hq::export::read_table;
use khettara_hq::pull::{Outcome, Progress};
use khettara_hq::{Headquarters, HqError, NewRelay};

struct Province {
    folder: tempfile::TempDir,
    relay: Relay,
    tablets: Vec<Tablet>,
}

/// An organisation with enrolled tablets, headquarters closed.
fn province(tablets: u8) -> Province {
    let folder = tempfile::tempdir().expect("the disk works");
    let address = Relay::free_address();
    let mut office = founded(folder.path(), address);
    let relay = Relay::start(office.organisation(), address);
    let tickets: Vec<_> = (0..tablets).map(|_| ticket(&mut office)).collect();
    let report = office.pull(&mut |_| {}).expect("pulls");
    assert_eq!(report.outcome(), Outcome::Complete, "{report:?}");
    let enrolled = |(number, ticket)| {
        let tablet = Tablet::with_ticket(number, ticket);
        tablet.meet(&relay);
        tablet
    };
    let tablets = (1..).zip(&tickets).map(enrolled).collect();
    Province { folder, relay, tablets }
}

#[test]
fn two_tablets_work_is_pulled_merged_and_acknowledged_in_one_pull() {
    let mut province = province(2);
    province.tablets[0].save(&feed(), &[household(1, "=SUM(A1)"), visit(1, "une visite")]);
    province.tablets[1].save(&feed(), &[household(1, "دار بجانب الساقية"), visit(1, "زيارة")]);
    for tablet in &province.tablets {
        tablet.meet(&province.relay);
    }
    let mut office = Headquarters::open(province.folder.path()).expect("opens");
    let mut visits = 0;
    let report = office.pull(&mut |progress| {
        if let Progress::Merged { visits: more, .. } = progress {
            visits += more;
        }
    });
    let report = report.expect("pulls");
    assert_eq!(report.outcome(), Outcome::Complete, "{report:?}");
    assert_eq!((report.visits, visits, report.receipts), (2, 2, 2), "{report:?}");
    assert_eq!((report.merged, report.waiting(), report.set_aside()), (4, 0, 0), "{report:?}");
    for tablet in &province.tablets {
        assert!(tablet.headquarters_receipts(&feed()).is_empty());
        tablet.meet(&province.relay);
        let receipts = tablet.headquarters_receipts(&feed());
        let said = receipts[0].body.lines.as_slice()[0].1;
        assert_eq!((receipts.len(), said), (1, tablet.entries(&feed())), "At headquarters");
        assert_eq!(tablet.constants(), 2, "what older tablets need to merge what newer ones write");
    }
    let again = office.pull(&mut |_| {}).expect("pulls");
    assert_eq!((again.pulled, again.merged, again.receipts), (0, 0, 0), "{again:?}");
    let status = office.status().expect("reads");
    assert_eq!((status.households, status.visits, status.conflicts), (1, 2, 1));
    let serials: Vec<_> = status.devices.iter().map(|device| (device.serial, device.bound)).collect();
    assert_eq!(serials, [(Some(1), true), (Some(2), true)]);
    assert!(status.devices.iter().all(|device| device.at_headquarters == device.entries));
    drop(status);
    let to = province.folder.path().join("tables");
    let manifest = office.export(&to).expect("exports");
    assert_eq!((manifest.holds.households, manifest.holds.visits), (1, 2));
    let households = read_table(&to.join("households.csv")).expect("reads");
    let column = |name: &str| households[0].iter().position(|column| column == name).expect("there");
    assert_eq!(households[1][column("lon")], "-4.42617");
    assert_eq!(households[1][column("source_serials")], "1;2");
    let conflicts = read_table(&to.join("conflicts.csv")).expect("reads");
    let (value, serial) = (7, 9);
    let mut sides: Vec<_> = conflicts[1..].iter().map(|row| (&*row[serial], &*row[value])).collect();
    sides.sort_unstable();
    assert_eq!(sides, [("1", "=SUM(A1)"), ("2", "دار بجانب الساقية")]);
}

#[test]
fn a_person_in_two_families_is_counted_once_in_a_dataset() {
    let mut province = province(1);
    let person = |number: u8| {
        let (family, id) = (household_id(number), household_id(99));
        format!(
            "{{\"record\":\"member\",\"household\":\"{family}\",\"id\":\"{id}\",\"name_latin\":\"Hassan\",\
             \"sex\":\"male\",\"relation\":\"child\"}}"
        )
    };
    let lines = [household(1, "une"), household(2, "deux"), person(1), person(2)];
    province.tablets[0].save(&feed(), &lines);
    province.tablets[0].meet(&province.relay);
    let mut office = Headquarters::open(province.folder.path()).expect("opens");
    office.pull(&mut |_| {}).expect("pulls");
    assert_eq!(office.status().expect("reads").conflicts, 1);
    let to = province.folder.path().join("tables");
    office.export(&to).expect("exports");
    let table = |name: &str| read_table(&to.join(name)).expect("reads");
    let conflicts = table("conflicts.csv");
    let column =
        |table: &[Vec<String>], name: &str| table[0].iter().position(|column| column == name).expect("there");
    let path = column(&conflicts, "path");
    assert_eq!(conflicts.len(), 3, "one conflict, two answers");
    assert!(conflicts[1..].iter().all(|row| row[path] == format!("rule.one_family/{}", household_id(99))));
    let serial = column(&conflicts, "author_serial");
    assert!(conflicts[1..].iter().all(|row| row[serial] == "1"));
    let households = table("households.csv");
    let counted = column(&households, "conflicts");
    let counts: Vec<&str> = households[1..].iter().map(|row| &*row[counted]).collect();
    assert_eq!(counts, ["1", "0"]);
}

#[test]
fn a_pull_killed_between_merging_and_receipts_is_done_again_and_nothing_is_pulled_twice() {
    let mut province = province(1);
    province.tablets[0].save(&feed(), &[household(1, "une"), visit(1, "première")]);
    province.tablets[0].meet(&province.relay);
    let mut office = Headquarters::open(province.folder.path()).expect("opens");
    let killed = catch_unwind(AssertUnwindSafe(|| {
        office.pull(&mut |progress| {
            if let Progress::Merged { visits: 1.., .. } = progress {
                std::panic::resume_unwind(Box::new("killed"));
            }
        })
    }));
    assert!(killed.is_err(), "it got as far as merging");
    drop(office);
    let mut office = open_when_free(province.folder.path());
    let report = office.pull(&mut |_| {}).expect("pulls");
    assert_eq!((report.pulled, report.visits, report.receipts), (0, 0, 1), "{report:?}");
    province.tablets[0].meet(&province.relay);
    assert_eq!(province.tablets[0].headquarters_receipts(&feed()).len(), 1);
    assert_eq!(office.status().expect("reads").visits, 1);
}

#[test]
fn without_a_relay_in_reach_a_pull_says_so_and_can_be_tried_again() {
    let folder = tempfile::tempdir().expect("the disk works");
    let mut office = founded(folder.path(), Relay::free_address());
    let error = office.pull(&mut |_| {}).expect_err("nobody is there");
    assert!(matches!(error, HqError::NoRelay { .. }), "{error}");
    assert_eq!(khettara_hq::cli::exit_of(&error), khettara_hq::cli::TEMPORARY);
}

#[test]
fn a_relay_out_of_reach_leaves_the_pull_partial() {
    let mut province = province(1);
    province.tablets[0].save(&feed(), &[household(1, "une"), visit(1, "première")]);
    province.tablets[0].meet(&province.relay);
    let mut office = Headquarters::open(province.folder.path()).expect("opens");
    let gone = khettara_core::identity::SigningKey::from_seed(&[77; 32]).public();
    let relay = NewRelay { key: gone, addresses: Vec::new(), feeds: Vec::new() };
    office.add_relay(&relay).expect("names");
    let report = office.pull(&mut |_| {}).expect("pulls");
    assert_eq!((report.visits, report.outcome()), (1, Outcome::Partial), "{report:?}");
}
