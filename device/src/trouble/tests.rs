//! Every error is told whole in three languages, under a code of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use khettara_core::error::ErrorKind as Kind;
use khettara_node::Owner;
use khettara_node::chance::NoChance;
use khettara_node::driver::StartError;
use khettara_node::quic::BindError;
use khettara_records::model::{REASON_CODES, Reason, parse_line};

use super::*;

/// Which variant this is. A new one has to be given its example before this compiles.
const fn place(error: &DeviceError) -> usize {
    match error {
        DeviceError::Exists => 0,
        DeviceError::Missing => 1,
        DeviceError::Keys(_) => 2,
        DeviceError::OtherKeys => 3,
        DeviceError::Open(_) => 4,
        DeviceError::Store(_) => 5,
        DeviceError::Engine(_) => 6,
        DeviceError::Chance(_) => 7,
        DeviceError::Ticket(_) => 8,
        DeviceError::OrganisationFile(_) => 9,
        DeviceError::NoRelay => 10,
        DeviceError::NotEnrolled => 11,
        DeviceError::OtherOrganisation => 12,
        DeviceError::ClaimRefused(_) => 13,
        DeviceError::Record(_) => 14,
        DeviceError::NotSaved(_) => 15,
        DeviceError::NoSuchHousehold => 16,
        DeviceError::NoSuchConflict => 17,
        DeviceError::NoSuchSide => 18,
        DeviceError::NotGranted => 19,
        DeviceError::Dial(_) => 20,
        DeviceError::Bind(_) => 21,
        DeviceError::Runtime(_) => 22,
        DeviceError::Start(_) => 23,
        DeviceError::Closed(_) => 24,
        DeviceError::RelayBroken => 25,
        DeviceError::Syncing => 26,
        DeviceError::Input(_) => 27,
        DeviceError::AlreadyEnrolled(_) => 28,
        DeviceError::Held(_) => 29,
    }
}

const PLACES: usize = 30;

/// What a system says, with a path as some systems put it there.
fn said(kind: io::ErrorKind) -> io::Error {
    io::Error::new(kind, "opening /data/user/0/khettara: no")
}

fn store_errors() -> Vec<StoreError> {
    use Damage::{Chain, Content, Header, OtherStore, Record, TwoSuccessors, Version};
    let damages = [Header, Version, OtherStore, Chain, TwoSuccessors, Record, Content];
    let mut errors: Vec<_> = damages.into_iter().map(StoreError::Damaged).collect();
    errors.extend([StoreError::Full, StoreError::Disk(5), StoreError::Index]);
    errors.extend([StoreError::TooLarge, StoreError::Misuse]);
    errors
}

fn of_files() -> Vec<DeviceError> {
    let keys = [
        KeyFileError::Exists,
        KeyFileError::Missing,
        KeyFileError::WrongLength { found: 3 },
        KeyFileError::NotOurs,
        KeyFileError::Damaged,
        KeyFileError::Io(said(io::ErrorKind::StorageFull)),
        KeyFileError::Io(said(io::ErrorKind::PermissionDenied)),
    ];
    let opening = [
        OpenError::Lock(LockError::Held),
        OpenError::Lock(LockError::Io(said(io::ErrorKind::PermissionDenied))),
        OpenError::Other(Owner::Relay),
        OpenError::Disk(DiskError::Full),
        OpenError::Disk(DiskError::NotFound),
        OpenError::Disk(DiskError::Exists),
        OpenError::Disk(DiskError::Failed(5)),
        OpenError::Index(IndexError::Full),
        OpenError::Index(IndexError::Failed),
        OpenError::Chance,
    ];
    let json = serde_json::from_str::<u8>("{").expect_err("no number");
    let file = [
        OrganisationFileError::Missing,
        OrganisationFileError::Io(said(io::ErrorKind::PermissionDenied)),
        OrganisationFileError::TooLarge,
        OrganisationFileError::Json(json),
        OrganisationFileError::Name,
        OrganisationFileError::Org,
        OrganisationFileError::Genesis,
        OrganisationFileError::Signature,
        OrganisationFileError::OtherOrganisation,
        OrganisationFileError::Address { place: 0 },
        OrganisationFileError::Pin { place: 1 },
    ];
    let mut errors: Vec<DeviceError> = keys.into_iter().map(DeviceError::from).collect();
    errors.extend(opening.into_iter().map(DeviceError::from));
    errors.extend(file.into_iter().map(DeviceError::from));
    for error in store_errors() {
        errors.push(OpenError::from(error).into());
        errors.push(error.into());
        errors.push(EngineError::from(error).into());
        errors.push(RecordFailure::from(error).into());
    }
    errors.extend([EngineError::Cut, EngineError::Moved].map(DeviceError::from));
    errors.extend([RecordFailure::Behind, RecordFailure::Unreadable].map(DeviceError::from));
    errors
}

