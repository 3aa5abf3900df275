//! One connection: a control stream of frames, and a stream for each segment, both ways side by side.

use std::fmt;
use std::future::{pending, ready};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use khettara_core::id::DeviceKey;
use khettara_core::limits::SEGMENTS_BEGUN_BYTES_MAX;
use khettara_core::sync::CloseReason;
use quinn::{ConnectionError, RecvStream, SendStream, StoppedError, VarInt, WriteError, ZeroRttAccepted};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::dial::Answered;
use super::frame::{self, FrameError};
use super::identity::peer_key;
use super::presence::Presence;
use super::profile::{FIRST_FRAME_MS_MAX, LAST_WORDS_MS_MAX, SHORT_LAST_WORDS_MS_MAX};
use super::segment::{self, Begun, TooMuch};
use crate::driver::{Arriving, Ended, FrameOut, FramesOut, Link, PortHalves, SegmentsOut, SessionPort};

/// Control goes before every segment: a receipt is short and somebody waits for it.
const CONTROL_PRIORITY: i32 = 1_000;

/// A handshake still under way while bytes already flow.
pub(super) struct Early {
    pub(super) accepted: ZeroRttAccepted,
    /// Given up when it takes longer.
    pub(super) patience: Duration,
    /// The listener's count of handshakes in progress.
    pub(super) counted: Option<OwnedSemaphorePermit>,
    /// Where we dialled: whether anybody listens there.
    pub(super) presence: Option<Presence>,
}

/// A QUIC connection to a peer that has proved its key, now or when the resumed session began.
pub struct Connection {
    pub(super) inner: quinn::Connection,
    peer: DeviceKey,
    early: Option<Early>,
    /// Present where we dialled.
    answered: Option<Answered>,
}

/// What the handshake of an unconfirmed connection came to.
enum Outcome {
    Confirmed,
    /// The bytes sent so far are lost; the connection itself is good.
    EarlyRefused,
    /// The connection is gone or going.
    Failed,
    /// Nobody answered, or nobody is there.
    Silent {
        down: bool,
    },
}

impl Connection {
    pub(super) fn dialled_by(
        inner: quinn::Connection,
        peer: DeviceKey,
        early: Option<Early>,
        answered: Answered,
    ) -> Self {
        Self { inner, peer, early, answered: Some(answered) }
    }

    pub(super) fn accepted(inner: quinn::Connection, peer: DeviceKey, early: Option<Early>) -> Self {
        Self { inner, peer, early, answered: None }
    }

