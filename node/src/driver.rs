//! The driver: one engine on its own thread, and the connections that speak for it.
//!
//! Everything that arrives while the engine works waits and is then given to it in one call, so that many
//! tablets share one flush. A slow peer fills its own bounded outbox and nobody else's.

mod engine;
mod inbox;
mod outbox;
mod session;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use khettara_core::id::DeviceKey;
use khettara_core::limits::{NEWS_QUEUED_MAX, OWN_INPUTS_QUEUED_MAX};
use khettara_core::sync::{CloseReason, Input, Notice, Output, SessionId};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, broadcast, watch};

use crate::clock::Clock;
use inbox::{Inbox, Message};

pub use outbox::{Parcel, SegmentOut};
pub use session::{Arriving, FrameOut, FramesOut, PortHalves, SegmentsOut, SessionPort};

/// How long a stop waits for sessions to say their last words.
const STOP_MS_MAX: u64 = 5_000;

/// What the driver drives: the engine together with its store.
///
/// Of one session it hears [`Input::Opened`] first and [`Input::Lost`] last, each once; frames in the order
/// they were written; segments in any order, but none before the session's first frame. After it has asked for
/// a close it hears only the loss.
pub trait Machine: Send + 'static {
    /// Takes what happened, in order, and answers with what to do, in order.
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output>;
}

/// A connection to one peer whose key is proved, over whatever carries it.
pub trait Link: Send + 'static {
    /// The peer's TLS key.
    fn peer(&self) -> DeviceKey;
    /// Whether we dialled.
    fn dialled(&self) -> bool;
    /// Whether the handshake is complete.
    fn confirmed(&self) -> bool;
    /// Carries bytes both ways until the connection is gone, then calls [`SessionPort::end`].
    fn carry(self, port: SessionPort) -> impl Future<Output = ()> + Send;
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// We closed it.
    Here(CloseReason),
    /// The peer closed it.
    There(CloseReason),
    /// The link died.
    Lost,
    /// Nobody answered what was said before the handshake: another dial to that address would wait as long.
    NoAnswer {
        /// The machine there says that nobody listens.
        down: bool,
    },
    /// More waited for the peer than the outbox holds. What fitted was sent: connect again for the rest.
    Full,
    /// The relay did not take bytes sent before the handshake; a new session on the same connection follows.
    EarlyRefused,
}

/// What the program around the engine hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// From the engine.
    Notice(Notice),
    /// A session began.
    Opened {
        /// The session.
        session: SessionId,
        /// The peer's key.
        peer: DeviceKey,
        /// Whether we dialled.
        dialled: bool,
    },
    /// A session ended.
    Ended {
        /// The session.
        session: SessionId,
        /// How.
        how: Ended,
    },
}

/// The engine takes nothing more: it was stopped, or it broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the engine has stopped; start the program again")]
pub struct Stopped;

/// Why a stop was not clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// The engine's thread ended by a panic. What it had acknowledged is durable; the rest comes again.
    #[error("the engine broke; what was acknowledged is safe; please report this")]
    Broke,
    /// Sessions were still open when time was up; their peers will notice by themselves.
    #[error("{left} sessions did not end in time; their peers will come again")]
    SessionsLeft {
        /// How many.
        left: usize,
    },
}

/// The engine's thread could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the engine's thread could not be started: {0}; free memory and start again")]
pub struct StartError(#[from] std::io::Error);

/// How much may wait to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outboxes {
    /// Bytes for one session. Frames beyond it end the session; segments beyond it end it once the rest is sent.
    pub session_bytes_max: usize,
    /// Bytes for all sessions together; likewise.
    pub all_bytes_max: usize,
}

impl Outboxes {
    /// Hundreds of sessions in a small machine.
    pub const RELAY: Self = Self { session_bytes_max: 1_048_576, all_bytes_max: 64 * 1_048_576 };
    /// A few sessions, one of which may carry weeks of work.
    pub const DEVICE: Self = Self { session_bytes_max: 16 * 1_048_576, all_bytes_max: 16 * 1_048_576 };
}

/// Starts engines.
#[derive(Debug)]
pub struct Driver;

impl Driver {
    /// Starts `machine` on its own thread. Connections are carried on `runtime`, which must drive time and be
    /// there until [`DriverHandle::stop`] has returned.
    ///
    /// # Errors
    /// [`StartError`] where the operating system gives no thread.
    pub fn start<M: Machine>(
        machine: M,
        clock: Clock,
        outboxes: Outboxes,
        runtime: Handle,
    ) -> Result<DriverHandle, StartError> {
        let (inbox, messages) = inbox::channel();
        let (news, _) = broadcast::channel(NEWS_QUEUED_MAX);
        let hearing = news.downgrade();
        let engine = engine::EngineLoop::new(machine, clock, outboxes, messages, news);
        let (gone, _) = watch::channel(false);
        let at_end = gone.clone();
        let timer = runtime.clone();
        let thread = std::thread::Builder::new().name("khettara-engine".into()).spawn(move || {
            let _at_end = SetAtEnd(at_end);
            engine.run(&timer);
        })?;
        Ok(DriverHandle(Arc::new(Shared {
            inbox,
            own: Arc::new(Semaphore::new(OWN_INPUTS_QUEUED_MAX)),
            next_session: AtomicU64::new(1),
            stopping: watch::channel(false).0,
            gone,
            sessions: watch::channel(0).0,
            thread: Mutex::new(Some(thread)),
            runtime,
            news: hearing,
        })))
    }
}

