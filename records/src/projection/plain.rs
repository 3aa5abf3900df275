//! Conflicts in plain words: who wrote what, where and when, in Arabic, French and English.

use khettara_core::limits::SENTENCE_VALUE_CHARS_MAX;
use serde_json::Value as Json;
use uuid::Uuid;

use super::conflicts::{Conflict, Side, Told};
use super::record_row::RecordRow;
use crate::model::vocabulary::LinkKind;
use crate::model::{FieldPath, Instant, RecordKind, Rule, Tongue, ValueType, Words};

/// Who wrote an answer, as far as is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The device that asks.
    Me,
    /// The device with this number in the roster.
    Serial(u32),
    /// A device without a number; the beginning of its key.
    Device(String),
    /// Nobody knows here.
    Unknown,
}

impl Who {
    /// As sentences and lists name it.
    #[must_use]
    pub fn words(&self, tongue: Tongue) -> String {
        match (self, tongue) {
            (Self::Me, Tongue::Ar) => "هذا الجهاز".into(),
            (Self::Me, Tongue::Fr) => "cette tablette".into(),
            (Self::Me, Tongue::En) => "this tablet".into(),
            (Self::Serial(serial), Tongue::Ar) => format!("الجهاز {serial}"),
            (Self::Serial(serial), Tongue::Fr) => format!("la tablette {serial}"),
            (Self::Serial(serial), Tongue::En) => format!("tablet {serial}"),
            (Self::Device(key), Tongue::Ar) => format!("الجهاز {}", isolated(key)),
            (Self::Device(key), Tongue::Fr) => format!("l'appareil {key}"),
            (Self::Device(key), Tongue::En) => format!("device {key}"),
            (Self::Unknown, Tongue::Ar) => "جهاز غير معروف هنا".into(),
            (Self::Unknown, Tongue::Fr) => "un appareil inconnu ici".into(),
            (Self::Unknown, Tongue::En) => "a device not known here".into(),
        }
    }
}

/// One sentence for a conflict: the field, then every answer with its author, place and time, then which one is shown
/// until somebody decides. `writers` in the order of the sides; `place` is the feed.
#[must_use]
pub fn sentence(conflict: &Conflict, writers: &[Who], place: &str, tongue: Tongue) -> String {
    let answers: Vec<String> = conflict
        .sides
        .iter()
        .enumerate()
        .map(|(number, side)| {
            let who = writers.get(number).unwrap_or(&Who::Unknown).words(tongue);
            let who = format!("{who} ({})", where_when(side, place, tongue));
            said(&who, conflict, side, tongue)
        })
        .collect();
    if matches!(conflict.path, FieldPath::Rule(Rule::OneFamily { .. })) {
        return undecided(&subject(&conflict.path, tongue), &answers, tongue);
    }
    let shown = conflict.sides.iter().find(|side| side.winner);
    let shown = shown.map(|side| value_words(conflict, side, tongue)).unwrap_or_default();
    let subject = subject(&conflict.path, tongue);
    match tongue {
        Tongue::Ar => {
            format!("{subject}: {}. يظهر «{shown}» إلى أن يقرر شخص.", answers.join("؛ "))
        }
        Tongue::Fr => {
            format!(
                "{subject} : {}. « {shown} » est affiché jusqu'à ce que quelqu'un décide.",
                answers.join(" ; ")
            )
        }
        Tongue::En => {
            format!(
                "{subject}: {}. \u{201c}{shown}\u{201d} is shown until somebody decides.",
                answers.join("; ")
            )
        }
    }
}

/// One answer as somebody would say it in a language: codes by their words.
#[must_use]
pub fn answer_words(conflict: &Conflict, side: &Side, tongue: Tongue) -> String {
    value_words(conflict, side, tongue)
}

/// What one side did.
fn said(who: &str, conflict: &Conflict, side: &Side, tongue: Tongue) -> String {
    let value = value_words(conflict, side, tongue);
    match (&conflict.path, &side.value, tongue) {
        (FieldPath::Rule(Rule::SetAside { .. }), Json::Bool(_), Tongue::Ar) => format!("سحبه {who}"),
        (FieldPath::Rule(Rule::SetAside { .. }), Json::Bool(_), Tongue::Fr) => format!("retrait par {who}"),
        (FieldPath::Rule(Rule::SetAside { .. }), Json::Bool(_), Tongue::En) => format!("{who} set it aside"),
        (FieldPath::Rule(Rule::SetAside { .. }), _, Tongue::Ar) => {
            format!("وكتب {who} في الأثناء: «{value}»")
        }
        (FieldPath::Rule(Rule::SetAside { .. }), _, Tongue::Fr) => {
            format!("{who} y a écrit entre-temps « {value} »")
        }
        (FieldPath::Rule(Rule::SetAside { .. }), _, Tongue::En) => {
            format!("{who} meanwhile wrote \u{201c}{value}\u{201d}")
        }
        (FieldPath::Rule(Rule::OneFamily { .. }), _, Tongue::Ar) => format!("سجله {who} في الملف {value}"),
        (FieldPath::Rule(Rule::OneFamily { .. }), _, Tongue::Fr) => {
            format!("{who} l'a inscrite dans le dossier {value}")
        }
        (FieldPath::Rule(Rule::OneFamily { .. }), _, Tongue::En) => {
            format!("{who} recorded this person in {value}")
        }
        (_, _, Tongue::Ar) => format!("كتب {who}: «{value}»"),
        (_, _, Tongue::Fr) => format!("{who} a écrit « {value} »"),
        (_, _, Tongue::En) => format!("{who} wrote \u{201c}{value}\u{201d}"),
    }
}