    /// Where the peer is.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.inner.remote_address()
    }

    async fn outcome(&self, early: Early) -> Outcome {
        let Early { accepted, patience, counted, presence } = early;
        let denied = async {
            match &presence {
                Some(presence) => presence.denied().await,
                None => pending().await,
            }
        };
        let accepted = tokio::select! {
            accepted = timeout(patience, accepted) => accepted.map_err(|_| false),
            () = denied => Err(true),
        };
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(down) => {
                self.forget();
                return Outcome::Silent { down };
            }
        };
        drop(counted);
        if self.inner.close_reason().is_some() {
            self.forget();
            return Outcome::Failed;
        }
        if peer_key(&self.inner) != Some(self.peer) {
            // TLS verifies nothing where a session is resumed: this is the place that does.
            close(&self.inner, CloseReason::WrongOrganisation);
            self.forget();
            return Outcome::Failed;
        }
        if let Some(answered) = &self.answered {
            answered.note(self.peer, self.inner.remote_address());
        }
        if accepted || !self.dialled() { Outcome::Confirmed } else { Outcome::EarlyRefused }
    }

    fn forget(&self) {
        if let Some(answered) = &self.answered {
            answered.forget(&self.peer);
        }
    }

    /// Returns only where the relay refused what was sent before the handshake.
    async fn early_refused(
        &self,
        early: Option<Early>,
        control: Option<impl Future<Output = Result<Option<VarInt>, StoppedError>>>,
        arriving: Arriving,
        confirmed: watch::Sender<bool>,
        here: &OnceLock<Ended>,
    ) {
        let Some(early) = early else { return pending().await };
        match self.outcome(early).await {
            // The flow of bytes ends with the connection.
            Outcome::Failed => return pending().await,
            Outcome::Silent { down } => {
                here.get_or_init(|| Ended::NoAnswer { down });
                close(&self.inner, CloseReason::Done);
                return pending().await;
            }
            Outcome::EarlyRefused if was_refused(control).await => return,
            // What was said came too late to be early: nothing of it is lost.
            Outcome::EarlyRefused | Outcome::Confirmed => {}
        }
        // An engine that is gone closes the session by itself.
        let _ = arriving.confirmed();
        confirmed.send_replace(true);
        pending().await
    }

    /// Carries bytes until the connection is gone.
    async fn flow(&self, port: &mut SessionPort, early: Option<Early>) -> Ended {
        let here = OnceLock::new();
        let opened = match self.dialled() {
            false => None,
            true => match self.inner.open_bi().await {
                Ok(streams) => Some(streams),
                Err(_) => return self.ended(&here).await,
            },
        };
        let stopped = opened.as_ref().map(|(send, _)| send.stopped());
        // Nothing that reaches a dialler before the handshake completes can be from the relay: it waits.
        let (confirmed, ready) = watch::channel(early.is_none() || !self.dialled());
        let halves = port.halves();
        let refused = self.early_refused(early, stopped, halves.arriving.clone(), confirmed, &here);
        tokio::select! {
            () = self.talk(opened, halves, ready, &here) => self.ended(&here).await,
            () = refused => Ended::EarlyRefused,
        }
    }

    async fn ended(&self, here: &OnceLock<Ended>) -> Ended {
        match self.inner.closed().await {
            ConnectionError::ApplicationClosed(close) => {
                Ended::There(CloseReason::from_code(close.error_code.into_inner()))
            }
            ConnectionError::LocallyClosed => here.get().copied().unwrap_or(Ended::Lost),
            _ => Ended::Lost,
        }
    }

    async fn talk(
        &self,
        opened: Option<(SendStream, RecvStream)>,
        halves: PortHalves<'_>,
        ready: watch::Receiver<bool>,
        here: &OnceLock<Ended>,
    ) {
        let PortHalves { arriving, mut frames, segments } = halves;
        let (send, recv, held) = match opened {
            Some((send, recv)) => (send, recv, None),
            None => match self.accept_control(&mut frames, here).await {
                Some(control) => control,
                None => return,
            },
        };
        let speak = async {
            self.speak(send, held, frames, segments, here).await;
            pending::<()>().await;
        };
        tokio::select! {
            () = self.hear(recv, arriving, ready, here) => {}
            () = speak => {}
        }
    }

    /// The control stream, and the first frame if one was asked for before the peer opened it; none where the
    /// connection ends before.
    async fn accept_control(
        &self,
        frames: &mut FramesOut<'_>,
        here: &OnceLock<Ended>,
    ) -> Option<(SendStream, RecvStream, Option<FrameOut>)> {
        let patience = Duration::from_millis(FIRST_FRAME_MS_MAX);
        let mut streams = pin!(timeout(patience, self.inner.accept_bi()));
        let mut held = None;
        loop {
            tokio::select! {
                streams = &mut streams => match streams {
                    Ok(streams) => return streams.ok().map(|(send, recv)| (send, recv, held)),
                    Err(_) => self.close_here(here, CloseReason::Done, false),
                },
                out = frames.next(), if held.is_none() => match out {
                    FrameOut::Close { reason, full } => self.close_here(here, reason, full),
                    frame => {
                        held = Some(frame);
                        continue;
                    }
                },
            }
            return None;
        }
    }

    /// Writes what the session says; returns after the connection was closed for a reason of ours.
    async fn speak(
        &self,
        mut send: SendStream,
        held: Option<FrameOut>,
        frames: FramesOut<'_>,
        segments: SegmentsOut<'_>,
        here: &OnceLock<Ended>,
    ) {
        // A stream that is gone already says so when written to.
        let _ = send.set_priority(CONTROL_PRIORITY);
        let (said_hello, hello) = watch::channel(false);
        let mut segments = pin!(write_segments(&self.inner, segments, hello));
        let mut all_sent = false;
        let (reason, full) = {
            let mut frames = pin!(write_frames(&mut send, held, frames, said_hello));
            loop {
                tokio::select! {
                    last = &mut frames => break last,
                    () = &mut segments, if !all_sent => all_sent = true,
                }
            }
        };
        let drain = full || reason == CloseReason::Done;
        let patience = if drain { LAST_WORDS_MS_MAX } else { SHORT_LAST_WORDS_MS_MAX };
        // Where the stream or the link is gone there is nothing to wait for.
        let _ = timeout(Duration::from_millis(patience), async {
            let _ = send.finish();
            let _ = send.stopped().await;
            if drain && !all_sent {
                segments.await;
            }
        })
        .await;
        self.close_here(here, reason, full);
    }

    /// Hands over what arrives; returns after the connection is gone and all of it is handed over.
    async fn hear(
        &self,
        recv: RecvStream,
        arriving: Arriving,
        mut ready: watch::Receiver<bool>,
        here: &OnceLock<Ended>,
    ) {
        tokio::select! {
            _ = ready.wait_for(|ready| *ready) => {}
            _ = self.inner.closed() => return,
        }
        let (said_hello, hello) = watch::channel(false);
        tokio::join!(
            self.hear_frames(recv, arriving.clone(), said_hello, here),
            self.hear_segments(arriving, hello, here),
        );
    }

    /// Hands over frames in order; returns when the connection is gone.
    async fn hear_frames(
        &self,
        mut recv: RecvStream,
        arriving: Arriving,
        said_hello: watch::Sender<bool>,
        here: &OnceLock<Ended>,
    ) {
        let mut next = if self.dialled() {
            // A dialler waits as long as the link may be away.
            frame::read(&mut recv).await
        } else {
            // A listener has others to serve.
            let patience = Duration::from_millis(FIRST_FRAME_MS_MAX);
            match timeout(patience, frame::read(&mut recv)).await {
                Ok(first) => first,
                Err(_) => {
                    self.close_here(here, CloseReason::Done, false);
                    return;
                }
            }
        };
        loop {
            match next {
                Ok(Some(frame)) => {
                    // An engine that is gone closes the session by itself.
                    if arriving.frame(frame).await.is_err() {
                        break;
                    }
                }
                Err(FrameError::Malformed) => {
                    self.close_here(here, CloseReason::Misbehaved, false);
                    return;
                }
                Ok(None) | Err(FrameError::Gone) => break,
            }
            said_hello.send_replace(true);
            next = frame::read(&mut recv).await;
        }
        self.inner.closed().await;
    }

    /// No segment is handed over before the first frame: whoever speaks says first who it is.
    async fn hear_segments(
        &self,
        arriving: Arriving,
        mut hello: watch::Receiver<bool>,
        here: &OnceLock<Ended>,
    ) {
        tokio::select! {
            biased;
            said = hello.wait_for(|said| *said) => if said.is_err() { return },
            _ = self.inner.closed() => {}
        }
        let room = segment::room();
        let mut streams = JoinSet::new();
        loop {
            tokio::select! {
                stream = self.inner.accept_uni() => match stream {
                    Ok(stream) => {
                        streams.spawn(hear_segment(stream, room.clone(), arriving.clone()));
                    }
                    Err(_) => break,
                },
                Some(heard) = streams.join_next() => if let Ok(Err(TooMuch)) = heard {
                    self.close_here(here, CloseReason::Misbehaved, false);
                },
            }
        }
        while streams.join_next().await.is_some() {}
    }

    /// Closes, and remembers why, unless the connection is gone already.
    fn close_here(&self, here: &OnceLock<Ended>, reason: CloseReason, full: bool) {
        if self.inner.close_reason().is_none() {
            here.get_or_init(|| if full { Ended::Full } else { Ended::Here(reason) });
            close(&self.inner, reason);
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("peer", &self.peer)
            .field("dialled", &self.dialled())
            .field("confirmed", &self.confirmed())
            .finish_non_exhaustive()
    }
}

