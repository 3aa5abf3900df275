//! Closing a tablet: lost, stolen, left, or moved to other communes. What headquarters holds of it stands; what comes
//! later is held in quarantine, everywhere alike, until a person releases it.

use khettara_core::encoding::Set;
use khettara_core::id::{Feed, Head, LogId, Pattern};
use khettara_core::identity::{Closing, Mode};
use khettara_core::store::{Store, StoreError, held};

use crate::error::HqError;
use crate::office::{Headquarters, feeds_of};
use crate::organisation::close;

/// Why a tablet is closed, for the screen; the numbers of docs/PROTOCOL.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CloseReason {
    /// None of the others.
    Other = 0,
    /// Nobody knows where it is.
    Lost = 1,
    /// Somebody took it.
    Stolen = 2,
    /// Whoever carried it works elsewhere now.
    Left = 3,
    /// It works in other communes.
    ScopeMoved = 4,
    /// Another tablet is in its place.
    Replaced = 5,
}

/// What is to be closed, and how.
#[derive(Debug, Clone)]
pub struct Ending {
    /// The tablet's serial.
    pub serial: u32,
    /// Cut, or drain: what was written before the tablet heard of it stands too.
    pub mode: Mode,
    /// In which feeds; none said: in all.
    pub feeds: Vec<Pattern>,
    /// Why.
    pub reason: CloseReason,
    /// Whether what headquarters holds of it now stands.
    pub keeps: bool,
}

/// What was closed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Closed {
    /// Tablets that the serial names or named.
    pub devices: usize,
    /// Logs of theirs of which something stands.
    pub logs: usize,
    /// Entries that stand in them, by headquarters' word.
    pub entries: u64,
}

impl Headquarters {
    /// Closes whatever tablets a serial names or named. The relays hear of it at the next pull, tablets at their next
    /// sync; what is merged here is judged anew at once.
    ///
    /// # Errors
    /// [`HqError::NobodyEnrolled`]; [`HqError::UnknownFeed`]; the store's.
    pub fn close(&mut self, ending: &Ending) -> Result<Closed, HqError> {
        let closed = self.shared.with(|engine, store| {
            let known = feeds_of(engine);
            if let Some(pattern) =
                ending.feeds.iter().find(|pattern| !known.iter().any(|feed| pattern.covers(feed)))
            {
                return Err(HqError::UnknownFeed { pattern: pattern.clone() });
            }
            let devices = engine.roster().devices_of(ending.serial);
            if devices.is_empty() {
                return Err(HqError::NobodyEnrolled { serial: ending.serial });
            }
            let feeds: Set<Pattern> = if ending.feeds.is_empty() {
                crate::office::everything()?.into_iter().collect()
            } else {
                ending.feeds.iter().cloned().collect()
            };
            let mut body = Closing {
                serial: ending.serial,
                mode: ending.mode,
                devices: devices.into_iter().collect(),
                feeds,
                keep: Set::default(),
                reason: ending.reason as u8,
            };
            if ending.keeps {
                body.keep = keep(store, &known, &body)?;
            }
            let mut logs: Vec<&LogId> = body.keep.iter().map(|(log, _, _)| log).collect();
            logs.dedup();
            let entries = body.keep.iter().map(|(_, n, _)| *n).sum();
            let closed = Closed { devices: body.devices.len(), logs: logs.len(), entries };
            close(engine, store, body)?;
            Ok(closed)
        })?;
        self.merge(&mut |_| {})?;
        Ok(closed)
    }
}

/// Where the logs that a closing touches end here, branch by branch.
fn keep(store: &dyn Store, feeds: &[Feed], closing: &Closing) -> Result<Set<(LogId, u64, Head)>, StoreError> {
    let mut keep = Vec::new();
    for feed in feeds.iter().filter(|feed| closing.feeds.iter().any(|pattern| pattern.covers(feed))) {
        for (_, log) in
            held::logs_in(store, feed)?.into_iter().filter(|(device, _)| closing.devices.contains(device))
        {
            for (n, tip) in held::lines_of(store, feed, &log)? {
                if let Some(end) = held::meta_of(store, &log, n, &tip)? {
                    keep.push((log, n, end.head));
                }
            }
        }
    }
    Ok(keep.into_iter().collect())
}
