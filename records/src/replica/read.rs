//! Replica: reading. Lists from rows; one household from its document; what is held back from its rows.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::encoding::{self, Set};
use khettara_core::hash;
use khettara_core::id::{ActorId, DeviceKey, DocumentId, Feed, Head, LogId, SegmentId};
use khettara_core::limits::{LIST_PAGE_ROWS_MAX, RECEIPT_HELD_BACK_RUNS_MAX};
use khettara_core::log::{HeldBack, Line};
use khettara_core::planted::Fault;
use khettara_core::store::held;
use khettara_core::store::{Damage, Store, StoreError};

use super::Replica;
use super::cache::NotLoaded;
use super::families::Families;
use super::keys;
use super::rows::{self, HeldRow, ListRow};
use super::segments::pending_name;
use crate::model::HouseholdDocument;
use crate::projection::{Conflict, HouseholdView, Sources, conflicts, sources};
use crate::verdict::EntryState;

/// Who wrote something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The device.
    pub device: DeviceKey,
    /// Its log.
    pub log: LogId,
}

/// An entry that is held and not merged, or a run of them that is held as one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBackEntry {
    /// The log.
    pub log: LogId,
    /// Whose log.
    pub device: Option<DeviceKey>,
    /// The entry's position; of a unit that of its first entry.
    pub n: u64,
    /// 1; of a unit the number of its entries.
    pub count: u32,
    /// The head at it; of a unit at its last entry.
    pub head: Head,
    /// Whether it is a whole segment that is held as one.
    pub of_unit: bool,
    /// The state.
    pub state: EntryState,
    /// For a change that could be read, its document.
    pub document: Option<DocumentId>,
}

/// What a headquarters receipt says of one line: how far, and what is held back up to there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRuns {
    /// The end of a held segment.
    pub n: u64,
    /// Its head.
    pub head: Head,
    /// Runs of held-back entries at or below `n`.
    pub runs: Set<HeldBack>,
}

/// Counts over feeds, from rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Households that are not withdrawn.
    pub households: u64,
    /// Their members.
    pub members: u64,
    /// Their visits.
    pub visits: u64,
    /// Their needs.
    pub needs: u64,
    /// Needs neither met nor withdrawn.
    pub open_needs: u64,
    /// Fields with several answers, withdrawn households included.
    pub conflicts: u64,
    /// Documents about anything but a household: referrals, service points, consultations…
    pub register: u64,
}

fn damaged(error: NotLoaded) -> StoreError {
    match error {
        NotLoaded::Store(error) => error,
        NotLoaded::Damaged => StoreError::Damaged(Damage::Content),
    }
}

impl Replica {
    pub(super) fn with_document<T>(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
        read: impl FnOnce(&HouseholdDocument) -> T,
    ) -> Result<Option<T>, StoreError> {
        let loaded = self.cache.take(store, feed, id).map_err(damaged)?;
        let value = loaded.is_stored.then(|| read(&loaded.document));
        self.cache.put(feed, loaded);
        Ok(value)
    }

