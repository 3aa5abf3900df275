//! An organisation with a relay on a real socket and headquarters beside it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use khettara_core::id::{DeviceKey, Feed, OrgId, Pattern};
use khettara_core::identity::{Claim, Identity, InviteKeys, Rights, Role, SigningKey, Ticket};
use khettara_core::log::{Codec, NoDictionaries, Place as At, Written};
use khettara_core::store::{MemoryStore, Store, held};
use khettara_core::sync::{CloseReason, CutStyle, Engine, Input, Notice, Output, Party};
use khettara_core::wire::ClaimFrame;
use khettara_device::{Cancel, Device, DeviceError, OrganisationFile, SyncReport};
use khettara_hq::organisation::{Founding, Place, carry_feed, delegate, found, invite, publish_feed_key};
use khettara_node::Shared;
use khettara_node::clock::Clock;
use khettara_node::driver::{Driver, DriverHandle, Machine, News, Outboxes};
use khettara_node::quic::{self, Dialler, Listener, Profile, serve};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const COMMUNE: &str = "08.201.11.07";

/// A party beside the tablets.
struct Party_ {
    seed: [u8; 32],
    shared: Shared<MemoryStore>,
    manners: Arc<Mutex<Manners>>,
    driver: DriverHandle,
}

pub(crate) struct World {
    pub(crate) org: OrgId,
    pub(crate) address: SocketAddr,
    pub(crate) relay_key: DeviceKey,
    genesis: String,
    runtime: Runtime,
    relay: Party_,
    serving: Mutex<Option<JoinHandle<()>>>,
    headquarters: Party_,
    folder: tempfile::TempDir,
}

fn engine(org: OrgId, seed: [u8; 32], receipts: Option<At>, store: &MemoryStore) -> Engine {
    let cut =
        CutStyle { codec: Codec::Zstd { dictionary: 0 }, level: 3, dictionaries: Box::new(NoDictionaries) };
    let party = Party {
        org,
        organisation: "Errachidia".into(),
        identity: Identity::from_seeds(&seed, &seed),
        receipts,
        cut,
        claim: None,
        open_secrets: Vec::new(),
    };
    Engine::new(party, seed, "stories", 1, store).expect("the store reads")
}

/// What the relay does to the tablets that speak with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    Honest,
    /// Every frame is noise behind its type.
    NoiseForFrames,
    /// Every segment is noise.
    NoiseForSegments,
    /// One bit of every segment is another.
    BitsFlipped,
    /// It takes up no version of the protocol that it is offered.
    OtherVersion,
    /// It says that its disk is full.
    StoreFailed,
    /// It hears, and says nothing.
    Silent,
}

/// A party's engine, and its manners.
#[derive(Clone)]
struct Mannered {
    shared: Shared<MemoryStore>,
    manners: Arc<Mutex<Manners>>,
}

impl Machine for Mannered {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let manners = *self.manners.lock().expect("whole");
        let closes = match manners {
            Manners::OtherVersion => Some(CloseReason::Version),
            Manners::StoreFailed => Some(CloseReason::StoreFailed),
            _ => None,
        };
        if let Some(reason) = closes {
            let heard = inputs.into_iter().filter_map(|input| match input {
                Input::Frame { session, .. } => Some(Output::Close { session, reason }),
                _ => None,
            });
            return heard.collect();
        }
        let mut outputs = self.shared.handle(now_ms, inputs);
        if matches!(manners, Manners::Silent) {
            outputs.retain(|output| !matches!(output, Output::Frame { .. } | Output::Segment { .. }));
        }
        for output in &mut outputs {
            match (manners, output) {
                // The type stays: what is of an unknown type is passed over, and silence would end the session.
                (Manners::NoiseForFrames, Output::Frame { frame, .. }) => {
                    let body = noise(&frame[1..]);
                    frame.splice(1.., body);
                }
                (Manners::NoiseForSegments, Output::Segment { bytes, .. }) => *bytes = noise(bytes),
                (Manners::BitsFlipped, Output::Segment { bytes, .. }) => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 4;
                }
                _ => {}
            }
        }
        outputs
    }
}

