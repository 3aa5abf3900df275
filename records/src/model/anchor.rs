//! A clock set against another's: what can be said later of a time that a tablet's own clock gave, without rewriting
//! it.
//!
//! A tablet whose battery ran down begins at 1970; another is an hour off since Ramadan, or a year since somebody typed
//! the date. When a relay, or a colleague, signs that it holds an entry, its clock stands in that receipt: there the two
//! clocks can be compared. What lies between two such comparisons is known to have been written between them.

use super::instant::Instant;
use super::vocabulary::TimeSource;

/// How far two clocks may differ and still be held to agree, in seconds: a receipt takes its time over a weak signal.
pub const CLOCKS_AGREE_S: u32 = 300;

/// What a comparison itself may be wrong by, in seconds.
pub const COMPARED_S: u32 = 60;

/// How much a tablet's clock may drift in a day, in seconds. Quartz in the heat of a saddlebag: some 100 ppm.
const DRIFT_S_PER_DAY: i64 = 10;

/// The longest error that is written down, in seconds: a year.
pub const TIME_ERROR_S_MAX: u32 = 31_536_000;

/// Two clocks read at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// The tablet's own, in seconds since 1970.
    pub own_s: i64,
    /// The other's.
    pub other_s: i64,
    /// Whose that was.
    pub by: TimeSource,
}

/// What is held of a time now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchored {
    /// When it was.
    pub at: Instant,
    /// Whose clock says so.
    pub by: TimeSource,
    /// How far this may be wrong, in seconds; `None`: nobody knows.
    pub error_s: Option<u32>,
}

impl Compared {
    /// How far the tablet's clock is ahead, in seconds.
    const fn ahead_s(&self) -> i64 {
        self.own_s.saturating_sub(self.other_s)
    }

    /// How far this tablet's clock may be wrong when it says `own_s`, by what it was then and how it may have drifted.
    #[must_use]
    pub fn error_s(&self, own_s: i64) -> u32 {
        let days = own_s.saturating_sub(self.own_s).unsigned_abs() / 86_400;
        let drift = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DRIFT_S_PER_DAY);
        let error = self.ahead_s().saturating_abs().saturating_add(drift);
        u32::try_from(error.saturating_add(i64::from(COMPARED_S)).min(i64::from(TIME_ERROR_S_MAX)))
            .unwrap_or(u32::MAX)
    }
}

