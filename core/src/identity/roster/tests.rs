//! Stories about who may do what.

use super::story::{ALL, COMMUNE, Guest, Office, Pen, delegate, envelope, feed, grants, rotate, secret};
use super::{Admission, Alarm, BindingState, Roster};
use crate::encoding::Set;
use crate::id::{Feed, Head, KemKey, KeyId, LogId, OrgId, SegmentId};
use crate::identity::{Constant, FeedKeyItem, Finished, Genesis, Item, Limits, Mode, Rights, Role, Withdraw};

const WRITE: Rights = Rights::WRITE;

fn key_item(byte: u8) -> Item {
    Item::FeedKey(FeedKeyItem { feed: feed(COMMUNE), ordinal: 1, key_id: KeyId([byte; 8]), link: None })
}

fn limit(name: u8, value: u64) -> Item {
    Item::Limits(Limits { limits: [(name, value)].into_iter().collect() })
}

#[test]
fn an_empty_roster_knows_nobody_and_lets_nobody_write() {
    let office = Office::open();
    let roster = Roster::empty(office.org);
    assert_eq!(roster.genesis(), None);
    assert_eq!(roster.position(), None);
    assert_eq!(roster.admission(&office.hq_key.public()), Admission::Unknown);
    for name in [Feed::roster(), Feed::people(), Feed::bindings(), feed(COMMUNE)] {
        assert!(!roster.may_write(&office.root_key.public(), &name), "{name}");
        assert!(!roster.subscribed_by_right(&office.hq_key.public(), &name), "{name}");
    }
}

#[test]
fn the_root_names_headquarters_and_relays_and_each_writes_in_its_own_feed() {
    let office = Office::open();
    let roster = office.read();
    let (root, hq, relay) = (office.root_key.public(), office.hq_key.public(), office.relay_key.public());
    assert_eq!(roster.headquarters(), Some(hq));
    assert_eq!(roster.relays(), vec![relay]);
    let writes = |key| {
        [Feed::roster(), Feed::people(), Feed::bindings(), feed(COMMUNE), feed("@roster/other")]
            .map(|name| roster.may_write(key, &name))
    };
    assert_eq!(writes(&root), [true, false, false, false, false]);
    assert_eq!(writes(&hq), [true, true, false, true, false]);
    assert_eq!(writes(&relay), [false, false, true, false, false]);
    assert!(roster.may_write(&office.next_root_key.public(), &Feed::roster()), "announced by its hash");
    assert_eq!(roster.rights(&relay, &feed(COMMUNE)), Rights::CARRY);
    assert_eq!(roster.rights(&relay, &feed("09.1")), Rights(0));
    assert_eq!(roster.rights(&hq, &feed("09.1")), ALL);
    assert_eq!(roster.issuer_role(&relay), Some(Role::RELAY));
    assert!(roster.subscribed_by_right(&relay, &Feed::people()));
}

#[test]
fn a_relays_own_root_and_own_feed_key_count_for_nothing() {
    let office = Office::open();
    let relay = secret(4);
    let genesis = Genesis { root: relay.public(), next: [0; 32], recovery: KemKey([1; 32]) };
    let mut own_root = Pen::roster(&relay, None);
    own_root.write(Office::genesis(office.org, &relay, &genesis));
    own_root.write(delegate(&relay, Role::HEADQUARTERS, &["*"], None));
    own_root.write(key_item(66));
    let mut logs = office.logs();
    let before = Roster::fold(office.org, &logs, &[]);
    logs.insert(0, own_root.log());
    let alone = [envelope(&Office::genesis(office.org, &relay, &genesis))];
    let after = Roster::fold(office.org, &logs, &alone);
    assert_eq!(after, before);
    assert!(!after.lists_key(&feed(COMMUNE), &KeyId([66; 8])));
    assert_eq!(Roster::fold(OrgId([5; 32]), &office.logs(), &[]).genesis(), None, "another organisation");
}

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
    let mut bent = shown;
    bent.iter_mut().for_each(|signed| signed.sig.0[7] ^= 1);
    let roster = Roster::fold(office.org, &[office.root.log()], &bent);
    assert_eq!(roster.admission(&tablet.name()), Admission::Unknown);
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
fn empty_feeds_end_a_delegation() {
    let mut office = Office::open();
    let relay = office.relay_key.public();
    office.root.write(delegate(&office.relay_key, Role::RELAY, &[], None));
    let roster = office.read();
    assert_eq!(roster.delegate(&relay), None);
    assert_eq!(roster.relays(), vec![]);
    assert_eq!(roster.rights(&relay, &feed(COMMUNE)), Rights(0));
    assert_eq!(roster.issuer_role(&relay), None);
    assert!(roster.may_write(&relay, &Feed::bindings()), "what it bound is still taken in");
    office.root.write(delegate(&office.hq_key, Role::HEADQUARTERS, &[], None));
    let roster = office.read();
    assert_eq!(roster.headquarters(), None);
    assert_eq!(roster.issuer_role(&office.hq_key.public()), None);
}

