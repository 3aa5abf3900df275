//! A conflict is said in one sentence, in Arabic, French and English: who wrote what, where, when and how sure.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

use khettara_core::id::{ActorId, DocumentId};
use khettara_records::model::{HouseholdDocument, RecordKind, Tongue, parse_line};
use khettara_records::projection::{HouseholdView, Who, conflicts, link_sentence, sentence};
use uuid::Uuid;

const FAMILY: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";
const PLACE: &str = "08.201.11.07";

fn record(document: &mut HouseholdDocument, actor: u8, position: u64, line: &str) -> Vec<u8> {
    let form = parse_line(1, &line.replace("ID", FAMILY)).unwrap_or_else(|error| panic!("{error}"));
    document.record(ActorId([actor; 16]), position, &form).unwrap_or_else(|error| panic!("{error}")).chunk
}

/// A family that two tablets changed apart from each other, one at a visit.
fn two_answers(one: &str, other: &str) -> HouseholdDocument {
    let id = DocumentId(*Uuid::parse_str(FAMILY).unwrap().as_bytes());
    let mut first = HouseholdDocument::new(id);
    let family = r#"{"record":"household","id":"ID","commune":"08.201.11.07","status":"sedentary","members":[{"id":"0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c99","name_latin":"Itto","sex":"female","relation":"head"}]}"#;
    record(&mut first, 1, 2, family);
    let mut second = first.clone();
    record(&mut first, 2, 2, one);
    let visit = r#"{"record":"visit","household":"ID","at":"2026-11-25T09:30:00Z","agent":"AS-7","error_s":7200,"kind":"first"}"#;
    let chunks = [record(&mut second, 3, 2, visit), record(&mut second, 3, 3, other)];
    first.apply(&chunks.each_ref().map(Vec::as_slice)).unwrap();
    first
}

/// Text without the marks that keep directions apart.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{2068}' | '\u{2069}')).collect()
}

fn sentences(document: &HouseholdDocument) -> [String; 3] {
    let all = conflicts(document);
    assert_eq!(all.len(), 1, "{all:?}");
    let writers: Vec<Who> = all[0]
        .sides
        .iter()
        .map(|side| if side.actor == ActorId([3; 16]) { Who::Serial(12) } else { Who::Me })
        .collect();
    Tongue::ALL.map(|tongue| plain(&sentence(&all[0], &writers, PLACE, tongue)))
}

#[test]
fn codes_are_said_by_their_words_with_author_place_time_and_error() {
    let document = two_answers(
        r#"{"record":"household","id":"ID","water":"well"}"#,
        r#"{"record":"household","id":"ID","water":"fountain"}"#,
    );
    let [ar, fr, en] = sentences(&document);
    assert_eq!(
        en,
        "water (household): this tablet (08.201.11.07) wrote \u{201c}well\u{201d}; tablet 12 (08.201.11.07, AS-7, 2026-11-25 09:30 UTC ± 2 h) wrote \u{201c}public fountain\u{201d}. \u{201c}public fountain\u{201d} is shown until somebody decides."
    );
    assert_eq!(
        fr,
        "eau (ménage) : cette tablette (08.201.11.07) a écrit « puits » ; la tablette 12 (08.201.11.07, AS-7, 2026-11-25 09:30 UTC ± 2 h) a écrit « borne-fontaine ». « borne-fontaine » est affiché jusqu'à ce que quelqu'un décide."
    );
    assert_eq!(
        ar,
        "الماء (أسرة): كتب هذا الجهاز (08.201.11.07): «بئر»؛ كتب الجهاز 12 (08.201.11.07، AS-7، 2026-11-25 09:30 UTC ± 2 س): «سقاية». يظهر «سقاية» إلى أن يقرر شخص."
    );
}

