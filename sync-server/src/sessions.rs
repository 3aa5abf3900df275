//! What sessions did: counted where they pass, and said in one line each when they end. Serials, keys' first
//! digits and numbers; never a name.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use khettara_core::error::ErrorKind;
use khettara_core::id::DeviceKey;
use khettara_core::identity::{Role, Roster};
use khettara_core::store::Store;
use khettara_core::sync::{CloseReason, EngineError, Input, Output, SessionId};
use khettara_core::wire::{Frame, Refusal};
use khettara_node::Shared;
use khettara_node::driver::{Ended, Machine};
use serde::{Deserialize, Serialize};

use crate::relay::Log;

/// Ended sessions that the status shows; older ones are in the log.
const LAST_SESSIONS_MAX: usize = 20;

/// Totals since the process started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counters {
    /// Sessions begun.
    pub sessions: u64,
    /// Sessions that ended.
    pub ended: u64,
    /// Of these, those whose peer said that all is said.
    pub ended_done: u64,
    /// Of these, those whose peer was not admitted.
    pub ended_not_admitted: u64,
    /// Claims and sessions that were refused; what a stranger is asked for first is none.
    pub refused: u64,
    /// Segments that arrived.
    pub segments_in: u64,
    /// Segments given out.
    pub segments_out: u64,
    /// What the engine was told.
    pub inputs: u64,
    /// Calls in which it was told: each is at most one commit, and one flush.
    pub calls: u64,
    /// Calls that came to nothing because the store failed.
    pub store_failures: u64,
}

/// A session that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// Whose, by serial, or by the first digits of its key.
    pub peer: String,
    /// Segments that arrived.
    pub segments_in: u64,
    /// Segments given out.
    pub segments_out: u64,
    /// How it ended, and what was refused.
    pub ended: String,
}

impl std::fmt::Display for SessionLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { peer, segments_in, segments_out, ended } = self;
        write!(f, "{peer}: {segments_in} in, {segments_out} out, {ended}")
    }
}

/// One session while it lasts.
#[derive(Debug)]
struct Tally {
    peer: DeviceKey,
    segments_in: u64,
    segments_out: u64,
    refused: Option<Refusal>,
    /// The engine heard of its loss: whoever missed the news of its end need not wait for it.
    lost: bool,
}

#[derive(Debug, Default)]
struct Book {
    counters: Counters,
    open: BTreeMap<SessionId, Tally>,
    last: VecDeque<SessionLine>,
}

/// The counts of all sessions. Cheap to clone; every clone is the same book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<Book>>);

impl Sessions {
    /// Totals until now.
    pub(crate) fn counters(&self) -> Counters {
        self.book().counters
    }

    /// The sessions that ended last, oldest first.
    pub(crate) fn last(&self) -> Vec<SessionLine> {
        self.book().last.iter().cloned().collect()
    }

    /// A session is over. Gives its line, once.
    pub(crate) fn end(&self, session: SessionId, how: Ended, roster: &Roster) -> Option<SessionLine> {
        let mut book = self.book();
        let tally = book.open.remove(&session)?;
        book.counters.ended += 1;
        match how {
            Ended::There(CloseReason::Done) => book.counters.ended_done += 1,
            Ended::Here(CloseReason::NotAdmitted) => book.counters.ended_not_admitted += 1,
            _ => {}
        }
        let refused = tally.refused.map(|reason| format!("; refused: {}", why_refused(reason)));
        let line = SessionLine {
            peer: who(roster, &tally.peer),
            segments_in: tally.segments_in,
            segments_out: tally.segments_out,
            ended: format!("{}{}", how_ended(how), refused.unwrap_or_default()),
        };
        if book.last.len() == LAST_SESSIONS_MAX {
            book.last.pop_front();
        }
        book.last.push_back(line.clone());
        Some(line)
    }

