//! Stories of headquarters, told over real files and QUIC on loopback.

mod bad_input;
mod founding_and_tables;
mod pulling;
mod support;
