//! What may go wrong in a world: each seed turns on a part of it, so that faults are seen alone and in company.

use khettara_tests::{Chance, Clocks, Link};

/// Which faults a seed turns on.
#[derive(Debug)]
pub(crate) struct Swarm {
    pub(crate) cuts: bool,
    pub(crate) shuffles: bool,
    pub(crate) early: bool,
    pub(crate) batched: bool,
    pub(crate) twice: bool,
    pub(crate) power: bool,
    pub(crate) full: bool,
    pub(crate) failing: bool,
    pub(crate) set_back: bool,
    pub(crate) wiped_relay: bool,
    pub(crate) clones: bool,
    pub(crate) restored_tablets: bool,
    pub(crate) tablets_meet: bool,
    pub(crate) wrong_clocks: bool,
    pub(crate) hires: bool,
    /// People write records, not notes alone.
    pub(crate) records: bool,
    /// One of the enrolled is nobody's friend.
    pub(crate) hostile: bool,
    /// Tablets stay away for days, months, a year.
    pub(crate) absences: bool,
    /// Headquarters closes devices, and releases.
    pub(crate) rulings: bool,
    /// One side of a link hears nothing any more, and the other does.
    pub(crate) deafness: bool,
    /// Bits turn over on the relay's disk.
    pub(crate) rot: bool,
    /// One tablet runs older software until the end.
    pub(crate) skew: bool,
    /// Tablets are lost or wiped, and their workers enrol again with empty ones.
    pub(crate) losses: bool,
}

impl Swarm {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let mut on = |percent| chance.percent(percent);
        let mut swarm = Self {
            cuts: on(60),
            shuffles: on(60),
            early: on(50),
            batched: on(50),
            twice: on(30),
            power: on(60),
            full: on(30),
            failing: on(40),
            set_back: on(30),
            wiped_relay: on(20),
            clones: on(30),
            restored_tablets: on(20),
            tablets_meet: on(60),
            wrong_clocks: on(50),
            hires: on(50),
            records: on(60),
            hostile: on(30),
            absences: on(40),
            rulings: on(35),
            deafness: on(30),
            rot: on(15),
            skew: on(30),
            losses: on(25),
        };
        // Whoever is closed brings nobody else's work: what only he holds, since its author was set back or lost, stays with
        // him, and no oracle could tell it from what is lost.
        swarm.restored_tablets &= !swarm.rulings;
        swarm.losses &= !swarm.rulings;
        swarm
    }

    /// How the next link behaves. `lies`: the dialler is hostile.
    pub(crate) fn link(&self, chance: &mut Chance, lies: bool) -> Link {
        Link {
            cut_after_bytes: (self.cuts && chance.percent(40)).then(|| chance.below(12_000)),
            deaf: (self.deafness && chance.percent(20)).then(|| (chance.percent(50), chance.below(6_000))),
            shuffle: self.shuffles.then(|| Chance::new(chance.word())),
            early: self.early && chance.percent(50),
            batched: self.batched && chance.percent(70),
            twice: self.twice && chance.percent(30),
            power_cut: (self.power && chance.percent(30)).then(|| (chance.percent(50), chance.below(20))),
            dies_with_its_disk: chance.percent(50),
            clocks: self.clocks(chance),
            lies: (lies && chance.percent(50)).then(|| Chance::new(chance.word())),
        }
    }

    fn clocks(&self, chance: &mut Chance) -> Clocks {
        match chance.below(3) {
            0 if self.wrong_clocks => Clocks::Jumping(Chance::new(chance.word())),
            1 if self.wrong_clocks => Clocks::Standing(chance.word(), chance.word()),
            _ => Clocks::Right,
        }
    }
}
