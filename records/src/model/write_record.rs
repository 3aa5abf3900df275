//! Records of schema 2 written into a document: entries of any kind, and what a document is about.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::error::{Reason, RecordError};
use super::fields::join;
use super::kinds::RecordKind;
use super::laid;
use super::record_form::{Given, RecordForm, broken_span};
use super::value::{Date, FieldValue, Reference, Scalar};
use super::vocabulary::{CaseStatus, ExpectationStatus, ReferralStatus};
use super::write::{Fields, Writer};

/// What may change in a profile whose answers stand or fall together.
const FREE_IN_PROFILE: [&str; 2] = ["note", "withdrawn"];

impl Writer<'_, '_> {
    /// A record in a form of its own.
    pub(super) fn record(&mut self, form: &RecordForm) -> Result<(), RecordError> {
        if form.kind.is_subject() { self.subject(form) } else { self.single(form) }
    }

    /// Entries that stand in the form of a visit or a subject, whose `visit` is that visit.
    pub(super) fn entries(
        &mut self,
        entries: &[RecordForm],
        visit: Option<Uuid>,
        handles: &BTreeMap<&str, Uuid>,
    ) -> Result<(), RecordError> {
        let ids: Vec<Uuid> = entries.iter().map(|entry| self.id_for(entry.id)).collect();
        let mut places: BTreeMap<RecordKind, usize> = BTreeMap::new();
        for (entry, id) in entries.iter().zip(ids) {
            let place = places.entry(entry.kind).or_default();
            let at = format!("{}[{place}]", entry.kind.map());
            *place += 1;
            let mut entry = entry.clone();
            if let Some(visit) = visit.filter(|_| entry.kind.spec("visit").is_some()) {
                entry.given.insert("visit", Given::Value(Scalar::Text(visit.to_string())));
            }
            for given in entry.given.values_mut() {
                if let Given::Handle(handle) = given
                    && let Some(id) = handles.get(handle.as_str())
                {
                    *given = Given::Value(Scalar::Text(id.to_string()));
                }
            }
            self.one(id, &entry, &at)?;
        }
        Ok(())
    }

    fn subject(&mut self, form: &RecordForm) -> Result<(), RecordError> {
        let maps = self.root(form.kind.map())?;
        let is_new = laid::keys_of(self.draft, &maps).is_empty();
        if is_new && self.is_about_another(form.kind) {
            return Err(RecordError::new("id", Reason::OtherDocument));
        }
        // A commune's document has its id from the commune.
        let is_derived = form.id.is_none() && form.kind != RecordKind::Place;
        if is_new && is_derived && self.ids.next_id() != self.document {
            return Err(RecordError::new("id", Reason::OtherHousehold));
        }
        self.noted(form.kind, self.document, form.handle.as_deref(), is_new);
        self.put_given(&maps, form, is_new, "")?;
        self.entries(&form.entries, None, &BTreeMap::new())
    }

    /// An entry in a line of its own.
    fn single(&mut self, form: &RecordForm) -> Result<(), RecordError> {
        let mut is_at_home = false;
        for subject in form.kind.subjects() {
            let maps = self.root(subject.map())?;
            is_at_home |= !laid::keys_of(self.draft, &maps).is_empty();
        }
        if !is_at_home {
            return Err(RecordError::whole(Reason::OtherDocument));
        }
        let id = self.id_for(form.id);
        self.one(id, form, "")
    }

    fn one(&mut self, id: Uuid, form: &RecordForm, at: &str) -> Result<(), RecordError> {
        let (maps, is_new) = self.entry(form.kind, id, form.handle.as_deref())?;
        if form.kind == RecordKind::Functioning
            && !is_new
            && let Some(field) = self.changed_in_profile(&maps, form)
        {
            return Err(RecordError::new(join(at, field), Reason::WholeProfile));
        }
        if form.kind == RecordKind::Link && form.value("to") == Some(&Scalar::Text(self.document.to_string()))
        {
            return Err(RecordError::new(join(at, "to"), Reason::LinkToItself));
        }
        self.put_given(&maps, form, is_new, at)
    }

