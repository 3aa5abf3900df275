//! Peers that the roster does not name yet: claims, credentials shown, and what is refused.

use crate::id::LogId;
use crate::identity::{Admission, Binding, BindingState, Item, Kind, Roster, Signed};
use crate::log::{Entry, Written};
use crate::store::StoreError;
use crate::store::held::{alone_items, mail_of};
use crate::sync::desk::Desk;
use crate::sync::engine::{EngineError, end};
use crate::sync::hello;
use crate::sync::port::{CloseReason, Notice};
use crate::sync::session::{Session, Stage, Standing};
use crate::sync::{grants, receive, send};
use crate::wire::{BoundAnswer, ClaimFrame, Frame, Refusal, Refused};
use crate::{encoding, id::DeviceKey, id::Feed};

/// What a key may do here, by the roster held here.
pub(super) fn standing(roster: &Roster, peer: &DeviceKey) -> Standing {
    match roster.admission(peer) {
        Admission::Unknown => Standing::Stranger,
        Admission::Admitted { .. } => Standing::Admitted,
        Admission::Closed => Standing::Closed,
    }
}

/// Roster news: a stranger may be known now, somebody admitted may be closed. What was being sent to somebody
/// who is closed now ends with this meeting.
pub(super) fn judge_again(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let now = standing(&desk.world.roster, &session.peer);
    let before = std::mem::replace(&mut session.standing, now);
    if before == Standing::Stranger && now != Standing::Stranger && !session.dialled {
        hello::consider_hello(desk, session)?;
    }
    if now != Standing::Stranger {
        for held in std::mem::take(&mut session.deferred) {
            receive::hear_ends(desk, session, &held)?;
        }
    }
    if before == Standing::Admitted && now == Standing::Closed && !session.dialled {
        end(desk, session, CloseReason::NotAdmitted);
    }
    Ok(())
}

/// A Hello from somebody unknown: it is asked, once, to show its credential and the roster it holds.
pub(super) fn tell_stranger(desk: &mut Desk<'_>, session: &mut Session) {
    if !session.told_stranger {
        session.told_stranger = true;
        desk.say(session.id, &Frame::Refused(Refused { log: None, reason: Refusal::STRANGER }));
    }
}

/// The stranger has shown everything; if that does not make it known, this is not its relay.
pub(super) fn hear_shown(session: &mut Session) {
    session.answers += 1;
    session.peer_shown = true;
    session.touched = true;
}

/// After Shown, and once everything that was sent has come: is the peer known now?
pub(super) fn judge_shown(desk: &mut Desk<'_>, session: &mut Session) {
    let all_came = session.peer_settled.is_none_or(|(sent, _)| session.segments_received >= sent);
    if session.peer_shown && !session.dialled && session.standing == Standing::Stranger && all_came {
        end(desk, session, CloseReason::NotAdmitted);
    }
}

/// The claim to make in this meeting. Who is bound and waits for keys gets them from the registrar alone, and has
/// other things to say to others; who is not is told by anybody whether he came to the right place.
pub(super) fn due_claim(desk: &Desk<'_>, session: &Session) -> Option<ClaimFrame> {
    let claim = desk.world.party.claim.as_ref()?;
    let is_due = claim.claim.registrar == session.peer || !has_won(desk, claim);
    is_due.then(|| claim.clone())
}

/// Whether the roster held here says that the claim won: then it says, too, who we are.
fn has_won(desk: &Desk<'_>, claim: &ClaimFrame) -> bool {
    let credential = desk.world.roster.credential(claim.claim.serial);
    credential.is_some_and(|credential| credential.device == claim.claim.device)
}

/// A claim that has won and given its keys is made no more. Where either was lost on the way, it is made again.
pub(super) fn forget_claim(desk: &mut Desk<'_>) -> Result<(), StoreError> {
    let has_won = desk.world.party.claim.as_ref().is_some_and(|claim| has_won(desk, claim));
    if has_won && grants::is_granted(&desk.overlay, &desk.world.party)? {
        desk.world.party.claim = None;
    }
    Ok(())
}

