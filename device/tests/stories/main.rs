//! Stories of tablets on real directories, with a relay in this process, over real QUIC.

mod command;
mod enrolment;
mod recording;
mod syncing;
mod world;
