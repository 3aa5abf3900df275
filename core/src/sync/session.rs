//! One meeting's memory. It ends with the meeting; what must outlive it is in the store.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{DeviceKey, Feed, LogId, SegmentId};
use crate::log::{Descriptor, ReceiptName, Vector};
use crate::sync::port::SessionId;
use crate::wire::{ClaimFrame, Hello, LogEnds, LogRef, ShortEnd};

/// What the peer may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not in the roster held here: it may claim, and show its credential and the roster.
    Stranger,
    /// In good standing.
    Admitted,
    /// Named by a closing: it gets the roster and its own receipts, and brings its own logs.
    Closed,
}

/// One end of a log that the peer said it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PeerEnd {
    pub(super) n: u64,
    pub(super) short: [u8; 4],
    /// The segment, where we hold it too.
    pub(super) id: Option<SegmentId>,
}

/// One side's numbers for logs in one meeting: ranks of the base, then logs in the order they were spelled.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbering {
    ranks: Vec<LogId>,
    /// Number of the first log spelled.
    first: usize,
    spelled: Vec<LogId>,
}

impl Numbering {
    /// Begins with the ranks of a base.
    pub(super) fn of_base(ranks: Vec<LogId>) -> Self {
        Self { first: ranks.len(), ranks, spelled: Vec::new() }
    }

    /// Numbers that mean nothing here, since the base they start from is not known: the peer numbers anew.
    pub(super) fn blind() -> Self {
        Self { ranks: Vec::new(), first: usize::MAX, spelled: Vec::new() }
    }

    /// Begins with nothing, at a number that no log had before: what was numbered so far means nothing now.
    pub(super) fn from_number(first: usize) -> Self {
        Self { ranks: Vec::new(), first, spelled: Vec::new() }
    }

    /// The same, going on with what the peer spelled before the base was known here.
    pub(super) fn and_spelled(&self, before: &Self) -> Self {
        Self { spelled: before.spelled.clone(), ..self.clone() }
    }

    /// The number that the next log spelled will have.
    pub(super) const fn next(&self) -> usize {
        self.first.saturating_add(self.spelled.len())
    }

    pub(super) fn spell(&mut self, log: LogId) {
        self.spelled.push(log);
    }

    /// The log of a number; `None` where it is not known (yet).
    pub(super) fn log(&self, number: u32) -> Option<LogId> {
        let number = number as usize;
        match number.checked_sub(self.first) {
            None => self.ranks.get(number).copied(),
            Some(place) => self.spelled.get(place).copied(),
        }
    }

    /// Whether the log was spelled in this meeting.
    pub(super) fn has_spelled(&self, log: &LogId) -> bool {
        self.spelled.contains(log)
    }

    /// A log's number, as a name.
    pub(super) fn index_of(&self, log: &LogId) -> Option<LogRef> {
        // Ranks ascend by feed, then log, so they are not sorted by log; meetings have tens to hundreds.
        let place = |list: &[LogId]| list.iter().position(|known| known == log);
        let number = match place(&self.ranks) {
            Some(rank) => rank,
            None => self.first + place(&self.spelled)?,
        };
        u32::try_from(number).ok().map(LogRef::Index)
    }
}

/// A segment's stream that cannot be taken yet: its log or its ground has not arrived.
#[derive(Debug, Clone)]
pub(super) struct Staged {
    pub(super) log: Option<LogId>,
    pub(super) bytes: Vec<u8>,
}

