//! A tablet: made, opened, enrolled, asked how it is.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use khettara_core::id::{DeviceKey, DocumentId};
use khettara_core::identity::{Admission, Identity, InviteSecret, Ticket};
use khettara_core::limits::SILENCE_MS_MAX;
use khettara_core::store::{StoreError, held};
use khettara_node::clock::Clock;
use khettara_node::key_file::{KeyFile, Seeds};
use khettara_node::{NodeStore, Owner, chance, has_reserve, open_store, release_reserve};
use uuid::Uuid;

use crate::clocks;
use crate::error::DeviceError;
use crate::home::{Member, lock, readable};
use crate::membership::Membership;
use crate::mended::Mended;
use crate::network::Network;
use crate::status::{AtHeadquarters, Enrolment, Status, VisitCounts, VisitStatus, statuses, waiting};
use crate::visits::{self, OwnVisit};
use khettara_node::OrganisationFile;

/// One tablet in one folder. Calls may come from any thread; none needs an async runtime, and none may be made
/// from inside one.
///
/// ```text
/// <dir>/keys      who this tablet is; written first, never replaced
/// <dir>/store/    everything it holds
/// ```
pub struct Device {
    dir: PathBuf,
    pub(crate) seeds: Seeds,
    identity: Identity,
    pub(crate) clock: Clock,
    home: Mutex<Home>,
    pub(crate) network: Mutex<Option<Network>>,
    pub(crate) patience_ms: AtomicU64,
}

enum Home {
    /// Belongs to no organisation.
    Blank(NodeStore),
    Member(Arc<Member>),
    /// Between the two, within one call.
    Moving,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("key", &self.identity.key()).finish_non_exhaustive()
    }
}

impl Device {
    /// Makes a tablet in `dir`, which may be empty or not there: its keys and its store.
    ///
    /// # Errors
    /// [`DeviceError::Exists`] where there is one already; [`DeviceError`] where disk or chance fail.
    pub fn init(dir: &Path) -> Result<Self, DeviceError> {
        Self::init_with(dir, Clock::start())
    }

    /// As [`Device::init`], with a clock of its own.
    ///
    /// # Errors
    /// Likewise.
    pub fn init_with(dir: &Path, clock: Clock) -> Result<Self, DeviceError> {
        if dir.join("keys").exists() {
            return Err(DeviceError::Exists);
        }
        // The store first: its lock keeps two processes from making two tablets here.
        let (store, _) = open_store(&dir.join("store"), Owner::Tablet)?;
        let seeds = Seeds { signing: *chance::process_seed()?, kem: *chance::process_seed()? };
        KeyFile::create(&dir.join("keys"), &seeds)?;
        Self::with_store(dir, seeds, store, clock)
    }

    /// Opens the tablet in `dir`, and says what had to be mended.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] where there is none; else what keys or store say.
    pub fn open(dir: &Path) -> Result<(Self, Vec<Mended>), DeviceError> {
        Self::open_with(dir, Clock::start())
    }

    /// As [`Device::open`], with a clock of its own.
    ///
    /// # Errors
    /// Likewise.
    pub fn open_with(dir: &Path, clock: Clock) -> Result<(Self, Vec<Mended>), DeviceError> {
        if !dir.join("keys").exists() {
            return Err(DeviceError::Missing);
        }
        let (store, opened) = open_store(&dir.join("store"), Owner::Tablet)?;
        let seeds = KeyFile::open(&dir.join("keys"))?;
        Ok((Self::with_store(dir, seeds, store, clock)?, Mended::of(&opened)))
    }

    fn with_store(dir: &Path, seeds: Seeds, mut store: NodeStore, clock: Clock) -> Result<Self, DeviceError> {
        let identity = Identity::from_seeds(&seeds.signing, &seeds.kem);
        if held::has_logs_of_another(&store, &identity.key())? {
            return Err(DeviceError::OtherKeys);
        }
        // One that was killed ended with its process. On a full disk it ends another time.
        let _ = clocks::import_ended(&mut store);
        let home = match Membership::load(&store)? {
            None => Home::Blank(store),
            Some(membership) => {
                let member = Member::start(identity.clone(), membership, store, clock);
                let member = member.map_err(|refused| refused.1)?;
                member.catch_up(None)?;
                Home::Member(Arc::new(member))
            }
        };
        let dir = dir.to_path_buf();
        let (home, network) = (Mutex::new(home), Mutex::new(None));
        let patience_ms = AtomicU64::new(SILENCE_MS_MAX);
        Ok(Self { dir, seeds, identity, clock, home, network, patience_ms })
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the disk is so full that the space kept back for the last forms is gone: free space now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        !has_reserve(&self.store_dir())
    }

    /// Gives up the space kept back; false where it was given up before.
    pub(crate) fn use_reserve(&self) -> bool {
        release_reserve(&self.store_dir()).unwrap_or(false)
    }

    fn store_dir(&self) -> PathBuf {
        self.dir.join("store")
    }