    /// A field of a profile that stands or falls with the others, and that the form gives another answer.
    fn changed_in_profile(&self, maps: &[automerge::ObjId], form: &RecordForm) -> Option<&'static str> {
        let is_other = |field: &&'static str, given: &Given| {
            let present = laid::winner(self.draft, maps, field);
            let present = present.and_then(|operation| laid::scalar_of(&operation.held));
            !matches!(given, Given::Value(value) if present.as_ref() == Some(value))
        };
        let given = form.given.iter().filter(|(field, given)| is_other(field, given)).map(|(field, _)| field);
        given.chain(&form.clear).find(|field| !FREE_IN_PROFILE.contains(field)).copied()
    }

    fn put_given(
        &mut self,
        maps: &[automerge::ObjId],
        form: &RecordForm,
        is_new: bool,
        at: &str,
    ) -> Result<(), RecordError> {
        let mut form = form.clone();
        if is_new {
            match form.kind {
                RecordKind::Expectation => {
                    form.or_else("status", || Scalar::Text(ExpectationStatus::Recorded.code().into()));
                }
                RecordKind::Referral => {
                    form.or_else("status", || Scalar::Text(ReferralStatus::Pending.code().into()));
                }
                RecordKind::Protection => {
                    form.or_else("status", || Scalar::Text(CaseStatus::Open.code().into()));
                }
                _ => {}
            }
            let has_names = form.kind.spec("name_ar").is_some();
            if has_names && form.value("name_ar").is_none() && form.value("name_latin").is_none() {
                return Err(RecordError::new(at, Reason::NoName));
            }
        }
        let mut scalars = BTreeMap::new();
        for (field, given) in &form.given {
            let Given::Value(value) = given else {
                return Err(RecordError::new(join(at, field), Reason::UnknownHandle));
            };
            if let Some(target) = form.kind.target(field) {
                let place = join(at, field);
                let reference = Reference::of_scalar(value);
                let reference = reference.ok_or(RecordError::new(place.clone(), Reason::BadId))?;
                self.must_exist(&reference, target, &place)?;
            }
            scalars.insert(*field, value.clone());
        }
        self.check_span(maps, &form, &scalars, at)?;
        let fields = Fields { scalars, clear: &form.clear, table: form.kind.fields() };
        self.put_fields(maps, &fields, is_new, at)
    }

    /// Refuses an end before the beginning, one of which stands here already.
    fn check_span(
        &self,
        maps: &[automerge::ObjId],
        form: &RecordForm,
        scalars: &BTreeMap<&'static str, Scalar>,
        at: &str,
    ) -> Result<(), RecordError> {
        let text = |field: &str| {
            let held = || laid::scalar_of(&laid::winner(self.draft, maps, field)?.held);
            let scalar = match scalars.get(field) {
                Some(scalar) => Some(scalar.clone()),
                None => held().filter(|_| !form.clear.contains(field)),
            };
            scalar.as_ref().and_then(Date::of_scalar).map(|date| date.as_str().to_string())
        };
        match broken_span(text) {
            Some((begin, end)) if scalars.contains_key(begin) || scalars.contains_key(end) => {
                let field = if scalars.contains_key(end) { end } else { begin };
                Err(RecordError::new(join(at, field), Reason::EndsBeforeItBegins))
            }
            _ => Ok(()),
        }
    }

    /// Whether the document is about something else already.
    pub(super) fn is_about_another(&self, kind: RecordKind) -> bool {
        RecordKind::SUBJECTS.into_iter().filter(|other| *other != kind).any(|other| {
            let maps = laid::maps_under(self.draft, &[automerge::ROOT], other.map());
            !laid::keys_of(self.draft, &maps).is_empty()
        })
    }
}