/// Where no side is shown rather than another.
fn undecided(subject: &str, answers: &[String], tongue: Tongue) -> String {
    match tongue {
        Tongue::Ar => format!("{subject}: {}. يظهر فيها جميعا إلى أن يقرر شخص.", answers.join("؛ ")),
        Tongue::Fr => {
            format!("{subject} : {}. Chacun la montre jusqu'à ce que quelqu'un décide.", answers.join(" ; "))
        }
        Tongue::En => format!("{subject}: {}. All show it until somebody decides.", answers.join("; ")),
    }
}

/// One sentence for a link between two records of a family; a withdrawn one says so.
#[must_use]
pub fn link_sentence(link: &RecordRow, place: &str, tongue: Tongue) -> String {
    let here = isolated(&link.document.to_string()[..8]);
    let there = link.text("to").and_then(|id| id.get(..8)).unwrap_or("?").to_string();
    let there = isolated(&there);
    let place = isolated(place);
    let other =
        link.text("to_commune").map_or_else(String::new, |commune| format!(" ({})", isolated(commune)));
    let moved = link.text("kind") == Some(LinkKind::Continues.code());
    let said = match (tongue, moved) {
        (Tongue::Ar, true) => format!("انتقلت الأسرة: الملف {here} ({place}) تتمة للملف {there}{other}"),
        (Tongue::Fr, true) => {
            format!("Famille qui a déménagé : le dossier {here} ({place}) continue {there}{other}")
        }
        (Tongue::En, true) => {
            format!("A family that moved: record {here} ({place}) goes on from {there}{other}")
        }
        (Tongue::Ar, false) => format!("أسرة سجلت مرتين: الملف {here} ({place}) والملف {there}{other}"),
        (Tongue::Fr, false) => {
            format!("Famille inscrite deux fois : dossiers {here} ({place}) et {there}{other}")
        }
        (Tongue::En, false) => {
            format!("A family registered twice: records {here} ({place}) and {there}{other}")
        }
    };
    match (link.is_withdrawn(), tongue) {
        (false, _) => format!("{said}."),
        (true, Tongue::Ar) => format!("{said}؛ سحب هذا الرابط."),
        (true, Tongue::Fr) => format!("{said} ; ce lien a été retiré."),
        (true, Tongue::En) => format!("{said}; this link was taken back."),
    }
}

/// What the answers are about.
fn subject(path: &FieldPath, tongue: Tongue) -> String {
    let of = |kind: RecordKind, field: &str| {
        let label = kind
            .spec(field)
            .map_or_else(|| isolated(&cut(field)), |spec| spec.words.in_tongue(tongue).into());
        format!("{label} ({})", kind.words().in_tongue(tongue))
    };
    match path {
        FieldPath::Household(field) => of(RecordKind::Household, field),
        FieldPath::Subject { kind, field } | FieldPath::Entry { kind, field, .. } => of(*kind, field),
        FieldPath::Language(code) => {
            format!("{} {}", LANGUAGE.in_tongue(tongue), isolated(&cut(code)))
        }
        FieldPath::Rule(rule @ Rule::SetAside { kind, .. }) => {
            format!("{} ({})", rule.spec().broken.in_tongue(tongue), kind.words().in_tongue(tongue))
        }
        FieldPath::Rule(rule) => rule.spec().broken.in_tongue(tongue).into(),
        FieldPath::Other(_) => OTHER_SOFTWARE.in_tongue(tongue).into(),
    }
}

const LANGUAGE: Words =
    Words { ar: "لغة الأسرة", fr: "Langue du ménage", en: "Language of the household" };
const OTHER_SOFTWARE: Words = Words {
    ar: "معلومة كتبها برنامج آخر",
    fr: "Une donnée écrite par un autre logiciel",
    en: "Something written by other software",
};
const CLOCK_NOT_SET: Words =
    Words { ar: "ساعة غير مضبوطة", fr: "horloge non réglée", en: "clock not set" };
