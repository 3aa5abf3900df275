//! The disk is full at the first write, the second, the third …, of a tablet or of its relay, and stays so for a while:
//! what was answered is kept, the store opens, and with space again everything arrives.

use khettara_core::id::Feed;
use khettara_core::store::{DiskError, Fault, MemoryStore, SimulatedDisk};
use khettara_records::model::{Form, parse_line};
use khettara_tests::{Chance, Link, World, journal_on};

const NOTES: u8 = 8;

fn family() -> Form {
    let line = r#"{"record":"household","commune":"08.201.11.07","status":"sedentary"}"#;
    parse_line(1, line).expect("a sound line")
}

/// Two small saves, a family, one that fills most of a journal's file, and a meeting, twice over.
struct Days {
    world: World,
    feed: Feed,
    saved: Vec<Vec<u8>>,
    families: u32,
}

impl Days {
    fn begin() -> Self {
        let mut world = World::new(34);
        world.tablet("amina");
        let feed = world.feeds[0].clone();
        Self { world, feed, saved: Vec::new(), families: 0 }
    }

    fn note(&mut self, note: Vec<u8>) -> bool {
        let saved = self.world.node_mut("amina").note(&self.feed, &note).is_ok();
        self.saved.extend(saved.then_some(note));
        saved
    }

    fn live(&mut self) {
        for number in 0..NOTES {
            let size = if number % 4 == 3 { 20_000 } else { 20 };
            self.note([vec![number], vec![b'n'; size]].concat());
            if number % 4 == 1 {
                let family = self.world.node_mut("amina").record(&self.feed, &[family()]);
                self.families += u32::from(family.is_ok());
            }
            if number % 4 == 3 {
                self.world.meet_over("amina", "relay", Link { batched: true, ..Link::default() });
            }
        }
    }

    /// The process of `name` ends, and another opens what is on the disk.
    fn reopen(&mut self, name: &str, disk: &SimulatedDisk) {
        disk.restart();
        let mut chance = Chance::new(5);
        let node = self.world.take(name).reopened(chance.seed(), Box::new(MemoryStore::new()));
        let store = journal_on(disk, &mut chance);
        self.world.put(node.reopened(chance.seed(), store));
    }

    fn check_kept(&self) {
        let amina = self.world.node("amina");
        let kept: Vec<Vec<u8>> =
            [amina.notes(&self.feed), amina.pending_notes(&self.feed)].into_iter().flatten().collect();
        assert!(self.saved.iter().all(|note| kept.contains(note)), "a note that was answered is gone");
    }

    fn check_arrived(&mut self) {
        for (name, with) in [("amina", "relay"), ("headquarters", "relay"), ("amina", "relay")] {
            assert!(self.world.meet(name, with).settled, "{name} says all there is to say");
        }
        let there = self.world.node("headquarters").notes(&self.feed);
        assert!(self.saved.iter().all(|note| there.contains(note)), "a note did not arrive");
        let headquarters = self.world.node_mut("headquarters");
        let caught = headquarters.catch_up(&self.feed).expect("reads");
        assert!(caught.merged >= u64::from(self.families), "a family did not arrive");
    }
}

/// Whether the `n`-th write of `name` was reached.
fn full_at(name: &str, n: u64, partly: bool) -> bool {
    let mut days = Days::begin();
    let disk = days.world.move_to_disk(name);
    let calls = disk.calls();
    let full = DiskError::Full;
    disk.fail(n, if partly { Fault::Partly(full, 7) } else { Fault::Nothing(full) });
    days.live();
    // It stays full while the worker tries on.
    disk.fail_always(Some(full));
    let refused = !days.note(b"on a full disk".to_vec());
    assert!(refused || name == "relay", "a tablet says that there is no room");
    days.check_kept();
    disk.fail_always(None);
    days.reopen(name, &disk);
    days.check_kept();
    assert!(days.note(b"with space again".to_vec()));
    days.check_arrived();
    disk.calls() > calls + n
}

#[test]
fn a_tablet_keeps_what_it_answered_and_goes_on_with_space_again() {
    for partly in [false, true] {
        let reached = (0..).take_while(|n| full_at("amina", *n, partly)).count();
        println!("{reached} writes");
        assert!(reached >= 40, "only {reached} writes were tried");
    }
}

#[test]
fn a_relay_keeps_what_it_signed_for_and_goes_on_with_space_again() {
    for partly in [false, true] {
        let reached = (0..).take_while(|n| full_at("relay", *n, partly)).count();
        println!("{reached} writes");
        assert!(reached >= 10, "only {reached} writes were tried");
    }
}