#[test]
fn a_replaced_headquarters_keeps_its_past_and_the_acceptance_of_what_it_signed() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    office.hq.write(key_item(1));
    let kept = office.hq.write(Item::Withdraw(Withdraw { serial: 40 }));
    office.hq.write(key_item(2));
    office.hq.write(Item::Withdraw(Withdraw { serial: 41 }));
    office.hq.write(office.closing(&office.hq_key, Mode::CUT, &secret(50).public(), &["*"]));
    let new = secret(30);
    office.root.write(delegate(&new, Role::HEADQUARTERS, &["*"], Some(kept)));
    let mut log = Pen::roster(&new, Some(kept));
    log.write(Item::Withdraw(Withdraw { serial: 42 }));
    let mut logs = office.logs();

    let waiting = Roster::fold(office.org, &logs, &[]).position().expect("the old log");
    assert_eq!((waiting.value, waiting.is_of_named_log), (3, false));
    logs.push(log.log());
    let roster = Roster::fold(office.org, &logs, &[]);
    let position = roster.position().expect("the new log");
    assert_eq!((position.value, position.n, position.is_of_named_log), ((1 << 32) + 2, 2, true));
    assert!(roster.is_withdrawn(40, 3) && !roster.is_withdrawn(41, u64::MAX));
    assert!(roster.is_withdrawn(42, (1 << 32) + 2) && !roster.is_withdrawn(42, 100));
    let listed: Vec<KeyId> = roster.feed_keys(&feed(COMMUNE)).iter().map(|item| item.key_id).collect();
    assert_eq!(listed, vec![KeyId([1; 8])]);
    assert_eq!(roster.closings().iter().map(|view| view.position).collect::<Vec<_>>(), vec![Some(6)]);

    let key = tablet.name();
    assert_eq!(roster.rights(&key, &feed(COMMUNE)), Rights(0));
    assert!(roster.may_write(&key, &feed(COMMUNE)));
    assert_eq!(roster.admission(&key), Admission::Closed, "pushes what it wrote");
    let again = office.credential(&new, (17, 1), &tablet, Role::WORKER, &[(COMMUNE, Rights(3))]);
    let roster = Roster::fold(office.org, &logs, &[envelope(&again)]);
    assert_eq!(roster.rights(&key, &feed(COMMUNE)), Rights(3));
}

#[test]
fn a_pair_that_was_replaced_does_not_come_back() {
    let mut office = Office::open();
    let kept = office.hq.end();
    let new = secret(30);
    office.root.write(delegate(&new, Role::HEADQUARTERS, &["*"], Some(kept)));
    office.root.write(delegate(&office.hq_key, Role::HEADQUARTERS, &["*"], None));
    let roster = office.read();
    assert_eq!(roster.headquarters(), Some(new.public()));
    // The same key may come back with another ground.
    let mut log = Pen::roster(&new, Some(kept));
    let ground = log.write(key_item(5));
    office.root.write(delegate(&office.hq_key, Role::HEADQUARTERS, &["08.*"], Some(ground)));
    let mut back = Pen::roster(&office.hq_key, Some(ground));
    back.write(key_item(6));
    let mut logs = office.logs();
    logs.extend([log.log(), back.log()]);
    let roster = Roster::fold(office.org, &logs, &[]);
    assert_eq!(roster.headquarters(), Some(office.hq_key.public()));
    assert_eq!(roster.position().map(|position| position.value), Some((2 << 32) + 2));
    assert_eq!(roster.feed_keys(&feed(COMMUNE)).len(), 2);
}

