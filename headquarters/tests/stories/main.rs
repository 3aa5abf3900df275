//! Stories of headquarters, told over real files and QUIC on loopback.

mod bad_input;
mod founding_and_tables;
mod others_open_it;
mod pulling;
mod python;
mod quarantine;
mod support;
