//! The scratch paper of one call: what was decided, what will be said once it is durable.

use std::collections::BTreeSet;

use crate::id::{DeviceKey, Feed, LogId, OrgId};
use crate::identity::{Roster, Signed};
use crate::log::{Cutter, Named, RosterSeen};
use crate::store::held::{self, CutPendingError, Pen};
use crate::store::{Op, Overlay, Store, StoreError};
use crate::sync::party::Party;
use crate::sync::port::{CloseReason, Notice, Output, SessionId};
use crate::wire::Frame;

/// What all sessions of an engine share in memory; everything else they share is in the store.
pub(super) struct World {
    pub(super) party: Party,
    pub(super) pen: Pen,
    pub(super) roster: Roster,
}

/// Decisions of one call, on an overlay; nothing is said before they are durable.
pub(super) struct Desk<'a> {
    pub(super) world: &'a mut World,
    pub(super) overlay: Overlay<'a>,
    pub(super) out: Vec<Output>,
    /// Milliseconds since 1970 as the wall clock shows; 0 unknown. For the screen only.
    pub(super) shown_time: u64,
    pub(super) held: BTreeSet<Feed>,
    /// Authors whose work was taken, for receipts.
    pub(super) authors: BTreeSet<(Feed, DeviceKey)>,
    pub(super) roster_touched: bool,
}

impl<'a> Desk<'a> {
    pub(super) fn new(world: &'a mut World, store: &'a dyn Store, shown_time: u64) -> Self {
        Self {
            world,
            overlay: Overlay::new(store),
            out: Vec::new(),
            shown_time,
            held: BTreeSet::new(),
            authors: BTreeSet::new(),
            roster_touched: false,
        }
    }

    pub(super) fn org(&self) -> OrgId {
        self.world.party.org
    }

    pub(super) fn say(&mut self, session: SessionId, frame: &Frame) {
        self.out.push(Output::Frame { session, frame: frame.to_bytes() });
    }

    pub(super) fn close(&mut self, session: SessionId, reason: CloseReason) {
        self.out.push(Output::Close { session, reason });
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.out.push(Output::Notice(notice));
    }

    /// Decides a group; on this paper it is as good as done.
    pub(super) fn decide(&mut self, group: crate::store::Group) -> Result<(), StoreError> {
        self.overlay.commit(vec![group]).map(drop)
    }

    pub(super) fn write(&mut self, op: Op) -> Result<(), StoreError> {
        self.decide(crate::store::Group { expect: vec![], ops: vec![op] })
    }

    /// What the roster says about listing; nothing of it counts in the roster's own feeds.
    pub(super) fn named(&self, feed: &Feed) -> Named {
        if feed.is_clear() { Named::default() } else { self.world.roster.named().clone() }
    }

    /// Cuts everything pending in one feed. Entries that cannot be sealed yet stay saved.
    pub(super) fn cut(&mut self, feed: &Feed) -> Result<(), CutPendingError> {
        let key = if feed.is_clear() {
            None
        } else {
            match held::newest_feed_key(&self.overlay, feed)? {
                Some(key) => Some(key),
                None => return Ok(()),
            }
        };
        let named = self.named(feed);
        let roster_seen = self.roster_seen(feed);
        let party = &self.world.party;
        let cutter = |log: LogId| Cutter {
            org: &party.org,
            signing: &party.identity.signing,
            log,
            key: key.as_ref(),
            codec: if feed.is_clear() { crate::log::Codec::Plain } else { party.cut.codec },
            level: party.cut.level,
            dictionaries: party.cut.dictionaries.as_ref(),
            roster_seen,
        };
        let groups = held::cut_pending(&self.overlay, feed, &named, &cutter)?;
        if !groups.is_empty() {
            self.roster_touched |= feed.is_clear();
            self.held.insert(feed.clone());
        }
        for group in groups {
            self.decide(group)?;
        }
        Ok(())
    }

    fn roster_seen(&self, feed: &Feed) -> RosterSeen {
        let position = self.world.roster.position().map_or(0, |position| position.value);
        let ours = self.world.roster.headquarters() == Some(self.world.party.key());
        if ours && *feed == Feed::roster() {
            RosterSeen::OwnLog { epoch: u32::try_from(position >> 32).unwrap_or(u32::MAX) }
        } else {
            RosterSeen::Position(position)
        }
    }

    /// Cuts everything pending everywhere: before the first byte is sent, and before roster news is applied,
    /// so that what a segment says of the roster is never later than its writing.
    pub(super) fn cut_all(&mut self) -> Result<(), CutPendingError> {
        for feed in held::own_feeds(&self.overlay)? {
            self.cut(&feed)?;
        }
        Ok(())
    }

    /// Reads the roster again from this paper. What was saved so far was written before: it is cut first, so that its
    /// segments say so.
    pub(super) fn refold(&mut self) -> Result<(), CutPendingError> {
        self.cut_all()?;
        self.world.roster = held::fold_roster(&self.overlay, self.org(), Some(&self.world.roster))?;
        Ok(())
    }

    /// Keeps a signed item that travelled alone. Its signature is good.
    pub(super) fn keep_alone(&mut self, signed: &Signed) -> Result<(), StoreError> {
        if let Some(group) = held::keep_alone(&self.overlay, signed)? {
            self.roster_touched = true;
            self.decide(group)?;
        }
        Ok(())
    }
}
