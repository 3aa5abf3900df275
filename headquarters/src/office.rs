//! Headquarters at work: its folder opened, its engine over its store, and the acts that an operator asks for.

use std::path::Path;
use std::time::Duration;

use khettara_core::encoding::Set;
use khettara_core::id::{DeviceKey, Feed, Pattern};
use khettara_core::identity::{Grant, Identity, Rights, Role, SigningKey, Ticket};
use khettara_core::limits::{ORGANISATION_NAME_BYTES_MAX, REHEARSAL_MS_MAX, SILENCE_MS_MAX};
use khettara_core::store::{Opened, Store, held};
use khettara_core::sync::{Engine, Party};
use khettara_node::OrganisationFile;
use khettara_node::chance::process_seed;
use khettara_node::clock::Clock;
use khettara_node::key_file::{KeyFile, Seeds};
use khettara_node::{NodeStore, OpenError, Owner, Shared, Worker, open_store, what_was_mended};
use khettara_records::airlock::{RehearsalFault, Stage};
use khettara_records::content::cut_style;
use khettara_records::replica::Replica;

use crate::error::HqError;
use crate::folder::Folder;
use crate::organisation::{ActError, Founding, Place, carry_feed, delegate, found, invite, publish_feed_key};

/// Documents that stay loaded; the others are read again when needed.
const DOCUMENTS_BYTES_MAX: usize = 64 * 1_048_576;
/// How this program names itself in its logs.
const SOFTWARE: &str = concat!("khettara-hq ", env!("CARGO_PKG_VERSION"));
/// The schema generation of roster entries.
const SCHEMA: u32 = 1;

/// Headquarters of one organisation, alone with its folder while it is open.
pub struct Headquarters {
    pub(crate) folder: Folder,
    pub(crate) file: OrganisationFile,
    pub(crate) shared: Shared<NodeStore>,
    pub(crate) seeds: Seeds,
    pub(crate) clock: Clock,
    pub(crate) replica: Replica,
    /// A meeting in which nothing is heard for so long is given up.
    pub(crate) patience: Duration,
    opened: Opened,
}

impl std::fmt::Debug for Headquarters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Headquarters").field("org", &self.file.org).finish_non_exhaustive()
    }
}

/// What founding an organisation needs to know.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Its name, for screens: one line.
    pub name: String,
    /// The first relays, each with its addresses.
    pub relays: Vec<NewRelay>,
}

/// A relay to be named by the root.
#[derive(Debug, Clone)]
pub struct NewRelay {
    /// Its key, as `khettara-relay` shows it.
    pub key: DeviceKey,
    /// Its addresses, `host:port`, in order of preference.
    pub addresses: Vec<String>,
    /// The feeds it carries; none means all.
    pub feeds: Vec<Pattern>,
}

/// What an invitation is asked for.
#[derive(Debug, Clone)]
pub struct Guest {
    /// Worker or supervisor.
    pub role: Role,
    /// The feeds it may read and write.
    pub feeds: Vec<Pattern>,
    /// The relay that binds it; needed where there are several.
    pub relay: Option<DeviceKey>,
}

impl Headquarters {
    /// Founds an organisation in `dir`: keys of root and headquarters, both stores, the public file, last of
    /// all. What was interrupted is gone on with, under the same keys.
    ///
    /// # Errors
    /// [`HqError::Founded`] where it is founded already, and whatever the disk says.
    pub fn init(dir: &Path, plan: &Plan) -> Result<Self, HqError> {
        let folder = Folder::at(dir);
        if folder.organisation().exists() {
            return Err(HqError::Founded);
        }
        if let Some(other) = Owner::of(&folder.store()).filter(|owner| *owner != Owner::Headquarters) {
            return Err(OpenError::Other(other).into());
        }
        let printable = !plan.name.trim().is_empty() && !plan.name.chars().any(char::is_control);
        if !printable || plan.name.len() > ORGANISATION_NAME_BYTES_MAX {
            return Err(HqError::BadName);
        }
        std::fs::create_dir_all(folder.root())?;
        let founding = Founding {
            root: identity(&keys(&folder.root_keys())?).key(),
            next_root: identity(&keys(&folder.next_root())?).key(),
            recovery: identity(&keys(&folder.recovery())?).kem.public(),
        };
        let own = identity(&keys(&folder.keys())?);
        let root = KeyFile::open(&folder.root_keys())?;
        let signing = SigningKey::from_seed(&root.signing);
        let mut file = OrganisationFile {
            organisation: plan.name.clone(),
            org: founding.org(),
            genesis: founding.signed(&signing),
            addresses: Vec::new(),
            pins: Vec::new(),
        };
        let (mut store, mut engine, _) = open_party(&folder.root_store(), &file, &root)?;
        if held::own_logs(&store, &Feed::roster())?.is_empty() {
            found(&mut engine, &mut store, &founding, &signing)?;
        }
        if engine.roster().headquarters() != Some(own.key()) {
            delegate(&mut engine, &mut store, own.key(), Role::HEADQUARTERS, &everything()?)?;
        }
        let here = open_store(&folder.store(), Owner::Headquarters)?.0;
        let mut rooms = Rooms { root: (engine, store), here };
        for relay in &plan.relays {
            rooms.name_relay(&mut file, relay)?;
        }
        rooms.carry(&file)?;
        drop(rooms);
        file.write(&folder.organisation())?;
        Self::open(dir)
    }

