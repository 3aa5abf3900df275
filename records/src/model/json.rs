//! A line of JSON as it was written: order kept, repeated keys seen (serde_json alone keeps the last silently).

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::{Reason, RecordError};
use super::expected::Expected;

/// One JSON value.
#[derive(Clone, PartialEq)]
pub(crate) enum Node {
    Null,
    Flag(bool),
    Integer(i64),
    /// A number that is no whole number of 64 bits.
    Fraction,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(i64::try_from(number).map_or(Node::Fraction, Node::Integer))
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Node, E> {
        Ok(Node::Fraction)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}

/// The fields of one object, taken one by one; what is left over is refused by name.
pub(crate) struct Fields {
    path: String,
    entries: Vec<(String, Option<Node>)>,
    known: Vec<&'static str>,
}

impl Fields {
    /// The fields of `node`, which stands at `path` (empty: the whole line).
    pub(crate) fn of(node: Node, path: &str) -> Result<Self, RecordError> {
        let Node::Object(entries) = node else {
            return Err(RecordError::new(path, Reason::WrongType { expected: Expected::Object }));
        };
        let entries = entries.into_iter().map(|(name, node)| (name, Some(node))).collect();
        Ok(Self { path: path.into(), entries, known: Vec::new() })
    }

    /// The place of a field, for errors.
    pub(crate) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a field; refuses one that stands twice.
    pub(crate) fn take(&mut self, name: &'static str) -> Result<Option<Node>, RecordError> {
        self.known.push(name);
        let mut found = None;
        for (_, node) in self.entries.iter_mut().filter(|(key, _)| key == name) {
            if found.is_some() {
                return Err(RecordError::new(self.at(name), Reason::Repeated));
            }
            found = node.take();
        }
        Ok(found)
    }

    /// Takes a list of at most `max` items.
    pub(crate) fn take_list(
        &mut self,
        name: &'static str,
        max: usize,
    ) -> Result<Option<Vec<Node>>, RecordError> {
        match self.take(name)? {
            None => Ok(None),
            Some(Node::List(items)) if items.len() > max => {
                Err(RecordError::new(self.at(name), Reason::TooMany { count: items.len(), max }))
            }
            Some(Node::List(items)) => Ok(Some(items)),
            Some(_) => Err(RecordError::new(self.at(name), Reason::WrongType { expected: Expected::List })),
        }
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(self) -> Result<(), RecordError> {
        for (place, (name, node)) in self.entries.iter().enumerate() {
            if node.is_some() {
                let suggestion = nearest(name, &self.known);
                return Err(RecordError::new(
                    self.path,
                    Reason::UnknownField { place: place + 1, suggestion },
                ));
            }
        }
        Ok(())
    }
}

/// The known name nearest to what was written, if it is near enough to be meant.
fn nearest(written: &str, known: &[&'static str]) -> Option<&'static str> {
    if written.len() > 32 {
        return None;
    }
    let written = written.to_lowercase().replace(['-', ' '], "_");
    let prefixed =
        |name: &str| written.len() >= 3 && (name.starts_with(&written) || written.starts_with(name));
    let scored = known.iter().map(|name| (if prefixed(name) { 1 } else { distance(&written, name) }, *name));
    scored.min().filter(|(score, _)| *score <= (written.len() / 3).clamp(1, 2)).map(|(_, name)| name)
}

/// Letters to change, add or take away to make one word the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
