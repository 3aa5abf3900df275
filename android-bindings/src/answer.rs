//! What the device says, as Kotlin is told it.

use khettara_device::{
    Device, DeviceError, Enrolment as Enrolled, Feed, FieldDescription, Household as Shown, ListRow as Row,
    Listed, Mended, RecordKind, RecordRow, Saved as Written, Shape, ShownConflict, Side as Answer,
    SyncEnd as Ended, SyncProgress as Progress, SyncReport as Report, Tongue, VisitStatus as Stands,
    WaitsFor as Awaits, Whereabouts as Place, Words as Three, answer_words, whereabouts_words,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::message::{
    About, Code, Conflict, Cursor, Enrolment, Field, FieldType, HouseholdView, Kind, ListRow, Opened, Page,
    Record, Saved, SavedRecord, Side, Status, SyncEnd, SyncProgress, SyncReport, VisitCounts, VisitStatus,
    Waiting, WaitsFor, Whereabouts, Words, Writer,
};

pub(crate) fn words(three: Three) -> Words {
    Words { ar: three.ar.into(), fr: three.fr.into(), en: three.en.into() }
}

fn sentence(said: impl Fn(Tongue) -> String) -> Words {
    Words { ar: said(Tongue::Ar), fr: said(Tongue::Fr), en: said(Tongue::En) }
}

pub(crate) fn about() -> About {
    About {
        version: env!("CARGO_PKG_VERSION").into(),
        encoding: u32::from(crate::call::ENCODING),
        software: khettara_device::SOFTWARE.into(),
    }
}

pub(crate) fn opened(handle: i64, device: &Device, mended: &[Mended]) -> Opened {
    let mended = mended.iter().map(|mended| words(mended.words())).collect();
    Opened { handle, device: device.key().to_hex(), mended }
}

pub(crate) fn saved(written: &Written) -> Saved {
    let records = written.records.iter().map(|record| SavedRecord {
        record: record.kind.word().into(),
        id: record.id,
        new: record.is_new,
    });
    let large_bytes = written.bytes_when_large.map(|bytes| bytes as u64);
    Saved { household: Uuid::from_bytes(written.document.0), records: records.collect(), large_bytes }
}

fn list_row(feed: &Feed, row: Row) -> ListRow {
    ListRow {
        feed: feed.as_str().into(),
        id: Uuid::from_bytes(row.document.0),
        about: row.about,
        commune: row.commune,
        douar: row.douar,
        status: row.status,
        name: row.name,
        phone: row.phone,
        last_visit: row.last_visit,
        members: row.members,
        visits: row.visits,
        needs: row.needs,
        open_needs: row.open_needs,
        conflicts: row.conflicts,
        withdrawn: row.withdrawn,
    }
}

pub(crate) fn rows(listed: Vec<Listed>) -> Vec<ListRow> {
    listed.into_iter().map(|Listed { feed, row }| list_row(&feed, row)).collect()
}

/// A page of at most `limit` rows, of which one more was asked for.
pub(crate) fn page(listed: Vec<Listed>, limit: usize) -> Page {
    let mut rows = rows(listed);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next = last.map(|last| Cursor { feed: last.feed.clone(), id: last.id });
    Page { rows, next }
}

/// A row as a line gives it; what other software wrote beside it as JSON in text, which Kotlin keeps as it is.
fn row_of(row: &impl Serialize) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(row)?;
    if let Some(Value::Object(extra)) = value.get_mut("extra") {
        extra.values_mut().for_each(|held| *held = Value::String(held.to_string()));
    }
    Ok(value)
}

fn record(row: RecordRow) -> Record {
    Record {
        record: row.kind.word().into(),
        id: row.id,
        fields: row.fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        conflicts: row.conflicts,
        extra: row.extra.into_iter().map(|(name, value)| (name, value.to_string())).collect(),
    }
}

