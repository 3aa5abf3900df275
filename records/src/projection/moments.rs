//! When visits were, and in what order they are listed, in spite of clocks that say nonsense.
//!
//! A time found by comparing clocks goes before what the tablet's clock said. A clock that was never set says a year of
//! the last century: such a visit is listed behind those that its author's record already held.

use crate::model::Instant;

/// What is known of when something was written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As the tablet's clock said.
    pub(crate) at: Option<Instant>,
    /// As was found later.
    pub(crate) anchored_at: Option<Instant>,
    /// automerge's counter of the operation that wrote `at`: larger than all that its author's record held.
    pub(crate) counter: u64,
}

impl Moment {
    /// When it was, where that can be said at all.
    pub(crate) fn when(&self) -> Option<Instant> {
        self.anchored_at.or(self.at).filter(|at| at.is_credible())
    }
}

/// The places of moments, the earliest first.
pub(crate) fn in_order(moments: &[Moment]) -> Vec<usize> {
    let mut by_counter: Vec<usize> = (0..moments.len()).collect();
    by_counter.sort_by_key(|place| moments[*place].counter);
    let mut latest = None;
    let mut keyed = Vec::with_capacity(moments.len());
    for place in by_counter {
        let when = moments[place].when();
        keyed.push((when.or(latest), moments[place].counter, place));
        latest = latest.max(when);
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, _, place)| place).collect()
}

/// When the latest was; `None` where nothing credible is said of any.
pub(crate) fn latest(moments: &[Moment]) -> Option<Instant> {
    moments.iter().filter_map(Moment::when).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at: &str, anchored_at: Option<&str>, counter: u64) -> Moment {
        let read = |text: &str| Instant::of_text(text).expect("a time");
        Moment { at: Some(read(at)), anchored_at: anchored_at.map(read), counter }
    }

    #[test]
    fn a_clock_that_was_never_set_does_not_put_a_visit_before_what_its_author_had_read() {
        let moments = [
            moment("2026-11-20T09:00:00Z", None, 30),
            moment("1970-01-01T02:00:00Z", None, 20),
            moment("2026-11-05T09:00:00Z", None, 10),
            moment("1970-01-01T01:00:00Z", None, 5),
            moment("2000-01-01T00:10:00Z", None, 21),
        ];
        assert_eq!(in_order(&moments), [3, 2, 1, 4, 0]);
        assert_eq!(latest(&moments), moments[0].at);
    }

    #[test]
    fn what_was_found_later_goes_before_what_the_clock_said() {
        let moments = [
            moment("2027-11-20T09:00:00Z", Some("2026-11-20T09:00:00Z"), 10),
            moment("2026-11-22T09:00:00Z", None, 5),
            moment("1970-01-01T01:00:00Z", Some("2026-11-21T09:00:00Z"), 30),
        ];
        assert_eq!(in_order(&moments), [0, 2, 1]);
        assert_eq!(latest(&moments), moments[1].at);
        assert_eq!((in_order(&[]), latest(&[])), (vec![], None));
    }
}
