//! A running relay: store, engine, listener. The program runs one; tests and the demo run them in-process.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use khettara_core::error::{Error, ErrorKind};
use khettara_core::id::DeviceKey;
use khettara_core::identity::Identity;
use khettara_core::log::{Codec, NoDictionaries, Place};
use khettara_core::store::{Store, StoreError, held};
use khettara_core::sync::{CutStyle, Engine, Party};
use khettara_node::clock::Clock;
use khettara_node::driver::{Driver, DriverHandle, StartError, StopError};
use khettara_node::key_file::{KeyFile, KeyFileError};
use khettara_node::quic::{self, BindError, Listener, Profile, serve};
use khettara_node::{
    NodeStore, OpenError, OrganisationFile, OrganisationFileError, Owner, Shared, chance, open_store,
    what_was_mended,
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::command::sentence;
use crate::config::Config;
use crate::folder::Folder;
use crate::reporter::Reporter;
use crate::sessions::{Counters, Sessions, Watched};

/// The program and its version, as it stands in the relay's own logs.
pub const SOFTWARE: &str = concat!("khettara-relay/", env!("CARGO_PKG_VERSION"));
/// Schema of records: a relay knows none.
const NO_SCHEMA: u32 = 0;
/// A stop that takes longer than this is given up; peers notice by themselves.
const STOP_MS_MAX: u64 = 9_000;

/// Where a relay's sentences go, one line each.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&str) + Send + Sync>);

impl Log {
    /// To standard error.
    #[must_use]
    pub fn stderr() -> Self {
        Self::to(|line| eprintln!("{line}"))
    }

    /// To whoever collects them.
    #[must_use]
    pub fn to(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says one line.
    pub fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log(…)")
    }
}

/// What a relay is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folder, as `init` made it.
    pub dir: PathBuf,
    /// Its settings.
    pub config: Config,
    /// Where its sentences go.
    pub log: Log,
}

/// Why a relay did not start or stop as it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RelayError {
    #[error(transparent)]
    Organisation(#[from] OrganisationFileError),
    #[error("there is no relay in this folder: make one with `khettara-relay init`")]
    NoRelay,
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    #[error(
        "the key file in this folder is not the one its store was written with; nothing was changed; put the \
         right key file back, or use the folder it came from"
    )]
    OtherKeys,
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Chance(#[from] chance::NoChance),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Stop(#[from] StopError),
    #[error("the relay broke while starting; nothing was lost; please report this")]
    Broke,
}

impl RelayError {
    /// A folder without keys is no relay's.
    pub(crate) fn of_keys(error: KeyFileError) -> Self {
        match error {
            KeyFileError::Missing => Self::NoRelay,
            other => Self::Keys(other),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            Self::Organisation(error) => kind_of_organisation(error),
            Self::NoRelay => ErrorKind::Invalid,
            Self::Keys(error) => error.kind(),
            Self::OtherKeys => ErrorKind::Corrupt,
            Self::Open(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Bind(_) => ErrorKind::Refused,
            Self::Chance(_) | Self::Start(_) => ErrorKind::Retry,
            Self::Stop(_) | Self::Broke => ErrorKind::Bug,
        }
    }
}

impl From<RelayError> for Error {
    fn from(error: RelayError) -> Self {
        sentence(error.kind(), &error)
    }
}

/// What to do about an organisation file that is not good.
pub(crate) fn kind_of_organisation(error: &OrganisationFileError) -> ErrorKind {
    match error {
        OrganisationFileError::Io(_) => ErrorKind::Retry,
        _ => ErrorKind::Invalid,
    }
}

/// Starts relays.
#[derive(Debug)]
pub struct Relay;

/// A relay that runs until it is stopped. Stop it before its runtime ends: dropped, it goes on, and the runtime
/// waits for it.
#[derive(Debug)]
pub struct RunningRelay {
    address: SocketAddr,
    key: DeviceKey,
    handle: DriverHandle,
    shared: Shared<NodeStore>,
    sessions: Sessions,
    log: Log,
    serving: JoinHandle<()>,
    reporting: JoinHandle<()>,
}

impl Relay {
    /// Opens the store, starts the engine and listens. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// `Invalid` where there is no relay in the folder; `Retry` while another process has the store open;
    /// `Refused` where the address cannot be listened at; else what the disk says.
    pub async fn start(options: Options) -> Result<RunningRelay, Error> {
        options.config.check()?;
        let Options { dir, config, log } = options;
        let folder = Folder::at(&dir);
        let (at, store_name, say) = (folder.clone(), config.store.clone(), log.clone());
        let opening = tokio::task::spawn_blocking(move || open(&at, &store_name, &say));
        let ready = opening.await.map_err(|_| RelayError::Broke)??;
        let listener = listen(&ready.tls, config.listen, &log)?;
        let address = listener.local_address().map_err(RelayError::Bind)?;
        let clock = Clock::start();
        let shared = Shared::new(ready.engine, ready.store, clock);
        let sessions = Sessions::default();
        let watched = Watched::new(shared.clone(), sessions.clone(), log.clone());
        let handle = Driver::start(watched, clock, config.outboxes, Handle::current());
        let handle = handle.map_err(RelayError::Start)?;
        let news = handle.news();
        let key = ready.key;
        let (about, counted) = ((config, ready.organisation, address, key), sessions.clone());
        let mut reporter = Reporter::new(folder, about, shared.clone(), counted, log.clone());
        reporter.begin();
        let runtime = Handle::current();
        // It counts and writes, which may take a moment: not on a thread that carries connections.
        let reporting = tokio::task::spawn_blocking(move || runtime.block_on(reporter.run(news)));
        let serving = tokio::spawn(serve(listener, handle.clone()));
        Ok(RunningRelay { address, key, handle, shared, sessions, log, serving, reporting })
    }
}

impl RunningRelay {
    /// Where it listens, with the port that the system chose where 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its public key.
    #[must_use]
    pub const fn key(&self) -> DeviceKey {
        self.key
    }

