//! The kinds of records, and the fields of those that came with schema 2: everything a document says beside
//! households, members, visits and needs.
//!
//! A *subject* is what a document is about; an *entry* is one of many things said in it.

use khettara_core::limits::{
    RECORD_AGENT_BYTES_MAX, RECORD_NAME_BYTES_MAX, RECORD_NOTE_BYTES_MAX, RECORD_TEXT_BYTES_MAX,
};

use super::codes::Codes;
use super::fields::{
    FieldSpec, HOUSEHOLD_FIELDS, MEMBER_FIELDS, NEED_FIELDS, NEEDED, OPTIONAL, VISIT_FIELDS, field,
};
use super::gps::Gps;
use super::instant::Instant;
use super::quantity::{Amount, Difficulty};
use super::value::{Commune, Date, Phone, Reference, Territories};
use super::vocabulary::{
    BodyKind, Capacity, CaseStatus, Category, Consent, ConstraintKind, ConstraintScope, Danger, Day,
    EnrolmentStatus, ExpectationStatus, LinkKind, Mode, PointKind, ReferralStatus, ResourceKind, TimeSource,
    Urgency,
};
use super::words::Words;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident, $word:literal, $map:literal, $constant:literal, [$($of:ident)*], $fields:expr,
        [$ar:literal, $fr:literal, $en:literal];)*) => {
        /// The kinds of records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RecordKind {
            $($(#[$doc])* $kind,)*
        }

        impl RecordKind {
            /// All of them, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The word in lines.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)* }
            }

            /// The key of its map in a document.
            #[must_use]
            pub const fn map(self) -> &'static str {
                match self { $(Self::$kind => $map,)* }
            }

            /// The number of the constant that makes its map.
            #[must_use]
            pub const fn constant(self) -> u32 {
                match self { $(Self::$kind => $constant,)* }
            }

            /// The subjects whose documents have such entries; none: it is a subject itself.
            #[must_use]
            pub const fn subjects(self) -> &'static [Self] {
                match self { $(Self::$kind => &[$(Self::$of,)*],)* }
            }

            /// What it is called.
            #[must_use]
            pub const fn words(self) -> Words {
                match self { $(Self::$kind => Words { ar: $ar, fr: $fr, en: $en },)* }
            }

            pub(crate) fn fields(self) -> &'static [FieldSpec] {
                match self { $(Self::$kind => $fields,)* }
            }
        }
    };
}

kinds! {
    /// The household itself.
    Household, "household", "household", 1, [], HOUSEHOLD_FIELDS, ["أسرة", "ménage", "household"];
    /// A member.
    Member, "member", "members", 1, [Household], MEMBER_FIELDS, ["فرد", "membre", "member"];
    /// A visit.
    Visit, "visit", "visits", 1, [Household], VISIT_FIELDS, ["زيارة", "visite", "visit"];
    /// A need.
    Need, "need", "needs", 1, [Household], NEED_FIELDS, ["حاجة", "besoin", "need"];
    /// A member's answers to the Washington Group's six questions, given together.
    Functioning, "functioning", "functioning", 2, [Household], FUNCTIONING, ["بطاقة القدرات", "profil fonctionnel", "functioning profile"];
    /// What a programme does for the family.
    Enrolment, "enrolment", "enrolments", 2, [Household], ENROLMENT, ["استفادة من برنامج", "inscription à un programme", "programme enrolment"];
    /// What somebody hopes for, in their words, followed to an answer.
    Expectation, "expectation", "expectations", 2, [Household Consultation], EXPECTATION, ["انتظار", "attente", "expectation"];
    /// What stands in the way.
    Constraint, "constraint", "constraints", 2, [Household Consultation Place], CONSTRAINT, ["إكراه", "contrainte", "constraint"];
    /// That this family is recorded elsewhere, too.
    Link, "link", "links", 2, [Household], LINK, ["رابط بملف آخر", "lien avec un autre dossier", "link to another record"];
    /// A family sent to somebody who can help. Both sides write in it.
    Referral, "referral", "referral", 3, [], REFERRAL, ["إحالة", "orientation", "referral"];
    /// Somebody who must be protected: read by few, in a feed of its own.
    Protection, "protection", "protection", 3, [], PROTECTION, ["ملف حماية", "dossier de protection", "protection case"];
    /// A place where services are given.
    ServicePoint, "service_point", "service_point", 3, [], SERVICE_POINT, ["نقطة خدمة", "point de service", "service point"];
    /// A body.
    Organisation, "organisation", "organisation", 3, [], ORGANISATION, ["هيئة", "organisme", "organisation"];
    /// Somebody who visits.
    Agent, "agent", "agent", 3, [], AGENT, ["عون", "agent", "agent"];
    /// A programme.
    Programme, "programme", "programme", 3, [], PROGRAMME, ["برنامج", "programme", "programme"];
    /// What bodies agreed on.
    Partnership, "partnership", "partnership", 3, [], PARTNERSHIP, ["شراكة", "partenariat", "partnership"];
    /// A meeting at which people were listened to.
    Consultation, "consultation", "consultation", 3, [], CONSULTATION, ["لقاء تشاوري", "rencontre consultative", "consultation"];
    /// A commune, and what stands in the way of all who live there.
    Place, "place", "place", 3, [], PLACE, ["جماعة ترابية", "commune", "commune"];
    /// Training that was passed.
    Certificate, "certificate", "certificates", 3, [Organisation Agent], CERTIFICATE, ["شهادة تكوين", "certificat de formation", "certificate of training"];
    /// What a partner brings.
    Resource, "resource", "resources", 3, [Partnership], RESOURCE, ["مورد", "ressource", "resource"];
    /// Who was there.
    Attendee, "attendee", "attendees", 3, [Consultation], ATTENDEE, ["حاضر", "participant", "attendee"];
}

