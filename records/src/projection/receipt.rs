//! The family's receipt: what was recorded at a visit, who may read it, and how to object. Words for a person, in the
//! language the family reads; made from a household as it stands, without any name of a member.

use uuid::Uuid;

use super::plain::{legible, on_the_wall};
use super::rows::VisitRow;
use super::view::HouseholdView;
use crate::model::vocabulary::{Category, Consent, ReceiptForm, Urgency};
use crate::model::{Reference, Tongue, Vocabulary, Words};

/// What a receipt says beside what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issuer<'a> {
    /// The organisation's name; empty where it is not known.
    pub organisation: &'a str,
    /// The feed the household stands in: those who were given it read it.
    pub feed: &'a str,
}

/// One receipt.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FamilyReceipt {
    /// BCP-47 code of its language.
    pub language: &'static str,
    /// Its title.
    pub title: String,
    /// What is on it, line by line: a label, and what it says.
    pub lines: Vec<(String, String)>,
    /// Whole sentences below: who may read it, what the family may ask for.
    pub sentences: Vec<String>,
    /// What names it at an office: household and visit, short.
    pub reference: String,
}

impl FamilyReceipt {
    /// The receipt of one visit; `None` where the household has no such visit. Without a visit: of the latest that is
    /// not withdrawn.
    #[must_use]
    pub fn of(view: &HouseholdView, visit: Option<Uuid>, issuer: Issuer<'_>, tongue: Tongue) -> Option<Self> {
        let visits = view.visits_in_order();
        let visit = match visit {
            Some(id) => visits.into_iter().find(|visit| visit.id == id),
            None => visits.into_iter().rfind(|visit| visit.withdrawn != Some(true)),
        }?;
        let say = |words: Words| words.in_tongue(tongue).to_string();
        let mut lines = Vec::new();
        let mut line = |label: Words, text: Option<String>| {
            lines.extend(text.filter(|text| !text.is_empty()).map(|text| (say(label), text)));
        };
        line(ORGANISATION, Some(issuer.organisation.into()));
        line(DATE, when(visit));
        line(AGENT, visit.agent.as_deref().map(legible));
        line(COMMUNE, view.household.commune.as_ref().map(|commune| commune.as_str().into()));
        line(MEMBERS, Some(standing_members(view).to_string()));
        let consent = visit.consent.as_deref().and_then(|code| Consent::VOCABULARY.words_of(code));
        line(CONSENT, consent.map(say));
        let form = visit.receipt.as_deref().and_then(|code| ReceiptForm::VOCABULARY.words_of(code));
        line(GIVEN, form.map(say));
        for need in needs(view, visit, tongue) {
            line(NEED, Some(need));
        }
        for record in view.records.iter().filter(|record| !record.is_withdrawn()) {
            if record.text("visit") == Some(visit.id.to_string().as_str()) {
                line(RECORDED, Some(say(record.kind.words())));
            }
        }
        let reference = format!("{}-{}", short(&view.household.id), short(&visit.id));
        let has_consent = !matches!(visit.consent.as_deref(), Some("refused" | "withdrawn"));
        let sentences = [Some(READERS), Some(RIGHTS), Some(WITHDRAW).filter(|_| has_consent)];
        let sentences =
            sentences.into_iter().flatten().map(|words| say(words).replace("{feed}", issuer.feed));
        let sentences = sentences.collect();
        Some(Self { language: tongue.code(), title: say(TITLE), lines, sentences, reference })
    }
}

fn short(id: &Uuid) -> String {
    // The last digits: ids made at one moment begin alike.
    let id = id.simple().to_string();
    id[id.len() - 8..].into()
}

/// Day and hour as the wall showed them; nothing where no clock was set.
fn when(visit: &VisitRow) -> Option<String> {
    let at = visit.anchored_at.or(visit.at).filter(|at| at.is_credible())?;
    Some(on_the_wall(at, visit.offset_min))
}

fn standing_members(view: &HouseholdView) -> usize {
    view.members.iter().filter(|member| member.withdrawn != Some(true)).count()
}

fn needs(view: &HouseholdView, visit: &VisitRow, tongue: Tongue) -> Vec<String> {
    let of_visit = view.needs.iter().filter(|need| {
        matches!(&need.visit, Some(Reference::Id(id)) if *id == visit.id)
            && need.status.as_deref() != Some("withdrawn")
    });
    let said = |list: &'static Vocabulary, code: &Option<String>| {
        let words = code.as_deref().and_then(|code| list.words_of(code));
        words.map_or_else(String::new, |words| words.in_tongue(tongue).to_string())
    };
    of_visit
        .map(|need| {
            let (category, urgency) =
                (said(Category::VOCABULARY, &need.category), said(Urgency::VOCABULARY, &need.urgency));
            format!("{category} ({urgency})")
        })
        .collect()
}

const TITLE: Words =
    Words { ar: "وصل الأسرة", fr: "Reçu de la famille", en: "Receipt of the family" };
