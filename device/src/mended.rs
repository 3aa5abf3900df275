//! What opening a tablet had to mend, in words.

use std::fmt;

use khettara_core::store::{Opened, Reason};
use khettara_records::model::{Tongue, Words};

/// Something that opening had to mend. Nothing that was saved is lost by any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mended {
    /// The index had grown large.
    Bloated,
    /// The index was missing.
    Missing,
    /// The index knew more than the journal: the store was set back, or lost its end.
    SetBack,
    /// The index was damaged.
    Damaged,
    /// The disk has no space for an index, so it is held in memory.
    NoSpace,
    /// The last process ended while it was saving.
    Interrupted,
    /// The disk did not confirm the last file, which was copied.
    Copied,
}

impl Mended {
    pub(crate) fn of(opened: &Opened) -> Vec<Self> {
        let rebuilt = opened.rebuilt.map(|reason| match reason {
            Reason::Bloated => Self::Bloated,
            Reason::Missing => Self::Missing,
            Reason::Ahead => Self::SetBack,
            Reason::Damaged | Reason::OtherStore => Self::Damaged,
            Reason::NoSpace => Self::NoSpace,
        });
        let torn = (opened.torn_bytes > 0).then_some(Self::Interrupted);
        let carried = opened.carried_over.then_some(Self::Copied);
        [rebuilt, torn, carried].into_iter().flatten().collect()
    }

    /// What happened, and what to do.
    #[must_use]
    pub const fn words(self) -> Words {
        match self {
            Self::Bloated => Words {
                ar: "كبر الفهرس كثيرا فأُعيد بناؤه. لم يضع شيء.",
                fr: "L'index était devenu trop grand et a été reconstruit. Rien n'est perdu.",
                en: "The index had grown large and was built anew. Nothing was lost.",
            },
            Self::Missing => Words {
                ar: "كان الفهرس ناقصاً فأُعيد بناؤه. لم يضع شيء.",
                fr: "L'index manquait et a été reconstruit. Rien n'est perdu.",
                en: "The index was missing and was built anew. Nothing was lost.",
            },
            Self::SetBack => Words {
                ar: "عاد المخزن إلى حالة أقدم أو ضاعت نهايته، فأُعيد بناء الفهرس. زامنوا قريبا: الزملاء والخوادم \
                     يعيدون ما لديهم.",
                fr: "Le stockage est revenu à un état antérieur, ou a perdu sa fin ; l'index a été reconstruit. \
                     Synchronisez bientôt : collègues et serveurs rendent ce qu'ils détiennent.",
                en: "The store was set back to an earlier state, or lost its end; the index was built anew. \
                     Sync soon: colleagues and relays give back what they hold.",
            },
            Self::Damaged => Words {
                ar: "كان الفهرس تالفاً فأُعيد بناؤه. لم يضع شيء.",
                fr: "L'index était endommagé et a été reconstruit. Rien n'est perdu.",
                en: "The index was damaged and was built anew. Nothing was lost.",
            },
            Self::NoSpace => Words {
                ar: "الجهاز ممتلئ. كل ما حُفظ باق ويمكن قراءته. يرجى إفراغ مساحة الآن.",
                fr: "La tablette est pleine. Tout ce qui est enregistré est là et se lit. Libérez de l'espace maintenant.",
                en: "The tablet is full. Everything saved is there and can be read. Free space now.",
            },
            Self::Interrupted => Words {
                ar: "توقف البرنامج في المرة الأخيرة وهو يحفظ؛ حُذف ما لم يُؤكَّد حفظه فقط.",
                fr: "Le programme s'est arrêté pendant un enregistrement ; seul ce qui n'avait pas été confirmé est \
                     écarté.",
                en: "The last process ended while it was saving; what had not been confirmed was dropped.",
            },
            Self::Copied => Words {
                ar: "لم يؤكد القرص آخر ملف فنُسخ إلى ملف جديد. زامنوا قريبا: قد يكون القرص يتعطل.",
                fr: "Le disque n'a pas confirmé le dernier fichier, qui a été copié dans un nouveau. Synchronisez bientôt : \
                     il est peut-être en panne.",
                en: "The disk did not confirm the last file, which was copied into a new one. Sync soon: it may be failing.",
            },
        }
    }
}

impl fmt::Display for Mended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().in_tongue(Tongue::En))
    }
}
