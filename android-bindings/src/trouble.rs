//! Errors as Kotlin is told them: a kind, a word for programs, a sentence in three languages.

use khettara_device::{DeviceError, ErrorKind as Kind, Tongue};

use crate::limits::{PAGE_ROWS_MAX, REQUEST_BYTES_MAX};
use crate::message::{ErrorKind, Trouble, Words};

const fn kind(kind: Kind) -> ErrorKind {
    match kind {
        Kind::Retry => ErrorKind::Retry,
        Kind::Full => ErrorKind::Full,
        Kind::Refused => ErrorKind::Refused,
        Kind::Invalid => ErrorKind::Invalid,
        Kind::Corrupt => ErrorKind::Corrupt,
        Kind::Bug => ErrorKind::Bug,
    }
}

/// What the device says.
pub(crate) fn of(error: &DeviceError) -> Box<Trouble> {
    let [ar, fr, en] = [Tongue::Ar, Tongue::Fr, Tongue::En].map(|tongue| error.sentence(tongue));
    Box::new(Trouble {
        kind: kind(error.kind()),
        code: error.code().into(),
        field: error.field().map(Into::into),
        sentence: Words { ar, fr, en },
    })
}

fn ours(kind: ErrorKind, code: &str, [ar, fr, en]: [&str; 3]) -> Box<Trouble> {
    let sentence = Words { ar: ar.into(), fr: fr.into(), en: en.into() };
    Box::new(Trouble { kind, code: code.into(), field: None, sentence })
}

/// The handle stands for nothing that is open.
pub(crate) fn closed() -> Box<Trouble> {
    ours(
        ErrorKind::Invalid,
        "closed",
        [
            "أُغلق هذا الجهاز في البرنامج؛ كل ما حُفظ باقٍ؛ افتحوه من جديد.",
            "Cette tablette est fermée dans le programme ; tout ce qui a été enregistré est conservé ; ouvrez-la de \
             nouveau.",
            "This tablet is closed in the program; everything saved is kept; open it again.",
        ],
    )
}

/// Closing waited long enough for calls that are under way.
pub(crate) fn still_in_use() -> Box<Trouble> {
    ours(
        ErrorKind::Retry,
        "still_in_use",
        [
            "أُغلق الجهاز لكن عملاً ما زال جارياً فيه؛ لم يضع شيء؛ انتظروا قليلا ثم حاولوا من جديد.",
            "La tablette est fermée, mais un travail y est encore en cours ; rien n'est perdu ; attendez un peu, puis \
             réessayez.",
            "The tablet is closed, but some work on it is still under way; nothing is lost; wait a little, then try \
             again.",
        ],
    )
}

/// A sync that was forgotten, or never begun.
pub(crate) fn no_such_sync() -> Box<Trouble> {
    ours(
        ErrorKind::Invalid,
        "no_such_sync",
        [
            "هذه المزامنة انتهت؛ لم يضع شيء؛ ابدأوا مزامنة أخرى.",
            "Cette synchronisation est terminée ; rien n'est perdu ; commencez-en une autre.",
            "This sync is over; nothing is lost; begin another.",
        ],
    )
}

/// Something panicked.
pub(crate) fn panicked() -> Box<Trouble> {
    ours(
        ErrorKind::Bug,
        "panic",
        [
            "وقع خطأ في البرنامج نفسه؛ كل ما حُفظ باقٍ؛ أبلغوا الإدارة المركزية به.",
            "Le programme lui-même a fait une erreur ; tout ce qui a été enregistré est conservé ; signalez-la à l'administration centrale.",
            "The program itself made a mistake; everything saved is kept; report it to headquarters.",
        ],
    )
}

/// A request of another version of the encoding.
pub(crate) fn other_encoding() -> Box<Trouble> {
    ours(
        ErrorKind::Bug,
        "other_encoding",
        [
            "جزءا البرنامج من إصدارين مختلفين؛ كل ما حُفظ باقٍ؛ أعيدوا تثبيت البرنامج.",
            "Les deux moitiés du programme sont de versions différentes ; tout ce qui a été enregistré est conservé ; \
             réinstallez le programme.",
            "The two halves of the program are of different versions; everything saved is kept; install it again.",
        ],
    )
}