/// Where the opener's side of a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Stage {
    /// Nothing said yet.
    #[default]
    Silent,
    /// The claim is out.
    Claiming,
    /// The Hello is out.
    Greeted,
    /// The Hello was answered.
    Answered,
    /// Everything is said.
    Done,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) peer: DeviceKey,
    pub(super) dialled: bool,
    pub(super) confirmed: bool,
    /// A claim heard before our side of the handshake was complete: the peer's was, or somebody repeats it.
    pub(super) early_claim: Option<ClaimFrame>,
    pub(super) standing: Standing,
    pub(super) stage: Stage,
    /// The Hello heard, kept until its sender is admitted and its vector is known.
    pub(super) hello: Option<Hello>,
    /// Whether the Hello was answered; the rest of the vector may still come.
    pub(super) answered_hello: bool,
    /// Whether the stranger was told so.
    pub(super) told_stranger: bool,
    /// Whether we showed ourselves to a peer that did not know us.
    pub(super) shown: bool,
    /// What a peer asked whom we do not know yet.
    pub(super) deferred: Vec<LogEnds>,
    /// Whether the peer has shown all it has.
    pub(super) peer_shown: bool,
    /// Whether the peer kept the base that a Hello named: it has lost nothing since.
    pub(super) remembers_us: bool,
    /// Receipts that crossed this connection since they were last noted.
    pub(super) receipts_crossed: Vec<ReceiptName>,
    /// Receipts heard in this meeting, and whether the opener's digest told nothing.
    pub(super) receipts_heard: Vec<ReceiptName>,
    pub(super) unrecognised: bool,
    /// Whether our Hello named a base, and the answerer's numbers start from it unless it asks for vectors.
    pub(super) named_base: bool,

    /// The subscription of this meeting, as the opener said it, and the part of it that may be given.
    pub(super) subscription: Vec<Feed>,
    pub(super) feeds: Vec<Feed>,
    /// How we number logs, and how the peer does.
    pub(super) mine: Numbering,
    pub(super) theirs: Numbering,
    pub(super) descriptors: BTreeMap<LogId, Descriptor>,
    pub(super) papers_sent: BTreeSet<DeviceKey>,
    /// Whether the peer may not know the base that our numbers start from: logs are spelled, and named whole.
    pub(super) unnumbered: bool,
    pub(super) items_heard: u32,
    /// Serials whose key grants were asked for in this meeting, by whichever side asks.
    pub(super) grants_asked: BTreeSet<u32>,

    /// What the peer said it holds, by log.
    pub(super) peer_ends: BTreeMap<LogId, Vec<PeerEnd>>,
    /// Lines of logs that are not known here at all.
    pub(super) unknown_logs: Vec<LogEnds>,
    /// Feeds, by place in the subscription, whose lines the opener said; the others are equal.
    pub(super) differing: BTreeSet<u32>,
    pub(super) all_differ: bool,
    /// The vector of the Hello: of ours if we opened, of the peer's once it is rebuilt.
    pub(super) said: Vector,
    pub(super) base_kept: bool,

    /// Lines of vectors heard so far.
    pub(super) lines_heard: usize,
    /// Whether the opener named its logs anew since its Hello.
    pub(super) renumbered: bool,

    pub(super) staged: Vec<Staged>,
    pub(super) ungranted: Vec<(LogId, Vec<u8>)>,
    pub(super) refused_logs: BTreeSet<LogId>,

    /// Segments that crossed this connection, either way: never sent again in it.
    pub(super) crossed: BTreeSet<SegmentId>,
    /// Sent and not yet said to be durable, by log: last position and id.
    pub(super) unacknowledged: BTreeMap<LogId, BTreeSet<(u64, SegmentId)>>,
    /// What was taken since the last Taken frame, by log: last position and id.
    pub(super) taken: BTreeMap<LogId, BTreeSet<(u64, SegmentId)>>,
    pub(super) asked: BTreeMap<LogId, u32>,
    pub(super) asks: u32,
    /// How many asks there were when something of the roster was last asked for: it may grant what waits.
    pub(super) roster_asks: u32,
    pub(super) answers: u32,
    pub(super) segments_sent: u32,
    pub(super) segments_received: u32,
    pub(super) delivered: u64,
    /// What the peer's last Settled said: segments it sent, asks it answered.
    pub(super) peer_settled: Option<(u32, u32)>,
    /// What our last Settled said.
    pub(super) settled: Option<(u32, u32)>,
    pub(super) expects_more: bool,
    /// Whether something was said or heard that may settle the meeting.
    pub(super) touched: bool,
}