/// As many bytes as these, which say nothing.
fn noise(bytes: &[u8]) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32 | 1;
    let next = |_: &u8| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    bytes.iter().map(next).collect()
}

fn start(runtime: &Runtime, seed: [u8; 32], engine: Engine, store: MemoryStore, clock: Clock) -> Party_ {
    let shared = Shared::new(engine, store, clock);
    let manners = Arc::new(Mutex::new(Manners::Honest));
    let machine = Mannered { shared: shared.clone(), manners: Arc::clone(&manners) };
    let driver = Driver::start(machine, clock, Outboxes::RELAY, runtime.handle().clone());
    Party_ { seed, shared, manners, driver: driver.expect("a thread") }
}

/// A colleague's tablet within reach.
pub(crate) struct Colleague {
    address: SocketAddr,
    key: DeviceKey,
    serving: JoinHandle<()>,
    party: Party_,
}

impl Colleague {
    /// Writes an entry as it stands, whatever readers will make of it, and brings it to the relay.
    pub(crate) fn writes(&self, world: &World, kind: u8, bytes: &[u8]) {
        let written = Written { kind, bytes: bytes.to_vec() };
        let feed = Feed::new(COMMUNE).expect("feed");
        self.party.shared.with(|engine, store| {
            let slot = engine.pen().slot(store, &feed).expect("reads");
            let group = engine.pen().save(slot, &written).expect("no change, so it has a hash");
            store.commit(vec![group]).expect("memory takes it");
        });
        world.meets_relay(&self.party);
    }

    /// Rides on.
    pub(crate) fn goes(&self) {
        self.serving.abort();
    }
}

/// Answers for a party at an address; gives where, and what ends it.
fn listen(runtime: &Runtime, party: &Party_, at: SocketAddr) -> (SocketAddr, JoinHandle<()>) {
    let _inside = runtime.enter();
    let listener = Listener::bind(&quic::Identity::from_seed(&party.seed), at, Profile::Relay);
    let listener = listener.expect("a socket");
    let address = listener.local_address().expect("an address");
    (address, runtime.spawn(serve(listener, party.driver.clone())))
}

impl World {
    pub(crate) fn new() -> Self {
        Self::seeded(1)
    }

    /// A world of its own keys: two seeds are two organisations.
    pub(crate) fn seeded(seed: u8) -> Self {
        let seeds = [1, 2, 3, 4, 5].map(|place| [seed * 16 + place; 32]);
        let [root_seed, next, recovery, hq_seed, relay_seed] = seeds;
        let root_keys = Identity::from_seeds(&root_seed, &root_seed);
        let founding = Founding {
            root: root_keys.key(),
            next_root: SigningKey::from_seed(&next).public(),
            recovery: Identity::from_seeds(&recovery, &recovery).kem.public(),
        };
        let org = founding.org();
        let stores = || MemoryStore::new();
        let (mut root_store, mut hq_store, mut relay_store) = (stores(), stores(), stores());
        let mut root = engine(org, root_seed, None, &root_store);
        found(&mut root, &mut root_store, &founding, &root_keys.signing).expect("founds");
        let all = [Pattern::new("*").expect("pattern")];
        let key = |seed: &[u8; 32]| SigningKey::from_seed(seed).public();
        for (seed, role) in [(&hq_seed, Role::HEADQUARTERS), (&relay_seed, Role::RELAY)] {
            delegate(&mut root, &mut root_store, key(seed), role, &all).expect("delegates");
        }
        let mut headquarters = engine(org, hq_seed, Some(At::HEADQUARTERS), &hq_store);
        let mut relay = engine(org, relay_seed, Some(At::RELAY), &relay_store);
        carry_feed(&root_store, &mut hq_store, org, &Feed::roster()).expect("carries");
        carry_feed(&root_store, &mut relay_store, org, &Feed::roster()).expect("carries");
        headquarters.refresh(&hq_store).expect("reads");
        relay.refresh(&relay_store).expect("reads");
        let commune = Feed::new(COMMUNE).expect("feed");
        publish_feed_key(&mut headquarters, &mut hq_store, &commune).expect("publishes");
        let runtime = Runtime::new().expect("a runtime");
        let relay = start(&runtime, relay_seed, relay, relay_store, Clock::start());
        let headquarters = start(&runtime, hq_seed, headquarters, hq_store, Clock::start());
        let any_port = "127.0.0.1:0".parse().expect("an address");
        let (address, serving) = listen(&runtime, &relay, any_port);
        let genesis = founding.signed(&root_keys.signing).to_bytes();
        let genesis = genesis.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = tempfile::tempdir().expect("the disk works");
        let relay_key = key(&relay_seed);
        let serving = Mutex::new(Some(serving));
        let world = Self { org, address, relay_key, genesis, runtime, relay, serving, headquarters, folder };
        world.headquarters_meets_relay();
        world
    }

