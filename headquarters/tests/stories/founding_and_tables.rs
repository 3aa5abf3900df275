//! Founding, inviting, and tables: the same cut gives the same bytes, whatever the order in which work came.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Relay, Tablet, feed, founded, household, ticket, visit};
use khettara_core::id::{DeviceKey, Pattern};
use khettara_core::identity::{Role, Ticket};
use khettara_hq::export::{Manifest, read_table};
use khettara_hq::{Guest, Headquarters, HqError, NewRelay, Plan};
use khettara_node::OrganisationFile;

#[test]
fn an_organisation_is_founded_once_and_its_relays_know_headquarters() {
    let folder = tempfile::tempdir().expect("the disk works");
    let office = founded(folder.path(), Relay::free_address());
    let file = OrganisationFile::read(&folder.path().join("organisation.json")).expect("reads");
    assert_eq!((&file, file.pins.as_slice()), (office.organisation(), [Relay::key()].as_slice()));
    let (key, plan) = (office.key(), Plan { name: "Another".into(), relays: Vec::new() });
    drop(office);
    assert!(matches!(Headquarters::init(folder.path(), &plan), Err(HqError::Founded)));
    let mut office = crate::support::open_when_free(folder.path());
    assert_eq!((office.key(), office.status().expect("reads").relays), (key, vec![Relay::key().to_hex()]));
    std::fs::rename(folder.path().join("root"), folder.path().join("offline")).expect("moves");
    let relay = NewRelay { key: DeviceKey([5; 32]), addresses: Vec::new(), feeds: Vec::new() };
    assert!(matches!(office.add_relay(&relay), Err(HqError::NoRoot)));
}

#[test]
fn founding_that_was_interrupted_goes_on_with_the_same_keys() {
    let folder = tempfile::tempdir().expect("the disk works");
    let plan = Plan { name: "Errachidia".into(), relays: Vec::new() };
    let org = Headquarters::init(folder.path(), &plan).expect("founds").organisation().org;
    std::fs::remove_file(folder.path().join("organisation.json")).expect("the last step never happened");
    let office = Headquarters::init(folder.path(), &plan).expect("goes on");
    assert_eq!(office.organisation().org, org);
    assert_eq!(office.status().expect("reads").alarm, None);
}

#[test]
fn a_ticket_reads_back_and_its_secret_is_kept_nowhere() {
    let folder = tempfile::tempdir().expect("the disk works");
    let mut office = founded(folder.path(), Relay::free_address());
    let first = ticket(&mut office);
    let second = ticket(&mut office);
    assert_eq!((first.serial, second.serial, first.pin), (1, 2, Relay::key()));
    assert_eq!(Ticket::from_text(&first.to_text()), Ok(first.clone()));
    let unknown = vec![Pattern::new("08.999.*").expect("a pattern")];
    let guest = Guest { role: Role::WORKER, feeds: unknown, relay: None };
    assert!(matches!(office.invite(&guest), Err(HqError::UnknownFeed { .. })));
    drop(office);
    let secret = first.secret.bytes();
    for file in files_under(folder.path()) {
        let bytes = std::fs::read(&file).expect("reads");
        assert!(!bytes.windows(16).any(|window| window == secret), "{}", file.display());
    }
}

fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("reads") {
        let path = entry.expect("reads").path();
        if path.is_dir() { found.extend(files_under(&path)) } else { found.push(path) }
    }
    found
}

/// The bytes of every table, and the manifest without its time.
fn tables(to: &Path, manifest: &Manifest) -> BTreeMap<String, Vec<u8>> {
    let said = serde_json::to_vec(&Manifest { generated_at_ms: 0, ..manifest.clone() }).expect("encodes");
    let files = manifest.files.iter();
    let read = |name: &str| std::fs::read(to.join(name)).expect("reads");
    files.map(|file| (file.name.clone(), read(&file.name))).chain([("manifest".into(), said)]).collect()
}

#[test]
fn equal_cuts_give_equal_bytes_whether_pulled_at_once_or_piece_by_piece() {
    let folder = tempfile::tempdir().expect("the disk works");
    let address = Relay::free_address();
    let mut office = founded(&folder.path().join("hq"), address);
    let relay = Relay::start(office.organisation(), address);
    let tickets = [ticket(&mut office), ticket(&mut office)];
    office.pull(&mut |_| {}).expect("pulls");
    drop(office);
    copy(&folder.path().join("hq"), &folder.path().join("other"));
    let mut office = crate::support::open_when_free(&folder.path().join("hq"));
    for (number, ticket) in (1..).zip(&tickets) {
        let mut tablet = Tablet::with_ticket(number, ticket);
        tablet.meet(&relay);
        let note = format!("note {number}\nsuite");
        tablet.save(&feed(), &[household(3 - number, &note), household(7, &note), visit(7, "@qui")]);
        tablet.meet(&relay);
        office.pull(&mut |_| {}).expect("pulls");
    }
    let to = folder.path().join("tables");
    let first = office.export(&to).expect("exports");
    let before = tables(&to, &first);
    let again = office.export(&to).expect("exports in the place of the first");
    assert_eq!(tables(&to, &again), before, "twice the same");
    for file in &first.files {
        assert_eq!(file.bytes, before[&file.name].len() as u64, "{}", file.name);
        assert_eq!(file.sha256, sha256(&before[&file.name]), "{}", file.name);
        if file.name.ends_with(".csv") {
            let rows = read_table(&to.join(&file.name)).expect("reads");
            assert_eq!(rows.len() as u64, file.rows + 1, "{}", file.name);
        }
    }
    assert_eq!((first.devices.enrolled, first.devices.with_data, first.holds.households), (2, 2, 3));
    drop(office);
    let mut other = crate::support::open_when_free(&folder.path().join("other"));
    other.pull(&mut |_| {}).expect("pulls all at once");
    let to = folder.path().join("other-tables");
    let at_once = other.export(&to).expect("exports");
    assert_eq!(tables(&to, &at_once), before, "in another order the same");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("makes");
    for entry in std::fs::read_dir(from).expect("reads") {
        let path = entry.expect("reads").path();
        let target = to.join(path.file_name().expect("named"));
        if path.is_dir() {
            copy(&path, &target)
        } else {
            assert!(std::fs::copy(&path, &target).is_ok(), "copies")
        }
    }
}
