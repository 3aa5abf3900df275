//! However much a form holds, and however many forms are saved together, the disk is asked to flush once.

use khettara_core::id::{Feed, OrgId};
use khettara_core::identity::{Fresh, SigningKey};
use khettara_core::store::held::Pen;
use khettara_core::store::{JournalStore, MemoryIndex, Options, SimulatedDisk};
use khettara_records::airlock::Stage;
use khettara_records::model::{Form, parse_line};
use khettara_records::replica::Replica;
use khettara_tests::{Chance, WatchedDisk};

const FAMILY: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

fn visit(day: u32) -> Form {
    let line = format!(
        r#"{{"record":"visit","household":"{FAMILY}","at":"2026-11-{day:02}T09:30:00Z","agent":"AS-7","kind":"follow_up","needs":[{{"category":"water","urgency":"high"}}]}}"#
    );
    parse_line(1, &line).expect("a visit")
}

#[test]
fn one_for_a_form_and_one_for_a_file_of_them() {
    let mut chance = Chance::new(7);
    let org = OrgId(chance.seed());
    let (disk, flushes) = WatchedDisk::new(SimulatedDisk::new());
    let mut ids = Chance::new(chance.word());
    let fresh = Box::new(move || *ids.seed().first_chunk().expect("32 bytes hold 16"));
    let (mut store, _) =
        JournalStore::open(disk, MemoryIndex::new(), fresh, Options::default()).expect("opens");
    let key = SigningKey::from_seed(&chance.seed()).public();
    let mut pen = Pen::new(org, key, "stories", 1, Fresh::new(chance.seed()));
    let mut replica = Replica::new(org, 1 << 20, Stage::here());
    let feed = Feed::new("08.201.11.07").expect("a feed");
    let household =
        format!(r#"{{"record":"household","id":"{FAMILY}","commune":"08.201.11.07","status":"nomadic"}}"#);
    let household = parse_line(1, &household).expect("a household");
    let mut save = |forms: &[Form]| {
        let before = flushes.count();
        let saved = replica.record(&mut store, &mut pen, &feed, forms).expect("saves");
        assert!(saved.iter().all(Result::is_ok), "{saved:?}");
        flushes.count() - before
    };
    // The first begins the journal's file, whose name has to be durable too.
    assert!(save(&[household]) > 1);
    for day in 1..10 {
        assert_eq!(save(&[visit(day)]), 1);
    }
    let many: Vec<Form> = (10..30).map(visit).collect();
    assert_eq!(save(&many), 1);
}
