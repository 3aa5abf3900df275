//! The relay ends and comes back on its folder, again and again, and once without its folder: nothing is lost.

use khettara_device::Whereabouts;

use crate::town::{Town, household, save, sync, visit, visits_at};

#[test]
fn between_every_two_syncs_the_relay_is_another_process_and_nothing_is_lost() {
    let mut town = Town::found();
    let (amina, fatima) = (town.tablet("amina"), town.tablet("fatima"));
    save(&amina, &[household()]);
    for day in 1..=6 {
        let (writer, reader) = if day % 2 == 0 { (&fatima, &amina) } else { (&amina, &fatima) };
        save(writer, &[visit(day)]);
        town.stop_relay();
        town.start_relay();
        assert_eq!(sync(writer).expect("syncs").sent, 1);
        town.stop_relay();
        town.start_relay();
        assert_eq!(sync(reader).expect("syncs").received, 1, "what was taken before is given after");
    }
    town.stop_relay();
    town.start_relay();
    assert_eq!(town.pull(), 6);
    town.stop_relay();
    town.start_relay();
    for device in [&amina, &fatima] {
        sync(device).expect("syncs");
        assert_eq!(visits_at(device, Whereabouts::Headquarters), 3);
        assert_eq!(device.status().expect("reads").visits_readable, 6);
    }
    assert_eq!(town.table("visits.csv").len(), 6);
    assert!(!town.relay_said("built anew") && !town.relay_said("torn"), "it ended cleanly each time");
}

#[test]
fn a_relay_that_lost_its_index_knows_as_much_as_before() {
    let mut town = Town::found();
    let amina = town.tablet("amina");
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    town.stop_relay();
    std::fs::remove_dir_all(town.dir("relay").join("store").join("index")).expect("it may go");
    town.start_relay();
    assert!(town.relay_said("was built anew from the journal; nothing was lost"));
    assert_eq!(sync(&amina).expect("syncs").sent, 0, "it still has the visit");
    assert_eq!(town.pull(), 1);
}

#[test]
fn a_relay_set_back_to_an_old_copy_is_given_again_what_it_had() {
    let mut town = Town::found();
    let amina = town.tablet("amina");
    save(&amina, &[household(), visit(3)]);
    sync(&amina).expect("syncs");
    town.stop_relay();
    let (relay, backup) = (town.dir("relay"), town.dir("backup"));
    copy(&relay, &backup);
    town.start_relay();
    save(&amina, &[visit(4)]);
    assert_eq!(sync(&amina).expect("syncs").sent, 1);
    assert_eq!(visits_at(&amina, Whereabouts::Delivered), 2);
    town.stop_relay();
    std::fs::remove_dir_all(&relay).expect("the machine is gone");
    copy(&backup, &relay);
    town.start_relay();
    sync(&amina).expect("syncs");
    assert_eq!(town.pull(), 2, "both visits reach headquarters through the restored relay");
    sync(&amina).expect("syncs");
    assert_eq!(visits_at(&amina, Whereabouts::Headquarters), 2);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("the disk works");
    for entry in std::fs::read_dir(from).expect("lists") {
        let entry = entry.expect("an entry");
        let place = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).expect("copies");
        }
    }
}
