//! Software that is not ours, as its changes arrive: each written by a process of its own, on two devices, sealed in
//! segments, let through the airlock by two tablets that hear of them in another order.

use std::collections::BTreeMap;

use automerge::transaction::{Transactable, Transaction};
use automerge::{Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc};
use khettara_core::id::{DocumentId, StartNonce};
use khettara_core::log::{Entry, Start, Written, actor_id};
use khettara_records::model::{HouseholdDocument, Reason, Tongue, constants, parse_line};
use khettara_records::projection::{
    Conflict, FamilyReceipt, HouseholdView, Issuer, conflicts, export_lines, sentence,
};
use khettara_records::replica::{Families, ListRow};
use uuid::Uuid;

use crate::station::{Forger, Parcel, Station, cutter, feed, key, uuid};

pub(crate) fn document(number: u8) -> DocumentId {
    DocumentId(*Uuid::parse_str(&uuid(number)).unwrap().as_bytes())
}

/// The map under a root key, as the constants made it.
pub(crate) fn map_of(transaction: &Transaction<'_>, key: &str) -> ObjId {
    transaction.get(ROOT, key).unwrap().unwrap().1
}

/// The map under a key, made where there is none.
pub(crate) fn map_under(transaction: &mut Transaction<'_>, map: &ObjId, key: &str) -> ObjId {
    match transaction.get(map, key).unwrap() {
        Some((_, id)) => id,
        None => transaction.put_object(map, key, ObjType::Map).unwrap(),
    }
}

/// What software that is not ours wrote.
pub(crate) struct Strangers {
    forgers: [Forger; 2],
    items: [Vec<Written>; 2],
    processes: u64,
    documents: BTreeMap<DocumentId, Automerge>,
    chunks: BTreeMap<DocumentId, Vec<Vec<u8>>>,
}

/// Lines of one document that are entered again; all are read.
const LINES_ENTERED_MAX: u64 = 200;

/// One document as everybody reads it.
pub(crate) struct Read {
    pub(crate) view: HouseholdView,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) row: ListRow,
    pub(crate) lines: Vec<String>,
    pub(crate) families: Families,
}

impl Strangers {
    /// Two devices of these names and the next.
    pub(crate) fn new(name: u8) -> Self {
        Self {
            forgers: [Forger::new(name), Forger::new(name + 1)],
            items: [Vec::new(), Vec::new()],
            processes: 0,
            documents: BTreeMap::new(),
            chunks: BTreeMap::new(),
        }
    }

