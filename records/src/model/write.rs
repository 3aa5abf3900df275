//! A form written into a document: one transaction. Only what is present and differs is written.

use std::collections::BTreeMap;

use automerge::transaction::{Transactable, Transaction};
use automerge::{AutomergeError, ObjId, ObjType, ROOT, ScalarValue};
use khettara_core::id::ChangeHash;
use uuid::Uuid;

use super::document::NewRecord;
use super::error::{Reason, RecordError};
use super::expected::Expected;
use super::fields::{FieldSpec, HouseholdForm, MemberForm, NeedForm, VisitForm, join};
use super::form::{Form, Keep, Resolution};
use super::ids::DeviceIds;
use super::json::Node;
use super::kinds::RecordKind;
use super::laid::{self, Held};
use super::path::FieldPath;
use super::rule::Rule;
use super::set_aside::{SetAside, marker};
use super::value::{FieldValue, Reference, Scalar};
use super::vocabulary::{NeedStatus, Relation};

/// A document being written to. It is a draft: on an error the whole of it is thrown away.
pub(crate) struct Writer<'t, 'd> {
    pub(crate) document: Uuid,
    pub(crate) ids: DeviceIds,
    pub(crate) draft: &'t mut Transaction<'d>,
    pub(crate) records: Vec<NewRecord>,
    /// What stood set aside while others went on, where the form decides about that.
    pub(crate) aside: Vec<SetAside>,
}

/// The fields one form gives to one record.
pub(super) struct Fields<'a> {
    pub(super) scalars: BTreeMap<&'static str, Scalar>,
    pub(super) clear: &'a std::collections::BTreeSet<&'static str>,
    pub(super) table: &'static [FieldSpec],
}

impl Writer<'_, '_> {
    /// Writes the form.
    pub(crate) fn write(&mut self, form: &Form) -> Result<(), RecordError> {
        if let Some(document) = form.document() {
            match document {
                Reference::Id(id) if id == self.document => {}
                Reference::Id(_) => return Err(RecordError::new("household", Reason::OtherHousehold)),
                Reference::Handle(_) => return Err(RecordError::new("household", Reason::UnknownHandle)),
            }
        }
        match form {
            Form::Household(form) => self.household(form),
            Form::Member { member, .. } => {
                let id = self.id_for(member.id);
                self.member(id, member, "")
            }
            Form::Visit(form) => self.visit(form),
            Form::Record(form) => self.record(form),
            Form::Need { need, .. } => {
                let id = self.id_for(need.id);
                self.need(id, need, None, "")
            }
            Form::Resolve(resolution) => self.resolve(resolution),
        }
    }

    fn household(&mut self, form: &HouseholdForm) -> Result<(), RecordError> {
        let maps = self.root(RecordKind::Household.map())?;
        let is_new = laid::keys_of(self.draft, &maps).is_empty();
        if is_new && self.is_about_another(RecordKind::Household) {
            return Err(RecordError::new("id", Reason::OtherDocument));
        }
        if is_new && form.id.is_none() && self.ids.next_id() != self.document {
            return Err(RecordError::new("id", Reason::OtherHousehold));
        }
        self.noted(RecordKind::Household, self.document, form.handle.as_deref(), is_new);
        let ids: Vec<Uuid> = form.members.iter().map(|member| self.id_for(member.id)).collect();
        let handles: BTreeMap<&str, Uuid> =
            form.members.iter().zip(&ids).filter_map(|(m, id)| Some((m.handle.as_deref()?, *id))).collect();
        for (place, (member, id)) in form.members.iter().zip(&ids).enumerate() {
            self.member(*id, member, &format!("members[{place}]"))?;
        }
        let mut bound = form.clone();
        if let Some(head) = &mut bound.head {
            if let Reference::Handle(handle) = head {
                let id =
                    handles.get(handle.as_str()).ok_or(RecordError::new("head", Reason::UnknownHandle))?;
                *head = Reference::Id(*id);
            }
            self.must_exist(head, RecordKind::Member, "head")?;
        }
        let fields =
            Fields { scalars: bound.scalars("")?, clear: &form.clear, table: RecordKind::Household.fields() };
        self.put_fields(&maps, &fields, is_new, "")?;
        self.entries(&form.entries, None, &handles)?;
        self.languages(form)
    }

