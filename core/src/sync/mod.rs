//! When it is said: sessions that decide what to say, to whom, and when. No sockets, no clock.
//!
//! | File | Decides |
//! |---|---|
//! | `port` | what the engine is told and what it asks for |
//! | `party` | who we are, and which feeds we keep |
//! | `engine` | one call: decide on scratch paper, commit once, then speak |
//! | `desk` | the scratch paper |
//! | `session` | one meeting's memory |
//! | `hello` | who holds what: bases, the answer |
//! | `vectors` | who holds what where no base is known on both sides |
//! | `send`, `receive` | segments out and in, staging, asking |
//! | `receipts`, `grants`, `stranger` | receipts; keys and items that travel alone; claims and admission |
//! | `status` | where own work provably is |

mod desk;
mod engine;
mod grants;
mod hello;
mod party;
mod port;
mod receipts;
mod receive;
mod send;
mod session;
mod status;
mod stranger;
mod vectors;

pub use engine::{Engine, EngineError, Now};
pub use grants::is_granted;
pub use party::{CutStyle, Party};
pub use port::{CloseReason, Input, Notice, Output, SessionId};
pub use receipts::lines_held;
pub use status::{Reach, Whereabouts};