    /// Opens headquarters in `dir`. One process at a time.
    ///
    /// # Errors
    /// [`HqError`] where there is none, or another process has it open.
    pub fn open(dir: &Path) -> Result<Self, HqError> {
        let folder = Folder::at(dir);
        let file = OrganisationFile::read(&folder.organisation())?;
        let seeds = KeyFile::open(&folder.keys())?;
        let (store, engine, opened) = open_party(&folder.store(), &file, &seeds)?;
        let clock = Clock::start();
        let shared = Shared::new(engine, store, clock);
        let replica = Replica::new(file.org, DOCUMENTS_BYTES_MAX, stage());
        let patience = Duration::from_millis(SILENCE_MS_MAX);
        let mut office = Self { folder, file, shared, seeds, clock, replica, patience, opened };
        if office.opened.rebuilt.is_some() {
            // The journal has what was pulled, not what was read of it.
            office.merge(&mut |_| {})?;
        }
        Ok(office)
    }

    /// What opening had to mend, in sentences for the person.
    #[must_use]
    pub fn mended(&self) -> Vec<String> {
        what_was_mended(&self.opened)
    }

    /// The public organisation file, as it stands.
    #[must_use]
    pub const fn organisation(&self) -> &OrganisationFile {
        &self.file
    }

    /// The folder.
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Headquarters' own key.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        identity(&self.seeds).key()
    }

    /// The root names a relay, and the public file tells where it is. Needs the root's folder.
    ///
    /// # Errors
    /// [`HqError::NoRoot`] where the offline disk is not there.
    pub fn add_relay(&mut self, relay: &NewRelay) -> Result<(), HqError> {
        if !self.folder.root_keys().exists() {
            return Err(HqError::NoRoot);
        }
        let seeds = KeyFile::open(&self.folder.root_keys())?;
        let (mut store, mut engine, _) = open_party(&self.folder.root_store(), &self.file, &seeds)?;
        name_relay(&mut engine, &mut store, &mut self.file, relay)?;
        let org = self.file.org;
        self.shared.with(|engine, here| -> Result<(), HqError> {
            carry_feed(&store, here, org, &Feed::roster())?;
            Ok(engine.refresh(here)?)
        })?;
        Ok(self.file.write(&self.folder.organisation())?)
    }

    /// Publishes a first key for every feed that has none yet. Gives those that are new.
    ///
    /// # Errors
    /// [`HqError`] where the store fails.
    pub fn add_feeds(&mut self, feeds: &[Feed]) -> Result<Vec<Feed>, HqError> {
        self.shared.with(|engine, store| {
            let mut new = Vec::new();
            for feed in feeds {
                if feed.is_clear() {
                    return Err(HqError::BadWord {
                        what: "feed for records",
                        hint: "names under @roster are the roster's own",
                    });
                }
                if engine.roster().feed_keys(feed).is_empty() {
                    publish_feed_key(engine, store, feed)?;
                    new.push(feed.clone());
                }
            }
            Ok(new)
        })
    }

    /// Writes an invitation and gives its ticket. The secret stands in the ticket and nowhere else.
    ///
    /// # Errors
    /// [`HqError::UnknownFeed`], [`HqError::WhichRelay`], [`HqError::NotARelay`], or the store's.
    pub fn invite(&mut self, guest: &Guest) -> Result<Ticket, HqError> {
        let file = &self.file;
        self.shared.with(|engine, store| {
            let registrar = registrar(engine, guest.relay)?;
            let me = engine.party().key();
            let known = engine.roster().feeds_known_to(&me);
            for pattern in &guest.feeds {
                if !known.iter().any(|feed| pattern.covers(feed)) {
                    return Err(HqError::UnknownFeed { pattern: pattern.clone() });
                }
            }
            let place = Place { role: guest.role, grants: grants(guest), registrar };
            let invited = invite(engine, store, &place)?;
            Ok(Ticket {
                org: file.org,
                addresses: file.addresses.clone(),
                pin: registrar,
                next_pin: DeviceKey::ZERO,
                serial: invited.serial,
                secret: invited.secret,
            })
        })
    }

    /// The feeds with records that headquarters published keys for, ascending.
    #[must_use]
    pub fn feeds(&self) -> Vec<Feed> {
        self.shared.with(|engine, _| feeds_of(engine))
    }

    /// Gives the store back, for whoever has more to do with it than this program.
    #[must_use]
    pub fn into_store(self) -> Option<NodeStore> {
        self.shared.into_store()
    }
}

