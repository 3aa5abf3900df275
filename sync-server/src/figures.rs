//! What a relay's store holds, in numbers. Counted feed by feed, so that a running relay counts again only the
//! feeds that changed, and sessions wait for one feed at most.

use std::collections::BTreeMap;

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::identity::{Admission, Alarm, BindingState, Role, Roster};
use khettara_core::store::held::{above, logs_in, receipts_in, vector_of};
use khettara_core::store::{Store, StoreError};
use serde::{Deserialize, Serialize};

/// What a relay's store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Whether the roster held here names this relay.
    pub delegated: bool,
    /// Devices whose sessions are served.
    pub devices_admitted: u64,
    /// Devices that were closed: they may only push their own work.
    pub devices_closed: u64,
    /// Invitations that name this relay and that no tablet has claimed yet.
    pub bindings_pending: u64,
    /// Feeds of which something is held.
    pub feeds: u64,
    /// Logs held.
    pub logs: u64,
    /// Segments held and listed.
    pub segments: u64,
    /// Receipts this relay has given: of each feed and author the newest.
    pub receipts_given: u64,
    /// The roster's position as `(epoch, entry)`; none before anything of headquarters' is held.
    pub roster_position: Option<(u64, u64)>,
    /// What is wrong with the root or headquarters, as a sentence.
    pub alarm: Option<String>,
    /// Feeds that a running relay has still to count: what is said of feeds is too low by theirs.
    pub feeds_uncounted: u64,
    /// Bytes of all files of the store.
    pub disk_bytes: u64,
}

/// What is held of one feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FeedFigures {
    logs: u64,
    segments: u64,
    receipts_given: u64,
}

impl FeedFigures {
    /// Counts one feed; walks its segments' rows, not their bytes.
    pub(crate) fn count(store: &dyn Store, feed: &Feed, me: &DeviceKey) -> Result<Self, StoreError> {
        let mut tips: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (log, n, tip) in vector_of(store, [feed])?.lines(feed) {
            tips.entry(*log).or_default().push((*n, *tip));
        }
        let mut segments = 0;
        for (log, tips) in &tips {
            segments += above(store, log, tips, &[])?.len() as u64;
        }
        let receipts = receipts_in(store, feed, None)?;
        let given = receipts.iter().filter(|receipt| receipt.signed.signer == *me).count();
        Ok(Self { logs: logs_in(store, feed)?.len() as u64, segments, receipts_given: given as u64 })
    }
}

/// The feeds a relay may hold something of, as far as the roster tells.
pub(crate) fn feeds_of(roster: &Roster, me: &DeviceKey) -> Vec<Feed> {
    let mut feeds = vec![Feed::roster(), Feed::people(), Feed::bindings()];
    feeds.extend(roster.feeds_known_to(me));
    feeds.sort();
    feeds.dedup();
    feeds
}

impl Figures {
    /// The figures of a store that nobody works with.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count(store: &dyn Store, roster: &Roster, me: &DeviceKey) -> Result<Self, StoreError> {
        let mut figures = Self::of_roster(roster, me);
        let counted: Result<Vec<FeedFigures>, StoreError> =
            feeds_of(roster, me).iter().map(|feed| FeedFigures::count(store, feed, me)).collect();
        figures.add(counted?.iter());
        Ok(figures)
    }

    /// What the roster alone tells.
    pub(crate) fn of_roster(roster: &Roster, me: &DeviceKey) -> Self {
        let mut figures = Self {
            delegated: roster.delegate(me).is_some_and(|(role, _)| role == Role::RELAY),
            roster_position: roster
                .position()
                .map(|position| (position.value >> 32, position.value & u64::from(u32::MAX))),
            alarm: roster.alarm().map(what_alarms),
            ..Self::default()
        };
        let position = roster.position().map_or(0, |position| position.value);
        for serial in roster.serials() {
            if let Some(credential) = roster.credential(serial) {
                match roster.admission(&credential.device) {
                    Admission::Admitted { .. } => figures.devices_admitted += 1,
                    Admission::Closed => figures.devices_closed += 1,
                    Admission::Unknown => {}
                }
            }
            let here = roster.invitation(serial).is_some_and(|invitation| invitation.registrar == *me);
            let open = matches!(roster.binding(serial), BindingState::None);
            if here && open && !roster.is_withdrawn(serial, position) {
                figures.bindings_pending += 1;
            }
        }
        figures
    }

    /// Adds what was counted of feeds.
    pub(crate) fn add<'a>(&mut self, feeds: impl Iterator<Item = &'a FeedFigures>) {
        for feed in feeds.filter(|feed| feed.logs > 0) {
            self.feeds += 1;
            self.logs += feed.logs;
            self.segments += feed.segments;
            self.receipts_given += feed.receipts_given;
        }
    }
}

fn what_alarms(alarm: Alarm) -> String {
    let who = match alarm {
        Alarm::RootForked { .. } => "the root has said two things: was its key copied?",
        Alarm::HeadquartersForked { .. } => "headquarters has said two things: was its machine copied?",
    };
    format!("{who} Tell headquarters; work is still taken in.")
}
