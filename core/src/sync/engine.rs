//! All meetings of one party: decide on scratch paper, commit once, then speak.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ErrorKind;
use crate::id::{DeviceKey, Feed};
use crate::identity::{Fresh, Roster};
use crate::log::{Place, ReceiptLine};
use crate::planted::Fault;
use crate::store::held::{CutPendingError, Pen, fold_roster};
use crate::store::{Answer, Store, StoreError};
use crate::sync::desk::{Desk, World};
use crate::sync::party::Party;
use crate::sync::port::{CloseReason, Input, Notice, Output, SessionId};
use crate::sync::session::{Session, Stage, Standing};
use crate::sync::{grants, hello, receipts, receive, stranger, vectors};
use crate::wire::{Frame, LogEnds, Settled};

/// Why a call of the engine did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The store failed. Nothing was acknowledged that is not durable; the sessions concerned end.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Pending entries could not be cut: ours to mend. They stay saved.
    #[error("saved entries could not be cut into segments")]
    Cut,
    /// Another writer was faster; nothing was done.
    #[error("the store moved underneath; try again")]
    Moved,
}

impl EngineError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Cut => ErrorKind::Bug,
            Self::Moved => ErrorKind::Retry,
        }
    }
}

impl From<CutPendingError> for EngineError {
    fn from(error: CutPendingError) -> Self {
        match error {
            CutPendingError::Store(error) => Self::Store(error),
            CutPendingError::Cut(_) => Self::Cut,
        }
    }
}

/// The present moment, as the driver tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds on a monotonic clock.
    pub monotonic_ms: u64,
    /// Milliseconds since 1970 as the wall clock shows, 0 unknown. Displayed, never compared.
    pub shown_time: u64,
}

/// All meetings of one party.
pub struct Engine {
    world: World,
    sessions: BTreeMap<SessionId, Session>,
}

impl Engine {
    /// An engine over what `store` holds. `seed` is the process's random seed; `software` names the program
    /// in Start entries.
    ///
    /// # Errors
    /// [`StoreError`] where the roster cannot be read.
    pub fn new(
        party: Party,
        seed: [u8; 32],
        software: &str,
        schema: u32,
        store: &dyn Store,
    ) -> Result<Self, StoreError> {
        let pen = Pen::new(party.org, party.key(), software, schema, Fresh::new(seed));
        let roster = fold_roster(store, party.org, None)?;
        Ok(Self { world: World { party, pen, roster }, sessions: BTreeMap::new() })
    }