/// Says that the engine's thread is over, also where a panic ends it.
struct SetAtEnd(watch::Sender<bool>);

impl Drop for SetAtEnd {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

struct Shared {
    inbox: Inbox,
    own: Arc<Semaphore>,
    next_session: AtomicU64,
    stopping: watch::Sender<bool>,
    gone: watch::Sender<bool>,
    sessions: watch::Sender<usize>,
    thread: Mutex<Option<JoinHandle<()>>>,
    runtime: Handle,
    news: broadcast::WeakSender<News>,
}

/// How everything else speaks to a running engine. Cheap to clone.
#[derive(Clone)]
pub struct DriverHandle(Arc<Shared>);

impl std::fmt::Debug for DriverHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DriverHandle").field("sessions", &*self.0.sessions.borrow()).finish_non_exhaustive()
    }
}

impl DriverHandle {
    /// Opens a session over `link` and carries it in a task of its own.
    ///
    /// # Errors
    /// [`Stopped`]: the link is dropped, which closes it.
    pub fn add_connection<L: Link>(&self, link: L) -> Result<SessionId, Stopped> {
        let port = self.open(link.peer(), link.dialled(), link.confirmed())?;
        let session = port.id();
        self.0.runtime.spawn(link.carry(port));
        Ok(session)
    }

    /// Tells the engine something on the program's own behalf; waits while it is far behind.
    ///
    /// # Errors
    /// [`Stopped`]: it was not taken.
    pub async fn input(&self, input: Input) -> Result<(), Stopped> {
        let room = self.0.own.clone().acquire_owned().await.map_err(|_| Stopped)?;
        self.refuse_when_stopping()?;
        self.0.inbox.tell(Message::told(input, Some(room)))
    }

    /// News from now on. The channel closes when the engine is gone.
    #[must_use]
    pub fn news(&self) -> broadcast::Receiver<News> {
        match self.0.news.upgrade() {
            Some(news) => news.subscribe(),
            None => broadcast::channel(1).1,
        }
    }

    /// Returns once a stop has begun or the engine is gone: no new connections from then on.
    pub async fn stopping(&self) {
        let (mut stopping, mut gone) = (self.0.stopping.subscribe(), self.0.gone.subscribe());
        // The senders live in `self`, so waiting cannot fail.
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            _ = gone.wait_for(|gone| *gone) => {}
        }
    }

    /// Returns once no session is open, at the latest when a stop's patience is over. Gives how many are left.
    pub async fn idle(&self) -> usize {
        let mut sessions = self.0.sessions.subscribe();
        let patience = Duration::from_millis(STOP_MS_MAX);
        match tokio::time::timeout(patience, sessions.wait_for(|open| *open == 0)).await {
            Ok(_) => 0,
            Err(_) => *self.0.sessions.borrow(),
        }
    }

    /// Takes nothing more, lets the engine finish what had arrived, closes all sessions, and drops the machine.
    ///
    /// # Errors
    /// [`StopError`] where the engine had broken, or sessions did not end in time.
    pub async fn stop(&self) -> Result<(), StopError> {
        self.0.stopping.send_replace(true);
        // An engine that is gone already needs no telling.
        let _ = self.0.inbox.tell(Message::stop());
        let mut gone = self.0.gone.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = gone.wait_for(|gone| *gone).await;
        let thread = self.0.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let broke = thread.is_some_and(|thread| thread.join().is_err());
        match self.idle().await {
            _ if broke => Err(StopError::Broke),
            0 => Ok(()),
            left => Err(StopError::SessionsLeft { left }),
        }
    }

    fn open(&self, peer: DeviceKey, dialled: bool, confirmed: bool) -> Result<SessionPort, Stopped> {
        self.refuse_when_stopping()?;
        let session = self.0.next_session.fetch_add(1, Ordering::Relaxed);
        let (outbox, outgoing) = outbox::channel();
        self.0.inbox.tell(Message::open(session, peer, dialled, confirmed, outbox))?;
        self.0.sessions.send_modify(|open| *open += 1);
        Ok(SessionPort::new(session, self.clone(), peer, dialled, outgoing))
    }

    fn refuse_when_stopping(&self) -> Result<(), Stopped> {
        if *self.0.stopping.borrow() { Err(Stopped) } else { Ok(()) }
    }
}
