//! Where work is and what it waits for, in words that people read.

use khettara_core::sync::Whereabouts;
use khettara_records::model::{Tongue, Words};

use crate::status::WaitsFor;

/// Where a visit is.
#[must_use]
pub const fn whereabouts_words(whereabouts: Whereabouts) -> Words {
    match whereabouts {
        Whereabouts::Saved => Words { ar: "محفوظ", fr: "Enregistrée", en: "Saved" },
        Whereabouts::Colleague => {
            Words { ar: "لدى زميل", fr: "Chez un collègue", en: "With a colleague" }
        }
        Whereabouts::Delivered => Words { ar: "سُلِّم", fr: "Transmise", en: "Delivered" },
        Whereabouts::SetAside(_) => Words {
            ar: "لدى الإدارة المركزية، موضوع جانبا",
            fr: "À l'administration centrale, mise de côté",
            en: "At headquarters, set aside",
        },
        Whereabouts::Headquarters => {
            Words {
                ar: "لدى الإدارة المركزية", fr: "À l'administration centrale", en: "At headquarters"
            }
        }
    }
}

impl WaitsFor {
    /// What has to happen.
    #[must_use]
    pub const fn words(self) -> Words {
        match self {
            Self::Relay => Words {
                ar: "ينتظر المزامنة القادمة",
                fr: "attend la prochaine synchronisation",
                en: "waits for the next sync",
            },
            Self::Key => Words {
                ar: "ينتظر مفتاح الجماعة الذي تعطيه الإدارة المركزية",
                fr: "attend la clé de la commune, que donne l'administration centrale",
                en: "waits for the commune's key, which headquarters gives",
            },
            Self::Grant => Words {
                ar: "ينتظر أن تمنح الإدارة المركزية هذه الجماعة لهذا الجهاز",
                fr: "attend que l'administration centrale confie la commune à cette tablette",
                en: "waits until headquarters gives this tablet the commune",
            },
            Self::Headquarters => Words {
                ar: "ينتظر لدى الخادم أن تأخذه الإدارة المركزية",
                fr: "attend au serveur que l'administration centrale la prenne",
                en: "waits at the relay for headquarters",
            },
            Self::Supervisor(reason) => set_aside_words(reason),
        }
    }
}

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

/// Why an entry is set aside, in plain English.
#[must_use]
pub const fn reason_words(reason: u8) -> &'static str {
    set_aside_words(reason).in_tongue(Tongue::En)
}