    /// One household as it stands; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn household(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
    ) -> Result<Option<HouseholdView>, StoreError> {
        self.with_document(store, feed, id, HouseholdView::read)
    }

    /// The conflicts of one household, with all their sides.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conflicts(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
    ) -> Result<Vec<Conflict>, StoreError> {
        Ok(self.with_document(store, feed, id, conflicts)?.unwrap_or_default())
    }

    /// Who wrote what one household's rows rest on; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sources(
        &mut self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
    ) -> Result<Option<Sources>, StoreError> {
        self.with_document(store, feed, id, sources)
    }

    /// The conflicts of all households of a feed, by document. Loads only those whose rows show some.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all_conflicts(&mut self, store: &dyn Store, feed: &Feed) -> Result<Vec<Conflict>, StoreError> {
        let mut found = Vec::new();
        for prefix in [keys::list_rows(feed), keys::register_rows(feed)] {
            for (_, row) in rows::scan::<ListRow>(store, &prefix)? {
                if row.conflicts > 0 {
                    found.extend(self.conflicts(store, feed, &row.document)?);
                }
            }
        }
        Ok(found)
    }

    /// Rows of a feed's list, by document, behind `after`; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rows(
        &self,
        store: &dyn Store,
        feed: &Feed,
        after: Option<DocumentId>,
        limit: usize,
    ) -> Result<Vec<ListRow>, StoreError> {
        let prefix = keys::list_rows(feed);
        let from = after.map_or(prefix.clone(), |id| {
            let mut key = keys::list_row(feed, &id);
            key.push(0);
            key
        });
        let page = store.scan(&prefix, &from, limit.min(LIST_PAGE_ROWS_MAX))?;
        Ok(page.into_iter().filter_map(|(_, value)| encoding::from_bytes(&value).ok()).collect())
    }

    /// One row of a feed's list, or of its register.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn row(
        &self,
        store: &dyn Store,
        feed: &Feed,
        id: &DocumentId,
    ) -> Result<Option<ListRow>, StoreError> {
        rows::row_of(store, feed, id)
    }

    /// Documents of a feed that are about anything but a household, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn register(&self, store: &dyn Store, feed: &Feed) -> Result<Vec<ListRow>, StoreError> {
        Ok(rows::scan(store, &keys::register_rows(feed))?.into_iter().map(|(_, row)| row).collect())
    }

    /// Which records are of one family, by the links in these feeds; no document is loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn families(&self, store: &dyn Store, feeds: &[Feed]) -> Result<Families, StoreError> {
        let mut families = Families::default();
        for feed in feeds {
            let prefix = keys::link_rows(feed);
            for (key, links) in rows::scan::<Vec<DocumentId>>(store, &prefix)? {
                let Ok(document) = <[u8; 16]>::try_from(key.as_slice()) else { continue };
                links.iter().for_each(|other| families.join(&DocumentId(document), other));
            }
        }
        Ok(families)
    }

    /// The documents of a feed that have links which stand.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn linked(&self, store: &dyn Store, feed: &Feed) -> Result<Vec<DocumentId>, StoreError> {
        let rows = rows::scan::<Vec<DocumentId>>(store, &keys::link_rows(feed))?;
        Ok(rows.into_iter().filter_map(|(key, _)| key.try_into().ok().map(DocumentId)).collect())
    }

    /// Counts from rows; no document is loaded.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stats(&self, store: &dyn Store, feeds: &[Feed]) -> Result<Stats, StoreError> {
        let mut stats = Stats::default();
        for feed in feeds {
            rows::each(store, &keys::list_rows(feed), &mut |_, value| {
                let Ok(row) = encoding::from_bytes::<ListRow>(value) else { return };
                stats.conflicts += u64::from(row.conflicts);
                if !row.withdrawn {
                    stats.households += 1;
                    stats.members += u64::from(row.members);
                    stats.visits += u64::from(row.visits);
                    stats.needs += u64::from(row.needs);
                    stats.open_needs += u64::from(row.open_needs);
                }
            })?;
            rows::each(store, &keys::register_rows(feed), &mut |_, value| {
                let Ok(row) = encoding::from_bytes::<ListRow>(value) else { return };
                stats.conflicts += u64::from(row.conflicts);
                stats.register += 1;
            })?;
        }
        Ok(stats)
    }

    /// Everything of a feed that is held and not merged, by log and position. An entry held in several
    /// segments appears once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_back(&self, store: &dyn Store, feed: &Feed) -> Result<Vec<HeldBackEntry>, StoreError> {
        let mut devices: BTreeMap<LogId, DeviceKey> = BTreeMap::new();
        let mut seen: BTreeSet<(LogId, u64, Head)> = BTreeSet::new();
        let mut found = Vec::new();
        for (key, row) in rows::scan::<HeldRow>(store, &keys::all_held_back(feed))? {
            let Some((log, n, _)) = place_of(&key) else { continue };
            if !seen.insert((log, n, row.head)) {
                continue;
            }
            if !devices.contains_key(&log) {
                devices.extend(device_of(store, feed, &log)?.map(|device| (log, device)));
            }
            let device = devices.get(&log).copied();
            let HeldRow { state, count, head, of_unit, document } = row;
            found.push(HeldBackEntry { log, device, n, count, head, of_unit, state, document });
        }
        Ok(found)
    }

    /// What headquarters' receipt says of the branch that ends at `line`: runs of held-back entries at or
    /// below an end of a held segment, the last at which no more than the limit are needed. `None` where the
    /// line is not held.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_back_runs(
        &self,
        store: &dyn Store,
        feed: &Feed,
        line: &Line,
    ) -> Result<Option<ReceiptRuns>, StoreError> {
        let (log, n, tip) = line;
        let Some(end) = held::meta_of(store, log, *n, tip)? else { return Ok(None) };
        let held_rows = rows::scan::<HeldRow>(store, &keys::held_back_of(feed, log))?;
        if held_rows.is_empty() || Fault::HeldCountedAsMerged.is_on() {
            return Ok(Some(ReceiptRuns { n: *n, head: end.head, runs: Set::default() }));
        }
        let branch = held::above(store, log, &[(*n, *tip)], &[])?;
        let on_branch: BTreeSet<SegmentId> =
            branch.iter().map(|(id, _)| *id).chain([pending_name(log)]).collect();
        let mut runs: Vec<HeldBack> = Vec::new();
        for (key, row) in held_rows {
            let place = key.get(..8).zip(key.last_chunk::<32>());
            let Some((first, segment)) = place else { continue };
            let first = u64::from_be_bytes(first.try_into().unwrap_or_default());
            let reason = row.state.held_back_number().filter(|_| on_branch.contains(&SegmentId(*segment)));
            runs.extend(reason.map(|reason| (first, row.count, reason)));
        }
        let runs = joined(runs);
        let ends = branch.iter().rev().map(|(_, row)| (row.last(), row.head));
        for (n, head) in ends {
            let below: Vec<HeldBack> = up_to(&runs, n);
            if below.len() <= RECEIPT_HELD_BACK_RUNS_MAX {
                return Ok(Some(ReceiptRuns { n, head, runs: below.into_iter().collect() }));
            }
        }
        Ok(None)
    }

    /// Who an actor is; `None` where no readable change of it is held here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn author(
        &self,
        store: &dyn Store,
        feed: &Feed,
        actor: &ActorId,
    ) -> Result<Option<Author>, StoreError> {
        let Some(log) = rows::read::<LogId>(store, &keys::actor(feed, actor))? else { return Ok(None) };
        Ok(device_of(store, feed, &log)?.map(|device| Author { device, log }))
    }

    /// 32 bytes that are equal where two copies of a feed are: over every document's id and canonical digest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn digest(&mut self, store: &dyn Store, feed: &Feed) -> Result<[u8; 32], StoreError> {
        let prefix = keys::documents(feed);
        let mut bytes = Vec::new();
        let mut from = prefix.clone();
        // One at a time: a page of documents would be as large as all of them.
        while let Some((key, saved)) = store.scan(&prefix, &from, 1)?.pop() {
            let id: [u8; 16] = *key.last_chunk().ok_or(StoreError::Damaged(Damage::Content))?;
            let document = self
                .cache
                .unpack(DocumentId(id), &saved)
                .map_err(|_| StoreError::Damaged(Damage::Content))?;
            bytes.extend_from_slice(&id);
            bytes.extend_from_slice(&document.digest());
            from = key;
            from.push(0);
        }
        Ok(hash::derive("replica digest", &[&feed.prefixed(), &bytes]))
    }
}

