//! The network part of a tablet: one runtime, one engine thread, diallers that remember where relays answered.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use khettara_core::id::DeviceKey;
use khettara_core::sync::{Input, Output};
use khettara_node::clock::Clock;
use khettara_node::driver::{Driver, DriverHandle, Machine, Outboxes};
use khettara_node::quic::{Connection, DialError, Dialler, Identity, Profile};
use khettara_node::{NodeStore, Shared};
use tokio::runtime::Runtime;

use crate::error::DeviceError;

/// Bytes of frames and segments, what carries them aside.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    up: AtomicU64,
    down: AtomicU64,
}

impl Meter {
    /// Bytes given to be sent, and bytes received.
    pub(crate) fn read(&self) -> (u64, u64) {
        (self.up.load(Ordering::Relaxed), self.down.load(Ordering::Relaxed))
    }
}

/// The engine, with a meter on what goes in and out.
struct Metered {
    shared: Shared<NodeStore>,
    meter: Arc<Meter>,
}

impl Machine for Metered {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let came = inputs.iter().map(|input| match input {
            Input::Frame { frame, .. } => frame.len(),
            Input::Segment { bytes, .. } => bytes.len(),
            _ => 0,
        });
        self.meter.down.fetch_add(came.sum::<usize>() as u64, Ordering::Relaxed);
        let outputs = self.shared.handle(now_ms, inputs);
        let goes = outputs.iter().map(|output| match output {
            Output::Frame { frame, .. } => frame.len(),
            Output::Segment { bytes, .. } => bytes.len(),
            _ => 0,
        });
        self.meter.up.fetch_add(goes.sum::<usize>() as u64, Ordering::Relaxed);
        outputs
    }
}

/// What syncing needs, kept between syncs: a second one in the same process resumes its TLS sessions.
pub(crate) struct Network {
    pub(crate) runtime: Runtime,
    pub(crate) driver: DriverHandle,
    pub(crate) meter: Arc<Meter>,
    identity: Identity,
    v4: Option<Dialler>,
    v6: Option<Dialler>,
}

impl Network {
    pub(crate) fn start(
        signing_seed: &[u8; 32],
        shared: Shared<NodeStore>,
        clock: Clock,
    ) -> Result<Self, DeviceError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(DeviceError::Runtime)?;
        let meter = Arc::new(Meter::default());
        let machine = Metered { shared, meter: Arc::clone(&meter) };
        let driver = Driver::start(machine, clock, Outboxes::DEVICE, runtime.handle().clone())?;
        let identity = Identity::from_seed(signing_seed);
        Ok(Self { runtime, driver, meter, identity, v4: None, v6: None })
    }

    /// Opens the sockets that these addresses need.
    pub(crate) fn bind_for(&mut self, addresses: &[SocketAddr]) -> Result<(), DeviceError> {
        let _inside = self.runtime.enter();
        if self.v4.is_none() && addresses.iter().any(SocketAddr::is_ipv4) {
            let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
            self.v4 = Some(Dialler::bind(&self.identity, any, Profile::UNKNOWN_LINK)?);
        }
        if self.v6.is_none() && addresses.iter().any(SocketAddr::is_ipv6) {
            let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
            // A machine without IPv6 still has its other addresses.
            self.v6 = Dialler::bind(&self.identity, any, Profile::UNKNOWN_LINK).ok();
        }
        Ok(())
    }

    /// Reaches a relay whose key is pinned.
    pub(crate) async fn dial(
        &self,
        addresses: &[SocketAddr],
        pins: &[DeviceKey],
    ) -> Result<Connection, DialError> {
        let (v4, v6): (Vec<_>, Vec<_>) = addresses.iter().partition(|address| address.is_ipv4());
        let mut last = DialError::Unreachable;
        for (dialler, addresses) in [(&self.v4, v4), (&self.v6, v6)] {
            let Some(dialler) = dialler.as_ref().filter(|_| !addresses.is_empty()) else { continue };
            match dialler.dial(&addresses, pins).await {
                Ok(connection) => return Ok(connection),
                // What somebody said is worth more than silence.
                Err(DialError::NoAnswer | DialError::Unreachable) if last != DialError::Unreachable => {}
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Ends all sessions, the engine's thread and the sockets. Goodbyes are waited for where somebody was `heard`.
    pub(crate) fn stop(self, heard: bool) {
        let Self { runtime, driver, v4, v6, .. } = self;
        runtime.block_on(async {
            // Peers that do not hear of it notice by themselves.
            let _ = driver.stop().await;
            for dialler in [v4, v6].into_iter().flatten().filter(|_| heard) {
                dialler.close().await;
            }
        });
    }
}
