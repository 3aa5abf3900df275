//! An invitation gives the addresses of all relays, and the key of the one that binds. When that one is gone, a tablet
//! brings its work to another, whose key it has from the roster, and headquarters has it from there.

use khettara_device::Whereabouts;
use khettara_hq::NewRelay;
use khettara_hq::pull::Outcome;
use khettara_relay::{Config, Log, Options, Relay, RunningRelay};

use crate::town::{Town, household, save, sync, visit, visits_at};

fn second_relay(town: &mut Town) -> RunningRelay {
    let dir = town.dir("second");
    khettara_relay::init(&dir, &town.headquarters.folder().organisation(), None).expect("makes a relay");
    let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
    let options = Options { dir, config, log: Log::to(|_| ()) };
    let relay = town.runtime.block_on(Relay::start(options)).expect("the relay starts");
    let (key, addresses) = (relay.key(), vec![relay.address().to_string()]);
    let named = NewRelay { key, addresses, feeds: Vec::new() };
    town.headquarters.add_relay(&named).expect("the root is at hand");
    town.pull();
    relay
}

#[test]
fn a_tablet_believes_the_key_that_the_root_named() {
    let mut town = Town::found();
    let second = second_relay(&mut town);
    let amina = town.tablet("amina");
    save(&amina, &[household(), visit(3)]);
    town.stop_relay();
    let report = sync(&amina).expect("the second relay answers");
    assert_eq!((report.sent, visits_at(&amina, Whereabouts::Delivered)), (1, 1));

    let report = town.headquarters.pull(&mut |_| ()).expect("one relay answers");
    assert_eq!((report.outcome(), report.visits), (Outcome::Partial, 1), "and it is said that one did not");
    sync(&amina).expect("syncs");
    assert_eq!(visits_at(&amina, Whereabouts::Headquarters), 1);

    town.start_relay();
    assert_eq!(town.pull(), 0, "the first is given what it missed");
    save(&amina, &[visit(4)]);
    town.runtime.block_on(second.stop()).expect("the second stops");
    assert_eq!(sync(&amina).expect("the first answers").sent, 1, "and takes what comes next");
}