    /// Its name on the wire.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        self.identity.key()
    }

    /// Takes what a QR code carries. The tablet may record at once; its claim is made at the next sync, and
    /// goes on there if it is interrupted.
    ///
    /// # Errors
    /// [`DeviceError::Ticket`] for a code misread, [`DeviceError::OtherOrganisation`], [`DeviceError::AlreadyEnrolled`];
    /// nothing is lost.
    pub fn enroll(&self, ticket: &str) -> Result<(), DeviceError> {
        self.join(Membership::of_ticket(Ticket::from_text(ticket)?)?)
    }

    /// Takes a serial and a code that a person typed, with the organisation's file.
    ///
    /// # Errors
    /// As [`Device::enroll`]; [`DeviceError::NoRelay`] where the file names none.
    pub fn enroll_typed(&self, serial: u32, code: &str, file: OrganisationFile) -> Result<(), DeviceError> {
        self.join(Membership::of_typed(serial, &InviteSecret::from_typed(code)?, file)?)
    }

    fn join(&self, membership: Membership) -> Result<(), DeviceError> {
        let mut home = lock(&self.home);
        match std::mem::replace(&mut *home, Home::Moving) {
            Home::Member(member) => {
                let result = rejoin(&member, membership);
                *home = Home::Member(member);
                result
            }
            Home::Blank(mut store) => {
                if let Err(error) = membership.save(&mut store) {
                    *home = Home::Blank(store);
                    return Err(error.into());
                }
                match Member::start(self.identity.clone(), membership, store, self.clock) {
                    Ok(member) => {
                        *home = Home::Member(Arc::new(member));
                        Ok(())
                    }
                    Err(refused) => {
                        let (store, error) = *refused;
                        *home = Home::Blank(store);
                        Err(error)
                    }
                }
            }
            // Only where a panic tore this call apart before; what is on disk is whole.
            Home::Moving => Err(DeviceError::NotEnrolled),
        }
    }

    pub(crate) fn member(&self) -> Result<Arc<Member>, DeviceError> {
        match &*lock(&self.home) {
            Home::Member(member) => Ok(Arc::clone(member)),
            Home::Blank(_) | Home::Moving => Err(DeviceError::NotEnrolled),
        }
    }

    /// All own visits in the order in which they were saved, feed by feed, each with where it provably is.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn own_visits(&self) -> Result<Vec<OwnVisit>, DeviceError> {
        Ok(own_visits(&*self.member()?)?)
    }

    /// All own visits in that order, each with where it provably is and what it waits for.
    ///
    /// # Errors
    /// As [`Device::own_visits`].
    pub fn visit_statuses(&self) -> Result<Vec<VisitStatus>, DeviceError> {
        let member = self.member()?;
        let visits = own_visits(&member)?;
        Ok(member.read(|_, engine, store| statuses(engine, store, visits.clone()))?)
    }

    /// How the tablet is: where its work is, what waits, for whom.
    ///
    /// # Errors
    /// [`DeviceError`] where the store cannot be read.
    pub fn status(&self) -> Result<Status, DeviceError> {
        let member = match self.member() {
            Ok(member) => member,
            Err(DeviceError::NotEnrolled) => return Ok(self.blank_status()),
            Err(error) => return Err(error),
        };
        let visits = own_visits(&member)?;
        let membership = lock(&member.membership).clone();
        let me = self.key();
        let status = member.read(|replica, engine, store| {
            let roster = engine.roster();
            let enrolment = match roster.admission(&me) {
                Admission::Unknown => Enrolment::Waiting,
                Admission::Admitted { .. } => Enrolment::Enrolled,
                Admission::Closed => Enrolment::Closed,
            };
            let feeds = readable(engine, store)?;
            let mut set_aside_here = 0;
            for feed in &feeds {
                set_aside_here +=
                    replica.held_back(store, feed)?.iter().map(|one| u64::from(one.count)).sum::<u64>();
            }
            let status = Status {
                organisation: Some(membership.organisation.clone()).filter(|name| !name.is_empty()),
                enrolment,
                serial: roster.serial_of(&me).or(membership.serial()),
                device: me,
                visits: VisitCounts::of(&visits),
                at_headquarters: AtHeadquarters::of(&visits),
                waiting: waiting(&statuses(engine, store, visits.clone())?),
                households: 0,
                visits_readable: 0,
                conflicts: 0,
                set_aside_here,
            };
            let mut stats = replica.stats(store, &feeds)?;
            stats.conflicts += replica.count_split_members(store, &feeds)?;
            Ok::<_, StoreError>(status.with_stats(stats))
        })?;
        Ok(status)
    }

    fn blank_status(&self) -> Status {
        Status {
            organisation: None,
            enrolment: Enrolment::None,
            serial: None,
            device: self.key(),
            visits: VisitCounts::default(),
            at_headquarters: AtHeadquarters::default(),
            waiting: Vec::new(),
            households: 0,
            visits_readable: 0,
            conflicts: 0,
            set_aside_here: 0,
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(network) = lock(&self.network).take() {
            network.stop(true);
        }
    }
}

pub(crate) fn own_visits(member: &Member) -> Result<Vec<OwnVisit>, StoreError> {
    member.read(|_, engine, store| {
        visits::count(store, &engine.party().org, &khettara_records::content::Shipped)?;
        let feeds = held::own_feeds(store)?;
        visits::own_visits(store, engine.roster(), &feeds)
    })
}

/// Another code for a tablet of the same organisation, after a refusal. An enrolled one keeps its own: its claim to
/// another invitation would be refused, and would stand in the way of every sync.
fn rejoin(member: &Member, new: Membership) -> Result<(), DeviceError> {
    let mut held = lock(&member.membership);
    if held.org != new.org {
        return Err(DeviceError::OtherOrganisation);
    }
    let (own, admission) = member.shared.with(|engine, _| {
        let (roster, me) = (engine.roster(), engine.party().key());
        (roster.serial_of(&me), roster.admission(&me))
    });
    match (own, admission) {
        // The code it was enrolled with, read once more.
        (Some(own), _) if new.serial() == Some(own) => return Ok(()),
        (Some(own), Admission::Admitted { .. }) => return Err(DeviceError::AlreadyEnrolled(own)),
        _ => {}
    }
    member.shared.with(|_, store| new.save(store))?;
    *held = new;
    drop(held);
    member.arm();
    Ok(())
}

pub(crate) const fn document_of(id: &Uuid) -> DocumentId {
    DocumentId(*id.as_bytes())
}
