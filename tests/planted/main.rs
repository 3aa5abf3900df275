//! The simulation can see: each deliberate fault is found by the ordinary worlds, which are well without it.
//!
//! `cargo test --workspace --features khettara-tests/planted --test planted -- --nocapture`

#[path = "../simulation/worlds/mod.rs"]
mod worlds;

use std::panic;

use khettara_core::planted::{Fault, plant};
use worlds::life::Life;

/// Worlds that are tried for each fault: as many as the ordinary run has.
const SEEDS_MAX: u64 = 130;

/// What the world of a seed came to, with a fault: the words of the one who noticed.
fn lived(seed: u64, fault: Option<Fault>) -> Result<(), String> {
    plant(fault);
    let outcome = panic::catch_unwind(|| Life::new(seed).run());
    plant(None);
    let said = |panic: Box<dyn std::any::Any + Send>| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    };
    outcome.map(drop).map_err(said)
}

#[test]
fn every_deliberate_fault_is_found_and_without_it_the_same_worlds_are_well() {
    // A hundred expected panics would bury what is to be read.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let mut unseen = Vec::new();
    let mut seeds = 0;
    for fault in Fault::ALL {
        let found = (0..SEEDS_MAX).find_map(|seed| Some((seed, lived(seed, Some(fault)).err()?)));
        match found {
            Some((seed, said)) => {
                let said: String = said.lines().next().unwrap_or_default().chars().take(100).collect();
                println!("{fault:?}: found by world {} of seed {seed}: {said}", seed + 1);
                seeds = seeds.max(seed + 1);
            }
            None => unseen.push(fault),
        }
    }
    let ill: Vec<u64> = (0..seeds).filter(|seed| lived(*seed, None).is_err()).collect();
    panic::set_hook(hook);
    assert!(unseen.is_empty(), "{SEEDS_MAX} worlds do not notice {unseen:?}");
    assert!(ill.is_empty(), "worlds that are ill without a fault: {ill:?}");
}
