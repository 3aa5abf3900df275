//! The field that a refusal names, in the words of those who fill in forms.

use super::description::{FieldDescription, Shape};
use super::error::Reason;
use super::kinds::RecordKind;
use super::words::{Tongue, Words};

/// Names in lines that are no field of a kind's table.
const OTHERS: &[(&str, Words)] = &[
    ("id", Words { ar: "المعرف", fr: "identifiant", en: "id" }),
    ("languages", Words { ar: "اللغات", fr: "langues", en: "languages" }),
    ("record", Words { ar: "نوع السجل", fr: "type de fiche", en: "kind of record" }),
    ("path", Words { ar: "الخانة المعنية", fr: "champ concerné", en: "field concerned" }),
    ("side", Words { ar: "الجواب المختار", fr: "réponse choisie", en: "answer chosen" }),
    ("value", Words { ar: "القيمة", fr: "valeur", en: "value" }),
    ("seen", Words { ar: "الأجوبة المعروضة", fr: "réponses affichées", en: "answers shown" }),
];

/// A place such as `members[2].name_ar` in words: the field, and which entry of its list. What has no words is named
/// as lines name it.
pub(crate) fn place_words(place: &str, reason: &Reason, tongue: Tongue) -> String {
    let mut segments = place.rsplit('.');
    let (name, number) = indexed(segments.next().unwrap_or_default());
    let parent = segments.next().map(indexed).and_then(|(list, number)| Some((of_map(list)?, number)));
    let said = match of_map(name).filter(|_| number.is_some()) {
        Some(kind) => Some(kind.words()),
        None => field_words(name, parent.map(|(kind, _)| kind), reason),
    };
    let said = said.map_or_else(|| isolated(name, tongue), |words| words.in_tongue(tongue).to_owned());
    let said = number.map_or(said.clone(), |number| format!("{said} {number}"));
    match parent {
        Some((kind, Some(number))) => format!("{said} ({} {number})", kind.words().in_tongue(tongue)),
        _ => said,
    }
}

/// A field's words. One name may be a field of several kinds: the kind of its list decides, else what the reason
/// tells of the field, else what most kinds call it.
pub(crate) fn field_words(name: &str, kind: Option<RecordKind>, reason: &Reason) -> Option<Words> {
    let described = |kind: &RecordKind| kind.described().into_iter().find(|field| field.name == name);
    if let Some(field) = kind.as_ref().and_then(described) {
        return Some(field.words);
    }
    let all: Vec<FieldDescription> = RecordKind::ALL.iter().filter_map(described).collect();
    let fitting: Vec<&FieldDescription> = all.iter().filter(|field| fits(field, reason)).collect();
    let candidates = if fitting.is_empty() { all.iter().collect() } else { fitting };
    let votes = |words: Words| candidates.iter().filter(|field| field.words == words).count();
    // Of equals the first, as the page has them; `max_by_key` would give the last.
    let most = candidates.iter().rev().max_by_key(|field| votes(field.words)).map(|field| field.words);
    most.or_else(|| OTHERS.iter().find(|(other, _)| *other == name).map(|(_, words)| *words))
}

/// Whether this field can be refused for this reason.
fn fits(field: &FieldDescription, reason: &Reason) -> bool {
    match (reason, field.shape) {
        (Reason::Missing, _) => field.needed,
        (Reason::NotInVocabulary { allowed }, Shape::Code(codes) | Shape::Codes(codes)) => codes == *allowed,
        (Reason::OutOfRange { min, max }, Shape::Whole { min: least, max: most }) => {
            (*min, *max) == (least, most)
        }
        (Reason::NotInVocabulary { .. } | Reason::OutOfRange { .. }, _) => false,
        _ => true,
    }
}

/// A piece in Latin letters keeps its direction inside Arabic.
pub(crate) fn isolated(text: &str, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ar => format!("\u{2068}{text}\u{2069}"),
        Tongue::Fr | Tongue::En => text.to_owned(),
    }
}

fn of_map(list: &str) -> Option<RecordKind> {
    RecordKind::ENTRIES.into_iter().find(|kind| kind.map() == list)
}

/// `members[2]` is the third of `members`.
fn indexed(segment: &str) -> (&str, Option<usize>) {
    let split = segment.strip_suffix(']').and_then(|open| open.split_once('['));
    split
        .map_or((segment, None), |(list, number)| (list, number.parse().ok().map(|from_0: usize| from_0 + 1)))
}