const ORGANISATION: Words = Words { ar: "الهيئة", fr: "Organisme", en: "Organisation" };
const DATE: Words =
    Words { ar: "تاريخ الزيارة", fr: "Date de la visite", en: "Date of the visit" };
const AGENT: Words = Words { ar: "العون", fr: "Agent", en: "Agent" };
const COMMUNE: Words = Words { ar: "الجماعة", fr: "Commune", en: "Commune" };
const MEMBERS: Words =
    Words { ar: "عدد الأفراد المسجلين", fr: "Membres inscrits", en: "Members recorded" };
const CONSENT: Words = Words { ar: "الموافقة", fr: "Consentement", en: "Consent" };
const GIVEN: Words = Words { ar: "صيغة الوصل", fr: "Forme du reçu", en: "Form of the receipt" };
const NEED: Words = Words { ar: "حاجة مسجلة", fr: "Besoin noté", en: "Need recorded" };
const RECORDED: Words = Words { ar: "سجل كذلك", fr: "Noté aussi", en: "Also recorded" };
const READERS: Words = Words {
    ar: "يقرأ هذه المعلومات العاملون الاجتماعيون المكلفون بالمجال {feed} والإدارة المركزية، ولا يقرؤها الخادم الذي تمر منه.",
    fr: "Ces informations sont lues par les travailleurs sociaux chargés de {feed} et par l'administration centrale ; le serveur par lequel elles passent ne peut pas les lire.",
    en: "These facts are read by the social workers in charge of {feed} and by headquarters; the server they pass through cannot read them.",
};
/// In Arabic, a mark keeps the law's number from being turned around.
const RIGHTS: Words = Words {
    ar: "لكم حق الاطلاع عليها وتصحيحها والاعتراض عليها وفق القانون \u{200e}09-08: يكفي تقديم رقم هذا الوصل للعامل الاجتماعي أو للهيئة.",
    fr: "Vous pouvez les consulter, les faire corriger ou vous y opposer (loi 09-08) : montrez la référence de ce reçu à l'agent ou à l'organisme.",
    en: "You may see them, have them corrected, or object to them (law 09-08): show the reference of this receipt to the agent or the organisation.",
};
const WITHDRAW: Words = Words {
    ar: "يمكنكم سحب موافقتكم في أي وقت دون أن تفقدوا أي حق.",
    fr: "Vous pouvez retirer votre accord à tout moment, sans perdre aucun droit.",
    en: "You may take back your consent at any time and lose no right by it.",
};

#[cfg(test)]
mod tests {
    use khettara_core::id::{ActorId, DocumentId};

    use super::*;
    use crate::model::{HouseholdDocument, parse_line};

    const FAMILY: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
    const ISSUER: Issuer<'_> = Issuer { organisation: "Entraide", feed: "08.201.11.07" };

    fn view(lines: &[&str]) -> HouseholdView {
        let id = DocumentId(*Uuid::parse_str(FAMILY).expect("an id").as_bytes());
        let mut document = HouseholdDocument::new(id);
        for (position, line) in (2..).zip(lines) {
            let form = parse_line(1, &line.replace("FAMILY", FAMILY)).expect("a line");
            document.record(ActorId([1; 16]), position, &form).expect("records");
        }
        HouseholdView::read(&document)
    }

    #[test]
    fn a_receipt_says_what_was_recorded_who_reads_it_and_how_to_object_and_names_nobody() {
        let view = view(&[
            r#"{"record":"household","id":"FAMILY","commune":"08.201.11.07","status":"sedentary","members":[{"name_latin":"Itto Secret","sex":"female","relation":"head"}]}"#,
            r#"{"record":"visit","household":"FAMILY","at":"2026-11-25T09:30:00Z","offset_min":60,"agent":"AS-7","kind":"first","consent":"given","receipt":"paper","note":"private","needs":[{"category":"water","urgency":"high"}]}"#,
            r#"{"record":"visit","household":"FAMILY","at":"1970-01-01T00:30:00Z","agent":"AS-8","kind":"follow_up"}"#,
        ]);
        let first = view.visits_in_order()[0].id;
        for tongue in Tongue::ALL {
            let receipt = FamilyReceipt::of(&view, Some(first), ISSUER, tongue).expect("a visit");
            let all = format!("{receipt:?}");
            assert!(!all.contains("Secret") && !all.contains("private"), "{all}");
            assert!(all.contains("2026-11-25 10:30") && all.contains("08.201.11.07") && all.contains("AS-7"));
            assert_eq!(receipt.sentences.len(), 3);
            let water = Category::VOCABULARY.words_of("water").expect("a code").in_tongue(tongue);
            assert!(receipt.lines.iter().any(|(_, text)| text.starts_with(water)), "{all}");
        }
        let latest = FamilyReceipt::of(&view, None, ISSUER, Tongue::En).expect("a visit");
        assert!(latest.lines.iter().any(|(_, text)| text == "AS-8"));
        assert!(latest.lines.iter().all(|(label, _)| label != "Date of the visit"), "no clock was set");
        assert_eq!(FamilyReceipt::of(&view, Some(Uuid::nil()), ISSUER, Tongue::En), None);
    }
}
