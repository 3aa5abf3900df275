//! An organisation's own acts: founding it, naming headquarters and relays, publishing feed keys, inviting.
//!
//! Every act is an entry in a clear log. This room decides entries over a store that is given; files, keys on
//! disk and the network are elsewhere.

mod acts;
mod founding;

pub use acts::{
    ActError, Invited, Place, close, invite, next_serial, publish_constants, publish_feed_key, release,
    write_items,
};
pub use founding::{Founding, carry_feed, delegate, found};
