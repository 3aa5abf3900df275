//! Trains the dictionary that records ships, on what tablets would cut of an invented province with words of its
//! own: `cargo run --release -p khettara-tests --features train --bin train-dictionary [file]`. Without a file it
//! says whether the shipped dictionary is the one that this training gives. It is the one for slim changes, number
//! 2; number 1 was trained on whole ones and is only read with.

use std::process::ExitCode;

use khettara_core::id::OrgId;
use khettara_core::log::Dictionaries;
use khettara_demo::province::Vocabulary;
use khettara_records::content::Shipped;
use khettara_tests::{Chance, Notebook, OwnBranch, Village};

/// The dictionary's number. It is also the id that zstd reads in it.
const NUMBER: u32 = 2;
/// Nothing that is shown or measured has this seed.
const SEED: u64 = 1_444;
/// The dictionary's size. Twice as much saves one byte in a hundred of a batch of visits.
const BYTES: usize = 32 * 1_024;
/// Times the communes are gone through, each time with other families.
const PROVINCES: usize = 20;
/// Families registered, then visited, in one commune at a time.
const FAMILIES: u32 = 20;

fn main() -> ExitCode {
    let samples = samples();
    println!("{} contents, {} bytes", samples.len(), samples.iter().map(Vec::len).sum::<usize>());
    let mut dictionary = zstd::dict::from_samples(&samples, BYTES).expect("the samples are many and alike");
    // zstd draws an id from the content; ours is the number under which payloads name it.
    dictionary[4..8].copy_from_slice(&NUMBER.to_le_bytes());
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(&path, &dictionary).expect("the file can be written");
        println!("{path}: {} bytes", dictionary.len());
        return ExitCode::SUCCESS;
    }
    let same = Shipped.dictionary(NUMBER) == Some(&dictionary);
    println!(
        "{}",
        if same { "the shipped dictionary is this one" } else { "the shipped dictionary is another" }
    );
    ExitCode::from(u8::from(!same))
}

/// Contents of cuts in their slim form: registrations one by one and in fives, visits one by one, in sevens and in
/// tens, to families that the same tablet registered and that a colleague did. Every commune has other devices, so
/// that ids and hashes, which never come again, do not come again here either.
fn samples() -> Vec<Vec<u8>> {
    let mut chance = Chance::new(SEED);
    let org = OrgId(chance.seed());
    let mut samples = Vec::new();
    for number in 0..PROVINCES * Village::communes() {
        let (seed, commune) = (SEED + (number / Village::communes()) as u64, number % Village::communes());
        for families in [1, 5] {
            let place = (&org, &mut chance);
            let (_, mut notebook) =
                Village::register(Vocabulary::Training, seed + 1_000, commune, families, place);
            samples.push(OwnBranch::default().slim(&mut notebook));
        }
        let (mut village, own) =
            Village::register(Vocabulary::Training, seed, commune, FAMILIES, (&org, &mut chance));
        let other = Notebook::new(&org, &village.feed, &mut chance);
        let mut tablets = [own, other].map(|notebook| (notebook, OwnBranch::default()));
        drop(tablets[0].1.slim(&mut tablets[0].0));
        for (tablet, visits) in [(0, 1), (1, 1), (0, 10), (1, 7), (1, 1)] {
            let (notebook, branch) = &mut tablets[tablet];
            notebook.start(&mut chance);
            village.visit(notebook, visits);
            samples.push(branch.slim(notebook));
        }
    }
    samples
}
