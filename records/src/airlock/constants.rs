//! Airlock: genesis and schema constants, known by hash; their actors are refused everywhere else.

use std::collections::{BTreeMap, BTreeSet};

use khettara_core::id::{ActorId, ChangeHash};

use super::fault::AirlockFault;
use super::walk::Walked;

/// The constants in the software and those headquarters published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constants {
    by_hash: BTreeMap<ChangeHash, ActorId>,
    actors: BTreeSet<ActorId>,
}

impl Constants {
    /// Adds a constant that passed the walk.
    pub fn add(&mut self, constant: &Walked<'_>) {
        self.by_hash.insert(constant.header().hash, constant.actor());
        self.actors.insert(constant.actor());
    }

    /// Whether an actor belongs to a constant.
    #[must_use]
    pub fn owns(&self, actor: &ActorId) -> bool {
        self.actors.contains(actor)
    }

    /// Refuses a change that borrows the actor of a constant. A constant itself is never an entry, so it may
    /// pass here only as what it is.
    ///
    /// # Errors
    /// [`AirlockFault::ConstantActor`].
    pub fn check(&self, walked: &Walked<'_>) -> Result<(), AirlockFault> {
        if self.owns(&walked.actor()) && !is_constant(&walked.header().hash, self) {
            return Err(AirlockFault::ConstantActor);
        }
        Ok(())
    }
}

/// Whether a change is one of the constants.
#[must_use]
pub fn is_constant(hash: &ChangeHash, constants: &Constants) -> bool {
    constants.by_hash.contains_key(hash)
}
