//! Lists, households and the places of visits are derived: lost or damaged, they come back as they were.

use std::collections::BTreeMap;
use std::path::Path;

use khettara_core::store::{DERIVED, Index};
use khettara_device::{Device, Household, Listed, OwnVisit};
use khettara_node::SledIndex;
use uuid::Uuid;

use crate::world::{World, household, sync, visit};

const FAMILIES: [&str; 3] = [
    "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11",
    "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c12",
    "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c13",
];

/// Everything a worker can look at.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    list: Vec<Listed>,
    households: Vec<Household>,
    own_visits: Vec<OwnVisit>,
}

fn seen(device: &Device) -> Seen {
    let list = device.households(None, 50).expect("lists");
    assert_eq!(list.len(), FAMILIES.len());
    let households = FAMILIES.map(|id| device.household(&id.parse().expect("an id")).expect("reads"));
    let own_visits = device.own_visits().expect("reads");
    Seen { list, households: households.into(), own_visits }
}

/// A tablet with work of its own and of a colleague: delivered, not delivered, and a conflict.
fn tablet(world: &World) -> (std::path::PathBuf, Seen) {
    let (device, seen) = tablet_in_use(world);
    (device.dir().to_path_buf(), seen)
}

fn tablet_in_use(world: &World) -> (Device, Seen) {
    let (amina, brahim) = (world.tablet("amina"), world.tablet("brahim"));
    for id in FAMILIES {
        amina.record_line(&household(id)).expect("saves");
        amina.record_line(&visit(id, 3)).expect("saves");
    }
    sync(&amina).expect("syncs");
    sync(&brahim).expect("syncs");
    let water = |kind: &str| {
        let id = FAMILIES[0];
        format!(r#"{{"record":"household","id":"{id}","water":"{kind}"}}"#)
    };
    brahim.record_line(&water("fountain")).expect("saves");
    brahim.record_line(&visit(FAMILIES[1], 4)).expect("saves");
    amina.record_line(&water("running")).expect("saves");
    sync(&brahim).expect("syncs");
    sync(&amina).expect("syncs");
    amina.record_line(&visit(FAMILIES[2], 5)).expect("saves");
    let seen = seen(&amina);
    assert_eq!((seen.list[0].row.conflicts, seen.households[0].conflicts.len()), (1, 1));
    (amina, seen)
}

/// What a process that is killed now leaves: the files as the system has them.
fn copy_of(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the disk works");
    for entry in std::fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_of(&path, &copy);
        } else {
            std::fs::copy(&path, &copy).expect("the disk works");
        }
    }
}

/// The first derived row of every kind: its key in the index, and its bytes.
fn one_of_each(index: &SledIndex) -> BTreeMap<u8, (Vec<u8>, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for (key, row) in index.scan(&[1, DERIVED], &[], usize::MAX).expect("reads") {
        // `~R feed 0 letter …` of the copy; own visits are counted in two kinds of rows beside it.
        let letter = match key[2] {
            b'R' => key.iter().position(|byte| *byte == 0).and_then(|end| key.get(end + 1)).copied(),
            other => Some(other),
        };
        found.entry(letter.expect("a letter")).or_insert((key, row));
    }
    found
}

fn change_a_byte(dir: &Path, (key, row): (&[u8], &[u8])) {
    let mut index = SledIndex::open(&dir.join("store").join("index")).expect("opens");
    let mut row = row.to_vec();
    let middle = row.len() / 2;
    row[middle] ^= 1;
    index.apply(&BTreeMap::from([(key.to_vec(), Some(row))])).expect("takes it");
    index.flush().expect("writes it");
}

#[test]
fn an_index_that_is_gone_is_made_anew_and_says_the_same() {
    let world = World::new();
    let (dir, before) = tablet(&world);
    std::fs::remove_dir_all(dir.join("store").join("index")).expect("the disk works");
    let (device, sentences) = Device::open(&dir).expect("opens");
    assert!(sentences.iter().any(|mended| mended.to_string().contains("Nothing was lost")), "{sentences:?}");
    assert_eq!(seen(&device), before);
    assert!(device.record_line(&visit(FAMILIES[0], 6)).is_ok(), "work goes on");
}

#[test]
fn a_tablet_killed_while_rows_waited_for_the_index_shows_what_it_showed() {
    let world = World::new();
    let (device, _) = tablet_in_use(&world);
    // What a sync left waiting was given to the index when it ended.
    device.record_line(&visit(FAMILIES[0], 5)).expect("saves");
    let before = seen(&device);
    let folder = tempfile::tempdir().expect("a folder");
    let (copy, closed) = (folder.path().join("killed"), folder.path().join("closed"));
    copy_of(device.dir(), &copy);
    let dir = device.dir().to_path_buf();
    drop(device);
    copy_of(&dir, &closed);
    let rows = |dir: &Path| {
        let index = SledIndex::open(&dir.join("store").join("index")).expect("opens");
        index.scan(&[1], &[], usize::MAX).expect("reads")
    };
    assert!(rows(&copy) != rows(&closed), "what waits is given when it is closed");
    for _ in 0..2 {
        let (device, sentences) = Device::open(&copy).expect("opens");
        assert_eq!((seen(&device), sentences), (before.clone(), vec![]));
    }
    let (device, _) = Device::open(&copy).expect("opens");
    assert!(device.record_line(&visit(FAMILIES[0], 6)).is_ok(), "work goes on");
    assert_eq!(device.own_visits().expect("reads").len(), before.own_visits.len() + 1);
}

#[test]
fn a_row_of_any_kind_with_one_byte_changed_is_made_anew_before_anybody_sees_it() {
    let world = World::new();
    let (dir, before) = tablet(&world);
    let rows = one_of_each(&SledIndex::open(&dir.join("store").join("index")).expect("opens"));
    assert!(rows.contains_key(&b'l') && rows.contains_key(&b'd') && rows.contains_key(&b'H'), "{rows:?}");
    for (key, row) in rows.values() {
        change_a_byte(&dir, (key, row));
        let (device, _) = Device::open(&dir).expect("opens");
        assert_eq!(seen(&device), before, "after a change of {key:?}");
    }
}

#[test]
fn opening_and_lists_load_no_document() {
    let world = World::new();
    let (dir, before) = tablet(&world);
    let (device, _) = Device::open(&dir).expect("opens");
    let loaded = || device.documents_loaded().expect("is enrolled");
    assert_eq!(device.households(None, 50).expect("lists"), before.list);
    assert_eq!(device.status().expect("reads").households, FAMILIES.len() as u64);
    assert_eq!(device.own_visits().expect("reads"), before.own_visits);
    assert_eq!(loaded(), 0);
    let id: Uuid = FAMILIES[0].parse().expect("an id");
    for _ in 0..3 {
        assert_eq!(device.household(&id).expect("reads"), before.households[0]);
    }
    assert_eq!(loaded(), 1, "one household looked at is one document, once");
    device.record_line(&visit(FAMILIES[0], 7)).expect("saves");
    assert_eq!(loaded(), 1, "and saving goes on with it");
}
