//! The long story: hostile changes by the thousand, one after the other, on honest documents of both kinds.

use std::collections::BTreeSet;
use std::time::Duration;

use automerge::Change;
use khettara_records::airlock::AirlockFault::{self, *};
use khettara_records::airlock::{Walked, rehearse, rehearse_each, walk};

use crate::dice::Dice;
use crate::ground::Ground;
use crate::rules::{RULES, TWICE};
use crate::spelling::SPELLINGS;
use crate::trial::{Counts, Verdict, accuse, judge, known, name};
use crate::{alone, setting};

/// What one change may take beside the document that is there.
const BYTES_MAX: usize = 32 * 1_048_576;
/// After so many changes taken in, a ground is left for a fresh one.
const TAKEN_PER_GROUND_MAX: usize = 12;
const TRIALS_PER_GROUND: u64 = 250;
/// So many that were taken alone are then taken together.
const TOGETHER_MAX: usize = 16;

const FAULTS: [AirlockFault; 20] = [
    NoHash,
    TooLarge,
    Cut,
    NotMinimal,
    TooMany,
    BadDependency,
    BadActor,
    BadCounter,
    BadText,
    BadColumn,
    BadRun,
    BadValue,
    BadAction,
    BadReference,
    TooDeep,
    WrongStart,
    WrongSequence,
    ConstantActor,
    ExtraBytes,
    BadTime,
];

#[test]
fn what_hostile_changes_leave_behind_can_be_saved_and_loaded_and_what_breaks_a_rule_stays_outside() {
    let _turn = alone();
    let (count, seed) = (setting("KHETTARA_HOSTILE", 20_000), setting("KHETTARA_HOSTILE_SEED", 1));
    let (known, mut counts, mut tried) = (known(), Counts::default(), 0);
    for story in 0.. {
        if tried >= count {
            break;
        }
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(story);
        let trials = TRIALS_PER_GROUND.min(count - tried);
        tried += trials;
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            on_one_ground(seed, trials, &known, &mut counts);
        }));
        if let Err(cause) = told {
            eprintln!(
                "KHETTARA_HOSTILE_SEED={} KHETTARA_HOSTILE={tried} tells it again",
                setting("KHETTARA_HOSTILE_SEED", 1)
            );
            std::panic::resume_unwind(cause);
        }
    }
    print(&counts, tried);
    let times = |verdict: Verdict| counts.verdicts.get(&verdict).copied().unwrap_or(0);
    for fault in FAULTS {
        assert!(times(Verdict::Refused(fault)) >= tried / 2_000, "{fault:?} was hardly met");
    }
    assert!(times(Verdict::Waits) >= tried / 2_000 && times(Verdict::Taken) >= tried / 50);
    let rules = RULES.iter().map(|(name, _)| *name).chain(SPELLINGS.iter().map(|(name, _)| *name));
    rules.for_each(|rule| {
        assert!(counts.rules.get(rule).is_some_and(|times| *times >= tried / 2_000), "{rule}")
    });
    assert!(counts.bytes_max <= BYTES_MAX, "{} bytes for one change", counts.bytes_max);
}

/// Trials on one document; some of what is taken stays in it, so that the next may build on it.
fn on_one_ground(seed: u64, trials: u64, known: &khettara_records::airlock::Constants, counts: &mut Counts) {
    let mut dice = Dice(!seed);
    let mut ground = if seed.is_multiple_of(2) { Ground::household(seed) } else { Ground::plain(seed) };
    let (mut taken, mut aside) = (0, Vec::new());
    for trial in 0..trials {
        let accused = accuse(&ground, &mut dice);
        let slowest = counts.time_max;
        let verdict = judge(&mut ground, known, &accused, counts);
        if counts.time_max > slowest {
            counts.slowest = format!("ground {seed}, trial {trial}: {:?}, {verdict:?}", accused.broken);
        }
        let at = || {
            let cause = why(&ground, &accused.chunk);
            format!("ground {seed}, trial {trial}: {:?}, {verdict:?}, {cause}", accused.broken)
        };
        // One rule broken, and nothing else done to it: it cannot have come in.
        if accused.broken.len() == 1 && !accused.injured {
            assert_ne!(verdict, Verdict::Taken, "{}", at());
        }
        // A strange one is wrong in nothing, unless in its size.
        if accused.broken.is_empty() && !accused.injured && verdict != Verdict::Refused(TooLarge) {
            assert_eq!(verdict, Verdict::Taken, "{}", at());
        }
        if verdict != Verdict::NotTaken("refused") || !accused.broken.contains(&TWICE) {
            assert!(!matches!(verdict, Verdict::NotTaken(_)), "{}", at());
        }
        if verdict == Verdict::Taken && taken < TAKEN_PER_GROUND_MAX && dice.below(4) == 0 {
            taken += 1;
            let hash = name(&accused.chunk).unwrap();
            ground.lay(&accused.chunk);
            assert!(ground.past.contains(&hash));
        } else if verdict == Verdict::Taken && aside.len() < TOGETHER_MAX {
            aside.push(accused.chunk);
        }
    }
    all_at_once(&ground, &aside);
}

/// What was taken alone is taken together with others, one of each author's number, as when a day's work arrives.
fn all_at_once(ground: &Ground, chunks: &[Vec<u8>]) {
    let mut numbers: BTreeSet<([u8; 16], u64)> =
        ground.changes.iter().map(|change| (change.actor, change.seq)).collect();
    let walked = chunks.iter().map(|chunk| walk(chunk).unwrap());
    let first = walked.filter(|walked| numbers.insert((walked.actor().0, walked.header().seq)));
    let first: Vec<Walked<'_>> = first.collect();
    let each = rehearse_each(&ground.document, &first.iter().collect::<Vec<_>>());
    assert!(each.results.iter().all(Result::is_ok), "{:?}", each.results);
    assert!(rehearse(&ground.document, &first.iter().rev().collect::<Vec<_>>()).is_ok(), "in whatever order");
}

/// What automerge itself says of a change, for whoever has to find out.
fn why(ground: &Ground, chunk: &[u8]) -> String {
    match Change::from_bytes(chunk.to_vec()) {
        Err(error) => format!("{error:?}"),
        Ok(change) => {
            format!("{:?} {:#?}", ground.document.clone().apply_changes([change.clone()]), change.decode())
        }
    }
}

fn print(counts: &Counts, tried: u64) {
    println!("{tried} changes on trial, {} rehearsed", counts.rehearsals);
    for (verdict, times) in &counts.verdicts {
        println!("{times:>9}  {verdict:?}");
    }
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "at most {} KiB and {:.1} ms of the processor for one, {:.1} ms where it was refused; {} took more than 50 ms",
        counts.bytes_max / 1_024,
        ms(counts.time_max),
        ms(counts.refusal_max),
        counts.slow
    );
    println!("the slowest: {}", counts.slowest);
}
