//! Numbers with a meaning of their own.

use serde::Serialize;

use super::error::Reason;
use super::expected::Expected;
use super::json::Node;
use super::value::{FieldValue, Scalar, ValueType, check_range};

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident: $min:literal, $max:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Takes a number.
            ///
            /// # Errors
            /// [`Reason::OutOfRange`] with the range.
            pub fn new(number: i64) -> Result<Self, Reason> {
                check_range(number, $min, $max).map(|()| Self(number))
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl FieldValue for $name {
            const TYPE: ValueType = ValueType::Integer { min: $min, max: $max };

            fn of_node(node: &Node) -> Result<Self, Reason> {
                let Node::Integer(number) = node else {
                    return Err(Reason::WrongType { expected: Expected::WholeNumber });
                };
                Self::new(*number)
            }

            fn of_scalar(scalar: &Scalar) -> Option<Self> {
                if let Scalar::Integer(number) = scalar { Self::new(*number).ok() } else { None }
            }

            fn scalar(&self) -> Result<Scalar, Reason> {
                Ok(Scalar::Integer(self.0))
            }

            fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
                Ok(())
            }
        }
    )*};
}

quantities! {
    /// An answer of the Washington Group's short set: 1 no difficulty, 2 some, 3 a lot, 4 cannot do at all.
    Difficulty: 1, 4;
    /// An amount in dirhams (ISO 4217 MAD), or a count of people or things.
    Amount: 0, 1_000_000_000;
    /// A small count: rooms, seats.
    Count: 0, 10_000;
}

impl Difficulty {
    /// From here on the census counts a person as disabled: a lot of difficulty in one of the six domains.
    pub const CUT_OFF: Self = Self(3);
}
