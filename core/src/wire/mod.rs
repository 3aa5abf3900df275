//! What is said: frames, the header of a segment's stream, and their bytes. Refuses the malformed.
//!
//! | Room | Knows | Never imports |
//! |---|---|---|
//! | `wire` | `log`, `identity` and below | `store`, `sync`, a transport |

mod frame;
mod header;

pub use frame::{
    BoundAnswer, ClaimFrame, Ends, Frame, Hello, HelloAck, LogEnds, LogFrame, LogRef, NeedVectors, Refusal,
    Refused, Settled, ShortEnd, Vectors, short_end,
};
pub use header::{BackRef, SegmentHeader};

/// The protocol version that this software speaks.
pub const VERSION: u8 = 1;
