//! Opening a held segment with its feed's key: the entries, or the one reason why there are none yet.

use crate::id::{ChangeHash, DocumentId, EntryHash, Head, LogId, OrgId, StartNonce};
use crate::identity::FeedKey;
use crate::log::content::{Content, Written};
use crate::log::descriptor::actor_id;
use crate::log::entry::{Entry, EntryFault, chain_head};
use crate::log::payload::{Dictionaries, Form, PayloadFault, unpack_form};
use crate::log::segment::Segment;
use crate::log::slim::{Earlier, Ground, NoEarlier, Pointed, Shaped, SlimFault};

/// What a segment turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// Its entries; their chain gives the declared head.
    Entries(Vec<OpenedEntry>),
    /// Sealed with a key that is not here.
    WaitingKey,
    /// Its codec or dictionary is newer than this software.
    WaitingSoftware,
    /// It points at an entry of its branch whose change is not readable here.
    WaitingAncestor,
    /// Does not open, or does not give its declared head: `Quarantined(content)` as one unit. The log goes on
    /// from the declared head.
    Broken,
}

/// One entry of an opened segment.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedEntry {
    /// Its position in the log.
    pub n: u64,
    /// The chain value at it.
    pub head: Head,
    /// Its hash.
    pub hash: EntryHash,
    /// Nonce of the Start it was written under: gives the actor it must have.
    pub nonce: StartNonce,
    /// What it says, or that its body is malformed.
    pub entry: Result<Entry, EntryFault>,
    /// As content carried it; for a Change `document ‖ chunk`.
    pub written: Written,
    /// As [`Pointed::last_op`].
    pub last_op: u64,
}

impl std::fmt::Debug for OpenedEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedEntry({}, {:?})", self.n, self.written)
    }
}

impl OpenedEntry {
    /// For a Change: document, hash and chunk.
    #[must_use]
    pub fn change(&self) -> Option<(DocumentId, ChangeHash, &[u8])> {
        match self.entry {
            Ok(Entry::Change { document, hash }) => Some((document, hash, self.written.bytes.get(16..)?)),
            _ => None,
        }
    }

    /// For a Change: what a later entry of its branch of `log` may point at.
    #[must_use]
    pub fn pointed(&self, log: &LogId) -> Option<Pointed> {
        let (document, hash, _) = self.change()?;
        Some(Pointed { document, hash, actor: actor_id(log, &self.nonce), last_op: self.last_op })
    }
}

/// As [`open_on`], for a segment that points at nothing before it.
#[must_use]
pub fn open(
    org: &OrgId,
    segment: &Segment,
    before: &Head,
    clear: bool,
    key: Option<&FeedKey>,
    dictionaries: &dyn Dictionaries,
) -> Unit {
    open_on(org, segment, (before, &NoEarlier), clear, key, dictionaries)
}

/// Opens `segment`, which goes on from the head `before` and from what its branch holds `earlier`. `key` is the
/// feed's key it names; none for a clear feed (`clear`), or where it is not here.
#[must_use]
pub fn open_on(
    org: &OrgId,
    segment: &Segment,
    (before, earlier): (&Head, &dyn Earlier),
    clear: bool,
    key: Option<&FeedKey>,
    dictionaries: &dyn Dictionaries,
) -> Unit {
    let body = segment.body();
    let payload = match key {
        _ if clear => segment.sealed().to_vec(),
        None => return Unit::WaitingKey,
        Some(key) => match key.open(&body.aad(org, segment.header().version()), segment.sealed()) {
            Ok(payload) => payload,
            Err(_) => return Unit::Broken,
        },
    };
    let (form, bytes) = match unpack_form(&payload, dictionaries) {
        Ok(content) => content,
        Err(PayloadFault::Unknown) => return Unit::WaitingSoftware,
        Err(PayloadFault::Malformed) => return Unit::Broken,
    };
    let Ok(Content { start_nonce, items }) = Content::from_bytes(&bytes, body.count) else {
        return Unit::Broken;
    };
    let ground = Ground { log: body.log, first: body.first, nonce: start_nonce, earlier };
    let items = match (form, dictionaries.slim()) {
        (Form::Slim, Some(slim)) => match slim.widen(&ground, items) {
            Ok(items) => items,
            Err(SlimFault::Ancestor) => return Unit::WaitingAncestor,
            Err(SlimFault::Software) => return Unit::WaitingSoftware,
            Err(SlimFault::Malformed) => return Unit::Broken,
        },
        _ => items.into_iter().map(|written| Shaped { written, last_op: 0 }).collect(),
    };
    match chain(start_nonce, items, body.first, before) {
        Some(entries) if entries.last().is_some_and(|entry| entry.head == body.head) => {
            Unit::Entries(entries)
        }
        _ => Unit::Broken,
    }
}

