//! The fields of the four records: typed forms, and for each field its name, its words in three
//! languages and its rules.
//!
//! Every field is optional in the type: a form whose id exists changes only the fields that are present and
//! differ; a new record must have those marked *needed*.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use khettara_core::limits::{
    CHANGE_VALUE_BYTES_MAX, RECORD_AGENT_BYTES_MAX, RECORD_HANDLE_BYTES_MAX, RECORD_NAME_BYTES_MAX,
    RECORD_NOTE_BYTES_MAX, RECORD_TEXT_BYTES_MAX,
};
use serde_json::Value as Json;
use uuid::Uuid;

use super::error::{Reason, RecordError};
use super::gps::Gps;
use super::identifier::Identifier;
use super::instant::Instant;
use super::json::{Fields, Node};
use super::quantity::Count;
use super::record_form::RecordForm;
use super::value::ValueType;
use super::value::{
    Birth, Commune, FieldValue, Language, Phone, Reference, Scalar, check_text, of_canonical,
};
use super::vocabulary::{
    Activity, Category, Consent, ConsentMode, Cooking, Dwelling, Marital, NeedStatus, Occupancy, ReceiptForm,
    Relation, Respondent, Schooling, Sex, Status, TimeSource, Urgency, VisitKind, Wastewater, Water,
};
use super::words::Words;

const _: () =
    assert!(RECORD_NOTE_BYTES_MAX as u64 <= CHANGE_VALUE_BYTES_MAX, "a note is one value of a change");

/// One field of a record: its name in lines and documents, and what it is in plain words.
pub(crate) struct FieldSpec {
    pub(crate) name: &'static str,
    pub(crate) words: Words,
    pub(crate) needed: bool,
    /// What it holds.
    pub(crate) value_type: ValueType,
    /// Bytes of text at most; 0 where the type has its own limit.
    pub(crate) bytes_max: usize,
    /// Whether a value, as JSON, would be taken at entry.
    pub(crate) accepts: fn(&Node) -> Result<Scalar, Reason>,
    /// A kept value as a line would give it; `None` where it is none of this field's.
    pub(crate) shown: fn(&Scalar) -> Option<Json>,
}
/// A new record must have the field.
pub(super) const NEEDED: bool = true;
/// A new record may leave the field out.
pub(super) const OPTIONAL: bool = false;

/// The description of one field.
macro_rules! field {
    ($field:ident: $type:ty, $needed:expr, $max:expr, [$ar:literal, $fr:literal, $en:literal]) => {
        $crate::model::fields::FieldSpec {
            name: stringify!($field),
            words: $crate::model::words::Words { ar: $ar, fr: $fr, en: $en },
            needed: $needed,
            value_type: <$type as $crate::model::value::FieldValue>::TYPE,
            bytes_max: $max,
            accepts: |node| {
                let value = <$type as $crate::model::value::FieldValue>::of_node(node)?;
                $crate::model::value::FieldValue::check(&value, $max)?;
                $crate::model::value::FieldValue::scalar(&value)
            },
            shown: |scalar| {
                let value = <$type as $crate::model::value::FieldValue>::of_scalar(scalar)?;
                serde_json::to_value(value).ok()
            },
        }
    };
}

pub(super) use field;