/// The feeds with records, as the roster knows them.
pub(crate) fn feeds_of(engine: &Engine) -> Vec<Feed> {
    let me = engine.party().key();
    let known = engine.roster().feeds_known_to(&me);
    known.into_iter().filter(|feed| !feed.is_clear()).collect()
}

fn registrar(engine: &Engine, wanted: Option<DeviceKey>) -> Result<DeviceKey, HqError> {
    let relays = engine.roster().relays();
    match (wanted, relays.as_slice()) {
        (Some(key), relays) if relays.contains(&key) => Ok(key),
        (Some(_), _) => Err(HqError::NotARelay),
        (None, [only]) => Ok(*only),
        (None, relays) => Err(HqError::WhichRelay { count: relays.len() }),
    }
}

fn grants(guest: &Guest) -> Set<Grant> {
    let rights = Rights::READ.with(Rights::WRITE);
    let rights = if guest.role == Role::SUPERVISOR { rights.with(Rights::SUPERVISE) } else { rights };
    guest.feeds.iter().map(|pattern| (pattern.clone(), rights)).collect()
}

pub(crate) fn everything() -> Result<[Pattern; 1], HqError> {
    let bad = |_| HqError::BadWord { what: "pattern", hint: "a feed's name, or its beginning and `.*`" };
    Ok([Pattern::new("*").map_err(bad)?])
}

/// The root's engine and store, and headquarters' store, while an organisation is founded.
struct Rooms {
    root: (Engine, NodeStore),
    here: NodeStore,
}

impl Rooms {
    fn name_relay(&mut self, file: &mut OrganisationFile, relay: &NewRelay) -> Result<(), HqError> {
        name_relay(&mut self.root.0, &mut self.root.1, file, relay)
    }

    fn carry(&mut self, file: &OrganisationFile) -> Result<(), HqError> {
        carry_feed(&self.root.1, &mut self.here, file.org, &Feed::roster())?;
        Ok(())
    }
}

fn name_relay(
    root: &mut Engine,
    store: &mut dyn Store,
    file: &mut OrganisationFile,
    relay: &NewRelay,
) -> Result<(), HqError> {
    let mut said = file.clone();
    if !said.pins.contains(&relay.key) {
        said.pins.push(relay.key);
    }
    for address in &relay.addresses {
        if !said.addresses.contains(address) {
            said.addresses.push(address.clone());
        }
    }
    // What the file cannot say, the root does not say either.
    said.check()?;
    let all = everything()?;
    let feeds: Set<Pattern> =
        if relay.feeds.is_empty() { all.iter() } else { relay.feeds.iter() }.cloned().collect();
    if root.roster().delegate(&relay.key) != Some((Role::RELAY, &feeds)) {
        delegate(root, store, relay.key, Role::RELAY, feeds.as_slice())?;
    }
    *file = said;
    Ok(())
}

fn identity(seeds: &Seeds) -> Identity {
    Identity::from_seeds(&seeds.signing, &seeds.kem)
}

/// The keys in a file, made if there are none yet.
fn keys(path: &Path) -> Result<Seeds, HqError> {
    if !path.exists() {
        let seeds = Seeds { signing: *process_seed()?, kem: *process_seed()? };
        KeyFile::create(path, &seeds)?;
    }
    Ok(KeyFile::open(path)?)
}

/// A party of ours over its store: root or headquarters.
fn open_party(
    path: &Path,
    file: &OrganisationFile,
    seeds: &Seeds,
) -> Result<(NodeStore, Engine, Opened), HqError> {
    let (mut store, opened) = open_store(path, Owner::Headquarters)?;
    if held::has_logs_of_another(&store, &identity(seeds).key())? {
        return Err(HqError::OtherKeys);
    }
    if let Some(group) = held::keep_alone(&store, &file.genesis)? {
        store.commit(vec![group])?;
    }
    let party = Party {
        org: file.org,
        organisation: file.organisation.clone(),
        identity: identity(seeds),
        receipts: None,
        cut: cut_style(),
        claim: None,
        open_secrets: Vec::new(),
    };
    let mut engine = Engine::new(party, *process_seed()?, SOFTWARE, SCHEMA, &store)?;
    // Entries that were saved and not cut when the last process ended.
    engine.cut_all(&mut store).map_err(ActError::from)?;
    Ok((store, engine, opened))
}

/// Documents with many operations take changes on a thread of their own, which is left behind where it takes too long.
fn stage() -> Stage {
    let mut worker = Worker::new("rehearsal", Duration::from_millis(REHEARSAL_MS_MAX));
    Stage::with(Box::new(move |rehearsal| {
        worker.run(|| rehearsal.perform()).unwrap_or(Err(RehearsalFault::TooLong))
    }))
}