impl RecordKind {
    /// The kinds of which a document has many.
    pub const ENTRIES: [Self; 11] = [
        Self::Member,
        Self::Visit,
        Self::Need,
        Self::Functioning,
        Self::Enrolment,
        Self::Expectation,
        Self::Constraint,
        Self::Link,
        Self::Certificate,
        Self::Resource,
        Self::Attendee,
    ];

    /// The kinds that a document can be about.
    pub const SUBJECTS: [Self; 10] = [
        Self::Household,
        Self::Referral,
        Self::Protection,
        Self::ServicePoint,
        Self::Organisation,
        Self::Agent,
        Self::Programme,
        Self::Partnership,
        Self::Consultation,
        Self::Place,
    ];

    /// Whether a document is about it.
    #[must_use]
    pub const fn is_subject(self) -> bool {
        self.subjects().is_empty()
    }

    /// Whether it is read by few: it stands in a feed of its own, and in no ordinary list or export.
    #[must_use]
    pub const fn is_sensitive(self) -> bool {
        matches!(self, Self::Protection)
    }

    /// Whether it is something that happened to a family and stands in a document of its own, with a clock's time.
    #[must_use]
    pub const fn is_event(self) -> bool {
        matches!(self, Self::Referral | Self::Protection)
    }

    /// The kind a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    pub(crate) fn spec(self, field: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|spec| spec.name == field)
    }

    /// The kind of record in the same document that a field names; `None` where it names another document, or
    /// nothing.
    pub(crate) fn target(self, field: &str) -> Option<Self> {
        match field {
            _ if self.is_subject() && self != Self::Household => None,
            "member" | "head" => Some(Self::Member),
            "visit" => Some(Self::Visit),
            _ => None,
        }
    }
}

macro_rules! fields {
    ($($table:ident { $($field:ident: $type:ty, $needed:expr, $max:expr, [$ar:literal, $fr:literal, $en:literal];)* })*) => {
        $(static $table: &[FieldSpec] = &[$(field!($field: $type, $needed, $max, [$ar, $fr, $en]),)*];)*
    };
}