    /// Headquarters dials the relay and all is said.
    pub(crate) fn headquarters_meets_relay(&self) {
        self.meets_relay(&self.headquarters);
    }

    /// A party dials the relay and all is said.
    fn meets_relay(&self, party: &Party_) {
        self.runtime.block_on(async {
            let identity = quic::Identity::from_seed(&party.seed);
            let any = "0.0.0.0:0".parse().expect("an address");
            let dialler = Dialler::bind(&identity, any, Profile::UNKNOWN_LINK).expect("a socket");
            let connection =
                dialler.dial(&[self.address], &[self.relay_key]).await.expect("the relay answers");
            let mut news = party.driver.news();
            let session = party.driver.add_connection(connection).expect("runs");
            let mut settled = false;
            let wait = async {
                loop {
                    match news.recv().await.expect("runs") {
                        News::Notice(Notice::Settled { session: over, .. }) => settled |= over == session,
                        News::Ended { session: over, how } if over == session => break how,
                        _ => {}
                    }
                }
            };
            let how = tokio::time::timeout(Duration::from_secs(60), wait).await.expect("an end");
            assert!(settled, "with the relay: {how:?}");
            dialler.close().await;
        });
    }

    /// The relay is nowhere near, until it comes back.
    pub(crate) fn relay_goes(&self) {
        if let Some(serving) = self.serving.lock().expect("whole").take() {
            serving.abort();
            let ended = self.runtime.block_on(serving);
            assert!(ended.is_err_and(|error| error.is_cancelled()), "it served until now");
        }
    }

    /// The relay answers again where it did.
    pub(crate) fn relay_comes_back(&self) {
        let (_, serving) = listen(&self.runtime, &self.relay, self.address);
        *self.serving.lock().expect("whole") = Some(serving);
    }

    /// A worker's tablet that answers when another dials it, with a clock of its own: enrolled, and silent since.
    pub(crate) fn colleague(&self, clock: Clock) -> Colleague {
        let ticket = self.ticket();
        let seed = [91; 32];
        let mut store = MemoryStore::new();
        let mut engine = engine(self.org, seed, Some(At::COLLEAGUE), &store);
        let identity = Identity::from_seeds(&seed, &seed);
        let keys = InviteKeys::derive(&self.org, ticket.serial, &ticket.secret);
        let (device, kem) = (identity.key(), identity.kem.public());
        let claim = Claim { serial: ticket.serial, device, kem, registrar: self.relay_key };
        let (by_device, by_secret) = claim.sign(&self.org, &identity.signing, &keys.claim);
        let party = engine.party_mut();
        party.open_secrets.push(keys.open);
        party.claim = Some(ClaimFrame { claim, by_device, by_secret });
        engine.refresh(&store).expect("reads");
        let party = start(&self.runtime, seed, engine, std::mem::take(&mut store), clock);
        self.meets_relay(&party);
        party.shared.with(|engine, _| engine.party_mut().claim = None);
        let (address, serving) = listen(&self.runtime, &party, "127.0.0.1:0".parse().expect("an address"));
        Colleague { address, key: device, serving, party }
    }

