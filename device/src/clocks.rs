//! This tablet's clock, compared with a relay's or a colleague's whenever they sign for what was sent just now; and the
//! times of visits and referrals set right by that. What the tablet said stays beside what was found.

use std::collections::BTreeMap;

use khettara_core::encoding;
use khettara_core::id::{DeviceKey, DocumentId, Feed, LogId};
use khettara_core::identity::Roster;
use khettara_core::log::Place;
use khettara_core::store::{Group, Op, Store, StoreError, held};
use khettara_node::clock::Clock;
use khettara_records::content::Shipped;
use khettara_records::model::{
    Anchored, Compared, Form, Instant, RecordForm, RecordKind, Reference, TIME_ERROR_S_MAX, TimeSource,
    VisitForm, anchored,
};
use khettara_records::replica::Replica;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::DeviceError;
use crate::home::Member;
use crate::visits;

/// The last comparison with anybody's clock.
const LAST: &str = "clock";
/// The last one with a relay's: what colleagues' clocks said since is looked at again at the next one.
const LAST_OF_A_RELAY: &str = "relay clock";

/// Forms that are recorded together.
const FORMS_PER_COMMIT: usize = 64;

/// The last comparison, and how far each own log went then. Kept so that the next one has a time before it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    own_ms: u64,
    other_ms: u64,
    of_a_colleague: bool,
    positions: Vec<(LogId, u64)>,
}

impl Kept {
    fn compared(&self) -> Compared {
        let seconds = |ms: u64| i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
        let by = if self.of_a_colleague { TimeSource::Colleague } else { TimeSource::Relay };
        Compared { own_s: seconds(self.own_ms), other_s: seconds(self.other_ms), by }
    }
}

/// Own entries that an import wrote, log by log: behind the first position, up to the second. Their times come from
/// wherever the lines come from, so this tablet's clock says nothing of them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Imports {
    done: Vec<(LogId, u64, u64)>,
    /// Where own logs stood when an import began that has not ended: all behind it may be of it.
    under_way: Option<Vec<(LogId, u64)>>,
}

const IMPORTS: &str = "imports";

impl Imports {
    fn load(store: &dyn Store) -> Result<Self, StoreError> {
        Ok(held::setting(store, IMPORTS)?.unwrap_or_default())
    }

    fn save(&self, store: &mut dyn Store) -> Result<(), StoreError> {
        let op = Op::Put(held::setting_key(IMPORTS), encoding::to_bytes(self));
        store.commit(vec![Group { expect: vec![], ops: vec![op] }]).map(drop)
    }

    fn covers(&self, log: &LogId, n: u64) -> bool {
        let began = self.under_way.as_ref().map(|all| position_in(all, log));
        began.is_some_and(|began| n > began)
            || self.done.iter().any(|(of, from, to)| of == log && *from < n && n <= *to)
    }
}

/// An import begins: noted durably before its first line is saved.
pub(crate) fn import_begins(store: &mut dyn Store) -> Result<(), StoreError> {
    import_ended(store)?;
    let mut imports = Imports::load(store)?;
    imports.under_way = Some(positions(store)?);
    imports.save(store)
}

/// No import is under way any longer.
pub(crate) fn import_ended(store: &mut dyn Store) -> Result<(), StoreError> {
    let mut imports = Imports::load(store)?;
    let Some(began) = imports.under_way.take() else { return Ok(()) };
    let grown = positions(store)?.into_iter().map(|(log, n)| (log, position_in(&began, &log), n));
    imports.done.extend(grown.filter(|(_, from, to)| from < to));
    imports.save(store)
}

fn positions(store: &dyn Store) -> Result<Vec<(LogId, u64)>, StoreError> {
    let mut found = Vec::new();
    for feed in held::own_feeds(store)? {
        found.extend(held::own_logs(store, &feed)?.into_iter().map(|own| (own.log, own.n)));
    }
    Ok(found)
}

fn position_in(all: &[(LogId, u64)], log: &LogId) -> u64 {
    all.iter().find(|(of, _)| of == log).map_or(0, |(_, n)| *n)
}

/// Two clocks read at one moment: this tablet's, and that of a receipt just signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    own_ms: u64,
    other_ms: u64,
    place: Place,
}

