//! The end of every world: the faults stop, everybody meets, and everybody must agree.

use khettara_tests::Link;

use super::cost::{Before, Cost};
use super::life::Life;

/// Rounds of clean meetings after which everybody must agree.
const ROUNDS: usize = 6;
/// Rounds whose cost is counted: after them nothing is missing.
const ROUNDS_COUNTED: usize = 2;

/// Everybody calls every relay.
fn calls<'a>(callers: &'a [String], relays: &'a [&'a str]) -> impl Iterator<Item = (&'a String, &'a str)> {
    relays.iter().flat_map(|relay| callers.iter().map(|name| (name, *relay)))
}

impl Life {
    /// The faults stop: a few rounds of clean meetings, then everybody agrees and nobody has more to say.
    pub(super) fn make_peace(&mut self) {
        let mut parties = vec!["headquarters".to_string()];
        parties.extend(self.relays.iter().map(|name| (*name).to_string()));
        parties.extend(self.tablets.clone());
        let callers: Vec<String> =
            parties.iter().filter(|name| !self.relays.contains(&name.as_str())).cloned().collect();
        // Everybody has the newest software at last.
        self.people.old = None;
        for name in &parties {
            self.people.disk(name).fail_always(None);
            self.people.restart(name, &mut self.chance);
        }
        self.account();
        self.oracle.check_kept(&self.people.world);
        let mut cost = Cost::default();
        for round in 0..ROUNDS {
            self.answer();
            if round == ROUNDS_COUNTED && self.swarm.rulings {
                self.release();
            }
            for (name, relay) in calls(&callers, &self.relays.clone()) {
                let counts = round < ROUNDS_COUNTED && !self.is_several(name);
                let before = counts.then(|| Before::of(&self.people.world, name, relay));
                let report = self.record(name, relay, Link::default());
                if let Some(before) = before {
                    before.count(&mut cost, &self.people.world, [name, relay], &report);
                }
                let is_well = report.settled || (round == 0 && self.is_shown_out(name, &report));
                assert!(is_well, "{name} and the {relay} part without having settled: {report:#?}");
            }
        }
        cost.check();
        self.oracle.set_back.clear();
        self.believe();
        for name in &callers {
            self.read(name).expect("the faults have stopped");
        }
        self.oracle.check_end(&mut self.people.world, &parties);
        // Of two tablets with one key that is closed, each is told of the other's work and never given it; and one that
        // was closed before it had keys goes on asking for them.
        let speaks_on = |name: &&String| {
            let is_closed = self.oracle.closed.contains(&self.key_of(name));
            is_closed && (self.is_several(name) || self.waits_to_be_bound(name))
        };
        let quiet: Vec<_> = callers.iter().filter(|name| !speaks_on(name)).cloned().collect();
        for (name, relay) in calls(&quiet, &self.relays.clone()) {
            let report = self.record(name, relay, Link::default());
            // Who is closed may hold what he may not bring, so that the relay cannot say again what he has: he spells it.
            let frames_max = if self.oracle.closed.contains(&self.key_of(name)) { 4 } else { 2 };
            let quiet = report.frames.len() <= frames_max && report.segments_up + report.segments_down == 0;
            assert!(quiet, "{name} has more to say to the {relay}: {:?}", report.frames);
        }
        // A hostile tablet writes too, and nobody answers for that.
        let may_be_idle = self.writing.count() == 0 || self.swarm.hostile;
        assert!(self.oracle.count() > 0 || may_be_idle || self.swarm.failing || self.swarm.full);
    }
}
