//! Enrolling: from a QR code, from a typed code, and what is refused.

use khettara_core::id::DeviceKey;
use khettara_core::wire::Refusal;
use khettara_device::{Device, DeviceError, Enrolment, ErrorKind, OrganisationFile};
use khettara_node::quic::DialError;

use crate::world::{World, household, sync, visit};

const HOUSEHOLD: &str = "0192f7a4-5c3b-7d21-9f64-3b1f0a6e2c11";

#[test]
fn a_tablet_enrols_from_a_ticket_and_another_from_a_typed_code() {
    let world = World::new();
    let scanned = world.tablet("scanned");
    assert_eq!(scanned.status().expect("reads").enrolment, Enrolment::Enrolled);

    let ticket = world.ticket();
    let typed = world.blank("typed");
    let file = OrganisationFile::read(&world.organisation_file()).expect("reads");
    let code = ticket.secret.typed().to_lowercase();
    typed.enroll_typed(ticket.serial, &code, file).expect("a good code");
    assert_eq!(typed.status().expect("reads").enrolment, Enrolment::Waiting);
    assert!(sync(&typed).expect("syncs").enrolled);
    let status = typed.status().expect("reads");
    assert_eq!((status.enrolment, status.serial), (Enrolment::Enrolled, Some(ticket.serial)));
    assert_eq!(status.organisation.as_deref(), Some("Errachidia"));
}

#[test]
fn an_enrolment_interrupted_before_its_first_sync_goes_on_after_a_restart() {
    let world = World::new();
    let device = world.blank("amina");
    device.enroll(&world.ticket().to_text()).expect("a good code");
    drop(device);
    let (device, sentences) = Device::open(&world.dir("amina")).expect("opens");
    assert!(sentences.is_empty(), "{sentences:?}");
    assert!(sync(&device).expect("syncs").enrolled);
}

#[test]
fn a_second_tablet_with_the_same_code_is_refused_and_the_first_works_on() {
    let world = World::new();
    let ticket = world.ticket().to_text();
    let first = world.blank("first");
    first.enroll(&ticket).expect("a good code");
    assert!(sync(&first).expect("syncs").enrolled);

    let second = world.blank("second");
    second.enroll(&ticket).expect("a good code");
    second.record_line(&household(HOUSEHOLD)).expect("saves");
    let refused = sync(&second).expect_err("is refused");
    assert!(matches!(refused, DeviceError::ClaimRefused(Refusal::ALREADY_USED)), "{refused}");
    assert_eq!((refused.kind(), refused.retryable()), (ErrorKind::Refused, false));
    assert_eq!(second.status().expect("reads").households, 1, "nothing is lost");

    first.record_line(&household(HOUSEHOLD)).expect("saves");
    first.record_line(&visit(HOUSEHOLD, 2)).expect("saves");
    assert_eq!(sync(&first).expect("syncs").sent, 1);

    second.enroll(&world.ticket().to_text()).expect("another code");
    let report = sync(&second).expect("syncs");
    assert!(report.enrolled, "{report:?}");
}

#[test]
fn an_enrolled_tablet_takes_no_other_code_and_syncs_on() {
    let world = World::new();
    let code = world.ticket().to_text();
    let device = world.blank("amina");
    device.enroll(&code).expect("a good code");
    sync(&device).expect("syncs");
    let refused = device.enroll(&world.ticket().to_text()).expect_err("it has one");
    assert!(matches!(refused, DeviceError::AlreadyEnrolled(_)), "{refused}");
    device.enroll(&code).expect("its own, read once more, changes nothing");
    device.record_line(&household(HOUSEHOLD)).expect("saves");
    device.record_line(&visit(HOUSEHOLD, 2)).expect("saves");
    assert_eq!(sync(&device).expect("syncs").sent, 1);
}

#[test]
fn a_code_of_another_organisation_is_refused_and_loses_nothing() {
    let (world, other) = (World::seeded(1), World::seeded(2));
    let device = world.tablet("amina");
    let refused = device.enroll(&other.ticket().to_text()).expect_err("is refused");
    assert!(matches!(refused, DeviceError::OtherOrganisation), "{refused}");
    assert_eq!(device.status().expect("reads").enrolment, Enrolment::Enrolled);

    // The other organisation's code, with the address and key of this relay.
    let mut misled = other.ticket();
    misled.addresses = vec![world.address.to_string()];
    misled.pin = world.relay_key;
    let stranger = world.blank("stranger");
    stranger.enroll(&misled.to_text()).expect("reads");
    stranger.record_line(&household(HOUSEHOLD)).expect("saves");
    let refused = sync(&stranger).expect_err("is refused");
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    assert_eq!(stranger.status().expect("reads").households, 1);
}

#[test]
fn a_relay_whose_key_is_not_pinned_is_not_spoken_to() {
    let world = World::new();
    let mut ticket = world.ticket();
    ticket.pin = DeviceKey(khettara_core::identity::SigningKey::from_seed(&[99; 32]).public().0);
    let device = world.blank("amina");
    device.enroll(&ticket.to_text()).expect("reads");
    let refused = sync(&device).expect_err("is refused");
    assert!(matches!(refused, DeviceError::Dial(DialError::WrongKey)), "{refused}");
    assert!(!refused.retryable());
}

#[test]
fn a_folder_holds_one_tablet_and_one_process_has_it_open() {
    let world = World::new();
    let device = world.blank("amina");
    assert!(matches!(Device::init(&world.dir("amina")), Err(DeviceError::Exists)));
    let held = Device::open(&world.dir("amina")).expect_err("is held");
    assert!(held.retryable(), "{held}");
    drop(device);
    Device::open(&world.dir("amina")).expect("opens");
    assert!(matches!(Device::open(&world.dir("nobody")), Err(DeviceError::Missing)));
}