fn place_of(key: &[u8]) -> Option<(LogId, u64, SegmentId)> {
    let n = u64::from_be_bytes(key.get(32..40)?.try_into().ok()?);
    Some((LogId(*key.first_chunk()?), n, SegmentId(*key.last_chunk()?)))
}

pub(super) fn device_of(
    store: &dyn Store,
    feed: &Feed,
    log: &LogId,
) -> Result<Option<DeviceKey>, StoreError> {
    if let Some(descriptor) = held::descriptor(store, log)? {
        return Ok(Some(descriptor.device));
    }
    let own = held::own_logs(store, feed)?.into_iter().find(|own| own.log == *log);
    Ok(own.map(|own| own.descriptor.device))
}

/// Runs of one reason that touch become one. Given by first position.
fn joined(runs: Vec<HeldBack>) -> Vec<HeldBack> {
    let mut out: Vec<HeldBack> = Vec::with_capacity(runs.len());
    for (first, count, reason) in runs {
        match out.last_mut() {
            Some((before, length, same)) if *same == reason && *before + u64::from(*length) == first => {
                match length.checked_add(count) {
                    Some(sum) => *length = sum,
                    None => out.push((first, count, reason)),
                }
            }
            // The same position read in two segments of one branch is one entry.
            Some((before, length, _)) if *before + u64::from(*length) > first => {}
            _ => out.push((first, count, reason)),
        }
    }
    out
}

fn up_to(runs: &[HeldBack], n: u64) -> Vec<HeldBack> {
    let below = runs.iter().filter(|(first, _, _)| *first <= n);
    below
        .map(|(first, count, reason)| {
            let room = n - first + 1;
            (*first, u32::try_from(room).map_or(*count, |room| room.min(*count)), *reason)
        })
        .collect()
}