impl Link for Connection {
    fn peer(&self) -> DeviceKey {
        self.peer
    }

    fn dialled(&self) -> bool {
        self.answered.is_some()
    }

    fn confirmed(&self) -> bool {
        self.early.is_none()
    }

    async fn carry(mut self, mut port: SessionPort) {
        let early = self.early.take();
        let mut how = self.flow(&mut port, early).await;
        if how == Ended::EarlyRefused {
            match port.reopen() {
                Ok(reopened) => port = reopened,
                Err(_) => return close(&self.inner, CloseReason::Stopping),
            }
            how = self.flow(&mut port, None).await;
        }
        port.end(how);
    }
}

/// Closes with the reason as QUIC's application error code.
pub(super) fn close(connection: &quinn::Connection, reason: CloseReason) {
    connection.close(VarInt::from_u32(u32::from(reason as u8)), &[]);
}

async fn hear_segment(stream: RecvStream, room: Arc<Semaphore>, arriving: Arriving) -> Result<(), TooMuch> {
    let received = segment::read(stream, room).await?;
    if received.whole || !received.bytes.is_empty() {
        // An engine that is gone closes the session by itself.
        let _ = arriving.segment(received.bytes, received.whole).await;
    }
    drop(received.room);
    Ok(())
}

/// Writes frames until told to close, and says why; a peer that will not hear has broken the protocol.
async fn write_frames(
    send: &mut SendStream,
    mut held: Option<FrameOut>,
    mut frames: FramesOut<'_>,
    said_hello: watch::Sender<bool>,
) -> (CloseReason, bool) {
    loop {
        let next = match held.take() {
            Some(frame) => frame,
            None => frames.next().await,
        };
        match next {
            FrameOut::Close { reason, full } => return (reason, full),
            FrameOut::Frame(parcel) => match frame::write(send, parcel.bytes()).await {
                Ok(()) => {
                    said_hello.send_replace(true);
                }
                Err(FrameError::Malformed) => return (CloseReason::Misbehaved, false),
                // Whoever reads from the same connection notices its end.
                Err(FrameError::Gone) => pending().await,
            },
        }
    }
}

