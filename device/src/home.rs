//! What an enrolled tablet works with: engine and store behind one lock, its readable copy behind another.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use khettara_core::id::Feed;
use khettara_core::identity::Identity;
use khettara_core::limits::REHEARSAL_MS_MAX;
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::{Engine, Party, is_granted};
use khettara_node::clock::Clock;
use khettara_node::{NodeStore, Shared, Worker, chance};
use khettara_records::airlock::{RehearsalFault, Stage};
use khettara_records::content::{Shipped, cut_style};
use khettara_records::replica::{CaughtUp, Replica};

use crate::error::DeviceError;
use crate::membership::Membership;
use crate::visits;

/// The program and its version, as it stands in this tablet's own logs.
pub const SOFTWARE: &str = concat!("khettara/", env!("CARGO_PKG_VERSION"));
/// Generation of records that this software writes.
const SCHEMA: u32 = 1;
/// Times that a feed is read while the index fails under it; beyond it the person is told.
const CATCH_UP_TRIES_MAX: u32 = 4;
/// Memory for loaded households.
const CACHE_BYTES_MAX: usize = 32 * 1_048_576;

/// Engine, store and readable copy. Locks are taken in this order: membership, copy, store.
pub(crate) struct Member {
    pub(crate) shared: Shared<NodeStore>,
    replica: Mutex<Replica>,
    pub(crate) membership: Mutex<Membership>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left behind is whole: everything that matters is in the store.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Member {
    /// Takes up work in an organisation.
    pub(crate) fn start(
        identity: Identity,
        membership: Membership,
        store: NodeStore,
        clock: Clock,
    ) -> Result<Self, Box<(NodeStore, DeviceError)>> {
        let party = Party {
            org: membership.org,
            organisation: membership.organisation.clone(),
            identity,
            receipts: None,
            cut: cut_style(),
            claim: None,
            open_secrets: Vec::new(),
        };
        let engine = chance::process_seed()
            .map_err(DeviceError::from)
            .and_then(|seed| Engine::new(party, *seed, SOFTWARE, SCHEMA, &store).map_err(DeviceError::from));
        let engine = match engine {
            Ok(engine) => engine,
            Err(error) => return Err(Box::new((store, error))),
        };
        let replica = Mutex::new(Replica::new(membership.org, CACHE_BYTES_MAX, stage()));
        let shared = Shared::new(engine, store, clock);
        let member = Self { shared, replica, membership: Mutex::new(membership) };
        member.arm();
        Ok(member)
    }

    /// Gives the engine what the invitation gives: the claim to make, and the secret that opens key grants.
    pub(crate) fn arm(&self) {
        let membership = lock(&self.membership);
        self.shared.with(|engine, store| {
            let open = membership.invite_keys().map(|keys| keys.open);
            engine.party_mut().open_secrets = open.into_iter().collect();
            // Where the store cannot be read now, the next sync claims again if that is due.
            let has_keys = is_granted(store, engine.party()).unwrap_or(true);
            let claim = membership.claim(&engine.party().identity, engine.roster(), has_keys);
            engine.party_mut().claim = claim;
        });
    }

    /// Works with the copy, the engine and the store, while nobody else does.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Replica, &mut Engine, &mut NodeStore) -> R) -> R {
        let mut replica = lock(&self.replica);
        self.shared.with(|engine, store| work(&mut replica, engine, store))
    }

    /// As [`Member::with`], for reading. Where the index was found damaged and built anew since the last time,
    /// all that was derived went with it: it is read again from the log, so that nobody is shown an empty list.
    pub(crate) fn read<R, E: From<StoreError>>(
        &self,
        mut work: impl FnMut(&mut Replica, &mut Engine, &mut NodeStore) -> Result<R, E>,
    ) -> Result<R, E> {
        for _ in 1..CATCH_UP_TRIES_MAX {
            let read = |replica: &mut Replica, engine: &mut Engine, store: &mut NodeStore| {
                let found = work(replica, engine, store);
                (found, store.take_mended())
            };
            let (found, mended) = self.with(read);
            if mended.is_none() {
                return found;
            }
            self.catch_up(None)?;
        }
        self.with(work)
    }

    /// Whether something is saved that the next session can cut and send.
    pub(crate) fn has_more_to_cut(&self) -> Result<bool, StoreError> {
        self.shared.with(|_, store| {
            for feed in held::own_feeds(store)? {
                let waits = held::own_logs(store, &feed)?.iter().any(|own| own.cut < own.n);
                if waits && held::newest_feed_key(store, &feed)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    /// Turns what is newly held into households, feed by feed, so that nobody waits for long. All feeds
    /// where none are named. Where the index is made anew under the copy, as on a full disk or after a row was
    /// damaged, all is read once more from the log.
    pub(crate) fn catch_up(&self, feeds: Option<BTreeSet<Feed>>) -> Result<CaughtUp, StoreError> {
        let mut feeds = feeds;
        for _ in 1..CATCH_UP_TRIES_MAX {
            match self.catch_up_once(feeds.take()) {
                // What was derived of other feeds went with it.
                Err(StoreError::Index) => {}
                done => return done,
            }
        }
        self.catch_up_once(None)
    }

    fn catch_up_once(&self, feeds: Option<BTreeSet<Feed>>) -> Result<CaughtUp, StoreError> {
        let feeds = match feeds {
            Some(feeds) => feeds.into_iter().filter(|feed| !feed.is_clear()).collect(),
            None => self.with(|_, engine, store| readable(engine, store))?,
        };
        let mut all = CaughtUp::default();
        for feed in feeds {
            let one = self.with(|replica, engine, store| {
                replica.catch_up_by(store, std::slice::from_ref(&feed), &Shipped, engine.roster())
            })?;
            all.merged += one.merged;
            all.visits += one.visits;
            all.waiting += one.waiting;
            all.quarantined += one.quarantined;
            all.touched.extend(one.touched);
        }
        self.with(|_, engine, store| visits::count(store, &engine.party().org, &Shipped))?;
        Ok(all)
    }
}

/// The feeds with records: those this tablet subscribes to, and those it wrote in.
pub(crate) fn readable(engine: &Engine, store: &dyn Store) -> Result<Vec<Feed>, StoreError> {
    let mut feeds: BTreeSet<Feed> = engine.party().subscription(engine.roster()).into_iter().collect();
    feeds.extend(held::own_feeds(store)?);
    Ok(feeds.into_iter().filter(|feed| !feed.is_clear()).collect())
}

/// Documents with many operations take changes on a thread of their own, which is left behind where it takes too long.
fn stage() -> Stage {
    let mut worker = Worker::new("rehearsal", Duration::from_millis(REHEARSAL_MS_MAX));
    Stage::with(Box::new(move |rehearsal| {
        worker.run(|| rehearsal.perform()).unwrap_or(Err(RehearsalFault::TooLong))
    }))
}