    /// Totals since it started.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.sessions.counters()
    }

    /// Works with engine and store while no session does. Keep it short: everybody waits.
    pub fn with<R>(&self, work: impl FnOnce(&mut Engine, &mut NodeStore) -> R) -> R {
        self.shared.with(work)
    }

    /// Returns where the engine is gone, which only a bug brings about: stop and start again.
    pub async fn broken(&self) {
        self.handle.stopping().await;
    }

    /// Takes no new sessions, finishes what had arrived, flushes the index, and closes. At most 10 seconds.
    ///
    /// # Errors
    /// `Bug` where the engine had broken. What was acknowledged is durable all the same.
    pub async fn stop(self) -> Result<(), Error> {
        let Self { handle, shared, log, serving, reporting, .. } = self;
        let closing = async {
            let stopped = handle.stop().await;
            // Neither can be cancelled by anybody else; a panic in them was said already.
            let _ = serving.await;
            let _ = reporting.await;
            stopped
        };
        let stopped = tokio::time::timeout(Duration::from_millis(STOP_MS_MAX), closing).await;
        if let Err(error) = shared.with(|_, store| store.checkpoint()) {
            log.say(&format!("{error}; the index is brought up to date at the next start"));
        }
        match stopped {
            Ok(Err(StopError::Broke)) => Err(RelayError::Stop(StopError::Broke).into()),
            Ok(Err(error @ StopError::SessionsLeft { .. })) => {
                log.say(&error.to_string());
                Ok(())
            }
            Ok(Ok(())) => Ok(()),
            Err(_) => {
                log.say("stopping took too long and was cut short; what was acknowledged is durable");
                Ok(())
            }
        }
    }
}

/// A relay that only lacks its socket.
struct Ready {
    engine: Engine,
    store: NodeStore,
    key: DeviceKey,
    tls: quic::Identity,
    organisation: String,
}

fn open(folder: &Folder, store: &std::path::Path, log: &Log) -> Result<Ready, RelayError> {
    let seeds = KeyFile::open(&folder.keys()).map_err(RelayError::of_keys)?;
    let file = OrganisationFile::read(&folder.organisation())?;
    let (mut store, opened) = open_store(&folder.store(store), Owner::Relay)?;
    for sentence in what_was_mended(&opened) {
        log.say(&sentence);
    }
    // Where the operator moved the store's setting without its files, the genesis has to be there again.
    if let Some(group) = held::keep_alone(&store, &file.genesis)? {
        store.commit(vec![group])?;
    }
    let identity = Identity::from_seeds(&seeds.signing, &seeds.kem);
    let key = identity.key();
    if held::has_logs_of_another(&store, &key)? {
        return Err(RelayError::OtherKeys);
    }
    let party = Party {
        org: file.org,
        organisation: file.organisation.clone(),
        identity,
        receipts: Some(Place::RELAY),
        cut: CutStyle { codec: Codec::Plain, level: 0, dictionaries: Box::new(NoDictionaries) },
        claim: None,
        open_secrets: Vec::new(),
    };
    let engine = Engine::new(party, *chance::process_seed()?, SOFTWARE, NO_SCHEMA, &store)?;
    let tls = quic::Identity::from_seed(&seeds.signing);
    Ok(Ready { engine, store, key, tls, organisation: file.organisation })
}

/// Listens at `address`; where all of IPv6 was asked for and there is none, at all of IPv4.
fn listen(tls: &quic::Identity, address: SocketAddr, log: &Log) -> Result<Listener, RelayError> {
    let listener = Listener::bind(tls, address, Profile::Relay);
    if listener.is_ok() || address.ip() != Ipv6Addr::UNSPECIFIED {
        return Ok(listener?);
    }
    let fallback = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
    let listener = Listener::bind(tls, fallback, Profile::Relay)?;
    log.say("there is no IPv6 here: listening on IPv4 only");
    Ok(listener)
}
