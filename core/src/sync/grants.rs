//! Signed items that travel alone, and the feed keys that come in grants.

use std::collections::BTreeSet;

use crate::encoding::{self, Set};
use crate::id::DeviceKey;
use crate::identity::{
    Admission, BindingState, Genesis, GrantedKey, Invitation, KemSecret, KeyGrant, Kind, Roster, SealContext,
    Signed, Verified, organisation_id,
};
use crate::limits;
use crate::store::held::{alone_items, deposit_mail, feed_key, keep_alone, mail_of, mailboxes, put_feed_key};
use crate::store::{Damage, Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::party::Party;
use crate::sync::port::CloseReason;
use crate::sync::session::{Session, Standing};
use crate::wire::Frame;

/// An item that the peer sent by itself.
pub(super) fn hear_item(
    desk: &mut Desk<'_>,
    session: &mut Session,
    signed: Signed,
) -> Result<(), StoreError> {
    let verified = if may_say_another(session) { signed.verify(&desk.org()).ok() } else { None };
    let Some(verified) = verified else {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    };
    match verified.kind() {
        Kind::Genesis => {
            let genesis: Result<Genesis, _> = verified.read();
            if genesis.is_ok_and(|genesis| organisation_id(&genesis) == desk.org()) {
                desk.keep_alone(verified.as_signed())?;
            } else {
                end(desk, session, CloseReason::WrongOrganisation);
            }
        }
        Kind::Credential | Kind::Invitation | Kind::Binding | Kind::Closing | Kind::Release => {
            desk.keep_alone(verified.as_signed())?;
        }
        Kind::KeyGrant => hear_grant(desk, &verified)?,
        Kind::Segment | Kind::Receipt | Kind::ClaimByDevice | Kind::ClaimBySecret => {
            end(desk, session, CloseReason::Misbehaved);
        }
    }
    Ok(())
}

/// Counts an item: whether it is among those that one peer may say in one meeting.
fn may_say_another(session: &mut Session) -> bool {
    session.items_heard = session.items_heard.saturating_add(1);
    session.items_heard <= limits::ITEMS_PER_SESSION_MAX
}

/// A key grant: ours is kept until headquarters' log lists its keys; another's waits in its mailbox.
fn hear_grant(desk: &mut Desk<'_>, verified: &Verified) -> Result<(), StoreError> {
    let Ok(grant) = verified.read::<KeyGrant>() else { return Ok(()) };
    if secret_for(&desk.world.party, &grant).is_some() {
        if let Some(group) = keep_alone(&desk.overlay, verified.as_signed())? {
            desk.roster_touched = true;
            desk.decide(group)?;
        }
    } else if desk.world.roster.headquarters() == Some(verified.signer()) {
        desk.decide(deposit_mail(grant.serial, verified.as_signed()))?;
    }
    Ok(())
}

/// Whether a key grant to one of our secrets is held: then an invitation has given all it gives.
///
/// # Errors
/// [`StoreError`].
pub fn is_granted(store: &dyn Store, party: &Party) -> Result<bool, StoreError> {
    let granted = |signed: &Signed| {
        signed.kind == Kind::KeyGrant as u8
            && encoding::from_bytes::<KeyGrant>(&signed.body)
                .is_ok_and(|grant| secret_for(party, &grant).is_some())
    };
    Ok(alone_items(store)?.iter().any(granted))
}

/// A registrar asks headquarters for the key grants that it should hold and does not: those of new invitations, and
/// those it lost with a disk. What was asked for in this meeting is not asked for in it again.
pub(super) fn ask(desk: &mut Desk<'_>, session: &mut Session) -> Result<(), StoreError> {
    let (roster, me) = (&desk.world.roster, desk.world.party.key());
    if roster.headquarters() != Some(session.peer) {
        return Ok(());
    }
    let held: BTreeSet<u32> = mailboxes(&desk.overlay)?.into_iter().map(|(serial, _)| serial).collect();
    let room = limits::GRANTS_ASKED_PER_SESSION_MAX.saturating_sub(session.grants_asked.len());
    let is_missing = |serial: &u32| {
        !held.contains(serial) && !session.grants_asked.contains(serial) && is_due(roster, *serial, &me)
    };
    let missing: Set<u32> = roster.serials().filter(is_missing).take(room).collect();
    if !missing.is_empty() {
        session.grants_asked.extend(missing.iter());
        desk.say(session.id, &Frame::NeedGrants(missing));
    }
    Ok(())
}

/// Headquarters lays the key grants that a registrar asks for in their mailboxes there.
pub(super) fn hear_need(
    desk: &mut Desk<'_>,
    session: &mut Session,
    serials: &Set<u32>,
) -> Result<(), StoreError> {
    if session.grants_asked.len() + serials.len() > limits::GRANTS_ASKED_PER_SESSION_MAX {
        end(desk, session, CloseReason::Misbehaved);
        return Ok(());
    }
    let is_ours_to_give = desk.world.roster.headquarters() == Some(desk.world.party.key());
    if !is_ours_to_give || session.standing != Standing::Admitted {
        return Ok(());
    }
    for serial in serials.iter() {
        if session.grants_asked.insert(*serial) && is_due(&desk.world.roster, *serial, &session.peer) {
            for grant in mail_of(&desk.overlay, *serial)? {
                let grant = Signed::from_bytes(&grant).map_err(|_| StoreError::Damaged(Damage::Content))?;
                desk.say(session.id, &Frame::Item(grant));
            }
        }
    }
    Ok(())
}

/// Whether a registrar should hold the key grants of a serial: it may have to give them, to whoever it is to bind
/// and to whoever it bound, who may lose his tablet's memory any day.
fn is_due(roster: &Roster, serial: u32, registrar: &DeviceKey) -> bool {
    let position = roster.position().map_or(0, |position| position.value);
    let is_registrar = |invitation: &Invitation| invitation.registrar == *registrar;
    roster.invitation(serial).is_some_and(is_registrar)
        && match roster.binding(serial) {
            BindingState::None => !roster.is_withdrawn(serial, position),
            BindingState::Bound(binding, _) => roster.admission(&binding.claim.device) != Admission::Closed,
            BindingState::Forked => false,
        }
}

fn secret_for<'p>(party: &'p Party, grant: &KeyGrant) -> Option<&'p KemSecret> {
    std::iter::once(&party.identity.kem)
        .chain(&party.open_secrets)
        .find(|secret| secret.public() == grant.kem)
}

