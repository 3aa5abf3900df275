//! One device's append-only, hash-chained sequence of entries in one feed: what is written, held and listed.
//!
//! | Room | Knows | Never imports |
//! |---|---|---|
//! | `log` | `identity` and below, zstd | `store`, `wire`, `sync`, automerge |

mod change;
mod content;
mod cut;
mod descriptor;
mod entry;
mod listing;
mod opened;
mod payload;
mod receipt;
mod segment;
mod slim;
mod vector;

pub use change::{ChunkFault, change_hash};
pub use content::{Content, ContentFault, Written};
pub use cut::{Cut, CutError, Cutter, RosterSeen, Tip};
pub use descriptor::{Descriptor, actor_id, device_id};
pub use entry::{Entry, EntryFault, Start, chain_head, entry_hash, first_head};
pub use listing::{Listing, Named, SegmentMeta, list};
pub use opened::{OpenedEntry, Unit, open, open_on};
pub use payload::{Codec, Dictionaries, Form, NoDictionaries, PayloadFault, pack, unpack};
pub use receipt::{HeldBack, Place, ReceiptBody, ReceiptLine, ReceiptName, receipts_digest};
pub use segment::{Segment, SegmentBody, SegmentError};
pub use slim::{Earlier, Ground, NoEarlier, Pointed, Shaped, Slim, SlimFault};
pub use vector::{Line, Vector, base_id, feed_digest, subscription_hash, vectors_digest};
