//! Forms: what a person saves at once. One form is one transaction is one change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use khettara_core::id::ChangeHash;
use khettara_core::limits::{RECORD_LANGUAGES_MAX, RECORD_MEMBERS_PER_FORM_MAX, RECORD_NEEDS_PER_VISIT_MAX};
use uuid::Uuid;

use super::error::{Reason, RecordError};
use super::fields::{HouseholdForm, MemberForm, NeedForm, VisitForm};
use super::ids::place_id;
use super::instant::Instant;
use super::kinds::RecordKind;
use super::path::FieldPath;
use super::record_form::{Given, RecordForm, check_entries};
use super::rule::Rule;
use super::value::{FieldValue, Reference, Scalar, of_canonical};
use super::vocabulary::TimeSource;

/// What a resolution keeps.
#[derive(Clone, PartialEq, Eq)]
pub enum Keep {
    /// The side that this change wrote.
    Side(ChangeHash),
    /// Another value, as a line would give it; it must be one that could be entered in this field.
    Value(Scalar),
}

/// A decision between several answers.
#[derive(Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The household.
    pub household: Reference,
    /// The field.
    pub path: FieldPath,
    /// What is kept.
    pub keep: Keep,
    /// The changes of all sides that the person saw; empty: not checked. Where others have come since, the
    /// resolution is refused and the person looks again.
    pub seen: BTreeSet<ChangeHash>,
}

impl fmt::Debug for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolution").field("household", &self.household).finish_non_exhaustive()
    }
}

/// What a device's clock says, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The time, in UTC as the device believes.
    pub at: Instant,
    /// How far that may be wrong, in seconds; `None`: the clock was never compared.
    pub error_s: Option<u32>,
    /// The zone it shows, in minutes east of UTC.
    pub offset_min: Option<i16>,
}

/// What one save writes.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A household, new or changed, with members.
    Household(HouseholdForm),
    /// One member of a household.
    Member {
        /// The household.
        household: Reference,
        /// The member.
        member: MemberForm,
    },
    /// A visit with its needs.
    Visit(VisitForm),
    /// One need.
    Need {
        /// The household.
        household: Reference,
        /// The need.
        need: NeedForm,
    },
    /// A record of another kind: an entry in a household's document, or what another document is about, or an
    /// entry there.
    Record(RecordForm),
    /// A decision between answers.
    Resolve(Resolution),
}

impl Form {
    /// The document it speaks of (a household's bears the household's id); `None` for one that has no id yet.
    #[must_use]
    pub fn document(&self) -> Option<Reference> {
        match self {
            Self::Record(form) if form.kind == RecordKind::Place => place_of(form).map(Reference::Id),
            Self::Record(form) if form.kind.is_subject() => form.id.map(Reference::Id),
            Self::Record(form) => form.document.clone(),
            Self::Household(form) => form.id.map(Reference::Id),
            Self::Visit(form) => form.household.clone(),
            Self::Member { household, .. } | Self::Need { household, .. } => Some(household.clone()),
            Self::Resolve(resolution) => Some(resolution.household.clone()),
        }
    }

    /// What a document that this form may begin is about; `None` where it must be there already.
    #[must_use]
    pub const fn begins(&self) -> Option<RecordKind> {
        match self {
            Self::Household(_) => Some(RecordKind::Household),
            Self::Record(form) if form.kind.is_subject() => Some(form.kind),
            _ => None,
        }
    }

    /// The household that a referral, or a protection case, is of.
    #[must_use]
    pub fn referred_household(&self) -> Option<Uuid> {
        match self {
            Self::Record(form) if form.kind.is_event() => match form.value("household") {
                Some(Scalar::Text(id)) => of_canonical(id),
                _ => None,
            },
            _ => None,
        }
    }

    /// Gives a new visit, or a new referral, that says no time that of the device's clock, with what is known of it.
    pub fn stamp(&mut self, reading: &Reading) {
        match self {
            Self::Visit(form) if form.id.is_none() && form.at.is_none() && form.clear.is_empty() => {
                form.at = Some(reading.at);
                form.time_source = form.time_source.or(Some(TimeSource::Device));
                form.error_s = form.error_s.or(reading.error_s);
                form.offset_min = form.offset_min.or(reading.offset_min);
            }
            Self::Record(form)
                if form.kind.is_event() && form.id.is_none() && !form.given.contains_key("at") =>
            {
                form.or_else("at", || Scalar::Integer(reading.at.seconds()));
                form.or_else("time_source", || Scalar::Text(TimeSource::Device.code().into()));
                if let Some(error_s) = reading.error_s {
                    form.or_else("error_s", || Scalar::Integer(error_s.into()));
                }
                if let Some(offset_min) = reading.offset_min {
                    form.or_else("offset_min", || Scalar::Integer(offset_min.into()));
                }
            }
            _ => {}
        }
    }

    /// Whether it decides about something that was set aside while others went on.
    pub(crate) const fn is_about_setting_aside(&self) -> bool {
        matches!(self, Self::Resolve(Resolution { path: FieldPath::Rule(Rule::SetAside { .. }), .. }))
    }

    /// The number of the newest constant whose maps it writes in.
    #[must_use]
    pub(crate) fn constant(&self) -> u32 {
        let of =
            |entries: &[RecordForm]| entries.iter().map(|entry| entry.kind.constant()).max().unwrap_or(1);
        match self {
            Self::Household(form) => of(&form.entries),
            Self::Visit(form) => of(&form.entries),
            Self::Record(form) => form.kind.constant().max(of(&form.entries)),
            Self::Resolve(resolution) => resolution.path.constant(),
            Self::Member { .. } | Self::Need { .. } => 1,
        }
    }