    /// Writes on top of everything in the document.
    pub(crate) fn write(&mut self, id: DocumentId, write: impl FnOnce(&mut Transaction<'_>)) -> ChangeHash {
        let heads = self.document_of(id).get_heads();
        self.write_on(id, &heads, write)
    }

    /// Writes knowing only what these changes knew.
    pub(crate) fn write_on(
        &mut self,
        id: DocumentId,
        heads: &[ChangeHash],
        write: impl FnOnce(&mut Transaction<'_>),
    ) -> ChangeHash {
        let mut draft = self.document_of(id).fork_at(heads).unwrap();
        self.processes += 1;
        let device = usize::try_from(self.processes % 2).unwrap();
        let mut nonce = [0; 16];
        nonce[..8].copy_from_slice(&self.processes.to_be_bytes());
        let nonce = StartNonce(nonce);
        draft.set_actor(actor_id(&self.forgers[device].log, &nonce).0.as_slice().into());
        let mut transaction = draft.transaction();
        write(&mut transaction);
        let hash = transaction.commit().0.unwrap();
        let chunk = draft.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec();
        let change = Change::from_bytes(chunk.clone()).unwrap();
        self.documents.get_mut(&id).unwrap().apply_changes([change]).unwrap();
        let start = Start { nonce, software: "not ours".into(), schema: 1 };
        self.items[device].push(Written::plain(&Entry::Start(start)).unwrap());
        self.items[device].push(Written::change(&id, &chunk));
        self.chunks.entry(id).or_default().push(chunk);
        hash
    }

    fn document_of(&mut self, id: DocumentId) -> &mut Automerge {
        let all = || {
            let changes = constants().iter().map(|one| Change::from_bytes(one.chunk.to_vec()).unwrap());
            let mut document = Automerge::new();
            document.apply_changes(changes).unwrap();
            document
        };
        self.documents.entry(id).or_insert_with(all)
    }

    /// A tablet's copy of one document, with everything in it.
    pub(crate) fn copy(&self, id: DocumentId) -> HouseholdDocument {
        let mut document = HouseholdDocument::new(id);
        let mut chunks: Vec<&[u8]> = constants().iter().map(|constant| constant.chunk).collect();
        chunks.extend(self.chunks[&id].iter().map(Vec::as_slice));
        document.apply(&chunks).unwrap();
        document
    }

    /// What each device's log has, in segments.
    fn parcels(&mut self) -> [Vec<Parcel>; 2] {
        [0, 1].map(|device| {
            let forger = &self.forgers[device];
            let key = key(1);
            let cutter = cutter(&forger.signing, forger.log, Some(&key));
            let (segments, _) = cutter.cut(forger.tip, &self.items[device]).unwrap();
            let parcel = |segment| Parcel { segment, descriptor: forger.descriptor.clone() };
            segments.into_iter().map(parcel).collect()
        })
    }

    /// Everything as two tablets read it, who heard of it in different orders, checked to be the same; by document.
    pub(crate) fn read_alike(&mut self) -> Vec<Read> {
        let [one, two] = self.parcels();
        let (mut left, mut right) = (Station::new(101), Station::new(102));
        left.take_all(&one);
        left.take_all(&two);
        left.catch_up();
        for parcel in two.iter().chain(&one) {
            assert!(right.take(parcel));
        }
        right.catch_up();
        for station in [&left, &right] {
            assert_eq!(station.held_back(), [], "hostile as it is, it is sound");
        }
        assert_eq!(left.digest(), right.digest());
        let ids: Vec<DocumentId> = self.documents.keys().copied().collect();
        ids.into_iter().map(|id| self.read_one(id, &mut left, &mut right)).collect()
    }

    fn read_one(&self, id: DocumentId, left: &mut Station, right: &mut Station) -> Read {
        self.check_document(id);
        let [read, other] = [left, right].map(|station| {
            let store = &station.store;
            let view = station.replica.household(store, &feed(), &id).unwrap().unwrap();
            Read {
                conflicts: station.replica.conflicts(store, &feed(), &id).unwrap(),
                row: station.replica.row(store, &feed(), &id).unwrap().unwrap(),
                lines: export_lines(&view),
                families: station.replica.families(store, &[feed()]).unwrap(),
                view,
            }
        });
        assert_eq!(json(&read.view), json(&other.view));
        assert!(read.conflicts == other.conflicts && read.row == other.row && read.lines == other.lines);
        check_row(&read);
        check_lines(&read);
        check_sentences(&read);
        check_receipts(&read.view);
        read
    }

    /// The bare document, whatever the order in which the changes came to it.
    fn check_document(&self, id: DocumentId) {
        let mut chunks: Vec<&[u8]> = constants().iter().map(|constant| constant.chunk).collect();
        chunks.extend(self.chunks[&id].iter().map(Vec::as_slice));
        let digest = |chunks: &[&[u8]]| {
            let mut document = HouseholdDocument::new(id);
            document.apply(chunks).unwrap();
            let loaded = HouseholdDocument::load(id, &document.save()).unwrap();
            assert_eq!(loaded.digest(), document.digest());
            assert_eq!(json(&HouseholdView::read(&loaded)), json(&HouseholdView::read(&document)));
            assert_eq!(conflicts(&loaded).len(), conflicts(&document).len());
            document.digest()
        };
        let forwards = digest(&chunks);
        chunks.reverse();
        assert_eq!(digest(&chunks), forwards);
    }
}

fn json(view: &HouseholdView) -> String {
    serde_json::to_string(view).unwrap()
}

/// The list says what the rows say.
fn check_row(read: &Read) {
    let Read { view, row, .. } = read;
    let count = |items: usize| u32::try_from(items).unwrap();
    let standing = view.members.iter().filter(|member| member.withdrawn != Some(true)).count();
    let visits = view.visits.iter().filter(|visit| visit.withdrawn != Some(true)).count();
    let counts = (row.members, row.visits, row.needs, row.conflicts);
    assert_eq!(counts, (count(standing), count(visits), count(view.needs.len()), view.conflicts));
    assert_eq!(view.conflicts, count(read.conflicts.len()));
    assert_eq!(row.last_visit, view.last_visit().map(|at| at.to_string()));
    assert_eq!(row.withdrawn, view.household.withdrawn == Some(true));
    assert_eq!(view.visits_in_order().len(), view.visits.len());
}

/// What is offered for entry can be entered, all but what lacks something that a new record must have.
fn check_lines(read: &Read) {
    let mut again = HouseholdDocument::new(DocumentId(*read.view.household.id.as_bytes()));
    for (position, line) in (2..).zip(&read.lines) {
        let form = parse_line(1, line).unwrap_or_else(|error| panic!("{error}: {line:.400}"));
        if position > LINES_ENTERED_MAX {
            continue;
        }
        let refused = again.record(khettara_core::id::ActorId([9; 16]), position, &form).err();
        let lacks = |reason| {
            let itself = position == 2 || again.heads().len() == 1;
            matches!(reason, Reason::Missing | Reason::NoName | Reason::LinkToItself | Reason::NothingChanged)
                || itself && matches!(reason, Reason::OtherDocument)
        };
        assert!(refused.as_ref().is_none_or(|error| lacks(error.reason)), "{refused:?}: {line:.400}");
    }
}

/// Every conflict is said in three languages, in a sentence of some length, in which nothing steers what follows.
fn check_sentences(read: &Read) {
    for conflict in &read.conflicts {
        for tongue in Tongue::ALL {
            let said = sentence(conflict, &[], feed().as_str(), tongue);
            assert!(is_legible(&said), "{said:?}");
            assert!(said.chars().count() <= 400 * (conflict.sides.len() + 1), "{said:.2000}");
        }
    }
}

fn check_receipts(view: &HouseholdView) {
    let issuer = Issuer { organisation: "", feed: "08.201.11.07" };
    let visits = view.visits.iter().take(8).map(|visit| Some(visit.id));
    for visit in visits.chain([None]) {
        for tongue in Tongue::ALL {
            let Some(receipt) = FamilyReceipt::of(view, visit, issuer, tongue) else { continue };
            for (_, text) in &receipt.lines {
                assert!(is_legible(text) && text.chars().count() <= 400, "{text:?}");
            }
        }
    }
}

/// Whether nothing in it turns the direction of what stands behind it, or is no letter at all.
fn is_legible(text: &str) -> bool {
    let mut open = 0i64;
    for letter in text.chars() {
        match letter {
            '\u{2068}' => open += 1,
            '\u{2069}' => open -= 1,
            '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}' => return false,
            letter if letter.is_control() => return false,
            _ => {}
        }
        if open < 0 {
            return false;
        }
    }
    open == 0
}