fields! {
    FUNCTIONING {
        member: Reference, NEEDED, 0, ["الفرد", "membre", "member"];
        mode: Mode, NEEDED, 0, ["من أجاب", "mode de réponse", "who answered"];
        seeing: Difficulty, NEEDED, 0, ["البصر", "vision", "seeing"];
        hearing: Difficulty, NEEDED, 0, ["السمع", "audition", "hearing"];
        walking: Difficulty, NEEDED, 0, ["الحركة", "marche", "walking"];
        remembering: Difficulty, NEEDED, 0, ["التذكر والتركيز", "mémoire et concentration", "remembering"];
        self_care: Difficulty, NEEDED, 0, ["العناية بالنفس", "soins personnels", "self-care"];
        communicating: Difficulty, NEEDED, 0, ["التواصل", "communication", "communicating"];
        visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    ENROLMENT {
        programme: String, NEEDED, RECORD_NAME_BYTES_MAX, ["البرنامج", "programme", "programme"];
        body: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الهيئة", "organisme", "body"];
        status: EnrolmentStatus, NEEDED, 0, ["الحالة", "état", "state"];
        member: Reference, OPTIONAL, 0, ["الفرد", "membre", "member"];
        since: Date, OPTIONAL, 0, ["منذ", "depuis", "since"];
        until: Date, OPTIONAL, 0, ["إلى", "jusqu'à", "until"];
        amount_mad: Amount, OPTIONAL, 0, ["المبلغ بالدرهم", "montant en dirhams", "amount in dirhams"];
        visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    EXPECTATION {
        text: String, NEEDED, RECORD_TEXT_BYTES_MAX, ["النص", "texte", "text"];
        category: Category, NEEDED, 0, ["الموضوع", "objet", "subject"];
        speaker: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["المتحدث", "personne", "who asks"];
        target: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الجهة المعنية", "organisme visé", "body asked"];
        status: ExpectationStatus, OPTIONAL, 0, ["الحالة", "état", "state"];
        answer: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["الجواب", "réponse", "answer"];
        answered_by: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["المجيب", "répondu par", "answered by"];
        visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retirée", "withdrawn"];
    }
    CONSTRAINT {
        kind: ConstraintKind, NEEDED, 0, ["النوع", "type", "kind"];
        severity: Urgency, NEEDED, 0, ["الحدة", "gravité", "severity"];
        scope: ConstraintScope, OPTIONAL, 0, ["النطاق", "portée", "scope"];
        text: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["النص", "texte", "text"];
        agent: String, OPTIONAL, RECORD_AGENT_BYTES_MAX, ["العون", "agent", "agent"];
        first_seen: Date, OPTIONAL, 0, ["أول ملاحظة", "constatée depuis", "first seen"];
        last_seen: Date, OPTIONAL, 0, ["آخر ملاحظة", "constatée jusqu'à", "last seen"];
        resolved: bool, OPTIONAL, 0, ["زال", "levée", "resolved"];
        visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retirée", "withdrawn"];
    }
    LINK {
        kind: LinkKind, NEEDED, 0, ["النوع", "type", "kind"];
        to: Reference, NEEDED, 0, ["الملف الآخر", "autre dossier", "other record"];
        to_commune: Commune, OPTIONAL, 0, ["جماعة الملف الآخر", "commune de l'autre dossier", "commune of the other record"];
        since: Date, OPTIONAL, 0, ["منذ", "depuis", "since"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    REFERRAL {
        household: Reference, NEEDED, 0, ["الأسرة", "ménage", "household"];
        commune: Commune, NEEDED, 0, ["الجماعة", "commune", "commune"];
        of_member: Reference, OPTIONAL, 0, ["الفرد", "membre", "member"];
        from_visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        category: Category, NEEDED, 0, ["الموضوع", "objet", "subject"];
        urgency: Urgency, NEEDED, 0, ["الاستعجال", "urgence", "urgency"];
        to: String, NEEDED, RECORD_NAME_BYTES_MAX, ["إلى", "destinataire", "sent to"];
        to_point: Reference, OPTIONAL, 0, ["نقطة الخدمة", "point de service", "service point"];
        reason: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["السبب", "motif", "reason"];
        at: Instant, NEEDED, 0, ["الوقت", "heure", "time"];
        time_source: TimeSource, OPTIONAL, 0, ["مصدر الوقت", "source de l'heure", "source of the time"];
        error_s: u32, OPTIONAL, 0, ["خطأ الوقت", "erreur de l'heure", "error of the time"];
        offset_min: i16, OPTIONAL, 0, ["المنطقة الزمنية للجهاز", "fuseau de la tablette", "zone of the device"];
        anchored_at: Instant, OPTIONAL, 0, ["الوقت بعد المقارنة", "heure corrigée", "time found later"];
        anchored_by: TimeSource, OPTIONAL, 0, ["الساعة المعتمدة للمقارنة", "horloge de comparaison", "clock compared with"];
        anchored_error_s: u32, OPTIONAL, 0, ["خطأ الوقت بعد المقارنة", "erreur de l'heure corrigée", "error of the time found later"];
        agent: String, NEEDED, RECORD_AGENT_BYTES_MAX, ["العون", "agent", "agent"];
        status: ReferralStatus, OPTIONAL, 0, ["الحالة", "état", "state"];
        answer: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["الجواب", "réponse", "answer"];
        answered_by: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["المجيب", "répondu par", "answered by"];
        answered_at: Instant, OPTIONAL, 0, ["وقت الجواب", "heure de la réponse", "time of the answer"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retirée", "withdrawn"];
    }
    PROTECTION {
        household: Reference, NEEDED, 0, ["الأسرة", "ménage", "household"];
        commune: Commune, NEEDED, 0, ["الجماعة", "commune", "commune"];
        of_member: Reference, OPTIONAL, 0, ["الفرد", "membre", "member"];
        from_visit: Reference, OPTIONAL, 0, ["الزيارة", "visite", "visit"];
        kind: Danger, NEEDED, 0, ["النوع", "type", "kind"];
        urgency: Urgency, NEEDED, 0, ["الاستعجال", "urgence", "urgency"];
        consent: Consent, OPTIONAL, 0, ["الموافقة على التتبع", "consentement au suivi", "consent to follow-up"];
        text: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["النص", "texte", "text"];
        at: Instant, NEEDED, 0, ["الوقت", "heure", "time"];
        time_source: TimeSource, OPTIONAL, 0, ["مصدر الوقت", "source de l'heure", "source of the time"];
        error_s: u32, OPTIONAL, 0, ["خطأ الوقت", "erreur de l'heure", "error of the time"];
        offset_min: i16, OPTIONAL, 0, ["المنطقة الزمنية للجهاز", "fuseau de la tablette", "zone of the device"];
        anchored_at: Instant, OPTIONAL, 0, ["الوقت بعد المقارنة", "heure corrigée", "time found later"];
        anchored_by: TimeSource, OPTIONAL, 0, ["الساعة المعتمدة للمقارنة", "horloge de comparaison", "clock compared with"];
        anchored_error_s: u32, OPTIONAL, 0, ["خطأ الوقت بعد المقارنة", "erreur de l'heure corrigée", "error of the time found later"];
        agent: String, NEEDED, RECORD_AGENT_BYTES_MAX, ["العون", "agent", "agent"];
        status: CaseStatus, OPTIONAL, 0, ["الحالة", "état", "state"];
        measures: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["التدابير المتخذة", "mesures prises", "measures taken"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    SERVICE_POINT {
        name_ar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالعربية", "nom en arabe", "name in Arabic"];
        name_latin: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالحروف اللاتينية", "nom en lettres latines", "name in Latin letters"];
        kind: PointKind, NEEDED, 0, ["النوع", "type", "kind"];
        commune: Commune, NEEDED, 0, ["الجماعة", "commune", "commune"];
        douar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الدوار أو الحي", "douar ou quartier", "douar or quarter"];
        gps: Gps, OPTIONAL, 0, ["الموقع على الخريطة", "position", "place on the map"];
        phone: Phone, OPTIONAL, 0, ["الهاتف", "téléphone", "telephone"];
        organisation: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الهيئة", "organisme", "body"];
        services: Codes<Category>, OPTIONAL, 0, ["الخدمات", "services", "services"];
        open_days: Codes<Day>, OPTIONAL, 0, ["أيام العمل", "jours d'ouverture", "open days"];
        accessible: bool, OPTIONAL, 0, ["ولوجيات", "accessible", "accessible"];
        digital: bool, OPTIONAL, 0, ["خدمات رقمية", "services numériques", "digital services"];
        green: bool, OPTIONAL, 0, ["مقاربة خضراء", "démarche verte", "green approach"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    ORGANISATION {
        name_ar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالعربية", "nom en arabe", "name in Arabic"];
        name_latin: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالحروف اللاتينية", "nom en lettres latines", "name in Latin letters"];
        kind: BodyKind, NEEDED, 0, ["النوع", "type", "kind"];
        commune: Commune, OPTIONAL, 0, ["الجماعة", "commune", "commune"];
        phone: Phone, OPTIONAL, 0, ["الهاتف", "téléphone", "telephone"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    AGENT {
        code: String, NEEDED, RECORD_AGENT_BYTES_MAX, ["الرمز", "code", "code"];
        name_ar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالعربية", "nom en arabe", "name in Arabic"];
        name_latin: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالحروف اللاتينية", "nom en lettres latines", "name in Latin letters"];
        organisation: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الهيئة", "organisme", "body"];
        phone: Phone, OPTIONAL, 0, ["الهاتف", "téléphone", "telephone"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    PROGRAMME {
        code: String, NEEDED, RECORD_NAME_BYTES_MAX, ["الرمز", "code", "code"];
        name_ar: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالعربية", "nom en arabe", "name in Arabic"];
        name_latin: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الاسم بالحروف اللاتينية", "nom en lettres latines", "name in Latin letters"];
        body: String, NEEDED, RECORD_NAME_BYTES_MAX, ["الهيئة", "organisme", "body"];
        category: Category, NEEDED, 0, ["الموضوع", "objet", "subject"];
        plan_ref: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["بند المخطط الترابي", "ligne du plan territorial", "line of the territorial plan"];
        coverage: Territories, OPTIONAL, 0, ["التغطية الترابية", "territoires couverts", "territories covered"];
        since: Date, OPTIONAL, 0, ["منذ", "depuis", "since"];
        until: Date, OPTIONAL, 0, ["إلى", "jusqu'à", "until"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    PARTNERSHIP {
        title: String, NEEDED, RECORD_NAME_BYTES_MAX, ["العنوان", "intitulé", "title"];
        partners: String, NEEDED, RECORD_TEXT_BYTES_MAX, ["الشركاء", "partenaires", "partners"];
        programme: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["البرنامج", "programme", "programme"];
        signed: Date, OPTIONAL, 0, ["التوقيع", "signature", "signed"];
        until: Date, OPTIONAL, 0, ["إلى", "jusqu'à", "until"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    CONSULTATION {
        title: String, NEEDED, RECORD_NAME_BYTES_MAX, ["العنوان", "intitulé", "title"];
        held_on: Date, OPTIONAL, 0, ["التاريخ", "date", "date"];
        commune: Commune, OPTIONAL, 0, ["الجماعة", "commune", "commune"];
        venue: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["المكان", "lieu", "venue"];
        text: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["المحضر", "compte rendu", "minutes"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retirée", "withdrawn"];
    }
    PLACE {
        commune: Commune, NEEDED, 0, ["الجماعة", "commune", "commune"];
        note: String, OPTIONAL, RECORD_NOTE_BYTES_MAX, ["ملاحظة", "note", "note"];
    }
    CERTIFICATE {
        training: String, NEEDED, RECORD_NAME_BYTES_MAX, ["التكوين", "formation", "training"];
        issuer: String, NEEDED, RECORD_NAME_BYTES_MAX, ["الجهة المانحة", "délivré par", "issuer"];
        level: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["المستوى", "niveau", "level"];
        holder: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الحاصل عليها", "titulaire", "holder"];
        issued: Date, OPTIONAL, 0, ["تاريخ المنح", "délivré le", "issued"];
        expires: Date, OPTIONAL, 0, ["تاريخ الانتهاء", "expire le", "expires"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
    RESOURCE {
        kind: ResourceKind, NEEDED, 0, ["النوع", "type", "kind"];
        partner: String, NEEDED, RECORD_NAME_BYTES_MAX, ["الشريك", "partenaire", "partner"];
        amount: Amount, OPTIONAL, 0, ["القدر", "quantité", "amount"];
        unit: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الوحدة", "unité", "unit"];
        text: String, OPTIONAL, RECORD_TEXT_BYTES_MAX, ["النص", "texte", "text"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retirée", "withdrawn"];
    }
    ATTENDEE {
        name: String, NEEDED, RECORD_NAME_BYTES_MAX, ["الاسم", "nom", "name"];
        capacity: Capacity, NEEDED, 0, ["الصفة", "qualité", "capacity"];
        body: String, OPTIONAL, RECORD_NAME_BYTES_MAX, ["الهيئة", "organisme", "body"];
        withdrawn: bool, OPTIONAL, 0, ["مسحوب", "retiré", "withdrawn"];
    }
}
