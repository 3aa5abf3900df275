//! Reading: lists, one household with its conflicts and their authors, decisions between answers, export.

use std::io::{self, Write};

use khettara_core::id::{ActorId, DeviceKey, DocumentId, Feed};
use khettara_core::store::{Store, StoreError};
use khettara_core::sync::Engine;
use khettara_records::content::Shipped;
use khettara_records::model::{FieldPath, Form, MemberForm, RecordKind, Reference, Rule, Scalar, Tongue};
use khettara_records::projection::{Conflict, HouseholdView, RecordRow, Who, export_lines, sentence};
use khettara_records::replica::{Families, ListRow, Replica, Saved, SplitMember};
use uuid::Uuid;

use crate::device::{Device, document_of};
use crate::error::DeviceError;
use crate::home::readable;
use crate::record::feed_of;
use crate::status::{VisitStatus, statuses};
use crate::visits;

/// Households fetched in one go while exporting.
const EXPORT_PAGE: usize = 256;

/// A row of the list, and the feed it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The feed.
    pub feed: Feed,
    /// The row.
    pub row: ListRow,
}

/// Who wrote one side of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The device, where it is known here.
    pub device: Option<DeviceKey>,
    /// Its number in the roster, where it has one.
    pub serial: Option<u32>,
    /// Whether it is this tablet.
    pub is_me: bool,
}

impl Writer {
    /// The same, as sentences name it.
    #[must_use]
    pub fn who(&self) -> Who {
        match (self.is_me, self.serial, self.device) {
            (true, ..) => Who::Me,
            (_, Some(serial), _) => Who::Serial(serial),
            (_, None, Some(device)) => Who::Device(device.to_hex()[..8].into()),
            (_, None, None) => Who::Unknown,
        }
    }
}

/// A conflict, where it stands, and who wrote its sides.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownConflict {
    /// The feed.
    pub feed: Feed,
    /// The conflict.
    pub conflict: Conflict,
    /// The writers of its sides, in their order.
    pub writers: Vec<Writer>,
}

impl ShownConflict {
    /// The conflict in one sentence: who wrote what, where and when, and what is shown meanwhile.
    #[must_use]
    pub fn sentence(&self, tongue: Tongue) -> String {
        let writers: Vec<Who> = self.writers.iter().map(Writer::who).collect();
        sentence(&self.conflict, &writers, self.feed.as_str(), tongue)
    }
}

/// One household as this tablet knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Household {
    /// The feed.
    pub feed: Feed,
    /// Its rows.
    pub view: HouseholdView,
    /// Its conflicts.
    pub conflicts: Vec<ShownConflict>,
    /// Where those of its visits are that were written here, and what they wait for.
    pub own_visits: Vec<VisitStatus>,
}

/// What a decision keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A side, by its place from 0.
    Side(usize),
    /// Another value, as a line would give it.
    Value(Scalar),
}

impl Device {
    /// How many households' documents were loaded since opening. Opening, lists and counts load none.
    ///
    /// # Errors
    /// [`DeviceError::NotEnrolled`].
    pub fn documents_loaded(&self) -> Result<u64, DeviceError> {
        Ok(self.member()?.with(|replica, _, _| replica.loads()))
    }

