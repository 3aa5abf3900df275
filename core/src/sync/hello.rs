//! The ordinary case: one flight each way. Who holds what, by base and changes; what is missing, right behind.

use std::collections::BTreeMap;

use crate::id::{Digest, Feed, LogId, SegmentId};
use crate::log::{Line, Vector, base_id, subscription_hash};
use crate::store::held::{self, Side, bases, descriptor, keep_base, memory_of, resolve_ends, vector_of};
use crate::store::{Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::port::CloseReason;
use crate::sync::session::{Numbering, PeerEnd, Session, Stage, Standing, peer_ends};
use crate::sync::{grants, receipts, receive, send, stranger, vectors};
use crate::wire::{self, Frame, Hello, HelloAck, LogEnds, NeedVectors, ShortEnd, short_end};
use crate::{encoding, limits};

/// Our first words after dialling: the claim where one is due, else the Hello.
pub(super) fn open(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    if let Some(claim) = stranger::due_claim(desk, session) {
        // A claim is never said in bytes that somebody could say again.
        if session.confirmed {
            session.stage = Stage::Claiming;
            desk.say(session.id, &Frame::Claim(claim));
        }
        return Ok(());
    }
    greet(desk, session)
}

/// The Hello, and our own new segments right behind it.
pub(super) fn greet(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let feeds = desk.world.party.subscription(&desk.world.roster);
    session.subscription.clone_from(&feeds);
    let said = vector_of(&desk.overlay, &feeds)?;
    // A second greeting in one meeting starts from nothing: the numbers of the first stay as they are.
    let base = if session.stage == Stage::Answered {
        None
    } else {
        bases(&desk.overlay, &session.peer, Side::Said)?.into_iter().next()
    };
    if let Some(base) = &base {
        session.mine = Numbering::of_base(base.vector.ranked_logs());
        session.theirs = session.mine.clone();
    }
    let empty = Vector::default();
    let changes = changed_lines(session, base.as_ref().map_or(&empty, |base| &base.vector), &said);
    let most = if base.is_some() { limits::HELLO_CHANGES_BYTES_MAX } else { limits::HELLO_VECTOR_BYTES_MAX };
    let whole = encoding::to_bytes(&changes).len() <= most;
    let hello = Hello {
        versions: (wire::VERSION, wire::VERSION),
        subscription: subscription_hash(feeds.iter().cloned()),
        base: base.as_ref().map_or([0; 8], |base| base.id),
        changes: if whole { changes } else { Vec::new() },
        whole,
        digest: said.digest(),
        roster: held::roster_position(&desk.overlay, &desk.world.roster)?,
        receipts: receipts::digest_of(desk, session)?,
    };
    session.feeds = feeds;
    session.said = said;
    session.stage = Stage::Greeted;
    session.named_base = base.is_some();
    session.remembers_us = base.is_some();
    session.base_kept = false;
    // The answerer forgets with a Hello what we said had been sent: this round says it anew.
    session.settled = None;
    session.peer_settled = None;
    session.expects_more = true;
    desk.say(session.id, &Frame::Hello(hello));
    send::early(desk, session, base.as_ref().map(|base| &base.vector))
}

/// Per log, the lines that are others than in the base.
pub(super) fn changed_lines(session: &Session, base: &Vector, said: &Vector) -> Vec<LogEnds> {
    let (old, new) = (by_log(base), by_log(said));
    let mut changes = Vec::new();
    for (log, ends) in &new {
        if old.get(log) != Some(ends) {
            let ends = ends.iter().map(|(n, tip)| short_end(*n, tip)).collect();
            changes.push(LogEnds { log: session.name_of(log), ends });
        }
    }
    for log in old.keys().filter(|log| !new.contains_key(log)) {
        changes.push(LogEnds { log: session.name_of(log), ends: Vec::new() });
    }
    changes
}

pub(super) fn by_log(vector: &Vector) -> BTreeMap<LogId, Vec<(u64, SegmentId)>> {
    let mut logs: BTreeMap<LogId, Vec<(u64, SegmentId)>> = BTreeMap::new();
    for (log, n, tip) in vector.iter().flat_map(|(_, lines)| lines) {
        logs.entry(*log).or_default().push((*n, *tip));
    }
    logs
}

/// The opener's Hello.
pub(super) fn hear_hello(desk: &mut Desk<'_>, session: &mut Session, hello: Hello) -> Result<(), StoreError> {
    if session.dialled {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    if hello.versions.0 > wire::VERSION || hello.versions.1 < wire::VERSION {
        end(desk, session, CloseReason::Version);
        return Ok(());
    }
    session.answered_hello = false;
    session.base_kept = false;
    session.renumbered = false;
    session.remembers_us = false;
    if hello.base != [0; 8] {
        session.theirs = Numbering::blind();
    }
    session.all_differ = false;
    session.differing.clear();
    session.peer_ends.clear();
    session.unknown_logs.clear();
    session.hello = Some(hello);
    session.peer_settled = None;
    consider_hello(desk, session)?;
    // Streams may have overtaken the Hello that gives their numbers a meaning.
    receive::retry_staged(desk, session)
}

/// Goes on with a Hello that was heard, as soon as its sender is known.
pub(super) fn consider_hello(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let Some(hello) = session.hello.clone() else { return Ok(()) };
    if session.answered_hello {
        return Ok(());
    }
    if session.standing == Standing::Stranger {
        stranger::tell_stranger(desk, session);
        return Ok(());
    }
    let memory = memory_of(&desk.overlay, &session.peer)?;
    let known = subscription_hash(memory.subscription.iter().cloned()) == hello.subscription;
    let roster_only = subscription_hash([Feed::roster()]) == hello.subscription;
    if !known && !roster_only {
        session.theirs = Numbering::blind();
        desk.say(session.id, &Frame::NeedVectors(NeedVectors { digests: None }));
        return Ok(());
    }
    subscribe(desk, session, if known { memory.subscription } else { vec![Feed::roster()] });
    let base = match hello.base {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Vector::default()),
        id => {
            let held = bases(&desk.overlay, &session.peer, Side::Heard)?;
            held.into_iter().find(|base| base.id == id).map(|base| base.vector)
        }
    };
    match base {
        Some(base) if hello.whole => {
            if hello.base != [0; 8] {
                session.remembers_us = true;
                session.mine = Numbering::of_base(base.ranked_logs());
                session.theirs = session.mine.and_spelled(&session.theirs);
            }
            session.peer_ends.clear();
            session.unknown_logs.clear();
            for (log, ends) in by_log(&base) {
                let ends = ends.iter().map(|(n, tip)| PeerEnd {
                    n: *n,
                    short: short_end(*n, tip).1,
                    id: Some(*tip),
                });
                session.peer_ends.insert(log, ends.collect());
            }
            note_lines(desk, session, &hello.changes)?;
            answer(desk, session)
        }
        _ => vectors::ask(desk, session),
    }
}

pub(super) fn subscribe(desk: &Desk<'_>, session: &mut Session, subscription: Vec<Feed>) {
    let roster = &desk.world.roster;
    let given = |feed: &&Feed| match session.standing {
        Standing::Admitted => roster.subscribed_by_right(&session.peer, feed),
        Standing::Closed => **feed == Feed::roster(),
        Standing::Stranger => false,
    };
    session.feeds = subscription.iter().filter(given).cloned().collect();
    session.subscription = subscription;
}

/// Notes what the peer said it holds of some logs.
pub(super) fn note_lines(
    desk: &Desk<'_>,
    session: &mut Session,
    lines: &[LogEnds],
) -> Result<(), StoreError> {
    for line in lines {
        match receive::log_named(desk, session, &line.log)? {
            Some(log) => {
                let ids = resolve_ends(&desk.overlay, &log, &line.ends)?;
                session.peer_ends.insert(log, peer_ends(&line.ends, ids));
            }
            None => session.unknown_logs.push(line.clone()),
        }
    }
    Ok(())
}

/// The answer to a Hello whose vector is known as far as it can be: what is missing goes right behind it.
pub(super) fn answer(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let Some(hello) = session.hello.clone() else { return Ok(()) };
    session.answered_hello = true;
    session.settled = None;
    let mine = vector_of(&desk.overlay, &session.feeds)?;
    let digest = mine.digest();
    let equal = digest == hello.digest;
    let (mut tips, mut asks, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    if !equal {
        for (log, ends) in by_log(&mine) {
            compare(desk, session, log, &ends, &mut tips, &mut asks, &mut missing)?;
        }
        own_logs_unknown_here(desk, session, &mine, &mut tips, &mut asks)?;
    }
    let (receipts, holds_theirs) = receipts::take_missing(desk, session, &hello.receipts)?;
    let receipts_digest = if holds_theirs { hello.receipts } else { receipts::digest_of(desk, session)? };
    session.unrecognised = receipts_digest != hello.receipts;
    session.receipts_heard.clear();
    let base_kept = rebuild(desk, session, &hello.digest)?;
    let unknown = !equal && !session.unknown_logs.is_empty();
    // What the opener asked before counts on a word that ends this, too.
    let asked = session.answers > 0;
    let more = !missing.is_empty()
        || !asks.is_empty()
        || !receipts.is_empty()
        || unknown
        || asked
        || session.unrecognised;
    session.expects_more = more;
    // Before the answer, which may be the last word that the opener waits for.
    grants::ask(desk, session)?;
    desk.say(
        session.id,
        &Frame::HelloAck(HelloAck {
            version: wire::VERSION,
            digest,
            receipts: receipts_digest,
            tips,
            base_kept,
            more,
        }),
    );
    send::logs(desk, session, missing)?;
    receipts::say(desk, session, receipts);
    for log in asks {
        receive::ask(desk, session, &log)?;
    }
    Ok(())
}

/// One log that we hold, against what the peer said of it.
fn compare(
    desk: &Desk<'_>,
    session: &Session,
    log: LogId,
    ours: &[(u64, SegmentId)],
    tips: &mut Vec<LogEnds>,
    asks: &mut Vec<LogId>,
    missing: &mut Vec<send::Missing>,
) -> Result<(), StoreError> {
    let theirs = session.peer_ends.get(&log).map_or(&[][..], Vec::as_slice);
    let resolved = session.resolved(&log);
    let same = theirs.len() == ours.len() && ours.iter().all(|end| resolved.contains(end));
    if same {
        return Ok(());
    }
    let authors_own = descriptor(&desk.overlay, &log)?.is_some_and(|owner| owner.device == session.peer);
    if authors_own {
        tips.push(LogEnds { log: session.name_of(&log), ends: own_ends(&desk.overlay, &log)? });
    }
    let unresolved = theirs.iter().any(|end| end.id.is_none());
    if unresolved {
        // The peer is ahead, or on another branch. The author tells by the tips; others are asked.
        if !authors_own {
            asks.push(log);
        }
    } else {
        missing.push((log, ours.to_vec(), resolved));
    }
    Ok(())
}

/// Logs that the peer said it holds lines of and that have none here (spelled once, then lost with an old
/// backup): the author is told there are no tips, others are asked.
fn own_logs_unknown_here(
    desk: &Desk<'_>,
    session: &Session,
    mine: &Vector,
    tips: &mut Vec<LogEnds>,
    asks: &mut Vec<LogId>,
) -> Result<(), StoreError> {
    let held = by_log(mine);
    for (log, ends) in &session.peer_ends {
        if held.contains_key(log) || ends.is_empty() {
            continue;
        }
        let known = descriptor(&desk.overlay, log)?;
        let Some(owner) = known.or_else(|| session.descriptors.get(log).cloned()) else { continue };
        if owner.device == session.peer {
            let ours = own_ends(&desk.overlay, log)?;
            let said: Vec<ShortEnd> = ends.iter().map(|end| (end.n, end.short)).collect();
            if ours != said {
                tips.push(LogEnds { log: session.name_of(log), ends: ours });
            }
        } else if session.feeds.contains(&owner.feed) {
            asks.push(*log);
        }
    }
    Ok(())
}

/// What we durably hold of a log, as ends.
pub(super) fn own_ends(store: &dyn Store, log: &LogId) -> Result<Vec<ShortEnd>, StoreError> {
    Ok(listed_ends(store, log)?.iter().map(|(n, tip)| short_end(*n, tip)).collect())
}

/// The listed ends of a log.
pub(super) fn listed_ends(store: &dyn Store, log: &LogId) -> Result<Vec<(u64, SegmentId)>, StoreError> {
    let Some(owner) = descriptor(store, log)? else { return Ok(Vec::new()) };
    held::lines_of(store, &owner.feed, log)
}

/// The peer's vector as far as it can be rebuilt; kept as a base where its digest is the one said.
fn rebuild(desk: &mut Desk<'_>, session: &mut Session, digest: &Digest) -> Result<bool, StoreError> {
    if !session.confirmed || session.base_kept {
        return Ok(session.base_kept);
    }
    let mut feeds: BTreeMap<Feed, Vec<Line>> = BTreeMap::new();
    for (log, ends) in &session.peer_ends {
        let shorts: Vec<ShortEnd> = ends.iter().map(|end| (end.n, end.short)).collect();
        let known: Option<Vec<SegmentId>> = ends.iter().map(|end| end.id).collect();
        let ids = match known {
            Some(ids) => ids,
            None => {
                match resolve_ends(&desk.overlay, log, &shorts)?.into_iter().collect::<Option<Vec<_>>>() {
                    Some(ids) => ids,
                    None => return Ok(false),
                }
            }
        };
        if ids.is_empty() {
            continue;
        }
        let Some(owner) = descriptor(&desk.overlay, log)? else { return Ok(false) };
        let lines = ends.iter().zip(ids).map(|(end, id)| (*log, end.n, id));
        feeds.entry(owner.feed).or_default().extend(lines);
    }
    let mut vector = Vector::default();
    for (feed, lines) in feeds {
        vector.set(feed, lines.into_iter().collect());
    }
    if vector.digest() != *digest {
        return Ok(false);
    }
    if let Some(op) = keep_base(&desk.overlay, &session.peer, Side::Heard, &vector)? {
        desk.write(op)?;
    }
    session.base_kept = true;
    session.said = vector;
    Ok(true)
}

/// After segments came: perhaps the Hello's vector can be rebuilt now.
pub(super) fn keep_peers_base(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let Some(hello) = session.hello.clone() else { return Ok(()) };
    if session.dialled || session.base_kept || !session.answered_hello {
        return Ok(());
    }
    if rebuild(desk, session, &hello.digest)? {
        desk.say(session.id, &Frame::BaseKept(base_id(&hello.digest)));
    }
    Ok(())
}

/// The peer keeps what we said as a base.
pub(super) fn hear_base_kept(
    desk: &mut Desk<'_>,
    session: &mut Session,
    id: [u8; 8],
) -> Result<(), StoreError> {
    if session.dialled && base_id(&session.said.digest()) == id {
        session.base_kept = true;
        if let Some(op) = keep_base(&desk.overlay, &session.peer, Side::Said, &session.said)? {
            desk.write(op)?;
        }
    }
    Ok(())
}

/// The answer to our Hello.
pub(super) fn hear_answer(
    desk: &mut Desk<'_>,
    session: &mut Session,
    answer: &HelloAck,
) -> Result<(), StoreError> {
    if !session.dialled || session.stage != Stage::Greeted {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    session.stage = Stage::Answered;
    session.expects_more = answer.more;
    if answer.base_kept {
        hear_base_kept(desk, session, base_id(&session.said.digest()))?;
    }
    receipts::send_missing(desk, session, &answer.receipts)?;
    for line in &answer.tips {
        if let Some(log) = receive::log_named(desk, session, &line.log)? {
            let ids = resolve_ends(&desk.overlay, &log, &line.ends)?;
            let foreign = ids.iter().any(Option::is_none);
            session.peer_ends.insert(log, peer_ends(&line.ends, ids));
            let tips = listed_ends(&desk.overlay, &log)?;
            let ground = session.resolved(&log);
            send::logs(desk, session, vec![(log, tips, ground)])?;
            if foreign {
                // Somebody else writes in our log: ask for the segments that prove it.
                receive::ask(desk, session, &log)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::LogRef;

    #[test]
    fn a_greeting_with_all_that_it_may_say_fits_into_a_frame() {
        let line = |n: u32| LogEnds { log: LogRef::Index(n), ends: vec![(u64::MAX, [9; 4]); 2] };
        let mut changes: Vec<LogEnds> = (0..10_000).map(line).collect();
        while encoding::to_bytes(&changes).len() > limits::HELLO_CHANGES_BYTES_MAX {
            changes.truncate(changes.len() - changes.len() / 50 - 1);
        }
        assert!(changes.len() > 500, "more than a district has tablets");
        let hello = Hello {
            versions: (wire::VERSION, wire::VERSION),
            subscription: [9; 8],
            base: [9; 8],
            changes,
            whole: true,
            digest: Digest([9; 16]),
            roster: (u64::MAX, [9; 4]),
            receipts: [9; 8],
        };
        assert!(Frame::Hello(hello).to_bytes().len() <= limits::FRAME_BYTES_MAX);
    }
}
