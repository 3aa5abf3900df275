//! `khettara-hq`: reads the command line, does it, says what came of it.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use khettara_hq::HqError;
use khettara_hq::cli::{Args, exit_of, run};

fn main() -> ExitCode {
    let args = Args::parse();
    let mut out = io::stdout().lock();
    let done = run(&args, &mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match done {
        Ok(code) => code.into(),
        // Whoever read the output has read enough of it.
        Err(HqError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("khettara-hq: {error}");
            exit_of(&error).into()
        }
    }
}
