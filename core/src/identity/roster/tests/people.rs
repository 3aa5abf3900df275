//! Whose serial is whose, and what it may do.

use std::collections::BTreeSet;

use super::super::story::*;
use super::super::{Admission, BindingState, Roster};
use super::key_item;
use crate::encoding::Set;
use crate::id::{Feed, LogId};
use crate::identity::{Item, Mode, Rights, Role, Withdraw};

#[test]
fn invitation_and_binding_together_are_a_credential() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    let roster = office.read();
    let key = tablet.name();
    let view = roster.credential_of(&key).expect("a credential");
    assert_eq!((view.serial, view.edition, view.kem, view.role), (17, 0, tablet.kem, Role::WORKER));
    assert_eq!(roster.rights(&key, &feed(COMMUNE)), Rights(3));
    assert_eq!(roster.rights(&key, &feed("08.201.11.09")), Rights(0));
    assert_eq!(roster.admission(&key), Admission::Admitted { role: Role::WORKER, serial: Some(17) });
    assert!(roster.may_write(&key, &feed(COMMUNE)) && roster.subscribed_by_right(&key, &feed(COMMUNE)));
    assert!(roster.subscribed_by_right(&key, &Feed::roster()));
    assert!(!roster.subscribed_by_right(&key, &Feed::people()));

    let shown = roster.items_of(&key);
    assert_eq!(shown.len(), 2);
    let elsewhere = Roster::fold(office.org, &[office.root.log()], &shown);
    assert_eq!(elsewhere.credential_of(&key), Some(view), "it travels alone as well");
    assert!(matches!(elsewhere.binding(17), BindingState::Bound(binding, _) if binding.claim.device == key));
}

#[test]
fn nothing_of_the_pair_counts_without_the_other_or_without_the_root() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    let shown = office.read().items_of(&tablet.name());
    for one in &shown {
        let roster = Roster::fold(office.org, &[office.root.log()], std::slice::from_ref(one));
        assert_eq!(roster.admission(&tablet.name()), Admission::Unknown);
    }
    let rootless = Roster::fold(office.org, &[], &shown);
    assert_eq!(rootless.admission(&tablet.name()), Admission::Unknown);
    for place in 0..shown.len() {
        let mut bent = shown.clone();
        bent[place].sig.0[7] ^= 1;
        let roster = Roster::fold(office.org, &[office.root.log()], &bent);
        assert_eq!(roster.admission(&tablet.name()), Admission::Unknown);
    }
}

#[test]
fn whoever_photographed_the_code_never_disables_the_first() {
    let mut office = Office::open();
    let (first, thief) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &first);
    let before = office.read();
    // The thief knows the secret, and has some other key that calls itself registrar.
    let accomplice = secret(22);
    let mut own = Pen::new(&accomplice, Feed::bindings(), 1, None);
    let claimed = office.bind(&accomplice, 17, &thief, 1);
    own.write(claimed.clone());
    let mut logs = office.logs();
    logs.push(own.log());
    let roster = Roster::fold(office.org, &logs, &[envelope(&claimed)]);
    assert_eq!(roster, before);
    assert!(matches!(roster.binding(17), BindingState::Bound(..)));
}

#[test]
fn another_relay_binds_nothing_that_names_the_first() {
    let mut office = Office::open();
    let (first, second) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &first);
    let other_relay = secret(23);
    office.root.write(delegate(&other_relay, Role::RELAY, &["08.*"], None));
    let claimed = office.bind(&other_relay, 17, &second, 1);
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&claimed)]);
    assert!(
        matches!(roster.binding(17), BindingState::Bound(binding, _) if binding.claim.device == first.name())
    );
    assert_eq!(roster.admission(&second.name()), Admission::Unknown);
}