    /// Sessions of whose end no news came: those that are lost, or all where the engine is gone.
    pub(crate) fn left_over(&self, all: bool) -> Vec<SessionId> {
        self.book().open.iter().filter(|(_, tally)| all || tally.lost).map(|(id, _)| *id).collect()
    }

    fn hear(&self, inputs: &[Input]) {
        let mut book = self.book();
        book.counters.calls += 1;
        book.counters.inputs += inputs.len() as u64;
        for input in inputs {
            match input {
                Input::Opened { session, peer, .. } => {
                    book.counters.sessions += 1;
                    let tally =
                        Tally { peer: *peer, segments_in: 0, segments_out: 0, refused: None, lost: false };
                    book.open.insert(*session, tally);
                }
                Input::Segment { session, whole: true, .. } => {
                    book.counters.segments_in += 1;
                    book.tally(*session, |tally| tally.segments_in += 1);
                }
                Input::Lost { session } => book.tally(*session, |tally| tally.lost = true),
                _ => {}
            }
        }
    }

    fn say(&self, outputs: &[Output]) {
        let mut book = self.book();
        for output in outputs {
            match output {
                Output::Segment { session, .. } => {
                    book.counters.segments_out += 1;
                    book.tally(*session, |tally| tally.segments_out += 1);
                }
                Output::Frame { session, frame } => {
                    let Some(reason) = refusal_in(frame) else { continue };
                    book.counters.refused += 1;
                    book.tally(*session, |tally| tally.refused = Some(reason));
                }
                _ => {}
            }
        }
    }

    fn note_failure(&self) {
        self.book().counters.store_failures += 1;
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        // Counts are whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn tally(&mut self, session: SessionId, count: impl FnOnce(&mut Tally)) {
        if let Some(tally) = self.open.get_mut(&session) {
            count(tally);
        }
    }
}

/// The engine and its store, watched: what passes is counted, and a store that fails is spoken of.
pub(crate) struct Watched<S> {
    shared: Shared<S>,
    sessions: Sessions,
    log: Log,
}

impl<S> Watched<S> {
    pub(crate) const fn new(shared: Shared<S>, sessions: Sessions, log: Log) -> Self {
        Self { shared, sessions, log }
    }
}

impl<S: Store + Send + 'static> Machine for Watched<S> {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        self.sessions.hear(&inputs);
        let outputs = self.shared.handle(now_ms, inputs);
        self.sessions.say(&outputs);
        if let Some(error) = self.shared.take_failure() {
            self.sessions.note_failure();
            self.log.say(&format!("{error}; {}", what_to_do(error)));
        }
        outputs
    }
}

/// What the operator should do about a failure that ended sessions.
fn what_to_do(error: EngineError) -> &'static str {
    match error.kind() {
        ErrorKind::Full => "until then tablets are turned away and keep their work",
        ErrorKind::Corrupt => "stop the relay, keep its folder, and restore a backup: tablets send again",
        ErrorKind::Retry => "the tablets concerned come again by themselves",
        ErrorKind::Refused | ErrorKind::Invalid | ErrorKind::Bug => {
            "the tablets concerned keep their work; please report this"
        }
    }
}

/// The refusal in a frame of ours, where it is one an operator wants to know of.
fn refusal_in(frame: &[u8]) -> Option<Refusal> {
    const REFUSED: u8 = 22;
    if frame.first() != Some(&REFUSED) {
        return None;
    }
    match Frame::from_bytes(frame) {
        // A stranger is asked to show its papers; if they do not do, the session's end says so.
        Ok(Frame::Refused(refused)) if refused.reason != Refusal::STRANGER => Some(refused.reason),
        _ => None,
    }
}

fn why_refused(reason: Refusal) -> &'static str {
    match reason {
        Refusal::NOT_GRANTED => {
            "a log the roster here does not grant; the tablet keeps it and offers it again"
        }
        Refusal::ALREADY_USED => "the invitation is used by another tablet; was its code photographed?",
        Refusal::WITHDRAWN => "the invitation was withdrawn",
        Refusal::NO_INVITATION => "no such invitation is known here; has headquarters met this relay since?",
        Refusal::OTHER_REGISTRAR => "the invitation names another relay",
        _ => "for another reason",
    }
}

