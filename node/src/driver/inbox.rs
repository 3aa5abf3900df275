//! What waits for the engine, bounded in bytes over all sessions.

use std::sync::Arc;

use khettara_core::id::DeviceKey;
use khettara_core::limits::INPUT_BYTES_QUEUED_MAX;
use khettara_core::sync::{Input, SessionId};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::outbox::Outbox;
use super::{Ended, Stopped};

/// What one waiting input costs beside its bytes.
const INPUT_OVERHEAD_BYTES: usize = 128;

/// One thing for the engine's thread, and the room it takes until that thread has dealt with it.
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

pub(super) enum Kind {
    /// A new session and where its outputs go.
    Open { input: Input, session: SessionId, peer: DeviceKey, dialled: bool, outbox: Outbox },
    /// Bytes of a session, or its confirmation.
    Session { session: SessionId, input: Input },
    /// From the program around the engine.
    Own(Input),
    /// The last of a session.
    End { session: SessionId, how: Ended },
    /// The last of all.
    Stop,
}

impl Message {
    pub(super) fn open(
        session: SessionId,
        peer: DeviceKey,
        dialled: bool,
        confirmed: bool,
        outbox: Outbox,
    ) -> Self {
        let input = Input::Opened { session, peer, dialled, confirmed };
        Self { kind: Kind::Open { input, session, peer, dialled, outbox }, room: None }
    }

    pub(super) fn session(session: SessionId, input: Input, room: Option<OwnedSemaphorePermit>) -> Self {
        Self { kind: Kind::Session { session, input }, room }
    }

    pub(super) fn told(input: Input, room: Option<OwnedSemaphorePermit>) -> Self {
        Self { kind: Kind::Own(input), room }
    }

    pub(super) fn end(session: SessionId, how: Ended) -> Self {
        Self { kind: Kind::End { session, how }, room: None }
    }

    pub(super) fn stop() -> Self {
        Self { kind: Kind::Stop, room: None }
    }
}

/// The way to the engine's thread. The channel itself has no bound: what carries bytes brings its room with
/// it, the program's own inputs bring a place, and a session's beginning, confirmation and end are three.
#[derive(Clone)]
pub(super) struct Inbox {
    messages: UnboundedSender<Message>,
    room: Arc<Semaphore>,
}

/// An inbox and what reads it.
pub(super) fn channel() -> (Inbox, UnboundedReceiver<Message>) {
    let (messages, receiver) = unbounded_channel();
    (Inbox { messages, room: Arc::new(Semaphore::new(INPUT_BYTES_QUEUED_MAX)) }, receiver)
}

impl Inbox {
    pub(super) fn tell(&self, message: Message) -> Result<(), Stopped> {
        self.messages.send(message).map_err(|_| Stopped)
    }

    /// Room for an input of `bytes`, first come first served.
    pub(super) async fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Stopped> {
        let cost = bytes.saturating_add(INPUT_OVERHEAD_BYTES).min(INPUT_BYTES_QUEUED_MAX);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        tokio::select! {
            room = self.room.clone().acquire_many_owned(cost) => room.map_err(|_| Stopped),
            () = self.messages.closed() => Err(Stopped),
        }
    }
}
