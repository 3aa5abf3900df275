//! A town: an organisation founded in a folder, its relay in this process, its tablets, and the lines they write.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use khettara_core::id::{Feed, Pattern};
use khettara_core::identity::{Role, Ticket};
use khettara_device::{Cancel, Device, DeviceError, SyncReport, Whereabouts};
use khettara_hq::{Guest, Headquarters, NewRelay, Plan};
use khettara_relay::{Config, Log, Options, Relay, RunningRelay};
use tokio::runtime::Runtime;
use uuid::Uuid;

pub(crate) const COMMUNE: &str = "08.201.11.07";
pub(crate) const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

pub(crate) struct Town {
    pub(crate) headquarters: Headquarters,
    pub(crate) runtime: Runtime,
    /// Where the relay listens, now and after every return.
    pub(crate) address: SocketAddr,
    relay: Option<RunningRelay>,
    /// Everything the relay said for its operator.
    said: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
}

impl Town {
    /// An organisation with one commune and a relay that listens and knows it.
    pub(crate) fn found() -> Self {
        let folder = tempfile::tempdir().expect("the disk works");
        let runtime = Runtime::new().expect("a runtime");
        let plan = Plan { name: "Errachidia".into(), relays: Vec::new() };
        let headquarters = Headquarters::init(&folder.path().join("headquarters"), &plan).expect("founds");
        let dir = folder.path().join("relay");
        khettara_relay::init(&dir, &headquarters.folder().organisation(), None).expect("makes a relay");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let said = Arc::default();
        let mut town = Self { headquarters, runtime, address, relay: None, said, folder };
        town.start_relay();
        let key = town.relay().key();
        let addresses = vec![town.address.to_string()];
        town.headquarters
            .add_relay(&NewRelay { key, addresses, feeds: Vec::new() })
            .expect("the root is at hand");
        town.headquarters.add_feeds(&[Feed::new(COMMUNE).expect("a feed")]).expect("publishes");
        town.pull();
        town
    }

    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn relay(&self) -> &RunningRelay {
        self.relay.as_ref().expect("the relay runs")
    }

    pub(crate) fn relay_said(&self, words: &str) -> bool {
        self.said.lock().expect("nobody panicked").iter().any(|line| line.contains(words))
    }

    /// Starts the relay on its folder, at the address where it listened before.
    pub(crate) fn start_relay(&mut self) {
        let config = Config { listen: self.address, ..Config::default() };
        let said = Arc::clone(&self.said);
        let log = Log::to(move |line| said.lock().expect("nobody panicked").push(line.to_owned()));
        let options = Options { dir: self.dir("relay"), config, log };
        let relay = self.runtime.block_on(Relay::start(options)).expect("the relay starts");
        self.address = relay.address();
        self.relay = Some(relay);
    }

    /// Ends the relay and frees its folder and its port.
    pub(crate) fn stop_relay(&mut self) {
        let relay = self.relay.take().expect("the relay runs");
        self.runtime.block_on(relay.stop()).expect("the relay stops");
    }

    /// Headquarters pulls, merges, and hands its receipts over; gives the visits that are new there.
    pub(crate) fn pull(&mut self) -> u64 {
        let report = self.headquarters.pull(&mut |_| ()).expect("the relay answers");
        assert_eq!(report.outcome(), khettara_hq::pull::Outcome::Complete, "{report:?}");
        report.visits
    }

    /// An invitation for the commune that the relay knows.
    pub(crate) fn ticket_of(&mut self, role: Role) -> Ticket {
        let commune = Pattern::exactly(&Feed::new(COMMUNE).expect("a feed"));
        let guest = Guest { role, feeds: vec![commune], relay: Some(self.relay().key()) };
        let ticket = self.headquarters.invite(&guest).expect("invites");
        self.pull();
        ticket
    }

    /// A tablet that is enrolled and has met the relay.
    pub(crate) fn tablet(&mut self, name: &str) -> Device {
        self.tablet_of(name, Role::WORKER)
    }

    /// The same of somebody who supervises the commune.
    pub(crate) fn supervisor(&mut self, name: &str) -> Device {
        self.tablet_of(name, Role::SUPERVISOR)
    }

    fn tablet_of(&mut self, name: &str, role: Role) -> Device {
        let device = Device::init(&self.dir(name)).expect("a tablet");
        device.enroll(&self.ticket_of(role).to_text()).expect("a good code");
        assert!(sync(&device).expect("syncs").enrolled);
        device
    }

    /// A table of a fresh export, each row by the names of its columns.
    pub(crate) fn table(&mut self, name: &str) -> Vec<Row> {
        let to = self.dir("export");
        self.headquarters.export(&to).expect("exports");
        rows_of(&to.join(name))
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if let Some(relay) = self.relay.take() {
            // Its end is no part of a story that got this far.
            let _ = self.runtime.block_on(relay.stop());
        }
    }
}

/// A row of a table by the names of its columns.
#[derive(Debug)]
pub(crate) struct Row(Vec<(String, String)>);

impl Row {
    pub(crate) fn at(&self, column: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == column);
        &found.unwrap_or_else(|| panic!("no column {column}")).1
    }
}

fn rows_of(path: &Path) -> Vec<Row> {
    let mut lines = khettara_hq::export::read_table(path).expect("reads").into_iter();
    let header = lines.next().expect("a header");
    lines.map(|cells| Row(header.iter().cloned().zip(cells).collect())).collect()
}

pub(crate) fn sync(device: &Device) -> Result<SyncReport, DeviceError> {
    device.sync(&Cancel::default(), &mut |_| {})
}

/// How many of a tablet's own visits are at a place.
pub(crate) fn visits_at(device: &Device, place: Whereabouts) -> usize {
    device.own_visits().expect("reads").iter().filter(|visit| visit.whereabouts == place).count()
}

pub(crate) fn id() -> Uuid {
    HOUSEHOLD.parse().expect("an id")
}

/// The household, as its first worker enters it.
pub(crate) fn household() -> String {
    format!(
        r#"{{"record":"household","id":"{HOUSEHOLD}","commune":"{COMMUNE}","status":"sedentary","water":"well"}}"#
    )
}

/// A visit to it on a day of November 2026.
pub(crate) fn visit(day: u32) -> String {
    format!(
        r#"{{"record":"visit","household":"{HOUSEHOLD}","at":"2026-11-{day:02}T09:30:00Z","agent":"AS-7","kind":"follow_up"}}"#
    )
}

/// Saves lines, one after the other.
pub(crate) fn save(device: &Device, lines: &[String]) {
    for line in lines {
        device.record_line(line).expect("saves");
    }
}