    /// The organisation's file, as it names the relay and, behind it, a colleague.
    pub(crate) fn file_with(&self, colleague: &Colleague) -> OrganisationFile {
        let mut file = OrganisationFile::read(&self.organisation_file()).expect("a good file");
        file.addresses.push(colleague.address.to_string());
        file.pins.push(colleague.key);
        file
    }

    /// Headquarters opens one more feed.
    pub(crate) fn open_feed(&self, name: &str) {
        let feed = Feed::new(name).expect("a feed");
        let opened = self.headquarters.shared.with(|engine, store| publish_feed_key(engine, store, &feed));
        opened.expect("publishes");
    }

    /// Headquarters invites a worker for the commune, and the relay hears of it.
    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket_for(&[COMMUNE])
    }

    /// The same for these feeds.
    pub(crate) fn ticket_for(&self, feeds: &[&str]) -> Ticket {
        let both = Rights::READ.with(Rights::WRITE);
        let grants = feeds.iter().map(|name| (Pattern::exactly(&Feed::new(*name).expect("feed")), both));
        let grants: Vec<_> = grants.collect();
        let place =
            Place { role: Role::WORKER, grants: grants.into_iter().collect(), registrar: self.relay_key };
        let invited = self.headquarters.shared.with(|engine, store| invite(engine, store, &place));
        let invited = invited.expect("invites");
        self.headquarters_meets_relay();
        Ticket {
            org: self.org,
            addresses: vec![self.address.to_string()],
            pin: self.relay_key,
            next_pin: DeviceKey::ZERO,
            serial: invited.serial,
            secret: invited.secret,
        }
    }

    /// The organisation's file.
    pub(crate) fn organisation_file(&self) -> PathBuf {
        let path = self.folder.path().join("organisation.json");
        let text = format!(
            r#"{{"organisation":"Errachidia","org":"{}","genesis":"{}","addresses":["{}"],"pins":["{}"]}}"#,
            self.org.to_hex(),
            self.genesis,
            self.address,
            self.relay_key.to_hex()
        );
        std::fs::write(&path, text).expect("the disk works");
        path
    }

    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A tablet that was never enrolled.
    pub(crate) fn blank(&self, name: &str) -> Device {
        Device::init(&self.dir(name)).expect("a tablet")
    }

    /// A tablet that is enrolled and has met the relay.
    pub(crate) fn tablet(&self, name: &str) -> Device {
        self.tablet_for(name, &[COMMUNE])
    }

    /// The same for these feeds.
    pub(crate) fn tablet_for(&self, name: &str, feeds: &[&str]) -> Device {
        let device = self.blank(name);
        device.enroll(&self.ticket_for(feeds).to_text()).expect("a good code");
        let report = sync(&device).expect("syncs");
        assert!(report.enrolled, "{report:?}");
        device
    }

    /// How the relay behaves from now on.
    pub(crate) fn relay_is(&self, manners: Manners) {
        *self.relay.manners.lock().expect("whole") = manners;
    }

    /// Segments that the relay holds of the commune.
    pub(crate) fn relay_holds(&self) -> u64 {
        let commune = Feed::new(COMMUNE).expect("feed");
        self.relay.shared.with(|_, store| {
            let vector = held::vector_of(store as &dyn Store, [&commune]).expect("reads");
            vector.lines(&commune).iter().map(|(_, n, _)| *n).sum()
        })
    }
}

pub(crate) fn sync(device: &Device) -> Result<SyncReport, DeviceError> {
    device.sync(&Cancel::default(), &mut |_| {})
}

/// A household of the commune with this id.
pub(crate) fn household(id: &str) -> String {
    format!(
        r#"{{"record":"household","id":"{id}","commune":"{COMMUNE}","status":"sedentary","water":"well","members":[{{"name_ar":"فاطمة","sex":"female","relation":"head"}}]}}"#
    )
}

/// A visit to it.
pub(crate) fn visit(household: &str, day: u32) -> String {
    format!(
        r#"{{"record":"visit","household":"{household}","at":"2026-11-{day:02}T09:30:00Z","time_source":"person","agent":"AS-7","kind":"follow_up"}}"#
    )
}
