//! The program `khettara-relay`: reads its arguments and does what they say.

use std::process::ExitCode;

use clap::Parser;
use khettara_relay::command::Command;

fn main() -> ExitCode {
    Command::parse().execute()
}
