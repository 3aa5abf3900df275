//! The driver with links made of nothing: who is called with what, and who waits for whom.

use std::sync::mpsc as gates;

use khettara_core::limits::INPUTS_PER_COMMIT_MAX;
use tokio::sync::mpsc;

use super::*;

/// A link that hands its port to the test.
struct Bare(DeviceKey, mpsc::UnboundedSender<SessionPort>);

impl Link for Bare {
    fn peer(&self) -> DeviceKey {
        self.0
    }

    fn dialled(&self) -> bool {
        false
    }

    fn confirmed(&self) -> bool {
        true
    }

    async fn carry(self, port: SessionPort) {
        // A test that is over drops its ports.
        let _ = self.1.send(port);
    }
}

/// An engine that answers as the test says, waits at a gate before each call, and reports each call.
struct Gated<F> {
    gate: gates::Receiver<()>,
    calls: mpsc::UnboundedSender<Vec<Input>>,
    answer: F,
}

impl<F: FnMut(&Input) -> Vec<Output> + Send + 'static> Machine for Gated<F> {
    fn handle(&mut self, _now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        // A test that is over opens all gates.
        let _ = self.gate.recv();
        let outputs = inputs.iter().flat_map(&mut self.answer).collect();
        let _ = self.calls.send(inputs);
        outputs
    }
}

struct Stage {
    handle: DriverHandle,
    gate: gates::Sender<()>,
    calls: mpsc::UnboundedReceiver<Vec<Input>>,
    ports: mpsc::UnboundedReceiver<SessionPort>,
    give_port: mpsc::UnboundedSender<SessionPort>,
}

impl Stage {
    fn new<F: FnMut(&Input) -> Vec<Output> + Send + 'static>(outboxes: Outboxes, answer: F) -> Self {
        let (gate, at_gate) = gates::channel();
        let (report, calls) = mpsc::unbounded_channel();
        let (give_port, ports) = mpsc::unbounded_channel();
        let machine = Gated { gate: at_gate, calls: report, answer };
        let handle = Driver::start(machine, Clock::start(), outboxes, Handle::current()).expect("a thread");
        Self { handle, gate, calls, ports, give_port }
    }

    async fn link(&mut self, peer: u8) -> SessionPort {
        let link = Bare(DeviceKey([peer; 32]), self.give_port.clone());
        self.handle.add_connection(link).expect("the engine lives");
        within(self.ports.recv()).await.expect("a port")
    }

    fn open_gate(&self) {
        self.gate.send(()).expect("the engine lives");
    }

    async fn call(&mut self) -> Vec<Input> {
        within(self.calls.recv()).await.expect("the engine lives")
    }
}

async fn within<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("within a minute")
}

fn nothing(_: &Input) -> Vec<Output> {
    Vec::new()
}

#[tokio::test]
async fn what_arrives_while_the_engine_works_is_given_to_it_in_one_call() {
    let mut stage = Stage::new(Outboxes::RELAY, nothing);
    let first = stage.link(0).await;
    let mut ports = Vec::new();
    for peer in 1..=20 {
        ports.push(stage.link(peer).await);
    }
    for port in &mut ports {
        port.halves().arriving.frame(vec![1]).await.expect("the engine lives");
    }
    let mut told = 0;
    let mut largest = 0;
    while told < 41 {
        stage.open_gate();
        let call = stage.call().await;
        assert!(call.len() <= INPUTS_PER_COMMIT_MAX);
        told += call.len();
        largest = largest.max(call.len());
    }
    // The first call was at the gate before the last inputs came; they share the next one.
    assert_eq!(told, 41);
    assert!(largest > 1, "nothing was grouped");
    drop(first);
}

#[tokio::test]
async fn a_peer_that_takes_nothing_fills_its_own_outbox_and_nobody_else_s() {
    let bounds = Outboxes { session_bytes_max: 100_000, all_bytes_max: 1_000_000 };
    let mut stage = Stage::new(bounds, |input| match input {
        Input::Frame { session: 1, .. } => (0..50)
            .map(|number| Output::Segment { session: 1, bytes: vec![number; 10_000], priority: 0 })
            .chain([Output::Frame { session: 2, frame: vec![7] }])
            .collect(),
        _ => Vec::new(),
    });
    let (mut slow, mut quick) = (stage.link(1).await, stage.link(2).await);
    slow.halves().arriving.frame(vec![1]).await.expect("the engine lives");
    for _ in 0..3 {
        stage.open_gate();
    }
    let FrameOut::Frame(parcel) = within(quick.halves().frames.next()).await else { panic!("no frame") };
    assert_eq!(parcel.bytes(), [7]);

    let PortHalves { mut frames, segments, .. } = slow.halves();
    let mut sent = 0;
    while let Some(segment) = within(segments.next()).await {
        assert_eq!(segment.parcel.bytes()[0], sent);
        sent += 1;
    }
    assert!((1..10).contains(&sent), "{sent} segments fit 100 kB");
    assert!(matches!(within(frames.next()).await, FrameOut::Close { full: true, .. }));
}

