//! A device's readable copy: what is saved stays, what arrives is judged everywhere alike, and what is derived
//! may vanish.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod forks;
mod hostile;
mod order;
mod recording;
mod sharing;
mod station;
