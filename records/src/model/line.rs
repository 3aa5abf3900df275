//! One line of JSON, one record: read strictly, refused with the line, the field and the reason.

use std::collections::BTreeSet;

use khettara_core::id::ChangeHash;
use khettara_core::limits::{
    RECORD_ENTRIES_PER_FORM_MAX, RECORD_LANGUAGES_MAX, RECORD_LINE_BYTES_MAX, RECORD_MEMBERS_PER_FORM_MAX,
    RECORD_NEEDS_PER_VISIT_MAX,
};

use super::error::{Reason, RecordError};
use super::expected::Expected;
use super::fields::{HouseholdForm, MemberForm, NeedForm, VisitForm};
use super::form::{Form, Keep, Resolution};
use super::json::{Fields, Node};
use super::kinds::RecordKind;
use super::record_form::RecordForm;
use super::value::{FieldValue, Language, Reference, Scalar};

/// Reads one line. `line_no` counts from 1 and stands in the error.
///
/// # Errors
/// [`RecordError`] with line, field and reason; nothing of the line is repeated in it.
pub fn parse_line(line_no: u64, line: &str) -> Result<Form, RecordError> {
    read(line).map_err(|error| error.on_line(line_no))
}

fn read(line: &str) -> Result<Form, RecordError> {
    if line.len() > RECORD_LINE_BYTES_MAX {
        let reason = Reason::LineTooLong { bytes: line.len(), max: RECORD_LINE_BYTES_MAX };
        return Err(RecordError::whole(reason));
    }
    let node: Node = serde_json::from_str(line)
        .map_err(|error| RecordError::whole(Reason::NotJson { column: error.column() }))?;
    let mut fields = Fields::of(node, "")?;
    let kind = match fields.take("record")? {
        Some(Node::Text(kind)) => kind,
        Some(_) => return Err(RecordError::new("record", Reason::UnknownRecord)),
        None => return Err(RecordError::new("record", Reason::Missing)),
    };
    let form = match kind.as_str() {
        "household" => take_household(&mut fields)?,
        "member" => Form::Member { household: needed(&mut fields)?, member: MemberForm::take(&mut fields)? },
        "visit" => take_visit(&mut fields)?,
        "need" => Form::Need { household: needed(&mut fields)?, need: NeedForm::take(&mut fields)? },
        "resolve" => take_resolution(&mut fields)?,
        word if RecordKind::of_word(word).is_some_and(|kind| kind.constant() > 1) => {
            let kind = RecordKind::of_word(word).ok_or(RecordError::new("record", Reason::UnknownRecord))?;
            Form::Record(take_record(kind, &mut fields)?)
        }
        _ => return Err(RecordError::new("record", Reason::UnknownRecord)),
    };
    fields.finish()?;
    form.check()?;
    Ok(form)
}

/// A record of schema 2 in a line of its own: an entry names its document by what that is about.
fn take_record(kind: RecordKind, fields: &mut Fields) -> Result<RecordForm, RecordError> {
    let mut document = None;
    for subject in kind.subjects() {
        if let Some(reference) = take::<Reference>(fields, subject.word())?
            && document.replace(reference).is_some()
        {
            return Err(RecordError::new(subject.word(), Reason::Repeated));
        }
    }
    let mut form = RecordForm::take(kind, fields)?;
    if let (Some(subject), None) = (kind.subjects().first(), &document) {
        return Err(RecordError::new(subject.word(), Reason::Missing));
    }
    form.document = document;
    if kind.is_subject() {
        form.entries = take_entries(kind, fields)?;
    }
    Ok(form)
}

/// Lists of entries that stand in the line of a subject, or of a visit to it.
fn take_entries(subject: RecordKind, fields: &mut Fields) -> Result<Vec<RecordForm>, RecordError> {
    let mut entries = Vec::new();
    let newer = |kind: &&RecordKind| kind.constant() > 1 && kind.subjects().contains(&subject);
    for kind in RecordKind::ENTRIES.iter().filter(newer) {
        if let Some(items) = fields.take_list(kind.map(), RECORD_ENTRIES_PER_FORM_MAX)? {
            entries.extend(each(items, kind.map(), |fields| RecordForm::take(*kind, fields))?);
        }
    }
    Ok(entries)
}

