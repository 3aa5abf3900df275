//! When it is said: sessions that decide what to say, to whom, and when. No sockets, no clock.

mod port;

pub use port::{CloseReason, Input, Notice, Output, SessionId};
