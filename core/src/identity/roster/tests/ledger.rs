//! What headquarters says, closings, releases, and that order changes nothing.

use std::collections::BTreeSet;

use super::super::headquarters::keep_smaller;
use super::super::proof::Proofs;
use super::super::story::*;
use super::super::{Admission, Roster};
use super::{key_item, limit};
use crate::encoding;
use crate::id::{Feed, Head, KemKey, LogId, OrgId, SegmentId};
use crate::identity::{Constant, Finished, Item, Kind, Limits, Mode, Rights, Role, Signed};

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
        envelope(&office.credential(&office.hq_key, (17, 1), &tablet, Role::WORKER, &[("08.*", ALL)]));
    bent.sig.0[0] ^= 1;
    assert_eq!(roster.fold_again(&office.logs(), &[bent]), roster);
}

#[test]
fn what_was_proved_is_not_proved_again() {
    let office = Office::open();
    let tablet = Guest::new(20);
    let invitation = office.invitation(17, Role::WORKER, &[(COMMUNE, Rights(3))]);
    let (invited, bound) =
        (office.invite(&office.hq_key, invitation.clone()), office.bind(&office.relay_key, 17, &tablet, 1));
    let Item::Binding(bound, binding) = &bound else { panic!("a binding") };
    let prove = |proofs: &mut Proofs<'_>| {
        [proofs.is_signed(&envelope(&invited)), proofs.is_sound(bound, binding, &invitation)]
    };
    let none = BTreeSet::new();
    let mut first = Proofs::new(office.org, &none);
    assert_eq!(prove(&mut first), [true, true]);
    let proved = first.into_proved();
    assert_eq!(proved.len(), 2);
    // For another organisation nothing here is good, so whatever is believed was not looked at again.
    let other = OrgId([5; 32]);
    assert_eq!(prove(&mut Proofs::new(other, &none)), [false, false]);
    assert_eq!(prove(&mut Proofs::new(other, &proved)), [true, true]);
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
    office.hq.write(limit(2, 9));
    office.hq.write(limit(2, 6));
    let roster = office.read();
    assert_eq!((roster.named().branches_max, roster.limit(1), roster.limit(2)), (9, Some(40), Some(9)));
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
    let body = encoding::to_bytes(&closing);
    let signed = Signed::make(&office.org, &office.hq_key, Kind::Closing, body);
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
    let unknown = office.closing(&office.hq_key, Mode(9), &moved.name(), &[COMMUNE]);
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&unknown)]);
    assert_eq!(roster.admission(&moved.name()), Admission::Closed, "an unknown mode is a cut");
}

#[test]
fn a_closing_stands_at_its_smallest_position_and_never_touches_the_roster() {
    let mut office = Office::open();
    let device = secret(50).public();
    let everywhere = office.closing(&office.hq_key, Mode::CUT, &device, &["*"]);
    office.hq.write(everywhere.clone());
    office.hq.write(everywhere.clone());
    let roster = Roster::fold(office.org, &office.logs(), &[envelope(&everywhere)]);
    let [closing] = roster.closings() else { panic!("one closing, held three times") };
    assert_eq!(closing.position, Some(2));
    assert!(closing.touches(&device, &feed(COMMUNE)) && !closing.touches(&device, &Feed::roster()));
    assert!(!closing.touches(&secret(51).public(), &feed(COMMUNE)));
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
        &[("09.1", Rights::WRITE)],
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
fn a_release_stands_in_its_signers_own_log_only_and_only_where_its_place_is_known() {
    let office = Office::open();
    let (one, other) = (Guest::new(20), Guest::new(21));
    let release = office.release(&one.key, (LogId([8; 32]), 3, Head([9; 32])));
    let mut own = Pen::new(&one.key, feed(COMMUNE), 1, None);
    let place = own.write(release.clone());
    let mut copied = Pen::new(&other.key, feed(COMMUNE), 1, None);
    copied.write(release.clone());
    let mut headless = Pen::new(&one.key, feed(COMMUNE), 2, None);
    headless.write(release.clone());
    let mut headless = headless.log();
    headless.branches[0].entries[1].head = Head::ZERO;
    let mut in_clear = Pen::new(&one.key, Feed::people(), 1, None);
    in_clear.write(release);
    let mut logs = office.logs();
    logs.extend([own.log(), copied.log(), headless, in_clear.log()]);
    let roster = Roster::fold(office.org, &logs, &[]);
    let [view] = roster.releases() else { panic!("one release, held in many places") };
    assert_eq!(view.stands, [place].into_iter().collect());
    assert!(!view.is_in_roster && !view.by_headquarters);
}

#[test]
fn of_several_good_envelopes_everybody_shows_the_smallest() {
    let envelope = |byte| {
        let office = Office::open();
        let mut signed =
            envelope(&office.closing(&office.hq_key, Mode::CUT, &office.hq_key.public(), &["*"]));
        signed.sig.0 = [byte; 64];
        signed
    };
    for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3]] {
        let mut kept = envelope(order[0]);
        for byte in order {
            keep_smaller(&mut kept, &envelope(byte));
        }
        assert_eq!(kept, envelope(1));
    }
}

#[test]
fn a_replaced_headquarters_releases_only_through_its_old_log() {
    let mut office = Office::open();
    let line = |byte| (LogId([byte; 32]), 3, Head([byte; 32]));
    let kept = office.hq.write(office.release(&office.hq_key, line(1)));
    office.hq.write(office.release(&office.hq_key, line(2)));
    let new = secret(30);
    let as_supervisor = Guest { key: office.hq_key.clone(), kem: KemKey([1; 32]) };
    let alone = [
        office.release(&office.hq_key, line(3)),
        office.release(&new, line(4)),
        office.credential(&new, (17, 1), &as_supervisor, Role::SUPERVISOR, &[("08.*", ALL)]),
    ]
    .map(|item| envelope(&item));
    office.root.write(delegate(&new, Role::HEADQUARTERS, &["*"], Some(kept)));
    let roster = Roster::fold(office.org, &office.logs(), &alone);
    let counted: Vec<u8> = roster
        .releases()
        .iter()
        .filter(|view| roster.release_counts(view, &feed(COMMUNE)))
        .map(|view| view.release.lines.as_slice()[0].0.0[0])
        .collect();
    assert_eq!(counted.iter().copied().collect::<BTreeSet<_>>(), [1, 4].into());
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
