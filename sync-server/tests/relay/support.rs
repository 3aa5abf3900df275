//! An organisation founded in memory, its parties with engines and sockets of their own, and the real program.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use khettara_core::id::{DeviceKey, Feed, OrgId, Pattern};
use khettara_core::identity::{Claim, Identity, InviteKeys, Rights, Role, SigningKey};
use khettara_core::log::{Codec, NoDictionaries, Written};
use khettara_core::store::{Answer, MemoryStore, Store, held};
use khettara_core::sync::{CutStyle, Engine, Input, Notice, Output, Party};
use khettara_core::wire::ClaimFrame;
use khettara_hq::organisation::{Founding, Place, carry_feed, delegate, found, invite, publish_feed_key};
use khettara_node::clock::Clock;
use khettara_node::driver::{Driver, DriverHandle, Ended, Machine, News, Outboxes};
use khettara_node::quic::{self, Dialler, LinkClass, Profile};
use khettara_node::{OrganisationFile, Shared};
use khettara_relay::{Config, Log, Options, Origin, Relay, RunningRelay};
use tokio::runtime::Handle;

const FAST: Profile = Profile::Device { class: LinkClass::Fast, initial_rtt_ms: 100 };

/// A bound for waiting, far beyond what any condition here takes: a test fails rather than hangs.
pub(crate) async fn within<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("within two minutes")
}

pub(crate) fn feed() -> Feed {
    Feed::new("08.201.11.07").expect("feed")
}

/// The root in its safe, headquarters, and a relay's folder made by `init` and delegated.
pub(crate) struct Organisation {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) org: OrgId,
    pub(crate) relay_key: DeviceKey,
    pub(crate) headquarters: Peer,
}

impl Organisation {
    /// Must be called within a tokio runtime.
    pub(crate) fn found() -> Self {
        let folder = tempfile::tempdir().expect("the disk works");
        let root_keys = Identity::from_seeds(&[1; 32], &[2; 32]);
        let next_root = SigningKey::from_seed(&[3; 32]).public();
        let recovery = Identity::from_seeds(&[4; 32], &[5; 32]).kem.public();
        let founding = Founding { root: root_keys.key(), next_root, recovery };
        let org = founding.org();
        let file = OrganisationFile {
            organisation: "Errachidia".into(),
            org,
            genesis: founding.signed(&root_keys.signing),
            addresses: vec!["relay.example.org:4433".into()],
            pins: vec![],
        };
        file.write(&folder.path().join("organisation.json")).expect("writes");
        let made = khettara_relay::init(
            &folder.path().join("relay"),
            &folder.path().join("organisation.json"),
            Some("relais-nord"),
        )
        .expect("makes a relay");

        let mut safe = MemoryStore::new();
        let mut root = engine(org, &root_keys, 6, &safe);
        found(&mut root, &mut safe, &founding, &root_keys.signing).expect("founds");
        let all = [Pattern::new("*").expect("pattern")];
        let headquarters = Peer::new(org, 10);
        for (key, role) in [(headquarters.key(), Role::HEADQUARTERS), (made.key, Role::RELAY)] {
            delegate(&mut root, &mut safe, key, role, &all).expect("delegates");
        }
        headquarters.shared.with(|engine, store| {
            carry_feed(&safe, store, org, &Feed::roster()).expect("carries");
            engine.refresh(&*store).expect("reads");
            publish_feed_key(engine, store, &feed()).expect("publishes");
        });
        Self { folder, org, relay_key: made.key, headquarters }
    }

    pub(crate) fn relay_dir(&self) -> PathBuf {
        self.folder.path().join("relay")
    }

    /// Runs the relay in this process, on a port that the system chooses.
    pub(crate) async fn run(&self, log: Log) -> RunningRelay {
        let mut config = Config::load(&self.relay_dir().join("relay.toml"), []).expect("loads");
        config.set("listen", "127.0.0.1:0", &Origin::Flag).expect("an address");
        Relay::start(Options { dir: self.relay_dir(), config, log }).await.expect("starts")
    }

    /// A tablet that holds an invitation of which headquarters has not told the relay yet.
    pub(crate) fn invited_tablet(&self, seed: u8) -> Peer {
        let tablet = Peer::new(self.org, seed);
        let grants = [(Pattern::exactly(&feed()), Rights::READ.with(Rights::WRITE))].into_iter().collect();
        let place = Place { role: Role::WORKER, grants, registrar: self.relay_key };
        let invited =
            self.headquarters.shared.with(|engine, store| invite(engine, store, &place)).expect("invites");
        let keys = InviteKeys::derive(&self.org, invited.serial, &invited.secret);
        let (device, kem) = (tablet.key(), tablet.identity.kem.public());
        let claim = Claim { serial: invited.serial, device, kem, registrar: self.relay_key };
        let (by_device, by_secret) = claim.sign(&self.org, &tablet.identity.signing, &keys.claim);
        tablet.shared.with(|engine, _| {
            let party = engine.party_mut();
            party.claim = Some(ClaimFrame { claim, by_device, by_secret });
            party.open_secrets.push(keys.open);
        });
        tablet
    }

    /// Tablets that are enrolled at the relay, which listens at `address`.
    pub(crate) async fn tablets(&self, address: SocketAddr, count: u8) -> Vec<Peer> {
        let tablets: Vec<Peer> = (0..count).map(|number| self.invited_tablet(100 + number)).collect();
        assert!(self.headquarters.meet(address, self.relay_key).await.settled);
        for tablet in &tablets {
            let met = tablet.meet(address, self.relay_key).await;
            assert!(met.settled, "a tablet enrols: {met:?}");
        }
        tablets
    }
}