/// What two comparisons, one `before` something was written and one `after`, say of the time that the tablet's clock
/// gave it. `None`: that time may stand.
///
/// The time is held wrong where it does not lie between the two, or where the clock was found wrong afterwards. It is
/// set right by as much as the clock was ahead afterwards, where that gives a time between the two; else all that is
/// known is that it lies between them.
#[must_use]
pub fn anchored(before: Option<&Compared>, after: &Compared, at: Instant) -> Option<Anchored> {
    let agree = i64::from(CLOCKS_AGREE_S);
    let (first, last) = (before.map(|before| before.other_s), after.other_s);
    let is_between = |seconds: i64| {
        seconds <= last.saturating_add(agree)
            && first.is_none_or(|first| seconds >= first.saturating_sub(agree))
    };
    let ahead = after.ahead_s();
    let was_right_after = ahead.saturating_abs() <= agree;
    if was_right_after && is_between(at.seconds()) {
        return None;
    }
    let moved = at.seconds().saturating_sub(ahead);
    let (seconds, error) = if !was_right_after && is_between(moved) {
        let changed = before.map_or(ahead, |before| ahead.saturating_sub(before.ahead_s()));
        (moved, Some(changed.saturating_abs().saturating_add(i64::from(COMPARED_S))))
    } else if is_between(at.seconds()) {
        // The clock was changed since; nothing says that it was wrong then.
        return None;
    } else {
        let half = first.map(|first| last.saturating_sub(first).max(0) / 2);
        (last.saturating_sub(half.unwrap_or(0)), half.map(|half| half.saturating_add(i64::from(COMPARED_S))))
    };
    let error_s =
        error.map(|error| u32::try_from(error.min(i64::from(TIME_ERROR_S_MAX))).unwrap_or(u32::MAX));
    Some(Anchored { at: Instant::of_seconds(seconds).ok()?, by: after.by, error_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::of_text(text).expect("a time")
    }

    fn compared(own: &str, other: &str) -> Compared {
        Compared { own_s: at(own).seconds(), other_s: at(other).seconds(), by: TimeSource::Relay }
    }

    fn said(before: Option<&Compared>, after: &Compared, time: &str) -> Option<(String, Option<u32>)> {
        anchored(before, after, at(time)).map(|found| (found.at.to_string(), found.error_s))
    }

    #[test]
    fn a_clock_that_is_right_is_left_alone() {
        let before = compared("2026-11-01T08:00:10Z", "2026-11-01T08:00:00Z");
        let after = compared("2026-11-09T08:00:00Z", "2026-11-09T08:01:00Z");
        assert_eq!(said(Some(&before), &after, "2026-11-04T09:30:00Z"), None);
        assert_eq!(said(None, &after, "2026-11-04T09:30:00Z"), None);
        assert_eq!(after.error_s(at("2026-11-12T08:00:00Z").seconds()), 60 + 60 + 30);
    }

    #[test]
    fn a_tablet_that_began_at_1970_is_set_right_by_the_first_receipt() {
        let after = compared("1970-01-03T10:00:00Z", "2026-11-09T08:00:00Z");
        let (time, error) = said(None, &after, "1970-01-02T10:00:00Z").expect("it is wrong");
        assert_eq!(time, "2026-11-08T08:00:00Z");
        // Nothing was compared before: whether it ran through is not known, and a year is the longest error said.
        assert_eq!(error, Some(31_536_000));
        let before = compared("1970-01-01T00:10:00Z", "2026-11-06T22:10:00Z");
        assert_eq!(
            said(Some(&before), &after, "1970-01-02T10:00:00Z"),
            Some(("2026-11-08T08:00:00Z".into(), Some(60)))
        );
    }

    #[test]
    fn an_hour_of_ramadan_is_seen_and_said_with_its_error() {
        // Somebody put the clock back an hour by hand, where only the zone had changed.
        let before = compared("2026-02-10T08:00:00Z", "2026-02-10T08:00:00Z");
        let after = compared("2026-02-20T08:00:00Z", "2026-02-20T09:00:00Z");
        assert_eq!(
            said(Some(&before), &after, "2026-02-18T09:30:00Z"),
            Some(("2026-02-18T10:30:00Z".into(), Some(3_660)))
        );
    }

    #[test]
    fn a_year_ahead_is_taken_back_and_a_clock_mended_since_gives_the_days_between() {
        let before = compared("2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z");
        let ahead = compared("2027-11-09T08:00:00Z", "2026-11-09T08:00:00Z");
        let (time, error) = said(Some(&before), &ahead, "2027-11-05T12:00:00Z").expect("it is wrong");
        assert_eq!((time.as_str(), error), ("2026-11-05T12:00:00Z", Some(31_536_000)));
        // Mended before the relay was met: only that it lies between the two is known.
        let mended = compared("2026-11-09T08:00:00Z", "2026-11-09T08:00:00Z");
        assert_eq!(
            said(Some(&before), &mended, "2027-11-05T12:00:00Z"),
            Some(("2026-11-05T08:00:00Z".into(), Some(4 * 86_400 + 60)))
        );
        assert_eq!(said(None, &mended, "2027-11-05T12:00:00Z"), Some(("2026-11-09T08:00:00Z".into(), None)));
        // The battery died after the visit: it was right then.
        let died = compared("1970-01-01T01:00:00Z", "2026-11-09T08:00:00Z");
        assert_eq!(said(Some(&before), &died, "2026-11-05T12:00:00Z"), None);
    }

    #[test]
    fn no_two_clocks_make_it_panic() {
        let extremes = [i64::MIN, -1, 0, 1, i64::MAX];
        for own_s in extremes {
            for other_s in extremes {
                let one = Compared { own_s, other_s, by: TimeSource::Relay };
                let _ = (anchored(None, &one, at("2026-11-05T12:00:00Z")), one.error_s(i64::MIN));
                let _ = anchored(Some(&one), &one, at("1970-01-01T00:00:00Z"));
            }
        }
    }
}
