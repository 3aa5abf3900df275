//! A small organisation on loopback: headquarters in a folder, one relay in memory, tablets in memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use khettara_core::id::{DeviceKey, Feed, OrgId};
use khettara_core::identity::{Claim, Identity, InviteKeys, Role, Ticket};
use khettara_core::log::Place;
use khettara_core::store::held::{self, HeldReceipt};
use khettara_core::store::{MemoryStore, Store};
use khettara_core::sync::{Engine, Input, Notice, Output, Party};
use khettara_core::wire::ClaimFrame;
use khettara_hq::{Guest, Headquarters, HqError, NewRelay, Plan};
use khettara_node::OrganisationFile;
use khettara_node::Shared;
use khettara_node::clock::Clock;
use khettara_node::driver::{Driver, DriverHandle, Machine, News, Outboxes};
use khettara_node::quic::{Dialler, Identity as TlsIdentity, LinkClass, Listener, Profile, serve};
use khettara_records::airlock::Stage;
use khettara_records::content::cut_style;
use khettara_records::model::parse_line;
use khettara_records::replica::Replica;
use tokio::runtime::{Builder, Runtime};

const PROFILE: Profile = Profile::Device { class: LinkClass::Fast, initial_rtt_ms: 20 };

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

fn engine(org: OrgId, seed: u8, receipts: Option<Place>, store: &dyn Store) -> Engine {
    let party = Party {
        org,
        organisation: "Errachidia".into(),
        identity: Identity::from_seeds(&[seed; 32], &[seed; 32]),
        receipts,
        cut: cut_style(),
        claim: None,
        open_secrets: Vec::new(),
    };
    Engine::new(party, [seed; 32], "khettara-hq tests", 1, store).expect("reads")
}

/// An engine whose words are changed.
struct Mannered {
    shared: Shared<MemoryStore>,
    change: fn(&mut Output),
}

impl Machine for Mannered {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let mut outputs = self.shared.handle(now_ms, inputs);
        outputs.iter_mut().for_each(self.change);
        outputs
    }
}

/// A relay on loopback. It learns the organisation from its public file.
pub(crate) struct Relay {
    runtime: Runtime,
    driver: DriverHandle,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Relay {
    /// The key of the relay that [`Relay::start`] starts.
    pub(crate) fn key() -> DeviceKey {
        Identity::from_seeds(&[100; 32], &[100; 32]).key()
    }

    /// An address on loopback that stays free: below the ports that systems give to whoever asks for any, and
    /// another for every story of every process.
    pub(crate) fn free_address() -> SocketAddr {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let place =
                std::process::id().wrapping_mul(64).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
            let port = 10_000 + u16::try_from(place % 20_000).expect("below 20,000");
            let address = (Ipv4Addr::LOCALHOST, port);
            if std::net::UdpSocket::bind(address).is_ok() {
                return address.into();
            }
        }
    }

    pub(crate) fn start(file: &OrganisationFile, address: SocketAddr) -> Self {
        Self::start_as(100, |_| {}, file, address)
    }

    /// A relay of the keys of `seed`, whose engine's words are changed on their way out.
    pub(crate) fn start_as(
        seed: u8,
        change: fn(&mut Output),
        file: &OrganisationFile,
        address: SocketAddr,
    ) -> Self {
        let runtime = runtime();
        let mut store = MemoryStore::new();
        let genesis = held::keep_alone(&store, &file.genesis).expect("reads").expect("new");
        store.commit(vec![genesis]).expect("commits");
        let engine = engine(file.org, seed, Some(Place::RELAY), &store);
        let clock = Clock::start();
        let shared = Shared::new(engine, store, clock);
        let machine = Mannered { shared, change };
        let driver =
            Driver::start(machine, clock, Outboxes::RELAY, runtime.handle().clone()).expect("starts");
        let within = runtime.enter();
        let listener = Listener::bind(&TlsIdentity::from_seed(&[seed; 32]), address, Profile::Relay);
        let listener = listener.expect("binds");
        runtime.spawn(serve(listener, driver.clone()));
        drop(within);
        Self { runtime, driver, address }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Tablets still connected do not matter any more.
        let _ = self.runtime.block_on(self.driver.stop());
    }
}

/// A tablet in memory.
pub(crate) struct Tablet {
    shared: Shared<MemoryStore>,
    replica: Replica,
    seed: u8,
}

impl Tablet {
    /// A tablet that holds a ticket and has met nobody.
    pub(crate) fn with_ticket(seed: u8, ticket: &Ticket) -> Self {
        let store = MemoryStore::new();
        let mut engine = engine(ticket.org, seed, None, &store);
        let keys = InviteKeys::derive(&ticket.org, ticket.serial, &ticket.secret);
        let identity = engine.party().identity.clone();
        let claim = Claim {
            serial: ticket.serial,
            device: identity.key(),
            kem: identity.kem.public(),
            registrar: ticket.pin,
        };
        let (by_device, by_secret) = claim.sign(&ticket.org, &identity.signing, &keys.claim);
        engine.party_mut().claim = Some(ClaimFrame { claim, by_device, by_secret });
        engine.party_mut().open_secrets.push(keys.open);
        let shared = Shared::new(engine, store, Clock::start());
        Self { shared, replica: Replica::new(ticket.org, 1 << 20, Stage::here()), seed }
    }

