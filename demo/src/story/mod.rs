//! The story: a province in a box. Everybody is real: stores on disk, QUIC on loopback, keys of their own.
//!
//! | File | Tells |
//! |---|---|
//! | `cast` | who there is: headquarters, a relay, tablets with their communes |
//! | `consultation` | a meeting held before anybody was visited, and an expectation that is answered |
//! | `field` | a day in the field: families registered, visits, two workers in one household |
//! | `families` | many bodies, one family: overlaps, moves, double registrations, a referral answered |
//! | `days` | the days: who has a signal, what headquarters pulls |
//! | `reckoning` | what the three parties answer at the end |

mod cast;
mod consultation;
mod days;
mod families;
mod field;
mod reckoning;

use std::path::Path;

use crate::narrator::Narrator;
use crate::options::StoryOptions;

pub use reckoning::Summary;

/// Why a story could not be told to its end.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    /// The folder holds something else.
    #[error("{0} is not empty and not of an earlier story: choose another --dir, or empty it")]
    NotOurs(String),
    /// The disk.
    #[error("the disk refused: {0}; free some space or choose another --dir")]
    Disk(#[from] std::io::Error),
    /// Headquarters.
    #[error("headquarters: {0}")]
    Headquarters(#[from] khettara_hq::HqError),
    /// The relay.
    #[error("the relay: {0}")]
    Relay(#[from] khettara_core::error::Error),
    /// A tablet.
    #[error("tablet {serial}: {sentence}")]
    Tablet {
        /// Which, counting from 1.
        serial: usize,
        /// What it said.
        sentence: String,
    },
    /// Something the story takes for granted is not so: a bug.
    #[error("the story went wrong: {0}; please report this with the seed")]
    Wrong(&'static str),
}

/// Tells the story.
///
/// # Errors
/// [`StoryError`].
pub fn tell(options: &StoryOptions, narrator: &Narrator) -> Result<Summary, StoryError> {
    prepare(&options.dir)?;
    let mut cast = cast::assemble(options, narrator)?;
    days::live(&mut cast, options, narrator)?;
    let summary = reckoning::reckon(&mut cast, options, narrator)?;
    narrator.end();
    cast.leave()?;
    Ok(summary)
}

const MARK: &str = ".khettara-demo";

/// An empty folder, or one that an earlier story made and that is emptied.
fn prepare(dir: &Path) -> Result<(), StoryError> {
    if dir.join(MARK).exists() {
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    if std::fs::read_dir(dir)?.next().is_some() {
        return Err(StoryError::NotOurs(dir.display().to_string()));
    }
    std::fs::write(dir.join(MARK), "made by khettara-demo; a later story replaces this folder\n")?;
    Ok(())
}
