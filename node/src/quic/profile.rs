//! Every number of the transport, and what it buys. Defaults made for data centres cost a 2G link 4.5 times
//! the bytes and a small relay its memory.

use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::CubicConfig;
use quinn::{IdleTimeout, MtuDiscoveryConfig, ServerConfig, TransportConfig, VarInt};

/// A parked connection is given up after this; the link may be away for minutes in the valleys.
const IDLE_MS_MAX: u32 = 600_000;
/// Packets start, and on slow links stay, at QUIC's smallest size.
const MTU_BYTES_INITIAL: u16 = 1_200;
/// Control streams that a peer may have open. More are refused by QUIC itself.
const BIDI_STREAMS_MAX: u32 = 1;
/// Segments that a peer may have under way. More wait at the sender.
const UNI_STREAMS_MAX: u32 = 32;
/// Bytes a connection may have sent and unacknowledged.
const SEND_WINDOW_BYTES: u64 = 262_144;

/// Relay: bytes of one stream not yet read.
const RELAY_STREAM_WINDOW_BYTES: u32 = 65_536;
/// Relay: bytes of one connection not yet read. 500 busy tablets stay within the relay's memory.
const RELAY_CONNECTION_WINDOW_BYTES: u32 = 131_072;
/// Relay: handshakes in progress. More are refused and try again.
pub(super) const HANDSHAKES_MAX: usize = 256;
/// Relay: from so many handshakes on, an address must prove itself with one more round trip.
pub(super) const HANDSHAKES_UNPROVED_MAX: usize = 64;
/// Relay: bytes kept for connections not yet taken up, all together. Beyond it packets are dropped.
const INCOMING_BYTES_MAX: u64 = 4 * 1_048_576;
/// Relay: bytes kept for one connection not yet taken up.
const INCOMING_BYTES_EACH_MAX: u64 = 65_536;
/// Relay: connections at once. More are refused and try again.
pub(super) const CONNECTIONS_MAX: usize = 1_024;
/// A handshake that takes longer is given up; the slowest measured with 20 % loss took 23 s.
pub(super) const HANDSHAKE_MS_MAX: u64 = 30_000;
/// A peer that has said nothing for so long after connecting is parted with; a whole Hello takes 26 s on 2G.
pub(super) const FIRST_FRAME_MS_MAX: u64 = 120_000;
/// How long a half received segment waits for room held by others of its session; then the peer has begun more
/// than it may, and is parted with.
pub(super) const ROOM_MS_MAX: u64 = 30_000;
/// Sessions remembered for 0-RTT; the oldest are forgotten. The library's 256 would evict most of 500 tablets.
pub(super) const SERVER_SESSIONS_CACHED_MAX: usize = 16_384;
/// Relays and colleagues whose tickets are remembered when dialling.
pub(super) const CLIENT_SESSIONS_CACHED_MAX: usize = 64;

/// Device: bytes of one stream not yet read.
const DEVICE_STREAM_WINDOW_BYTES: u32 = 131_072;
/// Device: bytes of one connection not yet read.
const DEVICE_CONNECTION_WINDOW_BYTES: u32 = 524_288;
/// Device: congestion window at the start on a link below 64 kbit/s.
const SLOW_INITIAL_WINDOW_BYTES: u64 = 4_800;
/// Round trip assumed on an unknown cellular path; the library's 333 ms sends every handshake twice.
const INITIAL_RTT_MS: u32 = 700;

/// Time for one address to answer on a slow link before the next is tried.
const SLOW_DIAL_MS_MAX: u64 = 20_000;
/// Time for one address to answer on a fast link before the next is tried.
const FAST_DIAL_MS_MAX: u64 = 5_000;
/// Quiet from an address before it is asked whether anybody listens there at all: two round trips of a slow link.
pub(super) const QUIET_MS_MAX: u64 = 1_500;
/// Time for the last words of an ending that both sides agreed on.
pub(super) const LAST_WORDS_MS_MAX: u64 = 30_000;
/// Time for the last words of any other ending.
pub(super) const SHORT_LAST_WORDS_MS_MAX: u64 = 2_000;

/// What is known of the link below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkClass {
    /// Below 64 kbit/s, or unknown: no probing for larger packets, a small first burst.
    Slow,
    /// At least 64 kbit/s was seen, or a wire.
    Fast,
}

/// For whom the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Hundreds of connections, each of a few kilobytes, over links of any kind.
    Relay,
    /// One or a few connections over one link.
    Device {
        /// What is known of the link.
        class: LinkClass,
        /// Round trip to assume at first. Too small sends everything twice, too large waits too long after loss.
        initial_rtt_ms: u32,
    },
}

impl Profile {
    /// A device about whose link nothing is known.
    pub const UNKNOWN_LINK: Self = Self::Device { class: LinkClass::Slow, initial_rtt_ms: INITIAL_RTT_MS };

    pub(super) const fn dial_ms_max(self) -> u64 {
        match self {
            Self::Device { class: LinkClass::Slow, .. } => SLOW_DIAL_MS_MAX,
            Self::Relay | Self::Device { class: LinkClass::Fast, .. } => FAST_DIAL_MS_MAX,
        }
    }

    pub(super) fn transport(self) -> TransportConfig {
        let (stream_window, connection_window, initial_rtt_ms) = match self {
            Self::Relay => (RELAY_STREAM_WINDOW_BYTES, RELAY_CONNECTION_WINDOW_BYTES, INITIAL_RTT_MS),
            Self::Device { initial_rtt_ms, .. } => {
                (DEVICE_STREAM_WINDOW_BYTES, DEVICE_CONNECTION_WINDOW_BYTES, initial_rtt_ms)
            }
        };
        let mut transport = TransportConfig::default();
        transport
            .max_concurrent_bidi_streams(VarInt::from_u32(BIDI_STREAMS_MAX))
            .max_concurrent_uni_streams(VarInt::from_u32(UNI_STREAMS_MAX))
            .stream_receive_window(VarInt::from_u32(stream_window))
            .receive_window(VarInt::from_u32(connection_window))
            .send_window(SEND_WINDOW_BYTES)
            .send_fairness(false)
            .datagram_receive_buffer_size(None)
            .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS_MAX))))
            .keep_alive_interval(None)
            .initial_mtu(MTU_BYTES_INITIAL)
            .initial_rtt(Duration::from_millis(u64::from(initial_rtt_ms)));
        let mut cubic = CubicConfig::default();
        let mut discovery = None;
        match self {
            Self::Device { class: LinkClass::Slow, .. } => {
                cubic.initial_window(SLOW_INITIAL_WINDOW_BYTES);
            }
            Self::Device { class: LinkClass::Fast, .. } => discovery = Some(MtuDiscoveryConfig::default()),
            Self::Relay => {}
        }
        transport.congestion_controller_factory(Arc::new(cubic)).mtu_discovery_config(discovery);
        transport
    }

    /// Bounds what strangers can make a listener hold.
    pub(super) fn bound_listener(config: &mut ServerConfig) {
        config
            .max_incoming(HANDSHAKES_MAX)
            .incoming_buffer_size(INCOMING_BYTES_EACH_MAX)
            .incoming_buffer_size_total(INCOMING_BYTES_MAX);
    }
}