    /// Puts ids where handles stand. `handles` holds what earlier records of the file were given.
    ///
    /// # Errors
    /// [`Reason::UnknownHandle`] where a handle is not in it.
    pub fn bind(&mut self, handles: &BTreeMap<String, Uuid>) -> Result<(), RecordError> {
        let own: BTreeSet<String> = match self {
            Self::Household(form) => form.members.iter().filter_map(|member| member.handle.clone()).collect(),
            _ => BTreeSet::new(),
        };
        for (field, given) in self.given_handles() {
            let Given::Handle(handle) = given else { continue };
            if own.contains(handle) {
                continue;
            }
            let id = handles.get(handle.as_str()).ok_or(RecordError::new(field, Reason::UnknownHandle))?;
            *given =
                Given::Value(Reference::Id(*id).scalar().map_err(|reason| RecordError::new("", reason))?);
        }
        for (field, reference) in self.references() {
            if let Reference::Handle(handle) = reference
                && !(field == "head" && own.contains(handle))
            {
                let id = handles.get(handle).ok_or(RecordError::new(field, Reason::UnknownHandle))?;
                *reference = Reference::Id(*id);
            }
        }
        Ok(())
    }

    fn given_handles(&mut self) -> Vec<(String, &mut Given)> {
        match self {
            Self::Household(form) => form.entries.iter_mut().flat_map(|entry| entry.handles("")).collect(),
            Self::Visit(form) => form.entries.iter_mut().flat_map(|entry| entry.handles("")).collect(),
            Self::Record(form) => form.handles(""),
            _ => Vec::new(),
        }
    }

    fn references(&mut self) -> Vec<(&'static str, &mut Reference)> {
        match self {
            Self::Household(form) => form.head.iter_mut().map(|head| ("head", head)).collect(),
            Self::Member { household, .. } => vec![("household", household)],
            Self::Visit(form) => {
                form.household.iter_mut().map(|household| ("household", household)).collect()
            }
            Self::Need { household, need } => {
                let visit = need.visit.iter_mut().map(|visit| ("visit", visit));
                std::iter::once(("household", household)).chain(visit).collect()
            }
            Self::Record(form) => {
                let word = form.kind.subjects().first().map_or("", |subject| subject.word());
                form.document.iter_mut().map(|document| (word, document)).collect()
            }
            Self::Resolve(resolution) => vec![("household", &mut resolution.household)],
        }
    }

    /// Checks everything that can be known without the document.
    ///
    /// # Errors
    /// [`RecordError`] with the field and the reason.
    pub fn check(&self) -> Result<(), RecordError> {
        match self {
            Self::Household(form) => check_household(form),
            Self::Member { member, .. } => member.check_fields(""),
            Self::Need { need, .. } => need.check_fields(""),
            Self::Resolve(_) => Ok(()),
            Self::Record(form) => form.check(""),
            Self::Visit(form) => {
                form.check_fields("")?;
                check_entries(&form.entries, RecordKind::Household, "")?;
                check_count(form.needs.len(), RECORD_NEEDS_PER_VISIT_MAX, "needs")?;
                check_distinct(form.needs.iter().map(|need| (need.id, need.handle.as_deref())), "needs")?;
                let mut needs = form.needs.iter().enumerate();
                needs.try_for_each(|(place, need)| need.check_fields(&format!("needs[{place}]")))
            }
        }
    }
}

fn check_household(form: &HouseholdForm) -> Result<(), RecordError> {
    form.check_fields("")?;
    check_entries(&form.entries, RecordKind::Household, "")?;
    check_count(form.languages.as_ref().map_or(0, BTreeSet::len), RECORD_LANGUAGES_MAX, "languages")?;
    check_count(form.members.len(), RECORD_MEMBERS_PER_FORM_MAX, "members")?;
    check_distinct(form.members.iter().map(|member| (member.id, member.handle.as_deref())), "members")?;
    let mut members = form.members.iter().enumerate();
    members.try_for_each(|(place, member)| member.check_fields(&format!("members[{place}]")))
}

fn check_count(count: usize, max: usize, at: &str) -> Result<(), RecordError> {
    if count > max { Err(RecordError::new(at, Reason::TooMany { count, max })) } else { Ok(()) }
}

/// Refuses an id or a handle that stands twice in one list.
fn check_distinct<'a>(
    entries: impl Iterator<Item = (Option<Uuid>, Option<&'a str>)>,
    list: &str,
) -> Result<(), RecordError> {
    let (mut ids, mut handles) = (BTreeSet::new(), BTreeSet::new());
    for (place, (id, handle)) in entries.enumerate() {
        if id.is_some_and(|id| !ids.insert(id)) {
            return Err(RecordError::new(format!("{list}[{place}].id"), Reason::Repeated));
        }
        if handle.is_some_and(|handle| !handles.insert(handle)) {
            return Err(RecordError::new(format!("{list}[{place}].ref"), Reason::Repeated));
        }
    }
    Ok(())
}

/// The document of a commune: the same everywhere, so that whoever writes first begins the same one.
fn place_of(form: &RecordForm) -> Option<Uuid> {
    let Some(Scalar::Text(commune)) = form.value("commune") else { return form.id };
    Some(place_id(commune))
}
