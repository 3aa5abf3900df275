//! The tablet's door for Android: a narrow layer over the device library. So far it opens, closes, and says its
//! version; records and sync come through it next.
//!
//! Nothing calls up into the JVM. What Kotlin holds is a number that is checked at every use, so that a call
//! after a close is an exception and a close while another thread works is safe.

mod door;
mod handles;

pub use handles::{Handles, NotOpen};
