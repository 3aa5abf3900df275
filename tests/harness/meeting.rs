//! Two parties meet: their engines talk over a link that the story may cut at any byte.

use std::collections::VecDeque;

use khettara_core::limits;
use khettara_core::sync::{EngineError, Input, Notice, Now, Output, SessionId};

use crate::chance::Chance;
use crate::party::Node;

/// 21 November 2026: the world begins.
const BEGUN_MS: u64 = 1_795_219_200_000;
/// The end of 2099, in milliseconds since 1970.
const LAST_MS: u64 = 4_102_444_800_000;

/// What the clocks on the wall show, in milliseconds since 1970.
#[derive(Debug, Clone, Default)]
pub enum Clocks {
    /// Nothing: they do not know.
    #[default]
    Unknown,
    /// The right time.
    Right,
    /// Always this: the dialler's, the other's.
    Standing(u64, u64),
    /// Another time at every look, anything from 1970 to 2099, as this says.
    Jumping(Chance),
}

/// How the link behaves.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The connection is lost after this many bytes in both directions together; none: never.
    pub cut_after_bytes: Option<u64>,
    /// One side (true: the dialler) hears nothing any more after this many bytes both ways; the other still does.
    pub deaf: Option<(bool, u64)>,
    /// Streams overtake control frames and each other, as this says of each: higher goes first.
    pub shuffle: Option<Chance>,
    /// Bytes arrive before the handshake is complete, as with 0-RTT.
    pub early: bool,
    /// What has arrived for one side is taken together, with one flush, as a busy driver does.
    pub batched: bool,
    /// Every stream arrives twice.
    pub twice: bool,
    /// The power of one side (true: the dialler) goes after it has taken this many inputs.
    pub power_cut: Option<(bool, u64)>,
    /// The power goes with the first error of a store.
    pub dies_with_its_disk: bool,
    /// What the clocks on the wall show.
    pub clocks: Clocks,
    /// What the dialler says, and the streams that it sends, are changed on the way as this says: it is hostile.
    pub lies: Option<Chance>,
}

/// What a meeting was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Bytes of frames and streams from the dialler.
    pub bytes_up: u64,
    /// Bytes of frames and streams to the dialler.
    pub bytes_down: u64,
    /// Control bytes alone, both ways, by frame type in order of saying: `(from the dialler, type, bytes)`.
    pub frames: Vec<(bool, u8, usize)>,
    /// Everything said, in order: whether by the dialler, whether a stream, its bytes.
    pub said: Vec<(bool, bool, Vec<u8>)>,
    /// Segments sent by the dialler, and to it.
    pub segments_up: u64,
    /// Segments sent to the dialler.
    pub segments_down: u64,
    /// How often the direction of speech turned: 2 is one round trip.
    pub turns: u32,
    /// What the dialler was told.
    pub notices: Vec<Notice>,
    /// What the other was told.
    pub notices_there: Vec<Notice>,
    /// Whether the dialler's engine said that all is said.
    pub settled: bool,
    /// Whether the link was cut before.
    pub lost: bool,
    /// Whose power went, if anybody's (true: the dialler's).
    pub dark: Option<bool>,
    /// How the connection was closed, by whom (true: the dialler).
    pub closed: Option<(bool, khettara_core::sync::CloseReason)>,
    /// What the stores said.
    pub errors: Vec<EngineError>,
}

/// Two parties talking.
pub struct Meeting<'w> {
    dialler: &'w mut Node,
    other: &'w mut Node,
    session: SessionId,
    link: Link,
    now_ms: u64,
    report: Report,
    queue: VecDeque<(bool, Input, u64)>,
    over: bool,
}

impl<'w> Meeting<'w> {
    /// `dialler` reaches `other`, at this time of the world.
    #[must_use]
    pub fn new(
        dialler: &'w mut Node,
        other: &'w mut Node,
        (session, now_ms): (SessionId, u64),
        link: Link,
    ) -> Self {
        Self {
            dialler,
            other,
            session,
            link,
            now_ms,
            report: Report::default(),
            queue: VecDeque::new(),
            over: false,
        }
    }

