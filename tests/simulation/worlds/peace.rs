//! The end of every world: the faults stop, everybody meets, and everybody must agree.

use khettara_tests::Link;

use super::cost::{Before, Cost};
use super::life::Life;

/// Rounds of clean meetings after which everybody must agree.
const ROUNDS: usize = 6;
/// Rounds whose cost is counted: after them nothing is missing.
const ROUNDS_COUNTED: usize = 2;
const ITEM: u8 = 16;

impl Life {
    /// The faults stop: a few rounds of clean meetings, then everybody agrees and nobody has more to say.
    pub(super) fn make_peace(&mut self) {
        let mut parties = vec!["headquarters".into(), "relay".into()];
        parties.extend(self.tablets.clone());
        for name in &parties {
            self.people.disk(name).fail_always(None);
            self.people.restart(name, &mut self.chance);
        }
        self.oracle.check_kept(&self.people.world);
        let mut cost = Cost::default();
        for round in 0..ROUNDS {
            self.answer();
            for name in parties.clone().iter().filter(|name| *name != "relay") {
                let counts = round < ROUNDS_COUNTED && !self.is_several(name);
                let before = counts.then(|| Before::of(&self.people.world, name, "relay"));
                let report = self.record(name, "relay", Link::default());
                if let Some(before) = before {
                    before.count(&mut cost, &self.people.world, [name, "relay"], &report);
                }
                assert!(report.settled, "{name} and the relay part without having settled: {report:#?}");
            }
        }
        cost.check();
        self.oracle.relay_set_back = false;
        self.believe();
        for name in parties.iter().filter(|name| *name != "relay") {
            self.read(name).expect("the faults have stopped");
        }
        self.oracle.check_end(&mut self.people.world, &parties);
        for name in parties.iter().filter(|name| *name != "relay") {
            let report = self.record(name, "relay", Link::default());
            // Headquarters offers the keys of whoever has not written yet, until he has.
            let frames = report.frames.iter().filter(|(_, kind, _)| name != "headquarters" || *kind != ITEM);
            let quiet = frames.count() == 2 && report.segments_up + report.segments_down == 0;
            assert!(quiet, "{name} has more to say: {:?}", report.frames);
        }
        assert!(
            self.oracle.count() > 0 || self.writing.count() == 0 || self.swarm.failing || self.swarm.full
        );
    }
}