/// A peer without its name: by serial where it has one.
pub(crate) fn who(roster: &Roster, peer: &DeviceKey) -> String {
    let short = || peer.to_hex().chars().take(8).collect::<String>();
    match (roster.serial_of(peer), roster.issuer_role(peer)) {
        (_, Some(Role::HEADQUARTERS)) => "headquarters".to_owned(),
        (_, Some(Role::RELAY)) => format!("relay {}", short()),
        (Some(serial), _) => format!("serial {serial}"),
        (None, _) => format!("key {}", short()),
    }
}

fn how_ended(how: Ended) -> String {
    match how {
        Ended::Here(reason) => format!("ended here: {}", why_closed(reason)),
        Ended::There(reason) => format!("ended by the peer: {}", why_closed(reason)),
        Ended::Lost => "the connection was lost".to_owned(),
        Ended::NoAnswer { .. } => "nobody answered".to_owned(),
        Ended::Full => "the peer did not take what waited for it".to_owned(),
        Ended::EarlyRefused => "began again after its handshake".to_owned(),
    }
}

const fn why_closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Done => "all is said",
        CloseReason::Version => {
            "no protocol version in common; this relay speaks version 1: update the older side"
        }
        CloseReason::Misbehaved => "the protocol was broken",
        CloseReason::WrongOrganisation => "another organisation",
        CloseReason::NotAdmitted => "not admitted",
        CloseReason::StoreFailed => "a store failed",
        CloseReason::Stopping => "stopping",
    }
}

#[cfg(test)]
mod tests {
    use khettara_core::id::OrgId;
    use khettara_core::wire::Refused;

    use super::*;

    fn opened(session: SessionId) -> Input {
        Input::Opened { session, peer: DeviceKey([7; 32]), dialled: false, confirmed: true }
    }

    fn refused(session: SessionId, reason: Refusal) -> Output {
        Output::Frame { session, frame: Frame::Refused(Refused { log: None, reason }).to_bytes() }
    }

    #[test]
    fn a_session_has_one_line_with_what_passed_and_what_was_refused() {
        let (sessions, roster) = (Sessions::default(), Roster::empty(OrgId([1; 32])));
        let segment = Input::Segment { session: 1, bytes: vec![0], whole: true };
        sessions.hear(&[opened(1), segment.clone(), segment, opened(2)]);
        sessions.say(&[refused(1, Refusal::STRANGER), refused(1, Refusal::ALREADY_USED)]);
        let line = sessions.end(1, Ended::There(CloseReason::Done), &roster).expect("a line");
        let said = line.to_string();
        assert!(
            said.starts_with("key 07070707: 2 in, 0 out, ended by the peer: all is said; refused: "),
            "{said}"
        );
        assert!(sessions.end(1, Ended::Lost, &roster).is_none());
        let counters = sessions.counters();
        assert_eq!((counters.inputs, counters.calls, counters.refused), (4, 1, 1));
        assert_eq!((counters.sessions, counters.ended, counters.ended_done), (2, 1, 1));
    }

    #[test]
    fn lost_sessions_whose_end_nobody_heard_of_are_found() {
        let sessions = Sessions::default();
        sessions.hear(&[opened(1), opened(2), Input::Lost { session: 1 }]);
        assert_eq!(sessions.left_over(false), [1]);
        assert_eq!(sessions.left_over(true), [1, 2]);
    }

    #[test]
    fn only_the_last_sessions_are_kept() {
        let (sessions, roster) = (Sessions::default(), Roster::empty(OrgId([1; 32])));
        for session in 0..50 {
            sessions.hear(&[opened(session)]);
            sessions.end(session, Ended::Lost, &roster);
        }
        assert_eq!(sessions.last().len(), LAST_SESSIONS_MAX);
        assert_eq!(sessions.counters().ended, 50);
    }
}
