//! Recording: many forms, one flush; and what a failed disk leaves.

use khettara_core::store::held;
use khettara_core::store::{Answer, Group, MemoryStore, Op, Rows, Store, StoreError};
use khettara_records::model::Reason;
use khettara_records::replica::RecordFailure;
use khettara_records::verdict::Rulings;

use crate::station::{OnlySlim, Station, feed, form, household, visit};

/// A store that counts its flushes and fails when told to.
struct Shaky {
    inner: MemoryStore,
    commits: usize,
    fail_commits: usize,
    fail_derives: usize,
}

impl Shaky {
    fn new(inner: MemoryStore) -> Self {
        Self { inner, commits: 0, fail_commits: 0, fail_derives: 0 }
    }
}

impl Store for Shaky {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }
    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Rows, StoreError> {
        self.inner.scan(prefix, from, limit)
    }
    fn scan_back(&self, prefix: &[u8], below: Option<&[u8]>, limit: usize) -> Result<Rows, StoreError> {
        self.inner.scan_back(prefix, below, limit)
    }
    fn commit(&mut self, groups: Vec<Group>) -> Result<Vec<Answer>, StoreError> {
        if self.fail_commits > 0 {
            self.fail_commits -= 1;
            return Err(StoreError::Disk(5));
        }
        self.commits += 1;
        self.inner.commit(groups)
    }
    fn derive(&mut self, ops: Vec<Op>) -> Result<(), StoreError> {
        if self.fail_derives > 0 {
            self.fail_derives -= 1;
            return Err(StoreError::Disk(5));
        }
        self.inner.derive(ops)
    }
}

fn shaky(name: u8) -> Station<Shaky> {
    let store = Station::new(name).store;
    Station::over(name, name, Shaky::new(store))
}

#[test]
fn two_hundred_forms_are_saved_with_one_flush_and_read_at_once() {
    let mut tablet = shaky(1);
    let lines: Vec<String> = (0..100)
        .flat_map(|number| {
            let new = format!(
                r#"{{"record":"household","ref":"h{number}","commune":"08.201.11.07","status":"sedentary"}}"#
            );
            let visit = format!(
                r#"{{"record":"visit","household":"h{number}","at":"2026-11-25T09:30:00Z","agent":"a","kind":"first"}}"#
            );
            [new, visit]
        })
        .collect();
    let results = tablet.try_write(&lines);
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(tablet.store.commits, 1);
    let stats = tablet.replica.stats(&tablet.store, &[feed()]).unwrap();
    assert_eq!((stats.households, stats.visits), (100, 100));
    let own = held::own_logs(&tablet.store, &feed()).unwrap();
    assert_eq!(own[0].n, 201, "a Start and two hundred changes");
    assert_eq!(tablet.catch_up().merged, 0, "what was recorded is not read again");
    assert!(tablet.held_back().is_empty());
}

#[test]
fn a_refused_form_costs_its_neighbours_nothing() {
    let mut tablet = Station::new(1);
    let results = tablet.try_write(&[
        household(1, ""),
        visit(9, "nobody lives there"),
        visit(1, "well received"),
        household(1, ""),
    ]);
    assert!(results[0].is_ok() && results[2].is_ok());
    assert_eq!(results[1].as_ref().unwrap_err().reason, Reason::NoSuchRecord);
    assert_eq!(results[3].as_ref().unwrap_err().reason, Reason::NothingChanged);
    let positions: Vec<u64> = results.iter().flatten().map(|saved| saved.position).collect();
    assert_eq!(positions, [2, 3]);
}

#[test]
fn after_a_failed_commit_another_actor_writes_and_nothing_is_lost_or_doubled() {
    let mut tablet = shaky(1);
    let first = tablet.write(&household(1, ""));
    tablet.store.fail_commits = 1;
    let forms = [form(&visit(1, "a"))];
    let failed = tablet.replica.record(&mut tablet.store, &mut tablet.pen, &feed(), &forms);
    assert_eq!(failed, Err(RecordFailure::Store(StoreError::Disk(5))));
    let second = tablet.write(&visit(1, "a"));
    assert_eq!((first.position, second.position), (2, 4), "a new Start stands between");
    tablet.cut();
    let mut office = Station::new(2);
    let caught = office.hear(&tablet);
    assert_eq!((caught.merged, caught.visits), (2, 1));
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
}

#[test]
fn rows_lost_behind_a_commit_are_derived_again_and_work_goes_on_meanwhile() {
    let mut tablet = shaky(1);
    tablet.write(&household(1, ""));
    tablet.store.fail_derives = 1;
    tablet.write(&visit(1, "lost rows"));
    tablet.write(&visit(1, "before catching up"));
    assert_eq!(tablet.replica.stats(&tablet.store, &[feed()]).unwrap().visits, 0);
    let caught = tablet.catch_up();
    assert_eq!(caught.merged, 2);
    tablet.write(&visit(1, "after catching up"));
    assert_eq!(tablet.replica.stats(&tablet.store, &[feed()]).unwrap().visits, 3);
    tablet.cut();
    let mut office = Station::new(2);
    office.hear(&tablet);
    assert!(office.held_back().is_empty());
    assert_eq!(office.digest(), tablet.digest());
}

#[test]
fn derived_rows_may_vanish_and_come_back_the_same() {
    let mut tablet = Station::new(1);
    let mut office = Station::new(2);
    tablet.write(&household(1, ""));
    tablet.write(&visit(1, "one"));
    tablet.cut();
    office.hear(&tablet);
    let early = derived(&office.store);
    tablet.write(&household(2, r#""water":"well""#));
    tablet.write(&visit(1, "two"));
    tablet.cut();
    office.hear(&tablet);
    let expected = (office.digest(), derived(&office.store));
    for rows in [early, Vec::new()] {
        let mut store = office.store.clone();
        let gone = derived(&store).into_iter().map(|(key, _)| Op::Delete(key)).collect();
        store.derive(gone).unwrap();
        store.derive(rows.into_iter().map(|(key, value)| Op::Put(key, value)).collect()).unwrap();
        let mut again = Station::over(2, 3, store);
        again.replica.catch_up(&mut again.store, &[feed()], &OnlySlim, &Rulings::default()).unwrap();
        assert_eq!(again.digest(), expected.0);
        assert_eq!(keys(&derived(&again.store)), keys(&expected.1));
    }
}

type Derived = Vec<(Vec<u8>, Vec<u8>)>;

fn derived(store: &MemoryStore) -> Derived {
    store.scan(b"~", b"~", usize::MAX).unwrap()
}

fn keys(rows: &Derived) -> Vec<&Vec<u8>> {
    rows.iter().map(|(key, _)| key).collect()
}