    /// The roster as held.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.world.roster
    }

    /// Who we are.
    #[must_use]
    pub const fn party(&self) -> &Party {
        &self.world.party
    }

    /// Changes who we are: a claim to make, a secret that opens grants.
    pub const fn party_mut(&mut self) -> &mut Party {
        &mut self.world.party
    }

    /// The pen that own entries are written with.
    pub const fn pen(&mut self) -> &mut Pen {
        &mut self.world.pen
    }

    /// Reads the roster again, after own roster entries were saved and cut.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refresh(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        self.world.roster = fold_roster(store, self.world.party.org, Some(&self.world.roster))?;
        Ok(())
    }

    /// Cuts everything pending, durably, as a tablet does when it locks and headquarters when it has written.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn cut_all(&mut self, store: &mut dyn Store) -> Result<(), EngineError> {
        let mut desk = Desk::new(&mut self.world, store, 0);
        desk.cut_all()?;
        let groups = desk.overlay.into_groups();
        commit(store, groups)?;
        let before = self.world.roster.named().clone();
        self.refresh(store)?;
        if *self.world.roster.named() == before {
            return Ok(());
        }
        // One's own word changed what is listed.
        let mut desk = Desk::new(&mut self.world, store, 0);
        receive::relist_all(&mut desk)?;
        let groups = desk.overlay.into_groups();
        commit(store, groups)
    }

    /// Signs a receipt for one author's work in one feed, durably, unless the newest says the same. It travels
    /// in the next meeting, or in one whose answer is still to come. Gives whether there was something new.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn issue_receipt(
        &mut self,
        store: &mut dyn Store,
        feed: &Feed,
        device: &DeviceKey,
        place: Place,
        lines: Vec<ReceiptLine>,
        shown_time: u64,
    ) -> Result<bool, EngineError> {
        let mut desk = Desk::new(&mut self.world, store, shown_time);
        let is_new = receipts::write(&mut desk, feed, device, place, lines)?.is_some();
        let groups = desk.overlay.into_groups();
        commit(store, groups)?;
        Ok(is_new)
    }

    /// Takes what happened, decides, commits once, and gives what to say. After an error nothing is in
    /// effect and every session that had a part in it is over; the outputs close them.
    pub fn handle(
        &mut self,
        store: &mut dyn Store,
        now: Now,
        inputs: Vec<Input>,
    ) -> (Vec<Output>, Result<(), EngineError>) {
        let mut concerned: BTreeSet<SessionId> = inputs.iter().filter_map(session_of).collect();
        let claim = self.world.party.claim.clone();
        match self.decide(store, now, inputs) {
            Ok((groups, outputs)) => match commit(store, groups) {
                Ok(()) => (outputs, Ok(())),
                Err(error) if Fault::ReceiptBeforeCommit.is_on() => (outputs, Err(error)),
                Err(error) => {
                    // What was meant for them is not said now, and their memory thinks it was.
                    concerned.extend(outputs.iter().filter_map(addressee_of));
                    self.world.party.claim = claim;
                    (self.fail(store, &concerned), Err(error))
                }
            },
            Err(error) => {
                concerned.extend(self.sessions.keys());
                self.world.party.claim = claim;
                (self.fail(store, &concerned), Err(error))
            }
        }
    }

    fn decide(
        &mut self,
        store: &dyn Store,
        now: Now,
        inputs: Vec<Input>,
    ) -> Result<(Vec<crate::store::Group>, Vec<Output>), EngineError> {
        let mut desk = Desk::new(&mut self.world, store, now.shown_time);
        for input in inputs {
            take(&mut desk, &mut self.sessions, input)?;
        }
        if desk.roster_touched {
            roster_news(&mut desk, &mut self.sessions)?;
        }
        receipts::issue(&mut desk, &mut self.sessions)?;
        for session in self.sessions.values_mut() {
            conclude(&mut desk, session)?;
        }
        self.sessions.retain(|_, session| session.stage != Stage::Done);
        if !desk.held.is_empty() {
            let feeds = std::mem::take(&mut desk.held).into_iter().collect();
            desk.notice(Notice::Held { feeds });
        }
        let outputs = std::mem::take(&mut desk.out);
        Ok((desk.overlay.into_groups(), outputs))
    }

    /// What was decided did not become durable: the meetings that took part are over, and memory is read
    /// again from what is.
    fn fail(&mut self, store: &dyn Store, concerned: &BTreeSet<SessionId>) -> Vec<Output> {
        self.world.pen.renew();
        if let Ok(roster) = fold_roster(store, self.world.party.org, Some(&self.world.roster)) {
            self.world.roster = roster;
        }
        self.sessions.retain(|id, _| !concerned.contains(id));
        concerned
            .iter()
            .map(|session| Output::Close { session: *session, reason: CloseReason::StoreFailed })
            .collect()
    }
}

fn commit(store: &mut dyn Store, groups: Vec<crate::store::Group>) -> Result<(), EngineError> {
    if groups.is_empty() {
        return Ok(());
    }
    let answers = store.commit(groups)?;
    if answers.contains(&Answer::Behind) { Err(EngineError::Moved) } else { Ok(()) }
}

const fn session_of(input: &Input) -> Option<SessionId> {
    match input {
        Input::Opened { session, .. }
        | Input::Confirmed { session }
        | Input::Frame { session, .. }
        | Input::Segment { session, .. }
        | Input::Lost { session } => Some(*session),
        Input::Wake | Input::StoreChanged { .. } => None,
    }
}

const fn addressee_of(output: &Output) -> Option<SessionId> {
    match output {
        Output::Frame { session, .. } | Output::Segment { session, .. } | Output::Close { session, .. } => {
            Some(*session)
        }
        Output::WakeAt { .. } | Output::Notice(_) => None,
    }
}

