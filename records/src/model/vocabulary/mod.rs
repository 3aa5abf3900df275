//! Vocabularies: the closed lists of codes a field may hold at entry, each code in three languages. Codes are
//! stored as they stand; a code of newer software is kept and shown as it is.
//!
//! | File | Lists |
//! |---|---|
//! | `family` | household, members, dwelling: the census's own (HCP) |
//! | `visit` | visits, needs, expectations, constraints |
//! | `services` | programmes, referrals, service points, organisations, partnerships |

mod family;
mod services;
mod visit;

pub use family::{
    Activity, Cooking, Dwelling, Marital, Mode, Occupancy, Relation, Schooling, Sex, Status, Wastewater,
    Water,
};
pub use services::{
    BodyKind, Capacity, CaseStatus, Danger, Day, EnrolmentStatus, LinkKind, PointKind, ReferralStatus,
    ResourceKind,
};
pub use visit::{
    Category, Consent, ConsentMode, ConstraintKind, ConstraintScope, ExpectationStatus, NeedStatus,
    ReceiptForm, Respondent, TimeSource, Urgency, VisitKind,
};

use super::words::Words;

/// A closed list of codes.
#[derive(Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Its name, as pages and schemas name it.
    pub name: &'static str,
    /// Where its codes come from.
    pub source: &'static str,
    /// The codes, in the order of the page.
    pub codes: &'static [&'static str],
    /// What each says, in the same order.
    pub words: &'static [Words],
}

impl Vocabulary {
    /// What a code says; `None` for a code of newer software.
    #[must_use]
    pub fn words_of(&self, code: &str) -> Option<Words> {
        let place = self.codes.iter().position(|known| *known == code)?;
        self.words.get(place).copied()
    }
}

/// Every list, by name.
#[must_use]
pub fn vocabularies() -> Vec<&'static Vocabulary> {
    [family::ALL, visit::ALL, services::ALL].concat()
}

/// Defines lists: an enum for each, and `ALL`.
macro_rules! vocabularies {
    ($($(#[$doc:meta])* $name:ident, $source:literal { $($variant:ident = $code:literal [$ar:literal, $fr:literal, $en:literal],)* })*) => {
        /// The lists of this file.
        pub(super) const ALL: &[&crate::model::vocabulary::Vocabulary] = &[$($name::VOCABULARY,)*];
    $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`: ", $en, ".")] $variant,)*
        }

        impl $name {
            /// Every member, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Every code, in the same order.
            pub const CODES: &'static [&'static str] = &[$($code,)*];
            /// The list.
            pub const VOCABULARY: &'static crate::model::vocabulary::Vocabulary = &crate::model::vocabulary::Vocabulary {
                name: stringify!($name),
                source: $source,
                codes: Self::CODES,
                words: &[$(crate::model::words::Words { ar: $ar, fr: $fr, en: $en },)*],
            };

            /// The code, as it stands in lines and documents.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The member a code names, if it names one.
            #[must_use]
            pub fn of_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl crate::model::value::FieldValue for $name {
            const TYPE: crate::model::value::ValueType = crate::model::value::ValueType::Code(Self::VOCABULARY);

            fn of_node(node: &crate::model::json::Node) -> Result<Self, crate::model::error::Reason> {
                use crate::model::error::Reason;
                let crate::model::json::Node::Text(code) = node else {
                    return Err(Reason::WrongType { expected: crate::model::Expected::Code });
                };
                Self::of_code(code).ok_or(Reason::NotInVocabulary { allowed: Self::CODES })
            }

            fn of_scalar(scalar: &crate::model::value::Scalar) -> Option<Self> {
                let crate::model::value::Scalar::Text(code) = scalar else { return None };
                Self::of_code(code)
            }

            fn scalar(&self) -> Result<crate::model::value::Scalar, crate::model::error::Reason> {
                Ok(crate::model::value::Scalar::Text(self.code().into()))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), crate::model::error::Reason> {
                Ok(())
            }
        }
    )*};
}

use vocabularies as lists;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_said_in_three_languages_and_stands_once_in_its_list() {
        let names: BTreeSet<&str> = vocabularies().iter().map(|list| list.name).collect();
        assert_eq!(names.len(), vocabularies().len(), "two lists of one name");
        for list in vocabularies() {
            let codes: BTreeSet<&str> = list.codes.iter().copied().collect();
            assert_eq!(
                (codes.len(), list.words.len()),
                (list.codes.len(), list.codes.len()),
                "{}",
                list.name
            );
            for (code, words) in list.codes.iter().zip(list.words) {
                let is_arabic = |letter: char| ('\u{600}'..'\u{700}').contains(&letter);
                assert!(words.ar.chars().any(is_arabic), "{} {code}", list.name);
                for latin in [words.fr, words.en] {
                    assert!(!latin.is_empty() && !latin.chars().any(is_arabic), "{} {code}", list.name);
                }
                assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
            }
        }
    }
}