const YES: Words = Words { ar: "نعم", fr: "oui", en: "yes" };
const NO: Words = Words { ar: "لا", fr: "non", en: "no" };
const SET_ASIDE: Words = Words { ar: "مسحوب", fr: "retiré", en: "set aside" };
const KEPT: Words = Words { ar: "باق", fr: "maintenu", en: "kept" };

/// An answer as somebody would say it: codes by their words, flags as yes or no, texts cut where they are long.
fn value_words(conflict: &Conflict, side: &Side, tongue: Tongue) -> String {
    if let FieldPath::Rule(rule) = &conflict.path {
        return match (rule, &side.value) {
            (Rule::SetAside { .. }, Json::Bool(_)) => SET_ASIDE.in_tongue(tongue).into(),
            (Rule::SetAside { id, .. }, Json::String(wrote)) => meanwhile_words(wrote, *id, tongue),
            _ => isolated(&cut(&side.text)),
        };
    }
    let spec = match &conflict.path {
        FieldPath::Household(field) => RecordKind::Household.spec(field),
        FieldPath::Subject { kind, field } | FieldPath::Entry { kind, field, .. } => kind.spec(field),
        _ => None,
    };
    let flag =
        |yes: Words, no: Words, flag: bool| (if flag { yes } else { no }).in_tongue(tongue).to_string();
    match (spec.map(|spec| spec.value_type), &side.value) {
        (Some(ValueType::Code(list)), Json::String(code)) => {
            list.words_of(code).map_or_else(|| isolated(&cut(code)), |words| words.in_tongue(tongue).into())
        }
        (_, Json::Bool(set)) if conflict.path.key() == "withdrawn" => flag(SET_ASIDE, KEPT, *set),
        (_, Json::Bool(set)) => flag(YES, NO, *set),
        _ => isolated(&cut(&side.text)),
    }
}

/// What was written in a record while it was set aside: one of its own fields, or something that hangs on it.
fn meanwhile_words(path: &str, of: Option<Uuid>, tongue: Tongue) -> String {
    match path.parse() {
        Ok(FieldPath::Entry { kind, id, .. }) if Some(id) != of => kind.words().in_tongue(tongue).into(),
        Ok(path) => subject(&path, tongue),
        Err(_) => OTHER_SOFTWARE.in_tongue(tongue).into(),
    }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(SENTENCE_VALUE_CHARS_MAX).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut.replace(['\n', '\r', '\t'], " ")
}

/// A text of whatever software as a line on paper may bear it: not too long, and nothing in it that steers.
pub(super) fn legible(text: &str) -> String {
    clean(&cut(text))
}

/// The place, and the time as its clock said, with its error.
fn where_when(side: &Side, place: &str, tongue: Tongue) -> String {
    let mut words = vec![isolated(side.feed.as_ref().map_or(place, |feed| feed.as_str()))];
    let told = side.told.clone().unwrap_or_default();
    words.extend(told.agent.as_deref().map(|agent| isolated(&cut(agent))));
    words.extend(told.at.map(|at| isolated(&when(at, &told, tongue))));
    words.join(if tongue == Tongue::Ar { "، " } else { ", " })
}

/// A time as the wall showed it where it was written, or in UTC; with its error.
fn when(at: Instant, told: &Told, tongue: Tongue) -> String {
    if !at.is_credible() {
        return CLOCK_NOT_SET.in_tongue(tongue).into();
    }
    let mut when = on_the_wall(at, told.offset_min);
    if let Some(error_s) = told.error_s.filter(|error_s| *error_s > 0) {
        when.push_str(&format!(" ± {}", span(error_s, tongue)));
    }
    when
}

/// Day and hour where the zone is so many minutes east of UTC; without one, in UTC.
pub(super) fn on_the_wall(at: Instant, offset_min: Option<i16>) -> String {
    let shown = offset_min.and_then(|min| Instant::of_seconds(at.seconds() + i64::from(min) * 60).ok());
    let zone = if shown.is_some() { "" } else { " UTC" };
    let at = shown.unwrap_or(at).to_string();
    // To the minute: seconds of a tablet's clock mean nothing.
    format!("{} {}{zone}", &at[..10], &at[11..16])
}

/// A length of time to one unit.
fn span(seconds: u32, tongue: Tongue) -> String {
    let units = [
        (86_400, Words { ar: "يوم", fr: "j", en: "d" }),
        (3_600, Words { ar: "س", fr: "h", en: "h" }),
        (60, Words { ar: "د", fr: "min", en: "min" }),
        (1, Words { ar: "ث", fr: "s", en: "s" }),
    ];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds >= *length).unwrap_or(units[3]);
    format!("{} {}", seconds.div_ceil(length), unit.in_tongue(tongue))
}

/// A piece of text whose direction is its own: Latin inside Arabic and the other way round stay legible.
fn isolated(text: &str) -> String {
    format!("\u{2068}{}\u{2069}", clean(text))
}

/// Characters that would steer more than this piece, from whatever software, are shown as what they are: nothing
/// readable.
fn clean(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}
