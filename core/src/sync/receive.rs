//! Taking segments in, staging what cannot be taken yet, and asking for what is missing.

use std::collections::BTreeSet;

use crate::id::{DeviceKey, Feed, LogId, SegmentId};
use crate::limits;
use crate::log::{Descriptor, Segment};
use crate::planted::Fault;
use crate::store::held::{
    Acceptance, above, accept, descriptor, end_log, ends_ladder, log_by_short_name, logs_in, meta_of,
    own_logs, relist, resolve_ends, segments_ending_at,
};
use crate::store::{Group, Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::{end, is_heard};
use crate::sync::hello::listed_ends;
use crate::sync::port::{CloseReason, Notice};
use crate::sync::session::{Session, Staged, Standing, peer_ends, short_name};
use crate::sync::{send, stranger};
use crate::wire::{BackRef, Ends, Frame, LogEnds, LogRef, SegmentHeader, ShortEnd, short_end};

/// The log behind a name that the peer used; `None` where it is not known here (yet).
pub(super) fn log_named(
    desk: &Desk<'_>,
    session: &Session,
    name: &LogRef,
) -> Result<Option<LogId>, StoreError> {
    match name {
        LogRef::Index(index) => Ok(session.theirs.log(*index)),
        LogRef::Short(short) => {
            let spelled = session.descriptors.keys().find(|log| log.0[..8] == *short);
            match spelled {
                Some(log) => Ok(Some(*log)),
                None => log_by_short_name(&desk.overlay, short),
            }
        }
    }
}

/// A log that the peer spells: it takes the peer's next number.
pub(super) fn hear_log(
    desk: &mut Desk<'_>,
    session: &mut Session,
    spelled: Descriptor,
) -> Result<(), StoreError> {
    if session.descriptors.len() >= limits::SPELLED_LOGS_PER_SESSION_MAX {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    let log = spelled.log_id(&desk.org());
    session.theirs.spell(log);
    session.descriptors.insert(log, spelled);
    // A line of the Hello that could not be placed before.
    let short = short_name(&log);
    if let Some(place) = session.unknown_logs.iter().position(|line| line.log == short) {
        let line = session.unknown_logs.swap_remove(place);
        let ids = resolve_ends(&desk.overlay, &log, &line.ends)?;
        session.peer_ends.insert(log, peer_ends(&line.ends, ids));
    }
    retry_staged(desk, session)
}

/// One whole stream: a segment's header and sealed bytes.
pub(super) fn segment(desk: &mut Desk<'_>, session: &mut Session, bytes: Vec<u8>) -> Result<(), StoreError> {
    session.segments_received += 1;
    if place(desk, session, bytes)? {
        retry_staged(desk, session)?;
    }
    Ok(())
}

/// What became of a stream.
enum Placed {
    /// Held, now or before.
    Held,
    /// Its log or ground is not here yet.
    Early(Option<LogId>),
    /// Its author is not granted by the roster held here.
    Ungranted(LogId),
    /// It can never be taken: its sender should not have sent it.
    Wrong,
}

fn place(desk: &mut Desk<'_>, session: &mut Session, bytes: Vec<u8>) -> Result<bool, StoreError> {
    match judge(desk, session, &bytes)? {
        Placed::Held => Ok(true),
        Placed::Early(log) => {
            stage(session, log, bytes);
            Ok(false)
        }
        Placed::Ungranted(log) => {
            session.ungranted.push((log, bytes));
            make_room(session);
            Ok(false)
        }
        Placed::Wrong => {
            end(desk, session, CloseReason::Misbehaved);
            Ok(false)
        }
    }
}

fn stage(session: &mut Session, log: Option<LogId>, bytes: Vec<u8>) {
    session.staged.push(Staged { log, bytes });
    make_room(session);
}

/// The oldest goes first; whoever sent it sends it again at another meeting.
fn make_room(session: &mut Session) {
    let mut bytes = session.staged_bytes();
    while bytes > limits::STAGED_BYTES_PER_SESSION_MAX {
        let dropped = if session.staged.is_empty() {
            let (log, dropped) = session.ungranted.remove(0);
            session.refused_logs.insert(log);
            dropped
        } else {
            session.staged.remove(0).bytes
        };
        bytes -= dropped.len();
    }
}

fn judge(desk: &mut Desk<'_>, session: &mut Session, bytes: &[u8]) -> Result<Placed, StoreError> {
    let Ok((header, sealed)) = SegmentHeader::take(bytes) else { return Ok(Placed::Wrong) };
    let Some(log) = log_named(desk, session, &header.log)? else { return Ok(Placed::Early(None)) };
    let known = descriptor(&desk.overlay, &log)?;
    let Some(owner) = known.or_else(|| session.descriptors.get(&log).cloned()) else {
        return Ok(Placed::Early(Some(log)));
    };
    if !may_bring(desk, session, &owner) {
        return Ok(Placed::Ungranted(log));
    }
    let candidates = match header.back {
        BackRef::Whole(back) => vec![back],
        BackRef::Elided if header.first == 1 => vec![SegmentId::ZERO],
        BackRef::Elided => {
            let Some(before) = header.first.checked_sub(1) else { return Ok(Placed::Wrong) };
            segments_ending_at(&desk.overlay, &log, before)?.into_iter().map(|(id, _)| id).collect()
        }
    };
    let certain = header.first == 1 || matches!(header.back, BackRef::Whole(_));
    let checked = candidates.into_iter().find_map(|back| {
        let signed = header.restore(log, owner.device, back, sealed);
        Segment::check(&desk.org(), signed, sealed.to_vec()).ok()
    });
    match checked {
        Some(segment) => take(desk, session, &segment, &owner),
        // It may go on from a branch that is not held here; a name that was certain admits no such excuse.
        None if !certain => Ok(Placed::Early(Some(log))),
        None => Ok(Placed::Wrong),
    }
}

/// Whom we take which logs from. Readers judge authors; this judges the one who brings them.
fn may_bring(desk: &Desk<'_>, session: &Session, owner: &Descriptor) -> bool {
    let kept = || desk.world.party.subscription(&desk.world.roster).contains(&owner.feed);
    match session.standing {
        Standing::Stranger => owner.feed == Feed::roster(),
        Standing::Closed => owner.device == session.peer && kept(),
        Standing::Admitted => kept(),
    }
}

fn take(
    desk: &mut Desk<'_>,
    session: &mut Session,
    segment: &Segment,
    owner: &Descriptor,
) -> Result<Placed, StoreError> {
    let named = desk.named(&owner.feed);
    let roster = &desk.world.roster;
    let may_write = |device: &DeviceKey, feed: &Feed| roster.may_write(device, feed);
    let log = segment.body().log;
    match accept(&desk.overlay, segment, Some(owner), &named, &may_write)? {
        Acceptance::Accepted { group, feed, fork } => {
            desk.decide(group)?;
            desk.roster_touched |= feed.is_clear();
            desk.authors.insert((feed.clone(), owner.device));
            desk.held.insert(feed);
            note_foreign_branch(desk, owner, &log, fork)?;
        }
        Acceptance::Present => {
            desk.authors.insert((owner.feed.clone(), owner.device));
        }
        Acceptance::UnknownLog | Acceptance::Gap => return Ok(Placed::Early(Some(log))),
        Acceptance::NotGranted => return Ok(Placed::Ungranted(log)),
        Acceptance::Forbidden => return Ok(Placed::Wrong),
    }
    session.crossed.insert(segment.id());
    session.taken.entry(log).or_default().insert((segment.body().last(), segment.id()));
    Ok(Placed::Held)
}

/// A segment of our own log that we never cut: somebody else writes in it. A fork of anybody's log is told.
fn note_foreign_branch(
    desk: &mut Desk<'_>,
    owner: &Descriptor,
    log: &LogId,
    fork: bool,
) -> Result<(), StoreError> {
    let own = owner.device == desk.world.party.key();
    if Fault::ForkIgnored.is_on() {
        return Ok(());
    }
    let mut ours = false;
    if own && own_logs(&desk.overlay, &owner.feed)?.iter().any(|own| own.log == *log) {
        ours = true;
        if let Some(group) = end_log(&desk.overlay, &owner.feed, log)? {
            desk.decide(group)?;
        }
    }
    if fork || ours {
        desk.notice(Notice::Fork { device: owner.device, own });
    }
    Ok(())
}

/// Something arrived that others may have waited for: try them again until nothing moves.
pub(super) fn retry_staged(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    if Fault::RetryNeverFires.is_on() {
        return Ok(());
    }
    loop {
        let waiting = std::mem::take(&mut session.staged);
        let before = waiting.len();
        for staged in waiting {
            place(desk, session, staged.bytes)?;
        }
        if session.staged.is_empty() || session.staged.len() == before {
            return Ok(());
        }
    }
}

/// The roster changed: what it did not grant before may be granted now.
pub(super) fn retry_ungranted(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let waiting = std::mem::take(&mut session.ungranted);
    let mut moved = false;
    for (_, bytes) in waiting {
        moved |= place(desk, session, bytes)?;
    }
    if moved { retry_staged(desk, session) } else { Ok(()) }
}

/// The opener numbers logs anew, from `first`: what waits under old numbers comes again.
pub(super) fn drop_numbered(session: &mut Session, first: u32) {
    session.staged.retain(|staged| match SegmentHeader::take(&staged.bytes) {
        Ok((SegmentHeader { log: LogRef::Index(number), .. }, _)) => number >= first,
        Ok(_) => true,
        Err(_) => false,
    });
}

/// The ends that say all of `taken` is durable: the log's lines, and the highest that were taken, since whoever
/// sent them may not hold a line above them.
pub(super) fn durable_ends(
    store: &dyn Store,
    log: &LogId,
    mut taken: BTreeSet<(u64, SegmentId)>,
) -> Result<Vec<ShortEnd>, StoreError> {
    let mut ends: Vec<(u64, SegmentId)> = listed_ends(store, log)?;
    while let Some(highest) = taken.pop_last() {
        forget_covered(store, log, &[highest], &mut taken)?;
        if !ends.contains(&highest) {
            ends.push(highest);
        }
    }
    Ok(ends.iter().map(|(n, id)| short_end(*n, id)).collect())
}

/// Takes out of `segments` those that are at or below an end.
fn forget_covered(
    store: &dyn Store,
    log: &LogId,
    ends: &[(u64, SegmentId)],
    segments: &mut BTreeSet<(u64, SegmentId)>,
) -> Result<(), StoreError> {
    for end in ends {
        let (mut n, mut id) = *end;
        while let Some((lowest, _)) = segments.first().filter(|(lowest, _)| *lowest <= n) {
            let lowest = *lowest;
            segments.remove(&(n, id));
            if n <= lowest {
                break;
            }
            let Some(row) = meta_of(store, log, n, &id)? else { break };
            (n, id) = (row.first - 1, row.back);
        }
    }
    Ok(())
}

/// Asks for what goes on from what we hold of a log: our lines, and a ladder of ends below them.
pub(super) fn ask(desk: &mut Desk<'_>, session: &mut Session, log: &LogId) -> Result<(), StoreError> {
    let times = session.asked.entry(*log).or_default();
    if *times >= limits::ASKS_PER_LOG_MAX {
        return Ok(());
    }
    *times += 1;
    let tips = listed_ends(&desk.overlay, log)?;
    let ladder = ends_ladder(&desk.overlay, log, &tips)?;
    let ends = ladder.iter().map(|(n, tip)| short_end(*n, tip)).collect();
    let known = descriptor(&desk.overlay, log)?;
    let owner = known.as_ref().or_else(|| session.descriptors.get(log));
    session.count_ask(owner.is_none_or(|owner| owner.feed.is_clear()));
    desk.say(session.id, &Frame::Ends(Ends { held: LogEnds { log: session.name_of(log), ends } }));
    Ok(())
}

/// Asks for a log that is not known here at all, by the name the peer gave it.
pub(super) fn ask_unknown(desk: &mut Desk<'_>, session: &mut Session, line: &LogEnds) {
    if line.ends.is_empty() || !matches!(line.log, LogRef::Short(_)) {
        return;
    }
    session.count_ask(true);
    desk.say(session.id, &Frame::Ends(Ends { held: LogEnds { log: line.log, ends: Vec::new() } }));
}

/// Once everything the peer announced has come: what still waits for its ground is asked for, and, when all that was
/// asked for of the roster has come, what that does not grant is refused, which speaks of now only.
pub(super) fn settle_staged(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let all_came = session.peer_settled.is_some_and(|(sent, _)| session.segments_received >= sent);
    let begun = session.dialled || session.answered_hello;
    if !all_came || !begun || session.standing == Standing::Stranger {
        return Ok(());
    }
    let gaps: BTreeSet<LogId> = session.staged.iter().filter_map(|staged| staged.log).collect();
    for log in gaps {
        ask(desk, session, &log)?;
    }
    for line in std::mem::take(&mut session.unknown_logs) {
        ask_unknown(desk, session, &line);
    }
    if session.has_heard_the_roster() {
        session.refused_logs.extend(session.ungranted.iter().map(|(log, _)| *log));
        session.ungranted.clear();
    }
    Ok(())
}

/// Whether segments wait for a ground that was asked for as often as may be, and all answers have come.
pub(super) fn waits_in_vain(session: &Session) -> bool {
    let asked_out = |log| session.asked.get(&log).is_some_and(|times| *times >= limits::ASKS_PER_LOG_MAX);
    session.is_complete() && session.staged.iter().filter_map(|staged| staged.log).any(asked_out)
}

/// The peer says what it holds of a log: it gets what goes on from there, and is asked where it has more.
pub(super) fn hear_ends(
    desk: &mut Desk<'_>,
    session: &mut Session,
    held: &LogEnds,
) -> Result<(), StoreError> {
    if !is_heard(session) {
        // Answered once it is known who asks, or that nobody will know.
        if session.dialled && session.deferred.len() < limits::ENDS_DEFERRED_MAX {
            session.deferred.push(held.clone());
            stranger::ask_who(desk, session);
        }
        return Ok(());
    }
    answer_ends(desk, session, held)
}

/// Who was asked who it is, has shown all it has, and is not known here all the same waits for answers to what it asked.
/// It is given the roster, as whoever does not know us is: a relay that was set back may learn from it who we are.
pub(super) fn answer_stranger(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    for held in std::mem::take(&mut session.deferred) {
        answer_ends(desk, session, &held)?;
    }
    Ok(())
}

fn answer_ends(desk: &mut Desk<'_>, session: &mut Session, held: &LogEnds) -> Result<(), StoreError> {
    session.answers += 1;
    session.expects_more = session.expects_more || !session.dialled;
    let Some(log) = log_named(desk, session, &held.log)? else { return Ok(()) };
    let Some(owner) = descriptor(&desk.overlay, &log)? else { return Ok(()) };
    let is_given = is_heard(session) || owner.feed == Feed::roster();
    if !is_given || !session.feeds.contains(&owner.feed) {
        return Ok(());
    }
    let ids = resolve_ends(&desk.overlay, &log, &held.ends)?;
    let ground: Vec<(u64, SegmentId)> =
        held.ends.iter().zip(&ids).filter_map(|((n, _), id)| id.map(|id| (*n, id))).collect();
    let foreign = ids.iter().any(Option::is_none);
    session.peer_ends.insert(log, peer_ends(&held.ends, ids));
    let tips = listed_ends(&desk.overlay, &log)?;
    let rows = above(&desk.overlay, &log, &tips, &ground)?;
    send::segments(desk, session, &log, &rows)?;
    if foreign { ask(desk, session, &log) } else { Ok(()) }
}

/// The peer's durable lines after it took something: what they cover is delivered.
pub(super) fn hear_taken(
    desk: &Desk<'_>,
    session: &mut Session,
    lines: &[LogEnds],
) -> Result<(), StoreError> {
    for line in lines {
        let Some(log) = log_named(desk, session, &line.log)? else { continue };
        let Some(sent) = session.unacknowledged.get_mut(&log) else { continue };
        let ids = resolve_ends(&desk.overlay, &log, &line.ends)?;
        let ends = line.ends.iter().zip(ids);
        let ends: Vec<(u64, SegmentId)> = ends.filter_map(|((n, _), id)| id.map(|id| (*n, id))).collect();
        let before = sent.len();
        forget_covered(&desk.overlay, &log, &ends, sent)?;
        session.delivered += (before - sent.len()) as u64;
    }
    Ok(())
}

/// The roster names other logs or limits than before: every feed is listed anew.
pub(super) fn relist_all(desk: &mut Desk<'_>) -> Result<(), StoreError> {
    for feed in desk.world.party.subscription(&desk.world.roster) {
        if feed.is_clear() {
            continue;
        }
        let named = desk.named(&feed);
        let devices: BTreeSet<DeviceKey> =
            logs_in(&desk.overlay, &feed)?.into_iter().map(|(device, _)| device).collect();
        for device in devices {
            let ops = relist(&desk.overlay, &feed, &device, &named)?;
            desk.decide(Group { expect: vec![], ops })?;
        }
    }
    Ok(())
}