#[tokio::test]
async fn urgent_segments_overtake_and_equals_keep_their_order() {
    let mut stage = Stage::new(Outboxes::RELAY, |input| match input {
        Input::Opened { session, .. } => [(10, 1), (50, 2), (100, 3), (50, 4)]
            .map(|(priority, mark)| Output::Segment { session: *session, bytes: vec![mark], priority })
            .into_iter()
            .chain([Output::Close { session: *session, reason: CloseReason::Done }])
            .collect(),
        _ => Vec::new(),
    });
    let mut port = stage.link(1).await;
    stage.open_gate();
    let PortHalves { mut frames, segments, .. } = port.halves();
    assert!(matches!(within(frames.next()).await, FrameOut::Close { full: false, .. }));
    let mut marks = Vec::new();
    while let Some(segment) = within(segments.next()).await {
        marks.push(segment.parcel.bytes()[0]);
    }
    assert_eq!(marks, [3, 2, 4, 1]);
}

#[tokio::test]
async fn a_closed_session_is_heard_no_more_but_its_loss_is_told_once() {
    let mut stage = Stage::new(Outboxes::RELAY, |input| match input {
        Input::Opened { session, .. } => {
            vec![Output::Close { session: *session, reason: CloseReason::NotAdmitted }]
        }
        _ => Vec::new(),
    });
    let mut news = stage.handle.news();
    let mut port = stage.link(1).await;
    stage.open_gate();
    assert!(matches!(stage.call().await[..], [Input::Opened { .. }]));
    assert!(matches!(within(port.halves().frames.next()).await, FrameOut::Close { .. }));
    port.halves().arriving.frame(vec![1]).await.expect("the engine lives");
    port.end(Ended::Here(CloseReason::NotAdmitted));
    stage.open_gate();
    assert!(matches!(stage.call().await[..], [Input::Lost { session: 1 }]));
    assert!(matches!(within(news.recv()).await, Ok(News::Opened { session: 1, .. })));
    let ended = News::Ended { session: 1, how: Ended::Here(CloseReason::NotAdmitted) };
    assert_eq!(within(news.recv()).await, Ok(ended));
}

#[tokio::test]
async fn a_moment_asked_for_comes() {
    let mut stage = Stage::new(Outboxes::RELAY, |input| match input {
        Input::StoreChanged { .. } => vec![Output::WakeAt { at_ms: 0 }, Output::WakeAt { at_ms: 3 }],
        _ => Vec::new(),
    });
    let told = Input::StoreChanged { feeds: Vec::new() };
    within(stage.handle.input(told)).await.expect("the engine lives");
    for _ in 0..3 {
        stage.open_gate();
    }
    assert!(matches!(stage.call().await[..], [Input::StoreChanged { .. }]));
    assert!(matches!(stage.call().await[..], [Input::Wake]));
}

#[tokio::test]
async fn a_stop_finishes_what_had_arrived_and_closes_all() {
    let mut stage = Stage::new(Outboxes::RELAY, nothing);
    let mut port = stage.link(1).await;
    port.halves().arriving.frame(vec![9]).await.expect("the engine lives");
    let handle = stage.handle.clone();
    let stopping = tokio::spawn(async move { handle.stop().await });
    within(stage.handle.stopping()).await;
    drop(stage.gate);
    let last = within(port.halves().frames.next()).await;
    assert!(matches!(last, FrameOut::Close { reason: CloseReason::Stopping, .. }), "{last:?}");
    port.end(Ended::Here(CloseReason::Stopping));
    assert_eq!(within(stopping).await.expect("no panic"), Ok(()));
    let mut told = Vec::new();
    while let Some(call) = stage.calls.recv().await {
        told.extend(call);
    }
    assert!(matches!(told[..], [Input::Opened { .. }, Input::Frame { .. }]), "{told:?}");
    let link = Bare(DeviceKey([2; 32]), stage.give_port);
    assert_eq!(stage.handle.add_connection(link), Err(Stopped));
}

#[tokio::test]
async fn an_engine_that_breaks_is_noticed_by_all() {
    let mut stage = Stage::new(Outboxes::RELAY, |_| panic!("a bug"));
    let mut news = stage.handle.news();
    let mut port = stage.link(1).await;
    stage.open_gate();
    assert!(matches!(within(port.halves().frames.next()).await, FrameOut::Close { .. }));
    port.end(Ended::Here(CloseReason::Stopping));
    within(async { while news.recv().await.is_ok() {} }).await;
    assert_eq!(within(stage.handle.stop()).await, Err(StopError::Broke));
}