    fn languages(&mut self, form: &HouseholdForm) -> Result<(), RecordError> {
        let Some(wanted) = &form.languages else { return Ok(()) };
        let maps = self.root("languages")?;
        for code in laid::keys_of(self.draft, &maps) {
            if !wanted.iter().any(|language| language.as_str() == code) {
                self.remove(&maps, &code)?;
            }
        }
        for language in wanted {
            self.put(&maps, language.as_str(), &Scalar::Flag(true))?;
        }
        Ok(())
    }

    fn member(&mut self, id: Uuid, form: &MemberForm, at: &str) -> Result<(), RecordError> {
        let (maps, is_new) = self.entry(RecordKind::Member, id, form.handle.as_deref())?;
        if is_new && form.name_ar.is_none() && form.name_latin.is_none() {
            return Err(RecordError::new(at, Reason::NoName));
        }
        let fields =
            Fields { scalars: form.scalars(at)?, clear: &form.clear, table: RecordKind::Member.fields() };
        self.put_fields(&maps, &fields, is_new, at)
    }

    fn visit(&mut self, form: &VisitForm) -> Result<(), RecordError> {
        let id = self.id_for(form.id);
        let needs: Vec<Uuid> = form.needs.iter().map(|need| self.id_for(need.id)).collect();
        let (maps, is_new) = self.entry(RecordKind::Visit, id, form.handle.as_deref())?;
        let fields =
            Fields { scalars: form.scalars("")?, clear: &form.clear, table: RecordKind::Visit.fields() };
        self.put_fields(&maps, &fields, is_new, "")?;
        for (place, (need, need_id)) in form.needs.iter().zip(needs).enumerate() {
            self.need(need_id, need, Some(id), &format!("needs[{place}]"))?;
        }
        self.entries(&form.entries, Some(id), &BTreeMap::new())
    }

    /// Writes a need; `heard_at` is the visit whose form it stands in.
    fn need(
        &mut self,
        id: Uuid,
        form: &NeedForm,
        heard_at: Option<Uuid>,
        at: &str,
    ) -> Result<(), RecordError> {
        let (maps, is_new) = self.entry(RecordKind::Need, id, form.handle.as_deref())?;
        let mut form = form.clone();
        if let Some(visit) = heard_at {
            form.visit = Some(Reference::Id(visit));
        } else if let Some(visit) = &form.visit {
            self.must_exist(visit, RecordKind::Visit, &join(at, "visit"))?;
        }
        if is_new && form.status.is_none() {
            form.status = Some(NeedStatus::Open);
        }
        let fields =
            Fields { scalars: form.scalars(at)?, clear: &form.clear, table: RecordKind::Need.fields() };
        self.put_fields(&maps, &fields, is_new, at)
    }

    pub(super) fn id_for(&mut self, given: Option<Uuid>) -> Uuid {
        given.unwrap_or_else(|| self.ids.next_id())
    }

    pub(super) fn noted(&mut self, kind: RecordKind, id: Uuid, handle: Option<&str>, is_new: bool) {
        self.records.push(NewRecord { kind, id, handle: handle.map(Into::into), is_new });
    }

    /// The maps under a root key. The genesis made one; other software may have put others beside it.
    pub(super) fn root(&mut self, key: &str) -> Result<Vec<ObjId>, RecordError> {
        let maps = laid::maps_under(self.draft, &[ROOT], key);
        if maps.is_empty() {
            return Ok(vec![self.draft.put_object(ROOT, key, ObjType::Map).map_err(internal)?]);
        }
        Ok(maps)
    }