    /// Households, by feed and id, behind `after`; at most `limit`.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn households(&self, after: Option<&(Feed, Uuid)>, limit: usize) -> Result<Vec<Listed>, DeviceError> {
        let member = self.member()?;
        let page = member.read(|replica, engine, store| {
            let mut page = Vec::new();
            for feed in readable(engine, store)? {
                let behind = match after {
                    Some((passed, _)) if feed < *passed => continue,
                    Some((passed, id)) if feed == *passed => Some(document_of(id)),
                    _ => None,
                };
                let rows = replica.rows(store, &feed, behind, limit - page.len())?;
                page.extend(rows.into_iter().map(|row| Listed { feed: feed.clone(), row }));
                if page.len() >= limit {
                    break;
                }
            }
            Ok::<_, StoreError>(page)
        })?;
        Ok(page)
    }

    /// Documents about anything but a household (referrals, service points, consultations…), by feed and id.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn register(&self) -> Result<Vec<Listed>, DeviceError> {
        let member = self.member()?;
        let all = member.with(|replica, engine, store| {
            let mut all = Vec::new();
            for feed in readable(engine, store)? {
                let rows = replica.register(store, &feed)?.into_iter();
                all.extend(rows.map(|row| Listed { feed: feed.clone(), row }));
            }
            Ok::<_, StoreError>(all)
        })?;
        Ok(all)
    }

    /// Which records are of one family, by the links known here.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn families(&self) -> Result<Families, DeviceError> {
        let member = self.member()?;
        Ok(member.with(|replica, engine, store| replica.families(store, &readable(engine, store)?))?)
    }

    /// Families that moved or are registered twice: every link that stands, with the feed of its record.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn links(&self) -> Result<Vec<(Feed, RecordRow)>, DeviceError> {
        let member = self.member()?;
        let all = member.with(|replica, engine, store| {
            let mut all = Vec::new();
            for feed in readable(engine, store)? {
                for document in replica.linked(store, &feed)? {
                    let view = replica.household(store, &feed, &document)?;
                    let links = view.iter().flat_map(|view| view.of_kind(RecordKind::Link));
                    let standing = links.filter(|link| !link.is_withdrawn());
                    all.extend(standing.map(|link| (feed.clone(), link.clone())));
                }
            }
            Ok::<_, StoreError>(all)
        })?;
        Ok(all)
    }

    /// One household, with its conflicts and where the visits written here are.
    ///
    /// # Errors
    /// [`DeviceError::NoSuchHousehold`], or what the store says.
    pub fn household(&self, id: &Uuid) -> Result<Household, DeviceError> {
        let member = self.member()?;
        member.read(|replica, engine, store| {
            let feed = feed_of(replica, engine, store, id)?.ok_or(DeviceError::NoSuchHousehold)?;
            let document = document_of(id);
            visits::count(store, &engine.party().org, &Shipped)?;
            let own = visits::own_visits_to(store, engine.roster(), &feed, &document)?;
            let own_visits = statuses(engine, store, own)?;
            let view = replica.household(store, &feed, &document)?.ok_or(DeviceError::NoSuchHousehold)?;
            let conflicts = replica.conflicts(store, &feed, &document)?;
            let conflicts = shown(replica, engine, store, &feed, conflicts)?;
            Ok(Household { feed, view, conflicts, own_visits })
        })
    }

    /// Every conflict of every household here, and behind them people who stand in several families.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn conflicts(&self) -> Result<Vec<ShownConflict>, DeviceError> {
        let member = self.member()?;
        let all = member.read(|replica, engine, store| {
            let mut all = Vec::new();
            for feed in readable(engine, store)? {
                let conflicts = replica.all_conflicts(store, &feed)?;
                all.extend(shown(replica, engine, store, &feed, conflicts)?);
            }
            let feeds = readable(engine, store)?;
            let families = replica.families(store, &feeds)?;
            for split in replica.split_members(store, &feeds, &families)? {
                all.push(shown_split(replica, engine, store, split)?);
            }
            Ok::<_, StoreError>(all)
        })?;
        Ok(all)
    }

    /// Decides a conflict. The decision is a change like any other, and holds for the sides that stand there
    /// now: were another to arrive meanwhile, it stays a conflict.
    ///
    /// # Errors
    /// [`DeviceError::NoSuchConflict`], [`DeviceError::NoSuchSide`], or as [`Device::record`].
    pub fn resolve(&self, household: &Uuid, path: &FieldPath, choice: Choice) -> Result<Saved, DeviceError> {
        if let FieldPath::Rule(Rule::OneFamily { member }) = path {
            return self.keep_in_one_family(member, choice);
        }
        let found = self.household(household)?.conflicts.into_iter().find(|one| one.conflict.path == *path);
        let conflict = found.ok_or(DeviceError::NoSuchConflict)?.conflict;
        let form = match choice {
            Choice::Side(side) => conflict.keep(side).ok_or(DeviceError::NoSuchSide)?,
            Choice::Value(value) => conflict.keep_value(value),
        };
        self.record(&form)
    }

    /// Keeps a person in the family of one side, and sets them aside in the others: a change in each. Where one of
    /// them cannot be written, what was written stands, and the rest is a conflict still.
    fn keep_in_one_family(&self, member: &Uuid, choice: Choice) -> Result<Saved, DeviceError> {
        let path = FieldPath::Rule(Rule::OneFamily { member: *member });
        let member_here = self.member()?;
        let split = member_here.read(|replica, engine, store| {
            let feeds = readable(engine, store)?;
            let families = replica.families(store, &feeds)?;
            replica.split_members(store, &feeds, &families)
        })?;
        let split = split.into_iter().find(|split| split.conflict.path == path);
        let records = split.ok_or(DeviceError::NoSuchConflict)?.records;
        let Choice::Side(kept) = choice else { return Err(DeviceError::NoSuchSide) };
        if kept >= records.len() {
            return Err(DeviceError::NoSuchSide);
        }
        let mut saved = None;
        let others = records.iter().enumerate().filter(|(place, _)| *place != kept);
        for (_, (_, document, id)) in others {
            let household = Reference::Id(Uuid::from_bytes(document.0));
            let member = MemberForm { id: Some(*id), withdrawn: Some(true), ..MemberForm::default() };
            saved = Some(self.record(&Form::Member { household, member })?);
        }
        saved.ok_or(DeviceError::NoSuchSide)
    }

    /// Writes every household here as lines of JSON that can be imported again, and behind them every other
    /// document; what few may read only where it is asked for. Gives the number of documents.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read; the outer result is the writer's.
    pub fn export(&self, out: &mut dyn Write, sensitive: bool) -> io::Result<Result<u64, DeviceError>> {
        let mut after = None;
        let mut count = 0;
        loop {
            let page = match self.households(after.as_ref(), EXPORT_PAGE) {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            if let Err(error) = self.export_documents(&page, out)? {
                return Ok(Err(error));
            }
            count += page.len() as u64;
            match page.last() {
                Some(last) if page.len() == EXPORT_PAGE => {
                    after = Some((last.feed.clone(), Uuid::from_bytes(last.row.document.0)));
                }
                _ => break,
            }
        }
        let register = match self.register() {
            Ok(mut register) => {
                register.retain(|listed| sensitive || !listed.row.is_sensitive());
                register
            }
            Err(error) => return Ok(Err(error)),
        };
        count += register.len() as u64;
        Ok(self.export_documents(&register, out)?.map(|()| count))
    }

    fn export_documents(&self, page: &[Listed], out: &mut dyn Write) -> io::Result<Result<(), DeviceError>> {
        for Listed { feed, row } in page {
            let view = match self.view(feed, &row.document) {
                Ok(view) => view,
                Err(error) => return Ok(Err(error)),
            };
            for line in view.iter().flat_map(export_lines) {
                writeln!(out, "{line}")?;
            }
        }
        Ok(Ok(()))
    }

    fn view(&self, feed: &Feed, document: &DocumentId) -> Result<Option<HouseholdView>, DeviceError> {
        let member = self.member()?;
        Ok(member.read(|replica, _, store| replica.household(store, feed, document))?)
    }
}