fn take(
    desk: &mut Desk<'_>,
    sessions: &mut BTreeMap<SessionId, Session>,
    input: Input,
) -> Result<(), EngineError> {
    match input {
        Input::Opened { session, peer, dialled, confirmed } => {
            let mut new = Session::new(session, peer, dialled, confirmed);
            new.standing = stranger::standing(&desk.world.roster, &peer);
            desk.cut_all()?;
            if dialled {
                hello::open(desk, &mut new)?;
            }
            sessions.insert(session, new);
            Ok(())
        }
        Input::Confirmed { session } => with(desk, sessions, session, |desk, session| {
            session.confirmed = true;
            if let Some(claim) = session.early_claim.take() {
                stranger::hear_claim(desk, session, &claim)?;
            }
            if session.dialled && session.stage == Stage::Silent {
                hello::open(desk, session)?;
            }
            Ok(())
        }),
        Input::Frame { session, frame } => {
            with(desk, sessions, session, |desk, session| match Frame::from_bytes(&frame) {
                Ok(frame) => hear(desk, session, frame),
                Err(_) => {
                    end(desk, session, CloseReason::Misbehaved);
                    Ok(())
                }
            })
        }
        Input::Segment { session, bytes, whole } => with(desk, sessions, session, |desk, session| {
            if whole { Ok(receive::segment(desk, session, bytes)?) } else { Ok(()) }
        }),
        Input::Lost { session } => {
            sessions.remove(&session);
            Ok(())
        }
        Input::Wake | Input::StoreChanged { .. } => Ok(()),
    }
}

fn with(
    desk: &mut Desk<'_>,
    sessions: &mut BTreeMap<SessionId, Session>,
    id: SessionId,
    act: impl FnOnce(&mut Desk<'_>, &mut Session) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    match sessions.get_mut(&id) {
        Some(session) if session.stage != Stage::Done => {
            session.touched = true;
            act(desk, session)
        }
        _ => Ok(()),
    }
}

/// Ends a meeting for a reason; nothing more is heard in it.
pub(super) fn end(desk: &mut Desk<'_>, session: &mut Session, reason: CloseReason) {
    desk.close(session.id, reason);
    session.stage = Stage::Done;
}

fn hear(desk: &mut Desk<'_>, session: &mut Session, frame: Frame) -> Result<(), EngineError> {
    match frame {
        Frame::Hello(said) => hello::hear_hello(desk, session, said)?,
        Frame::HelloAck(answer) => hello::hear_answer(desk, session, &answer)?,
        Frame::NeedVectors(need) => vectors::hear_need(desk, session, &need)?,
        Frame::Vectors(vectors) => vectors::hear_vectors(desk, session, vectors)?,
        Frame::Ends(ends) => receive::hear_ends(desk, session, &ends.held)?,
        Frame::Log(spelled) => receive::hear_log(desk, session, spelled.descriptor)?,
        Frame::Receipt(signed) => receipts::hear(desk, session, signed)?,
        Frame::Item(signed) => grants::hear_item(desk, session, signed)?,
        Frame::Claim(claim) => stranger::hear_claim(desk, session, &claim)?,
        Frame::Bound(_) => stranger::hear_bound(desk, session)?,
        Frame::Refused(refused) => stranger::hear_refused(desk, session, &refused)?,
        Frame::Taken(lines) => receive::hear_taken(desk, session, &lines)?,
        Frame::Settled(settled) => {
            session.peer_settled = Some((settled.segments, settled.answered));
        }
        Frame::Shown => stranger::hear_shown(session),
        Frame::BaseKept(id) => hello::hear_base_kept(desk, session, id)?,
        Frame::NeedGrants(serials) => grants::hear_need(desk, session, &serials)?,
        Frame::Ignored => {}
    }
    Ok(())
}