    /// The maps of one entry, made where there is none, and whether it was made.
    pub(super) fn entry(
        &mut self,
        kind: RecordKind,
        id: Uuid,
        handle: Option<&str>,
    ) -> Result<(Vec<ObjId>, bool), RecordError> {
        let roots = self.root(kind.map())?;
        let key = id.to_string();
        let mut maps = laid::maps_under(self.draft, &roots, &key);
        let is_new = maps.is_empty();
        if let (true, Some(root)) = (is_new, roots.last()) {
            maps.push(self.draft.put_object(root, &key, ObjType::Map).map_err(internal)?);
        }
        self.noted(kind, id, handle, is_new);
        Ok((maps, is_new))
    }

    pub(super) fn must_exist(
        &mut self,
        reference: &Reference,
        kind: RecordKind,
        at: &str,
    ) -> Result<(), RecordError> {
        let Reference::Id(id) = reference else { return Err(RecordError::new(at, Reason::UnknownHandle)) };
        let roots = self.root(kind.map())?;
        if laid::maps_under(self.draft, &roots, &id.to_string()).is_empty() {
            return Err(RecordError::new(at, Reason::NoSuchRecord));
        }
        Ok(())
    }

    pub(super) fn put_fields(
        &mut self,
        maps: &[ObjId],
        fields: &Fields<'_>,
        is_new: bool,
        at: &str,
    ) -> Result<(), RecordError> {
        let missing = |spec: &&FieldSpec| spec.needed && !fields.scalars.contains_key(spec.name);
        if let (true, Some(spec)) = (is_new, fields.table.iter().find(missing)) {
            return Err(RecordError::new(join(at, spec.name), Reason::Missing));
        }
        for (name, scalar) in &fields.scalars {
            // A map that was just made has nothing that might be the same.
            if is_new { self.lay(maps, name, scalar)? } else { self.put(maps, name, scalar)? }
        }
        fields.clear.iter().try_for_each(|name| self.remove(maps, name))
    }

    /// Writes a value where the present winner differs. A field with several answers whose winner is entered
    /// again keeps them all: saving a form is no decision between answers nobody was shown.
    pub(super) fn put(&mut self, maps: &[ObjId], key: &str, scalar: &Scalar) -> Result<(), RecordError> {
        let value = laid::to_automerge(scalar);
        let present = laid::winner(self.draft, maps, key);
        if present.is_some_and(|operation| operation.held == Held::Scalar(value)) {
            return Ok(());
        }
        self.lay(maps, key, scalar)
    }

    /// Writes a value, whatever is there.
    fn lay(&mut self, maps: &[ObjId], key: &str, scalar: &Scalar) -> Result<(), RecordError> {
        let value = laid::to_automerge(scalar);
        maps.iter().try_for_each(|map| self.draft.put(map, key, value.clone())).map_err(internal)
    }

    /// Writes a person's decision: also where the winner is that value already, if it has others beside it.
    fn decide(&mut self, maps: &[ObjId], key: &str, scalar: &Scalar) -> Result<(), RecordError> {
        if !laid::differ(&laid::operations(self.draft, maps, key)) {
            return self.put(maps, key, scalar);
        }
        self.lay_anew(maps, key, &laid::to_automerge(scalar))
    }

    /// Writes a decided value as an operation of its own, which has all that stands there before it. automerge takes
    /// the winner's value given again for a removal of the others alone: another decision made meanwhile would then
    /// overrule this one, and nobody would be shown that two people decided differently.
    fn lay_anew(&mut self, maps: &[ObjId], key: &str, value: &ScalarValue) -> Result<(), RecordError> {
        self.remove(maps, key)?;
        maps.iter().try_for_each(|map| self.draft.put(map, key, value.clone())).map_err(internal)
    }