#[test]
fn the_announced_root_takes_over_and_what_the_old_one_adds_counts_for_nothing() {
    let mut office = Office::open();
    let kept = office.root.end();
    office.root.write(delegate(&secret(60), Role::RELAY, &["*"], None));
    let new = office.next_root_key.clone();
    let mut rotated = Pen::roster(&new, Some(kept));
    rotated.write(rotate(&new, &secret(70)));
    rotated.write(delegate(&secret(61), Role::RELAY, &["*"], None));
    let mut logs = office.logs();
    logs.push(rotated.log());
    let roster = Roster::fold(office.org, &logs, &[]);
    let relays = [office.relay_key.public(), secret(61).public()];
    assert_eq!(roster.relays().len(), 2);
    assert!(relays.iter().all(|key| roster.relays().contains(key)));
    assert_eq!(roster.headquarters(), Some(office.hq_key.public()), "what was said before goes on");
    assert_eq!(roster.alarm(), None);
    assert!(roster.may_write(&secret(70).public(), &Feed::roster()));

    let mut again = Pen::roster(&secret(70), Some(rotated.end()));
    again.write(rotate(&secret(70), &secret(71)));
    again.write(delegate(&secret(62), Role::RELAY, &["*"], None));
    logs.push(again.log());
    assert_eq!(Roster::fold(office.org, &logs, &[]).relays().len(), 3);

    let mut thief = Pen::roster(&secret(66), Some(kept));
    thief.write(rotate(&secret(66), &secret(67)));
    thief.write(delegate(&secret(66), Role::HEADQUARTERS, &["*"], None));
    let mut doubtful = office.logs();
    doubtful.push(thief.log());
    let roster = Roster::fold(office.org, &doubtful, &[]);
    assert_eq!(roster, Roster::fold(office.org, &office.logs(), &[]), "nobody announced that key");
}

#[test]
fn a_forked_root_ends_where_its_branches_part_until_the_next_root_settles_it() {
    let mut office = Office::open();
    let mut other = office.root.clone();
    office.root.write(delegate(&secret(60), Role::RELAY, &["*"], None));
    let kept = other.write(delegate(&secret(61), Role::RELAY, &["*"], None));
    let logs = [office.root.log_with(&[&other]), office.hq.log()];
    let roster = Roster::fold(office.org, &logs, &[]);
    assert!(matches!(roster.alarm(), Some(Alarm::RootForked { at: Some((_, 4, _)) })));
    assert_eq!(roster.relays(), vec![office.relay_key.public()]);
    let new = office.next_root_key.clone();
    let mut rotated = Pen::roster(&new, Some(kept));
    rotated.write(rotate(&new, &secret(70)));
    let roster = Roster::fold(office.org, &[logs[0].clone(), logs[1].clone(), rotated.log()], &[]);
    assert_eq!(roster.alarm(), None);
    assert!(
        roster.relays().contains(&secret(61).public()) && !roster.relays().contains(&secret(60).public())
    );
}

#[test]
fn a_forked_headquarters_ends_the_roster_there_and_closings_beyond_still_count() {
    let mut office = Office::open();
    let shared = office.hq.write(key_item(1));
    let mut other = office.hq.clone();
    let closed = office.closing(&office.hq_key, Mode::CUT, &secret(50).public(), &["*"]);
    office.hq.write(key_item(2));
    office.hq.write(closed.clone());
    other.write(closed);
    let ground = other.write(key_item(3));
    let logs = vec![office.root.log(), office.hq.log_with(&[&other])];
    let roster = Roster::fold(office.org, &logs, &[]);
    assert_eq!(roster.alarm(), Some(Alarm::HeadquartersForked { at: Some(shared) }));
    assert_eq!(roster.position().map(|position| position.value), Some(2));
    assert_eq!(roster.feed_keys(&feed(COMMUNE)).len(), 1);
    assert_eq!(roster.closings().iter().map(|view| view.position).collect::<Vec<_>>(), vec![Some(3)]);
    assert_eq!(roster.admission(&secret(50).public()), Admission::Closed);

    // The same key goes on from one branch.
    office.root.write(delegate(&office.hq_key, Role::HEADQUARTERS, &["*"], Some(ground)));
    let settled = vec![office.root.log(), logs[1].clone(), Pen::roster(&office.hq_key, Some(ground)).log()];
    let roster = Roster::fold(office.org, &settled, &[]);
    assert_eq!(roster.alarm(), None);
    assert_eq!(roster.position().map(|position| position.value), Some((1 << 32) + 1));
    assert!(
        roster.lists_key(&feed(COMMUNE), &KeyId([3; 8])) && !roster.lists_key(&feed(COMMUNE), &KeyId([2; 8]))
    );
}

