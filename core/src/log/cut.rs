//! Cutting: entries that have not left yet become segments, once and for ever.

use std::collections::BTreeMap;

use crate::id::{DocumentId, Head, KeyId, LogId, OrgId, SegmentId, StartNonce};
use crate::identity::{FeedKey, Kind, SEAL_OVERHEAD, Signed, SigningKey};
use crate::limits;
use crate::log::content::{Content, ContentFault, Written};
use crate::log::descriptor::actor_id;
use crate::log::entry::{Entry, Start, chain_head, first_head};
use crate::log::payload::{Codec, Dictionaries, PayloadFault, pack};
use crate::log::segment::{Segment, SegmentBody, SegmentError, sealed_hash};
use crate::log::slim::{Earlier, Ground, NoEarlier, Pointed, Shaped};

/// Where a branch of one's own log stands: what the next segment goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tip {
    /// Position of the last entry cut; 0 before the first.
    pub n: u64,
    /// The chain value there.
    pub head: Head,
    /// The last segment; zeros before the first.
    pub segment: SegmentId,
    /// Nonce of the Start in force; zeros before the first.
    pub nonce: StartNonce,
}

impl Tip {
    /// The tip of a log nothing was cut of.
    #[must_use]
    pub fn start(log: &LogId) -> Self {
        Self { n: 0, head: first_head(log), segment: SegmentId::ZERO, nonce: StartNonce::ZERO }
    }
}

/// Why a cut failed. Nothing was offered; the entries stay saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CutError {
    /// An entry alone is larger than a segment may be.
    #[error("one entry is larger than a segment may be")]
    TooLarge,
    /// An entry's bytes have no hash.
    #[error(transparent)]
    Content(#[from] ContentFault),
    /// The compressor or dictionary failed.
    #[error(transparent)]
    Payload(#[from] PayloadFault),
    /// What was cut does not check: ours to mend.
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

/// Everything a cut needs beside the entries.
pub struct Cutter<'a> {
    /// The organisation.
    pub org: &'a OrgId,
    /// Whose log.
    pub signing: &'a SigningKey,
    /// Which log.
    pub log: LogId,
    /// The feed's newest key; none for clear feeds.
    pub key: Option<&'a FeedKey>,
    /// How content is compressed.
    pub codec: Codec,
    /// The compressor's level.
    pub level: i32,
    /// The dictionaries.
    pub dictionaries: &'a dyn Dictionaries,
    /// The roster position known now.
    pub roster_seen: RosterSeen,
}

/// What a cut says of the roster its author knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterSeen {
    /// The position of the last roster entry held; 0 for none.
    Position(u64),
    /// In headquarters' own roster log: everything before the segment, in this epoch.
    OwnLog {
        /// How many times headquarters' log changed before this one.
        epoch: u32,
    },
}

impl RosterSeen {
    const fn at(self, first: u64) -> u64 {
        match self {
            Self::Position(position) => position,
            Self::OwnLog { epoch } => ((epoch as u64) << 32) + first - 1,
        }
    }
}

/// One segment cut, and what later ones may point at of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment.
    pub segment: Segment,
    /// Its Changes, by position.
    pub changes: Vec<(u64, Pointed)>,
}