    pub(super) fn remove(&mut self, maps: &[ObjId], key: &str) -> Result<(), RecordError> {
        for map in maps {
            if !laid::operations(self.draft, std::slice::from_ref(map), key).is_empty() {
                self.draft.delete(map, key).map_err(internal)?;
            }
        }
        Ok(())
    }

    fn resolve(&mut self, resolution: &Resolution) -> Result<(), RecordError> {
        let (kind, maps, field) = match &resolution.path {
            FieldPath::Rule(Rule::OneHead) => return self.resolve_head(resolution),
            FieldPath::Rule(rule @ Rule::SetAside { .. }) => {
                return self.resolve_set_aside(resolution, *rule);
            }
            // Decided by setting the member aside in the other documents.
            FieldPath::Rule(Rule::OneFamily { .. }) | FieldPath::Other(_) => {
                return Err(RecordError::new("path", Reason::BadPath));
            }
            FieldPath::Household(field) => (Some(RecordKind::Household), self.root("household")?, field),
            FieldPath::Subject { kind, field } => (Some(*kind), self.root(kind.map())?, field),
            FieldPath::Language(code) => (None, self.root("languages")?, code),
            FieldPath::Entry { kind, id, field } => {
                let roots = self.root(kind.map())?;
                (Some(*kind), laid::maps_under(self.draft, &roots, &id.to_string()), field)
            }
        };
        let sides = laid::operations(self.draft, &maps, field);
        if sides.is_empty() {
            return Err(RecordError::new("path", Reason::BadPath));
        }
        let authors: Vec<_> = sides.iter().map(|side| self.draft.hash_for_opid(&side.id)).collect();
        let authors: Vec<_> = authors.into_iter().flatten().map(|hash| ChangeHash(hash.0)).collect();
        check_seen(resolution, &authors)?;
        let value = match &resolution.keep {
            Keep::Side(change) => {
                let place = authors.iter().rposition(|hash| hash == change);
                let side = place.and_then(|place| sides.get(place));
                match side.ok_or(RecordError::new("side", Reason::NoSuchSide))?.held.clone() {
                    Held::Scalar(value) => value,
                    Held::Object(..) => return Err(RecordError::new("side", Reason::CannotKeep)),
                }
            }
            Keep::Value(scalar) => {
                let spec = kind.and_then(|kind| kind.spec(field));
                let spec = spec.ok_or(RecordError::new("path", Reason::BadPath))?;
                let entered = (spec.accepts)(&node_of(scalar));
                laid::to_automerge(&entered.map_err(|reason| RecordError::new("value", reason))?)
            }
        };
        self.lay_anew(&maps, field, &value)
    }

    /// Keeps one head: the household names it, and the other heads become "other" until a person says what.
    fn resolve_head(&mut self, resolution: &Resolution) -> Result<(), RecordError> {
        let heads = heads(self.draft);
        let authors: Vec<ChangeHash> = heads.iter().filter_map(|head| head.change).collect();
        check_seen(resolution, &authors)?;
        let chosen = match &resolution.keep {
            Keep::Side(change) => heads.iter().find(|head| head.change == Some(*change)),
            Keep::Value(Scalar::Text(id)) => heads.iter().find(|head| head.id.to_string() == *id),
            Keep::Value(_) => None,
        };
        let chosen = chosen.ok_or(RecordError::new("side", Reason::NoSuchSide))?.id;
        let maps = self.root("household")?;
        self.decide(&maps, "head", &Scalar::Text(chosen.to_string()))?;
        for head in &heads {
            let relation = if head.id == chosen { Relation::Head } else { Relation::Other };
            self.decide(&head.maps, "relation", &Scalar::Text(relation.code().into()))?;
        }
        Ok(())
    }