#[test]
fn two_logs_of_one_headquarters_share_nothing_and_twin_segments_are_no_fork() {
    let mut office = Office::open();
    office.hq.write(key_item(1));
    let shorter = office.hq.clone();
    office.hq.write(key_item(2));
    let twins = vec![office.root.log(), office.hq.log_with(&[&shorter, &office.hq.clone()])];
    let roster = Roster::fold(office.org, &twins, &[]);
    assert_eq!((roster.alarm(), roster.feed_keys(&feed(COMMUNE)).len()), (None, 2));
    let second = Pen::new(&office.hq_key, Feed::roster(), 9, None);
    let two = vec![office.root.log(), office.hq.log(), second.log()];
    let roster = Roster::fold(office.org, &two, &[]);
    assert_eq!(roster.alarm(), Some(Alarm::HeadquartersForked { at: None }));
    assert_eq!(roster.position(), None);
}

#[test]
fn what_one_segment_cannot_show_its_twin_shows() {
    let mut office = Office::open();
    office.hq.write(key_item(1));
    office.hq.write(limit(Limits::LOGS, 20));
    let mut broken = office.hq.log();
    for entry in &mut broken.branches[0].entries[..2] {
        entry.item = None;
        entry.head = Head::ZERO;
    }
    let mut both = broken.clone();
    both.branches.extend(office.hq.log().branches);
    let read = |log| Roster::fold(office.org, &[office.root.log(), log], &[]);
    assert_eq!(read(broken.clone()).feed_keys(&feed(COMMUNE)).len(), 0);
    assert_eq!(read(broken).named().logs_max, 20, "its neighbours go on");
    assert_eq!(read(both), read(office.hq.log()));
}

#[test]
fn the_order_of_logs_and_envelopes_changes_nothing() {
    let mut office = Office::open();
    let (one, other) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &one);
    office.enrol(18, &other);
    office.hq.write(key_item(1));
    let mut fork = office.hq.clone();
    fork.write(office.closing(&office.hq_key, Mode::DRAIN, &one.name(), &["08.*"]));
    office.hq.write(limit(Limits::BRANCHES, 6));
    let point = (LogId([8; 32]), 3, Head([9; 32]));
    let alone: Vec<_> = [
        office.credential(&office.hq_key, (17, 3), &one, Role::SUPERVISOR, &[("08.*", ALL)]),
        office.credential(&office.hq_key, (17, 1), &one, Role::WORKER, &[("09.*", Rights(3))]),
        office.closing(&office.hq_key, Mode::CUT, &other.name(), &["*"]),
        office.release(&one.key, point),
        office.release(&office.hq_key, point),
    ]
    .iter()
    .map(envelope)
    .collect();
    let mut logs = office.logs();
    logs[1] = office.hq.log_with(&[&fork]);
    let expected = Roster::fold(office.org, &logs, &alone);
    for turn in 0..logs.len() * alone.len() {
        let (mut logs, mut alone) = (logs.clone(), alone.clone());
        logs.rotate_left(turn % 4);
        alone.rotate_left(turn % 5);
        if turn % 2 == 1 {
            logs.reverse();
            alone.reverse();
            logs.iter_mut().for_each(|log| log.branches.reverse());
        }
        assert_eq!(Roster::fold(office.org, &logs, &alone), expected, "turn {turn}");
        assert_eq!(expected.fold_again(&logs, &alone), expected, "turn {turn}");
    }
    assert_eq!(Roster::empty(office.org).fold_again(&logs, &alone), expected);
}

