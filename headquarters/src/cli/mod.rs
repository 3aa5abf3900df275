//! The command `khettara-hq`: words in, sentences or JSON out, and an exit code.

mod args;
mod quarantine;
mod say;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use khettara_core::error::ErrorKind;
use khettara_core::id::{DeviceKey, Feed, Pattern};
use khettara_core::identity::{Mode, Role, Ticket};

use crate::closing::{CloseReason, Ending};
use crate::error::HqError;
use crate::office::{Guest, Headquarters, NewRelay, Plan};
use crate::pull::{Outcome, Progress};
use crate::qr::Picture;

pub use args::{Args, Command, FeedAct, ModeWord, QuarantineAct, ReasonWord, RelayAct, RoleWord};

/// Done.
pub const OK: u8 = 0;
/// Not done.
pub const FAILURE: u8 = 1;
/// Done in part: some feeds are behind.
pub const PARTIAL: u8 = 3;
/// Not now: no network, or the disk is busy. Try again.
pub const TEMPORARY: u8 = 75;

/// What kind of exit an error is.
#[must_use]
pub fn exit_of(error: &HqError) -> u8 {
    if error.kind() == ErrorKind::Retry { TEMPORARY } else { FAILURE }
}

/// Does what was asked, and writes what came of it to `out`. Progress goes to standard error.
///
/// # Errors
/// [`HqError`]: what happened, why, what to do.
pub fn run(args: &Args, out: &mut dyn Write) -> Result<u8, HqError> {
    let (dir, json) = (args.dir.as_path(), args.json);
    match &args.command {
        Command::Init { name, relay_key, address } => {
            let relays = match relay_key {
                Some(key) => {
                    vec![NewRelay { key: device(key)?, addresses: address.clone(), feeds: Vec::new() }]
                }
                None => Vec::new(),
            };
            let office = Headquarters::init(dir, &Plan { name: name.clone(), relays })?;
            say::founded(out, &office, json)?;
        }
        Command::Relay { act: RelayAct::Add { key, address, feeds } } => {
            let mut office = open(dir)?;
            let feeds = feeds.iter().map(|feed| pattern(feed)).collect::<Result<_, _>>()?;
            let relay = NewRelay { key: device(key)?, addresses: address.clone(), feeds };
            office.add_relay(&relay)?;
            say::relay_added(out, &office, &relay, json)?;
        }
        Command::Feed { act: FeedAct::Add { codes, file } } => {
            let mut office = open(dir)?;
            let new = office.add_feeds(&feeds(codes, file.as_deref())?)?;
            say::feeds_added(out, &new, office.feeds().len(), json)?;
        }
        Command::Invite { feeds, role, relay, count, svg } => {
            let role = if *role == RoleWord::Supervisor { Role::SUPERVISOR } else { Role::WORKER };
            let feeds = feeds.iter().map(|feed| pattern(feed)).collect::<Result<_, _>>()?;
            let relay = relay.as_deref().map(device).transpose()?;
            let guest = Guest { role, feeds, relay };
            invite(dir, &guest, *count, svg.as_deref(), (out, json))?;
        }
        Command::Pull { patience_s } => return pull(dir, Duration::from_secs(*patience_s), (out, json)),
        Command::Export { to, sensitive } => {
            let mut office = open(dir)?;
            let manifest = if *sensitive { office.export_with_sensitive(to) } else { office.export(to) }?;
            say::exported(out, &manifest, to, json)?;
        }
        Command::Close { serial, mode, feed, reason, keep_nothing } => {
            let feeds = feed.iter().map(|feed| pattern(feed)).collect::<Result<_, _>>()?;
            let (mode, reason) = (mode.mode(), reason.reason());
            let ending = Ending { serial: *serial, mode, feeds, reason, keeps: !keep_nothing };
            let closed = open(dir)?.close(&ending)?;
            say::closed(out, &ending, &closed, json)?;
        }
        Command::Quarantine { lang, act } => {
            quarantine::run(&mut open(dir)?, act.as_ref(), *lang, (out, json))?;
        }
        Command::Schema => say::schema(out)?,
        Command::Status => say::status(out, &open(dir)?.status()?, json)?,
    }
    Ok(OK)
}

/// Opens headquarters, and says on standard error what had to be mended.
fn open(dir: &Path) -> Result<Headquarters, HqError> {
    let office = Headquarters::open(dir)?;
    office.mended().iter().for_each(|sentence| eprintln!("{sentence}"));
    Ok(office)
}

fn invite(
    dir: &Path,
    guest: &Guest,
    count: u32,
    svg: Option<&Path>,
    (out, json): (&mut dyn Write, bool),
) -> Result<(), HqError> {
    let mut office = open(dir)?;
    for _ in 0..count {
        let ticket = office.invite(guest)?;
        let picture = Picture::of(&ticket.to_text())?;
        if let Some(path) = svg {
            write_secret(&numbered(path, &ticket, count > 1), picture.svg().as_bytes())?;
        }
        say::ticket(out, &ticket, &picture, json)?;
    }
    Ok(())
}

