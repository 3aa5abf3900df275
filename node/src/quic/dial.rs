//! Dialling: addresses in order, pins in order, and 0-RTT where the pinned key answered before.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use khettara_core::error::ErrorKind;
use khettara_core::id::DeviceKey;
use khettara_core::sync::CloseReason;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, ConnectionError, Endpoint, TransportErrorCode};
use rustls::AlertDescription;
use tokio::time::timeout;

use super::connection::{Connection, Early, close};
use super::identity::{Identity, peer_key, server_name};
use super::presence::Presence;
use super::profile::Profile;
use super::{ALPN, BindError};

/// Why nobody could be reached. Of several addresses, what tells most: what somebody with the right key said, then that
/// nobody is there, and that others are there last, for whom we look for may be where nobody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// No address or no key was given.
    #[error("no address or no key of a relay is known; nothing is lost; scan the code again")]
    NothingToDial,
    /// No address answered in time.
    #[error(
        "no relay answered in time: the signal may be weak, or the relay down; nothing is lost; try again later"
    )]
    NoAnswer,
    /// The machine answers and says that no relay runs there.
    #[error(
        "no relay runs at its address now; nothing is lost; try again later, and tell its operator if it stays so"
    )]
    Down,
    /// Somebody answered who is not the relay whose key was given.
    #[error(
        "somebody answered who is not this organisation's relay; nothing is lost; check the address, or \
         ask headquarters for a new code"
    )]
    WrongKey,
    /// The other side speaks no version of the protocol that we speak.
    #[error(
        "this side speaks khettara/1 and the relay does not; nothing is lost; update this program, \
         or have the relay updated if it is the older"
    )]
    Version,
    /// The other side has too much to do now.
    #[error("the relay is busy; nothing is lost; try again later")]
    Busy,
    /// The other side closed the connection at once.
    #[error("the relay closed the connection (reason {}); nothing is lost; ask headquarters", *.0 as u8)]
    Refused(CloseReason),
    /// What answered does not speak QUIC or TLS as it should.
    #[error("the connection broke in its handshake; nothing is lost; try again later")]
    Broken,
    /// This machine cannot send to such an address, or the socket is closed.
    #[error(
        "there is no network here, or no way to the relay; nothing is lost; try again where there is a signal"
    )]
    Unreachable,
}

impl DialError {
    /// How much it tells, beside what other addresses say.
    const fn weight(self) -> u8 {
        match self {
            Self::WrongKey => 0,
            Self::NoAnswer => 1,
            Self::Down => 2,
            _ => 3,
        }
    }

    /// What the caller should do.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::NothingToDial => ErrorKind::Invalid,
            Self::WrongKey | Self::Version | Self::Refused(_) => ErrorKind::Refused,
            Self::NoAnswer | Self::Down | Self::Busy | Self::Broken | Self::Unreachable => ErrorKind::Retry,
        }
    }
}

/// Where each key was last seen to answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answered(Arc<Mutex<BTreeMap<DeviceKey, SocketAddr>>>);

