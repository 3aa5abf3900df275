//! All that the engine can be told, and all it can ask for. The driver in `node` carries both.

use crate::id::{DeviceKey, Feed, LogId};
use crate::wire::Refusal;

/// One connection's number, given by the driver, never used again in this process.
pub type SessionId = u64;

/// What the world tells the engine.
#[derive(Debug, Clone)]
pub enum Input {
    /// A peer that has proved possession of `peer` is there.
    Opened {
        /// The new session.
        session: SessionId,
        /// The peer's TLS key.
        peer: DeviceKey,
        /// Whether we dialled.
        dialled: bool,
        /// Whether the handshake is complete; false while 0-RTT bytes may still be a replay.
        confirmed: bool,
    },
    /// The handshake of a session opened unconfirmed is now complete.
    Confirmed {
        /// The session.
        session: SessionId,
    },
    /// One whole control frame: type byte and body, its length prefix taken off.
    Frame {
        /// The session.
        session: SessionId,
        /// `type u8 ‖ body`, 1 to `FRAME_BYTES_MAX` bytes.
        frame: Vec<u8>,
    },
    /// One unidirectional stream: a segment's header and sealed bytes, whole or as far as it came.
    Segment {
        /// The session.
        session: SessionId,
        /// All bytes received in order from the stream's start.
        bytes: Vec<u8>,
        /// Whether the sender finished it.
        whole: bool,
    },
    /// The connection is gone.
    Lost {
        /// The session.
        session: SessionId,
    },
    /// A moment asked for with [`Output::WakeAt`] has come.
    Wake,
    /// Somebody else (the device itself, another session) changed what these feeds hold.
    StoreChanged {
        /// The feeds.
        feeds: Vec<Feed>,
    },
}

/// What the engine asks of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write one control frame: type byte and body; the driver puts the length before it.
    Frame {
        /// The session.
        session: SessionId,
        /// `type u8 ‖ body`.
        frame: Vec<u8>,
    },
    /// Open one unidirectional stream, write `bytes`, finish it.
    Segment {
        /// The session.
        session: SessionId,
        /// Header and sealed bytes.
        bytes: Vec<u8>,
        /// Higher goes first.
        priority: i32,
    },
    /// End the connection.
    Close {
        /// The session.
        session: SessionId,
        /// Why, as a number on the wire and a sentence for the log.
        reason: CloseReason,
    },
    /// Call again with [`Input::Wake`] at this moment.
    WakeAt {
        /// Milliseconds on the driver's monotonic clock.
        at_ms: u64,
    },
    /// Something a person or the program around should know.
    Notice(Notice),
}

/// Why a connection ends. The number travels as QUIC's application error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CloseReason {
    /// Everything is said.
    Done = 0,
    /// No protocol version in common: one side must be updated.
    Version = 1,
    /// The peer broke the protocol: malformed, oversized or forbidden bytes.
    Misbehaved = 2,
    /// The peer belongs to another organisation, or is not the relay whose key is pinned.
    WrongOrganisation = 3,
    /// The peer is not, or no longer, admitted.
    NotAdmitted = 4,
    /// Our store could not take what was sent; nothing was acknowledged that is not durable.
    StoreFailed = 5,
    /// We are stopping.
    Stopping = 6,
}

impl CloseReason {
    /// The reason a number on the wire stands for; unknown numbers read as [`CloseReason::Done`].
    #[must_use]
    pub const fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Version,
            2 => Self::Misbehaved,
            3 => Self::WrongOrganisation,
            4 => Self::NotAdmitted,
            5 => Self::StoreFailed,
            6 => Self::Stopping,
            _ => Self::Done,
        }
    }
}

/// What happened, for the program around the engine. Ids and counts only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Segments of these feeds are newly held: readers may open them.
    Held {
        /// The feeds.
        feeds: Vec<Feed>,
    },
    /// The roster changed: rights, keys or delegations may be others now.
    RosterChanged,
    /// A receipt for our own work arrived.
    ReceiptArrived,
    /// The session has nothing left to say or to wait for.
    Settled {
        /// The session.
        session: SessionId,
        /// Segments taken in.
        received: u64,
        /// Segments the peer said it holds durably now and did not before.
        delivered: u64,
    },
    /// Our claim won: this tablet is enrolled.
    Enrolled,
    /// The peer refused us, or our claim.
    Refused {
        /// Why.
        reason: Refusal,
    },
    /// The peer did not take a log's segments now; they are kept and offered again.
    LogRefused {
        /// The log.
        log: LogId,
        /// Why.
        reason: Refusal,
    },
    /// Two branches of one log were proved: a clone or a restored backup.
    Fork {
        /// The device whose log it is.
        device: DeviceKey,
        /// Whether it is our own.
        own: bool,
    },
}
