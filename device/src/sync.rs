//! One sync: sessions with a relay until all is said, or as far as the link carries.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use khettara_core::id::{DeviceKey, Feed, LogId};
#[cfg(doc)]
use khettara_core::limits::SILENCE_MS_MAX;
use khettara_core::store::StoreError;
use khettara_core::sync::{CloseReason, Notice, SessionId};
use khettara_core::wire::Refusal;
use khettara_node::clock::Clock;
use khettara_node::driver::{Ended, News};
use khettara_node::quic::DialError;
use khettara_records::model::COMPARED_S;
use khettara_records::replica::CaughtUp;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::clocks::{Moment, cut_so_far, moment};
use crate::device::{Device, own_visits};
use crate::error::DeviceError;
use crate::home::{Member, lock, readable};
use crate::membership::Membership;
use crate::network::Network;
use crate::status::{AtHeadquarters, VisitCounts};
use crate::visits;

/// How often progress is told while nothing else happens.
const PROGRESS_MS: u64 = 500;
/// Sessions of one sync: each that ended early because of its size is followed by another.
const SESSIONS_MAX: u32 = 64;
/// Sessions in a row that the link may lose.
const LOST_MAX: u32 = 3;

/// Ends a sync from another thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Ends the sync it was given to, now or as soon as it begins.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    async fn wait(&self) {
        let mut told = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = told.wait_for(|told| *told).await;
    }
}

/// How a sync is going.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SyncProgress {
    /// Whether a relay was reached.
    pub connected: bool,
    /// Own visits that a relay or headquarters holds now and did not before.
    pub sent: u64,
    /// Own visits that were to be sent when the sync began.
    pub to_send: u64,
    /// Others' visits that arrived.
    pub received: u64,
    /// Bytes given to be sent, without what carries them.
    pub bytes_up: u64,
    /// Bytes received, likewise.
    pub bytes_down: u64,
}

/// How a sync ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncEnd {
    /// Everything was said.
    Complete,
    /// The link was lost or fell silent. What was delivered stays delivered; the rest goes next time.
    Partial,
    /// It was cancelled; likewise.
    Cancelled,
}

/// What a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// How it ended.
    pub ended: SyncEnd,
    /// Own visits that a relay or headquarters holds now and did not before.
    pub sent: u64,
    /// Others' visits that arrived.
    pub received: u64,
    /// Own visits that a relay or headquarters holds.
    pub delivered: u64,
    /// Own visits that are still on this tablet, or colleagues', only.
    pub left: u64,
    /// Own entries of any kind that are so: visits, families, referrals, decisions.
    pub entries_left: u64,
    /// Up to where own work is at headquarters.
    pub at_headquarters: AtHeadquarters,
    /// Whether this tablet was enrolled in it.
    pub enrolled: bool,
    /// Logs that the relay does not take now, for want of a grant; they are kept and offered again.
    pub logs_not_granted: u64,
    /// Whether another tablet writes under this one's name: a copy, or a restored backup.
    pub copied: bool,
    /// Times of visits and referrals that this tablet's clock had said wrongly, and that were found by the relay's.
    pub times_found: u64,
    /// Bytes given to be sent, without what carries them.
    pub bytes_up: u64,
    /// Bytes received, likewise.
    pub bytes_down: u64,
}

/// How one session ended.
enum Over {
    Settled,
    /// More waits: go on in another session.
    Again,
    Lost {
        heard: bool,
    },
    Silent,
    /// Nobody is where the relay answered before.
    NoAnswer(DialError),
    Cancelled,
    Refused(Refusal),
    /// We closed it: what the relay said breaks the protocol.
    Broken,
    Closed(CloseReason),
}

/// One sync under way.
struct Run<'a> {
    member: Arc<Member>,
    network: &'a Network,
    cancel: &'a Cancel,
    /// A session in which nothing arrives for so long is given up; what was acknowledged stays acknowledged.
    patience: Duration,
    tell: &'a mut dyn FnMut(&SyncProgress),
    progress: SyncProgress,
    delivered_before: u64,
    bytes_before: (u64, u64),
    enrolled: bool,
    copied: bool,
    not_granted: BTreeSet<LogId>,
    /// How far own logs were cut, and when that was so: what a receipt covers beyond it was signed since.
    cut: BTreeMap<LogId, u64>,
    cut_at: Option<Instant>,
    clock: Clock,
    /// This tablet's clock beside that of a receipt signed in the session under way.
    moment: Option<Moment>,
    times_found: u64,
    behind: BTreeSet<Feed>,
    catching_up: JoinSet<Result<CaughtUp, StoreError>>,
}

