//! Listening: who may begin a handshake, how many at once, and for how long.

use std::future::ready;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use khettara_core::sync::CloseReason;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connecting, Endpoint, Incoming, ServerConfig};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::{Connection, Early, close};
use super::identity::{Identity, SteadyTime, peer_key};
use super::profile::{CONNECTIONS_MAX, HANDSHAKE_MS_MAX, HANDSHAKES_MAX, HANDSHAKES_UNPROVED_MAX, Profile};
use super::{ALPN, BindError};
use crate::driver::DriverHandle;

/// A socket on which peers may begin.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
}

impl Listener {
    /// Listens at `local`. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`] where the operating system gives no such socket.
    pub fn bind(identity: &Identity, local: SocketAddr, profile: Profile) -> Result<Self, BindError> {
        let tls =
            QuicServerConfig::try_from(identity.server_tls(ALPN)).expect("ring has QUIC's first cipher");
        let mut config = ServerConfig::with_crypto(Arc::new(tls));
        config.transport_config(Arc::new(profile.transport())).time_source(Arc::new(SteadyTime::start()));
        Profile::bound_listener(&mut config);
        Ok(Self { endpoint: Endpoint::server(config, local)? })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`BindError`] where the operating system does not say.
    pub fn local_address(&self) -> Result<SocketAddr, BindError> {
        Ok(self.endpoint.local_addr()?)
    }

    fn take_up(&self, incoming: Incoming, handshakes: &Arc<Semaphore>, handle: &DriverHandle) {
        let Ok(counted) = handshakes.clone().try_acquire_owned() else { return incoming.refuse() };
        if self.endpoint.open_connections() >= CONNECTIONS_MAX {
            return incoming.refuse();
        }
        let in_progress = HANDSHAKES_MAX - handshakes.available_permits();
        if in_progress > HANDSHAKES_UNPROVED_MAX && incoming.may_retry() {
            // It may retry, so this cannot fail; were it to, dropping it refuses it.
            let _ = incoming.retry();
            return;
        }
        if let Ok(connecting) = incoming.accept() {
            tokio::spawn(shake_hands(connecting, counted, handle.clone()));
        }
    }
}

/// Takes up connections and gives them to the engine, until it stops; then says goodbye and returns.
pub async fn serve(listener: Listener, handle: DriverHandle) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let incoming = tokio::select! {
            incoming = listener.endpoint.accept() => incoming,
            () = handle.stopping() => None,
        };
        let Some(incoming) = incoming else { break };
        listener.take_up(incoming, &handshakes, &handle);
    }
    listener.endpoint.set_server_config(None);
    handle.idle().await;
    super::shut(&listener.endpoint).await;
}

/// Brings one connection as far as knowing the peer's key: at once where a session is resumed.
async fn shake_hands(connecting: Connecting, counted: OwnedSemaphorePermit, handle: DriverHandle) {
    let patience = Duration::from_millis(HANDSHAKE_MS_MAX);
    // A listener may always speak before the handshake is complete.
    let Ok((inner, mut accepted)) = connecting.into_0rtt() else { return };
    let completed = tokio::select! {
        biased;
        _ = &mut accepted => true,
        () = ready(()) => false,
    };
    let connection = match peer_key(&inner) {
        Some(peer) if !completed => {
            let early = Early { accepted, patience, counted: Some(counted), presence: None };
            Connection::accepted(inner, peer, Some(early))
        }
        _ => {
            let completed = completed || timeout(patience, accepted).await.is_ok();
            match peer_key(&inner) {
                Some(peer) if completed && inner.close_reason().is_none() => {
                    Connection::accepted(inner, peer, None)
                }
                _ => return close(&inner, CloseReason::NotAdmitted),
            }
        }
    };
    // Dropped, the connection closes by itself.
    let _ = handle.add_connection(connection);
}