/// What a meeting was.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) settled: bool,
    pub(crate) received: u64,
    pub(crate) how: Option<Ended>,
}

/// A party with an engine on a store in memory, a driver and a socket.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) identity: Identity,
    pub(crate) shared: Shared<MemoryStore>,
    pub(crate) handle: DriverHandle,
    dialler: Dialler,
}

impl Peer {
    fn new(org: OrgId, seed: u8) -> Self {
        let (signing, kem) = ([seed; 32], [seed.wrapping_add(1); 32]);
        let identity = Identity::from_seeds(&signing, &kem);
        let store = MemoryStore::new();
        let engine = engine(org, &identity, seed, &store);
        let clock = Clock::start();
        let shared = Shared::new(engine, store, clock);
        let handle =
            Driver::start(shared.clone(), clock, Outboxes::DEVICE, Handle::current()).expect("a thread");
        let local = "127.0.0.1:0".parse().expect("address");
        let tls = quic::Identity::from_seed(&signing);
        let dialler = Dialler::bind(&tls, local, FAST).expect("a socket");
        Self { identity, shared, handle, dialler }
    }

    /// The same party, whose engine's words are changed on their way out.
    pub(crate) fn saying(&self, change: fn(&mut Output)) -> Self {
        let machine = Changed { shared: self.shared.clone(), change };
        let handle = Driver::start(machine, Clock::start(), Outboxes::DEVICE, Handle::current());
        Self { handle: handle.expect("a thread"), ..self.clone() }
    }

    pub(crate) fn key(&self) -> DeviceKey {
        self.identity.key()
    }

    /// Reaches the relay and talks until the session ends.
    pub(crate) async fn meet(&self, address: SocketAddr, pin: DeviceKey) -> Met {
        let mut met = Met { settled: false, received: 0, how: None };
        let mut news = self.handle.news();
        let Ok(connection) = within(self.dialler.dial(&[address], &[pin])).await else { return met };
        let own = self.handle.add_connection(connection).expect("the engine lives");
        loop {
            match within(news.recv()).await.expect("the engine lives") {
                News::Notice(Notice::Settled { session, received, .. }) if session == own => {
                    met.settled = true;
                    met.received = received;
                }
                News::Ended { session, how } if session == own => {
                    met.how = Some(how);
                    return met;
                }
                _ => {}
            }
        }
    }

    /// Saves an entry of a kind that readers do not know: enough for stories about logs.
    pub(crate) fn note(&self, bytes: &[u8]) {
        let written = Written { kind: 77, bytes: bytes.to_vec() };
        self.shared.with(|engine, store| {
            let slot = engine.pen().slot(&*store, &feed()).expect("reads");
            let group = engine.pen().save(slot, &written).expect("has a hash");
            assert_eq!(store.commit(vec![group]).expect("commits"), vec![Answer::Committed]);
        });
    }

    /// The relay's receipt lines for this party's own work: `(log, n, head)`.
    pub(crate) fn receipt_lines(
        &self,
        relay: &DeviceKey,
    ) -> Vec<(khettara_core::id::LogId, u64, khettara_core::id::Head)> {
        let receipts = self
            .shared
            .with(|_, store| held::receipts_in(&*store, &feed(), Some(&self.key())).expect("reads"));
        let of_relay = receipts.into_iter().filter(|receipt| receipt.signed.signer == *relay);
        of_relay
            .flat_map(|receipt| receipt.body.lines.into_vec())
            .map(|(log, n, head, _)| (log, n, head))
            .collect()
    }

    /// What is held here of the feed, as a digest.
    pub(crate) fn digest(&self) -> khettara_core::id::Digest {
        self.shared.with(|_, store| held::vector_of(&*store, [&feed()]).expect("reads").feed_digest(&feed()))
    }
}

/// An engine whose words are changed.
struct Changed {
    shared: Shared<MemoryStore>,
    change: fn(&mut Output),
}

impl Machine for Changed {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let mut outputs = self.shared.handle(now_ms, inputs);
        outputs.iter_mut().for_each(self.change);
        outputs
    }
}

fn engine(org: OrgId, identity: &Identity, seed: u8, store: &dyn Store) -> Engine {
    let cut =
        CutStyle { codec: Codec::Zstd { dictionary: 0 }, level: 3, dictionaries: Box::new(NoDictionaries) };
    let party = Party {
        org,
        organisation: "Errachidia".into(),
        identity: identity.clone(),
        receipts: None,
        cut,
        claim: None,
        open_secrets: Vec::new(),
    };
    Engine::new(party, [seed; 32], "khettara-tests", 1, store).expect("the store reads")
}

/// The program with these arguments, and without settings from the environment of whoever runs the tests.
pub(crate) fn program(arguments: &[&str], dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khettara-relay"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("KHETTARA_RELAY_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).arg("--dir").arg(dir);
    command
}

/// The program running. Killed when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Runs the relay in `dir` and waits until it listens.
    pub(crate) fn start(dir: &Path) -> Self {
        Self::of(program(&["run", "--listen", "127.0.0.1:0"], dir))
    }

    /// Likewise, with a bound on how large a file may grow, in blocks of 512 bytes: a disk that is full.
    pub(crate) fn start_on_a_full_disk(dir: &Path, blocks: u64) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_khettara-relay")).args(["run", "--listen", "127.0.0.1:0", "--dir"]);
        command.arg(dir);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut said = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut said).expect("reads");
        let address = said.trim().strip_prefix("listening on ").and_then(|address| address.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("said {said:?}")), child }
    }

    /// Waits until it has ended; gives its exit code and what it said on standard error.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut said).expect("reads");
        (self.child.wait().expect("was started").code(), said)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