/// A tablet claims a serial. Only its registrar decides, only who was first, only after the handshake: a claim that
/// overtook the word that it is complete waits for that word.
pub(super) fn hear_claim(
    desk: &mut Desk<'_>,
    session: &mut Session,
    frame: &ClaimFrame,
) -> Result<(), EngineError> {
    if session.dialled || frame.claim.device != session.peer {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    if !session.confirmed {
        session.early_claim = Some(frame.clone());
        return Ok(());
    }
    if let Err(reason) = judge_claim(desk, frame) {
        desk.say(session.id, &Frame::Refused(Refused { log: None, reason }));
        return Ok(());
    }
    if !matches!(desk.world.roster.binding(frame.claim.serial), BindingState::Bound(..)) {
        bind(desk, frame)?;
    }
    let mut papers: Vec<Signed> =
        alone_items(&desk.overlay)?.into_iter().filter(|item| item.kind == Kind::Genesis as u8).collect();
    papers.extend(desk.world.roster.items_of(&frame.claim.device));
    if session.standing != Standing::Closed {
        let mail = mail_of(&desk.overlay, frame.claim.serial)?;
        papers.extend(mail.iter().filter_map(|grant| Signed::from_bytes(grant).ok()));
    }
    for item in papers {
        desk.say(session.id, &Frame::Item(item));
    }
    let organisation = desk.world.party.organisation.clone();
    desk.say(session.id, &Frame::Bound(BoundAnswer { serial: frame.claim.serial, organisation }));
    Ok(())
}

fn judge_claim(desk: &Desk<'_>, frame: &ClaimFrame) -> Result<(), Refusal> {
    let (claim, roster) = (&frame.claim, &desk.world.roster);
    let invitation = roster.invitation(claim.serial).ok_or(Refusal::NO_INVITATION)?;
    if invitation.registrar != desk.world.party.key() || claim.registrar != invitation.registrar {
        return Err(Refusal::OTHER_REGISTRAR);
    }
    if !claim.is_signed(&desk.org(), &invitation.claim, &frame.by_device, &frame.by_secret) {
        return Err(Refusal::NO_INVITATION);
    }
    match roster.binding(claim.serial) {
        BindingState::Bound(binding, _) if binding.claim == *claim => Ok(()),
        BindingState::Bound(..) | BindingState::Forked => Err(Refusal::ALREADY_USED),
        BindingState::None => {
            let position = roster.position().map_or(0, |position| position.value);
            if roster.is_withdrawn(claim.serial, position) { Err(Refusal::WITHDRAWN) } else { Ok(()) }
        }
    }
}

/// The first claim becomes the binding, in the registrar's own log, and counts at once.
fn bind(desk: &mut Desk<'_>, frame: &ClaimFrame) -> Result<(), EngineError> {
    let binding = Binding {
        claim: frame.claim.clone(),
        by_device: frame.by_device,
        by_secret: frame.by_secret,
        roster_seen: desk.world.roster.position().map_or(0, |position| position.value),
    };
    let signing = &desk.world.party.identity.signing;
    let signed = Signed::make(&desk.world.party.org, signing, Kind::Binding, encoding::to_bytes(&binding));
    let (item, bytes) = Item::Binding(signed.as_signed().clone(), binding).encode();
    let entry = Entry::Roster { item, version: 1, bytes };
    let written = Written::plain(&entry).ok_or(EngineError::Cut)?;
    let slot = desk.world.pen.slot(&desk.overlay, &Feed::bindings())?;
    let group = desk.world.pen.save(slot, &written).map_err(|_| EngineError::Cut)?;
    desk.decide(group)?;
    desk.cut(&Feed::bindings())?;
    desk.refold()?;
    Ok(())
}

/// The claim won: from here on we are known, and say Hello.
pub(super) fn hear_bound(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    if !session.dialled || session.stage != Stage::Claiming {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    forget_claim(desk)?;
    desk.notice(Notice::Enrolled);
    session.stage = Stage::Silent;
    hello::greet(desk, session)
}

/// The peer refuses something of ours.
pub(super) fn hear_refused(
    desk: &mut Desk<'_>,
    session: &mut Session,
    refused: &Refused,
) -> Result<(), StoreError> {
    match (&refused.log, refused.reason) {
        (Some(name), _) => {
            if let Some(log) = receive::log_named(desk, session, name)? {
                session.unacknowledged.remove(&log);
                desk.notice(Notice::LogRefused { log, reason: refused.reason });
            }
        }
        (None, Refusal::STRANGER) if session.dialled && !session.shown => show(desk, session)?,
        (None, Refusal::STRANGER) if !session.dialled && session.answered_hello && !session.shown => {
            session.shown = true;
            session.answers += 1;
            session.expects_more = true;
            show_papers(desk, session)?;
        }
        (None, reason) => {
            desk.notice(Notice::Refused { reason });
            end(desk, session, CloseReason::NotAdmitted);
        }
    }
    Ok(())
}

/// To a peer that does not know us: what makes us known, and the whole roster we hold.
fn show(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    session.shown = true;
    show_papers(desk, session)?;
    desk.say(
        session.id,
        &Frame::Settled(crate::wire::Settled { segments: session.segments_sent, answered: session.answers }),
    );
    desk.say(session.id, &Frame::Shown);
    session.count_ask(true);
    Ok(())
}

/// What makes us known: genesis, our credential, the roster.
fn show_papers(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let mut papers: Vec<Signed> =
        alone_items(&desk.overlay)?.into_iter().filter(|item| item.kind == Kind::Genesis as u8).collect();
    papers.extend(desk.world.roster.items_of(&desk.world.party.key()));
    for item in papers {
        desk.say(session.id, &Frame::Item(item));
    }
    session.unnumbered = true;
    send::whole_roster(desk, session)?;
    session.unnumbered = false;
    Ok(())
}

/// We dialled somebody whom the roster held here does not name: it is asked to show itself, so that what it
/// sends can be taken.
pub(super) fn ask_who(desk: &mut Desk<'_>, session: &mut Session) {
    if session.told_stranger {
        return;
    }
    session.told_stranger = true;
    session.count_ask(true);
    session.expects_more = true;
    desk.say(session.id, &Frame::Refused(Refused { log: None, reason: Refusal::STRANGER }));
}

/// Tells the peer that a log's segments are not granted here, now.
pub(super) fn refuse_log(desk: &mut Desk<'_>, session: &Session, log: &LogId) {
    let name = session.name_of(log);
    desk.say(session.id, &Frame::Refused(Refused { log: Some(name), reason: Refusal::NOT_GRANTED }));
}
