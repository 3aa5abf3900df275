//! `cargo run --release`: a province in a box.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use khettara_demo::narrator::Narrator;
use khettara_demo::options::{Act, Command};
use khettara_demo::province::{Generator, Province};
use khettara_demo::story::tell;

fn main() -> ExitCode {
    let command = Command::parse();
    if let Some(Act::Generate { households, seed }) = command.act {
        return generate(households, seed);
    }
    let narrator = Narrator::new(command.story.json);
    match tell(&command.story, &narrator) {
        Ok(summary) => {
            if command.story.json {
                println!("{}", serde_json::to_string(&summary).unwrap_or_default());
            } else {
                println!("{}", summary.words());
            }
            if summary.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            narrator.end();
            eprintln!("khettara-demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints invented households, each with a first visit. A reader that stops early ends it quietly.
fn generate(households: u32, seed: u64) -> ExitCode {
    let generator = Generator::new(&Province::errachidia(), seed, households);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for household in generator.stream() {
        let visit = generator.visit(&household, 20_759);
        if writeln!(out, "{}\n{}", household.to_line(), visit.to_line()).is_err() {
            return ExitCode::SUCCESS;
        }
    }
    if out.flush().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