impl Cutter<'_> {
    /// As [`Cutter::cut_on`], with nothing before `tip` that could be pointed at.
    ///
    /// # Errors
    /// [`CutError`]; then nothing was cut.
    pub fn cut(&self, tip: Tip, items: &[Written]) -> Result<(Vec<Segment>, Tip), CutError> {
        let (cuts, tip) = self.cut_on(tip, items, &NoEarlier)?;
        Ok((cuts.into_iter().map(|cut| cut.segment).collect(), tip))
    }

    /// Cuts all `items` behind `tip` into segments of about the target size, and gives the new tip. `earlier`
    /// is what the branch holds up to `tip` and may be pointed at.
    ///
    /// # Errors
    /// [`CutError`]; then nothing was cut.
    pub fn cut_on(
        &self,
        tip: Tip,
        items: &[Written],
        earlier: &dyn Earlier,
    ) -> Result<(Vec<Cut>, Tip), CutError> {
        let (mut tip, mut rest) = (tip, items);
        let mut cuts = Vec::new();
        let mut before = JustCut::on(earlier);
        // The first run is tried whole; what compressing it gave tells how much the next one may hold.
        let mut raw_target = usize::MAX;
        while !rest.is_empty() {
            let (cut, after) = self.cut_one(tip, rest, &before, &mut raw_target)?;
            rest = &rest[cut.segment.body().count as usize..];
            before.take(&cut.changes);
            cuts.push(cut);
            tip = after;
        }
        Ok((cuts, tip))
    }

    fn cut_one(
        &self,
        tip: Tip,
        items: &[Written],
        before: &JustCut<'_>,
        raw_target: &mut usize,
    ) -> Result<(Cut, Tip), CutError> {
        let target = limits::SEGMENT_SEALED_BYTES_TARGET;
        let mut taken = fitting(items, *raw_target);
        let starts = items.first().is_some_and(|item| item.kind == Entry::START);
        let nonce = if starts { StartNonce::ZERO } else { tip.nonce };
        let shaped = self.shape(&items[..taken], tip.n + 1, nonce, before);
        loop {
            let written = shaped[..taken].iter().map(|item| item.written.clone()).collect();
            let content = Content { start_nonce: nonce, items: written };
            let payload = pack(&content.to_bytes(), self.codec, self.level, self.dictionaries)?;
            let sealed = payload.len() + SEAL_OVERHEAD;
            // A little over the target is better than another segment's overhead.
            if sealed <= target + target / 8 || taken == 1 {
                if sealed > limits::SEGMENT_SINGLE_SEALED_BYTES_MAX {
                    return Err(CutError::TooLarge);
                }
                *raw_target = (raw_len(&items[..taken]) * target / sealed).max(target);
                return self.seal(tip, &items[..taken], &shaped, &payload);
            }
            taken = (taken * target / sealed).clamp(1, taken - 1);
        }
    }

    /// The items as the codec has them. What an item becomes depends on those before it alone, so a shorter run
    /// begins with the same ones.
    fn shape(&self, items: &[Written], first: u64, nonce: StartNonce, before: &JustCut<'_>) -> Vec<Shaped> {
        match (self.codec, self.dictionaries.slim()) {
            (Codec::Slim { .. }, Some(slim)) => {
                slim.narrow(&Ground { log: self.log, first, nonce, earlier: before }, items)
            }
            _ => items.iter().map(|item| Shaped { written: item.clone(), last_op: 0 }).collect(),
        }
    }

    fn seal(
        &self,
        tip: Tip,
        items: &[Written],
        shaped: &[Shaped],
        payload: &[u8],
    ) -> Result<(Cut, Tip), CutError> {
        let mut after = tip;
        let mut changes = Vec::new();
        for (item, Shaped { last_op, .. }) in items.iter().zip(shaped) {
            after.n += 1;
            after.head = chain_head(&after.head, after.n, &item.hash()?);
            if let Ok((document, _, hash)) = item.split_change() {
                let actor = actor_id(&self.log, &after.nonce);
                changes.push((after.n, Pointed { document, hash, actor, last_op: *last_op }));
            }
            if let Ok(Entry::Start(Start { nonce, .. })) = Entry::decode(item.kind, &item.bytes) {
                after.nonce = nonce;
            }
        }
        let mut body = SegmentBody {
            log: self.log,
            first: tip.n + 1,
            count: u32::try_from(items.len()).map_err(|_| CutError::TooLarge)?,
            back: tip.segment,
            head: after.head,
            key: self.key.map_or(KeyId::ZERO, FeedKey::id),
            roster_seen: self.roster_seen.at(tip.n + 1),
            sealed_len: 0,
            sealed_hash: [0; 32],
        };
        let sealed = match self.key {
            Some(key) => key.seal(&body.aad(self.org, 1), payload),
            None => payload.to_vec(),
        };
        body.sealed_len = u32::try_from(sealed.len()).map_err(|_| CutError::TooLarge)?;
        body.sealed_hash = sealed_hash(&sealed);
        let header = Signed::make(self.org, self.signing, Kind::Segment, crate::encoding::to_bytes(&body));
        let segment = Segment::check(self.org, header.as_signed().clone(), sealed)?;
        after.segment = segment.id();
        Ok((Cut { segment, changes }, after))
    }
}

