//! The questions the other rooms ask of the roster.

use std::collections::BTreeSet;

use crate::encoding::Set;
use crate::id::{DeviceKey, Feed, KeyId, OrgId, Pattern};
use crate::identity::{Constant, FeedKeyItem, Genesis, Grant, Invitation, Mode, Rights, Role, Signed};

use super::Roster;
use super::people::rights_in;
use super::root::next_root;
use super::view::{
    Admission, Alarm, BindingState, ClosingView, CredentialView, ReleaseView, RosterNames, RosterPosition,
};

impl Roster {
    /// The organisation.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// The genesis, once held.
    #[must_use]
    pub const fn genesis(&self) -> Option<&Genesis> {
        self.root.genesis.as_ref()
    }

    /// The position of the last entry of headquarters' log that is held here and counts.
    #[must_use]
    pub const fn position(&self) -> Option<RosterPosition> {
        self.ledger.position
    }

    /// What is wrong with the root or headquarters. The root's alarm comes first: it can hide the other.
    #[must_use]
    pub fn alarm(&self) -> Option<Alarm> {
        let root = self.root.forked.map(|at| Alarm::RootForked { at });
        root.or_else(|| self.ledger.forked.map(|at| Alarm::HeadquartersForked { at }))
    }

    /// The key that is headquarters now.
    #[must_use]
    pub fn headquarters(&self) -> Option<DeviceKey> {
        self.root.delegations.headquarters_now()
    }

    /// The keys delegated as relays, and so as registrars, now; ascending.
    #[must_use]
    pub fn relays(&self) -> Vec<DeviceKey> {
        let by_key = self.root.delegations.by_key.iter();
        by_key.filter(|(_, (role, _))| *role == Role::RELAY).map(|(key, _)| *key).collect()
    }

    /// What the root gave a key, and where: role 4, 5 or 6. Other roles are not the root's to give.
    #[must_use]
    pub fn delegate(&self, key: &DeviceKey) -> Option<(Role, &Set<Pattern>)> {
        let delegations = &self.root.delegations;
        let by_key = delegations.by_key.get(key).map(|(role, feeds)| (*role, feeds));
        match &delegations.headquarters {
            Some((named, feeds)) if named == key && !feeds.is_empty() => Some((Role::HEADQUARTERS, feeds)),
            _ => by_key,
        }
    }

    /// A key's role where it decides which place a receipt may name: the delegation's, else the credential's.
    /// A credential that says relay, headquarters or reader gives [`Role`] 0: only the root gives those.
    #[must_use]
    pub fn issuer_role(&self, key: &DeviceKey) -> Option<Role> {
        let delegated = self.delegate(key).map(|(role, _)| role);
        delegated.or_else(|| match self.present(key)?.role {
            Role::RELAY | Role::HEADQUARTERS | Role::READER => Some(Role(0)),
            role => Some(role),
        })
    }

    /// What a key may do in `feed` now: the union over every covering grant and delegation. Closings take
    /// nothing from it: see [`Roster::is_closed_in`].
    #[must_use]
    pub fn rights(&self, key: &DeviceKey, feed: &Feed) -> Rights {
        let granted = self
            .all_present(key)
            .fold(Rights::default(), |all, credential| all.with(rights_in(&credential.grants, feed)));
        let delegations = &self.root.delegations;
        let headquarters = delegations.headquarters.iter();
        let by_role = headquarters
            .filter(|(named, _)| named == key)
            .map(|(_, feeds)| (Role::HEADQUARTERS, feeds))
            .chain(delegations.by_key.get(key).map(|(role, feeds)| (*role, feeds)));
        by_role
            .filter(|(_, feeds)| feeds.iter().any(|pattern| pattern.covers(feed)))
            .fold(granted, |all, (role, _)| all.with(Rights::of_delegate(role)))
    }

    /// Whether segments of a log of `key` in `feed` are accepted: it may write there, or ever could, as far as
    /// known here. In `@roster` these are the root (the announced one too) and every headquarters, in
    /// `@roster/people` every headquarters, in `@roster/bindings` every registrar.
    #[must_use]
    pub fn may_write(&self, key: &DeviceKey, feed: &Feed) -> bool {
        let delegations = &self.root.delegations;
        let ever = |role| delegations.ever_had(key, role);
        match feed.as_str() {
            Feed::ROSTER => {
                self.root.keys.contains(key)
                    || ever(Role::HEADQUARTERS)
                    || self.root.announced.contains(&next_root(key))
            }
            Feed::PEOPLE => ever(Role::HEADQUARTERS),
            Feed::BINDINGS => ever(Role::RELAY),
            _ if feed.is_clear() => false,
            _ => {
                let delegated = delegations.ever.get(key).into_iter().flatten().any(|(role, feeds)| {
                    Rights::of_delegate(*role).includes(Rights::WRITE)
                        && feeds.iter().any(|pattern| pattern.covers(feed))
                });
                delegated || self.serials_of(key).any(|known| known.ever_accepted(key, feed, Rights::WRITE))
            }
        }
    }

