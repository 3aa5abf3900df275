//! Receipts in a meeting: issued after work was taken, exchanged by what the peer was last known to hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding;
use crate::id::{DeviceKey, Feed};
use crate::identity::{Kind, Signed};
use crate::log::{HeldBack, Place, ReceiptBody, ReceiptLine, ReceiptName, receipts_digest};
use crate::store::held::{
    HeldReceipt, Memory, keep_receipt, lines_of, logs_in, memory_of, meta_of, receipt_of, receipts_in,
    remember,
};
use crate::store::{Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::port::{CloseReason, Notice, SessionId};
use crate::sync::session::{Session, Stage, Standing};
use crate::wire::Frame;

/// Digest over the receipts held of these feeds.
pub(super) fn digest_of(store: &dyn Store, feeds: &[Feed]) -> Result<[u8; 8], StoreError> {
    let mut names = Vec::new();
    for feed in feeds {
        names.extend(receipts_in(store, feed, None)?.iter().map(name));
    }
    Ok(receipts_digest(names))
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
            desk.say(session.id, &Frame::Receipt(receipt.signed.clone()));
        }
    }
    Ok(())
}

/// Receipts that the peer lacks, judged by its digest against what it was last known to hold; all of them
/// where that is not known.
pub(super) fn missing_for(
    desk: &mut Desk<'_>,
    session: &Session,
    theirs: &[u8; 8],
) -> Result<Vec<Signed>, StoreError> {
    let mut mine = Vec::new();
    for feed in &session.subscription {
        let own = session.standing == Standing::Closed || !session.feeds.contains(feed);
        let author = own.then_some(&session.peer);
        mine.extend(receipts_in(&desk.overlay, feed, author)?);
    }
    let names: Vec<ReceiptName> = mine.iter().map(name).collect();
    if receipts_digest(names.iter().cloned()) == *theirs {
        return Ok(Vec::new());
    }
    let memory = memory_of(&desk.overlay, &session.peer)?;
    let known = [&memory.receipts_sent, &memory.receipts]
        .into_iter()
        .find(|known| receipts_digest(known.iter().cloned()) == *theirs)
        .cloned();
    let holds: BTreeSet<&ReceiptName> = known.iter().flatten().collect();
    let missing: Vec<Signed> = mine
        .iter()
        .zip(&names)
        .filter(|(_, name)| !holds.contains(name))
        .map(|(held, _)| held.signed.clone())
        .collect();
    let after = joined(known.as_deref().unwrap_or_default(), names);
    let memory = Memory { receipts: known.unwrap_or_default(), receipts_sent: after, ..memory };
    desk.write(remember(&session.peer, &memory))?;
    Ok(missing)
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

/// The answerer's digest: it gets what it lacks, headquarters' receipts that only we carry above all.
pub(super) fn send_missing(
    desk: &mut Desk<'_>,
    session: &Session,
    theirs: &[u8; 8],
) -> Result<(), StoreError> {
    for receipt in missing_for(desk, session, theirs)? {
        desk.say(session.id, &Frame::Receipt(receipt));
    }
    Ok(())
}

/// A receipt that arrived. It counts if its issuer may say its place; one of our own comes back to a restored
/// issuer so that its next ordinal is higher.
pub(super) fn hear(desk: &mut Desk<'_>, session: &mut Session, signed: Signed) -> Result<(), StoreError> {
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