#[test]
fn a_forked_registrar_gives_acceptance_to_both_and_rights_to_neither_until_a_credential() {
    let mut office = Office::open();
    let (first, second) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &first);
    let mut clone = Pen::new(&office.relay_key, Feed::bindings(), 2, None);
    clone.write(office.bind(&office.relay_key, 17, &second, 1));
    let mut logs = office.logs();
    logs.push(clone.log());
    let roster = Roster::fold(office.org, &logs, &[]);
    assert_eq!(roster.binding(17), BindingState::Forked);
    assert_eq!(
        roster.devices_of(17).into_iter().collect::<BTreeSet<_>>(),
        [first.name(), second.name()].into()
    );
    for tablet in [&first, &second] {
        assert!(roster.may_write(&tablet.name(), &feed(COMMUNE)));
        assert_eq!(roster.rights(&tablet.name(), &feed(COMMUNE)), Rights(0));
        assert_eq!(roster.issuer_role(&tablet.name()), None);
        assert_eq!(roster.admission(&tablet.name()), Admission::Closed, "pushes what it wrote");
    }
    let settled = office.credential(&office.hq_key, (17, 1), &second, Role::WORKER, &[(COMMUNE, Rights(3))]);
    let roster = Roster::fold(office.org, &logs, &[envelope(&settled)]);
    assert_eq!(roster.rights(&second.name(), &feed(COMMUNE)), Rights(3));
    assert_eq!(roster.rights(&first.name(), &feed(COMMUNE)), Rights(0));
    assert!(roster.may_write(&first.name(), &feed(COMMUNE)), "what it wrote is taken in");
}

#[test]
fn a_higher_edition_replaces_rights_and_takes_back_no_acceptance() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    let moved = [("08.201.11.09", Rights(7))];
    let second = office.credential(&office.hq_key, (17, 2), &tablet, Role::SUPERVISOR, &moved);
    let first = office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &[("09.*", Rights(3))]);
    office.people.write(second);
    office.people.write(first);
    let roster = office.read();
    let key = tablet.name();
    assert_eq!(roster.credential_of(&key).map(|view| view.edition), Some(2));
    assert_eq!(roster.rights(&key, &feed("08.201.11.09")), ALL);
    assert_eq!(roster.rights(&key, &feed(COMMUNE)), Rights(0));
    assert_eq!(roster.rights(&key, &feed("09.1")), Rights(0));
    for ever in ["08.201.11.09", COMMUNE, "09.1"] {
        assert!(roster.may_write(&key, &feed(ever)), "{ever}");
    }
    assert!(roster.ever_supervised(&key, &feed("08.201.11.09")));
    assert!(!roster.ever_supervised(&key, &feed(COMMUNE)));
    assert_eq!(roster.items_of(&key).len(), 4);
}

#[test]
fn of_equal_editions_the_larger_body_counts() {
    let office = Office::open();
    let tablet = Guest::new(20);
    let one = office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &[("08.1", Rights(3))]);
    let other = office.credential(&office.hq_key, (17, 1), &tablet, Role::SUPERVISOR, &[("08.1", Rights(3))]);
    for alone in [[&one, &other], [&other, &one]] {
        let roster = Roster::fold(office.org, &office.logs(), &alone.map(envelope));
        assert_eq!(roster.credential(17).map(|view| view.role), Some(Role::SUPERVISOR));
    }
}

#[test]
fn a_withdrawn_invitation_binds_for_acceptance_only() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.hq.write(Item::Withdraw(Withdraw { serial: 17 }));
    office.hq.write(Item::Withdraw(Withdraw { serial: 17 }));
    let invitation = office.invitation(17, Role::WORKER, &[(COMMUNE, Rights(3))]);
    office.people.write(office.invite(&office.hq_key, invitation));
    let with = |seen| {
        let mut office = office.clone();
        office.bindings.write(office.bind(&office.relay_key, 17, &tablet, seen));
        office.read()
    };
    assert_eq!(with(1).rights(&tablet.name(), &feed(COMMUNE)), Rights(3), "bound before it heard");
    let late = with(2);
    assert!(late.is_withdrawn(17, 2) && !late.is_withdrawn(17, 1));
    assert_eq!(late.rights(&tablet.name(), &feed(COMMUNE)), Rights(0));
    assert!(late.may_write(&tablet.name(), &feed(COMMUNE)));
}

#[test]
fn unknown_numbers_and_credentials_of_high_rank_widen_nothing() {
    let mut office = Office::open();
    let (odd, proud) = (Guest::new(20), Guest::new(21));
    office.root.write(delegate(&odd.key, Role(77), &["*"], None));
    office.root.write(delegate(&secret(24), Role::WORKER, &["*"], None));
    office.people.write(office.credential(
        &office.hq_key,
        (17, 1),
        &proud,
        Role::HEADQUARTERS,
        &[(COMMUNE, Rights(0xf0))],
    ));
    let roster = office.read();
    for key in [odd.name(), secret(24).public()] {
        assert_eq!(roster.admission(&key), Admission::Unknown);
        assert_eq!(roster.rights(&key, &feed(COMMUNE)), Rights(0));
        assert!(!roster.may_write(&key, &feed(COMMUNE)));
    }
    let key = proud.name();
    assert_eq!(roster.headquarters(), Some(office.hq_key.public()));
    assert_eq!(roster.issuer_role(&key), Some(Role(0)));
    assert!(!roster.may_write(&key, &Feed::roster()) && !roster.may_write(&key, &feed(COMMUNE)));
    assert!(!roster.subscribed_by_right(&key, &Feed::people()));
    assert!(!roster.subscribed_by_right(&key, &feed(COMMUNE)));
}