    /// How a session of `key` is to be treated.
    ///
    /// A cut that names the device closes its sessions, and so does a drain of every feed; a drain of some
    /// feeds moves an honest device's scope and leaves it its others. No closing shuts out headquarters: the
    /// root's word stands above it.
    #[must_use]
    pub fn admission(&self, key: &DeviceKey) -> Admission {
        let is_headquarters = self.headquarters() == Some(*key);
        if !is_headquarters && self.ledger.closings.iter().any(|view| ends(view, key)) {
            return Admission::Closed;
        }
        match self.issuer_role(key) {
            Some(role) => Admission::Admitted { role, serial: self.serial_of(key) },
            None if self.people.by_key.contains_key(key) => Admission::Closed,
            None => Admission::Unknown,
        }
    }

    /// Whether a closing touches the logs of `key` in `feed`.
    #[must_use]
    pub fn is_closed_in(&self, key: &DeviceKey, feed: &Feed) -> bool {
        self.ledger.closings.iter().any(|view| view.touches(key, feed))
    }

    /// Whether this peer may be given segments of `feed`: `@roster` by everybody who is known, closed or not;
    /// `@roster/people` and `@roster/bindings` by headquarters and registrars; any other feed by right to read
    /// or carry where no closing touches the peer.
    #[must_use]
    pub fn subscribed_by_right(&self, key: &DeviceKey, feed: &Feed) -> bool {
        let admission = self.admission(key);
        let admitted = matches!(admission, Admission::Admitted { .. });
        match feed.as_str() {
            Feed::ROSTER => admission != Admission::Unknown,
            Feed::PEOPLE | Feed::BINDINGS => {
                let is_registrar =
                    matches!(self.root.delegations.by_key.get(key), Some((role, _)) if *role == Role::RELAY);
                admitted && (is_registrar || self.headquarters() == Some(*key))
            }
            _ if feed.is_clear() => false,
            _ => {
                let rights = self.rights(key, feed);
                let may = rights.includes(Rights::READ) || rights.includes(Rights::CARRY);
                let is_shut = self.headquarters() != Some(*key) && self.is_closed_in(key, feed);
                admitted && may && !is_shut
            }
        }
    }

    /// The serial whose present credential names `key`; of several the highest, which is the newest.
    #[must_use]
    pub fn serial_of(&self, key: &DeviceKey) -> Option<u32> {
        self.present(key).map(|credential| credential.serial)
    }

    /// The present credential of `key`; where several serials name it, that of the highest.
    #[must_use]
    pub fn credential_of(&self, key: &DeviceKey) -> Option<CredentialView> {
        self.present(key).cloned()
    }

    /// Every serial that anything held here speaks of, ascending.
    pub fn serials(&self) -> impl Iterator<Item = u32> {
        self.people.serials.keys().copied()
    }

    /// The present credential of a serial.
    #[must_use]
    pub fn credential(&self, serial: u32) -> Option<&CredentialView> {
        self.people.serials.get(&serial)?.present.as_ref()
    }

    /// Every device that a serial names or was bound to, ascending: whoever closes it closes them all.
    #[must_use]
    pub fn devices_of(&self, serial: u32) -> Vec<DeviceKey> {
        let by_key = self.people.by_key.iter();
        by_key.filter(|(_, serials)| serials.contains(&serial)).map(|(key, _)| *key).collect()
    }

    /// Everything that together is this device's credential, then and now: invitations, bindings and every
    /// edition of its serials. It travels with the descriptor of a log.
    #[must_use]
    pub fn items_of(&self, key: &DeviceKey) -> Vec<Signed> {
        let all: BTreeSet<&Signed> = self.serials_of(key).flat_map(|known| known.envelopes()).collect();
        all.into_iter().cloned().collect()
    }

    /// The invitation of a serial, signed by the present headquarters.
    #[must_use]
    pub fn invitation(&self, serial: u32) -> Option<&Invitation> {
        self.people.serials.get(&serial)?.invitation()
    }

