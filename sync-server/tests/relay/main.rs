//! A relay from outside: the program, and tablets and headquarters that reach it over QUIC.

mod bad_input;
mod grouping;
mod kills;
mod program;
mod support;
mod syncing;
