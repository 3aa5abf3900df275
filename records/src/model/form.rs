//! Forms: what a person saves at once. One form is one transaction is one change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use khettara_core::id::ChangeHash;
use khettara_core::limits::{RECORD_LANGUAGES_MAX, RECORD_MEMBERS_PER_FORM_MAX, RECORD_NEEDS_PER_VISIT_MAX};
use uuid::Uuid;

use super::error::{Reason, RecordError};
use super::fields::{HouseholdForm, MemberForm, NeedForm, VisitForm};
use super::path::FieldPath;
use super::value::{Reference, Scalar};

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
    /// A decision between answers.
    Resolve(Resolution),
}

impl Form {
    /// The household it speaks of; `None` for one that has no id yet.
    #[must_use]
    pub fn household(&self) -> Option<Reference> {
        match self {
            Self::Household(form) => form.id.map(Reference::Id),
            Self::Visit(form) => form.household.clone(),
            Self::Member { household, .. } | Self::Need { household, .. } => Some(household.clone()),
            Self::Resolve(resolution) => Some(resolution.household.clone()),
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
            Self::Visit(form) => {
                form.check_fields("")?;
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
