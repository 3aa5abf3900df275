//! The one place that asks what time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A monotonic clock with its own zero, and the wall clock beside it.
///
/// Nothing is decided by the wall clock: it is recorded and displayed. Copies share their zero.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    zero: Instant,
}

impl Clock {
    /// A clock that stands at zero now.
    #[must_use]
    pub fn start() -> Self {
        Self { zero: Instant::now() }
    }

    /// Milliseconds since this clock's zero. Never goes back; may stand still while the machine sleeps.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        millis(self.elapsed())
    }

    /// Time since this clock's zero.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.zero.elapsed()
    }

    /// Milliseconds since 1970 as the machine believes; 0 where its clock stands before 1970, hence is unknown.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_their_zero_and_never_go_back() {
        let clock = Clock::start();
        let copy = clock;
        let first = clock.now_ms();
        let second = copy.now_ms();
        assert!(second >= first);
        assert!(clock.now_ms() >= second);
    }
}
