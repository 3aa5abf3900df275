//! Two ends on the loopback, a toy engine behind each.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use khettara_core::encoding;
use khettara_core::id::DeviceKey;
use khettara_core::limits::{FRAME_BYTES_MAX, SEGMENT_STREAM_BYTES_MAX};
use khettara_core::sync::{CloseReason, Input, Output, SessionId};
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
                    outputs.push(Output::Frame { session: *session, frame: b"\0here".to_vec() });
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

async fn opened(side: &mut Side) -> (SessionId, bool) {
    side.until(|input| match input {
        Input::Opened { session, confirmed, .. } => Some((*session, *confirmed)),
        _ => None,
    })
    .await
}

async fn confirmed(side: &mut Side) -> SessionId {
    side.until(|input| match input {
        Input::Confirmed { session } => Some(*session),
        _ => None,
    })
    .await
}

/// Dials and has one frame answered; whether the handshake was complete before the session began.
async fn visit(
    device: &mut Side,
    dialler: &Dialler,
    pin: DeviceKey,
    address: SocketAddr,
) -> (SessionId, bool) {
    let connection = within(dialler.dial(&[address], &[pin])).await.expect("the relay answers");
    device.handle.add_connection(connection).expect("the engine lives");
    opened(device).await
}

async fn raw(side: &Side, address: SocketAddr, pin: DeviceKey) -> (Dialler, quinn::Connection) {
    let dialler = dialler(side);
    let connection = within(dialler.dial(&[address], &[pin])).await.expect("the relay answers");
    (dialler, connection.inner.clone())
}

