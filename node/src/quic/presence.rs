//! Whether a machine says that nobody listens at an address. QUIC's own socket hears no such word, and a person
//! would wait a whole patience for a relay that is plainly down.

use std::io::{ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;

use super::profile::QUIET_MS_MAX;

/// No packet of QUIC begins with a zero, so a relay that does listen lets it fall.
const KNOCK: [u8; 1] = [0];

/// A second socket towards one address.
pub(super) struct Presence(UdpSocket);

impl Presence {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// What the system says: without a network, that there is no way to such an address.
    pub(super) fn towards(address: SocketAddr) -> Result<Self> {
        let any = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.connect(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self(UdpSocket::from_std(socket)?))
    }

    /// Returns once the machine there has said that nobody listens; knocks only where it stays quiet for long.
    pub(super) async fn denied(&self) {
        sleep(Duration::from_millis(QUIET_MS_MAX)).await;
        let refused = |error: &std::io::Error| error.kind() == ErrorKind::ConnectionRefused;
        if self.0.send(&KNOCK).await.is_err_and(|error| refused(&error)) {
            return;
        }
        match self.0.recv(&mut [0; 1]).await {
            Err(error) if refused(&error) => {}
            // Whoever answers is there; any other error says nothing of who is.
            _ => std::future::pending().await,
        }
    }
}
