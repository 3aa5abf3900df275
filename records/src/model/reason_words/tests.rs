//! Every reason is told whole in three languages, with its numbers and lists, and the field in words.

use std::collections::BTreeSet;

use khettara_core::limits::DOCUMENT_BYTES_MAX;

use super::*;
use crate::model::vocabulary::Status;
use crate::model::{Expected, Vocabulary, Water};

/// One of each, numbers and lists in it.
fn examples() -> Vec<Reason> {
    let numbers = [
        Reason::NotJson { column: 311 },
        Reason::LineTooLong { bytes: 311, max: 312 },
        Reason::TooLong { bytes: 311, max: 312 },
        Reason::UnknownField { place: 311, suggestion: None },
        Reason::UnknownField { place: 311, suggestion: Some("phone") },
        Reason::UnknownField { place: 311, suggestion: Some("ref") },
        Reason::TooOld { year: 311 },
        Reason::OutOfRange { min: -311, max: 312 },
        Reason::TooMany { count: 311, max: 312 },
        Reason::ChangeTooLarge { unit: "operations in all", size: 311, max: 312 },
        Reason::DocumentFull { max: DOCUMENT_BYTES_MAX },
        Reason::NotInVocabulary { allowed: Water::CODES },
        Reason::NotInVocabulary { allowed: &["of_no_list", "nor_this"] },
    ];
    let plain = [
        Reason::UnknownRecord,
        Reason::Repeated,
        Reason::Missing,
        Reason::NoName,
        Reason::BadIdentifier,
        Reason::Empty,
        Reason::ControlCharacter,
        Reason::DirectionOverride,
        Reason::BadCommune,
        Reason::BadPhone,
        Reason::BadLanguage,
        Reason::BadBirth,
        Reason::BadDate,
        Reason::BadTerritories,
        Reason::LinkToItself,
        Reason::WholeProfile,
        Reason::OtherDocument,
        Reason::EndsBeforeItBegins,
        Reason::BadTime,
        Reason::BadId,
        Reason::UnknownHandle,
        Reason::OtherHousehold,
        Reason::NoSuchRecord,
        Reason::NotClearable,
        Reason::NothingChanged,
        Reason::BadPath,
        Reason::NoSuchSide,
        Reason::SidesChanged,
        Reason::CannotKeep,
        Reason::Internal,
    ];
    let wrong = Expected::ALL.iter().map(|&expected| Reason::WrongType { expected });
    numbers.into_iter().chain(plain).chain(wrong).collect()
}

/// What stands in Latin letters in an Arabic sentence: ways of writing, and names that only lines have.
const LATIN: [&str; 10] = ["UA", "ary", "ar", "zgh", "fr", "T", "Z", "ref", "of_no_list", "nor_this"];