/// Each side has its own feed, and so its own authors.
fn shown_split(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    split: SplitMember,
) -> Result<ShownConflict, StoreError> {
    let SplitMember { conflict, records } = split;
    let sides = conflict.sides.iter().zip(&records);
    let writers = sides.map(|(side, (feed, ..))| writer_of(replica, engine, store, feed, &side.actor));
    let writers = writers.collect::<Result<_, _>>()?;
    let feed = records.into_iter().map(|(feed, ..)| feed).next().ok_or(StoreError::Index)?;
    Ok(ShownConflict { feed, conflict, writers })
}

fn writer_of(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    feed: &Feed,
    actor: &ActorId,
) -> Result<Writer, StoreError> {
    let device = replica.author(store, feed, actor)?.map(|author| author.device);
    let serial = device.and_then(|device| engine.roster().serial_of(&device));
    Ok(Writer { device, serial, is_me: device == Some(engine.party().key()) })
}

fn shown(
    replica: &Replica,
    engine: &Engine,
    store: &dyn Store,
    feed: &Feed,
    conflicts: Vec<Conflict>,
) -> Result<Vec<ShownConflict>, StoreError> {
    let writer = |actor: &ActorId| writer_of(replica, engine, store, feed, actor);
    conflicts
        .into_iter()
        .map(|conflict| {
            let writers = conflict.sides.iter().map(|side| writer(&side.actor)).collect::<Result<_, _>>()?;
            Ok(ShownConflict { feed: feed.clone(), conflict, writers })
        })
        .collect()
}