async fn closed_with(connection: &quinn::Connection) -> CloseReason {
    match within(connection.closed()).await {
        quinn::ConnectionError::ApplicationClosed(close) => {
            CloseReason::from_code(close.error_code.into_inner())
        }
        other => panic!("closed otherwise: {other}"),
    }
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
    let dialler = Dialler::bind(&device.identity, loopback(), Profile::UNKNOWN_LINK).expect("a socket");
    let connection = within(dialler.dial(&[address], &[relay.key()])).await.expect("the relay answers");
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

#[tokio::test]
async fn whoever_holds_another_key_than_the_pinned_one_is_refused() {
    let device = Side::new(1, Vec::new());
    let (_relay, address, _serving) = relay(2);
    let other = Identity::from_seed(&[3; 32]).key();
    let refused = within(dialler(&device).dial(&[address], &[other])).await;
    assert_eq!(refused.err(), Some(DialError::WrongKey));
}

#[tokio::test]
async fn addresses_and_pins_are_tried_in_order_until_one_fits() {
    let mut device = Side::new(1, vec![say(b"\x01hello")]);
    let (_stranger, wrong, _serving) = relay(3);
    let (relay, right, _serving_too) = relay(2);
    let next = Identity::from_seed(&[4; 32]).key();
    let connection = within(dialler(&device).dial(&[wrong, right], &[next, relay.key()])).await;
    let connection = connection.expect("the second address and the second pin fit");
    assert_eq!(connection.remote_address(), right);
    device.handle.add_connection(connection).expect("the engine lives");
    assert_eq!(device.until(frame_of).await, b"\0hello");
    assert_eq!(within(dialler(&device).dial(&[], &[next])).await.err(), Some(DialError::NothingToDial));
}

#[tokio::test]
async fn whom_we_look_for_may_be_where_nobody_answers_and_not_where_another_does() {
    let device = Side::new(1, vec![say(b"\x01hello")]);
    let (_other, others, _serving) = relay(3);
    let nobody = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let nobody = nobody.expect("an address");
    let pin = Identity::from_seed(&[4; 32]).key();
    for addresses in [[nobody, others], [others, nobody]] {
        let error = within(dialler(&device).dial(&addresses, &[pin])).await.err();
        assert!(matches!(error, Some(DialError::Down | DialError::NoAnswer)), "{error:?}");
    }
}

#[tokio::test]
async fn a_second_visit_needs_no_handshake_and_is_confirmed_afterwards() {
    let mut device = Side::new(1, vec![say(b"\x01hello")]);
    let (mut relay, address, _serving) = relay(2);
    let (dialler, pin) = (dialler(&device), relay.key());

    let (_, confirmed_at_once) = visit(&mut device, &dialler, pin, address).await;
    assert!(confirmed_at_once);
    assert!(opened(&mut relay).await.1);
    assert_eq!(device.until(frame_of).await, b"\0hello");

    let (session, confirmed_at_once) = visit(&mut device, &dialler, pin, address).await;
    assert!(!confirmed_at_once);
    let (at_relay, confirmed_at_once) = opened(&mut relay).await;
    assert!(!confirmed_at_once, "the relay takes up a resumed session at once");
    assert_eq!(confirmed(&mut relay).await, at_relay);
    assert_eq!(confirmed(&mut device).await, session);
    assert_eq!(device.until(frame_of).await, b"\0hello");
}

#[tokio::test]
async fn a_ticket_does_not_outlive_its_pin() {
    let mut device = Side::new(1, vec![say(b"\x01hello")]);
    let (relay, address, _serving) = relay(2);
    let dialler = dialler(&device);
    visit(&mut device, &dialler, relay.key(), address).await;
    assert_eq!(device.until(frame_of).await, b"\0hello");
    let other = Identity::from_seed(&[3; 32]).key();
    assert_eq!(within(dialler.dial(&[address], &[other])).await.err(), Some(DialError::WrongKey));
}

#[tokio::test]
async fn a_restarted_relay_gets_everything_again_in_a_new_session() {
    let mut device = Side::new(1, vec![say(b"\x01hello")]);
    let (first, address, serving) = relay(2);
    let (dialler, pin) = (dialler(&device), first.key());
    visit(&mut device, &dialler, pin, address).await;
    assert_eq!(device.until(frame_of).await, b"\0hello");
    within(first.handle.stop()).await.expect("a clean stop");
    within(serving).await.expect("no panic");
    assert_eq!(device.lost().await, Ended::There(CloseReason::Stopping));

    let mut second = Side::new(2, Vec::new());
    let listener = within(async {
        loop {
            match Listener::bind(&second.identity, address, Profile::Relay) {
                Ok(listener) => break listener,
                // The first socket closes when its last task is done.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    let _serving = tokio::spawn(serve(listener, second.handle.clone()));
    let (early, confirmed_at_once) = visit(&mut device, &dialler, pin, address).await;
    assert!(!confirmed_at_once);
    assert_eq!(device.lost().await, Ended::EarlyRefused);
    let (session, confirmed_at_once) = opened(&mut device).await;
    assert!(confirmed_at_once && session != early);
    assert_eq!(device.until(frame_of).await, b"\0hello");
    assert_eq!(second.until(frame_of).await, b"\x01hello");
}

#[tokio::test]
async fn a_frame_above_the_limit_costs_its_sender_the_connection_and_nobody_else() {
    let mut good = Side::new(1, vec![say(b"\x01hello")]);
    let bad = Side::new(3, Vec::new());
    let (relay, address, _serving) = relay(2);
    let good_dialler = dialler(&good);
    visit(&mut good, &good_dialler, relay.key(), address).await;
    assert_eq!(good.until(frame_of).await, b"\0hello");

    let (_open, connection) = raw(&bad, address, relay.key()).await;
    let (mut send, _recv) = connection.open_bi().await.expect("a stream");
    let mut prefix = Vec::new();
    encoding::push_varint(&mut prefix, FRAME_BYTES_MAX as u64 + 1);
    send.write_all(&prefix).await.expect("written");
    assert_eq!(closed_with(&connection).await, CloseReason::Misbehaved);

    let again = within(good_dialler.dial(&[address], &[relay.key()])).await.expect("the relay answers");
    good.handle.add_connection(again).expect("the engine lives");
    assert_eq!(good.until(frame_of).await, b"\0hello");
    assert!(!matches!(good.news.try_recv(), Ok(News::Ended { .. })));
}

#[tokio::test]
async fn a_segment_above_the_limit_costs_its_sender_the_connection() {
    let device = Side::new(1, Vec::new());
    let (relay, address, _serving) = relay(2);
    let (_open, connection) = raw(&device, address, relay.key()).await;
    let (mut send, _recv) = connection.open_bi().await.expect("a stream");
    send.write_all(&[1, 9]).await.expect("written");
    let mut segment = connection.open_uni().await.expect("a stream");
    // The relay may close before all is written.
    let _ = segment.write_all(&vec![0; SEGMENT_STREAM_BYTES_MAX + 1]).await;
    assert_eq!(closed_with(&connection).await, CloseReason::Misbehaved);
}

#[tokio::test]
async fn of_a_segment_that_breaks_off_the_beginning_is_kept() {
    let device = Side::new(1, Vec::new());
    let (mut relay, address, _serving) = relay(2);
    let (_open, connection) = raw(&device, address, relay.key()).await;
    let (mut control, mut control_back) = connection.open_bi().await.expect("a stream");
    let heard = &mut [0; 2];
    let mut segment = connection.open_uni().await.expect("a stream");
    segment.write_all(&[7; 5_000]).await.expect("written");
    // An answer to a frame written afterwards says that all before it has been sent.
    control.write_all(&[1, ECHO]).await.expect("written");
    within(control_back.read_exact(heard)).await.expect("an answer");
    let acknowledged = segment.stopped();
    segment.finish().expect("open until here");
    within(acknowledged).await.expect("acknowledged");
    assert_eq!(relay.until(segment_of).await, (vec![7; 5_000], true));

    let mut broken = connection.open_uni().await.expect("a stream");
    broken.write_all(&[8; 5_000]).await.expect("written");
    control.write_all(&[1, ECHO]).await.expect("written");
    within(control_back.read_exact(heard)).await.expect("an answer");
    connection.close(quinn::VarInt::from_u32(0), &[]);
    let (bytes, whole) = relay.until(segment_of).await;
    assert!(!whole && bytes.iter().all(|byte| *byte == 8));
    assert_eq!(relay.lost().await, Ended::There(CloseReason::Done));
}

#[tokio::test]
async fn another_protocol_version_is_told_apart_from_silence() {
    let device = Side::new(1, Vec::new());
    let (relay, address, _serving) = relay(2);
    let dialler = Dialler::speaking(b"khettara/9", &device.identity, loopback(), FAST).expect("a socket");
    assert_eq!(within(dialler.dial(&[address], &[relay.key()])).await.err(), Some(DialError::Version));
}

#[tokio::test]
async fn a_stop_tells_every_peer_and_takes_nothing_more() {
    let mut device = Side::new(1, vec![say(b"\x01hello")]);
    let (relay, address, serving) = relay(2);
    let dialler = dialler(&device);
    visit(&mut device, &dialler, relay.key(), address).await;
    assert_eq!(device.until(frame_of).await, b"\0hello");
    within(relay.handle.stop()).await.expect("a clean stop");
    within(serving).await.expect("no panic");
    assert_eq!(device.lost().await, Ended::There(CloseReason::Stopping));
    assert!(relay.handle.input(Input::Wake).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_segments_both_ways_at_once_all_arrive() {
    let hello = (0..40)
        .map(|number| Output::Segment { session: 0, bytes: vec![number; 40_000], priority: 50 })
        .chain([say(&[SEGMENTS, 40])])
        .collect();
    let mut device = Side::new(1, hello);
    let (mut relay, address, _serving) = relay(2);
    let dialler = dialler(&device);
    visit(&mut device, &dialler, relay.key(), address).await;
    for side in [&mut device, &mut relay] {
        let mut numbers = Vec::new();
        while numbers.len() < 40 {
            let (bytes, whole) = side.until(segment_of).await;
            assert!(whole && bytes.len() == 40_000);
            numbers.push(bytes[0]);
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (0..40).collect::<Vec<u8>>());
    }
}

/// Shows no key, though it could.
#[derive(Debug)]
struct Nobody;

impl rustls::client::ResolvesClientCert for Nobody {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[rustls::SignatureScheme],
    ) -> Option<std::sync::Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        true
    }

    fn only_raw_public_keys(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_peer_that_shows_no_key_never_reaches_the_engine() {
    let (mut relay, address, serving) = relay(2);
    let mut tls = Identity::from_seed(&[1; 32]).client_tls(ALPN);
    tls.client_auth_cert_resolver = std::sync::Arc::new(Nobody);
    let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls).expect("a cipher");
    let config = quinn::ClientConfig::new(std::sync::Arc::new(tls));
    let endpoint = quinn::Endpoint::client(loopback()).expect("a socket");
    let name = identity::server_name(&relay.key());
    let connecting = endpoint.connect_with(config, address, &name).expect("a connection");
    // TLS lets the dialler believe it is connected until the listener has looked.
    let refused = match within(connecting).await {
        Ok(connection) => within(connection.closed()).await,
        Err(error) => error,
    };
    assert!(matches!(refused, quinn::ConnectionError::ConnectionClosed(_)), "{refused}");
    within(relay.handle.stop()).await.expect("a clean stop");
    within(serving).await.expect("no panic");
    assert!(relay.told.recv().await.is_none(), "the engine heard of it");
}

#[test]
fn relays_with_the_same_key_are_the_same_and_others_have_another_name() {
    let (one, same, other) = ([1; 32], [1; 32], [2; 32]);
    let name = |seed| identity::server_name(&Identity::from_seed(&seed).key());
    assert_eq!(name(one), name(same));
    assert_ne!(name(one), name(other));
    assert_eq!(name(one).len(), 32 + ".khettara".len());
}