    /// Talks until both fall silent or the link is lost.
    ///
    /// # Panics
    /// Where they never fall silent.
    #[must_use]
    pub fn run(mut self) -> Report {
        let (here, there) = (self.dialler.key(), self.other.key());
        let (session, confirmed) = (self.session, !self.link.early);
        self.give(false, vec![Input::Opened { session, peer: here, dialled: false, confirmed }]);
        self.give(true, vec![Input::Opened { session, peer: there, dialled: true, confirmed }]);
        if self.link.early {
            self.queue.push_back((false, Input::Confirmed { session }, 1));
            self.queue.push_back((true, Input::Confirmed { session }, 1));
        }
        let mut speaker = true;
        for _ in 0..1_000_000 {
            let Some((to_dialler, input, bytes)) = self.next() else { break };
            if speaker == to_dialler {
                self.report.turns += 1;
                speaker = !speaker;
            }
            if self.is_unheard(to_dialler, bytes) {
                continue;
            }
            if self.lose(bytes) {
                self.truncate(to_dialler, input);
                break;
            }
            let mut inputs = vec![input];
            while self.link.batched && inputs.len() < limits::INPUTS_PER_COMMIT_MAX && !self.over {
                // Only what waits for the same side, in the order it would have come.
                if self.queue.front().is_none_or(|(side, ..)| *side != to_dialler) {
                    break;
                }
                let Some((_, input, bytes)) = self.queue.pop_front() else { break };
                if !self.lose(bytes) && !self.is_unheard(to_dialler, bytes) {
                    inputs.push(input);
                }
            }
            self.give(to_dialler, inputs);
        }
        assert!(self.queue.is_empty() || self.over, "the parties never fall silent");
        let dark = self.report.dark;
        for side in [true, false].into_iter().filter(|side| dark != Some(*side)) {
            self.give(side, vec![Input::Lost { session }]);
        }
        self.report
    }

    fn next(&mut self) -> Option<(bool, Input, u64)> {
        if self.over {
            return None;
        }
        let place = match &mut self.link.shuffle {
            None => 0,
            // Control frames keep their order among themselves; a stream may arrive before or after any.
            Some(chance) => {
                let streams: Vec<usize> = (0..self.queue.len())
                    .filter(|place| matches!(self.queue[*place].1, Input::Segment { .. }))
                    .collect();
                match streams.get(chance.below(streams.len() as u64 + 1) as usize) {
                    Some(place) => *place,
                    None => self
                        .queue
                        .iter()
                        .position(|(_, input, _)| !matches!(input, Input::Segment { .. }))
                        .unwrap_or(0),
                }
            }
        };
        self.queue.remove(place)
    }

    /// A stream of which the link carried a part.
    fn truncate(&mut self, to_dialler: bool, input: Input) {
        if let Input::Segment { session, mut bytes, .. } = input {
            bytes.truncate(bytes.len() / 2);
            self.give(to_dialler, vec![Input::Segment { session, bytes, whole: false }]);
        }
    }

    /// Whether the link carries nothing to this side any more.
    fn is_unheard(&mut self, to_dialler: bool, bytes: u64) -> bool {
        let Some((side, left)) = &mut self.link.deaf else { return false };
        let is_over = *left < bytes;
        *left = left.saturating_sub(bytes);
        self.report.lost |= is_over;
        is_over && *side == to_dialler
    }

    fn lose(&mut self, bytes: u64) -> bool {
        let Some(left) = &mut self.link.cut_after_bytes else { return false };
        if *left >= bytes {
            *left -= bytes;
            return false;
        }
        self.over = true;
        self.report.lost = true;
        true
    }

