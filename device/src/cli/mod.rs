//! The commands: arguments, what they do, what they print, and how they exit.
//!
//! | Exit | Meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | not done; the sentence says why and what to do |
//! | 2 | the command was not understood |
//! | 3 | done in part: some lines refused, or the link was lost |
//! | 75 | not now: no network, or another process is at work; try again |

mod args;
mod output;
mod quarantine;
mod receipt;
mod records;
mod show;
mod tablet;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use output::{Output, Trouble};

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    All,
    Part,
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json, arguments.quiet, arguments.lang);
    let result = run(&arguments, &output);
    ExitCode::from(match result {
        Ok(Done::All) => 0,
        Ok(Done::Part) => 3,
        Err(trouble) => output.trouble(&trouble),
    })
}

fn run(arguments: &Arguments, output: &Output) -> Result<Done, Trouble> {
    let dir = &arguments.dir;
    match &arguments.command {
        Command::Init => tablet::init(dir, output),
        Command::Enroll(enroll) => tablet::enroll(dir, enroll, output),
        Command::Status => tablet::status(dir, output),
        Command::Sync { patience_s } => tablet::sync(dir, *patience_s, output),
        Command::Add { line } => records::add(dir, line.as_deref(), output),
        Command::Import { file } => records::import(dir, file, output),
        Command::List { kind: None, limit, latest } => records::list(dir, *limit, *latest, output),
        Command::List { kind: Some(word), limit, .. } => records::list_register(dir, word, *limit, output),
        Command::Fields => records::fields(output),
        Command::Export { sensitive } => records::export(dir, *sensitive, output),
        Command::Show { household } => show::show(dir, household, output),
        Command::Receipt { household, visit, to } => {
            receipt::receipt(dir, (household, visit.as_deref()), to.as_ref(), output)
        }
        Command::Conflicts => show::conflicts(dir, output),
        Command::Quarantine { act } => quarantine::run(dir, act.as_ref(), output),
        Command::Resolve(resolve) => show::resolve(dir, resolve, output),
    }
}
