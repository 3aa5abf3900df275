//! Two ends on the loopback, a toy engine behind each.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use khettara_core::encoding;
use khettara_core::id::DeviceKey;
use khettara_core::limits::{FRAME_BYTES_MAX, SEGMENT_STREAM_BYTES_MAX};
use khettara_core::sync::{CloseReason, Input, Notice, Output, SessionId};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

use super::*;
use crate::clock::Clock;
use crate::driver::{Driver, DriverHandle, Ended, Machine, News, Outboxes};

const FAST: Profile = Profile::Device { class: LinkClass::Fast, initial_rtt_ms: 100 };
/// Frames the toy engine acts on; all others it only reports.
const ECHO: u8 = 1;
const CLOSE: u8 = 2;
const SEGMENTS: u8 = 3;

/// An engine that reports all it is told, and does what frames ask.
struct Toy {
    told: mpsc::UnboundedSender<Input>,
    /// What to say in every session that opens.
    hello: Vec<Output>,
}

impl Machine for Toy {
    fn handle(&mut self, _now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let mut outputs = Vec::new();
        for input in inputs {
            match &input {
                Input::Opened { session, dialled: true, .. } => {
                    outputs.extend(self.hello.iter().cloned().map(|output| addressed(output, *session)));
                }
                Input::Frame { session, frame } if frame[0] == ECHO => {
                    let mut answer = frame.clone();
                    answer[0] = 0;
                    outputs.push(Output::Frame { session: *session, frame: answer });
                }
                Input::Frame { session, frame } if frame[0] == CLOSE => {
                    outputs.push(Output::Frame { session: *session, frame: b"\0last".to_vec() });
                    outputs.push(Output::Close { session: *session, reason: CloseReason::NotAdmitted });
                }
                Input::Frame { session, frame } if frame[0] == SEGMENTS => {
                    outputs.extend((0..frame[1]).map(|number| Output::Segment {
                        session: *session,
                        bytes: vec![number; 40_000],
                        priority: i32::from(number),
                    }));
                }
                _ => {}
            }
            // The test may have heard enough.
            let _ = self.told.send(input);
        }
        outputs
    }
}

fn addressed(output: Output, session: SessionId) -> Output {
    match output {
        Output::Frame { frame, .. } => Output::Frame { session, frame },
        Output::Segment { bytes, priority, .. } => Output::Segment { session, bytes, priority },
        Output::Close { reason, .. } => Output::Close { session, reason },
        other => other,
    }
}

struct Side {
    identity: Identity,
    handle: DriverHandle,
    told: mpsc::UnboundedReceiver<Input>,
    news: broadcast::Receiver<News>,
}

impl Side {
    fn new(seed: u8, hello: Vec<Output>) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let toy = Toy { told: tell, hello };
        let handle =
            Driver::start(toy, Clock::start(), Outboxes::DEVICE, Handle::current()).expect("a thread");
        let news = handle.news();
        Self { identity: Identity::from_seed(&[seed; 32]), handle, told, news }
    }

    fn key(&self) -> DeviceKey {
        self.identity.key()
    }

    async fn next(&mut self) -> Input {
        within(self.told.recv()).await.expect("the engine lives")
    }

    /// The next input of which `pick` makes something.
    async fn until<T>(&mut self, pick: impl Fn(&Input) -> Option<T>) -> T {
        loop {
            if let Some(found) = pick(&self.next().await) {
                return found;
            }
        }
    }

    async fn lost(&mut self) -> Ended {
        self.until(|input| matches!(input, Input::Lost { .. }).then_some(())).await;
        loop {
            if let News::Ended { how, .. } = within(self.news.recv()).await.expect("the engine lives") {
                return how;
            }
        }
    }
}

