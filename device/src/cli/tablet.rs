//! The tablet itself: init, enroll, status, sync.

use std::path::Path;

use khettara_device::{
    Cancel, Device, Enrolment, OrganisationFile, Status, SyncEnd, SyncReport, Waiting, WaitsFor, reason_words,
};
use serde_json::json;

use super::Done;
use super::args::Enroll;
use super::output::{Output, Trouble, counted, shown};

/// Opens the tablet and says what had to be mended.
pub(super) fn open(dir: &Path, output: &Output) -> Result<Device, Trouble> {
    let (device, sentences) = Device::open(dir)?;
    sentences.iter().for_each(|mended| output.warn(&mended.to_string()));
    Ok(device)
}

pub(super) fn init(dir: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = Device::init(dir)?;
    let key = device.key().to_hex();
    let words = format!("A tablet was made. Its key begins with {}.\nNext: khettara enroll CODE", &key[..8]);
    output.end(&json!({ "device": key, "dir": dir }), &words)?;
    Ok(Done::All)
}

pub(super) fn enroll(dir: &Path, enroll: &Enroll, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    match (&enroll.ticket, &enroll.serial, &enroll.code, &enroll.organisation) {
        (_, Some(serial), Some(code), Some(file)) => {
            let file = OrganisationFile::read(file).map_err(khettara_device::DeviceError::from)?;
            device.enroll_typed(*serial, code, file)?;
        }
        (Some(ticket), ..) => device.enroll(ticket)?,
        _ => return Err(Trouble::Said("give the code, or --serial, --code and --organisation".into())),
    }
    let status = device.status()?;
    let words = match status.enrolment {
        Enrolment::Enrolled => "This tablet is enrolled.",
        _ => "The code is kept. You may record at once; `khettara sync` completes the enrolment.",
    };
    output.end(&json!({ "enrolment": status.enrolment, "serial": status.serial }), words)?;
    Ok(Done::All)
}

pub(super) fn status(dir: &Path, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let status = device.status()?;
    output.line(&status)?;
    output.print(&words_of(&status))?;
    Ok(Done::All)
}

fn words_of(status: &Status) -> String {
    let serial = status.serial.map_or_else(String::new, |serial| format!(" number {serial}"));
    let organisation =
        status.organisation.as_deref().map_or_else(String::new, |name| format!(", {}", shown(name)));
    let enrolment = match status.enrolment {
        Enrolment::None => "not enrolled: run `khettara enroll CODE`",
        Enrolment::Waiting => "its enrolment waits for the next sync",
        Enrolment::Enrolled => "enrolled",
        Enrolment::Closed => "closed by headquarters; it keeps and delivers its own work",
    };
    let visits = &status.visits;
    let mut lines = vec![
        format!("Tablet{serial}{organisation}: {enrolment}."),
        format!("{} recorded here:", counted(visits.all, "visit")),
    ];
    let places = [
        ("Saved", visits.saved),
        ("With a colleague", visits.with_a_colleague),
        ("Delivered", visits.delivered),
        ("At headquarters", visits.at_headquarters),
        ("At headquarters, set aside", visits.set_aside),
    ];
    lines.extend(places.map(|(place, count)| format!("  {place:<28}{count:>7}")));
    lines.extend(status.waiting.iter().map(waiting_words));
    lines.push(format!(
        "{} and {} can be read here; {} with several answers.",
        counted(status.households, "household"),
        counted(status.visits_readable, "visit"),
        counted(status.conflicts, "field"),
    ));
    if status.set_aside_here > 0 {
        lines.push(format!("{} held here and not merged.", counted(status.set_aside_here, "entry")));
    }
    lines.join("\n")
}

fn waiting_words(waiting: &Waiting) -> String {
    let what = match waiting.what {
        WaitsFor::Relay => "waiting for the next sync".into(),
        WaitsFor::Key => "waiting for the commune's key, which headquarters gives".into(),
        WaitsFor::Grant => "waiting until headquarters gives this tablet the commune".into(),
        WaitsFor::Headquarters => "waiting at the relay for headquarters".into(),
        WaitsFor::Supervisor(reason) => format!("waiting for a supervisor: {}", reason_words(reason)),
    };
    format!("{}: {} {what}.", waiting.feed, counted(waiting.visits, "visit"))
}

pub(super) fn sync(dir: &Path, patience_s: u64, output: &Output) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    device.set_patience_ms(patience_s.saturating_mul(1_000));
    let bar = output.bar("Sent");
    let report = device.sync(&Cancel::default(), &mut |progress| {
        bar.set_position(progress.sent);
        bar.set_message(format!("of {}, {} received", progress.to_send, progress.received));
    });
    bar.finish_and_clear();
    let report = report?;
    output.end(&report, &sync_words(&report))?;
    Ok(if report.ended == SyncEnd::Complete { Done::All } else { Done::Part })
}

/// Always the three facts: sent, received, at headquarters up to where.
fn sync_words(report: &SyncReport) -> String {
    let mut lines = Vec::new();
    if report.enrolled {
        lines.push("This tablet is enrolled now.".into());
    }
    if report.ended != SyncEnd::Complete {
        lines.push("The link was lost. Nothing is lost; the rest goes with the next sync.".into());
    }
    if report.times_found > 0 {
        lines.push(format!(
            "This tablet's clock was wrong: {} found by the relay's. Please set the clock.",
            match report.times_found {
                1 => "one time was".into(),
                many => format!("{many} times were"),
            }
        ));
    }
    let there = &report.at_headquarters;
    let up_to = match there.up_to {
        Some(at) => format!("all up to {at}"),
        None if there.of == 0 => "there is none yet".into(),
        None if there.visits == there.of => "all of it".into(),
        None => "the first waits".into(),
    };
    lines.push(format!("Sent: {} ({} wait).", counted(report.sent, "visit"), report.left));
    if report.entries_left > report.left {
        let others = counted(report.entries_left - report.left, "other change");
        lines.push(format!("Beside visits, {others} to families, referrals and the like wait."));
    } else if report.left == 0 {
        lines.push("Everything saved here has left this tablet.".into());
    }
    lines.push(format!("Received: {}.", counted(report.received, "visit")));
    lines.push(format!("At headquarters: {} of {}; {up_to}.", there.visits, counted(there.of, "visit")));
    if report.logs_not_granted > 0 {
        lines.push(
            "The relay does not take some of this work now. It is kept and offered again; ask headquarters."
                .into(),
        );
    }
    if report.copied {
        lines.push(
            "Another tablet writes under this one's name: a copy, or a restored backup. Nothing is lost; tell headquarters.".into(),
        );
    }
    lines.join("\n")
}
