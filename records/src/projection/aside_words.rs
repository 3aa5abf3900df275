//! Why entries are set aside, in words that people read.

use crate::model::Words;

/// Why an entry is set aside. The numbers are those of receipts.
#[must_use]
pub const fn set_aside_words(reason: u8) -> Words {
    match reason {
        1 => Words {
            ar: "ينتظر وصول شيء آخر",
            fr: "attend que quelque chose d'autre arrive",
            en: "it waits for something else to arrive",
        },
        2 => Words {
            ar: "كُتب بعد إنهاء هذا السجل",
            fr: "écrit après la fin de ce journal",
            en: "it was written after this log was ended",
        },
        3 => Words {
            ar: "كتب جهازان باسم واحد",
            fr: "deux tablettes ont écrit sous un même nom",
            en: "two tablets wrote under one name",
        },
        4 => Words {
            ar: "أُغلق هذا الجهاز", fr: "cette tablette a été fermée", en: "this tablet was closed"
        },
        5 => {
            Words {
                ar: "لم يجتز الفحص", fr: "ne passe pas les contrôles", en: "it does not pass the checks"
            }
        }
        6 => Words { ar: "شكله غير سليم", fr: "mal formé", en: "it is malformed" },
        7 => Words {
            ar: "يحمل اسم جهاز آخر",
            fr: "porte le nom d'une autre tablette",
            en: "it bears another tablet's name",
        },
        8 => Words {
            ar: "لا يمكن فتح محتواه",
            fr: "son contenu ne s'ouvre pas",
            en: "its content cannot be opened",
        },
        9 => Words {
            ar: "لهذا الجهاز سجلات كثيرة جدا",
            fr: "cette tablette a trop de journaux",
            en: "this tablet has too many logs",
        },
        _ => Words {
            ar: "لسبب لا يعرفه هذا الإصدار",
            fr: "pour une raison que cette version ne connaît pas",
            en: "for a reason that this version does not know",
        },
    }
}
