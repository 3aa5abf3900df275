//! What waits to be sent to one peer: frames in order, segments by priority, both within one bound.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use khettara_core::sync::CloseReason;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Outboxes;
use super::session::FrameOut;

/// What one waiting output costs beside its bytes.
const OUTPUT_OVERHEAD_BYTES: usize = 128;

/// Bytes that count against an outbox until they are dropped.
#[derive(Debug)]
pub struct Parcel {
    bytes: Vec<u8>,
    meters: [Arc<AtomicUsize>; 2],
}

impl Parcel {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn cost(&self) -> usize {
        self.bytes.len() + OUTPUT_OVERHEAD_BYTES
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        for meter in &self.meters {
            meter.fetch_sub(self.cost(), Ordering::Relaxed);
        }
    }
}

/// A segment to send.
#[derive(Debug)]
pub struct SegmentOut {
    /// Header and sealed bytes.
    pub parcel: Parcel,
    /// Higher goes first.
    pub priority: i32,
}

/// The engine's end of one session's outbox.
pub(super) struct Outbox {
    frames: UnboundedSender<FrameOut>,
    segments: Arc<SegmentLane>,
    waiting: Arc<AtomicUsize>,
    closed: bool,
}

/// The connection's end.
pub(super) struct Outgoing {
    pub(super) frames: UnboundedReceiver<FrameOut>,
    pub(super) segments: Arc<SegmentLane>,
}

/// Both ends of a new outbox.
pub(super) fn channel() -> (Outbox, Outgoing) {
    let (frames, receiver) = unbounded_channel();
    let segments = Arc::new(SegmentLane::default());
    let outbox =
        Outbox { frames, segments: segments.clone(), waiting: Arc::new(AtomicUsize::new(0)), closed: false };
    (outbox, Outgoing { frames: receiver, segments })
}

impl Outbox {
    /// Whether the session has been told to close: it hears and says nothing more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Queues a frame; false where it did not fit, and the session ends.
    pub(super) fn frame(&self, frame: Vec<u8>, all: &Arc<AtomicUsize>, bounds: Outboxes) -> bool {
        match self.parcel(frame, all, bounds) {
            Some(parcel) => {
                // A connection that is gone has no use for it; its end is on its way to the engine.
                let _ = self.frames.send(FrameOut::Frame(parcel));
                true
            }
            None => false,
        }
    }

    /// Queues a segment; false where it did not fit, and the session ends once the rest is sent.
    pub(super) fn segment(
        &self,
        bytes: Vec<u8>,
        priority: i32,
        all: &Arc<AtomicUsize>,
        bounds: Outboxes,
    ) -> bool {
        match self.parcel(bytes, all, bounds) {
            Some(parcel) => {
                self.segments.push(SegmentOut { parcel, priority });
                true
            }
            None => false,
        }
    }

    /// Lets the connection end after the frames queued so far; where all is said, or the outbox is
    /// `full`, after the segments too.
    pub(super) fn close(&mut self, reason: CloseReason, full: bool) {
        if self.closed {
            return;
        }
        self.closed = true;
        self.segments.close(full || reason == CloseReason::Done);
        // A connection that is gone needs no telling.
        let _ = self.frames.send(FrameOut::Close { reason, full });
    }

    fn parcel(&self, bytes: Vec<u8>, all: &Arc<AtomicUsize>, bounds: Outboxes) -> Option<Parcel> {
        let cost = bytes.len() + OUTPUT_OVERHEAD_BYTES;
        let fits = self.waiting.load(Ordering::Relaxed) + cost <= bounds.session_bytes_max
            && all.load(Ordering::Relaxed) + cost <= bounds.all_bytes_max;
        if !fits {
            return None;
        }
        // Only the engine's thread adds, so nothing is added between the look and here.
        for meter in [&self.waiting, all] {
            meter.fetch_add(cost, Ordering::Relaxed);
        }
        Some(Parcel { bytes, meters: [self.waiting.clone(), all.clone()] })
    }
}

/// Segments by priority, then in the order they were asked for.
#[derive(Default)]
pub(super) struct SegmentLane {
    state: Mutex<LaneState>,
    changed: Notify,
}

#[derive(Default)]
struct LaneState {
    waiting: BTreeMap<(Reverse<i32>, u64), SegmentOut>,
    asked: u64,
    closed: bool,
}

impl SegmentLane {
    fn state(&self) -> MutexGuard<'_, LaneState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, segment: SegmentOut) {
        {
            let mut state = self.state();
            state.asked += 1;
            let place = (Reverse(segment.priority), state.asked);
            state.waiting.insert(place, segment);
        }
        self.changed.notify_one();
    }

    fn close(&self, keep: bool) {
        {
            let mut state = self.state();
            state.closed = true;
            if !keep {
                state.waiting.clear();
            }
        }
        self.changed.notify_one();
    }

    /// The next segment to send; `None` where the session is closing and none is left.
    pub(super) async fn next(&self) -> Option<SegmentOut> {
        loop {
            {
                let mut state = self.state();
                if let Some((_, segment)) = state.waiting.pop_first() {
                    return Some(segment);
                }
                if state.closed {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }
}
