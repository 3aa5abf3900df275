//! How a relay is: for a person in a table of 80 columns, for a program in JSON.

use std::fmt::{self, Write as _};

use khettara_core::error::{Error, ErrorKind};
use khettara_core::identity::SigningKey;
use khettara_core::store::held::fold_roster;
use khettara_node::key_file::KeyFile;
use khettara_node::{LockError, OpenError, OrganisationFile, Owner, open_store};
use serde::{Deserialize, Serialize};

use crate::command::sentence;
use crate::config::Config;
use crate::figures::Figures;
use crate::folder::{Folder, bytes_below};
use crate::relay::{RelayError, kind_of_organisation};
use crate::sessions::{Counters, SessionLine};

/// How a relay is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// How the relay calls itself.
    pub name: String,
    /// The organisation it serves.
    pub organisation: String,
    /// Its public key, in hexadecimal.
    pub key: String,
    /// Whether it runs.
    pub running: bool,
    /// Where it listens, while it runs.
    pub address: Option<String>,
    /// What its store holds.
    pub figures: Figures,
    /// What happened since it started; all zeros where it does not run.
    pub counters: Counters,
    /// The sessions that ended last, oldest first.
    pub last_sessions: Vec<SessionLine>,
}

impl Status {
    /// Of the relay in `folder`: what it last wrote down where it runs, else what its store says.
    ///
    /// # Errors
    /// `Retry` where it has just started and written nothing yet; what the folder's files or the store say.
    pub fn of(folder: &Folder, config: &Config) -> Result<Self, Error> {
        let seeds = KeyFile::open(&folder.keys()).map_err(RelayError::of_keys)?;
        let opened = open_store(&folder.store(&config.store), Owner::Relay);
        let (store, _) = match opened {
            Ok(opened) => opened,
            Err(OpenError::Lock(LockError::Held)) => return Self::written(folder),
            Err(error) => return Err(sentence(error.kind(), &error)),
        };
        let organisation = OrganisationFile::read(&folder.organisation())
            .map_err(|error| sentence(kind_of_organisation(&error), &error))?;
        let key = SigningKey::from_seed(&seeds.signing).public();
        let figures = fold_roster(&store, organisation.org, None)
            .and_then(|roster| Figures::count(&store, &roster, &key))
            .map_err(|error| sentence(error.kind(), &error))?;
        let disk_bytes = bytes_below(&folder.store(&config.store));
        Ok(Self {
            name: config.name.clone(),
            organisation: organisation.organisation,
            key: key.to_hex(),
            figures: Figures { disk_bytes, ..figures },
            ..Self::default()
        })
    }

    fn written(folder: &Folder) -> Result<Self, Error> {
        let read = std::fs::read(folder.status()).ok();
        let status = read.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        status.filter(|status| status.running).ok_or_else(|| {
            let said = "the store is open in another process that has not said yet how it is; try again soon";
            Error::new(ErrorKind::Retry, said)
        })
    }

    /// Whether everything is as it should be: delegated, with a roster, all counted, and no alarm.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let figures = &self.figures;
        figures.delegated
            && figures.roster_position.is_some()
            && figures.alarm.is_none()
            && figures.feeds_uncounted == 0
    }

    /// One JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers and strings are JSON")
    }
}

/// A line of at most 80 columns; a longer value is cut.
fn line(table: &mut String, what: &str, value: &str) -> fmt::Result {
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).take(55).collect();
    writeln!(table, "  {what:<22} {value}")
}

impl Status {
    /// The table.
    ///
    /// # Errors
    /// None from a `String`: the signature is that of formatting.
    fn table(&self) -> Result<String, fmt::Error> {
        let (figures, counters) = (&self.figures, &self.counters);
        let mut table = String::new();
        let name = if self.name.is_empty() { "Relay" } else { &self.name };
        let heading = format!("{name}, {}", self.organisation);
        writeln!(table, "{}", heading.chars().take(80).collect::<String>())?;
        let running = match &self.address {
            Some(address) if self.running => format!("yes, at {address}"),
            _ => "no".to_owned(),
        };
        line(&mut table, "running", &running)?;
        line(&mut table, "key", self.key.get(..32).unwrap_or(&self.key))?;
        line(&mut table, "", self.key.get(32..).unwrap_or_default())?;
        let delegated = if figures.delegated { "yes" } else { "not yet, as far as known here" };
        line(&mut table, "delegated", delegated)?;
        let position = match figures.roster_position {
            Some((epoch, entry)) => format!("{epoch}.{entry}"),
            None => "none: headquarters was not met yet".to_owned(),
        };
        line(&mut table, "roster position", &position)?;
        line(&mut table, "devices admitted", &figures.devices_admitted.to_string())?;
        line(&mut table, "devices closed", &figures.devices_closed.to_string())?;
        line(&mut table, "invitations waiting", &figures.bindings_pending.to_string())?;
        let uncounted = match figures.feeds_uncounted {
            0 => String::new(),
            more => format!(" ({more} are not counted yet)"),
        };
        line(&mut table, "feeds", &format!("{}{uncounted}", figures.feeds))?;
        line(&mut table, "logs", &figures.logs.to_string())?;
        line(&mut table, "segments", &figures.segments.to_string())?;
        line(&mut table, "receipts given", &figures.receipts_given.to_string())?;
        line(&mut table, "disk used", &bytes(figures.disk_bytes))?;
        if self.running {
            let open = counters.sessions.saturating_sub(counters.ended);
            line(&mut table, "sessions", &format!("{} since the start, {open} open", counters.sessions))?;
            let traffic = format!("{} in, {} out", counters.segments_in, counters.segments_out);
            line(&mut table, "segments passed", &traffic)?;
            line(&mut table, "refused", &counters.refused.to_string())?;
            line(&mut table, "store failures", &counters.store_failures.to_string())?;
        }
        if let Some(alarm) = &figures.alarm {
            writeln!(table, "ALARM: {alarm}")?;
        }
        Ok(table)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table()?)
    }
}

/// Bytes as a person reads them.
fn bytes(count: u64) -> String {
    match count {
        0..1_000_000 => format!("{} kB", count.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{}.{} GB", count / 1_000_000_000, count / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_80_columns_whatever_it_says() {
        let status = Status {
            name: "n".repeat(100),
            organisation: "o".repeat(200),
            key: "ab".repeat(32),
            running: true,
            address: Some("[2001:db8:1111:2222:3333:4444:5555:6666%enormous-interface]:44330".into()),
            figures: Figures {
                disk_bytes: u64::MAX,
                segments: u64::MAX,
                alarm: Some("It is so.".into()),
                ..Figures::default()
            },
            ..Status::default()
        };
        let table = status.to_string();
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        assert!(table.contains("delegated") && table.contains("ALARM"));
        assert!(!status.is_whole());
    }

    #[test]
    fn a_status_comes_back_from_json_and_older_ones_read_too() {
        let status = Status { running: true, name: "x".into(), ..Status::default() };
        assert_eq!(serde_json::from_str::<Status>(&status.to_json()).expect("reads"), status);
        assert_eq!(serde_json::from_str::<Status>("{}").expect("reads"), Status::default());
    }

    #[test]
    fn bytes_are_rounded_for_people() {
        assert_eq!(bytes(0), "0 kB");
        assert_eq!(bytes(1_234), "2 kB");
        assert_eq!(bytes(12_345_678), "12 MB");
        assert_eq!(bytes(1_550_000_000), "1.5 GB");
    }
}