fn of_network() -> Vec<DeviceError> {
    use CloseReason::{Done, Misbehaved, NotAdmitted, Stopping, StoreFailed, Version, WrongOrganisation};
    let mut dialled = vec![DialError::NothingToDial, DialError::NoAnswer, DialError::Down];
    dialled.extend([DialError::WrongKey, DialError::Version, DialError::Busy]);
    dialled.extend([DialError::Broken, DialError::Unreachable]);
    let closed = [Done, Version, Misbehaved, WrongOrganisation, NotAdmitted, StoreFailed, Stopping];
    dialled.extend(closed.map(DialError::Refused));
    let mut errors: Vec<DeviceError> = dialled.into_iter().map(DeviceError::from).collect();
    errors.extend(closed.map(DeviceError::Closed));
    errors.extend((0..=7).map(|number| DeviceError::ClaimRefused(Refusal(number))));
    errors.push(BindError::from(said(io::ErrorKind::AddrInUse)).into());
    errors.push(DeviceError::Runtime(said(io::ErrorKind::OutOfMemory)));
    errors.push(StartError::from(said(io::ErrorKind::OutOfMemory)).into());
    errors
}

/// Examples of every error that a worker can meet.
fn examples() -> Vec<DeviceError> {
    let mut errors = of_files();
    errors.extend(of_network());
    let codes =
        [TicketError::NotOurs, TicketError::BadCharacter, TicketError::WrongLength, TicketError::BadCheck];
    errors.extend(codes.map(DeviceError::from));
    let held = [
        HeldError::NoSuchEntry,
        HeldError::SeveralEntries,
        HeldError::NothingToRelease,
        HeldError::Own,
        HeldError::NoSupervisor,
        HeldError::NotAChange,
        HeldError::PlaceTaken,
        HeldError::NotWritten(said(io::ErrorKind::PermissionDenied)),
    ];
    errors.extend(held.map(DeviceError::from));
    errors.extend([
        DeviceError::Exists,
        DeviceError::Missing,
        DeviceError::OtherKeys,
        DeviceError::Chance(NoChance),
        DeviceError::NoRelay,
        DeviceError::NotEnrolled,
        DeviceError::OtherOrganisation,
        DeviceError::AlreadyEnrolled(7),
        DeviceError::NoSuchHousehold,
        DeviceError::NoSuchConflict,
        DeviceError::NoSuchSide,
        DeviceError::NotGranted,
        DeviceError::RelayBroken,
        DeviceError::Syncing,
        DeviceError::Input(said(io::ErrorKind::InvalidData)),
        refused(r#"{"record":"household","commune":"08.201.11.07","status":"unheard"}"#),
    ]);
    errors
}

fn refused(line: &str) -> DeviceError {
    parse_line(1, line)
        .and_then(|form| form.check().map(|()| form))
        .map_err(|error| DeviceError::from(RecordError { line: None, ..error }))
        .expect_err("refused")
}

fn has_one(sentence: &str, stems: &[&str]) -> bool {
    stems.iter().any(|stem| sentence.contains(stem))
}

const LOST_NOTHING: [&[&str]; 3] =
    [&["لم يضع", "محفوظ"], &["n'est perdu", "en sécurité"], &["is lost", "is safe"]];
const AGAIN: [&[&str]; 3] = [
    &["المحاولة من جديد", "إعادة المزامنة"],
    &["réessayez", "Réessayez", "ynchroniser de nouveau", "ynchronisez de nouveau"],
    &["try again", "Try again", "sync again", "Sync again"],
];
const SPACE: [&[&str]; 3] = [&["إفراغ مساحة"], &["ibérez de l'espace"], &["ree space"]];

#[test]
fn every_error_is_told_whole_in_three_languages() {
    let errors = examples();
    let places: BTreeSet<usize> = errors.iter().map(place).collect();
    assert_eq!(places, (0..PLACES).collect(), "a variant without its example");
    let mut kinds: Vec<Kind> = Vec::new();
    for error in &errors {
        kinds.push(error.kind());
        let sentences = Tongue::ALL.map(|tongue| error.sentence(tongue));
        assert_eq!(sentences.iter().collect::<BTreeSet<_>>().len(), 3, "{error:?}");
        for ((sentence, tongue), place) in sentences.iter().zip(Tongue::ALL).zip(0..) {
            let at = format!("{error:?} in {}: {sentence}", tongue.code());
            assert!(sentence.ends_with('.') && !sentence.contains(".."), "{at}");
            assert!(has_one(sentence, LOST_NOTHING[place]), "says not what is kept: {at}");
            assert!(!has_one(sentence, &["khettara", "/", "{", "}", "  ", "code 5", "relay"]), "{at}");
            let is_latin = |letter: char| letter.is_ascii_alphabetic();
            assert_eq!(tongue == Tongue::Ar, !sentence.contains(is_latin), "{at}");
            assert!(
                error.kind() != Kind::Retry || has_one(sentence, AGAIN[place]),
                "not to be tried again: {at}"
            );
            assert!(error.kind() != Kind::Full || has_one(sentence, SPACE[place]), "no space is freed: {at}");
            assert!(tongue != Tongue::Fr || is_french_spaced(sentence), "{at}");
        }
    }
    for kind in [Kind::Retry, Kind::Full, Kind::Refused, Kind::Invalid, Kind::Corrupt, Kind::Bug] {
        assert!(kinds.contains(&kind), "no error of kind {kind:?}");
    }
}

/// A space before each of `;`, `:`, `!` and `?`.
fn is_french_spaced(sentence: &str) -> bool {
    let letters: Vec<char> = sentence.chars().collect();
    letters.windows(2).all(|two| !";:!?".contains(two[1]) || two[0] == ' ')
}

#[test]
fn every_trouble_is_met_and_has_a_code_of_its_own() {
    let met: BTreeSet<Trouble> = examples().iter().filter_map(|error| trouble(error).ok()).collect();
    assert_eq!(met, Trouble::ALL.iter().copied().collect(), "a trouble that no error is");
    let codes: Vec<&str> =
        Trouble::ALL.iter().map(|one| one.code()).chain(REASON_CODES.iter().copied()).collect();
    for code in &codes {
        assert!(code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{code}");
        assert!(!code.starts_with('_') && !code.ends_with('_') && !code.contains("__"), "{code}");
    }
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "two troubles of one code");
    let mut words: BTreeMap<&str, Trouble> = BTreeMap::new();
    for one in Trouble::ALL {
        let advice = one.advice();
        for said in [advice.happened.ar, advice.happened.fr, advice.happened.en] {
            assert_eq!(words.insert(said, *one), None, "two troubles in the same words: {said}");
        }
    }
}

#[test]
fn what_became_of_the_form_at_hand_is_said_of_each_call_as_it_is() {
    let full = |error: DeviceError| (error.code(), error.sentence(Tongue::En));
    let (code, said) = full(RecordFailure::from(StoreError::Full).into());
    assert_eq!(code, "tablet_full");
    assert_eq!(
        said,
        "The tablet is full. This form was not saved; everything saved before is safe. Free space by removing photos \
         or other apps, then try again."
    );
    let (code, said) = full(EngineError::from(StoreError::Full).into());
    assert!(code == "tablet_full" && said.contains("Nothing that was saved is lost."), "{said}");
    let (code, said) = full(StoreError::Full.into());
    assert!(code == "tablet_full" && said.contains("may not have been saved"), "{said}");
    let damaged = RecordFailure::from(StoreError::Damaged(Damage::Record));
    let (code, said) = full(damaged.into());
    assert_eq!(code, "store_damaged");
    assert!(said.contains("This form was not saved.") && !said.contains("everything saved before"), "{said}");
}

#[test]
fn a_refused_record_has_the_code_of_its_reason_and_names_its_field_in_words() {
    let line = r#"{"record":"household","commune":"08.201.11.07","status":"sedentary","phone":"0612345678"}"#;
    let error = refused(line);
    assert_eq!((error.code(), error.field()), ("bad_phone", Some("phone")));
    assert!(
        error.sentence(Tongue::Ar).starts_with("الهاتف: يُكتب رقم الهاتف"),
        "{}",
        error.sentence(Tongue::Ar)
    );
    assert!(
        error.sentence(Tongue::Fr).starts_with("Téléphone : un numéro"),
        "{}",
        error.sentence(Tongue::Fr)
    );
    assert!(
        error.sentence(Tongue::En).starts_with("Telephone: a telephone"),
        "{}",
        error.sentence(Tongue::En)
    );
    let whole = DeviceError::from(RecordError { line: None, field: String::new(), reason: Reason::Internal });
    assert_eq!((whole.code(), whole.field()), ("internal", None));
    assert_eq!((DeviceError::Syncing.code(), DeviceError::Syncing.field()), ("syncing_already", None));
}
