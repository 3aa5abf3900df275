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
    Anchored, Compared, Form, Instant, RecordForm, RecordKind, Reference, TimeSource, VisitForm, anchored,
};
use khettara_records::replica::Replica;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::DeviceError;
use crate::home::Member;
use crate::visits;

const SETTING: &str = "clock";

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
    let kept: Option<Kept> = held::setting(store, SETTING)?;
    Ok(kept.map(|kept| kept.compared().error_s(own_s)))
}

impl Member {
    /// Sets right what this tablet's clock said wrongly since the last comparison, and keeps the new one. Gives how
    /// many times were found. Where saving fails nothing is kept, and the next comparison does it all.
    pub(crate) fn set_times_right(&self, moment: &Moment) -> Result<u64, DeviceError> {
        self.with(|replica, engine, store| {
            visits::count(store, &engine.party().org, &Shipped)?;
            let before: Option<Kept> = held::setting(store, SETTING)?;
            let imports = Imports::load(store)?;
            let after = Kept {
                own_ms: moment.own_ms,
                other_ms: moment.other_ms,
                of_a_colleague: moment.place == Place::COLLEAGUE,
                positions: positions(store)?,
            };
            let mut found = 0;
            for feed in held::own_feeds(store)?.into_iter().filter(|feed| !feed.is_clear()) {
                let forms = forms(replica, store, &feed, (before.as_ref(), &after, &imports))?;
                for batch in forms.chunks(FORMS_PER_COMMIT) {
                    let saved = replica.record(store, engine.pen(), &feed, batch)?;
                    found += saved.iter().filter(|one| one.is_ok()).count() as u64;
                }
            }
            let mut ops = vec![Op::Put(held::setting_key(SETTING), encoding::to_bytes(&after))];
            if !imports.done.is_empty() {
                // Nothing below is looked at again.
                let left = Imports { done: Vec::new(), ..imports };
                ops.push(Op::Put(held::setting_key(IMPORTS), encoding::to_bytes(&left)));
            }
            store.commit(vec![Group { expect: vec![], ops }])?;
            Ok(found)
        })
    }
}

/// The forms that say what was found of the times in one feed.
fn forms(
    replica: &mut Replica,
    store: &dyn Store,
    feed: &Feed,
    (before, after, imports): (Option<&Kept>, &Kept, &Imports),
) -> Result<Vec<Form>, StoreError> {
    let mut forms = Vec::new();
    let earlier = before.map(Kept::compared);
    for own in held::own_logs(store, feed)? {
        let from = before.map_or(0, |before| position_in(&before.positions, &own.log));
        for (n, document, moments) in visits::begun_behind(store, feed, &own.log, from)? {
            if imports.covers(&own.log, n) {
                continue;
            }
            let wrong: Vec<(Uuid, Instant, Anchored)> = moments
                .into_iter()
                .filter_map(|(id, at)| Some((id, at, anchored(earlier.as_ref(), &after.compared(), at)?)))
                .collect();
            if !wrong.is_empty() {
                forms.extend(forms_of(replica, store, feed, &document, &wrong)?);
            }
        }
    }
    Ok(forms)
}

/// Only a time that this tablet's clock gave, and that nothing was found of yet.
fn forms_of(
    replica: &mut Replica,
    store: &dyn Store,
    feed: &Feed,
    document: &DocumentId,
    wrong: &[(Uuid, Instant, Anchored)],
) -> Result<Vec<Form>, StoreError> {
    let Some(view) = replica.household(store, feed, document)? else { return Ok(Vec::new()) };
    let household = Uuid::from_bytes(document.0);
    let is_device = |source: Option<&str>| source == Some(TimeSource::Device.code());
    let mut forms = Vec::new();
    for (id, at, found) in wrong {
        let visit = view.visits.iter().find(|visit| visit.id == *id);
        if visit.is_some_and(|visit| {
            visit.at == Some(*at) && visit.anchored_at.is_none() && is_device(visit.time_source.as_deref())
        }) {
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
            event.text("at") == Some(at.to_string().as_str())
                && event.text("anchored_at").is_none()
                && is_device(event.text("time_source"))
        });
        forms.extend(event.and_then(|event| event_form(event.kind, household, found)).map(Form::Record));
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
