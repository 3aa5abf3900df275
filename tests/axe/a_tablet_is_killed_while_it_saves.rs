//! A tablet's process is killed while it opens and saves, 60 times; with `KHETTARA_KILLS=10000` as often as that.
//! `KHETTARA_AXE_SEED` gives the seed; the times at which processes are killed depend on the machine too.

use khettara_tests::Chance;

use crate::tablet::{Beginning, Tablet, Tally, asked, seed, ticket};

/// After so many kills another tablet takes its place.
const KILLS_OF_ONE: u64 = 20;

#[test]
fn what_was_answered_is_there_after_every_kill_and_the_next_visit_is_saved() {
    let (kills, seed) = (asked("KHETTARA_KILLS", 60), seed("kills"));
    let folder = tempfile::tempdir().expect("the disk works");
    let ticket = ticket(&folder.path().join("headquarters"));
    let beginnings =
        [Beginning::fresh("fresh", &ticket, 80), Beginning::fresh("long notes", &ticket, 16_384)];
    let mut chance = Chance::new(seed);
    let mut tally = Tally::default();
    let mut tablet = Tablet::begin(&beginnings[0]);
    for n in 0..kills {
        if n % KILLS_OF_ONE == 0 {
            tablet = Tablet::begin(&beginnings[(n / KILLS_OF_ONE % 2) as usize]);
        }
        tablet.kill(&mut chance, &mut tally);
        tablet.keeps_its_word(&mut chance, &mut tally);
        assert!(tally.faults.is_empty(), "seed {seed}, kill {n}: {:#?}", tally.faults);
    }
    println!("{kills} kills: {tally:?}");
    assert_eq!(tally.kills, kills);
    assert!(tally.told > kills, "tablets were killed before they saved anything");
}
