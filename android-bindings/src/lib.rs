//! The tablet's door for Android: a narrow layer over the device library, which Kotlin calls and which never calls
//! Kotlin.
//!
//! What Kotlin holds is a number that is checked at every use, so that a call after a close is an exception and a
//! close while another thread works is safe. What is asked and answered is one encoding with a version.
//!
//! ```text
//! door      the exported functions: marshal only      call      one request, one reply; the open tablets
//! handles   numbers that stand for open tablets       tablet    a device, and the sync under way on it
//! form      a form as the device's line               answer    what the device says, as structures
//! message   the table of structures, for both sides   trouble   errors, in three languages
//! ```

mod answer;
mod call;
mod door;
mod form;
mod handles;
mod limits;
pub mod message;
pub mod structure;
mod tablet;
mod trouble;

pub use call::{ENCODING, call, close, is_open};
pub use handles::{Handles, NotOpen};
pub use limits::{CLOSE_MS_MAX, PAGE_ROWS_MAX, POLL_MS_MAX, REQUEST_BYTES_MAX};
