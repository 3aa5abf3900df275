//! Sending segments: which, in what order, and how briefly their logs are named.

use crate::id::{Feed, LogId, SegmentId};
use crate::limits;
use crate::log::{Descriptor, Segment, Vector};
use crate::planted::Fault;
use crate::store::held::{
    self, SegmentRow, above, descriptor, logs_in, receipt_of, segment_bytes, segments_ending_at,
};
use crate::store::{Damage, StoreError};
use crate::sync::desk::Desk;
use crate::sync::hello::listed_ends;
use crate::sync::port::Output;
use crate::sync::session::{Session, short_name};
use crate::wire::{BackRef, Frame, LogFrame, LogRef, SegmentHeader};

const PRIORITY_ROSTER: i32 = 100;
const PRIORITY_OWN: i32 = 50;
const PRIORITY_OTHERS: i32 = 10;

/// Our own new segments, right behind the Hello: what neither the base nor the peer's receipts cover. The rest
/// waits for the answer, so that a peer which has it already costs no more than this.
pub(super) fn early(
    desk: &mut Desk<'_>,
    session: &mut Session,
    base: Option<&Vector>,
) -> Result<(), StoreError> {
    let me = desk.world.party.key();
    let mut room = limits::EARLY_SEGMENTS_MAX;
    for feed in session.feeds.clone() {
        let receipt = receipt_of(&desk.overlay, &feed, &me, &session.peer)?;
        if receipt.is_none() && base.is_none() {
            continue;
        }
        for (_, log) in logs_in(&desk.overlay, &feed)?.into_iter().filter(|(device, _)| *device == me) {
            let based = base.map_or(&[][..], |base| base.lines(&feed)).iter();
            let mut ground: Vec<(u64, SegmentId)> =
                based.filter(|(line, ..)| *line == log).map(|(_, n, tip)| (*n, *tip)).collect();
            let lines = receipt.iter().flat_map(|receipt| &receipt.body.lines);
            for (_, n, head, _) in lines.filter(|(line, ..)| *line == log) {
                let held = segments_ending_at(&desk.overlay, &log, *n)?;
                ground.extend(held.into_iter().filter(|(_, row)| row.head == *head).map(|(id, _)| (*n, id)));
            }
            let tips = listed_ends(&desk.overlay, &log)?;
            let new = above(&desk.overlay, &log, &tips, &ground)?;
            let count = new.len().min(room);
            room -= count;
            segments(desk, session, &log, &new[..count])?;
        }
    }
    Ok(())
}

/// A log with what the peer lacks of it: our ends, and the ends it holds already.
pub(super) type Missing = (LogId, Vec<(u64, SegmentId)>, Vec<(u64, SegmentId)>);

/// Sends what is above the peer's ground in each log; the roster first, since rights come with it.
pub(super) fn logs(
    desk: &mut Desk<'_>,
    session: &mut Session,
    missing: Vec<Missing>,
) -> Result<(), StoreError> {
    let mut ordered = Vec::with_capacity(missing.len());
    for (log, tips, ground) in missing {
        let Some(owner) = descriptor(&desk.overlay, &log)? else { continue };
        if session.feeds.contains(&owner.feed) {
            ordered.push((!owner.feed.is_clear(), log, tips, ground));
        }
    }
    ordered.sort();
    for (_, log, tips, ground) in ordered {
        let new = above(&desk.overlay, &log, &tips, &ground)?;
        segments(desk, session, &log, &new)?;
    }
    Ok(())
}

/// Sends these segments of one log, in order, each once per connection.
pub(super) fn segments(
    desk: &mut Desk<'_>,
    session: &mut Session,
    log: &LogId,
    rows: &[(SegmentId, SegmentRow)],
) -> Result<(), StoreError> {
    let Some(owner) = descriptor(&desk.overlay, log)? else { return Ok(()) };
    for (id, row) in rows {
        let me = desk.world.party.key();
        if session.crossed.contains(id)
            || Fault::BaseAdvancedByWhatWasSent.has_met(&[&me.0, &session.peer.0, &id.0])
        {
            continue;
        }
        let damaged = StoreError::Damaged(Damage::Content);
        let bytes = segment_bytes(&desk.overlay, id)?.ok_or(damaged)?;
        let segment = Segment::of_store(&bytes).map_err(|_| damaged)?;
        let name = named(desk, session, log, &owner);
        let back = back_ref(desk, log, row)?;
        let mut stream = SegmentHeader::of(&segment, name, back).to_bytes();
        stream.extend_from_slice(segment.sealed());
        let priority = match &owner {
            owner if owner.feed.is_clear() => PRIORITY_ROSTER,
            owner if owner.device == desk.world.party.key() => PRIORITY_OWN,
            _ => PRIORITY_OTHERS,
        };
        desk.out.push(Output::Segment { session: session.id, bytes: stream, priority });
        session.crossed.insert(*id);
        session.segments_sent += 1;
        if session.dialled {
            session.unacknowledged.entry(*log).or_default().insert((row.last(), *id));
        }
    }
    Ok(())
}

/// The segment it goes on from need not be named where only one is held that ends there.
fn back_ref(desk: &Desk<'_>, log: &LogId, row: &SegmentRow) -> Result<BackRef, StoreError> {
    if row.first == 1 {
        return Ok(BackRef::Elided);
    }
    let alone = segments_ending_at(&desk.overlay, log, row.first - 1)?.len() == 1;
    // With the fault every segment names its ground: one that does not cannot be checked before it is there.
    let elided = alone && !Fault::SegmentGapAccepted.is_on();
    Ok(if elided { BackRef::Elided } else { BackRef::Whole(row.back) })
}

/// A name the peer can resolve: a number, the short id of a log it spoke of, or else the log is spelled, with
/// its device's credential.
fn named(desk: &mut Desk<'_>, session: &mut Session, log: &LogId, owner: &Descriptor) -> LogRef {
    if session.unnumbered {
        if !session.mine.has_spelled(log) {
            desk.say(session.id, &Frame::Log(LogFrame { descriptor: owner.clone() }));
            session.mine.spell(*log);
        }
        return short_name(log);
    }
    if let Some(index) = session.mine.index_of(log) {
        return index;
    }
    if session.peer_ends.get(log).is_some_and(|ends| !ends.is_empty()) {
        return session.name_of(log);
    }
    if !owner.feed.is_clear() && session.papers_sent.insert(owner.device) {
        for item in desk.world.roster.items_of(&owner.device) {
            desk.say(session.id, &Frame::Item(item));
        }
    }
    desk.say(session.id, &Frame::Log(LogFrame { descriptor: owner.clone() }));
    session.mine.spell(*log);
    session.name_of(log)
}

/// After the peer said that it does not know the base: what was sent under its numbers goes again.
pub(super) fn forget_unplaced(session: &mut Session) {
    for (_, sent) in std::mem::take(&mut session.unacknowledged) {
        for (_, id) in sent {
            session.crossed.remove(&id);
        }
    }
}

/// Everything held of the roster, for a peer that may know nothing of it yet.
pub(super) fn whole_roster(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let feed = Feed::roster();
    for (log, n, tip) in held::vector_of(&desk.overlay, [&feed])?.lines(&feed).to_vec() {
        let rows = above(&desk.overlay, &log, &[(n, tip)], &[])?;
        segments(desk, session, &log, &rows)?;
    }
    Ok(())
}