#[test]
fn an_item_counts_in_its_own_feed_only() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    let mut in_people = Pen::new(&office.hq_key, Feed::people(), 3, None);
    in_people.write(key_item(1));
    in_people.write(Item::Withdraw(Withdraw { serial: 1 }));
    office.hq.write(office.credential(
        &office.hq_key,
        (17, 1),
        &tablet,
        Role::WORKER,
        &[(COMMUNE, Rights::WRITE)],
    ));
    office.hq.write(delegate(&tablet.key, Role::RELAY, &["*"], None));
    let mut own = Pen::roster(&office.relay_key, None);
    own.write(key_item(2));
    own.write(office.closing(&office.hq_key, Mode::CUT, &tablet.name(), &["*"]));
    let mut logs = office.logs();
    logs.extend([in_people.log(), own.log()]);
    let roster = Roster::fold(office.org, &logs, &[]);
    assert_eq!(roster.feed_keys(&feed(COMMUNE)).len(), 0);
    assert!(!roster.is_withdrawn(1, u64::MAX));
    assert_eq!(roster.admission(&tablet.name()), Admission::Unknown);
    assert_eq!(roster.closings().len(), 0);
}

#[test]
fn a_binding_counts_in_its_registrars_own_log_of_bindings_only() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    let other_relay = secret(23);
    office.root.write(delegate(&other_relay, Role::RELAY, &["08.*"], None));
    let invitation = office.invitation(17, Role::WORKER, &[(COMMUNE, Rights(3))]);
    office.people.write(office.invite(&office.hq_key, invitation));
    let bound = office.bind(&office.relay_key, 17, &tablet, 1);
    let places = [(&office.relay_key, Feed::people()), (&other_relay, Feed::bindings())];
    for (key, place) in places {
        let mut pen = Pen::new(key, place, 4, None);
        pen.write(bound.clone());
        let mut logs = office.logs();
        logs.push(pen.log());
        let roster = Roster::fold(office.org, &logs, &[]);
        assert_eq!(roster.binding(17), BindingState::None);
        assert_eq!(roster.admission(&tablet.name()), Admission::Unknown);
    }
    office.bindings.write(bound);
    assert!(matches!(office.read().binding(17), BindingState::Bound(..)));
}

#[test]
fn nobody_binds_whom_the_root_never_made_a_registrar() {
    let mut office = Office::open();
    let (tablet, stranger) = (Guest::new(20), secret(24));
    let mut invitation = office.invitation(17, Role::WORKER, &[(COMMUNE, Rights(3))]);
    invitation.registrar = stranger.public();
    office.people.write(office.invite(&office.hq_key, invitation.clone()));
    let bound = [envelope(&office.bind(&stranger, 17, &tablet, 1))];
    let roster = Roster::fold(office.org, &office.logs(), &bound);
    assert_eq!(roster.invitation(17), Some(&invitation));
    assert_eq!((roster.invitation(18), roster.binding(17)), (None, BindingState::None));
    assert!(!roster.may_write(&tablet.name(), &feed(COMMUNE)));
    office.root.write(delegate(&stranger, Role::RELAY, &["08.*"], None));
    let roster = Roster::fold(office.org, &office.logs(), &bound);
    assert!(matches!(roster.binding(17), BindingState::Bound(..)));
}

#[test]
fn grants_of_several_patterns_add_up() {
    let office = Office::open();
    let tablet = Guest::new(20);
    let many = [("08.201.*", Rights::READ), (COMMUNE, Rights::WRITE), ("08.201/referrals", Rights(3))];
    let issued = office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &many);
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&issued)]);
    let rights = |name| roster.rights(&tablet.name(), &feed(name));
    assert_eq!(rights(COMMUNE), Rights(3));
    assert_eq!(rights("08.201.11.09"), Rights::READ);
    assert_eq!(rights("08.201/referrals"), Rights(3));
    assert_eq!(rights("08.202.1"), Rights(0));
    assert_eq!(roster.credential(17).map(|view| view.grants.len()), Some(3));
    assert_eq!(roster.serials().collect::<Vec<_>>(), [17]);
    let exact = ["08.201.11.07", "08.201/referrals"].map(feed);
    assert_eq!(roster.feeds_known_to(&tablet.name()), exact, "what a pattern covers is not known by it");
    assert!(roster.feeds_known_to(&office.hq_key.public()).is_empty(), "no key is published");
    assert_ne!(grants(&many), Set::default());
}

