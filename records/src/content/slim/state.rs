//! Slim changes: what writer and reader both know at an item, from the items before it.

use std::collections::BTreeMap;

use khettara_core::encoding::push_varint;
use khettara_core::id::{ActorId, ChangeHash, DocumentId, StartNonce};
use khettara_core::log::{Entry, Ground, Pointed, Written, actor_id};

use super::script::Script;
use super::words::Words;
use crate::airlock::{self, Reader, Walked};
use crate::model::constants;

/// A constant as the slim form names it: by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) number: u64,
    pub(super) hash: ChangeHash,
    pub(super) actor: ActorId,
    pub(super) last_op: u64,
}

/// Constants up to this number are named. Later ones are written whole, so that a reader who has them from the
/// roster alone reads on.
const NAMED_MAX: u32 = 3;

/// The constants that the slim form may name, as far as this software ships them.
fn named() -> Vec<Named> {
    let walked = |constant: &crate::model::Constant| airlock::walk(constant.chunk).ok();
    let named = |constant, walked: Walked<'_>| Named {
        number: u64::from(constant),
        hash: walked.header().hash,
        actor: walked.actor(),
        last_op: walked.max_op(),
    };
    let shipped = constants().iter().filter(|constant| constant.number <= NAMED_MAX);
    shipped.filter_map(|constant| Some(named(constant.number, walked(constant)?))).collect()
}

/// A longer text is written anew each time.
const TEXT_BYTES_MAX: usize = 64;
/// Texts that are remembered of one key: the first ones.
const TEXTS_PER_KEY_MAX: usize = 64;

/// What changes from item to item and is taken back where an item travels whole.
#[derive(Default)]
pub(super) struct Tables {
    /// The last number written under a key.
    numbers: BTreeMap<String, u64>,
    /// Short texts written under a key, each once, in their order.
    texts: BTreeMap<String, Vec<String>>,
    /// Words of all texts.
    words: Words,
    /// Actors written in full, in their order.
    actors: Vec<ActorId>,
    /// Words before this item.
    words_before: usize,
    /// What this item did to the tables.
    done: Vec<Done>,
}

enum Done {
    Number(String, Option<u64>),
    Text(String),
    Actor,
}

impl Tables {
    /// From here on things may be taken back.
    pub(super) fn begin(&mut self) {
        self.done.clear();
        self.words_before = self.words.count();
    }

    /// Takes back what was done since.
    pub(super) fn take_back(&mut self) {
        self.words.cut_back(self.words_before);
        while let Some(done) = self.done.pop() {
            match done {
                Done::Number(key, Some(before)) => drop(self.numbers.insert(key, before)),
                Done::Number(key, None) => drop(self.numbers.remove(&key)),
                Done::Text(key) => drop(self.texts.get_mut(&key).and_then(Vec::pop)),
                Done::Actor => drop(self.actors.pop()),
            }
        }
    }

    /// The last number under a key; 0 before the first.
    pub(super) fn number(&self, key: &str) -> u64 {
        self.numbers.get(key).copied().unwrap_or(0)
    }

    pub(super) fn set_number(&mut self, key: &str, number: u64) {
        let before = self.numbers.insert(key.to_owned(), number);
        self.done.push(Done::Number(key.to_owned(), before));
    }

    /// Writes a text: by its place where its key had it before, else in words, and remembers it.
    pub(super) fn write_text(&mut self, key: Option<&str>, text: &str, out: &mut Vec<u8>) {
        if let Some(place) = key.and_then(|key| self.place_of(key, text)) {
            push_varint(out, (place + Script::ALL.len()) as u64);
            return;
        }
        self.words.write(text, out);
        self.add_text(key, text);
    }

    /// Reads what [`Self::write_text`] wrote; `None` where it wrote none of it, or a text above `bytes_max`.
    pub(super) fn read_text(
        &mut self,
        key: Option<&str>,
        reader: &mut Reader<'_>,
        bytes_max: usize,
    ) -> Option<String> {
        let ahead = *reader;
        let number = usize::try_from(reader.unsigned().ok()?).ok()?;
        if let Some(place) = number.checked_sub(Script::ALL.len()) {
            let known = self.texts.get(key?)?.get(place)?;
            return (known.len() <= bytes_max).then(|| known.clone());
        }
        *reader = ahead;
        let text = self.words.read(reader, bytes_max)?;
        if key.is_some_and(|key| self.place_of(key, &text).is_some()) {
            return None;
        }
        self.add_text(key, &text);
        Some(text)
    }

