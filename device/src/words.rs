//! Where work is and what it waits for, in words that people read.

use khettara_core::sync::Whereabouts;
use khettara_records::model::{Tongue, Words};
use khettara_records::projection::set_aside_words;

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

/// Why an entry is set aside, in plain English.
#[must_use]
pub const fn reason_words(reason: u8) -> &'static str {
    set_aside_words(reason).in_tongue(Tongue::En)
}
