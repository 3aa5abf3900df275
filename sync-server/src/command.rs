//! The commands: `init`, `run`, `status`; what they say and how they end.
//!
//! Exit codes: 0 done · 1 failure · 2 usage, settings or files that are not right · 3 partial: `status` of a relay
//! that nobody delegated yet, that has no roster, whose roster gives alarm, or that is still counting · 75 temporary: the same command may
//! succeed later, as when another process has the store open.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use khettara_core::error::{Error, ErrorKind};

use crate::config::{Config, Origin};
use crate::folder::Folder;
use crate::init::init;
use crate::relay::{Log, Options, Relay};
use crate::status::Status;

const PARTIAL: u8 = 3;

/// Keeps sealed work of field devices, and cannot read it.
#[derive(Debug, Parser)]
#[command(name = "khettara-relay", version)]
pub struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a relay in a folder, and print the key that headquarters delegates.
    Init(Init),
    /// Run it until SIGTERM or Ctrl-C.
    Run(Run),
    /// Say how it is, while it runs or when it does not.
    Status(About),
}

#[derive(Debug, Args)]
struct About {
    /// The relay's folder.
    #[arg(long, env = "KHETTARA_RELAY_DIR")]
    dir: PathBuf,
    /// Say it in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Init {
    #[command(flatten)]
    about: About,
    /// The organisation file from headquarters.
    #[arg(long)]
    organisation: PathBuf,
    /// How the relay calls itself in its status.
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    about: About,
    /// Address and port to listen at; wins over file and environment.
    #[arg(long)]
    listen: Option<String>,
    /// The store's folder; wins over file and environment.
    #[arg(long)]
    store: Option<String>,
}

impl Command {
    /// Does what was asked, and gives the exit code; an error is one line on standard error.
    pub fn execute(self) -> ExitCode {
        let done = match self.what {
            What::Init(asked) => make(&asked),
            What::Run(asked) => run(&asked),
            What::Status(asked) => status(&asked),
        };
        done.unwrap_or_else(|error| {
            eprintln!("error: {}", error.sentence);
            ExitCode::from(exit_code(error.kind))
        })
    }
}

/// An error at the edge: its sentence, and what to do about it.
pub(crate) fn sentence(kind: ErrorKind, error: &dyn std::error::Error) -> Error {
    Error::new(kind, error.to_string())
}

const fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Retry => 75,
        ErrorKind::Invalid => 2,
        ErrorKind::Full | ErrorKind::Refused | ErrorKind::Corrupt | ErrorKind::Bug => 1,
    }
}

fn make(asked: &Init) -> Result<ExitCode, Error> {
    let dir = &asked.about.dir;
    let made = init(dir, &asked.organisation, asked.name.as_deref())?;
    let key = made.key.to_hex();
    if asked.about.json {
        println!("{}", serde_json::json!({ "key": key, "organisation": made.organisation }));
    } else {
        println!("A relay for {} was made in {}.", made.organisation, dir.display());
        println!("Its key, for headquarters to delegate:");
        println!("{key}");
    }
    Ok(ExitCode::SUCCESS)
}

fn settings(dir: &Path) -> Result<Config, Error> {
    // A variable that is not Unicode cannot be one of ours with a value that fits.
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    Config::load(&Folder::at(dir).config(), environment)
}

fn run(asked: &Run) -> Result<ExitCode, Error> {
    let mut config = settings(&asked.about.dir)?;
    for (key, value) in [("listen", &asked.listen), ("store", &asked.store)] {
        if let Some(value) = value {
            config.set(key, value, &Origin::Flag)?;
        }
    }
    let options = Options { dir: asked.about.dir.clone(), config, log: Log::stderr() };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| sentence(ErrorKind::Retry, &error))?;
    let ended = runtime.block_on(run_until_told(options, asked.about.json));
    // Whatever still waits for a peer has had its time.
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn run_until_told(options: Options, json: bool) -> Result<(), Error> {
    let mut told = Told::listen().map_err(|error| sentence(ErrorKind::Retry, &error))?;
    let log = options.log.clone();
    let relay = Relay::start(options).await?;
    let (address, key) = (relay.address(), relay.key().to_hex());
    if json {
        println!("{}", serde_json::json!({ "listening": address.to_string(), "key": key }));
    } else {
        println!("listening on {address}");
    }
    tokio::select! {
        () = told.stop() => log.say("stopping"),
        () = relay.broken() => log.say("the engine broke: stopping"),
    }
    relay.stop().await
}

/// The ways in which an operator says stop.
struct Told {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Told {
    /// Listens from now on, so that a signal during the start is not lost.
    fn listen() -> std::io::Result<Self> {
        #[cfg(unix)]
        let told =
            Self { terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())? };
        #[cfg(not(unix))]
        let told = Self {};
        Ok(told)
    }

    async fn stop(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        // An error means that nothing can be heard; then only the process's end stops it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn status(asked: &About) -> Result<ExitCode, Error> {
    let status = Status::of(&Folder::at(&asked.dir), &settings(&asked.dir)?)?;
    if asked.json {
        println!("{}", status.to_json());
    } else {
        print!("{status}");
    }
    Ok(if status.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(PARTIAL) })
}
