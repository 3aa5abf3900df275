//! Saving: one form, or a file of lines. What is answered as saved is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

use khettara_core::error::ErrorKind;
use khettara_core::id::Feed;
use khettara_core::limits::RECORD_LINE_BYTES_MAX;
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::Engine;
use khettara_records::model::{
    Form, Instant, Reading, Reason, RecordError, RecordKind, Reference, home_feed, parse_line,
};
use khettara_records::replica::{Replica, Saved};
use uuid::Uuid;

use crate::clocks;
use crate::device::{Device, document_of};
use crate::error::DeviceError;
use crate::home::{Member, readable};

/// Lines saved together with one flush.
const LINES_PER_COMMIT: usize = 64;

/// Times that saving one form is tried while the index fails under it; beyond it the form is refused for now.
const SAVE_TRIES_MAX: u32 = 4;

/// A line that was not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLine {
    /// Its number, from 1.
    pub line: u64,
    /// The field concerned; empty for the line as a whole.
    pub field: String,
    /// Why, and what to do. Nothing of the line stands in it.
    pub reason: String,
}

impl std::fmt::Display for RefusedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = if self.field.is_empty() { String::new() } else { format!("{}: ", self.field) };
        write!(f, "line {}: {at}{}", self.line, self.reason)
    }
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportReport {
    /// Lines read, empty ones aside.
    pub lines: u64,
    /// Lines saved.
    pub saved: u64,
    /// Lines refused.
    pub refused: u64,
    /// Lines that say what stands already: nothing was to be saved.
    pub unchanged: u64,
    /// Households that were new.
    pub households: u64,
    /// Visits that were new.
    pub visits: u64,
}