#[test]
fn folding_again_believes_nothing_that_was_not_proved() {
    let mut office = Office::open();
    let tablet = Guest::new(20);
    office.enrol(17, &tablet);
    let roster = office.read();
    let mut bent =
        envelope(&office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &[("*", ALL)]));
    bent.sig.0[0] ^= 1;
    assert_eq!(roster.fold_again(&office.logs(), &[bent]), roster);
}

#[test]
fn what_is_listed_never_becomes_fewer_and_other_limits_follow_the_last_word() {
    let mut office = Office::open();
    for (name, value) in [(1, 3), (1, 40), (1, 20), (2, 2), (77, 9), (77, 4)] {
        office.hq.write(limit(name, value));
    }
    let roster = office.read();
    assert_eq!((roster.named().logs_max, roster.named().branches_max), (40, 4));
    assert_eq!((roster.limit(77), roster.limit(78)), (Some(4), None));
}

#[test]
fn names_for_the_listing_come_from_closings_releases_and_finished_logs() {
    let mut office = Office::open();
    let point = |byte| (LogId([byte; 32]), 3, Head([byte; 32]));
    let tablet = Guest::new(20);
    let Item::Closing(_, mut closing) = office.closing(&office.hq_key, Mode::CUT, &tablet.name(), &["*"])
    else {
        panic!("a closing");
    };
    closing.keep = [point(1)].into_iter().collect();
    let body = crate::encoding::to_bytes(&closing);
    let signed =
        crate::identity::Signed::make(&office.org, &office.hq_key, crate::identity::Kind::Closing, body);
    office.hq.write(office.release(&office.hq_key, point(2)));
    let finished = Finished { log: LogId([4; 32]), tip: SegmentId([5; 32]) };
    office.hq.write(Item::Finished(finished));
    let elsewhere = office.release(&office.hq_key, point(3));
    let alone = [signed.as_signed().clone(), envelope(&elsewhere)];
    let roster = Roster::fold(office.org, &office.logs(), &alone);
    assert_eq!(roster.named().points, [point(1), point(2)].into_iter().collect());
    assert!(roster.named().finished[&LogId([4; 32])].contains(&SegmentId([5; 32])));
    assert_eq!(roster.closings()[0].position, None, "held alone: its place is not known");
}

#[test]
fn a_cut_closes_sessions_and_a_drain_moves_scope() {
    let mut office = Office::open();
    let (stolen, moved) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &stolen);
    office.enrol(18, &moved);
    let both = [(COMMUNE, Rights(3)), ("08.201.11.09", Rights(3))];
    office.people.write(office.credential(&office.hq_key, (18, 1), &moved, Role::WORKER, &both));
    let cut = office.closing(&office.hq_key, Mode::CUT, &stolen.name(), &[COMMUNE]);
    let drain = office.closing(&office.hq_key, Mode::DRAIN, &moved.name(), &[COMMUNE]);
    let by_nobody = office.closing(&stolen.key, Mode::CUT, &moved.name(), &["*"]);
    let roster = Roster::fold(office.org, &office.logs(), &[&cut, &drain, &by_nobody].map(envelope));
    assert_eq!(roster.closings().len(), 2, "only headquarters closes");
    assert_eq!(roster.admission(&stolen.name()), Admission::Closed);
    assert!(roster.subscribed_by_right(&stolen.name(), &Feed::roster()));
    assert!(!roster.subscribed_by_right(&stolen.name(), &feed(COMMUNE)));
    assert!(roster.may_write(&stolen.name(), &feed(COMMUNE)), "honest work is never stranded");
    assert_eq!(roster.admission(&moved.name()), Admission::Admitted { role: Role::WORKER, serial: Some(18) });
    assert!(!roster.subscribed_by_right(&moved.name(), &feed(COMMUNE)));
    assert!(roster.subscribed_by_right(&moved.name(), &feed("08.201.11.09")));
    assert!(!roster.closings().iter().any(|view| view.touches(&stolen.name(), &Feed::roster())));
    let unknown = office.closing(&office.hq_key, Mode(9), &moved.name(), &[COMMUNE]);
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&unknown)]);
    assert_eq!(roster.admission(&moved.name()), Admission::Closed, "an unknown mode is a cut");
}