/// How far each own log was cut: what a receipt says beyond that was signed later.
pub(crate) fn cut_so_far(store: &dyn Store) -> Result<BTreeMap<LogId, u64>, StoreError> {
    let mut cut = BTreeMap::new();
    for feed in held::own_feeds(store)? {
        cut.extend(held::own_logs(store, &feed)?.into_iter().map(|own| (own.log, own.cut)));
    }
    Ok(cut)
}

/// The clock of somebody who signed for more than was cut before: for that alone it is sure that the receipt is new.
/// A relay's goes before a colleague's, who may be as wrong as this tablet.
pub(crate) fn moment(
    store: &dyn Store,
    roster: &Roster,
    me: &DeviceKey,
    (clock, cut): (Clock, &BTreeMap<LogId, u64>),
) -> Result<Option<Moment>, StoreError> {
    let own_ms = clock.wall_ms();
    let mut found: Option<Moment> = None;
    for feed in held::own_feeds(store)? {
        for receipt in held::receipts_in(store, &feed, Some(me))? {
            let body = &receipt.body;
            let is_new = body.lines.iter().any(|(log, n, ..)| *n > cut.get(log).copied().unwrap_or(0));
            let is_believed = body.place.may_be_said_by(roster.issuer_role(&receipt.signed.signer));
            if !is_new || !is_believed || body.shown_time == 0 || own_ms == 0 {
                continue;
            }
            let said = Moment { own_ms, other_ms: body.shown_time, place: body.place };
            let rank = |moment: &Moment| (moment.place != Place::COLLEAGUE, moment.other_ms);
            if found.as_ref().is_none_or(|known| rank(known) < rank(&said)) {
                found = Some(said);
            }
        }
    }
    Ok(found)
}

/// How far this tablet's clock may be wrong now, by its last comparison; `None` before any.
pub(crate) fn error_s(store: &dyn Store, own_s: i64) -> Result<Option<u32>, StoreError> {
    let kept: Option<Kept> = held::setting(store, LAST)?;
    Ok(kept.map(|kept| kept.compared().error_s(own_s)))
}

impl Member {
    /// Sets right what this tablet's clock said wrongly since the last comparison, and keeps the new one; a relay's
    /// clock also what colleagues' clocks said since the last relay's. Gives how many times were found. Where saving
    /// fails nothing is kept, and the next comparison does it all.
    pub(crate) fn set_times_right(&self, moment: &Moment) -> Result<u64, DeviceError> {
        self.with(|replica, engine, store| {
            visits::count(store, &engine.party().org, &Shipped)?;
            let of_a_colleague = moment.place == Place::COLLEAGUE;
            let last: Option<Kept> = held::setting(store, LAST)?;
            let looks_again = !of_a_colleague && last.as_ref().is_some_and(|last| last.of_a_colleague);
            let before = if looks_again { held::setting(store, LAST_OF_A_RELAY)? } else { last };
            let imports = Imports::load(store)?;
            let after = Kept {
                own_ms: moment.own_ms,
                other_ms: moment.other_ms,
                of_a_colleague,
                positions: positions(store)?,
            };
            let found_by =
                Comparison { before: before.as_ref(), after: &after, imports: &imports, looks_again };
            let mut found = 0;
            for feed in held::own_feeds(store)?.into_iter().filter(|feed| !feed.is_clear()) {
                let forms = forms(replica, store, &feed, &found_by)?;
                for batch in forms.chunks(FORMS_PER_COMMIT) {
                    let saved = replica.record(store, engine.pen(), &feed, batch)?;
                    found += saved.iter().filter(|one| one.is_ok()).count() as u64;
                }
            }
            let mut ops = vec![Op::Put(held::setting_key(LAST), encoding::to_bytes(&after))];
            if !of_a_colleague {
                ops.push(Op::Put(held::setting_key(LAST_OF_A_RELAY), encoding::to_bytes(&after)));
            }
            if !of_a_colleague && !imports.done.is_empty() {
                // Nothing below is looked at again.
                let left = Imports { done: Vec::new(), ..imports };
                ops.push(Op::Put(held::setting_key(IMPORTS), encoding::to_bytes(&left)));
            }
            store.commit(vec![Group { expect: vec![], ops }])?;
            Ok(found)
        })
    }
}

