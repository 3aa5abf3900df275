//! The power fails while a tablet saves, in 200 ways; with `KHETTARA_CUTS=1000` in a thousand. `KHETTARA_AXE_SEED`
//! gives the seed of a run that is to be told again; the times at which processes are killed are not in it.
//!
//! A process opens a tablet and saves under a shim (`shim.c`) that writes down what it does to its files. It is killed,
//! and of everything that no sync had confirmed a random part is taken back or torn. Then the tablet opens, has every
//! visit that it had answered as saved, and saves the next. Nothing in a tablet's folder is mapped for writing, neither
//! by us nor by sled 0.34; if something ever is, the shim says so and the story fails.

use khettara_tests::Chance;

use crate::tablet::{Beginning, Tablet, Tally, asked, seed, shim, ticket};

/// After so many cuts another tablet takes its place: later cuts find what earlier ones left.
const CUTS_OF_ONE: u64 = 8;

#[test]
fn what_was_answered_is_there_after_every_power_cut_and_the_next_visit_is_saved() {
    let (cuts, seed) = (asked("KHETTARA_CUTS", 200), seed("power cuts"));
    shim();
    let folder = tempfile::tempdir().expect("the disk works");
    let ticket = ticket(&folder.path().join("headquarters"));
    let beginnings = [
        Beginning::fresh("fresh", &ticket, 80),
        Beginning::large("large", &ticket, &folder.path().join("large"), 3_000),
        Beginning::fresh("long notes", &ticket, 16_384),
    ];
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let stories: Vec<_> = (0..)
            .zip(&beginnings)
            .map(|(n, beginning)| {
                let share = cuts / 3 + u64::from(n < cuts % 3);
                scope.spawn(move || cut_again_and_again(beginning, share, seed.wrapping_add(n)))
            })
            .collect();
        for story in stories {
            all.add(story.join().expect("the story is told to its end"));
        }
    });
    println!("{} power cuts: {all:?}", all.kills);
    assert!(all.faults.is_empty(), "seed {seed}: {:#?}", all.faults);
    assert_eq!(all.kills, cuts);
    assert!(all.told > cuts, "tablets were killed before they saved anything");
    let fates = all.fates;
    assert!(fates.kept > 0 && fates.dropped > 0 && fates.torn > 0 && fates.synced > 0, "{fates:?}");
}

/// What a process finds in the memory of the machine, and acts on, is not on the disk because of that: the key file, the
/// folders and the journal of a process that was killed.
#[test]
fn wherever_a_tablet_dies_while_it_is_made_the_next_process_relies_on_nothing_that_a_cut_takes() {
    let folder = tempfile::tempdir().expect("the disk works");
    let beginning = Beginning::fresh("being made", &ticket(&folder.path().join("headquarters")), 80);
    let mut chance = Chance::new(1);
    let mut tally = Tally::default();
    for sync in 1.. {
        let mut tablet = Tablet::begin(&beginning);
        let died = tablet.cut_after_dying_before(sync, &mut chance, &mut tally);
        tablet.keeps_its_word(&mut chance, &mut tally);
        assert!(tally.faults.is_empty(), "died before sync {sync}: {:#?}", tally.faults);
        if !died {
            break;
        }
    }
    println!("{} syncs before which it died: {tally:?}", tally.kills);
    assert!(tally.kills > 10, "making a tablet and saving a household and a dozen visits is more than that");
}

fn cut_again_and_again(beginning: &Beginning, cuts: u64, seed: u64) -> Tally {
    let mut chance = Chance::new(seed);
    let mut tally = Tally::default();
    let mut tablet = Tablet::begin(beginning);
    for n in 0..cuts {
        if n > 0 && n % CUTS_OF_ONE == 0 {
            tablet = Tablet::begin(beginning);
        }
        let faults = tally.faults.len();
        tablet.cut(&mut chance, &mut tally);
        tablet.keeps_its_word(&mut chance, &mut tally);
        if tally.faults.len() > faults {
            tally.faults.push(format!("that was cut {n} of {}", beginning.name));
            return tally;
        }
    }
    tally
}