/// A bound for waiting, far beyond what any condition here takes: a test fails rather than hangs.
async fn within<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("within a minute")
}

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn relay(seed: u8) -> (Side, SocketAddr, JoinHandle<()>) {
    let side = Side::new(seed, Vec::new());
    let listener = Listener::bind(&side.identity, loopback(), Profile::Relay).expect("a socket");
    let address = listener.local_address().expect("an address");
    let serving = tokio::spawn(serve(listener, side.handle.clone()));
    (side, address, serving)
}

fn dialler(side: &Side) -> Dialler {
    Dialler::bind(&side.identity, loopback(), FAST).expect("a socket")
}

fn say(frame: &[u8]) -> Output {
    Output::Frame { session: 0, frame: frame.to_vec() }
}

fn frame_of(input: &Input) -> Option<Vec<u8>> {
    match input {
        Input::Frame { frame, .. } => Some(frame.clone()),
        _ => None,
    }
}

fn segment_of(input: &Input) -> Option<(Vec<u8>, bool)> {
    match input {
        Input::Segment { bytes, whole, .. } => Some((bytes.clone(), *whole)),
        _ => None,
    }
}

/// Dials, has one frame answered, and closes: afterwards the dialler holds tickets.
async fn visit(device: &mut Side, dialler: &Dialler, relay: &mut Side, address: SocketAddr) -> bool {
    let connection = dialler.dial(&[address], &[relay.key()]).await.expect("the relay answers");
    device.handle.add_connection(connection).expect("the engine lives");
    let (session, confirmed) = device
        .until(|input| match input {
            Input::Opened { session, confirmed, .. } => Some((*session, *confirmed)),
            _ => None,
        })
        .await;
    let answer = device.until(frame_of).await;
    assert_eq!(answer, b"\0hello");
    let reason = CloseReason::Done;
    device.handle.input(Input::StoreChanged { feeds: Vec::new() }).await.expect("the engine lives");
    let _ = (session, reason);
    confirmed
}

#[tokio::test]
async fn both_sides_see_the_other_s_key_and_exchange_frames_and_segments() {
    let hello = vec![
        say(b"\x01hello"),
        Output::Segment { session: 0, bytes: vec![5; SEGMENT_STREAM_BYTES_MAX], priority: 50 },
        Output::Segment { session: 0, bytes: Vec::new(), priority: 50 },
    ];
    let mut device = Side::new(1, hello);
    let (mut relay, address, _serving) = relay(2);
    let dialler = dialler(&device);
    let connection = dialler.dial(&[address], &[relay.key()]).await.expect("the relay answers");
    device.handle.add_connection(connection).expect("the engine lives");

    let opened = device.next().await;
    let key = relay.key();
    assert!(
        matches!(opened, Input::Opened { peer, dialled: true, confirmed: true, .. } if peer == key),
        "{opened:?}"
    );
    let opened = relay.next().await;
    let key = device.key();
    assert!(
        matches!(opened, Input::Opened { peer, dialled: false, confirmed: true, .. } if peer == key),
        "{opened:?}"
    );
    // The frame comes before every segment.
    assert_eq!(frame_of(&relay.next().await).as_deref(), Some(&b"\x01hello"[..]));
    let mut segments = [relay.until(segment_of).await, relay.until(segment_of).await];
    segments.sort();
    assert_eq!(segments, [(vec![], true), (vec![5; SEGMENT_STREAM_BYTES_MAX], true)]);
    assert_eq!(device.until(frame_of).await, b"\0hello");
}

#[tokio::test]
async fn what_was_said_before_a_close_arrives_and_the_reason_with_it() {
    let mut device = Side::new(1, vec![say(&[CLOSE])]);
    let (mut relay, address, _serving) = relay(2);
    let connection = dialler(&device).dial(&[address], &[relay.key()]).await.expect("the relay answers");
    device.handle.add_connection(connection).expect("the engine lives");
    assert_eq!(device.until(frame_of).await, b"\0last");
    assert_eq!(device.lost().await, Ended::There(CloseReason::NotAdmitted));
    assert_eq!(relay.lost().await, Ended::Here(CloseReason::NotAdmitted));
}