/// The roster changed: rights are judged anew, for everybody who is here. What waited for the roster may be of
/// the roster itself, so this goes on until nothing more comes of it.
fn roster_news(desk: &mut Desk<'_>, sessions: &mut BTreeMap<SessionId, Session>) -> Result<(), EngineError> {
    while std::mem::take(&mut desk.roster_touched) {
        let before = desk.world.roster.named().clone();
        desk.refold()?;
        if *desk.world.roster.named() != before {
            receive::relist_all(desk)?;
        }
        grants::apply(desk)?;
        for session in sessions.values_mut().filter(|session| session.stage != Stage::Done) {
            session.touched = true;
            stranger::judge_again(desk, session)?;
            receive::retry_ungranted(desk, session)?;
        }
    }
    stranger::forget_claim(desk)?;
    for session in
        sessions.values_mut().filter(|session| session.answered_hello && session.stage != Stage::Done)
    {
        grants::ask(desk, session)?;
    }
    desk.notice(Notice::RosterChanged);
    Ok(())
}

/// What a meeting still has to say at the end of a call: bases, what was taken, whether all is said.
fn conclude(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), EngineError> {
    if session.stage == Stage::Done || !session.touched {
        return Ok(());
    }
    session.touched = false;
    stranger::judge_shown(desk, session);
    if session.stage == Stage::Done {
        return Ok(());
    }
    receive::settle_staged(desk, session)?;
    hello::keep_peers_base(desk, session)?;
    receipts::settle(desk, session)?;
    receipts::note_crossed(desk, session)?;
    say_taken(desk, session)?;
    if session.dialled {
        conclude_opener(desk, session)
    } else if receive::waits_in_vain(session) {
        // The opener waits for word of all it sent, and there will be none here: the next meeting goes on.
        end(desk, session, CloseReason::Done);
        Ok(())
    } else {
        say_settled(desk, session);
        Ok(())
    }
}

fn say_taken(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), EngineError> {
    let mut lines = Vec::new();
    let taken = std::mem::take(&mut session.taken);
    // The answerer hears of it in the next Hello; only the opener waits for it.
    for (log, segments) in taken.into_iter().filter(|_| !session.dialled) {
        let ends = receive::durable_ends(&desk.overlay, &log, segments)?;
        lines.push(LogEnds { log: session.name_of(&log), ends });
    }
    if !lines.is_empty() {
        desk.say(session.id, &Frame::Taken(lines));
    }
    for log in std::mem::take(&mut session.refused_logs) {
        stranger::refuse_log(desk, session, &log);
    }
    Ok(())
}

fn say_settled(desk: &mut Desk<'_>, session: &mut Session) {
    let now = (session.segments_sent, session.answers);
    let due = session.answered_hello && session.expects_more && session.settled != Some(now);
    if due && !session.may_have_to_ask() {
        session.settled = Some(now);
        desk.say(session.id, &Frame::Settled(Settled { segments: now.0, answered: now.1 }));
    }
}

/// The opener says how much it sent, so that the other side knows when nothing more is on its way.
fn say_sent(desk: &mut Desk<'_>, session: &mut Session) {
    let now = (session.segments_sent, session.answers);
    let due = now != (0, 0) || session.expects_more;
    if session.stage == Stage::Answered && due && session.settled != Some(now) {
        session.settled = Some(now);
        desk.say(session.id, &Frame::Settled(Settled { segments: now.0, answered: now.1 }));
    }
}

fn conclude_opener(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), EngineError> {
    if session.standing == Standing::Stranger && session.told_stranger && session.is_complete() {
        receive::answer_stranger(desk, session)?;
    }
    say_sent(desk, session);
    let over = session.stage == Stage::Answered && session.is_complete() && session.is_acknowledged();
    if !over {
        return Ok(());
    }
    if session.standing == Standing::Stranger && !session.told_stranger {
        stranger::ask_who(desk, session);
        return Ok(());
    }
    // What arrived may have widened our rights: then there is more to ask for, in the same meeting.
    let wanted = desk.world.party.subscription(&desk.world.roster);
    if wanted != session.subscription {
        return Ok(hello::greet(desk, session)?);
    }
    desk.notice(Notice::Settled {
        session: session.id,
        received: u64::from(session.segments_received),
        delivered: session.delivered,
    });
    end(desk, session, CloseReason::Done);
    Ok(())
}

/// Whether a peer may be heard about logs at all.
pub(super) fn is_heard(session: &Session) -> bool {
    session.standing != Standing::Stranger
}