impl Session {
    pub(super) fn new(id: SessionId, peer: DeviceKey, dialled: bool, confirmed: bool) -> Self {
        Self {
            id,
            peer,
            dialled,
            confirmed,
            early_claim: None,
            standing: Standing::Stranger,
            stage: Stage::Silent,
            hello: None,
            answered_hello: false,
            told_stranger: false,
            shown: false,
            deferred: Vec::new(),
            peer_shown: false,
            remembers_us: false,
            receipts_crossed: Vec::new(),
            receipts_heard: Vec::new(),
            unrecognised: false,
            named_base: false,
            subscription: Vec::new(),
            feeds: Vec::new(),
            mine: Numbering::default(),
            theirs: Numbering::default(),
            descriptors: BTreeMap::new(),
            papers_sent: BTreeSet::new(),
            unnumbered: false,
            items_heard: 0,
            grants_asked: BTreeSet::new(),
            peer_ends: BTreeMap::new(),
            unknown_logs: Vec::new(),
            differing: BTreeSet::new(),
            all_differ: false,
            said: Vector::default(),
            base_kept: false,
            staged: Vec::new(),
            lines_heard: 0,
            renumbered: false,
            ungranted: Vec::new(),
            refused_logs: BTreeSet::new(),
            crossed: BTreeSet::new(),
            unacknowledged: BTreeMap::new(),
            taken: BTreeMap::new(),
            asked: BTreeMap::new(),
            asks: 0,
            roster_asks: 0,
            answers: 0,
            segments_sent: 0,
            segments_received: 0,
            delivered: 0,
            peer_settled: None,
            settled: None,
            expects_more: false,
            touched: true,
        }
    }

    /// The briefest name the peer can resolve without our spelling it.
    pub(super) fn name_of(&self, log: &LogId) -> LogRef {
        self.mine.index_of(log).unwrap_or_else(|| short_name(log))
    }

    /// Whether everything we sent was said to be durable, or refused.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.unacknowledged.values().all(BTreeSet::is_empty)
    }

    /// Whether everything the peer announced has come.
    pub(super) fn is_complete(&self) -> bool {
        match self.peer_settled {
            Some((segments, answers)) => self.segments_received >= segments && answers >= self.asks,
            None => !self.expects_more && self.asks == 0,
        }
    }

    /// Counts an ask; `of_roster`: whether the answer may be of the roster.
    pub(super) const fn count_ask(&mut self, of_roster: bool) {
        self.asks += 1;
        if of_roster {
            self.roster_asks = self.asks;
        }
    }

    /// Whether everything the peer announced has come, and every answer that may be of the roster.
    pub(super) fn has_heard_the_roster(&self) -> bool {
        self.peer_settled.is_some_and(|(segments, answers)| {
            self.segments_received >= segments && answers >= self.roster_asks
        })
    }

    /// Whether something waits that may still come by itself, and is asked for if it does not.
    pub(super) fn may_have_to_ask(&self) -> bool {
        let waiting = !self.unknown_logs.is_empty()
            || !self.staged.is_empty()
            || !self.ungranted.is_empty()
            || self.unrecognised;
        waiting && self.peer_settled.is_none()
    }

    /// Bytes of streams that wait for something.
    pub(super) fn staged_bytes(&self) -> usize {
        let staged = self.staged.iter().map(|staged| staged.bytes.len());
        staged.chain(self.ungranted.iter().map(|(_, bytes)| bytes.len())).sum()
    }

    /// What the peer said of a log, as ends.
    pub(super) fn resolved(&self, log: &LogId) -> Vec<(u64, SegmentId)> {
        let ends = self.peer_ends.get(log).into_iter().flatten();
        ends.filter_map(|end| end.id.map(|id| (end.n, id))).collect()
    }
}

/// The name of a log that both may know.
pub(super) fn short_name(log: &LogId) -> LogRef {
    LogRef::Short(log.0.first_chunk::<8>().copied().unwrap_or_default())
}

/// An end as the peer spelled it, with what we made of it.
pub(super) fn peer_ends(shorts: &[ShortEnd], ids: Vec<Option<SegmentId>>) -> Vec<PeerEnd> {
    shorts.iter().zip(ids).map(|((n, short), id)| PeerEnd { n: *n, short: *short, id }).collect()
}