impl Device {
    /// How long a relay may say nothing before a sync is given up, in milliseconds: [`SILENCE_MS_MAX`] unless said
    /// here.
    pub fn set_patience_ms(&self, patience_ms: u64) {
        self.patience_ms.store(patience_ms, Ordering::Relaxed);
    }

    /// Reaches a relay, sends what waits and takes what is new. `tell` is called on this thread.
    ///
    /// # Errors
    /// [`DeviceError::Dial`] where no relay was reached, [`DeviceError::ClaimRefused`],
    /// [`DeviceError::Closed`]; nothing is lost by any of them. A link that breaks later is no error but
    /// [`SyncEnd::Partial`].
    pub fn sync(
        &self,
        cancel: &Cancel,
        tell: &mut dyn FnMut(&SyncProgress),
    ) -> Result<SyncReport, DeviceError> {
        let member = self.member()?;
        let mut guard = self.network.try_lock().map_err(|_| DeviceError::Syncing)?;
        if guard.is_none() {
            *guard = Some(Network::start(&self.seeds.signing, member.shared.clone(), self.clock)?);
        }
        let network = guard.as_mut().ok_or(DeviceError::Syncing)?;
        member.arm();
        let before = VisitCounts::of(&own_visits(&member)?);
        let membership = lock(&member.membership).clone();
        let addresses = network.runtime.block_on(resolve(&membership.addresses, cancel))?;
        network.bind_for(&addresses)?;
        let mut run = Run {
            member: Arc::clone(&member),
            network,
            cancel,
            patience: Duration::from_millis(self.patience_ms.load(Ordering::Relaxed)),
            tell,
            progress: SyncProgress {
                to_send: before.all - before.left_the_tablet(),
                ..SyncProgress::default()
            },
            delivered_before: before.left_the_tablet(),
            bytes_before: network.meter.read(),
            enrolled: false,
            copied: false,
            not_granted: BTreeSet::new(),
            cut: BTreeMap::new(),
            cut_at: None,
            clock: self.clock,
            moment: None,
            times_found: 0,
            behind: BTreeSet::new(),
            catching_up: JoinSet::new(),
        };
        let ended = network.runtime.block_on(run.sessions(&addresses, &pins_of(&member, &membership)));
        let finished = run.finish(ended.as_ref().ok().copied());
        let heard = run.progress.connected;
        let whole = matches!(ended, Ok(SyncEnd::Complete));
        if !whole && let Some(network) = guard.take() {
            // A session may still be open, waiting for a link that is gone.
            network.stop(heard);
        }
        ended?;
        finished
    }
}

/// The keys that a relay may show: those that came with the invitation, and those that the root has named since.
fn pins_of(member: &Member, membership: &Membership) -> Vec<DeviceKey> {
    let named = member.shared.with(|engine, _| engine.roster().relays());
    let mut pins = membership.pins.clone();
    pins.extend(named.into_iter().filter(|key| !membership.pins.contains(key)));
    pins
}