    /// Who claimed a serial. Bindings that are not sound are none.
    #[must_use]
    pub fn binding(&self, serial: u32) -> BindingState<'_> {
        self.people.serials.get(&serial).map_or(BindingState::None, |known| known.state())
    }

    /// Whether the invitation of `serial` had ended for whoever had seen the roster up to `roster_seen`.
    #[must_use]
    pub fn is_withdrawn(&self, serial: u32, roster_seen: u64) -> bool {
        self.ledger.withdrawn.get(&serial).is_some_and(|position| roster_seen >= *position)
    }

    /// The published keys of a feed, ascending by ordinal.
    #[must_use]
    pub fn feed_keys(&self, feed: &Feed) -> Vec<&FeedKeyItem> {
        self.ledger.feed_keys.get(feed).into_iter().flatten().collect()
    }

    /// The feeds that `key` may have to do with, ascending: those headquarters published a key for, and those
    /// its own grants name exactly.
    #[must_use]
    pub fn feeds_known_to(&self, key: &DeviceKey) -> Vec<Feed> {
        let exact = |(pattern, _): &Grant| Feed::new(pattern.as_str()).ok();
        let own = self.all_present(key).flat_map(|credential| credential.grants.iter().filter_map(exact));
        let mut feeds: Vec<Feed> = self.ledger.feed_keys.keys().cloned().chain(own).collect();
        feeds.sort();
        feeds.dedup();
        feeds
    }

    /// Whether headquarters published `key` for `feed`: no other key is used.
    #[must_use]
    pub fn lists_key(&self, feed: &Feed, key: &KeyId) -> bool {
        self.ledger.feed_keys.get(feed).into_iter().flatten().any(|item| item.key_id == *key)
    }

    /// What decides which logs and branches are listed, in feeds other than `@roster`.
    #[must_use]
    pub const fn named(&self) -> &RosterNames {
        &self.ledger.names
    }

    /// A limit that headquarters gave by name.
    #[must_use]
    pub fn limit(&self, name: u8) -> Option<u64> {
        self.ledger.limits.get(&name).copied()
    }

    /// Every closing, each once.
    #[must_use]
    pub fn closings(&self) -> &[ClosingView] {
        &self.ledger.closings
    }

    /// Every release whose signature is good, each once.
    #[must_use]
    pub fn releases(&self) -> &[ReleaseView] {
        &self.ledger.releases
    }

    /// Whether a line or hash of `release` that speaks of a log in `feed` is by somebody entitled to it:
    /// headquarters, or who has or ever had supervise there. Whose entries they are, and whether the release
    /// itself stands, is the verdict's to ask.
    #[must_use]
    pub fn release_counts(&self, release: &ReleaseView, feed: &Feed) -> bool {
        release.by_headquarters || self.ever_supervised(&release.signed.signer, feed)
    }

    /// Whether `key` supervises `feed`, or ever did. A key that was headquarters and was replaced has no
    /// say but through its old log.
    #[must_use]
    pub fn ever_supervised(&self, key: &DeviceKey, feed: &Feed) -> bool {
        if self.root.delegations.ever_had(key, Role::HEADQUARTERS) {
            return self.headquarters() == Some(*key);
        }
        self.serials_of(key).any(|known| known.ever_gave(key, feed, Rights::SUPERVISE))
    }

    /// Constants that headquarters published, each chunk once, in the order of their positions.
    #[must_use]
    pub fn constants(&self) -> &[Constant] {
        &self.ledger.constants
    }

    fn serials_of(&self, key: &DeviceKey) -> impl Iterator<Item = &super::people::Serial> {
        let serials = self.people.by_key.get(key).into_iter().flatten();
        serials.filter_map(|serial| self.people.serials.get(serial))
    }

    fn all_present(&self, key: &DeviceKey) -> impl DoubleEndedIterator<Item = &CredentialView> {
        let serials = self.people.by_key.get(key).into_iter().flatten();
        let present = serials.filter_map(|serial| self.people.serials.get(serial)?.present.as_ref());
        present.filter(move |credential| credential.device == *key)
    }

    fn present(&self, key: &DeviceKey) -> Option<&CredentialView> {
        self.all_present(key).next_back()
    }
}

/// Whether a closing ends the device's sessions altogether.
fn ends(view: &ClosingView, key: &DeviceKey) -> bool {
    let everywhere = || view.closing.feeds.iter().any(|pattern| pattern.as_str() == "*");
    view.closing.devices.contains(key) && (view.closing.mode != Mode::DRAIN || everywhere())
}