fn latin_words(sentence: &str) -> Vec<&str> {
    let words = sentence.split(|letter: char| !letter.is_ascii_alphabetic() && letter != '_');
    words.filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_reason_is_told_whole_in_three_languages() {
    let kept = [["لم يضع", "محفوظ"], ["n'est perdu", "en sécurité"], ["is lost", "is safe"]];
    for reason in examples() {
        let sentences = Tongue::ALL.map(|tongue| reason.sentence(tongue));
        assert_eq!(sentences.iter().collect::<BTreeSet<_>>().len(), 3, "{reason:?}");
        for (sentence, kept) in sentences.iter().zip(kept) {
            assert!(sentence.ends_with('.') && !sentence.contains(".."), "{sentence}");
            assert!(kept.iter().any(|stem| sentence.contains(stem)), "says not what is kept: {sentence}");
            let is_foreign = |piece: &&str| sentence.contains(*piece);
            assert_eq!(
                ["khettara", "/", "{", "}", "  "].iter().find(|piece| is_foreign(piece)),
                None,
                "{sentence}"
            );
            let debug = format!("{reason:?}");
            assert_eq!(debug.contains("311"), sentence.contains("311"), "{sentence}");
            assert_eq!(debug.contains("312"), sentence.contains("312"), "{sentence}");
        }
        let [ar, fr, en] = sentences;
        assert!(latin_words(&ar).iter().all(|word| LATIN.contains(word)), "{ar}");
        assert!(!fr.contains(is_arabic) && !en.contains(is_arabic), "{fr} {en}");
        let letters: Vec<char> = fr.chars().collect();
        let is_spaced = |two: &[char]| {
            !";:!?»".contains(two[1]) || two[0] == ' ' || two[1] == ':' && two[0].is_ascii_digit()
        };
        assert!(letters.windows(2).all(is_spaced), "{fr}");
    }
}

fn is_arabic(letter: char) -> bool {
    ('\u{600}'..'\u{700}').contains(&letter)
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    let mut seen = BTreeSet::new();
    for reason in examples() {
        seen.insert(reason.code());
        let variant = format!("{reason:?}");
        let variant = variant.split([' ', '{']).next().unwrap_or_default();
        let snake: String = variant
            .chars()
            .flat_map(|letter| letter.is_uppercase().then_some('_').into_iter().chain(letter.to_lowercase()))
            .collect();
        assert_eq!(reason.code(), &snake[1..], "a code is its reason's name");
    }
    assert_eq!(seen, REASON_CODES.iter().copied().collect(), "a reason without its example");
    assert_eq!(seen.len(), REASON_CODES.len());
}

fn said(field: &str, reason: Reason) -> [String; 3] {
    let error = RecordError { line: None, field: field.into(), reason };
    Tongue::ALL.map(|tongue| error.sentence(tongue))
}

fn begin(sentences: &[String; 3], with: [&str; 3]) {
    for (sentence, start) in sentences.iter().zip(with) {
        assert!(sentence.starts_with(start), "{sentence}");
    }
}

#[test]
fn a_field_is_named_in_words() {
    begin(&said("phone", Reason::BadPhone), ["الهاتف: ", "Téléphone : un", "Telephone: a"]);
    let third = said("members[2].name_ar", Reason::Empty);
    begin(&third, ["الاسم بالعربية (فرد 3): ", "Nom en arabe (membre 3) : ", "Name in Arabic (member 3): "]);
    begin(&said("members[2]", Reason::NoName), ["فرد 3: ", "Membre 3 : ", "Member 3: "]);
    begin(
        &said("needs[0].text", Reason::Empty),
        ["نص الحاجة (حاجة 1)", "Texte du besoin (besoin 1)", "Text of the"],
    );
    begin(&said("languages[1]", Reason::BadLanguage), ["اللغات 2: ", "Langues 2 : ", "Languages 2: "]);
    begin(
        &said("unheard_of", Reason::Empty),
        ["\u{2068}unheard_of\u{2069}: ", "Unheard_of : ", "Unheard_of: "],
    );
    let line = RecordError { line: Some(7), field: "phone".into(), reason: Reason::BadPhone };
    assert!(line.sentence(Tongue::Ar).starts_with("السطر 7، الهاتف: "), "{}", line.sentence(Tongue::Ar));
    assert!(line.sentence(Tongue::Fr).starts_with("Ligne 7, téléphone : "), "{}", line.sentence(Tongue::Fr));
}

#[test]
fn of_fields_of_one_name_the_reason_tells_which() {
    let household = said("status", Reason::NotInVocabulary { allowed: Status::CODES });
    begin(&household, ["نوع الأسرة: ", "Type de ménage : ", "Kind of household: "]);
    begin(&said("status", Reason::Missing), ["نوع الأسرة: ", "Type de ménage : ", "Kind of household: "]);
    begin(&said("status", Reason::NotClearable), ["الحالة: ", "État : ", "State: "]);
}

#[test]
fn a_list_is_told_in_the_words_that_its_answers_have_on_the_form() {
    let [ar, fr, en] = said("water", Reason::NotInVocabulary { allowed: Water::CODES });
    let list: &Vocabulary = Water::VOCABULARY;
    for words in list.words {
        assert!(ar.contains(words.ar) && fr.contains(words.fr) && en.contains(words.en), "{ar} {fr} {en}");
    }
}