    /// The place of a text among those under a key.
    fn place_of(&self, key: &str, text: &str) -> Option<usize> {
        self.texts.get(key)?.iter().position(|known| known == text)
    }

    fn add_text(&mut self, key: Option<&str>, text: &str) {
        let Some(key) = key.filter(|_| text.len() <= TEXT_BYTES_MAX) else { return };
        let texts = self.texts.entry(key.to_owned()).or_default();
        if texts.len() < TEXTS_PER_KEY_MAX {
            texts.push(text.to_owned());
            self.done.push(Done::Text(key.to_owned()));
        }
    }

    pub(super) fn actor(&self, place: usize) -> Option<ActorId> {
        self.actors.get(place).copied()
    }

    pub(super) fn place_of_actor(&self, actor: &ActorId) -> Option<usize> {
        self.actors.iter().position(|met| met == actor)
    }

    pub(super) fn add_actor(&mut self, actor: ActorId) {
        self.actors.push(actor);
        self.done.push(Done::Actor);
    }
}

/// Everything known at an item.
pub(super) struct State<'g> {
    ground: &'g Ground<'g>,
    named: Vec<Named>,
    pub(super) tables: Tables,
    entries: Vec<Option<Pointed>>,
    latest: BTreeMap<DocumentId, u64>,
    places: BTreeMap<ChangeHash, u64>,
    nonce: StartNonce,
    pub(super) actor: ActorId,
}

impl<'g> State<'g> {
    pub(super) fn new(ground: &'g Ground<'g>) -> Self {
        Self {
            ground,
            named: named(),
            tables: Tables::default(),
            entries: Vec::new(),
            latest: BTreeMap::new(),
            places: BTreeMap::new(),
            nonce: ground.nonce,
            actor: actor_id(&ground.log, &ground.nonce),
        }
    }

    /// The constant of a number; `None` where this software does not ship it.
    pub(super) fn constant(&self, number: u64) -> Option<&Named> {
        self.named.iter().find(|constant| constant.number == number)
    }

    /// The constant of which something is true.
    pub(super) fn constant_that(&self, is: impl Fn(&Named) -> bool) -> Option<&Named> {
        self.named.iter().find(|constant| is(constant))
    }

    /// The position of the item that comes now.
    pub(super) fn position(&self) -> u64 {
        self.ground.first + self.entries.len() as u64
    }

    /// The Change `distance` entries back: `Err(true)` where it lies before the segment and is not readable,
    /// `Err(false)` where no Change can be there.
    pub(super) fn back(&self, distance: u64) -> Result<Pointed, bool> {
        let position =
            self.position().checked_sub(distance).filter(|n| *n > 0 && distance > 0).ok_or(false)?;
        match position.checked_sub(self.ground.first) {
            Some(place) => self.entries.get(place as usize).copied().flatten().ok_or(false),
            None => self.ground.earlier.at(position).ok_or(true),
        }
    }

    /// How far back the last Change of a document is that may be pointed at.
    pub(super) fn distance_to(&self, document: &DocumentId) -> Option<u64> {
        let here = self.latest.get(document).copied();
        let position = here.or_else(|| self.ground.earlier.latest(document))?;
        self.position().checked_sub(position)
    }

    /// How far back a change of this segment is.
    pub(super) fn distance_to_change(&self, hash: &ChangeHash) -> Option<u64> {
        self.places.get(hash).map(|place| self.position() - place)
    }

    /// Goes on behind an item that is no Change.
    pub(super) fn pass(&mut self, item: &Written) {
        if let Ok(Entry::Start(start)) = Entry::decode(item.kind, &item.bytes) {
            self.nonce = start.nonce;
            self.actor = actor_id(&self.ground.log, &self.nonce);
        }
        self.entries.push(None);
    }

    /// Goes on behind a Change.
    pub(super) fn pass_change(&mut self, document: DocumentId, hash: ChangeHash, last_op: u64) {
        self.latest.insert(document, self.position());
        self.places.insert(hash, self.position());
        self.entries.push(Some(Pointed { document, hash, actor: self.actor, last_op }));
    }
}
