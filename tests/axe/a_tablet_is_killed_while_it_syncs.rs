//! A tablet's process is killed while it saves and syncs, 60 times; with `KHETTARA_SYNC_KILLS=5000` as often as that. Then
//! it is let be, and headquarters has every visit that was ever answered, as it was saved.
//! `KHETTARA_AXE_SEED` gives the seed; the times at which processes are killed depend on the machine too.

use khettara_core::identity::Role;
use khettara_tests::Chance;

use crate::a_busy_relay_is_killed::visits_at;
use crate::tablet::{Beginning, Tablet, Tally, asked, seed};
use crate::town::Town;

/// After so many kills another tablet takes its place.
const KILLS_OF_ONE: u64 = 20;

#[test]
fn what_was_answered_is_there_after_every_kill_and_arrives_at_headquarters() {
    let (kills, seed) = (asked("KHETTARA_SYNC_KILLS", 60), seed("kills under a sync"));
    let mut chance = Chance::new(seed);
    let mut town = Town::found();
    let mut tally = Tally::default();
    while tally.kills < kills {
        let beginning = Beginning::syncing("syncing", &town.ticket_of(Role::WORKER).to_text());
        let mut tablet = Tablet::begin(&beginning);
        for _ in 0..KILLS_OF_ONE.min(kills - tally.kills) {
            tablet.kill(&mut chance, &mut tally);
            tablet.keeps_its_word(&mut chance, &mut tally);
            assert!(tally.faults.is_empty(), "seed {seed}, kill {}: {:#?}", tally.kills, tally.faults);
        }
        let told = tablet.hands_over();
        town.pull();
        let there = visits_at(&mut town);
        let lost = told.iter().filter(|told| there.get(&told.visit) != Some(&told.word)).count();
        assert_eq!(lost, 0, "seed {seed}: visits that were answered are not at headquarters");
    }
    println!("{kills} kills: {tally:?}");
    assert!(tally.told > kills, "tablets were killed before they saved anything");
}