#[test]
fn a_withdrawal_against_a_correction_and_a_long_hostile_text_are_said_whole_and_harmless() {
    let member = r#"{"record":"member","household":"ID","id":"0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c99""#;
    let document =
        two_answers(&format!(r#"{member},"withdrawn":true}}"#), &format!(r#"{member},"withdrawn":false}}"#));
    let [ar, fr, en] = sentences(&document);
    assert!(en.contains("\u{201c}set aside\u{201d}") && en.contains("\u{201c}kept\u{201d}"), "{en}");
    assert!(fr.contains("« retiré »") && fr.contains("« maintenu »"), "{fr}");
    assert!(ar.contains("«مسحوب»") && ar.contains("«باق»"), "{ar}");

    let long = "ق".repeat(3_000);
    let document = two_answers(
        &format!(r#"{{"record":"household","id":"ID","note":"{long}"}}"#),
        r#"{"record":"household","id":"ID","note":"deux\nlignes"}"#,
    );
    let [ar, _, en] = sentences(&document);
    assert!(ar.chars().count() < 500 && ar.contains('…'), "{ar}");
    assert!(en.contains("deux lignes") && !en.contains('\n'), "{en}");
}

#[test]
fn every_answer_stands_in_a_piece_of_text_whose_direction_is_its_own() {
    let document = two_answers(
        r#"{"record":"household","id":"ID","douar":"قصر مرزوكة"}"#,
        r#"{"record":"household","id":"ID","douar":"Ksar Merzouga"}"#,
    );
    for tongue in Tongue::ALL {
        let said = sentence(&conflicts(&document)[0], &[], PLACE, tongue);
        for text in ["قصر مرزوكة", "Ksar Merzouga", PLACE] {
            assert!(said.contains(&format!("\u{2068}{text}\u{2069}")), "{said}");
        }
        let opened = said.matches('\u{2068}').count();
        assert_eq!(opened, said.matches('\u{2069}').count(), "each piece is closed");
    }
}

#[test]
fn a_family_that_moved_and_one_registered_twice_are_said() {
    let id = DocumentId(*Uuid::parse_str(FAMILY).unwrap().as_bytes());
    let mut document = HouseholdDocument::new(id);
    record(
        &mut document,
        1,
        2,
        r#"{"record":"household","id":"ID","commune":"08.201.01.05","status":"sedentary","links":[{"kind":"continues","to":"0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c55","to_commune":"08.201.11.07"},{"kind":"same_as","to":"1192f7a4-5c3b-7d21-9f64-3b1f0a6e2c55","withdrawn":true}]}"#,
    );
    let view = HouseholdView::read(&document);
    let mut said: Vec<String> = view
        .of_kind(RecordKind::Link)
        .map(|link| plain(&link_sentence(link, "08.201.01.05", Tongue::En)))
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "A family registered twice: records 0192f7a4 (08.201.01.05) and 1192f7a4; this link was taken back.",
            "A family that moved: record 0192f7a4 (08.201.01.05) goes on from 0192f7a4 (08.201.11.07).",
        ]
    );
    let link = view.of_kind(RecordKind::Link).next().unwrap();
    for (tongue, word) in [(Tongue::Ar, "سرة"), (Tongue::Fr, "amille")] {
        assert!(link_sentence(link, "x", tongue).contains(word));
    }
}

#[test]
fn the_hour_is_that_on_the_wall_in_ramadan_too_and_a_clock_never_set_says_no_hour() {
    let said = |time: &str| {
        let mut document = two_answers(
            r#"{"record":"household","id":"ID","water":"well"}"#,
            r#"{"record":"household","id":"ID","water":"fountain"}"#,
        );
        let visit = document_visit(&document);
        let line = format!(r#"{{"record":"visit","household":"ID","id":"{visit}",{time}}}"#);
        record(&mut document, 3, 4, &line);
        sentences(&document)
    };
    // Morocco is at UTC+1, and at UTC in Ramadan: both visits were at half past nine by the clock on the wall.
    for (at, offset_min) in [("2026-11-25T08:30:00Z", 60), ("2026-02-25T09:30:00Z", 0)] {
        let [ar, fr, en] = said(&format!(r#""at":"{at}","offset_min":{offset_min}"#));
        let day = &at[..10];
        for sentence in [ar, fr, en] {
            assert!(sentence.contains(&format!("{day} 09:30 ± 2")), "{sentence}");
        }
    }
    let [ar, fr, en] = said(r#""at":"1970-01-01T04:30:00Z""#);
    assert!(en.contains("AS-7, clock not set)") && fr.contains("horloge non réglée"));
    assert!(ar.contains("ساعة غير مضبوطة"));
    // What was found later goes before what was said, with its own error.
    let found = r#""at":"1970-01-01T04:30:00Z","anchored_at":"2026-11-24T10:00:00Z","anchored_by":"relay","anchored_error_s":60"#;
    assert!(said(found)[2].contains("2026-11-24 10:00 UTC ± 1 min"));
}

fn document_visit(document: &HouseholdDocument) -> Uuid {
    HouseholdView::read(document).visits[0].id
}