impl Answered {
    pub(super) fn at(&self, key: &DeviceKey) -> Option<SocketAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    pub(super) fn note(&self, key: DeviceKey, address: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, address);
    }

    pub(super) fn forget(&self, key: &DeviceKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Dials from one socket with one device key. One per process and key: 0-RTT is lost between two of them.
#[derive(Debug, Clone)]
pub struct Dialler {
    endpoint: Endpoint,
    config: ClientConfig,
    dial_ms_max: u64,
    answered: Answered,
}

impl Dialler {
    /// A dialler on its own socket, `0.0.0.0:0` or `[::]:0` for any. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// [`BindError`] where the operating system gives no such socket.
    pub fn bind(identity: &Identity, local: SocketAddr, profile: Profile) -> Result<Self, BindError> {
        Self::speaking(ALPN, identity, local, profile)
    }

    pub(super) fn speaking(
        alpn: &[u8],
        identity: &Identity,
        local: SocketAddr,
        profile: Profile,
    ) -> Result<Self, BindError> {
        let tls =
            QuicClientConfig::try_from(identity.client_tls(alpn)).expect("ring has QUIC's first cipher");
        let mut config = ClientConfig::new(Arc::new(tls));
        config.transport_config(Arc::new(profile.transport()));
        let endpoint = Endpoint::client(local)?;
        Ok(Self { endpoint, config, dial_ms_max: profile.dial_ms_max(), answered: Answered::default() })
    }

    /// Uses numbers for another link from the next connection on. Tickets are kept.
    pub fn set_profile(&mut self, profile: Profile) {
        self.config.transport_config(Arc::new(profile.transport()));
        self.dial_ms_max = profile.dial_ms_max();
    }

    /// Reaches a peer that holds one of `pins` (now, and next) at one of `addresses`, tried in order, first
    /// where a pinned key answered last.
    ///
    /// A returned connection may still be unconfirmed (0-RTT). If then nobody answers, its session is lost,
    /// and the next dial begins with a whole handshake.
    ///
    /// # Errors
    /// [`DialError`] where none could be reached.
    pub async fn dial(&self, addresses: &[SocketAddr], pins: &[DeviceKey]) -> Result<Connection, DialError> {
        if addresses.is_empty() || pins.is_empty() {
            return Err(DialError::NothingToDial);
        }
        let mut told = None;
        // Where nobody answers, nobody answers with another key either.
        let mut silent = Vec::new();
        for (address, pin) in self.in_order(addresses, pins) {
            if silent.contains(&address) {
                continue;
            }
            match self.dial_one(address, pin).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    if matches!(error, DialError::NoAnswer | DialError::Down) {
                        silent.push(address);
                    }
                    told = told.into_iter().chain([error]).max_by_key(|error| error.weight());
                }
            }
        }
        Err(told.unwrap_or(DialError::NoAnswer))
    }

    /// Closes whatever is open, saying that we stop, and waits until the peers have been told.
    pub async fn close(&self) {
        super::shut(&self.endpoint).await;
    }

    /// All pairs; those of a key at the address where it last answered come first.
    fn in_order(&self, addresses: &[SocketAddr], pins: &[DeviceKey]) -> Vec<(SocketAddr, DeviceKey)> {
        let mut pairs: Vec<_> =
            addresses.iter().flat_map(|address| pins.iter().map(|pin| (*address, *pin))).collect();
        pairs.sort_by_key(|(address, pin)| self.answered.at(pin) != Some(*address));
        pairs
    }

    async fn dial_one(&self, address: SocketAddr, pin: DeviceKey) -> Result<Connection, DialError> {
        let presence = Presence::towards(address).map_err(|_| DialError::Unreachable)?;
        let mut connecting = self
            .endpoint
            .connect_with(self.config.clone(), address, &server_name(&pin))
            .map_err(|_| DialError::Unreachable)?;
        let patience = Duration::from_millis(self.dial_ms_max);
        if self.answered.at(&pin) == Some(address) {
            match connecting.into_0rtt() {
                Ok((inner, accepted)) => {
                    let early = Early { accepted, patience, counted: None, presence: Some(presence) };
                    return Ok(Connection::dialled_by(inner, pin, Some(early), self.answered.clone()));
                }
                Err(without_ticket) => connecting = without_ticket,
            }
        }
        let outcome = tokio::select! {
            outcome = timeout(patience, connecting) => outcome.map_err(|_| DialError::NoAnswer),
            () = presence.denied() => Err(DialError::Down),
        };
        self.whole_handshake(outcome, address, pin)
    }

    fn whole_handshake(
        &self,
        outcome: Result<Result<quinn::Connection, ConnectionError>, DialError>,
        address: SocketAddr,
        pin: DeviceKey,
    ) -> Result<Connection, DialError> {
        let inner = match outcome.and_then(|inner| inner.map_err(|error| what_it_means(&error))) {
            Ok(inner) => inner,
            Err(error) => {
                self.answered.forget(&pin);
                return Err(error);
            }
        };
        // TLS compares nothing where a session is resumed.
        if peer_key(&inner) != Some(pin) {
            close(&inner, CloseReason::WrongOrganisation);
            return Err(DialError::WrongKey);
        }
        self.answered.note(pin, address);
        Ok(Connection::dialled_by(inner, pin, None, self.answered.clone()))
    }
}

fn what_it_means(error: &ConnectionError) -> DialError {
    let alert = |alert: AlertDescription| TransportErrorCode::crypto(u8::from(alert));
    match error {
        ConnectionError::TransportError(ours) if ours.code == alert(AlertDescription::AccessDenied) => {
            DialError::WrongKey
        }
        ConnectionError::ConnectionClosed(theirs)
            if theirs.error_code == alert(AlertDescription::NoApplicationProtocol) =>
        {
            DialError::Version
        }
        ConnectionError::ConnectionClosed(theirs)
            if theirs.error_code == TransportErrorCode::CONNECTION_REFUSED =>
        {
            DialError::Busy
        }
        ConnectionError::VersionMismatch => DialError::Version,
        ConnectionError::ApplicationClosed(theirs) => {
            DialError::Refused(CloseReason::from_code(theirs.error_code.into_inner()))
        }
        ConnectionError::TimedOut => DialError::NoAnswer,
        _ => DialError::Broken,
    }
}