/// Follows the chain over a content's items. `None` where one has no hash, or a Start breaks a rule.
fn chain(mut nonce: StartNonce, items: Vec<Shaped>, first: u64, before: &Head) -> Option<Vec<OpenedEntry>> {
    let mut head = *before;
    let mut entries = Vec::with_capacity(items.len());
    for (n, Shaped { written, last_op }) in (first..).zip(items) {
        let hash = written.hash().ok()?;
        head = chain_head(&head, n, &hash);
        let entry = match written.split_change() {
            Ok((document, _, hash)) => Ok(Entry::Change { document, hash }),
            Err(_) => Entry::decode(written.kind, &written.bytes),
        };
        match &entry {
            Ok(Entry::Start(start)) => nonce = start.nonce,
            _ if written.kind == Entry::START || n == 1 => return None,
            _ => {}
        }
        entries.push(OpenedEntry { n, head, hash, nonce, entry, written, last_op });
    }
    Some(entries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::slice::from_ref;

    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::id::{Feed, Incarnation, SegmentId};
    use crate::identity::SigningKey;
    use crate::log::cut::{Cutter, RosterSeen, Tip};
    use crate::log::descriptor::Descriptor;
    use crate::log::entry::{Start, first_head};
    use crate::log::payload::{Codec, NoDictionaries};
    use crate::log::slim::Slim;

    const ORG: OrgId = OrgId([1; 32]);

    /// A slim form: a change stands backwards, behind the position of the last one of its document.
    struct Backwards;

    impl Dictionaries for Backwards {
        fn dictionary(&self, _number: u32) -> Option<&[u8]> {
            None
        }
        fn slim(&self) -> Option<&dyn Slim> {
            Some(self)
        }
    }

    impl Slim for Backwards {
        fn narrow(&self, ground: &Ground<'_>, items: &[Written]) -> Vec<Shaped> {
            let mut here = BTreeMap::new();
            let narrowed = (ground.first..).zip(items).map(|(n, item)| {
                let Ok((document, chunk, _)) = item.split_change() else {
                    return Shaped { written: item.clone(), last_op: 0 };
                };
                let last = here.insert(document, n).or_else(|| {
                    let last = ground.earlier.latest(&document)?;
                    assert_eq!(ground.earlier.at(last).map(|one| one.document), Some(document));
                    Some(last)
                });
                let backwards: Vec<u8> = chunk.iter().rev().copied().collect();
                let bytes = [&document.0[..], &last.unwrap_or(0).to_le_bytes(), &backwards].concat();
                Shaped { written: Written { kind: item.kind, bytes }, last_op: n }
            });
            narrowed.collect()
        }

        fn widen(&self, ground: &Ground<'_>, items: Vec<Written>) -> Result<Vec<Shaped>, SlimFault> {
            let widened = (ground.first..).zip(items).map(|(n, item)| {
                if item.kind != Entry::CHANGE {
                    return Ok(Shaped { written: item, last_op: 0 });
                }
                let (document, rest) = item.bytes.split_first_chunk().ok_or(SlimFault::Malformed)?;
                let (last, backwards) = rest.split_first_chunk().ok_or(SlimFault::Malformed)?;
                let (document, last) = (DocumentId(*document), u64::from_le_bytes(*last));
                if (1..ground.first).contains(&last) {
                    let pointed = ground.earlier.at(last).ok_or(SlimFault::Ancestor)?;
                    assert_eq!((pointed.document, pointed.last_op), (document, last));
                }
                let chunk: Vec<u8> = backwards.iter().rev().copied().collect();
                Ok(Shaped { written: Written::change(&document, &chunk), last_op: n })
            });
            widened.collect()
        }
    }

    /// What was read so far, by position.
    #[derive(Default)]
    struct Read(BTreeMap<u64, Pointed>);

    impl Earlier for Read {
        fn at(&self, n: u64) -> Option<Pointed> {
            self.0.get(&n).copied()
        }
        fn latest(&self, document: &DocumentId) -> Option<u64> {
            self.0.iter().rev().find(|(_, one)| one.document == *document).map(|(n, _)| *n)
        }
    }

    fn chunk(number: u64) -> Vec<u8> {
        let mut content = vec![0; 100];
        blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut content);
        let hashed = [&[1, 100], &content[..]].concat();
        [&[0x85, 0x6f, 0x4a, 0x83], &Sha256::digest(&hashed)[..4], &hashed].concat()
    }

    fn start(nonce: u8) -> Written {
        let start = Start { nonce: StartNonce([nonce; 16]), software: "test".into(), schema: 1 };
        Written::plain(&Entry::Start(start)).expect("plain")
    }

    fn descriptor(signing: &SigningKey) -> Descriptor {
        let feed = Feed::new("08.201.11.07").expect("feed");
        Descriptor { device: signing.public(), feed, incarnation: Incarnation([3; 16]), continues: None }
    }

    fn cutter<'a>(signing: &'a SigningKey, log: LogId, key: &'a FeedKey, codec: Codec) -> Cutter<'a> {
        let roster_seen = RosterSeen::Position(0);
        let (org, key) = (&ORG, Some(key));
        Cutter { org, signing, log, key, codec, level: 3, dictionaries: &Backwards, roster_seen }
    }

    #[test]
    fn what_points_back_is_opened_on_what_stands_before_it_and_waits_where_that_is_not_here() {
        let (signing, key) = (SigningKey::from_seed(&[2; 32]), FeedKey::new([4; 32]));
        let log = descriptor(&signing).log_id(&ORG);
        let document = |n: u64| DocumentId([n as u8 % 5; 16]);
        let mut items = vec![start(7)];
        items.extend((0..400).map(|n| Written::change(&document(n), &chunk(n))));
        items.insert(200, start(8));
        let cutter = cutter(&signing, log, &key, Codec::Slim { dictionary: 0 });
        let (cuts, tip) = cutter.cut_on(Tip::start(&log), &items, &NoEarlier).expect("cuts");
        assert_eq!((tip.n, tip.nonce, cuts.len() > 4), (items.len() as u64, StartNonce([8; 16]), true));

        let (mut before, mut read, mut found) = (first_head(&log), Read::default(), Vec::new());
        for (number, cut) in cuts.iter().enumerate() {
            let open = |earlier: &dyn Earlier, dictionaries: &dyn Dictionaries| {
                open_on(&ORG, &cut.segment, (&before, earlier), false, Some(&key), dictionaries)
            };
            assert_eq!(open(&read, &NoDictionaries), Unit::WaitingSoftware);
            let alone = open(&NoEarlier, &Backwards);
            assert!(number == 0 || alone == Unit::WaitingAncestor, "{number}");
            let Unit::Entries(entries) = open(&read, &Backwards) else { panic!("{number} does not open") };
            let pointed = entries.iter().filter_map(|entry| Some((entry.n, entry.pointed(&log)?)));
            let pointed: Vec<(u64, Pointed)> = pointed.collect();
            assert_eq!(pointed, cut.changes);
            read.0.extend(pointed);
            before = cut.segment.body().head;
            found.extend(entries);
        }
        assert!(found.iter().map(|entry| &entry.written).eq(&items));
        let last = found.last().expect("entries");
        let (of, hash, bytes) = last.change().expect("a change");
        assert_eq!((of, bytes), (document(399), &chunk(399)[..]));
        let actor = actor_id(&log, &StartNonce([8; 16]));
        assert_eq!(last.pointed(&log), Some(Pointed { document: of, hash, actor, last_op: last.n }));
        assert_eq!(found[0].change(), None);
        assert_eq!(format!("{:?}", found[0]), format!("OpenedEntry(1, {:?})", items[0]));
    }

    #[test]
    fn a_log_begins_with_a_start_that_reads_and_gives_its_head() {
        let (signing, key) = (SigningKey::from_seed(&[2; 32]), FeedKey::new([4; 32]));
        let log = descriptor(&signing).log_id(&ORG);
        let cutter = cutter(&signing, log, &key, Codec::Zstd { dictionary: 0 });
        let change = Written::change(&DocumentId([5; 16]), &chunk(1));
        let unreadable = Written { kind: Entry::START, bytes: [&[9; 16][..], &[0xff; 3]].concat() };
        let opened = |tip: Tip, items: &[Written], before: &Head| {
            let (segments, _) = cutter.cut(tip, items).expect("cuts");
            open(&ORG, &segments[0], before, false, Some(&key), &NoDictionaries)
        };
        let (first, begun) = (first_head(&log), Tip::start(&log));
        assert!(
            matches!(opened(begun, &[start(7), change.clone()], &first), Unit::Entries(all) if all.len() == 2)
        );
        assert_eq!(opened(begun, &[start(7), change.clone()], &Head([1; 32])), Unit::Broken, "another head");
        let named = Tip { nonce: StartNonce([7; 16]), ..begun };
        assert_eq!(opened(named, from_ref(&change), &first), Unit::Broken, "no Start");
        assert_eq!(opened(begun, from_ref(&unreadable), &first), Unit::Broken, "a Start that does not read");
        let later = Tip { n: 5, segment: SegmentId([9; 32]), ..named };
        assert!(matches!(opened(later, from_ref(&change), &first), Unit::Entries(_)));
        assert_eq!(opened(later, &[change, unreadable], &first), Unit::Broken, "nor may a later one");
    }
}
