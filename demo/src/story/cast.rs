//! Who there is: headquarters, a relay, and tablets with the communes they serve.

use std::net::{Ipv4Addr, SocketAddr};

use khettara_core::id::{Feed, Pattern};
use khettara_core::identity::Role;
use khettara_device::{Cancel, Device, DeviceError, SyncReport};
use khettara_hq::{Guest, Headquarters, NewRelay, Plan};
use khettara_relay::{Config, Log, Options, Relay, RunningRelay};
use tokio::runtime::Runtime;

use crate::narrator::Narrator;
use crate::options::StoryOptions;
use crate::province::{Generator, Province};
use crate::story::StoryError;

/// A worker's tablet.
pub(super) struct Tablet {
    /// Counting from 1.
    pub(super) number: usize,
    pub(super) device: Device,
    /// Places of the communes it serves, in the province's table.
    pub(super) communes: Vec<usize>,
    /// Whether it is an office's: it was given what concerns the whole province, too.
    pub(super) is_office: bool,
}

/// Everybody.
pub(super) struct Cast {
    pub(super) province: Province,
    pub(super) generator: Generator,
    pub(super) headquarters: Headquarters,
    pub(super) tablets: Vec<Tablet>,
    /// Bytes that the tablets say they sent and received.
    pub(super) bytes: (u64, u64),
    relay: Option<RunningRelay>,
    runtime: Runtime,
}

impl Cast {
    /// Stops the relay as an operator would.
    pub(super) fn leave(mut self) -> Result<(), StoryError> {
        if let Some(relay) = self.relay.take() {
            self.runtime.block_on(relay.stop())?;
        }
        Ok(())
    }
}

/// Founds the organisation, starts the relay, invites and enrols every tablet.
pub(super) fn assemble(options: &StoryOptions, narrator: &Narrator) -> Result<Cast, StoryError> {
    let province = Province::errachidia();
    let generator = Generator::new(&province, options.seed, options.households);
    let runtime = Runtime::new()?;
    let plan = Plan { name: "Social Pole, Errachidia".into(), relays: Vec::new() };
    let mut headquarters = Headquarters::init(&options.dir.join("headquarters"), &plan)?;
    let relay = start_relay(options, &headquarters, &runtime)?;
    headquarters.add_relay(&NewRelay {
        key: relay.key(),
        addresses: vec![relay.address().to_string()],
        feeds: Vec::new(),
    })?;
    let served: Vec<usize> =
        (0..province.communes.len()).filter(|place| generator.count(*place) > 0).collect();
    let feeds = served.iter().map(|place| feed_of(&province, *place)).collect::<Result<Vec<_>, _>>()?;
    headquarters.add_feeds(&feeds)?;
    headquarters.add_feeds(&[referrals_of(&province)?, reference_of(&province)?])?;
    narrator.say(&format!(
        "An organisation is founded; one relay listens; {} communes have a feed and a key each.",
        served.len()
    ));
    let shares = share(&served, usize::from(options.tablets));
    let last = shares.len();
    // The first tablet stands in the office that holds meetings, the last one in the centre that answers.
    let is_office = |number: usize| number == 1 || number == last;
    let tickets = (1..)
        .zip(&shares)
        .map(|(number, communes)| invite(&mut headquarters, &province, communes, is_office(number)))
        .collect::<Result<Vec<_>, _>>()?;
    headquarters.pull(&mut |_| ())?;
    let (mut tablets, mut bytes) = (Vec::new(), (0, 0));
    narrator.begin(tickets.len() as u64, "tablets enrolled");
    for ((number, communes), ticket) in (1..).zip(shares).zip(&tickets) {
        let (device, met) = enrol(options, number, ticket).map_err(|error| of_tablet(number, &error))?;
        bytes = (bytes.0 + met.bytes_up, bytes.1 + met.bytes_down);
        tablets.push(Tablet { number, device, communes, is_office: is_office(number) });
        narrator.more(1);
    }
    narrator.say(&format!("{} tablets are enrolled, each by the QR code of its invitation.", tablets.len()));
    Ok(Cast { province, generator, headquarters, tablets, bytes, relay: Some(relay), runtime })
}

fn start_relay(
    options: &StoryOptions,
    headquarters: &Headquarters,
    runtime: &Runtime,
) -> Result<RunningRelay, StoryError> {
    let dir = options.dir.join("relay");
    khettara_relay::init(&dir, &headquarters.folder().organisation(), Some("relais-errachidia"))?;
    let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
    let log_file = std::fs::File::create(dir.join("relay.log"))?;
    let log = Log::to(move |line| {
        use std::io::Write;
        // A log line that cannot be written is not worth stopping for.
        let _ = writeln!(&log_file, "{line}");
    });
    Ok(runtime.block_on(Relay::start(Options { dir, config, log }))?)
}

fn enrol(options: &StoryOptions, number: usize, ticket: &str) -> Result<(Device, SyncReport), DeviceError> {
    let device = Device::init(&options.dir.join(format!("tablet-{number:02}")))?;
    device.enroll(ticket)?;
    let report = device.sync(&Cancel::default(), &mut |_| ())?;
    Ok((device, report))
}

/// Each commune is served by two tablets, neighbours in their order: so two workers meet in one household
/// without ever meeting.
fn share(served: &[usize], tablets: usize) -> Vec<Vec<usize>> {
    let mut shares = vec![Vec::new(); tablets];
    for (place, commune) in served.iter().enumerate() {
        shares[place % tablets].push(*commune);
        shares[(place + 1) % tablets].push(*commune);
    }
    shares
}

fn invite(
    headquarters: &mut Headquarters,
    province: &Province,
    communes: &[usize],
    is_office: bool,
) -> Result<String, StoryError> {
    let feeds = communes.iter().map(|place| feed_of(province, *place)).chain([referrals_of(province)]);
    let feeds = feeds.chain(is_office.then(|| reference_of(province)));
    let feeds = feeds.map(|feed| feed.map(|feed| Pattern::exactly(&feed))).collect::<Result<Vec<_>, _>>()?;
    Ok(headquarters.invite(&Guest { role: Role::WORKER, feeds, relay: None })?.to_text())
}

/// The feed of the province's referrals.
pub(super) fn referrals_of(province: &Province) -> Result<Feed, StoryError> {
    provincial(&format!("{}/referrals", code_of(province)?))
}

/// The feed of what concerns the whole province: its consultations, its bodies.
pub(super) fn reference_of(province: &Province) -> Result<Feed, StoryError> {
    provincial(&format!("@reference/{}", code_of(province)?))
}

fn code_of(province: &Province) -> Result<&str, StoryError> {
    let commune = province.communes.first().ok_or(StoryError::Wrong("a province without communes"))?;
    Ok(commune.code.get(..6).unwrap_or_default())
}

fn provincial(name: &str) -> Result<Feed, StoryError> {
    Feed::new(name).map_err(|_| StoryError::Wrong("a province's code is no feed"))
}

/// The feed of a commune: its code in the census.
pub(super) fn feed_of(province: &Province, place: usize) -> Result<Feed, StoryError> {
    let commune = province.communes.get(place).ok_or(StoryError::Wrong("a commune that is not there"))?;
    Feed::new(commune.code.clone()).map_err(|_| StoryError::Wrong("a commune's code is no feed"))
}

/// A tablet's error, told as its own.
pub(super) fn of_tablet(serial: usize, error: &DeviceError) -> StoryError {
    StoryError::Tablet { serial, sentence: error.to_string() }
}
