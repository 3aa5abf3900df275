//! Listens to the engine's news: a line in the log when a session ends, and `status.json` now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use khettara_core::id::{DeviceKey, Feed};
use khettara_core::store::Store;
use khettara_core::sync::{CloseReason, Notice, SessionId};
use khettara_node::Shared;
use khettara_node::driver::{Ended, News};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use crate::config::Config;
use crate::figures::{FeedFigures, Figures, feeds_of};
use crate::folder::{Folder, bytes_below, write_whole};
use crate::relay::Log;
use crate::sessions::{Sessions, who};
use crate::status::Status;

/// Feeds counted again for one writing; the others follow at the next.
const FEEDS_COUNTED_MAX: usize = 64;

/// What the reporter knows of the relay from its start on.
type About = (Config, String, SocketAddr, DeviceKey);

/// Reports on one running relay.
pub(crate) struct Reporter<S> {
    folder: Folder,
    about: About,
    shared: Shared<S>,
    sessions: Sessions,
    log: Log,
    feeds: BTreeMap<Feed, FeedFigures>,
    /// Feeds that changed since they were counted.
    changed: BTreeSet<Feed>,
    alarm: Option<String>,
    writing_failed: bool,
}

impl<S: Store + Send + 'static> Reporter<S> {
    pub(crate) fn new(folder: Folder, about: About, shared: Shared<S>, sessions: Sessions, log: Log) -> Self {
        let (feeds, alarm) = (BTreeMap::new(), None);
        let key = about.3;
        let changed = shared.with(|engine, _| feeds_of(engine.roster(), &key)).into_iter().collect();
        Self { folder, about, shared, sessions, log, feeds, changed, alarm, writing_failed: false }
    }

    /// Reports for the first time, so that whoever asks after the start is answered.
    pub(crate) fn begin(&mut self) {
        self.write(true);
    }

    /// Reports until the engine is gone.
    pub(crate) async fn run(mut self, mut news: Receiver<News>) {
        let pause = Duration::from_millis(self.about.0.status_every_ms);
        let mut due: Option<Instant> = (!self.changed.is_empty()).then(|| Instant::now() + pause);
        loop {
            let next = match due {
                Some(at) => tokio::time::timeout_at(at, news.recv()).await,
                None => Ok(news.recv().await),
            };
            match next {
                Ok(Ok(news)) => self.hear(news),
                Ok(Err(RecvError::Lagged(_))) => self.catch_up(),
                Ok(Err(RecvError::Closed)) => break,
                Err(_) => {
                    self.write(true);
                    due = (!self.changed.is_empty()).then(|| Instant::now() + pause);
                    continue;
                }
            }
            due = due.or_else(|| Some(Instant::now() + pause));
        }
        for session in self.sessions.left_over(true) {
            self.ended(session, Ended::Here(CloseReason::Stopping));
        }
        self.write(false);
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Opened { .. } => {}
            News::Ended { session, how } => self.ended(session, how),
            News::Notice(notice) => self.notice(notice),
        }
    }

    fn ended(&mut self, session: SessionId, how: Ended) {
        let line = self.shared.with(|engine, _| self.sessions.end(session, how, engine.roster()));
        if let Some(line) = line {
            self.log.say(&format!("session {session}: {line}"));
        }
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Held { feeds } => self.changed.extend(feeds),
            Notice::RosterChanged => {
                let key = self.about.3;
                let alarm = self.shared.with(|engine, _| Figures::of_roster(engine.roster(), &key).alarm);
                if let Some(alarm) = alarm.as_ref().filter(|_| alarm != self.alarm) {
                    self.log.say(&format!("ALARM: {alarm}"));
                }
                self.alarm = alarm;
                self.changed.extend([Feed::roster(), Feed::people(), Feed::bindings()]);
            }
            Notice::Fork { device, own } => {
                let who = self.shared.with(|engine, _| who(engine.roster(), &device));
                let whose = if own { "this relay".to_owned() } else { who };
                let said =
                    "was a clone or an old backup started? Both branches are kept; headquarters sees them";
                self.log.say(&format!("a log of {whose} has two branches: {said}"));
            }
            Notice::Refused { .. } | Notice::LogRefused { .. } => {
                self.log.say("a peer refused this relay: has it met headquarters since?");
            }
            Notice::ReceiptArrived | Notice::Settled { .. } | Notice::Enrolled => {}
        }
    }

    /// News was lost: sessions that ended meanwhile are found by their loss, and any feed may have changed.
    fn catch_up(&mut self) {
        for session in self.sessions.left_over(false) {
            self.ended(session, Ended::Lost);
        }
        let key = self.about.3;
        self.changed.extend(self.shared.with(|engine, _| feeds_of(engine.roster(), &key)));
    }

    fn write(&mut self, running: bool) {
        self.count();
        let (config, organisation, address, key) = &self.about;
        let mut figures = self.shared.with(|engine, _| Figures::of_roster(engine.roster(), key));
        figures.add(self.feeds.values());
        figures.feeds_uncounted = self.changed.len() as u64;
        figures.disk_bytes = bytes_below(&self.folder.store(&config.store));
        let status = Status {
            name: config.name.clone(),
            organisation: organisation.clone(),
            key: key.to_hex(),
            running,
            address: running.then(|| address.to_string()),
            figures,
            counters: self.sessions.counters(),
            last_sessions: self.sessions.last(),
        };
        let written = write_whole(&self.folder.status(), &status.to_json());
        if let (Err(error), false) = (&written, self.writing_failed) {
            self.log.say(&format!("status.json cannot be written: {error}; the relay goes on without it"));
        }
        self.writing_failed = written.is_err();
    }

    /// Counts the feeds that changed. One that cannot be read keeps its figures and is tried again.
    fn count(&mut self) {
        let key = self.about.3;
        let some: Vec<Feed> = self.changed.iter().take(FEEDS_COUNTED_MAX).cloned().collect();
        for feed in some {
            if let Ok(figures) = self.shared.with(|_, store| FeedFigures::count(store, &feed, &key)) {
                self.changed.remove(&feed);
                self.feeds.insert(feed, figures);
            }
        }
    }
}