/// Two comparisons, and what was written between them.
struct Comparison<'a> {
    before: Option<&'a Kept>,
    after: &'a Kept,
    imports: &'a Imports,
    /// Whether a colleague's clock was used for some of it, and a relay's is known now.
    looks_again: bool,
}

/// What a comparison says of the time of one record; `None`: what its tablet said may stand.
type Finding = (Uuid, Instant, Option<Anchored>);

/// The forms that say what was found of the times in one feed.
fn forms(
    replica: &mut Replica,
    store: &dyn Store,
    feed: &Feed,
    comparison: &Comparison<'_>,
) -> Result<Vec<Form>, StoreError> {
    let mut forms = Vec::new();
    let Comparison { before, after, imports, looks_again } = comparison;
    let (earlier, later) = (before.map(Kept::compared), after.compared());
    for own in held::own_logs(store, feed)? {
        let from = before.map_or(0, |before| position_in(&before.positions, &own.log));
        for (n, document, moments) in visits::begun_behind(store, feed, &own.log, from)? {
            if imports.covers(&own.log, n) {
                continue;
            }
            let findings =
                moments.into_iter().map(|(id, at)| (id, at, anchored(earlier.as_ref(), &later, at)));
            let findings: Vec<Finding> = findings.collect();
            if *looks_again || findings.iter().any(|(.., found)| found.is_some()) {
                forms.extend(forms_of(replica, store, (feed, &document), &findings, &later)?);
            }
        }
    }
    Ok(forms)
}

/// Only of a time that this tablet's clock gave, and that nothing was found of yet; or a colleague's clock, which a
/// relay's goes before.
fn forms_of(
    replica: &mut Replica,
    store: &dyn Store,
    (feed, document): (&Feed, &DocumentId),
    findings: &[Finding],
    later: &Compared,
) -> Result<Vec<Form>, StoreError> {
    let Some(view) = replica.household(store, feed, document)? else { return Ok(Vec::new()) };
    let household = Uuid::from_bytes(document.0);
    let is_device = |source: Option<&str>| source == Some(TimeSource::Device.code());
    let wanted = |known_by: Option<&str>, at: Instant, found: Option<Anchored>| match known_by {
        None => found,
        Some(by) if by == TimeSource::Colleague.code() && later.by == TimeSource::Relay => {
            let stands = Anchored { at, by: later.by, error_s: Some(later.error_s(at.seconds())) };
            let found = found.unwrap_or(stands);
            // What the colleague's clock gave as error does not stand for the relay's.
            Some(Anchored { error_s: found.error_s.or(Some(TIME_ERROR_S_MAX)), ..found })
        }
        Some(_) => None,
    };
    let mut forms = Vec::new();
    for (id, at, found) in findings {
        let visit = view.visits.iter().find(|visit| visit.id == *id);
        let visit = visit.filter(|visit| visit.at == Some(*at) && is_device(visit.time_source.as_deref()));
        if let Some(found) = visit.and_then(|visit| wanted(visit.anchored_by.as_deref(), *at, *found)) {
            forms.push(Form::Visit(VisitForm {
                id: Some(*id),
                household: Some(Reference::Id(household)),
                anchored_at: Some(found.at),
                anchored_by: Some(found.by),
                anchored_error_s: found.error_s,
                ..VisitForm::default()
            }));
        }
        let event = view.records.iter().find(|record| record.kind.is_event() && household == *id);
        let event = event.filter(|event| {
            event.text("at") == Some(at.to_string().as_str()) && is_device(event.text("time_source"))
        });
        let found =
            event.and_then(|event| Some((event.kind, wanted(event.text("anchored_by"), *at, *found)?)));
        forms.extend(found.and_then(|(kind, found)| event_form(kind, household, &found)).map(Form::Record));
    }
    Ok(forms)
}

fn event_form(kind: RecordKind, id: Uuid, found: &Anchored) -> Option<RecordForm> {
    let mut form = RecordForm::new(kind);
    form.id = Some(id);
    let form = form.with("anchored_at", &found.at.to_string().into()).ok()?;
    let form = form.with("anchored_by", &found.by.code().into()).ok()?;
    match found.error_s {
        Some(error_s) => form.with("anchored_error_s", &error_s.into()).ok(),
        None => Some(form),
    }
}