    fn give(&mut self, to_dialler: bool, inputs: Vec<Input>) {
        if self.loses_power(to_dialler) {
            return;
        }
        let node = if to_dialler { &mut *self.dialler } else { &mut *self.other };
        self.now_ms += 1;
        let shown_time = match &mut self.link.clocks {
            Clocks::Unknown => 0,
            Clocks::Right => BEGUN_MS + self.now_ms,
            Clocks::Standing(here, there) => *if to_dialler { here } else { there },
            Clocks::Jumping(chance) => chance.below(LAST_MS),
        };
        let now = Now { monotonic_ms: self.now_ms, shown_time };
        let (outputs, result) = node.engine.handle(&mut *node.store, now, inputs);
        if let Err(error) = result {
            self.report.errors.push(error);
            if self.link.dies_with_its_disk {
                self.darken(to_dialler);
                return;
            }
        }
        for output in outputs {
            self.carry(to_dialler, output);
        }
    }

    fn loses_power(&mut self, dialler: bool) -> bool {
        match &mut self.link.power_cut {
            Some((side, 0)) if *side == dialler => {
                self.darken(dialler);
                true
            }
            Some((side, left)) if *side == dialler => {
                *left -= 1;
                false
            }
            _ => false,
        }
    }

    fn darken(&mut self, dialler: bool) {
        self.over = true;
        self.report.lost = true;
        self.report.dark.get_or_insert(dialler);
    }

    fn carry(&mut self, from_dialler: bool, output: Output) {
        let session = self.session;
        match output {
            Output::Frame { mut frame, .. } => {
                self.lie(from_dialler, &mut frame);
                let bytes = frame.len() as u64 + 1;
                self.report.frames.push((from_dialler, frame[0], frame.len()));
                self.report.said.push((from_dialler, false, frame.clone()));
                self.count(from_dialler, bytes);
                self.queue.push_back((!from_dialler, Input::Frame { session, frame }, bytes));
            }
            Output::Segment { mut bytes, .. } => {
                self.lie(from_dialler, &mut bytes);
                let length = bytes.len() as u64;
                self.report.said.push((from_dialler, true, bytes.clone()));
                self.count(from_dialler, length);
                if from_dialler {
                    self.report.segments_up += 1;
                } else {
                    self.report.segments_down += 1;
                }
                if self.link.twice {
                    let again = Input::Segment { session, bytes: bytes.clone(), whole: true };
                    self.queue.push_back((!from_dialler, again, length));
                }
                self.queue.push_back((!from_dialler, Input::Segment { session, bytes, whole: true }, length));
            }
            Output::Close { reason, .. } => {
                self.report.closed.get_or_insert((from_dialler, reason));
                // What was sent before the close still arrives where it flows the same way; the rest is lost.
                self.queue.retain(|(to_dialler, _, _)| *to_dialler != from_dialler);
            }
            Output::WakeAt { .. } => {}
            Output::Notice(notice) => {
                self.report.settled |= from_dialler && matches!(notice, Notice::Settled { .. });
                let list =
                    if from_dialler { &mut self.report.notices } else { &mut self.report.notices_there };
                list.push(notice);
            }
        }
    }

    /// A hostile dialler's words: one in five is another than its engine chose.
    fn lie(&mut self, by_dialler: bool, bytes: &mut Vec<u8>) {
        let Some(chance) = self.link.lies.as_mut().filter(|_| by_dialler) else { return };
        if bytes.is_empty() || !chance.percent(20) {
            return;
        }
        let at = chance.below(bytes.len() as u64) as usize;
        match chance.below(4) {
            0 => bytes[at] ^= 1 << chance.below(8),
            1 => bytes.truncate(at.max(1)),
            2 => bytes.insert(at, 0xff),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }

    fn count(&mut self, from_dialler: bool, bytes: u64) {
        if from_dialler {
            self.report.bytes_up += bytes;
        } else {
            self.report.bytes_down += bytes;
        }
    }
}
