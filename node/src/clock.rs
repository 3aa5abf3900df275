//! The one place that asks what time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A monotonic clock with its own zero, and the wall clock beside it.
///
/// Nothing is decided by the wall clock: it is recorded and displayed. Copies share their zero.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    zero: Instant,
    ahead_ms: i64,
}

impl Clock {
    /// A clock that stands at zero now.
    #[must_use]
    pub fn start() -> Self {
        Self { zero: Instant::now(), ahead_ms: 0 }
    }

    /// The same with a wall clock that shows so many milliseconds more than the machine's, or less: for stories of
    /// tablets whose clocks are wrong.
    #[must_use]
    pub const fn ahead_by_ms(self, ahead_ms: i64) -> Self {
        Self { ahead_ms, ..self }
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
        let machine = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis);
        machine.saturating_add_signed(self.ahead_ms)
    }

    /// How far the machine's zone is east of UTC now, in minutes.
    #[must_use]
    pub fn offset_min(&self) -> Option<i16> {
        i16::try_from(chrono::Local::now().offset().local_minus_utc() / 60).ok()
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