fn pull(dir: &Path, patience: Duration, (out, json): (&mut dyn Write, bool)) -> Result<u8, HqError> {
    let mut office = open(dir)?;
    office.set_patience(patience);
    let bar = progress_bar(json);
    let mut visits = 0;
    let report = office.pull(&mut |progress| show(&bar, &progress, &mut visits));
    bar.finish_and_clear();
    let report = report?;
    say::pulled(out, &report, json)?;
    Ok(if report.outcome() == Outcome::Complete { OK } else { PARTIAL })
}

fn progress_bar(json: bool) -> ProgressBar {
    let quiet = json || !std::io::stderr().is_terminal();
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    // The template is a constant; were it wrong, the plain bar would be shown.
    if let Ok(style) = ProgressStyle::with_template("{bar:20} {msg}") {
        bar.set_style(style);
    }
    bar
}

fn show(bar: &ProgressBar, progress: &Progress, visits: &mut u64) {
    match progress {
        Progress::Meeting { relay } => bar.set_message(format!("relay {}…", &relay.to_hex()[..8])),
        Progress::Held { entries } => bar.set_message(format!("{entries} entries held")),
        Progress::Merged { feed, visits: more, done, of } => {
            *visits += more;
            bar.set_length(*of as u64);
            bar.set_position(*done as u64);
            bar.set_message(format!("{visits} visits · {feed}"));
        }
        Progress::Receipts { new } => bar.set_message(format!("{visits} visits · {new} receipts")),
    }
}

/// `ticket.svg` becomes `ticket-17.svg` where several are written.
fn numbered(path: &Path, ticket: &Ticket, several: bool) -> PathBuf {
    if !several {
        return path.to_path_buf();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let ending = path.extension().map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
    path.with_file_name(format!("{stem}-{}{ending}", ticket.serial))
}

/// A file that only this user may read: it holds a ticket's secret. Never over another file.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), HqError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?.write_all(bytes)?)
}

impl ModeWord {
    const fn mode(self) -> Mode {
        match self {
            Self::Cut => Mode::CUT,
            Self::Drain => Mode::DRAIN,
        }
    }
}

impl ReasonWord {
    const fn reason(self) -> CloseReason {
        match self {
            Self::Other => CloseReason::Other,
            Self::Lost => CloseReason::Lost,
            Self::Stolen => CloseReason::Stolen,
            Self::Left => CloseReason::Left,
            Self::ScopeMoved => CloseReason::ScopeMoved,
            Self::Replaced => CloseReason::Replaced,
        }
    }
}

fn device(hex: &str) -> Result<DeviceKey, HqError> {
    let bad = HqError::BadWord { what: "key", hint: "64 hexadecimal characters, as the relay shows them" };
    DeviceKey::from_hex(hex.trim()).ok_or(bad)
}

fn pattern(text: &str) -> Result<Pattern, HqError> {
    let hint = "a feed such as 08.201.11.07, or its beginning and a star: 08.201.*";
    Pattern::new(text).map_err(|_| HqError::BadWord { what: "feed or pattern", hint })
}

/// Feeds from the command line and from a file with one on each line; empty lines and `#` say nothing.
fn feeds(codes: &[String], file: Option<&Path>) -> Result<Vec<Feed>, HqError> {
    let (what, hint) = ("feed", "a commune's code such as 08.201.11.07");
    let word = |code: &String| Feed::new(code).map_err(|_| HqError::BadWord { what, hint });
    let mut found = codes.iter().map(word).collect::<Result<Vec<_>, _>>()?;
    let Some(path) = file else { return Ok(found) };
    let text =
        std::fs::read_to_string(path).map_err(|error| HqError::Words { path: path.to_path_buf(), error })?;
    for (line, code) in (1..).zip(text.lines()) {
        let code = code.split('#').next().unwrap_or_default().trim();
        if !code.is_empty() {
            found.push(Feed::new(code).map_err(|_| HqError::BadLine { line, what, hint })?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_from_the_command_line_and_from_a_file() {
        let folder = tempfile::tempdir().expect("the disk works");
        let path = folder.path().join("communes");
        std::fs::write(&path, "# Errachidia\n08.201.01.05\n\n08.201.11.07  # Ferkla\r\n").expect("writes");
        let found = feeds(&["08.201.01.01".into()], Some(&path)).expect("feeds");
        let names: Vec<&str> = found.iter().map(Feed::as_str).collect();
        assert_eq!(names, ["08.201.01.01", "08.201.01.05", "08.201.11.07"]);
        assert!(matches!(feeds(&["Errachidia".into()], None), Err(HqError::BadWord { .. })));
    }
}
