//! QUIC: endpoints that prove keys to each other, and connections that carry frames and segments.
//!
//! TLS proves only that the peer holds the key it shows. Whom to admit is the engine's matter, at the start
//! of every session: resumed connections skip TLS's verifiers. Nothing outside this room names `quinn`.

mod connection;
mod dial;
mod frame;
mod identity;
mod listen;
mod presence;
mod profile;
mod segment;
#[cfg(test)]
mod tests;

use std::time::Duration;

use khettara_core::sync::CloseReason;

pub use connection::Connection;
pub use dial::{DialError, Dialler};
pub use frame::{FrameError, read as read_frame, write as write_frame};
pub use identity::Identity;
pub use listen::{Listener, serve};
pub use profile::{LinkClass, Profile};

/// The protocol's name in the TLS handshake. Another name is another protocol: both sides part at once.
pub const ALPN: &[u8] = b"khettara/1";

/// The socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "no socket for this address: {0}; is another program using it, or is the address not this machine's?"
)]
pub struct BindError(#[from] std::io::Error);

/// Closes all connections of a socket, saying that we stop, and gives the words a moment to leave.
async fn shut(endpoint: &quinn::Endpoint) {
    endpoint.close(quinn::VarInt::from_u32(u32::from(CloseReason::Stopping as u8)), &[]);
    let patience = Duration::from_millis(profile::SHORT_LAST_WORDS_MS_MAX);
    // Peers that do not hear it notice by themselves.
    let _ = tokio::time::timeout(patience, endpoint.wait_idle()).await;
}