#[test]
fn a_release_counts_where_its_signer_supervises_or_ever_did() {
    let mut office = Office::open();
    let (supervisor, worker) = (Guest::new(20), Guest::new(21));
    office.enrol(17, &worker);
    office.people.write(office.credential(
        &office.hq_key,
        (18, 1),
        &supervisor,
        Role::SUPERVISOR,
        &[(COMMUNE, ALL)],
    ));
    office.people.write(office.credential(
        &office.hq_key,
        (18, 2),
        &supervisor,
        Role::WORKER,
        &[("09.1", WRITE)],
    ));
    let line = (LogId([8; 32]), 3, Head([9; 32]));
    let mut own = Pen::new(&supervisor.key, feed(COMMUNE), 1, None);
    let place = own.write(office.release(&supervisor.key, line));
    let mut logs = office.logs();
    logs.push(own.log());
    let roster = Roster::fold(office.org, &logs, &[envelope(&office.release(&worker.key, line))]);
    let by = |guest: &Guest| {
        let found = roster.releases().iter().find(|view| view.signed.signer == guest.name());
        found.expect("verified and kept")
    };
    assert!(roster.release_counts(by(&supervisor), &feed(COMMUNE)));
    assert!(!roster.release_counts(by(&supervisor), &feed("09.1")));
    assert!(!roster.release_counts(by(&worker), &feed(COMMUNE)));
    assert_eq!(by(&supervisor).stands, [place].into_iter().collect());
    assert!(by(&worker).stands.is_empty() && roster.named().points.is_empty());
}

#[test]
fn a_replaced_headquarters_releases_only_through_its_old_log() {
    let mut office = Office::open();
    let line = |byte| (LogId([byte; 32]), 3, Head([byte; 32]));
    let kept = office.hq.write(office.release(&office.hq_key, line(1)));
    office.hq.write(office.release(&office.hq_key, line(2)));
    let new = secret(30);
    let alone =
        [envelope(&office.release(&office.hq_key, line(3))), envelope(&office.release(&new, line(4)))];
    office.root.write(delegate(&new, Role::HEADQUARTERS, &["*"], Some(kept)));
    let roster = Roster::fold(office.org, &office.logs(), &alone);
    let counted: Vec<u8> = roster
        .releases()
        .iter()
        .filter(|view| roster.release_counts(view, &feed(COMMUNE)))
        .map(|view| view.release.lines.as_slice()[0].0.0[0])
        .collect();
    assert_eq!(counted.iter().copied().collect::<std::collections::BTreeSet<_>>(), [1, 4].into());
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
    office.hq.write(office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &[(COMMUNE, WRITE)]));
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
fn a_constant_counts_once_by_what_it_is() {
    let mut office = Office::open();
    for (number, chunk) in [(1, vec![1]), (2, vec![2]), (3, vec![1])] {
        office.hq.write(Item::Constant(Constant { number, chunk }));
    }
    let roster = office.read();
    assert_eq!(roster.constants().iter().map(|constant| constant.number).collect::<Vec<_>>(), vec![1, 2]);
}

#[test]
fn grants_of_several_patterns_add_up() {
    let office = Office::open();
    let tablet = Guest::new(20);
    let many = [("08.201.*", Rights::READ), (COMMUNE, WRITE), ("08.201/referrals", Rights(3))];
    let issued = office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &many);
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&issued)]);
    let rights = |name| roster.rights(&tablet.name(), &feed(name));
    assert_eq!(rights(COMMUNE), Rights(3));
    assert_eq!(rights("08.201.11.09"), Rights::READ);
    assert_eq!(rights("08.201/referrals"), Rights(3));
    assert_eq!(rights("08.202.1"), Rights(0));
    assert_eq!(roster.credential(17).map(|view| view.grants.len()), Some(3));
    assert_ne!(grants(&many), Set::default());
}