    /// Sets a record aside once more, now that what was written meanwhile is known; or takes that back.
    fn resolve_set_aside(&mut self, resolution: &Resolution, rule: Rule) -> Result<(), RecordError> {
        let found = std::mem::take(&mut self.aside).into_iter().find(|one| one.rule() == rule);
        let found = found.ok_or(RecordError::new("path", Reason::BadPath))?;
        let aside: Vec<ChangeHash> = found.withdrawals.iter().map(|one| one.change).collect();
        let meanwhile = found.meanwhile.iter().map(|(_, one)| one.change);
        let authors: Vec<ChangeHash> = aside.iter().copied().chain(meanwhile).collect();
        check_seen(resolution, &authors)?;
        let stays_aside = match &resolution.keep {
            Keep::Side(change) if authors.contains(change) => aside.contains(change),
            Keep::Side(_) => return Err(RecordError::new("side", Reason::NoSuchSide)),
            Keep::Value(Scalar::Flag(stays_aside)) => *stays_aside,
            Keep::Value(_) => {
                return Err(RecordError::new("value", Reason::WrongType { expected: Expected::Flag }));
            }
        };
        let (key, on, off) = marker(found.kind).ok_or(RecordError::new("path", Reason::BadPath))?;
        let value = laid::to_automerge(if stays_aside { &on } else { &off });
        self.lay_anew(&found.maps, key, &value)
    }
}

/// A member who is head of the family, not withdrawn.
pub(crate) struct FamilyHead {
    pub(crate) id: Uuid,
    pub(crate) maps: Vec<ObjId>,
    pub(crate) operation: ObjId,
    pub(crate) change: Option<ChangeHash>,
}

/// The members whose relation, as it wins, is head.
pub(crate) fn heads<D: Hashes>(document: &D) -> Vec<FamilyHead> {
    let roots = laid::maps_under(document, &[ROOT], RecordKind::Member.map());
    let mut found = Vec::new();
    for (key, operations) in laid::contents(document, &roots) {
        let maps = laid::maps_of(&operations);
        let winner = |field: &str| laid::winner(document, &maps, field);
        let Some(relation) = winner("relation") else { continue };
        let is_head = laid::scalar_of(&relation.held).and_then(|scalar| Relation::of_scalar(&scalar))
            == Some(Relation::Head);
        let is_withdrawn = winner("withdrawn").and_then(|operation| laid::scalar_of(&operation.held))
            == Some(Scalar::Flag(true));
        if let (Some(id), true, false) = (super::value::of_canonical(&key), is_head, is_withdrawn) {
            let change = document.author_of(&relation.id);
            found.push(FamilyHead { id, maps, operation: relation.id, change });
        }
    }
    found
}

/// A document, or a draft of it, that can say which change wrote an operation.
pub(crate) trait Hashes: automerge::ReadDoc {
    /// The change that wrote the operation.
    fn author_of(&self, operation: &ObjId) -> Option<ChangeHash>;
}

impl Hashes for automerge::Automerge {
    fn author_of(&self, operation: &ObjId) -> Option<ChangeHash> {
        self.hash_for_opid(operation).map(|hash| ChangeHash(hash.0))
    }
}

impl Hashes for Transaction<'_> {
    fn author_of(&self, operation: &ObjId) -> Option<ChangeHash> {
        self.hash_for_opid(operation).map(|hash| ChangeHash(hash.0))
    }
}

fn check_seen(resolution: &Resolution, authors: &[ChangeHash]) -> Result<(), RecordError> {
    let unseen = |hash: &ChangeHash| !resolution.seen.contains(hash);
    if !resolution.seen.is_empty() && authors.iter().any(unseen) {
        return Err(RecordError::new("seen", Reason::SidesChanged));
    }
    Ok(())
}

fn node_of(scalar: &Scalar) -> Node {
    match scalar {
        Scalar::Text(text) => Node::Text(text.clone()),
        Scalar::Integer(number) => Node::Integer(*number),
        Scalar::Flag(flag) => Node::Flag(*flag),
    }
}

pub(super) fn internal(_error: AutomergeError) -> RecordError {
    RecordError::whole(Reason::Internal)
}
