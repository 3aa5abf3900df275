//! Receipts in a meeting: issued after work was taken, exchanged by what the peer was last known to hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding;
use crate::id::{DeviceKey, Feed};
use crate::identity::{Admission, Kind, Role, Signed};
use crate::log::{HeldBack, Place, ReceiptBody, ReceiptLine, ReceiptName, receipts_digest};
use crate::store::held::{
    CutPendingError, HeldReceipt, Memory, keep_receipt, lines_of, logs_in, memory_of, meta_of, receipt_of,
    receipts_in, remember,
};
use crate::store::{Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::port::{CloseReason, Notice, SessionId};
use crate::sync::session::{Session, Stage};
use crate::wire::Frame;

/// The receipts that this meeting is about: those of the feeds that the opener keeps. Where it may not have them all,
/// because it is closed or its scope moved away, those of its own work. Both sides know which.
fn in_question(desk: &Desk<'_>, session: &Session) -> Result<Vec<HeldReceipt>, StoreError> {
    let roster = &desk.world.roster;
    let opener = if session.dialled { desk.world.party.key() } else { session.peer };
    let is_closed = roster.admission(&opener) == Admission::Closed;
    let mut found = Vec::new();
    for feed in &session.subscription {
        let own = is_closed || !roster.subscribed_by_right(&opener, feed);
        found.extend(receipts_in(&desk.overlay, feed, own.then_some(&opener))?);
    }
    Ok(found)
}

/// Digest over the receipts that this meeting is about, as they are held here.
pub(super) fn digest_of(desk: &Desk<'_>, session: &Session) -> Result<[u8; 8], StoreError> {
    Ok(receipts_digest(in_question(desk, session)?.iter().map(name)))
}

fn name(held: &HeldReceipt) -> ReceiptName {
    held.body.name(held.signed.signer)
}

/// The lines of a receipt for everything held of one author in one feed. `held_back` gives the runs of a log
/// up to a position that are held and not merged.
///
/// # Errors
/// [`StoreError`].
pub fn lines_held(
    store: &dyn Store,
    feed: &Feed,
    device: &DeviceKey,
    held_back: &mut dyn FnMut(&crate::id::LogId, u64) -> Vec<HeldBack>,
) -> Result<Vec<ReceiptLine>, StoreError> {
    let mut lines = Vec::new();
    for (_, log) in logs_in(store, feed)?.into_iter().filter(|(author, _)| author == device) {
        for (n, tip) in lines_of(store, feed, &log)? {
            if let Some(row) = meta_of(store, &log, n, &tip)? {
                lines.push((log, n, row.head, held_back(&log, n).into_iter().collect()));
            }
        }
    }
    Ok(lines)
}

/// Signs and decides a receipt for one author in one feed, unless the newest says the same. Gives what to send.
pub(super) fn write(
    desk: &mut Desk<'_>,
    feed: &Feed,
    device: &DeviceKey,
    place: Place,
    lines: Vec<ReceiptLine>,
) -> Result<Option<Signed>, StoreError> {
    let me = desk.world.party.key();
    let old = receipt_of(&desk.overlay, feed, device, &me)?;
    let lines = lines.into_iter().collect();
    if old.as_ref().is_some_and(|old| old.body.lines == lines && old.body.place == place) {
        return Ok(None);
    }
    let body = ReceiptBody {
        place,
        feed: feed.clone(),
        device: *device,
        ordinal: old.map_or(1, |old| old.body.ordinal.saturating_add(1)),
        lines,
        cut: None,
        shown_time: desk.shown_time,
    };
    let signing = &desk.world.party.identity.signing;
    let receipt = Signed::make(&desk.world.party.org, signing, Kind::Receipt, encoding::to_bytes(&body));
    match keep_receipt(&desk.overlay, &receipt, &body)? {
        Some(group) => {
            desk.decide(group)?;
            Ok(Some(receipt.as_signed().clone()))
        }
        None => Ok(None),
    }
}

/// Receipts for everybody whose work was taken in this call, to those of them who are here. A colleague gives
/// them to authors in person only: what came by way of others is theirs to acknowledge.
pub(super) fn issue(
    desk: &mut Desk<'_>,
    sessions: &mut BTreeMap<SessionId, Session>,
) -> Result<(), StoreError> {
    let Some(place) = desk.world.party.receipts else { return Ok(()) };
    for (feed, device) in std::mem::take(&mut desk.authors) {
        let in_person = sessions.values().any(|session| session.peer == device);
        if place == Place::COLLEAGUE && (!in_person || feed.is_clear()) {
            continue;
        }
        let lines = lines_held(&desk.overlay, &feed, &device, &mut |_, _| Vec::new())?;
        write(desk, &feed, &device, place, lines)?;
        let Some(receipt) = receipt_of(&desk.overlay, &feed, &device, &desk.world.party.key())? else {
            continue;
        };
        let here =
            sessions.values_mut().filter(|session| session.peer == device && session.stage != Stage::Done);
        for session in here {
            session.receipts_crossed.push(name(&receipt));
            desk.say(session.id, &Frame::Receipt(receipt.signed.clone()));
        }
    }
    Ok(())
}

/// Receipts that the peer lacks. Its digest tells whether it holds what was last known of it, or that and what
/// was sent since. Where it tells neither, because the peer has receipts of its own, what was sent counts as
/// held if the peer's memory of us is whole; else all are sent.
fn missing_for(desk: &Desk<'_>, session: &Session, theirs: &[u8; 8]) -> Result<Missing, StoreError> {
    let mine = in_question(desk, session)?;
    let names: Vec<ReceiptName> = mine.iter().map(name).collect();
    let memory = memory_of(&desk.overlay, &session.peer)?;
    if receipts_digest(names.iter().cloned()) == *theirs {
        let memory = Memory { receipts: names.clone(), receipts_sent: names, puzzled: false, ..memory };
        return Ok(Missing { receipts: Vec::new(), memory, holds_theirs: true });
    }
    let is_theirs = |known: &&Vec<ReceiptName>| receipts_digest(known.iter().cloned()) == *theirs;
    let recognised = [&memory.receipts_sent, &memory.receipts].into_iter().find(is_theirs).cloned();
    let assumed = if session.remembers_us { memory.receipts_sent.clone() } else { Vec::new() };
    let known = recognised.clone().unwrap_or(assumed);
    let held: BTreeSet<&ReceiptName> = known.iter().collect();
    let lacking = |(_, name): &(&HeldReceipt, &ReceiptName)| !held.contains(name);
    let pick = |(receipt, _): (&HeldReceipt, &ReceiptName)| receipt.signed.clone();
    let mut receipts: Vec<Signed> = mine.iter().zip(&names).filter(lacking).map(pick).collect();
    // An opener that has nothing the answerer was not given is recognised, unless the answerer was set back. An
    // answerer that finds it so twice knows that something it sent did not arrive.
    let puzzled = receipts.is_empty() && recognised.is_none();
    if puzzled && (session.dialled || memory.puzzled) {
        receipts = mine.iter().map(|receipt| receipt.signed.clone()).collect();
    }
    let is_held = |theirs: &ReceiptName| {
        let same = |mine: &&ReceiptName| (mine.0, &mine.1, mine.2) == (theirs.0, &theirs.1, theirs.2);
        names.iter().find(same).is_some_and(|mine| mine.3 >= theirs.3)
    };
    let holds_theirs = recognised.iter().flatten().all(is_held) && recognised.is_some();
    let memory = Memory {
        receipts_sent: joined(&known, names),
        receipts: known,
        puzzled: puzzled && !memory.puzzled,
        ..memory
    };
    Ok(Missing { receipts, memory, holds_theirs })
}

/// What a peer lacks, what to remember of it, and whether all that it holds is held here.
struct Missing {
    receipts: Vec<Signed>,
    memory: Memory,
    holds_theirs: bool,
}

/// What the peer lacks, remembered as sent; and whether everything that it holds is held here.
pub(super) fn take_missing(
    desk: &mut Desk<'_>,
    session: &Session,
    theirs: &[u8; 8],
) -> Result<(Vec<Signed>, bool), StoreError> {
    let Missing { receipts, memory, holds_theirs } = missing_for(desk, session, theirs)?;
    if memory != memory_of(&desk.overlay, &session.peer)? {
        desk.write(remember(&session.peer, &memory))?;
    }
    Ok((receipts, holds_theirs))
}

/// What a peer will hold when these arrived: of each issuer, feed and author the newest.
fn joined(before: &[ReceiptName], sent: Vec<ReceiptName>) -> Vec<ReceiptName> {
    let mut all: BTreeMap<(DeviceKey, Feed, DeviceKey), ReceiptName> = BTreeMap::new();
    for name in before.iter().cloned().chain(sent) {
        let key = (name.0, name.1.clone(), name.2);
        let newer = all.get(&key).is_none_or(|held| held.3 <= name.3);
        if newer {
            all.insert(key, name);
        }
    }
    all.into_values().collect()
}

/// The answerer's digest: it gets what it lacks, headquarters' receipts that only we carry above all. An answerer
/// that holds all of ours says our own digest back.
pub(super) fn send_missing(
    desk: &mut Desk<'_>,
    session: &mut Session,
    theirs: &[u8; 8],
) -> Result<(), StoreError> {
    if digest_of(desk, session)? == *theirs {
        return Ok(());
    }
    let receipts = take_missing(desk, session, theirs)?.0;
    say(desk, session, receipts);
    Ok(())
}

/// Says receipts. A worker's is believed by those who know him: his papers go first.
pub(super) fn say(desk: &mut Desk<'_>, session: &mut Session, receipts: Vec<Signed>) {
    for receipt in receipts {
        let issuer = receipt.signer;
        let is_worker =
            !matches!(desk.world.roster.issuer_role(&issuer), Some(Role::RELAY | Role::HEADQUARTERS));
        if is_worker && issuer != session.peer && session.papers_sent.insert(issuer) {
            for item in desk.world.roster.items_of(&issuer) {
                desk.say(session.id, &Frame::Item(item));
            }
        }
        desk.say(session.id, &Frame::Receipt(receipt));
    }
}

/// An opener that was not recognised has now said what it holds: where that gives the digest of its Hello, it is
/// all it holds, and it gets exactly what it lacks.
pub(super) fn settle(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let Some(hello) =
        session.hello.as_ref().filter(|_| session.unrecognised && session.peer_settled.is_some())
    else {
        return Ok(());
    };
    let said = hello.receipts;
    session.unrecognised = false;
    let heard = std::mem::take(&mut session.receipts_heard);
    if receipts_digest(heard.iter().cloned()) != said {
        return Ok(());
    }
    note_crossed(desk, session)?;
    let memory = memory_of(&desk.overlay, &session.peer)?;
    let memory = Memory { receipts: heard.clone(), receipts_sent: heard, puzzled: false, ..memory };
    desk.write(remember(&session.peer, &memory))?;
    let receipts = take_missing(desk, session, &said)?.0;
    say(desk, session, receipts);
    Ok(())
}

/// Receipts that crossed since the last call: the peer holds them, or will when they arrive.
pub(super) fn note_crossed(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let crossed = std::mem::take(&mut session.receipts_crossed);
    if crossed.is_empty() {
        return Ok(());
    }
    let memory = memory_of(&desk.overlay, &session.peer)?;
    let receipts_sent = joined(&memory.receipts_sent, crossed);
    if receipts_sent != memory.receipts_sent {
        desk.write(remember(&session.peer, &Memory { receipts_sent, ..memory }))?;
    }
    Ok(())
}

/// A receipt that arrived. It counts if its issuer may say its place; one of our own comes back to a restored
/// issuer so that its next ordinal is higher.
pub(super) fn hear(
    desk: &mut Desk<'_>,
    session: &mut Session,
    signed: Signed,
) -> Result<(), CutPendingError> {
    let Ok(receipt) = signed.verify(&desk.org()) else {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    };
    let body: Result<ReceiptBody, _> = receipt.read();
    let Ok(body) = body else {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    };
    let issuer = receipt.signer();
    if desk.roster_touched {
        // What entitles the issuer may have come just before, in the same call.
        desk.refold()?;
    }
    let believed = receipt.kind() == Kind::Receipt
        && body.is_sound()
        && body.place.may_be_said_by(desk.world.roster.issuer_role(&issuer));
    if !believed {
        return Ok(());
    }
    session.receipts_crossed.push(body.name(issuer));
    session.receipts_heard.push(body.name(issuer));
    if let Some(group) = keep_receipt(&desk.overlay, &receipt, &body)? {
        desk.decide(group)?;
        let me = desk.world.party.key();
        if body.device == me {
            desk.notice(Notice::ReceiptArrived);
        }
        if issuer == me {
            desk.authors.insert((body.feed, body.device));
        }
    }
    Ok(())
}
