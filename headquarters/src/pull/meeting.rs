//! Pulling: one line to the relays. Dials, waits until all is said, tries again where the line broke.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use khettara_core::id::DeviceKey;
use khettara_core::sync::{CloseReason, Notice};
use khettara_node::driver::{Driver, DriverHandle, Ended, News, Outboxes};
use khettara_node::quic::{DialError, Dialler, Identity, LinkClass, Profile};
use tokio::runtime::Runtime;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::error::HqError;
use crate::office::Headquarters;
use crate::pull::report::Progress;

/// Meetings that may break off, one after the other, without a single new entry.
const FRUITLESS_MAX: u32 = 3;

const SILENT: &str = "it fell silent; what came is kept; pull again, and tell its operator if it stays so";

/// Round trip assumed at first: headquarters has a wire, relays may sit behind a satellite.
const INITIAL_RTT_MS: u32 = 333;

/// Headquarters' engine on its thread, and its sockets.
pub(super) struct Line {
    driver: DriverHandle,
    four: Option<Dialler>,
    six: Option<Dialler>,
}

/// How meeting one relay ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Met {
    /// Everything was said.
    Settled,
    /// It was reached; it ended before everything was said, and why.
    BrokeOff(&'static str),
    /// It was not reached.
    Unreached(DialError),
}

impl Line {
    pub(super) fn open(office: &Headquarters, runtime: &Runtime) -> Result<Self, HqError> {
        let _within = runtime.enter();
        let identity = Identity::from_seed(&office.seeds.signing);
        let profile = Profile::Device { class: LinkClass::Fast, initial_rtt_ms: INITIAL_RTT_MS };
        let bind = |local: SocketAddr| Dialler::bind(&identity, local, profile).ok();
        let four = bind((Ipv4Addr::UNSPECIFIED, 0).into());
        let six = bind((Ipv6Addr::UNSPECIFIED, 0).into());
        let machine = office.shared.clone();
        let driver = Driver::start(machine, office.clock, Outboxes::DEVICE, runtime.handle().clone());
        let driver = driver.map_err(|error| HqError::Io(std::io::Error::other(error)))?;
        Ok(Self { driver, four, six })
    }

    /// Meets the relay of one key until everything is said.
    pub(super) async fn meet(
        &mut self,
        office: &Headquarters,
        addresses: &[SocketAddr],
        pin: DeviceKey,
        progress: &mut dyn FnMut(Progress),
    ) -> Met {
        let (mut fruitless, mut why) = (0, why_broken(Ended::Lost));
        while fruitless < FRUITLESS_MAX {
            let before = office.entries_held().unwrap_or_default();
            match self.meet_once(office, addresses, pin, progress).await {
                // Waited out once is enough.
                Met::BrokeOff(SILENT) => return Met::BrokeOff(SILENT),
                Met::BrokeOff(said) => why = said,
                // Settled; or every address had its time already.
                met => return met,
            }
            let came = office.entries_held().unwrap_or_default() > before;
            fruitless = if came { 0 } else { fruitless + 1 };
        }
        Met::BrokeOff(why)
    }

    async fn meet_once(
        &mut self,
        office: &Headquarters,
        addresses: &[SocketAddr],
        pin: DeviceKey,
        progress: &mut dyn FnMut(Progress),
    ) -> Met {
        let connection = match self.dial(addresses, pin).await {
            Ok(connection) => connection,
            Err(reason) => return Met::Unreached(reason),
        };
        let mut news = self.driver.news();
        let Ok(session) = self.driver.add_connection(connection) else {
            return Met::BrokeOff(why_broken(Ended::Lost));
        };
        let (mut settled, mut ended) = (false, Ended::Lost);
        loop {
            match hear(&mut news, office.patience).await {
                Heard::Of(News::Notice(Notice::Settled { session: of, .. })) if of == session => {
                    settled = true;
                }
                Heard::Of(News::Notice(Notice::Held { .. })) => {
                    let held = office.entries_held().unwrap_or_default();
                    progress(Progress::Held { entries: held });
                }
                Heard::Of(News::Ended { session: of, how }) if of == session => {
                    ended = how;
                    break;
                }
                Heard::Of(_) | Heard::Missed => {}
                Heard::Gone => break,
                Heard::Nothing if settled => return Met::Settled,
                Heard::Nothing => return Met::BrokeOff(SILENT),
            }
        }
        if settled { Met::Settled } else { Met::BrokeOff(why_broken(ended)) }
    }

    /// Tries the addresses, those of the fourth version first.
    async fn dial(
        &self,
        addresses: &[SocketAddr],
        pin: DeviceKey,
    ) -> Result<khettara_node::quic::Connection, DialError> {
        let mut last = DialError::NothingToDial;
        for (dialler, is_four) in [(&self.four, true), (&self.six, false)] {
            let of_kind: Vec<_> =
                addresses.iter().filter(|address| address.is_ipv4() == is_four).copied().collect();
            if let (Some(dialler), false) = (dialler, of_kind.is_empty()) {
                match dialler.dial(&of_kind, &[pin]).await {
                    Ok(connection) => return Ok(connection),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }

    /// Says goodbye and gives the engine's store free.
    pub(super) async fn close(self) {
        // What is not said now is said at the next pull.
        let _ = self.driver.stop().await;
        for dialler in [self.four, self.six].into_iter().flatten() {
            dialler.close().await;
        }
    }
}

/// Why a meeting ended before everything was said, and what to do.
const fn why_broken(how: Ended) -> &'static str {
    match how {
        Ended::Here(CloseReason::Misbehaved) => {
            "what it sent cannot be right and was not taken; pull again, and tell its operator if it stays so"
        }
        Ended::There(CloseReason::Version) => {
            "it speaks no version of the protocol that this program speaks; update whichever is older"
        }
        Ended::There(CloseReason::WrongOrganisation | CloseReason::NotAdmitted) => {
            "it does not admit this headquarters; check that it was made with this organisation's file"
        }
        Ended::There(CloseReason::StoreFailed) => {
            "it could not save what was sent; what came is kept; tell its operator, and pull again later"
        }
        _ => "the line broke; what came is kept; pull again",
    }
}

enum Heard {
    Of(News),
    Missed,
    Gone,
    Nothing,
}

async fn hear(news: &mut Receiver<News>, patience: Duration) -> Heard {
    match tokio::time::timeout(patience, news.recv()).await {
        Ok(Ok(news)) => Heard::Of(news),
        Ok(Err(RecvError::Lagged(_))) => Heard::Missed,
        Ok(Err(RecvError::Closed)) => Heard::Gone,
        Err(_) => Heard::Nothing,
    }
}

/// Every address that the names stand for, in order. A name that cannot be looked up now gives none.
pub(super) async fn addresses_of(names: &[String]) -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for name in names {
        if let Ok(addresses) = tokio::net::lookup_host(name).await {
            for address in addresses {
                if !found.contains(&address) {
                    found.push(address);
                }
            }
        }
    }
    found
}