    /// The same tablet once more: a copy of its store, in a process that draws the same nonces. No honest one does.
    pub(crate) fn twin(&self) -> Self {
        let store = self.shared.with(|_, store| store.clone());
        let org = self.shared.with(|engine, _| engine.party().org);
        let engine = engine(org, self.seed, None, &store);
        let shared = Shared::new(engine, store, Clock::start());
        Self { shared, replica: Replica::new(org, 1 << 20, Stage::here()), seed: self.seed }
    }

    pub(crate) fn key(&self) -> DeviceKey {
        Identity::from_seeds(&[self.seed; 32], &[self.seed; 32]).key()
    }

    /// Saves lines.
    pub(crate) fn save(&mut self, feed: &Feed, lines: &[String]) {
        let forms: Vec<_> = lines.iter().map(|line| parse_line(1, line).expect("a record")).collect();
        let replica = &mut self.replica;
        let saved = self.shared.with(|engine, store| replica.record(store, engine.pen(), feed, &forms));
        assert!(saved.expect("saves").iter().all(Result::is_ok));
    }

    /// Meets the relay until all is said.
    pub(crate) fn meet(&self, relay: &Relay) {
        let runtime = runtime();
        let within = runtime.enter();
        let local = (Ipv4Addr::LOCALHOST, 0).into();
        let dialler =
            Dialler::bind(&TlsIdentity::from_seed(&[self.seed; 32]), local, PROFILE).expect("binds");
        let (clock, handle) = (Clock::start(), runtime.handle().clone());
        let driver = Driver::start(self.shared.clone(), clock, Outboxes::DEVICE, handle).expect("starts");
        drop(within);
        let settled = runtime.block_on(async {
            let connection = dialler.dial(&[relay.address], &[Relay::key()]).await.expect("reached");
            let mut news = driver.news();
            let session = driver.add_connection(connection).expect("runs");
            let mut settled = false;
            loop {
                match news.recv().await.expect("told") {
                    News::Notice(Notice::Settled { session: of, .. }) => settled |= of == session,
                    News::Ended { session: of, .. } if of == session => break settled,
                    _ => {}
                }
            }
        });
        assert!(settled, "all was said");
        runtime.block_on(driver.stop()).expect("stops");
    }

    /// Headquarters' receipts that this tablet holds for its own work in a feed.
    pub(crate) fn headquarters_receipts(&self, feed: &Feed) -> Vec<HeldReceipt> {
        let me = self.key();
        self.shared.with(|engine, store| {
            let held = held::receipts_in(store, feed, Some(&me)).expect("reads");
            let said = held.into_iter().filter(|receipt| receipt.body.place == Place::HEADQUARTERS);
            said.filter(|receipt| {
                let role = engine.roster().issuer_role(&receipt.signed.signer);
                receipt.body.place.may_be_said_by(role)
            })
            .collect()
        })
    }

    /// Schema constants that headquarters published, as this tablet knows them.
    pub(crate) fn constants(&self) -> usize {
        self.shared.with(|engine, _| engine.roster().constants().len())
    }

    /// Own entries held in a feed.
    pub(crate) fn entries(&self, feed: &Feed) -> u64 {
        let me = self.key();
        self.shared.with(|_, store| {
            let logs = held::logs_in(store, feed).expect("reads");
            let own = logs.into_iter().filter(|(device, _)| *device == me);
            own.map(|(_, log)| held::lines_of(store, feed, &log).expect("reads")[0].0).sum()
        })
    }
}

/// The commune of these stories.
pub(crate) fn feed() -> Feed {
    Feed::new("08.201.11.07").expect("a feed")
}

/// Founds an organisation whose relay listens at an address, with one feed.
pub(crate) fn founded(dir: &std::path::Path, address: SocketAddr) -> Headquarters {
    let relay = NewRelay { key: Relay::key(), addresses: vec![address.to_string()], feeds: Vec::new() };
    let plan = Plan { name: "Errachidia · الرشيدية".into(), relays: vec![relay] };
    let mut office = Headquarters::init(dir, &plan).expect("founds");
    assert_eq!(office.add_feeds(&[feed()]).expect("opens"), vec![feed()]);
    office
}

/// A worker's ticket for the feed.
pub(crate) fn ticket(office: &mut Headquarters) -> Ticket {
    let feeds = vec![khettara_core::id::Pattern::exactly(&feed())];
    office.invite(&Guest { role: Role::WORKER, feeds, relay: None }).expect("invites")
}

/// Opens headquarters as soon as whoever had it before has let go.
pub(crate) fn open_when_free(dir: &std::path::Path) -> Headquarters {
    loop {
        match Headquarters::open(dir) {
            Ok(office) => return office,
            Err(HqError::Open(_)) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A household's id in these stories.
pub(crate) fn household_id(number: u8) -> String {
    format!("0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c{number:02x}")
}

/// A household's line.
pub(crate) fn household(number: u8, note: &str) -> String {
    let id = household_id(number);
    format!(
        "{{\"record\":\"household\",\"id\":\"{id}\",\"commune\":\"08.201.11.07\",\"status\":\"sedentary\",\
         \"gps\":{{\"lat_e5\":3193140,\"lon_e5\":-442617}},\"note\":{note:?}}}"
    )
}

/// A visit's line.
pub(crate) fn visit(number: u8, note: &str) -> String {
    let id = household_id(number);
    format!(
        "{{\"record\":\"visit\",\"household\":\"{id}\",\"at\":\"2026-11-25T09:30:00Z\",\"agent\":\"a\",\
         \"kind\":\"first\",\"note\":{note:?}}}"
    )
}
