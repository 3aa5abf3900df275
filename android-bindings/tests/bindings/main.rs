//! The two halves of the binding hold the same: Kotlin's classes, and what travels between the halves.

mod calls;
mod kotlin;
mod kotlin_is_what_the_rust_types_say;
mod vectors;
mod what_travels_is_read_by_both_halves;