impl Run<'_> {
    async fn sessions(
        &mut self,
        addresses: &[SocketAddr],
        pins: &[DeviceKey],
    ) -> Result<SyncEnd, DeviceError> {
        let mut lost = 0;
        let mut addresses = addresses.to_vec();
        for session in 0..SESSIONS_MAX {
            let dialled = tokio::select! {
                biased;
                () = self.cancel.wait() => return Ok(SyncEnd::Cancelled),
                dialled = self.network.dial(&addresses, pins) => dialled,
            };
            let connection = match dialled {
                Ok(connection) => connection,
                Err(_) if session > 0 && self.progress.connected => return Ok(SyncEnd::Partial),
                Err(error) => return Err(error.into()),
            };
            let (mut news, at) = (self.network.driver.news(), connection.remote_address());
            self.note_how_far_is_cut()?;
            let Ok(id) = self.network.driver.add_connection(connection) else {
                return Err(DeviceError::Closed(CloseReason::Stopping));
            };
            let over = self.session(id, &mut news).await;
            // Where a notice was missed under load, the receipt is there all the same.
            let moment = self.moment.take().or_else(|| self.compare_clocks().ok().flatten());
            if let Some(moment) = moment {
                // What cannot be saved now is found at the next sync.
                self.times_found += self.member.set_times_right(&moment).unwrap_or(0);
            }
            match over {
                // What was saved meanwhile, or could not be sealed before its key came, goes too.
                Over::Settled if self.member.has_more_to_cut()? => lost = 0,
                Over::Settled => return Ok(SyncEnd::Complete),
                Over::Again => lost = 0,
                Over::Lost { heard } if lost < LOST_MAX => lost = if heard { 1 } else { lost + 1 },
                Over::Lost { .. } if !self.progress.connected => return Err(DialError::NoAnswer.into()),
                Over::NoAnswer(_) if addresses.len() > 1 => addresses.retain(|address| *address != at),
                Over::NoAnswer(error) if !self.progress.connected => return Err(error.into()),
                Over::Lost { .. } | Over::Silent | Over::NoAnswer(_) => return Ok(SyncEnd::Partial),
                Over::Cancelled => return Ok(SyncEnd::Cancelled),
                Over::Refused(reason) => return Err(DeviceError::ClaimRefused(reason)),
                Over::Broken => return Err(DeviceError::RelayBroken),
                Over::Closed(CloseReason::StoreFailed) => {
                    let ours = self.member.shared.take_failure();
                    return Err(ours.map_or(DeviceError::Closed(CloseReason::StoreFailed), Into::into));
                }
                Over::Closed(reason) => return Err(DeviceError::Closed(reason)),
            }
        }
        Ok(SyncEnd::Partial)
    }

    /// Listens until the session is over, or given up.
    async fn session(
        &mut self,
        mut session: SessionId,
        news: &mut tokio::sync::broadcast::Receiver<News>,
    ) -> Over {
        let mut ticks = interval(Duration::from_millis(PROGRESS_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut heard_at, began) = (Instant::now(), self.network.meter.read());
        let mut last = began;
        let (mut settled, mut refused, mut reopens) = (false, None, false);
        let mut successor: Option<SessionId> = None;
        loop {
            tokio::select! {
                () = self.cancel.wait() => return Over::Cancelled,
                _ = ticks.tick() => {}
                Some(done) = self.catching_up.join_next(), if !self.catching_up.is_empty() => {
                    if let Ok(Ok(caught_up)) = done {
                        self.progress.received += caught_up.visits;
                    }
                }
                one = news.recv() => match one {
                    Ok(News::Notice(Notice::Settled { session: over, .. })) => settled |= over == session,
                    Ok(News::Notice(Notice::Refused { reason })) => refused = Some(reason),
                    Ok(News::Notice(notice)) => self.hear(&notice),
                    // The successor of a session whose early bytes were refused may be told of before its end.
                    Ok(News::Opened { session: next, dialled: true, .. }) if next > session => {
                        match std::mem::take(&mut reopens) {
                            true => session = next,
                            false => successor = Some(next),
                        }
                    }
                    Ok(News::Ended { session: over, how: Ended::EarlyRefused }) if over == session => {
                        match successor.take() {
                            Some(next) => session = next,
                            None => reopens = true,
                        }
                    }
                    Ok(News::Ended { session: over, how }) if over == session => {
                        let heard = self.network.meter.read().1 > began.1;
                        self.progress.connected |= heard;
                        return over_how(how, settled, refused, heard);
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return Over::Closed(CloseReason::Stopping),
                },
            }
            let now = self.network.meter.read();
            if now.1 != last.1 {
                (heard_at, last) = (Instant::now(), now);
                self.progress.connected = true;
            }
            if heard_at.elapsed() > self.patience {
                return Over::Silent;
            }
            self.go_on_catching_up();
            self.report_progress();
        }
    }

    fn hear(&mut self, notice: &Notice) {
        match notice {
            Notice::Held { feeds } => self.behind.extend(feeds.iter().cloned()),
            Notice::Enrolled => self.enrolled = true,
            Notice::Fork { own, .. } => self.copied |= own,
            Notice::LogRefused { log, .. } => {
                self.not_granted.insert(*log);
            }
            Notice::ReceiptArrived => {
                // What cannot be read now is read when the sync ends.
                if let Ok(visits) = own_visits(&self.member) {
                    let there = VisitCounts::of(&visits).left_the_tablet();
                    self.progress.sent = there.saturating_sub(self.delivered_before);
                }
                if self.moment.is_none() {
                    self.moment = self.compare_clocks().ok().flatten();
                }
            }
            Notice::RosterChanged | Notice::Settled { .. } | Notice::Refused { .. } => {}
        }
    }

    /// Read once for sessions that follow each other at once: the first may be lost before anybody signs.
    fn note_how_far_is_cut(&mut self) -> Result<(), StoreError> {
        let age_max = Duration::from_secs(u64::from(COMPARED_S));
        if self.cut_at.is_none_or(|at| at.elapsed() > age_max) {
            self.cut = self.member.shared.with(|_, store| cut_so_far(store))?;
            self.cut_at = Some(Instant::now());
        }
        Ok(())
    }

    fn compare_clocks(&self) -> Result<Option<Moment>, StoreError> {
        self.member.shared.with(|engine, store| {
            let me = engine.party().key();
            moment(store, engine.roster(), &me, (self.clock, &self.cut))
        })
    }

    /// What is newly held is read beside the session, on a thread of its own.
    fn go_on_catching_up(&mut self) {
        if !self.behind.is_empty() && self.catching_up.is_empty() {
            let (member, feeds) = (Arc::clone(&self.member), std::mem::take(&mut self.behind));
            self.catching_up.spawn_blocking(move || member.catch_up(Some(feeds)));
        }
    }

    fn report_progress(&mut self) {
        let (up, down) = self.network.meter.read();
        self.progress.bytes_up = up - self.bytes_before.0;
        self.progress.bytes_down = down - self.bytes_before.1;
        (self.tell)(&self.progress);
    }

    /// Reads what arrived, forgets what is no longer needed, and counts.
    fn finish(&mut self, ended: Option<SyncEnd>) -> Result<SyncReport, DeviceError> {
        let member = Arc::clone(&self.member);
        while let Some(done) = self.network.runtime.block_on(self.catching_up.join_next()) {
            if let Ok(Ok(caught_up)) = done {
                self.progress.received += caught_up.visits;
            }
        }
        self.progress.received += member.catch_up(None)?.visits;
        let me = member.shared.with(|engine, _| engine.party().key());
        let forgot = {
            let mut membership = lock(&member.membership);
            member.shared.with(|engine, store| membership.settle(store, engine.roster(), &me))?
        };
        if forgot {
            member.arm();
        }
        self.report_progress();
        // A quiet moment: what waits for the index goes there. Where it cannot, the next opening does it.
        let _ = member.shared.with(|_, store| store.checkpoint());
        let visits = own_visits(&member)?;
        let counts = VisitCounts::of(&visits);
        let entries_left = member.shared.with(|engine, store| {
            let feeds = readable(engine, store)?;
            visits::entries_left(store, engine.roster(), &feeds)
        })?;
        Ok(SyncReport {
            ended: ended.unwrap_or(SyncEnd::Partial),
            sent: counts.left_the_tablet().saturating_sub(self.delivered_before),
            received: self.progress.received,
            delivered: counts.left_the_tablet(),
            left: counts.saved + counts.with_a_colleague,
            entries_left,
            at_headquarters: AtHeadquarters::of(&visits),
            enrolled: self.enrolled,
            logs_not_granted: self.not_granted.len() as u64,
            copied: self.copied,
            times_found: self.times_found,
            bytes_up: self.progress.bytes_up,
            bytes_down: self.progress.bytes_down,
        })
    }
}

fn over_how(how: Ended, settled: bool, refused: Option<Refusal>, heard: bool) -> Over {
    match (how, refused) {
        (_, Some(reason)) => Over::Refused(reason),
        _ if settled => Over::Settled,
        (Ended::Full | Ended::EarlyRefused, None) => Over::Again,
        (Ended::NoAnswer { down: true }, None) => Over::NoAnswer(DialError::Down),
        (Ended::NoAnswer { down: false }, None) => Over::NoAnswer(DialError::NoAnswer),
        (Ended::Lost, None) => Over::Lost { heard },
        (Ended::Here(CloseReason::Done) | Ended::There(CloseReason::Done | CloseReason::Stopping), None) => {
            Over::Lost { heard }
        }
        (Ended::Here(CloseReason::Misbehaved), None) => Over::Broken,
        (Ended::Here(reason) | Ended::There(reason), None) => Over::Closed(reason),
    }
}

/// The addresses of the relays, in their order; names are looked up.
async fn resolve(addresses: &[String], cancel: &Cancel) -> Result<Vec<SocketAddr>, DeviceError> {
    let mut found = Vec::new();
    for address in addresses {
        let looked_up = tokio::select! {
            () = cancel.wait() => break,
            looked_up = tokio::net::lookup_host(address.as_str()) => looked_up,
        };
        found.extend(looked_up.into_iter().flatten());
    }
    // Whoever cancelled is told so, not that there is no network.
    if found.is_empty() && !cancel.is_cancelled() { Err(DialError::Unreachable.into()) } else { Ok(found) }
}