/// What happens while importing.
#[derive(Debug)]
pub enum ImportEvent<'a> {
    /// A line is durable.
    Saved(&'a Saved),
    /// A line was not saved; the others go on.
    Refused(&'a RefusedLine),
    /// So far.
    Progress(&'a ImportReport),
}

impl Device {
    /// Saves one form. When this returns it is durable. A new visit or referral that says no time gets that of this
    /// tablet's clock, with how far it may be wrong by the last comparison with a relay's.
    ///
    /// # Errors
    /// [`DeviceError::Record`] with field and reason, [`DeviceError::NotGranted`],
    /// [`DeviceError::NoSuchHousehold`], or what the store says; then nothing was saved.
    pub fn record(&self, form: &Form) -> Result<Saved, DeviceError> {
        let member = self.member()?;
        let mut form = form.clone();
        if let Some(reading) = self.reading(&member)? {
            form.stamp(&reading);
        }
        for _ in 0..SAVE_TRIES_MAX {
            match self.record_once(&form) {
                // The space kept back is for exactly this form; whoever asks is told that it is used up.
                Err(error) if error.kind() == ErrorKind::Full && self.use_reserve() => {}
                // Where the index fails, as on a full disk, the copy made of it is gone and is read again.
                Err(DeviceError::NoSuchHousehold) if member.catch_up(None)?.merged > 0 => {}
                done => return done,
            }
        }
        Err(StoreError::Index.into())
    }

    /// What this tablet's clock says; `None` where it stands outside the years that are kept.
    fn reading(&self, member: &Member) -> Result<Option<Reading>, DeviceError> {
        let now_s = i64::try_from(self.clock.wall_ms() / 1_000).unwrap_or(i64::MAX);
        let Ok(at) = Instant::of_seconds(now_s) else { return Ok(None) };
        let error_s = member.shared.with(|_, store| clocks::error_s(store, now_s))?;
        Ok(Some(Reading { at, error_s, offset_min: self.clock.offset_min() }))
    }

    fn record_once(&self, form: &Form) -> Result<Saved, DeviceError> {
        let member = self.member()?;
        member.with(|replica, engine, store| {
            let feed = feed_for(replica, engine, store, form, &BTreeMap::new())?;
            let results = replica.record(store, engine.pen(), &feed, std::slice::from_ref(form))?;
            let result = results.into_iter().next();
            Ok(result.ok_or(RecordError { line: None, field: String::new(), reason: Reason::Internal })??)
        })
    }

    /// Saves one line of JSON.
    ///
    /// # Errors
    /// As [`Device::record`].
    pub fn record_line(&self, line: &str) -> Result<Saved, DeviceError> {
        let form = parse_line(1, line).map_err(|error| RecordError { line: None, ..error })?;
        self.record(&form)
    }

    /// Saves a file of lines. Lines that are refused are told one by one; the others are saved. Handles
    /// (`ref`) are known from the line that bears them to the end of the file.
    ///
    /// # Errors
    /// [`DeviceError::Input`], or what the store says; what was told as saved is saved.
    pub fn import(
        &self,
        reader: impl BufRead,
        on: &mut dyn FnMut(ImportEvent<'_>),
    ) -> Result<ImportReport, DeviceError> {
        let member = self.member()?;
        member.shared.with(|_, store| clocks::import_begins(store))?;
        let report = Self::import_lines(&member, reader, on);
        // Where this fails the next opening does it; what was saved is told all the same.
        let _ = member.shared.with(|_, store| clocks::import_ended(store));
        report
    }

    fn import_lines(
        member: &Member,
        reader: impl BufRead,
        on: &mut dyn FnMut(ImportEvent<'_>),
    ) -> Result<ImportReport, DeviceError> {
        let mut import = Import {
            member,
            on,
            report: ImportReport::default(),
            known: BTreeMap::new(),
            feeds: BTreeMap::new(),
            batch: Vec::new(),
            batch_feed: None,
            batch_handles: BTreeMap::new(),
        };
        let mut lines = Lines { reader, line: 0 };
        while let Some((line, text)) = lines.next()? {
            import.line(line, text)?;
        }
        import.flush()?;
        (import.on)(ImportEvent::Progress(&import.report));
        Ok(import.report)
    }
}

struct Import<'a> {
    member: &'a Member,
    on: &'a mut dyn FnMut(ImportEvent<'_>),
    report: ImportReport,
    /// What handles stand for.
    known: BTreeMap<String, Uuid>,
    /// The feeds of households that handles stand for.
    feeds: BTreeMap<String, Feed>,
    batch: Vec<(u64, Form)>,
    batch_feed: Option<Feed>,
    /// Handles that lines of the batch give.
    batch_handles: BTreeMap<String, Uuid>,
}

impl Import<'_> {
    fn line(&mut self, line: u64, text: Result<String, RecordError>) -> Result<(), DeviceError> {
        self.report.lines += 1;
        let form = match text.and_then(|text| parse_line(line, &text)) {
            Ok(form) => form,
            Err(error) => {
                self.refuse(line, error.field, error.reason.to_string());
                return Ok(());
            }
        };
        let mut form = form;
        if form.bind(&self.known).is_err() && form.clone().bind(&self.batch_handles).is_err() {
            // Handles of this batch and of earlier ones in one line: save the batch, then all are known.
            self.flush()?;
            if let Err(error) = form.bind(&self.known) {
                self.refuse(line, error.field, error.reason.to_string());
                return Ok(());
            }
        }
        let feeds = &self.feeds;
        let feed = self.member.with(|replica, engine, store| feed_for(replica, engine, store, &form, feeds));
        let feed = match feed {
            Ok(feed) => feed,
            Err(DeviceError::NoSuchHousehold) if !self.batch.is_empty() => {
                // It may stand in the batch, by its id.
                self.flush()?;
                match self
                    .member
                    .with(|replica, engine, store| feed_for(replica, engine, store, &form, &self.feeds))
                {
                    Ok(feed) => feed,
                    Err(error) => return self.refuse_for(line, error),
                }
            }
            Err(error) => return self.refuse_for(line, error),
        };
        if self.batch_feed.as_ref().is_some_and(|batch| *batch != feed)
            || self.batch.len() >= LINES_PER_COMMIT
        {
            self.flush()?;
            // What the batch bore is known now, and is needed where the next one goes to another feed.
            if let Err(error) = form.bind(&self.known) {
                self.refuse(line, error.field, error.reason.to_string());
                return Ok(());
            }
            // A handle may have turned out to be no family's.
            let is_good = self
                .member
                .with(|replica, engine, store| feed_for(replica, engine, store, &form, &self.feeds));
            if let Err(error) = is_good {
                return self.refuse_for(line, error);
            }
        }
        for (handle, is_household) in handles_of(&form) {
            self.batch_handles.insert(handle.clone(), Uuid::nil());
            if is_household {
                self.feeds.insert(handle, feed.clone());
            }
        }
        self.batch_feed = Some(feed);
        self.batch.push((line, form));
        Ok(())
    }

    fn refuse_for(&mut self, line: u64, error: DeviceError) -> Result<(), DeviceError> {
        let field = match &error {
            DeviceError::NoSuchHousehold => "household",
            DeviceError::NotGranted => "commune",
            DeviceError::Record(refused) => {
                let (field, reason) = (refused.field.clone(), refused.reason.to_string());
                self.refuse(line, field, reason);
                return Ok(());
            }
            _ => return Err(error),
        };
        self.refuse(line, field.into(), error.to_string());
        Ok(())
    }

    fn refuse(&mut self, line: u64, field: String, reason: String) {
        self.report.refused += 1;
        (self.on)(ImportEvent::Refused(&RefusedLine { line, field, reason }));
    }

    fn flush(&mut self) -> Result<(), DeviceError> {
        let (batch, Some(feed)) = (std::mem::take(&mut self.batch), self.batch_feed.take()) else {
            return Ok(());
        };
        self.batch_handles.clear();
        let (lines, forms): (Vec<u64>, Vec<Form>) = batch.into_iter().unzip();
        let results =
            self.member.with(|replica, engine, store| replica.record(store, engine.pen(), &feed, &forms))?;
        for (line, result) in lines.into_iter().zip(results) {
            match result {
                Ok(saved) => {
                    for record in &saved.records {
                        self.report.households +=
                            u64::from(record.is_new && record.kind == RecordKind::Household);
                        self.report.visits += u64::from(record.is_new && record.kind == RecordKind::Visit);
                        self.known.extend(record.handle.clone().map(|handle| (handle, record.id)));
                    }
                    self.report.saved += 1;
                    (self.on)(ImportEvent::Saved(&saved));
                }
                Err(error) if error.reason == Reason::NothingChanged => self.report.unchanged += 1,
                Err(error) => self.refuse(line, error.field, error.reason.to_string()),
            }
        }
        (self.on)(ImportEvent::Progress(&self.report));
        Ok(())
    }
}

/// The handles a form gives, and whether each is its household's.
fn handles_of(form: &Form) -> BTreeSet<(String, bool)> {
    let (own, inner, is_household): (_, Vec<_>, _) = match form {
        Form::Household(form) => {
            let entries = form.entries.iter().map(|one| &one.handle);
            (&form.handle, form.members.iter().map(|one| &one.handle).chain(entries).collect(), true)
        }
        Form::Visit(form) => {
            let entries = form.entries.iter().map(|one| &one.handle);
            (&form.handle, form.needs.iter().map(|one| &one.handle).chain(entries).collect(), false)
        }
        Form::Member { member, .. } => (&member.handle, Vec::new(), false),
        Form::Need { need, .. } => (&need.handle, Vec::new(), false),
        Form::Record(form) => {
            (&form.handle, form.entries.iter().map(|one| &one.handle).collect(), form.kind.is_subject())
        }
        Form::Resolve(_) => (&None, Vec::new(), false),
    };
    let own = own.iter().map(|handle| (handle.clone(), is_household));
    own.chain(inner.into_iter().flatten().map(|handle| (handle.clone(), false))).collect()
}

/// A new referral is of a family that is recorded here: one to nowhere helps nobody.
fn must_know_its_family(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    form: &Form,
) -> Result<(), DeviceError> {
    let Some(household) = form.referred_household() else { return Ok(()) };
    match feed_of(replica, engine, store, &household)? {
        Some(_) => Ok(()),
        None => Err(DeviceError::NoSuchHousehold),
    }
}

/// The feed that a form belongs in: its document's, or for a new document its home.
fn feed_for(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    form: &Form,
    handles: &BTreeMap<String, Feed>,
) -> Result<Feed, DeviceError> {
    let held = match form.document() {
        Some(Reference::Id(id)) => feed_of(replica, engine, store, &id)?,
        Some(Reference::Handle(handle)) => handles.get(&handle).cloned(),
        None => None,
    };
    let feed = match held {
        Some(feed) => feed,
        None => {
            let name = home_feed(form)?.ok_or(DeviceError::NoSuchHousehold)?;
            must_know_its_family(replica, engine, store, form)?;
            let bad = |_| RecordError { line: None, field: "commune".into(), reason: Reason::BadCommune };
            Feed::new(name).map_err(bad)?
        }
    };
    if may_save(engine, store, &feed)? { Ok(feed) } else { Err(DeviceError::NotGranted) }
}

/// The feed that holds a household.
pub(crate) fn feed_of(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    household: &Uuid,
) -> Result<Option<Feed>, StoreError> {
    for feed in readable(engine, store)? {
        if replica.row(store, &feed, &document_of(household))?.is_some() {
            return Ok(Some(feed));
        }
    }
    Ok(None)
}

/// Whether work may be saved here: before the first contact nobody knows, so yes; then by the roster, and
/// always where this tablet has work already.
fn may_save(engine: &Engine, store: &dyn Store, feed: &Feed) -> Result<bool, StoreError> {
    let (roster, me) = (engine.roster(), engine.party().key());
    Ok(roster.serial_of(&me).is_none()
        || roster.may_write(&me, feed)
        || !held::own_logs(store, feed)?.is_empty())
}

/// A line's number, and its text or why it has none.
type NumberedLine = (u64, Result<String, RecordError>);

/// The lines of a file, each bounded; empty ones are passed over.
struct Lines<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Result<Option<NumberedLine>, DeviceError> {
        loop {
            let mut bytes = Vec::new();
            let room = RECORD_LINE_BYTES_MAX as u64 + 2;
            let read = (&mut self.reader).take(room).read_until(b'\n', &mut bytes);
            if read.map_err(DeviceError::Input)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            let mut length = bytes.len();
            if bytes.last() != Some(&b'\n') && length as u64 == room {
                length += self.skip_rest()?;
            }
            if length > RECORD_LINE_BYTES_MAX + 2 {
                let reason = Reason::LineTooLong { bytes: length, max: RECORD_LINE_BYTES_MAX };
                return Ok(Some((self.line, Err(whole(self.line, reason)))));
            }
            match String::from_utf8(bytes) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => return Ok(Some((self.line, Ok(text.trim().into())))),
                Err(error) => {
                    let column = error.utf8_error().valid_up_to() + 1;
                    return Ok(Some((self.line, Err(whole(self.line, Reason::NotJson { column })))));
                }
            }
        }
    }

    /// Passes over the rest of a line, whatever its length. Gives its bytes.
    fn skip_rest(&mut self) -> Result<usize, DeviceError> {
        let mut skipped = 0;
        loop {
            let buffer = self.reader.fill_buf().map_err(DeviceError::Input)?;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(taken);
            skipped += taken;
            if end.is_some() || taken == 0 {
                return Ok(skipped);
            }
        }
    }
}

fn whole(line: u64, reason: Reason) -> RecordError {
    RecordError { line: Some(line), field: String::new(), reason }
}