pub(crate) const fn whereabouts(place: Place) -> Whereabouts {
    match place {
        Place::Saved => Whereabouts::Saved,
        Place::Colleague => Whereabouts::WithAColleague,
        Place::Delivered => Whereabouts::Delivered,
        Place::SetAside(_) => Whereabouts::SetAside,
        Place::Headquarters => Whereabouts::AtHeadquarters,
    }
}

const fn waits_for(awaits: Awaits) -> WaitsFor {
    match awaits {
        Awaits::Relay => WaitsFor::Relay,
        Awaits::Key => WaitsFor::Key,
        Awaits::Grant => WaitsFor::Grant,
        Awaits::Headquarters => WaitsFor::Headquarters,
        Awaits::Supervisor(_) => WaitsFor::Supervisor,
    }
}

pub(crate) fn visit_status(stands: &Stands) -> VisitStatus {
    let visit = &stands.visit;
    VisitStatus {
        id: visit.id,
        household: visit.household,
        feed: visit.feed.as_str().into(),
        at: visit.at.map(|at| at.to_string()),
        whereabouts: whereabouts(visit.whereabouts),
        words: words(whereabouts_words(visit.whereabouts)),
        waits_for: stands.waits_for.map(waits_for),
        waits_for_words: stands.waits_for.map(|awaits| words(awaits.words())),
    }
}

fn side(shown: &ShownConflict, answer: &Answer, writer: &khettara_device::Writer) -> Side {
    let told = answer.told.clone().unwrap_or_default();
    let writer = Writer {
        me: writer.is_me,
        serial: writer.serial,
        device: writer.device.map(|device| device.to_hex()),
        agent: told.agent,
        at: told.at.map(|at| at.to_string()),
        error_s: told.error_s,
    };
    let words = sentence(|tongue| answer_words(&shown.conflict, answer, tongue));
    Side { text: answer.text.clone(), words, value: answer.value.clone(), writer, shown: answer.winner }
}

pub(crate) fn conflict(shown: &ShownConflict) -> Conflict {
    let sides = shown.conflict.sides.iter().zip(&shown.writers);
    Conflict {
        feed: shown.feed.as_str().into(),
        household: Uuid::from_bytes(shown.conflict.document.0),
        path: shown.conflict.path.to_string(),
        sentence: sentence(|tongue| shown.sentence(tongue)),
        sides: sides.map(|(answer, writer)| side(shown, answer, writer)).collect(),
    }
}

pub(crate) fn household(shown: Shown) -> Result<HouseholdView, serde_json::Error> {
    let Shown { feed, view, conflicts, own_visits } = shown;
    let all = |rows: Vec<Result<Value, serde_json::Error>>| rows.into_iter().collect::<Result<Vec<_>, _>>();
    let visits = all(view.visits_in_order().into_iter().map(row_of).collect())?;
    Ok(HouseholdView {
        feed: feed.as_str().into(),
        about: Some(view.about)
            .filter(|about| *about != RecordKind::Household)
            .map(|about| about.word().into()),
        household: row_of(&view.household)?,
        members: all(view.members.iter().map(row_of).collect())?,
        visits,
        needs: all(view.needs.iter().map(row_of).collect())?,
        records: view.records.into_iter().map(record).collect(),
        conflicts: conflicts.iter().map(conflict).collect(),
        own_visits: own_visits.iter().map(visit_status).collect(),
    })
}

