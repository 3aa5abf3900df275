//! Who wrote it, and who may read it: keys, signatures, seals, the roster.
//!
//! | Room | Knows | Never imports |
//! |---|---|---|
//! | `identity` | `id`, `hash`, `encoding`, `limits`; the signature, AEAD and HPKE crates | `log`, `store`, `wire`, `sync` |

mod chance;
mod grant;
mod invite;
mod item;
mod keys;
mod roster;
mod seal;
mod signed;

pub use chance::{Fresh, SeededChance};
pub use grant::{GrantError, GrantedKey, KeyGrant};
pub use invite::{Claim, InviteKeys, InviteSecret, Ticket, TicketError, binding_is_sound};
pub use item::{
    Binding, Closing, Constant, Credential, Delegate, FeedKeyItem, Finished, Genesis, Grant, Invitation,
    Item, ItemError, LimitItem, Limits, LinkBytes, Mode, Release, Rights, Role, RotateRoot, Withdraw,
    organisation_id,
};
pub use keys::{Identity, KemSecret, SigningKey, VerifyError, verify};
pub use roster::{
    Admission, Alarm, BindingState, ClosingView, CredentialView, ReleaseView, Roster, RosterBranch,
    RosterEntry, RosterLog, RosterNames, RosterPosition,
};
pub(crate) use seal::SEAL_OVERHEAD;
pub use seal::{FeedKey, Link, SealContext, SealError};
pub use signed::{Kind, Signed, SignedError, Verified};
