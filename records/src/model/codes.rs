//! Several codes of one list in one field: kept as one text, in the list's order, so that two people's corrections
//! never mix into a third that nobody chose.

use std::marker::PhantomData;

use serde::{Serialize, Serializer};

use super::error::Reason;
use super::expected::Expected;
use super::json::Node;
use super::value::{FieldValue, Scalar, ValueType};
use super::vocabulary::Vocabulary;

/// Codes of the list that `V` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Codes<V> {
    codes: Vec<&'static str>,
    list: PhantomData<V>,
}

impl<V: FieldValue> Codes<V> {
    const LIST: &'static Vocabulary = match V::TYPE {
        ValueType::Code(list) => list,
        _ => panic!("only lists of codes have several"),
    };

    /// The codes, each known and there once, in the list's order.
    fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Result<Self, Reason> {
        let mut places = Vec::new();
        for text in texts {
            let place = Self::LIST.codes.iter().position(|code| *code == text);
            let place = place.ok_or(Reason::NotInVocabulary { allowed: Self::LIST.codes })?;
            if places.contains(&place) {
                return Err(Reason::Repeated);
            }
            places.push(place);
        }
        if places.is_empty() {
            return Err(Reason::Empty);
        }
        places.sort_unstable();
        Ok(Self {
            codes: places.into_iter().map(|place| Self::LIST.codes[place]).collect(),
            list: PhantomData,
        })
    }
}

impl<V> Serialize for Codes<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.codes.serialize(serializer)
    }
}

impl<V: FieldValue> FieldValue for Codes<V> {
    const TYPE: ValueType = ValueType::Codes(Self::LIST);

    fn of_node(node: &Node) -> Result<Self, Reason> {
        let expected = Expected::Codes;
        let Node::List(items) = node else { return Err(Reason::WrongType { expected }) };
        let texts: Option<Vec<&str>> = items
            .iter()
            .map(|item| if let Node::Text(text) = item { Some(text.as_str()) } else { None })
            .collect();
        Self::of(texts.ok_or(Reason::WrongType { expected })?.into_iter())
    }

    fn of_scalar(scalar: &Scalar) -> Option<Self> {
        let Scalar::Text(text) = scalar else { return None };
        let codes = Self::of(text.split(' ')).ok()?;
        (codes.codes.join(" ") == *text).then_some(codes)
    }

    fn scalar(&self) -> Result<Scalar, Reason> {
        Ok(Scalar::Text(self.codes.join(" ")))
    }

    fn check(&self, _bytes_max: usize) -> Result<(), Reason> {
        Ok(())
    }
}