fn needed(fields: &mut Fields) -> Result<Reference, RecordError> {
    take::<Reference>(fields, "household")?.ok_or(RecordError::new("household", Reason::Missing))
}

fn take<T: FieldValue>(fields: &mut Fields, name: &'static str) -> Result<Option<T>, RecordError> {
    let node = fields.take(name)?;
    node.map(|node| T::of_node(&node).map_err(|reason| RecordError::new(fields.at(name), reason))).transpose()
}

fn take_household(fields: &mut Fields) -> Result<Form, RecordError> {
    let mut form = HouseholdForm::take(fields)?;
    if let Some(items) = fields.take_list("languages", RECORD_LANGUAGES_MAX)? {
        form.languages = Some(languages(&items)?);
    }
    let items = fields.take_list("members", RECORD_MEMBERS_PER_FORM_MAX)?.unwrap_or_default();
    form.members = each(items, "members", MemberForm::take)?;
    form.entries = take_entries(RecordKind::Household, fields)?;
    Ok(Form::Household(form))
}

fn languages(items: &[Node]) -> Result<BTreeSet<Language>, RecordError> {
    let mut set = BTreeSet::new();
    for (place, item) in items.iter().enumerate() {
        let at = |reason| RecordError::new(format!("languages[{place}]"), reason);
        if !set.insert(Language::of_node(item).map_err(at)?) {
            return Err(at(Reason::Repeated));
        }
    }
    Ok(set)
}

fn take_visit(fields: &mut Fields) -> Result<Form, RecordError> {
    let household = needed(fields)?;
    let mut form = VisitForm::take(fields)?;
    form.household = Some(household);
    let items = fields.take_list("needs", RECORD_NEEDS_PER_VISIT_MAX)?.unwrap_or_default();
    form.needs = each(items, "needs", NeedForm::take)?;
    form.entries = take_entries(RecordKind::Household, fields)?;
    Ok(Form::Visit(form))
}

/// Reads a list of small objects, each strictly.
fn each<T>(
    items: Vec<Node>,
    list: &str,
    read: impl Fn(&mut Fields) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let mut forms = Vec::with_capacity(items.len());
    for (place, item) in items.into_iter().enumerate() {
        let mut fields = Fields::of(item, &format!("{list}[{place}]"))?;
        forms.push(read(&mut fields)?);
        fields.finish()?;
    }
    Ok(forms)
}

fn take_resolution(fields: &mut Fields) -> Result<Form, RecordError> {
    let household = needed(fields)?;
    let missing = |name: &str| RecordError::new(name, Reason::Missing);
    let path: String = take(fields, "path")?.ok_or(missing("path"))?;
    let path = path.parse().map_err(|reason| RecordError::new("path", reason))?;
    let side = take::<String>(fields, "side")?.map(|hex| hash("side", &hex)).transpose()?;
    let value = fields.take("value")?.map(|node| scalar(&node)).transpose()?;
    let keep = match (side, value) {
        (Some(_), Some(_)) => return Err(RecordError::new("value", Reason::Repeated)),
        (Some(side), None) => Keep::Side(side),
        (None, Some(value)) => Keep::Value(value),
        (None, None) => return Err(missing("side")),
    };
    let mut seen = BTreeSet::new();
    for item in fields.take_list("seen", RECORD_MEMBERS_PER_FORM_MAX)?.unwrap_or_default() {
        let text = String::of_node(&item).map_err(|reason| RecordError::new("seen", reason))?;
        seen.insert(hash("seen", &text)?);
    }
    Ok(Form::Resolve(Resolution { household, path, keep, seen }))
}

fn hash(field: &str, hex: &str) -> Result<ChangeHash, RecordError> {
    let expected = Expected::ChangeHash;
    ChangeHash::from_hex(hex).ok_or(RecordError::new(field, Reason::WrongType { expected }))
}

fn scalar(node: &Node) -> Result<Scalar, RecordError> {
    match node {
        Node::Text(text) => Ok(Scalar::Text(text.clone())),
        Node::Integer(number) => Ok(Scalar::Integer(*number)),
        Node::Flag(flag) => Ok(Scalar::Flag(*flag)),
        _ => {
            let expected = Expected::Scalar;
            Err(RecordError::new("value", Reason::WrongType { expected }))
        }
    }
}
