//! When a Hello's vector cannot be rebuilt: digests per feed, then the lines of the feeds that differ.

use crate::limits;
use crate::log::Vector;
use crate::store::StoreError;
use crate::store::held::{Memory, memory_of, remember, vector_of};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::hello::{answer, by_log, changed_lines, note_lines, subscribe};
use crate::sync::port::CloseReason;
use crate::sync::session::{Numbering, PeerEnd, Session};
use crate::sync::{receive, send};
use crate::wire::{Frame, LogEnds, NeedVectors, Vectors, short_end};

/// Lines of one vector message; a larger vector takes several.
const LINES_PER_FRAME: usize = 1_000;

/// The vector cannot be rebuilt: what differs, by feed.
pub(super) fn ask(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let mine = vector_of(&desk.overlay, &session.feeds)?;
    let digests = session.subscription.iter().map(|feed| mine.feed_digest(feed)).collect();
    session.theirs = Numbering::blind();
    desk.say(session.id, &Frame::NeedVectors(NeedVectors { digests: Some(digests) }));
    Ok(())
}

/// Our vector could not be rebuilt from what we said: say it whole, where feeds differ.
pub(super) fn hear_need(
    desk: &mut Desk<'_>,
    session: &mut Session,
    need: &NeedVectors,
) -> Result<(), StoreError> {
    if !session.dialled {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    // Indices into a base that the peer does not have mean nothing to it: from here on logs are named anew.
    session.mine = Numbering::from_number(session.mine.next());
    if session.named_base {
        session.theirs = Numbering::default();
    }
    session.remembers_us = false;
    send::forget_unplaced(session);
    let mut blocks: Vec<(u32, Vec<LogEnds>)> = Vec::new();
    for (place, feed) in (0u32..).zip(&session.subscription) {
        let theirs = need.digests.as_ref().and_then(|digests| digests.get(place as usize));
        if theirs == Some(&session.said.feed_digest(feed)) {
            continue;
        }
        let mut only = Vector::default();
        only.set(feed.clone(), session.said.lines(feed).iter().copied().collect());
        let lines = changed_lines(session, &Vector::default(), &only);
        blocks.extend(lines.chunks(LINES_PER_FRAME).map(|chunk| (place, chunk.to_vec())));
        if lines.is_empty() {
            blocks.push((place, Vec::new()));
        }
    }
    let subscription = need.digests.is_none().then(|| session.subscription.clone());
    let numbering = u32::try_from(session.mine.next()).unwrap_or(u32::MAX);
    let count = blocks.len().max(1);
    let mut frames = blocks.into_iter();
    for sent in 1..=count {
        let feeds = frames.next().into_iter().collect();
        let subscription = if sent == 1 { subscription.clone() } else { None };
        desk.say(session.id, &Frame::Vectors(Vectors { subscription, feeds, numbering, more: sent < count }));
    }
    send::early(desk, session, None)
}

/// The opener's vector, whole where feeds differ.
pub(super) fn hear_vectors(
    desk: &mut Desk<'_>,
    session: &mut Session,
    vectors: Vectors,
) -> Result<(), StoreError> {
    if session.dialled || session.answered_hello || session.hello.is_none() {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    if let Some(subscription) = vectors.subscription {
        let ascending = subscription.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending || subscription.len() > limits::SUBSCRIBED_FEEDS_MAX {
            end(desk, session, CloseReason::Misbehaved);
            return Ok(());
        }
        let memory =
            Memory { subscription: subscription.clone(), ..memory_of(&desk.overlay, &session.peer)? };
        desk.write(remember(&session.peer, &memory))?;
        subscribe(desk, session, subscription);
        session.differing.clear();
        session.all_differ = true;
    }
    if !session.renumbered {
        session.renumbered = true;
        session.theirs = Numbering::from_number(vectors.numbering as usize);
        receive::drop_numbered(session, vectors.numbering);
    }
    for (place, lines) in vectors.feeds {
        session.differing.insert(place);
        session.lines_heard += lines.len();
        if session.lines_heard > limits::VECTOR_LINES_MAX {
            end(desk, session, CloseReason::Misbehaved);
            return Ok(());
        }
        note_lines(desk, session, &lines)?;
    }
    if vectors.more {
        return Ok(());
    }
    if !session.all_differ {
        note_equal_feeds(desk, session)?;
    }
    answer(desk, session)?;
    receive::retry_staged(desk, session)
}

/// Feeds that the opener did not name are equal here and there.
fn note_equal_feeds(desk: &Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    for (place, feed) in (0u32..).zip(session.subscription.clone()) {
        if session.differing.contains(&place) {
            continue;
        }
        let mine = vector_of(&desk.overlay, [&feed])?;
        for (log, ends) in by_log(&mine) {
            let ends =
                ends.iter().map(|(n, tip)| PeerEnd { n: *n, short: short_end(*n, tip).1, id: Some(*tip) });
            session.peer_ends.insert(log, ends.collect());
        }
    }
    Ok(())
}
