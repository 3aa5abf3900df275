//! Signed items that travel alone, and the feed keys that come in grants.

use std::collections::BTreeSet;

use crate::encoding;
use crate::id::DeviceKey;
use crate::identity::{
    BindingState, Genesis, GrantedKey, KemSecret, KeyGrant, Kind, SealContext, Signed, Verified,
    organisation_id,
};
use crate::limits;
use crate::store::held::{alone_items, deposit_mail, feed_key, keep_alone, logs_in, mailboxes, put_feed_key};
use crate::store::{Store, StoreError};
use crate::sync::desk::Desk;
use crate::sync::engine::end;
use crate::sync::party::Party;
use crate::sync::port::CloseReason;
use crate::sync::session::Session;
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

/// Headquarters lays grants in their mailboxes: those of invitations that this peer is to bind, until whoever
/// was bound has written with the keys. A relay that lost its disk between two of our calls gets them again.
pub(super) fn forward(desk: &mut Desk<'_>, session: &Session) -> Result<(), StoreError> {
    if desk.world.roster.headquarters() != Some(desk.world.party.key()) {
        return Ok(());
    }
    let mailboxes = mailboxes(&desk.overlay)?;
    let writers = if mailboxes.is_empty() { BTreeSet::new() } else { writers(desk)? };
    for (serial, mail) in mailboxes {
        let roster = &desk.world.roster;
        let here = roster.invitation(serial).is_some_and(|invitation| invitation.registrar == session.peer);
        let open = match roster.binding(serial) {
            BindingState::None => true,
            BindingState::Bound(binding, _) => !writers.contains(&binding.claim.device),
            BindingState::Forked => false,
        };
        if let (true, true, Ok(grant)) = (here, open, Signed::from_bytes(&mail)) {
            desk.say(session.id, &Frame::Item(grant));
        }
    }
    Ok(())
}

/// Devices that have written with a feed's key.
fn writers(desk: &Desk<'_>) -> Result<BTreeSet<DeviceKey>, StoreError> {
    let mut writers = BTreeSet::new();
    for feed in desk.world.party.subscription(&desk.world.roster).iter().filter(|feed| !feed.is_clear()) {
        writers.extend(logs_in(&desk.overlay, feed)?.into_iter().map(|(device, _)| device));
    }
    Ok(writers)
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
