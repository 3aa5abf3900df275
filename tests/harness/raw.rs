//! One end of a connection in the story's own hands: it says what it likes to a party.

use khettara_core::id::DeviceKey;
use khettara_core::sync::{CloseReason, Input, Now, Output, SessionId};
use khettara_core::wire::Frame;

use crate::party::Node;

/// A peer with this key, played by the story.
pub struct Raw<'n> {
    node: &'n mut Node,
    session: SessionId,
    /// What the party said so far.
    pub heard: Vec<Frame>,
    /// Streams the party sent so far.
    pub streams: Vec<Vec<u8>>,
    /// How the party closed the connection, if it did.
    pub closed: Option<CloseReason>,
}

impl<'n> Raw<'n> {
    /// `peer` reaches the party, its handshake complete or not.
    pub fn reaches(node: &'n mut Node, peer: DeviceKey, confirmed: bool) -> Self {
        Self::open(node, peer, false, confirmed)
    }

    /// The party reaches `peer`.
    pub fn is_reached(node: &'n mut Node, peer: DeviceKey) -> Self {
        Self::open(node, peer, true, true)
    }

    fn open(node: &'n mut Node, peer: DeviceKey, dialled: bool, confirmed: bool) -> Self {
        let mut raw = Self { node, session: 900_000, heard: vec![], streams: vec![], closed: None };
        let session = raw.session;
        raw.give(Input::Opened { session, peer, dialled, confirmed });
        raw
    }

    fn give(&mut self, input: Input) {
        let (outputs, result) = self.node.engine.handle(&mut *self.node.store, Now::default(), vec![input]);
        result.expect("the store works");
        for output in outputs {
            match output {
                Output::Frame { frame, .. } => {
                    self.heard.push(Frame::from_bytes(&frame).expect("the party says frames"));
                }
                Output::Segment { bytes, .. } => self.streams.push(bytes),
                Output::Close { reason, .. } => self.closed = Some(reason),
                Output::WakeAt { .. } | Output::Notice(_) => {}
            }
        }
    }

    /// The handshake is complete now.
    pub fn confirm(&mut self) {
        self.give(Input::Confirmed { session: self.session });
    }

    /// Says a frame.
    pub fn say(&mut self, frame: &Frame) {
        self.say_bytes(frame.to_bytes());
    }

    /// Says the bytes of a frame, good or not.
    pub fn say_bytes(&mut self, frame: Vec<u8>) {
        self.give(Input::Frame { session: self.session, frame });
    }

    /// Sends a whole stream.
    pub fn send(&mut self, bytes: Vec<u8>) {
        self.give(Input::Segment { session: self.session, bytes, whole: true });
    }

    /// Says again what somebody said before: `(whether the dialler, whether a stream, bytes)`.
    pub fn repeat(&mut self, said: &[(bool, bool, Vec<u8>)]) {
        for (_, stream, bytes) in said.iter().filter(|(dialler, ..)| *dialler) {
            if *stream { self.send(bytes.clone()) } else { self.say_bytes(bytes.clone()) }
        }
    }

    /// Hangs up.
    pub fn hang_up(mut self) {
        self.give(Input::Lost { session: self.session });
    }
}
