//! Airlock tests: bytes changed at random. Nothing panics outside a rehearsal, and what passes comes back whole.

use automerge::Automerge;

use super::super::{Past, rehearse, walk};
use super::dice::Dice;
use super::editing::edited;
use super::press::{close, injured};

#[test]
fn twenty_thousand_injuries_never_panic_the_walk_and_what_passes_saves_and_reloads() {
    let (_, changes) = edited(7, 60);
    let mut dice = Dice(99);
    let (mut walked_count, mut stood, mut failed) = (0, 0, 0);
    // The document and the past just before each change, so that an injured change meets its own ancestors.
    let mut past = Past::default();
    let mut document = Automerge::new();
    let share = 20_000 / changes.len() + 1;
    for change in &changes {
        for _ in 0..share {
            let chunk = injured(change.raw_bytes(), &mut dice);
            let Ok(walked) = walk(&chunk) else { continue };
            walked_count += 1;
            let stands = past.check(&walked, &()).is_ok();
            stood += usize::from(stands);
            match rehearse(&document, &[&walked]) {
                Ok(rehearsed) => {
                    let again = Automerge::load(&rehearsed.saved).expect("it was loaded before");
                    assert_eq!(again.get_heads(), rehearsed.document.get_heads());
                }
                Err(_) => failed += usize::from(stands),
            }
        }
        let honest = walk(change.raw_bytes()).expect("honest");
        past.add(&honest, &()).expect("honest");
        document = rehearse(&document, &[&honest]).expect("honest").document;
    }
    assert!(
        walked_count > 500 && stood > 100,
        "the injuries are too deep to test anything: {walked_count}, {stood}"
    );
    assert_eq!(failed, 0, "of {stood} that stood on their past, so many broke a copy");
}

#[test]
fn bytes_of_pure_chance_never_panic() {
    let mut dice = Dice(5);
    for _ in 0..5_000 {
        let bytes: Vec<u8> = (0..dice.below(90)).map(|_| dice.next().to_le_bytes()[0]).collect();
        assert!(walk(&bytes).is_err());
        assert!(walk(&close(1, &bytes)).is_err());
    }
}