/// Whether a control stream was one of those the relay refused to take before the handshake.
async fn was_refused(stopped: Option<impl Future<Output = Result<Option<VarInt>, StoppedError>>>) -> bool {
    let Some(stopped) = stopped else { return false };
    tokio::select! {
        biased;
        how = stopped => how == Err(StoppedError::ZeroRttRejected),
        () = ready(()) => false,
    }
}

/// Writes segments until the session is closing and the peer has all of them. Begins no more than the peer
/// has room for, so that urgent ones may overtake and still all finish; and none before the first frame, for
/// the peer reads none before it, and unread ones could take all the room the frame needs.
async fn write_segments(
    connection: &quinn::Connection,
    segments: SegmentsOut<'_>,
    mut hello: watch::Receiver<bool>,
) {
    if hello.wait_for(|said| *said).await.is_err() {
        return;
    }
    let mut begun = JoinSet::new();
    let mut begun_bytes = 0;
    while let Some(segment) = segments.next().await {
        let len = segment.parcel.bytes().len();
        while begun_bytes + len > SEGMENTS_BEGUN_BYTES_MAX {
            let Some(finished) = begun.join_next().await else { break };
            begun_bytes -= finished.unwrap_or(0);
        }
        let Ok(stream) = connection.open_uni().await else { return pending().await };
        let mut stream = Begun(stream);
        // A stream that is gone already says so when written to.
        let _ = stream.0.set_priority(segment.priority);
        match stream.0.write_all(segment.parcel.bytes()).await {
            Ok(()) => {
                let _ = stream.0.finish();
                begun_bytes += len;
                begun.spawn(async move {
                    // Acknowledged, stopped or lost: in each case the peer keeps no room for it.
                    let _ = stream.0.stopped().await;
                    len
                });
            }
            // The peer does not want it; should it want it later, it will ask.
            Err(WriteError::Stopped(_)) => {}
            Err(_) => return pending().await,
        }
    }
    while begun.join_next().await.is_some() {}
}
