//! What `tests/fuzz/run` runs: libFuzzer around the target that `KHETTARA_FUZZ_TARGET` names.
#![no_main]

mod targets;

/// What the airlock's own stories are told with. They use more of it.
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/dice.rs"]
mod dice;
#[allow(dead_code)]
#[path = "../../records/src/airlock/tests/press.rs"]
mod press;

use std::sync::OnceLock;

use peak_alloc::PeakAlloc;
use targets::Target;

/// Counts what the whole process has allocated.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

static TARGET: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("KHETTARA_FUZZ_TARGET").unwrap_or_default();
        targets::target(&name).unwrap_or_else(|| panic!("KHETTARA_FUZZ_TARGET names no target: {name:?}"))
    });
    targets::run(*target, bytes);
});
