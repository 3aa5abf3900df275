//! An engine and its store behind one lock: what the driver drives, and the program's own hand on both.

use std::sync::{Arc, Mutex, PoisonError};

use khettara_core::store::Store;
use khettara_core::sync::{Engine, EngineError, Input, Now, Output};

use crate::clock::Clock;
use crate::driver::Machine;

struct Both<S> {
    engine: Engine,
    store: S,
    failed: Option<EngineError>,
}

/// Cheap to clone; every clone is the same engine and store.
pub struct Shared<S> {
    both: Arc<Mutex<Both<S>>>,
    clock: Clock,
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self { both: Arc::clone(&self.both), clock: self.clock }
    }
}

impl<S> std::fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared(…)")
    }
}

impl<S: Store + Send + 'static> Shared<S> {
    /// Puts an engine and its store behind one lock.
    #[must_use]
    pub fn new(engine: Engine, store: S, clock: Clock) -> Self {
        Self { both: Arc::new(Mutex::new(Both { engine, store, failed: None })), clock }
    }

    /// Works with both, while no session does. Keep it short: everybody waits.
    pub fn with<R>(&self, work: impl FnOnce(&mut Engine, &mut S) -> R) -> R {
        // A panic elsewhere left the store whole: it commits or it does not.
        let mut both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        let Both { engine, store, .. } = &mut *both;
        work(engine, store)
    }

    /// The last failure of the store while syncing, once.
    pub fn take_failure(&self) -> Option<EngineError> {
        self.both.lock().unwrap_or_else(PoisonError::into_inner).failed.take()
    }

    /// Takes the store back, where this is the only clone left.
    #[must_use]
    pub fn into_store(self) -> Option<S> {
        let both = Arc::into_inner(self.both)?;
        Some(both.into_inner().unwrap_or_else(PoisonError::into_inner).store)
    }
}

impl<S: Store + Send + 'static> Machine for Shared<S> {
    fn handle(&mut self, now_ms: u64, inputs: Vec<Input>) -> Vec<Output> {
        let now = Now { monotonic_ms: now_ms, shown_time: self.clock.wall_ms() };
        let mut both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        let Both { engine, store, failed } = &mut *both;
        let (outputs, result) = engine.handle(store, now, inputs);
        if let Err(error) = result {
            *failed = Some(error);
        }
        outputs
    }
}
