//! Rules between records that a merge can break though no key has two values: one table of them, and their names.

use std::fmt;

use uuid::Uuid;

use super::kinds::RecordKind;
use super::value::of_canonical;
use super::words::Words;

/// A rule that is broken somewhere, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A family has one head.
    OneHead,
    /// What is set aside is left alone by all who did not know it.
    SetAside {
        /// The record set aside.
        kind: RecordKind,
        /// Its id; `None` for what the document is about.
        id: Option<Uuid>,
    },
    /// A person is a member of one family.
    OneFamily {
        /// The member, who stands in documents of several families.
        member: Uuid,
    },
}

/// What a rule says, what is wrong where it is broken, and what ends that.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleSpec {
    /// Its word in the path of a conflict.
    pub word: &'static str,
    /// The rule.
    pub says: Words,
    /// What a person reads where it is broken.
    pub broken: Words,
    /// What deciding writes.
    pub decided: &'static str,
}

const ONE_HEAD: &RuleSpec = &RuleSpec {
    word: "one_head",
    says: Words {
        ar: "لكل أسرة رب واحد", fr: "Un ménage a un seul chef", en: "A family has one head"
    },
    broken: Words {
        ar: "للأسرة أكثر من رب أسرة",
        fr: "Le ménage a plus d'un chef",
        en: "The family has more than one head",
    },
    decided: "the household names the head kept; the other heads become `other` until a person says what they are",
};

const SET_ASIDE: &RuleSpec = &RuleSpec {
    word: "set_aside",
    says: Words {
        ar: "ما سحب لا يكتب فيه من لا يعلم بسحبه",
        fr: "Ce qui est retiré n'est plus complété par qui ne le sait pas",
        en: "What was set aside is not written in by somebody who did not know",
    },
    broken: Words {
        ar: "سحب وكتب فيه في الوقت نفسه",
        fr: "Retiré, et complété pendant ce temps",
        en: "Set aside, and written in meanwhile",
    },
    decided: "`withdrawn` is written again (it stays set aside) or `false` (it stands; a need is open again)",
};

const ONE_FAMILY: &RuleSpec = &RuleSpec {
    word: "one_family",
    says: Words {
        ar: "كل فرد ينتمي إلى أسرة واحدة",
        fr: "Une personne est membre d'un seul ménage",
        en: "A person is a member of one family",
    },
    broken: Words {
        ar: "فرد واحد مسجل في أكثر من أسرة",
        fr: "Une même personne figure dans plusieurs ménages",
        en: "One person stands in several families",
    },
    decided: "the member is set aside in the other families; a `same_as` or `continues` link between the records ends it, too",
};

/// Every rule, in the order of the page.
pub const RULES: [&RuleSpec; 3] = [ONE_HEAD, SET_ASIDE, ONE_FAMILY];

impl Rule {
    /// What it says and what ends it.
    #[must_use]
    pub const fn spec(&self) -> &'static RuleSpec {
        match self {
            Self::OneHead => ONE_HEAD,
            Self::SetAside { .. } => SET_ASIDE,
            Self::OneFamily { .. } => ONE_FAMILY,
        }
    }

    /// The rule that `word` and what stands behind it name: `one_head`, `set_aside/visits/<id>`, `one_family/<id>`.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let (word, of) = text.split_once('/').unwrap_or((text, ""));
        if word == ONE_HEAD.word && of.is_empty() && !text.contains('/') {
            return Some(Self::OneHead);
        }
        if word == ONE_FAMILY.word {
            return of_canonical(of).map(|member| Self::OneFamily { member });
        }
        if word != SET_ASIDE.word {
            return None;
        }
        match of.split_once('/') {
            None => {
                let kind = RecordKind::of_word(of).filter(|kind| kind.is_subject())?;
                Some(Self::SetAside { kind, id: None })
            }
            Some((map, id)) => {
                let kind = RecordKind::ENTRIES.into_iter().find(|kind| kind.map() == map)?;
                Some(Self::SetAside { kind, id: Some(of_canonical(id)?) })
            }
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.spec().word;
        match self {
            Self::OneHead => f.write_str(word),
            Self::SetAside { kind, id: None } => write!(f, "{word}/{}", kind.word()),
            Self::SetAside { kind, id: Some(id) } => write!(f, "{word}/{}/{id}", kind.map()),
            Self::OneFamily { member } => write!(f, "{word}/{member}"),
        }
    }
}
