//! One session as its connection sees it: what to send, and where to put what arrives.

use khettara_core::id::DeviceKey;
use khettara_core::sync::{CloseReason, Input, SessionId};

use super::inbox::Message;
use super::outbox::{Outgoing, Parcel, SegmentOut};
use super::{DriverHandle, Ended, Stopped};

/// What to write on the control stream.
#[derive(Debug)]
pub enum FrameOut {
    /// One frame: type byte and body.
    Frame(Parcel),
    /// End the connection once what was queued before is written.
    Close {
        /// Why.
        reason: CloseReason,
        /// Whether the reason is that the outbox was full: everything before must arrive.
        full: bool,
    },
}

/// A session in the hands of its connection. Dropping it, however that happens, tells the engine of its loss.
pub struct SessionPort {
    session: SessionId,
    handle: DriverHandle,
    peer: DeviceKey,
    dialled: bool,
    outgoing: Outgoing,
    ended: Ended,
}

/// The halves of a port while bytes flow, so that all four directions run side by side.
pub struct PortHalves<'a> {
    /// Where what arrives goes.
    pub arriving: Arriving,
    /// Frames to write.
    pub frames: FramesOut<'a>,
    /// Segments to write.
    pub segments: SegmentsOut<'a>,
}

/// Where a session's arriving bytes go.
#[derive(Clone)]
pub struct Arriving {
    session: SessionId,
    handle: DriverHandle,
}

/// A session's frames to write.
pub struct FramesOut<'a>(&'a mut tokio::sync::mpsc::UnboundedReceiver<FrameOut>);

/// A session's segments to write.
pub struct SegmentsOut<'a>(&'a super::outbox::SegmentLane);

impl SessionPort {
    pub(super) fn new(
        session: SessionId,
        handle: DriverHandle,
        peer: DeviceKey,
        dialled: bool,
        outgoing: Outgoing,
    ) -> Self {
        Self { session, handle, peer, dialled, outgoing, ended: Ended::Lost }
    }

    /// The session's number.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.session
    }

    /// Splits the port for the time bytes flow.
    pub fn halves(&mut self) -> PortHalves<'_> {
        PortHalves {
            arriving: Arriving { session: self.session, handle: self.handle.clone() },
            frames: FramesOut(&mut self.outgoing.frames),
            segments: SegmentsOut(&self.outgoing.segments),
        }
    }

    /// The session is over; nothing of it follows.
    pub fn end(mut self, how: Ended) {
        self.ended = how;
    }

    /// Ends this session and opens another on the same, now confirmed, connection.
    ///
    /// # Errors
    /// [`Stopped`]: there is no new session.
    pub fn reopen(self) -> Result<Self, Stopped> {
        let (handle, peer, dialled) = (self.handle.clone(), self.peer, self.dialled);
        self.end(Ended::EarlyRefused);
        handle.open(peer, dialled, true)
    }
}

impl Drop for SessionPort {
    fn drop(&mut self) {
        // An engine that is gone needs no telling.
        let _ = self.handle.0.inbox.tell(Message::end(self.session, self.ended));
        self.handle.0.sessions.send_modify(|open| *open -= 1);
    }
}

impl Arriving {
    /// Hands over one frame; waits while the engine is far behind.
    ///
    /// # Errors
    /// [`Stopped`]: it was not taken.
    pub async fn frame(&self, frame: Vec<u8>) -> Result<(), Stopped> {
        let room = self.handle.0.inbox.room_for(frame.len()).await?;
        let input = Input::Frame { session: self.session, frame };
        self.handle.0.inbox.tell(Message::session(self.session, input, Some(room)))
    }

    /// Hands over one segment, or its beginning; waits while the engine is far behind.
    ///
    /// # Errors
    /// [`Stopped`]: it was not taken.
    pub async fn segment(&self, bytes: Vec<u8>, whole: bool) -> Result<(), Stopped> {
        let room = self.handle.0.inbox.room_for(bytes.len()).await?;
        let input = Input::Segment { session: self.session, bytes, whole };
        self.handle.0.inbox.tell(Message::session(self.session, input, Some(room)))
    }

    /// Says that the handshake is complete.
    ///
    /// # Errors
    /// [`Stopped`]: it was not taken.
    pub fn confirmed(&self) -> Result<(), Stopped> {
        let input = Input::Confirmed { session: self.session };
        self.handle.0.inbox.tell(Message::session(self.session, input, None))
    }
}

impl FramesOut<'_> {
    /// What to write next; a close where the engine is gone.
    pub async fn next(&mut self) -> FrameOut {
        self.0.recv().await.unwrap_or(FrameOut::Close { reason: CloseReason::Stopping, full: false })
    }
}

impl SegmentsOut<'_> {
    /// The next segment to write; `None` where the session is closing and none is left.
    pub async fn next(&self) -> Option<SegmentOut> {
        self.0.next().await
    }
}