/// What the branch holds before the next segment: what was there, and what this very cut has made.
struct JustCut<'a> {
    earlier: &'a dyn Earlier,
    changes: BTreeMap<u64, Pointed>,
    latest: BTreeMap<DocumentId, u64>,
}

impl<'a> JustCut<'a> {
    fn on(earlier: &'a dyn Earlier) -> Self {
        Self { earlier, changes: BTreeMap::new(), latest: BTreeMap::new() }
    }

    fn take(&mut self, changes: &[(u64, Pointed)]) {
        self.changes.extend(changes.iter().copied());
        self.latest.extend(changes.iter().map(|(n, change)| (change.document, *n)));
    }
}

impl Earlier for JustCut<'_> {
    fn at(&self, n: u64) -> Option<Pointed> {
        self.changes.get(&n).copied().or_else(|| self.earlier.at(n))
    }
    fn latest(&self, document: &DocumentId) -> Option<u64> {
        self.latest.get(document).copied().or_else(|| self.earlier.latest(document))
    }
}

fn raw_len(items: &[Written]) -> usize {
    items.iter().map(|item| item.bytes.len() + 3).sum()
}

/// How many items from the front hold about `raw_target` bytes: at least one.
fn fitting(items: &[Written], raw_target: usize) -> usize {
    let mut sum = 0;
    let entries_max = limits::SEGMENT_ENTRIES_MAX as usize;
    let fit = items.iter().take(entries_max).take_while(|item| {
        sum += item.bytes.len() + 3;
        sum <= raw_target && sum as u64 <= limits::SEGMENT_RAW_BYTES_MAX / 2
    });
    fit.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Feed, Incarnation};
    use crate::log::descriptor::Descriptor;
    use crate::log::opened::{Unit, open};
    use crate::log::payload::NoDictionaries;

    fn roundtrip(count: usize, size: usize, clear: bool) -> Vec<Segment> {
        roundtrip_of(count, (size, 0), clear)
    }

    /// Entries of so many bytes that do not compress, and so many that do.
    fn roundtrip_of(count: usize, (noise, zeros): (usize, usize), clear: bool) -> Vec<Segment> {
        let (org, signing) = (OrgId([1; 32]), SigningKey::from_seed(&[2; 32]));
        let feed = Feed::new(if clear { "@roster" } else { "08.201.11.07" }).expect("feed");
        let log =
            Descriptor { device: signing.public(), feed, incarnation: Incarnation([3; 16]), continues: None }
                .log_id(&org);
        let key = FeedKey::new([4; 32]);
        let cutter = Cutter {
            org: &org,
            signing: &signing,
            log,
            key: (!clear).then_some(&key),
            codec: Codec::Zstd { dictionary: 0 },
            level: 3,
            dictionaries: &NoDictionaries,
            roster_seen: RosterSeen::Position(5),
        };
        let start = Entry::Start(Start { nonce: StartNonce([7; 16]), software: "test".into(), schema: 1 });
        let mut items = vec![Written::plain(&start).expect("plain")];
        items.extend((0..count).map(|i| {
            let mut bytes = vec![0; noise + zeros];
            let mut stream = blake3::Hasher::new();
            stream.update(&i.to_le_bytes());
            stream.finalize_xof().fill(&mut bytes[..noise]);
            Written { kind: 9, bytes }
        }));
        let (segments, tip) = cutter.cut(Tip::start(&log), &items).expect("cuts");
        assert_eq!(tip.n, items.len() as u64);
        assert_eq!(tip.nonce, StartNonce([7; 16]));
        let mut before = first_head(&log);
        let mut read = Vec::new();
        for segment in &segments {
            match open(&org, segment, &before, clear, Some(&key), &NoDictionaries) {
                Unit::Entries(entries) => read.extend(entries.into_iter().map(|entry| entry.written)),
                other => panic!("{other:?}"),
            }
            before = segment.body().head;
            assert_eq!(Segment::from_bytes(&org, &segment.to_bytes()).as_ref(), Ok(segment));
        }
        assert_eq!(read, items);
        let own = Cutter { roster_seen: RosterSeen::OwnLog { epoch: 2 }, ..cutter };
        let (own, _) = own.cut(Tip::start(&log), &items).expect("cuts");
        let seen = |segment: &Segment| (2 << 32) + segment.body().first - 1;
        assert!(own.iter().all(|segment| segment.body().roster_seen == seen(segment)));
        segments
    }

    #[test]
    fn what_is_cut_opens_again_and_segments_keep_their_size() {
        assert_eq!(roundtrip(3, 100, false).len(), 1);
        assert_eq!(roundtrip(3, 100, true).len(), 1);
        let segments = roundtrip(200, 300, false);
        assert!(segments.len() >= 7, "60 KB in segments of about 8 KiB");
        for segment in &segments[..segments.len() - 1] {
            assert!((4_096..=9_216).contains(&segment.sealed().len()), "{}", segment.sealed().len());
        }
    }

    #[test]
    fn what_compresses_well_fills_its_segments_too() {
        for (count, noise, zeros) in [(2_000, 50, 250), (4_000, 12, 100)] {
            let segments = roundtrip_of(count, (noise, zeros), false);
            let sealed: usize = segments.iter().map(|segment| segment.sealed().len()).sum();
            let fewest = sealed.div_ceil(limits::SEGMENT_SEALED_BYTES_TARGET);
            assert!(segments.len() <= fewest + 2, "{} segments for {sealed} B", segments.len());
            for segment in &segments[2..segments.len() - 1] {
                assert!((7_168..=9_216).contains(&segment.sealed().len()), "{}", segment.sealed().len());
            }
        }
    }

    #[test]
    fn an_entry_that_needs_more_has_a_segment_of_its_own() {
        let segments = roundtrip(2, 60_000, false);
        assert!(segments.iter().all(|s| s.sealed().len() <= limits::SEGMENT_SINGLE_SEALED_BYTES_MAX));
        assert_eq!(segments.last().map(|s| s.body().count), Some(1));
    }

    #[test]
    fn a_cut_says_what_its_author_had_seen_of_the_roster() {
        assert_eq!(RosterSeen::Position(9).at(7), 9);
        assert_eq!(RosterSeen::OwnLog { epoch: 0 }.at(1), 0);
        assert_eq!(RosterSeen::OwnLog { epoch: 3 }.at(7), 3 * (1 << 32) + 6);
    }

    #[test]
    fn as_many_entries_are_tried_as_fit_and_never_more_than_a_segment_may_have() {
        let items = |count, bytes| vec![Written { kind: 9, bytes: vec![0; bytes] }; count];
        assert_eq!(raw_len(&items(3, 97)), 300);
        assert_eq!(fitting(&items(3, 97), 300), 3);
        assert_eq!(fitting(&items(3, 97), 299), 2);
        assert_eq!(fitting(&items(3, 97), 10), 1, "at least one");
        let most = limits::SEGMENT_ENTRIES_MAX as usize;
        assert_eq!(fitting(&items(most + 5, 0), usize::MAX), most);
        let half = limits::SEGMENT_RAW_BYTES_MAX as usize / 2;
        assert_eq!(fitting(&items(5, half / 2 - 3), usize::MAX), 2, "half of what may be inflated");
    }
}