pub(crate) fn status(device: &Device) -> Result<Status, DeviceError> {
    let status = device.status()?;
    let counts = status.visits;
    let waiting = status.waiting.iter().map(|waiting| Waiting {
        feed: waiting.feed.as_str().into(),
        visits: waiting.visits,
        waits_for: waits_for(waiting.what),
        words: words(waiting.what.words()),
    });
    Ok(Status {
        organisation: status.organisation,
        enrolment: match status.enrolment {
            Enrolled::None => Enrolment::None,
            Enrolled::Waiting => Enrolment::Waiting,
            Enrolled::Enrolled => Enrolment::Enrolled,
            Enrolled::Closed => Enrolment::Closed,
        },
        serial: status.serial,
        visits: VisitCounts {
            all: counts.all,
            saved: counts.saved,
            with_a_colleague: counts.with_a_colleague,
            delivered: counts.delivered,
            at_headquarters: counts.at_headquarters,
            set_aside: counts.set_aside,
        },
        at_headquarters_up_to: status.at_headquarters.up_to.map(|at| at.to_string()),
        waiting: waiting.collect(),
        households: status.households,
        visits_readable: status.visits_readable,
        conflicts: status.conflicts,
        set_aside_here: status.set_aside_here,
        full: device.is_full(),
    })
}

pub(crate) const fn progress(progress: &Progress) -> SyncProgress {
    SyncProgress {
        connected: progress.connected,
        sent: progress.sent,
        to_send: progress.to_send,
        received: progress.received,
        bytes_up: progress.bytes_up,
        bytes_down: progress.bytes_down,
    }
}

pub(crate) fn report(report: &Report) -> SyncReport {
    SyncReport {
        ended: match report.ended {
            Ended::Complete => SyncEnd::Complete,
            Ended::Partial => SyncEnd::Partial,
            Ended::Cancelled => SyncEnd::Cancelled,
        },
        sent: report.sent,
        received: report.received,
        delivered: report.delivered,
        left: report.left,
        entries_left: report.entries_left,
        at_headquarters: report.at_headquarters.visits,
        at_headquarters_up_to: report.at_headquarters.up_to.map(|at| at.to_string()),
        enrolled: report.enrolled,
        logs_not_granted: report.logs_not_granted,
        copied: report.copied,
        times_found: report.times_found,
        bytes_up: report.bytes_up,
        bytes_down: report.bytes_down,
    }
}

fn field(field: FieldDescription) -> Field {
    let codes = field.vocabulary.map_or_else(Vec::new, |list| {
        let codes = list.codes.iter().zip(list.words);
        codes.map(|(code, three)| Code { code: (*code).into(), words: words(*three) }).collect()
    });
    let bytes_max = match field.shape {
        Shape::Text { bytes_max } => Some(bytes_max as u64),
        _ => None,
    };
    let (min, max) = match field.shape {
        Shape::Whole { min, max } => (Some(min), Some(max)),
        _ => (None, None),
    };
    // The tablet gives a visit or a referral its own time where none is said.
    let needed = field.needed && field.shape != Shape::Time;
    let (name, words, field_type) = (field.name.into(), words(field.words), field_type(field.shape));
    Field { name, words, field_type, needed, min, max, codes, bytes_max }
}

const fn field_type(shape: Shape) -> FieldType {
    match shape {
        Shape::Text { .. } => FieldType::Text,
        Shape::Code(_) => FieldType::Code,
        Shape::Codes(_) => FieldType::Codes,
        Shape::Flag => FieldType::Flag,
        Shape::Whole { .. } => FieldType::Whole,
        Shape::Time => FieldType::Time,
        Shape::Commune => FieldType::Commune,
        Shape::Territories => FieldType::Territories,
        Shape::Phone => FieldType::Phone,
        Shape::Identifier => FieldType::Identifier,
        Shape::Language => FieldType::Language,
        Shape::Birth => FieldType::Birth,
        Shape::Date => FieldType::Date,
        Shape::Place => FieldType::Place,
        Shape::Reference(_) => FieldType::Record,
    }
}

/// Every kind of record with its fields and their codes.
pub(crate) fn kinds() -> Vec<Kind> {
    let kind = |kind: RecordKind| Kind {
        record: kind.word().into(),
        words: words(kind.words()),
        fields: kind.described().into_iter().map(field).collect(),
    };
    RecordKind::ALL.iter().copied().map(kind).collect()
}
