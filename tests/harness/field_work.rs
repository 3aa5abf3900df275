//! Field work without stores: the changes that tablets write about the invented province, as their logs carry them.

use khettara_core::id::{ActorId, DocumentId, Feed, Incarnation, LogId, OrgId, StartNonce};
use khettara_core::identity::SigningKey;
use khettara_core::log::{Content, Descriptor, Entry, Start, Written, actor_id};
use khettara_demo::province::{Generator, Household, Province, Vocabulary, visit_line};
use khettara_records::model::{Form, HouseholdDocument, parse_line};
use uuid::Uuid;

use crate::chance::Chance;

/// 1 November 2026, counted from 1 January 1970: field work begins on it.
const FIRST_DAY: u32 = 20_758;

/// One device's log in one feed, written entry by entry.
pub struct Notebook {
    /// Who signs it.
    pub signing: SigningKey,
    /// Its name.
    pub log: LogId,
    /// What that name is made of.
    pub descriptor: Descriptor,
    nonce: StartNonce,
    actor: ActorId,
    position: u64,
    /// Nonce in force before the first of `items`.
    before: StartNonce,
    items: Vec<Written>,
}

impl Notebook {
    /// A fresh device's log of `feed`.
    pub fn new(org: &OrgId, feed: &Feed, chance: &mut Chance) -> Self {
        let signing = SigningKey::from_seed(&chance.seed());
        let incarnation = Incarnation(half(chance));
        let descriptor =
            Descriptor { device: signing.public(), feed: feed.clone(), incarnation, continues: None };
        let log = descriptor.log_id(org);
        let (nonce, actor) = (StartNonce::ZERO, ActorId([0; 16]));
        Self { signing, log, descriptor, nonce, actor, position: 0, before: nonce, items: Vec::new() }
    }

    /// A process begins: a Start, and a new actor.
    ///
    /// # Panics
    /// Never: a Start is a plain entry.
    pub fn start(&mut self, chance: &mut Chance) {
        self.nonce = StartNonce(half(chance));
        self.actor = actor_id(&self.log, &self.nonce);
        self.position += 1;
        let start = Start { nonce: self.nonce, software: "khettara 0.1.0".into(), schema: 1 };
        self.items.push(Written::plain(&Entry::Start(start)).expect("a Start is a plain entry"));
    }

    /// The nonce of the present process.
    #[must_use]
    pub const fn nonce(&self) -> StartNonce {
        self.nonce
    }

    /// Position of the first entry that was not taken yet.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.position + 1 - self.items.len() as u64
    }

    /// Writes a change of a document: `write` gives its id and chunk, from the actor and the position it has.
    pub fn change(&mut self, write: impl FnOnce(ActorId, u64) -> (DocumentId, Vec<u8>)) {
        self.position += 1;
        let (document, chunk) = write(self.actor, self.position);
        self.items.push(Written::change(&document, &chunk));
    }

    /// Takes the entries written since the last time, as one content.
    pub fn take(&mut self) -> Content {
        let starts = self.items.first().is_some_and(|item| item.kind == Entry::START);
        let start_nonce = if starts { StartNonce::ZERO } else { self.before };
        self.before = self.nonce;
        Content { start_nonce, items: std::mem::take(&mut self.items) }
    }

    fn create(&mut self, form: &Form) -> HouseholdDocument {
        let Form::Household(form) = form else { panic!("the line of a household is a household") };
        self.position += 1;
        let (document, recorded) =
            HouseholdDocument::create(self.actor, self.position, form).expect("the province fits the forms");
        self.items.push(Written::change(&document.id(), &recorded.chunk));
        document
    }

    fn record(&mut self, document: &mut HouseholdDocument, form: &Form) -> Vec<u8> {
        self.position += 1;
        let recorded = document.record(self.actor, self.position, form).expect("the province fits the forms");
        self.items.push(Written::change(&document.id(), &recorded.chunk));
        recorded.chunk
    }
}

/// A visit that was written: what travels of it, and what a form without CRDT would send.
pub struct WrittenVisit {
    /// The household's document.
    pub document: DocumentId,
    /// The automerge change, raw.
    pub chunk: Vec<u8>,
    /// The same as a line of JSON with the household's id.
    pub line: String,
}

/// Registered households of one commune, visited again and again.
pub struct Village {
    /// Its feed.
    pub feed: Feed,
    generator: Generator,
    households: Vec<(Household, HouseholdDocument)>,
    day: u32,
    next: usize,
}

impl Village {
    /// The first `count` households of a commune, registered in `notebook`.
    ///
    /// # Panics
    /// Where the commune has fewer.
    pub fn register(
        vocabulary: Vocabulary,
        seed: u64,
        commune: usize,
        count: u32,
        (org, chance): (&OrgId, &mut Chance),
    ) -> (Self, Notebook) {
        let province = Province::errachidia();
        let generator = Generator::new(&province, seed, province.households()).with_vocabulary(vocabulary);
        let of = |index| generator.household(commune, index).expect("the commune has so many households");
        let feed = Feed::new(of(0).commune).expect("a commune's code names its feed");
        let mut notebook = Notebook::new(org, &feed, chance);
        notebook.start(chance);
        let mut households = Vec::new();
        for index in 0..count {
            let household = of(index);
            let document = notebook.create(&form(&household.to_line()));
            households.push((household, document));
        }
        (Self { feed, generator, households, day: FIRST_DAY, next: 0 }, notebook)
    }

    /// Communes of the province.
    #[must_use]
    pub fn communes() -> usize {
        Province::errachidia().communes.len()
    }

    /// The households' documents as they are now.
    pub fn documents(&self) -> impl Iterator<Item = &HouseholdDocument> {
        self.households.iter().map(|(_, document)| document)
    }

    /// The next `count` visits, one household after the other, round after round on a later day.
    pub fn visit(&mut self, notebook: &mut Notebook, count: usize) -> Vec<WrittenVisit> {
        (0..count).map(|_| self.visit_next(notebook)).collect()
    }

    fn visit_next(&mut self, notebook: &mut Notebook) -> WrittenVisit {
        let (household, document) = &mut self.households[self.next];
        let visit = self.generator.visit(household, self.day);
        let line = visit_line(&visit, &Uuid::from_bytes(document.id().0).to_string());
        let chunk = notebook.record(document, &form(&line));
        let written = WrittenVisit { document: document.id(), chunk, line };
        self.next = (self.next + 1) % self.households.len();
        // A month between two visits to one household.
        self.day += if self.next == 0 { 30 } else { 0 };
        written
    }
}

fn half(chance: &mut Chance) -> [u8; 16] {
    let [left, right] = [chance.word(), chance.word()].map(u64::to_le_bytes);
    let mut out = [0; 16];
    out[..8].copy_from_slice(&left);
    out[8..].copy_from_slice(&right);
    out
}

fn form(line: &str) -> Form {
    parse_line(1, line).expect("the province fits the forms")
}
