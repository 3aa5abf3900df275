//! From the genesis to headquarters: delegations, rotations, forks.

use super::super::story::*;
use super::super::{Admission, Alarm, Roster};
use super::{key_item, limit};
use crate::id::{Feed, Head, KemKey, KeyId, OrgId};
use crate::identity::{Genesis, Item, Limits, Mode, Rights, Role, Withdraw};

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
    assert_eq!(roster.genesis().map(|genesis| genesis.root), Some(root));
    assert_eq!(roster.org(), office.org);
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
    assert_eq!(roster.delegate(&hq), Some((Role::HEADQUARTERS, &patterns(&["*"]))));
    assert_eq!(roster.delegate(&relay), Some((Role::RELAY, &patterns(&["08.*"]))));
    assert!(roster.subscribed_by_right(&relay, &Feed::people()));
    assert!(roster.subscribed_by_right(&hq, &feed(COMMUNE)));
    assert!(!roster.subscribed_by_right(&hq, &feed("@roster/other")), "nobody knows what that is");
    assert_eq!(roster.serials().count(), 0);
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
fn heads_that_nobody_knows_are_not_equal() {
    let mut office = Office::open();
    let mut other = office.hq.clone();
    for byte in [1, 2] {
        office.hq.write(key_item(byte));
        other.write(key_item(byte + 10));
    }
    let mut forked = office.hq.log_with(&[&other]);
    for branch in &mut forked.branches {
        branch.entries[1].item = None;
        branch.entries[1].head = Head::ZERO;
    }
    let roster = Roster::fold(office.org, &[office.root.log(), forked], &[]);
    assert!(matches!(roster.alarm(), Some(Alarm::HeadquartersForked { at: Some((_, 1, _)) })));
}

#[test]
fn a_twin_shows_the_head_that_the_next_headquarters_continues_from() {
    let mut office = Office::open();
    let kept = office.hq.write(key_item(1));
    office.hq.write(key_item(2));
    let mut log = office.hq.log();
    log.branches.extend(log.branches.clone());
    log.branches[0].entries[1].head = Head::ZERO;
    office.root.write(delegate(&secret(30), Role::HEADQUARTERS, &["*"], Some(kept)));
    let roster = Roster::fold(office.org, &[office.root.log(), log], &[]);
    assert_eq!(roster.position().map(|position| position.n), Some(2));
}

#[test]
fn a_log_is_followed_up_to_an_entry_it_holds() {
    let logs = Office::open().logs();
    let held = super::super::branches::read(&logs);
    for log in held.values() {
        let heads: Vec<Head> = log.branches[0].iter().map(|step| step.head).collect();
        for (before, head) in heads.iter().enumerate() {
            let n = before as u64 + 1;
            assert_eq!(log.through(n, head).map(<[_]>::len), Some(before + 1));
            assert!(log.through(n, &Head::ZERO).is_none(), "no name");
            assert!(log.through(n - 1, head).is_none() && log.through(n + 1, head).is_none());
        }
    }
}