/// Takes into use what grants give: only keys that headquarters' log lists for their feed, from grants that
/// headquarters signed; and through their links the keys before them.
pub(super) fn apply(desk: &mut Desk<'_>) -> Result<(), StoreError> {
    let Some(headquarters) = desk.world.roster.headquarters() else { return Ok(()) };
    for signed in alone_items(&desk.overlay)? {
        if signed.kind != Kind::KeyGrant as u8 || signed.signer != headquarters {
            continue;
        }
        let Ok(grant) = encoding::from_bytes::<KeyGrant>(&signed.body) else { continue };
        let Some(secret) = secret_for(&desk.world.party, &grant).cloned() else { continue };
        let Ok(keys) = grant.open(&desk.org(), &secret) else { continue };
        for granted in keys {
            take(desk, granted)?;
        }
    }
    Ok(())
}

fn take(desk: &mut Desk<'_>, granted: GrantedKey) -> Result<(), StoreError> {
    let mut next = Some(granted);
    while let Some(granted) = next.take() {
        let id = granted.key.id();
        let listed = desk.world.roster.feed_keys(&granted.feed);
        let item =
            listed.into_iter().find(|item| item.key_id == id && item.ordinal == granted.ordinal).cloned();
        let Some(item) = item else { return Ok(()) };
        if feed_key(&desk.overlay, &granted.feed, &id)?.is_some() {
            return Ok(());
        }
        desk.write(put_feed_key(&granted))?;
        desk.held.insert(granted.feed.clone());
        next = item.link.and_then(|link| {
            let org = desk.org();
            let context = SealContext { org: &org, feed: &granted.feed, ordinal: granted.ordinal };
            let key = granted.key.open_link(&context, &link.0).ok()?;
            Some(GrantedKey { feed: granted.feed.clone(), ordinal: granted.ordinal.checked_sub(1)?, key })
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_says_so_many_items_in_one_meeting_and_no_more() {
        let mut session = Session::new(1, DeviceKey([7; 32]), false, true);
        assert!((0..limits::ITEMS_PER_SESSION_MAX).all(|_| may_say_another(&mut session)));
        assert!(!may_say_another(&mut session) && !may_say_another(&mut session));
    }
}