/// A request that is none.
pub(crate) fn not_understood() -> Box<Trouble> {
    ours(
        ErrorKind::Invalid,
        "not_understood",
        [
            "لم يُفهم الطلب؛ لم يُحفظ منه شيء وكل ما حُفظ من قبل باقٍ؛ أبلغوا من كتب التطبيق.",
            "La demande n'a pas été comprise ; rien n'en a été enregistré et tout ce qui l'était est conservé ; \
             prévenez les auteurs de l'application.",
            "The request was not understood; nothing of it was saved and everything saved before is kept; tell those \
             who wrote the application.",
        ],
    )
}

/// More than one call carries.
pub(crate) fn too_large() -> Box<Trouble> {
    let [ar, fr, en] = [
        format!(
            "الطلب أكبر من {REQUEST_BYTES_MAX} بايت؛ لم يُحفظ منه شيء وكل ما حُفظ من قبل باقٍ؛ قسّموا الاستمارة."
        ),
        format!(
            "La demande dépasse {REQUEST_BYTES_MAX} octets ; rien n'en a été enregistré et tout ce qui l'était est \
             conservé ; divisez le formulaire."
        ),
        format!(
            "The request has more than {REQUEST_BYTES_MAX} bytes; nothing of it was saved and everything saved before \
             is kept; divide the form."
        ),
    ];
    ours(ErrorKind::Invalid, "too_large", [&ar, &fr, &en])
}

/// A page of no row, or of too many.
pub(crate) fn bad_page() -> Box<Trouble> {
    let [ar, fr, en] = [
        format!("تحمل الصفحة من 1 إلى {PAGE_ROWS_MAX} سطرا؛ لم يضع شيء؛ اطلبوا صفحة أصغر."),
        format!(
            "Une page porte de 1 à {PAGE_ROWS_MAX} lignes ; rien n'est perdu ; demandez une page plus petite."
        ),
        format!("A page has 1 to {PAGE_ROWS_MAX} rows; nothing is lost; ask for a smaller one."),
    ];
    ours(ErrorKind::Invalid, "bad_page", [&ar, &fr, &en])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_says_in_three_languages_that_nothing_saved_is_lost_and_what_to_do() {
        let all = [
            closed(),
            still_in_use(),
            no_such_sync(),
            panicked(),
            other_encoding(),
            not_understood(),
            too_large(),
            bad_page(),
        ];
        let is_arabic = |letter: char| ('\u{600}'..'\u{700}').contains(&letter);
        for trouble in &all {
            let Trouble { code, sentence: Words { ar, fr, en }, .. } = &**trouble;
            assert!(["باقٍ", "لم يضع"].iter().any(|said| ar.contains(said)), "{code}: {ar}");
            assert!(["conservé", "rien n'est perdu"].iter().any(|said| fr.contains(said)), "{code}: {fr}");
            assert!(["kept", "nothing is lost"].iter().any(|said| en.contains(said)), "{code}: {en}");
            for text in [ar, fr, en] {
                assert!(text.ends_with('.') && text.contains(['؛', ';']), "{code}: {text}");
            }
            assert!(!ar.contains(|letter: char| letter.is_ascii_alphabetic()), "{code}: {ar}");
            assert!(!fr.contains(is_arabic) && !en.contains(is_arabic), "{code}");
        }
        let mut codes: Vec<&str> = all.iter().map(|trouble| trouble.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all.len());
    }

    #[test]
    fn every_kind_of_error_has_its_own() {
        let kinds = [Kind::Retry, Kind::Full, Kind::Refused, Kind::Invalid, Kind::Corrupt, Kind::Bug];
        for kind in kinds {
            assert_eq!(format!("{:?}", super::kind(kind)), format!("{kind:?}"));
        }
    }
}