macro_rules! form {
    (
        $(#[$doc:meta])* $name:ident, $table:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty, $needed:expr, $max:expr, [$ar:literal, $fr:literal, $en:literal];)*
        } and {
            $($(#[$more_doc:meta])* $more:ident: $more_type:ty;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq)]
        pub struct $name {
            /// The id: of a record that exists, or an imported one. Absent: derived when the form is recorded.
            pub id: Option<Uuid>,
            /// A handle by which later records of the same file may name this one. Never kept.
            pub handle: Option<String>,
            /// Names of fields to take away.
            pub clear: BTreeSet<&'static str>,
            $($(#[$field_doc])* pub $field: Option<$type>,)*
            $($(#[$more_doc])* pub $more: $more_type,)*
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("id", &self.id).finish_non_exhaustive()
            }
        }

        /// The fields, in the order of the page.
        pub(crate) static $table: &[FieldSpec] =
            &[$(field!($field: $type, $needed, $max, [$ar, $fr, $en]),)*];

        impl $name {
            /// Takes the plain fields of a line; null means clear.
            pub(crate) fn take(fields: &mut Fields) -> Result<Self, RecordError> {
                let mut form = Self { id: take_id(fields)?, handle: take_handle(fields)?, ..Self::default() };
                $(match fields.take(stringify!($field))? {
                    None => {}
                    Some(Node::Null) => {
                        form.clear.insert(stringify!($field));
                    }
                    Some(node) => {
                        let value = <$type>::of_node(&node);
                        let at = |reason| RecordError::new(fields.at(stringify!($field)), reason);
                        form.$field = Some(value.map_err(at)?);
                    }
                })*
                Ok(form)
            }

            /// Checks every plain field that is present.
            pub(crate) fn check_fields(&self, at: &str) -> Result<(), RecordError> {
                $(if let Some(value) = &self.$field {
                    let checked = value.check($max);
                    checked.map_err(|reason| RecordError::new(join(at, stringify!($field)), reason))?;
                    if self.clear.contains(stringify!($field)) {
                        return Err(RecordError::new(join(at, stringify!($field)), Reason::Repeated));
                    }
                })*
                check_clear(&self.clear, $table, at)
            }

            /// The plain fields that are present, as a document keeps them.
            pub(crate) fn scalars(&self, at: &str) -> Result<BTreeMap<&'static str, Scalar>, RecordError> {
                let mut scalars = BTreeMap::new();
                $(if let Some(value) = &self.$field {
                    let scalar = value.scalar();
                    let placed = scalar.map_err(|reason| RecordError::new(join(at, stringify!($field)), reason))?;
                    scalars.insert(stringify!($field), placed);
                })*
                Ok(scalars)
            }
        }
    };
}

form! {
    /// A household: people under one roof with common daily spending (HCP).
    HouseholdForm, HOUSEHOLD_FIELDS {
        /// Needed. Where it lives now.
        commune: Commune, NEEDED, 0, ["الجماعة", "commune", "commune"];
        /// The douar, ksar or quarter, in the person's words.
        douar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الدوار أو الحي", "douar ou quartier", "douar or quarter"];
        /// Needed.
        status: Status, NEEDED, 0, ["نوع الأسرة", "type de ménage", "kind of household"];
        /// Where exactly.
        gps: Gps, OPTIONAL, 0, ["الموقع على الخريطة", "position", "place on the map"];
        /// A telephone number.
        phone: Phone, OPTIONAL, 0, ["الهاتف", "téléphone", "telephone"];
        /// The number in the unified social register.
        rsu: Identifier, OPTIONAL, 0, ["رقم السجل الاجتماعي الموحد", "numéro au registre social unifié", "number in the unified social register"];
        /// Where water comes from.
        water: Water, OPTIONAL, 0, ["الماء", "eau", "water"];
        /// Type of dwelling.
        dwelling: Dwelling, OPTIONAL, 0, ["المسكن", "logement", "dwelling"];
        /// On what ground it lives there.
        occupancy: Occupancy, OPTIONAL, 0, ["السند", "statut d'occupation", "occupancy"];
        /// Rooms.
        rooms: Count, OPTIONAL, 0, ["عدد الغرف", "pièces", "rooms"];
        /// Where used water goes.
        wastewater: Wastewater, OPTIONAL, 0, ["تصريف المياه", "eaux usées", "wastewater"];
        /// What it cooks with.
        cooking: Cooking, OPTIONAL, 0, ["وقود الطبخ", "cuisson", "cooking"];
        /// Whether there is electricity.
        electricity: bool, OPTIONAL, 0, ["الكهرباء", "électricité", "electricity"];
        /// Tenths of a kilometre to the nearest paved road, 0 to 9,999.
        road_km_tenths: u16, OPTIONAL, 0, ["المسافة إلى طريق معبدة", "distance à une route goudronnée", "distance to a paved road"];
        /// The member who is its head; by handle, a member of this very form.
        head: Reference, OPTIONAL, 0, ["رب الأسرة", "chef du ménage", "head of the household"];
        /// A note.
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        /// Set aside by a worker; setting it to false brings the household back.
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    } and {
        /// The languages spoken, all of them; absent: unchanged.
        languages: Option<BTreeSet<Language>>;
        /// Members to add or change; those not named stay as they are.
        members: Vec<MemberForm>;
        /// What else is recorded with it: links, enrolments, constraints.
        entries: Vec<RecordForm>;
    }
}

form! {
    /// A member of a household.
    MemberForm, MEMBER_FIELDS {
        /// The name in Arabic (or Tifinagh) script. This or the Latin one is needed.
        name_ar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالعربية", "nom en arabe", "name in Arabic"];
        /// The name in Latin script.
        name_latin: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالحروف اللاتينية", "nom en lettres latines", "name in Latin letters"];
        /// Needed.
        sex: Sex, NEEDED, 0, ["الجنس", "sexe", "sex"];
        /// The date or year of birth.
        birth: Birth, OPTIONAL, 0, ["تاريخ الميلاد", "naissance", "birth"];
        /// Needed. What the member is to the head.
        relation: Relation, NEEDED, 0, ["القرابة برب الأسرة", "lien avec le chef", "relation to the head"];
        /// The number of the national card.
        cin: Identifier, OPTIONAL, 0, ["رقم البطاقة الوطنية", "numéro de la carte nationale", "number of the national card"];
        /// The civil and social digital identifier of the national register of the population.
        idcs: Identifier, OPTIONAL, 0, ["المعرف الرقمي المدني والاجتماعي", "identifiant digital civil et social", "civil and social digital identifier"];
        /// Marital status.
        marital: Marital, OPTIONAL, 0, ["الحالة العائلية", "état matrimonial", "marital status"];
        /// Highest level of schooling.
        schooling: Schooling, OPTIONAL, 0, ["التمدرس", "scolarité", "schooling"];
        /// What the member does.
        activity: Activity, OPTIONAL, 0, ["النشاط", "activité", "activity"];
        /// Whether the birth is in the civil registry.
        birth_registered: bool, OPTIONAL, 0, ["الولادة مسجلة", "naissance enregistrée", "birth registered"];
        /// A lot of difficulty, or total inability, in at least one of the six domains (HCP, WG-SS).
        disability: bool, OPTIONAL, 0, ["الإعاقة", "handicap", "disability"];
        /// A note.
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        /// Set aside by a worker; reversible.
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    } and {}
}

form! {
    /// A visit.
    VisitForm, VISIT_FIELDS {
        /// Needed. When, as the clock of `time_source` said.
        at: Instant, NEEDED, 0, ["وقت الزيارة", "heure de la visite", "time of the visit"];
        /// Whose clock that was.
        time_source: TimeSource, OPTIONAL, 0, ["مصدر الوقت", "source de l'heure", "source of the time"];
        /// How far that clock may be wrong, in seconds, at most a year.
        error_s: u32, OPTIONAL, 0, ["خطأ الوقت", "erreur de l'heure", "error of the time"];
        /// The zone the device showed, in minutes east of UTC.
        offset_min: i16, OPTIONAL, 0, ["المنطقة الزمنية للجهاز", "fuseau de la tablette", "zone of the device"];
        /// When it was, as was found later by comparing clocks; `at` stays what the device said.
        anchored_at: Instant, OPTIONAL, 0, ["الوقت بعد المقارنة", "heure corrigée", "time found later"];
        /// Whose clock it was compared with.
        anchored_by: TimeSource, OPTIONAL, 0, ["الساعة المعتمدة للمقارنة", "horloge de comparaison", "clock compared with"];
        /// How far `anchored_at` may be wrong, in seconds; absent: nobody knows.
        anchored_error_s: u32, OPTIONAL, 0, ["خطأ الوقت بعد المقارنة", "erreur de l'heure corrigée", "error of the time found later"];
        /// Needed. Who visited: an agent's code or name.
        agent: String, NEEDED, RECORD_AGENT_BYTES_MAX, ["العون", "agent", "agent"];
        /// Needed. Why.
        kind: VisitKind, NEEDED, 0, ["نوع الزيارة", "type de visite", "kind of visit"];
        /// Who answered.
        respondent: Respondent, OPTIONAL, 0, ["المجيب", "répondant", "respondent"];
        /// What the family said to being recorded.
        consent: Consent, OPTIONAL, 0, ["الموافقة", "consentement", "consent"];
        /// How it was said.
        consent_mode: ConsentMode, OPTIONAL, 0, ["صيغة الموافقة", "forme du consentement", "form of the consent"];
        /// How the family was given its receipt.
        receipt: ReceiptForm, OPTIONAL, 0, ["وصل الأسرة", "reçu de la famille", "receipt of the family"];
        /// A note.
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        /// Set aside by a worker; reversible.
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    } and {
        /// The household visited.
        household: Option<Reference>;
        /// Needs heard at this visit.
        needs: Vec<NeedForm>;
        /// What else was recorded at it: functioning, enrolments, expectations, constraints.
        entries: Vec<RecordForm>;
    }
}

form! {
    /// A need.
    NeedForm, NEED_FIELDS {
        /// Needed. What it is about.
        category: Category, NEEDED, 0, ["موضوع الحاجة", "objet du besoin", "subject of the need"];
        /// Needed. How much it presses.
        urgency: Urgency, NEEDED, 0, ["الاستعجال", "urgence", "urgency"];
        /// What was said, in their words.
        text: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["نص الحاجة", "texte du besoin", "text of the need"];
        /// What became of it; `open` where a new need says nothing.
        status: NeedStatus, OPTIONAL, 0, ["حالة الحاجة", "état du besoin", "state of the need"];
        /// The visit at which it was heard; within a visit's form it is that visit.
        visit: Reference, OPTIONAL, 0, ["الزيارة التي سمعت فيها", "visite où il a été entendu", "visit at which it was heard"];
    } and {}
}

pub(super) fn check_clear(
    clear: &BTreeSet<&'static str>,
    table: &[FieldSpec],
    at: &str,
) -> Result<(), RecordError> {
    let clearable = |name: &str| table.iter().any(|spec| spec.name == name && !spec.needed);
    match clear.iter().find(|name| !clearable(name)) {
        Some(name) => Err(RecordError::new(join(at, name), Reason::NotClearable)),
        None => Ok(()),
    }
}

/// A field's place below another place.
pub(crate) fn join(at: &str, field: &str) -> String {
    if at.is_empty() { field.into() } else { format!("{at}.{field}") }
}

pub(super) fn take_id(fields: &mut Fields) -> Result<Option<Uuid>, RecordError> {
    let Some(node) = fields.take("id")? else { return Ok(None) };
    let at = |reason| RecordError::new(fields.at("id"), reason);
    let text = String::of_node(&node).map_err(at)?;
    of_canonical(&text).map(Some).ok_or(at(Reason::BadId))
}

pub(super) fn take_handle(fields: &mut Fields) -> Result<Option<String>, RecordError> {
    let Some(node) = fields.take("ref")? else { return Ok(None) };
    let at = |reason| RecordError::new(fields.at("ref"), reason);
    let text = String::of_node(&node).map_err(at)?;
    check_text(&text, RECORD_HANDLE_BYTES_MAX).map_err(at)?;
    Ok(Some(text))
}
