//! Vocabularies: the closed lists of codes a field may hold at entry. Codes are stored as they stand.

use serde::{Serialize, Serializer};

use super::error::Reason;
use super::json::Node;
use super::value::{FieldValue, Scalar};

macro_rules! vocabularies {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $code:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $code, "`.")] $variant,)*
        }

        impl $name {
            /// Every member, in the order of the page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// Every code, in the same order.
            pub const CODES: &'static [&'static str] = &[$($code,)*];

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

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.code())
            }
        }

        impl FieldValue for $name {
            fn of_node(node: &Node) -> Result<Self, Reason> {
                let Node::Text(code) = node else { return Err(Reason::WrongType { expected: "a code in quotes" }) };
                Self::of_code(code).ok_or(Reason::NotInVocabulary { allowed: Self::CODES })
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                let Scalar::Text(code) = scalar else { return None };
                Self::of_code(code)
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Text(self.code().into()))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                Ok(())
            }
        }
    )*};
}

vocabularies! {
    /// The three kinds of household of the census (HCP).
    Status { Sedentary = "sedentary", Nomadic = "nomadic", Homeless = "homeless", }
    /// Where the household's water comes from.
    Water { Running = "running", Fountain = "fountain", Well = "well", Other = "other", }
    /// The census's types of dwelling.
    Dwelling {
        Villa = "villa", Apartment = "apartment", MoroccanHouse = "moroccan_house", Basic = "basic",
        Rural = "rural", Other = "other",
    }
    /// Sex, as registered.
    Sex { Male = "male", Female = "female", Unknown = "unknown", }
    /// What a member is to the head of the household.
    Relation {
        Head = "head", Spouse = "spouse", Child = "child", Parent = "parent", Sibling = "sibling",
        Grandchild = "grandchild", Grandparent = "grandparent", InLaw = "in_law", Kin = "kin", Other = "other",
    }
    /// Marital status.
    Marital {
        Single = "single", Married = "married", Divorced = "divorced", Widowed = "widowed",
        Separated = "separated", Unknown = "unknown",
    }
    /// The highest level reached or attended.
    Schooling {
        None = "none", Preschool = "preschool", Koranic = "koranic", Primary = "primary",
        LowerSecondary = "lower_secondary", UpperSecondary = "upper_secondary", Vocational = "vocational",
        Higher = "higher", Unknown = "unknown",
    }
    /// Where a wall time comes from. It is shown, never used to decide.
    TimeSource { Device = "device", Relay = "relay", Gps = "gps", Person = "person", Unknown = "unknown", }
    /// Why the visit was made.
    VisitKind { First = "first", FollowUp = "follow_up", Urgent = "urgent", Other = "other", }
    /// Who answered.
    Respondent { Head = "head", Member = "member", Neighbour = "neighbour", Authority = "authority", Other = "other", }
    /// What the family said to being recorded.
    Consent { Given = "given", Refused = "refused", Withdrawn = "withdrawn", }
    /// What a need is about.
    Category {
        Food = "food", Health = "health", Water = "water", Housing = "housing", Schooling = "schooling",
        Child = "child", Disability = "disability", Papers = "papers", Income = "income", Other = "other",
    }
    /// How much a need presses.
    Urgency { Low = "low", Medium = "medium", High = "high", }
    /// What became of a need.
    NeedStatus { Open = "open", InProgress = "in_progress", Met = "met", Withdrawn = "withdrawn", }
}