#[test]
fn who_holds_a_replaced_headquarters_key_disables_nobody() {
    let mut office = Office::open();
    let (tablet, thief) = (Guest::new(20), Guest::new(21));
    let kept = office.hq.end();
    let new = secret(30);
    office.root.write(delegate(&new, Role::HEADQUARTERS, &["*"], Some(kept)));
    let invitation = office.invitation(17, Role::WORKER, &[(COMMUNE, Rights(3))]);
    let invited = office.invite(&new, invitation);
    office.bindings.write(office.bind(&office.relay_key, 17, &tablet, 1));
    let before = Roster::fold(office.org, &office.logs(), &[envelope(&invited)]);
    assert_eq!(before.rights(&tablet.name(), &feed(COMMUNE)), Rights(3));

    let stolen = &office.hq_key;
    let raised = office.credential(stolen, (17, 9), &thief, Role::SUPERVISOR, &[("08.*", ALL)]);
    let forged = office.invitation(17, Role::WORKER, &[("08.*", ALL)]);
    let other = Office { code: [8; 16], ..office.clone() };
    let own_code = other.invitation(17, Role::WORKER, &[("08.*", ALL)]);
    let alone = [
        &invited,
        &raised,
        &office.invite(stolen, forged),
        &office.invite(stolen, own_code),
        &other.bind(&office.relay_key, 17, &thief, 1),
    ]
    .map(envelope);
    let after = Roster::fold(office.org, &office.logs(), &alone);
    assert_eq!(after.rights(&tablet.name(), &feed(COMMUNE)), Rights(3));
    assert!(
        matches!(after.binding(17), BindingState::Bound(binding, _) if binding.claim.device == tablet.name())
    );
    assert_eq!(after.rights(&thief.name(), &feed(COMMUNE)), Rights(0));
    assert!(!after.ever_supervised(&thief.name(), &feed(COMMUNE)));
    assert!(after.may_write(&thief.name(), &feed(COMMUNE)), "taken in, and held back by who reads");
}

#[test]
fn a_claim_bound_twice_is_one_claim_and_its_earlier_binding_counts() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    office.hq.write(Item::Withdraw(Withdraw { serial: 17 }));
    let mut restored = Pen::new(&office.relay_key, Feed::bindings(), 2, None);
    restored.write(office.bind(&office.relay_key, 17, &tablet, 2));
    let first = office.bindings.log();
    let mut logs = vec![office.root.log(), office.hq.log(), office.people.log()];
    // Names decide the order in which logs are read.
    for names in [[1, 2], [2, 1]].map(|bytes| bytes.map(|byte| LogId([byte; 32]))) {
        logs.extend([first.clone(), restored.log()]);
        logs[3].id = names[0];
        logs[4].id = names[1];
        let roster = Roster::fold(office.org, &logs, &[]);
        assert!(matches!(roster.binding(17), BindingState::Bound(binding, _) if binding.roster_seen == 1));
        assert_eq!(roster.rights(&tablet.name(), &feed(COMMUNE)), Rights(3));
        logs.truncate(3);
    }
}

#[test]
fn of_two_claims_neither_supervises_until_a_credential_names_one() {
    let mut office = Office::open();
    let (first, second) = (Guest::new(20), Guest::new(21));
    let invitation = office.invitation(17, Role::SUPERVISOR, &[(COMMUNE, ALL)]);
    office.people.write(office.invite(&office.hq_key, invitation));
    office.bindings.write(office.bind(&office.relay_key, 17, &first, 1));
    assert!(office.read().ever_supervised(&first.name(), &feed(COMMUNE)));
    office.bindings.write(office.bind(&office.relay_key, 17, &second, 1));
    let supervise = |roster: &Roster| {
        [&first, &second].map(|guest| roster.ever_supervised(&guest.name(), &feed(COMMUNE)))
    };
    assert_eq!(supervise(&office.read()), [false, false]);
    office.people.write(office.credential(
        &office.hq_key,
        (17, 1),
        &second,
        Role::WORKER,
        &[(COMMUNE, Rights(3))],
    ));
    assert_eq!(supervise(&office.read()), [false, true], "what its claim had given it");
}
